//! Client keys: how one is made, what is kept of it, and how it is recognised.
//!
//! A key is 256 random bits and is shown once. What is kept is a hash that only this installation can make (HMAC with a
//! key made of the master key, the pepper), so that a copy of the database alone neither opens anything nor confirms a
//! guess. To recognise one is a hash and a look into memory, however many there are. Of several master keys the first
//! makes the hashes and all recognise theirs.

use std::{io, sync::Arc};

use aws_lc_rs::hmac;
use config::{
    Secret,
    entity::KeyHash,
    snapshot::{ClientKey, ClientKeys},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::vault::Vault;

/// What every key begins with, so that people and scanners for leaked secrets see what it is.
const PREFIX: &str = "sw-";
const RANDOM_BYTES: usize = 32;
/// The prefix and two hexadecimal digits a byte.
const LENGTH: usize = PREFIX.len() + 2 * RANDOM_BYTES;

/// What makes the hashes; there is one key at least.
#[derive(Clone)]
pub(crate) struct Pepper(Arc<[hmac::Key]>);

/// A key that has just been made, and what is kept of it.
pub(crate) struct Fresh {
    /// To be shown once.
    pub(crate) key: Secret,
    /// To be kept.
    pub(crate) hash: KeyHash,
}

/// Whether somebody means this to be a client key, however misspelt it may be.
pub(crate) fn looks_like_one(presented: &[u8]) -> bool {
    presented.starts_with(PREFIX.as_bytes())
}

impl Pepper {
    pub(crate) fn new(vault: &Vault) -> Self {
        Pepper(vault.for_use("spillway client keys").into())
    }

    /// Makes a key.
    pub(crate) fn fresh(&self) -> io::Result<Fresh> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        getrandom::fill(&mut *bytes).map_err(|it| io::Error::other(it.to_string()))?;
        let mut key = String::with_capacity(LENGTH);
        key.push_str(PREFIX);
        for byte in *bytes {
            for half in [byte >> 4, byte & 15] {
                key.extend(char::from_digit(u32::from(half), 16));
            }
        }
        let hash = hash(&self.0[0], key.as_bytes());
        Ok(Fresh { key: Secret::new(key), hash })
    }

    /// The key that `presented` is, if it is one. What does not look like one costs no hash.
    pub(crate) fn find<'k>(&self, keys: &'k ClientKeys, presented: &[u8]) -> Option<&'k Arc<ClientKey>> {
        if keys.is_empty() || presented.len() != LENGTH || !looks_like_one(presented) {
            return None;
        }
        self.0.iter().find_map(|pepper| {
            let hash = hash(pepper, presented);
            let is_it = |it: &&Arc<ClientKey>| bool::from(it.hash.bytes().ct_eq(hash.bytes()));
            keys.candidates(&hash).iter().find(is_it)
        })
    }
}

fn hash(pepper: &hmac::Key, key: &[u8]) -> KeyHash {
    let tag = hmac::sign(pepper, key);
    KeyHash::new(std::array::from_fn(|at| tag.as_ref()[at]))
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Pepper(••••)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const OLD: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const NEW: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn pepper(setting: &str) -> Pepper {
        let dir = tempfile::tempdir().unwrap();
        Pepper::new(&Vault::open(dir.path(), Some(&Secret::new(setting.to_owned()))).unwrap())
    }

    fn hashes(pepper: &Pepper, key: &Secret) -> Vec<KeyHash> {
        pepper.0.iter().map(|it| hash(it, key.expose().as_bytes())).collect()
    }

    #[test]
    fn a_key_looks_like_one_and_no_two_are_alike() {
        let pepper = pepper(OLD);
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let Fresh { key, hash } = pepper.fresh().unwrap();
            let text = key.expose();
            assert_eq!((text.len(), &text[..3]), (LENGTH, "sw-"));
            assert!(text[3..].bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')));
            assert_eq!(hashes(&pepper, &key), [hash]);
            assert!(seen.insert(text.to_owned()));
        }
    }

    #[test]
    fn another_master_key_hashes_otherwise_and_the_old_one_beside_it_recognises_its_own() {
        let Fresh { key, hash } = pepper(OLD).fresh().unwrap();
        assert_eq!(hashes(&pepper(OLD), &key), [hash], "after a restart as before");
        assert_ne!(hashes(&pepper(NEW), &key), [hash]);
        let both = pepper(&format!("{NEW},{OLD}"));
        assert_eq!(hashes(&both, &key)[1], hash);
        let Fresh { key, hash } = both.fresh().unwrap();
        assert_eq!(hashes(&pepper(NEW), &key), [hash], "the first one makes them");
    }
}

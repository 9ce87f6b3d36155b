//! Scrub: what a vendor says of a failure, without the operator's key.
//!
//! Some vendors, and some pages of proxies in front of them, quote the request that they reject. Failures only, and only
//! the very key that was sent: a good answer passes untouched, and what merely looks like a key is a client's business.

use bytes::Bytes;
use config::snapshot::Credential;

use super::classify::{Examined, Opening};
use crate::tokens::Token;

/// Shorter values are no secrets, and would be found everywhere.
const KEY_BYTES_MIN: usize = 8;
const MASK: &str = "***";

/// Takes `credential`'s key, or the token that stood for it, out of whatever says that it failed.
pub(super) fn scrub(examined: &mut Examined, credential: &Credential, token: Option<&Token>) {
    let (opening, message) = match examined {
        Examined::Good { .. } => return,
        Examined::Relayed { opening } => (Some(opening), None),
        Examined::Bad { opening, message, .. } => (opening.as_mut(), message.as_mut()),
    };
    let token = token.map(Token::header);
    let token = token.as_ref().and_then(|(_, value)| value.to_str().ok()?.rsplit(' ').next());
    let keys = credential.secrets().chain(token).filter(|it| it.len() >= KEY_BYTES_MIN);
    let keys: Vec<&str> = keys.collect();
    if let Some(opening) = opening {
        scrub_answer(opening, &keys);
    }
    if let Some(message) = message {
        for key in keys {
            *message = message.replace(key, MASK);
        }
    }
}

fn scrub_answer(opening: &mut Opening, keys: &[&str]) {
    let quotes = |it: &[u8]| keys.iter().any(|key| memchr::memmem::find(it, key.as_bytes()).is_some());
    let quoting = opening.headers.iter().filter(|(_, value)| quotes(value.as_bytes()));
    for name in quoting.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
        opening.headers.remove(name);
    }
    for held in opening.held.iter_mut().filter(|it| quotes(it)) {
        *held = keys.iter().fold(held.clone(), |bytes, key| without(&bytes, key));
    }
}

fn without(bytes: &[u8], key: &str) -> Bytes {
    let mut scrubbed = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, key.as_bytes()) {
        scrubbed.extend_from_slice(&rest[..at]);
        scrubbed.extend_from_slice(MASK.as_bytes());
        rest = &rest[at + key.len()..];
    }
    scrubbed.extend_from_slice(rest);
    Bytes::from(scrubbed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occurrence_goes_and_nothing_else() {
        let check =
            |given: &str, expected: &str| assert_eq!(without(given.as_bytes(), "key-12345"), expected);
        check("key-12345", "***");
        check("a key-12345, key-12345key-1234 b", "a ***, ***key-1234 b");
        check("nothing", "nothing");
        check("", "");
    }
}

//! Seals what operators write as secrets, and opens it again.
//!
//! AES-256-GCM under a master key that is not in the store: from `SPILLWAY_MASTER_KEY`, or from a file in the data
//! directory that is made at the first start. A sealed text names its key and is bound to its credential, so that a row
//! copied over another one opens nothing. Several keys may be given: the first seals, all open, which is how a key is
//! exchanged. A text that does not open is no reason not to start: its credential says so.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest::{SHA256, digest},
    hmac,
};
use config::{Owner, Secret};

/// The key file's name in the data directory.
const FILE: &str = "master.key";
/// Bytes of a master key.
const KEY_LEN: usize = 32;
/// How a sealed text begins: another way of sealing will be another word.
const VERSION: &str = "v1";

/// The master keys of this process.
pub(crate) struct Vault {
    /// The first seals; there is one at least.
    keys: Vec<MasterKey>,
}

/// One of them.
struct MasterKey {
    /// Tells which key sealed a text, and nothing else of it.
    id: String,
    key: RandomizedNonceKey,
    /// What the keys for other uses than sealing are made with.
    root: hmac::Key,
}

/// Why there are no master keys. Never quotes one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    /// The setting is no key.
    #[error(
        "SPILLWAY_MASTER_KEY is not a master key: it must be 64 hexadecimal digits (such as `openssl rand -hex 32` \
         prints), or several of these with commas between them, of which the first seals and all open"
    )]
    Setting,
    /// The file holds no key.
    #[error(
        "{0:?} holds no master key: 64 hexadecimal digits on a line. Bring the file back from a copy; without one, move \
         it away (a new one is made at the next start) and write the credentials' secrets again"
    )]
    Content(PathBuf),
    /// Everybody could open the secrets.
    #[error(
        "{path:?} can be read by others (mode {mode:o}): `chmod 600` it; if others had access, change the keys"
    )]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file can not be read or made.
    #[error("the master key's file {path:?} can not be used: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Vault {
    /// The keys that are set, then those of `dir`'s key file, which is made if there is no key at all.
    pub(crate) fn open(dir: &Path, setting: Option<&Secret>) -> Result<Vault, VaultError> {
        let mut keys = match setting {
            Some(text) => parse(text.expose(), ',').ok_or(VaultError::Setting)?,
            None => Vec::new(),
        };
        let path = dir.join(FILE);
        if keys.is_empty() || is_there(&path) {
            keys.extend(of_file(&path)?);
        }
        Ok(Vault { keys })
    }

    /// Seals a secret for its owner, each time differently.
    pub(crate) fn seal(&self, secret: &Secret, owner: Owner) -> String {
        let MasterKey { id, key, .. } = &self.keys[0];
        let mut sealed = secret.expose().as_bytes().to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(bound_to(owner)), &mut sealed).expect(
            "a few KiB are sealed wherever there is randomness, and nothing is safe where there is none",
        );
        format!("{VERSION}.{id}.{}{}", hex(nonce.as_ref()), hex(&sealed))
    }

    /// Opens what was sealed for that owner; else what is wrong with it, and what to do.
    pub(crate) fn unseal(&self, text: &str, owner: Owner) -> Result<Secret, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let [VERSION, id, sealed] = parts[..] else {
            return Err("its sealed secret is of no kind that is known here: write it again".to_owned());
        };
        let Some(MasterKey { key, .. }) = self.keys.iter().find(|it| it.id == id) else {
            return Err(format!(
                "its secret was sealed with another master key (id {id}, here is {}): start with that key in \
                 SPILLWAY_MASTER_KEY or in the data directory's {FILE}, or write the secret again",
                self.ids()
            ));
        };
        let damaged = || "its sealed secret is damaged: write it again".to_owned();
        let mut bytes = unhex(sealed).filter(|it| it.len() >= NONCE_LEN).ok_or_else(damaged)?;
        let mut sealed = bytes.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| damaged())?;
        let opened =
            key.open_in_place(nonce, Aad::from(bound_to(owner)), &mut sealed).map_err(|_| damaged())?;
        let text = String::from_utf8(opened.to_vec()).map_err(|_| damaged())?;
        sealed.fill(0);
        Ok(Secret::new(text))
    }

    /// For each master key, in their order, a key of its own for one use: what that use lets slip is nothing to another.
    pub(crate) fn for_use(&self, name: &str) -> Vec<hmac::Key> {
        let of = |it: &MasterKey| {
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&it.root, name.as_bytes()).as_ref())
        };
        self.keys.iter().map(of).collect()
    }

    fn ids(&self) -> String {
        self.keys.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Vault({})", self.ids())
    }
}

/// What a sealed text is bound to.
fn bound_to(owner: Owner) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(owner.provider.as_bytes());
    bytes[16..].copy_from_slice(owner.credential.as_bytes());
    bytes
}

/// One key at least, or none is right.
fn parse(text: &str, between: char) -> Option<Vec<MasterKey>> {
    let keys: Option<Vec<MasterKey>> = text.trim().split(between).map(|it| master_key(it.trim())).collect();
    keys.filter(|keys| !keys.is_empty())
}

fn master_key(text: &str) -> Option<MasterKey> {
    const SHOWN: usize = 4;
    let bytes = unhex(text).filter(|it| it.len() == KEY_LEN)?;
    let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()?;
    let named = [b"spillway master key id ".as_slice(), &bytes].concat();
    let id = hex(&digest(&SHA256, &named).as_ref()[..SHOWN]);
    let root = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
    Some(MasterKey { id, key, root })
}

/// A link counts also where it leads nowhere: what is not mounted yet must not be taken for a first start.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn of_file(path: &Path) -> Result<Vec<MasterKey>, VaultError> {
    let refused = |source| VaultError::File { path: path.to_owned(), source };
    if !is_there(path) {
        make(path).map_err(refused)?;
    }
    let mode = fs::metadata(path).map_err(refused)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::Open { path: path.to_owned(), mode });
    }
    let text = Secret::new(fs::read_to_string(path).map_err(refused)?);
    parse(text.expose(), '\n').ok_or_else(|| VaultError::Content(path.to_owned()))
}

/// Makes a key file, whole or not at all: half a key would lock out everything that is sealed with it.
fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0; KEY_LEN];
    getrandom::fill(&mut bytes).map_err(|it| io::Error::other(it.to_string()))?;
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", hex(&bytes))?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    // The name is durable when its directory is.
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|it| it.to_digit(16).and_then(|it| u8::try_from(it).ok())).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    let even = !digits.is_empty() && pairs.remainder().is_empty();
    even.then(|| pairs.map(|it| it[0] << 4 | it[1]).collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    const OTHER: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn vault(setting: &str) -> Vault {
        let dir = tempfile::tempdir().unwrap();
        Vault::open(dir.path(), Some(&Secret::new(setting.to_owned()))).unwrap()
    }

    fn owner(credential: u128) -> Owner {
        Owner { provider: Uuid::from_u128(1), credential: Uuid::from_u128(credential) }
    }

    fn secret() -> Secret {
        Secret::new("sk-the-secret-itself".to_owned())
    }

    #[test]
    fn what_is_sealed_opens_for_its_owner_only_and_never_looks_the_same() {
        let vault = vault(KEY);
        let sealed = vault.seal(&secret(), owner(2));
        assert_ne!(sealed, vault.seal(&secret(), owner(2)));
        assert!(!sealed.contains("secret"));
        assert_eq!(vault.unseal(&sealed, owner(2)), Ok(secret()));
        assert!(vault.unseal(&sealed, owner(3)).is_err(), "a row that was copied over another one");
    }

    #[test]
    fn what_was_tampered_with_is_damaged() {
        let vault = vault(KEY);
        let sealed = vault.seal(&secret(), owner(2));
        for at in 0..sealed.len() {
            let mut broken = sealed.clone().into_bytes();
            broken[at] = if broken[at] == b'0' { b'1' } else { b'0' };
            let broken = String::from_utf8(broken).unwrap();
            let refused = vault.unseal(&broken, owner(2)).expect_err(&broken);
            assert!(refused.contains("write") && !refused.contains("secret-itself"), "{refused}");
        }
        for text in ["", "v1", "v1..", "v2.a.b", &sealed[..sealed.len() - 3], "v1.é.é"] {
            assert!(vault.unseal(text, owner(2)).is_err(), "{text}");
        }
    }

    #[test]
    fn another_key_says_which_it_was_and_a_second_key_opens() {
        let sealed = vault(KEY).seal(&secret(), owner(2));
        let other = vault(OTHER);
        let refused = other.unseal(&sealed, owner(2)).unwrap_err();
        assert!(refused.contains(&vault(KEY).ids()) && refused.contains("SPILLWAY_MASTER_KEY"), "{refused}");
        let both = vault(&format!("{OTHER},{KEY}"));
        assert_eq!(both.unseal(&sealed, owner(2)), Ok(secret()));
        let anew = both.seal(&secret(), owner(2));
        assert_eq!(other.unseal(&anew, owner(2)), Ok(secret()), "the first one seals");
    }

    #[test]
    fn a_setting_that_is_no_key_is_refused_without_being_quoted() {
        let dir = tempfile::tempdir().unwrap();
        for setting in
            ["", "short", &KEY[1..], &format!("{KEY}0"), &format!("{KEY},"), &KEY.replace('f', "g")]
        {
            let refused = Vault::open(dir.path(), Some(&Secret::new(setting.to_owned()))).unwrap_err();
            let said = refused.to_string();
            assert!(said.contains("openssl rand -hex 32"), "{said}");
            assert!(setting.is_empty() || !said.contains(setting), "{said}");
        }
        assert!(!dir.path().join(FILE).exists(), "no file is made for a key that was meant to be set");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_replaced_by_a_new_key() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join(FILE);
        std::os::unix::fs::symlink(dir.path().join("not-mounted-yet"), &link).unwrap();
        assert!(matches!(Vault::open(dir.path(), None), Err(VaultError::File { .. })));
        assert!(link.is_symlink());
    }

    #[test]
    fn the_key_file_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let sealed = Vault::open(dir.path(), None).unwrap().seal(&secret(), owner(2));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Vault::open(dir.path(), None).unwrap().unseal(&sealed, owner(2)), Ok(secret()));
        let set = Vault::open(dir.path(), Some(&Secret::new(KEY.to_owned()))).unwrap();
        assert_eq!(
            set.unseal(&sealed, owner(2)),
            Ok(secret()),
            "a key that is set does not lock out the file's"
        );

        fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let refused = Vault::open(dir.path(), None).unwrap_err().to_string();
        assert!(refused.contains("640") && refused.contains("chmod 600"), "{refused}");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        fs::write(&path, "half a k").unwrap();
        let refused = Vault::open(dir.path(), None).unwrap_err().to_string();
        assert!(refused.contains("holds no master key") && !refused.contains("half a k"), "{refused}");
    }
}

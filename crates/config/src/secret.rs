//! A value that is never shown, and the ways in which a credential's row says where its secret is.
//!
//! A row holds a reference or a sealed text, never the secret itself: what reads rows (the store, views, entity tags,
//! logs) can therefore not tell it by accident. Sealing and opening are the caller's: this crate has no keys.

use std::fmt;

use uuid::Uuid;
use zeroize::Zeroize;

use crate::google;

/// A vendor's key or a token. No `Display`, no `Serialize`, a masked `Debug`; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Whose secret it is: what a sealed text is bound to, so that it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The credential's provider.
    pub provider: Uuid,
    /// The credential.
    pub credential: Uuid,
}

/// What the text of `secret` is: as a body writes it, or as a row keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written<'a> {
    /// `env:NAME`
    Variable(&'a str),
    /// `file:PATH`
    File(&'a str),
    /// As a row keeps a secret.
    Sealed(Sealed<'a>),
    /// What reads show instead of a secret.
    Mask,
    /// The secret itself, without the white space that pasting adds.
    Literal(&'a str),
}

/// A secret as a row keeps it: `sealed:TEXT:MASK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sealed<'a> {
    /// What opens, given the master key.
    pub(crate) text: &'a str,
    /// What reads show.
    pub(crate) mask: &'a str,
}

const SEALED: &str = "sealed:";
/// What every mask begins with, and no secret can: no header carries it.
const HIDDEN: &str = "••••";

impl Secret {
    /// Takes over a secret.
    pub fn new(value: String) -> Self {
        Secret(value)
    }

    /// The secret itself. Every call is a place to look at: it may go into a request to the host it is bound to, and
    /// nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What reads show instead: the last four characters of a long secret, nothing of a short one.
    pub fn mask(&self) -> String {
        const SHOWN: usize = 4;
        const LONG_ENOUGH: usize = 16;
        let length = self.0.chars().count();
        // The end of a key file is the same for all of them.
        if length < LONG_ENOUGH || google::is_key_file(&self.0) {
            return HIDDEN.to_owned();
        }
        let tail: String = self.0.chars().skip(length - SHOWN).collect();
        format!("{HIDDEN}{tail}")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(••••)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<'a> Written<'a> {
    /// What a text is.
    pub(crate) fn of(text: &'a str) -> Self {
        let sealed = || {
            let (text, mask) = text.strip_prefix(SEALED)?.split_once(':')?;
            Some(Sealed { text, mask })
        };
        match (text.strip_prefix("env:"), text.strip_prefix("file:")) {
            (Some(name), _) => Written::Variable(name),
            (_, Some(path)) => Written::File(path),
            _ if text.starts_with(HIDDEN) => Written::Mask,
            _ => sealed().map_or_else(|| Written::Literal(text.trim()), Written::Sealed),
        }
    }

    /// What reads show of a row's secret: a reference as it is, of everything else a mask.
    pub(crate) fn shown(text: &'a str) -> &'a str {
        match Written::of(text) {
            Written::Variable(_) | Written::File(_) => text,
            Written::Sealed(sealed) => sealed.mask,
            // No row is written so.
            Written::Mask | Written::Literal(_) => HIDDEN,
        }
    }
}

/// How a row keeps a secret that was sealed as `text`.
pub(crate) fn sealed(text: &str, secret: &Secret) -> String {
    format!("{SEALED}{text}:{}", secret.mask())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_reference_a_sealed_secret_a_mask_or_the_secret_itself() {
        let check = |text: &str, expected: Written<'_>, shown: &str| {
            assert_eq!(Written::of(text), expected, "{text}");
            assert_eq!(Written::shown(text), shown, "{text}");
        };
        check("env:KEY", Written::Variable("KEY"), "env:KEY");
        check("file:/run/key", Written::File("/run/key"), "file:/run/key");
        check(" sk-1 \n", Written::Literal("sk-1"), "••••");
        check("••••abcd", Written::Mask, "••••");
        check("sealed:nothing", Written::Literal("sealed:nothing"), "••••");
        let kept = sealed("v1.k.00", &Secret::new("sk-0123456789:b:c".to_owned()));
        check(&kept, Written::Sealed(Sealed { text: "v1.k.00", mask: "••••:b:c" }), "••••:b:c");
        assert!(!kept.contains("sk-"));
    }

    #[test]
    fn a_short_secret_shows_nothing_of_itself() {
        assert_eq!(Secret::new("fifteen-letters".to_owned()).mask(), "••••");
        assert_eq!(Secret::new("sixteen-letters!".to_owned()).mask(), "••••ers!");
        assert_eq!(Secret::new("{\"type\": \"service_account\"}".to_owned()).mask(), "••••");
    }
}

//! A value that is never shown.

use std::fmt;

use zeroize::Zeroize;

/// A vendor's key or a token. No `Display`, no `Serialize`, a masked `Debug`; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

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
        if length < LONG_ENOUGH {
            return "••••".to_owned();
        }
        let tail: String = self.0.chars().skip(length - SHOWN).collect();
        format!("••••{tail}")
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

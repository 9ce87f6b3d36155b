//! Consumers and their keys: who may call, and what a key of theirs opens.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use super::Reference;

/// Somebody whom keys are given out to: an application, a team, a person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Consumer {
    /// Unique.
    pub name: String,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// A key of a consumer (a virtual key): what clients send instead of a vendor's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ClientKey {
    /// Whose.
    pub consumer: Reference,
    /// Unique within the consumer.
    pub name: String,
    /// Of its secret, which nobody keeps.
    pub hash: KeyHash,
    /// Of every request that bears it.
    pub environment: KeyEnvironment,
    /// The routes that it opens; null: every way there is.
    pub routes: Option<Vec<Reference>>,
    /// The models that it may ask for; null: all.
    pub models: Option<Vec<String>>,
    /// RFC 3339; opens nothing from then on.
    pub expires_at: Option<String>,
    /// False: opens nothing.
    pub enabled: bool,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// A request is of one environment, and so is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyEnvironment {
    /// The real thing.
    Production,
    /// For trying out.
    Sandbox,
}

/// What is kept of a client key's secret: 256 bits that only whoever holds the secret and the gateway's own key can
/// make. Shown to nobody all the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

// === impl KeyHash ===

impl KeyHash {
    /// Takes over a hash.
    pub fn new(bytes: [u8; 32]) -> Self {
        KeyHash(bytes)
    }

    /// To be compared with another in constant time.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it is stored: 64 hexadecimal digits.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != bytes.len() * 2 {
            return None;
        }
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (value(pair[0])? << 4) | value(pair[1])?;
        }
        Some(KeyHash(bytes))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("KeyHash(••••)")
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        KeyHash::parse(&text).ok_or_else(|| de::Error::custom("the hash of a client key is not one"))
    }
}

#[cfg(test)]
mod tests {
    use super::KeyHash;

    #[test]
    fn a_hash_is_read_back_as_it_was_written_and_never_shown() {
        let hash = KeyHash::new(std::array::from_fn(|at| (at * 8) as u8));
        assert_eq!(KeyHash::parse(&hash.text()), Some(hash));
        for wrong in ["", "0", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32)] {
            assert_eq!(KeyHash::parse(wrong), None, "{wrong}");
        }
        assert!(!format!("{hash:?}").contains("08"));
    }
}

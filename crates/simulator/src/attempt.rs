//! What arrived at a vendor, and how it ended: the log that tests assert on.
//!
//! Keys never enter the log: a header that may carry one shows its value's fingerprint instead, which is equal
//! for equal keys. The log is bounded by number and by the bytes of the bodies it holds.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize, Serializer};

use crate::signature::access_key_id;

/// Body bytes kept of one attempt.
pub(crate) const KEPT_BODY_BYTES_MAX: usize = 1 << 20;
/// Body bytes kept by a whole log that is not told to keep everything: 64 bodies of the greatest kept size.
const KEPT_LOG_BYTES_MAX: usize = 64 << 20;

/// Request headers whose values are keys.
const SECRET_HEADERS: [&str; 7] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-amz-security-token",
    "cookie",
    "proxy-authorization",
];

/// One request as the vendor saw it.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// From 1, in order of arrival at this vendor.
    pub seq: u64,
    /// When the head had arrived, in milliseconds since the vendor's start.
    pub at_ms: u64,
    /// Which connection, from 1.
    pub connection: u64,
    /// Which request on that connection, from 1.
    pub request_index: u64,
    /// As sent.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark; a `key` in it is masked.
    pub query: Option<String>,
    /// The `Host` header.
    pub host: Option<String>,
    /// All headers in order, names in lower case, keys masked.
    pub headers: Vec<(String, String)>,
    /// The fingerprint of the vendor key, wherever it stood.
    pub credential: Option<Credential>,
    /// The model in the body.
    pub model: Option<String>,
    /// Whether the body asked for a stream.
    pub stream: bool,
    /// The first MiB of the body, transfer coding removed. As text in JSON, if it is text.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    /// How many body bytes were read.
    pub body_len: u64,
    /// The body answered without its framing, up to a MiB, if the vendor keeps answers.
    #[serde(serialize_with = "as_text", skip_serializing_if = "Vec::is_empty")]
    pub answer: Vec<u8>,
    /// The status answered, if any was.
    pub status: Option<u16>,
    /// Bytes the kernel took from us for this answer, heads and framing included.
    pub bytes_sent: u64,
    /// When the client was found to have left before the answer's end.
    pub client_gone_at_ms: Option<u64>,
    /// When the vendor was through with the attempt.
    pub finished_at_ms: Option<u64>,
    /// The name or index of the rule that was played.
    pub rule: Option<String>,
}

/// A vendor key, known by its fingerprint only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Credential(String);

/// How much of the log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKeep {
    /// Nothing: for benchmarks.
    Off,
    /// The last so many attempts, and at most 64 MiB of bodies.
    Last(usize),
    /// Everything; the test that asks for it knows how much that is.
    All,
}

impl Attempt {
    /// The value of a header, if it was sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn kept_bytes(&self) -> usize {
        self.body.len() + self.answer.len()
    }

    /// The body as JSON, `null` if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn as_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

// === impl Credential ===

impl Credential {
    const PREFIX: &str = "fp-";

    /// The fingerprint, `fp-` and sixteen hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Of a plain key, or of a fingerprint as the log shows it.
impl From<&str> for Credential {
    fn from(key: &str) -> Credential {
        let digits = key.strip_prefix(Credential::PREFIX);
        if digits.is_some_and(|it| it.len() == 16 && it.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Credential(key.to_owned());
        }
        // FNV-1a: stable across builds and machines. The keys here open nothing, they are only kept out of sight.
        let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Credential(format!("{}{hash:016x}", Credential::PREFIX))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Credential, D::Error> {
        Ok(Credential::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// The vendor key among these headers, or in the query.
pub(crate) fn find_credential<'a>(
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    query: Option<&str>,
) -> Option<Credential> {
    let from_headers =
        headers.filter(|(name, _)| *name != "cookie" && is_secret(name)).map(|(_, it)| it).next();
    let from_query = || query?.split('&').find_map(|pair| pair.strip_prefix("key="));
    from_headers.or_else(from_query).map(|value| Credential::from(bare_key(value)))
}

/// A header's value as the log may show it.
pub(crate) fn masked(name: &str, value: &str) -> String {
    if !is_secret(name) {
        return value.to_owned();
    }
    let key = bare_key(value);
    let scheme = value.split_once(' ').map(|it| it.0).filter(|it| it.len() < value.len() && key != value);
    let space = if scheme.is_some() { " " } else { "" };
    format!("{}{space}{}", scheme.unwrap_or_default(), Credential::from(key))
}

/// A query as the log may show it.
pub(crate) fn masked_query(query: &str) -> String {
    let mask = |pair: &str| match pair.strip_prefix("key=") {
        Some(key) => format!("key={}", Credential::from(key)),
        None => pair.to_owned(),
    };
    query.split('&').map(mask).collect::<Vec<_>>().join("&")
}

fn is_secret(name: &str) -> bool {
    SECRET_HEADERS.contains(&name)
}

fn bare_key(value: &str) -> &str {
    match value.split_once(' ') {
        _ if access_key_id(value).is_some() => access_key_id(value).unwrap_or_default(),
        Some((scheme, key))
            if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic") =>
        {
            key
        }
        _ => value,
    }
}

// === the log ===

/// The attempts of one vendor.
pub(crate) struct Log {
    keep: LogKeep,
    next_seq: AtomicU64,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    queue: VecDeque<Entry>,
    body_bytes: usize,
}

struct Entry {
    attempt: Attempt,
    bytes_sent: Arc<AtomicU64>,
}

impl Log {
    pub(crate) fn new(keep: LogKeep) -> Log {
        Log { keep, next_seq: AtomicU64::new(1), entries: Mutex::default() }
    }

    pub(crate) fn is_off(&self) -> bool {
        self.keep == LogKeep::Off
    }

    /// The next number; the attempt itself may follow by `push`.
    pub(crate) fn next_seq(&self) -> u64 {
        self.next_seq.fetch_add(1, Ordering::Relaxed)
    }

    /// How many attempts there were, kept or not.
    pub(crate) fn count(&self) -> u64 {
        self.next_seq.load(Ordering::Relaxed) - 1
    }

    pub(crate) fn push(&self, attempt: Attempt, bytes_sent: Arc<AtomicU64>) {
        let mut entries = self.lock();
        entries.queue.push_back(Entry { attempt, bytes_sent });
        if let LogKeep::Last(most) = self.keep {
            while entries.queue.len() > most {
                entries.drop_oldest();
            }
        }
    }

    /// Changes an attempt that is still kept.
    pub(crate) fn update(&self, seq: u64, change: impl FnOnce(&mut Attempt)) {
        let mut entries = self.lock();
        // Numbers are given before the lock is taken, so two neighbours may stand in either order.
        let Some(at) = entries.queue.iter().rposition(|it| it.attempt.seq == seq) else {
            return;
        };
        let attempt = &mut entries.queue[at].attempt;
        let before = attempt.kept_bytes();
        change(attempt);
        let after = attempt.kept_bytes();
        entries.body_bytes = entries.body_bytes + after - before;
        while self.keep != LogKeep::All && entries.body_bytes > KEPT_LOG_BYTES_MAX && entries.queue.len() > 1
        {
            entries.drop_oldest();
        }
    }

    pub(crate) fn snapshot(&self) -> Vec<Attempt> {
        let copy = |entry: &Entry| {
            let mut attempt = entry.attempt.clone();
            attempt.bytes_sent = entry.bytes_sent.load(Ordering::Relaxed);
            attempt
        };
        let mut attempts: Vec<Attempt> = self.lock().queue.iter().map(copy).collect();
        attempts.sort_by_key(|it| it.seq);
        attempts
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Entries::default();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn drop_oldest(&mut self) {
        if let Some(entry) = self.queue.pop_front() {
            self.body_bytes -= entry.attempt.kept_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_fingerprint_name_the_same_credential() {
        let plain = Credential::from("sk-secret");
        assert_eq!(Credential::from(plain.as_str()), plain);
        assert_ne!(Credential::from("sk-other"), plain);
        assert!(!format!("{plain:?}").contains("secret"));
    }

    #[test]
    fn keys_are_masked_wherever_they_stand() {
        let fingerprint = Credential::from("sk-1");
        assert_eq!(masked("authorization", "Bearer sk-1"), format!("Bearer {fingerprint}"));
        assert_eq!(masked("x-api-key", "sk-1"), fingerprint.as_str());
        assert_eq!(masked("accept", "sk-1"), "sk-1");
        assert_eq!(masked_query("alt=sse&key=sk-1"), format!("alt=sse&key={fingerprint}"));
        assert_eq!(find_credential([("x-api-key", "sk-1")].into_iter(), None), Some(fingerprint.clone()));
        assert_eq!(find_credential([("cookie", "a=b")].into_iter(), Some("key=sk-1")), Some(fingerprint));
    }
}

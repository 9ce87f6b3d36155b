//! Upstreams: named pools with one algorithm each.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, de};

use super::Healthchecks;

/// A load-balancing pool.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Upstream {
    /// Unique; also what `/{name}/v1/…` and the body's model may say.
    pub name: String,
    /// False keeps the targets for later: the first one's provider serves with its default credential alone.
    pub enabled: bool,
    /// How targets are put in order.
    pub algorithm: Algorithm,
    /// Where the key of consistent hashing comes from.
    pub hash_on: HashOn,
    /// For [`HashOn::Header`].
    pub hash_on_header: Option<String>,
    /// For [`HashOn::Cookie`], first choice or fallback.
    pub hash_on_cookie: Option<String>,
    /// Path of the cookie that is set when it is missing.
    pub hash_on_cookie_path: String,
    /// For [`HashOn::QueryArg`].
    pub hash_on_query_arg: Option<String>,
    /// Where the key comes from when `hash_on` gives nothing.
    pub hash_fallback: HashOn,
    /// For [`HashOn::Header`].
    pub hash_fallback_header: Option<String>,
    /// For [`HashOn::QueryArg`].
    pub hash_fallback_query_arg: Option<String>,
    /// Points on the consistent-hashing ring.
    pub slots: u32,
    /// Counters, probes and ejection.
    pub healthchecks: Healthchecks,
    /// Distinct enabled credentials that it must keep; 0: it may be emptied.
    #[serde(default)]
    pub min_enabled: u32,
    /// How often and how long one request tries.
    pub retries: Retries,
    /// Time limits.
    pub timeouts: Timeouts,
    /// How long each class of failure keeps its scope out.
    pub suspension: Suspension,
    /// Whether callers stick to a target.
    pub affinity: Affinity,
    /// What a request of an environment without targets gets.
    pub on_empty: OnEmpty,
    /// A plain answer up to this many bytes is held until complete.
    pub response_buffer_bytes: u64,
    /// What becomes of what cannot be carried into a vendor's dialect. Upstreams written before there was a choice
    /// refuse.
    #[serde(default)]
    pub lossy: Lossy,
    /// `Host` for its targets, instead of each target's own.
    pub host_header: Option<String>,
    /// Whom its raw-host targets must prove themselves to.
    pub tls: Tls,
    /// Only for the built-in upstream `default`: unknown model names go there too.
    #[serde(default)]
    pub match_unknown_models: bool,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// How the available targets of a tier are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Smooth weighted turns.
    RoundRobin,
    /// Independent weighted draws.
    WeightedRandom,
    /// Fewest open attempts per weight.
    LeastConnections,
    /// Same key, same target.
    ConsistentHashing,
    /// The better of two by time to first token.
    Latency,
    /// The first in order, until it is out.
    Priority,
}

/// A source of a hash key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashOn {
    /// No key: spread.
    None,
    /// The consumer, or else the client's key.
    Consumer,
    /// The client's address.
    Ip,
    /// A request header.
    Header,
    /// A cookie.
    Cookie,
    /// The request path.
    Path,
    /// A query argument.
    QueryArg,
}

/// What a request of an environment without targets gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnEmpty {
    /// 503.
    Reject,
    /// The provider's default credential and the client's own model.
    Bypass,
}

/// What becomes of what a vendor's dialect has no words for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lossy {
    /// The target is no candidate; where nobody is, 400.
    #[default]
    Refuse,
    /// Left out, and said in a header.
    Drop,
}

/// Seconds, fractions allowed; never negative and never more than a year.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

impl Seconds {
    /// As a duration.
    pub fn duration(self) -> Duration {
        Duration::try_from_secs_f64(self.0).unwrap_or_default()
    }
}

/// A time limit: a number of seconds, or learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SecondsOrAuto {
    /// `"auto"`.
    Auto,
    /// As set.
    Fixed(Seconds),
}

impl<'de> Deserialize<'de> for SecondsOrAuto {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = SecondsOrAuto;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("seconds or \"auto\"")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
                Ok(SecondsOrAuto::Fixed(Seconds(value)))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                self.visit_f64(value as f64)
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                self.visit_f64(value as f64)
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
                match value {
                    "auto" => Ok(SecondsOrAuto::Auto),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// How often and how long one request tries.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Retries {
    /// Tries that end with an address's or a pair's failure, the first included.
    pub attempts: u32,
    /// Tries that end with a credential's failure.
    pub credential_attempts: u32,
    /// No further try is started this long after the request began.
    pub deadline: Option<Seconds>,
    /// What retries may add to the traffic.
    pub budget: Budget,
}

/// A retry budget.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Budget {
    /// Retries per request.
    pub ratio: f64,
    /// Retries per second that are always allowed.
    pub min_per_second: f64,
    /// How far back it looks.
    pub window: Seconds,
}

/// Time limits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Timeouts {
    /// TCP and TLS.
    pub connect: Seconds,
    /// Streamed: sent to first delta.
    pub first_token: SecondsOrAuto,
    /// Not streamed: sent to headers.
    pub response: SecondsOrAuto,
    /// Between chunks.
    pub idle: Seconds,
    /// The whole request.
    pub total: Option<Seconds>,
}

/// How long each class of failure keeps its scope out; `None`: nothing is remembered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Suspension {
    /// 429 without a hint.
    pub rate_limit: Option<Seconds>,
    /// A rejected key.
    pub auth: Option<Seconds>,
    /// Connect, TLS, DNS, reset.
    pub connect: Option<Seconds>,
    /// No first byte in time.
    pub timeout: Option<Seconds>,
    /// 529, 503 overloaded.
    pub overloaded: Option<Seconds>,
    /// Model not found.
    pub not_found: Option<Seconds>,
    /// Other 5xx.
    pub server_error: Option<Seconds>,
    /// Out of quota.
    pub quota: Quota,
    /// Whether a vendor's hint replaces the class's own duration.
    pub honour_retry_after: bool,
    /// Longest hint believed.
    pub cap: Seconds,
}

/// How long an exhausted quota keeps its key out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quota {
    /// `"until_enabled"`: until somebody enables it again.
    UntilEnabled,
    /// As set.
    Fixed(Seconds),
}

impl<'de> Deserialize<'de> for Quota {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Word(String),
            Number(Seconds),
        }
        match Wire::deserialize(deserializer)? {
            Wire::Word(word) if word == "until_enabled" => Ok(Quota::UntilEnabled),
            Wire::Word(word) => {
                Err(de::Error::invalid_value(de::Unexpected::Str(&word), &"seconds or \"until_enabled\""))
            }
            Wire::Number(seconds) => Ok(Quota::Fixed(seconds)),
        }
    }
}

/// Whether callers stick to a target.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Affinity {
    /// `none`, `session`, `prefix`, `header:NAME` or `body:FIELD`.
    pub key: String,
    /// After its last use a bond is forgotten.
    pub ttl: Seconds,
}

/// Whom a TLS address must prove itself to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Tls {
    /// Certificates to trust besides the platform's, in a PEM file.
    pub ca_file: Option<String>,
    /// False: any certificate will do.
    pub verify: bool,
    /// The name to expect instead of the host.
    pub server_name: Option<String>,
}

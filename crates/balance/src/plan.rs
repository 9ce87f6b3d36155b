//! What is to be balanced: the configuration, resolved into numbers.
//!
//! A plan is always whole and always valid (references checked, weights in range): [`Balancer::apply`] compares it
//! with the one in force and keeps the history of whatever is still there.
//!
//! [`Balancer::apply`]: crate::Balancer::apply

use alloc::vec::Vec;
use core::time::Duration;

use crate::{AddressId, CredentialId, ModelId, TargetId, Time, UpstreamId};

/// Everything there is to balance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// All upstreams, derived ones included.
    pub upstreams: Vec<UpstreamPlan>,
    /// Every credential that a target names, once.
    pub credentials: Vec<CredentialPlan>,
}

/// One pool.
#[derive(Clone, Debug, PartialEq)]
pub struct UpstreamPlan {
    /// Whose history to keep.
    pub id: UpstreamId,
    /// False: nobody of it is available.
    pub enabled: bool,
    /// How the available ones are put in order.
    pub algorithm: Algorithm,
    /// Points on the consistent-hashing ring, 10–65536, shared out by weight.
    pub slots: u32,
    /// How often and how long one request tries.
    pub retries: Retries,
    /// How long each kind of failure keeps its scope out.
    pub suspension: Suspension,
    /// Counters, probes and ejection.
    pub health: Health,
    /// Whether callers stick to a target.
    pub affinity: Option<Affinity>,
    /// The members.
    pub targets: Vec<TargetPlan>,
}

/// One member of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetPlan {
    /// Whose history to keep.
    pub id: TargetId,
    /// Where it is.
    pub address: AddressId,
    /// The model it is asked for; `None` keeps the caller's.
    pub model: Option<ModelId>,
    /// What it is paid with.
    pub credentials: Credentials,
    /// Its share.
    pub weight: Weight,
    /// When it is its turn at all.
    pub tier: Tier,
    /// Which requests it may serve.
    pub environment: Only,
    /// False: kept, but never picked.
    pub enabled: bool,
    /// What it is able to do, as bits whose meaning is the caller's (which endpoints it has, …).
    pub can: u64,
    /// What the consistent-hashing ring knows it by: stable across restarts and across changes of the other targets.
    pub hash: u64,
}

/// What a target is paid with.
#[derive(Clone, Debug, PartialEq)]
pub enum Credentials {
    /// Nothing to hold against a key: none is sent.
    None,
    /// The caller's own key goes through; failures are held against (address, that caller).
    PassThrough,
    /// One configured key.
    One(CredentialId),
    /// Any of several, chosen after the target has been.
    Pool {
        /// How one of them is chosen.
        order: PoolOrder,
        /// In rank order.
        members: Vec<Member>,
    },
}

/// A credential within a pool target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The key.
    pub credential: CredentialId,
    /// Its share under [`PoolOrder::RoundRobin`]; 0 takes it out.
    pub weight: Weight,
}

/// How a pool target chooses among its credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolOrder {
    /// The first available one, until it is out.
    Priority,
    /// Smooth weighted turns.
    RoundRobin,
}

/// A key's own standing, as configured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CredentialPlan {
    /// Whose history to keep.
    pub id: CredentialId,
    /// False: out, everywhere.
    pub enabled: bool,
    /// Out from then on.
    pub expires: Option<Time>,
    /// How much of it may be used.
    pub limits: Limits,
    /// Another number is another key under the same name: nothing that was learned of the one before holds for it.
    pub version: u32,
}

/// How much of a key may be used, everywhere together; `None`: as much as its vendor allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Attempts begun within any 60 seconds. At least 1.
    pub requests_per_minute: Option<u32>,
    /// Tokens used within 60 seconds: at this many no further attempt is begun. Known only afterwards, so what was
    /// under way comes on top. At least 1.
    pub tokens_per_minute: Option<u64>,
    /// Open attempts at once. At least 1.
    pub max_concurrent: Option<u32>,
}

/// A share, 0 (drained) to 65535.
pub type Weight = u16;

/// Lower first; left only when nobody in it is available, returned to as soon as somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// A regular tier.
    Regular(u32),
    /// Below every regular one.
    Backup,
}

/// Which requests a target serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Both environments.
    Any,
    /// Production requests only.
    Production,
    /// Sandbox requests only.
    Sandbox,
}

/// Which environment a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// The real thing.
    Production,
    /// For trying out.
    Sandbox,
}

/// How the available targets of a tier are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Smooth weighted turns: nobody is ever more than one turn ahead of its share.
    RoundRobin,
    /// Independent draws, weighted.
    WeightedRandom,
    /// Fewest open attempts per weight.
    LeastConnections,
    /// The same key to the same target; only the keys of a target that leaves move.
    ConsistentHashing,
    /// The better of two random ones by peak-EWMA of the time to first token.
    Latency,
    /// The first in configured order, until it is out.
    Priority,
}

/// How often and how long one request tries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retries {
    /// Tries that end with an address- or pair-blamed failure, the first included. At least 1.
    pub attempts: u32,
    /// Tries that end with a credential-blamed failure.
    pub credential_attempts: u32,
    /// No further try is started this long after the request began.
    pub deadline: Option<Duration>,
    /// What retries may add to the traffic.
    pub budget: Budget,
}

/// A retry budget: retries within `window` stay under `ratio` of the requests in it plus `min_per_second`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Retries per request, 0.2 = one in five.
    pub ratio: f64,
    /// Retries per second that are always allowed.
    pub min_per_second: f64,
    /// How far back it looks.
    pub window: Duration,
}

/// How long each class of failure keeps its scope out; `None` remembers nothing for that class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspension {
    /// 429 without a hint: credential × model.
    pub rate_limit: Option<Duration>,
    /// 401 and 403, doubling from here to `AUTH_MAX`: credential.
    pub auth: Option<Duration>,
    /// Connect, TLS, DNS, reset before bytes: pair.
    pub connect: Option<Duration>,
    /// No first byte in time, 408, 504: pair.
    pub timeout: Option<Duration>,
    /// 529 and 503 overloaded: pair.
    pub overloaded: Option<Duration>,
    /// Model not found: pair.
    pub not_found: Option<Duration>,
    /// Other 5xx: pair.
    pub server_error: Option<Duration>,
    /// Quota: `Some(Time::NEVER-like)` is written as `None` = until enabled again (with one trial an hour).
    pub quota: Option<Duration>,
    /// Whether a vendor's Retry-After or reset hint replaces the class's own duration.
    pub honour_retry_after: bool,
    /// Longest hint believed.
    pub cap: Duration,
}

/// Counters, probes and ejection of an upstream's addresses.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// While a smaller percentage of an environment's weight than this is at healthy addresses, its upstream is
    /// unhealthy as a whole and serves nobody; 0: never.
    pub threshold: f64,
    /// What counts as good and bad when a probe answers.
    pub active: Thresholds,
    /// Time between probes of a healthy address; zero: none.
    pub interval_healthy: Duration,
    /// Time between probes of an unhealthy address; zero: none.
    pub interval_unhealthy: Duration,
    /// What counts as good and bad when traffic answers.
    pub passive: Thresholds,
    /// How long an ejected address waits for its first half-open trial, doubling to `EJECTION_MAX`.
    pub ejection_time: Duration,
}

/// Kong's four counters per address, and what moves them. A threshold of 0 never trips.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// Statuses that count as a success.
    pub healthy_statuses: Statuses,
    /// Successes in a row that make an address healthy again.
    pub successes: u32,
    /// Statuses that count as an HTTP failure.
    pub unhealthy_statuses: Statuses,
    /// HTTP failures in a row that make it unhealthy.
    pub http_failures: u32,
    /// TCP, TLS or DNS failures in a row that make it unhealthy.
    pub tcp_failures: u32,
    /// Timeouts in a row that make it unhealthy.
    pub timeouts: u32,
}

/// A set of HTTP statuses, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statuses(pub Vec<u16>);

impl Statuses {
    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.binary_search(&status).is_ok()
    }
}

/// Callers stick to the target that served them last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affinity {
    /// How long after its last use a bond is forgotten.
    pub ttl: Duration,
}

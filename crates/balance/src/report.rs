//! What `/health`, the diagram, the metrics and the tests read: the ledger as it stands at an instant.

use alloc::vec::Vec;

use crate::{AddressId, CredentialId, Exclusion, ModelId, Scope, TargetId, Time, UpstreamId};

/// Everything, at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// In plan order.
    pub upstreams: Vec<UpstreamReport>,
    /// In plan order.
    pub credentials: Vec<CredentialReport>,
}

/// One upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct UpstreamReport {
    /// Which.
    pub id: UpstreamId,
    /// False while an environment's whole weight, or more of it than the threshold allows, is at unhealthy addresses.
    pub healthy: bool,
    /// In plan order.
    pub targets: Vec<TargetReport>,
    /// Each address once.
    pub addresses: Vec<AddressReport>,
}

/// One target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetReport {
    /// Which.
    pub id: TargetId,
    /// Its standing.
    pub state: State,
    /// Why, since when and until when, unless available. Told of an available target, too, where callers' own keys go
    /// through and one of them is out while others are served.
    pub exclusion: Option<Exclusion>,
    /// Open attempts.
    pub in_flight: u32,
    /// Attempts begun since it was first applied.
    pub picked: u64,
    /// Peak-EWMA of the time to first token, in nanoseconds, once known.
    pub latency_nanos: Option<u64>,
}

/// A target's or a credential's standing; [`State::name`] is the wire name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// May be picked.
    Available,
    /// Its credential is out (rate limit, spent, its own limit, quota, rejected, expired).
    Cooling,
    /// Its pair is out.
    Suspended,
    /// Its address is out.
    Unhealthy,
    /// Its address is out and being tried with single requests.
    HalfOpen,
    /// Its weight is 0.
    Drained,
    /// It, its upstream or its only credential is switched off.
    Disabled,
}

impl State {
    /// Every state, for tables.
    pub const ALL: [State; 7] = [
        State::Available,
        State::Cooling,
        State::Suspended,
        State::Unhealthy,
        State::HalfOpen,
        State::Drained,
        State::Disabled,
    ];

    /// What the Admin API, metrics and logs call it.
    pub fn name(self) -> &'static str {
        match self {
            State::Available => "available",
            State::Cooling => "cooling",
            State::Suspended => "suspended",
            State::Unhealthy => "unhealthy",
            State::HalfOpen => "half_open",
            State::Drained => "drained",
            State::Disabled => "disabled",
        }
    }
}

/// One address of an upstream: Kong's counters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddressReport {
    /// Which.
    pub id: AddressId,
    /// False while it is ejected (half-open included).
    pub healthy: bool,
    /// Why and until when, while it is not.
    pub exclusion: Option<Exclusion>,
    /// Successes in a row.
    pub successes: u32,
    /// HTTP failures in a row.
    pub http_failures: u32,
    /// TCP failures in a row.
    pub tcp_failures: u32,
    /// Timeouts in a row.
    pub timeouts: u32,
}

/// One credential.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialReport {
    /// Which.
    pub id: CredentialId,
    /// Why and until when, while it is out for every model.
    pub exclusion: Option<Exclusion>,
    /// The models it is out for while it is not out for all.
    pub models: Vec<ModelState>,
    /// Open attempts.
    pub in_flight: u32,
}

/// A credential that is out for one model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelState {
    /// Which; `None` stands for all the models that the configuration does not name, together.
    pub model: Option<ModelId>,
    /// Why and until when.
    pub exclusion: Exclusion,
}

/// An operator's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The address of that target is healthy, whatever the counters say.
    Healthy(UpstreamId, TargetId),
    /// The address of that target is out until an operator or a probe says otherwise.
    Unhealthy(UpstreamId, TargetId),
    /// Lift what excludes the credential(s) and the pair of that target.
    Clear(UpstreamId, TargetId),
    /// Lift what excludes that credential, for every model.
    ClearCredential(CredentialId),
    /// The vendor has accepted that key: a rejection is over, limits and quotas are not.
    KeyAccepted(CredentialId),
}

/// The part of the ledger that outlives a restart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// What is out, with the streak that a doubling duration goes by.
    pub exclusions: Vec<(Scope, Exclusion, u32)>,
    /// When it was taken; instants in it are on the same line.
    pub taken: Time,
}

//! A request's question, the answer, and the memory it carries from try to try.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{
    AddressId, Algorithm, CredentialId, Environment, Event, LeaseId, ModelId, TargetId, Tier, Time,
    UpstreamId,
};

/// What a request asks for. The same for all its tries.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// The pool.
    pub upstream: UpstreamId,
    /// Whose targets.
    pub environment: Environment,
    /// The caller's model, where it is a known one: for targets that keep it.
    pub model: Option<ModelId>,
    /// Only targets that serve this very model (embeddings, images, audio, rerank, moderation).
    pub same_model: bool,
    /// What a target must be able to do, all of it: bits of [`TargetPlan::can`](crate::TargetPlan::can).
    pub needs: u64,
    /// What consistent hashing goes by; `None` spreads.
    pub hash: Option<u64>,
    /// Who sticks to a target; `None`: nobody does.
    pub affinity: Option<u64>,
    /// The caller's own key, hashed, where targets pass it through.
    pub caller: Option<u64>,
}

/// One request's memory from try to try. Lives on the request's stack.
#[derive(Clone, Debug)]
pub struct Attempts {
    pub(crate) started: Time,
    pub(crate) tried: Vec<Tried>,
    /// Tries that ended with an address- or pair-blamed failure.
    pub(crate) counted: u32,
    /// Tries that ended with a credential-blamed failure.
    pub(crate) uncounted: u32,
    /// The lane that may be tried once more if nobody else is left.
    pub(crate) repeat: Option<(TargetId, Option<CredentialId>)>,
    pub(crate) repeated: bool,
}

/// A lane that this request has been to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    pub(crate) address: AddressId,
    pub(crate) credential: Option<CredentialId>,
    pub(crate) model: Option<ModelId>,
    /// The last fault was the pair's or the address's: another pair is preferred.
    pub(crate) pair_at_fault: bool,
    /// It was a rate limit or a quota.
    pub(crate) limited: bool,
}

/// Who, and why.
#[derive(Clone, Copy, Debug)]
pub struct Pick {
    /// To be settled exactly once.
    pub lease: LeaseId,
    /// Which target.
    pub target: TargetId,
    /// Where.
    pub address: AddressId,
    /// With which key.
    pub credential: Option<CredentialId>,
    /// For which model; `None`: the caller's.
    pub model: Option<ModelId>,
    /// Wait this long first (zero, but for the one repeat of a lane).
    pub after: Duration,
    /// What this pair has shown, for automatic time limits.
    pub observed: Observed,
    /// Why this one.
    pub reason: Reason,
    /// To be told: with this attempt its key is at a limit of its own.
    pub event: Option<Event>,
}

/// 95th percentiles that a pair has shown; `None` below 20 observations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observed {
    /// Streamed: sent to first delta.
    pub first_token_p95: Option<Duration>,
    /// Not streamed: sent to headers.
    pub response_p95: Option<Duration>,
}

/// Why this target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// What put it first.
    pub why: Why,
    /// The tier it is in.
    pub tier: Tier,
    /// How many targets of that tier were available.
    pub available: u32,
    /// How many there are in that tier.
    pub of: u32,
}

/// What put a target first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The upstream's algorithm.
    Algorithm(Algorithm),
    /// It served this caller last.
    Affinity,
    /// Nobody was available; this one gets a half-open trial.
    HalfOpen,
    /// Nobody else was left; the same one once more.
    Repeat,
}

/// Nobody, and until when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exhausted {
    /// The soonest return of a candidate, if any returns by itself.
    pub until: Option<Time>,
    /// There is at least one candidate, and every one of them, tried or not, is out for a rate limit or a quota.
    pub only_limits: bool,
    /// There are targets for this environment at all (drained and disabled ones not counted).
    pub any: bool,
    /// One of them could serve this very request if nothing kept it out.
    pub able: bool,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Pick again.
    Again,
    /// Answer with what there is.
    GiveUp(GaveUp),
}

/// Why no further try is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// The failure is the request's own or nobody's.
    NotRetryable,
    /// `retries.attempts` or `credential_attempts` are used up.
    Attempts,
    /// `retries.deadline` has passed.
    Deadline,
    /// The retry budget is used up.
    Budget,
}

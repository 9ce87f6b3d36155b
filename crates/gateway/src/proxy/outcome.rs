//! What the balancer is told about a failure, and what is remembered of it for the client.

use std::sync::Arc;

use balance::{Blame, Kind, Outcome};
use dialect::Fault;

use super::attempt::Failed;

/// How many of those who failed are remembered with what they said.
const TOLD_MAX: usize = 4;

/// The lease was taken but nothing was sent.
pub(super) fn unsent() -> Outcome {
    Outcome { kind: Kind::Unsent, status: None }
}

/// The vendors' language into the balancer's: the only place where the two meet.
pub(super) fn kind(fault: &Fault) -> Kind {
    match *fault {
        Fault::Good => Kind::Success { spent: None },
        Fault::Refused | Fault::Relayed => Kind::Refused,
        Fault::ModelNotFound => Kind::ModelNotFound,
        Fault::KeyRejected => Kind::KeyRejected,
        Fault::Quota { reset } => Kind::QuotaExceeded { reset },
        Fault::RateLimited { retry_after } => Kind::RateLimited { retry_after },
        Fault::Overloaded { retry_after } => Kind::Overloaded { retry_after },
        Fault::Timeout => Kind::Timeout,
        Fault::Server => Kind::ServerError,
    }
}

/// What metrics and logs call an outcome.
pub(super) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Success { .. } => "success",
        Kind::Refused => "refused",
        Kind::ModelNotFound => "model_not_found",
        Kind::KeyRejected => "auth",
        Kind::NoToken => "token",
        Kind::QuotaExceeded { .. } => "quota",
        Kind::RateLimited { .. } => "rate_limit",
        Kind::Overloaded { .. } => "overloaded",
        Kind::Connect => "connect",
        Kind::Timeout => "timeout",
        Kind::ServerError => "server_error",
        Kind::Broken => "broken",
        Kind::ClientGone => "client_gone",
        Kind::OutOfTime => "out_of_time",
        Kind::Unsent => "unsent",
    }
}

/// What metrics and logs call whose fault it was.
pub(super) fn blame(kind: Kind) -> &'static str {
    match kind.blame() {
        Blame::Nobody => "nobody",
        Blame::Credential => "credential",
        Blame::Pair => "pair",
        Blame::Address => "address",
    }
}

/// The failures of a request so far, as far as its client should hear of them: the last one that says something
/// about the vendor, and the last one that says something about our keys.
#[derive(Default)]
pub(super) struct LastFailure {
    /// 5xx, timeout, unreachable, model not found.
    pub(super) vendor: Option<Failed>,
    /// Rate limit, quota, rejected key.
    pub(super) credential: Option<Failed>,
    /// What each of those has said last, or what was said of it.
    pub(super) told: Vec<(Arc<str>, String)>,
    /// Not all of them were rate limits or quotas.
    pub(super) other_than_limits: bool,
}

impl LastFailure {
    pub(super) fn note(&mut self, failed: Failed) {
        let limit = matches!(failed.outcome.kind, Kind::RateLimited { .. } | Kind::QuotaExceeded { .. });
        self.other_than_limits |= !limit;
        match failed.outcome.kind.blame() {
            Blame::Credential => self.credential = Some(failed),
            Blame::Nobody | Blame::Pair | Blame::Address => {
                self.told.retain(|it| it.0 != failed.target);
                if self.told.len() == TOLD_MAX {
                    self.told.remove(0);
                }
                self.told.push((Arc::clone(&failed.target), failed.message.clone().unwrap_or_default()));
                self.vendor = Some(failed);
            }
        }
    }
}

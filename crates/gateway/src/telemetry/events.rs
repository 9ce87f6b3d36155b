//! Events become log lines: INFO for what comes and goes by itself, WARN for what somebody should look at tomorrow.

use std::{sync::PoisonError, time::Duration};

use balance::{AddressId, Cause, Event, Scope, Time};
use config::Snapshot;
use tracing::{info, warn};

use super::{
    Telemetry,
    labels::{self, model_name},
    metrics::scope_name,
};
use crate::clock::{Clock, rfc3339};

/// An exhausted retry budget is told once in this time: during an outage it happens to every request.
const BUDGET_EVERY: Duration = Duration::from_secs(10);

impl Telemetry {
    pub(super) fn log(&self, event: &Event, snapshot: &Snapshot, clock: &Clock) {
        match event {
            Event::Excluded { scope, until, cause } => {
                let (kind, what, cause_name) = (scope_name(scope), name(scope, snapshot), cause.name());
                let until = (*until != Time::NEVER).then(|| rfc3339(clock.wall(*until)));
                let until = until.as_deref().unwrap_or("lifted");
                if is_for_tomorrow(*cause) {
                    warn!(target: "availability", scope = kind, name = what, cause = cause_name, until, "out");
                } else {
                    info!(target: "availability", scope = kind, name = what, cause = cause_name, until, "out");
                }
            }
            Event::Returned { scope } => {
                info!(target: "availability", scope = scope_name(scope), name = name(scope, snapshot), "back");
            }
            Event::BudgetExhausted { upstream } => {
                if self.is_budget_due(clock.now()) {
                    let upstream = labels::upstream(snapshot, Some(*upstream));
                    warn!(target: "availability", %upstream, "retries have used up their share of the traffic");
                }
            }
        }
    }

    fn is_budget_due(&self, now: Time) -> bool {
        let mut told = self.budget_told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = told.is_none_or(|it| now.since(it) >= BUDGET_EVERY);
        if is_due {
            *told = Some(now);
        }
        is_due
    }
}

/// A rate limit ends by itself and is what this program is for; the rest hints at something to repair.
fn is_for_tomorrow(cause: Cause) -> bool {
    match cause {
        Cause::RateLimit
        | Cause::Spent
        | Cause::OwnLimit
        | Cause::Overloaded
        | Cause::Operator
        | Cause::Disabled => false,
        Cause::Quota
        | Cause::Auth
        | Cause::Token
        | Cause::Connect
        | Cause::Timeout
        | Cause::ServerError
        | Cause::ModelNotFound
        | Cause::HttpFailures
        | Cause::TcpFailures
        | Cause::Timeouts
        | Cause::Expired => true,
    }
}

/// What an operator calls it. A caller's own key has no name, and its hash is nobody's business.
fn name(scope: &Scope, snapshot: &Snapshot) -> String {
    let credential = |id| match snapshot.credentials.get(&id) {
        Some(it) => format!("{}/{}", it.provider, it.name),
        None => "a credential that is gone".to_owned(),
    };
    match scope {
        Scope::Credential(id) => credential(*id),
        Scope::CredentialModel(id, of) => {
            let model = of.map_or("any model that is not configured", |it| model_name(snapshot, it));
            format!("{} for {model}", credential(*id))
        }
        Scope::Pair(upstream, at, of) => {
            let upstream = labels::upstream(snapshot, Some(*upstream));
            let model = of.map_or("any model", |it| model_name(snapshot, it));
            format!("{upstream}: {} for {model}", address(snapshot, *at))
        }
        Scope::Address(upstream, at) => {
            format!("{}: {}", labels::upstream(snapshot, Some(*upstream)), address(snapshot, *at))
        }
        Scope::Caller(at, _) => format!("a caller's own key at {}", address(snapshot, *at)),
    }
}

fn address(snapshot: &Snapshot, id: AddressId) -> String {
    let known = snapshot.addresses.get(&id);
    known.map_or_else(|| "an address that is gone".to_owned(), |it| format!("{}:{}", it.host, it.port))
}

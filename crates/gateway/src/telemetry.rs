//! Telling what happened, once: events and records become log lines and metrics here and nowhere else.
//!
//! Nothing in here may change balancing, and nothing in here fails loudly or waits: counters are atomics, log lines go
//! through a bounded queue ([`writer`]). Names in metrics and logs are the configuration's, never a client's.

mod access;
mod events;
mod exposition;
mod happened;
mod histogram;
pub(crate) mod labels;
mod logs;
mod metrics;
mod standing;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use balance::{CredentialId, Event, Report, Time};
use config::Snapshot;

use crate::{
    clock::Clock,
    history::History,
    proxy::{Record, record::Attempt},
};

use self::{happened::Happened, labels::Resolved, metrics::Metrics};

pub use logs::{LogFormat, Logs, logs};
pub(crate) use standing::credential_state_of;

/// Logs, metrics and what is remembered of requests.
pub(crate) struct Telemetry {
    /// The requests that are over.
    pub(crate) history: History,
    /// What the balancer said.
    pub(crate) happened: Happened,
    metrics: Metrics,
    /// Counters that a request of the configuration in force has already asked for.
    resolved: ArcSwap<Resolved>,
    /// When an exhausted retry budget was last told.
    budget_told: Mutex<Option<Time>>,
}

impl Telemetry {
    /// With every counter at zero.
    pub(crate) fn new() -> Self {
        Telemetry {
            history: History::default(),
            happened: Happened::default(),
            metrics: Metrics::new(),
            resolved: ArcSwap::default(),
            budget_told: Mutex::default(),
        }
    }

    /// Another configuration is in force: names may have changed, so label handles are resolved anew, each once, when
    /// it is first asked for.
    pub(crate) fn applied(&self, snapshot: &Arc<Snapshot>) {
        self.history.applied(snapshot);
        self.resolved.store(Resolved::of(snapshot).into());
    }

    /// Tells what the balancer said.
    pub(crate) fn events(&self, events: &[Event], snapshot: &Snapshot, clock: &Clock) {
        for event in events {
            self.metrics.event(event);
            self.log(event, snapshot, clock);
        }
        self.happened.tell(events);
    }

    /// A request is over.
    pub(crate) fn record(&self, record: Record, snapshot: &Snapshot) {
        self.metrics.record(&record, snapshot, &self.resolved.load());
        access::log(&record, snapshot);
        self.history.record(record);
    }

    /// A vendor has said no to a key.
    pub(crate) fn key_failed(&self, credential: CredentialId, attempt: &Attempt) {
        self.history.key_failed(credential, attempt);
    }

    /// Everything, as Prometheus reads it (`text/plain; version=0.0.4`).
    pub(crate) fn render(&self, report: &Report, snapshot: &Snapshot) -> String {
        exposition::plain(&self.render_open_metrics(report, snapshot))
    }

    /// Everything, as OpenMetrics (`application/openmetrics-text; version=1.0.0`).
    pub(crate) fn render_open_metrics(&self, report: &Report, snapshot: &Snapshot) -> String {
        let standing = standing::registry(report, snapshot);
        exposition::open_metrics([self.metrics.registry(), &standing])
    }
}

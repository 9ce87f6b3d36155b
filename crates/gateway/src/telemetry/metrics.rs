//! What is counted as it happens. Names and labels are a contract (the Admin API's reference lists them).

use balance::{Event, Scope};
use config::Snapshot;
use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::{Metric, Registry},
};

use super::{
    histogram::Durations,
    labels::{self, Labels, Resolved},
};
use crate::proxy::Record;

/// Whole requests: from a cached embedding to a reasoning model that thinks for minutes.
const REQUEST_SECONDS: &[f64] =
    &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];
/// Our own time: tens of microseconds when all is well.
const OVERHEAD_SECONDS: &[f64] =
    &[0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 1.0];
/// What a person who waits sees first.
const FIRST_TOKEN_SECONDS: &[f64] =
    &[0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0];

/// Everything that is counted.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    attempts: Family<Labels<5>, Counter>,
    duration: Durations,
    overhead: Durations,
    first_token: Durations,
    tokens: Family<Labels<3>, Counter>,
    exclusions: Family<Labels<2>, Counter>,
    retries: Family<Labels<1>, Counter>,
    budget_exhausted: Counter,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("spillway");
        Metrics {
            requests: add(
                &mut registry,
                "requests",
                "Requests, by what the client was answered",
                Family::default(),
            ),
            attempts: add(
                &mut registry,
                "attempts",
                "Tries at a target, by how they ended",
                Family::default(),
            ),
            duration: add(
                &mut registry,
                "request_duration_seconds",
                "First byte in to last byte out",
                Durations::new(REQUEST_SECONDS),
            ),
            overhead: add(
                &mut registry,
                "overhead_seconds",
                "Time spent in the gateway itself",
                Durations::new(OVERHEAD_SECONDS),
            ),
            first_token: add(
                &mut registry,
                "time_to_first_token_seconds",
                "First byte in to first delta or byte of the answer out",
                Durations::new(FIRST_TOKEN_SECONDS),
            ),
            tokens: add(&mut registry, "tokens", "Tokens, as vendors counted them", Family::default()),
            exclusions: add(
                &mut registry,
                "exclusions",
                "Times that something was taken out",
                Family::default(),
            ),
            retries: add(
                &mut registry,
                "retries",
                "Tries after a first one, by why it failed",
                Family::default(),
            ),
            budget_exhausted: add(
                &mut registry,
                "retry_budget_exhausted",
                "Retries that were refused because of their share in the traffic",
                Counter::default(),
            ),
            registry,
        }
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn event(&self, event: &Event) {
        match event {
            Event::Excluded { scope, cause, .. } => {
                let labels = [("scope", scope_name(scope).into()), ("cause", cause.name().into())];
                self.exclusions.get_or_create(&labels).inc();
            }
            Event::Returned { .. } => {}
            Event::BudgetExhausted { .. } => {
                self.budget_exhausted.inc();
            }
        }
    }

    pub(super) fn record(&self, record: &Record, snapshot: &Snapshot, resolved: &Resolved) {
        self.duration.observe(record.duration);
        self.overhead.observe(record.overhead);
        if let Some(first_token) = record.first_token {
            self.first_token.observe(first_token);
        }
        self.count_request(record, snapshot, resolved);
        self.count_attempts(record, snapshot, resolved);
        self.count_tokens(record, snapshot);
        for failed in record.attempts.iter().rev().skip(1) {
            self.retries.get_or_create(&[("reason", failed.outcome.into())]).inc();
        }
    }

    fn count_request(&self, record: &Record, snapshot: &Snapshot, resolved: &Resolved) {
        let counter = || {
            self.requests.get_or_create_owned(&[
                ("route", record.route.clone().unwrap_or_else(labels::nothing)),
                ("upstream", labels::upstream(snapshot, record.upstream)),
                ("status", record.status.to_string().into()),
            ])
        };
        if resolved.are_of(snapshot) {
            let key = (record.route.clone(), record.upstream, record.status);
            resolved.requests.count(&key, counter);
        } else {
            counter().inc();
        }
    }

    fn count_attempts(&self, record: &Record, snapshot: &Snapshot, resolved: &Resolved) {
        for attempt in &record.attempts {
            let counter = || {
                let (target, provider) = labels::target(snapshot, attempt.target);
                self.attempts.get_or_create_owned(&[
                    ("upstream", labels::upstream(snapshot, record.upstream)),
                    ("target", target),
                    ("provider", provider),
                    ("credential", labels::credential(snapshot, attempt.credential)),
                    ("outcome", attempt.outcome.into()),
                ])
            };
            if resolved.are_of(snapshot) {
                let key = (record.upstream, attempt.target, attempt.credential, attempt.outcome);
                resolved.attempts.count(&key, counter);
            } else {
                counter().inc();
            }
        }
    }

    fn count_tokens(&self, record: &Record, snapshot: &Snapshot) {
        let (Some(usage), Some(last)) = (&record.usage, record.attempts.last()) else {
            return;
        };
        let (_, provider) = labels::target(snapshot, last.target);
        let model = labels::model(snapshot, last.target, record.model_requested.as_deref());
        let types = [
            ("input", usage.input),
            ("output", usage.output),
            ("cached", usage.cached),
            ("reasoning", usage.reasoning),
        ];
        for (kind, tokens) in types.into_iter().filter(|it| it.1 > 0) {
            let labels = [("provider", provider.clone()), ("model", model.clone()), ("type", kind.into())];
            self.tokens.get_or_create(&labels).inc_by(tokens);
        }
    }
}

fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// What logs and metrics call the kind of thing that is out.
pub(super) fn scope_name(scope: &Scope) -> &'static str {
    match scope {
        Scope::Credential(_) => "credential",
        Scope::CredentialModel(..) => "credential_model",
        Scope::Pair(..) => "pair",
        Scope::Address(..) => "address",
        Scope::Caller(..) => "caller",
    }
}

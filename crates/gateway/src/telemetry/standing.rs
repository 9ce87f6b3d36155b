//! What is read off when somebody asks: how targets and credentials stand, and what is configured.

use std::sync::Arc;

use balance::{Cause, CredentialReport, Report, State};
use config::{Snapshot, snapshot::Credential};
use prometheus_client::{
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};

use super::labels::{self, Labels};

/// What the Admin API calls a credential's standing.
const CREDENTIAL_STATES: [&str; 6] = ["normal", "cooling", "exceeded", "error", "expired", "disabled"];

/// A registry of gauges, made for one scrape.
pub(super) fn registry(report: &Report, snapshot: &Snapshot) -> Registry {
    let mut registry = Registry::with_prefix("spillway");
    targets(&mut registry, report, snapshot);
    credentials(&mut registry, report, snapshot);

    let queue: Gauge = Gauge::default();
    registry.register("queue_depth", "Requests that wait for a target to come back", queue);
    let revision: Gauge = Gauge::default();
    revision.set(i64::try_from(snapshot.revision).unwrap_or(i64::MAX));
    registry.register("config_revision", "The configuration in force, counted", revision);
    let build = Family::<Labels<1>, Gauge>::default();
    build.get_or_create(&[("version", env!("CARGO_PKG_VERSION").into())]).set(1);
    registry.register("build_info", "What is running", build);
    registry
}

/// Targets of the same name in one upstream (a repeated entry is weight) are one series: their open attempts are added
/// up, and a state is 1 if any of them is in it.
fn targets(registry: &mut Registry, report: &Report, snapshot: &Snapshot) {
    let in_flight = Family::<Labels<2>, Gauge>::default();
    let health = Family::<Labels<4>, Gauge>::default();
    for upstream in &report.upstreams {
        let upstream_name = labels::upstream(snapshot, Some(upstream.id));
        for target in &upstream.targets {
            let (name, _) = labels::target(snapshot, target.id);
            let series = [("upstream", upstream_name.clone()), ("target", name.clone())];
            in_flight.get_or_create(&series).inc_by(i64::from(target.in_flight));
            let address = address(snapshot, target.id);
            for state in State::ALL {
                let series = [
                    ("upstream", upstream_name.clone()),
                    ("target", name.clone()),
                    ("address", address.clone()),
                    ("state", state.name().into()),
                ];
                mark(&health, &series, state == target.state);
            }
        }
    }
    registry.register("in_flight", "Open tries", in_flight);
    registry.register("target_health", "1 for the state that a target is in", health);
}

fn credentials(registry: &mut Registry, report: &Report, snapshot: &Snapshot) {
    let states = Family::<Labels<3>, Gauge>::default();
    for credential in &report.credentials {
        let Some(known) = snapshot.credentials.get(&credential.id) else {
            continue;
        };
        for state in CREDENTIAL_STATES {
            let series = [
                ("provider", known.provider.clone()),
                ("credential", known.name.clone()),
                ("state", state.into()),
            ];
            mark(&states, &series, state == credential_state(credential, known));
        }
    }
    registry.register("credential_state", "1 for the state that a credential is in", states);
}

/// The state that a credential is in for all models.
fn credential_state(report: &CredentialReport, known: &Credential) -> &'static str {
    match report.exclusion {
        None => "normal",
        // Switched off because its secret is not to be had.
        Some(out) if out.cause == Cause::Disabled && known.problem.is_some() => "error",
        Some(out) => credential_state_of(out.cause),
    }
}

/// What the Admin API calls the standing of a credential that is out for that cause.
pub(crate) fn credential_state_of(cause: Cause) -> &'static str {
    match cause {
        Cause::Quota => "exceeded",
        Cause::Auth => "error",
        Cause::Expired => "expired",
        Cause::Disabled | Cause::Operator => "disabled",
        Cause::RateLimit
        | Cause::Spent
        | Cause::OwnLimit
        | Cause::Token
        | Cause::Overloaded
        | Cause::Connect
        | Cause::Timeout
        | Cause::ServerError
        | Cause::ModelNotFound
        | Cause::HttpFailures
        | Cause::TcpFailures
        | Cause::Timeouts => "cooling",
    }
}

fn mark<const N: usize>(family: &Family<Labels<N>, Gauge>, series: &Labels<N>, is: bool) {
    let gauge = family.get_or_create(series);
    if is {
        gauge.set(1);
    }
}

fn address(snapshot: &Snapshot, target: balance::TargetId) -> Arc<str> {
    let target = snapshot.targets.get(&target);
    let address = target.and_then(|it| snapshot.addresses.get(&it.address));
    address.map_or_else(labels::nothing, |it| format!("{}:{}", it.host, it.port).into())
}

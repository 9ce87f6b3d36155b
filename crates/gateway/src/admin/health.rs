//! How targets stand: `GET /upstreams/{u}/health`, and what every target shows.
//!
//! Two words side by side: `health` is Kong's, about the address and its counters; `state` is ours, about whether the
//! target may be picked, and why not and until when. A key that is out for a minute leaves its target HEALTHY but
//! `cooling`.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use axum::Json;
use balance::{AddressReport, Exclusion, State, TargetReport, Time};
use config::{
    Document, Entity, Kind, Row,
    entity::{Healthchecks, Target},
    snapshot,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Admin, Names, answer::Fault, ask::Ask};
use crate::{
    clock::{Clock, rfc3339},
    control::View,
};

/// `GET /upstreams/{u}/health`: a page of targets, newest first, each with its standing.
pub(super) async fn list(ask: Ask) -> Result<Json<Value>, Fault> {
    let view = ask.admin.control.view();
    let upstream = ask.parent_row(&view, Kind::Upstream)?;
    let page = view.document.list(Kind::Target, Some(upstream.id), &ask.paging())?;
    let standings = Standings::of(&ask.admin, &view, &upstream);
    let rows: Vec<Value> = page.rows.iter().map(|row| standings.item(row)).collect();
    let mut answer = json!({
        "data": rows,
        "next": page.offset.as_deref().map(|it| ask.next(it)),
        "health": standings.of_upstream(),
        "node_id": ask.admin.control.node_id(),
    });
    if let Some(offset) = page.offset {
        answer["offset"] = offset.into();
    }
    Ok(Json(answer))
}

/// The targets of one upstream as they stand at one instant.
pub(super) struct Standings {
    document: Document,
    names: Names,
    instants: Instants,
    /// Whether anything could ever take an address out.
    checks_off: bool,
    /// Of the upstream as a whole.
    healthy: bool,
    targets: HashMap<Uuid, Standing>,
}

/// One target's.
struct Standing {
    target: TargetReport,
    address: Option<AddressReport>,
    place: Option<Arc<snapshot::Address>>,
}

impl Standings {
    pub(super) fn of(admin: &Admin, view: &View, upstream: &Row) -> Self {
        let clock = admin.state.clock;
        let now = clock.now();
        let (healthy, targets) = standings(admin, upstream, now).unwrap_or((true, HashMap::new()));
        Standings {
            document: view.document.clone(),
            names: Arc::clone(&admin.names),
            instants: Instants { clock, now },
            checks_off: matches!(&*upstream.entity, Entity::Upstream(it) if are_off(&it.healthchecks)),
            healthy,
            targets,
        }
    }

    /// Kong's word about the upstream as a whole: whether enough of its weight is at healthy addresses.
    fn of_upstream(&self) -> &'static str {
        match self.healthy {
            false => "UNHEALTHY",
            true if self.checks_off => "HEALTHCHECKS_OFF",
            true => "HEALTHY",
        }
    }

    /// A target as it reads: the entity, its health, its state.
    pub(super) fn shown(&self, row: &Row) -> Value {
        let standing = self.targets.get(&row.id);
        let mut shown = self.document.view(row);
        shown["health"] = self.health(row, standing).into();
        shown["state"] = self.state(standing);
        shown
    }

    /// The same as an item of `/health`.
    fn item(&self, row: &Row) -> Value {
        let standing = self.targets.get(&row.id);
        let mut item = self.shown(row);
        let dns = standing.and_then(|it| self.dns_error(it)).map(|it| format!("dns: {it}"));
        item["reason"] = match (dns, item["state"]["cause"].as_str()) {
            (Some(dns), None | Some("dns")) => dns.into(),
            (_, cause) => cause.into(),
        };
        item["since"] = item["state"]["since"].clone();
        item["until"] = item["state"]["until"].clone();
        item["data"] = standing.map_or(Value::Null, |it| self.data(row, it));
        item
    }

    /// Kong's word. Weight 0 means that nobody looks, as does a target that is not balanced at all; a name without an
    /// address has no counters to go by.
    fn health(&self, row: &Row, standing: Option<&Standing>) -> &'static str {
        let drained = target(row).is_some_and(|it| it.weight == 0);
        let Some(standing) = standing.filter(|_| !drained) else {
            return "HEALTHCHECKS_OFF";
        };
        match standing.address {
            _ if self.dns_error(standing).is_some() => "DNS_ERROR",
            address => self.address_health(address),
        }
    }

    fn address_health(&self, address: Option<AddressReport>) -> &'static str {
        match address {
            Some(address) if !address.healthy => "UNHEALTHY",
            _ if self.checks_off => "HEALTHCHECKS_OFF",
            _ => "HEALTHY",
        }
    }

    /// Our words: `{"state","cause","since","until","ttl"}`.
    fn state(&self, standing: Option<&Standing>) -> Value {
        let (state, cause, exclusion) = match standing {
            // Whoever is sent there meets the same: the balancer learns of it with that request.
            Some(standing)
                if standing.target.state == State::Available && self.dns_error(standing).is_some() =>
            {
                (State::Unhealthy, Some("dns"), None)
            }
            Some(Standing { target, .. }) => {
                (target.state, target.exclusion.map(|it| it.cause.name()), target.exclusion)
            }
            // No endpoint, credential or model of its provider fits: there is nothing to balance.
            None => (State::Disabled, Some("incomplete"), None),
        };
        json!({
            "state": state.name(),
            "cause": cause,
            "since": exclusion.map(|it| self.instants.at(it.since)),
            "until": exclusion.and_then(|it| self.instants.end(it)),
            "ttl": exclusion.and_then(|it| self.instants.left(it)),
        })
    }

    /// Kong's numbers.
    fn data(&self, row: &Row, standing: &Standing) -> Value {
        let weight = target(row).map_or(0, |it| it.weight);
        let is_available = standing.target.state == State::Available && self.dns_error(standing).is_none();
        let available = if is_available { weight } else { 0 };
        let place = standing.place.as_deref();
        json!({
            "host": place.map(|it| &*it.host),
            "port": place.map(|it| it.port),
            "weight": { "total": weight, "available": available, "unavailable": weight - available },
            "addresses": self.addresses(standing, weight),
            "counters": standing.address.map(|it| json!({
                "successes": it.successes,
                "http_failures": it.http_failures,
                "tcp_failures": it.tcp_failures,
                "timeouts": it.timeouts,
            })),
            "in_flight": standing.target.in_flight,
        })
    }

    /// The IPs behind the name, as far as anybody has asked. They share the address's one standing.
    fn addresses(&self, standing: &Standing, weight: u16) -> Vec<Value> {
        let Some(place) = &standing.place else {
            return Vec::new();
        };
        let ips = match place.host.parse::<IpAddr>() {
            Ok(ip) => vec![ip],
            Err(_) => (self.names)(&place.host).and_then(Result::ok).unwrap_or_default(),
        };
        let health = self.address_health(standing.address);
        ips.iter()
            .map(|ip| json!({ "ip": ip, "port": place.port, "health": health, "weight": weight }))
            .collect()
    }

    fn dns_error(&self, standing: &Standing) -> Option<String> {
        let place = standing.place.as_ref()?;
        (self.names)(&place.host)?.err()
    }
}

/// The balancer's instants as people read them.
pub(super) struct Instants {
    pub(super) clock: Clock,
    pub(super) now: Time,
}

impl Instants {
    pub(super) fn at(&self, time: Time) -> String {
        rfc3339(self.clock.wall(time))
    }

    /// Until when, if it ends by itself.
    pub(super) fn end(&self, exclusion: Exclusion) -> Option<String> {
        (exclusion.until != Time::NEVER).then(|| self.at(exclusion.until))
    }

    /// Seconds left, to the millisecond.
    pub(super) fn left(&self, exclusion: Exclusion) -> Option<f64> {
        let left = exclusion.until.since(self.now);
        (exclusion.until != Time::NEVER).then(|| (left.as_secs_f64() * 1e3).round() / 1e3)
    }
}

/// Report and snapshot of one instant, joined by the targets' identities; and whether the upstream is healthy.
fn standings(admin: &Admin, upstream: &Row, now: Time) -> Option<(bool, HashMap<Uuid, Standing>)> {
    let (report, snapshot) = {
        let balancer = admin.state.balancer();
        let snapshot = admin.state.snapshot.load_full();
        let id = snapshot.upstreams.values().find(|it| it.uuid == upstream.id)?.id;
        (balancer.report_upstream(id, now)?, snapshot)
    };
    let addresses: HashMap<_, _> = report.addresses.iter().map(|it| (it.id, *it)).collect();
    let mut standings: HashMap<Uuid, Standing> = HashMap::new();
    for report in &report.targets {
        let Some(target) = snapshot.targets.get(&report.id) else {
            continue;
        };
        let standing = Standing {
            target: *report,
            address: addresses.get(&target.address).copied(),
            place: snapshot.addresses.get(&target.address).cloned(),
        };
        // A target that goes another way in each environment is two for the balancer: trouble is what is shown.
        match standings.get(&target.uuid) {
            Some(shown) if shown.target.state != State::Available || report.state == State::Available => {}
            _ => drop(standings.insert(target.uuid, standing)),
        }
    }
    Some((report.healthy, standings))
}

fn target(row: &Row) -> Option<&Target> {
    match &*row.entity {
        Entity::Target(it) => Some(it),
        _ => None,
    }
}

/// No probes, and no counter that could trip.
fn are_off(checks: &Healthchecks) -> bool {
    let passive = &checks.passive;
    let probed = checks.active.healthy.interval.0 > 0.0 || checks.active.unhealthy.interval.0 > 0.0;
    let counted = [
        passive.healthy.successes,
        passive.unhealthy.http_failures,
        passive.unhealthy.tcp_failures,
        passive.unhealthy.timeouts,
    ];
    !probed && counted == [0; 4]
}

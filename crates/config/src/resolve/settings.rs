//! An upstream's settings as the request path and the balancer read them.

use balance::{
    Affinity, Algorithm, Health, Retries, Statuses, Suspension, TargetPlan, Thresholds, UpstreamId,
    UpstreamPlan,
};
use http::{HeaderName, HeaderValue};
use uuid::Uuid;

use crate::{
    derived,
    entity::{self, Healthchecks, Quota, Seconds, SecondsOrAuto},
    snapshot::{self, AffinityKey, HashOn, Limit, Probe, ProbeKind, Timeouts},
};

/// An upstream as requests read it.
pub(super) fn snapshot_of(
    id: UpstreamId,
    uuid: Uuid,
    name: &str,
    settings: &entity::Upstream,
    targets: &[TargetPlan],
) -> snapshot::Upstream {
    snapshot::Upstream {
        id,
        uuid,
        name: name.into(),
        shown: derived::shown(name).into(),
        phrase: derived::phrase(name).into(),
        hash_on: hash_on(settings.hash_on, &settings.hash_on_header, settings, &settings.hash_on_query_arg),
        hash_fallback: hash_on(
            settings.hash_fallback,
            &settings.hash_fallback_header,
            settings,
            &settings.hash_fallback_query_arg,
        ),
        hash_on_cookie_path: settings.hash_on_cookie_path.clone(),
        affinity: affinity_key(&settings.affinity.key),
        timeouts: timeouts(&settings.timeouts),
        response_buffer_bytes: usize::try_from(settings.response_buffer_bytes).unwrap_or(usize::MAX),
        host_header: settings.host_header.as_deref().and_then(|it| HeaderValue::from_str(it).ok()),
        lossy: match settings.lossy {
            entity::Lossy::Refuse => dialect::translate::Lossy::Refuse,
            entity::Lossy::Drop => dialect::translate::Lossy::Drop,
        },
        lacking: targets.iter().fold(0, |all, it| all | !it.can),
        probe: probe(&settings.healthchecks.active),
        targets: targets.iter().map(|it| it.id).collect(),
    }
}

/// An upstream as the balancer reads it.
pub(super) fn plan(
    id: UpstreamId,
    enabled: bool,
    settings: &entity::Upstream,
    targets: Vec<TargetPlan>,
) -> UpstreamPlan {
    UpstreamPlan {
        id,
        enabled,
        algorithm: match settings.algorithm {
            entity::Algorithm::RoundRobin => Algorithm::RoundRobin,
            entity::Algorithm::WeightedRandom => Algorithm::WeightedRandom,
            entity::Algorithm::LeastConnections => Algorithm::LeastConnections,
            entity::Algorithm::ConsistentHashing => Algorithm::ConsistentHashing,
            entity::Algorithm::Latency => Algorithm::Latency,
            entity::Algorithm::Priority => Algorithm::Priority,
        },
        slots: settings.slots,
        retries: retries(&settings.retries),
        suspension: suspension(&settings.suspension),
        health: health(&settings.healthchecks),
        affinity: (settings.affinity.key != "none")
            .then(|| Affinity { ttl: settings.affinity.ttl.duration() }),
        targets,
    }
}

fn retries(settings: &entity::Retries) -> Retries {
    Retries {
        attempts: settings.attempts,
        credential_attempts: settings.credential_attempts,
        deadline: settings.deadline.map(Seconds::duration),
        budget: balance::Budget {
            ratio: settings.budget.ratio,
            min_per_second: settings.budget.min_per_second,
            window: settings.budget.window.duration(),
        },
    }
}

fn suspension(settings: &entity::Suspension) -> Suspension {
    Suspension {
        rate_limit: settings.rate_limit.map(Seconds::duration),
        auth: settings.auth.map(Seconds::duration),
        connect: settings.connect.map(Seconds::duration),
        timeout: settings.timeout.map(Seconds::duration),
        overloaded: settings.overloaded.map(Seconds::duration),
        not_found: settings.not_found.map(Seconds::duration),
        server_error: settings.server_error.map(Seconds::duration),
        quota: match settings.quota {
            Quota::UntilEnabled => None,
            Quota::Fixed(seconds) => Some(seconds.duration()),
        },
        honour_retry_after: settings.honour_retry_after,
        cap: settings.cap.duration(),
    }
}

/// A source of hash keys, with the name that belongs to it.
fn hash_on(
    source: entity::HashOn,
    header: &Option<String>,
    settings: &entity::Upstream,
    query_arg: &Option<String>,
) -> HashOn {
    let named = |name: &Option<String>, make: fn(String) -> HashOn| name.clone().map_or(HashOn::None, make);
    match source {
        entity::HashOn::None => HashOn::None,
        entity::HashOn::Consumer => HashOn::Consumer,
        entity::HashOn::Ip => HashOn::Ip,
        entity::HashOn::Header => named(header, |name| HashOn::Header(name.to_ascii_lowercase())),
        entity::HashOn::Cookie => named(&settings.hash_on_cookie, HashOn::Cookie),
        entity::HashOn::Path => HashOn::Path,
        entity::HashOn::QueryArg => named(query_arg, HashOn::QueryArg),
    }
}

/// Where the affinity key comes from.
fn affinity_key(key: &str) -> AffinityKey {
    match key.split_once(':') {
        Some(("header", name)) => AffinityKey::Header(name.to_ascii_lowercase()),
        Some(("body", field)) => AffinityKey::Body(field.to_owned()),
        _ if key == "session" => AffinityKey::Session,
        _ if key == "prefix" => AffinityKey::Prefix,
        _ => AffinityKey::None,
    }
}

/// Time limits.
fn timeouts(settings: &entity::Timeouts) -> Timeouts {
    let limit = |limit: SecondsOrAuto| match limit {
        SecondsOrAuto::Auto => Limit::Auto,
        SecondsOrAuto::Fixed(seconds) => Limit::Fixed(seconds.duration()),
    };
    Timeouts {
        connect: settings.connect.duration(),
        first_token: limit(settings.first_token),
        response: limit(settings.response),
        idle: settings.idle.duration(),
        total: settings.total.map(entity::Seconds::duration),
    }
}

/// How addresses are probed, if they are.
fn probe(settings: &entity::Active) -> Option<Probe> {
    if settings.healthy.interval.0 == 0.0 && settings.unhealthy.interval.0 == 0.0 {
        return None;
    }
    let mut headers = Vec::new();
    for (name, values) in &settings.headers {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        let values = values.iter().filter_map(|value| HeaderValue::from_str(value).ok());
        headers.extend(values.map(|value| (name.clone(), value)));
    }
    Some(Probe {
        kind: match settings.kind {
            entity::ProbeKind::Http => ProbeKind::Http,
            entity::ProbeKind::Https => ProbeKind::Https,
            entity::ProbeKind::Tcp => ProbeKind::Tcp,
            entity::ProbeKind::Models => ProbeKind::Models,
        },
        timeout: settings.timeout.duration(),
        concurrency: settings.concurrency as usize,
        path: settings.http_path.clone(),
        headers,
        verify: settings.https_verify_certificate,
    })
}

/// Kong's counters.
fn health(settings: &Healthchecks) -> Health {
    let (active, passive) = (&settings.active, &settings.passive);
    Health {
        threshold: settings.threshold,
        active: Thresholds {
            healthy_statuses: statuses(&active.healthy.http_statuses),
            successes: active.healthy.successes,
            unhealthy_statuses: statuses(&active.unhealthy.http_statuses),
            http_failures: active.unhealthy.http_failures,
            tcp_failures: active.unhealthy.tcp_failures,
            timeouts: active.unhealthy.timeouts,
        },
        interval_healthy: active.healthy.interval.duration(),
        interval_unhealthy: active.unhealthy.interval.duration(),
        passive: Thresholds {
            healthy_statuses: statuses(&passive.healthy.http_statuses),
            successes: passive.healthy.successes,
            unhealthy_statuses: statuses(&passive.unhealthy.http_statuses),
            http_failures: passive.unhealthy.http_failures,
            tcp_failures: passive.unhealthy.tcp_failures,
            timeouts: passive.unhealthy.timeouts,
        },
        ejection_time: passive.unhealthy.ejection_time.duration(),
    }
}

fn statuses(listed: &[u16]) -> Statuses {
    let mut sorted = listed.to_vec();
    sorted.sort_unstable();
    Statuses(sorted)
}

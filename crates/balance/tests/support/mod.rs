//! A small world to try the balancer in: plans in a line, picks by name, time by seconds.

#![allow(dead_code, missing_docs, unreachable_pub)] // Each test file uses its own part of it.

use std::time::Duration;

use balance::*;

pub const UP: UpstreamId = UpstreamId(0);

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn at(seconds: u64) -> Time {
    Time::ZERO + secs(seconds)
}

/// A target with its own address, model 0 and its own key, all of the same number.
pub fn target(n: u32) -> TargetPlan {
    TargetPlan {
        id: TargetId(n),
        address: AddressId(n),
        model: Some(ModelId(0)),
        credentials: Credentials::One(CredentialId(n)),
        weight: 100,
        tier: Tier::Regular(0),
        environment: Only::Any,
        enabled: true,
        can: 0,
        hash: u64::from(n) + 1,
    }
}

/// Pays with that key, at one address that all of these share.
pub fn key(target_id: u32, credential: u32) -> TargetPlan {
    TargetPlan {
        address: AddressId(0),
        credentials: Credentials::One(CredentialId(credential)),
        ..target(target_id)
    }
}

pub fn suspension() -> Suspension {
    Suspension {
        rate_limit: Some(secs(60)),
        auth: Some(secs(10)),
        connect: Some(secs(10)),
        timeout: Some(secs(10)),
        overloaded: Some(secs(10)),
        not_found: Some(secs(60)),
        server_error: None,
        quota: None,
        honour_retry_after: true,
        cap: secs(900),
    }
}

pub fn thresholds() -> Thresholds {
    Thresholds {
        healthy_statuses: Statuses((200..=308).collect()),
        successes: 2,
        unhealthy_statuses: Statuses(vec![500, 502, 503]),
        http_failures: 3,
        tcp_failures: 3,
        timeouts: 3,
    }
}

pub fn upstream(targets: Vec<TargetPlan>) -> UpstreamPlan {
    UpstreamPlan {
        id: UP,
        enabled: true,
        algorithm: Algorithm::RoundRobin,
        slots: 1000,
        retries: Retries {
            attempts: 3,
            credential_attempts: 32,
            deadline: None,
            budget: Budget { ratio: 0.2, min_per_second: 10.0, window: secs(10) },
        },
        suspension: suspension(),
        health: Health {
            threshold: 0.0,
            active: Thresholds { unhealthy_statuses: Statuses((500..=505).collect()), ..thresholds() },
            interval_healthy: Duration::ZERO,
            interval_unhealthy: Duration::ZERO,
            passive: thresholds(),
            ejection_time: secs(10),
        },
        affinity: None,
        targets,
    }
}

/// Every credential that a target names, switched on.
pub fn plan(upstreams: Vec<UpstreamPlan>) -> Plan {
    let mut ids: Vec<CredentialId> = Vec::new();
    for target in upstreams.iter().flat_map(|it| &it.targets) {
        match &target.credentials {
            Credentials::One(id) => ids.push(*id),
            Credentials::Pool { members, .. } => ids.extend(members.iter().map(|it| it.credential)),
            Credentials::None | Credentials::PassThrough => {}
        }
    }
    ids.sort();
    ids.dedup();
    let credentials = ids.into_iter().map(|id| CredentialPlan {
        id,
        enabled: true,
        expires: None,
        limits: Limits::default(),
        version: 0,
    });
    Plan { credentials: credentials.collect(), upstreams }
}

pub fn ask() -> Ask {
    Ask {
        upstream: UP,
        environment: Environment::Production,
        model: None,
        same_model: false,
        needs: 0,
        hash: None,
        affinity: None,
        caller: None,
    }
}

pub fn balancer(upstream: UpstreamPlan) -> Balancer {
    let mut balancer = Balancer::new(7);
    balancer.apply(plan(vec![upstream]), Time::ZERO);
    balancer
}

pub fn outcome(kind: Kind) -> Outcome {
    let status = match kind {
        Kind::Success { .. } => Some(200),
        Kind::Refused => Some(400),
        Kind::ModelNotFound => Some(404),
        Kind::KeyRejected => Some(401),
        Kind::QuotaExceeded { .. } | Kind::RateLimited { .. } => Some(429),
        Kind::Overloaded { .. } => Some(529),
        Kind::ServerError => Some(500),
        Kind::NoToken
        | Kind::Connect
        | Kind::Timeout
        | Kind::Broken
        | Kind::ClientGone
        | Kind::OutOfTime
        | Kind::Unsent => None,
    };
    Outcome { kind, status }
}

pub const FINE: Kind = Kind::Success { spent: None };
pub const LIMITED: Kind = Kind::RateLimited { retry_after: None };

/// One attempt of a new request that ends so; who had it.
pub fn once(balancer: &mut Balancer, ask: &Ask, kind: Kind, now: Time) -> Option<TargetId> {
    let pick = balancer.pick(ask, &Attempts::new(now), now).ok()?;
    balancer.settle(pick.lease, outcome(kind), now);
    Some(pick.target)
}

/// Who serves the next so many requests.
pub fn picks(balancer: &mut Balancer, now: Time, count: usize) -> Vec<u32> {
    (0..count).map_while(|_| once(balancer, &ask(), FINE, now)).map(|it| it.0).collect()
}

/// A request that tries until it is told to stop or nobody is left: who had it, and who ended it.
pub fn request(
    balancer: &mut Balancer,
    ask: &Ask,
    now: Time,
    mut kind_of: impl FnMut(&Pick) -> Kind,
) -> (Vec<u32>, Result<Option<GaveUp>, Exhausted>) {
    let mut attempts = Attempts::new(now);
    let mut been = Vec::new();
    loop {
        let pick = match balancer.pick(ask, &attempts, now) {
            Ok(pick) => pick,
            Err(exhausted) => return (been, Err(exhausted)),
        };
        been.push(pick.target.0);
        let outcome = outcome(kind_of(&pick));
        balancer.settle(pick.lease, outcome, now);
        if matches!(outcome.kind, Kind::Success { .. }) {
            return (been, Ok(None));
        }
        match balancer.again(ask, &mut attempts, &pick, &outcome, now).0 {
            Next::Again => {}
            Next::GiveUp(why) => return (been, Ok(Some(why))),
        }
    }
}

pub fn state(balancer: &Balancer, target: u32, now: Time) -> State {
    let report = balancer.report_upstream(UP, now).expect("the upstream is there");
    report.targets.iter().find(|it| it.id == TargetId(target)).expect("the target is there").state
}

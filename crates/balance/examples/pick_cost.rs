//! What one pick and its settlement cost, in nanoseconds, by the size of the pool: `cargo run --release --example
//! pick_cost -p balance`. With nine in ten out it must not cost more than with all of them in.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use balance::*;

fn main() {
    for algorithm in [
        Algorithm::RoundRobin,
        Algorithm::WeightedRandom,
        Algorithm::LeastConnections,
        Algorithm::ConsistentHashing,
        Algorithm::Latency,
        Algorithm::Priority,
    ] {
        for (targets, out) in [(2, 0), (100, 0), (10_000, 0), (10_000, 9_900)] {
            let nanos = cost(algorithm, targets, out);
            println!("{algorithm:?}, {targets} targets, {out} out: {nanos:.0} ns");
        }
    }
}

fn cost(algorithm: Algorithm, targets: u32, out: u32) -> f64 {
    let mut balancer = Balancer::new(1);
    balancer.apply(plan(algorithm, targets), Time::ZERO);
    let mut now = Time::ZERO;
    let limited = Outcome { kind: Kind::RateLimited { retry_after: None }, status: Some(429) };
    for n in 0..out {
        let ask = Ask { hash: Some(u64::from(n)), ..ask() };
        let pick = balancer.pick(&ask, &Attempts::new(now), now).expect("somebody is left");
        balancer.settle(pick.lease, limited, now);
    }
    let fine = Outcome { kind: Kind::Success { spent: None }, status: Some(200) };
    let rounds = 200_000u32;
    let begun = Instant::now();
    for n in 0..rounds {
        now = now + Duration::from_nanos(100);
        let ask = Ask { hash: Some(u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..ask() };
        let pick = balancer.pick(&ask, &Attempts::new(now), now).expect("somebody is left");
        black_box(balancer.settle(black_box(pick.lease), fine, now));
    }
    begun.elapsed().as_nanos() as f64 / f64::from(rounds)
}

fn ask() -> Ask {
    Ask {
        upstream: UpstreamId(0),
        environment: Environment::Production,
        model: None,
        same_model: false,
        needs: 0,
        hash: None,
        affinity: None,
        caller: None,
    }
}

fn plan(algorithm: Algorithm, targets: u32) -> Plan {
    let minute = Some(Duration::from_secs(60));
    let never = Thresholds {
        healthy_statuses: Statuses(vec![200]),
        successes: 2,
        unhealthy_statuses: Statuses(vec![500]),
        http_failures: 3,
        tcp_failures: 3,
        timeouts: 3,
    };
    let target = |n: u32| TargetPlan {
        id: TargetId(n),
        address: AddressId(n % 7),
        model: Some(ModelId(0)),
        credentials: Credentials::One(CredentialId(n)),
        weight: 1 + (n % 5) as u16,
        tier: Tier::Regular(0),
        environment: Only::Any,
        enabled: true,
        can: 0,
        hash: u64::from(n).wrapping_mul(0xff51_afd7_ed55_8ccd),
    };
    let upstream = UpstreamPlan {
        id: UpstreamId(0),
        enabled: true,
        algorithm,
        slots: 65_536,
        retries: Retries {
            attempts: 3,
            credential_attempts: 32,
            deadline: None,
            budget: Budget { ratio: 0.2, min_per_second: 10.0, window: Duration::from_secs(10) },
        },
        suspension: Suspension {
            rate_limit: minute,
            auth: minute,
            connect: minute,
            timeout: minute,
            overloaded: minute,
            not_found: minute,
            server_error: None,
            quota: None,
            honour_retry_after: true,
            cap: Duration::from_secs(900),
        },
        health: Health {
            threshold: 0.0,
            active: never.clone(),
            interval_healthy: Duration::ZERO,
            interval_unhealthy: Duration::ZERO,
            passive: never,
            ejection_time: Duration::from_secs(10),
        },
        affinity: None,
        targets: (0..targets).map(target).collect(),
    };
    let credential = |n| CredentialPlan { id: CredentialId(n), enabled: true, expires: None, version: 0 };
    Plan { upstreams: vec![upstream], credentials: (0..targets).map(credential).collect() }
}

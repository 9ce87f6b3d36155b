//! What one pick and its settlement cost, in nanoseconds, by the size of the pool: `cargo run --release --example
//! pick_cost -p balance`. With nearly everybody out it must cost about what a small pool does; `bench/run.py` sets it
//! against a request's CPU. Also: what a request costs that finds nobody, and a new plan for one upstream of a thousand.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use balance::*;

/// The quickest of so many rounds counts: whatever else the machine does only ever adds.
const ROUNDS: u32 = 30;
const PICKS: u32 = 20_000;

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
    println!("nobody, 10000 targets, 10000 out: {:.0} ns", nobody(10_000));
    println!("a new plan for 1 of 1000 upstreams: {:.0} µs", new_plan(1000) / 1000.0);
}

/// A request that finds everybody out.
fn nobody(targets: u32) -> f64 {
    let mut balancer = limited(Algorithm::RoundRobin, targets, targets);
    quickest(PICKS, |n| {
        let now = Time::ZERO + Duration::from_nanos(u64::from(n) * 100);
        black_box(balancer.pick(&ask(), &Attempts::new(now), now).expect_err("everybody is out"));
    })
}

/// `apply` of a plan in which one upstream of so many, with ten targets each, has another weight.
fn new_plan(upstreams: u32) -> f64 {
    let ten = plan(Algorithm::RoundRobin, 10);
    let numbered = |n| UpstreamPlan { id: UpstreamId(n), ..ten.upstreams[0].clone() };
    let mut all = Plan { upstreams: (0..upstreams).map(numbered).collect(), ..ten.clone() };
    let mut balancer = Balancer::new(1);
    balancer.apply(all.clone(), Time::ZERO);
    let mut quickest = f64::INFINITY;
    for n in 0..ROUNDS {
        all.upstreams[0].targets[0].weight = 1 + n as u16;
        let plan = all.clone();
        let begun = Instant::now();
        balancer.apply(plan, Time::ZERO);
        quickest = quickest.min(begun.elapsed().as_nanos() as f64);
    }
    quickest
}

fn cost(algorithm: Algorithm, targets: u32, out: u32) -> f64 {
    let mut balancer = limited(algorithm, targets, out);
    let mut now = Time::ZERO;
    let fine = Outcome { kind: Kind::Success { spent: None }, status: Some(200) };
    quickest(PICKS, |n| {
        now = now + Duration::from_nanos(100);
        let ask = Ask { hash: Some(u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..ask() };
        let pick = balancer.pick(&ask, &Attempts::new(now), now).expect("somebody is left");
        black_box(balancer.settle(black_box(pick.lease), fine, now));
    })
}

/// A pool of which so many are rate limited.
fn limited(algorithm: Algorithm, targets: u32, out: u32) -> Balancer {
    let mut balancer = Balancer::new(1);
    balancer.apply(plan(algorithm, targets), Time::ZERO);
    let limited = Outcome { kind: Kind::RateLimited { retry_after: None }, status: Some(429) };
    for n in 0..out {
        let ask = Ask { hash: Some(u64::from(n)), ..ask() };
        let pick = balancer.pick(&ask, &Attempts::new(Time::ZERO), Time::ZERO).expect("somebody is left");
        balancer.settle(pick.lease, limited, Time::ZERO);
    }
    balancer
}

/// Nanoseconds of one turn, in the quickest round of `turns`.
fn quickest(turns: u32, mut turn: impl FnMut(u32)) -> f64 {
    let mut round = || {
        let begun = Instant::now();
        (0..turns).for_each(&mut turn);
        begun.elapsed().as_nanos() as f64 / f64::from(turns)
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
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
    let credential = |n| CredentialPlan {
        id: CredentialId(n),
        enabled: true,
        expires: None,
        limits: Limits::default(),
        version: 0,
    };
    Plan { upstreams: vec![upstream], credentials: (0..targets).map(credential).collect() }
}

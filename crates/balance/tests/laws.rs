//! Laws that hold whatever the algorithm.

mod support;

use std::collections::{BTreeMap, HashMap};

use balance::*;
use proptest::{prelude::*, sample::select};
use support::*;

const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RoundRobin,
    Algorithm::WeightedRandom,
    Algorithm::LeastConnections,
    Algorithm::ConsistentHashing,
    Algorithm::Latency,
    Algorithm::Priority,
];

/// Targets of random weights and tiers, each with its own address and key.
fn pool() -> impl Strategy<Value = UpstreamPlan> {
    let members = prop::collection::vec((0u16..5, 0u32..3), 1..12);
    (select(&ALGORITHMS[..]), members).prop_map(|(algorithm, members)| {
        let member = |(n, (weight, tier)): (usize, (u16, u32))| TargetPlan {
            weight,
            tier: Tier::Regular(tier),
            ..target(n as u32)
        };
        let mut it = upstream(members.into_iter().enumerate().map(member).collect());
        it.algorithm = algorithm;
        it.retries.attempts = 100;
        it.retries.budget.min_per_second = 1e6;
        it.health.passive.tcp_failures = 0;
        it
    })
}

proptest! {
    #[test]
    fn a_request_visits_every_candidate_once_tier_by_tier_before_it_gives_up(it in pool(), hash in any::<u64>()) {
        let mut balancer = balancer(it.clone());
        let ask = Ask { hash: Some(hash), ..ask() };
        let (been, end) = request(&mut balancer, &ask, at(0), |_| LIMITED);
        let tiers: Vec<Tier> = been.iter().map(|id| it.targets[*id as usize].tier).collect();
        prop_assert!(tiers.is_sorted());
        let mut sorted = been;
        sorted.sort();
        let candidates: Vec<u32> = it.targets.iter().filter(|it| it.weight > 0).map(|it| it.id.0).collect();
        prop_assert_eq!(&sorted, &candidates);
        let any = !candidates.is_empty();
        prop_assert_eq!(end, Err(Exhausted { until: any.then(|| at(60)), only_limits: any, any, able: any }));
    }

    #[test]
    fn the_same_seed_and_the_same_events_give_the_same_picks(it in pool(), kinds in kinds()) {
        let run = || {
            let mut balancer = balancer(it.clone());
            let serve = |(n, kind): (usize, &Kind)| once(&mut balancer, &ask(), *kind, at(n as u64));
            kinds.iter().enumerate().map(serve).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn a_drained_target_is_never_picked(mut it in pool(), hashes in prop::collection::vec(any::<u64>(), 20)) {
        it.targets[0].weight = 0;
        let mut balancer = balancer(it);
        for hash in hashes {
            let ask = Ask { hash: Some(hash), ..ask() };
            prop_assert_ne!(once(&mut balancer, &ask, FINE, at(0)), Some(TargetId(0)));
        }
    }

    #[test]
    fn smooth_turns_never_run_more_than_one_ahead(weights in prop::collection::vec(1u16..20, 1..8)) {
        let member = |(n, weight): (usize, &u16)| TargetPlan { weight: *weight, ..target(n as u32) };
        let mut balancer = balancer(upstream(weights.iter().enumerate().map(member).collect()));
        let total: f64 = weights.iter().map(|it| f64::from(*it)).sum();
        let mut counts = vec![0.0; weights.len()];
        for (n, target) in picks(&mut balancer, at(0), 100).into_iter().enumerate() {
            counts[target as usize] += 1.0;
            let share = (n + 1) as f64 * f64::from(weights[target as usize]) / total;
            prop_assert!(counts[target as usize] < share + 1.0);
        }
    }
}

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    prop::collection::vec(
        select(vec![FINE, LIMITED, Kind::Connect, Kind::KeyRejected, Kind::ServerError]),
        50,
    )
}

#[test]
fn five_limited_keys_over_six_hours_serve_all_they_can_and_are_never_asked_in_vain() {
    // Each key admits 30 requests a minute; 2 requests a second come, of 2.5 that the keys admit together.
    let mut balancer = balancer(upstream((0..5).map(|n| key(n, n)).collect()));
    let mut admitted: HashMap<(u32, u64), u32> = HashMap::new();
    let mut barred: HashMap<u32, u64> = HashMap::new();
    let (mut served, mut refused, mut limits) = (0, 0, 0);
    for half_second in 0..6 * 3600 * 2u64 {
        let second = half_second / 2;
        let left = 60 - second % 60;
        let (_, end) = request(&mut balancer, &ask(), at(second), |pick| {
            let key = pick.target.0;
            assert!(barred.get(&key).is_none_or(|until| *until <= second), "asked before its time");
            let count = admitted.entry((key, second / 60)).or_insert(0);
            if *count < 30 {
                *count += 1;
                return FINE;
            }
            limits += 1;
            barred.insert(key, second + left);
            Kind::RateLimited { retry_after: Some(secs(left)) }
        });
        if end.is_ok() { served += 1 } else { refused += 1 }
    }
    assert_eq!((served, refused), (6 * 3600 * 2, 0));
    assert!(limits <= 5 * 6 * 60, "{limits}");
}

#[test]
fn ten_thousand_targets_of_which_a_hundred_are_left_are_shared_by_those() {
    for algorithm in ALGORITHMS {
        let mut it = upstream((0..10_000).map(|n| key(n, n)).collect());
        it.algorithm = algorithm;
        let mut balancer = balancer(it);
        for n in 0..9_900u64 {
            let ask = Ask { hash: Some(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..ask() };
            assert!(once(&mut balancer, &ask, LIMITED, at(0)).is_some());
        }
        let mut counts = BTreeMap::new();
        for n in 0..200u64 {
            let ask = Ask { hash: Some(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..ask() };
            let pick = balancer.pick(&ask, &Attempts::new(at(59)), at(59)).expect("a hundred are left");
            assert_eq!((pick.reason.available, pick.reason.of), (100, 10_000));
            *counts.entry(pick.target).or_insert(0) += 1;
            balancer.settle(pick.lease, outcome(FINE), at(59));
        }
        assert!(counts.len() <= 100, "{algorithm:?}");
        let pick = balancer.pick(&ask(), &Attempts::new(at(60)), at(60)).expect("all are back");
        assert_eq!(pick.reason.available, 10_000);
    }
}

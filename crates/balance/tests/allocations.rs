//! A pick and its settlement allocate nothing, however many candidates there are and however many of them are out.

mod support;

use allocation_counter::{AllocationInfo, measure};
use balance::*;
use support::*;

const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RoundRobin,
    Algorithm::WeightedRandom,
    Algorithm::LeastConnections,
    Algorithm::ConsistentHashing,
    Algorithm::Latency,
    Algorithm::Priority,
];

#[test]
fn a_pick_and_its_settlement_allocate_nothing_with_9900_of_10000_keys_out() {
    for algorithm in ALGORITHMS {
        for (keys, out) in [(2, 0), (10_000, 0), (10_000, 9_900)] {
            let mut balancer = pool(algorithm, keys, out);
            serve(&mut balancer, 1); // The table of open attempts has its first place from now on.
            let served = measure(|| serve(&mut balancer, 500));
            assert_eq!(served.count_total, 0, "{algorithm:?}, {keys} keys, {out} out: {}", told(&served));
        }
    }
}

#[test]
fn being_told_that_nobody_is_left_allocates_nothing() {
    for algorithm in ALGORITHMS {
        let mut balancer = pool(algorithm, 10_000, 10_000);
        let attempts = Attempts::new(at(1));
        let told_off = measure(|| {
            for n in 0..20 {
                let ask = Ask { hash: Some(n), ..ask() };
                let exhausted = balancer.pick(&ask, &attempts, at(1)).expect_err("everybody is out");
                assert_eq!(exhausted.until, Some(at(60)));
            }
        });
        assert_eq!(told_off.count_total, 0, "{algorithm:?}: {}", told(&told_off));
    }
}

#[test]
fn keys_that_reach_limits_of_their_own_and_come_back_allocate_nothing() {
    for algorithm in ALGORITHMS {
        let mut it = upstream((0..10_000).map(|n| key(n, n)).collect());
        it.algorithm = algorithm;
        let mut plan = plan(vec![it]);
        for key in &mut plan.credentials {
            let limits = Limits { requests_per_minute: Some(1), tokens_per_minute: Some(1), ..key.limits };
            key.limits = Limits { max_concurrent: Some(2), ..limits };
        }
        let mut balancer = Balancer::new(7);
        balancer.apply(plan, at(0));
        serve(&mut balancer, 1);
        let served = measure(|| serve(&mut balancer, 500));
        assert_eq!(served.count_total, 0, "{algorithm:?}: {}", told(&served));
        let returned = measure(|| {
            let pick = balancer.pick(&ask(), &Attempts::new(at(62)), at(62)).expect("all are back");
            assert_eq!(pick.reason.available, 10_000);
            balancer.settle(pick.lease, outcome(FINE), at(62));
        });
        assert_eq!(returned.count_total, 0, "{algorithm:?}: {}", told(&returned));
    }
}

#[test]
fn keys_that_come_back_allocate_nothing() {
    for algorithm in ALGORITHMS {
        let mut balancer = pool(algorithm, 10_000, 9_900);
        serve(&mut balancer, 1);
        let returned = measure(|| {
            let pick = balancer.pick(&ask(), &Attempts::new(at(60)), at(60)).expect("all are back");
            assert_eq!(pick.reason.available, 10_000);
            balancer.settle(pick.lease, outcome(FINE), at(60));
        });
        assert_eq!(returned.count_total, 0, "{algorithm:?}: {}", told(&returned));
    }
}

/// So many keys of one vendor, the first so many of them rate limited at 0 s.
fn pool(algorithm: Algorithm, keys: u32, out: u32) -> Balancer {
    let mut it = upstream((0..keys).map(|n| key(n, n)).collect());
    it.algorithm = algorithm;
    it.slots = 65_536;
    let mut balancer = balancer(it);
    for n in 0..out {
        let ask = Ask { hash: Some(u64::from(n)), ..ask() };
        once(&mut balancer, &ask, LIMITED, at(0)).expect("somebody is left");
    }
    balancer
}

fn serve(balancer: &mut Balancer, requests: u64) {
    for n in 0..requests {
        let now = at(1);
        let ask = Ask { hash: Some(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)), ..ask() };
        let pick = balancer.pick(&ask, &Attempts::new(now), now).expect("somebody is left");
        let first = Opened { status: 200, first_token: secs(1), streamed: true, spent: None };
        balancer.opened(pick.lease, first, now);
        balancer.settle(pick.lease, outcome(FINE), now);
    }
}

fn told(info: &AllocationInfo) -> String {
    format!("{} allocations, {} bytes", info.count_total, info.bytes_total)
}

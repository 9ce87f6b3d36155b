//! From try to try: who is next after which failure, and when it is enough.

mod support;

use balance::*;
use support::*;

fn pool(keys: Vec<(u32, u32)>) -> UpstreamPlan {
    let member = |(id, address): (u32, u32)| TargetPlan { address: AddressId(address), ..target(id) };
    upstream(keys.into_iter().map(member).collect())
}

#[test]
fn three_failures_of_addresses_are_enough_and_the_first_counts() {
    for (attempts, expected) in [(1, 1), (2, 2), (3, 3), (10, 5)] {
        let mut it = pool((0..5).map(|n| (n, n)).collect());
        it.retries.attempts = attempts;
        let mut balancer = balancer(it);
        let (been, end) = request(&mut balancer, &ask(), at(0), |_| Kind::Timeout);
        assert_eq!(been.len(), expected, "{attempts}");
        let enough = matches!(end, Ok(Some(GaveUp::Attempts)));
        assert_eq!(enough, attempts < 5, "{end:?}");
    }
}

#[test]
fn faults_of_keys_do_not_count_but_have_a_bound_of_their_own() {
    let mut it = pool((0..40).map(|n| (n, 0)).collect());
    it.retries.attempts = 1;
    let mut balancer = balancer(it);
    let (been, end) = request(&mut balancer, &ask(), at(0), |_| LIMITED);
    assert_eq!((been.len(), end), (32, Ok(Some(GaveUp::Attempts))));
}

#[test]
fn after_a_fault_of_the_pair_another_pair_comes_first_and_another_key_of_it_last() {
    let mut it = pool(vec![(0, 0), (1, 0), (2, 0), (3, 1)]);
    it.targets[3].tier = Tier::Backup;
    it.retries.attempts = 4;
    let mut balancer = balancer(it);
    let (been, _) = request(&mut balancer, &ask(), at(0), |_| Kind::ServerError);
    assert_eq!(been[1], 3, "the backup is another pair");
    assert_eq!(been.len(), 4);
    assert!(been[2] < 3 && been[3] < 3 && been[2] != been[3] && been[0] < 3);
}

#[test]
fn with_nobody_left_the_same_lane_is_tried_once_more_a_moment_later() {
    for (kind, tries) in [(Kind::Connect, 2), (Kind::ServerError, 2), (Kind::Timeout, 1), (LIMITED, 1)] {
        let mut balancer = balancer(pool(vec![(0, 0)]));
        let mut waits = Vec::new();
        let (been, end) = request(&mut balancer, &ask(), at(0), |pick| {
            waits.push((pick.after, pick.reason.why));
            kind
        });
        assert_eq!(been.len(), tries, "{kind:?}");
        assert!(end.is_err(), "{end:?}");
        assert!(waits[0].0.is_zero());
        if let Some((after, why)) = waits.get(1) {
            assert_eq!(*why, Why::Repeat);
            assert!((125..375).contains(&after.as_millis()), "{after:?}");
        }
    }
}

#[test]
fn retries_stay_under_a_fifth_of_the_traffic_and_faults_of_keys_are_free() {
    let mut it = pool((0..4).map(|n| (n, n)).collect());
    it.retries.budget.min_per_second = 0.0;
    it.health.passive.http_failures = 0;
    let mut balancer = balancer(it);
    let tries: usize =
        (0..1000).map(|_| request(&mut balancer, &ask(), at(0), |_| Kind::ServerError).0.len()).sum();
    assert!((1180..=1200).contains(&tries), "{tries}");
    let (been, _) = request(&mut balancer, &ask(), at(1), |_| LIMITED);
    assert_eq!(been.len(), 4);
}

#[test]
fn no_try_begins_after_the_deadline_and_the_clients_own_fault_is_final() {
    let mut it = pool(vec![(0, 0), (1, 1)]);
    it.retries.deadline = Some(secs(5));
    let mut balancer = balancer(it);
    let mut attempts = Attempts::new(at(0));
    let pick = balancer.pick(&ask(), &attempts, at(0)).expect("free");
    let failed = outcome(Kind::Timeout);
    balancer.settle(pick.lease, failed, at(5));
    let (next, _) = balancer.again(&ask(), &mut attempts, &pick, &failed, at(5));
    assert_eq!(next, Next::GiveUp(GaveUp::Deadline));
    for kind in [Kind::Refused, Kind::Broken, Kind::ClientGone] {
        let (been, end) = request(&mut balancer, &ask(), at(20), |_| kind);
        assert_eq!((been.len(), end), (1, Ok(Some(GaveUp::NotRetryable))));
    }
}

#[test]
fn exhausted_says_whether_it_is_all_limits_and_when_the_first_is_back() {
    let mut balancer = balancer(pool(vec![(0, 0), (1, 1)]));
    let hints = [secs(20), secs(30)];
    let (_, end) = request(&mut balancer, &ask(), at(0), |it| Kind::RateLimited {
        retry_after: Some(hints[it.target.0 as usize]),
    });
    assert_eq!(end, Err(Exhausted { until: Some(at(20)), only_limits: true, any: true, able: true }));
    once(&mut balancer, &ask(), Kind::KeyRejected, at(20));
    let out = balancer.pick(&ask(), &Attempts::new(at(21)), at(21)).expect_err("both are out");
    assert_eq!(out, Exhausted { until: Some(at(30)), only_limits: false, any: true, able: true });
    let nowhere = Ask { upstream: UpstreamId(9), ..ask() };
    let out = balancer.pick(&nowhere, &Attempts::new(at(21)), at(21)).expect_err("there is none");
    assert_eq!(out, Exhausted { until: None, only_limits: false, any: false, able: false });
}

#[test]
fn drained_and_disabled_targets_are_nobody() {
    let mut it = pool(vec![(0, 0), (1, 1)]);
    it.targets[0].weight = 0;
    it.targets[1].enabled = false;
    let mut balancer = balancer(it);
    let out = balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect_err("nobody");
    assert_eq!(out, Exhausted { until: None, only_limits: false, any: false, able: false });
    assert_eq!(state(&balancer, 0, at(0)), State::Drained);
    assert_eq!(state(&balancer, 1, at(0)), State::Disabled);
}

//! Counters, ejection, half-open trials, probes and operators.

mod support;

use balance::*;
use support::*;

/// Two addresses; the first one fails until it is ejected, at second 0.
fn one_ejected(edit: impl FnOnce(&mut UpstreamPlan)) -> Balancer {
    let mut it = upstream(vec![target(0), target(1)]);
    edit(&mut it);
    let mut balancer = balancer(it);
    for _ in 0..8 {
        let pick = balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("the other is fine");
        let kind = if pick.target.0 == 0 { Kind::ServerError } else { FINE };
        balancer.settle(pick.lease, outcome(kind), at(0));
    }
    assert_eq!(state(&balancer, 0, at(9)), State::Unhealthy);
    balancer
}

#[test]
fn an_ejected_address_comes_back_by_single_trials_though_others_are_healthy() {
    let mut balancer = one_ejected(|_| {});
    assert_eq!(picks(&mut balancer, at(9), 4), [1; 4]);
    assert_eq!(state(&balancer, 0, at(10)), State::HalfOpen);
    let trial = balancer.pick(&ask(), &Attempts::new(at(10)), at(10)).expect("the trial");
    assert_eq!((trial.target.0, trial.reason.why), (0, Why::HalfOpen));
    assert_eq!(picks(&mut balancer, at(10), 4), [1; 4], "one trial at a time");
    balancer.settle(trial.lease, outcome(FINE), at(11));
    assert_eq!(state(&balancer, 0, at(11)), State::HalfOpen, "two are asked for");
    assert_eq!(picks(&mut balancer, at(11), 1), [0]);
    assert_eq!(state(&balancer, 0, at(11)), State::Available);
    let mut both = picks(&mut balancer, at(11), 2);
    both.sort();
    assert_eq!(both, [0, 1]);
}

#[test]
fn a_failed_trial_is_served_by_another_and_doubles_the_wait() {
    let mut balancer = one_ejected(|_| {});
    let fails = |pick: &Pick| if pick.target.0 == 0 { Kind::Connect } else { FINE };
    assert_eq!(request(&mut balancer, &ask(), at(10), fails), (vec![0, 1], Ok(None)));
    assert_eq!(picks(&mut balancer, at(29), 3), [1; 3]);
    assert_eq!(request(&mut balancer, &ask(), at(30), fails).0, [0, 1]);
    assert_eq!(state(&balancer, 0, at(69)), State::Unhealthy);
    assert_eq!(state(&balancer, 0, at(70)), State::HalfOpen);
}

#[test]
fn a_trial_that_never_answers_blocks_nobody() {
    let mut balancer = one_ejected(|_| {});
    let lost = balancer.pick(&ask(), &Attempts::new(at(10)), at(10)).expect("the trial");
    assert_eq!(picks(&mut balancer, at(69), 2), [1, 1]);
    assert_eq!(picks(&mut balancer, at(70), 1), [0]);
    balancer.settle(lost.lease, outcome(Kind::ClientGone), at(71));
}

#[test]
fn what_began_before_the_ejection_does_not_close_it() {
    let mut balancer = balancer(upstream(vec![target(0), target(1)]));
    let mut old = Vec::new();
    while old.len() < 12 {
        old.push(balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("free"));
    }
    let (mine, _): (Vec<Pick>, Vec<Pick>) = old.iter().partition(|it| it.target.0 == 0);
    for pick in &mine[..3] {
        balancer.settle(pick.lease, outcome(Kind::ServerError), at(1));
    }
    for pick in &mine[3..] {
        balancer.settle(pick.lease, outcome(FINE), at(11));
    }
    assert_eq!(state(&balancer, 0, at(11)), State::HalfOpen);
}

#[test]
fn with_nobody_else_a_half_open_address_serves_even_where_probes_would_heal_it() {
    let mut balancer = one_ejected(|it| it.health.interval_unhealthy = secs(5));
    assert_eq!(picks(&mut balancer, at(10), 4), [1; 4], "probes do the trials");
    balancer.steer(Order::Unhealthy(UP, TargetId(1)), at(10));
    assert_eq!(picks(&mut balancer, at(10), 1), [0]);
}

#[test]
fn a_trial_does_not_draw_requests_to_a_tier_they_would_not_go_to() {
    let mut balancer = one_ejected(|_| {});
    let mut backup = upstream(vec![target(0), target(1)]);
    backup.targets[0].tier = Tier::Backup;
    balancer.apply(plan(vec![backup]), at(5));
    assert_eq!(picks(&mut balancer, at(20), 3), [1; 3]);
    balancer.steer(Order::Unhealthy(UP, TargetId(1)), at(20));
    assert_eq!(picks(&mut balancer, at(20), 2), [0, 0]);
}

#[test]
fn a_rate_limit_is_no_failure_of_the_address_unless_the_operator_lists_it() {
    for (listed, expected) in [(false, State::Cooling), (true, State::Unhealthy)] {
        let mut it = upstream(vec![key(0, 0), key(1, 1), key(2, 2), key(3, 3)]);
        if listed {
            it.health.passive.unhealthy_statuses = Statuses(vec![429, 500]);
        }
        let mut balancer = balancer(it);
        for _ in 0..3 {
            once(&mut balancer, &ask(), LIMITED, at(0));
        }
        assert_eq!(state(&balancer, 0, at(1)), expected);
    }
}

#[test]
fn the_clients_own_faults_never_change_any_state() {
    let mut it = upstream(vec![target(0)]);
    it.health.passive.unhealthy_statuses = Statuses(vec![400, 413, 500]);
    let mut balancer = balancer(it);
    let before = balancer.report(at(0)).upstreams[0].addresses.clone();
    for status in [400, 405, 413, 415, 422] {
        for _ in 0..10 {
            let pick = balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("free");
            balancer.settle(pick.lease, Outcome { kind: Kind::Refused, status: Some(status) }, at(0));
        }
    }
    assert_eq!(balancer.report(at(0)).upstreams[0].addresses, before);
}

#[test]
fn probes_are_due_in_turn_and_eject_and_return() {
    let mut it = upstream(vec![target(0), target(1)]);
    it.health.interval_healthy = secs(10);
    it.health.interval_unhealthy = secs(2);
    let mut balancer = balancer(it);
    let mut ejected = None;
    let mut returned = None;
    let mut healthy_again = false;
    loop {
        let (when, upstream, address) = balancer.next_probe().expect("probes are on");
        assert_eq!(balancer.next_probe(), Some((when, upstream, address)));
        if when > at(100) {
            break;
        }
        balancer.probing(upstream, address, when);
        healthy_again |= when > at(50);
        let probed = match address {
            AddressId(0) if !healthy_again => Probed::TimedOut,
            AddressId(0) => Probed::Connected,
            _ => Probed::Status(404),
        };
        for event in balancer.probed(upstream, address, probed, when) {
            match event {
                Event::Excluded { .. } => ejected = ejected.or(Some(when)),
                Event::Returned { .. } => returned = returned.or(Some(when)),
                Event::BudgetExhausted { .. } => unreachable!("no traffic"),
            }
        }
    }
    let (ejected, returned) = (ejected.expect("three timeouts"), returned.expect("two successes"));
    assert!(at(20) <= ejected && ejected <= at(22), "{ejected:?}");
    assert!(at(50) < returned && returned <= at(55), "{returned:?}");
    assert_eq!(state(&balancer, 1, at(100)), State::Available, "404 is no verdict");
}

#[test]
fn failed_probes_do_not_eject_while_traffic_succeeds() {
    let mut it = upstream(vec![target(0)]);
    it.health.interval_healthy = secs(1);
    let mut balancer = balancer(it);
    once(&mut balancer, &ask(), FINE, at(0));
    for second in 0..10 {
        balancer.probed(UP, AddressId(0), Probed::Failed, at(second));
    }
    assert_eq!(state(&balancer, 0, at(10)), State::Available);
    for second in 11..14 {
        balancer.probed(UP, AddressId(0), Probed::Failed, at(second));
    }
    assert_eq!(state(&balancer, 0, at(14)), State::Unhealthy);
}

#[test]
fn an_operators_word_holds_until_another_one() {
    let mut balancer = balancer(upstream(vec![target(0), target(1)]));
    balancer.steer(Order::Unhealthy(UP, TargetId(0)), at(0));
    assert_eq!(picks(&mut balancer, at(1_000_000), 3), [1; 3]);
    let events = balancer.steer(Order::Healthy(UP, TargetId(0)), at(1_000_001));
    assert_eq!(events, [Event::Returned { scope: Scope::Address(UP, AddressId(0)) }]);
    assert!(picks(&mut balancer, at(1_000_001), 2).contains(&0));
}

#[test]
fn what_opened_counts_once_and_observations_become_limits() {
    let mut balancer = balancer(upstream(vec![target(0)]));
    for n in 0..20 {
        let pick = balancer.pick(&ask(), &Attempts::new(at(n)), at(n)).expect("free");
        assert_eq!(pick.observed, Observed::default());
        let opened = Opened { status: 200, first_token: secs(1), streamed: true, spent: None };
        balancer.opened(pick.lease, opened, at(n));
        assert_eq!(balancer.report(at(n)).upstreams[0].targets[0].in_flight, 1);
        balancer.settle(pick.lease, outcome(FINE), at(n));
        balancer.settle(pick.lease, outcome(Kind::Connect), at(n));
    }
    let report = balancer.report(at(20));
    let address = report.upstreams[0].addresses[0];
    assert_eq!((address.successes, address.tcp_failures), (20, 0));
    assert_eq!((report.upstreams[0].targets[0].in_flight, report.upstreams[0].targets[0].picked), (0, 20));
    let observed = balancer.pick(&ask(), &Attempts::new(at(20)), at(20)).expect("free").observed;
    assert!(observed.first_token_p95.is_some_and(|it| it >= secs(1) && it.as_secs_f64() < 1.3));
    assert_eq!(observed.response_p95, None);
}

#[test]
fn below_the_threshold_of_healthy_weight_nobody_is_served() {
    let healthy = |balancer: &Balancer| balancer.report_upstream(UP, at(1)).expect("it is there").healthy;
    let mut enough = half_healthy(50.0);
    assert_eq!((picks(&mut enough, at(1), 2), healthy(&enough)), (vec![1, 1], true));
    let mut too_little = half_healthy(51.0);
    assert_eq!((picks(&mut too_little, at(1), 2), healthy(&too_little)), (vec![], false));
    assert_eq!(state(&too_little, 1, at(1)), State::Available, "the target itself is well");
}

#[test]
fn an_upstream_below_its_threshold_comes_back_by_trials() {
    let mut balancer = half_healthy(51.0);
    assert_eq!(picks(&mut balancer, at(10), 2), [0, 0], "the trials that close the ejection");
    assert_eq!(picks(&mut balancer, at(10), 2).len(), 2, "and everybody is served again");
    assert!(balancer.report_upstream(UP, at(10)).expect("it is there").healthy);
}

#[test]
fn keys_that_are_out_do_not_count_against_the_threshold() {
    let mut it = upstream(vec![target(0), target(1)]);
    it.health.threshold = 100.0;
    let mut balancer = balancer(it);
    let (been, _) =
        request(&mut balancer, &ask(), at(0), |pick| if pick.target.0 == 0 { LIMITED } else { FINE });
    assert_eq!(been, [0, 1]);
    assert_eq!(picks(&mut balancer, at(1), 2), [1, 1]);
}

#[test]
fn who_is_below_the_threshold_is_told_when_the_first_address_may_be_back() {
    let balancer = &mut half_healthy(51.0);
    let exhausted = balancer.pick(&ask(), &Attempts::new(at(1)), at(1)).expect_err("nobody serves");
    assert_eq!((exhausted.until, exhausted.only_limits), (Some(at(10)), false));
}

/// One of two equal addresses is out for ten seconds: half of the weight is healthy.
fn half_healthy(threshold: f64) -> Balancer {
    let mut balancer = one_ejected(|_| {});
    let mut it = upstream(vec![target(0), target(1)]);
    it.health.threshold = threshold;
    balancer.apply(plan(vec![it]), at(0));
    balancer
}

#[test]
fn a_threshold_of_a_new_plan_is_in_force_at_once() {
    let mut balancer = half_healthy(75.0);
    assert!(picks(&mut balancer, at(1), 1).is_empty());
    balancer.apply(plan(vec![upstream(vec![target(0), target(1)])]), at(2));
    assert_eq!(picks(&mut balancer, at(2), 1), [1]);
}

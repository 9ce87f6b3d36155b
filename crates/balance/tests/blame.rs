//! The table of blame, row by row: who is out after what, and for how long.

mod support;

use balance::*;
use support::*;

#[test]
fn a_key_entered_three_times_that_gets_one_429_gets_nothing_for_a_minute() {
    let mut balancer = balancer(upstream(vec![key(0, 0), key(1, 0), key(2, 0), key(3, 1)]));
    let (been, end) =
        request(&mut balancer, &ask(), at(0), |it| if it.target.0 < 3 { LIMITED } else { FINE });
    assert_eq!(end, Ok(None));
    assert_eq!(been.last(), Some(&3));
    assert_eq!(picks(&mut balancer, at(59), 8), [3; 8]);
    assert!(picks(&mut balancer, at(60), 4).contains(&0));
}

#[test]
fn after_a_rate_limit_the_next_key_answers_and_nineteen_spent_keys_do_not_matter() {
    let mut balancer = balancer(upstream((0..20).map(|n| key(n, n)).collect()));
    let (been, end) =
        request(&mut balancer, &ask(), at(0), |it| if it.target.0 == 19 { FINE } else { LIMITED });
    assert_eq!(end, Ok(None));
    assert_eq!(been.last(), Some(&19));
    assert_eq!(picks(&mut balancer, at(1), 3), [19; 3]);
}

#[test]
fn each_row_excludes_its_scope_for_its_time() {
    let check = |kind: Kind, expected: State, until: u64| {
        let mut balancer = balancer(upstream(vec![target(0), target(1)]));
        while once(&mut balancer, &ask(), kind, at(0)).is_some_and(|it| it.0 != 0) {
            balancer.steer(Order::Clear(UP, TargetId(1)), at(0));
        }
        assert_eq!(state(&balancer, 0, at(0)), expected, "{kind:?}");
        if expected != State::Available {
            assert_eq!(state(&balancer, 0, at(until - 1)), expected, "{kind:?}");
            assert_eq!(picks(&mut balancer, at(until - 1), 4), [1; 4], "{kind:?}");
        }
        assert_eq!(state(&balancer, 0, at(until)), State::Available, "{kind:?}");
        assert!(picks(&mut balancer, at(until), 2).contains(&0), "{kind:?}");
    };
    check(FINE, State::Available, 0);
    check(Kind::Success { spent: Some(secs(20)) }, State::Cooling, 20);
    check(Kind::Refused, State::Available, 0);
    check(Kind::ModelNotFound, State::Suspended, 60);
    check(Kind::KeyRejected, State::Cooling, 10);
    check(Kind::NoToken, State::Cooling, 10);
    check(Kind::QuotaExceeded { reset: None }, State::Cooling, 3600);
    check(Kind::QuotaExceeded { reset: Some(secs(100)) }, State::Cooling, 100);
    check(Kind::QuotaExceeded { reset: Some(secs(1000)) }, State::Cooling, 3600);
    check(LIMITED, State::Cooling, 60);
    check(Kind::RateLimited { retry_after: Some(secs(2)) }, State::Cooling, 2);
    check(Kind::RateLimited { retry_after: Some(secs(0)) }, State::Cooling, 1);
    check(Kind::RateLimited { retry_after: Some(secs(500_000)) }, State::Cooling, 900);
    check(Kind::Overloaded { retry_after: None }, State::Suspended, 10);
    check(Kind::Overloaded { retry_after: Some(secs(30)) }, State::Suspended, 30);
    check(Kind::Connect, State::Suspended, 10);
    check(Kind::Timeout, State::Suspended, 10);
    check(Kind::ServerError, State::Available, 0);
    check(Kind::Broken, State::Available, 0);
    check(Kind::ClientGone, State::Available, 0);
    check(Kind::OutOfTime, State::Available, 0);
    check(Kind::Unsent, State::Available, 0);
}

#[test]
fn a_key_without_quota_or_rejected_shows_by_one_request_whether_it_is_well_again() {
    for (kind, wait) in [(Kind::QuotaExceeded { reset: None }, 3600), (Kind::KeyRejected, 10)] {
        let mut balancer = balancer(upstream(vec![target(0)]));
        let pick =
            |balancer: &mut Balancer, now| balancer.pick(&ask(), &Attempts::new(at(now)), at(now)).ok();
        assert!(once(&mut balancer, &ask(), kind, at(0)).is_some());
        let trial = pick(&mut balancer, wait).expect("its time is over");
        assert!(pick(&mut balancer, wait).is_none(), "one at a time: {kind:?}");
        assert_eq!(state(&balancer, 0, at(wait + 1)), State::Cooling);

        balancer.settle(trial.lease, outcome(Kind::ClientGone), at(wait + 1));
        let trial = pick(&mut balancer, wait + 1).expect("that one showed nothing");
        balancer.settle(trial.lease, outcome(kind), at(wait + 2));
        assert!(pick(&mut balancer, wait + 9).is_none(), "still as it was: {kind:?}");

        let later = 3 * wait + 2;
        let lost = pick(&mut balancer, later).expect("its time is over again");
        assert!(pick(&mut balancer, later + 59).is_none());
        let trial = pick(&mut balancer, later + 60).expect("a trial that never answers blocks nobody");
        balancer.settle(lost.lease, outcome(Kind::ClientGone), at(later + 61));
        assert!(pick(&mut balancer, later + 61).is_none(), "the later trial is still under way");
        let events = balancer.settle(trial.lease, outcome(FINE), at(later + 62));
        assert_eq!(events, [Event::Returned { scope: Scope::Credential(CredentialId(0)) }]);
        assert_eq!(picks(&mut balancer, at(later + 62), 3), [0; 3]);
    }
}

#[test]
fn everybody_is_out_for_a_limit_only_if_every_key_of_every_target_is() {
    let member = |n| Member { credential: CredentialId(n), weight: 1 };
    let pool = Credentials::Pool { order: PoolOrder::Priority, members: vec![member(0), member(1)] };
    let mut balancer = balancer(upstream(vec![TargetPlan { credentials: pool, ..target(0) }]));
    let (_, end) = request(&mut balancer, &ask(), at(0), |it| {
        if it.credential == Some(CredentialId(0)) { Kind::KeyRejected } else { LIMITED }
    });
    assert!(!end.unwrap_err().only_limits, "a key is rejected");
    balancer.steer(Order::ClearCredential(CredentialId(0)), at(1));
    let (_, end) = request(&mut balancer, &ask(), at(1), |_| LIMITED);
    assert!(end.unwrap_err().only_limits);
}

#[test]
fn a_limit_that_is_not_remembered_counts_for_the_request_that_met_it() {
    let mut forgetful = upstream(vec![target(0)]);
    forgetful.suspension.rate_limit = None;
    let mut balancer = balancer(forgetful);
    let (_, end) = request(&mut balancer, &ask(), at(0), |_| LIMITED);
    assert!(end.unwrap_err().only_limits);
    assert_eq!(picks(&mut balancer, at(0), 1), [0]);
}

#[test]
fn rejections_double_up_to_ten_minutes_and_a_success_in_between_forgets_them() {
    let mut balancer = balancer(upstream(vec![target(0)]));
    let mut now = 0;
    for wait in [10, 20, 40, 80, 160, 320, 600, 600] {
        assert!(once(&mut balancer, &ask(), Kind::KeyRejected, at(now)).is_some(), "{now}");
        assert_eq!(once(&mut balancer, &ask(), FINE, at(now + wait - 1)), None, "{wait}");
        now += wait;
    }
    assert!(once(&mut balancer, &ask(), FINE, at(now)).is_some());
    assert!(once(&mut balancer, &ask(), Kind::KeyRejected, at(now + 1)).is_some());
    assert!(once(&mut balancer, &ask(), FINE, at(now + 11)).is_some());
}

#[test]
fn what_began_before_an_exclusion_neither_extends_it_nor_ends_it() {
    let mut balancer = balancer(upstream(vec![target(0)]));
    let picks: Vec<Pick> =
        (0..20).map(|_| balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("free")).collect();
    for (n, pick) in picks.iter().enumerate() {
        let kind = [Kind::KeyRejected, LIMITED, FINE][n % 3];
        balancer.settle(pick.lease, outcome(kind), at(1 + n as u64 / 5));
    }
    assert_eq!(state(&balancer, 0, at(60)), State::Cooling);
    let report = balancer.report(at(5));
    assert_eq!(report.credentials[0].exclusion.expect("rejected").until, at(11), "one episode, one step");
    assert_eq!(report.credentials[0].in_flight, 0);
    assert_eq!(state(&balancer, 0, at(61)), State::Available, "the first 429 said until then");
}

#[test]
fn a_transient_fault_never_takes_the_last_pair_out_but_its_thresholds_do() {
    for kind in [Kind::Connect, Kind::Timeout, Kind::Overloaded { retry_after: None }] {
        let mut balancer = balancer(upstream(vec![key(0, 0), key(1, 1)]));
        assert!(once(&mut balancer, &ask(), kind, at(0)).is_some());
        assert!(once(&mut balancer, &ask(), kind, at(0)).is_some(), "{kind:?}");
        assert_eq!(state(&balancer, 0, at(0)), State::Available, "{kind:?}");
    }
    let mut balancer = balancer(upstream(vec![key(0, 0), key(1, 1)]));
    for _ in 0..3 {
        assert!(once(&mut balancer, &ask(), Kind::Connect, at(0)).is_some());
    }
    assert_eq!(state(&balancer, 0, at(0)), State::Unhealthy);
    assert_eq!(once(&mut balancer, &ask(), FINE, at(9)), None);
}

#[test]
fn the_last_pair_of_an_environment_is_the_last_whatever_the_other_one_has() {
    let sandbox = TargetPlan { environment: Only::Sandbox, ..target(1) };
    let mut balancer = balancer(upstream(vec![target(0), sandbox]));
    once(&mut balancer, &ask(), Kind::Connect, at(0));
    assert_eq!(picks(&mut balancer, at(0), 2), [0, 0]);
}

#[test]
fn a_key_switched_on_again_is_free_and_so_is_one_that_an_operator_clears() {
    let it = upstream(vec![target(0), target(1)]);
    let mut balancer = balancer(it.clone());
    let two_out = |balancer: &mut Balancer| {
        while once(balancer, &ask(), Kind::QuotaExceeded { reset: None }, at(0)).is_some() {}
    };
    two_out(&mut balancer);
    let events = balancer.steer(Order::ClearCredential(CredentialId(1)), at(1));
    assert_eq!(events, [Event::Returned { scope: Scope::Credential(CredentialId(1)) }]);
    assert_eq!(picks(&mut balancer, at(1), 2), [1, 1]);
    let mut off = plan(vec![it.clone()]);
    off.credentials[0].enabled = false;
    balancer.apply(off, at(2));
    assert_eq!(state(&balancer, 0, at(2)), State::Disabled);
    balancer.apply(plan(vec![it]), at(3));
    assert_eq!(state(&balancer, 0, at(3)), State::Available);
}

#[test]
fn a_key_expires_at_its_instant_though_nobody_says_so() {
    let mut expiring = plan(vec![upstream(vec![target(0), target(1)])]);
    expiring.credentials[0].expires = Some(at(100));
    let mut balancer = Balancer::new(1);
    balancer.apply(expiring, at(0));
    assert!(picks(&mut balancer, at(99), 2).contains(&0));
    assert_eq!(picks(&mut balancer, at(100), 3), [1; 3]);
    let out = balancer.report(at(100)).credentials[0].exclusion.expect("expired");
    assert_eq!((out.cause, out.since, out.until), (Cause::Expired, at(100), Time::NEVER));
}

#[test]
fn a_limit_is_the_models_own_and_a_made_up_model_does_not_bar_the_known_ones() {
    let keeper = TargetPlan { model: None, ..target(0) };
    let mut balancer = balancer(upstream(vec![keeper]));
    let about = |model: Option<u32>| Ask { model: model.map(ModelId), ..ask() };
    once(&mut balancer, &about(Some(1)), LIMITED, at(0));
    assert_eq!(once(&mut balancer, &about(Some(1)), FINE, at(1)), None);
    assert!(once(&mut balancer, &about(Some(2)), FINE, at(1)).is_some());
    once(&mut balancer, &about(None), LIMITED, at(1));
    assert_eq!(once(&mut balancer, &about(None), FINE, at(2)), None);
    assert!(once(&mut balancer, &about(Some(2)), FINE, at(2)).is_some());
    once(&mut balancer, &about(Some(2)), Kind::ModelNotFound, at(3));
    assert_eq!(once(&mut balancer, &about(Some(2)), FINE, at(4)), None);
    assert!(once(&mut balancer, &about(Some(3)), Kind::ModelNotFound, at(4)).is_some());
    assert!(once(&mut balancer, &about(Some(4)), FINE, at(4)).is_some());
    assert!(once(&mut balancer, &about(None), FINE, at(61)).is_some());
    assert!(once(&mut balancer, &about(None), Kind::ModelNotFound, at(61)).is_some());
    assert!(once(&mut balancer, &about(None), FINE, at(61)).is_some(), "a client's fancy bars nothing");
}

#[test]
fn one_callers_bad_key_is_not_held_against_another_caller() {
    let through = TargetPlan { credentials: Credentials::PassThrough, ..target(0) };
    let mut balancer = balancer(upstream(vec![through]));
    let from = |caller| Ask { caller: Some(caller), ..ask() };
    once(&mut balancer, &from(1), Kind::KeyRejected, at(0));
    let out = balancer.pick(&from(1), &Attempts::new(at(1)), at(1)).expect_err("its key was rejected");
    assert_eq!(out.until, Some(at(10)));
    assert!(once(&mut balancer, &from(2), FINE, at(1)).is_some());
    assert!(once(&mut balancer, &from(1), FINE, at(10)).is_some());
    once(&mut balancer, &ask(), Kind::KeyRejected, at(10));
    assert!(once(&mut balancer, &ask(), FINE, at(10)).is_some());
}

#[test]
fn a_key_is_out_in_every_upstream_that_uses_it() {
    let other = UpstreamPlan { id: UpstreamId(1), ..upstream(vec![target(0), target(1)]) };
    let mut balancer = Balancer::new(1);
    balancer.apply(plan(vec![upstream(vec![target(0)]), other]), at(0));
    once(&mut balancer, &ask(), LIMITED, at(0));
    let elsewhere = Ask { upstream: UpstreamId(1), ..ask() };
    for _ in 0..4 {
        assert_eq!(once(&mut balancer, &elsewhere, FINE, at(1)), Some(TargetId(1)));
    }
}

#[test]
fn a_target_cools_while_a_callers_key_is_out_until_another_caller_is_served() {
    let through = TargetPlan { credentials: Credentials::PassThrough, ..target(0) };
    let mut balancer = balancer(upstream(vec![through]));
    let from = |caller| Ask { caller: Some(caller), ..ask() };
    let told = |balancer: &Balancer, now: u64| {
        let it = balancer.report_upstream(UP, at(now)).unwrap().targets[0];
        (it.state, it.exclusion.map(|it| it.cause))
    };
    once(&mut balancer, &from(1), LIMITED, at(0));
    assert_eq!(told(&balancer, 1), (State::Cooling, Some(Cause::RateLimit)));
    once(&mut balancer, &from(2), FINE, at(2));
    assert_eq!(told(&balancer, 3), (State::Available, Some(Cause::RateLimit)));
    balancer.steer(Order::Clear(UP, TargetId(0)), at(4));
    assert_eq!(told(&balancer, 4), (State::Available, None));
    assert!(once(&mut balancer, &from(1), FINE, at(4)).is_some(), "and the key that was out may try again");
}

//! A key's own limits: never exceeded, never in the way without need.

mod support;

use std::time::Duration;

use balance::*;
use proptest::prelude::*;
use support::*;

const MINUTE: u64 = 60_000;

fn requests(limit: u32) -> Limits {
    Limits { requests_per_minute: Some(limit), ..Limits::default() }
}

fn tokens(limit: u64) -> Limits {
    Limits { tokens_per_minute: Some(limit), ..Limits::default() }
}

fn concurrent(limit: u32) -> Limits {
    Limits { max_concurrent: Some(limit), ..Limits::default() }
}

fn millis(millis: u64) -> Time {
    Time::ZERO + Duration::from_millis(millis)
}

/// Keys 0 and 1 at one address, the first one with these limits and preferred.
fn plan_of(limits: Limits) -> Plan {
    let mut it = upstream(vec![key(0, 0), key(1, 1)]);
    it.algorithm = Algorithm::Priority;
    let mut plan = plan(vec![it]);
    plan.credentials[0].limits = limits;
    plan
}

fn of(limits: Limits) -> Balancer {
    let mut balancer = Balancer::new(7);
    balancer.apply(plan_of(limits), Time::ZERO);
    balancer
}

/// The same without the second key.
fn alone(limits: Limits) -> Balancer {
    let mut plan = plan_of(limits);
    plan.upstreams[0].targets.truncate(1);
    let mut balancer = Balancer::new(7);
    balancer.apply(plan, Time::ZERO);
    balancer
}

fn pick(balancer: &mut Balancer, now: Time) -> Result<Pick, Exhausted> {
    balancer.pick(&ask(), &Attempts::new(now), now)
}

/// One request that uses so many tokens; who had it.
fn spend(balancer: &mut Balancer, tokens: u64, now: Time) -> Option<u32> {
    let pick = pick(balancer, now).ok()?;
    balancer.used(pick.lease, tokens);
    balancer.settle(pick.lease, outcome(FINE), now);
    Some(pick.target.0)
}

fn out(balancer: &Balancer, now: Time) -> Option<Exclusion> {
    balancer.report_credential(CredentialId(0), now).expect("the key is there").exclusion
}

#[test]
fn a_minutes_requests_go_through_at_once_and_not_one_more_within_any_minute() {
    let mut balancer = of(requests(60));
    assert_eq!(picks(&mut balancer, millis(10_900), 61), [[0; 60].as_slice(), &[1]].concat());
    let rest = out(&balancer, millis(10_900)).expect("it is at its limit");
    assert_eq!((rest.cause, rest.until), (Cause::OwnLimit, at(71)), "up to a second late");
    assert_eq!(state(&balancer, 0, at(11)), State::Cooling);
    assert_eq!(picks(&mut balancer, millis(70_899), 1), [1]);
    assert_eq!(picks(&mut balancer, at(71), 61), [[0; 60].as_slice(), &[1]].concat());
}

#[test]
fn who_comes_evenly_is_served_evenly() {
    let mut balancer = alone(requests(60));
    // A little slower than one a second: after the first minute as many leave the window as come.
    for n in 0..600 {
        assert_eq!(picks(&mut balancer, millis(n * 1_017), 1), [0], "request {n}");
    }
}

#[test]
fn a_key_with_room_for_one_open_request_serves_the_next_when_that_has_ended() {
    let mut balancer = of(concurrent(1));
    let first = pick(&mut balancer, at(0)).expect("both are in");
    assert_eq!(first.target, TargetId(0));
    let told = Event::Excluded {
        scope: Scope::Credential(CredentialId(0)),
        until: Time::NEVER,
        cause: Cause::OwnLimit,
    };
    assert_eq!(first.event, Some(told));
    assert_eq!(pick(&mut balancer, at(1)).expect("the other is in").target, TargetId(1));
    balancer.opened(
        first.lease,
        Opened { status: 200, first_token: secs(1), streamed: true, spent: None },
        at(1),
    );
    assert_eq!(picks(&mut balancer, at(1_000), 1), [1], "a stream is open until it ends");
    let events = balancer.settle(first.lease, outcome(FINE), at(1_000));
    assert_eq!(events, [Event::Returned { scope: Scope::Credential(CredentialId(0)) }]);
    assert_eq!(picks(&mut balancer, at(1_000), 1), [0]);
}

#[test]
fn a_key_that_is_at_its_limit_with_every_request_is_told_of_once_in_ten_seconds() {
    let mut balancer = of(concurrent(1));
    let mut events = Vec::new();
    for n in 0..1_000 {
        let now = millis(n * 20);
        let pick = pick(&mut balancer, now).expect("it is in");
        assert_eq!(pick.target, TargetId(0));
        events.extend(pick.event);
        events.extend(balancer.settle(pick.lease, outcome(FINE), now));
    }
    assert_eq!(events.len(), 4, "out and back at 0 s and at 10 s: {events:?}");
    assert!(matches!(events[3], Event::Returned { .. }));
}

#[test]
fn whoever_reads_events_knows_of_every_rest_of_ten_seconds_and_more() {
    let mut balancer = alone(requests(2));
    let mut told = Vec::new();
    for second in 0..200 {
        if let Ok(pick) = pick(&mut balancer, at(second)) {
            told.extend(pick.event.map(|_| second));
            assert!(balancer.settle(pick.lease, outcome(FINE), at(second)).is_empty());
        }
    }
    // Each time the first of the two makes room a second before the other does.
    assert_eq!(told, [1, 61, 62, 122, 123, 183, 184]);
}

#[test]
fn tokens_count_when_they_are_known_and_what_was_under_way_comes_on_top() {
    let mut balancer = of(tokens(1_000));
    assert_eq!(spend(&mut balancer, 999, at(0)), Some(0));
    let (one, other) = (pick(&mut balancer, at(1)).unwrap(), pick(&mut balancer, at(1)).unwrap());
    assert_eq!((one.target, other.target), (TargetId(0), TargetId(0)), "there was room");
    balancer.used(one.lease, 400);
    balancer.settle(one.lease, outcome(FINE), at(2));
    assert_eq!(out(&balancer, at(2)).map(|it| it.until), Some(at(61)));
    balancer.used(other.lease, 5_000);
    balancer.settle(other.lease, outcome(Kind::ClientGone), at(30));
    assert_eq!(out(&balancer, at(30)).map(|it| it.until), Some(at(91)), "until it fits again");
    assert_eq!(picks(&mut balancer, millis(90_999), 1), [1]);
    assert_eq!(picks(&mut balancer, at(91), 1), [0]);
}

#[test]
fn a_request_that_finds_everybody_at_a_limit_is_told_so_and_when_to_come_back() {
    let mut balancer = alone(requests(1));
    assert_eq!(picks(&mut balancer, at(0), 1), [0]);
    for _ in 0..2 {
        let refused = pick(&mut balancer, at(5)).expect_err("nobody is left");
        assert_eq!(refused, Exhausted { until: Some(at(61)), only_limits: true, any: true, able: true });
    }
    let mut balancer = alone(concurrent(1));
    let open = pick(&mut balancer, at(0)).unwrap();
    let refused = pick(&mut balancer, at(5)).expect_err("nobody is left");
    assert_eq!(refused, Exhausted { until: None, only_limits: true, any: true, able: true });
    balancer.settle(open.lease, outcome(FINE), at(6));
    assert_eq!(picks(&mut balancer, at(6), 1), [0], "what was remembered holds no more");
}

#[test]
fn a_key_at_its_limit_is_out_in_every_upstream() {
    let other = UpstreamPlan { id: UpstreamId(1), ..upstream(vec![key(7, 0)]) };
    let mut plan = plan(vec![upstream(vec![key(0, 0)]), other]);
    plan.credentials[0].limits = requests(1);
    let mut balancer = Balancer::new(7);
    balancer.apply(plan, Time::ZERO);
    assert_eq!(picks(&mut balancer, at(0), 1), [0]);
    let ask = Ask { upstream: UpstreamId(1), ..ask() };
    assert_eq!(once(&mut balancer, &ask, FINE, at(60)), None);
    assert_eq!(once(&mut balancer, &ask, FINE, at(61)), Some(TargetId(7)));
}

#[test]
fn other_limits_hold_at_once_and_what_was_counted_stays_counted() {
    let mut balancer = of(requests(3));
    assert_eq!(picks(&mut balancer, at(0), 4), [0, 0, 0, 1]);
    let returned = Event::Returned { scope: Scope::Credential(CredentialId(0)) };
    assert_eq!(balancer.apply(plan_of(requests(5)), at(1)), [returned]);
    assert_eq!(picks(&mut balancer, at(1), 3), [0, 0, 1]);
    balancer.apply(plan_of(requests(2)), at(2));
    assert_eq!(out(&balancer, at(2)).map(|it| it.until), Some(at(62)), "four of the five must be over");
    balancer.apply(plan_of(Limits::default()), at(3));
    assert_eq!(picks(&mut balancer, at(3), 10), [0; 10]);
    balancer.apply(plan_of(requests(1)), at(4));
    assert_eq!(picks(&mut balancer, at(4), 2), [0, 1], "counted from when there is a limit");
    let open = pick(&mut balancer, at(70)).unwrap();
    balancer.apply(plan_of(concurrent(1)), at(71));
    assert_eq!(picks(&mut balancer, at(71), 1), [1], "what is open is known without a limit, too");
    balancer.settle(open.lease, outcome(FINE), at(72));
    assert_eq!(picks(&mut balancer, at(72), 1), [0]);
}

#[test]
fn another_key_under_the_same_name_starts_at_nothing() {
    let mut balancer = of(requests(1));
    assert_eq!(picks(&mut balancer, at(0), 2), [0, 1]);
    let mut plan = plan_of(requests(1));
    plan.credentials[0].version = 1;
    let events = balancer.apply(plan, at(1));
    assert_eq!(events, [Event::Returned { scope: Scope::Credential(CredentialId(0)) }]);
    assert_eq!(picks(&mut balancer, at(1), 2), [0, 1]);
}

#[test]
fn a_request_that_was_never_sent_does_not_count() {
    let mut balancer = of(requests(1));
    let unsent = pick(&mut balancer, at(0)).unwrap();
    balancer.settle(unsent.lease, outcome(Kind::Unsent), at(1));
    assert_eq!(picks(&mut balancer, at(1), 2), [0, 1]);
}

#[test]
fn an_operator_who_clears_a_key_does_not_lift_his_own_limit() {
    let mut balancer = of(requests(1));
    assert_eq!(picks(&mut balancer, at(0), 1), [0]);
    balancer.steer(Order::ClearCredential(CredentialId(0)), at(1));
    assert_eq!(picks(&mut balancer, at(1), 1), [1]);
}

#[test]
fn what_the_vendor_says_of_a_key_is_shown_before_its_own_limit() {
    let mut balancer = alone(requests(1));
    once(&mut balancer, &ask(), Kind::KeyRejected, at(0));
    assert_eq!(out(&balancer, at(5)).map(|it| (it.cause, it.until)), Some((Cause::Auth, at(10))));
    assert_eq!(out(&balancer, at(10)).map(|it| (it.cause, it.until)), Some((Cause::OwnLimit, at(61))));
    assert!(pick(&mut balancer, at(10)).is_err());
    assert_eq!(picks(&mut balancer, at(61), 1), [0]);
}

/// What happens next in a random history.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Pick,
    /// One of the open attempts ends, with so many tokens.
    Settle(usize, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0u64..20_000).prop_map(Step::Wait),
        5 => Just(Step::Pick),
        3 => (any::<usize>(), 0u64..300).prop_map(|(which, tokens)| Step::Settle(which, tokens)),
    ];
    prop::collection::vec(step, 0..400)
}

proptest! {
    #[test]
    fn no_limit_is_ever_exceeded_in_any_minute_and_none_bars_a_key_that_has_room(
        requests in prop::option::of(1u32..12),
        tokens in prop::option::of(1u64..1_000),
        concurrent in prop::option::of(1u32..5),
        steps in steps(),
    ) {
        let limits =
            Limits { requests_per_minute: requests, tokens_per_minute: tokens, max_concurrent: concurrent };
        let mut balancer = alone(limits);
        let (mut now, mut open) = (0, Vec::new());
        let (mut begun, mut spent): (Vec<u64>, Vec<(u64, u64)>) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Wait(wait) => now += wait,
                Step::Settle(which, cost) if !open.is_empty() => {
                    let pick: Pick = open.swap_remove(which % open.len());
                    balancer.used(pick.lease, cost);
                    balancer.settle(pick.lease, outcome(FINE), millis(now));
                    spent.push((now, cost));
                }
                Step::Settle(..) => {}
                Step::Pick => {
                    // By the plain definition, within the last so many milliseconds.
                    let at_a_limit = |window: u64| {
                        let lately = |then: u64| then + window > now;
                        let count = begun.iter().filter(|it| lately(**it)).count() as u32;
                        let used: u64 = spent.iter().filter(|it| lately(it.0)).map(|it| it.1).sum();
                        requests.is_some_and(|limit| count >= limit)
                            || tokens.is_some_and(|limit| used >= limit)
                            || concurrent.is_some_and(|limit| open.len() as u32 >= limit)
                    };
                    match pick(&mut balancer, millis(now)) {
                        Ok(pick) => {
                            prop_assert!(!at_a_limit(MINUTE), "over a limit at {now}");
                            begun.push(now);
                            open.push(pick);
                        }
                        Err(refused) => {
                            prop_assert!(at_a_limit(MINUTE + 1_000), "barred without need at {now}");
                            prop_assert!(refused.only_limits);
                            prop_assert!(refused.until.is_none_or(|it| it > millis(now)));
                        }
                    }
                }
            }
            let exclusion = out(&balancer, millis(now));
            prop_assert_eq!(exclusion.is_none(), state(&balancer, 0, millis(now)) == State::Available);
        }
    }
}

//! What a change of plan keeps, and what only some requests may have.

mod support;

use std::collections::BTreeMap;

use balance::*;
use support::*;

#[test]
fn a_reorder_acts_on_the_next_request_and_keeps_everything_else() {
    let mut it = upstream(vec![target(0), target(1), target(2)]);
    it.algorithm = Algorithm::Priority;
    let mut balancer = balancer(it.clone());
    let open = balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("free");
    assert_eq!(open.target.0, 0);
    it.targets.swap(0, 2);
    balancer.apply(plan(vec![it.clone()]), at(1));
    assert_eq!(picks(&mut balancer, at(1), 2), [2, 2]);
    let report = balancer.report(at(1));
    assert_eq!(report.upstreams[0].targets[2].in_flight, 1);
    balancer.settle(open.lease, outcome(LIMITED), at(2));
    assert_eq!(state(&balancer, 0, at(2)), State::Cooling);
    assert_eq!(balancer.report(at(2)).upstreams[0].targets[2].in_flight, 0);
    balancer.apply(plan(vec![it]), at(3));
    assert_eq!(state(&balancer, 0, at(61)), State::Cooling);
    assert_eq!(state(&balancer, 0, at(62)), State::Available);
}

#[test]
fn adding_a_target_and_changing_a_weight_keep_the_rotation() {
    let mut it = upstream(vec![target(0), target(1), target(2)]);
    it.targets[0].weight = 200;
    it.targets[2].weight = 0;
    let mut balancer = balancer(it.clone());
    let mut served = picks(&mut balancer, at(0), 4);
    balancer.apply(plan(vec![it.clone()]), at(0));
    served.extend(picks(&mut balancer, at(0), 5));
    for three in served.windows(3) {
        assert_eq!(three.iter().filter(|it| **it == 0).count(), 2, "{served:?}");
    }
    it.targets[0].weight = 100;
    it.targets[2].weight = 100;
    balancer.apply(plan(vec![it]), at(0));
    let mut count = BTreeMap::new();
    for target in picks(&mut balancer, at(0), 30) {
        *count.entry(target).or_insert(0) += 1;
    }
    assert!(count.values().all(|it| (9..=11).contains(it)), "{count:?}");
}

#[test]
fn what_leaves_in_flight_can_be_settled_and_its_namesake_starts_afresh() {
    let both = upstream(vec![target(0), target(1)]);
    let mut balancer = balancer(both.clone());
    let open: Vec<Pick> =
        (0..2).map(|_| balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("free")).collect();
    balancer.apply(plan(vec![upstream(vec![target(1)])]), at(1));
    balancer.apply(plan(vec![both]), at(2));
    let third = balancer.pick(&ask(), &Attempts::new(at(2)), at(2)).expect("free");
    for pick in open {
        balancer.settle(pick.lease, outcome(FINE), at(3));
    }
    let in_flight = |balancer: &Balancer| -> u32 {
        let report = balancer.report(at(3));
        let credentials: u32 = report.credentials.iter().map(|it| it.in_flight).sum();
        let targets: u32 = report.upstreams[0].targets.iter().map(|it| it.in_flight).sum();
        assert_eq!(targets, credentials);
        targets
    };
    assert_eq!(in_flight(&balancer), 1);
    balancer.settle(third.lease, outcome(FINE), at(3));
    assert_eq!(in_flight(&balancer), 0);
    let last = balancer.pick(&ask(), &Attempts::new(at(3)), at(3)).expect("free");
    balancer.apply(Plan::default(), at(4));
    assert!(balancer.settle(last.lease, outcome(Kind::Connect), at(4)).is_empty());
}

#[test]
fn another_key_under_the_same_name_begins_afresh_and_the_one_before_tells_nothing_of_it() {
    let mut balancer = balancer(upstream(vec![target(0)]));
    let pick = |balancer: &mut Balancer, now| balancer.pick(&ask(), &Attempts::new(now), now);
    let (first, late) =
        (pick(&mut balancer, at(0)).expect("free"), pick(&mut balancer, at(0)).expect("free"));
    balancer.settle(first.lease, outcome(Kind::KeyRejected), at(1));
    assert!(pick(&mut balancer, at(1)).is_err(), "rejected");

    let mut changed = plan(vec![upstream(vec![target(0)])]);
    changed.credentials[0].version = 1;
    let events = balancer.apply(changed.clone(), at(2));
    assert!(matches!(events[..], [Event::Returned { .. }]), "{events:?}");
    let fresh = pick(&mut balancer, at(2)).expect("another key");
    balancer.settle(late.lease, outcome(Kind::KeyRejected), at(3));
    assert_eq!(balancer.report(at(3)).credentials[0].in_flight, 1, "only the new key's");
    balancer.settle(fresh.lease, outcome(FINE), at(3));
    assert!(pick(&mut balancer, at(3)).is_ok(), "what the key before was told is nothing to this one");
    assert!(balancer.apply(changed, at(4)).is_empty());
}

#[test]
fn a_key_that_the_vendor_accepts_is_rejected_no_more_but_keeps_its_quota() {
    for (kind, back) in [(Kind::KeyRejected, true), (Kind::QuotaExceeded { reset: None }, false)] {
        let mut balancer = balancer(upstream(vec![target(0)]));
        let key = balancer.report(at(0)).credentials[0].id;
        let pick = balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("free");
        balancer.settle(pick.lease, outcome(kind), at(1));
        let events = balancer.steer(Order::KeyAccepted(key), at(2));
        assert_eq!(events.len(), usize::from(back), "{kind:?}");
        assert_eq!(balancer.pick(&ask(), &Attempts::new(at(2)), at(2)).is_ok(), back, "{kind:?}");
    }
}

#[test]
fn environments_never_cross_and_tiers_are_left_only_when_empty() {
    let mut targets = vec![target(0), target(1), target(2)];
    targets[0].environment = Only::Production;
    targets[1].environment = Only::Sandbox;
    targets[2].tier = Tier::Backup;
    let mut balancer = balancer(upstream(targets));
    let sandbox = Ask { environment: Environment::Sandbox, ..ask() };
    assert_eq!(once(&mut balancer, &ask(), LIMITED, at(0)), Some(TargetId(0)));
    assert_eq!(once(&mut balancer, &sandbox, FINE, at(0)), Some(TargetId(1)));
    assert_eq!(picks(&mut balancer, at(59), 2), [2, 2]);
    assert_eq!(picks(&mut balancer, at(60), 2), [0, 0]);
}

#[test]
fn a_pool_of_keys_is_one_target_that_is_there_while_any_key_is() {
    let members = |weights: [u16; 3]| {
        let member = |(n, weight): (u32, u16)| Member { credential: CredentialId(10 + n), weight };
        (0..).zip(weights).map(member).collect::<Vec<_>>()
    };
    let with = |order, weights| {
        let credentials = Credentials::Pool { order, members: members(weights) };
        let mut it = upstream(vec![TargetPlan { credentials, ..target(0) }, target(1)]);
        it.targets[1].tier = Tier::Backup;
        balancer(it)
    };
    let served = |balancer: &mut Balancer, kind: Kind, now: Time| {
        let pick = balancer.pick(&ask(), &Attempts::new(now), now).expect("somebody");
        balancer.settle(pick.lease, outcome(kind), now);
        pick.credential.expect("a key").0
    };
    let mut ranked = with(PoolOrder::Priority, [1, 1, 1]);
    assert_eq!(served(&mut ranked, FINE, at(0)), 10);
    assert_eq!(served(&mut ranked, LIMITED, at(0)), 10);
    assert_eq!(served(&mut ranked, LIMITED, at(0)), 11);
    assert_eq!(served(&mut ranked, LIMITED, at(1)), 12);
    assert_eq!(served(&mut ranked, FINE, at(59)), 1, "the backup, when all keys are out");
    assert_eq!(state(&ranked, 0, at(59)), State::Cooling);
    assert_eq!(served(&mut ranked, FINE, at(60)), 10);
    let mut turns = with(PoolOrder::RoundRobin, [2, 1, 0]);
    let six: Vec<u32> = (0..6).map(|_| served(&mut turns, FINE, at(0))).collect();
    assert_eq!(six.iter().filter(|it| **it == 10).count(), 4, "{six:?}");
    assert!(!six.contains(&12));
    let (been, end) = request(&mut turns, &ask(), at(0), |it| if it.target.0 == 1 { FINE } else { LIMITED });
    assert_eq!((been, end), (vec![0, 0, 1], Ok(None)), "within one request, key by key");
}

#[test]
fn a_caller_stays_with_its_target_while_that_is_there_and_it_keeps_coming() {
    let mut it = upstream((0..5).map(target).collect());
    it.affinity = Some(Affinity { ttl: secs(300) });
    let mut balancer = balancer(it);
    let sticky = Ask { affinity: Some(42), ..ask() };
    let serve = |balancer: &mut Balancer, ask: &Ask, kind: Kind, now: Time| {
        let pick = balancer.pick(ask, &Attempts::new(now), now).expect("somebody");
        if matches!(kind, Kind::Success { .. }) {
            let opened = Opened { status: 200, first_token: secs(1), streamed: true, spent: None };
            balancer.opened(pick.lease, opened, now);
        }
        balancer.settle(pick.lease, outcome(kind), now);
        (pick.target.0, pick.reason.why)
    };
    let (home, _) = serve(&mut balancer, &sticky, FINE, at(0));
    for n in 1..10 {
        serve(&mut balancer, &ask(), FINE, at(n));
        assert_eq!(serve(&mut balancer, &sticky, FINE, at(n * 299)), (home, Why::Affinity));
    }
    let now = 9 * 299 + 300;
    assert_ne!(serve(&mut balancer, &sticky, LIMITED, at(now)).1, Why::Affinity, "forgotten by now");
    let (home, _) = serve(&mut balancer, &sticky, FINE, at(now + 1));
    assert_eq!(serve(&mut balancer, &sticky, LIMITED, at(now + 2)), (home, Why::Affinity));
    let (next, why) = serve(&mut balancer, &sticky, FINE, at(now + 3));
    assert!(next != home && why != Why::Affinity);
    assert_eq!(serve(&mut balancer, &sticky, FINE, at(now + 100)), (next, Why::Affinity), "its new home");
}

#[test]
fn requests_that_need_the_same_model_or_an_ability_get_no_other() {
    let with = |id, model: Option<u32>, can| TargetPlan { model: model.map(ModelId), can, ..target(id) };
    let mut it = upstream(vec![with(0, Some(1), 0b01), with(1, Some(2), 0b11), with(2, None, 0b01)]);
    it.targets[1].tier = Tier::Regular(1);
    it.targets[2].tier = Tier::Regular(2);
    let all_of = |ask: Ask| {
        let (mut been, _) = request(&mut balancer(it.clone()), &ask, at(0), |_| LIMITED);
        been.sort();
        been
    };
    let same = |model: Option<u32>| Ask { same_model: true, model: model.map(ModelId), ..ask() };
    assert_eq!(all_of(ask()), [0, 1, 2]);
    assert_eq!(all_of(same(Some(1))), [0, 2]);
    assert_eq!(all_of(same(Some(2))), [1, 2]);
    assert_eq!(all_of(same(Some(3))), [2], "only who keeps the caller's model serves that one");
    assert_eq!(all_of(same(None)), [0], "the one it would get if all were well");
    assert_eq!(all_of(Ask { needs: 0b10, ..ask() }), [1]);
    assert_eq!(all_of(Ask { needs: 0b11, ..ask() }), [1]);
}

#[test]
fn what_is_out_outlives_a_restart() {
    let mut it = upstream(vec![target(0), target(1), target(2), target(3)]);
    it.health.passive.tcp_failures = 1;
    it.suspension.connect = None;
    let mut old = balancer(it.clone());
    let kinds = [LIMITED, Kind::KeyRejected, Kind::ModelNotFound, Kind::Connect];
    for kind in kinds {
        once(&mut old, &ask(), kind, at(0));
    }
    let ledger = old.export(at(5));
    assert_eq!(ledger.exclusions.len(), 4);
    let mut new = balancer(it);
    new.import(ledger, at(5));
    for second in [5, 9, 10, 59] {
        for target in 0..4 {
            assert_eq!(state(&new, target, at(second)), state(&old, target, at(second)), "{target} {second}");
        }
    }
    let exported = new.export(at(5)).exclusions;
    assert_eq!(exported.len(), 4);
    for (scope, out, _) in exported {
        let is_place = matches!(scope, Scope::Pair(..) | Scope::Address(..));
        assert_eq!(new.exclusion(scope), is_place.then_some(out), "{scope:?}");
    }
    assert!(new.pick(&ask(), &Attempts::new(at(5)), at(5)).is_err());
    assert!(new.pick(&ask(), &Attempts::new(at(60)), at(60)).is_ok());
}

#[test]
fn an_attempt_that_was_never_sent_has_never_been() {
    let mut balancer = balancer(upstream(vec![target(0), target(1)]));
    let pick = balancer.pick(&ask(), &Attempts::new(at(0)), at(0)).expect("free");
    balancer.settle(pick.lease, outcome(Kind::Unsent), at(0));
    assert_eq!(balancer.report(at(0)).upstreams[0].targets[pick.target.0 as usize].picked, 0);
    assert_eq!(picks(&mut balancer, at(0), 1), [pick.target.0], "it is still its turn");
}

#[test]
fn a_model_that_an_address_was_found_not_to_serve_stays_barred_across_plans() {
    let keeper = TargetPlan { model: None, ..target(0) };
    let it = upstream(vec![keeper]);
    let mut balancer = balancer(it.clone());
    let about = Ask { model: Some(ModelId(9)), ..ask() };
    once(&mut balancer, &about, Kind::ModelNotFound, at(0));
    balancer.apply(plan(vec![it]), at(1));
    let out = balancer.pick(&about, &Attempts::new(at(1)), at(1)).expect_err("not served there");
    assert_eq!(out.until, Some(at(60)));
    assert!(once(&mut balancer, &ask(), FINE, at(1)).is_some());
}

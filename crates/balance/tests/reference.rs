//! The balancer against an obvious model of it: whatever happens, in whatever order, who may be picked is what the
//! plan and the exclusions that were announced say, looked up the slow way.
//!
//! The model believes the events (that they are the right ones is told row by row in `blame.rs` and `health.rs`) and
//! checks everything between them and a pick: slots, lanes, lineups, wakes, trials, changes of plan, restarts.

mod support;

use std::collections::HashMap;

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

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Pick { sandbox: bool, model: u32, hash: Option<u64> },
    Opened(usize),
    Settle(usize, Kind),
    Probed(u32, Probed),
    Steer(Order),
    Edit(u32, Edit),
    Restart,
}

#[derive(Clone, Debug)]
enum Edit {
    Weight(u16),
    Enabled(bool),
    Tier(u32),
    Remove,
    Add(Option<u32>),
    KeyEnabled(bool),
    KeyExpires(u64),
    Shuffle,
    Algorithm(Algorithm),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn who_may_be_picked_is_what_plan_and_exclusions_say(
        algorithm in select(&ALGORITHMS[..]),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(algorithm);
        for step in steps {
            world.take(step)?;
        }
        world.settle_everything()?;
    }
}

fn step() -> impl Strategy<Value = Step> {
    let hint = prop::option::of((0u64..2000).prop_map(secs));
    let kind = prop_oneof![
        4 => Just(FINE),
        1 => hint.clone().prop_map(|spent| Kind::Success { spent }),
        3 => hint.clone().prop_map(|retry_after| Kind::RateLimited { retry_after }),
        1 => hint.clone().prop_map(|reset| Kind::QuotaExceeded { reset }),
        1 => hint.prop_map(|retry_after| Kind::Overloaded { retry_after }),
        8 => select(vec![
            Kind::KeyRejected, Kind::ModelNotFound, Kind::Connect, Kind::Timeout, Kind::ServerError, Kind::Broken,
            Kind::Refused, Kind::ClientGone, Kind::OutOfTime, Kind::Unsent, Kind::NoToken,
        ]),
    ];
    let probed = select(vec![Probed::Connected, Probed::Failed, Probed::TimedOut, Probed::Status(500)]);
    let order = (0u32..8, 0u32..4).prop_map(|(n, which)| match which {
        0 => Order::Healthy(UP, TargetId(n)),
        1 => Order::Unhealthy(UP, TargetId(n)),
        2 => Order::Clear(UP, TargetId(n)),
        _ => Order::ClearCredential(CredentialId(n % 4)),
    });
    let edit = prop_oneof![
        (0u16..4).prop_map(Edit::Weight),
        any::<bool>().prop_map(Edit::Enabled),
        (0u32..3).prop_map(Edit::Tier),
        Just(Edit::Remove),
        prop::option::of(0u32..2).prop_map(Edit::Add),
        any::<bool>().prop_map(Edit::KeyEnabled),
        (0u64..3000).prop_map(Edit::KeyExpires),
        Just(Edit::Shuffle),
        select(&ALGORITHMS[..]).prop_map(Edit::Algorithm),
    ];
    let pick = (prop::bool::weighted(0.2), 0u32..2, prop::option::of(any::<u64>()));
    prop_oneof![
        3 => select(vec![1u64, 5, 10, 60, 600]).prop_map(Step::Wait),
        10 => pick.prop_map(|(sandbox, model, hash)| Step::Pick { sandbox, model, hash }),
        2 => any::<usize>().prop_map(Step::Opened),
        8 => (any::<usize>(), kind).prop_map(|(n, kind)| Step::Settle(n, kind)),
        1 => (0u32..3, probed).prop_map(|(address, probed)| Step::Probed(address, probed)),
        1 => order.prop_map(Step::Steer),
        2 => (0u32..8, edit).prop_map(|(n, edit)| Step::Edit(n, edit)),
        1 => Just(Step::Restart),
    ]
}

struct World {
    balancer: Balancer,
    plan: Plan,
    now: Time,
    out: HashMap<Scope, Time>,
    /// Why keys are out.
    causes: HashMap<CredentialId, Cause>,
    open: Vec<Pick>,
    /// Trials of keys: whose, and until when they keep the others away.
    trials: Vec<(LeaseId, CredentialId, Time)>,
}

impl World {
    fn new(algorithm: Algorithm) -> Self {
        let mut it = upstream((0..6).map(member).collect());
        it.algorithm = algorithm;
        let plan = plan(vec![it]);
        let mut balancer = Balancer::new(3);
        balancer.apply(plan.clone(), at(0));
        let (out, causes) = (HashMap::new(), HashMap::new());
        World { balancer, plan, now: at(0), out, causes, open: Vec::new(), trials: Vec::new() }
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        let now = self.now;
        match step {
            Step::Wait(seconds) => self.now = now + secs(seconds),
            Step::Pick { sandbox, model, hash } => {
                let environment = if sandbox { Environment::Sandbox } else { Environment::Production };
                self.pick(&Ask { environment, model: Some(ModelId(model)), hash, ..ask() })?;
            }
            Step::Opened(n) => {
                if !self.open.is_empty() {
                    let lease = self.open[n % self.open.len()].lease;
                    let opened = Opened { status: 200, first_token: secs(1), streamed: true, spent: None };
                    let events = self.balancer.opened(lease, opened, now);
                    self.note(events);
                }
            }
            Step::Settle(n, kind) => {
                if !self.open.is_empty() {
                    let lease = self.open.swap_remove(n % self.open.len()).lease;
                    let events = self.balancer.settle(lease, outcome(kind), now);
                    self.end_trial(lease);
                    self.note(events);
                    prop_assert!(self.balancer.settle(lease, outcome(Kind::Connect), now).is_empty());
                }
            }
            Step::Probed(address, probed) => {
                let events = self.balancer.probed(UP, AddressId(address), probed, now);
                self.note(events);
            }
            Step::Steer(order) => {
                let events = self.balancer.steer(order, now);
                self.note(events);
            }
            Step::Edit(n, edit) => self.edit(n, &edit),
            Step::Restart => {
                let ledger = self.balancer.export(now);
                self.balancer = Balancer::new(4);
                self.balancer.apply(self.plan.clone(), now);
                self.balancer.import(ledger, now);
                self.open.clear();
                self.trials.clear();
            }
        }
        self.compare()
    }

    fn pick(&mut self, ask: &Ask) -> Result<(), TestCaseError> {
        let targets = self.plan.upstreams[0].targets.clone();
        let free: Vec<&TargetPlan> = targets.iter().filter(|it| self.available(it, ask)).collect();
        let picked = self.balancer.pick(ask, &Attempts::new(self.now), self.now);
        let lowest = free.iter().map(|it| it.tier).min();
        let Ok(pick) = picked else {
            prop_assert!(free.is_empty(), "{} are free", free.len());
            return Ok(());
        };
        let target = targets.iter().find(|it| it.id == pick.target).expect("it is in the plan");
        prop_assert!(serves(target, ask));
        if pick.reason.why == Why::HalfOpen {
            let out = self.out.get(&Scope::Address(UP, target.address));
            prop_assert!(out.is_some_and(|until| *until <= self.now));
            prop_assert!(lowest.is_none_or(|it| target.tier <= it));
        } else {
            prop_assert!(free.iter().any(|it| it.id == pick.target), "{:?} is out", target.id);
            prop_assert_eq!(Some(target.tier), lowest);
        }
        self.begin_trial(&pick);
        self.open.push(pick);
        Ok(())
    }

    /// A key that was rejected or out of quota shows by one request whether it is well again.
    fn begin_trial(&mut self, pick: &Pick) {
        let Some(id) = pick.credential else { return };
        let doubtful = matches!(self.causes.get(&id), Some(Cause::Quota | Cause::Auth));
        if let Some(until) = self.out.get_mut(&Scope::Credential(id)).filter(|_| doubtful) {
            *until = self.now + secs(60);
            self.trials.push((pick.lease, id, *until));
        }
    }

    fn end_trial(&mut self, lease: LeaseId) {
        let Some(at) = self.trials.iter().position(|it| it.0 == lease) else { return };
        let (_, id, trial) = self.trials.swap_remove(at);
        if let Some(until) = self.out.get_mut(&Scope::Credential(id)).filter(|it| **it == trial) {
            *until = trial.min(self.now);
        }
    }

    fn available(&self, target: &TargetPlan, ask: &Ask) -> bool {
        let model = target.model.or(ask.model);
        let is_in = |scope: Scope| self.out.get(&scope).is_none_or(|until| *until <= self.now);
        let key_in = |id: CredentialId| {
            let plan = self.plan.credentials.iter().find(|it| it.id == id).expect("every key is planned");
            let switched_on = plan.enabled && plan.expires.is_none_or(|it| it > self.now);
            let for_model = model.is_none_or(|it| is_in(Scope::CredentialModel(id, Some(it))));
            switched_on && is_in(Scope::Credential(id)) && for_model
        };
        let keys_in = match &target.credentials {
            Credentials::One(id) => key_in(*id),
            Credentials::Pool { members, .. } => {
                members.iter().any(|it| it.weight > 0 && key_in(it.credential))
            }
            Credentials::None | Credentials::PassThrough => true,
        };
        let address_in = !self.out.contains_key(&Scope::Address(UP, target.address));
        let pair_in = is_in(Scope::Pair(UP, target.address, target.model));
        let asked_in = target.model.is_some() || is_in(Scope::Pair(UP, target.address, model));
        serves(target, ask) && keys_in && address_in && pair_in && asked_in
    }

    fn note(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Excluded { scope, until, cause } => {
                    if let Scope::Credential(id) = scope {
                        self.causes.insert(id, cause);
                    }
                    self.out.insert(scope, until);
                }
                Event::Returned { scope } => {
                    self.out.remove(&scope);
                    if let Scope::Credential(id) = scope {
                        let whole = self.plan.credentials.iter().any(|it| it.id == id);
                        let proven = self.proven(id);
                        self.out.retain(|it, _| {
                            !(whole && !proven && matches!(it, Scope::CredentialModel(of, _) if *of == id))
                        });
                    }
                }
                Event::BudgetExhausted { .. } => {}
            }
        }
    }

    /// Whether that key is back by a success, which says nothing of its other models, and not by a clean slate.
    fn proven(&self, id: CredentialId) -> bool {
        let report = self.balancer.report(self.now);
        report.credentials.iter().any(|it| it.id == id && !it.models.is_empty())
    }

    fn edit(&mut self, n: u32, edit: &Edit) {
        let upstream = &mut self.plan.upstreams[0];
        let targets = &mut upstream.targets;
        let at = targets.iter().position(|it| it.id == TargetId(n));
        let key = (n % 4) as usize;
        match (edit, at) {
            (Edit::Weight(weight), Some(at)) => targets[at].weight = *weight,
            (Edit::Enabled(enabled), Some(at)) => targets[at].enabled = *enabled,
            (Edit::Tier(tier), Some(at)) => targets[at].tier = Tier::Regular(*tier),
            (Edit::Remove, Some(at)) => drop(targets.remove(at)),
            (Edit::Add(model), None) => targets.push(TargetPlan { model: model.map(ModelId), ..member(n) }),
            (Edit::KeyEnabled(enabled), _) => self.plan.credentials[key].enabled = *enabled,
            (Edit::KeyExpires(after), _) => {
                self.plan.credentials[key].expires = Some(self.now + secs(*after));
            }
            (Edit::Shuffle, _) => targets.reverse(),
            (Edit::Algorithm(algorithm), _) => upstream.algorithm = *algorithm,
            _ => return,
        }
        let targets = self.plan.upstreams[0].targets.clone();
        let events = self.balancer.apply(self.plan.clone(), self.now);
        self.note(events);
        let there = |address: AddressId| targets.iter().any(|it| it.address == address);
        self.out.retain(|scope, _| match scope {
            Scope::Pair(_, address, _) | Scope::Address(_, address) => there(*address),
            _ => true,
        });
    }

    /// What is reported agrees, and load is what is open.
    fn compare(&self) -> Result<(), TestCaseError> {
        let report = self.balancer.report(self.now);
        for (target, plan) in report.upstreams[0].targets.iter().zip(&self.plan.upstreams[0].targets) {
            let anyway = |environment| Ask { environment, ..ask() };
            let available = self.available(plan, &anyway(Environment::Production))
                || self.available(plan, &anyway(Environment::Sandbox));
            prop_assert_eq!(target.state == State::Available, available, "{:?} {:?}", target, plan);
        }
        let in_flight: u32 = report.upstreams[0].targets.iter().map(|it| it.in_flight).sum();
        prop_assert!(in_flight as usize <= self.open.len());
        Ok(())
    }

    fn settle_everything(&mut self) -> Result<(), TestCaseError> {
        for pick in self.open.drain(..) {
            self.balancer.settle(pick.lease, outcome(Kind::ClientGone), self.now);
        }
        let report = self.balancer.report(self.now);
        prop_assert!(report.upstreams[0].targets.iter().all(|it| it.in_flight == 0));
        prop_assert!(report.credentials.iter().all(|it| it.in_flight == 0));
        Ok(())
    }
}

/// Four keys and three addresses in eight targets of all kinds; the model's second is the first one's neighbour.
fn member(n: u32) -> TargetPlan {
    let pool = Credentials::Pool {
        order: if n == 2 { PoolOrder::Priority } else { PoolOrder::RoundRobin },
        members: (0..4).map(|n| Member { credential: CredentialId(n), weight: n as u16 }).collect(),
    };
    TargetPlan {
        address: AddressId(n % 3),
        model: (n % 5 != 4).then_some(ModelId(n % 2)),
        credentials: if n % 4 == 2 { pool } else { Credentials::One(CredentialId(n % 4)) },
        tier: if n == 5 { Tier::Backup } else { Tier::Regular(n / 3) },
        environment: [Only::Any, Only::Production, Only::Sandbox][(n as usize / 2) % 3],
        ..target(n)
    }
}

fn serves(target: &TargetPlan, ask: &Ask) -> bool {
    let here = match target.environment {
        Only::Any => true,
        Only::Production => ask.environment == Environment::Production,
        Only::Sandbox => ask.environment == Environment::Sandbox,
    };
    here && target.enabled && target.weight > 0
}

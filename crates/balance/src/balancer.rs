//! The whole state machine: apply, pick, opened, settle, again, probed, steer, report.
//!
//! Here is who asks whom, in what order; who is next stands in `choose`, what an outcome
//! means in `settle` and `blame`.

use alloc::vec::Vec;
use core::time::Duration;

use hashbrown::HashMap;

use crate::{
    AddressId, Ask, Attempts, CredentialId, Credentials, Event, Exhausted, Pick, Plan, Reason, Scope, Time,
    UpstreamId, Why,
    bounded::{Bounded, Spread},
    choose::{Bonds, Callers, CallersOut, Choice, Request},
    credential::Credential,
    lease::{Lease, Leases, Payer, Slots},
    rng::Rng,
    upstream::{Upstream, side},
};

/// Callers' keys and bonds remembered at most, each: a busy gateway's active users within a bond's five minutes, at
/// a few megabytes.
const REMEMBERED_MAX: usize = 65_536;

/// Before the one repeat of a lane: long enough for a process to come up again or a queue to drain a little, short
/// enough for a person who waits. Jittered from half to one and a half times.
const REPEAT_AFTER: Duration = Duration::from_millis(250);

/// Who is to be picked next, and everything remembered about last time.
pub struct Balancer {
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) upstream_slots: HashMap<UpstreamId, u32>,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) credential_slots: HashMap<CredentialId, u32>,
    pub(crate) leases: Leases,
    pub(crate) callers: Callers,
    /// What a report says of them, by address.
    pub(crate) callers_out: HashMap<AddressId, CallersOut>,
    pub(crate) bonds: Bonds,
    /// Counts the plans: slots are good under one of them.
    pub(crate) epoch: u64,
    rng: Rng,
}

impl Balancer {
    /// An empty balancer; `seed` makes its random choices repeatable.
    pub fn new(seed: u64) -> Self {
        Balancer {
            upstreams: Vec::new(),
            upstream_slots: HashMap::new(),
            credentials: Vec::new(),
            credential_slots: HashMap::new(),
            leases: Leases::default(),
            callers: Bounded::new(REMEMBERED_MAX),
            callers_out: HashMap::new(),
            bonds: Bounded::new(REMEMBERED_MAX),
            epoch: 0,
            rng: Rng::new(seed),
        }
    }

    /// Puts `plan` in force. What did not change keeps its health, load and rotation; leases of what is gone stay
    /// settleable. An upstream whose plan is the same is not built anew.
    pub fn apply(&mut self, plan: Plan, now: Time) -> Vec<Event> {
        self.epoch += 1;
        let events = self.apply_credentials(&plan, now);
        let mut before: HashMap<UpstreamId, Upstream> =
            self.upstreams.drain(..).map(|it| (it.plan.id, it)).collect();
        self.upstream_slots.clear();
        for (slot, plan) in plan.upstreams.into_iter().enumerate() {
            let (slot, before) = (slot as u32, before.remove(&plan.id));
            self.upstream_slots.insert(plan.id, slot);
            let slots = &self.credential_slots;
            let mut upstream = match before {
                Some(same) if same.plan == plan => same,
                before => Upstream::build(plan, before, self.epoch),
            };
            upstream.pay_with(slot, slots, &mut self.credentials);
            self.upstreams.push(upstream);
        }
        for upstream in &mut self.upstreams {
            if upstream.begun {
                upstream.look_at_keys(&self.credentials, now);
            } else {
                upstream.begin(&self.credentials, &mut self.rng, now);
            }
        }
        events
    }

    fn apply_credentials(&mut self, plan: &Plan, now: Time) -> Vec<Event> {
        let mut events = Vec::new();
        let mut before: HashMap<CredentialId, Credential> =
            self.credentials.drain(..).map(|it| (it.plan.id, it)).collect();
        self.credential_slots.clear();
        for plan in &plan.credentials {
            let known = before.remove(&plan.id);
            let mut credential = known.unwrap_or_else(|| Credential::new(*plan, self.epoch));
            let enabled_again = plan.enabled && !credential.plan.enabled;
            let another = plan.version != credential.plan.version;
            let cleared = (enabled_again || another) && credential.clear();
            if cleared || another && credential.own.out(now).is_some() {
                events.push(Event::Returned { scope: Scope::Credential(plan.id) });
            }
            if another {
                // What is still under way with the key before tells nothing of this one.
                credential = Credential::new(*plan, self.epoch);
            }
            credential.plan = *plan;
            credential.lanes.clear();
            credential.own.keep_to(&plan.limits);
            if credential.own.weigh(&plan.limits, credential.in_flight, now) {
                events.extend(credential.own.tell(plan.id, now));
            }
            self.credential_slots.insert(plan.id, self.credentials.len() as u32);
            self.credentials.push(credential);
        }
        events
    }

    /// Who serves `ask`, given what this request has tried; takes a lease.
    pub fn pick(&mut self, ask: &Ask, attempts: &Attempts, now: Time) -> Result<Pick, Exhausted> {
        let slot = *self.upstream_slots.get(&ask.upstream).ok_or(Exhausted::NOBODY)?;
        let upstream = &mut self.upstreams[slot as usize];
        upstream.wake(&self.credentials, now);
        let request = Request {
            ask,
            tried: &attempts.tried,
            credentials: &self.credentials,
            callers: &self.callers,
            bonds: &self.bonds,
            now,
        };
        if attempts.tried.is_empty() {
            let budget = upstream.plan.retries.budget;
            upstream.spending.request(&budget, now);
        }
        if upstream.is_known_for_nobody(&request) {
            debug_assert!(upstream.choose(&request, &mut self.rng).is_none(), "nothing has changed since");
            return Err(upstream.exhausted(&request));
        }
        let choice = upstream.choose(&request, &mut self.rng);
        let again = || attempts.repeat.and_then(|(target, key)| upstream.repeat(&request, target, key));
        let Some(choice) = choice.or_else(again) else {
            return Err(upstream.exhausted(&request));
        };
        Ok(self.lease(slot, &choice, ask, now))
    }

    /// Writes the choice down.
    fn lease(&mut self, slot: u32, choice: &Choice, ask: &Ask, now: Time) -> Pick {
        let upstream = &mut self.upstreams[slot as usize];
        let plan = &upstream.plan.targets[choice.target as usize];
        let (id, address, model) = (plan.id, plan.address, plan.model);
        let credential = upstream.lanes[choice.lane as usize].credential;
        let payer = match (credential, &plan.credentials) {
            (Some((_, credential)), _) => Payer::Credential(credential),
            (None, Credentials::PassThrough) => Payer::Caller(ask.caller),
            (None, _) => Payer::Nobody,
        };
        let rank = &upstream.groups[side(ask.environment)].tiers[choice.spot.tier as usize];
        let (available, of) = (rank.lineup.ready() as u32, rank.lineup.len() as u32);
        let reason = Reason { why: choice.why, tier: rank.tier, available, of };
        let target = &mut upstream.targets[choice.target as usize];
        target.picked += 1;
        let (born, in_flight, pair) = (target.born, target.in_flight + 1, target.pair);
        let slots = Slots {
            upstream: Some(slot),
            target: Some(choice.target),
            address: Some(target.address),
            pair: Some(pair),
            credential: credential.map(|it| it.0),
        };
        if choice.trial {
            upstream.addresses[target.address as usize].begin_trial(now);
        }
        let observed = upstream.pairs[pair as usize].observed();
        upstream.set_in_flight(choice.target, in_flight);
        let (mut credential_born, mut key_trial, mut event) = (0, None, None);
        if let Some((slot, _)) = credential {
            let credential = &mut self.credentials[slot as usize];
            credential.in_flight += 1;
            credential.own.begin(now);
            credential_born = credential.born;
            key_trial = credential.begin_trial(now);
            if key_trial.is_some() {
                self.refresh_credential(slot, now);
            }
            event = self.weigh_credential(slot, now);
        }
        if let (Why::Affinity, Some(key)) = (choice.why, ask.affinity) {
            self.bonds.put((ask.upstream, key), id, now);
        }
        let lease = self.leases.open(Lease {
            upstream: ask.upstream,
            target: id,
            address,
            model,
            asked: model.or(ask.model),
            payer,
            affinity: ask.affinity,
            begun: now,
            born,
            credential_born,
            epoch: self.epoch,
            slots,
            charged: choice.charged,
            trial: choice.trial,
            key_trial,
            tokens: 0,
            opened: false,
        });
        let after = if choice.why == Why::Repeat { self.jittered(REPEAT_AFTER) } else { Duration::ZERO };
        let credential = credential.map(|it| it.1);
        Pick { lease, target: id, address, credential, model, after, observed, reason, event }
    }

    /// From half of `wait` to one and a half times.
    fn jittered(&mut self, wait: Duration) -> Duration {
        wait / 2 + Duration::from_nanos(self.rng.below(wait.as_nanos() as u64))
    }

    /// The attempt with the slots that hold under the plan in force.
    pub(crate) fn located(&self, lease: Lease) -> Lease {
        if lease.epoch == self.epoch {
            return lease;
        }
        let slot = self.upstream_slots.get(&lease.upstream).copied();
        let upstream = slot.map(|it| &self.upstreams[it as usize]);
        let target = upstream.and_then(|it| {
            let slot = *it.target_slots.get(&lease.target)?;
            (it.targets[slot as usize].born == lease.born).then_some(slot)
        });
        let slots = Slots {
            upstream: slot,
            target,
            address: upstream.and_then(|it| it.address_slots.get(&lease.address).copied()),
            pair: upstream.and_then(|it| it.pair_slots.get(&(lease.address, lease.model)).copied()),
            credential: match lease.payer {
                Payer::Credential(id) => self.payer_slot(id, &lease),
                Payer::Caller(_) | Payer::Nobody => None,
            },
        };
        // The lineup whose turn it was is not there any more.
        Lease { epoch: self.epoch, slots, charged: None, ..lease }
    }
}

impl Attempts {
    /// A request that began at `started` and has tried nobody yet. Allocates nothing.
    pub fn new(started: Time) -> Self {
        Attempts { started, tried: Vec::new(), counted: 0, uncounted: 0, repeat: None, repeated: false }
    }
}

impl Spread for (crate::AddressId, u64) {
    fn spread(self) -> u64 {
        (self.0.0, self.1).spread()
    }
}

impl Spread for (UpstreamId, u64) {
    fn spread(self) -> u64 {
        (self.0.0, self.1).spread()
    }
}

//! What is not traffic: active probes, operators' orders, and what outlives a restart.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{
    AddressId, Balancer, Cause, Credentials, Event, Exclusion, Ledger, Order, Probed, Scope, TargetId, Time,
    UpstreamId,
    health::{Failing, Moved},
};

/// Traffic that succeeded so lately outweighs a failed probe, however often probes are made.
const TRAFFIC_SPEAKS: Duration = Duration::from_secs(10);

impl Balancer {
    /// The next active probe that is due, and when. Asking again gives the same answer until it is `probing`.
    pub fn next_probe(&self) -> Option<(Time, UpstreamId, AddressId)> {
        let soonest = |it: &crate::upstream::Upstream| {
            let (address, when) = it.probes.soonest()?;
            Some((when, it.plan.id, it.addresses[address].id))
        };
        self.upstreams.iter().filter_map(soonest).min()
    }

    /// A probe is under way: it is not due again before it is `probed` (or its lease of one interval is over).
    pub fn probing(&mut self, upstream: UpstreamId, address: AddressId, now: Time) {
        if let Some((slot, index)) = self.address_slot(upstream, address) {
            let upstream = &mut self.upstreams[slot as usize];
            upstream.schedule_probe(index, now + upstream.probe_interval(index));
        }
    }

    /// A probe came back.
    pub fn probed(
        &mut self,
        upstream: UpstreamId,
        address: AddressId,
        probed: Probed,
        now: Time,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        let Some((slot, index)) = self.address_slot(upstream, address) else {
            return events;
        };
        let upstream = &mut self.upstreams[slot as usize];
        upstream.wake(&self.credentials, now);
        let active = &upstream.plan.health.active;
        let failing = match probed {
            Probed::Connected => None,
            Probed::Status(status) if active.healthy_statuses.contains(status) => None,
            Probed::Status(status) if active.unhealthy_statuses.contains(status) => Some(Failing::Http),
            Probed::Failed => Some(Failing::Tcp),
            Probed::TimedOut => Some(Failing::Timeout),
            Probed::Status(_) => {
                upstream.schedule_probe(index, now + upstream.probe_interval(index));
                return events;
            }
        };
        let lately = TRAFFIC_SPEAKS.max(upstream.plan.health.interval_healthy);
        let address = &mut upstream.addresses[index as usize];
        let moved = match failing {
            None => address.probe_success(active.successes),
            Some(_)
                if address.out.is_none()
                    && address.last_success.is_some_and(|it| now.since(it) <= lately) =>
            {
                Moved::Stayed
            }
            Some(failing) => address.failure(failing, active, upstream.plan.health.ejection_time, now),
        };
        upstream.address_moved(index, moved, now, &mut events);
        upstream.schedule_probe(index, now + upstream.probe_interval(index));
        events
    }

    /// An operator's order.
    pub fn steer(&mut self, order: Order, now: Time) -> Vec<Event> {
        let mut events = Vec::new();
        match order {
            Order::Healthy(upstream, target) => {
                if let Some((slot, target)) = self.target_slot(upstream, target) {
                    let upstream = &mut self.upstreams[slot as usize];
                    let index = upstream.targets[target as usize].address;
                    let address = &mut upstream.addresses[index as usize];
                    let moved = if address.out.is_some() { Moved::Returned } else { Moved::Stayed };
                    address.restore();
                    upstream.address_moved(index, moved, now, &mut events);
                }
            }
            Order::Unhealthy(upstream, target) => {
                if let Some((slot, target)) = self.target_slot(upstream, target) {
                    let upstream = &mut self.upstreams[slot as usize];
                    let index = upstream.targets[target as usize].address;
                    upstream.addresses[index as usize].condemn(now);
                    upstream.address_moved(index, Moved::Ejected, now, &mut events);
                }
            }
            Order::Clear(upstream, target) => self.clear_target(upstream, target, now, &mut events),
            Order::ClearCredential(id) => {
                if let Some(slot) = self.credential_slot(id) {
                    self.clear_credential(slot, now, &mut events);
                }
            }
            Order::KeyAccepted(id) => {
                if let Some(slot) = self.credential_slot(id) {
                    let credential = &mut self.credentials[slot as usize];
                    if credential.out.take_if(|it| matches!(it.cause, Cause::Auth | Cause::Token)).is_some() {
                        credential.streak = 0;
                        events.push(Event::Returned { scope: Scope::Credential(id) });
                        self.refresh_credential(slot, now);
                    }
                }
            }
        }
        events
    }

    fn clear_target(&mut self, upstream: UpstreamId, target: TargetId, now: Time, events: &mut Vec<Event>) {
        let Some((slot, target)) = self.target_slot(upstream, target) else {
            return;
        };
        let it = &self.upstreams[slot as usize];
        let lanes = it.targets[target as usize].lanes.clone();
        let keys: Vec<u32> =
            lanes.filter_map(|lane| it.lanes[lane as usize].credential).map(|it| it.0).collect();
        for key in keys {
            self.clear_credential(key, now, events);
        }
        let it = &mut self.upstreams[slot as usize];
        let plan = &it.plan.targets[target as usize];
        let (address, model) = (plan.address, plan.model);
        if matches!(plan.credentials, Credentials::PassThrough) {
            self.callers_out.remove(&address);
            let tell = |(address, caller), out: Exclusion| {
                if out.until > now {
                    events.push(Event::Returned { scope: Scope::Caller(address, caller) });
                }
            };
            self.callers.forget(|(at, _)| at == address, tell);
        }
        for pair in 0..it.pairs.len() as u32 {
            // A target that keeps the caller's model has all the pairs of its address.
            let pair_of = &it.pairs[pair as usize];
            let its_own = pair_of.address == address && (model.is_none() || pair_of.model == model);
            if its_own && let Some(out) = it.pairs[pair as usize].out.take() {
                if out.until > now {
                    let scope = Scope::Pair(upstream, address, it.pairs[pair as usize].model);
                    events.push(Event::Returned { scope });
                }
                it.refresh_pair(pair, now);
            }
        }
    }

    fn clear_credential(&mut self, slot: u32, now: Time, events: &mut Vec<Event>) {
        let credential = &mut self.credentials[slot as usize];
        if credential.clear() {
            events.push(Event::Returned { scope: Scope::Credential(credential.plan.id) });
            self.refresh_credential(slot, now);
        }
    }

    /// What should outlive a restart.
    pub fn export(&self, now: Time) -> Ledger {
        let mut exclusions = Vec::new();
        for it in &self.credentials {
            // Also when its wait is over: until the trial it is doubtful, and the next rejection doubles on.
            if let Some(out) = it.out {
                exclusions.push((Scope::Credential(it.plan.id), out, it.streak));
            }
            for (model, out) in it.models.iter().filter(|(_, out)| out.until > now) {
                exclusions.push((Scope::CredentialModel(it.plan.id, *model), *out, 0));
            }
        }
        for it in &self.upstreams {
            for pair in it.pairs.iter().filter(|it| it.blocked(now).is_some()) {
                let scope = Scope::Pair(it.plan.id, pair.address, pair.model);
                exclusions.extend(pair.out.map(|out| (scope, out, 0)));
            }
            for address in &it.addresses {
                let scope = Scope::Address(it.plan.id, address.id);
                exclusions.extend(address.out.map(|out| (scope, out, address.streak)));
            }
        }
        Ledger { exclusions, taken: now }
    }

    /// Takes over what outlived a restart; instants are already on this process's line. Call after the first `apply`.
    pub fn import(&mut self, ledger: Ledger, now: Time) {
        for (scope, out, streak) in ledger.exclusions {
            match scope {
                Scope::Credential(id) => {
                    if let Some(slot) = self.credential_slot(id) {
                        let credential = &mut self.credentials[slot as usize];
                        (credential.out, credential.streak) = (Some(out), streak);
                        self.refresh_credential(slot, now);
                    }
                }
                Scope::CredentialModel(id, model) => {
                    if let Some(slot) = self.credential_slot(id) {
                        self.credentials[slot as usize].exclude_model(model, out, now);
                        self.refresh_credential(slot, now);
                    }
                }
                Scope::Pair(upstream, address, model) => {
                    if let Some((slot, _)) = self.address_slot(upstream, address) {
                        let upstream = &mut self.upstreams[slot as usize];
                        let pair = upstream.learned_pair(address, model);
                        upstream.pairs[pair as usize].out = Some(out);
                        upstream.refresh_pair(pair, now);
                    }
                }
                Scope::Address(upstream, address) => {
                    if let Some((slot, index)) = self.address_slot(upstream, address) {
                        let upstream = &mut self.upstreams[slot as usize];
                        let address = &mut upstream.addresses[index as usize];
                        (address.out, address.streak) = (Some(out), streak);
                        upstream.refresh_address(index, now);
                        upstream.schedule_probe(index, now);
                    }
                }
                // Callers' own keys are not worth writing down: the vendor says again what it has said.
                Scope::Caller(..) => {}
            }
        }
    }

    fn address_slot(&self, upstream: UpstreamId, address: AddressId) -> Option<(u32, u32)> {
        let slot = *self.upstream_slots.get(&upstream)?;
        Some((slot, *self.upstreams[slot as usize].address_slots.get(&address)?))
    }

    fn target_slot(&self, upstream: UpstreamId, target: TargetId) -> Option<(u32, u32)> {
        let slot = *self.upstream_slots.get(&upstream)?;
        Some((slot, *self.upstreams[slot as usize].target_slots.get(&target)?))
    }
}

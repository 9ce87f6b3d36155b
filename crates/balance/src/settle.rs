//! How attempts open and end: load, counters and what a success proves. What is held against whom is told in `blame`.
//!
//! What a request tells that began before an ejection or an exclusion did is old news: it moves no counter of what is
//! out, and ends nothing.

use alloc::vec::Vec;

use crate::{
    Balancer, Event, Exclusion, Kind, LeaseId, Opened, Outcome, Scope, Time,
    blame::excluded,
    ewma::PeakEwma,
    health::{Failing, Moved},
    lease::{Lease, Payer},
    upstream::Upstream,
};

/// The client's own fault at every vendor: no client must be able to move a counter with these.
const CLIENTS_OWN: [u16; 5] = [400, 405, 413, 415, 422];

impl Balancer {
    /// The attempt is committed: its first byte or delta is here. Clears the failure counters it disproves; the lease
    /// goes on until [`Balancer::settle`].
    pub fn opened(&mut self, lease: LeaseId, opened: Opened, now: Time) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(open) = self.leases.find(lease) else {
            return events;
        };
        if open.opened {
            return events;
        }
        let lease = *open;
        open.opened = true;
        let lease = self.located(lease);
        let Some(slot) = lease.slots.upstream else {
            return events;
        };
        self.upstreams[slot as usize].wake(&self.credentials, now);
        self.count(slot, &lease, Kind::Success { spent: None }, Some(opened.status), now, &mut events);
        if opened.status < 400 {
            self.learn(slot, &lease, &opened, now);
            self.prove(slot, &lease, now, &mut events);
            self.note_spent(slot, &lease, opened.spent, now, &mut events);
        }
        events
    }

    /// The attempt has used so many tokens so far. They count against its key's own limit when it is over.
    pub fn used(&mut self, lease: LeaseId, tokens: u64) {
        if let Some(open) = self.leases.find(lease) {
            open.tokens = tokens;
        }
    }

    /// The attempt is over. Settling a lease again does nothing.
    pub fn settle(&mut self, lease: LeaseId, outcome: Outcome, now: Time) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(lease) = self.leases.close(lease) else {
            return events;
        };
        let lease = self.located(lease);
        self.unload(&lease);
        events.extend(self.meter(&lease, outcome.kind, now));
        let Some(slot) = lease.slots.upstream else {
            return events;
        };
        self.upstreams[slot as usize].wake(&self.credentials, now);
        self.end_key_trial(&lease, now);
        match outcome.kind {
            Kind::Unsent => self.take_back(slot, &lease),
            Kind::ClientGone | Kind::OutOfTime => self.end_trial(slot, &lease),
            kind => {
                self.count(slot, &lease, kind, outcome.status, now, &mut events);
                self.judge(slot, &lease, kind, now, &mut events);
            }
        }
        events
    }

    /// One open attempt less.
    fn unload(&mut self, lease: &Lease) {
        if let (Some(slot), Some(target)) = (lease.slots.upstream, lease.slots.target) {
            let upstream = &mut self.upstreams[slot as usize];
            let in_flight = upstream.targets[target as usize].in_flight;
            upstream.set_in_flight(target, in_flight.saturating_sub(1));
        }
        if let Some(slot) = lease.slots.credential {
            let credential = &mut self.credentials[slot as usize];
            credential.in_flight = credential.in_flight.saturating_sub(1);
        }
    }

    /// What it means for its key's own limits that an attempt is over.
    fn meter(&mut self, lease: &Lease, kind: Kind, now: Time) -> Option<Event> {
        let slot = lease.slots.credential?;
        let own = &mut self.credentials[slot as usize].own;
        match kind {
            Kind::Unsent => own.take_back(lease.begun),
            _ => own.spend(lease.tokens, now),
        }
        self.weigh_credential(slot, now)
    }

    /// What the trial of a key has shown is judged by itself; here it makes way for others.
    fn end_key_trial(&mut self, lease: &Lease, now: Time) {
        if let (Some(trial), Some(slot)) = (lease.key_trial, lease.slots.credential) {
            self.credentials[slot as usize].end_trial(trial, now);
            self.refresh_credential(slot, now);
        }
    }

    /// As if it had never been.
    fn take_back(&mut self, slot: u32, lease: &Lease) {
        self.end_trial(slot, lease);
        let upstream = &mut self.upstreams[slot as usize];
        let Some(target) = lease.slots.target else { return };
        let picked = &mut upstream.targets[target as usize].picked;
        *picked = picked.saturating_sub(1);
        let Some(charged) = lease.charged else { return };
        let group = &mut upstream.groups[charged.environment as usize];
        group.tiers[charged.tier as usize].lineup.give_back(charged.place as usize);
        if let (Some(pool), Some(member)) = (&mut upstream.pools[target as usize], charged.member) {
            pool.give_back(member as usize);
        }
    }

    fn end_trial(&mut self, slot: u32, lease: &Lease) {
        if lease.trial
            && !lease.opened
            && let Some(address) = lease.slots.address
        {
            let upstream = &mut self.upstreams[slot as usize];
            upstream.addresses[address as usize].end_trial();
            upstream.nobody = None;
        }
    }

    /// What the address's counters make of it.
    fn count(
        &mut self,
        slot: u32,
        lease: &Lease,
        kind: Kind,
        status: Option<u16>,
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let upstream = &mut self.upstreams[slot as usize];
        let Some(index) = lease.slots.address else { return };
        let passive = &upstream.plan.health.passive;
        let statuses = status.filter(|it| !CLIENTS_OWN.contains(it));
        let listed_bad = statuses.is_some_and(|it| passive.unhealthy_statuses.contains(it));
        let listed_good = statuses.is_some_and(|it| passive.healthy_statuses.contains(it));
        let unknown = status.is_none();
        let verdict = match kind {
            Kind::Connect | Kind::Broken => Some(Err(Failing::Tcp)),
            Kind::Timeout => Some(Err(Failing::Timeout)),
            Kind::ServerError if unknown || listed_bad => Some(Err(Failing::Http)),
            // What its first byte has proven is not counted twice.
            Kind::Success { .. } if lease.opened => None,
            Kind::Success { .. } if unknown => Some(Ok(())),
            _ if listed_bad => Some(Err(Failing::Http)),
            _ if listed_good => Some(Ok(())),
            _ => None,
        };
        let heals = upstream.probes_heal();
        let address = &mut upstream.addresses[index as usize];
        if lease.trial && !lease.opened {
            address.end_trial();
            upstream.nobody = None;
        }
        let current = match address.out {
            None => true,
            Some(_) => lease.trial && address.half_open(now),
        };
        let Some(verdict) = verdict.filter(|_| current) else {
            return;
        };
        // With nobody else to bring it back, a first good trial must do even where successes are not counted.
        let enough = if heals { passive.successes } else { passive.successes.max(1) };
        let moved = match verdict {
            Ok(()) => address.success(enough, now),
            Err(failing) => address.failure(failing, passive, upstream.plan.health.ejection_time, now),
        };
        upstream.address_moved(index, moved, now, events);
    }

    /// Times are remembered where they help: time limits go by the pair, the latency algorithm by the target.
    fn learn(&mut self, slot: u32, lease: &Lease, opened: &Opened, now: Time) {
        let upstream = &mut self.upstreams[slot as usize];
        if let Some(pair) = lease.slots.pair {
            let pair = &mut upstream.pairs[pair as usize];
            let histogram = if opened.streamed { &mut pair.first_token } else { &mut pair.response };
            histogram.record(opened.first_token);
        }
        let Some(target) = lease.slots.target else { return };
        let latency = &mut upstream.targets[target as usize].latency;
        match latency {
            Some(latency) => latency.observe(opened.first_token, now),
            None => *latency = Some(PeakEwma::new(opened.first_token, now)),
        }
        upstream.tell_latency(target);
        if let (Some(key), Some(_)) = (lease.affinity, upstream.plan.affinity) {
            self.bonds.put((lease.upstream, key), lease.target, now);
        }
    }

    /// A success of a request that began after an exclusion of its key or pair did ends it.
    pub(crate) fn prove(&mut self, slot: u32, lease: &Lease, now: Time, events: &mut Vec<Event>) {
        let later = |out: &Exclusion| out.since < lease.begun;
        if let (Payer::Credential(id), Some(credential)) = (lease.payer, lease.slots.credential) {
            let it = &mut self.credentials[credential as usize];
            if let Some(out) = it.out.take_if(|it| later(it)) {
                it.streak = 0;
                if out.until > now || lease.key_trial.is_some() {
                    events.push(Event::Returned { scope: Scope::Credential(id) });
                    self.refresh_credential(credential, now);
                }
            }
        }
        if let Payer::Caller(_) = lease.payer
            && let Some(it) = self.callers_out.get_mut(&lease.address)
            && later(&it.out)
        {
            it.served_since = true;
        }
        let upstream = &mut self.upstreams[slot as usize];
        if let Some(pair) = lease.slots.pair
            && let Some(out) = upstream.pairs[pair as usize].out.take_if(|it| later(it))
            && out.until > now
        {
            events.push(Event::Returned { scope: Scope::Pair(lease.upstream, lease.address, lease.model) });
            upstream.refresh_pair(pair, now);
        }
    }
}

impl Upstream {
    /// Passes on what became of an address.
    pub(crate) fn address_moved(&mut self, address: u32, moved: Moved, now: Time, events: &mut Vec<Event>) {
        if moved == Moved::Stayed {
            return;
        }
        let it = &self.addresses[address as usize];
        let scope = Scope::Address(self.plan.id, it.id);
        events.push(it.out.map_or(Event::Returned { scope }, |out| excluded(scope, out)));
        self.refresh_address(address, now);
        // Its other interval holds from now on.
        self.schedule_probe(address, now + self.probe_interval(address));
    }
}

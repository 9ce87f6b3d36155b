//! From a plan to an upstream at work, keeping the history of whatever is still there.

use alloc::{boxed::Box, vec, vec::Vec};
use core::time::Duration;

use hashbrown::HashMap;

use crate::{
    CredentialId, Credentials, Only, PoolOrder, TargetPlan, Tier, Time, UpstreamPlan,
    budget::Spending,
    choose::pool_algorithm,
    credential::Credential,
    health::Address,
    lineup::{Lineup, Place},
    rng::Rng,
    upstream::{Group, Lane, Pair, Rank, Spot, Target, Upstream},
    wakes::Wakes,
};

/// First probes of a fresh plan are spread over this long at most, so that a start is not a volley.
const FIRST_PROBES_NANOS: u64 = 1_000_000_000;

impl Upstream {
    /// Puts `plan` to work. `epoch` tells newborn targets from their namesakes.
    pub(crate) fn build(plan: UpstreamPlan, mut before: Option<Upstream>, epoch: u64) -> Upstream {
        let mut upstream = Upstream::bare(plan, before.as_ref());
        for index in 0..upstream.plan.targets.len() as u32 {
            upstream.add_target(index, before.as_mut(), epoch);
        }
        upstream.keep_learned_pairs(before.as_ref());
        upstream.line_up(before.as_ref());
        upstream
    }

    /// Where its keys stand now, and where they find their lanes: this is the upstream in slot `slot`.
    pub(crate) fn pay_with(
        &mut self,
        slot: u32,
        credential_slots: &HashMap<CredentialId, u32>,
        credentials: &mut [Credential],
    ) {
        for (lane, it) in self.lanes.iter_mut().enumerate() {
            if let Some((credential, id)) = &mut it.credential {
                *credential = credential_slots[id];
                credentials[*credential as usize].lanes.push((slot, lane as u32));
            }
        }
    }

    /// Looks at every key again: what a plan says of them has changed, perhaps.
    pub(crate) fn look_at_keys(&mut self, credentials: &[Credential], now: Time) {
        for lane in 0..self.lanes.len() as u32 {
            self.refresh_lane(lane, credentials, now);
        }
    }

    /// Models that targets which keep the caller's model were found not to serve.
    fn keep_learned_pairs(&mut self, before: Option<&Upstream>) {
        for old in before.iter().flat_map(|it| &it.pairs) {
            let key = (old.address, old.model);
            let known = self.pair_slots.contains_key(&key) || !self.address_slots.contains_key(&old.address);
            if old.out.is_some() && !known {
                let slot = self.learned_pair(old.address, old.model);
                self.pairs[slot as usize].out = old.out;
            }
        }
    }

    /// Brings readiness, wakes and probes up to date, once all upstreams and keys are in place.
    pub(crate) fn begin(&mut self, credentials: &[Credential], rng: &mut Rng, now: Time) {
        self.wakes = Wakes::new(self.targets.len() + self.lanes.len() + self.addresses.len());
        self.probes = Wakes::new(self.addresses.len());
        self.half_open.reserve(self.addresses.len());
        self.begun = true;
        self.look_at_keys(credentials, now);
        for address in 0..self.addresses.len() as u32 {
            self.refresh_address(address, now);
            let planned = self.addresses[address as usize].probe_at.filter(|it| *it < Time::NEVER);
            let fresh = || now + Duration::from_nanos(rng.below(FIRST_PROBES_NANOS));
            let soonest = planned.unwrap_or_else(fresh);
            self.schedule_probe(address, soonest.min(now + self.probe_interval(address)));
        }
        for target in 0..self.targets.len() as u32 {
            self.set_in_flight(target, self.targets[target as usize].in_flight);
            self.tell_latency(target);
        }
    }

    fn bare(plan: UpstreamPlan, before: Option<&Upstream>) -> Upstream {
        Upstream {
            targets: Vec::with_capacity(plan.targets.len()),
            target_slots: HashMap::with_capacity(plan.targets.len()),
            lanes: Vec::with_capacity(plan.targets.len()),
            pools: Vec::with_capacity(plan.targets.len()),
            pairs: Vec::new(),
            pair_slots: HashMap::new(),
            addresses: Vec::new(),
            address_slots: HashMap::new(),
            groups: [Group::default(), Group::default()],
            pairs_ready: [0; 2],
            below_threshold: [false; 2],
            wakes: Wakes::default(),
            half_open: Vec::new(),
            nobody: None,
            passes_through: plan.targets.iter().any(|it| it.credentials == Credentials::PassThrough),
            begun: false,
            probes: Wakes::default(),
            spending: before.map_or_else(Spending::default, |it| it.spending.clone()),
            plan,
        }
    }

    fn add_target(&mut self, slot: u32, mut before: Option<&mut Upstream>, epoch: u64) {
        let plan = self.plan.targets[slot as usize].clone();
        let address = self.address(&plan, slot, before.as_deref_mut());
        let pair = self.pair(&plan, slot, before.as_deref_mut());
        let first = self.lanes.len() as u32;
        let mut lane = |credential: Option<CredentialId>| {
            // Its slot follows in `pay_with`.
            let credential = credential.map(|id| (u32::MAX, id));
            self.lanes.push(Lane { target: slot, credential, open: false });
        };
        let mut pool = None;
        match &plan.credentials {
            Credentials::None | Credentials::PassThrough => lane(None),
            Credentials::One(id) => lane(Some(*id)),
            Credentials::Pool { order, members } => {
                let members = members.iter().filter(|it| it.weight > 0);
                members.clone().for_each(|it| lane(Some(it.credential)));
                let places: Vec<Place> = members
                    .map(|it| Place {
                        member: it.credential.0,
                        weight: it.weight,
                        hash: u64::from(it.credential.0),
                    })
                    .collect();
                pool = Some((*order, places));
            }
        }
        let old = before.and_then(|it| {
            let old = *it.target_slots.get(&plan.id)?;
            Some((it.targets[old as usize].clone(), it.pools[old as usize].take()))
        });
        let (old, old_pool) = old.map_or((None, None), |(target, pool)| (Some(target), pool));
        let pool = pool.map(|(order, places): (PoolOrder, Vec<Place>)| {
            Box::new(Lineup::new(pool_algorithm(order), 0, &places, old_pool.as_deref()))
        });
        self.pools.push(pool);
        self.target_slots.insert(plan.id, slot);
        self.targets.push(Target {
            born: old.as_ref().map_or(epoch, |it| it.born),
            in_flight: old.as_ref().map_or(0, |it| it.in_flight),
            picked: old.as_ref().map_or(0, |it| it.picked),
            latency: old.and_then(|it| it.latency),
            pair,
            address,
            lanes: first..self.lanes.len() as u32,
            lanes_open: 0,
            open: false,
            ready: false,
            places: [None; 2],
        });
    }

    fn address(&mut self, plan: &TargetPlan, target: u32, before: Option<&mut Upstream>) -> u32 {
        let slot = *self.address_slots.entry(plan.address).or_insert_with(|| {
            let old = before
                .and_then(|it| Some(it.addresses[*it.address_slots.get(&plan.address)? as usize].clone()));
            let mut address = old.unwrap_or_else(|| Address::new(plan.address));
            address.targets.clear();
            self.addresses.push(address);
            (self.addresses.len() - 1) as u32
        });
        self.addresses[slot as usize].targets.push(target);
        slot
    }

    fn pair(&mut self, plan: &TargetPlan, target: u32, before: Option<&mut Upstream>) -> u32 {
        let key = (plan.address, plan.model);
        let slot = *self.pair_slots.entry(key).or_insert_with(|| {
            let old = before.and_then(|it| Some(it.pairs[*it.pair_slots.get(&key)? as usize].clone()));
            let mut pair = old.unwrap_or_else(|| Pair::new(plan.address, plan.model));
            pair.targets.clear();
            pair.ready = [0; 2];
            self.pairs.push(pair);
            (self.pairs.len() - 1) as u32
        });
        self.pairs[slot as usize].targets.push(target);
        slot
    }

    /// Sorts the targets into tiers, for each environment, and makes the lineups.
    fn line_up(&mut self, before: Option<&Upstream>) {
        for (side, only) in [Only::Production, Only::Sandbox].into_iter().enumerate() {
            let old = before.map(|it| &it.groups[side]);
            let mut members: Vec<(Tier, u32)> = Vec::new();
            for (slot, plan) in self.plan.targets.iter().enumerate() {
                let here = plan.environment == Only::Any || plan.environment == only;
                if here && plan.enabled && plan.weight > 0 {
                    members.push((plan.tier, slot as u32));
                }
            }
            members.sort_by_key(|it| it.0); // Stable: plan order within a tier.
            let mut group = Group::default();
            for (tier, slot) in members {
                let plan = &self.plan.targets[slot as usize];
                match plan.model {
                    Some(model) => group.models.push(model),
                    None => group.keeps = true,
                }
                if group.tiers.is_empty() {
                    group.first = plan.model;
                }
                if group.tiers.last().is_none_or(|it| it.tier != tier) {
                    let lineup = Lineup::new(self.plan.algorithm, self.plan.slots, &[], None);
                    group.tiers.push(Rank { tier, members: vec![], lineup });
                }
                let index = group.tiers.len() - 1;
                let rank = &mut group.tiers[index];
                let spot = Spot { tier: index as u32, place: rank.members.len() as u32 };
                rank.members.push(slot);
                self.targets[slot as usize].places[side] = Some(spot);
            }
            group.models.sort_unstable();
            group.models.dedup();
            for rank in &mut group.tiers {
                let place = |slot: &u32| {
                    let plan = &self.plan.targets[*slot as usize];
                    Place { member: plan.id.0, weight: plan.weight, hash: plan.hash }
                };
                let places: Vec<Place> = rank.members.iter().map(place).collect();
                let previous = old.and_then(|it| it.tiers.iter().find(|it| it.tier == rank.tier));
                rank.lineup =
                    Lineup::new(self.plan.algorithm, self.plan.slots, &places, previous.map(|it| &it.lineup));
            }
            self.groups[side] = group;
        }
    }
}

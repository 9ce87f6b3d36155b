//! One upstream at work: its plan as dense tables, and who of it is ready.
//!
//! Ids become slots once, when a plan is applied. A target has one *lane* per key it may use; a lane is open while its
//! key is, a target is ready while its pair and its address are in and any lane of it is open, and readiness is kept
//! in the lineups. Whatever goes out writes its return into `wakes`; `wake` brings back everybody whose time has come.

use alloc::{boxed::Box, vec::Vec};
use core::{ops::Range, time::Duration};

use hashbrown::HashMap;

use crate::{
    AddressId, Algorithm, CredentialId, Environment, Exclusion, ModelId, Observed, TargetId, Tier, Time,
    UpstreamPlan, budget::Spending, credential::Credential, ewma::PeakEwma, health::Address,
    histogram::Histogram, lineup::Lineup, nobody::Nobody, wakes::Wakes,
};

/// A pool.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) plan: UpstreamPlan,
    pub(crate) targets: Vec<Target>,
    pub(crate) target_slots: HashMap<TargetId, u32>,
    pub(crate) lanes: Vec<Lane>,
    /// By target: its keys in order, where it has several. Boxed, since most have not, and a pick looks here.
    pub(crate) pools: Vec<Option<Box<Lineup>>>,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) pair_slots: HashMap<(AddressId, Option<ModelId>), u32>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) address_slots: HashMap<AddressId, u32>,
    /// By [`Environment`].
    pub(crate) groups: [Group; 2],
    /// Pairs with anybody ready, by environment.
    pub(crate) pairs_ready: [u32; 2],
    /// Whether less weight than the threshold asks for is at healthy addresses, by environment.
    pub(crate) below_threshold: [bool; 2],
    /// Items: the targets, then the lanes, then the addresses.
    pub(crate) wakes: Wakes,
    /// Slots of the half-open addresses.
    pub(crate) half_open: Vec<u32>,
    /// What the last request was told that found nobody, until anything changes.
    pub(crate) nobody: Option<Nobody>,
    /// Callers' own keys go through somewhere.
    pub(crate) passes_through: bool,
    /// Readiness, wakes and probes are up to date.
    pub(crate) begun: bool,
    /// Items: the addresses; when each is probed next.
    pub(crate) probes: Wakes,
    pub(crate) spending: Spending,
}

/// A member, as it stands. What it is by configuration stands at the same place of `plan.targets`.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Which of the targets that had this id one after the other.
    pub(crate) born: u64,
    pub(crate) in_flight: u32,
    pub(crate) picked: u64,
    pub(crate) latency: Option<PeakEwma>,
    pub(crate) pair: u32,
    pub(crate) address: u32,
    pub(crate) lanes: Range<u32>,
    pub(crate) lanes_open: u32,
    /// Pair and address are in.
    pub(crate) open: bool,
    pub(crate) ready: bool,
    /// Where it stands, by environment; nowhere if it is switched off, drained or not for that environment.
    pub(crate) places: [Option<Spot>; 2],
}

/// A place in a tier's lineup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) tier: u32,
    pub(crate) place: u32,
}

/// A target with one of its keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    pub(crate) target: u32,
    /// Slot and id of the key, unless it is paid with none of ours.
    pub(crate) credential: Option<(u32, CredentialId)>,
    pub(crate) open: bool,
}

/// A model at an address.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) address: AddressId,
    pub(crate) model: Option<ModelId>,
    pub(crate) out: Option<Exclusion>,
    pub(crate) first_token: Histogram,
    pub(crate) response: Histogram,
    /// The slots of the targets that serve it.
    pub(crate) targets: Vec<u32>,
    /// How many of them are ready, by environment.
    pub(crate) ready: [u32; 2],
}

/// One environment's targets.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Lowest first; none is empty.
    pub(crate) tiers: Vec<Rank>,
    /// The models that somebody here is configured for, sorted.
    pub(crate) models: Vec<ModelId>,
    /// Somebody here keeps the caller's model.
    pub(crate) keeps: bool,
    /// The model of the first target of the lowest tier.
    pub(crate) first: Option<ModelId>,
}

/// One tier of a group.
#[derive(Debug)]
pub(crate) struct Rank {
    pub(crate) tier: Tier,
    /// Target slots by place.
    pub(crate) members: Vec<u32>,
    pub(crate) lineup: Lineup,
}

/// Index of an environment's group.
pub(crate) fn side(environment: Environment) -> usize {
    match environment {
        Environment::Production => 0,
        Environment::Sandbox => 1,
    }
}

impl Pair {
    pub(crate) fn new(address: AddressId, model: Option<ModelId>) -> Self {
        Pair {
            address,
            model,
            out: None,
            first_token: Histogram::default(),
            response: Histogram::default(),
            targets: Vec::new(),
            ready: [0; 2],
        }
    }

    /// Until when it is out.
    pub(crate) fn blocked(&self, now: Time) -> Option<Time> {
        self.out.map(|it| it.until).filter(|until| *until > now)
    }

    pub(crate) fn observed(&self) -> Observed {
        Observed { first_token_p95: self.first_token.p95(), response_p95: self.response.p95() }
    }
}

impl Upstream {
    /// Returns everybody whose time has come (and retires keys whose time is over).
    pub(crate) fn wake(&mut self, credentials: &[Credential], now: Time) {
        let (targets, lanes) = (self.targets.len(), self.lanes.len());
        while let Some(item) = self.wakes.due(now) {
            self.wakes.set(item, Time::NEVER);
            if item < targets {
                self.refresh_target(item as u32, now);
            } else if item < targets + lanes {
                self.refresh_lane((item - targets) as u32, credentials, now);
            } else {
                self.nobody = None;
                self.half_open.push((item - targets - lanes) as u32);
            }
        }
    }

    /// Looks at the key of a lane again.
    pub(crate) fn refresh_lane(&mut self, slot: u32, credentials: &[Credential], now: Time) {
        self.nobody = None;
        let lane = self.lanes[slot as usize];
        let mut blocked = None;
        let mut wake = Time::NEVER;
        if let Some((credential, _)) = lane.credential {
            let credential = &credentials[credential as usize];
            let model = self.plan.targets[lane.target as usize].model;
            let for_model = model.and_then(|it| credential.out_for(Some(it), now));
            blocked = credential.blocked(now).max(for_model.map(|it| it.until));
            wake = blocked.or(credential.plan.expires).unwrap_or(Time::NEVER);
        }
        self.wakes.set(self.targets.len() + slot as usize, wake);
        let open = blocked.is_none();
        if open == lane.open {
            return;
        }
        self.lanes[slot as usize].open = open;
        let target = &mut self.targets[lane.target as usize];
        if open {
            target.lanes_open += 1;
        } else {
            target.lanes_open -= 1;
        }
        if let Some(pool) = &mut self.pools[lane.target as usize] {
            pool.set_ready((slot - target.lanes.start) as usize, open);
        }
        self.settle_readiness(lane.target);
    }

    /// Looks at the pair and the address of a target again.
    pub(crate) fn refresh_target(&mut self, slot: u32, now: Time) {
        self.nobody = None;
        let target = &mut self.targets[slot as usize];
        let pair = self.pairs[target.pair as usize].blocked(now);
        let address_out = self.addresses[target.address as usize].out.is_some();
        target.open = pair.is_none() && !address_out;
        self.wakes.set(slot as usize, pair.unwrap_or(Time::NEVER));
        self.settle_readiness(slot);
    }

    /// Looks at everybody of a pair again.
    pub(crate) fn refresh_pair(&mut self, pair: u32, now: Time) {
        self.nobody = None;
        for index in 0..self.pairs[pair as usize].targets.len() {
            self.refresh_target(self.pairs[pair as usize].targets[index], now);
        }
    }

    /// Looks at everybody of an address again; notes when it becomes half-open.
    pub(crate) fn refresh_address(&mut self, address: u32, now: Time) {
        self.nobody = None;
        self.half_open.retain(|it| *it != address);
        let out = self.addresses[address as usize].out;
        let item = self.targets.len() + self.lanes.len() + address as usize;
        self.wakes.set(item, out.map_or(Time::NEVER, |it| it.until));
        for index in 0..self.addresses[address as usize].targets.len() {
            self.refresh_target(self.addresses[address as usize].targets[index], now);
        }
        self.refresh_threshold();
    }

    /// Weighs what is at healthy addresses. Keys and pairs do not count: the threshold is about the vendors' machines,
    /// and a pool of rate-limited keys is no outage.
    pub(crate) fn refresh_threshold(&mut self) {
        let threshold = self.plan.health.threshold;
        if threshold > 0.0 {
            let below = |side| 100.0 * self.healthy_share(side) < threshold;
            self.below_threshold = [below(0), below(1)];
        }
    }

    /// How much of an environment's weight is at healthy addresses, 0 to 1; all of nothing is 1.
    pub(crate) fn healthy_share(&self, side: usize) -> f64 {
        let (mut healthy, mut total) = (0_u64, 0_u64);
        for (plan, target) in self.plan.targets.iter().zip(&self.targets) {
            if target.places[side].is_some() {
                let weight = u64::from(plan.weight);
                total += weight;
                healthy += if self.addresses[target.address as usize].out.is_none() { weight } else { 0 };
            }
        }
        if total == 0 { 1.0 } else { healthy as f64 / total as f64 }
    }

    fn settle_readiness(&mut self, slot: u32) {
        let target = &mut self.targets[slot as usize];
        let ready = target.open && target.lanes_open > 0;
        if ready == target.ready {
            return;
        }
        target.ready = ready;
        for (side, spot) in target.places.iter().enumerate() {
            let Some(spot) = spot else { continue };
            let rank = &mut self.groups[side].tiers[spot.tier as usize];
            rank.lineup.set_ready(spot.place as usize, ready);
            let pair = &mut self.pairs[target.pair as usize];
            if ready {
                pair.ready[side] += 1;
                self.pairs_ready[side] += u32::from(pair.ready[side] == 1);
            } else {
                pair.ready[side] -= 1;
                self.pairs_ready[side] -= u32::from(pair.ready[side] == 0);
            }
        }
    }

    /// Whether somebody would be left in every environment that this pair serves if it went out.
    pub(crate) fn spares(&self, pair: u32) -> bool {
        let pair = &self.pairs[pair as usize];
        (0..2).all(|side| pair.ready[side] == 0 || self.pairs_ready[side] > 1)
    }

    /// Notes a target's load, and tells the lineups that go by it.
    pub(crate) fn set_in_flight(&mut self, slot: u32, in_flight: u32) {
        let target = &mut self.targets[slot as usize];
        target.in_flight = in_flight;
        if !matches!(self.plan.algorithm, Algorithm::LeastConnections | Algorithm::Latency) {
            return;
        }
        for (side, spot) in target.places.iter().enumerate() {
            if let Some(spot) = spot {
                let rank = &mut self.groups[side].tiers[spot.tier as usize];
                rank.lineup.set_in_flight(spot.place as usize, in_flight);
            }
        }
    }

    /// Tells the lineups of a target's latency, if it is known.
    pub(crate) fn tell_latency(&mut self, slot: u32) {
        let target = &self.targets[slot as usize];
        let Some(latency) = target.latency else { return };
        for (side, spot) in target.places.iter().enumerate() {
            if let Some(spot) = spot {
                let rank = &mut self.groups[side].tiers[spot.tier as usize];
                rank.lineup.set_latency(spot.place as usize, latency);
            }
        }
    }

    /// The pair of that model at that address, noted if it is new: for targets that keep the caller's model. Callers
    /// pass known models only, so this stays bounded by addresses × known models.
    pub(crate) fn learned_pair(&mut self, address: AddressId, model: Option<ModelId>) -> u32 {
        *self.pair_slots.entry((address, model)).or_insert_with(|| {
            self.pairs.push(Pair::new(address, model));
            (self.pairs.len() - 1) as u32
        })
    }

    /// Time between probes of an address as it stands; [`Duration::MAX`] if it is not probed.
    pub(crate) fn probe_interval(&self, address: u32) -> Duration {
        let health = &self.plan.health;
        let out = self.addresses[address as usize].out.is_some();
        let interval = if out { health.interval_unhealthy } else { health.interval_healthy };
        if interval.is_zero() { Duration::MAX } else { interval }
    }

    /// The next probe of that address is due at `when`, if it is probed at all.
    pub(crate) fn schedule_probe(&mut self, address: u32, when: Time) {
        let probed = self.probe_interval(address) < Duration::MAX && self.plan.enabled;
        let when = if probed { when } else { Time::NEVER };
        self.addresses[address as usize].probe_at = Some(when);
        self.probes.set(address as usize, when);
    }
}

//! Who of an upstream is next for one request.
//!
//! Readiness is the upstream's and stands in the lineups; here is what only the request knows: what it needs, where it
//! has been, and what its own model or caller is barred from. In this order: a half-open address whose trial is due,
//! then another pair than the one that just failed, then any lane not yet tried, tier by tier each time; and when
//! there is nobody, a half-open address after all.

use crate::{
    AddressId, Algorithm, Ask, CredentialId, Credentials, Exclusion, ModelId, PoolOrder, TargetId,
    TargetPlan, Time, UpstreamId, Why,
    ask::Tried,
    bounded::Bounded,
    credential::Credential,
    lease::Charged,
    rng::Rng,
    upstream::{Group, Lane, Rank, Spot, Upstream, side},
};

/// That callers' own keys are out at an address: what a report can say without knowing all callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallersOut {
    /// The one that is out longest.
    pub(crate) out: Exclusion,
    /// Another caller has been served since.
    pub(crate) served_since: bool,
}

/// What is held against callers' own keys at an address.
pub(crate) type Callers = Bounded<(AddressId, u64), Exclusion>;

/// Who was served by whom last.
pub(crate) type Bonds = Bounded<(UpstreamId, u64), TargetId>;

/// How many targets of a half-open address are looked at for one that suits a request, while others could serve it:
/// the next request is as good for the trial, and a pick stays cheap.
const TRIAL_SCAN: usize = 16;

/// One request, for one pick.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) ask: &'a Ask,
    pub(crate) tried: &'a [Tried],
    pub(crate) credentials: &'a [Credential],
    pub(crate) callers: &'a Callers,
    pub(crate) bonds: &'a Bonds,
    pub(crate) now: Time,
}

/// Who it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) target: u32,
    pub(crate) lane: u32,
    pub(crate) why: Why,
    pub(crate) spot: Spot,
    pub(crate) charged: Option<Charged>,
    pub(crate) trial: bool,
}

/// Whether a pair that just failed may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pairs {
    Others,
    All,
}

impl Upstream {
    /// Who is next; charges their turn.
    pub(crate) fn choose(&mut self, request: &Request<'_>, rng: &mut Rng) -> Option<Choice> {
        if !self.plan.enabled {
            return None;
        }
        let side = side(request.ask.environment);
        let wanted = request.ask.same_model.then(|| self.groups[side].same_model(request.ask.model));
        if self.below_threshold[side] {
            // Nobody is served, but where no probes do it somebody has to find out when the addresses are back.
            let may_try = request.tried.is_empty() && !self.probes_heal();
            return if may_try { self.trial(request, wanted, usize::MAX, usize::MAX) } else { None };
        }
        if request.tried.is_empty() && !self.half_open.is_empty() && !self.probes_heal() {
            let lowest = self.groups[side].tiers.iter().position(|it| it.lineup.ready() > 0);
            if let Some(choice) = lowest.and_then(|lowest| self.trial(request, wanted, lowest, TRIAL_SCAN)) {
                return Some(choice);
            }
        }
        if request.tried.iter().any(|it| it.pair_at_fault)
            && let Some(choice) = self.walk(request, wanted, Pairs::Others, rng)
        {
            return Some(choice);
        }
        let choice = self.walk(request, wanted, Pairs::All, rng);
        choice.or_else(|| self.trial(request, wanted, usize::MAX, usize::MAX))
    }

    /// That lane once more, if it is still there and nothing but its pair speaks against it.
    pub(crate) fn repeat(
        &self,
        request: &Request<'_>,
        id: TargetId,
        key: Option<CredentialId>,
    ) -> Option<Choice> {
        let target = *self.target_slots.get(&id)?;
        let it = &self.targets[target as usize];
        let spot = it.places[side(request.ask.environment)]?;
        let lane =
            it.lanes.clone().find(|lane| self.lanes[*lane as usize].credential.map(|it| it.1) == key)?;
        let address_in = self.addresses[it.address as usize].out.is_none();
        let serves = self.plan.enabled && !self.below_threshold[side(request.ask.environment)];
        let usable = serves && address_in && self.lanes[lane as usize].open;
        usable.then_some(Choice { target, lane, why: Why::Repeat, spot, charged: None, trial: false })
    }

    fn walk(
        &mut self,
        request: &Request<'_>,
        wanted: Option<Option<ModelId>>,
        pairs: Pairs,
        rng: &mut Rng,
    ) -> Option<Choice> {
        let side = side(request.ask.environment);
        let bond = self.bond(request);
        for tier in 0..self.groups[side].tiers.len() {
            if self.groups[side].tiers[tier].lineup.ready() == 0 {
                continue;
            }
            let bound = bond.filter(|(_, spot)| spot.tier as usize == tier);
            if let Some((target, spot)) = bound
                && self.targets[target as usize].ready
                && self.suits(request, wanted, pairs, target)
                && let Some((lane, _)) = self.lane(request, target)
            {
                return Some(Choice { target, lane, why: Why::Affinity, spot, charged: None, trial: false });
            }
            if let Some(choice) = self.turn(request, wanted, pairs, tier, rng) {
                return Some(choice);
            }
        }
        None
    }

    /// Whose turn it is in a tier.
    fn turn(
        &mut self,
        request: &Request<'_>,
        wanted: Option<Option<ModelId>>,
        pairs: Pairs,
        tier: usize,
        rng: &mut Rng,
    ) -> Option<Choice> {
        let environment = side(request.ask.environment);
        // The walk holds the lineup and asks about the rest: the tiers stand aside for as long.
        let mut tiers = core::mem::take(&mut self.groups[environment].tiers);
        let Rank { members, lineup, .. } = &mut tiers[tier];
        let mut found = None;
        let place = lineup.choose(request.ask.hash, rng, &mut |place| {
            let target = members[place];
            if self.suits(request, wanted, pairs, target) {
                found = self.lane(request, target).map(|lane| (target, lane));
            }
            found.is_some()
        });
        self.groups[environment].tiers = tiers;
        let place = place? as u32;
        let (target, (lane, member)) = found?;
        let spot = Spot { tier: tier as u32, place };
        let charged = Some(Charged { environment: environment as u8, tier: spot.tier, place, member });
        Some(Choice { target, lane, why: Why::Algorithm(self.plan.algorithm), spot, charged, trial: false })
    }

    /// A half-open address that nobody is trying, in tiers up to `lowest`.
    fn trial(
        &mut self,
        request: &Request<'_>,
        wanted: Option<Option<ModelId>>,
        lowest: usize,
        scan: usize,
    ) -> Option<Choice> {
        let side = side(request.ask.environment);
        let mut best: Option<(u32, Spot)> = None;
        let mut left = scan;
        for address in &self.half_open {
            let address = &self.addresses[*address as usize];
            if !address.wants_trial(request.now) {
                continue;
            }
            for slot in address.targets.iter().copied().take(left) {
                left -= 1;
                let target = &self.targets[slot as usize];
                let Some(spot) = target.places[side] else { continue };
                let pair_in = self.pairs[target.pair as usize].blocked(request.now).is_none();
                let better = best.is_none_or(|(_, it)| spot.tier < it.tier) && spot.tier as usize <= lowest;
                let able = better && pair_in && target.lanes_open > 0;
                if able && self.suits(request, wanted, Pairs::All, slot) && self.any_lane(request, slot) {
                    best = Some((slot, spot));
                }
            }
        }
        let (target, spot) = best?;
        let (lane, _) = self.lane(request, target)?;
        Some(Choice { target, lane, why: Why::HalfOpen, spot, charged: None, trial: true })
    }

    /// Whether a target may serve this request as far as its key is not concerned.
    fn suits(&self, request: &Request<'_>, wanted: Option<Option<ModelId>>, pairs: Pairs, slot: u32) -> bool {
        let plan = &self.plan.targets[slot as usize];
        let model = plan.model.or(request.ask.model);
        let able = plan.can & request.ask.needs == request.ask.needs;
        if !able || wanted.is_some_and(|it| it != model) {
            return false;
        }
        let failed = |it: &Tried| it.pair_at_fault && it.address == plan.address && it.model == model;
        if pairs == Pairs::Others && request.tried.iter().any(failed) {
            return false;
        }
        // A target that keeps the caller's model is barred from a model that its address does not serve.
        plan.model.is_some() || self.keeper_serves(plan, model, request.now)
    }

    fn keeper_serves(&self, plan: &TargetPlan, model: Option<ModelId>, now: Time) -> bool {
        let Some(model) = model else { return true };
        let pair = self.pair_slots.get(&(plan.address, Some(model)));
        pair.is_none_or(|it| self.pairs[*it as usize].blocked(now).is_none())
    }

    /// The key a target would use, charging it its turn; also its place in the target's pool.
    fn lane(&mut self, request: &Request<'_>, slot: u32) -> Option<(u32, Option<u32>)> {
        let plan = &self.plan.targets[slot as usize];
        let first = self.targets[slot as usize].lanes.start;
        let lanes = &self.lanes;
        let fits = |lane: u32| lane_fits(request, plan, &lanes[lane as usize]);
        let Some(pool) = &mut self.pools[slot as usize] else {
            return fits(first).then_some((first, None));
        };
        // Neither order draws lots.
        let member = pool.choose(None, &mut Rng::new(0), &mut |member| fits(first + member as u32))? as u32;
        Some((first + member, Some(member)))
    }

    fn any_lane(&self, request: &Request<'_>, slot: u32) -> bool {
        let plan = &self.plan.targets[slot as usize];
        let fits = |lane: &Lane| lane.open && lane_fits(request, plan, lane);
        let lanes = &self.targets[slot as usize].lanes;
        self.lanes[lanes.start as usize..lanes.end as usize].iter().any(fits)
    }

    /// Who served this caller last, and where it stands.
    fn bond(&self, request: &Request<'_>) -> Option<(u32, Spot)> {
        let (affinity, key) = (self.plan.affinity?, request.ask.affinity?);
        let (target, used) = request.bonds.find((self.plan.id, key))?;
        if request.now.since(used) >= affinity.ttl {
            return None;
        }
        let slot = *self.target_slots.get(&target)?;
        Some((slot, self.targets[slot as usize].places[side(request.ask.environment)]?))
    }

    /// Ejected addresses are brought back by probes; requests are spared the trials while anybody else can serve.
    pub(crate) fn probes_heal(&self) -> bool {
        let health = &self.plan.health;
        !health.interval_unhealthy.is_zero() && health.active.successes > 0
    }
}

impl Group {
    /// The model that a request is held to which must not be answered by another one: the caller's own if anybody here
    /// serves it by configuration, else that of the first target, whom the request would get if all were well. By
    /// configuration and not by availability, so that all tries of all requests agree. `None`: one that nobody knows,
    /// which only targets that keep the caller's model can serve.
    pub(crate) fn same_model(&self, asked: Option<ModelId>) -> Option<ModelId> {
        let served = asked.filter(|it| self.keeps || self.models.binary_search(it).is_ok());
        served.or(self.first)
    }
}

/// Whether a request may use a lane whose key is in, as far as the request is concerned.
fn lane_fits(request: &Request<'_>, plan: &TargetPlan, lane: &Lane) -> bool {
    let model = plan.model.or(request.ask.model);
    let credential: Option<CredentialId> = lane.credential.map(|it| it.1);
    let been = |it: &Tried| it.address == plan.address && it.credential == credential && it.model == model;
    if request.tried.iter().any(been) {
        return false;
    }
    match lane.credential {
        Some((slot, _)) if plan.model.is_none() => {
            request.credentials[slot as usize].out_for(model, request.now).is_none()
        }
        Some(_) => true,
        None => {
            let caller = request.ask.caller.filter(|_| matches!(plan.credentials, Credentials::PassThrough));
            let out = caller.and_then(|it| request.callers.find((plan.address, it)));
            out.is_none_or(|(out, _)| out.until <= request.now)
        }
    }
}

/// How keys within a pool take turns.
pub(crate) fn pool_algorithm(order: PoolOrder) -> Algorithm {
    match order {
        PoolOrder::Priority => Algorithm::Priority,
        PoolOrder::RoundRobin => Algorithm::RoundRobin,
    }
}

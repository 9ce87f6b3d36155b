//! The ledger as others read it: the standing of each target, and when the first of them is back.
//!
//! Computed from the same exclusions that readiness is, by comparison with `now`, so that it is right even where
//! nobody has picked for hours.

use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::{
    AddressId, AddressReport, Balancer, Cause, CredentialId, CredentialReport, Credentials, Exclusion,
    Exhausted, ModelState, Report, Scope, State, TargetId, TargetReport, Time, UpstreamId, UpstreamReport,
    ask::Tried,
    choose::{CallersOut, Request},
    credential::Credential,
    ewma::PeakEwma,
    upstream::{Upstream, side},
};

impl Balancer {
    /// Everything, as it stands.
    pub fn report(&self, now: Time) -> Report {
        Report {
            upstreams: self
                .upstreams
                .iter()
                .map(|it| it.report(&self.credentials, &self.callers_out, now))
                .collect(),
            credentials: self.credentials.iter().map(|it| it.report(now)).collect(),
        }
    }

    /// One upstream, as it stands.
    pub fn report_upstream(&self, upstream: UpstreamId, now: Time) -> Option<UpstreamReport> {
        let slot = *self.upstream_slots.get(&upstream)?;
        Some(self.upstreams[slot as usize].report(&self.credentials, &self.callers_out, now))
    }

    /// Every credential, as it stands, in plan order: what a diagram of keys needs, without the walk over all targets.
    pub fn report_credentials(&self, now: Time) -> Vec<CredentialReport> {
        self.credentials.iter().map(|it| it.report(now)).collect()
    }

    /// One credential, as it stands.
    pub fn report_credential(&self, credential: CredentialId, now: Time) -> Option<CredentialReport> {
        let slot = self.credential_slot(credential)?;
        Some(self.credentials[slot as usize].report(now))
    }

    /// What is held against an address, or against a model at one, by an upstream; also when its wait is over.
    pub fn exclusion(&self, scope: Scope) -> Option<Exclusion> {
        let of = |id: UpstreamId| Some(&self.upstreams[*self.upstream_slots.get(&id)? as usize]);
        match scope {
            Scope::Pair(upstream, address, model) => {
                let upstream = of(upstream)?;
                upstream.pairs[*upstream.pair_slots.get(&(address, model))? as usize].out
            }
            Scope::Address(upstream, address) => {
                let upstream = of(upstream)?;
                upstream.addresses[*upstream.address_slots.get(&address)? as usize].out
            }
            Scope::Credential(_) | Scope::CredentialModel(..) | Scope::Caller(..) => None,
        }
    }

    /// The targets with open attempts, and how many.
    pub fn load(&self) -> Vec<(UpstreamId, TargetId, u32)> {
        let of = |it: &Upstream| -> Vec<(UpstreamId, TargetId, u32)> {
            let busy = it.targets.iter().zip(&it.plan.targets).filter(|(target, _)| target.in_flight > 0);
            busy.map(|(target, plan)| (it.plan.id, plan.id, target.in_flight)).collect()
        };
        self.upstreams.iter().flat_map(of).collect()
    }
}

impl Exhausted {
    /// There is nobody, and never will be.
    pub(crate) const NOBODY: Exhausted =
        Exhausted { until: None, only_limits: false, any: false, able: false };
}

impl Upstream {
    fn report(
        &self,
        credentials: &[Credential],
        callers_out: &HashMap<AddressId, CallersOut>,
        now: Time,
    ) -> UpstreamReport {
        let target = |slot: usize| {
            let (state, exclusion) = match self.standing(slot, credentials, now) {
                (State::Available, None) => self.callers_standing(slot, callers_out, now),
                standing => standing,
            };
            let it = &self.targets[slot];
            TargetReport {
                id: self.plan.targets[slot].id,
                state,
                exclusion,
                in_flight: it.in_flight,
                picked: it.picked,
                latency_nanos: it.latency.as_ref().map(PeakEwma::nanos),
            }
        };
        let address = |it: &crate::health::Address| AddressReport {
            id: it.id,
            healthy: it.out.is_none(),
            exclusion: it.out,
            successes: it.successes,
            http_failures: it.http_failures,
            tcp_failures: it.tcp_failures,
            timeouts: it.timeouts,
        };
        UpstreamReport {
            id: self.plan.id,
            healthy: (0..2).all(|side| !self.below_threshold[side] && self.healthy_share(side) > 0.0),
            targets: (0..self.targets.len()).map(target).collect(),
            addresses: self.addresses.iter().map(address).collect(),
        }
    }

    /// How a target stands, and what keeps it out. What is graver comes first.
    fn standing(&self, slot: usize, credentials: &[Credential], now: Time) -> (State, Option<Exclusion>) {
        let (plan, target) = (&self.plan.targets[slot], &self.targets[slot]);
        let lanes = &self.lanes[target.lanes.start as usize..target.lanes.end as usize];
        let mut keys = lanes.iter().filter_map(|it| it.credential).map(|it| &credentials[it.0 as usize]);
        let pooled = matches!(plan.credentials, Credentials::Pool { .. });
        let keyless = !pooled && keys.clone().next().is_none();
        let switched_on = self.plan.enabled && plan.enabled && (keyless || keys.any(|it| it.plan.enabled));
        if !switched_on {
            let out = Exclusion { since: Time::ZERO, until: Time::NEVER, cause: Cause::Disabled };
            return (State::Disabled, Some(out));
        }
        if plan.weight == 0 {
            return (State::Drained, None);
        }
        let address = &self.addresses[target.address as usize];
        if let Some(out) = address.out {
            let state = if address.half_open(now) { State::HalfOpen } else { State::Unhealthy };
            return (state, Some(out));
        }
        if let Some(out) = self.keys_out(slot, credentials, now) {
            return (State::Cooling, Some(out));
        }
        let pair = &self.pairs[target.pair as usize];
        if pair.blocked(now).is_some() {
            return (State::Suspended, pair.out);
        }
        (State::Available, None)
    }

    /// Where callers' own keys go through, one of them may be out: the target is cooling until somebody has been served
    /// since, and available from then on, with the exclusion still told.
    fn callers_standing(
        &self,
        slot: usize,
        callers_out: &HashMap<AddressId, CallersOut>,
        now: Time,
    ) -> (State, Option<Exclusion>) {
        let plan = &self.plan.targets[slot];
        let known = match plan.credentials {
            Credentials::PassThrough => callers_out.get(&plan.address).filter(|it| it.out.until > now),
            Credentials::None | Credentials::One(_) | Credentials::Pool { .. } => None,
        };
        match known {
            Some(it) if it.served_since => (State::Available, Some(it.out)),
            Some(it) => (State::Cooling, Some(it.out)),
            None => (State::Available, None),
        }
    }

    /// What keeps all keys of a target out, by the one that is back first.
    fn keys_out(&self, slot: usize, credentials: &[Credential], now: Time) -> Option<Exclusion> {
        let model = self.plan.targets[slot].model;
        let target = &self.targets[slot];
        let mut soonest: Option<Exclusion> = None;
        for lane in &self.lanes[target.lanes.start as usize..target.lanes.end as usize] {
            let (credential, _) = lane.credential?;
            let credential = &credentials[credential as usize];
            let for_model = model.and_then(|it| credential.out_for(Some(it), now));
            let out = credential.whole_out(now).into_iter().chain(for_model).max_by_key(|it| it.until)?;
            // Of those without an end, one that a request's end brings back comes before what is gone for good.
            let order = |it: &Exclusion| (it.until, it.cause != Cause::OwnLimit);
            if soonest.is_none_or(|it| order(&out) < order(&it)) {
                soonest = Some(out);
            }
        }
        soonest
    }

    /// Who is back first of those who could serve this request, and whether all of them are out at all. Looks at
    /// everybody: `exhausted` remembers the answer.
    pub(crate) fn soonest_back(&self, request: &Request<'_>) -> (Exhausted, bool) {
        let now = request.now;
        let mut exhausted = Exhausted { only_limits: true, ..Exhausted::NOBODY };
        let mut all_out = true;
        let group = &self.groups[side(request.ask.environment)];
        let wanted = request.ask.same_model.then(|| group.same_model(request.ask.model));
        let slots = group.tiers.iter().flat_map(|it| &it.members);
        for slot in slots.map(|it| *it as usize).filter(|_| self.plan.enabled) {
            let (state, mut out) = self.standing(slot, request.credentials, now);
            if state == State::Disabled {
                continue;
            }
            exhausted.any = true;
            let plan = &self.plan.targets[slot];
            let model = plan.model.or(request.ask.model);
            let able = plan.can & request.ask.needs == request.ask.needs;
            if !able || wanted.is_some_and(|it| it != model) {
                continue;
            }
            exhausted.able = true;
            let pair = &self.pairs[self.targets[slot].pair as usize];
            let suspended = pair.out.filter(|_| pair.blocked(now).is_some());
            let asked = self.request_out(slot, request);
            for more in suspended.into_iter().chain(asked) {
                out = Some(out.filter(|it| it.until >= more.until).unwrap_or(more));
            }
            exhausted.only_limits &= match out {
                Some(out) => is_limit(out.cause) && self.keys_limited(slot, request.credentials, now),
                None => self.met_limits(slot, request),
            };
            all_out &= out.is_some();
            exhausted.candidate(out.map_or(Time::ZERO, |it| it.until));
        }
        if self.below_threshold[side(request.ask.environment)] {
            // Whoever is well does not serve before an address is back.
            let outs = self.addresses.iter().filter_map(|it| it.out);
            exhausted.until = outs.map(|it| it.until).min();
            exhausted.only_limits = false;
        }
        exhausted.only_limits &= exhausted.until.is_some();
        exhausted.until = exhausted.until.filter(|it| *it < Time::NEVER);
        (exhausted, all_out)
    }

    /// Whether no key of a target is out for anything but a limit; what is switched off or expired is no candidate.
    fn keys_limited(&self, slot: usize, credentials: &[Credential], now: Time) -> bool {
        let lanes = &self.targets[slot].lanes;
        let lanes = &self.lanes[lanes.start as usize..lanes.end as usize];
        let outs = lanes.iter().filter_map(|it| credentials[it.credential?.0 as usize].whole_out(now));
        outs.into_iter().all(|it| is_limit(it.cause) || matches!(it.cause, Cause::Disabled | Cause::Expired))
    }

    /// Whether this request has met a limit with every key of a target, though none of it is remembered.
    fn met_limits(&self, slot: usize, request: &Request<'_>) -> bool {
        let (plan, lanes) = (&self.plan.targets[slot], &self.targets[slot].lanes);
        let model = plan.model.or(request.ask.model);
        self.lanes[lanes.start as usize..lanes.end as usize].iter().all(|lane| {
            let key = lane.credential.map(|it| it.1);
            let here = |it: &&Tried| it.address == plan.address && it.credential == key && it.model == model;
            request.tried.iter().filter(here).any(|it| it.limited)
        })
    }

    /// What keeps this request in particular from a target: its own model, or its own key.
    fn request_out(&self, slot: usize, request: &Request<'_>) -> Option<Exclusion> {
        let (plan, now) = (&self.plan.targets[slot], request.now);
        let caller = request.ask.caller.filter(|_| matches!(plan.credentials, Credentials::PassThrough));
        let caller = caller.and_then(|it| request.callers.find((plan.address, it)));
        if let Some((out, _)) = caller.filter(|(out, _)| out.until > now) {
            return Some(out);
        }
        if plan.model.is_some() {
            return None;
        }
        let lanes = &self.targets[slot].lanes;
        let lanes = &self.lanes[lanes.start as usize..lanes.end as usize];
        let out_for = |it: &crate::upstream::Lane| {
            let credential = &request.credentials[it.credential?.0 as usize];
            credential.out_for(request.ask.model, now)
        };
        let all_out = lanes.iter().all(|it| out_for(it).is_some());
        let key = lanes.iter().filter_map(out_for).min_by_key(|it| it.until).filter(|_| all_out);
        let pair = request.ask.model.and_then(|it| self.pair_slots.get(&(plan.address, Some(it))));
        let pair = pair.map(|it| &self.pairs[*it as usize]).filter(|it| it.blocked(now).is_some());
        key.into_iter().chain(pair.and_then(|it| it.out)).max_by_key(|it| it.until)
    }
}

fn is_limit(cause: Cause) -> bool {
    matches!(cause, Cause::RateLimit | Cause::Spent | Cause::OwnLimit | Cause::Quota)
}

impl Exhausted {
    /// One candidate is back at that instant.
    fn candidate(&mut self, back: Time) {
        let soonest = self.until.map_or(back, |it| it.min(back));
        self.until = Some(soonest);
    }
}

impl Credential {
    /// What keeps it out for every model.
    fn whole_out(&self, now: Time) -> Option<Exclusion> {
        let gone = |since, cause| Some(Exclusion { since, until: Time::NEVER, cause });
        if !self.plan.enabled {
            return gone(Time::ZERO, Cause::Disabled);
        }
        match self.plan.expires.filter(|it| *it <= now) {
            Some(since) => gone(since, Cause::Expired),
            // What the vendor has said is graver than what we have counted.
            None => self.out.filter(|it| it.until > now).or_else(|| self.own.out(now)),
        }
    }

    fn report(&self, now: Time) -> CredentialReport {
        let model = |&(model, exclusion): &(Option<crate::ModelId>, Exclusion)| {
            (exclusion.until > now).then_some(ModelState { model, exclusion })
        };
        let exclusion = self.whole_out(now);
        let models: Vec<ModelState> = self.models.iter().filter_map(model).collect();
        CredentialReport {
            id: self.plan.id,
            models: if exclusion.is_some() { Vec::new() } else { models },
            exclusion,
            in_flight: self.in_flight,
        }
    }
}

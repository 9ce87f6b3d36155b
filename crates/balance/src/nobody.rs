//! That nobody is left for requests of a kind, remembered: while ten thousand keys are out, the next request shall not
//! look at each of them again to say until when.

use crate::{
    Ask, Environment, Exhausted, ModelId, Time,
    choose::Request,
    credential::Credential,
    upstream::{Upstream, side},
};

/// What the last request that found nobody was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nobody {
    kind: AskedFor,
    told: Exhausted,
    /// Every candidate is out, so that it does not matter where a request has been.
    all_out: bool,
    /// The first instant at which something may be otherwise though nothing has happened.
    holds_until: Time,
}

/// What makes two requests find the same candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AskedFor {
    environment: Environment,
    model: Option<ModelId>,
    same_model: bool,
    needs: u64,
}

impl AskedFor {
    fn of(ask: &Ask) -> Self {
        let Ask { environment, model, same_model, needs, .. } = *ask;
        AskedFor { environment, model, same_model, needs }
    }
}

impl Upstream {
    /// Whether a request that has been nowhere needs not even look: nobody is ready, and a request of its kind has
    /// found nobody since anything changed.
    pub(crate) fn is_known_for_nobody(&self, request: &Request<'_>) -> bool {
        let tiers = &self.groups[side(request.ask.environment)].tiers;
        request.tried.is_empty()
            && self.remembered(request).is_some()
            && tiers.iter().all(|it| it.lineup.ready() == 0)
    }

    /// Nobody is left for this request: until when, and why.
    pub(crate) fn exhausted(&mut self, request: &Request<'_>) -> Exhausted {
        let told = match self.remembered(request) {
            Some(told) => {
                debug_assert_eq!(told, self.soonest_back(request).0, "nothing has changed since");
                told
            }
            None => {
                let (told, all_out) = self.soonest_back(request);
                if request.tried.is_empty() || all_out {
                    let holds_until = self.next_change(request.credentials, request.now);
                    self.nobody =
                        Some(Nobody { kind: AskedFor::of(request.ask), told, all_out, holds_until });
                }
                told
            }
        };
        // What is back already, and yet serves nobody (for want of a trial), is back now.
        Exhausted { until: told.until.map(|it| it.max(request.now)), ..told }
    }

    fn remembered(&self, request: &Request<'_>) -> Option<Exhausted> {
        let nobody = self.nobody.filter(|it| it.kind == AskedFor::of(request.ask))?;
        let alike = nobody.all_out || request.tried.is_empty();
        // Callers' own keys are out one by one, and of those the upstream does not hear.
        let knows = request.ask.caller.is_none() || !self.passes_through;
        (alike && knows && request.now < nobody.holds_until).then_some(nobody.told)
    }

    /// When the first exclusion of anything here ends, or the first trial is given up.
    fn next_change(&self, credentials: &[Credential], now: Time) -> Time {
        let keys = self.lanes.iter().filter_map(|it| it.credential).map(|it| &credentials[it.0 as usize]);
        let keys = keys.map(|it| it.next_change(now));
        let pairs = self.pairs.iter().filter_map(|it| it.blocked(now));
        let addresses = self.addresses.iter().map(|it| it.next_change(now));
        keys.chain(pairs).chain(addresses).min().unwrap_or(Time::NEVER)
    }
}

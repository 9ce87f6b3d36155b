//! A key's standing, the same wherever it is used: out for everything, or out for one model.

use alloc::vec::Vec;

use crate::{Cause, CredentialPlan, Exclusion, ModelId, Time, health::TRIAL_LEASE, own_limit::OwnLimits};

/// A key.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) plan: CredentialPlan,
    /// For every model: rejected, out of quota.
    pub(crate) out: Option<Exclusion>,
    /// Rejections since it was last proven: what the wait doubles by.
    pub(crate) streak: u32,
    /// For one model: rate limited, spent. `None` stands for all the models that nobody has configured together, so
    /// that what a client makes up can not grow this. Few at a time: what is over goes when something comes.
    pub(crate) models: Vec<(Option<ModelId>, Exclusion)>,
    pub(crate) in_flight: u32,
    /// For every model: at a limit that the operator has set.
    pub(crate) own: OwnLimits,
    /// Which of the keys that had this id one after the other.
    pub(crate) born: u64,
    /// (upstream slot, lane slot) of every lane that is paid with it.
    pub(crate) lanes: Vec<(u32, u32)>,
}

impl Credential {
    pub(crate) fn new(plan: CredentialPlan, born: u64) -> Self {
        Credential {
            out: None,
            streak: 0,
            models: Vec::new(),
            in_flight: 0,
            own: OwnLimits::of(&plan.limits),
            born,
            lanes: Vec::new(),
            plan,
        }
    }

    /// Until when it is out for every model.
    pub(crate) fn blocked(&self, now: Time) -> Option<Time> {
        let expired = self.plan.expires.is_some_and(|it| it <= now);
        if !self.plan.enabled || expired {
            return Some(Time::NEVER);
        }
        let held = self.out.map(|it| it.until).filter(|until| *until > now);
        held.max(self.own.out(now).map(|it| it.until))
    }

    /// What keeps it from one model in particular.
    pub(crate) fn out_for(&self, model: Option<ModelId>, now: Time) -> Option<Exclusion> {
        let (_, out) = self.models.iter().find(|(it, _)| *it == model)?;
        (out.until > now).then_some(*out)
    }

    /// When it expires, or the first of its exclusions ends.
    pub(crate) fn next_change(&self, now: Time) -> Time {
        let models = self.models.iter().map(|(_, out)| out.until);
        let whole = self.out.into_iter().chain(self.own.out(now)).map(|it| it.until);
        let all = models.chain(whole).chain(self.plan.expires);
        all.filter(|it| *it > now).min().unwrap_or(Time::NEVER)
    }

    /// What was rejected or out of quota does not get well by waiting: when its time is over, one request shows whether
    /// it has, and keeps the others away meanwhile; until when, if this one is it.
    pub(crate) fn begin_trial(&mut self, now: Time) -> Option<Time> {
        let doubtful =
            |it: &&mut Exclusion| matches!(it.cause, Cause::Quota | Cause::Auth) && it.until <= now;
        let out = self.out.as_mut().filter(doubtful)?;
        out.until = now + TRIAL_LEASE;
        Some(out.until)
    }

    /// That trial is over; what it has shown is told separately.
    pub(crate) fn end_trial(&mut self, trial: Time, now: Time) {
        if let Some(out) = self.out.as_mut().filter(|it| it.until == trial) {
            out.until = trial.min(now);
        }
    }

    /// Out for that model; drops what is over.
    pub(crate) fn exclude_model(&mut self, model: Option<ModelId>, out: Exclusion, now: Time) {
        self.models.retain(|(it, out)| *it != model && out.until > now);
        self.models.push((model, out));
    }

    /// Forgets everything that was held against it; true if that was anything. Its own limits stay: they are no verdict.
    pub(crate) fn clear(&mut self) -> bool {
        let held = self.out.is_some() || !self.models.is_empty();
        self.out = None;
        self.streak = 0;
        self.models.clear();
        held
    }
}

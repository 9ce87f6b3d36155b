//! The table of blame: who is out after what, and for how long.
//!
//! Two rules run through all of it. What a request tells that began before an exclusion did is old news: it does not
//! extend the exclusion, but for a later instant that the vendor itself names. And one transient fault never takes the
//! last pair out that an environment has left: that takes the thresholds of its address.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{
    AddressId, Balancer, Cause, CredentialId, Event, Exclusion, Kind, Scope, Suspension, Time,
    choose::CallersOut,
    credential::Credential,
    health::doubled,
    lease::{Lease, Payer},
};

/// Longest doubled wait after rejections of a key: a key that was fixed at the vendor's is back soon enough.
const AUTH_MAX: Duration = Duration::from_secs(600);

/// A vendor that says less than this means "at once", and its own clock is no better.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);

/// A key without quota gets one request to show that it has some again this often.
const QUOTA_TRIAL: Duration = Duration::from_secs(3600);

/// How long, and who says so.
#[derive(Clone, Copy)]
struct Sentence {
    cause: Cause,
    wait: Duration,
    /// The vendor named it.
    named: bool,
}

impl Balancer {
    /// What is held against whom.
    pub(crate) fn judge(&mut self, slot: u32, lease: &Lease, kind: Kind, now: Time, events: &mut Vec<Event>) {
        let suspension = self.upstreams[slot as usize].plan.suspension;
        let own = |cause, wait: Option<Duration>| wait.map(|wait| Sentence { cause, wait, named: false });
        match kind {
            Kind::Success { spent } => {
                if !lease.opened {
                    self.prove(slot, lease, now, events);
                    self.note_spent(slot, lease, spent, now, events);
                }
            }
            Kind::RateLimited { retry_after } => {
                let sentence = suspension.sentence(Cause::RateLimit, suspension.rate_limit, retry_after);
                self.bar_model(slot, lease, sentence, now, events);
            }
            Kind::QuotaExceeded { reset } => {
                // A reset beyond the cap is not believed, and what is not "until enabled" is tried once an hour.
                let believed = reset.filter(|it| *it <= suspension.cap);
                let wait = Some(suspension.quota.unwrap_or(QUOTA_TRIAL));
                self.bar_key(slot, lease, suspension.sentence(Cause::Quota, wait, believed), now, events);
            }
            Kind::KeyRejected => self.bar_key(slot, lease, own(Cause::Auth, suspension.auth), now, events),
            // Somebody else's address fails, and for as long as addresses do.
            Kind::NoToken => self.bar_key(slot, lease, own(Cause::Token, suspension.connect), now, events),
            Kind::Overloaded { retry_after } => {
                let sentence = suspension.sentence(Cause::Overloaded, suspension.overloaded, retry_after);
                self.bar_pair(slot, lease, sentence, now, events);
            }
            Kind::ModelNotFound => {
                self.bar_pair(slot, lease, own(Cause::ModelNotFound, suspension.not_found), now, events);
            }
            Kind::Connect => self.bar_pair(slot, lease, own(Cause::Connect, suspension.connect), now, events),
            Kind::Timeout => self.bar_pair(slot, lease, own(Cause::Timeout, suspension.timeout), now, events),
            Kind::ServerError => {
                self.bar_pair(slot, lease, own(Cause::ServerError, suspension.server_error), now, events);
            }
            Kind::Refused | Kind::Broken | Kind::ClientGone | Kind::OutOfTime | Kind::Unsent => {}
        }
    }

    pub(crate) fn note_spent(
        &mut self,
        slot: u32,
        lease: &Lease,
        spent: Option<Duration>,
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let suspension = self.upstreams[slot as usize].plan.suspension;
        let believed = spent.filter(|it| !it.is_zero() && suspension.honour_retry_after);
        let sentence =
            believed.map(|it| Sentence { cause: Cause::Spent, wait: it.min(suspension.cap), named: true });
        self.bar_model(slot, lease, sentence, now, events);
    }

    /// Out for the model that was asked for: the key, the caller's key at this address, or where nobody has one, the
    /// pair.
    fn bar_model(
        &mut self,
        slot: u32,
        lease: &Lease,
        sentence: Option<Sentence>,
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let Some(sentence) = sentence else { return };
        match lease.payer {
            Payer::Credential(id) => {
                let Some(index) = lease.slots.credential else { return };
                let credential = &mut self.credentials[index as usize];
                let before = credential.models.iter().find(|it| it.0 == lease.asked).map(|it| it.1);
                let Some(out) = extended(before, sentence, lease.begun, now) else {
                    return;
                };
                credential.exclude_model(lease.asked, out, now);
                self.refresh_credential(index, now);
                events.push(excluded(Scope::CredentialModel(id, lease.asked), out));
            }
            Payer::Caller(caller) => {
                self.bar_caller(lease.address, caller, sentence, lease.begun, now, events);
            }
            Payer::Nobody => self.bar_pair(slot, lease, Some(sentence), now, events),
        }
    }

    /// Out for every model: likewise.
    fn bar_key(
        &mut self,
        slot: u32,
        lease: &Lease,
        sentence: Option<Sentence>,
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let Some(mut sentence) = sentence else { return };
        match lease.payer {
            Payer::Credential(id) => {
                let Some(index) = lease.slots.credential else { return };
                let credential = &mut self.credentials[index as usize];
                if sentence.cause == Cause::Auth {
                    sentence.wait = doubled(sentence.wait, credential.streak, AUTH_MAX.max(sentence.wait));
                }
                let Some(out) = extended(credential.out, sentence, lease.begun, now) else {
                    return;
                };
                credential.out = Some(out);
                credential.streak =
                    credential.streak.saturating_add(u32::from(sentence.cause == Cause::Auth));
                events.push(excluded(Scope::Credential(id), out));
                self.refresh_credential(index, now);
            }
            Payer::Caller(caller) => {
                self.bar_caller(lease.address, caller, sentence, lease.begun, now, events);
            }
            Payer::Nobody => self.bar_pair(slot, lease, Some(sentence), now, events),
        }
    }

    fn bar_caller(
        &mut self,
        address: AddressId,
        caller: Option<u64>,
        sentence: Sentence,
        begun: Time,
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let Some(caller) = caller else { return };
        let before = self.callers.find((address, caller)).map(|it| it.0);
        let Some(out) = extended(before, sentence, begun, now) else {
            return;
        };
        self.callers.put((address, caller), out, now);
        let known = self.callers_out.get(&address).filter(|it| it.out.until > out.until);
        let out_longest = known.map_or(out, |it| it.out);
        self.callers_out.insert(address, CallersOut { out: out_longest, served_since: false });
        events.push(excluded(Scope::Caller(address, caller), out));
    }

    /// Out: the model at this address.
    fn bar_pair(
        &mut self,
        slot: u32,
        lease: &Lease,
        sentence: Option<Sentence>,
        now: Time,
        events: &mut Vec<Event>,
    ) {
        let Some(sentence) = sentence else { return };
        let upstream = &mut self.upstreams[slot as usize];
        let mut model = lease.model;
        if sentence.cause == Cause::ModelNotFound && model.is_none() {
            // The target serves others well: only this model is out there, and one that a client made up is nothing.
            if lease.asked.is_none() || !upstream.address_slots.contains_key(&lease.address) {
                return;
            }
            model = lease.asked;
            upstream.learned_pair(lease.address, model);
        }
        let Some(pair) = upstream.pair_slots.get(&(lease.address, model)).copied() else {
            return;
        };
        if sentence.transient() && !upstream.spares(pair) {
            return;
        }
        let Some(out) = extended(upstream.pairs[pair as usize].out, sentence, lease.begun, now) else {
            return;
        };
        upstream.pairs[pair as usize].out = Some(out);
        events.push(excluded(Scope::Pair(lease.upstream, lease.address, model), out));
        upstream.refresh_pair(pair, now);
    }

    /// Looks at a key's own limits again; what there is to tell.
    pub(crate) fn weigh_credential(&mut self, slot: u32, now: Time) -> Option<Event> {
        let Credential { own, plan, in_flight, .. } = &mut self.credentials[slot as usize];
        if !own.weigh(&plan.limits, *in_flight, now) {
            return None;
        }
        let event = own.tell(plan.id, now);
        self.refresh_credential(slot, now);
        event
    }

    /// Tells every lane that is paid with this key.
    pub(crate) fn refresh_credential(&mut self, slot: u32, now: Time) {
        for (upstream, lane) in &self.credentials[slot as usize].lanes {
            self.upstreams[*upstream as usize].refresh_lane(*lane, &self.credentials, now);
        }
    }

    /// The key that this attempt was paid with, if it is still the one that has this id.
    pub(crate) fn payer_slot(&self, id: CredentialId, lease: &Lease) -> Option<u32> {
        let slot = self.credential_slot(id)?;
        (self.credentials[slot as usize].born == lease.credential_born).then_some(slot)
    }

    /// The key that has this id, if any.
    pub(crate) fn credential_slot(&self, id: CredentialId) -> Option<u32> {
        self.credential_slots.get(&id).copied()
    }
}

impl Suspension {
    /// The class's own wait, or the vendor's hint in its place; none where nothing is remembered.
    fn sentence(&self, cause: Cause, own: Option<Duration>, hint: Option<Duration>) -> Option<Sentence> {
        let wait = own?;
        let honoured = hint.filter(|_| self.honour_retry_after);
        Some(match honoured {
            Some(hint) => Sentence { cause, wait: hint.max(RETRY_AFTER_MIN).min(self.cap), named: true },
            None => Sentence { cause, wait, named: false },
        })
    }
}

impl Sentence {
    /// It may be over with the next request, and nobody asked us to wait.
    fn transient(self) -> bool {
        let passing = [Cause::Connect, Cause::Timeout, Cause::ServerError, Cause::Overloaded];
        passing.contains(&self.cause) && !self.named
    }
}

/// What is held now, if the news changes anything.
fn extended(before: Option<Exclusion>, sentence: Sentence, begun: Time, now: Time) -> Option<Exclusion> {
    let until = now + sentence.wait;
    let out = Exclusion { since: now, until, cause: sentence.cause };
    let Some(before) = before else { return Some(out) };
    if begun < before.since && !sentence.named {
        return None;
    }
    if before.until <= now {
        return Some(out);
    }
    (until > before.until).then_some(Exclusion { since: before.since, ..out })
}

pub(crate) fn excluded(scope: Scope, out: Exclusion) -> Event {
    Event::Excluded { scope, until: out.until, cause: out.cause }
}

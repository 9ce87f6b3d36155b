//! A key's own limits, as an operator has set them: requests and tokens a minute, open attempts.
//!
//! A minute is a sliding one, kept second by second: never more than the limit within any 60 seconds, and yet all of it
//! at once if it comes at once. The generic cell rate algorithm (ITU-T I.371, annex A) needs less to remember, but
//! keeps only one of the two: with a burst of the whole limit, nearly twice the limit goes through in the first minute.
//! A second counts until all of it is a minute ago, so that a key is back up to one second late and never too early.
//!
//! What is counted is what was begun here, from the start of this process on, or since there is a limit to count for.

use alloc::boxed::Box;
use core::time::Duration;

use crate::{Cause, CredentialId, Event, Exclusion, Limits, Scope, Time, blame::excluded};

/// Seconds that lie within the last minute, wholly or in part.
const SECONDS: u64 = 61;

const SECOND: Duration = Duration::from_secs(1);

/// A key at its limit is told no more often than this, unless it stays out for as long: a key with one place changes
/// with every request, and nobody wants to read that.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// What counts against a key's own limits, and whether it is at one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnLimits {
    requests: Option<Box<Minute>>,
    tokens: Option<Box<Minute>>,
    /// At a limit: until the minute has room again; until [`Time::NEVER`] where it takes an attempt's end.
    out: Option<Exclusion>,
    /// What was told last, and when.
    told: Option<(Time, Exclusion)>,
}

/// What was counted in the last minute, second by second.
#[derive(Clone, Debug)]
struct Minute {
    counts: [u64; SECONDS as usize],
    total: u64,
    /// The last second that is counted in.
    newest: u64,
}

impl OwnLimits {
    pub(crate) fn of(limits: &Limits) -> Self {
        let mut own = OwnLimits::default();
        own.keep_to(limits);
        own
    }

    /// These hold from now on; what has been counted goes on counting.
    pub(crate) fn keep_to(&mut self, limits: &Limits) {
        let keep = |minute: &mut Option<Box<Minute>>, counts: bool| {
            *minute = minute.take().filter(|_| counts).or_else(|| counts.then(Box::default));
        };
        keep(&mut self.requests, limits.requests_per_minute.is_some());
        keep(&mut self.tokens, limits.tokens_per_minute.is_some());
    }

    /// What keeps it out now.
    pub(crate) fn out(&self, now: Time) -> Option<Exclusion> {
        self.out.filter(|it| it.until > now)
    }

    /// An attempt begins.
    pub(crate) fn begin(&mut self, now: Time) {
        if let Some(requests) = &mut self.requests {
            requests.add(1, now);
        }
    }

    /// The attempt that began then has never been.
    pub(crate) fn take_back(&mut self, begun: Time) {
        if let Some(requests) = &mut self.requests {
            requests.take_back(1, begun);
        }
    }

    /// So many tokens have been used.
    pub(crate) fn spend(&mut self, tokens: u64, now: Time) {
        if let Some(minute) = &mut self.tokens {
            minute.add(tokens, now);
        }
    }

    /// Looks again, with so many attempts open; whether anything is otherwise than before.
    pub(crate) fn weigh(&mut self, limits: &Limits, in_flight: u32, now: Time) -> bool {
        let full = |minute: &mut Option<Box<Minute>>, limit: Option<u64>| {
            minute.as_mut().zip(limit).and_then(|(minute, limit)| minute.full_until(limit, now))
        };
        let requests = full(&mut self.requests, limits.requests_per_minute.map(u64::from));
        let tokens = full(&mut self.tokens, limits.tokens_per_minute);
        let busy = limits.max_concurrent.is_some_and(|max| in_flight >= max).then_some(Time::NEVER);
        let before = self.out(now);
        let since = before.map_or(now, |it| it.since);
        let until = requests.max(tokens).max(busy);
        self.out = until.map(|until| Exclusion { since, until, cause: Cause::OwnLimit });
        self.note_seen(before, now);
        self.out != before
    }

    /// What there is to tell of a change. Whoever was told that it is out is told its return, unless that is due anyway.
    pub(crate) fn tell(&mut self, id: CredentialId, now: Time) -> Option<Event> {
        let scope = Scope::Credential(id);
        let believed = self.told.map(|it| it.1).filter(|it| it.until > now);
        let Some(out) = self.out(now) else {
            let (when, told) = self.told?;
            believed?;
            self.told = Some((when, Exclusion { until: now, ..told }));
            return Some(Event::Returned { scope });
        };
        let is_due = self.told.is_none_or(|(when, _)| now.since(when) >= TELL_EVERY);
        let has_an_end = out.until < Time::NEVER;
        let matters = match believed {
            None => has_an_end && out.until.since(now) >= TELL_EVERY,
            Some(believed) => has_an_end && believed.until == Time::NEVER,
        };
        if !is_due && !matters {
            return None;
        }
        self.told = Some((now, out));
        Some(excluded(scope, out))
    }

    /// Whoever was told an end looks by itself when it has come, and has then seen that the key was still out.
    fn note_seen(&mut self, before: Option<Exclusion>, now: Time) {
        if let (Some((_, told)), Some(before)) = (&mut self.told, before)
            && before.since < told.until
            && told.until <= now
        {
            *told = before;
        }
    }
}

impl Default for Minute {
    fn default() -> Self {
        Minute { counts: [0; SECONDS as usize], total: 0, newest: 0 }
    }
}

impl Minute {
    fn add(&mut self, amount: u64, now: Time) {
        self.forget(now);
        let room = u64::MAX - self.total;
        let amount = amount.min(room);
        self.counts[(self.newest % SECONDS) as usize] += amount;
        self.total += amount;
    }

    /// What was added then is no more.
    fn take_back(&mut self, amount: u64, then: Time) {
        let then = second(then);
        if then <= self.newest && self.newest - then < SECONDS {
            let count = &mut self.counts[(then % SECONDS) as usize];
            let amount = amount.min(*count);
            *count -= amount;
            self.total -= amount;
        }
    }

    /// Until when the limit is reached, if it is.
    fn full_until(&mut self, limit: u64, now: Time) -> Option<Time> {
        self.forget(now);
        let mut left = self.total;
        if left < limit {
            return None;
        }
        let oldest = (self.newest + 1).saturating_sub(SECONDS);
        let roomy = (oldest..self.newest).find(|second| {
            left -= self.counts[(second % SECONDS) as usize];
            left < limit
        });
        let back = roomy.unwrap_or(self.newest) + SECONDS;
        Some(Time::ZERO + Duration::from_secs(back))
    }

    /// What is a minute ago counts no more.
    fn forget(&mut self, now: Time) {
        let now = second(now);
        if now <= self.newest {
            return;
        }
        let over = (now - self.newest).min(SECONDS);
        for second in now + 1 - over..=now {
            self.total -= core::mem::take(&mut self.counts[(second % SECONDS) as usize]);
        }
        self.newest = now;
    }
}

fn second(time: Time) -> u64 {
    time.as_nanos() / SECOND.as_nanos() as u64
}

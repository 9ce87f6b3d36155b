//! One address of an upstream: Kong's four counters, ejection and the way back.
//!
//! An address is healthy until failures in a row reach a threshold; then it is *ejected* for a while that doubles
//! from time to time, and after that it is *half-open*: single trials, one at a time, until enough of them succeed.
//! Traffic that began before an ejection, whatever became of it, moves nothing: it tells of the time before.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{AddressId, Cause, Exclusion, Thresholds, Time};

/// Longest wait for the next half-open trial; Envoy's `max_ejection_time`.
pub(crate) const EJECTION_MAX: Duration = Duration::from_secs(300);

/// How long a trial may stay without an answer before another one is let through: longer than nearly every first
/// token takes, short enough that a trial that hangs does not keep the address (or a key) out much longer.
pub(crate) const TRIAL_LEASE: Duration = Duration::from_secs(60);

/// A kind of failure, with a counter of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    Http,
    Tcp,
    Timeout,
}

/// What became of an address by something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    Stayed,
    Ejected,
    Returned,
}

/// One address, as one upstream sees it.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) id: AddressId,
    pub(crate) successes: u32,
    pub(crate) http_failures: u32,
    pub(crate) tcp_failures: u32,
    pub(crate) timeouts: u32,
    /// While it is not healthy; from `until` on it is half-open.
    pub(crate) out: Option<Exclusion>,
    /// Ejections since it was last healthy: what the wait doubles by.
    pub(crate) streak: u32,
    /// When the trial that is under way counts as lost.
    trial: Option<Time>,
    pub(crate) last_success: Option<Time>,
    /// When it is probed next, once that has been decided.
    pub(crate) probe_at: Option<Time>,
    /// The slots of the targets at it.
    pub(crate) targets: Vec<u32>,
}

impl Address {
    pub(crate) fn new(id: AddressId) -> Self {
        Address {
            id,
            successes: 0,
            http_failures: 0,
            tcp_failures: 0,
            timeouts: 0,
            out: None,
            streak: 0,
            trial: None,
            last_success: None,
            probe_at: None,
            targets: Vec::new(),
        }
    }

    /// Out, but its wait is over.
    pub(crate) fn half_open(&self, now: Time) -> bool {
        self.out.is_some_and(|out| out.until <= now)
    }

    /// Half-open, and nobody is trying it at the moment.
    pub(crate) fn wants_trial(&self, now: Time) -> bool {
        self.half_open(now) && self.trial.is_none_or(|until| until <= now)
    }

    /// When it becomes half-open, or the trial under way counts as lost.
    pub(crate) fn next_change(&self, now: Time) -> Time {
        let out = self.out.map(|it| it.until);
        out.into_iter().chain(self.trial).filter(|it| *it > now).min().unwrap_or(Time::NEVER)
    }

    pub(crate) fn begin_trial(&mut self, now: Time) {
        self.trial = Some(now + TRIAL_LEASE);
    }

    /// The trial is over, whatever it has shown.
    pub(crate) fn end_trial(&mut self) {
        self.trial = None;
    }

    /// It answered well; `enough` in a row close it when it is out.
    pub(crate) fn success(&mut self, enough: u32, now: Time) -> Moved {
        self.last_success = Some(now);
        self.probe_success(enough)
    }

    /// A probe found it well; likewise, but that is no word of traffic.
    pub(crate) fn probe_success(&mut self, enough: u32) -> Moved {
        self.http_failures = 0;
        self.tcp_failures = 0;
        self.timeouts = 0;
        self.successes = self.successes.saturating_add(1);
        if self.out.is_none() || enough == 0 || self.successes < enough {
            return Moved::Stayed;
        }
        self.restore();
        Moved::Returned
    }

    /// It failed; the threshold of that kind ejects it, and in a trial any failure does.
    pub(crate) fn failure(
        &mut self,
        failing: Failing,
        thresholds: &Thresholds,
        wait: Duration,
        now: Time,
    ) -> Moved {
        self.successes = 0;
        let (counter, threshold, cause) = match failing {
            Failing::Http => (&mut self.http_failures, thresholds.http_failures, Cause::HttpFailures),
            Failing::Tcp => (&mut self.tcp_failures, thresholds.tcp_failures, Cause::TcpFailures),
            Failing::Timeout => (&mut self.timeouts, thresholds.timeouts, Cause::Timeouts),
        };
        *counter = counter.saturating_add(1);
        let tripped = threshold > 0 && *counter >= threshold;
        let failed_trial = self.half_open(now);
        if failed_trial || (tripped && self.out.is_none()) {
            self.eject(cause, wait, now);
            return Moved::Ejected;
        }
        Moved::Stayed
    }

    /// Out until somebody says otherwise.
    pub(crate) fn condemn(&mut self, now: Time) {
        self.out = Some(Exclusion { since: now, until: Time::NEVER, cause: Cause::Operator });
        self.successes = 0;
        self.trial = None;
    }

    /// Healthy, with counters at zero.
    pub(crate) fn restore(&mut self) {
        let Address { id, last_success, probe_at, .. } = *self;
        let targets = core::mem::take(&mut self.targets);
        *self = Address { last_success, probe_at, targets, ..Address::new(id) };
    }

    fn eject(&mut self, cause: Cause, wait: Duration, now: Time) {
        let since = self.out.map_or(now, |out| out.since);
        let wait = doubled(wait, self.streak, EJECTION_MAX.max(wait));
        self.out = Some(Exclusion { since, until: now + wait, cause });
        self.streak = self.streak.saturating_add(1);
        self.trial = None;
    }
}

/// `first`, doubled `times` over, at most `max`.
pub(crate) fn doubled(first: Duration, times: u32, max: Duration) -> Duration {
    first.saturating_mul(1u32.checked_shl(times).unwrap_or(u32::MAX)).min(max)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::Statuses;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }

    fn three_strikes() -> Thresholds {
        Thresholds {
            healthy_statuses: Statuses(vec![200]),
            successes: 2,
            unhealthy_statuses: Statuses(vec![500]),
            http_failures: 3,
            tcp_failures: 3,
            timeouts: 0,
        }
    }

    #[test]
    fn failures_in_a_row_eject_and_each_failed_trial_doubles_the_wait() {
        let (wait, mut address) = (Duration::from_secs(10), Address::new(AddressId(0)));
        let fail =
            |address: &mut Address, now| address.failure(Failing::Http, &three_strikes(), wait, at(now));
        assert_eq!(fail(&mut address, 0), Moved::Stayed);
        assert_eq!(fail(&mut address, 0), Moved::Stayed);
        assert_eq!(address.success(2, at(0)), Moved::Stayed, "a success clears the failures");
        assert_eq!(fail(&mut address, 0), Moved::Stayed);
        assert_eq!(fail(&mut address, 0), Moved::Stayed);
        assert_eq!(fail(&mut address, 0), Moved::Ejected);
        for (now, until) in [(10, 30), (30, 70), (70, 150), (150, 310), (310, 610), (610, 910)] {
            assert!(!address.half_open(at(now - 1)));
            assert!(address.wants_trial(at(now)));
            address.begin_trial(at(now));
            assert!(!address.wants_trial(at(now + 59)));
            assert!(address.wants_trial(at(now + 60)), "a trial that never answers blocks nobody");
            assert_eq!(fail(&mut address, now), Moved::Ejected);
            assert_eq!(address.out.map(|it| it.until), Some(at(until)));
        }
        assert_eq!(address.success(2, at(910)), Moved::Stayed);
        assert_eq!(address.success(2, at(910)), Moved::Returned);
        assert!(address.out.is_none());
    }

    #[test]
    fn a_threshold_of_zero_never_trips() {
        let mut address = Address::new(AddressId(0));
        for _ in 0..100 {
            let moved = address.failure(Failing::Timeout, &three_strikes(), Duration::ZERO, at(0));
            assert_eq!(moved, Moved::Stayed);
        }
    }
}

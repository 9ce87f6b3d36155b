//! Peak-EWMA: a moving average that believes bad news at once and good news slowly.
//!
//! A sample above the average replaces it; one below pulls it down by the weight of the time since the last one,
//! 1 − e^(−elapsed / decay). While nothing is heard the average decays towards nothing, so that a place that was slow
//! once is asked again some day. (finagle `loadbalancer/.../PeakEwma.scala`, tower `load::peak_ewma`,
//! linkerd2-proxy `linkerd/ewma`.)

use core::time::Duration;

use crate::Time;

/// After so long without a sample, a bit over a third of the average is left. finagle's ten seconds are for services
/// that answer in milliseconds; the first token of a model takes a second or more, and many pools see a request or
/// two a minute, which must not have forgotten by then who was the faster.
const DECAY: Duration = Duration::from_secs(60);

/// The moving average of durations, and when it was last fed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PeakEwma {
    nanos: f64,
    updated: Time,
}

impl PeakEwma {
    /// Begins with its first sample.
    pub(crate) fn new(first: Duration, now: Time) -> Self {
        PeakEwma { nanos: first.as_nanos() as f64, updated: now }
    }

    /// Takes in what was observed at `now`.
    pub(crate) fn observe(&mut self, took: Duration, now: Time) {
        let sample = took.as_nanos() as f64;
        if sample >= self.nanos {
            self.nanos = sample;
        } else {
            let kept = self.kept(now);
            self.nanos = self.nanos * kept + sample * (1.0 - kept);
        }
        self.updated = self.updated.max(now);
    }

    /// The average as it was when last fed, in nanoseconds.
    pub(crate) fn nanos(&self) -> u64 {
        self.nanos as u64
    }

    /// This and another average, in nanoseconds, as of the moment when the later one was fed. As both decay alike,
    /// their ratio is the same ever after: comparing them takes no clock.
    pub(crate) fn beside(&self, other: &PeakEwma) -> (f64, f64) {
        let now = self.updated.max(other.updated);
        (self.nanos * self.kept(now), other.nanos * other.kept(now))
    }

    /// What share of the average is left by `now`.
    fn kept(&self, now: Time) -> f64 {
        exp_of_minus(now.since(self.updated).as_nanos() as f64 / DECAY.as_nanos() as f64)
    }
}

/// Nanoseconds as of no particular moment: beside another such one, neither has decayed.
impl From<u64> for PeakEwma {
    fn from(nanos: u64) -> Self {
        PeakEwma::new(Duration::from_nanos(nanos), Time::ZERO)
    }
}

/// e^(−x) for x ≥ 0, which `core` does not have: (e^(−x / 1024))^1024 by a short series and ten squarings, correct to
/// seven digits where it matters; 0 from 64 on.
fn exp_of_minus(x: f64) -> f64 {
    if x >= 64.0 {
        return 0.0;
    }
    let small = x / 1024.0;
    let mut power = 1.0 - small * (1.0 - small / 2.0 * (1.0 - small / 3.0 * (1.0 - small / 4.0)));
    for _ in 0..10 {
        power *= power;
    }
    power
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_news_are_believed_at_once() {
        let mut ewma = PeakEwma::new(millis(100), at(0));
        ewma.observe(millis(900), at(0));
        assert_eq!(ewma.nanos(), nanos(900));
    }

    #[test]
    fn good_news_are_believed_slowly() {
        let mut ewma = PeakEwma::new(millis(1000), at(0));
        ewma.observe(millis(0), at(60));
        let left = ewma.nanos() as f64 / 1e9;
        assert!((left - 0.367_879).abs() < 1e-5, "{left}");
    }

    #[test]
    fn what_was_slow_once_is_forgotten_in_the_end() {
        let slow = PeakEwma::new(millis(30_000), at(0));
        let fast_by = |seconds| slow.beside(&PeakEwma::new(millis(300), at(seconds)));
        let (slow_then, fast_then) = fast_by(60);
        assert!(slow_then > fast_then);
        let (slow_then, fast_then) = fast_by(360);
        assert!(slow_then < fast_then);
    }

    proptest! {
        #[test]
        fn the_exponential_is_right(x in 0.0_f64..40.0) {
            let right = (-x).exp();
            prop_assert!((exp_of_minus(x) - right).abs() <= 1e-6 * right, "{} {}", exp_of_minus(x), right);
        }

        #[test]
        fn it_never_exceeds_the_largest_sample(samples in proptest::collection::vec((0_u64..10_000, 0_u64..60), 1..50)) {
            let mut now = 0;
            let mut ewma = PeakEwma::new(millis(samples[0].0), at(0));
            let largest = samples.iter().map(|it| it.0).max().unwrap();
            for (sample, later) in samples {
                now += later;
                ewma.observe(millis(sample), at(now));
                prop_assert!(ewma.nanos() >= nanos(sample));
                prop_assert!(ewma.nanos() <= nanos(largest));
            }
        }
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn nanos(millis: u64) -> u64 {
        millis * 1_000_000
    }

    fn at(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }
}

//! A 95th percentile of latencies, in fixed memory.
//!
//! Buckets are a quarter of a power of two wide, so that an answer is at most 19 % above the truth; all counts are
//! halved from time to time, so that the last thousand observations outweigh what was before.

use core::time::Duration;

/// From 1 ms up to 2²⁰ ms, about 17 minutes: longer than the longest automatic limit.
const BUCKETS: usize = 80;

/// Halve everything at so many: the last thousand say more than the last ten thousand.
const FULL: u32 = 1024;

/// Below so many observations there is nothing to go by.
const ENOUGH: u32 = 20;

/// The counts.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: [u16; BUCKETS],
    total: u32,
    p95: Option<Duration>,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { counts: [0; BUCKETS], total: 0, p95: None }
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, took: Duration) {
        if self.total >= FULL {
            self.counts.iter_mut().for_each(|it| *it /= 2);
            self.total = self.counts.iter().map(|it| u32::from(*it)).sum();
        }
        self.counts[bucket(took)] += 1;
        self.total += 1;
        self.p95 = (self.total >= ENOUGH).then(|| self.percentile());
    }

    pub(crate) fn p95(&self) -> Option<Duration> {
        self.p95
    }

    fn percentile(&self) -> Duration {
        let above = self.total / 20;
        let mut seen = 0;
        let reaches = |count: &u16| {
            seen += u32::from(*count);
            seen > above
        };
        let from_top = self.counts.iter().rev().position(reaches).unwrap_or(0);
        upper(BUCKETS - 1 - from_top)
    }
}

fn bucket(took: Duration) -> usize {
    let millis = (took.as_micros() as u64 / 250).max(4); // Quarters of a millisecond; 4 of them are 1 ms.
    let octave = millis.ilog2() - 2;
    let quarter = (millis >> octave) & 3;
    ((octave * 4) as usize + quarter as usize).min(BUCKETS - 1)
}

fn upper(bucket: usize) -> Duration {
    let (octave, quarter) = (bucket / 4, bucket as u64 % 4);
    Duration::from_micros(((5 + quarter) << octave) * 250)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nineteen_observations_say_nothing_and_a_hundred_say_where_the_slow_ones_are() {
        let mut histogram = Histogram::default();
        for _ in 0..19 {
            histogram.record(Duration::from_millis(100));
        }
        assert_eq!(histogram.p95(), None);
        for _ in 0..71 {
            histogram.record(Duration::from_millis(100));
        }
        for _ in 0..10 {
            histogram.record(Duration::from_secs(10));
        }
        let p95 = histogram.p95().expect("enough");
        assert!((10.0..=12.0).contains(&p95.as_secs_f64()), "{p95:?}");
    }

    #[test]
    fn what_was_long_ago_fades() {
        let mut histogram = Histogram::default();
        for _ in 0..2000 {
            histogram.record(Duration::from_secs(60));
        }
        for _ in 0..10_000 {
            histogram.record(Duration::from_millis(200));
        }
        let p95 = histogram.p95().expect("enough");
        assert!(p95 < Duration::from_millis(260), "{p95:?}");
        histogram.record(Duration::MAX);
        histogram.record(Duration::ZERO);
    }
}

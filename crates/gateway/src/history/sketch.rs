//! How long things took, in few numbers: how many of each size, four sizes to a doubling.
//!
//! A percentile read from it is at most a tenth off, whatever the distribution, and two sketches add up to the sketch of
//! both: that is what averages of percentiles never are.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Sizes to a doubling.
const STEPS: f64 = 4.0;
/// 2^20 ms: what takes longer than a quarter of an hour is all of one size.
const SIZE_MAX: u8 = 80;

/// Durations by size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sketch {
    /// Size and how many, sizes ascending. Few: what one thing takes varies by a factor of ten or so.
    sizes: Vec<(u8, u64)>,
    sum_us: u64,
}

impl Sketch {
    pub(super) fn add(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.put(size(micros), 1);
        self.sum_us = self.sum_us.saturating_add(micros);
    }

    pub(super) fn merge(&mut self, other: &Sketch) {
        other.sizes.iter().for_each(|(size, count)| self.put(*size, *count));
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.sizes.iter().map(|it| it.1).sum()
    }

    /// Milliseconds, if there is any.
    pub(crate) fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum_us as f64 / 1e3 / count as f64)
    }

    /// Milliseconds that a `share` (0 to 1) of them took at most, give or take a tenth.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = (share * self.count() as f64).ceil().max(1.0);
        let mut seen = 0;
        for (size, count) in &self.sizes {
            seen += count;
            if seen as f64 >= wanted {
                return Some(middle(*size));
            }
        }
        None
    }

    fn put(&mut self, size: u8, count: u64) {
        match self.sizes.binary_search_by_key(&size, |it| it.0) {
            Ok(at) => self.sizes[at].1 += count,
            Err(at) => self.sizes.insert(at, (size, count)),
        }
    }
}

/// Everything up to a millisecond is of size 0.
fn size(micros: u64) -> u8 {
    let doublings = (micros as f64 / 1e3).max(1.0).log2();
    (doublings * STEPS).ceil().min(f64::from(SIZE_MAX)) as u8
}

/// The middle of a size, on the scale that sizes are on.
fn middle(size: u8) -> f64 {
    if size == 0 { 0.5 } else { ((f64::from(size) - 0.5) / STEPS).exp2() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_quantile_is_at_most_a_tenth_off(mut millis in prop::collection::vec(2_u64..900_000, 1..200)) {
            let mut sketch = Sketch::default();
            millis.iter().for_each(|it| sketch.add(Duration::from_millis(*it)));
            millis.sort_unstable();
            for share in [0.5, 0.95, 0.99] {
                let exact = millis[((share * millis.len() as f64).ceil() as usize).max(1) - 1] as f64;
                let told = sketch.quantile(share).expect("there is something");
                prop_assert!((told / exact - 1.0).abs() < 0.1, "{} for {}", told, exact);
            }
        }

        #[test]
        fn sketches_add_up(a in prop::collection::vec(0_u64..9_000_000, 0..50), b in prop::collection::vec(0_u64..9_000_000, 0..50)) {
            let of = |all: &[u64]| {
                let mut sketch = Sketch::default();
                all.iter().for_each(|it| sketch.add(Duration::from_micros(*it)));
                sketch
            };
            let mut sum = of(&a);
            sum.merge(&of(&b));
            prop_assert_eq!(sum, of(&[a, b].concat()));
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!((Sketch::default().quantile(0.5), Sketch::default().mean()), (None, None));
    }
}

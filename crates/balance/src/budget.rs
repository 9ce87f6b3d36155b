//! A retry budget: retries stay a fraction of the traffic, however bad things are.
//!
//! A ring of ten buckets slides over the window; requests and retries are counted in the bucket of their instant.
//! (After Finagle's and tower's `RetryBudget`; ours counts what was done instead of keeping a balance.)

use crate::{Budget, Time};

const BUCKETS: usize = 10;

/// What was done lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spending {
    buckets: [Bucket; BUCKETS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// Number of the stretch of time that these are the counts of.
    stretch: u64,
    requests: u32,
    retries: u32,
}

impl Spending {
    /// A request has come.
    pub(crate) fn request(&mut self, budget: &Budget, now: Time) {
        self.bucket(budget, now).requests += 1;
    }

    /// Takes one retry, if there is one left.
    pub(crate) fn retry(&mut self, budget: &Budget, now: Time) -> bool {
        let newest = stretch(budget, now);
        let fresh = self.buckets.iter().filter(|it| it.stretch + (BUCKETS as u64) > newest);
        let (requests, retries) = fresh
            .fold((0u64, 0u64), |sum, it| (sum.0 + u64::from(it.requests), sum.1 + u64::from(it.retries)));
        let allowed = budget.ratio * requests as f64 + budget.min_per_second * budget.window.as_secs_f64();
        if (retries + 1) as f64 > allowed {
            return false;
        }
        self.bucket(budget, now).retries += 1;
        true
    }

    fn bucket(&mut self, budget: &Budget, now: Time) -> &mut Bucket {
        let stretch = stretch(budget, now);
        let bucket = &mut self.buckets[(stretch % BUCKETS as u64) as usize];
        if bucket.stretch != stretch {
            *bucket = Bucket { stretch, ..Bucket::default() };
        }
        bucket
    }
}

fn stretch(budget: &Budget, now: Time) -> u64 {
    let long = budget.window.as_nanos() as u64 / BUCKETS as u64;
    now.as_nanos() / long.max(1)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn one_retry_in_five_requests_and_the_minimum_and_no_more() {
        let budget = Budget { ratio: 0.2, min_per_second: 1.0, window: Duration::from_secs(10) };
        let mut spending = Spending::default();
        for _ in 0..100 {
            spending.request(&budget, at(50));
        }
        let granted = (0..100).filter(|_| spending.retry(&budget, at(51))).count();
        assert_eq!(granted, 30);
        assert!(!spending.retry(&budget, at(59)));
        let later = (0..100).filter(|_| spending.retry(&budget, at(61))).count();
        assert_eq!(later, 10, "the window has slid past all of it");
    }
}

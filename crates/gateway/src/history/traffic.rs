//! How much goes on just now, per second.

use std::{collections::VecDeque, sync::Arc};

use hashbrown::HashMap;

use super::names::Named;
use crate::proxy::Record;

/// A rate is the mean of this many whole seconds: steady enough to read, short enough to be now.
const SECONDS: i64 = 5;

/// The one that is still going on besides, and one more for whoever reads late.
const KEPT: i64 = SECONDS + 2;

/// The last few seconds.
#[derive(Default)]
pub(crate) struct Traffic {
    /// Oldest first, none without traffic.
    seconds: VecDeque<Second>,
}

#[derive(Default)]
struct Second {
    unix: i64,
    /// Tries by provider.
    providers: HashMap<Arc<str>, Tally>,
    /// Requests by upstream.
    upstreams: HashMap<Arc<str>, Tally>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    requests: u64,
    errors: u64,
}

/// How much, per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rate {
    /// Requests of an upstream, tries of a provider.
    pub(crate) requests: f64,
    /// Those of them that failed by somebody's fault.
    pub(crate) errors: f64,
}

impl Traffic {
    pub(super) fn count(&mut self, record: &Record, named: &Named, ended: i64) {
        let at = self.seconds.iter().rposition(|it| it.unix <= ended);
        let second = match at.filter(|at| self.seconds[*at].unix == ended) {
            Some(at) => &mut self.seconds[at],
            None => {
                let at = at.map_or(0, |at| at + 1);
                self.seconds.insert(at, Second { unix: ended, ..Second::default() });
                &mut self.seconds[at]
            }
        };
        if let Some(upstream) = &named.upstream {
            let tally = second.upstreams.entry(Arc::clone(upstream)).or_default();
            tally.requests += 1;
            tally.errors += u64::from(record.has_failed());
        }
        for (attempt, tried) in record.attempts.iter().zip(&named.tried) {
            if let Some(provider) = &tried.provider {
                let tally = second.providers.entry(Arc::clone(provider)).or_default();
                tally.requests += 1;
                tally.errors += u64::from(attempt.has_failed());
            }
        }
        // A clock that was put back leaves seconds that are yet to come.
        while self.seconds.back().is_some_and(|it| it.unix > ended + KEPT) {
            self.seconds.pop_back();
        }
        while self.seconds.len() as i64 > KEPT {
            self.seconds.pop_front();
        }
    }

    /// Tries at each provider that had any lately.
    pub(crate) fn providers(&self, now: i64) -> HashMap<Arc<str>, Rate> {
        self.rates(now, |it| &it.providers)
    }

    /// Requests to each upstream that had any lately.
    pub(crate) fn upstreams(&self, now: i64) -> HashMap<Arc<str>, Rate> {
        self.rates(now, |it| &it.upstreams)
    }

    fn rates(&self, now: i64, of: fn(&Second) -> &HashMap<Arc<str>, Tally>) -> HashMap<Arc<str>, Rate> {
        let mut sums: HashMap<Arc<str>, Tally> = HashMap::new();
        for second in self.seconds.iter().filter(|it| (now - SECONDS..now).contains(&it.unix)) {
            for (name, tally) in of(second) {
                let sum = sums.entry(Arc::clone(name)).or_default();
                sum.requests += tally.requests;
                sum.errors += tally.errors;
            }
        }
        let per_second = |count: u64| count as f64 / SECONDS as f64;
        let rate = |sum: Tally| Rate { requests: per_second(sum.requests), errors: per_second(sum.errors) };
        sums.into_iter().map(|(name, sum)| (name, rate(sum))).collect()
    }
}

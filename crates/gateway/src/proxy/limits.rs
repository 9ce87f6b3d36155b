//! Time limits of one try.

use std::time::Duration;

use balance::Observed;
use config::snapshot::{Limit, Timeouts};

/// `auto` is so many times the p95 that a pair has shown: slow reasoning models are given time, a hang is noticed.
const AUTO_FACTOR: u32 = 5;
/// Streamed, to the first delta: bounds of `auto`, and what holds until enough is known.
const FIRST_TOKEN: Auto = Auto { min: secs(10), max: secs(600), unknown: secs(120) };
/// Not streamed, to the headers.
const RESPONSE: Auto = Auto { min: secs(60), max: secs(600), unknown: secs(300) };

struct Auto {
    min: Duration,
    max: Duration,
    unknown: Duration,
}

/// How long a vendor may take until it shows something.
pub(super) fn until_first(timeouts: &Timeouts, observed: &Observed, stream: bool) -> Duration {
    let (limit, auto, p95) = if stream {
        (timeouts.first_token, FIRST_TOKEN, observed.first_token_p95)
    } else {
        (timeouts.response, RESPONSE, observed.response_p95)
    };
    match (limit, p95) {
        (Limit::Fixed(limit), _) => limit,
        (Limit::Auto, Some(p95)) => (p95 * AUTO_FACTOR).clamp(auto.min, auto.max),
        (Limit::Auto, None) => auto.unknown,
    }
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_five_times_the_p95_within_bounds() {
        let timeouts = |limit| Timeouts {
            connect: secs(5),
            first_token: limit,
            response: limit,
            idle: secs(60),
            total: None,
        };
        let check = |limit, p95: Option<u64>, stream, expected: u64| {
            let p95 = p95.map(secs);
            let observed = Observed { first_token_p95: p95, response_p95: p95 };
            assert_eq!(until_first(&timeouts(limit), &observed, stream), secs(expected));
        };
        check(Limit::Auto, None, true, 120);
        check(Limit::Auto, None, false, 300);
        check(Limit::Auto, Some(1), true, 10);
        check(Limit::Auto, Some(1), false, 60);
        check(Limit::Auto, Some(20), true, 100);
        check(Limit::Auto, Some(500), true, 600);
        check(Limit::Fixed(secs(2)), Some(500), true, 2);
    }
}

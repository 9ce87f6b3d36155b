//! What the three kinds of limiters grant, and the laws they share. No clock: time is written out.

use proptest::prelude::*;

use super::*;

const KINDS: [LimiterKind; 3] =
    [LimiterKind::TokenBucket, LimiterKind::FixedWindow, LimiterKind::SlidingWindow];

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn spec(kind: LimiterKind, rpm: f64) -> LimiterSpec {
    LimiterSpec { kind, rpm: Some(rpm), ..LimiterSpec::default() }
}

fn small() -> Cost {
    Cost { input_tokens: 1.0, output_tokens: 1.0 }
}

/// Asks at each of these milliseconds and tells who passed.
fn granted(spec: &LimiterSpec, at: &[u64]) -> Vec<bool> {
    let mut limiter = Limiter::new(spec, ms(0));
    at.iter().map(|it| limiter.take(small(), ms(*it)).0 == Verdict::Granted).collect()
}

#[test]
fn a_bucket_gives_back_steadily() {
    let spec = spec(LimiterKind::TokenBucket, 2.0);
    assert_eq!(granted(&spec, &[0, 0, 0, 29_999, 30_000, 30_001]), [true, true, false, false, true, false]);
}

#[test]
fn a_fixed_window_gives_all_back_at_its_end() {
    let spec = spec(LimiterKind::FixedWindow, 2.0);
    assert_eq!(
        granted(&spec, &[59_000, 59_000, 59_999, 60_000, 60_000, 60_000]),
        [true, true, false, true, true, false]
    );
}

#[test]
fn a_sliding_window_gives_each_piece_back_a_window_later() {
    let spec = spec(LimiterKind::SlidingWindow, 2.0);
    assert_eq!(
        granted(&spec, &[0, 40_000, 59_999, 60_000, 60_000, 100_000]),
        [true, true, false, true, false, true]
    );
}

#[test]
fn a_shorter_window_enforces_the_same_rate_over_less_time() {
    let azure = LimiterSpec { window_ms: 10_000, ..spec(LimiterKind::FixedWindow, 12.0) };
    assert_eq!(granted(&azure, &[0, 0, 0, 10_000]), [true, true, false, true]);
}

#[test]
fn a_smaller_burst_is_a_smaller_bucket_at_the_same_rate() {
    let quarter = LimiterSpec { burst: 0.25, ..spec(LimiterKind::TokenBucket, 8.0) };
    assert_eq!(granted(&quarter, &[0, 0, 0, 7_500, 7_500]), [true, true, false, true, false]);
}

#[test]
fn where_refused_requests_count_knocking_keeps_the_door_shut() {
    let counting = LimiterSpec { count_failed: true, ..spec(LimiterKind::SlidingWindow, 1.0) };
    assert_eq!(granted(&counting, &[0, 30_000, 60_000, 119_999, 180_000]), [true, false, false, false, true]);
    let mild = spec(LimiterKind::SlidingWindow, 1.0);
    assert_eq!(granted(&mild, &[0, 30_000, 60_000]), [true, false, true]);
}

#[test]
fn the_scarcest_dimension_decides() {
    let spec = LimiterSpec { tpm: Some(100.0), ..spec(LimiterKind::FixedWindow, 10.0) };
    let mut limiter = Limiter::new(&spec, ms(0));
    let big = Cost { input_tokens: 60.0, output_tokens: 10.0 };
    assert_eq!(limiter.take(big, ms(0)).0, Verdict::Granted);
    let (verdict, reading) = limiter.take(big, ms(15_000));
    assert_eq!(verdict, Verdict::Refused(Some(ms(45_000))));
    assert_eq!(reading.requests.map(|it| it.remaining), Some(9.0));
    assert_eq!(reading.tokens.map(|it| (it.limit, it.remaining)), Some((100.0, 30.0)));
    assert_eq!(limiter.take(small(), ms(15_000)).0, Verdict::Granted, "a smaller one still fits");
}

#[test]
fn a_request_greater_than_the_limit_never_passes() {
    for kind in KINDS {
        let spec = LimiterSpec { kind, tpm: Some(100.0), ..LimiterSpec::default() };
        let huge = Cost { input_tokens: 101.0, output_tokens: 0.0 };
        assert_eq!(Limiter::new(&spec, ms(0)).take(huge, ms(0)).0, Verdict::Refused(None));
    }
}

proptest! {
    #[test]
    fn who_waits_as_long_as_told_passes_and_who_comes_earlier_does_not(
        kind in prop::sample::select(&KINDS[..]),
        rpm in 1_u32..50,
        steps in prop::collection::vec(0_u64..5_000, 1..200),
    ) {
        let spec = spec(kind, f64::from(rpm));
        let mut limiter = Limiter::new(&spec, ms(0));
        let mut now = ms(0);
        for step in steps {
            now += ms(step);
            if let (Verdict::Refused(wait), _) = limiter.take(small(), now) {
                let wait = wait.expect("a request is never greater than a limit of one");
                prop_assert!(wait > Duration::ZERO);
                let early = now + wait.saturating_sub(ms(2));
                if early > now {
                    prop_assert!(limiter.take(small(), early).0 != Verdict::Granted);
                }
                now += wait + Duration::from_micros(1);
                prop_assert_eq!(limiter.take(small(), now).0, Verdict::Granted);
            }
        }
    }

    #[test]
    fn no_window_ever_grants_more_than_its_kind_allows(
        kind in prop::sample::select(&KINDS[..]),
        rpm in 1_u32..40,
        steps in prop::collection::vec(0_u64..4_000, 1..300),
    ) {
        let spec = spec(kind, f64::from(rpm));
        let mut limiter = Limiter::new(&spec, ms(0));
        let mut now = ms(0);
        let mut passed: Vec<Duration> = Vec::new();
        for step in steps {
            now += ms(step);
            if limiter.take(small(), now).0 == Verdict::Granted {
                passed.push(now);
            }
        }
        // A full bucket and its refill, or the ends of two fixed windows, may meet in any one minute.
        let most = if kind == LimiterKind::SlidingWindow { rpm as usize } else { 2 * rpm as usize };
        for start in &passed {
            let within = passed.iter().filter(|it| **it >= *start && **it < *start + ms(60_000)).count();
            prop_assert!(within <= most, "{} in a minute from {:?}", within, start);
        }
    }
}

//! FAULTS 2a, rows 1–9 and 11: every way in which vendors say how long.

use std::time::{Duration, SystemTime};

use dialect::{duration, retry_after, spent};
use http::HeaderMap;
use proptest::prelude::*;

type Given<'a> = &'a [(&'static str, &'a str)];

/// 2026-11-21T09:00:00Z
const NOW: u64 = 1_795_251_600;

#[test]
fn a_go_duration_is_read() {
    let rows = [
        ("6m0s", Some(360_000.0)),
        ("1s", Some(1000.0)),
        ("17ms", Some(17.0)),
        ("1m30.5s", Some(90_500.0)),
        ("23h47m36.648s", Some(85_656_648.0)),
        ("2d1h", Some(176_400_000.0)),
        ("250µs", Some(0.25)),
        ("1800000ms", Some(1_800_000.0)),
        ("", None),
        ("s", None),
        ("5", None),
        ("5x", None),
        ("-1s", None),
        ("1.2.3s", None),
    ];
    for (text, milliseconds) in rows {
        let expected = milliseconds.map(|it: f64| Duration::from_secs_f64(it / 1000.0));
        assert_eq!(duration(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn a_duration_survives_being_written(milliseconds in 0u64..1_000_000_000) {
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
        let written = format!("{}h{}m{}.{rest:03}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let read = duration(&written).unwrap();
        prop_assert!(read.abs_diff(Duration::from_millis(milliseconds)) < Duration::from_micros(1));
    }

    #[test]
    fn no_header_value_panics(name in 0usize..6, value in "[ -~]{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let names = ["retry-after", "retry-after-ms", "date", "x-ratelimit-reset", "x-ratelimit-remaining", "x-ratelimit-reset-tokens"];
        let headers = headers(&[(names[name], &value), ("x-ratelimit-remaining-tokens", "0")]);
        retry_after(&headers, &body, now());
        spent(&headers, now());
        duration(&value);
    }
}

#[test]
fn retry_after_is_read_in_every_form() {
    let rows: [(Given<'_>, Option<f64>); 14] = [
        (&[("retry-after", "2")], Some(2.0)),
        (&[("retry-after", "0.5")], Some(0.5)),
        (&[("retry-after-ms", "350"), ("retry-after", "1")], Some(0.35)),
        (&[("x-ms-retry-after-ms", "120"), ("retry-after", "1")], Some(0.12)),
        (&[("retry-after", "Sat, 21 Nov 2026 09:00:30 GMT")], Some(30.0)),
        (&[("retry-after", "Sat, 21 Nov 2026 08:00:00 GMT")], Some(0.0)),
        // The vendor's clock is an hour behind: its dates are meant by that clock.
        (
            &[("retry-after", "Sat, 21 Nov 2026 08:00:30 GMT"), ("date", "Sat, 21 Nov 2026 08:00:00 GMT")],
            Some(30.0),
        ),
        (&[("retry-after", "518400")], Some(518_400.0)),
        (&[("retry-after", "-1")], None),
        (&[("retry-after", "NaN")], None),
        (&[("retry-after", "inf")], None),
        (&[("retry-after", "soon")], None),
        (&[("retry-after-ms", "soon"), ("retry-after", "3")], Some(3.0)),
        (&[], None),
    ];
    for (given, expected) in rows {
        assert_eq!(
            retry_after(&headers(given), b"", now()),
            expected.map(Duration::from_secs_f64),
            "{given:?}"
        );
    }
}

#[test]
fn a_reset_is_read_in_every_form() {
    let rows = [
        ("6m0s", Some(360.0)),
        ("30", Some(30.0)),
        ("0.25", Some(0.25)),
        ("1795251660", Some(60.0)),
        ("1795251660000", Some(60.0)),
        ("2026-11-21T09:01:00Z", Some(60.0)),
        ("2026-11-21T10:01:00+01:00", Some(60.0)),
        ("Sat, 21 Nov 2026 09:01:00 GMT", Some(60.0)),
        ("1795251000", Some(0.0)),
        ("-1", None),
        ("later", None),
        ("", None),
    ];
    for (reset, expected) in rows {
        let headers =
            headers(&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", reset)]);
        assert_eq!(retry_after(&headers, b"", now()), expected.map(Duration::from_secs_f64), "{reset}");
    }
}

#[test]
fn what_is_exhausted_decides_and_the_later_of_two() {
    let one = [
        ("x-ratelimit-remaining-requests", "12"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "5m"),
    ];
    assert_eq!(spent(&headers(&one), now()), Some(Duration::from_secs(300)));
    let both = [("x-ratelimit-remaining-requests", "0"), one[1], one[2], one[3]];
    assert_eq!(spent(&headers(&both), now()), Some(Duration::from_secs(300)));
    let anthropic = [
        ("anthropic-ratelimit-input-tokens-remaining", "0"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-11-21T09:00:20Z"),
        ("anthropic-ratelimit-output-tokens-remaining", "100"),
        ("anthropic-ratelimit-output-tokens-reset", "2026-11-21T09:05:00Z"),
    ];
    assert_eq!(spent(&headers(&anthropic), now()), Some(Duration::from_secs(20)));
    // The IETF's one header for all of it: by policy, or in its first form.
    let policies = [("ratelimit", "\"minute\";r=0;t=55, \"hour\";r=0;t=1800, \"day\";r=7;t=60000")];
    assert_eq!(spent(&headers(&policies), now()), Some(Duration::from_secs(1800)));
    let first_form = [("ratelimit", "limit=100, remaining=0, reset=50")];
    assert_eq!(retry_after(&headers(&first_form), b"", now()), Some(Duration::from_secs(50)));
    let left = [("ratelimit", "\"minute\";r=1;t=55, limit, r, remaining=, \"x\";r=0")];
    assert_eq!(spent(&headers(&left), now()), None);
    let openrouter = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795251660000")];
    assert_eq!(spent(&headers(&openrouter), now()), Some(Duration::from_secs(60)));
}

#[test]
fn what_cannot_be_known_excludes_nobody() {
    let rows: [Given<'_>; 6] = [
        &[("x-ratelimit-remaining-tokens", "-1"), ("x-ratelimit-reset-tokens", "5s")],
        &[("x-ratelimit-remaining-tokens", "0")],
        &[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "soon")],
        &[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "1795251000")],
        &[("x-ratelimit-remaining-tokens", "none"), ("x-ratelimit-reset-tokens", "5s")],
        &[("x-ratelimit-reset-tokens", "5s")],
    ];
    for given in rows {
        assert_eq!(spent(&headers(given), now()), None, "{given:?}");
    }
}

#[test]
fn after_a_failure_a_lone_reset_is_a_hint_unless_something_remains() {
    let lone = headers(&[("x-ratelimit-reset-requests", "6m0s"), ("x-ratelimit-reset-tokens", "20ms")]);
    assert_eq!(retry_after(&lone, b"", now()), Some(Duration::from_millis(20)));
    let remaining =
        headers(&[("x-ratelimit-reset-requests", "6m0s"), ("x-ratelimit-remaining-requests", "3")]);
    assert_eq!(retry_after(&remaining, b"", now()), None);
}

#[test]
fn a_body_may_be_the_only_one_to_say_it() {
    let rows: [(&str, Option<f64>); 12] = [
        (r#"{"error":{"details":[{"@type":"RetryInfo","retryDelay":"38s"}]}}"#, Some(38.0)),
        (r#"{"retryDelay":{"seconds":38,"nanos":5}}"#, Some(38.0)),
        (r#"{"retryDelay": {"nanos": 5, "seconds": "7" }}"#, Some(7.0)),
        (r#"{"retryDelay": {"nanos": 5 }}"#, None),
        (r#"{"error":{"details":[{"retryDelay" : "0.5s"}]}}"#, Some(0.5)),
        ("Please retry in 52.45s.", Some(52.45)),
        ("Please try again in 6.5s. Visit", Some(6.5)),
        ("Please try again in 20ms.", Some(0.02)),
        ("Please try again in 1h2m3s", Some(3723.0)),
        ("Please retry after 26 seconds.", Some(26.0)),
        ("Rate limit is exceeded. Try again in 2 minutes.", Some(120.0)),
        ("Try again in a while", None),
    ];
    for (body, expected) in rows {
        assert_eq!(
            retry_after(&HeaderMap::new(), body.as_bytes(), now()),
            expected.map(Duration::from_secs_f64),
            "{body}"
        );
    }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

fn headers(given: Given<'_>) -> HeaderMap {
    given
        .iter()
        .filter_map(|(name, value)| Some((http::HeaderName::from_static(name), value.parse().ok()?)))
        .collect()
}

//! What a vendor's headers say about its rate limiter.
//!
//! From a limiter's reading to header lines in the vendor's own format, honest, lying or absent. Pure: the wall
//! clock, which Anthropic's absolute times need, is an argument.

use std::time::{Duration, SystemTime};

use crate::limiter::{Format, Gauge, Headers, LimiterSpec, Reading, Verdict};

/// Longest reset that is written out; a year, so that no date overflows.
const RESET_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// The header lines that go with a decision.
pub(crate) fn headers(
    spec: &LimiterSpec,
    verdict: Verdict,
    reading: &Reading,
    wall: SystemTime,
) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if spec.headers != Headers::Absent {
        for (dimension, gauge) in dimensions(spec.format, reading) {
            let gauge = match spec.headers {
                Headers::Lying => {
                    Gauge { remaining: (gauge.limit - 1.0).max(1.0), reset: Duration::ZERO, ..gauge }
                }
                Headers::Honest | Headers::Absent => gauge,
            };
            limit_lines(&mut lines, spec.format, dimension, gauge, wall);
        }
    }
    if let Verdict::Refused(wait) = verdict {
        retry_lines(&mut lines, spec.format, wait.unwrap_or(RESET_MAX));
    }
    lines
}

fn dimensions(format: Format, reading: &Reading) -> impl Iterator<Item = (&'static str, Gauge)> {
    let requests = [("requests", reading.requests), ("tokens", reading.tokens)];
    let by_direction = match format {
        Format::Anthropic => {
            [("input-tokens", reading.input_tokens), ("output-tokens", reading.output_tokens)]
        }
        Format::Openai | Format::Azure | Format::Bare => [("", None), ("", None)],
    };
    requests.into_iter().chain(by_direction).filter_map(|(name, gauge)| Some((name, gauge?)))
}

fn limit_lines(
    lines: &mut Vec<(String, String)>,
    format: Format,
    dimension: &str,
    gauge: Gauge,
    wall: SystemTime,
) {
    let (limit, remaining) = (whole(gauge.limit), whole(gauge.remaining));
    match format {
        Format::Openai => {
            lines.push((format!("x-ratelimit-limit-{dimension}"), limit));
            lines.push((format!("x-ratelimit-remaining-{dimension}"), remaining));
            lines.push((format!("x-ratelimit-reset-{dimension}"), go_duration(gauge.reset)));
        }
        Format::Azure => {
            lines.push((format!("x-ratelimit-limit-{dimension}"), limit));
            lines.push((format!("x-ratelimit-remaining-{dimension}"), remaining));
        }
        Format::Anthropic => {
            lines.push((format!("anthropic-ratelimit-{dimension}-limit"), limit));
            lines.push((format!("anthropic-ratelimit-{dimension}-remaining"), remaining));
            lines.push((format!("anthropic-ratelimit-{dimension}-reset"), rfc3339(wall, gauge.reset)));
        }
        Format::Bare => {}
    }
}

fn retry_lines(lines: &mut Vec<(String, String)>, format: Format, wait: Duration) {
    // Rounded up: who comes back when told must not be early.
    let seconds = wait.as_millis().div_ceil(1000).to_string();
    match format {
        Format::Bare => {}
        Format::Openai | Format::Anthropic => lines.push(("retry-after".to_owned(), seconds)),
        Format::Azure => {
            lines.push(("retry-after-ms".to_owned(), (wait.as_micros().div_ceil(1000)).to_string()));
            lines.push(("retry-after".to_owned(), seconds));
        }
    }
}

fn whole(amount: f64) -> String {
    format!("{:.0}", amount.floor())
}

/// As Go prints durations, which is how OpenAI does: `17ms`, `1s`, `1m30.5s`, `6m0s`, `23h47m36.648s`.
fn go_duration(duration: Duration) -> String {
    let millis = duration.min(RESET_MAX).as_micros().div_ceil(1000);
    if millis < 1000 {
        return if millis == 0 { "0s".to_owned() } else { format!("{millis}ms") };
    }
    let (hours, minutes, millis) = (millis / 3_600_000, millis / 60_000 % 60, millis % 60_000);
    let mut text = String::new();
    if hours > 0 {
        text += &format!("{hours}h");
    }
    if hours > 0 || minutes > 0 {
        text += &format!("{minutes}m");
    }
    text += &format!("{}", millis / 1000);
    if !millis.is_multiple_of(1000) {
        text += format!(".{:03}", millis % 1000).trim_end_matches('0');
    }
    text + "s"
}

/// To the second, as Anthropic prints it, rounded up.
fn rfc3339(wall: SystemTime, reset: Duration) -> String {
    let at = wall + reset.min(RESET_MAX) + Duration::from_millis(999);
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_openai_prints_them() {
        let print = |ms| go_duration(Duration::from_millis(ms));
        assert_eq!(print(0), "0s");
        assert_eq!(print(17), "17ms");
        assert_eq!(print(1000), "1s");
        assert_eq!(print(90_500), "1m30.5s");
        assert_eq!(print(360_000), "6m0s");
        assert_eq!(print(85_656_648), "23h47m36.648s");
        assert_eq!(print(3_600_000), "1h0m0s");
    }

    fn lines(spec: &LimiterSpec, verdict: Verdict) -> Vec<(String, String)> {
        let gauge = Gauge { limit: 10.0, remaining: 0.4, reset: Duration::from_millis(2500) };
        let reading = Reading { requests: Some(gauge), ..Reading::default() };
        headers(spec, verdict, &reading, SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_700_000))
    }

    fn check(spec: &LimiterSpec, expected: &[(&str, &str)]) {
        let refused = Verdict::Refused(Some(Duration::from_millis(350)));
        let lines = lines(spec, refused);
        let lines: Vec<(&str, &str)> =
            lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn each_vendor_says_it_in_its_own_way() {
        let of = |format, headers| LimiterSpec { format, headers, ..LimiterSpec::default() };
        check(
            &of(Format::Openai, Headers::Honest),
            &[
                ("x-ratelimit-limit-requests", "10"),
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "2.5s"),
                ("retry-after", "1"),
            ],
        );
        check(
            &of(Format::Anthropic, Headers::Honest),
            &[
                ("anthropic-ratelimit-requests-limit", "10"),
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2025-11-21T04:40:03Z"),
                ("retry-after", "1"),
            ],
        );
        check(
            &of(Format::Azure, Headers::Lying),
            &[
                ("x-ratelimit-limit-requests", "10"),
                ("x-ratelimit-remaining-requests", "9"),
                ("retry-after-ms", "350"),
                ("retry-after", "1"),
            ],
        );
        check(&of(Format::Openai, Headers::Absent), &[("retry-after", "1")]);
        check(&of(Format::Bare, Headers::Honest), &[]);
    }

    #[test]
    fn a_granted_request_is_told_no_waiting_time() {
        let lines = lines(&LimiterSpec::default(), Verdict::Granted);
        assert!(lines.iter().all(|(name, _)| name != "retry-after"));
    }
}

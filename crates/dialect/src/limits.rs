//! How long a limit lasts, in every way vendors say it: one parser.
//!
//! A hint is a hint: nothing here caps it to what the operator believes. What cannot be read is unknown, never nought:
//! a missing, negative or garbled header excludes nobody.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use jiff::Timestamp;

/// Nobody means more than this; it keeps sums with clocks from overflowing.
const HINT_MAX: Duration = Duration::from_secs(366 * 24 * 3600);
/// Below this a bare number counts seconds from now, above it names a second of the epoch (before 2001 nobody had a
/// limit, but some have one that lasts for days)…
const EPOCH_SECONDS: f64 = 1e9;
/// …and above this a millisecond of it.
const EPOCH_MILLISECONDS: f64 = 1e11;

/// How long the vendor asks to stay away after a failure, by the first of: milliseconds header, `retry-after`, the
/// reset of what is exhausted, the body. A date that has passed is zero.
pub fn retry_after(headers: &HeaderMap, body: &[u8], now: SystemTime) -> Option<Duration> {
    let now = vendor_now(headers, now);
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"].into_iter().find_map(|name| {
        let value: f64 = text(headers, name)?.parse().ok()?;
        seconds(value / 1000.0)
    });
    milliseconds
        .or_else(|| moment(text(headers, "retry-after")?, now, Number::AlwaysRelative))
        .or_else(|| exhausted(headers, now))
        .or_else(|| probable(headers, now))
        .or_else(|| body_hint(body))
}

/// How long a limit stays used up that a *good* answer says has nothing left: `remaining` is 0 and its `reset` lies
/// ahead. Anything else is unknown.
pub fn spent(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    exhausted(headers, vendor_now(headers, now)).filter(|it| !it.is_zero())
}

/// A Go duration: `6m0s`, `1.5s`, `20ms`, `23h47m36.648s`, `1d2h`.
pub fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 9] = [
        ("ms", 1e-3),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("μs", 1e-6),
        ("ns", 1e-9),
        ("d", 86_400.0),
        ("h", 3600.0),
        ("m", 60.0),
        ("s", 1.0),
    ];
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let (unit, factor) = UNITS.into_iter().find(|(unit, _)| rest[end..].starts_with(unit))?;
        total += number * factor;
        rest = &rest[end + unit.len()..];
    }
    if text.is_empty() { None } else { seconds(total) }
}

/// The later reset of all dimensions of which nothing remains.
fn exhausted(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let apart = headers
        .iter()
        .filter(|(name, _)| is_remainder(name.as_str()))
        .filter(|(_, remainder)| remainder.to_str().is_ok_and(|it| it.trim().parse() == Ok(0.0)))
        .map(|(name, _)| name.as_str().replacen("-remaining", "-reset", 1))
        .filter_map(|reset| moment(text(headers, &reset)?, now, Number::ByMagnitude));
    apart.chain(policies(headers)).max()
}

/// The one header of the IETF's draft, a policy each: `"hour";r=0;t=1800, "day";r=7;t=60`, or in its first form
/// `limit=100, remaining=0, reset=30`. Only what is used up counts; its time is in seconds.
fn policies(headers: &HeaderMap) -> impl Iterator<Item = Duration> + '_ {
    let lines = headers.get_all("ratelimit").into_iter().filter_map(|it| it.to_str().ok());
    lines.flat_map(|line| {
        let is_first_form = line.contains("remaining=");
        let (remaining, reset) = if is_first_form { ("remaining", "reset") } else { ("r", "t") };
        let separator = if is_first_form { '\n' } else { ',' };
        line.split(separator).filter_map(move |policy| {
            let field = |wanted: &str| {
                let fields = policy.split([';', ',']).filter_map(|it| it.trim().split_once('='));
                let value = fields.into_iter().find(|it| it.0 == wanted)?.1;
                value.trim().parse::<f64>().ok()
            };
            (field(remaining) == Some(0.0)).then(|| field(reset).and_then(seconds)).flatten()
        })
    })
}

/// Some vendors send a reset and no remainder: after a failure the nearest one is the best guess. Where a remainder is
/// sent, it has the say.
fn probable(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if headers.keys().any(|name| is_remainder(name.as_str())) {
        return None;
    }
    headers
        .iter()
        .filter(|(name, _)| is_reset(name.as_str()))
        .filter_map(|(_, value)| moment(value.to_str().ok()?.trim(), now, Number::ByMagnitude))
        .min()
}

/// `x-ratelimit-remaining-tokens`, `anthropic-ratelimit-tokens-remaining`, `ratelimit-remaining`. The reset has the
/// same name but for that word.
fn is_remainder(name: &str) -> bool {
    let families = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit-"];
    families.iter().any(|it| name.starts_with(it)) && name.contains("-remaining")
}

/// Anthropic's resets come with remainders, or speak of plans and not of a limit that was hit.
fn is_reset(name: &str) -> bool {
    (name.starts_with("x-ratelimit-") || name.starts_with("ratelimit-")) && name.contains("-reset")
}

/// What a bare number means.
#[derive(Clone, Copy, PartialEq)]
enum Number {
    AlwaysRelative,
    ByMagnitude,
}

/// A number, a Go duration, an RFC 3339 time or an HTTP date, as the time from `now` until then.
fn moment(value: &str, now: SystemTime, number: Number) -> Option<Duration> {
    if let Ok(value) = value.parse::<f64>() {
        let is_relative = number == Number::AlwaysRelative || value < EPOCH_SECONDS;
        return match value {
            _ if is_relative => seconds(value),
            _ if value > EPOCH_MILLISECONDS => until(epoch(value / 1000.0)?, now),
            _ => until(epoch(value)?, now),
        };
    }
    duration(value)
        .or_else(|| until(SystemTime::from(value.parse::<Timestamp>().ok()?), now))
        .or_else(|| until(httpdate::parse_http_date(value).ok()?, now))
}

fn epoch(seconds: f64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

fn until(then: SystemTime, now: SystemTime) -> Option<Duration> {
    Some(then.duration_since(now).unwrap_or(Duration::ZERO).min(HINT_MAX))
}

fn seconds(value: f64) -> Option<Duration> {
    if !(value.is_finite() && value >= 0.0) {
        return None;
    }
    Some(Duration::try_from_secs_f64(value).unwrap_or(HINT_MAX).min(HINT_MAX))
}

/// The vendor's own clock, if it says so: its dates are meant by that one.
fn vendor_now(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    text(headers, "date").and_then(|it| httpdate::parse_http_date(it).ok()).unwrap_or(now)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// What vendors say only in words: Google's `RetryInfo`, and "try again in 6.5s".
fn body_hint(body: &[u8]) -> Option<Duration> {
    let body = &body[..body.len().min(crate::INSPECT_LIMIT)];
    retry_delay(body).or_else(|| spoken(body))
}

/// `"retryDelay": "38s"`, or where Google's own form of a duration is printed, `"retryDelay": {"seconds": 38}`.
pub(crate) fn retry_delay(body: &[u8]) -> Option<Duration> {
    const NAME: &[u8] = b"\"retryDelay\"";
    let at = memchr::memmem::find(body, NAME)?;
    let value = body[at + NAME.len()..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    if let Some(fields) = value.strip_prefix(b"{") {
        let fields = &fields[..memchr::memchr(b'}', fields)?];
        let at = memchr::memmem::find(fields, b"\"seconds\"")? + b"\"seconds\"".len();
        let number = fields[at..].trim_ascii_start().strip_prefix(b":")?.split(|it| *it == b',').next()?;
        return seconds(std::str::from_utf8(number).ok()?.trim().trim_matches('"').parse().ok()?);
    }
    let value = value.strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', value)?;
    duration(std::str::from_utf8(&value[..end]).ok()?)
}

/// "try again in 1m30.5s", "retry in 52.45s", "retry after 26 seconds", "try again in 20ms".
fn spoken(body: &[u8]) -> Option<Duration> {
    const OPENINGS: [&[u8]; 4] = [b"again in ", b"retry in ", b"retry after ", b"again after "];
    OPENINGS.iter().find_map(|opening| {
        let at = memchr::memmem::find(body, opening)? + opening.len();
        let words = &body[at..body.len().min(at + 40)];
        let words =
            words.split(|it| it.is_ascii_whitespace() || matches!(it, b'"' | b',' | b'\\' | b'(' | b')'));
        let mut words = words.filter_map(|it| std::str::from_utf8(it).ok());
        let first = words.next()?.trim_end_matches('.');
        if let Some(whole) = duration(first) {
            return Some(whole);
        }
        let number: f64 = first.parse().ok()?;
        let unit = words.next()?.trim_end_matches('.');
        let factor = match unit {
            "millisecond" | "milliseconds" => 1e-3,
            "second" | "seconds" | "sec" | "secs" => 1.0,
            "minute" | "minutes" => 60.0,
            "hour" | "hours" => 3600.0,
            _ => return None,
        };
        seconds(number * factor)
    })
}

//! Whatever headers say about limits, what is believed lies between nought and a year.
#![no_main]

use std::time::{Duration, SystemTime};

use dialect::{duration, retry_after, spent};
use fuzz::Input;
use libfuzzer_sys::fuzz_target;

const HINT_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    // Now is any time between 1970 and 2176.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(input.number()) * 100_000);
    let headers = input.headers();
    let body = input.rest();
    let believed = retry_after(&headers, body, now);
    assert!(believed.is_none_or(|it| it <= HINT_MAX), "{believed:?}");
    let spent = spent(&headers, now);
    assert!(spent.is_none_or(|it| !it.is_zero() && it <= HINT_MAX), "{spent:?}");
    let mut without = headers.clone();
    without.remove("date");
    let later = now + Duration::from_secs(60);
    if let (Some(one), Some(other)) = (dialect::spent(&without, now), dialect::spent(&without, later)) {
        assert!(other <= one, "a limit does not move away while we wait: {one:?}, {other:?}");
    }
    if let Ok(text) = std::str::from_utf8(body) {
        assert!(duration(text).is_none_or(|it| it <= HINT_MAX));
    }
});

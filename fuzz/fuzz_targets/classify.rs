//! Whatever a vendor answers is judged without a panic, within bounds, and told without a key.
#![no_main]

use std::time::{Duration, SystemTime};

use dialect::{Answer, Endpoint, Fault, Kind, classify, hidden_failure, message, usage};
use fuzz::Input;
use libfuzzer_sys::fuzz_target;

/// Stands in for a key that a vendor quotes; letters that no mutation is likely to write by itself.
const KEY: &str = "sk-proj-Qm9vZ1xT3kW8yLr5Nd2Hc7Vb4Pf6Ja0Es";
/// No hint is believed beyond a year.
const HINT_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let kind = input.one_of(&Kind::ALL);
    let endpoint = input.one_of(&Endpoint::ALL);
    let status = input.number() % 1000;
    let headers = input.headers();
    let body = input.rest();
    let fault =
        classify(&Answer { kind, endpoint, status, headers: &headers, body, now: SystemTime::UNIX_EPOCH });
    bounded(fault);
    if (200..300).contains(&status) && fault == Fault::Good && ![204, 205].contains(&status) {
        assert!(hidden_failure(endpoint, body).is_none(), "a failure passes for an answer");
    }
    let _ = usage(endpoint, body);
    masked(body);
});

fn bounded(fault: Fault) {
    let hint = match fault {
        Fault::Quota { reset: hint }
        | Fault::RateLimited { retry_after: hint }
        | Fault::Overloaded { retry_after: hint } => hint,
        _ => None,
    };
    assert!(hint.is_none_or(|it| it <= HINT_MAX), "{hint:?}");
}

fn masked(body: &[u8]) {
    let Some(words) = message(body) else { return };
    assert!(words.len() <= 2048 && !words.is_empty());
    assert!(!words.contains(KEY), "a key is told");
    let Ok(text) = std::str::from_utf8(body) else { return };
    let quoted = message(text.replacen("KEY", KEY, 1).as_bytes());
    assert!(quoted.is_none_or(|it| !it.contains(KEY)), "a key is told");
}

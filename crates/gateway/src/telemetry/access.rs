//! The access log: one line per request, of the configuration's names and numbers. No query strings, no prompts, no keys.

use config::Snapshot;
use tracing::{Level, enabled, info};

use crate::proxy::{End, Record};

/// A client may call a model whatever it likes; a log line has an end.
const MODEL_CHARS_MAX: usize = 128;

/// Writes the line.
pub(super) fn log(record: &Record, snapshot: &Snapshot) {
    if !enabled!(target: "access", Level::INFO) {
        return;
    }
    let last = record.attempts.last();
    let upstream = record.upstream.and_then(|it| snapshot.upstreams.get(&it)).map(|it| &*it.name);
    let target = last.and_then(|it| snapshot.targets.get(&it.target));
    let credential = last.and_then(|it| it.credential).and_then(|it| snapshot.credentials.get(&it));
    let usage = record.usage.as_ref();
    info!(
        target: "access",
        request_id = record.request_id,
        route = record.route.as_deref(),
        upstream,
        target = target.map(|it| &*it.name),
        provider = target.and_then(|it| it.provider.as_deref()),
        credential = credential.map(|it| &*it.name),
        environment = environment(record),
        model_requested = record.model_requested.as_deref().map(shortened),
        model = target.and_then(|it| it.model.as_deref()),
        stream = record.stream,
        status = record.status,
        duration_ms = millis(record.duration),
        ttft_ms = record.first_token.map(millis),
        overhead_us = u64::try_from(record.overhead.as_micros()).unwrap_or(u64::MAX),
        tokens_input = usage.map(|it| it.input),
        tokens_output = usage.map(|it| it.output),
        tokens_cached = usage.map(|it| it.cached),
        attempts = record.attempts.len(),
        outcome = last.map(|it| it.outcome),
        decision = record.decision,
        end = end(record.end),
        "request"
    );
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn shortened(model: &str) -> &str {
    model.char_indices().nth(MODEL_CHARS_MAX).map_or(model, |(end, _)| &model[..end])
}

fn environment(record: &Record) -> &'static str {
    match record.environment {
        balance::Environment::Production => "production",
        balance::Environment::Sandbox => "sandbox",
    }
}

fn end(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::ClientGone => "client_gone",
        End::Broken => "broken",
    }
}

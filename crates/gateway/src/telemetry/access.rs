//! The access log: one line per request, of the configuration's names and numbers. No query strings, no prompts, no keys.
//!
//! As JSON a line is written straight into the log's queue, in the very shape that `tracing` gives every other line:
//! its general formatter would take a quarter of a small request's time.

use std::{cell::RefCell, io::Write};

use config::Snapshot;
use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
use serde::Serialize;
use tracing::{Level, enabled, info};

use super::logs;
use crate::proxy::{End, Record, environment};

/// A client may call a model whatever it likes; a log line has an end.
const MODEL_CHARS_MAX: usize = 128;

/// Writes the line.
pub(super) fn log(record: &Record, snapshot: &Snapshot) {
    if !enabled!(target: "access", Level::INFO) {
        return;
    }
    let fields = Fields::of(record, snapshot);
    match logs::json() {
        Some(queue) => write(&fields, queue),
        None => fields.tell(),
    }
}

/// What a line says.
#[derive(Serialize)]
pub(super) struct Fields<'a> {
    message: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer: Option<&'a str>,
    environment: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_requested: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    stream: bool,
    status: u16,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttft_ms: Option<u64>,
    overhead_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_input: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_output: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_cached: Option<u64>,
    attempts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    decision: &'a str,
    end: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn of(record: &'a Record, snapshot: &'a Snapshot) -> Self {
        let last = record.attempts.last();
        let target = last.and_then(|it| snapshot.targets.get(&it.target));
        let credential = last.and_then(|it| it.credential).and_then(|it| snapshot.credentials.get(&it));
        let usage = record.usage.as_ref();
        Fields {
            message: "request",
            request_id: &record.request_id,
            route: record.route.as_deref(),
            upstream: record.upstream.and_then(|it| snapshot.upstreams.get(&it)).map(|it| &*it.name),
            target: target.map(|it| &*it.name),
            provider: target.and_then(|it| it.provider.as_deref()),
            credential: credential.map(|it| &*it.name),
            client_key: record.client_key.as_ref().map(|it| &*it.name),
            consumer: record.client_key.as_ref().map(|it| &*it.consumer),
            environment: environment(record.environment),
            model_requested: record.model_requested.as_deref().map(shortened),
            model: target.and_then(|it| it.model.as_deref()),
            stream: record.stream,
            status: record.status,
            duration_ms: millis(record.duration),
            ttft_ms: record.first_token.map(millis),
            overhead_us: u64::try_from(record.overhead.as_micros()).unwrap_or(u64::MAX),
            tokens_input: usage.map(|it| it.input),
            tokens_output: usage.map(|it| it.output),
            tokens_cached: usage.map(|it| it.cached),
            attempts: record.attempts.len(),
            outcome: last.map(|it| it.outcome),
            decision: &record.decision,
            end: end(record.end),
        }
    }

    /// As an event among the others, for people.
    pub(super) fn tell(&self) {
        info!(
            target: "access",
            request_id = self.request_id,
            route = self.route,
            upstream = self.upstream,
            target = self.target,
            provider = self.provider,
            credential = self.credential,
            client_key = self.client_key,
            consumer = self.consumer,
            environment = self.environment,
            model_requested = self.model_requested,
            model = self.model,
            stream = self.stream,
            status = self.status,
            duration_ms = self.duration_ms,
            ttft_ms = self.ttft_ms,
            overhead_us = self.overhead_us,
            tokens_input = self.tokens_input,
            tokens_output = self.tokens_output,
            tokens_cached = self.tokens_cached,
            attempts = self.attempts,
            outcome = self.outcome,
            decision = self.decision,
            end = self.end,
            "{}", self.message
        );
    }
}

/// A line, as `tracing` writes them.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: &'a str,
    level: &'static str,
    fields: &'a Fields<'a>,
    target: &'static str,
}

pub(super) fn write(fields: &Fields<'_>, mut queue: impl Write) {
    thread_local! {
        static BUFFER: RefCell<(String, Vec<u8>)> = const { RefCell::new((String::new(), Vec::new())) };
    }
    const TIMES: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
    BUFFER.with_borrow_mut(|(timestamp, line)| {
        timestamp.clear();
        line.clear();
        // Neither fails: the one prints into a string, the other texts and numbers into a vector.
        let _ = TIMES.print_timestamp(&Timestamp::now(), &mut *timestamp);
        let _ =
            serde_json::to_writer(&mut *line, &Line { timestamp, level: "INFO", fields, target: "access" });
        line.push(b'\n');
        let _ = queue.write_all(line);
    });
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn shortened(model: &str) -> &str {
    model.char_indices().nth(MODEL_CHARS_MAX).map_or(model, |(end, _)| &model[..end])
}

fn end(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::ClientGone => "client_gone",
        End::Broken => "broken",
    }
}

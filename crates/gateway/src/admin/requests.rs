//! `GET /requests`: the last requests, each with everybody who was tried and why.
//!
//! They are in memory only, the last ten thousand of this process: a list to look at, not a log to keep. No prompts and
//! no keys are in it; a model's name is the client's, cut short.

use std::{sync::Arc, time::Duration};

use axum::Json;
use balance::Environment;
use serde_json::{Value, json};

use super::{answer::Fault, ask::Ask, query::Query};
use crate::{
    clock::rfc3339,
    history::Kept,
    proxy::{End, decision, record::Attempt},
};

/// What can be asked for.
const PARAMETERS: [&str; 12] = [
    "size",
    "offset",
    "upstream",
    "provider",
    "credential",
    "model",
    "route",
    "environment",
    "outcome",
    "status",
    "since",
    "until",
];

/// A page of them, newest first.
pub(super) async fn list(ask: Ask) -> Result<Json<Value>, Fault> {
    let mut query = Query::of(&ask, &PARAMETERS);
    let size = query.size();
    let before = query.read("offset", "one that this list handed out", |it| it.parse::<u64>().ok());
    let status = query.read("status", "a status such as 429, or a class such as 5xx", Statuses::read);
    let environment = query.read("environment", "production or sandbox", environment);
    let (since, until) = (query.instant("since"), query.instant("until"));
    let [upstream, provider, credential, model, route, outcome] =
        ["upstream", "provider", "credential", "model", "route", "outcome"].map(|it| query.text(it));
    query.done()?;

    let is = |name: Option<&Arc<str>>, wanted: Option<&str>| {
        wanted.is_none_or(|wanted| name.is_some_and(|it| **it == *wanted))
    };
    let fits = |it: &Kept| {
        let record = &it.record;
        let tries = || record.attempts.iter().zip(&it.named.tried);
        let is_model = |wanted: &str| {
            let asked = record.model_requested.as_deref() == Some(wanted);
            asked || record.attempts.iter().any(|it| it.model.as_deref() == Some(wanted))
        };
        let is_outcome = |wanted: &str| record.attempts.iter().any(|it| it.outcome == wanted);
        is(it.named.upstream.as_ref(), upstream)
            && is(record.route.as_ref(), route)
            && (provider.is_none() || tries().any(|(_, it)| is(it.provider.as_ref(), provider)))
            && (credential.is_none() || tries().any(|(_, it)| is(it.credential.as_ref(), credential)))
            && model.is_none_or(is_model)
            && outcome.is_none_or(is_outcome)
            && status.as_ref().is_none_or(|it| it.contain(record.status))
            && environment.is_none_or(|it| it == record.environment)
            && since.is_none_or(|since| it.began >= since)
            && until.is_none_or(|until| it.began < until)
    };
    let state = &ask.admin.state;
    // Only the choice is made under the lock; what is chosen is shared, and written out afterwards.
    let mut found: Vec<Arc<Kept>> = state.telemetry.history.read(&state.clock, |past| {
        let behind = past.requests.newest().filter(|it| before.is_none_or(|before| it.number < before));
        behind.filter(|it| fits(it)).take(size + 1).cloned().collect()
    });
    let more = found.len() > size;
    found.truncate(size);
    let offset = found.last().filter(|_| more).map(|it| it.number.to_string());
    let mut answer = json!({
        "data": found.iter().map(|it| shown(it)).collect::<Vec<_>>(),
        "next": offset.as_deref().map(|it| ask.next(it)),
    });
    if let Some(offset) = offset {
        answer["offset"] = offset.into();
    }
    Ok(Json(answer))
}

/// One of them. A client may give several requests one id: the last of them.
pub(super) async fn read(ask: Ask) -> Result<Json<Value>, Fault> {
    Query::of(&ask, &[]).done()?;
    let (state, id) = (&ask.admin.state, ask.at());
    let found = state
        .telemetry
        .history
        .read(&state.clock, |past| past.requests.newest().find(|it| it.record.request_id == id).cloned());
    found
        .map(|it| Json(shown(&it)))
        .ok_or_else(|| Fault::not_found("only the last requests are kept: GET /requests lists them"))
}

fn shown(kept: &Kept) -> Value {
    let record = &kept.record;
    let attempts = record.attempts.iter().zip(&kept.named.tried);
    let attempts: Vec<Value> = attempts.map(|(attempt, named)| tried(attempt, named)).collect();
    json!({
        "request_id": record.request_id,
        "time": rfc3339(kept.began),
        "route": record.route,
        "upstream": kept.named.upstream,
        "environment": environment_name(record.environment),
        "client_key": record.client_key.as_ref().map(|it| &it.name),
        "consumer": record.client_key.as_ref().map(|it| &it.consumer),
        "model_requested": record.model_requested,
        "stream": record.stream,
        "status": record.status,
        "end": end(record.end),
        "duration_ms": millis(record.duration),
        "ttft_ms": record.first_token.map(millis),
        "overhead_us": u64::try_from(record.overhead.as_micros()).unwrap_or(u64::MAX),
        "tokens": record.usage.as_ref().map(|it| json!({
            "input": it.input,
            "output": it.output,
            "cached": it.cached,
        })),
        "attempts": attempts,
        "decision": (!record.decision.is_empty()).then_some(&record.decision),
    })
}

fn tried(attempt: &Attempt, named: &crate::history::Tried) -> Value {
    json!({
        "target": named.target,
        "provider": named.provider,
        "credential": named.credential,
        "model": attempt.model,
        "outcome": attempt.outcome,
        "blame": attempt.blame,
        "reason": decision::line(&attempt.reason),
        "error": attempt.error,
        "started_ms": millis(attempt.started),
        "duration_ms": millis(attempt.duration),
        "status": attempt.status,
    })
}

/// To the microsecond.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn environment_name(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "production",
        Environment::Sandbox => "sandbox",
    }
}

fn environment(name: &str) -> Option<Environment> {
    [Environment::Production, Environment::Sandbox].into_iter().find(|it| environment_name(*it) == name)
}

fn end(end: End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::ClientGone => "client_gone",
        End::Broken => "broken",
    }
}

/// One status, or a hundred of them.
enum Statuses {
    One(u16),
    Class(u16),
}

impl Statuses {
    fn read(text: &str) -> Option<Self> {
        if let Some(class) = text.strip_suffix("xx") {
            return class.parse().ok().filter(|it| (1..=5).contains(it)).map(Statuses::Class);
        }
        text.parse().ok().filter(|it| (100..600).contains(it)).map(Statuses::One)
    }

    fn contain(&self, status: u16) -> bool {
        match self {
            Statuses::One(one) => *one == status,
            Statuses::Class(class) => status / 100 == *class,
        }
    }
}

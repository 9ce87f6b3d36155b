//! Headers back to the client: the vendor's, less what is not for the client, and ours.

use std::fmt::Write as _;

use config::Snapshot;
use dialect::Dialect;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    encode::{connection_lists, is_hop_by_hop},
    record::{Attempt, Record},
    relay::Committed,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What Anthropic's SDKs read.
const ANTHROPIC_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const AMAZON_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-spillway-upstream-request-id");
const UPSTREAM: HeaderName = HeaderName::from_static("x-spillway-upstream");
const TARGET: HeaderName = HeaderName::from_static("x-spillway-target");
const PROVIDER: HeaderName = HeaderName::from_static("x-spillway-provider");
const MODEL: HeaderName = HeaderName::from_static("x-spillway-model");
const CREDENTIAL: HeaderName = HeaderName::from_static("x-spillway-credential");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-spillway-attempts");
pub(super) const DECISION: HeaderName = HeaderName::from_static("x-spillway-decision");
/// The fields that a vendor of another dialect could not be told. Said even where nothing else is explained.
pub(super) const DROPPED: HeaderName = HeaderName::from_static("x-spillway-dropped");
/// How many tries a header names; its line stays well below what proxies on the way take.
const TRIES_SHOWN: usize = 8;

/// Copies the vendor's headers, less hop-by-hop ones and those that tell of the vendor's account or set its cookies.
pub(super) fn from_vendor(vendor: &HeaderMap, out: &mut HeaderMap) {
    let listed = connection_lists(vendor);
    for (name, value) in vendor {
        if [REQUEST_ID, ANTHROPIC_REQUEST_ID, AMAZON_REQUEST_ID].contains(name) {
            out.insert(UPSTREAM_REQUEST_ID, value.clone());
            continue;
        }
        let withheld = is_hop_by_hop(name)
            || is_account(name)
            || name.as_str().starts_with("x-spillway-")
            || listed.iter().any(|it| name.as_str().eq_ignore_ascii_case(it));
        // What the gateway has said already (Retry-After, x-should-retry) holds.
        let is_said = is_ours(name, out);
        if !withheld && !is_said {
            out.append(name.clone(), value.clone());
        }
    }
}

fn is_account(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "set-cookie" | "openai-organization" | "openai-project" | "anthropic-organization-id" | "alt-svc"
    )
}

fn is_ours(name: &HeaderName, said: &HeaderMap) -> bool {
    match name.as_str() {
        // Some SDKs believe the milliseconds first.
        "retry-after-ms" | "x-ms-retry-after-ms" => said.contains_key(header::RETRY_AFTER),
        "retry-after" | "x-should-retry" => said.contains_key(name),
        _ => false,
    }
}

/// The id by which client, log and request list know this request.
pub(super) fn request_id(out: &mut HeaderMap, id: &str, dialect: Dialect) {
    let Ok(value) = HeaderValue::from_str(id) else {
        return;
    };
    if dialect == Dialect::Anthropic {
        out.insert(ANTHROPIC_REQUEST_ID, value.clone());
    }
    out.insert(REQUEST_ID, value);
}

/// Who answered, and why.
pub(super) fn explain(out: &mut HeaderMap, committed: &Committed, record: &Record, snapshot: &Snapshot) {
    insert(out, UPSTREAM, &committed.upstream.shown);
    insert(out, TARGET, &committed.target.name);
    if let Some(provider) = &committed.target.provider {
        insert(out, PROVIDER, provider);
    }
    if let Some(model) = &committed.model {
        insert(out, MODEL, model);
    }
    if let Some(credential) = &committed.credential {
        insert(out, CREDENTIAL, &credential.name);
    }
    out.insert(ATTEMPTS, HeaderValue::from(record.attempts.len()));
    match record.attempts.split_last() {
        Some((_, failed)) if !failed.is_empty() => {
            insert(out, DECISION, &format!("{}; {}", trail(failed, snapshot), record.decision));
        }
        _ => insert(out, DECISION, &record.decision),
    }
}

/// Whose failure it is, how many tries it took, and how each went.
pub(super) fn explain_failure(out: &mut HeaderMap, record: &Record, snapshot: &Snapshot) {
    if let Some(upstream) = record.upstream.and_then(|it| snapshot.upstreams.get(&it)) {
        insert(out, UPSTREAM, &upstream.shown);
    }
    out.insert(ATTEMPTS, HeaderValue::from(record.attempts.len()));
    if !record.attempts.is_empty() {
        insert(out, DECISION, &trail(&record.attempts, snapshot));
    }
}

/// `tried 127.0.0.1:7101 connect, openai/gpt-4o rate_limit (429)`
fn trail(attempts: &[Attempt], snapshot: &Snapshot) -> String {
    let mut trail = String::from("tried ");
    for (at, attempt) in attempts.iter().take(TRIES_SHOWN).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        // A target may have been removed since.
        let target = snapshot.targets.get(&attempt.target).map_or("a former target", |it| &it.name);
        let _ = write!(trail, "{comma}{target} {}", attempt.outcome);
        if let Some(status) = attempt.status {
            let _ = write!(trail, " ({status})");
        }
    }
    if let Some(more) = attempts.len().checked_sub(TRIES_SHOWN).filter(|it| *it > 0) {
        let _ = write!(trail, ", and {more} more");
    }
    trail
}

fn insert(out: &mut HeaderMap, name: HeaderName, value: &str) {
    // Names from the configuration are printable; a client's model name that is not has no place in a header.
    if let Ok(value) = HeaderValue::from_str(value) {
        out.insert(name, value);
    }
}

//! From one chat dialect into another, seen from outside: every caller with every vendor.

mod agents;
mod answers;
mod bounds;
mod client;
mod matrix;
mod refusals;
mod streams;

use std::path::PathBuf;

use dialect::translate::{Back, Lossy, Order, Refused, Translated, event_frame, request};
use dialect::{Kind, Wire};

/// What a test asks for, in words that the vendors in these tests would understand.
pub(crate) fn order(from: Wire, to: Wire, stream: bool) -> Order<'static> {
    let (kind, model) = match to {
        Wire::Chat | Wire::Responses => (Kind::OpenAi, "gpt-6-luna"),
        Wire::Messages => (Kind::Anthropic, "claude-sonnet-4-6"),
        Wire::Gemini => (Kind::Gemini, "gemini-3-flash"),
        Wire::Converse => (Kind::OpenAiCompatible, "anthropic.claude-sonnet-5-v1:0"),
    };
    Order {
        from,
        to,
        kind,
        model,
        stream,
        lossy: Lossy::Refuse,
        max_tokens: None,
        request_id: "req-1",
        created: 1_750_000_000,
    }
}

fn path(wire: Wire, name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/translate").join(wire.name()).join(name)
}

fn fixture(wire: Wire, name: &str) -> Vec<u8> {
    let path = path(wire, name);
    std::fs::read(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()))
}

/// A vendor's stream as it comes over the network.
fn stream(wire: Wire, case: &str) -> Vec<u8> {
    if wire != Wire::Converse {
        return fixture(wire, &format!("answer/{case}.sse"));
    }
    let lines = String::from_utf8(fixture(wire, &format!("answer/{case}.events"))).unwrap();
    let frame = |line: &str| {
        let (kind, payload) = line.split_once(' ').unwrap();
        let sort = if kind.ends_with("Exception") { "exception" } else { "event" };
        event_frame(sort, kind, payload.as_bytes())
    };
    lines.lines().flat_map(frame).collect()
}

fn translated(order: &Order<'_>, body: &[u8]) -> Translated {
    request(order, body).unwrap_or_else(|it| panic!("{} to {}: {it}", order.from, order.to))
}

/// A way back for a caller who asked to see the usage.
fn back(from: Wire, to: Wire) -> Back {
    let ask: &[u8] = match from {
        Wire::Chat => br#"{"messages":[],"stream_options":{"include_usage":true}}"#,
        _ => b"{}",
    };
    translated(&order(from, to, true), ask).back
}

/// A stream, all at once.
fn streamed(back: &Back, bytes: &[u8]) -> Vec<u8> {
    let (mut stream, mut out) = (back.stream(), Vec::new());
    stream.push(bytes, &mut out);
    stream.finish(&mut out);
    out
}

/// Pairs that need translation.
fn pairs() -> impl Iterator<Item = (Wire, Wire)> {
    let with_vendors = |caller| Wire::ALL.into_iter().map(move |vendor| (caller, vendor));
    Wire::CALLERS.into_iter().flat_map(with_vendors).filter(|(caller, vendor)| caller != vendor)
}

fn fields(refused: &Refused) -> Vec<&str> {
    refused.problems.iter().map(|it| it.field.as_str()).collect()
}

//! A complete message.

use serde::Serialize;
use serde_json::{Value, json};

use super::blocks;
use crate::translate::model::{Reply, Stop, Tokens};
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::{Frame, writing};

pub(in crate::translate) fn read(mut body: Object<'_>) -> Option<Reply> {
    if !body.has("content") {
        return None;
    }
    let mut reply = Reply { id: body.text("id"), model: body.text("model"), ..Reply::default() };
    reply.tokens = body.take("usage").as_ref().and_then(read_tokens);
    reply.pieces = blocks::content(&mut body, "content");
    let sequence = body.text("stop_sequence");
    reply.stop = read_stop(&body.text("stop_reason").unwrap_or_default(), sequence);
    Some(reply)
}

pub(super) fn read_stop(reason: &str, sequence: Option<String>) -> Stop {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "tool_use" => Stop::Tools,
        "stop_sequence" => Stop::Sequence(sequence),
        "refusal" => Stop::Refused,
        "pause_turn" => Stop::Paused,
        _ => Stop::End,
    }
}

/// The reason, and the sequence where that was it.
pub(super) fn write_stop(stop: &Stop) -> (&'static str, Option<&str>) {
    match stop {
        Stop::End => ("end_turn", None),
        Stop::Length => ("max_tokens", None),
        Stop::Tools => ("tool_use", None),
        Stop::Sequence(which) => ("stop_sequence", which.as_deref()),
        Stop::Filtered | Stop::Refused => ("refusal", None),
        Stop::Paused => ("pause_turn", None),
    }
}

/// The vendor counts what went through its cache apart from `input_tokens`.
pub(super) fn read_tokens(usage: &Value) -> Option<Tokens> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let (input, output) = (count("input_tokens"), count("output_tokens"));
    input.or(output)?;
    let cached = count("cache_read_input_tokens").unwrap_or(0);
    let stored = count("cache_creation_input_tokens").unwrap_or(0);
    let input = input.unwrap_or(0).saturating_add(cached).saturating_add(stored);
    let reasoning = usage.pointer("/output_tokens_details/thinking_tokens").and_then(Value::as_u64);
    Some(Tokens { input, output: output.unwrap_or(0), cached, stored, reasoning: reasoning.unwrap_or(0) })
}

#[derive(Serialize)]
pub(super) struct Usage {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
}

pub(super) fn write_tokens(it: Tokens) -> Usage {
    Usage {
        input_tokens: it.input.saturating_sub(it.cached).saturating_sub(it.stored),
        cache_creation_input_tokens: it.stored,
        cache_read_input_tokens: it.cached,
        output_tokens: it.output,
    }
}

pub(in crate::translate) fn write(reply: &Reply, frame: &Frame, notes: &Notes) -> Value {
    let content: Vec<Value> = reply.pieces.iter().filter_map(|it| blocks::write(it, notes)).collect();
    let (reason, sequence) = write_stop(&reply.stop);
    json!({
        "id": writing::id("msg_", reply.id.as_deref(), frame),
        "type": "message",
        "role": "assistant",
        "model": reply.model.as_deref().unwrap_or(&frame.model),
        "content": content,
        "stop_reason": reason,
        "stop_sequence": sequence,
        "usage": write_tokens(reply.tokens.unwrap_or_default()),
    })
}

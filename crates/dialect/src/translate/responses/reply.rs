//! A complete response.

use serde_json::{Value, json};

use super::items;
use crate::translate::model::{Part, Piece, Reply, Stop, Tokens};
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::{Frame, writing};

pub(in crate::translate) fn read(mut body: Object<'_>) -> Option<Reply> {
    let mut reply = Reply { id: body.text("id"), model: body.text("model"), ..Reply::default() };
    reply.tokens = body.take("usage").as_ref().and_then(read_tokens);
    if !body.has("output") {
        return None;
    }
    let items = body.objects("output");
    reply.pieces = items.into_iter().filter_map(items::read).flat_map(|(_, pieces)| pieces).collect();
    let details = body.take("incomplete_details").unwrap_or_default();
    let has_calls = reply.pieces.iter().any(|it| matches!(it.part, Part::Call(_)));
    reply.stop = read_stop(details["reason"].as_str(), has_calls);
    Some(reply)
}

pub(super) fn read_stop(incomplete: Option<&str>, has_calls: bool) -> Stop {
    match incomplete {
        Some("content_filter") => Stop::Filtered,
        Some(_) => Stop::Length,
        None if has_calls => Stop::Tools,
        None => Stop::End,
    }
}

pub(super) fn read_tokens(usage: &Value) -> Option<Tokens> {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let tokens = Tokens {
        input: count("/input_tokens")?,
        output: count("/output_tokens").unwrap_or(0),
        cached: count("/input_tokens_details/cached_tokens").unwrap_or(0),
        stored: 0,
        reasoning: count("/output_tokens_details/reasoning_tokens").unwrap_or(0),
    };
    Some(tokens)
}

fn write_tokens(it: Tokens) -> Value {
    json!({
        "input_tokens": it.input,
        "input_tokens_details": { "cached_tokens": it.cached },
        "output_tokens": it.output,
        "output_tokens_details": { "reasoning_tokens": it.reasoning },
        "total_tokens": it.total(),
    })
}

pub(in crate::translate) fn write(reply: &Reply, frame: &Frame, notes: &Notes) -> Value {
    let id = writing::id("resp_", reply.id.as_deref(), frame);
    let output = output(&id, &reply.pieces, notes);
    let model = reply.model.as_deref().unwrap_or(&frame.model);
    envelope(&id, model, frame, &output, Some(&reply.stop), reply.tokens)
}

/// A response as a whole; without a stop it is still under way.
pub(super) fn envelope(
    id: &str,
    model: &str,
    frame: &Frame,
    output: &[Value],
    stop: Option<&Stop>,
    tokens: Option<Tokens>,
) -> Value {
    let incomplete = match stop {
        Some(Stop::Length) => Some("max_output_tokens"),
        Some(Stop::Filtered) => Some("content_filter"),
        _ => None,
    };
    let status = match stop {
        None => "in_progress",
        Some(_) if incomplete.is_some() => "incomplete",
        Some(_) => "completed",
    };
    json!({
        "id": id,
        "object": "response",
        "created_at": frame.created,
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": incomplete.map(|reason| json!({ "reason": reason })),
        "instructions": null,
        "max_output_tokens": null,
        "metadata": {},
        "model": model,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null },
        "store": false,
        "temperature": null,
        "text": { "format": { "type": "text" } },
        "tool_choice": "auto",
        "tools": [],
        "top_p": null,
        "truncation": "disabled",
        "usage": tokens.map(write_tokens),
        "user": null,
    })
}

/// Texts and refusals that stand together are one message; everything else is an item.
pub(super) fn output(id: &str, pieces: &[Piece], notes: &Notes) -> Vec<Value> {
    let mut output: Vec<Value> = Vec::new();
    let mut parts = Vec::new();
    for piece in pieces {
        let item = match &piece.part {
            Part::Text { text, citations } => {
                parts.push(items::write_output_text(text, citations));
                continue;
            }
            Part::Refusal(text) => {
                parts.push(json!({ "type": "refusal", "refusal": text }));
                continue;
            }
            Part::Thought(it) => items::write_thought(it),
            Part::Call(call) => items::write_call(call),
            _ => {
                notes.lost("", "the vendor answered with more than text, which Responses cannot carry");
                continue;
            }
        };
        close(id, &mut parts, &mut output);
        push(id, item, &mut output);
    }
    close(id, &mut parts, &mut output);
    output
}

fn close(id: &str, parts: &mut Vec<Value>, output: &mut Vec<Value>) {
    if !parts.is_empty() {
        let content = std::mem::take(parts);
        push(id, json!({ "type": "message", "role": "assistant", "content": content }), output);
    }
}

fn push(id: &str, mut item: Value, output: &mut Vec<Value>) {
    item["id"] = item_id(id, output.len(), item["type"].as_str().unwrap_or_default()).into();
    item["status"] = "completed".into();
    output.push(item);
}

/// `msg_0_abc`: by its kind and place in the response `resp_abc`.
pub(super) fn item_id(response: &str, place: usize, kind: &str) -> String {
    let prefix = match kind {
        "message" => "msg",
        "reasoning" => "rs",
        _ => "fc",
    };
    format!("{prefix}_{place}_{}", response.trim_start_matches("resp_"))
}

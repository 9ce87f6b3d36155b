//! A complete answer of `generateContent`.

use serde_json::{Map, Value, json};

use super::parts;
use crate::translate::model::{Citation, Part, Piece, Reply, Stop, Tokens};
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::{Frame, Wire};

pub(in crate::translate) fn read(body: Object<'_>) -> Option<Reply> {
    let mut body = body.camel();
    let mut reply =
        Reply { id: body.text("responseId"), model: body.text("modelVersion"), ..Reply::default() };
    reply.tokens = body.take("usageMetadata").as_ref().and_then(read_tokens);
    let blocked = body.take("promptFeedback").is_some_and(|it| it["blockReason"].is_string());
    let Some(mut candidate) = body.objects("candidates").into_iter().next() else {
        // A prompt that the vendor's filter stopped is answered with nothing.
        reply.stop = Stop::Filtered;
        return blocked.then_some(reply);
    };
    let citations = candidate.take("groundingMetadata");
    let mut number = 0;
    if let Some(mut content) = candidate.object("content") {
        content.objects("parts").into_iter().for_each(|it| parts::read(it, &mut number, &mut reply.pieces));
    }
    let grounding = json!({ "groundingMetadata": citations });
    let last = reply.pieces.iter_mut().rev().find_map(|it| match &mut it.part {
        Part::Text { citations, .. } => Some(citations),
        _ => None,
    });
    if let Some(own) = last {
        *own = parts::citations(&grounding);
    }
    let has_calls = reply.pieces.iter().any(|it| matches!(it.part, Part::Call(_)));
    reply.stop = read_stop(&candidate.text("finishReason").unwrap_or_default(), has_calls)?;
    Some(reply)
}

/// Nothing where the model's answer is none: it botched a call, or all of it.
pub(super) fn read_stop(reason: &str, has_calls: bool) -> Option<Stop> {
    let stop = match reason {
        "MAX_TOKENS" => Stop::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "LANGUAGE"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR" => Stop::Filtered,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MALFORMED_RESPONSE"
        | "MISSING_THOUGHT_SIGNATURE" => return None,
        _ if has_calls => Stop::Tools,
        _ => Stop::End,
    };
    Some(stop)
}

pub(super) fn write_stop(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::Tools | Stop::Sequence(_) | Stop::Paused => "STOP",
        Stop::Length => "MAX_TOKENS",
        Stop::Filtered | Stop::Refused => "SAFETY",
    }
}

/// The vendor counts thoughts apart from the answer.
pub(super) fn read_tokens(usage: &Value) -> Option<Tokens> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let reasoning = count("thoughtsTokenCount").unwrap_or(0);
    let tools = count("toolUsePromptTokenCount").unwrap_or(0);
    let tokens = Tokens {
        input: count("promptTokenCount")?.saturating_add(tools),
        output: count("candidatesTokenCount").unwrap_or(0).saturating_add(reasoning),
        cached: count("cachedContentTokenCount").unwrap_or(0),
        stored: 0,
        reasoning,
    };
    Some(tokens)
}

pub(super) fn write_tokens(it: Tokens) -> Value {
    json!({
        "promptTokenCount": it.input,
        "cachedContentTokenCount": it.cached,
        "candidatesTokenCount": it.output.saturating_sub(it.reasoning),
        "thoughtsTokenCount": it.reasoning,
        "totalTokenCount": it.total(),
    })
}

pub(in crate::translate) fn write(reply: &Reply, frame: &Frame, _: &Notes) -> Value {
    let mut citations: Vec<Citation> = Vec::new();
    let parts = write_parts(&reply.pieces, &mut citations);
    let mut candidate = json!({
        "content": { "role": "model", "parts": parts },
        "finishReason": write_stop(&reply.stop),
        "index": 0,
    });
    if !citations.is_empty() {
        candidate["groundingMetadata"] = parts::grounding(&citations);
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": write_tokens(reply.tokens.unwrap_or_default()),
        "modelVersion": reply.model.as_deref().unwrap_or(&frame.model),
        "responseId": reply.id.as_deref().unwrap_or(&frame.request_id),
    })
}

/// A seal stands beside the part that follows it.
fn write_parts(pieces: &[Piece], citations: &mut Vec<Citation>) -> Vec<Value> {
    let mut parts = Vec::new();
    let mut seal: Option<String> = None;
    for piece in pieces {
        let part = match &piece.part {
            Part::Thought(it) => {
                seal = it.seal.as_ref().map(|it| it.written(Wire::Gemini)).or(seal);
                if it.text.is_empty() {
                    continue;
                }
                parts.push(json!({ "text": it.text, "thought": true }));
                continue;
            }
            Part::Text { citations: own, .. } => {
                citations.extend(own.iter().cloned());
                parts::write(&piece.part)
            }
            part => parts::write(part),
        };
        let Some(mut part) = part else { continue };
        seal_part(&mut part, seal.take());
        parts.push(Value::Object(part));
    }
    if seal.is_some() {
        let mut part = Map::from_iter([("text".to_owned(), Value::from(""))]);
        seal_part(&mut part, seal);
        parts.push(Value::Object(part));
    }
    parts
}

pub(super) fn seal_part(part: &mut Map<String, Value>, seal: Option<String>) {
    if let Some(seal) = seal {
        part.insert("thoughtSignature".into(), seal.into());
    }
}

//! A chat's complete answer.

use serde_json::{Value, json};

use super::message;
use crate::translate::model::{Part, Reply, Stop, Tokens};
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::{Frame, writing};

/// Reads an answer; of several choices the first.
pub(in crate::translate) fn read(mut body: Object<'_>) -> Option<Reply> {
    let mut reply = Reply { id: body.text("id"), model: body.text("model"), ..Reply::default() };
    reply.tokens = body.take("usage").as_ref().and_then(read_tokens);
    let mut choice = body.objects("choices").into_iter().next()?;
    let mut message = choice.object("message")?;
    reply.pieces = message::assistant(&mut message);
    let has_calls = reply.pieces.iter().any(|it| matches!(it.part, Part::Call(_)));
    reply.stop = read_stop(&choice.text("finish_reason").unwrap_or_default(), has_calls);
    Some(reply)
}

/// What vendors call the end. Some say "stop" though they called a tool, and a client would not look for it then.
pub(super) fn read_stop(reason: &str, has_calls: bool) -> Stop {
    match reason {
        "length" | "max_tokens" | "model_length" => Stop::Length,
        "tool_calls" | "function_call" => Stop::Tools,
        "content_filter" => Stop::Filtered,
        _ if has_calls => Stop::Tools,
        _ => Stop::End,
    }
}

pub(super) fn write_stop(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::Sequence(_) | Stop::Paused => "stop",
        Stop::Length => "length",
        Stop::Tools => "tool_calls",
        Stop::Filtered | Stop::Refused => "content_filter",
    }
}

pub(super) fn read_tokens(usage: &Value) -> Option<Tokens> {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let tokens = Tokens {
        input: count("/prompt_tokens")?,
        output: count("/completion_tokens").unwrap_or(0),
        cached: count("/prompt_tokens_details/cached_tokens")
            .or_else(|| count("/prompt_cache_hit_tokens"))
            .unwrap_or(0),
        stored: count("/prompt_tokens_details/cache_write_tokens").unwrap_or(0),
        reasoning: count("/completion_tokens_details/reasoning_tokens").unwrap_or(0),
    };
    Some(tokens)
}

pub(super) fn write_tokens(it: Tokens) -> Value {
    json!({
        "prompt_tokens": it.input,
        "completion_tokens": it.output,
        "total_tokens": it.total(),
        "prompt_tokens_details": { "cached_tokens": it.cached, "cache_write_tokens": it.stored },
        "completion_tokens_details": { "reasoning_tokens": it.reasoning },
    })
}

pub(in crate::translate) fn write(reply: &Reply, frame: &Frame, _: &Notes) -> Value {
    let message = message::write_assistant(reply.pieces.iter(), true);
    let choice = json!({
        "index": 0,
        "message": message,
        "logprobs": null,
        "finish_reason": write_stop(&reply.stop),
    });
    let mut body = json!({
        "id": writing::id("chatcmpl-", reply.id.as_deref(), frame),
        "object": "chat.completion",
        "created": frame.created,
        "model": reply.model.as_deref().unwrap_or(&frame.model),
        "choices": [choice],
    });
    if let Some(tokens) = reply.tokens {
        body["usage"] = write_tokens(tokens);
    }
    body
}

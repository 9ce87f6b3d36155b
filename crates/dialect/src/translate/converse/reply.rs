//! A complete answer of Converse.

use serde_json::Value;

use crate::translate::Wire;
use crate::translate::model::{Call, Part, Piece, Reply, Seal, Stop, Thought, Tokens};
use crate::translate::object::Object;

pub(in crate::translate) fn read(mut body: Object<'_>) -> Option<Reply> {
    let mut message = body.object("output")?.object("message")?;
    let mut reply = Reply { tokens: body.take("usage").as_ref().and_then(read_tokens), ..Reply::default() };
    reply.pieces = message.objects("content").into_iter().filter_map(block).collect();
    reply.stop = read_stop(&body.text("stopReason").unwrap_or_default())?;
    Some(reply)
}

fn block(mut it: Object<'_>) -> Option<Piece> {
    let field = it.at().to_owned();
    if let Some(text) = it.text("text") {
        return Some(Piece { part: Part::text(text), field });
    }
    if let Some(mut call) = it.object("toolUse") {
        let (id, name) = (call.text("toolUseId").unwrap_or_default(), call.text("name").unwrap_or_default());
        let arguments = call.take("input").unwrap_or_default().to_string();
        return Some(Piece { part: Part::Call(Call { id, name, arguments, ..Call::default() }), field });
    }
    if let Some(mut thought) = it.object("reasoningContent") {
        let hidden = thought.text("redactedContent");
        let mut told = thought.object("reasoningText");
        let text = told.as_mut().and_then(|it| it.text("text")).unwrap_or_default();
        let signature = told.as_mut().and_then(|it| it.text("signature"));
        let is_hidden = hidden.is_some();
        let seal = hidden.or(signature).map(|data| Seal { origin: Wire::Converse, data });
        return Some(Piece { part: Part::Thought(Thought { text, seal, hidden: is_hidden }), field });
    }
    // An answer with citations of documents: its words, without them.
    let mut cited = it.object("citationsContent")?;
    let texts = cited.objects("content").into_iter().filter_map(|mut it| it.text("text"));
    let text: String = texts.collect();
    cited.notes.lost(field.clone(), "a citation of a document cannot be translated");
    Some(Piece { part: Part::text(text), field })
}

/// Nothing where the model's answer is none: it botched a call.
pub(super) fn read_stop(reason: &str) -> Option<Stop> {
    let stop = match reason {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "tool_use" => Stop::Tools,
        "stop_sequence" => Stop::Sequence(None),
        "guardrail_intervened" | "content_filtered" => Stop::Filtered,
        "malformed_model_output" | "malformed_tool_use" => return None,
        _ => Stop::End,
    };
    Some(stop)
}

/// As with Anthropic, what went through the cache is counted apart.
pub(super) fn read_tokens(usage: &Value) -> Option<Tokens> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let cached = count("cacheReadInputTokens").unwrap_or(0);
    let stored = count("cacheWriteInputTokens").unwrap_or(0);
    let input = count("inputTokens")?.saturating_add(cached).saturating_add(stored);
    Some(Tokens { input, output: count("outputTokens").unwrap_or(0), cached, stored, reasoning: 0 })
}

//! What nobody should say: any JSON made of the words of all dialects.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::*;
use super::{callers, order};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_body_makes_anything_panic(body in bodies(), from in callers(), to in prop::sample::select(Wire::ALL.to_vec())) {
        let body = body.to_string();
        for lossy in [Lossy::Refuse, Lossy::Drop] {
            let order = Order { from, to, lossy, ..order(from) };
            if let Ok(translated) = request(&order, body.as_bytes()) {
                prop_assert!(serde_json::from_slice::<Value>(&translated.body).is_ok());
            }
            let _ = super::count(&order, body.as_bytes());
        }
        let _ = needs(from, body.as_bytes());
        let back = Back { from, to, ..Back::new(&order(from), true) };
        if let Ok(answered) = back.answer(body.as_bytes()) {
            prop_assert!(serde_json::from_slice::<Value>(&answered.body).is_ok());
        }
        prop_assert!(serde_json::from_slice::<Value>(&back.error(500, &http::HeaderMap::new(), body.as_bytes())).is_ok());
        let mut events = Vec::new();
        for _ in 0..2 {
            events.extend_from_slice(format!("data: {body}\n\n").as_bytes());
            let kind = serde_json::from_str::<Value>(&body).ok();
            let kind = kind.as_ref().and_then(|it| it["type"].as_str()).unwrap_or("contentBlockDelta").to_owned();
            if to == Wire::Converse {
                events = [events.split_off(events.len()), event_frame("event", &kind, body.as_bytes())].concat();
            }
        }
        let (mut stream, mut out) = (back.stream(), Vec::new());
        stream.push(&events, &mut out);
        stream.finish(&mut out);
        prop_assert!(std::str::from_utf8(&out).is_ok());
    }
}

/// Names of fields in all dialects.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "type", "role", "content", "messages", "input", "contents", "parts", "text", "system", "tools", "function",
    "name", "parameters", "input_schema", "functionDeclarations", "tool_calls", "id", "call_id", "arguments",
    "tool_use_id", "functionCall", "functionResponse", "response", "args", "thoughtSignature", "thought",
    "thinking", "signature", "image_url", "url", "source", "data", "media_type", "inlineData", "fileData", "file",
    "choices", "delta", "index", "finish_reason", "usage", "candidates", "usageMetadata", "finishReason",
    "output", "item", "output_index", "summary", "encrypted_content", "content_block", "partial_json", "message",
    "stop_reason", "error", "code", "start", "toolUse", "contentBlockIndex", "reasoningContent", "stopReason",
    "generationConfig", "thinkingConfig", "response_format", "json_schema", "schema", "output_config", "format",
    "reasoning", "effort", "tool_choice", "toolConfig", "stop", "temperature", "max_tokens", "citations",
    "annotations", "groundingMetadata", "reasoning_details", "annotation",
];

/// Values that mean something in one of them.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "", "user", "assistant", "model", "tool", "text", "function", "message", "function_call",
    "function_call_output", "reasoning", "tool_use", "tool_result", "thinking", "redacted_thinking", "image",
    "document", "base64", "url", "image_url", "data:image/png;base64,AA==", "data:x,y", "json_schema",
    "json_object", "auto", "high", "stop", "tool_calls", "content_block_start", "content_block_delta",
    "message_start", "message_delta", "message_stop", "response.created", "response.output_item.added",
    "response.output_item.done", "response.completed", "response.function_call_arguments.delta",
    "response.output_text.delta", "contentBlockStart", "messageStop", "é#", "metadata", "gemini#x",
    "MALFORMED_FUNCTION_CALL", "STOP", "by name x",
];

fn bodies() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(1.5)),
        (0u64..3).prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    let inner = leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object(NAMES, inner.clone()),
            object(NAMES, inner),
        ]
    });
    object(NAMES, inner)
}

fn object(
    names: &'static [&'static str],
    inner: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Value> {
    prop::collection::vec((prop::sample::select(names), inner), 0..8).prop_map(|fields| {
        let fields: Map<String, Value> = fields.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        Value::Object(fields)
    })
}

//! OpenAI's Responses, plain and as typed events.

use serde_json::{Value, json};

use super::{CREATED, Occasion};
use crate::answer::{Answer, Plain, Stream};

pub(super) fn plain(occasion: &Occasion<'_>) -> Answer {
    let item = item(occasion, "completed", &[part(&occasion.pieces().concat())]);
    Answer::Plain(Plain::json(200, response(occasion, "completed", &[item]).to_string()))
}

pub(super) fn stream(occasion: &Occasion<'_>) -> Stream {
    let pieces = occasion.pieces();
    let text = pieces.concat();
    let item_id = item_id(occasion);
    let started = response(occasion, "in_progress", &[]);
    let finished = item(occasion, "completed", &[part(&text)]);
    let mut sequence = 0_u64;
    let mut event = |kind: &str, mut data: Value| {
        data["type"] = kind.into();
        data["sequence_number"] = sequence.into();
        sequence += 1;
        format!("event: {kind}\ndata: {data}\n\n")
    };
    let at = |mut data: Value| {
        data["item_id"] = item_id.as_str().into();
        data["output_index"] = 0.into();
        data["content_index"] = 0.into();
        data
    };
    let opening = vec![
        event("response.created", json!({"response": started})),
        event("response.in_progress", json!({"response": started})),
        event(
            "response.output_item.added",
            json!({"output_index": 0, "item": item(occasion, "in_progress", &[])}),
        ),
        event("response.content_part.added", at(json!({"part": part("")}))),
    ];
    let delta = |it: &String| event("response.output_text.delta", at(json!({"delta": it, "logprobs": []})));
    let content = pieces.iter().map(delta).collect();
    let closing = vec![
        event("response.output_text.done", at(json!({"text": text, "logprobs": []}))),
        event("response.content_part.done", at(json!({"part": part(&text)}))),
        event("response.output_item.done", json!({"output_index": 0, "item": finished})),
    ];
    let completed = response(occasion, "completed", &[finished]);
    let done = Some(event("response.completed", json!({"response": completed})));
    Stream { opening, content, closing, done }
}

fn item_id(occasion: &Occasion<'_>) -> String {
    format!("msg_{}_{}", occasion.vendor, occasion.seq)
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn item(occasion: &Occasion<'_>, status: &str, content: &[Value]) -> Value {
    json!({"id": item_id(occasion), "type": "message", "status": status, "role": "assistant", "content": content})
}

fn response(occasion: &Occasion<'_>, status: &str, output: &[Value]) -> Value {
    let (input, out) = (occasion.input_tokens(), occasion.chunks.max(1) as u64);
    let usage = (status == "completed").then(|| {
        json!({
            "input_tokens": input, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": out, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": input + out
        })
    });
    json!({
        "id": format!("resp_{}_{}", occasion.vendor, occasion.seq), "object": "response", "created_at": CREATED,
        "status": status, "background": false, "error": null, "incomplete_details": null, "instructions": null,
        "max_output_tokens": occasion.ask.max_tokens, "model": occasion.model(), "output": output,
        "parallel_tool_calls": true, "previous_response_id": null, "reasoning": {"effort": null, "summary": null},
        "service_tier": "default", "store": true, "temperature": 1.0, "text": {"format": {"type": "text"}},
        "tool_choice": "auto", "tools": [], "top_p": 1.0, "truncation": "disabled", "usage": usage, "user": null,
        "metadata": {}
    })
}

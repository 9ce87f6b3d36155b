//! Bedrock's Converse, plain and streamed. Its events are frames, here still as text: `:event-type {payload}`.

use serde_json::{Value, json};

use super::Occasion;
use crate::answer::{Answer, Plain, Stream};

pub(super) fn plain(occasion: &Occasion<'_>) -> Answer {
    let content = json!([{ "text": occasion.pieces().concat() }]);
    let message = json!({ "role": "assistant", "content": content });
    let answer = json!({
        "output": { "message": message },
        "stopReason": "end_turn",
        "usage": usage(occasion),
        "metrics": { "latencyMs": 1 },
    });
    Answer::Plain(Plain::json(200, answer.to_string()))
}

pub(super) fn stream(occasion: &Occasion<'_>) -> Stream {
    let event = |kind: &str, payload: Value| format!("{kind} {payload}");
    // Padding of random length, so that nobody reads texts off the lengths of frames.
    let delta = |piece: &String| {
        let payload = json!({ "contentBlockIndex": 0, "delta": { "text": piece }, "p": "abcdefgh" });
        event("contentBlockDelta", payload)
    };
    Stream {
        opening: vec![event("messageStart", json!({ "role": "assistant", "p": "abc" }))],
        content: occasion.pieces().iter().map(delta).collect(),
        closing: vec![
            event("contentBlockStop", json!({ "contentBlockIndex": 0, "p": "ab" })),
            event("messageStop", json!({ "stopReason": "end_turn", "p": "a" })),
        ],
        done: Some(event("metadata", json!({ "usage": usage(occasion), "metrics": { "latencyMs": 1 } }))),
    }
}

fn usage(occasion: &Occasion<'_>) -> Value {
    let (input, output) = (occasion.input_tokens(), occasion.chunks.max(1) as u64);
    json!({ "inputTokens": input, "outputTokens": output, "totalTokens": input + output })
}

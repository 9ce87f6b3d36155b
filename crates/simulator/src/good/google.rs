//! Google's content, plain and streamed, counts and embeddings.

use serde_json::{Value, json};

use super::{Occasion, various};
use crate::answer::{Answer, Plain, Stream};

pub(super) fn plain(occasion: &Occasion<'_>) -> Answer {
    let text = occasion.pieces().concat();
    json_answer(&content(occasion, &text, Some(occasion.chunks.max(1) as u64)))
}

pub(super) fn stream(occasion: &Occasion<'_>) -> Answer {
    let mut answers: Vec<Value> = occasion.pieces().iter().map(|it| content(occasion, it, None)).collect();
    let last = content(occasion, "", Some(occasion.chunks.max(1) as u64));
    if occasion.ask.listed {
        answers.push(last);
        return json_answer(&answers.into());
    }
    let event = |it: &Value| format!("data: {it}\r\n\r\n");
    Answer::Stream(Stream {
        opening: Vec::new(),
        content: answers.iter().map(event).collect(),
        closing: vec![event(&last)],
        done: None,
    })
}

pub(super) fn count(occasion: &Occasion<'_>) -> Answer {
    json_answer(&json!({"totalTokens": occasion.input_tokens()}))
}

pub(super) fn embedding(occasion: &Occasion<'_>) -> Answer {
    json_answer(&json!({"embedding": {"values": various::embedding(occasion.ask.last_input(), 8)}}))
}

pub(super) fn embeddings(occasion: &Occasion<'_>) -> Answer {
    let each = occasion.ask.inputs.iter().map(|it| json!({"values": various::embedding(it, 8)}));
    json_answer(&json!({"embeddings": each.collect::<Vec<_>>()}))
}

/// One answer; the last of a stream, or the only one, knows what was written and why it ended.
fn content(occasion: &Occasion<'_>, text: &str, written: Option<u64>) -> Value {
    let input = occasion.input_tokens();
    let mut candidate = json!({"content": {"parts": [{"text": text}], "role": "model"}, "index": 0});
    let mut usage = json!({
        "promptTokenCount": input, "totalTokenCount": input + written.unwrap_or(0),
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": input}],
    });
    if let Some(written) = written {
        candidate["finishReason"] = "STOP".into();
        usage["candidatesTokenCount"] = written.into();
    }
    json!({
        "candidates": [candidate], "usageMetadata": usage, "modelVersion": occasion.model(),
        "responseId": format!("{}-{}", occasion.vendor, occasion.seq),
    })
}

fn json_answer(json: &Value) -> Answer {
    Answer::Plain(Plain::json(200, json.to_string()))
}

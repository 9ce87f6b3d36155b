//! Anthropic's messages, plain and streamed, and its token counter.

use serde_json::json;

use super::Occasion;
use crate::answer::{Answer, Plain, Stream, quoted};

pub(super) fn plain(occasion: &Occasion<'_>) -> Answer {
    let content = format!(r#"[{{"type":"text","text":{}}}]"#, quoted(&occasion.pieces().concat()));
    let output = occasion.chunks.max(1) as u64;
    Answer::Plain(Plain::json(200, message(occasion, &content, r#""end_turn""#, output)))
}

pub(super) fn stream(occasion: &Occasion<'_>) -> Stream {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
    let delta = |piece: &String| {
        let text = quoted(piece);
        event("content_block_delta", &format!(r#","index":0,"delta":{{"type":"text_delta","text":{text}}}"#))
    };
    let start = format!(r#","message":{}"#, message(occasion, "[]", "null", 1));
    let usage = format!(
        r#","delta":{{"stop_reason":"end_turn","stop_sequence":null}},"usage":{{"input_tokens":{},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{}}}"#,
        occasion.input_tokens(),
        occasion.chunks.max(1)
    );
    Stream {
        opening: vec![
            event("message_start", &start),
            event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#),
            event("ping", ""),
        ],
        content: occasion.pieces().iter().map(delta).collect(),
        closing: vec![event("content_block_stop", r#","index":0"#), event("message_delta", &usage)],
        done: Some(event("message_stop", "")),
    }
}

pub(super) fn count_tokens(occasion: &Occasion<'_>) -> Answer {
    Answer::Plain(Plain::json(200, json!({"input_tokens": occasion.input_tokens()}).to_string()))
}

fn message(occasion: &Occasion<'_>, content: &str, stop_reason: &str, output_tokens: u64) -> String {
    format!(
        concat!(
            r#"{{"id":"msg_{}_{}","type":"message","role":"assistant","model":{},"content":{},"#,
            r#""stop_reason":{},"stop_sequence":null,"usage":{{"input_tokens":{},"#,
            r#""cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{},"#,
            r#""service_tier":"standard"}}}}"#
        ),
        occasion.vendor,
        occasion.seq,
        quoted(occasion.model()),
        content,
        stop_reason,
        occasion.input_tokens(),
        output_tokens
    )
}

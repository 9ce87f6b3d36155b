//! Chat and text completions, plain and streamed.

use super::{CREATED, Occasion};
use crate::answer::{Answer, Plain, Stream, quoted};

pub(super) fn chat(occasion: &Occasion<'_>) -> Answer {
    let Parts { seq, vendor, model, usage, .. } = Parts::of(occasion);
    let text = quoted(&occasion.pieces().concat());
    Answer::Plain(Plain::json(
        200,
        format!(
            concat!(
                r#"{{"id":"chatcmpl-{}-{}","object":"chat.completion","created":{},"model":{},"choices":["#,
                r#"{{"index":0,"message":{{"role":"assistant","content":{},"refusal":null,"annotations":[]}},"#,
                r#""logprobs":null,"finish_reason":"stop"}}],"usage":{},"service_tier":"default","#,
                r#""system_fingerprint":"fp_simulated"}}"#
            ),
            vendor, seq, CREATED, model, text, usage
        ),
    ))
}

pub(super) fn chat_stream(occasion: &Occasion<'_>) -> Stream {
    let Parts { seq, vendor, model, usage, .. } = Parts::of(occasion);
    let include_usage = occasion.ask.include_usage;
    // With include_usage every chunk but the last carries a null, as the vendor documents.
    let no_usage = if include_usage { r#","usage":null"# } else { "" };
    let head = format!(
        r#"data: {{"id":"chatcmpl-{vendor}-{seq}","object":"chat.completion.chunk","created":{CREATED},"model":{model},"service_tier":"default","system_fingerprint":"fp_simulated""#
    );
    let choice = |delta: &str, finish: &str| {
        format!(
            "{head},\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]{no_usage}}}\n\n"
        )
    };
    let mut closing = vec![choice("{}", r#""stop""#)];
    if include_usage {
        closing.push(format!("{head},\"choices\":[],\"usage\":{usage}}}\n\n"));
    }
    let content = |piece: &String| choice(&format!(r#"{{"content":{}}}"#, quoted(piece)), "null");
    Stream {
        opening: vec![choice(r#"{"role":"assistant","content":"","refusal":null}"#, "null")],
        content: occasion.pieces().iter().map(content).collect(),
        closing,
        done: Some("data: [DONE]\n\n".to_owned()),
    }
}

pub(super) fn completion(occasion: &Occasion<'_>) -> Answer {
    let Parts { seq, vendor, model, usage, .. } = Parts::of(occasion);
    let text = quoted(&occasion.pieces().concat());
    Answer::Plain(Plain::json(
        200,
        format!(
            concat!(
                r#"{{"id":"cmpl-{}-{}","object":"text_completion","created":{},"model":{},"choices":["#,
                r#"{{"text":{},"index":0,"logprobs":null,"finish_reason":"stop"}}],"usage":{}}}"#
            ),
            vendor, seq, CREATED, model, text, usage
        ),
    ))
}

pub(super) fn completion_stream(occasion: &Occasion<'_>) -> Stream {
    let Parts { seq, vendor, model, usage, .. } = Parts::of(occasion);
    let head = format!(
        r#"data: {{"id":"cmpl-{vendor}-{seq}","object":"text_completion","created":{CREATED},"model":{model}"#
    );
    let choice = |text: &str, finish: &str| {
        format!(
            "{head},\"choices\":[{{\"text\":{},\"index\":0,\"logprobs\":null,\"finish_reason\":{finish}}}]}}\n\n",
            quoted(text)
        )
    };
    let mut closing = vec![choice("", r#""stop""#)];
    if occasion.ask.include_usage {
        closing.push(format!("{head},\"choices\":[],\"usage\":{usage}}}\n\n"));
    }
    Stream {
        opening: Vec::new(),
        content: occasion.pieces().iter().map(|it| choice(it, "null")).collect(),
        closing,
        done: Some("data: [DONE]\n\n".to_owned()),
    }
}

struct Parts<'a> {
    seq: u64,
    vendor: &'a str,
    model: String,
    usage: String,
}

impl<'a> Parts<'a> {
    fn of(occasion: &'a Occasion<'_>) -> Parts<'a> {
        let (input, output) = (occasion.input_tokens(), occasion.chunks.max(1) as u64);
        let usage = format!(
            concat!(
                r#"{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"#,
                r#""prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"#,
                r#""completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0,"#,
                r#""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}}"#
            ),
            input,
            output,
            input + output
        );
        Parts { seq: occasion.seq, vendor: occasion.vendor, model: quoted(occasion.model()), usage }
    }
}

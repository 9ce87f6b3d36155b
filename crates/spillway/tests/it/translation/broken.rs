//! Vendors that break the rules of their own dialect under a caller of another one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{
    ErrorClass, Script, Step, Vendor,
    script::{BytesAnswer, ErrorAnswer, GoodOverrides, SseAnswer},
};

use super::{chat, chat_text, messages, messages_text, provider, served_by, streams};
use crate::support::{Launch, Spillway, calls, scripted, until, vendor};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
const OPENING: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":3,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Once"}}

"#;
const ERROR: &str = r#"event: error
data: {"type":"error","error":{"type":"api_error","message":"the vendor's own words"}}

"#;

fn bytes(text: impl Into<String>) -> Step {
    Step::Bytes(BytesAnswer { text: text.into(), ..BytesAnswer::default() })
}

/// A failing vendor first, a good one of the other dialect second.
async fn before_a_good_one(kind: &str, script: Script, fields: &[&str]) -> (Spillway, Vendor, Vendor) {
    let spillway = Spillway::start();
    let second = if kind == "openai" { "anthropic" } else { "openai" };
    let (one, two) = (scripted("one", script).await, vendor("two").await);
    provider(&spillway, "one", kind, &one).await;
    provider(&spillway, "two", second, &two).await;
    spillway.upstream("ai", &[&["algorithm=priority"], fields].concat()).await;
    for name in ["one", "two"] {
        let target = json!({"provider": name, "model": format!("{name}-1")});
        assert_eq!(spillway.json("POST", "/upstreams/ai/targets", &target).await.status, 201);
    }
    (spillway, one, two)
}

#[tokio::test]
async fn after_an_error_a_stream_ends_though_its_vendor_does_not_hang_up() {
    let text = format!("{HEAD}\r\n{OPENING}{ERROR}");
    let (spillway, _one) = served_by("anthropic", Script::always([bytes(text), Step::Hang])).await;
    for (path, body) in
        [("/v1/chat/completions", chat("one/one-1", true)), ("/v1/messages", messages("one/one-1", true))]
    {
        let begun = Instant::now();
        let answer = spillway.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(answer.text().contains("the vendor's own words"), "{path}: {}", answer.text());
        assert!(
            answer.complete && begun.elapsed() < Duration::from_secs(20),
            "{path}: {:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test]
async fn a_vendor_that_talks_on_after_its_error_is_hung_up_on() {
    let text = format!("{HEAD}\r\n{OPENING}{ERROR}{}", OPENING.repeat(2000));
    let step = Step::Bytes(BytesAnswer { text, split_at: 500, every_ms: 50 });
    let (spillway, _one) = served_by("anthropic", Script::always([step])).await;
    let begun = Instant::now();
    let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", true)).await;
    assert!(answer.event_data().last().unwrap()["error"].is_object(), "{}", answer.text());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_compressed_stream_is_no_answer_that_could_be_translated() {
    let junk = "x".repeat(200_000);
    let text = format!("{HEAD}content-encoding: gzip\r\n\r\n{junk}");
    for kind in ["anthropic", "openai"] {
        let script = Script::always([bytes(text.clone()), Step::Fin]);
        let (spillway, _one, _two) = before_a_good_one(kind, script, &[]).await;
        if kind == "anthropic" {
            let answer = spillway.post("/v1/chat/completions", &chat("ai", true)).await;
            assert_eq!(chat_text(&answer), "two heard: Hello, vendor.", "{}", answer.text());
        } else {
            let answer = spillway.post("/v1/messages", &messages("ai", true)).await;
            assert_eq!(messages_text(&answer), "two heard: Hello, vendor.", "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn pings_alone_are_no_first_token() {
    let ping = "event: ping\ndata: {\"type\": \"ping\"}".to_owned();
    let events = [vec![OPENING.split("\n\n").next().unwrap().to_owned()], vec![ping; 300]].concat();
    let step = Step::Sse(SseAnswer { events, every_ms: 100, ..SseAnswer::default() });
    let script = Script::always([step]);
    let (spillway, _one, _two) = before_a_good_one("anthropic", script, &["timeouts.first_token=0.5"]).await;
    let answer = spillway.post("/v1/chat/completions", &chat("ai", true)).await;
    assert_eq!(chat_text(&answer), "two heard: Hello, vendor.", "{}", answer.text());
    assert_eq!(answer.header("x-spillway-attempts"), Some("2"));
}

#[tokio::test]
async fn an_end_without_a_reason_is_no_success_and_a_reason_without_an_end_is_one() {
    for (kind, partial, path, body) in [
        ("anthropic", OPENING.to_owned(), "/v1/chat/completions", chat("one/one-1", true)),
        (
            "openai",
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Once\"}}]}\n\n"
                .to_owned(),
            "/v1/messages",
            messages("one/one-1", true),
        ),
    ] {
        let (spillway, one) = served_by(kind, streams(&partial)).await;
        let answer = spillway.post(path, &body).await;
        let last = answer.event_data().pop().unwrap();
        assert!(last["error"]["message"].is_string(), "{kind}: {}", answer.text());
        assert!(!answer.text().contains("[DONE]") && !answer.text().contains("message_stop"), "{kind}");

        one.script(Script::always([Step::Good(GoodOverrides { no_done: true, ..Default::default() })]));
        until("it is back", || async {
            let answer = spillway.post(path, &body).await;
            let text = answer.text();
            answer.complete && (text.contains("[DONE]") || text.contains("message_stop"))
        })
        .await;
    }
}

#[tokio::test]
async fn what_a_vendor_says_of_trying_again_holds_in_every_dialect() {
    let refused = ErrorAnswer {
        class: ErrorClass::InvalidRequest,
        headers: vec![("x-should-retry".to_owned(), "false".to_owned())],
        ..ErrorAnswer::default()
    };
    let (spillway, _one) = served_by("anthropic", Script::always([Step::Error(refused)])).await;
    let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", false)).await;
    assert_eq!((answer.status, answer.header("x-should-retry")), (400, Some("false")));
}

#[tokio::test]
async fn what_a_translation_holds_counts_as_held() {
    let spillway = Launch::default()
        .env("SPILLWAY_REQUEST_BODY_BYTES", "1000000")
        .env("SPILLWAY_BUFFERED_BYTES", "1000000")
        .start();
    let hangs = scripted("one", Script::always([Step::ReadBody(0), Step::Hang])).await;
    provider(&spillway, "one", "anthropic", &hangs).await;
    let large = |bytes: usize| -> Value {
        let mut body = chat("one/one-1", false);
        body["messages"][0]["content"] = "x".repeat(bytes).into();
        body
    };
    // As it came and as it goes out: twice the bytes.
    let answer = spillway.post("/v1/chat/completions", &large(600_000)).await;
    assert_eq!((answer.status, calls(&hangs)), (503, 0), "{}", answer.text());
    assert!(answer.text().contains("buffered_bytes"), "{}", answer.text());
    hangs.script(Script::good());
    let answer = spillway.post("/v1/chat/completions", &large(300_000)).await;
    assert_eq!(answer.status, 200, "half of that fits: {}", answer.text());
}

//! The life of a request at its edges: odd ends of streams, failures inside successes, HEAD, limits of the whole request,
//! and what the client is told when nobody answers well.

use std::time::{Duration, Instant};

use serde_json::json;
use simulator::{
    Script, Step, Vendor,
    client::{self, Response},
    script::{BytesAnswer, GoodOverrides, StatusAnswer},
};

use crate::support::{Spillway, calls, chat, scripted, until, vendor};

#[tokio::test]
async fn a_last_event_without_its_blank_line_ends_a_stream_well() {
    let events = concat!(
        "data: {\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}\n\n",
        "data: {\"type\":\"response.completed\",\"response\":{}}",
    );
    let (spillway, _vendor) = of_one(raw("Text/Event-Stream; charset=utf-8", "", events)).await;
    let answer =
        spillway.post("/ai/v1/responses", &json!({"model": "m", "input": "x", "stream": true})).await;
    assert_eq!(answer.text(), events);
    assert!(answer.complete);
}

#[tokio::test]
async fn what_happens_after_the_last_word_does_not_spoil_a_stream() {
    let overrides = GoodOverrides { no_final_chunk: true, ..Default::default() };
    let (spillway, _vendor) = of_one([Step::Good(overrides)]).await;
    let answer = spillway.chat_streamed("ai").await;
    assert!(answer.complete && answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    until("it is a success", || async { outcomes(&spillway, "success").await == 1.0 }).await;
}

#[tokio::test]
async fn a_stream_cut_within_an_event_shows_whole_events_only() {
    let whole = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n";
    let (spillway, _vendor) = of_one(raw(
        "text/event-stream",
        "transfer-encoding: chunked\r\n",
        &format!("{:x}\r\n{whole}\r\n12\r\ndata: {{\"choices\":[\r\n", whole.len()),
    ))
    .await;
    let answer = spillway.chat_streamed("ai").await;
    let events = answer.event_data();
    assert_eq!(events.len(), answer.events().len(), "every event is JSON: {}", answer.text());
    assert_eq!(events.len(), 2, "{}", answer.text());
    assert_eq!(events[1]["error"]["code"], "stream_interrupted");
}

#[tokio::test]
async fn speech_that_is_made_while_it_is_sent_arrives_whole() {
    let body = "4\r\nRIFF\r\n5\r\nsound\r\n0\r\n\r\n";
    let (spillway, _vendor) = of_one(raw("audio/mpeg", "transfer-encoding: chunked\r\n", body)).await;
    let answer = spillway.post("/ai/v1/audio/speech", &json!({"model": "tts", "input": "x"})).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "RIFFsound"));
    assert!(answer.complete);
    until("it is a success", || async { outcomes(&spillway, "success").await == 1.0 }).await;
}

#[tokio::test]
async fn a_large_plain_answer_that_arrives_whole_is_a_success_in_the_books() {
    let text = "x".repeat(600_000);
    let answer =
        StatusAnswer { code: 200, json: Some(json!({"choices": [{"text": text}]})), ..Default::default() };
    let (spillway, _vendor) = of_one([Step::Status(answer)]).await;
    let answer = spillway.chat("ai").await;
    assert!(answer.complete && answer.body.len() > 600_000);
    until("it is counted", || async {
        outcomes(&spillway, "success").await + outcomes(&spillway, "client_gone").await >= 1.0
    })
    .await;
    assert_eq!(outcomes(&spillway, "client_gone").await, 0.0);
}

#[tokio::test]
async fn an_error_inside_a_200_is_told_and_counted_as_the_status_it_stands_for() {
    for (code, status) in [("model_not_found", 404), ("content_policy_violation", 400), ("server_error", 500)]
    {
        let error = json!({"error": {"message": "no", "type": "x", "code": code}});
        let answer = StatusAnswer { code: 200, json: Some(error.clone()), ..Default::default() };
        let (spillway, _vendor) = of_one([Step::Status(answer)]).await;
        let answer = spillway.chat("ai").await;
        assert_eq!((answer.status, answer.json()), (status, error), "{code}");
    }
    let (spillway, vendor) = of_one([Step::Html200]).await;
    assert_eq!(spillway.chat("ai").await.status, 502);
    spillway.chat("ai").await;
    let health = spillway.health("ai", &vendor).await;
    assert_eq!(health["state"]["cause"], "http_failures", "{health}");
}

#[tokio::test]
async fn a_head_request_blames_nobody_and_tells_the_length() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 77\r\nconnection: close\r\n\r\n";
    let bytes = BytesAnswer { text: head.to_owned(), ..Default::default() };
    let (spillway, vendor) = of_one([Step::Bytes(bytes), Step::Fin]).await;
    for _ in 0..3 {
        let answer =
            client::request(spillway.proxy, "HEAD", "/ai/v1/models", &[("connection", "close")], b"");
        let answer = answer.await.unwrap();
        assert_eq!((answer.status, answer.header("content-length")), (200, Some("77")));
        assert!(answer.body.is_empty());
    }
    assert_eq!(spillway.health("ai", &vendor).await["state"]["state"], "available");
    let own = client::request(spillway.proxy, "HEAD", "/v1/models", &[("connection", "close")], b"");
    assert_eq!(own.await.unwrap().status, 200);
}

#[tokio::test]
async fn the_total_limit_ends_a_trickling_answer_and_blames_no_second_target() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n";
    let text = format!("{head}{{{}", " ".repeat(5000));
    let trickle = Step::Bytes(BytesAnswer { text, split_at: 1, every_ms: 10 });
    let spillway = Spillway::start();
    let (slow, other) = (scripted("slow", Script::always([trickle])).await, vendor("other").await);
    spillway.upstream("ai", &["algorithm=priority", "timeouts.total=0.5"]).await;
    spillway.target("ai", &slow, &[]).await;
    spillway.target("ai", &other, &[]).await;
    let begun = Instant::now();
    let answer = spillway.chat("ai").await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!((answer.status, code(&answer)), (504, "upstream_timeout".to_owned()), "{}", answer.text());
    assert_eq!(calls(&other), 0);
    assert_eq!(spillway.health("ai", &other).await["state"]["state"], "available");
}

#[tokio::test]
async fn only_if_everybody_is_out_for_a_limit_is_the_answer_a_429() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("7")])).await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    let rejecting = scripted("rejecting", Script::always([Step::status(401)])).await;
    spillway.target("ai", &rejecting, &[]).await;
    spillway.target("ai", &limited, &[]).await;
    let answer = with_key(&spillway, "sk-1").await;
    assert_eq!((answer.status, code(&answer)), (503, "no_target_available".to_owned()), "{}", answer.text());
    assert!(answer.header("retry-after").is_some());

    rejecting.script(Script::always([Step::rate_limited("9")]));
    let answer = with_key(&spillway, "sk-2").await;
    assert_eq!((answer.status, code(&answer)), (429, "rate_limit_exceeded".to_owned()), "{}", answer.text());
    assert_eq!(answer.header("retry-after"), Some("7"));
}

#[tokio::test]
async fn a_limit_that_is_not_remembered_is_still_a_429() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("7")])).await;
    spillway.upstream("ai", &["suspension.rate_limit="]).await;
    spillway.target("ai", &limited, &[]).await;
    let answer = with_key(&spillway, "sk-1").await;
    assert_eq!((answer.status, code(&answer)), (429, "rate_limit_exceeded".to_owned()), "{}", answer.text());
}

#[tokio::test]
async fn no_header_of_the_vendors_contradicts_our_retry_after() {
    let headers = [("retry-after", "3600"), ("retry-after-ms", "3600000")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let overloaded = StatusAnswer { code: 503, headers, ..Default::default() };
    let (spillway, _vendor) = of_one([Step::Status(overloaded)]).await;
    let answer = spillway.chat("ai").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")));
    assert_eq!(answer.header("retry-after-ms"), None);
}

/// A Spillway with one target that does as told.
async fn of_one(steps: impl Into<Vec<Step>>) -> (Spillway, Vendor) {
    let spillway = Spillway::start();
    let vendor = scripted("one", Script::always(steps)).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    (spillway, vendor)
}

/// A 200 as raw bytes, closed behind its body.
fn raw(content_type: &str, framing: &str, body: &str) -> Vec<Step> {
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n{framing}connection: close\r\n\r\n{body}"
    );
    vec![Step::Bytes(BytesAnswer { text, ..Default::default() }), Step::Fin]
}

async fn with_key(spillway: &Spillway, key: &str) -> Response {
    let key = format!("Bearer {key}");
    let headers = [("authorization", key.as_str())];
    let body = chat(false).to_string();
    client::post_json(spillway.proxy, "/ai/v1/chat/completions", &headers, &body).await.unwrap()
}

async fn outcomes(spillway: &Spillway, outcome: &str) -> f64 {
    spillway.metric("spillway_attempts_total", &[&format!("outcome=\"{outcome}\"")]).await
}

fn code(answer: &Response) -> String {
    answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

//! Every vendor's language: callers of one dialect served by vendors of another, through the real binary.

mod broken;
mod errors;
mod failover;
mod fitness;
mod google;
mod pairs;

use serde_json::{Value, json};
use simulator::{
    Script, Step, Vendor,
    client::{self, Response},
    script::{SseAnswer, StatusAnswer},
};

use crate::support::{Spillway, scripted, vendor};

/// A shape as its vendor publishes it.
macro_rules! published {
    ($path:literal) => {
        include_str!(concat!("../../../../dialect/fixtures/translate/", $path))
    };
}
pub(crate) use published;

/// A vendor as a provider of that kind, with one model, `{name}-1`, and one key.
pub(crate) async fn provider(spillway: &Spillway, name: &str, kind: &str, at: &Vendor) {
    configured(spillway, name, kind, at, &json!({"id": format!("{name}-1")})).await;
}

/// The same, with what is said of its model.
pub(crate) async fn configured(spillway: &Spillway, name: &str, kind: &str, at: &Vendor, model: &Value) {
    provider_at(spillway, name, kind, &at.base_url(), model).await;
}

/// The same, at a URL of its own.
pub(crate) async fn provider_at(spillway: &Spillway, name: &str, kind: &str, url: &str, model: &Value) {
    let body = json!({"name": name, "kind": kind, "models": [model], "endpoints": [{"url": url}]});
    let answer = spillway.json("POST", "/providers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    spillway.key(name, "first", &format!("sk-{name}-0123456789")).await;
}

/// One provider of that kind at a vendor that does as told.
async fn served_by(kind: &str, script: impl Into<Script>) -> (Spillway, Vendor) {
    let spillway = Spillway::start();
    let one = scripted("one", script).await;
    provider(&spillway, "one", kind, &one).await;
    (spillway, one)
}

/// A vendor that answers with this JSON.
pub(crate) fn says(json: &str) -> Script {
    let json = serde_json::from_str(json).expect("a published shape is JSON");
    Script::always([Step::Status(StatusAnswer { code: 200, json: Some(json), ..StatusAnswer::default() })])
}

/// A vendor that answers with these events.
pub(crate) fn streams(text: &str) -> Script {
    let events = text.split("\n\n").filter(|it| !it.trim().is_empty()).map(str::to_owned).collect();
    Script::always([Step::Sse(SseAnswer { events, ..SseAnswer::default() })])
}

/// A published request for that model.
fn ask(text: &str, model: &str, stream: bool) -> Value {
    let mut body: Value = serde_json::from_str(text).expect("a published shape is JSON");
    body["model"] = model.into();
    if stream {
        body["stream"] = true.into();
    }
    body
}

fn chat(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hello, vendor."}]})
}

fn messages(model: &str, stream: bool) -> Value {
    json!({
        "model": model, "max_tokens": 500, "stream": stream,
        "messages": [{"role": "user", "content": "Hello, vendor."}],
    })
}

/// What a vendor was sent last.
pub(crate) fn sent(vendor: &Vendor) -> Value {
    let attempt = vendor.log().pop().expect("it was asked");
    serde_json::from_slice(&attempt.body).expect("what it was sent is JSON")
}

/// The text that a stream of chat chunks says.
fn chat_text(answer: &Response) -> String {
    answer
        .event_data()
        .iter()
        .filter_map(|it| it["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect()
}

/// The text that a stream of messages events says.
fn messages_text(answer: &Response) -> String {
    answer.event_data().iter().filter_map(|it| it["delta"]["text"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn an_openai_client_is_served_by_an_anthropic_vendor() {
    let (spillway, one) = served_by("anthropic", Script::good()).await;
    let headers = [
        ("authorization", "Bearer sk-clients-own"),
        ("openai-beta", "assistants=v2"),
        ("x-stainless-lang", "python"),
        ("accept", "application/json"),
        ("x-trace", "t1"),
    ];
    let body = json!({
        "model": "one/one-1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hé 🦀"}],
        "max_completion_tokens": 77, "temperature": 0.5, "stop": ["END"],
    });
    let answer = client::post_json(spillway.proxy, "/v1/chat/completions?x=1", &headers, &body.to_string())
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let said = answer.json();
    assert_eq!(said["object"], "chat.completion");
    assert_eq!(said["choices"][0]["message"]["role"], "assistant");
    assert_eq!(said["choices"][0]["message"]["content"], "one heard: Hé 🦀");
    assert_eq!(said["choices"][0]["finish_reason"], "stop");
    assert_eq!(said["usage"]["completion_tokens"], 8);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-spillway-model"), Some("one-1"));
    assert!(answer.header("x-spillway-dropped").is_none());

    let attempt = one.log().pop().unwrap();
    assert_eq!((attempt.path.as_str(), attempt.query.as_deref()), ("/v1/messages", None));
    let header = |name: &str| attempt.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    assert_eq!(header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(header("x-trace"), Some("t1"), "what belongs to no dialect goes on");
    for withheld in ["authorization", "openai-beta", "x-stainless-lang"] {
        assert_eq!(header(withheld), None, "{withheld}");
    }
    assert!(header("x-api-key").is_some());
    let sent = sent(&one);
    assert_eq!(sent["model"], "one-1");
    assert_eq!(sent["system"][0]["text"].as_str().or(sent["system"].as_str()), Some("Be brief."));
    assert_eq!(sent["max_tokens"], 77);
    assert_eq!(sent["temperature"], 0.5);
    assert_eq!(sent["stop_sequences"], json!(["END"]));
}

#[tokio::test]
async fn an_anthropic_client_is_served_by_an_openai_vendor() {
    let (spillway, one) = served_by("openai", Script::good()).await;
    let headers = [
        ("x-api-key", "sk-clients-own"),
        ("anthropic-version", "2023-06-01"),
        ("anthropic-beta", "interleaved-thinking-2025-05-14"),
    ];
    let body = json!({
        "model": "one/one-1", "max_tokens": 77, "system": "Be brief.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hé 🦀"}]}],
    });
    let path = "/v1/messages?beta=true";
    let answer = client::post_json(spillway.proxy, path, &headers, &body.to_string()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let said = answer.json();
    assert_eq!((&said["type"], &said["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(said["content"][0], json!({"type": "text", "text": "one heard: Hé 🦀"}));
    assert_eq!(said["stop_reason"], "end_turn");
    assert_eq!(said["usage"]["output_tokens"], 8);
    assert!(answer.header("request-id").is_some());

    let attempt = one.log().pop().unwrap();
    assert_eq!((attempt.path.as_str(), attempt.query.as_deref()), ("/v1/chat/completions", None));
    let has = |name: &str| attempt.headers.iter().any(|it| it.0 == name);
    assert!(has("authorization"));
    assert!(!has("x-api-key") && !has("anthropic-version") && !has("anthropic-beta"));
    let sent = sent(&one);
    assert_eq!(sent["messages"][0], json!({"role": "system", "content": "Be brief."}));
    assert_eq!(sent["max_completion_tokens"], 77);
}

#[tokio::test]
async fn streams_are_turned_as_they_come_and_their_cost_is_counted() {
    for (kind, path, body) in [
        ("anthropic", "/v1/chat/completions", chat("one/one-1", true)),
        (
            "anthropic",
            "/v1/responses",
            json!({"model": "one/one-1", "stream": true, "input": "Hello, vendor."}),
        ),
        ("openai", "/v1/messages", messages("one/one-1", true)),
        // Speaks Chat Completions and nothing else.
        (
            "mistral",
            "/v1/responses",
            json!({"model": "one/one-1", "stream": true, "input": "Hello, vendor."}),
        ),
    ] {
        let (spillway, one) = served_by(kind, Script::good()).await;
        let answer = spillway.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert!(answer.complete, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/event-stream"), "{path}");
        let events = answer.event_data();
        let text = match path {
            "/v1/chat/completions" => chat_text(&answer),
            "/v1/messages" => messages_text(&answer),
            _ => events
                .iter()
                .filter(|it| it["type"] == "response.output_text.delta")
                .map(|it| it["delta"].as_str().unwrap())
                .collect(),
        };
        assert_eq!(text, "one heard: Hello, vendor.", "{path}");
        let all = answer.text();
        let end = match path {
            "/v1/chat/completions" => "data: [DONE]\n\n",
            "/v1/messages" => "\"message_stop\"}\n\n",
            _ => "",
        };
        assert!(all.ends_with(end), "{path}: {all}");
        if path == "/v1/responses" {
            assert_eq!(events.last().unwrap()["type"], "response.completed");
        }
        assert_eq!(sent(&one)["stream"], true);
        let tokens = spillway.metric("spillway_tokens_total", &["type=\"output\""]).await;
        assert_eq!(tokens, 8.0, "{path}: as the vendor counted");
    }
}

#[tokio::test]
async fn a_long_stream_is_passed_on_while_it_is_being_made() {
    use simulator::script::GoodOverrides;
    let slow = GoodOverrides { chunks: Some(6), stall_after_chunks: Some(3), ..GoodOverrides::default() };
    let (spillway, _one) = served_by("anthropic", Script::always([Step::Good(slow)])).await;
    let body = chat("one/one-1", true).to_string();
    let headers = [("content-type", "application/json")];
    let mut answer =
        client::stream(spillway.proxy, "POST", "/v1/chat/completions", &headers, body.as_bytes())
            .await
            .unwrap();
    let mut seen = String::new();
    while seen.matches("\"content\":\"").count() < 3 {
        let chunk = answer.next().await.expect("three pieces come before the vendor stalls");
        seen.push_str(&String::from_utf8_lossy(&chunk.bytes));
    }
    assert!(!seen.contains("[DONE]"));
}

#[tokio::test]
async fn where_both_speak_the_same_nothing_is_touched() {
    let (spillway, one) = served_by("openai", Script::good()).await;
    // A field that nobody knows, and spaces that a printer would not make.
    let body = "{ \"x_unknown\" : [ 1 ],\n \"model\":\"one-1\", \"messages\":[{\"role\":\"user\",\"content\":\"hi\"}] }";
    let answer = client::post_json(spillway.proxy, "/v1/chat/completions", &[], body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(one.log().pop().unwrap().body, body.as_bytes());
}

#[tokio::test]
async fn tokens_are_counted_by_a_vendor_that_counts_and_estimated_otherwise() {
    let (spillway, one) = served_by("openai", Script::good()).await;
    let mut body = messages("one-1", false);
    body.as_object_mut().unwrap().remove("stream");
    let estimated = spillway.post("/v1/messages/count_tokens", &body).await;
    assert_eq!(estimated.status, 200, "{}", estimated.text());
    assert!(estimated.json()["input_tokens"].as_u64().unwrap() > 0);
    assert_eq!(estimated.header("x-spillway-decision"), Some("estimated here, nobody who counts is there"));
    assert!(one.log().is_empty());

    let two = vendor("two").await;
    provider(&spillway, "two", "anthropic", &two).await;
    let counted = spillway.post("/v1/messages/count_tokens", &messages("two-1", false)).await;
    assert_eq!(counted.status, 200, "{}", counted.text());
    assert_eq!(two.log().pop().unwrap().path, "/v1/messages/count_tokens");
}

#[tokio::test]
async fn where_the_vendor_that_counts_is_down_the_count_is_an_estimate() {
    let down = Script::always([Step::Status(StatusAnswer { code: 500, ..StatusAnswer::default() })]);
    let (spillway, one) = served_by("anthropic", down).await;
    let counted = spillway.post("/v1/messages/count_tokens", &messages("one-1", false)).await;
    assert_eq!(counted.status, 200, "{}", counted.text());
    assert!(counted.json()["input_tokens"].as_u64().unwrap() > 0);
    assert_eq!(counted.header("x-spillway-decision"), Some("estimated here, nobody who counts is there"));
    assert!(!one.log().is_empty(), "the vendor was asked first");
}

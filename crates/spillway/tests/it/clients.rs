//! HTTP as clients speak it: versions, framing, limits, and the answers that need no vendor.

use serde_json::json;
use simulator::client::{self, Connection};

use crate::support::{Spillway, chat, vendor};

#[tokio::test]
async fn what_is_ambiguous_or_too_large_is_refused() {
    let spillway = Spillway::start();
    let one = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let path = "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    for (raw, expected) in [
        (format!("{path}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), "400"),
        (format!("{path}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"), "400"),
        (format!("{path}content-length: 99999999999\r\n\r\n"), "413"),
        (format!("{path}content-length: 99999999999\r\nexpect: 100-continue\r\n\r\n"), "413"),
        (format!("{path}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{{}}"), "415"),
        (format!("{path}content-length: 2\r\n\r\n[]"), "400"),
        ("GARBAGE\r\n\r\n".to_owned(), "400"),
    ] {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        connection.send_raw(raw.as_bytes()).await.unwrap();
        let answer = connection.read_raw(4096).await.unwrap_or_default();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        // What breaks framing may also just be hung up on.
        assert!(
            answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {expected}")),
            "{raw:?}: {answer:?}"
        );
        assert!(!answer.is_empty() || expected == "400", "{raw:?} wants an answer");
    }
    assert!(one.log().is_empty(), "nothing of it reached a vendor");
}

#[tokio::test]
async fn a_duplicate_model_is_refused() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let body = r#"{"model":"a","messages":[],"model":"b"}"#;
    let answer = client::post_json(spillway.proxy, "/ai/v1/chat/completions", &[], body).await.unwrap();
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_its_answer() {
    let spillway = Spillway::start();
    let one = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    for stream in [false, true] {
        let body = chat(stream).to_string();
        let raw =
            format!("POST /ai/v1/chat/completions HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        connection.send_raw(raw.as_bytes()).await.unwrap();
        let answer = connection.response().await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.header("transfer-encoding").is_none());
        assert!(!stream || answer.text().ends_with("data: [DONE]\n\n"));
    }
}

#[tokio::test]
async fn answers_that_need_no_vendor() {
    let spillway = Spillway::start();
    let head = client::request(spillway.proxy, "HEAD", "/", &[], b"").await.unwrap();
    assert_eq!(head.status, 200);
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-key", "x")];
    let answer = client::request(spillway.proxy, "GET", "/v1/responses", &upgrade, b"").await.unwrap();
    assert_eq!(answer.status, 426);
    let one = vendor("one").await;
    spillway.upstream("empty", &[]).await;
    spillway.upstream("my-model", &[]).await;
    spillway.target("my-model", &one, &["model=gpt-x"]).await;
    for prefix in ["", "/v1", "/openai/v1"] {
        let answer = client::get(spillway.proxy, &format!("{prefix}/models")).await.unwrap();
        assert_eq!(answer.json()["object"], "list", "{prefix}");
        assert_eq!(answer.json()["data"][0]["id"], "my-model");
    }
    let version = [("anthropic-version", "2023-06-01")];
    let answer =
        client::request(spillway.proxy, "GET", "/v1/models?limit=1000", &version, b"").await.unwrap();
    assert_eq!(
        (&answer.json()["has_more"], &answer.json()["data"][0]["type"]),
        (&json!(false), &json!("model"))
    );
}

#[tokio::test]
async fn failures_speak_the_callers_dialect() {
    let spillway = Spillway::start();
    spillway.upstream("empty", &[]).await;
    let openai = spillway.chat("empty").await;
    assert_eq!(openai.status, 503);
    let error = &openai.json()["error"];
    for key in ["message", "type", "param", "code"] {
        assert!(error.get(key).is_some(), "{key}: {error}");
    }
    assert_eq!(error["code"], "no_target_available");
    let messages = json!({"model": "m", "max_tokens": 1, "messages": []});
    let anthropic = spillway.post("/empty/v1/messages", &messages).await;
    let body = anthropic.json();
    assert_eq!((anthropic.status, &body["type"]), (503, &json!("error")));
    assert!(body["request_id"].is_string() && anthropic.header("request-id").is_some());
}

#[tokio::test]
async fn a_request_id_is_the_clients_where_it_sent_one() {
    let spillway = Spillway::start();
    let one = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let headers = [("x-request-id", "my-id-1")];
    let body = chat(false).to_string();
    let answer = client::post_json(spillway.proxy, "/ai/v1/chat/completions", &headers, &body).await.unwrap();
    assert_eq!(answer.header("x-request-id"), Some("my-id-1"));
    let answer = spillway.chat("ai").await;
    assert!(answer.header("x-request-id").is_some_and(|it| it.len() >= 32));
    for (name, value) in [
        ("x-spillway-upstream", "ai"),
        ("x-spillway-target", &one.addr().to_string()),
        ("x-spillway-model", "gpt-4o-mini"),
        ("x-spillway-attempts", "1"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("x-spillway-decision").is_some_and(|it| it.starts_with("round-robin")));
}

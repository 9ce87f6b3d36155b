//! The good vendor on the wire: every endpoint answers, plain and streamed, over one connection or many.

use serde_json::json;
use simulator::client::{self, Connection};
use simulator::{Credential, Vendor, VendorConfig};

use crate::PLAIN as HELLO;

async fn vendor() -> Vendor {
    Vendor::start(VendorConfig::named("alpha")).await.expect("a free port")
}

fn streamed(body: &str) -> String {
    body.replacen('{', r#"{"stream":true,"#, 1)
}

#[tokio::test]
async fn a_chat_is_answered_and_logged() {
    let vendor = vendor().await;
    let headers = [("authorization", "Bearer sk-secret"), ("x-custom", "1")];
    let response =
        client::post_json(vendor.addr(), "/v1/chat/completions?a=b", &headers, HELLO).await.unwrap();
    assert_eq!(response.status, 200);
    assert!(response.complete);
    assert_eq!(response.json()["choices"][0]["message"]["content"], "alpha heard: hello");
    assert_eq!(response.header("x-request-id"), Some("req_00000001"));

    let [attempt] = &vendor.log()[..] else { panic!("one attempt") };
    assert_eq!((attempt.method.as_str(), attempt.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(attempt.query.as_deref(), Some("a=b"));
    assert_eq!(attempt.credential, Some(Credential::from("sk-secret")));
    assert_eq!(attempt.model.as_deref(), Some("m"));
    assert_eq!(attempt.status, Some(200));
    assert_eq!(attempt.body, HELLO.as_bytes());
    assert_eq!(attempt.header("x-custom"), Some("1"));
    assert!(!serde_json::to_string(attempt).unwrap().contains("sk-secret"));
}

#[tokio::test]
async fn a_streamed_chat_has_role_content_finish_usage_and_done() {
    let vendor = vendor().await;
    let body = streamed(HELLO).replacen('{', r#"{"stream_options":{"include_usage":true},"#, 1);
    let response = client::post_json(vendor.addr(), "/v1/chat/completions", &[], &body).await.unwrap();
    assert!(response.complete);
    assert!(response.header("content-type").unwrap().starts_with("text/event-stream"));
    let data = response.event_data();
    assert_eq!(data[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(data.len(), 1 + 8 + 1 + 1);
    assert_eq!(data[9]["choices"][0]["finish_reason"], "stop");
    assert_eq!(data[10]["choices"], json!([]));
    assert!(data[10]["usage"]["total_tokens"].is_u64());
    assert_eq!(response.events().last().map(String::as_str), Some("data: [DONE]"));
}

#[tokio::test]
async fn responses_are_typed_events_in_sequence() {
    let vendor = vendor().await;
    let body = r#"{"model":"m","input":"hi","stream":true}"#;
    let response = client::post_json(vendor.addr(), "/v1/responses", &[], body).await.unwrap();
    let data = response.event_data();
    for (number, event) in data.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    assert_eq!(data[0]["type"], "response.created");
    assert_eq!(data[data.len() - 1]["type"], "response.completed");
    assert_eq!(data[data.len() - 1]["response"]["output"][0]["content"][0]["text"], "alpha heard: hi");
}

#[tokio::test]
async fn messages_stream_in_anthropics_order() {
    let vendor = vendor().await;
    let response = client::post_json(vendor.addr(), "/v1/messages", &[], &streamed(HELLO)).await.unwrap();
    let kinds: Vec<String> =
        response.event_data().iter().map(|it| it["type"].as_str().unwrap().to_owned()).collect();
    let mut expected = vec!["message_start", "content_block_start", "ping"];
    expected.extend(["content_block_delta"; 8]);
    expected.extend(["content_block_stop", "message_delta", "message_stop"]);
    assert_eq!(kinds, expected);
    assert!(response.events().iter().all(|it| it.starts_with("event: ")));
}

#[tokio::test]
async fn every_endpoint_answers_with_and_without_v1() {
    let vendor = vendor().await;
    let posts = [
        ("/chat/completions", HELLO, "/object"),
        ("/completions", r#"{"prompt":"p"}"#, "/choices/0/text"),
        ("/responses", r#"{"input":"p"}"#, "/output/0/id"),
        ("/embeddings", r#"{"input":["a","b"]}"#, "/data/1/embedding/0"),
        ("/embeddings", r#"{"input":"a","encoding_format":"base64"}"#, "/data/0/embedding"),
        ("/moderations", r#"{"input":"a"}"#, "/results/0/flagged"),
        ("/rerank", r#"{"query":"q","documents":["a","b"]}"#, "/results/1/index"),
        ("/images/generations", r#"{"prompt":"p"}"#, "/data/0/b64_json"),
        ("/messages", HELLO, "/content/0/text"),
        ("/messages/count_tokens", HELLO, "/input_tokens"),
    ];
    let mut connection = Connection::connect(vendor.addr()).await.unwrap();
    for prefix in ["", "/v1"] {
        for (path, body, pointer) in posts {
            let path = format!("{prefix}{path}");
            let response = connection.request("POST", &path, &[], body.as_bytes()).await.unwrap();
            assert_eq!(response.status, 200, "{path}");
            assert!(response.json().pointer(pointer).is_some(), "{path} {pointer}: {}", response.text());
        }
        let speech = connection.request("POST", &format!("{prefix}/audio/speech"), &[], b"{}").await.unwrap();
        assert_eq!(speech.body.len(), 4096);
        let models = connection.request("GET", &format!("{prefix}/models"), &[], b"").await.unwrap();
        assert_eq!(models.json()["object"], "list");
    }
    assert_eq!(connection.request("GET", "/health", &[], b"").await.unwrap().status, 200);
    let head = connection.request("HEAD", "/", &[], b"").await.unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(connection.request("GET", "/nowhere", &[], b"").await.unwrap().status, 404);
    assert_eq!(vendor.state().connections_accepted, 1, "all of it over one connection");
    assert_eq!(vendor.log().last().unwrap().request_index, vendor.state().attempts);
}

#[tokio::test]
async fn a_transcription_takes_a_form_and_logs_its_model() {
    let vendor = vendor().await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n\u{1}\u{2}\r\n--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let response =
        client::request(vendor.addr(), "POST", "/v1/audio/transcriptions", &headers, form.as_bytes())
            .await
            .unwrap();
    assert!(response.json()["text"].is_string());
    assert_eq!(vendor.log()[0].model.as_deref(), Some("whisper-1"));
}

#[tokio::test]
async fn a_chunked_request_body_is_understood() {
    let vendor = vendor().await;
    let (first, second) = HELLO.split_at(10);
    let body = format!(
        "{:x}\r\n{first}\r\n{:x};ext=1\r\n{second}\r\n0\r\nx-trailer: 1\r\n\r\n",
        first.len(),
        second.len()
    );
    let headers = [("transfer-encoding", "chunked")];
    let mut connection = Connection::connect(vendor.addr()).await.unwrap();
    for _ in 0..2 {
        let response =
            connection.request("POST", "/v1/chat/completions", &headers, body.as_bytes()).await.unwrap();
        assert_eq!(response.json()["choices"][0]["message"]["content"], "alpha heard: hello");
    }
    assert_eq!(vendor.log()[1].body, HELLO.as_bytes());
}

#[tokio::test]
async fn anthropics_clients_get_anthropics_models_and_errors() {
    let config = VendorConfig { models: vec!["claude-x".to_owned()], ..VendorConfig::named("alpha") };
    let vendor = Vendor::start(config).await.unwrap();
    let headers = [("anthropic-version", "2023-06-01")];
    let models = client::request(vendor.addr(), "GET", "/v1/models", &headers, b"").await.unwrap();
    assert_eq!(models.json()["data"][0]["type"], "model");
    assert_eq!(models.json()["first_id"], "claude-x");
    let unknown = client::post_json(vendor.addr(), "/v1/messages", &headers, HELLO).await.unwrap();
    assert_eq!((unknown.status, &unknown.json()["error"]["type"]), (404, &json!("not_found_error")));
    assert_eq!(unknown.header("request-id"), Some("req_00000002"));
    let unknown = client::post_json(vendor.addr(), "/v1/chat/completions", &[], HELLO).await.unwrap();
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (404, &json!("model_not_found")));
}

#[tokio::test]
async fn an_unknown_key_is_refused_but_health_is_open() {
    let config = VendorConfig { keys: [Credential::from("good")].into(), ..VendorConfig::named("alpha") };
    let vendor = Vendor::start(config).await.unwrap();
    let status = async |key: &str| {
        client::post_json(vendor.addr(), "/v1/chat/completions", &[("x-api-key", key)], HELLO)
            .await
            .unwrap()
            .status
    };
    assert_eq!(status("good").await, 200);
    assert_eq!(status("bad").await, 401);
    assert_eq!(client::get(vendor.addr(), "/health").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_vendor_under_a_base_path_answers_only_there() {
    let config = VendorConfig { base_path: "/openai".to_owned(), ..VendorConfig::named("alpha") };
    let vendor = Vendor::start(config).await.unwrap();
    assert_eq!(client::get(vendor.addr(), "/openai/v1/models").await.unwrap().status, 200);
    assert_eq!(client::get(vendor.addr(), "/v1/models").await.unwrap().status, 404);
    assert!(vendor.base_url().ends_with("/openai"));
}

#[tokio::test]
async fn http_1_0_gets_its_stream_delimited_by_the_connections_end() {
    let vendor = vendor().await;
    let body = streamed(HELLO);
    let message =
        format!("POST /v1/chat/completions HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut connection = Connection::connect(vendor.addr()).await.unwrap();
    connection.send_raw(message.as_bytes()).await.unwrap();
    let response = connection.response().await.unwrap();
    assert_eq!(response.header("transfer-encoding"), None);
    assert_eq!(response.events().last().map(String::as_str), Some("data: [DONE]"));
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let vendor = vendor().await;
    for message in [
        "nonsense\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
    ] {
        let mut connection = Connection::connect(vendor.addr()).await.unwrap();
        connection.send_raw(message.as_bytes()).await.unwrap();
        assert_eq!(connection.response().await.unwrap().status, 400, "{message:?}");
    }
}

#[tokio::test]
async fn the_body_is_asked_for_where_the_client_waits_to_be_asked() {
    let vendor = vendor().await;
    let mut connection = Connection::connect(vendor.addr()).await.unwrap();
    let length = HELLO.len().to_string();
    let headers = [("expect", "100-continue"), ("content-length", length.as_str())];
    connection.send("POST", "/v1/chat/completions", &headers, b"").await.unwrap();
    assert_eq!(connection.read_raw(1000).await.unwrap(), b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.send_raw(HELLO.as_bytes()).await.unwrap();
    assert_eq!(connection.response().await.unwrap().status, 200);
}

//! The same dialect in and out: bytes pass untouched, on Google's own paths, with the operator's key.

use serde_json::json;
use simulator::{
    Script, Step, client,
    script::{GoodOverrides, SseAnswer},
};

use super::{chat_path, contents, member, path, served_by, text};
use crate::translation::{published, says, streams};

#[tokio::test]
async fn a_vendor_of_googles_is_asked_with_the_clients_bytes_and_answers_with_its_own() {
    let (spillway, one) = served_by("gemini", says(published!("gemini/answer/tools.json"))).await;
    // A field that nobody knows, and spaces that a printer would not make.
    let body = "{ \"x_unknown\" : [ 1 ],\n \"model\":\"models/whatever\", \"contents\":[{\"parts\":[{\"text\":\"hi\"}]}] }";
    let headers = [("x-goog-api-key", "AIza-the-clients-own"), ("x-goog-api-client", "google-genai-sdk/1")];
    let asked = path("one-1", "generateContent?%24alt=json");
    let answer = client::post_json(spillway.proxy, &asked, &headers, body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = one.log().pop().unwrap();
    assert_eq!(
        (attempt.body.as_slice(), attempt.path.as_str()),
        (body.as_bytes(), "/v1beta/models/one-1:generateContent")
    );
    assert_eq!(attempt.query.as_deref(), Some("%24alt=json"));
    let header = |name: &str| attempt.headers.iter().filter(|it| it.0 == name).count();
    assert_eq!((header("x-goog-api-key"), header("authorization"), header("x-goog-api-client")), (1, 0, 1));
    assert_eq!(attempt.credential, Some("sk-one-0123456789".into()), "the operator's, not the client's");
    let said: serde_json::Value = serde_json::from_str(published!("gemini/answer/tools.json")).unwrap();
    assert_eq!(answer.body, said.to_string().as_bytes());
    assert_eq!(answer.header("x-spillway-model"), Some("one-1"));
}

#[tokio::test]
async fn a_stream_passes_as_it_is_and_is_counted() {
    let (spillway, one) = served_by("gemini", streams(published!("gemini/answer/thinking.sse"))).await;
    let answer = spillway.post(&chat_path("one-1", true), &contents()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = one.log().pop().unwrap();
    assert_eq!(attempt.path, "/v1beta/models/one-1:streamGenerateContent");
    assert_eq!(attempt.query.as_deref(), Some("alt=sse"));
    assert_eq!(answer.text().trim_end(), published!("gemini/answer/thinking.sse").trim_end());
    assert!(answer.complete);
    let tokens = spillway.metric("spillway_tokens_total", &["type=\"input\""]).await;
    assert!(tokens > 0.0, "as the vendor counted");

    one.script(Script::good());
    let answer = spillway.post(&chat_path("one-1", true), &contents()).await;
    assert_eq!(text(&answer), "one heard: Hello, vendor.");
    let listed = spillway.post(&path("one-1", "streamGenerateContent"), &contents()).await;
    assert_eq!(text(&listed), "one heard: Hello, vendor.");
    assert_eq!(
        listed.json().as_array().map(Vec::len),
        Some(9),
        "a list, as Google sends it: {}",
        listed.text()
    );
    let output = spillway.metric("spillway_tokens_total", &["type=\"output\""]).await;
    assert!(output >= 16.0, "streams and lists alike: {output}");
}

#[tokio::test]
async fn a_stream_that_ends_without_a_reason_was_cut() {
    let half = SseAnswer {
        events: vec![r#"data: {"candidates":[{"content":{"parts":[{"text":"Par"}]},"index":0}]}"#.to_owned()],
        ..SseAnswer::default()
    };
    let cut = GoodOverrides { cut_after_chunks: Some(3), ..GoodOverrides::default() };
    for step in [Step::Sse(half), Step::Good(cut)] {
        let (spillway, _one) = served_by("gemini", Script::always([step])).await;
        let answer = spillway.post(&chat_path("one-1", true), &contents()).await;
        let last = answer.event_data().pop().unwrap();
        assert_eq!(
            (&last["error"]["code"], &last["error"]["status"]),
            (&json!(502), &json!("UNAVAILABLE")),
            "{last}"
        );
        assert!(last["error"]["message"].as_str().unwrap().starts_with("the answer broke off"));
    }
}

#[tokio::test]
async fn embeddings_and_counts_pass_and_a_model_that_is_exchanged_is_exchanged_in_the_body_too() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    spillway.upstream("ai", &[]).await;
    member(&spillway, "ai", "one").await;
    let each =
        |model: &str| json!({"model": format!("models/{model}"), "content": {"parts": [{"text": "a"}]}});
    let body = |model: &str| json!({"requests": [each(model), each(model)]});
    for asked in ["one-1", "ai", "one/one-1", "one%2Fone-1"] {
        let answer = spillway.post(&path(asked, "batchEmbedContents"), &body(asked)).await;
        assert_eq!(answer.status, 200, "{asked}: {}", answer.text());
        assert_eq!(answer.json()["embeddings"].as_array().map(Vec::len), Some(2));
        let attempt = one.log().pop().unwrap();
        assert_eq!(attempt.path, "/v1beta/models/one-1:batchEmbedContents", "{asked}");
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&attempt.body).unwrap(),
            body("one-1"),
            "{asked}"
        );
    }
    let answer = spillway.post(&path("one-1", "embedContent"), &each("one-1")).await;
    assert!(answer.json()["embedding"]["values"].is_array(), "{}", answer.text());
    let counted = spillway.post(&path("one-1", "countTokens"), &contents()).await;
    assert!(counted.json()["totalTokens"].as_u64().unwrap() > 0, "{}", counted.text());
    assert_eq!(one.log().pop().unwrap().path, "/v1beta/models/one-1:countTokens");
}

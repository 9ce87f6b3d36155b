//! Google's own dialect, asked for callers of those that Google does not speak itself.

use serde_json::{Value, json};
use simulator::{
    ErrorClass, Script, Step,
    script::{ErrorAnswer, StatusAnswer},
};

use super::{ask, chat, messages, messages_text, published, says, sent, served_by, streams};

#[tokio::test]
async fn who_speaks_neither_is_served_by_google_in_its_own_dialect() {
    let (spillway, one) = served_by("gemini", says(published!("gemini/answer/tools.json"))).await;
    let body = ask(published!("messages/ask/tools.json"), "one/one-1", false);
    let answer = spillway.post("/v1/messages", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let content = answer.json()["content"].as_array().cloned().unwrap();
    let call = content.iter().find(|it| it["type"] == "tool_use").expect("a call");
    assert_eq!((&call["name"], &call["input"]), (&json!("get_weather"), &json!({"city": "Rome"})));
    let attempt = one.log().pop().unwrap();
    assert_eq!(attempt.path, "/v1/models/one-1:generateContent");
    let has = |name: &str| attempt.headers.iter().any(|it| it.0 == name);
    assert!(has("x-goog-api-key") && !has("authorization"), "one key, where Google looks for it");
    assert_eq!(sent(&one)["tools"][0]["functionDeclarations"][1]["name"], "get_time");

    one.script(says(published!("gemini/answer/plain.json")));
    let body = |stream| ask(published!("messages/ask/plain.json"), "one/one-1", stream);
    let answer = spillway.post("/v1/messages", &body(false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = |it: &Value| it["text"].as_str().unwrap_or_default().to_owned();
    let whole: String = answer.json()["content"].as_array().unwrap().iter().map(text).collect();
    assert!(!whole.is_empty());

    one.script(streams(published!("gemini/answer/stream.sse")));
    let streamed = spillway.post("/v1/messages", &body(true)).await;
    assert_eq!(messages_text(&streamed), whole);
    assert!(streamed.text().ends_with("\"message_stop\"}\n\n"));
    let attempt = one.log().pop().unwrap();
    assert_eq!(attempt.path, "/v1/models/one-1:streamGenerateContent");
    assert_eq!(attempt.query.as_deref(), Some("alt=sse"));

    let input = json!({"model": "one/one-1", "stream": true, "input": "Hello."});
    let events = spillway.post("/v1/responses", &input).await.event_data();
    assert_eq!(events.last().unwrap()["type"], "response.completed");
}

#[tokio::test]
async fn who_speaks_as_google_can_passes_untouched() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = one.log().pop().unwrap();
    assert_eq!(attempt.path, "/v1/chat/completions");
    assert!(attempt.headers.iter().any(|it| it.0 == "authorization"));
}

#[tokio::test]
async fn googles_errors_are_the_callers_errors() {
    let error = serde_json::from_str(published!("gemini/answer/error.json")).unwrap();
    let status = StatusAnswer { code: 400, json: Some(error), ..StatusAnswer::default() };
    let (spillway, one) = served_by("gemini", Script::always([Step::Status(status)])).await;
    let answer = spillway.post("/v1/messages", &messages("one/one-1", false)).await;
    assert_eq!(answer.json()["type"], "error", "{}", answer.text());
    assert!(answer.json()["error"]["message"].is_string());

    let limited = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "41s"},
    ]}});
    let status = StatusAnswer { code: 429, json: Some(limited), ..StatusAnswer::default() };
    one.script(Script::always([Step::Status(status)]));
    let answer = spillway.post("/v1/messages", &messages("one/one-1", true)).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((20..=41).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn embeddings_go_to_google_as_openai_would_ask_for_them() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    let body = json!({"model": "one/one-1", "input": "hello"});
    let answer = spillway.post("/v1/embeddings", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = one.log().pop().unwrap();
    assert_eq!(attempt.path, "/v1/embeddings");
    assert!(attempt.headers.iter().any(|it| it.0 == "authorization"));
    // An error of a class that only OpenAI's shape has here is told in the same.
    let answer = ErrorAnswer { class: ErrorClass::InvalidRequest, ..ErrorAnswer::default() };
    one.script(Script::always([Step::Error(answer)]));
    assert_eq!(spillway.post("/v1/embeddings", &body).await.status, 400);
}

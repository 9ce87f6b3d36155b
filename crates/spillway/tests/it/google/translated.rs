//! Other dialects out: the caller speaks Google's, the vendor another.

use serde_json::{Value, json};
use simulator::{
    ErrorClass, Script, Step,
    script::{ErrorAnswer, GoodOverrides, StatusAnswer},
};

use super::{chat_path, contents, path, refused, served_by, text};
use crate::translation::{published, says, sent, streams};

const KINDS: [(&str, &str); 3] = [
    ("openai", "/v1/chat/completions"),
    ("anthropic", "/v1/messages"),
    // Speaks Chat Completions and nothing else.
    ("mistral", "/v1/chat/completions"),
];

#[tokio::test]
async fn every_vendor_answers_plain_as_events_and_as_a_list() {
    for (kind, asked) in KINDS {
        let (spillway, one) = served_by(kind, Script::good()).await;
        let mut body = contents();
        body["systemInstruction"] = json!({"parts": [{"text": "Be brief."}]});
        body["generationConfig"] = json!({"maxOutputTokens": 77, "temperature": 0.5});
        for (path, content_type) in [
            (chat_path("one-1", false), "application/json"),
            (chat_path("one/one-1", true), "text/event-stream"),
            (path("one-1", "streamGenerateContent"), "application/json"),
        ] {
            let answer = spillway.post(&path, &body).await;
            assert_eq!(answer.status, 200, "{kind} {path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), Some(content_type), "{kind} {path}");
            assert_eq!(text(&answer), "one heard: Hello, vendor.", "{kind} {path}");
            assert!(answer.complete && answer.header("x-spillway-dropped").is_none());
            let attempt = one.log().pop().unwrap();
            assert_eq!((attempt.path.as_str(), attempt.query), (asked, None), "{kind}");
            let sent = sent(&one);
            assert_eq!((&sent["model"], &sent["temperature"]), (&json!("one-1"), &json!(0.5)), "{kind}");
            assert_eq!(sent["stream"].as_bool().unwrap_or(false), path.contains("stream"), "{kind}");
        }
        let output = spillway.metric("spillway_tokens_total", &["type=\"output\""]).await;
        assert_eq!(output, 24.0, "{kind}: as the vendor counted, three times");
    }
}

#[tokio::test]
async fn tools_are_called_plain_and_in_parallel_streams() {
    let rows = [
        ("openai", published!("chat/answer/tools.json"), published!("chat/answer/parallel.sse")),
        ("anthropic", published!("messages/answer/tools.json"), published!("messages/answer/parallel.sse")),
    ];
    for (kind, plain, stream) in rows {
        let (spillway, one) = served_by(kind, says(plain)).await;
        let body: Value = serde_json::from_str(published!("gemini/ask/tools.json")).unwrap();
        let calls = |answers: &[Value]| -> Vec<(Value, Value)> {
            let parts = answers.iter().filter_map(|it| it["candidates"][0]["content"]["parts"].as_array());
            let calls = parts.flatten().map(|it| &it["functionCall"]).filter(|it| it.is_object());
            calls.map(|it| (it["name"].clone(), it["args"].clone())).collect()
        };
        let answer = spillway.post(&chat_path("one-1", false), &body).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        let rome = (json!("get_weather"), json!({"city": "Rome"}));
        assert!(calls(&[answer.json()]).contains(&rome), "{kind}: {}", answer.text());
        assert_eq!(answer.json()["candidates"][0]["finishReason"], "STOP");
        assert!(sent(&one)["tools"].as_array().is_some_and(|it| it.len() > 1), "{kind}");

        one.script(streams(stream));
        let answer = spillway.post(&chat_path("one-1", true), &body).await;
        assert!(calls(&answer.event_data()).len() > 1, "{kind}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_vendors_failure_is_told_in_googles_envelope_with_the_vendors_words() {
    for (kind, _) in KINDS {
        for (class, stream, code, status) in [
            (ErrorClass::InvalidRequest, false, 400, "INVALID_ARGUMENT"),
            (ErrorClass::InvalidRequest, true, 400, "INVALID_ARGUMENT"),
            (ErrorClass::ModelNotFound, false, 404, "NOT_FOUND"),
            (ErrorClass::Server, true, 500, "INTERNAL"),
        ] {
            let fails = ErrorAnswer { class, message: Some("so it is".to_owned()), ..ErrorAnswer::default() };
            let (spillway, _one) = served_by(kind, Script::always([Step::Error(fails)])).await;
            let answer = spillway.post(&chat_path("one-1", stream), &contents()).await;
            let message = refused(&answer, code, status);
            assert!(message.contains("so it is"), "{kind} {class:?}: {message}");
        }
        let (spillway, _one) = served_by(kind, Script::always([Step::rate_limited("7")])).await;
        let answer = spillway.post(&chat_path("one-1", true), &contents()).await;
        refused(&answer, 429, "RESOURCE_EXHAUSTED");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        let details = answer.json()["error"]["details"].clone();
        let wait = details.as_array().unwrap().iter().find(|it| it["retryDelay"].is_string()).unwrap();
        assert_eq!(wait["retryDelay"], format!("{seconds}s"), "Google's clients look for it in the body");
    }
}

#[tokio::test]
async fn what_cannot_be_carried_is_refused_by_its_name_or_dropped() {
    let (spillway, one) = served_by("openai", Script::good()).await;
    let mut body = contents();
    body["generationConfig"] = json!({"topK": 40});
    let answer = spillway.post(&chat_path("one-1", false), &body).await;
    let message = refused(&answer, 400, "INVALID_ARGUMENT");
    assert!(message.contains("topK"), "{message}");
    let fields = answer.json()["error"]["details"].clone();
    assert_eq!(fields[1]["fieldViolations"][0]["field"], "generationConfig.topK", "{fields}");
    assert!(one.log().is_empty());
    spillway.form("PATCH", "/upstreams/default", &["lossy=drop"]).await;
    let answer = spillway.post(&chat_path("one-1", false), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-spillway-dropped"), Some("generationConfig.topK"));
}

#[tokio::test]
async fn who_does_not_count_is_not_asked_to_and_who_does_not_embed_neither() {
    for (kind, _) in KINDS {
        let (spillway, one) = served_by(kind, Script::good()).await;
        let wrapped =
            json!({"generateContentRequest": {"model": "models/one-1", "contents": contents()["contents"]}});
        let counts = async |body: &Value| {
            let answer = spillway.post(&path("one-1", "countTokens"), body).await;
            assert_eq!(
                answer.header("x-spillway-decision"),
                Some("estimated here, nobody who counts is there"),
                "{kind}"
            );
            answer.json()["totalTokens"].as_u64().unwrap()
        };
        let (plain, inner) = (counts(&contents()).await, counts(&wrapped).await);
        assert!(plain > 0 && plain == inner, "{kind}: {plain} {inner}");
        let body = json!({"content": {"parts": [{"text": "a"}]}});
        let answer = spillway.post(&path("one-1", "embedContent"), &body).await;
        assert!(
            answer.status >= 400 && answer.json()["error"]["status"].is_string(),
            "{kind}: {}",
            answer.text()
        );
        assert!(one.log().is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_googles_error_as_an_event_or_as_the_last_of_the_list() {
    let cut = GoodOverrides { cut_after_chunks: Some(3), ..GoodOverrides::default() };
    let (spillway, _one) = served_by("anthropic", Script::always([Step::Good(cut)])).await;
    let answer = spillway.post(&chat_path("one-1", true), &contents()).await;
    let last = answer.event_data().pop().unwrap();
    assert_eq!(last["error"]["status"], "UNAVAILABLE", "{last}");
    let list = spillway.post(&path("one-1", "streamGenerateContent"), &contents()).await;
    let last = list.json().as_array().and_then(|it| it.last().cloned()).expect("still a list");
    assert_eq!(last["error"]["status"], "UNAVAILABLE", "{last}");
    assert!(text(&list).starts_with("one"), "{}", list.text());
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_502() {
    let status = StatusAnswer { code: 200, json: Some(json!({"hello": 1})), ..StatusAnswer::default() };
    let (spillway, _one) = served_by("openai", Script::always([Step::Status(status)])).await;
    let answer = spillway.post(&chat_path("one-1", false), &contents()).await;
    refused(&answer, 502, "UNAVAILABLE");
}

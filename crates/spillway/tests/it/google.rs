//! Google's dialect as a caller: what an application with Google's SDK sends, served by whoever is there.

mod failover;
mod keys;
mod paths;
mod same;
mod translated;

use serde_json::{Value, json};
use simulator::{Script, Vendor, client::Response};

use crate::{
    support::{Spillway, scripted},
    translation::{configured, provider, provider_at},
};

/// Google's path for this model and method.
fn path(model: &str, method: &str) -> String {
    format!("/v1beta/models/{model}:{method}")
}

/// The path of a chat, streamed as events or plain.
fn chat_path(model: &str, stream: bool) -> String {
    path(model, if stream { "streamGenerateContent?alt=sse" } else { "generateContent" })
}

fn contents() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "Hello, vendor."}]}]})
}

/// What an answer says, plain, as events or as a list.
fn text(answer: &Response) -> String {
    let answers = match answer.header("content-type") {
        Some(it) if it.starts_with("text/event-stream") => answer.event_data(),
        _ => match answer.json() {
            Value::Array(all) => all,
            one => vec![one],
        },
    };
    let parts = answers.iter().filter_map(|it| it["candidates"][0]["content"]["parts"].as_array());
    parts.flatten().filter_map(|it| it["text"].as_str()).collect()
}

/// Google's envelope, and nobody else's.
#[track_caller]
fn refused(answer: &Response, code: u16, status: &str) -> String {
    let error = answer.json()["error"].clone();
    assert_eq!(
        (answer.status, &error["code"], &error["status"]),
        (code, &json!(code), &json!(status)),
        "{error}"
    );
    assert!(error.get("type").is_none() && error.get("param").is_none(), "{error}");
    error["message"].as_str().unwrap().to_owned()
}

/// A vendor of Google's, where Google's OpenAI-compatible endpoint would be, with one model, `{name}-1`.
async fn google(spillway: &Spillway, name: &str, at: &Vendor) {
    let url = format!("http://{}/v1beta/openai", at.addr());
    provider_at(spillway, name, "gemini", &url, &json!({"id": format!("{name}-1")})).await;
}

/// One provider of that kind at a vendor that does as told.
async fn served_by(kind: &str, script: impl Into<Script>) -> (Spillway, Vendor) {
    let spillway = Spillway::start();
    let one = scripted("one", script).await;
    match kind {
        "gemini" => google(&spillway, "one", &one).await,
        _ => provider(&spillway, "one", kind, &one).await,
    }
    (spillway, one)
}

/// Adds a provider's model to an upstream.
async fn member(spillway: &Spillway, upstream: &str, name: &str) {
    let target = json!({"provider": name, "model": format!("{name}-1")});
    let answer = spillway.json("POST", &format!("/upstreams/{upstream}/targets"), &target).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test]
async fn models_are_listed_as_google_lists_them() {
    let (spillway, one) = served_by("openai", Script::good()).await;
    let get = async |path: &str, headers: &[(&str, &str)]| {
        simulator::client::request(spillway.proxy, "GET", path, headers, b"").await.unwrap()
    };
    for (path, headers) in
        [("/v1beta/models?pageSize=50", &[][..]), ("/v1/models", &[("x-goog-api-key", "AIza-anything")])]
    {
        let list = get(path, headers).await;
        assert_eq!(list.status, 200, "{}", list.text());
        let model = &list.json()["models"][0];
        assert_eq!((&model["name"], &model["displayName"]), (&json!("models/one-1"), &json!("one-1")));
        assert!(model["supportedGenerationMethods"].as_array().unwrap().contains(&json!("generateContent")));
        assert!(list.json().get("nextPageToken").is_none(), "all of them at once");
    }
    let single = get("/v1beta/models/one-1", &[]).await;
    assert_eq!(single.json()["name"], "models/one-1", "{}", single.text());
    refused(&get("/v1beta/models/unknown-1", &[]).await, 404, "NOT_FOUND");
    assert_eq!(get("/v1/models", &[]).await.json()["object"], "list", "everybody else has the usual list");
    assert!(one.log().is_empty());
    let asked = spillway.post(&chat_path("unknown-1", false), &contents()).await;
    let message = refused(&asked, 404, "NOT_FOUND");
    assert!(message.contains("'unknown-1'") && message.contains("one-1"), "what there is: {message}");
}

#[tokio::test]
async fn who_is_known_to_lack_what_a_request_needs_is_no_candidate() {
    let spillway = Spillway::start();
    let (one, two) = (scripted("one", Script::good()).await, scripted("two", Script::good()).await);
    configured(&spillway, "one", "openai", &one, &json!({"id": "one-1", "capabilities": ["vision"]})).await;
    google(&spillway, "two", &two).await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    member(&spillway, "ai", "one").await;
    member(&spillway, "ai", "two").await;
    let mut body = contents();
    body["tools"] = json!([{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}]);
    let answer = spillway.post(&chat_path("ai", false), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decision = answer.header("x-spillway-decision").unwrap();
    assert!(decision.contains("not candidates: one/one-1 lacks tools"), "{decision}");
    assert!(one.log().is_empty());
    assert_eq!(text(&spillway.post(&chat_path("ai", false), &contents()).await), "one heard: Hello, vendor.");
}

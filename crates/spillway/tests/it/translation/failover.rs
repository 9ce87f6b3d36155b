//! From one dialect to the other, before the first byte: failover across vendors is failover across their languages.

use serde_json::json;
use simulator::{
    ErrorClass, Script, Step,
    script::{ErrorIn200, GoodOverrides},
};

use super::{chat, chat_text, messages, messages_text, provider};
use crate::support::{Launch, Spillway, scripted, vendor};

/// An upstream of a vendor of each dialect, the first one first.
async fn both(first: &str, script: impl Into<Script>) -> (Spillway, simulator::Vendor, simulator::Vendor) {
    let spillway = Spillway::start();
    let second = if first == "openai" { "anthropic" } else { "openai" };
    let (one, two) = (scripted("one", script).await, vendor("two").await);
    provider(&spillway, "one", first, &one).await;
    provider(&spillway, "two", second, &two).await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    for name in ["one", "two"] {
        let target = json!({"provider": name, "model": format!("{name}-1")});
        let answer = spillway.json("POST", "/upstreams/ai/targets", &target).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    (spillway, one, two)
}

#[tokio::test]
async fn a_failing_vendor_is_replaced_by_one_of_the_other_dialect_plain_and_streamed() {
    let faults = [
        Step::error(ErrorClass::Server),
        Step::rate_limited("30"),
        Step::Rst,
        Step::ErrorIn200(ErrorIn200 { class: ErrorClass::Overloaded, after_opening: true }),
    ];
    for first in ["openai", "anthropic"] {
        for fault in &faults {
            let in_stream = matches!(fault, Step::ErrorIn200(_));
            for stream in [false, true].into_iter().filter(|it| *it || !in_stream) {
                let (spillway, one, two) = both(first, Script::always([fault.clone()])).await;
                let answer = spillway.post("/v1/chat/completions", &chat("ai", stream)).await;
                assert_eq!(answer.status, 200, "{first} {fault:?}: {}", answer.text());
                let text = match stream {
                    true => chat_text(&answer),
                    false => answer.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned(),
                };
                assert_eq!(text, "two heard: Hello, vendor.");
                assert_eq!(answer.header("x-spillway-attempts"), Some("2"));
                let answer = spillway.post("/v1/messages", &messages("ai", stream)).await;
                let text = match stream {
                    true => messages_text(&answer),
                    false => answer.json()["content"][0]["text"].as_str().unwrap().to_owned(),
                };
                assert_eq!(text, "two heard: Hello, vendor.", "{first} {fault:?}");
                let paths = |of: &simulator::Vendor| of.log().first().map(|it| it.path.clone()).unwrap();
                let (openai, anthropic) = if first == "openai" { (&one, &two) } else { (&two, &one) };
                assert_eq!(paths(openai), "/v1/chat/completions");
                assert_eq!(paths(anthropic), "/v1/messages");
            }
        }
    }
}

#[tokio::test]
async fn nothing_of_one_vendors_request_reaches_the_next() {
    let (spillway, one, two) = both("anthropic", Script::always([Step::error(ErrorClass::Server)])).await;
    let body = r#"{"model": "ai",  "messages": [{"role": "user", "content": "hi"}]}"#;
    let answer =
        simulator::client::post_json(spillway.proxy, "/v1/chat/completions", &[], body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (first, second) = (one.log().remove(0), two.log().remove(0));
    assert!(first.headers.iter().any(|it| it.0 == "anthropic-version"));
    assert!(!second.headers.iter().any(|it| it.0 == "anthropic-version" || it.0 == "x-api-key"));
    assert_ne!(first.credential, second.credential);
    // The caller's own bytes, with the model and nothing else exchanged.
    assert_eq!(String::from_utf8(second.body).unwrap(), body.replace("\"ai\"", "\"two-1\""));
}

#[tokio::test]
async fn default_falls_over_to_a_provider_of_another_dialect() {
    let (one, two) =
        (scripted("one", Script::always([Step::error(ErrorClass::Server)])).await, vendor("two").await);
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-o-0123456789")
        .env("SPILLWAY_OPENAI_BASE_URL", &one.base_url())
        .env("ANTHROPIC_API_KEY", "sk-a-0123456789")
        .env("SPILLWAY_ANTHROPIC_BASE_URL", &two.base_url())
        .start();
    for model in ["default", "openai/gpt-4o", "gpt-4o"] {
        let answer = spillway.post("/v1/chat/completions", &chat(model, true)).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        assert_eq!(chat_text(&answer), "two heard: Hello, vendor.", "{model}");
        assert_eq!(answer.header("x-spillway-provider"), Some("anthropic"));
    }
    // Who declines another model is told what happened to the one it asked for.
    let headers = [("x-spillway-fallback", "off")];
    let body = chat("openai/gpt-4o", false).to_string();
    let answer =
        simulator::client::post_json(spillway.proxy, "/v1/chat/completions", &headers, &body).await.unwrap();
    assert_eq!(answer.status, 500, "{}", answer.text());
}

#[tokio::test]
async fn after_the_first_content_nobody_else_is_asked() {
    let cut = GoodOverrides { cut_after_chunks: Some(2), ..GoodOverrides::default() };
    let (spillway, _one, two) = both("anthropic", Script::always([Step::Good(cut)])).await;
    let answer = spillway.post("/v1/chat/completions", &chat("ai", true)).await;
    assert!(answer.event_data().last().unwrap()["error"].is_object());
    assert!(two.log().is_empty());
}

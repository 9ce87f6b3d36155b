//! Failures of a vendor in the caller's dialect: status and message are the vendor's, the envelope is the caller's.

use serde_json::json;
use simulator::{
    ErrorClass, Script, Step,
    script::{ErrorAnswer, ErrorIn200, GoodOverrides},
};

use super::{chat, messages, served_by};
use crate::support::until;

fn fails(class: ErrorClass, message: &str) -> Script {
    let answer = ErrorAnswer { class, message: Some(message.to_owned()), ..ErrorAnswer::default() };
    Script::always([Step::Error(answer)])
}

#[tokio::test]
async fn an_anthropic_vendors_errors_are_an_openai_callers_errors() {
    for (class, status) in
        [(ErrorClass::InvalidRequest, 400), (ErrorClass::Overloaded, 529), (ErrorClass::Server, 500)]
    {
        let (spillway, _one) = served_by("anthropic", fails(class, "the vendor's own words")).await;
        for stream in [false, true] {
            let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", stream)).await;
            assert_eq!(answer.status, status, "{}", answer.text());
            let said = answer.json();
            assert_eq!(said["error"]["message"], "the vendor's own words", "{said}");
            assert!(said["error"]["type"].is_string() && said.get("type").is_none(), "{said}");
            if status != 400 {
                break; // The pair is out now.
            }
        }
    }
}

#[tokio::test]
async fn an_openai_vendors_errors_are_an_anthropic_callers_errors() {
    let (spillway, _one) = served_by("openai", fails(ErrorClass::ContextLength, "too long for it")).await;
    for stream in [false, true] {
        let answer = spillway.post("/v1/messages", &messages("one/one-1", stream)).await;
        assert_eq!(answer.status, 400);
        let said = answer.json();
        assert_eq!(
            (&said["type"], &said["error"]["type"]),
            (&json!("error"), &json!("invalid_request_error"))
        );
        assert_eq!(said["error"]["message"], "too long for it");
    }
}

#[tokio::test]
async fn a_rate_limit_of_an_anthropic_vendor_cools_its_key_for_as_long_as_it_says() {
    let limited = ErrorAnswer {
        class: ErrorClass::RateLimit,
        retry_after: Some("40".to_owned()),
        ..ErrorAnswer::default()
    };
    let (spillway, one) = served_by("anthropic", Script::always([Step::Error(limited)])).await;
    for _ in 0..2 {
        let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", false)).await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        assert_eq!(answer.json()["error"]["code"], "rate_limit_exceeded");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((10..=40).contains(&seconds), "{seconds}");
    }
    assert_eq!(one.log().len(), 1, "the key rests");
}

#[tokio::test]
async fn a_rejected_key_is_told_to_nobody() {
    let (spillway, _one) =
        served_by("anthropic", fails(ErrorClass::Auth, "no such key sk-one-0123456789")).await;
    let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", false)).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.text().contains("sk-one-0123456789"));
    assert!(answer.json()["error"]["message"].is_string());
}

#[tokio::test]
async fn an_error_inside_a_success_is_a_failure_of_the_callers_dialect() {
    for after_opening in [false, true] {
        let hidden = ErrorIn200 { class: ErrorClass::Server, after_opening };
        let (spillway, _one) = served_by("anthropic", Script::always([Step::ErrorIn200(hidden)])).await;
        let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", true)).await;
        assert_eq!(answer.status, 500, "{after_opening}: {}", answer.text());
        assert!(answer.json()["error"]["message"].is_string());
    }
    for step in [Step::Html200, Step::Empty200] {
        for stream in [false, true] {
            let (spillway, _one) = served_by("anthropic", Script::always([step.clone()])).await;
            let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", stream)).await;
            assert_eq!(answer.status, 502, "{step:?}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_error_event_of_the_callers_dialect() {
    let cut = GoodOverrides { cut_after_chunks: Some(3), ..GoodOverrides::default() };
    let (spillway, one) = served_by("anthropic", Script::always([Step::Good(cut.clone())])).await;
    let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", true)).await;
    assert_eq!(answer.status, 200);
    let events = answer.event_data();
    assert!(events.last().unwrap()["error"]["message"].is_string(), "{}", answer.text());
    assert!(!answer.text().contains("[DONE]"));
    assert!(answer.complete, "the stream itself ends properly");

    let told = GoodOverrides { error_after_chunks: Some(3), ..GoodOverrides::default() };
    one.script(Script::always([Step::Good(told)]));
    until("the address is back", || async {
        let answer = spillway.post("/v1/chat/completions", &chat("one/one-1", true)).await;
        answer.status == 200 && answer.event_data().last().unwrap()["error"]["message"].is_string()
    })
    .await;

    let (spillway, _one) = served_by("openai", Script::always([Step::Good(cut)])).await;
    let answer = spillway.post("/v1/messages", &messages("one/one-1", true)).await;
    let last = answer.event_data().pop().unwrap();
    assert_eq!(last["type"], "error", "{}", answer.text());
    assert!(answer.events().last().unwrap().starts_with("event: error\n"));
    assert!(!answer.text().contains("message_stop"));
}

//! Before the first byte a request may go to somebody else, whatever that one speaks.

use simulator::{
    ErrorClass, Script, Step, Vendor,
    script::{ErrorIn200, SseAnswer},
};

use super::{chat_path, contents, google, member, text};
use crate::{
    support::{Launch, Spillway, scripted, vendor},
    translation::provider,
};

/// An upstream of a vendor of Google's and of one of that kind, the first one first.
async fn both(first: &str, second: &str, script: impl Into<Script>) -> (Spillway, Vendor, Vendor) {
    let spillway = Spillway::start();
    let (one, two) = (scripted("one", script).await, vendor("two").await);
    spillway.upstream("ai", &["algorithm=priority"]).await;
    for (name, kind, at) in [("one", first, &one), ("two", second, &two)] {
        match kind {
            "gemini" => google(&spillway, name, at).await,
            _ => provider(&spillway, name, kind, at).await,
        }
        member(&spillway, "ai", name).await;
    }
    (spillway, one, two)
}

#[tokio::test]
async fn a_failing_vendor_is_replaced_by_one_of_another_dialect_plain_and_streamed() {
    let bare = SseAnswer { events: vec!["data: [DONE]".to_owned()], ..SseAnswer::default() };
    let faults = [
        Step::error(ErrorClass::Overloaded),
        Step::ErrorIn200(ErrorIn200 { class: ErrorClass::Overloaded, after_opening: true }),
        Step::rate_limited("30"),
        Step::Rst,
        Step::Sse(bare),
    ];
    for (first, second, faults) in [
        ("gemini", "openai", &faults[..]),
        ("openai", "gemini", &faults),
        ("gemini", "anthropic", &faults[..2]),
        ("anthropic", "gemini", &faults[..2]),
        ("gemini", "gemini", &faults[1..2]),
    ] {
        for fault in faults {
            let in_stream = matches!(fault, Step::ErrorIn200(_) | Step::Sse(_));
            for stream in [false, true].into_iter().filter(|it| *it || !in_stream) {
                let (spillway, one, two) = both(first, second, Script::always([fault.clone()])).await;
                let answer = spillway.post(&chat_path("ai", stream), &contents()).await;
                assert_eq!(answer.status, 200, "{first} {second} {fault:?}: {}", answer.text());
                assert_eq!(text(&answer), "two heard: Hello, vendor.", "{first} {second} {fault:?}");
                assert_eq!(answer.header("x-spillway-attempts"), Some("2"));
                assert_eq!((one.log().len(), two.log().len()), (1, 1));
            }
        }
    }
}

#[tokio::test]
async fn a_model_that_nobody_lists_is_googles_first_and_then_the_others() {
    let (one, two) =
        (scripted("one", Script::always([Step::error(ErrorClass::Server)])).await, vendor("two").await);
    let spillway = Launch::default()
        .env("GEMINI_API_KEY", "sk-google")
        .env("SPILLWAY_GEMINI_BASE_URL", &format!("http://{}/v1beta/openai", one.addr()))
        .env("ANTHROPIC_API_KEY", "sk-anthropic")
        .env("SPILLWAY_ANTHROPIC_BASE_URL", &format!("http://{}", two.addr()))
        .start();
    let answer = spillway.post(&chat_path("gemini-3-flash", true), &contents()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(text(&answer), "two heard: Hello, vendor.");
    assert_eq!(
        one.log().pop().unwrap().path,
        "/v1beta/models/gemini-3-flash:streamGenerateContent",
        "Google first"
    );
    assert_eq!(answer.header("x-spillway-provider"), Some("anthropic"));
    let default = spillway.post(&chat_path("default", false), &contents()).await;
    assert_eq!(default.status, 200, "{}", default.text());
}

//! Amazon Bedrock as a vendor: its two sorts of keys, its frames, its errors, through the real binary.
//!
//! The simulated vendor makes every signature again, with code of its own.

mod keys;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulator::{
    Credential, ErrorClass, Rule, Script, Signing, Step, Vendor, VendorConfig,
    client::Response,
    script::{ErrorAnswer, ErrorIn200, GoodOverrides, SseAnswer},
};

use crate::support::{Spillway, calls, vendor};

/// Twenty letters, as Amazon's ids have.
const ID: &str = "AKIASPILLWAYTEST0001";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSPILLWAYKEY";
const REGION: &str = "eu-central-1";
/// With a colon, and longer than what any other vendor has.
const MODEL: &str = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// A Bedrock that knows one access key and checks what is signed with it.
async fn amazon(script: impl Into<Script>) -> Vendor {
    amazon_of_another_time(script, 0).await
}

/// The same, with a clock that is ahead of ours.
async fn amazon_of_another_time(script: impl Into<Script>, clock_skew_s: i64) -> Vendor {
    let secrets = BTreeMap::from([(ID.to_owned(), SECRET.to_owned())]);
    let signing = Some(Signing { region: REGION.to_owned(), secrets, clock_skew_s });
    let config = VendorConfig { signing, script: script.into(), ..VendorConfig::named("amazon") };
    Vendor::start(config).await.expect("a vendor starts")
}

/// The provider `bedrock` at that vendor, without a key.
async fn provider(spillway: &Spillway, at: &Vendor) {
    let body = json!({
        "name": "bedrock", "kind": "bedrock", "models": [MODEL],
        "endpoints": [{"url": at.base_url(), "region": REGION}],
    });
    let answer = spillway.json("POST", "/providers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// The same, with the access key `main`.
async fn served_by(at: &Vendor) -> Spillway {
    let spillway = Spillway::start();
    provider(&spillway, at).await;
    spillway.key("bedrock", "main", &format!("{ID}:{SECRET}")).await;
    spillway
}

/// The second in line, which speaks Chat Completions.
async fn openai_too(spillway: &Spillway, at: &Vendor) {
    let body = json!({
        "name": "openai", "kind": "openai", "models": ["gpt-x"],
        "endpoints": [{"url": format!("{}/v1", at.base_url())}],
    });
    let answer = spillway.json("POST", "/providers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    spillway.key("openai", "main", "sk-openai-0123456789").await;
}

fn chat(stream: bool) -> Value {
    json!({
        "model": MODEL, "stream": stream, "max_tokens": 50, "stream_options": {"include_usage": true},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hé 🦀"}],
    })
}

fn responses(stream: bool) -> Value {
    json!({"model": MODEL, "stream": stream, "input": "Hé 🦀"})
}

fn messages(stream: bool) -> Value {
    json!({
        "model": MODEL, "stream": stream, "max_tokens": 50,
        "messages": [{"role": "user", "content": "Hé 🦀"}],
    })
}

async fn state(spillway: &Spillway, key: &str) -> Value {
    spillway.admin("GET", &format!("/providers/bedrock/credentials/{key}")).await.json()
}

/// What a stream says, whoever asked for it.
fn said(answer: &Response) -> String {
    let text = |it: &Value| {
        let places = ["/choices/0/delta/content", "/delta/text", "/delta"];
        places.iter().find_map(|at| it.pointer(at)?.as_str().map(str::to_owned))
    };
    answer.event_data().iter().filter_map(text).collect()
}

#[tokio::test]
async fn callers_of_every_dialect_are_answered_by_bedrock() {
    let amazon = amazon(Script::good()).await;
    let spillway = served_by(&amazon).await;
    for (path, body, at) in [
        ("/v1/chat/completions", chat(false), "/choices/0/message/content"),
        ("/v1/responses", responses(false), "/output/0/content/0/text"),
        ("/v1/messages", messages(false), "/content/0/text"),
    ] {
        let answer = spillway.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.json().pointer(at), Some(&json!("amazon heard: Hé 🦀")), "{path}");
        assert_eq!(answer.header("x-spillway-provider"), Some("bedrock"));
        assert!(answer.header("x-spillway-upstream-request-id").is_some_and(|it| it.starts_with("req_")));
        assert!(answer.header("x-amzn-requestid").is_none());
        let attempt = amazon.log().pop().expect("it was asked");
        assert_eq!(attempt.path, format!("/model/{}/converse", MODEL.replace(':', "%3A")));
        assert_eq!(attempt.credential, Some(Credential::from(ID)));
        for withheld in ["x-api-key", "x-amz-security-token", "anthropic-version"] {
            assert_eq!(attempt.header(withheld), None, "{withheld}");
        }
    }
    for (path, body) in [
        ("/v1/chat/completions", chat(true)),
        ("/v1/responses", responses(true)),
        ("/v1/messages", messages(true)),
    ] {
        let before = spillway.metric("spillway_tokens_total", &["type=\"output\""]).await;
        let answer = spillway.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        assert!(answer.complete, "{path}");
        assert_eq!(said(&answer), "amazon heard: Hé 🦀", "{path}");
        assert!(amazon.log().pop().expect("it was asked").path.ends_with("/converse-stream"));
        let after = spillway.metric("spillway_tokens_total", &["type=\"output\""]).await;
        assert_eq!(after - before, 8.0, "{path}: as the vendor counted");
    }
}

#[tokio::test]
async fn tools_are_called_in_a_stream_of_frames() {
    let events = include_str!("../../../dialect/fixtures/translate/converse/answer/parallel.events");
    let events = events.lines().map(str::to_owned).collect();
    let amazon = amazon(Script::always([Step::Sse(SseAnswer { events, ..SseAnswer::default() })])).await;
    let spillway = served_by(&amazon).await;
    let mut body = chat(true);
    body["tools"] =
        json!([{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]);
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut calls: BTreeMap<u64, (String, String)> = BTreeMap::new();
    for event in answer.event_data() {
        for call in event["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let (name, arguments) = calls.entry(call["index"].as_u64().unwrap()).or_default();
            name.push_str(call["function"]["name"].as_str().unwrap_or_default());
            arguments.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    let calls: Vec<_> = calls.into_values().collect();
    let expected = [("get_weather", r#"{"city":"Rome"}"#), ("get_time", r#"{"zone":"Europe/Rome"}"#)];
    assert_eq!(calls, expected.map(|it| (it.0.to_owned(), it.1.to_owned())));
    let tokens = spillway.metric("spillway_tokens_total", &["type=\"cached\""]).await;
    assert_eq!(tokens, 40.0, "what came out of the vendor's cache is counted");
}

#[tokio::test]
async fn what_fails_before_its_first_word_is_served_by_another_dialect() {
    let failing = [
        Step::error(ErrorClass::Overloaded),
        Step::error(ErrorClass::Server),
        Step::error(ErrorClass::RateLimit),
        Step::error(ErrorClass::Timeout),
        Step::error(ErrorClass::ModelNotFound),
        Step::error(ErrorClass::Permission),
        Step::ErrorIn200(ErrorIn200 { class: ErrorClass::RateLimit, after_opening: true }),
        Step::Good(GoodOverrides { bad_checksum_after_chunks: Some(0), ..GoodOverrides::default() }),
        Step::Good(GoodOverrides { cut_after_chunks: Some(0), ..GoodOverrides::default() }),
    ];
    for step in failing {
        let amazon = amazon(Script::always([step.clone()])).await;
        let other = vendor("other").await;
        let spillway = served_by(&amazon).await;
        openai_too(&spillway, &other).await;
        let answer = spillway.post("/v1/messages", &messages(true)).await;
        assert_eq!(answer.status, 200, "{step:?}: {}", answer.text());
        assert_eq!(answer.header("x-spillway-provider"), Some("openai"), "{step:?}");
        assert_eq!(said(&answer), "other heard: Hé 🦀", "{step:?}");
        assert_eq!((calls(&amazon), calls(&other)), (1, 1), "{step:?}");
    }
}

#[tokio::test]
async fn bedrock_serves_what_another_dialects_vendor_fails_with() {
    let (amazon, other) = (amazon(Script::good()).await, vendor("other").await);
    other.script(Script::always([Step::error(ErrorClass::Server)]));
    let spillway = Spillway::start();
    openai_too(&spillway, &other).await;
    provider(&spillway, &amazon).await;
    spillway.key("bedrock", "main", &format!("{ID}:{SECRET}")).await;
    for stream in [false, true] {
        let mut body = chat(stream);
        body["model"] = "gpt-x".into();
        let answer = spillway.post("/v1/chat/completions", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-spillway-model"), Some(MODEL));
        if stream {
            assert_eq!(said(&answer), "amazon heard: Hé 🦀");
        }
    }
}

#[tokio::test]
async fn an_exception_or_a_broken_frame_in_the_middle_ends_the_callers_stream_with_an_error() {
    for (overrides, words) in [
        (
            GoodOverrides { error_after_chunks: Some(3), ..GoodOverrides::default() },
            "Bedrock is unable to process your request.",
        ),
        (
            GoodOverrides { bad_checksum_after_chunks: Some(3), ..GoodOverrides::default() },
            "the vendor's stream is damaged",
        ),
        (GoodOverrides { cut_after_chunks: Some(3), ..GoodOverrides::default() }, "the answer broke off"),
    ] {
        let amazon = amazon(Script::always([Step::Good(overrides)])).await;
        let other = vendor("other").await;
        let spillway = served_by(&amazon).await;
        openai_too(&spillway, &other).await;
        let answer = spillway.post("/v1/chat/completions", &chat(true)).await;
        assert_eq!(answer.status, 200);
        let events = answer.event_data();
        let last = events.last().expect("there are events");
        assert!(last["error"]["message"].as_str().is_some_and(|it| it.contains(words)), "{words}: {last}");
        assert!(!said(&answer).is_empty() && !answer.text().contains("[DONE]"), "{words}");
        assert_eq!(calls(&other), 0, "{words}: nobody else is asked once the client has heard something");

        let answer = spillway.post("/v1/messages", &messages(true)).await;
        assert!(answer.text().contains("event: error\n"), "{words}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_throttled_key_is_out_for_the_model_and_another_serves() {
    let amazon = amazon(Script::good()).await;
    let spillway = served_by(&amazon).await;
    spillway.key("bedrock", "spare", "ABSKc3BhcmUta2V5LTAxMjM0NTY3ODk=").await;
    amazon.script(vec![
        Rule::always([Step::Error(ErrorAnswer {
            class: ErrorClass::RateLimit,
            retry_after: Some("30".to_owned()),
            ..ErrorAnswer::default()
        })])
        .for_credential(ID),
    ]);
    let upstream = json!({"name": "both", "enabled": true});
    assert_eq!(spillway.json("POST", "/upstreams", &upstream).await.status, 201);
    let target = json!({"provider": "bedrock", "model": MODEL, "credential": "*"});
    let made = spillway.json("POST", "/upstreams/both/targets", &target).await;
    assert_eq!(made.status, 201, "{}", made.text());
    for _ in 0..2 {
        let answer = spillway.post("/both/v1/chat/completions", &chat(false)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-spillway-credential"), Some("spare"));
    }
    let asked = amazon.log().iter().filter(|it| it.credential == Some(ID.into())).count();
    assert_eq!(asked, 1, "out until the vendor's instant");
    let main = state(&spillway, "main").await;
    assert_eq!(
        (&main["state"], &main["model_states"][0]["cause"]),
        (&json!("normal"), &json!("rate_limit")),
        "{main}"
    );
}

#[tokio::test]
async fn a_refusal_keeps_bedrocks_words_and_name_in_the_callers_envelope() {
    let amazon = amazon(Script::always([Step::error(ErrorClass::ContextLength)])).await;
    let spillway = served_by(&amazon).await;
    let answer = spillway.post("/v1/chat/completions", &chat(false)).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let error = &answer.json()["error"];
    assert_eq!(error["message"], "Input is too long for requested model.");
    assert_eq!(error["code"], "ValidationException", "{error}");
    let answer = spillway.post("/v1/messages", &messages(false)).await;
    assert_eq!(answer.json()["error"]["type"], "invalid_request_error", "{}", answer.text());
}

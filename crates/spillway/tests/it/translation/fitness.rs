//! Who is no candidate: what a dialect has no words for, and what a model is known not to do.

use serde_json::json;
use simulator::Script;

use super::{chat, configured, provider, sent, served_by};
use crate::support::{Spillway, vendor};

fn with(mut body: serde_json::Value, field: &str, value: serde_json::Value) -> serde_json::Value {
    body[field] = value;
    body
}

#[tokio::test]
async fn what_cannot_be_carried_is_a_400_that_names_the_field() {
    let (spillway, one) = served_by("anthropic", Script::good()).await;
    let body = with(chat("one/one-1", false), "logit_bias", json!({"50256": -100}));
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let error = answer.json()["error"].clone();
    assert_eq!(error["param"], "logit_bias");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("`logit_bias`") && message.contains("`PATCH /upstreams/default`"), "{message}");
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    assert!(one.log().is_empty(), "nobody is asked in vain");
}

#[tokio::test]
async fn a_target_that_cannot_be_told_is_passed_over_and_the_decision_says_so() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    provider(&spillway, "one", "anthropic", &one).await;
    provider(&spillway, "two", "openai", &two).await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    for name in ["one", "two"] {
        let target = json!({"provider": name, "model": format!("{name}-1")});
        assert_eq!(spillway.json("POST", "/upstreams/ai/targets", &target).await.status, 201);
    }
    let body = with(chat("ai", false), "logit_bias", json!({"50256": -100}));
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-spillway-attempts"), Some("1"));
    let decision = answer.header("x-spillway-decision").unwrap();
    assert!(decision.contains("not candidates: one/one-1 cannot be told logit_bias"), "{decision}");
    assert!(one.log().is_empty());
    // Everybody is a candidate for what everybody can be told.
    let answer = spillway.post("/v1/chat/completions", &chat("ai", false)).await;
    assert_eq!(answer.header("x-spillway-provider"), Some("one"));
    assert!(!answer.header("x-spillway-decision").unwrap().contains("candidates"));
}

#[tokio::test]
async fn with_lossy_drop_it_is_left_out_and_told() {
    let spillway = Spillway::start();
    let one = vendor("one").await;
    provider(&spillway, "one", "anthropic", &one).await;
    spillway.upstream("ai", &["lossy=drop"]).await;
    let target = json!({"provider": "one", "model": "one-1"});
    assert_eq!(spillway.json("POST", "/upstreams/ai/targets", &target).await.status, 201);
    for stream in [false, true] {
        let body = with(chat("ai", stream), "logit_bias", json!({"50256": -100}));
        let answer = spillway.post("/v1/chat/completions", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-spillway-dropped"), Some("logit_bias"));
        assert!(sent(&one).get("logit_bias").is_none());
    }
    let wrong = spillway.form("PATCH", "/upstreams/ai", &["lossy=sometimes"]).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    assert!(wrong.text().contains("lossy"));
}

#[tokio::test]
async fn a_model_that_is_known_not_to_do_it_is_no_candidate() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    let small = json!({"id": "one-1", "context_window": 4096, "capabilities": ["tools"]});
    configured(&spillway, "one", "openai", &one, &small).await;
    provider(&spillway, "two", "openai", &two).await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    let target = |name: &str| json!({"provider": name, "model": format!("{name}-1")});
    assert_eq!(spillway.json("POST", "/upstreams/ai/targets", &target("one")).await.status, 201);

    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]);
    let picture = json!([{"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]}]);
    let long = json!([{"role": "user", "content": "word ".repeat(20_000)}]);
    let schema = json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}});
    let can = with(chat("ai", false), "tools", tools);
    let cannot = [
        (with(chat("ai", false), "messages", picture), "one/one-1 lacks vision"),
        (with(chat("ai", false), "messages", long), "one/one-1 lacks room for so long a prompt"),
        (with(chat("ai", false), "response_format", schema), "one/one-1 lacks json_schema"),
    ];
    for (body, why) in &cannot {
        let answer = spillway.post("/v1/chat/completions", body).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains(why), "{}", answer.text());
    }
    assert!(one.log().is_empty());

    assert_eq!(spillway.json("POST", "/upstreams/ai/targets", &target("two")).await.status, 201);
    for (body, why) in &cannot {
        let answer = spillway.post("/v1/chat/completions", body).await;
        assert_eq!(answer.header("x-spillway-provider"), Some("two"), "{}", answer.text());
        let decision = answer.header("x-spillway-decision").unwrap();
        assert!(decision.contains(&format!("not candidates: {why}")), "{decision}");
    }
    let answer = spillway.post("/v1/chat/completions", &can).await;
    assert_eq!(answer.header("x-spillway-provider"), Some("one"), "{}", answer.text());
}

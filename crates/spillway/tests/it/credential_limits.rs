//! A credential's own limits: the vendor never sees more of a key than its operator allows, and others serve meanwhile.

use serde_json::{Value, json};
use simulator::{
    Credential, Script, Step,
    client::{self, Response, Streaming},
    script::GoodOverrides,
};

use crate::support::{Spillway, borne, calls, chat, scripted, until, vendor};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// Sets limits of key `a`.
async fn limit(spillway: &Spillway, limits: Value) -> Value {
    let answer = spillway.json("PATCH", "/providers/p/credentials/a", &json!({ "limits": limits })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn key(spillway: &Spillway, name: &str) -> Value {
    spillway.admin("GET", &format!("/providers/p/credentials/{name}")).await.json()
}

/// A chat that is left open.
async fn open(spillway: &Spillway) -> Streaming {
    let mut body = chat(true);
    body["model"] = "p-1".into();
    let body = body.to_string();
    let stream =
        client::stream(spillway.proxy, "POST", "/v1/chat/completions", &JSON, body.as_bytes()).await.unwrap();
    assert_eq!(stream.response().status, 200);
    stream
}

fn served_by(response: &Response) -> Option<&str> {
    response.header("x-spillway-credential")
}

/// It says that it is too much for now, and when it no longer is.
fn is_refused(answer: &Response) {
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert_eq!(answer.json()["error"]["code"], "rate_limit_exceeded", "{}", answer.text());
    let seconds: u64 = answer.header("retry-after").and_then(|it| it.parse().ok()).expect("a Retry-After");
    assert!((1..=60).contains(&seconds), "{seconds}");
    let message = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("own_limit"), "{message}");
}

#[tokio::test]
async fn a_vendor_never_sees_a_fourth_request_of_a_minute_with_a_key_of_three() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &["a", "b"]).await;
    assert_eq!(
        key(&spillway, "a").await["limits"],
        json!({"rpm": null, "tpm": null, "max_concurrent": null})
    );
    limit(&spillway, json!({"rpm": 3})).await;
    spillway.pool(&["b"]).await;
    for n in 0..20 {
        let answer = spillway.ask(n % 2 == 0).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let with_a = || -> Vec<u64> {
        let of_a = |it: &simulator::Attempt| it.credential == Some(Credential::from("sk-a"));
        one.log().iter().filter(|it| of_a(it)).map(|it| it.at_ms).collect()
    };
    let times = with_a();
    assert!(times.len() >= 3, "what it may serve it serves");
    assert!(times.windows(4).all(|it| it[3] - it[0] >= 59_000), "{times:?}");

    let shown = key(&spillway, "a").await;
    assert_eq!((&shown["state"], &shown["cause"]), (&json!("cooling"), &json!("own_limit")), "{shown}");
    assert!(shown["ttl"].as_f64().is_some_and(|it| it > 0.0 && it <= 61.0), "{shown}");
    let entry = spillway.entry("Default Config").await;
    assert_eq!((&entry["state"], &entry["cause"]), (&json!("cooling"), &json!("own_limit")), "{entry}");
    let diagram = spillway.admin("GET", "/topology").await.text();
    assert!(diagram.contains("own_limit"), "{diagram}");
    assert_eq!(key(&spillway, "b").await["state"], "normal");
    let told = spillway.metric("spillway_exclusions_total", &["cause=\"own_limit\""]).await;
    assert!(told >= 1.0, "{}", spillway.admin("GET", "/metrics").await.text());

    // Another limit holds at once, and what was counted stays counted.
    assert_eq!(limit(&spillway, json!({"max_concurrent": 9})).await["state"], "cooling");
    let raised = limit(&spillway, json!({"rpm": 5})).await;
    assert_eq!(raised["limits"], json!({"rpm": 5, "tpm": null, "max_concurrent": 9}));
    assert_eq!(raised["state"], "normal", "{raised}");
    for _ in 0..20 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    let times = with_a();
    assert!(times.len() >= 5);
    assert!(times.windows(6).all(|it| it[5] - it[0] >= 59_000), "{times:?}");
}

#[tokio::test]
async fn a_key_for_one_request_at_once_leaves_the_next_to_another_until_its_stream_ends() {
    let stalls = Step::Good(GoodOverrides { stall_after_chunks: Some(1), ..Default::default() });
    let (spillway, one) = (Spillway::start(), scripted("one", Script::always([stalls])).await);
    spillway.provider_with_keys(&one, &["a", "b"]).await;
    limit(&spillway, json!({"max_concurrent": 1})).await;
    spillway.pool(&["b"]).await;
    let first = open(&spillway).await;
    assert_eq!(served_by(first.response()), Some("a"));
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(open(&spillway).await);
    }
    assert_eq!(borne(&one, &["a", "b"]), ["a", "b", "b", "b", "b"]);
    let shown = key(&spillway, "a").await;
    assert_eq!((&shown["state"], &shown["cause"]), (&json!("cooling"), &json!("own_limit")), "{shown}");
    assert_eq!((&shown["until"], &shown["ttl"]), (&Value::Null, &Value::Null), "no clock ends it");
    drop(first);
    until("the key has room again", || async { key(&spillway, "a").await["state"] == "normal" }).await;
    others.push(open(&spillway).await);
    others.push(open(&spillway).await);
    assert_eq!(borne(&one, &["a", "b"])[5..].iter().filter(|it| *it == "a").count(), 1);
}

#[tokio::test]
async fn a_key_that_has_used_up_its_tokens_sits_out() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &["a"]).await;
    let answer = spillway.ask(false).await;
    let cost = answer.json()["usage"]["total_tokens"].as_u64().expect("the vendor tells");
    // Half a request over: the second may begin, and what it costs comes on top.
    limit(&spillway, json!({"tpm": cost + cost / 2})).await;
    for _ in 0..2 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    is_refused(&spillway.ask(false).await);
    assert_eq!(calls(&one), 3);
    let shown = key(&spillway, "a").await;
    assert_eq!((&shown["state"], &shown["cause"]), (&json!("cooling"), &json!("own_limit")), "{shown}");

    // A stream that tells what it has cost counts as well.
    limit(&spillway, json!({"tpm": null})).await;
    limit(&spillway, json!({"tpm": 1})).await;
    let mut body = chat(true);
    body["model"] = "p-1".into();
    body["stream_options"] = json!({"include_usage": true});
    assert_eq!(spillway.post("/v1/chat/completions", &body).await.status, 200);
    until("the stream has been counted", || async { key(&spillway, "a").await["cause"] == "own_limit" })
        .await;
    is_refused(&spillway.post("/v1/chat/completions", &body).await);
    assert_eq!(calls(&one), 4);
}

#[tokio::test]
async fn with_one_key_alone_whoever_comes_too_soon_is_told_when_to_come_back() {
    let stalls = Step::Good(GoodOverrides { stall_after_chunks: Some(1), ..Default::default() });
    let (spillway, one) = (Spillway::start(), scripted("one", Script::always([stalls])).await);
    spillway.provider_with_keys(&one, &["a"]).await;
    limit(&spillway, json!({"max_concurrent": 1})).await;
    let held = open(&spillway).await;
    is_refused(&spillway.ask(true).await);
    limit(&spillway, json!({"max_concurrent": 2, "rpm": 2})).await;
    let other = open(&spillway).await;
    is_refused(&spillway.ask(true).await);
    drop((held, other));
    limit(&spillway, json!({"max_concurrent": null, "rpm": 2})).await;
    let third = open(&spillway).await;
    assert_eq!(served_by(third.response()), Some("a"), "counted from when there was a limit");
    is_refused(&spillway.ask(true).await);
    assert_eq!(calls(&one), 3);
}

#[tokio::test]
async fn limits_are_whole_numbers_from_one_on_or_null_by_form_as_well() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &["a"]).await;
    for (limits, field) in [
        (json!({"rpm": 0}), "rpm"),
        (json!({"tpm": -1}), "tpm"),
        (json!({"max_concurrent": "many"}), "max_concurrent"),
        (json!({"rpm": 1.5}), "rpm"),
        (json!({"rpd": 5}), "rpd"),
    ] {
        let answer = spillway.json("PATCH", "/credentials/a", &json!({ "limits": limits })).await;
        assert_eq!(answer.status, 400, "{limits}: {}", answer.text());
        assert!(answer.json()["fields"]["limits"][field].is_string(), "{limits}: {}", answer.text());
    }
    let answer = spillway.form("PATCH", "/credentials/a", &["limits.rpm=3", "limits.tpm="]).await;
    assert_eq!(answer.json()["limits"], json!({"rpm": 3, "tpm": null, "max_concurrent": null}));
    let answer = spillway.form("PATCH", "/credentials/a", &["limits.rpm="]).await;
    assert_eq!(answer.json()["limits"]["rpm"], Value::Null);
}

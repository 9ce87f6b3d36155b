//! Providers as an operator writes them: at work for the next request, in the order that is set, and there after a kill.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::{Value, json};
use simulator::{Credential, ErrorClass, Script, Step, client::Response};

use crate::support::{Spillway, calls, chat, scripted, until, vendor};

/// A request to `default`.
async fn ask(spillway: &Spillway) -> Response {
    let mut body = chat(false);
    body["model"] = "default".into();
    spillway.post("/v1/chat/completions", &body).await
}

async fn order(spillway: &Spillway, providers: &[&str]) -> Response {
    spillway.json("PUT", "/providers/order", &json!({"providers": providers})).await
}

async fn provider(spillway: &Spillway, name: &str) -> Value {
    spillway.admin("GET", &format!("/providers/{name}")).await.json()
}

#[tokio::test]
async fn a_provider_and_a_key_over_the_admin_api_serve_the_next_request() {
    let one = vendor("one").await;
    let spillway = Spillway::start();
    spillway.provider("one", &one).await;
    assert_eq!(provider(&spillway, "one").await["status"], "enabled", "such a server may need no key");
    spillway.key("one", "prod", "sk-live-0123456789").await;
    let answer = ask(&spillway).await;
    assert_eq!((answer.status, answer.header("x-spillway-credential")), (200, Some("prod")));
    let seen = &one.log()[0];
    assert_eq!(seen.credential, Some(Credential::from("sk-live-0123456789")));
    assert_eq!(seen.model.as_deref(), Some("one-1"), "its default model");
    let overrides = json!({"overrides": {"headers": {"x-team": "ai"}, "organization": "org-1"}});
    assert_eq!(spillway.json("PATCH", "/credentials/prod", &overrides).await.status, 200);
    assert_eq!(ask(&spillway).await.status, 200);
    let seen = &one.log()[1];
    assert_eq!((seen.header("x-team"), seen.header("openai-organization")), (Some("ai"), Some("org-1")));
}

#[tokio::test]
async fn providers_and_keys_are_there_after_a_kill() {
    let one = vendor("one").await;
    let mut spillway = Spillway::start();
    for name in ["a", "b", "c"] {
        spillway.provider(name, &one).await;
    }
    assert_eq!(order(&spillway, &["c", "a", "b"]).await.status, 200);
    spillway.key("c", "prod", "sk-live-0123456789").await;
    let before = [
        spillway.admin("GET", "/providers").await.json(),
        spillway.admin("GET", "/credentials").await.json(),
    ];
    spillway.kill();
    spillway.start_again();
    let after = [
        spillway.admin("GET", "/providers").await.json(),
        spillway.admin("GET", "/credentials").await.json(),
    ];
    assert_eq!(after, before);
    let order = spillway.admin("GET", "/providers/order").await.json();
    assert_eq!(order, json!({"providers": ["c", "a", "b"]}));
    assert_eq!(ask(&spillway).await.header("x-spillway-provider"), Some("c"));
    assert_eq!(
        one.log()[0].credential,
        Some(Credential::from("sk-live-0123456789")),
        "the key file opens it"
    );
}

#[tokio::test]
async fn a_vendor_that_fails_is_abnormal_and_says_who_serves_instead() {
    let bad = scripted("bad", Script::always([Step::error(ErrorClass::Auth)])).await;
    let good = vendor("good").await;
    let spillway = Spillway::start();
    for (name, at) in [("first", &bad), ("second", &good)] {
        spillway.provider(name, at).await;
        spillway.key(name, "k", "sk-live-0123456789").await;
    }
    let answer = ask(&spillway).await;
    assert_eq!((answer.status, answer.header("x-spillway-provider")), (200, Some("second")));
    let shown = provider(&spillway, "first").await;
    assert_eq!((&shown["status"], &shown["reason"]), (&json!("abnormal"), &json!("auth")), "{shown}");
    assert_eq!(shown["served_by"], json!({"provider": "second", "model": "second-1"}));
    assert_eq!(provider(&spillway, "second").await["status"], "enabled");

    // Put right at the vendor's, and said so: at once, also for a key that was enabled already.
    bad.script(Script::good());
    let enabled = spillway.form("PATCH", "/providers/first/credentials/k", &["enabled=true"]).await;
    assert_eq!(enabled.json()["state"], "normal", "{}", enabled.text());
    let shown = provider(&spillway, "first").await;
    assert_eq!((&shown["status"], &shown["served_by"]), (&json!("enabled"), &Value::Null));
    assert_eq!(ask(&spillway).await.header("x-spillway-provider"), Some("first"));
}

#[tokio::test]
async fn the_exclusion_that_was_lifted_is_not_back_after_a_kill() {
    let bad = scripted("bad", Script::always([Step::error(ErrorClass::Quota)])).await;
    let mut spillway = Spillway::start();
    spillway.provider("p", &bad).await;
    spillway.key("p", "k", "sk-live-0123456789").await;
    assert_eq!(ask(&spillway).await.status, 429);
    let state =
        async |spillway: &Spillway| spillway.admin("GET", "/credentials/k").await.json()["state"].clone();
    assert_eq!(state(&spillway).await, "exceeded");
    let lifted = spillway.form("PATCH", "/credentials/k", &["enabled=true"]).await;
    assert_eq!(lifted.json()["state"], "normal", "{}", lifted.text());
    spillway.kill();
    spillway.start_again();
    assert_eq!(state(&spillway).await, "normal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_reorders_under_load_lose_no_request_and_each_is_obeyed_by_the_next() {
    const REORDERS: usize = 200;
    let (one, two) = (vendor("one").await, vendor("two").await);
    let spillway = Arc::new(Spillway::start());
    for (name, at) in [("one", &one), ("two", &two)] {
        spillway.provider(name, at).await;
        spillway.key(name, "k", "sk-live-0123456789").await;
    }
    let (ended, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (spillway, ended, served) = (Arc::clone(&spillway), Arc::clone(&ended), Arc::clone(&served));
            tokio::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    let answer = ask(&spillway).await;
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    assert_eq!(answer.header("x-spillway-attempts"), Some("1"));
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    until("load is there", async || served.load(Ordering::Relaxed) > 20).await;
    for turn in 0..REORDERS {
        let (first, other) = if turn % 2 == 0 { ("two", "one") } else { ("one", "two") };
        let answer = order(&spillway, &[first, other]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let marked =
            json!({"model": "default", "messages": [{"role": "user", "content": format!("after {turn}.")}]});
        let answer = spillway.post("/v1/chat/completions", &marked).await;
        assert_eq!((answer.status, answer.header("x-spillway-provider")), (200, Some(first)), "{turn}");
    }
    ended.store(true, Ordering::Relaxed);
    for task in load {
        task.await.expect("no request of the load failed");
    }
    // The vendors' own logs say the same.
    for (parity, vendor) in [(0, &two), (1, &one)] {
        let log = vendor.log();
        for turn in (parity..REORDERS).step_by(2) {
            let mark = format!("after {turn}.");
            let seen = log.iter().filter(|it| String::from_utf8_lossy(&it.body).contains(&mark)).count();
            assert_eq!(seen, 1, "{mark}");
        }
    }
    assert!(calls(&one) + calls(&two) > REORDERS);
}

#[tokio::test]
async fn a_rank_that_is_patched_acts_on_the_next_request() {
    let (one, two) = (vendor("one").await, vendor("two").await);
    let spillway = Spillway::start();
    spillway.provider("one", &one).await;
    spillway.provider("two", &two).await;
    for (name, first) in [("two", "two"), ("one", "one"), ("two", "two")] {
        assert_eq!(spillway.form("PATCH", &format!("/providers/{name}"), &["rank=1"]).await.status, 200);
        assert_eq!(ask(&spillway).await.header("x-spillway-provider"), Some(first));
    }
    let stale = [("content-type", "application/json"), ("if-match", "\"1\"")];
    let body = json!({"providers": ["one", "two"]}).to_string();
    let answer =
        simulator::client::request(spillway.admin, "PUT", "/providers/order", &stale, body.as_bytes()).await;
    assert_eq!(answer.unwrap().status, 412);
    let used = spillway.admin("DELETE", "/providers/two").await;
    assert_eq!(used.status, 204, "nobody uses it: {}", used.text());
    assert_eq!(provider(&spillway, "one").await["rank"], 1, "the gap is closed");
}

#[tokio::test]
async fn a_url_that_was_copied_with_its_endpoint_is_told_where_to_end() {
    let spillway = Spillway::start();
    for (kind, url, end) in [
        ("openai", "https://api.openai.com/v1/chat/completions", "/chat/completions"),
        ("anthropic", "https://api.anthropic.com/v1/messages", "/messages"),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/models/x:generateContent",
            "/models/x:generateContent",
        ),
        ("bedrock", "https://bedrock-runtime.eu-central-1.amazonaws.com/model/m/converse", "/converse"),
    ] {
        let body = json!({"name": "p", "kind": kind, "endpoints": [{"url": url}]});
        let answer = spillway.json("POST", "/providers", &body).await;
        assert_eq!(answer.status, 400, "{url}: {}", answer.text());
        let why = answer.json()["fields"]["endpoints"]["1"]["url"].clone();
        assert!(why.as_str().is_some_and(|it| it.contains(&format!("before {end},"))), "{url}: {why}");
    }
}

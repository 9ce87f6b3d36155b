//! What an operator may ask of a vendor through the Admin API: whether a key is taken, and which models there are.

use std::collections::HashSet;

use serde_json::{Value, json};
use simulator::{
    Credential, ErrorClass, Rule, Script, Step, Vendor, VendorConfig, client::Response, script::BytesAnswer,
};

use crate::support::{Spillway, chat, scripted, vendor};

const KEY: &str = "sk-live-0123456789";

/// A provider `p` with the credential `k`.
async fn with(vendor: &Vendor) -> Spillway {
    let spillway = Spillway::start();
    spillway.provider("p", vendor).await;
    spillway.key("p", "k", KEY).await;
    spillway
}

async fn test(spillway: &Spillway) -> Value {
    let answer = spillway.admin("POST", "/providers/p/credentials/k/test").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn ask(spillway: &Spillway) -> u16 {
    let mut body = chat(false);
    body["model"] = "default".into();
    spillway.post("/v1/chat/completions", &body).await.status
}

async fn discover(spillway: &Spillway, query: &str) -> Response {
    spillway.admin("POST", &format!("/providers/p/models/discover{query}")).await
}

/// An answer with that body, whatever is asked.
fn page(body: &Value) -> Step {
    let body = body.to_string();
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    Step::Bytes(BytesAnswer { text, ..BytesAnswer::default() })
}

#[tokio::test]
async fn a_test_makes_one_real_call_with_the_very_key_and_says_what_came_back() {
    let one = vendor("one").await;
    let spillway = with(&one).await;
    spillway.key("p", "other", "sk-other-0123456789").await;
    let told = test(&spillway).await;
    assert_eq!(
        (&told["ok"], &told["status"], &told["outcome"]),
        (&json!(true), &json!(200), &json!("success"))
    );
    assert!(told["latency_ms"].as_f64().is_some_and(|it| it > 0.0), "{told}");
    assert_eq!(told["url"], format!("http://{}/v1/models", one.addr()));
    let log = one.log();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].method.as_str(), log[0].path.as_str()), ("GET", "/v1/models"));
    assert_eq!(log[0].credential, Some(Credential::from(KEY)));
    assert_eq!(spillway.admin("POST", "/providers/p/credentials/none/test").await.status, 404);
    assert_eq!(spillway.admin("GET", "/providers/p/credentials/k/test").await.status, 405);
    assert_eq!(spillway.metric("spillway_attempts_total", &[]).await, 0.0, "it is no request");
}

#[tokio::test]
async fn every_way_in_which_a_key_fails_has_its_name_and_none_changes_its_standing() {
    let one = vendor("one").await;
    let spillway = with(&one).await;
    for (class, outcome) in [
        (ErrorClass::Auth, "auth"),
        (ErrorClass::Quota, "quota"),
        (ErrorClass::RateLimit, "rate_limit"),
        (ErrorClass::Server, "server_error"),
        (ErrorClass::NotFound, "inconclusive"),
    ] {
        one.script(Script::always([Step::error(class)]));
        let told = test(&spillway).await;
        assert_eq!((&told["ok"], &told["outcome"]), (&json!(false), &json!(outcome)), "{told}");
        assert!(told["message"].is_string(), "{told}");
        let key = spillway.admin("GET", "/credentials/k").await.json();
        assert_eq!((&key["state"], &key["model_states"]), (&json!("normal"), &json!([])), "{outcome}");
    }
    one.script(Script::always([Step::Rst]));
    assert_eq!(test(&spillway).await["outcome"], "connect");
    one.script(Script::good());
    assert_eq!(ask(&spillway).await, 200, "the key is where it was");
    let unset = json!({"secret": "env:NOT_SET_IN_THE_TEST"});
    assert_eq!(spillway.json("PATCH", "/credentials/k", &unset).await.status, 200);
    let told = test(&spillway).await;
    assert!(
        told["message"].as_str().is_some_and(|it| it.contains("NOT_SET_IN_THE_TEST is not set")),
        "{told}"
    );
    assert_eq!(told["status"], Value::Null);
}

#[tokio::test]
async fn a_vendor_that_quotes_the_key_is_not_quoted() {
    let quote = format!("{{\"error\":{{\"message\":\"no such key: {KEY}, nor {KEY}x\"}}}}");
    let text = format!("HTTP/1.1 401 No\r\ncontent-length: {}\r\n\r\n{quote}", quote.len());
    let one =
        scripted("one", Script::always([Step::Bytes(BytesAnswer { text, ..BytesAnswer::default() })])).await;
    let spillway = with(&one).await;
    let told = test(&spillway).await;
    assert_eq!(told["outcome"], "auth");
    assert!(told["message"].as_str().is_some_and(|it| it.contains("no such key")), "{told}");
    assert!(!told.to_string().contains(KEY), "{told}");
    assert!(!discover(&spillway, "").await.text().contains(KEY));
    assert!(!spillway.log().contains(KEY));
}

#[tokio::test]
async fn a_key_that_is_accepted_is_rejected_no_more() {
    let one = vendor("one").await;
    one.script(vec![Rule::always([Step::error(ErrorClass::Auth)]).times(1)]);
    let spillway = with(&one).await;
    assert_ne!(ask(&spillway).await, 200);
    let state = async || spillway.admin("GET", "/credentials/k").await.json()["state"].clone();
    assert_eq!(state().await, "error");
    assert_eq!(test(&spillway).await["ok"], true);
    assert_eq!(state().await, "normal");
    assert_eq!(ask(&spillway).await, 200);
    // A free call says nothing of a quota.
    one.script(vec![Rule::always([Step::error(ErrorClass::Quota)]).times(1)]);
    assert_eq!(ask(&spillway).await, 429);
    assert_eq!(state().await, "exceeded");
    assert_eq!(test(&spillway).await["ok"], true);
    assert_eq!(state().await, "exceeded");
}

#[tokio::test]
async fn discovery_adds_what_the_vendor_has_and_keeps_what_was_written() {
    let models = ["small", "large", "embed"].map(str::to_owned).to_vec();
    let keys = HashSet::from([Credential::from(KEY)]);
    let one = Vendor::start(VendorConfig { models, keys, ..VendorConfig::named("one") }).await.unwrap();
    let spillway = with(&one).await;
    let written = json!({"models": [{"id": "large", "context_window": 1000}, "mine"]});
    assert_eq!(spillway.json("PATCH", "/providers/p", &written).await.status, 200);
    let catalogue = async || {
        let answer = spillway.admin("GET", "/providers/p/models").await.json();
        let rows = answer["data"].as_array().unwrap().clone();
        rows.iter().map(|it| json!([it["id"], it["context_window"], it["default"]])).collect::<Vec<_>>()
    };
    assert_eq!(json!(catalogue().await), json!([["large", 1000, true], ["mine", null, false]]));

    let stale = [("if-match", "\"0-stale\"")];
    let path = "/providers/p/models/discover";
    let refused = simulator::client::request(spillway.admin, "POST", path, &stale, b"").await.unwrap();
    assert_eq!(refused.status, 412, "{}", refused.text());
    assert_eq!(catalogue().await.len(), 2, "nothing is stored");

    let dry = discover(&spillway, "?dry_run=true").await.json();
    assert_eq!((&dry["stored"], &dry["missing"]), (&json!(false), &json!(["mine"])), "{dry}");
    let mut added: Vec<&str> = dry["added"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    added.sort_unstable();
    assert_eq!(added, ["embed", "small"]);
    assert_eq!(catalogue().await.len(), 2, "nothing is stored");

    let told = discover(&spillway, "").await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(told.json()["stored"], true);
    let stored = catalogue().await;
    assert_eq!(stored.len(), 4);
    assert_eq!(json!(stored[0]), json!(["large", 1000, true]), "as it was written, and still the default");
    let again = discover(&spillway, "").await.json();
    assert_eq!(again["added"], json!([]));
    assert_eq!(discover(&spillway, "?dry_run=perhaps").await.status, 400);

    // Clients may name them now.
    let mut body = chat(false);
    body["model"] = "small".into();
    assert_eq!(spillway.post("/v1/chat/completions", &body).await.header("x-spillway-model"), Some("small"));
    let first = spillway.admin("GET", "/providers/p/models?size=3").await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 3);
    let rest = spillway.admin("GET", first["next"].as_str().unwrap()).await.json();
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert_eq!(spillway.admin("GET", "/providers/p/models?offset=nothing").await.status, 400);
}

#[tokio::test]
async fn discovery_follows_pages_and_leaves_out_what_is_no_model() {
    let first =
        json!({"data": [{"id": "a"}, {"id": "b"}, {"id": 7}, {"id": "b"}], "has_more": true, "last_id": "b"});
    let last = json!({"data": [{"id": "c"}, {"id": "x".repeat(300)}], "has_more": false, "last_id": "c"});
    let one = vendor("one").await;
    one.script(vec![Rule::always([page(&first)]).times(1), Rule::always([page(&last)])]);
    let spillway = Spillway::start();
    let body = json!({"name": "p", "kind": "anthropic", "endpoints": [{"url": one.base_url()}]});
    assert_eq!(spillway.json("POST", "/providers", &body).await.status, 201);
    spillway.key("p", "k", KEY).await;
    let before = spillway.admin("GET", "/providers/p/models").await.json()["data"].clone();
    assert_eq!(before.as_array().unwrap().len(), 1, "only the kind's default is known: {before}");
    let told = discover(&spillway, "").await.json();
    assert_eq!(told["added"], json!(["a", "b", "c"]), "{told}");
    assert!(told["warnings"][0].as_str().unwrap().contains("is not among them"), "{told}");
    let shown = spillway.admin("GET", "/providers/p").await.json();
    assert_eq!(shown["default_model"], before[0]["id"], "a list does not make another model the default");
    let log = one.log();
    assert_eq!(log[0].query.as_deref(), Some("limit=1000"));
    assert_eq!(log[1].query.as_deref(), Some("limit=1000&after_id=b"));
    assert!(
        log.iter().all(|it| it.header("x-api-key").is_some() && it.header("anthropic-version").is_some())
    );
}

#[tokio::test]
async fn a_discovery_that_fails_says_why_and_stores_nothing() {
    let one = vendor("one").await;
    let spillway = with(&one).await;
    for (step, said) in [
        (Step::error(ErrorClass::Auth), "auth (401)"),
        (Step::error(ErrorClass::Server), "server_error (500)"),
        (page(&json!({"data": "none"})), "no list of models"),
        (Step::Garbage, "connect"),
    ] {
        one.script(Script::always([step]));
        let told = discover(&spillway, "").await;
        assert_eq!(told.status, 502, "{}", told.text());
        assert!(told.text().contains(said), "{said}: {}", told.text());
    }
    // A vendor whose pages never end.
    let endless = json!({"data": [{"id": "a"}], "has_more": true, "last_id": "a"});
    one.script(Script::always([page(&endless)]));
    assert_eq!(spillway.form("PATCH", "/providers/p", &["kind=anthropic"]).await.status, 200);
    one.clear_log();
    let told = discover(&spillway, "?dry_run=true").await;
    assert_eq!((told.status, told.json()["added"].clone()), (200, json!(["a"])));
    assert_eq!(one.log().len(), 16, "and no more");
    assert_eq!(spillway.admin("POST", "/providers/none/models/discover").await.status, 404);
}

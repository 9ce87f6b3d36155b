//! Seed document `001_…`: load balancing of a model, sentence by sentence. ("Paid feature" and the screenshots do not
//! apply: everybody has it, and the dashboard shows what is asserted here of the API.)

use serde_json::{Value, json};
use simulator::{ErrorClass, Rule};

use crate::support::{LOAD_BALANCING, Spillway, borne, says, vendor};

const KEYS: [&str; 3] = ["a", "b", "c"];

async fn shown(spillway: &Spillway, path: &str) -> Value {
    let answer = spillway.admin("GET", path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn load_balancing_can_distribute_api_requests_ensuring_all_users_receive_the_highest_throughput() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &KEYS).await;
    spillway.pool(&["b", "c"]).await;
    for n in 0..9 {
        assert_eq!(spillway.ask(n % 2 == 0).await.status, 200);
    }
    let calls = borne(&one, &KEYS);
    assert_eq!(KEYS.map(|key| calls.iter().filter(|it| *it == key).count()), [3, 3, 3], "{calls:?}");
}

#[tokio::test]
async fn the_default_api_key_is_the_credential_added_when_initially_configuring_the_model_provider() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &KEYS).await;
    let view = shown(&spillway, LOAD_BALANCING).await;
    assert_eq!(view["enabled"], false);
    assert_eq!(view["entries"][0]["name"], "Default Config");
    assert_eq!(view["entries"][0]["credential"], Value::Null);
    assert_eq!(shown(&spillway, "/providers/p").await["default_credential"]["name"], "a");
    assert_eq!(spillway.ask(false).await.header("x-spillway-credential"), Some("a"));
}

#[tokio::test]
async fn at_least_one_additional_model_credential_must_be_added_to_save_and_enable() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &KEYS).await;
    for entries in [
        json!([{"credential": null}]),
        json!([{"credential": null}, {"credential": null}]),
        json!([{"credential": null}, {"credential": "a"}]),
        json!([{"credential": null}, {"credential": "b", "enabled": false}]),
        json!([{"credential": "b"}, {"credential": "b"}]),
    ] {
        let answer = spillway.balance(&json!({"enabled": true, "entries": entries})).await;
        assert_eq!(answer.status, 422, "{entries}: {}", answer.text());
        assert!(answer.text().contains("at least 2 distinct enabled credentials"), "{}", answer.text());
    }
    assert_eq!(shown(&spillway, LOAD_BALANCING).await["enabled"], false);
    spillway.pool(&["b"]).await;
    assert_eq!(shown(&spillway, LOAD_BALANCING).await["enabled"], true);
}

#[tokio::test]
async fn you_can_also_temporarily_disable_or_delete_configured_credentials() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &KEYS).await;
    spillway.pool(&["b", "c"]).await;
    let disabled = json!({"entries": [{"credential": null}, {"credential": "b", "enabled": false}, {"credential": "c"}]});
    assert_eq!(spillway.balance(&disabled).await.status, 200);
    assert_eq!(spillway.entry("b").await["state"], "disabled");
    for _ in 0..6 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    assert!(!borne(&one, &KEYS).contains(&"b".to_owned()), "{:?}", borne(&one, &KEYS));
    let deleted = json!({"entries": [{"credential": null}, {"credential": "c"}]});
    let view = spillway.balance(&deleted).await.json();
    let names: Vec<&Value> = view["entries"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["Default Config", "c"]);
    assert_eq!(view["enabled"], true);
}

#[tokio::test]
async fn once_configured_all_models_with_load_balancing_enabled_will_be_displayed_in_the_model_list() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &KEYS).await;
    let models = json!({"models": ["p-1", "p-2"]});
    assert_eq!(spillway.json("PATCH", "/providers/p", &models).await.status, 200);
    spillway.pool(&["b", "c"]).await;
    one.script(vec![Rule::always([says(ErrorClass::RateLimit)]).for_credential("sk-b")]);
    for _ in 0..3 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    let list = shown(&spillway, "/providers/p/models").await;
    let row = |id: &str| list["data"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone();
    assert_eq!(row("p-1")["load_balancing_enabled"], true);
    assert_eq!(row("p-1")["available"], json!({"count": 2, "of": 3, "text": "2/3 available"}));
    assert_eq!(row("p-2")["load_balancing_enabled"], false);
    assert_eq!(row("p-2")["available"]["text"], "3/3 available", "the limit is the other model's");
}

#[tokio::test]
async fn by_default_load_balancing_uses_round_robin_and_a_rate_limit_brings_a_one_minute_cooldown() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &KEYS).await;
    spillway.pool(&["b", "c"]).await;
    for _ in 0..6 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    assert_eq!(borne(&one, &KEYS), ["a", "b", "c", "a", "b", "c"]);
    assert_eq!(shown(&spillway, "/upstreams/p%2Fp-1").await["algorithm"], "round-robin");
    one.script(vec![Rule::always([says(ErrorClass::RateLimit)]).for_credential("sk-b")]);
    for _ in 0..20 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    let entry = spillway.entry("b").await;
    assert_eq!((&entry["state"], &entry["cause"]), (&json!("cooling"), &json!("rate_limit")), "{entry}");
    let ttl = entry["ttl"].as_f64().unwrap();
    assert!((20.0..=60.0).contains(&ttl), "{entry}");
    assert!(entry["until"].is_string(), "{entry}");
    let after = borne(&one, &KEYS)[6..].iter().filter(|it| *it == "b").count();
    assert_eq!(after, 1, "it is asked once, and then left alone");
}

#[tokio::test]
async fn you_can_also_configure_load_balancing_from_add_model_following_the_same_process() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &KEYS).await;
    let path = "/providers/p/models/org%2Fnew-model/load-balancing";
    let body = json!({"enabled": true, "entries": [{"credential": null}, {"credential": "b"}]});
    let early = spillway.json("PUT", path, &body).await;
    assert_eq!(early.status, 400, "{}", early.text());
    assert!(early.text().contains("add it to the provider's models first"), "{}", early.text());
    let models = json!({"models": ["p-1", "org/new-model"]});
    assert_eq!(spillway.json("PATCH", "/providers/p", &models).await.status, 200);
    let answer = spillway.json("PUT", path, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(shown(&spillway, path).await["model"], "org/new-model");
    for model in ["org/new-model", "p/org/new-model"] {
        let mut chat = crate::support::chat(false);
        chat["model"] = model.into();
        for _ in 0..2 {
            let answer = spillway.post("/v1/chat/completions", &chat).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("x-spillway-upstream"), Some("p/org/new-model"));
        }
    }
    assert_eq!(borne(&one, &KEYS), ["a", "b", "a", "b"]);
}

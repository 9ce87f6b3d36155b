//! What a key opens: one environment, certain routes, certain models; and what goes by the consumer.

use serde_json::{Value, json};
use simulator::client::{self, Response};

use super::{ask, chat_with, gateway, make_key, refused};
use crate::support::{Launch, Spillway, calls, chat, until, vendor};

async fn post(spillway: &Spillway, path: &str, key: &str, model: &str) -> Response {
    let mut body = chat(false);
    body["model"] = model.into();
    ask(spillway, path, &[("x-api-key", key)], &body).await
}

/// Makes a route; `upstream` or `upstreams` is in `fields`.
async fn route(spillway: &Spillway, name: &str, fields: Value) {
    let mut body = json!({ "name": name });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let made = spillway.json("POST", "/routes", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
}

#[tokio::test]
async fn the_environment_of_a_request_is_its_keys() {
    let spillway = Spillway::start();
    let (live, trial) = (vendor("live").await, vendor("trial").await);
    for (name, vendor) in [("live", &live), ("trial", &trial)] {
        spillway.upstream(name, &[]).await;
        spillway.target(name, vendor, &[]).await;
    }
    let both = json!({"production": "live", "sandbox": "trial"});
    route(&spillway, "chat", json!({"paths": ["/api"], "upstreams": both})).await;
    route(&spillway, "only", json!({"paths": ["/only"], "upstreams": {"production": "live"}})).await;
    let production = make_key(&spillway, "production", json!({})).await;
    let sandbox = make_key(&spillway, "sandbox", json!({"environment": "sandbox"})).await;

    let api = "/api/v1/chat/completions";
    assert_eq!(post(&spillway, api, &production, "m").await.status, 200);
    assert_eq!((calls(&live), calls(&trial)), (1, 0));
    assert_eq!(post(&spillway, api, &sandbox, "m").await.status, 200);
    assert_eq!((calls(&live), calls(&trial)), (1, 1), "a sandbox key never reaches a production target");
    assert_eq!(post(&spillway, "/only/v1/chat/completions", &production, "m").await.status, 200);
    let wrong = post(&spillway, "/only/v1/chat/completions", &sandbox, "m").await;
    refused(&wrong, 403, "environment_mismatch");

    // The header is for requests without a key; beside one it may repeat the key's environment and not contradict it.
    let with = async |environment: &str| {
        let headers = [("x-api-key", &*sandbox), ("x-spillway-environment", environment)];
        ask(&spillway, api, &headers, &chat(false)).await
    };
    assert_eq!(with("sandbox").await.status, 200);
    refused(&with("production").await, 403, "environment_mismatch");
    refused(&with("staging").await, 400, "invalid_request");
    assert_eq!((calls(&live), calls(&trial)), (2, 2));
}

#[tokio::test]
async fn a_key_for_certain_models_may_ask_for_those_and_is_told_which() {
    let (spillway, one) = gateway().await;
    route(&spillway, "quick", json!({"paths": ["/v1"], "models": ["fast"], "upstream": "ai"})).await;
    spillway
        .json("PATCH", &format!("/upstreams/ai/targets/{}", one.addr()), &json!({"model": "gpt-x"}))
        .await;
    let key = make_key(&spillway, "web", json!({"models": ["fast", "ai"]})).await;
    // An alias, and an upstream's name, are models as clients write them.
    for model in ["fast", "ai"] {
        let answer = post(&spillway, "/v1/chat/completions", &key, model).await;
        assert_eq!((answer.status, answer.header("x-spillway-model")), (200, Some("gpt-x")), "{model}");
    }
    assert_eq!(post(&spillway, "/ai/v1/chat/completions", &key, "fast").await.status, 200);
    let before = calls(&one);
    for path in ["/v1/chat/completions", "/ai/v1/chat/completions"] {
        for model in ["gpt-x", "no-such-model", "FAST", "fast ", ""] {
            let answer = post(&spillway, path, &key, model).await;
            refused(&answer, 403, "permission_denied");
            assert!(answer.text().contains("ai, fast"), "{}", answer.text());
        }
    }
    // What names no model, or where nobody has looked for one, is for no model of the key's.
    for (path, content_type, body) in [
        ("/ai/v1/chat/completions", "application/json", r#"{"messages": []}"#),
        ("/ai/v1/chat/completions", "text/plain", r#"{"model": "fast"}"#),
        ("/ai/v1/files", "application/json", r#"{"purpose": "x"}"#),
    ] {
        let headers = [("x-api-key", &*key), ("content-type", content_type)];
        let answer = client::request(spillway.proxy, "POST", path, &headers, body.as_bytes()).await.unwrap();
        refused(&answer, 403, "permission_denied");
    }
    // Google's path says which model is asked, whatever the body says; and Google's callers are told so in its words.
    let path = "/ai/v1beta/models/large:generateContent";
    let headers = [("x-api-key", &*key), ("content-type", "application/json")];
    let body = br#"{"model": "fast"}"#;
    let answer = client::request(spillway.proxy, "POST", path, &headers, body).await.unwrap();
    let status = answer.json()["error"]["status"].clone();
    assert_eq!((answer.status, status), (403, json!("PERMISSION_DENIED")), "{}", answer.text());
    assert_eq!(calls(&one), before);
    // With `default` it may leave the choice to the gateway, and still nothing may hide a model from it.
    let key = make_key(&spillway, "any", json!({"models": ["default"]})).await;
    let send = async |content_type: &str, body: &str| {
        let headers = [("x-api-key", &*key), ("content-type", content_type)];
        let path = "/ai/v1/chat/completions";
        client::request(spillway.proxy, "POST", path, &headers, body.as_bytes()).await.unwrap()
    };
    assert_eq!(send("application/json", r#"{"messages": []}"#).await.status, 200);
    refused(&send("text/plain", r#"{"model": "gpt-x"}"#).await, 403, "permission_denied");
}

#[tokio::test]
async fn a_key_for_certain_routes_opens_nothing_else() {
    let (spillway, one) = gateway().await;
    route(&spillway, "first", json!({"paths": ["/first"], "upstream": "ai"})).await;
    route(&spillway, "second", json!({"paths": ["/second"], "upstream": "ai"})).await;
    let key = make_key(&spillway, "web", json!({"routes": ["first"]})).await;
    assert_eq!(post(&spillway, "/first/v1/chat/completions", &key, "m").await.status, 200);
    let other = post(&spillway, "/second/v1/chat/completions", &key, "m").await;
    refused(&other, 403, "permission_denied");
    assert!(other.text().contains("'second'"), "{}", other.text());
    refused(&post(&spillway, "/ai/v1/chat/completions", &key, "m").await, 403, "permission_denied");
    assert_eq!(calls(&one), 1);
    let none = make_key(&spillway, "none", json!({"routes": []})).await;
    refused(&post(&spillway, "/first/v1/chat/completions", &none, "m").await, 403, "permission_denied");
    let used = spillway.admin("DELETE", "/routes/first").await;
    assert_eq!(used.status, 409, "a key for this route alone must not become one for every route");
    assert!(used.text().contains("client_key web"), "{}", used.text());
}

#[tokio::test]
async fn the_list_of_models_is_what_the_caller_may_use() {
    let (spillway, _one) = gateway().await;
    spillway.upstream("named", &[]).await;
    let other = vendor("other").await;
    spillway.target("named", &other, &["model=m"]).await;
    route(&spillway, "quick", json!({"paths": ["/v1"], "models": ["fast"], "upstream": "named"})).await;
    route(
        &spillway,
        "tried",
        json!({"paths": ["/v1"], "models": ["new"], "upstreams": {"sandbox": "named"}}),
    )
    .await;
    let listed = async |key: &str| -> Vec<String> {
        let mut lists = Vec::new();
        for version in [&[][..], &[("anthropic-version", "2023-06-01")]] {
            let headers: Vec<(&str, &str)> = [("x-api-key", key)].iter().chain(version).copied().collect();
            let answer = client::request(spillway.proxy, "GET", "/v1/models", &headers, b"").await.unwrap();
            let data = answer.json()["data"].as_array().unwrap().clone();
            lists.push(data.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
        }
        assert_eq!(lists[0], lists[1], "in either dialect");
        for id in &lists[0] {
            let read = [("x-api-key", key)];
            let path = format!("/v1/models/{id}");
            assert_eq!(client::request(spillway.proxy, "GET", &path, &read, b"").await.unwrap().status, 200);
        }
        lists.swap_remove(0)
    };
    let all = make_key(&spillway, "all", json!({"environment": "sandbox"})).await;
    assert_eq!(listed(&all).await, ["fast", "named", "new"]);
    let production = make_key(&spillway, "production", json!({})).await;
    assert_eq!(listed(&production).await, ["fast", "named"]);
    let fast = make_key(&spillway, "fast", json!({"models": ["fast", "none-such"]})).await;
    assert_eq!(listed(&fast).await, ["fast"]);
    let by_route = make_key(&spillway, "route", json!({"routes": ["quick"]})).await;
    assert_eq!(listed(&by_route).await, ["fast"]);
    let hidden = [("x-api-key", &*fast)];
    let answer = client::request(spillway.proxy, "GET", "/v1/models/named", &hidden, b"").await.unwrap();
    refused(&answer, 404, "model_not_found");
    let unknown = post(&spillway, "/v1/chat/completions", &fast, "none-such").await;
    refused(&unknown, 404, "model_not_found");
    assert!(!unknown.text().contains("named"), "nobody is told of what he may not use: {}", unknown.text());
}

#[tokio::test]
async fn failover_to_another_model_is_the_operators_choice_and_not_the_callers() {
    let (good, bad) = (vendor("good").await, vendor("bad").await);
    bad.refuse(true).await.unwrap();
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &bad, &["model=small"]).await;
    spillway.target("ai", &good, &["model=large", "backup=true"]).await;
    let key = make_key(&spillway, "web", json!({"models": ["ai"]})).await;
    let answer = post(&spillway, "/v1/chat/completions", &key, "ai").await;
    assert_eq!((answer.status, answer.header("x-spillway-model")), (200, Some("large")), "{}", answer.text());
    refused(&post(&spillway, "/v1/chat/completions", &key, "large").await, 403, "permission_denied");
}

#[tokio::test]
async fn hash_on_consumer_goes_by_the_consumer_whichever_of_its_keys_is_sent() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &["hash_on=consumer"]).await;
    for name in ["a", "b", "c", "d"] {
        // Dropped vendors would be failed over from.
        let vendor = Box::leak(Box::new(vendor(name).await));
        spillway.target("ai", vendor, &[]).await;
    }
    let mut seen = std::collections::HashSet::new();
    for consumer in 0..12 {
        let name = format!("consumer-{consumer}");
        assert_eq!(spillway.json("POST", "/consumers", &json!({ "name": name })).await.status, 201);
        let mut targets = std::collections::HashSet::new();
        for key in ["one", "two", "three"] {
            let made =
                spillway.json("POST", &format!("/consumers/{name}/keys"), &json!({ "name": key })).await;
            let key = made.json()["key"].as_str().unwrap().to_owned();
            for _ in 0..2 {
                let answer = chat_with(&spillway, &key).await;
                assert_eq!(answer.status, 200);
                targets.insert(answer.header("x-spillway-target").unwrap().to_owned());
            }
        }
        assert_eq!(targets.len(), 1, "one consumer, one target");
        seen.extend(targets);
    }
    assert!(seen.len() > 1, "and not one for all");
}

#[tokio::test]
async fn the_log_names_the_key_and_its_consumer() {
    let (spillway, _one) = gateway().await;
    let key = make_key(&spillway, "web", json!({})).await;
    assert_eq!(chat_with(&spillway, &key).await.status, 200);
    assert_eq!(chat_with(&spillway, "sw-wrong").await.status, 401);
    let lines = || -> Vec<Value> {
        let log = spillway.log();
        let parsed = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        parsed.filter(|it| it["target"] == "access").map(|it| it["fields"].clone()).collect()
    };
    until("both requests are in the log", || async { lines().len() == 2 }).await;
    let lines = lines();
    assert_eq!((&lines[0]["client_key"], &lines[0]["consumer"]), (&json!("web"), &json!("shop")));
    assert_eq!((&lines[1]["status"], lines[1].get("client_key")), (&json!(401), None));
}

#[tokio::test]
async fn a_host_that_wants_a_credential_of_its_own_gets_that_instead() {
    let one = vendor("one").await;
    let spillway = Launch::default().env("OPENAI_API_KEY", "sk-operator").start();
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &["credential=openai/env"]).await;
    let key = make_key(&spillway, "web", json!({})).await;
    assert_eq!(chat_with(&spillway, &key).await.status, 200);
    assert_eq!(one.log()[0].credential, Some("sk-operator".into()));
}

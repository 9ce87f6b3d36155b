//! How a request finds its upstream: by route, by path, by the model's name, by the providers, by default; and what the
//! vendor is then asked for.

use serde_json::{Value, json};
use simulator::{
    ErrorClass, Rule, Script, Step, Vendor,
    client::{self, Response},
};

use crate::support::{Launch, Spillway, calls, scripted, vendor};

mod providers;

/// A route; `fields` as JSON.
async fn route(spillway: &Spillway, fields: Value) {
    let answer = spillway.json("POST", "/routes", &fields).await;
    assert_eq!(answer.status, 201, "{fields}: {}", answer.text());
}

/// An upstream with one vendor.
async fn pool(spillway: &Spillway, name: &str, fields: &[&str]) -> Vendor {
    let vendor = vendor(name).await;
    spillway.upstream(name, &[]).await;
    spillway.target(name, &vendor, fields).await;
    vendor
}

/// A chat for a model, with headers of its own.
async fn ask(spillway: &Spillway, path: &str, model: &str, headers: &[(&str, &str)]) -> Response {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    client::post_json(spillway.proxy, path, headers, &body.to_string()).await.expect("the proxy answers")
}

/// The upstream that served it.
fn served(answer: &Response) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("x-spillway-upstream").unwrap_or_default()
}

fn code(answer: &Response) -> (u16, Value) {
    (answer.status, answer.json()["error"]["code"].clone())
}

#[tokio::test]
async fn the_first_rule_that_matches_wins() {
    let spillway = Spillway::start();
    let _route = pool(&spillway, "by-route", &[]).await;
    let _path = pool(&spillway, "by-path", &[]).await;
    let _model = pool(&spillway, "by-model", &["model=gpt-x"]).await;
    let everywhere = "/v1/chat/completions";
    assert_eq!(served(&ask(&spillway, "/by-path/v1/chat/completions", "by-model", &[]).await), "by-path");
    assert_eq!(served(&ask(&spillway, everywhere, "by-model", &[]).await), "by-model");
    route(&spillway, json!({"name": "alias", "models": ["by-model"], "upstream": "by-route"})).await;
    let aliased = ask(&spillway, everywhere, "by-model", &[]).await;
    assert_eq!(code(&aliased).0, 400, "a raw host has no default model: {}", aliased.text());
    assert_eq!(spillway.admin("DELETE", "/routes/alias").await.status, 204);
    route(&spillway, json!({"name": "all", "paths": ["/"], "upstream": "by-route"})).await;
    assert_eq!(served(&ask(&spillway, everywhere, "by-model", &[]).await), "by-route");
    assert_eq!(served(&ask(&spillway, "/by-path/v1/chat/completions", "m", &[]).await), "by-route");
    spillway.json("PATCH", "/routes/all", &json!({"enabled": false})).await;
    assert_eq!(served(&ask(&spillway, everywhere, "by-model", &[]).await), "by-model");
}

#[tokio::test]
async fn prefixes_end_at_segments_and_the_longest_wins() {
    let spillway = Spillway::start();
    let _short = pool(&spillway, "short", &[]).await;
    let _long = pool(&spillway, "long", &[]).await;
    route(&spillway, json!({"name": "s", "paths": ["/team"], "upstream": "short"})).await;
    route(&spillway, json!({"name": "l", "paths": ["/team/red"], "upstream": "long"})).await;
    for (path, wanted) in [
        ("/team/v1/chat/completions", "short"),
        ("/team/red/v1/chat/completions", "long"),
        ("/team/redder/v1/chat/completions", "short"),
    ] {
        assert_eq!(served(&ask(&spillway, path, "m", &[]).await), wanted, "{path}");
    }
    let answer = ask(&spillway, "/teams/v1/chat/completions", "m", &[]).await;
    assert_eq!(answer.status, 404, "a prefix ends at a segment's border: {}", answer.text());
}

#[tokio::test]
async fn a_tilde_begins_a_regular_expression() {
    let spillway = Spillway::start();
    let vendor = pool(&spillway, "numbered", &[]).await;
    route(&spillway, json!({"name": "r", "paths": ["~/team-[0-9]+/v1"], "upstream": "numbered"})).await;
    assert_eq!(served(&ask(&spillway, "/team-12/v1/chat/completions", "m", &[]).await), "numbered");
    assert_eq!(vendor.log()[0].path, "/v1/chat/completions", "what precedes the endpoint is the route's");
    let answer = ask(&spillway, "/team-x/v1/chat/completions", "m", &[]).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
    let bad = json!({"name": "bad", "paths": ["~/team-(["], "upstream": "numbered"});
    let refused = spillway.json("POST", "/routes", &bad).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}

#[tokio::test]
async fn hosts_and_methods_choose_too() {
    let spillway = Spillway::start();
    let _any = pool(&spillway, "any", &[]).await;
    let _exact = pool(&spillway, "exact", &[]).await;
    let _wild = pool(&spillway, "wild", &[]).await;
    let _get = pool(&spillway, "get", &[]).await;
    route(&spillway, json!({"name": "a", "paths": ["/x"], "upstream": "any"})).await;
    route(&spillway, json!({"name": "e", "hosts": ["ai.example.com"], "paths": ["/x"], "upstream": "exact"}))
        .await;
    route(&spillway, json!({"name": "w", "hosts": ["*.example.com"], "paths": ["/x"], "upstream": "wild"}))
        .await;
    route(&spillway, json!({"name": "g", "methods": ["GET"], "paths": ["/x"], "upstream": "get"})).await;
    let path = "/x/v1/chat/completions";
    for (host, wanted) in [
        ("ai.example.com", "exact"),
        ("AI.Example.COM:8000", "exact"),
        ("other.example.com", "wild"),
        ("example.org", "any"),
    ] {
        assert_eq!(served(&ask(&spillway, path, "m", &[("host", host)]).await), wanted, "{host}");
    }
    let models = client::get(spillway.proxy, "/x/v1/files").await.unwrap();
    assert_eq!(models.header("x-spillway-upstream"), Some("get"), "{}", models.text());
}

#[tokio::test]
async fn strip_path_takes_the_prefix_off_what_is_no_known_endpoint() {
    let spillway = Spillway::start();
    let kept = pool(&spillway, "kept", &[]).await;
    let stripped = pool(&spillway, "stripped", &[]).await;
    route(&spillway, json!({"name": "k", "paths": ["/k"], "upstream": "kept"})).await;
    route(&spillway, json!({"name": "s", "paths": ["/s"], "upstream": "stripped", "strip_path": true})).await;
    client::get(spillway.proxy, "/k/v1/files?limit=2").await.unwrap();
    client::get(spillway.proxy, "/s/v1/files?limit=2").await.unwrap();
    assert_eq!(kept.log()[0].path, "/k/v1/files");
    assert_eq!(stripped.log()[0].path, "/v1/files");
    assert_eq!(stripped.log()[0].query.as_deref(), Some("limit=2"));
}

#[tokio::test]
async fn a_route_names_one_place_and_no_two_routes_match_alike() {
    let spillway = Spillway::start();
    spillway.upstream("a", &[]).await;
    spillway.upstream("b", &[]).await;
    let refused = async |fields: Value, status: u16| {
        let answer = spillway.json("POST", "/routes", &fields).await;
        assert_eq!(answer.status, status, "{fields}: {}", answer.text());
    };
    refused(json!({"paths": ["/x"], "upstream": "a", "upstreams": {"sandbox": "b"}}), 400).await;
    refused(json!({"paths": ["/x"]}), 400).await;
    refused(json!({"upstream": "a"}), 400).await;
    refused(json!({"paths": ["x"], "upstream": "a"}), 400).await;
    refused(json!({"paths": ["/x"], "upstream": "a", "model": "m"}), 400).await;
    refused(json!({"paths": ["/x"], "provider": "nobody"}), 400).await;
    route(&spillway, json!({"paths": ["/x", "/y"], "methods": ["POST"], "upstream": "a"})).await;
    refused(json!({"paths": ["/y", "/x"], "methods": ["POST"], "upstream": "b"}), 409).await;
    route(&spillway, json!({"paths": ["/x", "/y"], "methods": ["GET"], "upstream": "b"})).await;
}

#[tokio::test]
async fn each_environment_has_its_upstream_and_the_wrong_one_is_a_403() {
    let spillway = Spillway::start();
    let live = pool(&spillway, "live", &[]).await;
    let play = pool(&spillway, "play", &[]).await;
    let both = json!({"production": "live", "sandbox": "play"});
    route(&spillway, json!({"name": "both", "paths": ["/both"], "upstreams": both})).await;
    route(&spillway, json!({"name": "live", "paths": ["/only"], "upstreams": {"production": "live"}})).await;
    let sandbox = [("x-spillway-environment", "sandbox")];
    assert_eq!(served(&ask(&spillway, "/both/v1/chat/completions", "m", &[]).await), "live");
    assert_eq!(served(&ask(&spillway, "/both/v1/chat/completions", "m", &sandbox).await), "play");
    assert_eq!(served(&ask(&spillway, "/only/v1/chat/completions", "m", &[]).await), "live");
    let refused = ask(&spillway, "/only/v1/chat/completions", "m", &sandbox).await;
    assert_eq!(code(&refused), (403, json!("environment_mismatch")), "{}", refused.text());
    assert_eq!((calls(&live), calls(&play)), (2, 1));
    let seen = &play.log()[0];
    assert!(seen.headers.iter().all(|(name, _)| !name.starts_with("x-spillway")), "{:?}", seen.headers);
}

#[tokio::test]
async fn an_upstream_without_a_target_for_the_environment_rejects() {
    let spillway = Spillway::start();
    let live = pool(&spillway, "live", &["environment=production"]).await;
    let path = "/live/v1/chat/completions";
    assert_eq!(served(&ask(&spillway, path, "m", &[]).await), "live");
    let refused = ask(&spillway, path, "m", &[("x-spillway-environment", "sandbox")]).await;
    assert_eq!(code(&refused), (503, json!("no_target_available")), "{}", refused.text());
    assert_eq!(calls(&live), 1, "a sandbox request never reaches a production target");
    let nonsense = ask(&spillway, path, "m", &[("x-spillway-environment", "staging")]).await;
    assert_eq!(nonsense.status, 400, "no environment is guessed: {}", nonsense.text());
    assert_eq!(calls(&live), 1);
}

#[tokio::test]
async fn a_raw_host_addressed_by_the_models_name_needs_a_model_of_its_own() {
    let spillway = Spillway::start();
    let host = pool(&spillway, "pool", &[]).await;
    let refused = ask(&spillway, "/v1/chat/completions", "pool", &[]).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("model") && message.contains("/pool/v1"), "it says what to do: {message}");
    assert_eq!(calls(&host), 0);
    assert_eq!(served(&ask(&spillway, "/pool/v1/chat/completions", "gpt-x", &[]).await), "pool");
    assert_eq!(host.log()[0].model.as_deref(), Some("gpt-x"), "its own base URL keeps the client's model");
    let field = format!("target={}", host.addr());
    spillway.form("POST", "/upstreams/pool/targets", &[&field, "model=gpt-y"]).await;
    let answer = ask(&spillway, "/v1/chat/completions", "pool", &[]).await;
    assert_eq!((served(&answer), answer.header("x-spillway-model")), ("pool", Some("gpt-y")));
    assert_eq!(host.log()[1].model.as_deref(), Some("gpt-y"));
}

#[tokio::test]
async fn base_urls_work_with_and_without_v1_and_an_upstreams_name_wins_over_the_dialects() {
    let spillway = Spillway::start();
    let host = pool(&spillway, "pool", &["model=m"]).await;
    for base in ["", "/v1", "/openai", "/openai/v1", "/pool", "/pool/v1"] {
        let answer = ask(&spillway, &format!("{base}/chat/completions"), "pool", &[]).await;
        assert_eq!(served(&answer), "pool", "{base}");
    }
    for base in ["", "/v1", "/anthropic", "/anthropic/v1", "/pool", "/pool/v1"] {
        let body = json!({"model": "pool", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]});
        let answer = spillway.post(&format!("{base}/messages"), &body).await;
        assert_eq!(served(&answer), "pool", "{base}");
    }
    for seen in host.log() {
        assert!(["/v1/chat/completions", "/v1/messages"].contains(&seen.path.as_str()), "{}", seen.path);
    }
}

#[tokio::test]
async fn an_unknown_model_is_a_404_that_names_what_exists() {
    let spillway = Spillway::start();
    let _pool = pool(&spillway, "fast-chat", &["model=m"]).await;
    let answer = ask(&spillway, "/v1/chat/completions", "fast-caht", &[]).await;
    assert_eq!(code(&answer), (404, json!("model_not_found")), "{}", answer.text());
    assert!(answer.text().contains("fast-chat"), "{}", answer.text());
    let nowhere = ask(&spillway, "/nowhere/v1/chat/completions", "fast-chat", &[]).await;
    assert_eq!(nowhere.status, 404, "{}", nowhere.text());
}

#[tokio::test]
async fn a_change_of_a_route_is_in_force_for_the_very_next_request() {
    let spillway = Spillway::start();
    let _a = pool(&spillway, "a", &[]).await;
    let _b = pool(&spillway, "b", &[]).await;
    route(&spillway, json!({"name": "r", "paths": ["/r"], "upstream": "a"})).await;
    for turn in 0..6 {
        let upstream = if turn % 2 == 0 { "b" } else { "a" };
        let patched = spillway.json("PATCH", "/routes/r", &json!({ "upstream": upstream })).await;
        assert_eq!(patched.status, 200, "{}", patched.text());
        assert_eq!(served(&ask(&spillway, "/r/v1/chat/completions", "m", &[]).await), upstream);
    }
}

//! The order of the rules, and what each of them finds.

use http::Method;
use serde_json::{Value, json};

use super::*;
use crate::{
    Kind, Resolved,
    testing::{Desk, row},
};

const KEYS: &[(&str, &str)] =
    &[("OPENAI_API_KEY", "sk-o"), ("ANTHROPIC_API_KEY", "sk-a"), ("GROQ_API_KEY", "sk-g")];

/// Where a request goes, as `upstream path model`, or why nowhere.
fn way(resolved: &Resolved, path: &str, model: Option<&str>) -> String {
    let query = Query {
        host: None,
        path,
        matched: dialect::endpoint(path),
        method: &Method::POST,
        model,
        environment: Environment::Production,
        caller: Dialect::OpenAi,
    };
    told(resolved, &query)
}

fn told(resolved: &Resolved, query: &Query<'_>) -> String {
    match resolved.snapshot.routes.find(query) {
        Ok(found) => {
            let upstream = &resolved.snapshot.upstreams[&found.upstream].name;
            let path = &query.path[found.vendor_path.clone()];
            let model = query.model.and_then(|model| found.model.of(model)).unwrap_or("-");
            format!("{upstream} {path} {model}")
        }
        Err(NotFound::Model { known, .. }) => format!("no model, but {}", known.join(" ")),
        Err(other) => format!("{other:?}"),
    }
}

fn desk() -> Desk {
    let mut desk = Desk::with_environment(KEYS);
    row(desk.create(Kind::Upstream, json!({"name": "pool"})));
    row(desk.target("pool", json!({"target": "a:1"})));
    row(desk.create(Kind::Upstream, json!({"name": "fast"})));
    row(desk.target("fast", json!({"target": "a:1", "model": "tiny"})));
    desk
}

#[test]
fn a_request_finds_its_upstream_in_the_order_of_the_rules() {
    let mut desk = desk();
    row(desk.create(Kind::Route, json!({"paths": ["/r"], "upstream": "pool"})));
    row(desk.create(Kind::Route, json!({"name": "alias", "models": ["smart"], "upstream": "fast"})));
    row(desk.patch(Kind::Provider, "groq", json!({"models": ["llama", "org/mixtral"]})));
    let resolved = desk.resolved(KEYS);
    let check = |path: &str, model: Option<&str>, expected: &str| {
        assert_eq!(way(&resolved, path, model), expected, "{path} {model:?}");
    };
    check("/r/v1/chat/completions", Some("fast"), "pool /chat/completions fast");
    check("/v1/chat/completions", Some("smart"), "fast /chat/completions -");
    check("/pool/v1/chat/completions", Some("m"), "pool /chat/completions m");
    check("/pool/v1/files", None, "pool /v1/files -");
    check("/pool/chat/completions", Some("m"), "pool /chat/completions m");
    check("/v1/chat/completions", Some("fast"), "fast /chat/completions -");
    check("/v1/chat/completions", Some("groq/llama"), "groq/llama /chat/completions llama");
    check("/v1/chat/completions", Some("groq/org/mixtral"), "groq/org/mixtral /chat/completions org/mixtral");
    check("/v1/chat/completions", Some("openai/new"), "openai/* /chat/completions new");
    check("/v1/chat/completions", Some("llama"), "groq/llama /chat/completions llama");
    check("/v1/chat/completions", Some("org/mixtral"), "groq/org/mixtral /chat/completions org/mixtral");
    check("/v1/chat/completions", Some("whatever"), "any:openai /chat/completions whatever");
    check("/v1/messages", Some("whatever"), "any:anthropic /messages whatever");
    let generate = |model: &str| format!("/v1beta/models/{model}:generateContent");
    let google = |path: &str, model: &str, expected: &str| {
        let path = generate(path);
        check(&path, Some(model), &format!("{expected} {model}"));
    };
    google("whatever", "whatever", "any:google /models/whatever:generateContent");
    check("/v1/chat/completions", None, "default /chat/completions -");
    check("/v1/messages", Some("default"), "default /messages -");
    check("/default/v1/messages", Some("m"), "default /messages m");
    check("/default/v1/files", None, "default /v1/files -");
    check("/v1/nothing", Some("fast"), "Path");
    check("/", None, "Path");
}

#[test]
fn base_urls_work_with_and_without_a_version_and_a_vendor() {
    let resolved = desk().resolved(KEYS);
    for base in ["", "/v1", "/openai", "/openai/v1", "/anthropic", "/anthropic/v1"] {
        let path = format!("{base}/chat/completions");
        assert_eq!(way(&resolved, &path, Some("fast")), "fast /chat/completions -", "{path}");
    }
    assert_eq!(way(&resolved, "/v2/chat/completions", Some("fast")), "Path");
}

#[test]
fn an_unknown_model_is_told_what_exists_nearest_first() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k")]);
    let models = json!({"models": ["gpt-4o", "gpt-4o-mini", "o3"], "default_model": "o3"});
    row(desk.patch(Kind::Provider, "openai", models));
    let resolved = desk.resolved(KEYS);
    assert_eq!(way(&resolved, "/v1/chat/completions", Some("o4")), "no model, but gpt-4o gpt-4o-mini o3");
    assert_eq!(
        way(&resolved, "/v1/chat/completions", Some("gpt4omini")),
        "no model, but gpt-4o-mini gpt-4o o3"
    );
    row(desk.patch(Kind::Upstream, "default", json!({"match_unknown_models": true})));
    assert_eq!(way(&desk.resolved(KEYS), "/v1/chat/completions", Some("o4")), "default /chat/completions -");
    row(desk.patch(Kind::Upstream, "default", json!({"enabled": false})));
    assert_eq!(way(&desk.resolved(KEYS), "/v1/chat/completions", None), "NoDefault");
    assert_eq!(way(&Desk::new().resolved(&[]), "/v1/chat/completions", None), "NoDefault");
    assert_eq!(way(&Desk::new().resolved(&[]), "/v1/chat/completions", Some("m")), "no model, but ");
}

#[test]
fn a_model_that_several_providers_list_is_balanced_over_them() {
    let mut desk = Desk::with_environment(KEYS);
    for provider in ["openai", "groq"] {
        row(desk.patch(Kind::Provider, provider, json!({"models": ["shared"]})));
    }
    let resolved = desk.resolved(KEYS);
    assert_eq!(
        way(&resolved, "/v1/chat/completions", Some("shared")),
        "model:shared /chat/completions shared"
    );
}

#[test]
fn a_name_that_leaves_a_raw_host_without_a_model_is_an_error_that_says_so() {
    let resolved = desk().resolved(KEYS);
    let expected = r#"TargetModelMissing { upstream: "pool" }"#;
    assert_eq!(way(&resolved, "/v1/chat/completions", Some("pool")), expected);
    assert_eq!(way(&resolved, "/pool/v1/chat/completions", Some("x")), "pool /chat/completions x");
}

#[test]
fn the_more_specific_route_wins() {
    let mut desk = Desk::new();
    let route = |desk: &mut Desk, name: &str, mut fields: Value| {
        row(desk.create(Kind::Upstream, json!({ "name": name })));
        row(desk.target(name, json!({"target": "h:1", "model": "m"})));
        fields["upstream"] = name.into();
        row(desk.create(Kind::Route, fields));
    };
    route(&mut desk, "root", json!({"paths": ["/"]}));
    route(&mut desk, "short", json!({"paths": ["/a"]}));
    route(&mut desk, "long", json!({"paths": ["/a/b/"]}));
    route(&mut desk, "post", json!({"paths": ["/a/b"], "methods": ["PUT"]}));
    route(&mut desk, "regex", json!({"paths": ["~/a/b/\\d+$"]}));
    route(&mut desk, "exact", json!({"hosts": ["API.example.com"], "paths": ["/a"]}));
    route(&mut desk, "left", json!({"hosts": ["*.example.com"]}));
    route(&mut desk, "right", json!({"hosts": ["example.*"]}));
    route(&mut desk, "alias", json!({"paths": ["/a"], "models": ["x"]}));
    let resolved = desk.resolved(&[]);
    let check = |host: &str, method: Method, path: &str, model: Option<&str>, expected: &str| {
        let query = Query {
            host: Some(host),
            path,
            matched: dialect::endpoint(path),
            method: &method,
            model,
            environment: Environment::Production,
            caller: Dialect::OpenAi,
        };
        let told = told(&resolved, &query);
        assert_eq!(told.split(' ').next(), Some(expected), "{host} {method} {path} {model:?}");
    };
    check("h", Method::GET, "/", None, "root");
    check("h", Method::GET, "/ab", None, "root");
    check("h", Method::GET, "/a", None, "short");
    check("h", Method::GET, "/a/", None, "short");
    check("h", Method::GET, "/a/bc", None, "short");
    check("h", Method::GET, "/a/b", None, "long");
    check("h", Method::PUT, "/a/b/c", None, "post");
    check("h", Method::GET, "/a/b/77", None, "regex");
    check("h", Method::GET, "/a/b/77/x", None, "long");
    check("api.EXAMPLE.com:8000", Method::GET, "/a/b", None, "exact");
    check("api.example.com", Method::GET, "/z", None, "left");
    check("example.org", Method::GET, "/a", None, "right");
    check("example.com", Method::GET, "/a", Some("x"), "right");
    check("h", Method::GET, "/a", Some("x"), "alias");
    check("[::1]:80", Method::GET, "/a", Some("y"), "short");
}

#[test]
fn a_route_serves_the_environments_it_names() {
    let mut desk = desk();
    let body = json!({"name": "r", "paths": ["/r"], "upstreams": {"production": "pool"}});
    row(desk.create(Kind::Route, body));
    let resolved = desk.resolved(KEYS);
    let query = |environment| Query {
        host: None,
        path: "/r/v1/chat/completions",
        matched: dialect::endpoint("/r/v1/chat/completions"),
        method: &Method::POST,
        model: None,
        environment,
        caller: Dialect::OpenAi,
    };
    assert_eq!(told(&resolved, &query(Environment::Production)), "pool /chat/completions -");
    assert_eq!(told(&resolved, &query(Environment::Sandbox)), r#"EnvironmentMismatch { route: "r" }"#);
}

#[test]
fn a_stripped_prefix_is_not_asked_of_the_vendor() {
    let mut desk = desk();
    row(desk.create(Kind::Route, json!({"paths": ["/s"], "upstream": "pool", "strip_path": true})));
    row(desk.create(Kind::Route, json!({"paths": ["/k"], "upstream": "pool"})));
    let resolved = desk.resolved(KEYS);
    assert_eq!(way(&resolved, "/s/v1/files", None), "pool /v1/files -");
    assert_eq!(way(&resolved, "/k/v1/files", None), "pool /k/v1/files -");
    assert_eq!(way(&resolved, "/k/v1/embeddings", None), "pool /embeddings -");
}

#[test]
fn a_disabled_route_is_not_there() {
    let mut desk = desk();
    row(desk.create(Kind::Route, json!({"paths": ["/r"], "upstream": "pool", "enabled": false})));
    assert_eq!(way(&desk.resolved(KEYS), "/r/x", None), "Path");
}

#[test]
fn a_route_to_a_provider_names_its_model_or_keeps_the_clients() {
    let mut desk = desk();
    row(desk.create(Kind::Route, json!({"paths": ["/k"], "provider": "openai"})));
    row(desk.create(Kind::Route, json!({"paths": ["/m"], "provider": "openai", "model": "o9"})));
    let resolved = desk.resolved(KEYS);
    assert_eq!(way(&resolved, "/k/v1/chat/completions", Some("x")), "openai/* /chat/completions x");
    assert_eq!(way(&resolved, "/m/v1/chat/completions", Some("x")), "openai/o9 /chat/completions x");
}

//! Upstreams: their defaults as read, the rules among their fields, and those that are built in.

use serde_json::{Value, json};

use super::{expect, violates};
use crate::support::{Launch, Spillway, vendor};

#[tokio::test]
async fn an_upstream_reads_with_every_default() {
    let spillway = Spillway::start();
    let made = expect(&spillway, 201, "POST", "/upstreams", &json!({"name": "ai"})).await;
    let wanted = json!({
        "enabled": true, "algorithm": "round-robin", "slots": 10_000,
        "hash_on": "none", "hash_on_header": null, "hash_on_cookie": null, "hash_on_cookie_path": "/",
        "hash_on_query_arg": null, "hash_fallback": "none", "hash_fallback_header": null,
        "hash_fallback_query_arg": null, "host_header": null, "tags": null, "on_empty": "reject",
        "response_buffer_bytes": 262_144,
        "lossy": "refuse",
        "retries": {"attempts": 3, "credential_attempts": 32, "deadline": null,
            "budget": {"ratio": 0.2, "min_per_second": 10, "window": 10}},
        "timeouts": {"connect": 5, "first_token": "auto", "response": "auto", "idle": 60, "total": null},
        "suspension": {"rate_limit": 60, "auth": 10, "connect": 10, "timeout": 10, "overloaded": 10,
            "not_found": 60, "server_error": null, "quota": "until_enabled", "honour_retry_after": true,
            "cap": 900},
        "affinity": {"key": "none", "ttl": 300},
        "healthchecks": {
            "threshold": 0,
            "active": {"type": "http", "timeout": 1, "concurrency": 10, "http_path": "/", "headers": {},
                "https_verify_certificate": true,
                "healthy": {"interval": 0, "http_statuses": [200, 302], "successes": 2},
                "unhealthy": {"interval": 0, "http_statuses": [500, 501, 502, 503, 504, 505],
                    "http_failures": 3, "tcp_failures": 3, "timeouts": 3}},
            "passive": {
                "healthy": {"successes": 2},
                "unhealthy": {"http_statuses": [500, 502, 503], "http_failures": 3, "tcp_failures": 3,
                    "timeouts": 3, "ejection_time": 10}},
        },
    });
    contains("", &made, &wanted);
    let statuses = made["healthchecks"]["passive"]["healthy"]["http_statuses"].as_array().unwrap();
    assert!(statuses.iter().all(|it| (200..400).contains(&it.as_u64().unwrap())), "{statuses:?}");
    for expected in [200, 204, 302, 308] {
        assert!(statuses.contains(&json!(expected)), "{expected}");
    }
}

/// Everything in `wanted` is in `found`, and equal.
fn contains(path: &str, found: &Value, wanted: &Value) {
    match wanted {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                contains(&format!("{path}.{name}"), &found[name], value);
            }
        }
        _ => assert_eq!(found, wanted, "{path}"),
    }
}

#[tokio::test]
async fn an_explicit_0_disables_a_threshold_and_reads_as_0() {
    let spillway = Spillway::start();
    let body = json!({"name": "ai", "healthchecks": {"passive": {"unhealthy": {"http_failures": 0}}}});
    let made = expect(&spillway, 201, "POST", "/upstreams", &body).await;
    let unhealthy = &made["healthchecks"]["passive"]["unhealthy"];
    assert_eq!((&unhealthy["http_failures"], &unhealthy["timeouts"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn hashing_and_the_algorithm_agree() {
    let spillway = Spillway::start();
    let made = async |body: Value| {
        let answer = spillway.json("POST", "/upstreams", &body).await;
        (answer.status, answer.json()["algorithm"].as_str().unwrap_or_default().to_owned())
    };
    // Naming a key means hashing by it.
    for (name, more) in [
        ("ip", json!({"hash_on": "ip"})),
        ("consumer", json!({"hash_on": "consumer"})),
        ("path", json!({"hash_on": "path"})),
        ("header", json!({"hash_on": "header", "hash_on_header": "x-user"})),
        ("cookie", json!({"hash_on": "cookie", "hash_on_cookie": "user"})),
        ("query", json!({"hash_on": "query_arg", "hash_on_query_arg": "user"})),
    ] {
        let mut body = more;
        body["name"] = name.into();
        assert_eq!(made(body).await, (201, "consistent-hashing".to_owned()), "{name}");
    }
    let aliased = json!({"name": "weighted", "algorithm": "weighted-round-robin"});
    assert_eq!(made(aliased).await, (201, "round-robin".to_owned()));
    // A key without a name, and a conflict, are refused.
    let path = "/upstreams";
    let header = json!({"name": "x", "hash_on": "header"});
    violates(&spillway, "POST", path, &header, &["hash_on_header"]).await;
    let cookie = json!({"name": "x", "hash_on": "cookie"});
    violates(&spillway, "POST", path, &cookie, &["hash_on_cookie"]).await;
    let query = json!({"name": "x", "hash_on": "query_arg"});
    violates(&spillway, "POST", path, &query, &["hash_on_query_arg"]).await;
    let conflict = json!({"name": "x", "hash_on": "ip", "algorithm": "round-robin"});
    violates(&spillway, "POST", path, &conflict, &["@entity"]).await;
    let fallback = json!({"name": "x", "hash_on": "ip", "hash_fallback": "header"});
    violates(&spillway, "POST", path, &fallback, &["hash_fallback_header"]).await;
    // An explicit algorithm wins over the hashing of before.
    let changed = json!({"algorithm": "least-connections"});
    let changed = expect(&spillway, 200, "PATCH", "/upstreams/header", &changed).await;
    assert_eq!((&changed["algorithm"], &changed["hash_on"]), (&json!("least-connections"), &json!("none")));
}

#[tokio::test]
async fn suspend_duration_writes_every_class_but_quota() {
    let spillway = Spillway::start();
    let made =
        expect(&spillway, 201, "POST", "/upstreams", &json!({"name": "ai", "suspend_duration": 7})).await;
    assert_eq!(made["suspend_duration"], 7);
    let suspension = &made["suspension"];
    for class in ["rate_limit", "auth", "connect", "timeout", "overloaded", "not_found", "server_error"] {
        assert_eq!(suspension[class], 7, "{class}");
    }
    assert_eq!(suspension["quota"], "until_enabled");
    let changed = json!({"suspension": {"connect": 3}});
    let changed = expect(&spillway, 200, "PATCH", "/upstreams/ai", &changed).await;
    assert!(changed.get("suspend_duration").is_none(), "it is told only while all are equal: {changed}");
    let nothing = expect(&spillway, 200, "PATCH", "/upstreams/ai", &json!({"suspend_duration": null})).await;
    assert_eq!(nothing.get("suspend_duration"), Some(&Value::Null));
    assert_eq!(
        (&nothing["suspension"]["auth"], &nothing["suspension"]["connect"]),
        (&Value::Null, &Value::Null)
    );
    let both = json!({"name": "x", "suspend_duration": 5, "suspension": {"auth": 6}});
    violates(&spillway, "POST", "/upstreams", &both, &["@entity"]).await;
}

#[tokio::test]
async fn names_are_plain_and_some_are_taken() {
    let spillway = Spillway::start();
    for name in ["default", "v1", "v1beta", "openai", "anthropic", "health", "metrics", "ui"] {
        let answer = spillway.json("POST", "/upstreams", &json!({ "name": name })).await;
        assert!(matches!(answer.status, 400 | 409), "{name}: {}", answer.text());
    }
    let long = "x".repeat(129);
    for name in ["", "a b", "a/b", "ä", "a:b", long.as_str(), "6d1f2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6"] {
        violates(&spillway, "POST", "/upstreams", &json!({ "name": name }), &["name"]).await;
    }
    violates(&spillway, "POST", "/upstreams", &json!({}), &["name"]).await;
    for name in ["A.b_c-9", &"x".repeat(128)] {
        expect(&spillway, 201, "POST", "/upstreams", &json!({ "name": name })).await;
    }
}

#[tokio::test]
async fn slots_and_thresholds_have_bounds() {
    let spillway = Spillway::start();
    for (slots, status) in [(9, 400), (10, 201), (65_536, 201), (65_537, 400)] {
        let body = json!({"name": format!("s{slots}"), "slots": slots});
        expect(&spillway, status, "POST", "/upstreams", &body).await;
    }
    for (threshold, status) in [(-1, 400), (0, 201), (100, 201), (101, 400)] {
        let name = format!("t{}", threshold + 1);
        let body = json!({"name": name, "healthchecks": {"threshold": threshold}});
        expect(&spillway, status, "POST", "/upstreams", &body).await;
    }
}

#[tokio::test]
async fn what_is_not_built_yet_is_unknown_and_not_accepted_and_ignored() {
    let spillway = Spillway::start();
    for field in ["queue", "client_certificate", "use_srv_name"] {
        let mut body = json!({"name": "ai"});
        body[field] = json!(1);
        violates(&spillway, "POST", "/upstreams", &body, &[field]).await;
    }
    violates(
        &spillway,
        "POST",
        "/upstreams",
        &json!({"name": "ai", "algorithm": "adaptive"}),
        &["algorithm"],
    )
    .await;
    for path in ["/keys", "/config"] {
        assert_eq!(spillway.admin("GET", path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_upstream_default_is_built_in_and_follows_the_providers() {
    let vendor = vendor("openai").await;
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-test")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("http://{}/v1", vendor.addr()))
        .start();
    let read = spillway.admin("GET", "/upstreams/default").await;
    assert_eq!(read.status, 200, "{}", read.text());
    let read = read.json();
    assert_eq!((&read["name"], &read["enabled"]), (&json!("default"), &json!(true)));
    assert_eq!(read["match_unknown_models"], false);
    let targets = spillway.admin("GET", "/upstreams/default/targets").await.json();
    let target = &targets["data"][0];
    assert_eq!(target["provider"]["name"], "openai");
    assert_eq!((&target["credential"], &target["model"]), (&json!("*"), &json!("@default")));

    let made = spillway.json("POST", "/upstreams/default/targets", &json!({"target": "a.example"})).await;
    assert_eq!((made.status, made.header("allow").is_some()), (405, true), "{}", made.text());
    let at = format!("/upstreams/default/targets/{}", target["id"].as_str().unwrap());
    assert_eq!(spillway.json("PATCH", &at, &json!({"weight": 1})).await.status, 405);
    assert_eq!(spillway.admin("DELETE", &at).await.status, 405);
    assert_eq!(spillway.admin("DELETE", "/upstreams/default").await.status, 405);
    let switched = json!({"enabled": false, "match_unknown_models": true});
    expect(&spillway, 200, "PATCH", "/upstreams/default", &switched).await;
    violates(&spillway, "PATCH", "/upstreams/default", &json!({"slots": 100}), &["slots"]).await;
}

#[tokio::test]
async fn derived_upstreams_are_seen_in_health_and_not_changed() {
    let vendor = vendor("openai").await;
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-test")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("http://{}/v1", vendor.addr()))
        .start();
    let health = spillway.admin("GET", "/upstreams/openai%2F*/health").await;
    assert_eq!(health.status, 200, "{}", health.text());
    assert_eq!(health.json()["data"][0]["health"], "HEALTHY");
    for method in ["PATCH", "PUT", "DELETE"] {
        let answer = spillway.json(method, "/upstreams/openai%2F*", &json!({})).await;
        assert_eq!(
            (answer.status, answer.header("allow").is_some()),
            (405, true),
            "{method}: {}",
            answer.text()
        );
    }
}

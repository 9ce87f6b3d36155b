//! Who may call, what the API says of itself, liveness, readiness, metrics.

use serde_json::Value;
use simulator::{Script, Step};

use super::call;
use crate::support::{Launch, Spillway, scripted, until, vendor};

#[tokio::test]
async fn foreign_host_names_and_foreign_pages_are_refused() {
    let spillway = Spillway::start();
    let own = format!("http://{}", spillway.admin);
    let (method, path) = ("GET", "/upstreams");
    for host in ["evil.example", "evil.example:8001", "localhost.evil.example"] {
        let answer = call(&spillway, method, path, &[("host", host)], "").await;
        assert_eq!(answer.status, 403, "{host}: {}", answer.text());
        assert!(answer.json()["message"].is_string());
    }
    for host in ["localhost:8001", "127.0.0.1", "[::1]:8001"] {
        assert_eq!(call(&spillway, method, path, &[("host", host)], "").await.status, 200, "{host}");
    }
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let headers = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
        let answer = call(&spillway, "POST", path, &headers, "name=evil").await;
        assert_eq!(answer.status, 403, "{origin}: {}", answer.text());
    }
    assert_eq!(spillway.admin("GET", "/upstreams/evil").await.status, 404);
    let headers = [("origin", own.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(call(&spillway, "POST", path, &headers, "name=own").await.status, 201);
}

#[tokio::test]
async fn a_token_is_wanted_everywhere_but_for_liveness_and_readiness() {
    let spillway = Launch::default().env("SPILLWAY_ADMIN_TOKEN", "a-long-enough-token-0123456789").start();
    for path in ["/", "/upstreams", "/metrics", "/openapi.json", "/nothing", "/schemas/upstream"] {
        let answer = spillway.admin("GET", path).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
        assert!(
            answer.json()["message"].is_string() && answer.header("www-authenticate").is_some(),
            "{path}"
        );
        let wrong = [("authorization", "Bearer a-long-enough-token-012345678X")];
        assert_eq!(call(&spillway, "GET", path, &wrong, "").await.status, 401, "{path}");
    }
    for path in ["/livez", "/readyz"] {
        assert_eq!(spillway.admin("GET", path).await.status, 200, "{path}");
    }
    let right = [("authorization", "Bearer a-long-enough-token-0123456789")];
    assert_eq!(call(&spillway, "GET", "/upstreams", &right, "").await.status, 200);
}

#[tokio::test]
async fn every_entity_has_a_schema_that_describes_what_is_read() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    for entity in ["upstream", "upstreams", "target", "service", "route", "provider", "credential"] {
        let answer = spillway.admin("GET", &format!("/schemas/{entity}")).await;
        assert_eq!(answer.status, 200, "{entity}: {}", answer.text());
        let schema = answer.json();
        assert_eq!(schema["type"], "object", "{entity}");
        assert!(schema["properties"].as_object().is_some_and(|it| !it.is_empty()), "{entity}");
    }
    let schema = spillway.admin("GET", "/schemas/upstream").await.json();
    let read = spillway.admin("GET", "/upstreams/ai").await.json();
    let own = ["id", "created_at", "updated_at"];
    for field in read.as_object().unwrap().keys().filter(|it| !own.contains(&it.as_str())) {
        assert!(!schema["properties"][field].is_null(), "{field} is read and not described");
    }
}

#[tokio::test]
async fn the_openapi_document_names_every_path_and_resolves_every_reference() {
    let spillway = Spillway::start();
    let answer = spillway.admin("GET", "/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert!(document["openapi"].as_str().is_some_and(|it| it.starts_with("3.")), "{}", document["openapi"]);
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for part in [
        "/upstreams",
        "/health",
        "/targets",
        "/healthy",
        "/exclusion",
        "/routes",
        "/services",
        "/providers",
        "/metrics",
        "/livez",
        "/readyz",
        "/schemas",
    ] {
        assert!(paths.iter().any(|it| it.contains(part)), "{part}: {paths:?}");
    }
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("references stay within");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "$ref" => into.push(text.clone()),
                    _ => collect_references(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| collect_references(it, into)),
        _ => {}
    }
}

#[tokio::test]
async fn every_metric_of_the_contract_is_there_under_its_name_and_with_its_labels() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("30")])).await;
    let well = vendor("well").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &limited, &[]).await;
    spillway.target("ai", &well, &[]).await;
    for _ in 0..2 {
        assert_eq!(spillway.chat("ai").await.status, 200);
        assert_eq!(spillway.chat_streamed("ai").await.status, 200);
    }
    until("everything is counted", || async { spillway.metric("spillway_requests_total", &[]).await >= 4.0 })
        .await;
    let text = spillway.admin("GET", "/metrics").await.text();
    for (name, labels) in [
        ("spillway_requests_total", &["route", "upstream", "status"][..]),
        ("spillway_attempts_total", &["upstream", "target", "provider", "credential", "outcome"]),
        ("spillway_request_duration_seconds_bucket", &["le"]),
        ("spillway_overhead_seconds_bucket", &["le"]),
        ("spillway_time_to_first_token_seconds_bucket", &["le"]),
        ("spillway_in_flight", &["upstream", "target"]),
        ("spillway_target_health", &["upstream", "target", "address", "state"]),
        ("spillway_exclusions_total", &["scope", "cause"]),
        ("spillway_retries_total", &["reason"]),
        ("spillway_retry_budget_exhausted_total", &[]),
        ("spillway_config_revision", &[]),
        ("spillway_build_info", &["version"]),
    ] {
        let sample = text.lines().find(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '))
        });
        let sample = sample.unwrap_or_else(|| panic!("{name} is missing:\n{text}"));
        for label in labels {
            assert!(sample.contains(&format!("{label}=\"")), "{label} is missing: {sample}");
        }
    }
    for line in text.lines().filter(|it| it.starts_with("# TYPE")) {
        assert!(line.starts_with("# TYPE spillway_"), "{line}");
    }
}

#[tokio::test]
async fn label_values_are_the_configurations_and_never_a_clients() {
    let spillway = Spillway::start();
    let well = vendor("well").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &well, &[]).await;
    let body = serde_json::json!({"model": "made-up-by-a-client", "messages": []});
    spillway.post("/ai/v1/chat/completions", &body).await;
    spillway.post("/v1/chat/completions", &body).await;
    spillway.post("/made-up-by-a-client/v1/chat/completions", &body).await;
    until("it is counted", || async { spillway.metric("spillway_requests_total", &["ai"]).await >= 1.0 })
        .await;
    assert!(!spillway.admin("GET", "/metrics").await.text().contains("made-up-by-a-client"));
}

//! `/upstreams/{u}/health`, and the orders that an operator gives.

use serde_json::{Value, json};
use simulator::{Script, Step};

use crate::support::{Spillway, calls, scripted, until, vendor};

#[tokio::test]
async fn an_item_has_every_field_of_the_contract() {
    let spillway = Spillway::start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &["weight=30"]).await;
    let answer = spillway.admin("GET", "/upstreams/ai/health").await.json();
    assert_eq!(answer["next"], Value::Null);
    assert_eq!(answer["node_id"].as_str().map(str::len), Some(36), "{answer}");
    let item = &answer["data"][0];
    for field in ["id", "target", "weight", "tier", "backup", "tags", "upstream", "created_at"] {
        assert!(item.get(field).is_some(), "the target's own {field}: {item}");
    }
    assert_eq!(item["health"], "HEALTHY");
    let available = json!({"state": "available", "cause": null, "since": null, "until": null, "ttl": null});
    assert_eq!(item["state"], available);
    assert_eq!((&item["reason"], &item["since"], &item["until"]), (&Value::Null, &Value::Null, &Value::Null));
    let data = &item["data"];
    assert_eq!(data["weight"], json!({"total": 30, "available": 30, "unavailable": 0}));
    let port = vendor.addr().port();
    assert_eq!((&data["host"], &data["port"]), (&json!("127.0.0.1"), &json!(port)));
    let address = json!({"ip": "127.0.0.1", "port": port, "health": "HEALTHY", "weight": 30});
    assert_eq!(data["addresses"], json!([address]));
}

#[tokio::test]
async fn a_cooling_target_says_why_since_and_until_when() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("30")])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &limited, &[]).await;
    let answer = spillway.chat("ai").await;
    assert_eq!((answer.status, answer.header("retry-after").is_some()), (429, true), "{}", answer.text());
    let item = spillway.health("ai", &limited).await;
    assert_eq!(
        (&item["state"]["state"], &item["reason"]),
        (&json!("cooling"), &json!("rate_limit")),
        "{item}"
    );
    assert_eq!(item["health"], "HEALTHY", "the address is well");
    let ttl = item["state"]["ttl"].as_f64().expect("seconds left");
    assert!((25.0..=30.0).contains(&ttl), "{ttl}");
    for instant in [&item["since"], &item["until"]] {
        let text = instant.as_str().expect("an instant");
        assert!(text.len() == 24 && text.ends_with('Z') && &text[19..20] == ".", "milliseconds, UTC: {text}");
    }
    assert_eq!(item["data"]["weight"], json!({"total": 100, "available": 0, "unavailable": 100}));
}

#[tokio::test]
async fn clear_now_brings_a_cooling_target_back_at_once() {
    let spillway = Spillway::start();
    let limited =
        scripted("limited", vec![simulator::Rule::always([Step::rate_limited("600")]).times(1)]).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &limited, &[]).await;
    assert_eq!(spillway.chat("ai").await.status, 429);
    assert_eq!(spillway.chat("ai").await.status, 429);
    assert_eq!(calls(&limited), 1, "nobody asks it while it is out");
    let path = format!("/upstreams/ai/targets/{}/exclusion", limited.addr());
    assert_eq!(spillway.admin("DELETE", &path).await.status, 204);
    assert_eq!(spillway.health("ai", &limited).await["state"]["state"], "available");
    assert_eq!(spillway.chat("ai").await.status, 200);
    assert_eq!(spillway.admin("DELETE", &path).await.status, 204, "nothing to clear is fine");
}

#[tokio::test]
async fn clearing_an_exclusion_does_not_lift_an_ejected_address_but_healthy_does() {
    let spillway = Spillway::start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let path = |word: &str| format!("/upstreams/ai/targets/{}/{word}", vendor.addr());
    assert_eq!(spillway.admin("PUT", &path("unhealthy")).await.status, 204);
    let item = spillway.health("ai", &vendor).await;
    assert_eq!((&item["health"], &item["state"]["state"]), (&json!("UNHEALTHY"), &json!("unhealthy")));
    assert_eq!(spillway.chat("ai").await.status, 503);
    assert_eq!(spillway.admin("DELETE", &path("exclusion")).await.status, 204);
    assert_eq!(spillway.health("ai", &vendor).await["health"], "UNHEALTHY");
    assert_eq!(spillway.admin("PUT", &path("healthy")).await.status, 204);
    assert_eq!(spillway.health("ai", &vendor).await["health"], "HEALTHY");
    assert_eq!(spillway.chat("ai").await.status, 200);
}

#[tokio::test]
async fn orders_about_nobody_are_not_found() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    for (method, path) in [
        ("PUT", "/upstreams/ai/targets/a.example:443/healthy"),
        ("PUT", "/upstreams/nobody/targets/a.example:443/unhealthy"),
        ("DELETE", "/upstreams/ai/targets/a.example:443/exclusion"),
    ] {
        let answer = spillway.admin(method, path).await;
        assert_eq!((answer.status, &answer.json()["message"]), (404, &json!("Not found")), "{method} {path}");
    }
}

#[tokio::test]
async fn healthchecks_off_is_shown_when_nothing_could_trip_or_the_weight_is_0() {
    let spillway = Spillway::start();
    let vendor = vendor("one").await;
    let off = [
        "healthchecks.passive.healthy.successes=0",
        "healthchecks.passive.unhealthy.http_failures=0",
        "healthchecks.passive.unhealthy.tcp_failures=0",
        "healthchecks.passive.unhealthy.timeouts=0",
    ];
    spillway.upstream("off", &off).await;
    spillway.target("off", &vendor, &[]).await;
    assert_eq!(spillway.health("off", &vendor).await["health"], "HEALTHCHECKS_OFF");
    spillway.upstream("drained", &[]).await;
    spillway.target("drained", &vendor, &["weight=0"]).await;
    let item = spillway.health("drained", &vendor).await;
    assert_eq!((&item["health"], &item["state"]["state"]), (&json!("HEALTHCHECKS_OFF"), &json!("drained")));
    spillway.upstream("probed", &off).await;
    spillway.form("PATCH", "/upstreams/probed", &["healthchecks.active.healthy.interval=5"]).await;
    spillway.target("probed", &vendor, &[]).await;
    assert_eq!(spillway.health("probed", &vendor).await["health"], "HEALTHY");
}

#[tokio::test]
async fn a_name_without_an_address_is_a_dns_error() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &["healthchecks.active.healthy.interval=0.05"]).await;
    spillway.form("POST", "/upstreams/ai/targets", &["target=nobody.invalid:443"]).await;
    until("it is asked for", || async {
        let answer = spillway.admin("GET", "/upstreams/ai/health").await.json();
        answer["data"][0]["health"] == "DNS_ERROR"
    })
    .await;
    let item = spillway.admin("GET", "/upstreams/ai/health").await.json()["data"][0].clone();
    assert!(item["reason"].is_string(), "{item}");
}

#[tokio::test]
async fn the_health_list_is_paged_like_any_other() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    for number in 0..3 {
        let field = format!("target=10.0.0.{number}:443");
        assert_eq!(spillway.form("POST", "/upstreams/ai/targets", &[&field]).await.status, 201);
    }
    let first = spillway.admin("GET", "/upstreams/ai/health?size=2").await.json();
    let next = first["next"].as_str().expect("there is more");
    assert!(next.starts_with("/upstreams/ai/health?"), "{next}");
    let second = spillway.admin("GET", next).await.json();
    assert_eq!((second["data"].as_array().map(Vec::len), &second["next"]), (Some(1), &Value::Null));
}

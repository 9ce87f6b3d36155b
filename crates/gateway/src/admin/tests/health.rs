//! What `/health` and targets show, and orders about them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use balance::{Ask, Attempts, Environment, Kind, Outcome};
use serde_json::{Value, json};

use super::{Api, open_access};

const TARGET: &str = "/upstreams/pool/targets/192.0.2.1:8080";

#[tokio::test]
async fn an_order_shows_until_the_next_and_survives_a_restart() {
    let api = pool("").await;
    api.form("PUT", &format!("{TARGET}/unhealthy"), "").await.is(204);
    let item = item(&api).await;
    assert_eq!(item["health"], "UNHEALTHY");
    assert_eq!((&item["reason"], &item["until"]), (&json!("operator"), &Value::Null));
    let state = &item["state"];
    assert_eq!((&state["state"], &state["cause"]), (&json!("unhealthy"), &json!("operator")));
    assert_eq!((&state["until"], &state["ttl"]), (&Value::Null, &Value::Null), "until somebody lifts it");
    assert_eq!(item["since"].as_str().unwrap().len(), "2026-01-31T12:00:00.000Z".len(), "{}", item["since"]);
    assert_eq!(item["data"]["weight"], json!({"total": 100, "available": 0, "unavailable": 100}));
    assert_eq!(item["data"]["addresses"][0]["health"], "UNHEALTHY");

    let api = api.restart().await;
    assert_eq!(self::item(&api).await["health"], "UNHEALTHY");
    api.form("PUT", &format!("{TARGET}/healthy"), "").await.is(204);
    let item = self::item(&api).await;
    assert_eq!((&item["health"], &item["state"]["state"]), (&json!("HEALTHY"), &json!("available")));
    api.delete(&format!("{TARGET}/exclusion")).await.is(204);
}

#[tokio::test]
async fn what_is_out_for_a_while_says_why_since_and_until_when() {
    let (api, out) = overloaded().await;
    let item = item_of(&api, &out).await;
    assert_eq!(item["health"], "HEALTHY", "no counter of its address has tripped");
    assert_eq!((&item["state"]["state"], &item["reason"]), (&json!("suspended"), &json!("overloaded")));
    assert_eq!(item["data"]["weight"]["available"], 0);
    let ttl = item["state"]["ttl"].as_f64().unwrap();
    assert!((20.0..=30.0).contains(&ttl), "{ttl}");
    assert!((instant(&item, "until") - instant(&item, "since") - 30.0).abs() < 0.01, "{item}");

    let target = format!("/upstreams/pool/targets/{out}");
    assert_eq!(api.get(&target).await.is(200)["state"]["cause"], "overloaded");
    api.delete(&format!("{target}/exclusion")).await.is(204);
    let available = json!({"state": "available", "cause": null, "since": null, "until": null, "ttl": null});
    assert_eq!(api.get(&target).await.is(200)["state"], available);
}

#[tokio::test]
async fn what_is_out_stays_out_over_a_restart_until_the_same_instant() {
    let (api, out) = overloaded().await;
    let before = item_of(&api, &out).await;
    api.control.close().await;
    let api = api.restart().await;
    let after = item_of(&api, &out).await;
    assert_eq!((&after["state"]["state"], &after["reason"]), (&json!("suspended"), &json!("overloaded")));
    for name in ["since", "until"] {
        let moved = (instant(&after, name) - instant(&before, name)).abs();
        assert!(moved < 0.02, "{name} moved by {moved} s");
    }
}

#[tokio::test]
async fn orders_are_for_targets_that_exist() {
    let api = pool("").await;
    for path in
        ["/upstreams/pool/targets/192.0.2.9:1/healthy", "/upstreams/none/targets/192.0.2.1:8080/healthy"]
    {
        assert_eq!(api.form("PUT", path, "").await.is(404)["message"], "Not found");
    }
    let wrong = api.form("POST", &format!("{TARGET}/healthy"), "").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "PUT"));
}

#[tokio::test]
async fn health_by_id_or_name_and_weight_0_is_not_looked_at() {
    let api = pool("&weight=0").await;
    let id = api.get("/upstreams/pool").await.is(200)["id"].as_str().unwrap().to_owned();
    let health = api.get(&format!("/upstreams/{id}/health")).await.is(200);
    assert_eq!(health["data"][0]["health"], "HEALTHCHECKS_OFF");
    assert_eq!(health["data"][0]["state"]["state"], "drained");
    api.get("/upstreams/none/health").await.is(404);
}

#[tokio::test]
async fn healthchecks_are_off_when_nothing_could_trip() {
    let api = pool("").await;
    let zeros = "healthchecks.passive.healthy.successes=0&healthchecks.passive.unhealthy.http_failures=0\
                 &healthchecks.passive.unhealthy.tcp_failures=0&healthchecks.passive.unhealthy.timeouts=0";
    api.form("PATCH", "/upstreams/pool", zeros).await.is(200);
    assert_eq!(item(&api).await["health"], "HEALTHCHECKS_OFF");
    api.form("PATCH", "/upstreams/pool", "healthchecks.active.healthy.interval=5").await.is(200);
    assert_eq!(item(&api).await["health"], "HEALTHY");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_a_dns_error() {
    let names: super::Names = Arc::new(|host| match host {
        "lost.example" => Some(Err("no such host".to_owned())),
        "found.example" => Some(Ok(vec!["192.0.2.7".parse().unwrap(), "192.0.2.8".parse().unwrap()])),
        _ => None,
    });
    let api = Api::start(tempfile::tempdir().unwrap(), HashMap::new(), open_access(), names).await;
    api.form("POST", "/upstreams", "name=pool").await.is(201);
    for host in ["found.example", "lost.example"] {
        api.form("POST", "/upstreams/pool/targets", &format!("target={host}:443")).await.is(201);
    }
    let health = api.get("/upstreams/pool/health").await.is(200);
    let (lost, found) = (&health["data"][0], &health["data"][1]);
    assert_eq!((&lost["health"], &lost["reason"]), (&json!("DNS_ERROR"), &json!("dns: no such host")));
    assert_eq!(lost["data"]["addresses"], json!([]));
    assert_eq!(found["health"], "HEALTHY");
    let one = |ip| json!({"ip": ip, "port": 443, "health": "HEALTHY", "weight": 100});
    assert_eq!(found["data"]["addresses"], json!([one("192.0.2.7"), one("192.0.2.8")]));
}

#[tokio::test]
async fn the_built_in_upstream_reads_like_any_other_but_its_targets_follow_from_the_providers() {
    let env = HashMap::from([("OPENAI_API_KEY".to_owned(), "sk-secret-of-the-test".to_owned())]);
    let dir = tempfile::tempdir().unwrap();
    let api = Api::start(dir, env, open_access(), super::nobody_asked()).await;
    api.get("/upstreams/default").await.is(200);
    let health = api.get("/upstreams/default/health").await.is(200);
    assert_eq!(health["data"][0]["health"], "HEALTHY", "{health}");
    let refused = api.form("POST", "/upstreams/default/targets", "target=192.0.2.1:80").await;
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD"), "{}", refused.text);
    for path in
        ["/providers", "/providers/openai", "/providers/openai/credentials", "/upstreams/default/targets"]
    {
        let answer = api.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(!answer.text.contains("sk-secret"), "{path}: {}", answer.text);
    }
}

/// An upstream `pool` with one target.
async fn pool(with: &str) -> Api {
    let api = Api::new().await;
    api.form("POST", "/upstreams", "name=pool").await.is(201);
    api.form("POST", "/upstreams/pool/targets", &format!("target=192.0.2.1:8080{with}")).await.is(201);
    api
}

async fn item(api: &Api) -> Value {
    api.get("/upstreams/pool/health").await.is(200)["data"][0].clone()
}

async fn item_of(api: &Api, target: &str) -> Value {
    let health = api.get("/upstreams/pool/health").await.is(200);
    let mut items = health["data"].as_array().unwrap().iter();
    items.find(|it| it["target"] == *target).unwrap().clone()
}

/// An upstream `pool` with two targets, and which of them has just said that it is overloaded for 30 s.
async fn overloaded() -> (Api, String) {
    let api = pool("").await;
    api.form("POST", "/upstreams/pool/targets", "target=192.0.2.2:8080").await.is(201);
    let state = Arc::clone(api.control.state());
    let snapshot = state.snapshot.load();
    let ask = Ask {
        upstream: snapshot.names["pool"],
        environment: Environment::Production,
        model: None,
        same_model: false,
        needs: 0,
        hash: None,
        affinity: None,
        caller: None,
    };
    let now = state.clock.now();
    let pick = state.balancer().pick(&ask, &Attempts::new(now), now).expect("two targets are available");
    let overloaded = Kind::Overloaded { retry_after: Some(Duration::from_secs(30)) };
    state.balancer().settle(pick.lease, Outcome { kind: overloaded, status: Some(529) }, now);
    (api, snapshot.targets[&pick.target].name.to_string())
}

/// Unix seconds of a time in an answer.
fn instant(item: &Value, name: &str) -> f64 {
    let time: jiff::Timestamp = item[name].as_str().unwrap().parse().unwrap();
    time.as_millisecond() as f64 / 1e3
}

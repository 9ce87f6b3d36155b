//! The commands of the load-balancing guide, in its order, with the answers that it promises.

use serde_json::{Value, json};

use super::Api;

#[tokio::test]
async fn every_command_of_the_guide_answers_as_promised() {
    let api = Api::new().await;
    let post = async |path: &str, data: &str| api.form("POST", path, data).await;
    let patch = async |path: &str, data: &str| api.form("PATCH", path, data).await;

    // Create an upstream. Add targets to the upstream.
    let created = post("/upstreams", "name=openai-upstream&algorithm=round-robin").await.is(201);
    assert_eq!(created["name"], "openai-upstream");
    assert_eq!(created["algorithm"], "round-robin");
    let targets = "/upstreams/openai-upstream/targets";
    let target = post(targets, "target=api.openai.com:443&weight=100").await.is(201);
    assert_eq!((&target["target"], &target["weight"]), (&json!("api.openai.com:443"), &json!(100)));
    assert_eq!(target["upstream"]["name"], "openai-upstream");
    assert_eq!(target["state"]["state"], "available");
    post(targets, "target=api2.openai.com:443&weight=100").await.is(201);

    // Round Robin balancing, Least Connections, Hash-based balancing: one name, so the second and third clash.
    post("/upstreams", "name=ai-upstream&algorithm=round-robin").await.is(201);
    for data in [
        "name=ai-upstream&algorithm=least-connections",
        "name=ai-upstream&algorithm=consistent-hashing&hash_on=header&hash_on_header=user-id",
    ] {
        let clash = post("/upstreams", data).await.is(409);
        assert_eq!((&clash["code"], &clash["fields"]["name"]), (&json!(5), &json!("ai-upstream")));
        let fresh = Api::new().await;
        fresh.form("POST", "/upstreams", data).await.is(201);
    }

    // Add active health checks. Add passive health checks.
    let upstream = "/upstreams/ai-upstream";
    let active = "healthchecks.active.http_path=/health&healthchecks.active.healthy.interval=5\
                  &healthchecks.active.unhealthy.interval=5";
    let patched = patch(upstream, active).await.is(200);
    assert_eq!(patched["healthchecks"]["active"]["http_path"], "/health");
    assert_eq!(patched["healthchecks"]["active"]["healthy"]["interval"].as_f64(), Some(5.0));
    let passive = "healthchecks.passive.healthy.successes=3&healthchecks.passive.unhealthy.http_failures=3";
    let checks = patch(upstream, passive).await.is(200)["healthchecks"].clone();
    assert_eq!(checks["passive"]["healthy"]["successes"], 3);
    assert_eq!(checks["active"]["http_path"], "/health", "PATCH keeps what it does not name");
    assert_eq!(checks["passive"]["unhealthy"]["tcp_failures"], 3, "what nobody set is in force and read so");

    // Update target weight. Set backup target.
    let targets = "/upstreams/ai-upstream/targets";
    let first = post(targets, "target=api1.example.com:443&weight=200").await.is(201);
    let again = post(targets, "target=api1.example.com:443&weight=200").await.is(200);
    assert_eq!(first["id"], again["id"], "updated, not doubled");
    let backup = post(targets, "target=backup-api.example.com:443&weight=100&backup=true").await.is(201);
    assert_eq!((&backup["backup"], &backup["tier"]), (&json!(true), &Value::Null));

    // Check upstream status.
    let health = api.get("/upstreams/ai-upstream/health").await.is(200);
    assert_eq!(health["next"], Value::Null);
    assert!(health["node_id"].is_string());
    let item = &health["data"][1];
    assert_eq!((&item["target"], &item["health"]), (&json!("api1.example.com:443"), &json!("HEALTHY")));
    let data = &item["data"];
    assert_eq!((&data["host"], &data["port"]), (&json!("api1.example.com"), &json!(443)));
    assert_eq!(data["weight"], json!({"total": 200, "available": 200, "unavailable": 0}));
    assert_eq!((&item["reason"], &item["since"], &item["until"]), (&Value::Null, &Value::Null, &Value::Null));

    // Check target status: newest first.
    let listed = api.get(targets).await.is(200);
    let names: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|it| &it["target"]).collect();
    assert_eq!(names, ["backup-api.example.com:443", "api1.example.com:443"]);
    assert_eq!(listed["data"][0]["health"], "HEALTHY");
    assert_eq!(listed["data"][0]["state"]["state"], "available");

    // Get load balancer metrics.
    let metrics = api.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(metrics.text.contains("spillway_config_revision"), "{}", metrics.text);
}

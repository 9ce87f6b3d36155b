//! What is there once: root, liveness, readiness, metrics, schemas, OpenAPI.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::{Api, request};

#[tokio::test]
async fn the_process_tells_who_it_is_and_whether_it_is_ready() {
    let api = Api::new().await;
    let root = api.get("/").await.is(200);
    assert!(root["version"].is_string() && root["node_id"].is_string(), "{root}");
    assert_eq!(root["links"]["upstreams"], "/upstreams");
    api.get("/livez").await.is(200);
    api.get("/readyz").await.is(200);
    api.ready.store(false, Ordering::Relaxed);
    api.get("/readyz").await.is(503);
    api.get("/livez").await.is(200);
    let openapi = api.get("/openapi.json").await.is(200);
    assert!(openapi["paths"]["/upstreams"].is_object(), "{openapi}");
    let by_either_name =
        [api.get("/schemas/upstream").await.is(200), api.get("/schemas/upstreams").await.is(200)];
    assert_eq!(by_either_name[0], by_either_name[1]);
    assert_ne!(by_either_name[0], Value::Null);
}

#[tokio::test]
async fn metrics_come_in_the_format_that_is_asked_for() {
    let api = Api::new().await;
    for (accept, content_type) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ] {
        let answer = api.send(request("GET", "/metrics", &[("accept", accept)], "")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, content_type));
    }
}

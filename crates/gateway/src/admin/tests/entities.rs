//! The life of an entity, and what can not be done to it.

use serde_json::json;

use super::{Api, request};

#[tokio::test]
async fn an_entity_lives_from_201_to_204() {
    let api = Api::new().await;
    let created = api.form("POST", "/upstreams", "name=one").await;
    let tag = created.header("etag").to_owned();
    let created = created.is(201);
    let id = created["id"].as_str().unwrap();
    assert!(created["created_at"].is_i64() && created["updated_at"].is_i64());
    assert_eq!(api.get("/upstreams/one").await.is(200), created);
    assert_eq!(api.get(&format!("/upstreams/{id}")).await.is(200), created);

    let patched = api.json("PATCH", "/upstreams/one", r#"{"retries":{"attempts":5}}"#).await;
    assert_ne!(patched.header("etag"), tag, "another state, another tag");
    let patched = patched.is(200);
    assert_eq!(patched["retries"]["attempts"], 5);
    assert_eq!(patched["retries"]["budget"], created["retries"]["budget"], "objects merge deeply");
    let reset = api.form("PATCH", "/upstreams/one", "retries.attempts=").await.is(200);
    assert_eq!(reset["retries"]["attempts"], 3, "null resets to the default");

    let replaced = api.json("PUT", "/upstreams/one", r#"{"slots":500}"#).await.is(200);
    assert_eq!((&replaced["id"], &replaced["slots"]), (&created["id"], &json!(500)));
    let upserted = api.json("PUT", "/upstreams/two", "{}").await.is(201);
    assert_eq!(upserted["name"], "two");

    assert!(api.delete("/upstreams/one").await.is(204).is_null());
    assert!(api.delete("/upstreams/one").await.is(204).is_null(), "already absent");
    let absent = api.get("/upstreams/one").await.is(404);
    let hint = "there is no upstream 'one': GET /upstreams lists them";
    assert_eq!(absent, json!({"message": "Not found", "hint": hint}));
    api.json("PATCH", "/upstreams/one", "{}").await.is(404);
}

#[tokio::test]
async fn what_was_read_may_be_written_back() {
    let api = Api::new().await;
    api.form("POST", "/upstreams", "name=pool").await.is(201);
    api.form("POST", "/upstreams/pool/targets", "target=a.example:80").await.is(201);
    for path in ["/upstreams/pool", "/upstreams/pool/targets/a.example:80"] {
        let read = api.get(path).await.is(200);
        let revision = api.control.view().revision;
        for method in ["PATCH", "PUT"] {
            assert_eq!(api.json(method, path, &read.to_string()).await.is(200), read, "{method} {path}");
        }
        assert_eq!(api.control.view().revision, revision, "nothing is different, so nothing is written");
    }
}

#[tokio::test]
async fn what_is_below_an_absent_parent_is_not_found() {
    let api = Api::new().await;
    api.get("/upstreams/none/targets").await.is(404);
    api.form("POST", "/upstreams/none/targets", "target=a.example").await.is(404);
    api.form("PUT", "/upstreams/none/targets/a.example", "").await.is(404);
    api.delete("/upstreams/none/targets/a.example").await.is(404);
    api.get("/services/none/routes").await.is(404);
}

#[tokio::test]
async fn routes_may_be_made_below_their_service() {
    let api = Api::new().await;
    api.form("POST", "/upstreams", "name=pool").await.is(201);
    api.form("POST", "/services", "name=chat").await.is(201);
    let body = r#"{"name":"r1","paths":["/chat"],"upstream":"pool"}"#;
    let route = api.json("POST", "/services/chat/routes", body).await.is(201);
    assert_eq!(route["service"]["name"], "chat");
    assert_eq!(route["upstream"]["name"], "pool");
    api.json("POST", "/routes", r#"{"name":"r2","paths":["/other"],"upstream":"pool"}"#).await.is(201);
    assert_eq!(api.get("/services/chat/routes").await.is(200)["data"].as_array().unwrap().len(), 1);
    assert_eq!(api.get("/routes").await.is(200)["data"].as_array().unwrap().len(), 2);
    api.get("/services/chat/routes/r1").await.is(200);
    api.get("/services/chat/routes/r2").await.is(404);
    let used = api.delete("/upstreams/pool").await.is(409);
    assert_eq!(used["code"], 4, "{used}");
    api.delete("/services/chat/routes/r1").await.is(204);
}

#[tokio::test]
async fn what_can_not_be_done_says_what_can() {
    let api = Api::new().await;
    let allowed = async |method: &str, path: &str| {
        let answer = api.send(request(method, path, &[], "")).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert!(answer.value()["message"].is_string());
        let mut methods: Vec<_> = answer.header("allow").split(',').map(|it| it.trim().to_owned()).collect();
        methods.sort();
        methods.join(" ")
    };
    assert_eq!(allowed("DELETE", "/upstreams").await, "GET HEAD POST");
    assert_eq!(allowed("POST", "/upstreams/one").await, "DELETE GET HEAD PATCH PUT");
    assert_eq!(allowed("DELETE", "/providers").await, "GET HEAD POST");
    assert_eq!(allowed("PATCH", "/providers/order").await, "GET HEAD PUT");
    assert_eq!(allowed("PUT", "/credentials").await, "GET HEAD POST");
    assert_eq!(allowed("POST", "/metrics").await, "GET HEAD");
    assert_eq!(allowed("DELETE", "/upstreams/default").await, "GET HEAD PATCH PUT");
    for path in ["/keys", "/config", "/topology/openai", "/upstreams/one/two/three", "/schemas/gadget"] {
        assert_eq!(api.get(path).await.is(404)["message"], "Not found", "{path}");
    }
}

#[tokio::test]
async fn paths_are_percent_decoded() {
    let api = Api::new().await;
    api.form("POST", "/upstreams", "name=a.b").await.is(201);
    api.get("/upstreams/a%2Eb").await.is(200);
    api.form("POST", "/upstreams/a.b/targets", "target=a.example:8443").await.is(201);
    api.get("/upstreams/a.b/targets/a.example%3A8443").await.is(200);
    api.get("/upstreams/%ff").await.is(400);
}

#[tokio::test]
async fn an_acknowledged_write_is_there_after_a_kill() {
    let api = Api::new().await;
    let written = api.form("POST", "/upstreams", "name=one").await.is(201);
    let api = api.restart().await;
    assert_eq!(api.get("/upstreams/one").await.is(200), written);
}

//! Consumers and client keys over HTTP.

use serde_json::{Value, json};

use super::{Answer, Api, request};

#[tokio::test]
async fn a_key_is_shown_in_the_answer_that_makes_it_and_never_again() {
    let api = Api::new().await;
    api.form("POST", "/consumers", "name=shop").await.is(201);
    let made = api.form("POST", "/consumers/shop/keys", "name=web").await.is(201);
    let key = made["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("sw-") && key.len() == 67, "{key}");
    let put = api.form("PUT", "/consumers/shop/keys/app", "").await.is(201);
    assert!(put["key"].is_string() && put["key"] != made["key"], "whatever makes one shows it");
    let id = made["id"].as_str().unwrap();
    for answer in [
        api.get("/consumers/shop/keys/web").await,
        api.get(&format!("/consumers/shop/keys/{id}")).await,
        api.get("/consumers/shop/keys").await,
        api.get("/consumers/shop").await,
        api.form("PATCH", "/consumers/shop/keys/web", "tags=a").await,
        api.form("PUT", "/consumers/shop/keys/web", "tags=b").await,
        api.form("POST", "/consumers/shop/keys", "name=web").await,
    ] {
        let Answer { text, headers, .. } = answer;
        assert!(!text.contains(&key[3..]) && !text.contains("hash") && !text.contains("\"key\""), "{text}");
        assert!(!format!("{headers:?}").contains(&key[3..]));
    }
}

#[tokio::test]
async fn what_was_read_may_be_written_back_but_no_secret_may() {
    let api = Api::new().await;
    api.form("POST", "/consumers", "name=shop").await.is(201);
    let made = api.form("POST", "/consumers/shop/keys", "name=web").await.is(201);
    let read = api.get("/consumers/shop/keys/web").await.is(200);
    let back = api.json("PUT", "/consumers/shop/keys/web", &read.to_string()).await.is(200);
    assert_eq!(back, read);
    for field in ["key", "hash", "secret", "limits", "budget"] {
        let body = json!({ field: made["key"] }).to_string();
        let refused = api.json("PATCH", "/consumers/shop/keys/web", &body).await.is(400);
        assert!(refused["fields"][field].as_str().unwrap().starts_with("unknown field"), "{refused}");
        assert!(!refused.to_string().contains(made["key"].as_str().unwrap()), "a secret is not repeated");
    }
}

#[tokio::test]
async fn the_conventions_hold_for_consumers_and_keys() {
    let api = Api::new().await;
    let shop = api.form("POST", "/consumers", "name=shop&tags[]=a").await.is(201);
    api.form("POST", "/consumers", "name=shop").await.is(409);
    api.form("POST", "/consumers", "nam=x").await.is(400);
    api.get("/consumers/nobody").await.is(404);
    api.form("POST", "/consumers/nobody/keys", "name=x").await.is(404);
    api.get("/consumers/nobody/keys").await.is(404);
    api.delete("/consumers/nobody/keys/x").await.is(404);
    assert_eq!(api.get("/consumers?tags=a").await.is(200)["data"][0]["id"], shop["id"]);
    assert_eq!(api.get("/consumers?tags=b").await.is(200)["data"], json!([]));
    for number in 0..3 {
        api.form("POST", "/consumers/shop/keys", &format!("name=k{number}")).await.is(201);
    }
    let page = api.get("/consumers/shop/keys?size=2").await.is(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let rest = api.get(page["next"].as_str().unwrap()).await.is(200);
    assert_eq!((rest["data"][0]["name"].as_str(), &rest["next"]), (Some("k2"), &Value::Null));
    let tagged = api.get("/consumers/shop/keys/k0").await;
    let tag = tagged.header("etag").to_owned();
    let patch = |tag: &str| {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        request("PATCH", "/consumers/shop/keys/k0", &headers, r#"{"enabled": false}"#)
    };
    api.send(patch("\"stale\"")).await.is(412);
    assert_eq!(api.send(patch(&tag)).await.is(200)["enabled"], false);
    api.delete("/consumers/shop/keys/k1").await.is(204);
    api.delete("/consumers/shop/keys/k1").await.is(204);
    api.delete("/consumers/shop").await.is(204);
    api.get("/consumers/shop/keys").await.is(404);
    assert_eq!(api.get("/").await.is(200)["links"]["consumers"], "/consumers");
    for entity in ["consumer", "consumers", "client_key", "keys"] {
        let schema = api.get(&format!("/schemas/{entity}")).await.is(200);
        assert!(schema["properties"].get("hash").is_none() && schema["properties"].get("key").is_none());
    }
}

#[tokio::test]
async fn the_first_key_warns_of_hosts_that_got_the_clients_own() {
    let api = Api::new().await;
    api.form("POST", "/upstreams", "name=ai").await.is(201);
    api.form("POST", "/upstreams/ai/targets", "target=a.example:443").await.is(201);
    api.form("POST", "/consumers", "name=shop").await.is(201);
    let made = api.form("POST", "/consumers/shop/keys", "name=web").await.is(201);
    let warning = made["warnings"][0].as_str().unwrap();
    assert!(warning.contains("ai/a.example:443") && warning.contains("credential"), "{warning}");
}

#[tokio::test]
async fn a_key_is_there_after_a_kill() {
    let api = Api::new().await;
    api.form("POST", "/consumers", "name=shop").await.is(201);
    let mut made = api.form("POST", "/consumers/shop/keys", "name=web").await.is(201);
    made.as_object_mut().unwrap().remove("key");
    let api = api.restart().await;
    assert_eq!(api.get("/consumers/shop/keys/web").await.is(200), made);
}

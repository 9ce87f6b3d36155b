//! Providers and credentials over the Admin API: written, read masked, ordered, and shown as the ledger has them.

use std::{collections::HashMap, fs};

use config::Kind;
use serde_json::{Value, json};

use super::{Answer, Api, FORM, nobody_asked, open_access, request};

const SECRET: &str = "sk-live-0123456789abcdef";

impl Api {
    async fn provider(&self, body: Value) -> Value {
        self.json("POST", "/providers", &body.to_string()).await.is(201)
    }

    async fn key(&self, provider: &str, body: Value) -> Value {
        self.json("POST", &format!("/providers/{provider}/credentials"), &body.to_string()).await.is(201)
    }

    async fn with_tag(&self, method: &str, path: &str, tag: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        self.send(request(method, path, &headers, body)).await
    }

    async fn order(&self) -> Value {
        self.get("/providers/order").await.is(200)["providers"].clone()
    }
}

#[tokio::test]
async fn a_provider_and_its_credentials_live_from_201_to_204() {
    let api = Api::new().await;
    let made =
        api.form("POST", "/providers", "name=groq&kind=groq&models[]=small&models[]=large").await.is(201);
    assert_eq!(
        made["models"][0],
        json!({"id": "small", "context_window": null, "capabilities": null, "default_credential": null})
    );
    assert_eq!(
        (&made["rank"], &made["status"], &made["key_count"]),
        (&json!(1), &json!("abnormal"), &json!(0))
    );
    assert!(made["reason"].as_str().unwrap().contains("no credential"), "{made}");

    let body = format!("name=prod&secret={SECRET}&weight=200&overrides.headers.x-team=ai&tags[]=a");
    let key = api.form("POST", "/providers/groq/credentials", &body).await.is(201);
    assert_eq!(
        (&key["secret"], &key["state"], &key["default"]),
        (&json!("••••cdef"), &json!("normal"), &json!(true))
    );
    assert_eq!((&key["weight"], &key["provider"]["name"]), (&json!(200), &json!("groq")));
    let read = api.get("/providers/groq").await.is(200);
    assert_eq!(
        (&read["status"], &read["key_count"], &read["reason"]),
        (&json!("enabled"), &json!(1), &Value::Null)
    );
    assert_eq!(read["default_credential"]["name"], "prod");

    let flat = json!({"provider": "groq", "name": "spare", "secret": "env:SPARE"});
    let flat = api.json("POST", "/credentials", &flat.to_string()).await;
    let flat = flat.is(201);
    assert_eq!(
        (&flat["rank"], &flat["state"], &flat["secret"]),
        (&json!(2), &json!("error"), &json!("env:SPARE"))
    );
    assert!(flat["cause"].as_str().unwrap().contains("SPARE is not set"), "{flat}");
    for path in ["/credentials/spare", "/credentials/groq%2Fspare", "/providers/groq/credentials/spare"] {
        assert_eq!(api.get(path).await.is(200)["id"], flat["id"], "{path}");
    }
    assert_eq!(api.get("/credentials?tags=a").await.is(200)["data"].as_array().unwrap().len(), 1);
    assert!(api.get("/credentials?size=1").await.is(200)["next"].as_str().unwrap().contains("offset="));

    api.json("PUT", "/providers/groq/credentials/third", r#"{"secret":"env:X","rank":1}"#).await.is(201);
    let names: Vec<Value> = api.get("/credentials").await.is(200)["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["name"], it["rank"]]))
        .collect();
    assert_eq!(json!(names), json!([["prod", 2], ["spare", 3], ["third", 1]]));
    api.delete("/credentials/spare").await.is(204);
    let used = api.delete("/providers/groq/credentials/prod").await.is(409);
    assert_eq!(used["fields"]["@referenced_by"], json!(["provider groq"]));
    let gone = api.delete("/providers/groq/credentials/prod?force=true").await;
    assert!(gone.header("x-spillway-warning").contains("provider groq"), "{:?}", gone.headers);
    gone.is(204);
    assert_eq!(api.get("/providers/groq").await.is(200)["default_credential"]["name"], "third");
    api.delete("/providers/groq?force=maybe").await.is(400);
    api.delete("/providers/groq").await.is(204);
    assert_eq!(api.get("/credentials").await.is(200)["data"], json!([]), "its credentials went along");
}

#[tokio::test]
async fn what_was_read_of_providers_and_credentials_may_be_written_back() {
    let api = Api::new().await;
    api.provider(json!({"name": "p", "kind": "groq", "models": ["m"]})).await;
    api.key("p", json!({"name": "k", "secret": SECRET})).await;
    for path in ["/providers/p", "/providers/p/credentials/k", "/credentials/k"] {
        let read = api.get(path).await.is(200);
        let revision = api.control.view().revision;
        for method in ["PATCH", "PUT"] {
            assert_eq!(api.json(method, path, &read.to_string()).await.is(200), read, "{method} {path}");
        }
        assert_eq!(api.control.view().revision, revision, "nothing is different, so nothing is written");
    }
}

#[tokio::test]
async fn the_order_is_one_operation_with_one_revision() {
    let api = Api::new().await;
    for name in ["a", "b", "c"] {
        api.provider(json!({"name": name, "kind": "groq"})).await;
    }
    let read = api.get("/providers/order").await;
    let tag = read.header("etag").to_owned();
    assert_eq!(read.is(200), json!({"providers": ["a", "b", "c"]}));
    assert_eq!(api.get("/providers").await.header("etag"), tag, "one revision for both");

    let set = api.with_tag("PUT", "/providers/order", &tag, r#"{"providers":["c","a","b"]}"#).await;
    assert_ne!(set.header("etag"), tag);
    assert_eq!(set.is(200), json!({"providers": ["c", "a", "b"]}));
    api.with_tag("PUT", "/providers/order", &tag, r#"{"providers":["a","b","c"]}"#).await.is(412);
    assert_eq!(api.order().await, json!(["c", "a", "b"]));
    let moved = api.form("PATCH", "/providers/b", "rank=1").await.is(200);
    assert_eq!(moved["rank"], 1);
    assert_eq!(api.order().await, json!(["b", "c", "a"]));
    let ranks: Vec<Value> = api.get("/providers").await.is(200)["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["rank"].clone())
        .collect();
    assert_eq!(json!(ranks), json!([3, 1, 2]), "lists stay by age");
    for body in [r#"{"providers":["a","b"]}"#, r#"{"providers":["a","b","c","c"]}"#, r#"{"x":[]}"#, "{}"] {
        assert_eq!(api.json("PUT", "/providers/order", body).await.is(400)["code"], 2, "{body}");
    }
    let form = api.send(request(
        "PUT",
        "/providers/order",
        &[("content-type", FORM)],
        "providers[]=a&providers[]=b&providers[]=c",
    ));
    assert_eq!(form.await.is(200)["providers"], json!(["a", "b", "c"]));
    let api = api.restart().await;
    assert_eq!(api.order().await, json!(["a", "b", "c"]), "durable");
}

#[tokio::test]
async fn who_serves_instead_is_whom_default_would_pick() {
    let api = Api::new().await;
    for name in ["groq", "mistral"] {
        api.provider(json!({"name": name, "kind": name, "models": [format!("{name}-1")]})).await;
        api.key(name, json!({"name": "k", "secret": SECRET})).await;
    }
    let groq = async || api.get("/providers/groq").await.is(200);
    assert_eq!(groq().await["served_by"], Value::Null);
    api.form("PATCH", "/providers/groq/credentials/k", "enabled=false").await.is(200);
    let shown = groq().await;
    assert_eq!(
        (&shown["status"], &shown["reason"]),
        (&json!("abnormal"), &json!("its credentials are disabled"))
    );
    assert_eq!(shown["served_by"], json!({"provider": "mistral", "model": "mistral-1"}));
    api.form("PATCH", "/providers/groq/credentials/k", "enabled=true").await.is(200);
    assert_eq!(groq().await["status"], "enabled");
    api.form("PATCH", "/providers/groq", "enabled=false").await.is(200);
    let shown = groq().await;
    assert_eq!((&shown["status"], &shown["served_by"]["provider"]), (&json!("disabled"), &json!("mistral")));
    api.form("PATCH", "/providers/mistral", "enabled=false").await.is(200);
    assert_eq!(groq().await["served_by"], Value::Null, "nobody");
    api.form("PATCH", "/providers/mistral", "enabled=true").await.is(200);
    api.form("PATCH", "/upstreams/default", "enabled=false").await.is(200);
    assert_eq!(groq().await["served_by"], Value::Null, "nobody stands in while default is off");

    api.json("POST", "/routes", r#"{"name":"r","paths":["/r"],"provider":"groq"}"#).await.is(201);
    api.form("POST", "/upstreams", "name=u").await.is(201);
    api.form("POST", "/upstreams/u/targets", "provider=groq&model=m").await.is(201);
    api.json("POST", "/routes", r#"{"name":"q","paths":["/q"],"upstream":"u"}"#).await.is(201);
    assert_eq!(groq().await["api_count"], 2);
}

#[tokio::test]
async fn enabling_ends_what_is_held_against_a_credential() {
    let api = Api::new().await;
    api.provider(json!({"name": "p", "kind": "groq"})).await;
    for body in
        [json!({"enabled": true}), json!({"secret": "sk-another-0123456789"}), json!({"secret": SECRET})]
    {
        let key = api
            .json("PUT", "/providers/p/credentials/k", &json!({"secret": SECRET}).to_string())
            .await
            .value();
        reject(&api);
        let out = api.get("/credentials/k").await.is(200);
        assert_eq!((&out["state"], &out["cause"]), (&json!("error"), &json!("auth")), "{key}");
        let back = api.json("PATCH", "/credentials/k", &body.to_string()).await.is(200);
        assert_eq!(back["state"], "normal", "{body}");
    }
}

/// A vendor rejects the key.
fn reject(api: &Api) {
    let state = api.control.state();
    let (snapshot, now) = (state.snapshot.load_full(), state.clock.now());
    let upstream = snapshot.names["default"];
    let ask = balance::Ask {
        upstream,
        environment: balance::Environment::Production,
        model: None,
        same_model: false,
        needs: 0,
        hash: None,
        affinity: None,
        caller: None,
    };
    let mut balancer = state.balancer();
    let pick = balancer.pick(&ask, &balance::Attempts::new(now), now).unwrap();
    let outcome = balance::Outcome { kind: balance::Kind::KeyRejected, status: Some(401) };
    balancer.settle(pick.lease, outcome, state.clock.now());
}

#[tokio::test]
async fn no_secret_is_on_the_disk_or_in_any_answer() {
    let api = Api::new().await;
    api.provider(json!({"name": "p", "kind": "groq"})).await;
    let mut said = vec![api.key("p", json!({"name": "k", "secret": SECRET})).await.to_string()];
    let rejected = json!({"name": "k", "secret": "sk-rejected-0123456789", "rank": 0, "wait": 1});
    let answer = api.json("POST", "/providers/p/credentials", &rejected.to_string()).await;
    said.push(answer.is(400).to_string());
    let twice = json!({"name": "k", "secret": "sk-rejected-0123456789"});
    said.push(api.json("POST", "/providers/p/credentials", &twice.to_string()).await.is(409).to_string());
    for path in [
        "/providers",
        "/providers/p",
        "/credentials",
        "/providers/p/credentials/k",
        "/metrics",
        "/upstreams/default/health",
    ] {
        said.push(api.get(path).await.text);
    }
    for file in fs::read_dir(api.dir.path()).unwrap() {
        said.push(String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()).into_owned());
    }
    for text in said {
        assert!(!text.contains("sk-live") && !text.contains("sk-rejected"), "{text}");
    }
}

#[tokio::test]
async fn a_lost_master_key_is_said_and_mended_by_writing_the_secret_again() {
    let api = Api::new().await;
    api.provider(json!({"name": "p", "kind": "groq"})).await;
    api.key("p", json!({"name": "k", "secret": SECRET})).await;
    let api = api.restart().await;
    assert_eq!(api.get("/credentials/k").await.is(200)["state"], "normal", "the key file opens it");

    let Api { router, control, dir, .. } = api;
    drop((router, control));
    fs::remove_file(dir.path().join("master.key")).unwrap();
    let api = Api::start(dir, HashMap::new(), open_access(), nobody_asked()).await;
    let out = api.get("/credentials/k").await.is(200);
    assert_eq!((&out["state"], &out["secret"]), (&json!("error"), &json!("••••cdef")));
    assert!(out["cause"].as_str().unwrap().contains("SPILLWAY_MASTER_KEY"), "{out}");
    assert_eq!(api.get("/providers/p").await.is(200)["status"], "abnormal");
    let body = json!({"secret": SECRET}).to_string();
    assert_eq!(api.json("PATCH", "/credentials/k", &body).await.is(200)["state"], "normal");
    assert!(api.control.view().document.find(Kind::Credential, "k").is_some());
}
#[tokio::test]
async fn a_deletion_that_takes_much_along_is_answered_with_a_head_that_clients_read() {
    let api = Api::new().await;
    api.json("POST", "/providers", r#"{"name": "p", "kind": "groq"}"#).await.is(201);
    api.json("POST", "/upstreams", r#"{"name": "ai"}"#).await.is(201);
    for number in 0..30 {
        let target = format!(r#"{{"provider": {{"name": "p"}}, "model": "m{number}"}}"#);
        api.json("POST", "/upstreams/ai/targets", &target).await.is(201);
    }
    let answer = api.delete("/providers/p?force=true").await;
    let warnings: Vec<&str> =
        answer.headers.get_all("x-spillway-warning").iter().map(|it| it.to_str().unwrap()).collect();
    assert_eq!((answer.status, warnings.len()), (204, 21), "{warnings:?}");
    assert!(warnings[0].contains("is deleted with it"), "{warnings:?}");
    assert_eq!(warnings[20], "and 10 more of the kind");
}

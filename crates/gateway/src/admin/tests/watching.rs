//! What watching refuses, every wrong parameter with what it should be; and that a large diagram is quick.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Api, nobody_asked, open_access};
use crate::store::{Store, StoredRow, Write};

#[tokio::test]
async fn a_wrong_query_is_refused_with_everything_that_is_wrong_about_it() {
    let api = Api::new().await;
    let check = async |path: &str, fields: &[(&str, &str)]| {
        let refused = api.get(path).await.is(400);
        assert_eq!(refused["name"], "schema violation", "{path}: {refused}");
        let told = refused["fields"].as_object().unwrap();
        assert_eq!(told.len(), fields.len(), "{path}: {refused}");
        for (name, part) in fields {
            let message = told[*name].as_str().unwrap_or_default();
            assert!(message.contains(part), "{path}: {name}: {message}");
        }
    };
    check(
        "/requests?size=0&status=9xx&since=noon",
        &[
            ("size", "between 1 and 1000"),
            ("status", "'9xx' is not a status such as 429"),
            ("since", "2030-01-31T12:00:00Z"),
        ],
    )
    .await;
    check(
        "/requests?upstraem=a&offset=x&environment=test",
        &[
            ("upstraem", "unknown parameter; there are size, offset, upstream"),
            ("offset", "handed out"),
            ("environment", "production or sandbox"),
        ],
    )
    .await;
    check("/requests/some-id?verbose=1", &[("verbose", "there are none here")]).await;
    check(
        "/stats?by=colour&step=61&since=2099-01-01T00:00:00Z",
        &[
            ("by", "provider, model, credential, route"),
            ("step", "whole minutes"),
            ("since", "in the future"),
        ],
    )
    .await;
    check("/stats?step=60&since=2020-01-01T00:00:00Z", &[("since", "three hours")]).await;
    check("/stats?step=3600&since=2020-01-01T00:00:00Z", &[("since", "2160 steps ago")]).await;
    check("/stats?step=5400", &[("step", "not whole hours")]).await;
    check("/stats?step=420", &[("step", "not a part of an hour")]).await;
}

#[tokio::test]
async fn nothing_is_an_empty_list_and_what_is_not_there_is_not_found() {
    let api = Api::new().await;
    let list = api.get("/requests").await.is(200);
    assert_eq!((&list["data"], &list["next"]), (&json!([]), &Value::Null));
    assert_eq!(api.get("/stats?by=provider").await.is(200)["series"], json!([]));
    api.get("/requests/nobody").await.is(404);
}

/// What the dashboard is made for at most, with failover from each provider to all others.
#[tokio::test]
async fn the_diagram_of_two_hundred_providers_with_fifty_keys_each_is_there_at_once() {
    const PROVIDERS: usize = 200;
    const KEYS: usize = 50;
    let api = Api::new().await;
    let provider = json!({"name": "p", "kind": "groq", "models": ["m"]});
    api.json("POST", "/providers", &provider.to_string()).await.is(201);
    let key = json!({"name": "k", "secret": "env:KEY"});
    api.json("POST", "/providers/p/credentials", &key.to_string()).await.is(201);
    let Api { router, control, dir, .. } = api;
    drop((router, control));
    multiply(&dir, PROVIDERS, KEYS).await;
    let env = HashMap::from([("KEY".to_owned(), "sk-of-the-test".to_owned())]);
    let api = Api::start(dir, env, open_access(), nobody_asked()).await;

    let begun = Instant::now();
    let topology = api.get("/topology").await;
    let took = begun.elapsed();
    let topology = topology.is(200);
    let providers = topology["providers"].as_array().unwrap();
    assert_eq!(providers.len(), PROVIDERS);
    assert!(providers.iter().all(|it| it["credentials"].as_array().unwrap().len() == KEYS));
    assert!(providers.iter().all(|it| it["status"] == "enabled"), "{}", providers[0]);
    println!("/topology of {PROVIDERS} providers with {KEYS} keys: {took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}, even without optimisation and on a busy machine");
}

/// Makes many of the one provider and its one key in the store.
async fn multiply(dir: &TempDir, providers: usize, keys: usize) {
    let store = Store::open(dir.path()).await.unwrap();
    let (rows, revision) = store.load().await.unwrap();
    let of = |kind: &str| rows.iter().find(|it| it.kind == kind).unwrap().clone();
    let (provider, key) = (of("providers"), of("credentials"));
    let copy = |row: &StoredRow, name: String, rank: usize, parent: Option<Uuid>| {
        let mut value: Value = serde_json::from_str(&row.json).unwrap();
        let id = Uuid::now_v7();
        value["id"] = id.to_string().into();
        value["name"] = name.into();
        value["rank"] = rank.into();
        if let Some(parent) = parent {
            value["provider"]["id"] = parent.to_string().into();
        } else {
            value["default_credential"] = Value::Null;
        }
        StoredRow { id, parent: parent.or(row.parent), json: value.to_string(), ..row.clone() }
    };
    let mut writes = vec![
        Write::Delete { kind: "credentials".to_owned(), id: key.id },
        Write::Delete { kind: "providers".to_owned(), id: provider.id },
    ];
    for index in 1..=providers {
        let row = copy(&provider, format!("provider-{index}"), index, None);
        let id = row.id;
        writes.push(Write::Put(row));
        writes.extend((1..=keys).map(|rank| Write::Put(copy(&key, format!("key-{rank}"), rank, Some(id)))));
    }
    store.write(revision, &writes).await.unwrap();
    store.close().await;
}

//! `GET /audit`: who has done what, in the very transaction that did it, and never a secret.

use serde_json::{Value, json};

use crate::support::{Launch, Spillway, vendor};

const SECRET: &str = "sk-very-secret-0123456789abcdef";

#[tokio::test]
async fn every_acknowledged_write_is_in_it_after_a_kill() {
    let mut spillway = Spillway::start();
    for number in 0..20 {
        let made = spillway.json("POST", "/upstreams", &json!({"name": format!("u{number}")})).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    spillway.kill();
    spillway.start_again();
    let entries = entries(&spillway, "").await;
    let names: Vec<&str> = entries.iter().map(|it| it["name"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..20).rev().map(|number| format!("u{number}")).collect();
    assert_eq!(names, expected);
    for (entry, revision) in entries.iter().rev().zip(1..) {
        assert_eq!((&entry["revision"], &entry["outcome"]), (&json!(revision), &json!("done")), "{entry}");
        assert_eq!((&entry["act"], &entry["kind"]), (&json!("create"), &json!("upstream")), "{entry}");
        assert!(entry["who"]["address"].as_str().unwrap().starts_with("127.0.0.1:"), "{entry}");
        assert_eq!(entry["who"]["token"], false);
    }
}

#[tokio::test]
async fn fields_are_named_and_values_are_not() {
    let spillway = Spillway::start();
    let provider = json!({"name": "groq", "kind": "groq"});
    assert_eq!(spillway.json("POST", "/providers", &provider).await.status, 201);
    let key = json!({"name": "prod", "secret": SECRET});
    assert_eq!(spillway.json("POST", "/providers/groq/credentials", &key).await.status, 201);
    let patch = json!({"secret": format!("{SECRET}-new"), "weight": 7});
    assert_eq!(spillway.json("PATCH", "/providers/groq/credentials/prod", &patch).await.status, 200);
    let refused = json!({"secret": SECRET, "wieght": 7});
    assert_eq!(spillway.json("PATCH", "/providers/groq/credentials/prod", &refused).await.status, 400);
    spillway.upstream("ai", &[]).await;
    let health = json!({"healthchecks": {"active": {"http_path": "/private"}}});
    assert_eq!(spillway.json("PATCH", "/upstreams/ai", &health).await.status, 200);

    let all = entries(&spillway, "").await;
    assert_eq!(all[0]["fields"], json!(["healthchecks.active.http_path"]), "{:?}", all[0]);
    assert_eq!(all.len(), 6, "{all:#?}");
    assert_eq!((&all[2]["outcome"], &all[2]["status"]), (&json!("refused"), &json!(400)), "{:?}", all[2]);
    assert_eq!(
        (&all[2]["act"], &all[2]["name"], &all[2]["revision"]),
        (&json!("patch"), &json!("prod"), &Value::Null)
    );
    assert_eq!((&all[3]["kind"], &all[3]["fields"]), (&json!("credential"), &json!(["secret", "weight"])));
    let text = json!(all).to_string();
    assert!(!text.contains(SECRET) && !text.contains("/private"), "{text}");

    let of = async |query: &str| entries(&spillway, query).await.len();
    assert_eq!(of("?kind=credential").await, 3);
    assert_eq!(of("?kind=credential&outcome=done").await, 2);
    assert_eq!(of("?name=ai&act=patch").await, 1);
    assert_eq!(of("?since=2099-01-01T00:00:00Z").await, 0);
    let wrong = spillway.admin("GET", "/audit?outcome=maybe&who=me").await;
    assert_eq!(wrong.status, 400);
    let fields = wrong.json()["fields"].clone();
    assert!(fields["outcome"].is_string() && fields["who"].is_string(), "{fields}");

    let mut seen = 0;
    let mut next = Some("/audit?size=4".to_owned());
    while let Some(path) = next {
        let page = spillway.admin("GET", &path).await.json();
        seen += page["data"].as_array().unwrap().len();
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, 6);
}

#[tokio::test]
async fn a_secret_that_was_written_where_the_name_belongs_is_not_kept() {
    let spillway = Spillway::start();
    let provider = json!({"name": "groq", "kind": "groq"});
    assert_eq!(spillway.json("POST", "/providers", &provider).await.status, 201);
    let mistaken = json!({"name": SECRET, "secret": null});
    assert_eq!(spillway.json("POST", "/providers/groq/credentials", &mistaken).await.status, 400);
    let refused = entries(&spillway, "?outcome=refused").await;
    assert_eq!((&refused[0]["kind"], &refused[0]["act"]), (&json!("credential"), &json!("create")));
    let kept = spillway.everything_on_disk();
    assert!(!kept.windows(SECRET.len()).any(|it| it == SECRET.as_bytes()));
}

#[tokio::test]
async fn orders_are_in_it_and_so_is_who_holds_the_token() {
    let vendor = vendor("one").await;
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let path = format!("/upstreams/ai/targets/{}/unhealthy", vendor.addr());
    assert_eq!(spillway.admin("PUT", &path).await.status, 204);
    let entries = entries(&spillway, "?act=unhealthy").await;
    assert_eq!(entries[0]["name"], format!("ai/{}", vendor.addr()), "{entries:?}");
    assert_eq!((&entries[0]["kind"], &entries[0]["revision"]), (&json!("target"), &Value::Null));

    let locked = Launch::default().env("SPILLWAY_ADMIN_TOKEN", "the-token").start();
    let headers = [("authorization", "Bearer the-token"), ("content-type", "application/json")];
    let ask = async |method: &str, path: &str, body: &str| {
        simulator::client::request(locked.admin, method, path, &headers, body.as_bytes()).await.unwrap()
    };
    assert_eq!(ask("POST", "/upstreams", r#"{"name":"ai"}"#).await.status, 201);
    let answer = ask("GET", "/audit", "").await;
    assert_eq!(answer.json()["data"][0]["who"]["token"], true, "{}", answer.text());
    assert!(!answer.text().contains("the-token"));
}

async fn entries(spillway: &Spillway, query: &str) -> Vec<Value> {
    let answer = spillway.admin("GET", &format!("/audit{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].as_array().unwrap().clone()
}

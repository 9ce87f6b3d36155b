//! Targets: who they are, what they read as, when it is their turn.

use serde_json::{Value, json};

use super::{expect, violates};
use crate::support::{Launch, Spillway, vendor};

#[tokio::test]
async fn a_target_reads_with_every_default() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let made = spillway.form("POST", "/upstreams/ai/targets", &["target=api.example.com"]).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!(made["target"], "api.example.com:443", "without a port it is 443");
    assert_eq!((&made["weight"], &made["tier"], &made["backup"]), (&json!(100), &json!(0), &json!(false)));
    assert_eq!(
        (&made["model"], &made["credential"], &made["provider"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!((&made["environment"], &made["enabled"]), (&json!("any"), &json!(true)));
    assert_eq!(made["upstream"]["name"], "ai");
    assert_eq!(made["health"], "HEALTHY");
    assert_eq!(made["state"]["state"], "available");
}

#[tokio::test]
async fn the_same_host_and_port_is_the_same_target_however_it_is_written() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let first = spillway.form("POST", "/upstreams/ai/targets", &["target=API.example.com:443"]).await;
    assert_eq!(first.status, 201, "{}", first.text());
    for same in ["api.example.com", "api.example.com:443", "API.EXAMPLE.COM"] {
        let field = format!("target={same}");
        let again = spillway.form("POST", "/upstreams/ai/targets", &[&field, "weight=7"]).await;
        assert_eq!(
            (again.status, &again.json()["id"]),
            (200, &first.json()["id"]),
            "{same}: {}",
            again.text()
        );
    }
    let other = spillway.form("POST", "/upstreams/ai/targets", &["target=api.example.com:8443"]).await;
    assert_eq!(other.status, 201);
    let list = spillway.admin("GET", "/upstreams/ai/targets").await.json();
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_second_post_updates_what_it_says_and_keeps_the_rest() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let fields = ["target=a.example:443", "weight=200", "backup=true", "tags=x"];
    spillway.form("POST", "/upstreams/ai/targets", &fields).await;
    let again = spillway.form("POST", "/upstreams/ai/targets", &["target=a.example:443", "weight=50"]).await;
    let again = (again.status, again.json());
    assert_eq!((again.0, &again.1["weight"]), (200, &json!(50)));
    assert_eq!((&again.1["backup"], &again.1["tags"]), (&json!(true), &json!(["x"])), "{}", again.1);
}

#[tokio::test]
async fn the_same_target_may_be_in_two_upstreams() {
    let spillway = Spillway::start();
    for upstream in ["one", "two"] {
        spillway.upstream(upstream, &[]).await;
        let path = format!("/upstreams/{upstream}/targets");
        assert_eq!(spillway.form("POST", &path, &["target=a.example:443"]).await.status, 201);
    }
}

#[tokio::test]
async fn tier_and_backup_unsay_each_other_and_both_at_once_are_refused() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let path = "/upstreams/ai/targets/a.example:443";
    spillway.form("POST", "/upstreams/ai/targets", &["target=a.example:443", "tier=2"]).await;
    let turn = |value: &Value| (value["tier"].clone(), value["backup"].clone());
    let backup = expect(&spillway, 200, "PATCH", path, &json!({"backup": true})).await;
    assert_eq!(turn(&backup), (Value::Null, json!(true)));
    let regular = expect(&spillway, 200, "PATCH", path, &json!({"tier": 3})).await;
    assert_eq!(turn(&regular), (json!(3), json!(false)));
    let regular = expect(&spillway, 200, "PATCH", path, &json!({"backup": true})).await;
    assert_eq!(turn(&regular), (Value::Null, json!(true)));
    let regular = expect(&spillway, 200, "PATCH", path, &json!({"backup": false})).await;
    assert_eq!(turn(&regular), (json!(0), json!(false)));
    violates(&spillway, "PATCH", path, &json!({"tier": 1, "backup": true}), &["@entity"]).await;
}

#[tokio::test]
async fn a_target_is_one_of_host_and_provider() {
    let vendor = vendor("openai").await;
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-test")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("http://{}/v1", vendor.addr()))
        .start();
    spillway.upstream("ai", &[]).await;
    let path = "/upstreams/ai/targets";
    violates(&spillway, "POST", path, &json!({}), &["@entity"]).await;
    violates(&spillway, "POST", path, &json!({"target": "a.example", "provider": "openai"}), &["@entity"])
        .await;
    // A provider's targets are as many as are posted: repetition is weight.
    let body = json!({"provider": "openai", "model": "gpt-4o"});
    let one = expect(&spillway, 201, "POST", path, &body).await;
    let two = expect(&spillway, 201, "POST", path, &body).await;
    assert_ne!(one["id"], two["id"]);
    assert_eq!(one["provider"]["name"], "openai");
    let at = format!("{path}/{}", one["id"].as_str().unwrap());
    assert_eq!(spillway.admin("DELETE", &at).await.status, 204);
    assert_eq!(spillway.admin("GET", &at).await.status, 404);
}

#[tokio::test]
async fn addresses_that_no_vendor_has_are_refused() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    for target in [
        "169.254.169.254:80",
        "169.254.169.254",
        "[fe80::1]:443",
        "metadata.google.internal:80",
        "[::ffff:169.254.169.254]:80",
        "0xa9fea9fe:80",
        "2852039166:80",
        "a b:443",
        "a.example:0",
        "a.example:65536",
        "https://a.example",
        "a.example/path",
        "",
        "user@a.example:443",
    ] {
        let body = json!({ "target": target });
        let answer = spillway.json("POST", "/upstreams/ai/targets", &body).await;
        assert_eq!(answer.status, 400, "{target}: {}", answer.text());
    }
    for target in ["127.0.0.1:8080", "10.0.0.1", "[::1]:9000", "ollama:11434"] {
        let body = json!({ "target": target });
        let answer = spillway.json("POST", "/upstreams/ai/targets", &body).await;
        assert_eq!(answer.status, 201, "self-hosted models are fine: {target}: {}", answer.text());
    }
}

#[tokio::test]
async fn weights_are_whole_numbers_from_0_to_65535() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    for (weight, status) in
        [("0", 201), ("65535", 200), ("65536", 400), ("-1", 400), ("1.5", 400), ("x", 400)]
    {
        let field = format!("weight={weight}");
        let answer = spillway.form("POST", "/upstreams/ai/targets", &["target=a.example:443", &field]).await;
        assert_eq!(answer.status, status, "{weight}: {}", answer.text());
    }
}

#[tokio::test]
async fn put_of_a_host_is_that_host() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let path = "/upstreams/ai/targets/a.example:443";
    let made = expect(&spillway, 201, "PUT", path, &json!({"weight": 5})).await;
    assert_eq!((&made["target"], &made["weight"]), (&json!("a.example:443"), &json!(5)));
    let again = expect(&spillway, 200, "PUT", path, &json!({"target": "A.Example"})).await;
    assert_eq!((&again["id"], &again["weight"]), (&made["id"], &json!(100)));
    let path = "/upstreams/ai/targets/c.example:443";
    violates(&spillway, "PUT", path, &json!({"target": "d.example:443"}), &["target"]).await;
}

//! What a body may be, and what is said about one that is wrong.

use serde_json::json;

use super::{call, expect, violates};
use crate::support::Spillway;

#[tokio::test]
async fn json_form_and_multipart_say_the_same() {
    let spillway = Spillway::start();
    let as_json = expect(
        &spillway,
        201,
        "POST",
        "/upstreams",
        &json!({"name": "json", "slots": 500, "enabled": false, "tags": ["a", "b"],
            "healthchecks": {"active": {"timeout": 2.5, "healthy": {"http_statuses": [200, 204]}}}}),
    )
    .await;
    let fields = [
        "name=form",
        "slots=500",
        "enabled=false",
        "tags[]=a",
        "tags[]=b",
        "healthchecks.active.timeout=2.5",
        "healthchecks.active.healthy.http_statuses[1]=200",
        "healthchecks.active.healthy.http_statuses[2]=204",
    ];
    let answer = spillway.form("POST", "/upstreams", &fields).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let as_form = answer.json();

    let mut body = String::new();
    for field in fields {
        let (name, value) = field.split_once('=').unwrap();
        let value = if name == "name" { "parts" } else { value };
        body += &format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--XX--\r\n";
    let multipart = [("content-type", "multipart/form-data; boundary=XX")];
    let answer = call(&spillway, "POST", "/upstreams", &multipart, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let as_parts = answer.json();

    for field in ["slots", "enabled", "tags", "healthchecks"] {
        assert_eq!(as_json[field], as_form[field], "{field}");
        assert_eq!(as_json[field], as_parts[field], "{field}");
    }
    assert_eq!(as_form["slots"], 500);
    assert_eq!(as_form["enabled"], false);
    assert_eq!(as_form["tags"], json!(["a", "b"]));
    assert_eq!(as_form["healthchecks"]["active"]["timeout"], 2.5);
}

#[tokio::test]
async fn repeated_keys_make_an_array_and_a_single_one_does_too_where_the_field_is_one() {
    let spillway = Spillway::start();
    let answer = spillway.form("POST", "/upstreams", &["name=two", "tags=a", "tags=b"]).await;
    assert_eq!(answer.json()["tags"], json!(["a", "b"]), "{}", answer.text());
    let answer = spillway.form("POST", "/upstreams", &["name=one", "tags=a"]).await;
    assert_eq!(answer.json()["tags"], json!(["a"]), "{}", answer.text());
}

#[tokio::test]
async fn an_empty_form_value_is_null_and_null_resets_to_the_default() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &["slots=500", "host_header=api.example.com"]).await;
    let answer = spillway.form("PATCH", "/upstreams/ai", &["slots=", "host_header="]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["slots"], 10_000, "a field that cannot be null goes back to its default");
    assert!(answer.json()["host_header"].is_null(), "where null is a value it is one");
}

#[tokio::test]
async fn values_of_forms_are_percent_decoded_once() {
    let spillway = Spillway::start();
    let answer = spillway.form("POST", "/upstreams", &["name=ai", "tags=a%2Cb+c%2525"]).await;
    // A comma separates tags in queries, so no tag may hold one.
    assert_eq!(answer.status, 400, "{}", answer.text());
    let answer = spillway.form("POST", "/upstreams", &["name=ai", "tags=a%2Bb%2525"]).await;
    assert_eq!(answer.json()["tags"], json!(["a+b%25"]), "{}", answer.text());
}

#[tokio::test]
async fn all_violations_of_a_body_come_in_one_answer() {
    let spillway = Spillway::start();
    let error = violates(
        &spillway,
        "POST",
        "/upstreams",
        &json!({"name": "no spaces", "algorithm": "fastest", "slots": 5, "enabled": "maybe",
            "healthchecks": {"active": {"healthy": {"interval": -1}, "htttp_path": "/x"}}}),
        &[
            "name",
            "algorithm",
            "slots",
            "enabled",
            "healthchecks.active.healthy.interval",
            "healthchecks.active.htttp_path",
        ],
    )
    .await;
    let suggestion = error["fields"]["healthchecks"]["active"]["htttp_path"].as_str().unwrap();
    assert!(suggestion.contains("http_path"), "{suggestion}");

    spillway.upstream("ai", &[]).await;
    let error = violates(
        &spillway,
        "POST",
        "/upstreams/ai/targets",
        &json!({"target": "a.example:443", "weight": 65_536, "wieght": 1}),
        &["weight", "wieght"],
    )
    .await;
    assert_eq!(error["fields"]["weight"], "value should be between 0 and 65535");
    assert!(error["fields"]["wieght"].as_str().unwrap().contains("weight"), "{error}");
}

#[tokio::test]
async fn what_concerns_several_fields_stands_under_entity_beside_the_others() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let body = json!({"target": "a.example:443", "tier": 1, "backup": true, "weight": -1});
    let error = violates(&spillway, "POST", "/upstreams/ai/targets", &body, &["@entity", "weight"]).await;
    assert!(error["fields"]["@entity"].is_array(), "{error}");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_says_so() {
    let spillway = Spillway::start();
    let json = [("content-type", "application/json")];
    for (headers, body, status) in [
        (&json[..], "{\"name\":", 400),
        (&json[..], "[1]", 400),
        (&json[..], "\"name\"", 400),
        (&[("content-type", "text/plain")][..], "name=a", 415),
        (&[("content-type", "application/xml")][..], "<a/>", 415),
        (&[][..], "name=a", 415),
        (&[("content-type", "multipart/form-data")][..], "name=a", 400),
        (&[("content-type", "application/json"), ("content-encoding", "gzip")][..], "{}", 415),
    ] {
        for (method, path) in [("POST", "/upstreams"), ("PUT", "/upstreams/ai"), ("POST", "/routes")] {
            let answer = call(&spillway, method, path, headers, body).await;
            assert_eq!(answer.status, status, "{method} {path} {headers:?} {body}: {}", answer.text());
            assert!(answer.json()["message"].is_string(), "{}", answer.text());
            let content_type = answer.header("content-type").unwrap_or_default();
            assert!(content_type.starts_with("application/json"), "{content_type}");
        }
    }
    assert_eq!(spillway.admin("GET", "/upstreams/ai").await.status, 404, "nothing came of it");
}

#[tokio::test]
async fn content_types_are_told_by_their_essence() {
    let spillway = Spillway::start();
    for (name, content_type) in
        [("a", "Application/JSON; charset=utf-8"), ("b", "application/json;odata=verbose")]
    {
        let headers = [("content-type", content_type)];
        let answer =
            call(&spillway, "POST", "/upstreams", &headers, &json!({ "name": name }).to_string()).await;
        assert_eq!(answer.status, 201, "{content_type}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_body_too_large_is_a_413() {
    let spillway = Spillway::start();
    let body = json!({"name": "ai", "tags": ["x".repeat(2 << 20)]}).to_string();
    let answer = call(&spillway, "POST", "/upstreams", &[("content-type", "application/json")], &body).await;
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert!(answer.json()["message"].is_string());
}

#[tokio::test]
async fn a_field_given_twice_in_json_is_not_silently_one_of_them() {
    let spillway = Spillway::start();
    let body = r#"{"name": "ai", "slots": 100, "slots": 200}"#;
    let answer = call(&spillway, "POST", "/upstreams", &[("content-type", "application/json")], body).await;
    // JSON leaves it open; the last one wins, as in every common parser.
    assert_eq!((answer.status, &answer.json()["slots"]), (201, &json!(200)), "{}", answer.text());
}

#[tokio::test]
async fn a_part_that_calls_itself_json_is_a_value_as_it_stands() {
    let spillway = Spillway::start();
    let body = "--XX\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nai\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"retries\"\r\n\
        Content-Type: application/json\r\n\r\n{\"attempts\": 5}\r\n--XX--\r\n";
    let multipart = [("content-type", "multipart/form-data; boundary=XX")];
    let answer = call(&spillway, "POST", "/upstreams", &multipart, body).await;
    assert_eq!((answer.status, &answer.json()["retries"]["attempts"]), (201, &json!(5)), "{}", answer.text());
    let broken = body.replace("{\"attempts\"", "{attempts");
    let answer = call(&spillway, "POST", "/upstreams", &multipart, &broken).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}

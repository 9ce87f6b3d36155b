//! The path says which model is asked: every way to write it, every way around, and what is no path at all.

use serde_json::json;
use simulator::{Script, client, client::Connection};

use super::{chat_path, contents, member, path, refused, served_by};
use crate::support::{Spillway, scripted};

#[tokio::test]
async fn a_model_is_found_however_its_path_is_written() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    spillway.upstream("ai", &[]).await;
    member(&spillway, "ai", "one").await;
    let route = json!({"name": "alias", "models": ["smart:8b"], "upstream": "ai"});
    assert_eq!(spillway.json("POST", "/routes", &route).await.status, 201);
    let route = json!({"name": "prefixed", "paths": ["/team/a"], "upstream": "ai"});
    assert_eq!(spillway.json("POST", "/routes", &route).await.status, 201);
    for asked in [
        "/v1beta/models/one-1:generateContent",
        "/v1/models/one-1:generateContent",
        "/v1alpha/models/one-1:generateContent",
        "/models/one-1:generateContent",
        "/v1beta/models/one-1:generateContent/",
        "/v1beta/models/one/one-1:generateContent",
        "/v1beta/models/one%2Fone-1:generateContent",
        "/v1beta/models/one%2fone%2D1:generateContent",
        "/v1beta/models/ai:generateContent",
        "/v1beta/models/smart:8b:generateContent",
        "/v1beta/models/smart%3A8b:generateContent",
        "/v1beta/models/default:generateContent",
        "/ai/v1beta/models/anything:generateContent",
        "/ai/v1beta/models/a/b%2Fc:generateContent",
        "/team/a/v1beta/models/anything:generateContent",
    ] {
        let answer = spillway.post(asked, &contents()).await;
        assert_eq!(answer.status, 200, "{asked}: {}", answer.text());
        let attempt = one.log().pop().unwrap();
        assert_eq!(attempt.path, "/v1beta/models/one-1:generateContent", "{asked}");
    }
}

#[tokio::test]
async fn a_raw_host_is_asked_for_what_came() {
    let spillway = Spillway::start();
    let raw = scripted("raw", Script::good()).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &raw, &[]).await;
    for (asked, expected) in [
        ("/ai/v1beta/models/a/b%2Fc:countTokens", "/v1beta/models/a/b%2Fc:countTokens"),
        ("/ai/v1/models/x:generateContent?a=b", "/v1/models/x:generateContent"),
        ("/ai/v1beta/models/x:predict", "/v1beta/models/x:predict"),
        (
            "/ai/v1/projects/p/locations/l/publishers/google/models/x:generateContent",
            "/v1/projects/p/locations/l/publishers/google/models/x:generateContent",
        ),
    ] {
        spillway.post(asked, &contents()).await;
        assert_eq!(raw.log().pop().unwrap().path, expected, "{asked}");
    }
    client::get(spillway.proxy, "/ai/v1beta/models").await.unwrap();
    assert_eq!(raw.log().pop().unwrap().path, "/v1beta/models");
    // A model of its own stands in the path.
    spillway.upstream("fixed", &[]).await;
    spillway.target("fixed", &raw, &["model=org/m"]).await;
    spillway.post("/fixed/v1beta/models/x:generateContent", &contents()).await;
    assert_eq!(raw.log().pop().unwrap().path, "/v1beta/models/org%2Fm:generateContent");
}

#[tokio::test]
async fn a_model_is_told_where_a_target_wants_it_and_in_the_path_besides() {
    let spillway = Spillway::start();
    let raw = scripted("raw", Script::good()).await;
    for (name, location) in
        [("in-path", "path"), ("in-header", "header:x-model"), ("in-query", "query:model")]
    {
        spillway.upstream(name, &[]).await;
        spillway.target(name, &raw, &["model=org/m", &format!("model_location={location}")]).await;
        let body = json!({"model": "models/x", "contents": []});
        spillway.post(&format!("/{name}/v1beta/models/a/x:countTokens"), &body).await;
        let attempt = raw.log().pop().unwrap();
        assert_eq!(attempt.path, "/v1beta/models/org%2Fm:countTokens", "{location}");
        assert_eq!(attempt.query.as_deref(), (name == "in-query").then_some("model=org%2Fm"));
        assert_eq!(attempt.header("x-model"), (name == "in-header").then_some("org/m"));
        let sent: serde_json::Value = serde_json::from_slice(&attempt.body).unwrap();
        assert_eq!(
            sent,
            json!({"model": "models/org/m", "contents": []}),
            "the body does not contradict the path"
        );
    }
}

#[tokio::test]
async fn who_has_the_same_prompt_stays_with_the_same_vendor() {
    let spillway = Spillway::start();
    let (one, two) = (scripted("one", Script::good()).await, scripted("two", Script::good()).await);
    spillway.upstream("ai", &["affinity.key=prefix"]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &two, &[]).await;
    for _ in 0..4 {
        assert_eq!(spillway.post(&format!("/ai{}", chat_path("m", true)), &contents()).await.status, 200);
    }
    assert_eq!(one.log().len().max(two.log().len()), 4);
}

#[tokio::test]
async fn what_is_no_path_of_googles_is_refused_in_googles_words() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    for (asked, code, status, says) in [
        (path("", "generateContent"), 400, "INVALID_ARGUMENT", "names no model"),
        (path("one-1", "fooBar"), 404, "NOT_FOUND", "generateContent"),
        (path("one-1", "predict"), 404, "NOT_FOUND", "no route"),
        (path("..", "generateContent"), 404, "NOT_FOUND", "known: "),
        (path("%2e%2e", "generateContent"), 404, "NOT_FOUND", "known: "),
        (path("a%2F..%2Fb", "generateContent"), 400, "INVALID_ARGUMENT", "dot segments"),
        (path("a/../b", "generateContent"), 400, "INVALID_ARGUMENT", "dot segments"),
        (path("%00%0d%0a", "generateContent"), 404, "NOT_FOUND", "known: "),
        (path("%ff%fe", "generateContent"), 404, "NOT_FOUND", "known: "),
        (path("%", "generateContent"), 404, "NOT_FOUND", "known: "),
        (path("nobody/one-1", "generateContent"), 404, "NOT_FOUND", "known: "),
        (path("one-1%3AgenerateContent", "x"), 404, "NOT_FOUND", "generateContent"),
        (path(&"m".repeat(6000), "generateContent"), 404, "NOT_FOUND", "does not exist"),
        ("/v1beta/files".to_owned(), 404, "NOT_FOUND", "no route"),
        ("/v1beta/models/x/operations/y".to_owned(), 404, "NOT_FOUND", ""),
    ] {
        let answer = spillway.post(&asked, &contents()).await;
        let message = refused(&answer, code, status);
        assert!(message.contains(says), "{asked}: {message}");
    }
    for (body, says) in [("[]", "JSON object"), ("{", "JSON"), (r#"{"model":1,"model":2}"#, "`model`")] {
        let answer = client::post_json(spillway.proxy, &chat_path("one-1", true), &[], body).await.unwrap();
        assert!(refused(&answer, 400, "INVALID_ARGUMENT").contains(says), "{}", answer.text());
    }
    assert!(one.log().is_empty(), "nothing of it reached a vendor");
    // Bytes beyond ASCII in a path, as only a raw socket sends them.
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    let raw =
        b"POST /v1beta/models/\xff\xfe:generateContent HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}";
    connection.send_raw(raw).await.unwrap();
    let answer = String::from_utf8_lossy(&connection.read_raw(64).await.unwrap_or_default()).into_owned();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(!spillway.log().contains("panicked"));
}

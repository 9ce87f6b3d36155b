//! Keys as Google's callers send them: `x-goog-api-key`, `Authorization`, and in the query. None of ours goes to a vendor,
//! and none of anybody's into a log or an answer.

use serde_json::json;
use simulator::{Script, client, client::Response};

use super::{chat_path, contents, refused, served_by, text};
use crate::support::{Spillway, vendor};

async fn ask(spillway: &Spillway, path: &str, headers: &[(&str, &str)]) -> Response {
    client::post_json(spillway.proxy, path, headers, &contents().to_string()).await.unwrap()
}

async fn client_key(spillway: &Spillway, fields: serde_json::Value) -> String {
    spillway.json("POST", "/consumers", &json!({"name": "shop"})).await;
    let mut body = json!({"name": format!("key-{}", fields.to_string().len())});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let made = spillway.json("POST", "/consumers/shop/keys", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_key_opens_wherever_google_has_a_place_for_it_and_goes_nowhere() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    spillway.upstream("ai", &[]).await;
    let raw = vendor("raw").await;
    spillway.target("ai", &raw, &[]).await;
    let key = client_key(&spillway, json!({})).await;
    let bearer = format!("Bearer {key}");
    for (base, at) in [("", &one), ("/ai", &raw)] {
        let path = |stream: bool, more: &str| {
            let path = format!("{base}{}", chat_path("one-1", stream));
            let join = if more.is_empty() {
                ""
            } else if stream {
                "&"
            } else {
                "?"
            };
            format!("{path}{join}{more}")
        };
        let in_query = format!("key={key}");
        for (path, headers) in [
            (path(true, ""), vec![("x-goog-api-key", key.as_str())]),
            (path(false, ""), vec![("authorization", bearer.as_str())]),
            (path(true, &in_query), vec![]),
            (path(false, &in_query.replace("key", "k%65y")), vec![]),
            (path(false, &in_query), vec![("x-goog-api-key", "AIza-another-key-of-the-client")]),
        ] {
            let answer = ask(&spillway, &path, &headers).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert!(text(&answer).ends_with("heard: Hello, vendor."));
            let attempt = at.log().pop().unwrap();
            let query = path.contains("stream").then_some("alt=sse");
            assert_eq!(attempt.query.as_deref(), query, "the key is taken out, the rest stays");
            let sent = attempt.credential.is_some();
            assert_eq!(sent, base.is_empty(), "the operator's key, or none: never the client's");
        }
    }
    let unknown = "sw-0000000000000000000000000000000000000000000000000000000000000000";
    for answer in [
        ask(&spillway, &chat_path("one-1", false), &[]).await,
        ask(&spillway, &format!("{}&key={unknown}", chat_path("one-1", true)), &[]).await,
        ask(&spillway, &format!("{}?key=AIza-somebody", chat_path("one-1", false)), &[]).await,
        client::get(spillway.proxy, &format!("/v1beta/models?key={unknown}")).await.unwrap(),
    ] {
        refused(&answer, 401, "UNAUTHENTICATED");
        assert!(!answer.text().contains(unknown));
    }
    let list = client::get(spillway.proxy, &format!("/v1beta/models?key={key}")).await.unwrap();
    assert_eq!(list.json()["models"][0]["name"], "models/one-1", "{}", list.text());

    let told = [
        spillway.log(),
        spillway.admin("GET", "/requests").await.text(),
        spillway.admin("GET", "/metrics").await.text(),
        String::from_utf8_lossy(&spillway.everything_on_disk()).into_owned(),
    ];
    for secret in [key.as_str(), unknown, "AIza-another-key-of-the-client", "AIza-somebody"] {
        assert!(told.iter().all(|it| !it.contains(secret)), "no key is written down");
    }
}

#[tokio::test]
async fn a_key_of_googles_passes_to_raw_hosts_only_and_only_while_nobody_needs_ours() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    spillway.upstream("ai", &[]).await;
    let raw = vendor("raw").await;
    spillway.target("ai", &raw, &[]).await;
    let (own, token) = ("AIza-the-clients-own", "ya29.token");
    let in_query = format!("&key={own}&access_token={token}&x=%20");
    let path = format!("{}{in_query}", chat_path("one-1", true));
    assert_eq!(ask(&spillway, &path, &[("x-goog-user-project", "p")]).await.status, 200);
    let attempt = one.log().pop().unwrap();
    assert_eq!(attempt.query.as_deref(), Some("alt=sse&x=%20"));
    assert_eq!(attempt.credential, Some("sk-one-0123456789".into()));
    assert!(attempt.header("x-goog-user-project").is_none(), "an account belongs to the key beside it");

    assert_eq!(ask(&spillway, &format!("/ai{path}"), &[("x-goog-user-project", "p")]).await.status, 200);
    let attempt = raw.log().pop().unwrap();
    assert_eq!(attempt.credential, Some(own.into()), "a raw host gets the client's own");
    assert_eq!(attempt.path, "/v1beta/models/one-1:streamGenerateContent");
    assert!(attempt.header("x-goog-user-project").is_some());
    assert_eq!(
        ask(&spillway, &format!("/ai{}", chat_path("m", false)), &[("x-goog-api-key", own)]).await.status,
        200
    );
    assert_eq!(raw.log().pop().unwrap().credential, Some(own.into()));

    let meant_for_us = format!("/ai{}&key=sw-misspelt", chat_path("m", true));
    refused(&ask(&spillway, &meant_for_us, &[]).await, 401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_key_for_certain_models_is_held_to_the_model_in_the_path() {
    let (spillway, one) = served_by("gemini", Script::good()).await;
    let key = client_key(&spillway, json!({"models": ["one-1"]})).await;
    let headers = [("x-goog-api-key", key.as_str())];
    assert_eq!(ask(&spillway, &chat_path("one-1", true), &headers).await.status, 200);
    let denied = ask(&spillway, &chat_path("one%2Fone-1", false), &headers).await;
    assert!(refused(&denied, 403, "PERMISSION_DENIED").contains("one-1"));
    assert_eq!(one.log().len(), 1);
}

//! Client keys: given out once, wanted as soon as there is one, recognised however an SDK sends them, passed on to nobody.

mod limits;
mod secrets;

use serde_json::{Value, json};
use simulator::{
    Vendor,
    client::{self, Response},
};

use crate::support::{Launch, Spillway, calls, chat, until, vendor};

/// What every SDK may put a key into.
const STYLES: [(&str, &str); 5] = [
    ("authorization", "Bearer "),
    ("authorization", "bearer  "),
    ("x-api-key", ""),
    ("api-key", ""),
    ("x-goog-api-key", ""),
];

// === Helpers ===

/// A gateway with a raw host behind `/ai/v1`.
async fn gateway() -> (Spillway, Vendor) {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    (spillway, one)
}

/// Makes a key of the consumer `shop`, and the consumer where it is missing.
async fn make_key(spillway: &Spillway, name: &str, fields: Value) -> String {
    spillway.json("POST", "/consumers", &json!({"name": "shop"})).await;
    let mut body = json!({ "name": name });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let made = spillway.json("POST", "/consumers/shop/keys", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["key"].as_str().unwrap().to_owned()
}

async fn ask(spillway: &Spillway, path: &str, headers: &[(&str, &str)], body: &Value) -> Response {
    client::post_json(spillway.proxy, path, headers, &body.to_string()).await.expect("the proxy answers")
}

/// A chat through `/ai/v1` with this key.
async fn chat_with(spillway: &Spillway, key: &str) -> Response {
    let bearer = format!("Bearer {key}");
    ask(spillway, "/ai/v1/chat/completions", &[("authorization", &bearer)], &chat(false)).await
}

#[track_caller]
fn refused(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (status, &json!(code)), "{}", answer.text());
}

// === Who gets in ===

#[tokio::test]
async fn as_soon_as_a_key_exists_the_proxy_wants_one() {
    let (spillway, one) = gateway().await;
    assert_eq!(spillway.chat("ai").await.status, 200, "nobody has been given a key yet");
    let key = make_key(&spillway, "web", json!({})).await;
    let without = spillway.chat("ai").await;
    refused(&without, 401, "invalid_api_key");
    assert_eq!(without.header("www-authenticate"), Some("Bearer"));
    assert_eq!(without.header("x-should-retry"), Some("false"));
    for style in ["authorization", "x-api-key"] {
        let headers = [(style, "Bearer sk-somebody-elses")];
        refused(
            &ask(&spillway, "/ai/v1/chat/completions", &headers, &chat(true)).await,
            401,
            "invalid_api_key",
        );
    }
    assert_eq!(calls(&one), 1, "nothing of it reached the vendor");
    assert_eq!(chat_with(&spillway, &key).await.status, 200);
    let gone = spillway.admin("DELETE", "/consumers/shop/keys/web").await;
    assert_eq!(gone.status, 204);
    let warning = gone.header("x-spillway-warning").unwrap_or_default();
    assert!(warning.contains("last client key"), "the door stands open now: {warning}");
    refused(&chat_with(&spillway, &key).await, 401, "invalid_api_key");
    assert_eq!(spillway.chat("ai").await.status, 200, "on loopback nobody needs what nobody has");
    assert_eq!(calls(&one), 3);
}

#[tokio::test]
async fn a_key_is_recognised_in_every_header_that_sdks_use() {
    let (spillway, one) = gateway().await;
    let key = make_key(&spillway, "web", json!({})).await;
    for (name, scheme) in STYLES {
        let value = format!("{scheme}{key}");
        let answer = ask(&spillway, "/ai/v1/chat/completions", &[(name, &value)], &chat(false)).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    let both = [("authorization", "Bearer sk-other"), ("x-api-key", &*key)];
    assert_eq!(ask(&spillway, "/ai/v1/chat/completions", &both, &chat(false)).await.status, 200);
    for attempt in one.log() {
        assert_eq!(attempt.credential, None, "neither ours nor what came with it");
        for name in ["authorization", "x-api-key", "api-key", "x-goog-api-key"] {
            assert_eq!(attempt.header(name), None, "{name}");
        }
    }
}

#[tokio::test]
async fn anthropics_clients_are_refused_in_their_own_words() {
    let (spillway, _one) = gateway().await;
    make_key(&spillway, "web", json!({})).await;
    let message = json!({"model": "m", "max_tokens": 1, "messages": []});
    for path in ["/v1/messages", "/ai/v1/messages"] {
        let answer = ask(&spillway, path, &[("x-api-key", "sw-wrong")], &message).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["type"]), (401, &json!("error")));
        assert_eq!(body["error"]["type"], "authentication_error");
        assert_eq!(body["error"]["code"], "invalid_api_key");
    }
}

#[tokio::test]
async fn whoever_is_refused_in_the_middle_of_a_large_body_can_read_why() {
    let (spillway, one) = gateway().await;
    make_key(&spillway, "web", json!({})).await;
    let mut connection = client::Connection::connect(spillway.proxy).await.unwrap();
    let head = "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 8000000\r\n\r\n";
    connection.send_raw(&[head.as_bytes(), &vec![b' '; 8_000_000]].concat()).await.unwrap();
    let answer = connection.response().await.unwrap();
    refused(&answer, 401, "invalid_api_key");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(one.log().is_empty());
}

#[tokio::test]
async fn what_needs_no_key_is_the_root_alone() {
    let (spillway, _one) = gateway().await;
    make_key(&spillway, "web", json!({})).await;
    for method in ["GET", "HEAD"] {
        assert_eq!(client::request(spillway.proxy, method, "/", &[], b"").await.unwrap().status, 200);
    }
    for path in ["/v1/models", "/v1/models/ai", "/ai/v1/models", "/nowhere", "/ai/v1/chat/completions"] {
        assert_eq!(client::get(spillway.proxy, path).await.unwrap().status, 401, "{path}");
    }
}

#[tokio::test]
async fn switching_off_expiry_and_deletion_are_in_force_for_the_very_next_request() {
    let (spillway, _one) = gateway().await;
    make_key(&spillway, "other", json!({})).await;
    let key = make_key(&spillway, "web", json!({})).await;
    let change = async |fields: Value| {
        let answer = spillway.json("PATCH", "/consumers/shop/keys/web", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    for round in 0..20 {
        assert_eq!(chat_with(&spillway, &key).await.status, 200, "{round}");
        change(json!({"enabled": false})).await;
        refused(&chat_with(&spillway, &key).await, 401, "invalid_api_key");
        change(json!({"enabled": true})).await;
    }
    change(json!({"expires_at": "2001-01-01T00:00:00Z"})).await;
    let expired = chat_with(&spillway, &key).await;
    refused(&expired, 401, "invalid_api_key");
    assert!(expired.text().contains("expired"), "{}", expired.text());
    change(json!({"expires_at": "2999-01-01T00:00:00Z"})).await;
    assert_eq!(chat_with(&spillway, &key).await.status, 200);
    assert_eq!(spillway.admin("DELETE", "/consumers/shop").await.status, 204);
    make_key(&spillway, "new", json!({})).await;
    refused(&chat_with(&spillway, &key).await, 401, "invalid_api_key");
}

#[tokio::test]
async fn a_key_runs_out_by_itself() {
    let (spillway, _one) = gateway().await;
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(3);
    let unix = soon.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let key = make_key(&spillway, "web", json!({"expires_at": rfc3339(unix)})).await;
    until("the key has run out", || async { chat_with(&spillway, &key).await.status == 401 }).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now >= unix, "not before its time");
    assert_eq!(spillway.chat("ai").await.status, 401, "a key that has run out is still one that exists");
}

#[tokio::test]
async fn an_open_proxy_asks_nobody_but_holds_whoever_brings_a_key_to_it() {
    let spillway = Launch::default().env("SPILLWAY_PROXY_AUTH", "open").start();
    let one = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let key = make_key(&spillway, "web", json!({"models": ["fast"]})).await;
    assert_eq!(spillway.chat("ai").await.status, 200);
    refused(&chat_with(&spillway, &key).await, 403, "permission_denied");
    assert_eq!(chat_with(&spillway, "sk-own").await.status, 200);
    let seen: Vec<_> = one.log().iter().map(|it| it.credential.clone()).collect();
    assert_eq!(seen, [None, Some("sk-own".into())], "a vendor's own key passes through as before");
    spillway.json("PATCH", "/consumers/shop/keys/web", &json!({"enabled": false})).await;
    refused(&chat_with(&spillway, &key).await, 401, "invalid_api_key");
    // A key that is no more, or misspelt, is still none of a vendor's business.
    spillway.admin("DELETE", "/consumers/shop").await;
    for (name, value) in [
        ("authorization", format!("Bearer {key}")),
        ("authorization", key.clone()),
        ("authorization", format!("Bearer {}", &key[..key.len() - 1])),
        ("x-api-key", format!("{key}0")),
    ] {
        let answer = ask(&spillway, "/ai/v1/chat/completions", &[(name, &value)], &chat(false)).await;
        refused(&answer, 401, "invalid_api_key");
    }
    assert_eq!(calls(&one), 2);
}

// === Where the proxy listens ===

#[tokio::test]
async fn a_proxy_that_others_can_reach_starts_once_there_is_a_key_and_stays_shut_without() {
    let (mut spillway, one) = gateway().await;
    spillway.kill();
    spillway.listen_again("0.0.0.0:0");
    let refused_to_start = spillway.try_start_again().unwrap_err();
    assert!(refused_to_start.contains("POST /consumers/NAME/keys"), "{refused_to_start}");
    assert!(refused_to_start.contains("--proxy-auth open"), "{refused_to_start}");

    spillway.listen_again("127.0.0.1:0");
    spillway.start_again();
    let key = make_key(&spillway, "web", json!({})).await;
    spillway.kill();
    spillway.listen_again("0.0.0.0:0");
    spillway.start_again();
    refused(&spillway.chat("ai").await, 401, "invalid_api_key");
    assert_eq!(chat_with(&spillway, &key).await.status, 200);
    assert_eq!(spillway.admin("DELETE", "/consumers/shop/keys/web").await.status, 204);
    for _ in 0..3 {
        refused(&spillway.chat("ai").await, 401, "invalid_api_key");
    }
    refused(&chat_with(&spillway, &key).await, 401, "invalid_api_key");
    assert_eq!(calls(&one), 1, "what others can reach does not open because its last key is gone");
}

// === Durability ===

#[tokio::test]
async fn a_key_that_was_shown_opens_after_kill_9() {
    let (mut spillway, _one) = gateway().await;
    let mut keys = Vec::new();
    for round in 0..3 {
        keys.push(make_key(&spillway, &format!("k{round}"), json!({})).await);
        spillway.kill();
        spillway.start_again();
        for key in &keys {
            assert_eq!(chat_with(&spillway, key).await.status, 200, "{round}");
        }
        assert_eq!(spillway.chat("ai").await.status, 401);
    }
}

/// Of Unix seconds (Howard Hinnant's days-to-civil).
fn rfc3339(unix: u64) -> String {
    let (days, rest) = (unix / 86_400 + 719_468, unix % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

//! A key's secret is in one answer and nowhere else, whatever is asked, logged, stored or sent; and nothing that somebody
//! sends instead of one does any harm.

use serde_json::json;
use simulator::client::Connection;

use super::{STYLES, ask, chat_with, gateway, make_key};
use crate::support::{chat, scripted};

#[tokio::test]
async fn no_key_that_was_ever_made_is_found_anywhere_again() {
    let (mut spillway, one) = gateway().await;
    let broken = scripted("broken", simulator::Script::always([simulator::Step::status(500)])).await;
    spillway.upstream("broken", &[]).await;
    spillway.target("broken", &broken, &[]).await;
    let mut keys = Vec::new();
    for (name, fields) in [
        ("web", json!({})),
        ("sandbox", json!({"environment": "sandbox"})),
        ("off", json!({"enabled": false})),
        ("old", json!({"expires_at": "2001-01-01T00:00:00Z"})),
        ("few", json!({"models": ["fast"]})),
        ("gone", json!({})),
    ] {
        keys.push(make_key(&spillway, name, fields).await);
    }
    spillway.admin("DELETE", "/consumers/shop/keys/gone").await;
    let mut said = Vec::new();
    for key in &keys {
        for (header, scheme) in STYLES {
            let value = format!("{scheme}{key}");
            for path in ["/ai/v1/chat/completions", "/broken/v1/chat/completions", "/v1/messages", "/nowhere"]
            {
                let answer = ask(&spillway, path, &[(header, &value)], &chat(false)).await;
                said.push(format!("{:?} {}", answer.headers, answer.text()));
            }
        }
        // A key in the wrong field is a mistake, and no reason to repeat it.
        for body in [json!({"name": key, "key": key}), json!({"name": "x", "environment": key})] {
            let answer = spillway.json("PATCH", "/consumers/shop/keys/web", &body).await;
            assert_eq!(answer.status, 400);
        }
    }
    for path in [
        "/",
        "/consumers",
        "/consumers/shop",
        "/consumers/shop/keys",
        "/consumers/shop/keys/web",
        "/consumers/shop/keys/gone",
        "/upstreams",
        "/upstreams/ai/health",
        "/upstreams/ai/targets",
        "/providers",
        "/routes",
        "/services",
        "/metrics",
        "/openapi.json",
        "/schemas/client_key",
    ] {
        said.push(spillway.admin("GET", path).await.text());
    }
    for attempt in one.log().iter().chain(&broken.log()) {
        said.push(format!("{:?} {:?} {:?}", attempt.headers, attempt.query, attempt.body));
        assert_eq!(attempt.credential, None);
    }
    spillway.terminate();
    spillway.ended().await;
    said.push(String::from_utf8_lossy(&spillway.everything_on_disk()).into_owned());
    assert!(said.last().unwrap().contains("configuration changed"), "the log is among it");
    for key in &keys {
        let secret = &key["sw-".len()..];
        let found = said.iter().find(|it| it.contains(secret));
        assert!(found.is_none(), "a secret is in: {}", found.unwrap());
        let shown = simulator::Credential::from(&**key);
        assert!(said.iter().all(|it| !it.contains(shown.as_str())), "a vendor got one");
    }
}

#[tokio::test]
async fn whatever_stands_in_a_key_header_is_a_401_or_a_400_and_nothing_more() {
    let (spillway, one) = gateway().await;
    let key = make_key(&spillway, "web", json!({})).await;
    let mut values: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte; 67]).collect();
    values.extend((0..=255).map(|byte| [b"Bearer sw-".as_slice(), &[byte; 64]].concat()));
    for cut in 0..key.len() {
        values.push(key.as_bytes()[..cut].to_vec());
        values.push(format!("Bearer {}", &key[cut + 1..]).into_bytes());
        let mut wrong = key.clone().into_bytes();
        wrong[cut] ^= 1;
        values.push(wrong);
    }
    values.extend([
        vec![b'x'; 8000],
        format!("Bearer {key}{key}").into_bytes(),
        format!("Bearer {key}0").into_bytes(),
    ]);
    values.push(key.to_uppercase().into_bytes());
    let names = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];
    for (number, value) in values.iter().enumerate() {
        let name = names[number % names.len()];
        let body = chat(false).to_string();
        let mut raw = format!("POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\n{name}: ").into_bytes();
        raw.extend_from_slice(value);
        raw.extend_from_slice(format!("\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        connection.send_raw(&raw).await.unwrap();
        let answer = connection.read_raw(64).await.unwrap_or_default();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let fits = ["HTTP/1.1 401", "HTTP/1.1 400"].iter().any(|it| answer.starts_with(it));
        assert!(fits || answer.is_empty(), "{name}: {:?}: {answer}", String::from_utf8_lossy(value));
    }
    assert!(one.log().is_empty(), "none of it reached a vendor");
    assert_eq!(
        spillway.admin("GET", "/consumers/shop/keys").await.json()["data"].as_array().unwrap().len(),
        1
    );
    assert_eq!(chat_with(&spillway, &key).await.status, 200, "and whoever has the key gets in");
    assert!(!spillway.log().contains("panicked"));
}

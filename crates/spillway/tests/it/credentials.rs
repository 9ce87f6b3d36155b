//! Secrets that are kept here: sealed on the disk, opened for the vendor alone, and lost to nobody but who loses the
//! master key.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};
use simulator::{Credential, ErrorClass, Nth, Rule, Step, script::BytesAnswer};

use crate::support::{Launch, Spillway, chat, until, vendor};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OTHER_KEY: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

async fn serves(spillway: &Spillway) -> u16 {
    let mut body = chat(false);
    body["model"] = "default".into();
    spillway.post("/v1/chat/completions", &body).await.status
}

async fn credential(spillway: &Spillway) -> Value {
    spillway.admin("GET", "/credentials/k").await.json()
}

#[tokio::test]
async fn a_scan_of_everything_finds_none_of_the_secrets_that_were_ever_written() {
    let one = vendor("one").await;
    let mut spillway = Launch::default().env("SPILLWAY_LOG", "trace").start();
    spillway.provider("p", &one).await;
    let mut secrets: Vec<String> = Vec::new();
    let mut secret = |what: &str| {
        let made = format!("sk-{what}-of-the-scan-0123456789");
        secrets.push(made.clone());
        made
    };
    let mut shown = String::new();
    let mut calls: Vec<(&str, &str, Value)> = vec![
        ("POST", "/providers/p/credentials", json!({"name": "k", "secret": secret("first")})),
        ("PATCH", "/credentials/k", json!({"secret": secret("second")})),
        ("PUT", "/providers/p/credentials/k", json!({"secret": secret("third"), "tags": ["x"]})),
        ("POST", "/credentials", json!({"provider": "p", "name": "flat", "secret": secret("flat")})),
        // Refused, each for another reason.
        ("POST", "/providers/p/credentials", json!({"name": "k", "secret": secret("twice")})),
        ("POST", "/providers/p/credentials", json!({"name": "no name", "secret": secret("wrong-name")})),
        (
            "POST",
            "/providers/p/credentials",
            json!({"name": "x", "secret": secret("unknown-field"), "secrett": 1}),
        ),
        ("POST", "/providers/p/credentials", json!({"name": "x", "secret": [secret("a-list")]})),
        ("POST", "/providers/p/credentials", json!({"name": "x", "secret": {"value": secret("a-record")}})),
        (
            "POST",
            "/providers/p/credentials",
            json!({"name": "x", "secret": format!("{} \u{e9}", secret("unsendable"))}),
        ),
        ("POST", "/providers/none/credentials", json!({"name": "x", "secret": secret("no-provider")})),
        ("PATCH", "/credentials/none", json!({"secret": secret("no-credential")})),
        ("POST", "/credentials", json!({"provider": "none", "name": "x", "secret": secret("dangling")})),
        ("POST", "/providers", json!({"name": "q", "kind": "groq", "secret": secret("wrong-entity")})),
        ("PATCH", "/credentials/k", json!({"secret": secret("stale"), "rank": 0})),
    ];
    calls.push(("POST", "/providers/order", json!({"providers": [secret("no-method")]})));
    for (method, path, body) in &calls {
        let answer = spillway.json(method, path, body).await;
        shown.push_str(&format!(
            "{method} {path} {} {:?} {}\n",
            answer.status,
            answer.headers,
            answer.text()
        ));
    }
    let forms = [secret("a-form"), secret("a-broken-form")];
    for fields in [format!("name=form&secret={}", forms[0]), format!("name=form&secret={}&rank=x", forms[1])]
    {
        shown.push_str(&spillway.form("POST", "/providers/p/credentials", &[&fields]).await.text());
    }
    let broken = format!("{{\"name\":\"x\",\"secret\":\"{}\"", secret("broken-json"));
    let headers = [("content-type", "application/json")];
    let answer =
        simulator::client::request(spillway.admin, "POST", "/credentials", &headers, broken.as_bytes()).await;
    shown.push_str(&answer.unwrap().text());
    // A vendor that quotes the key it was sent.
    let quote = format!("HTTP/1.1 401 Unauthorized\r\ncontent-length: 80\r\n\r\n{:<80}", secrets[2]);
    let quoting = Step::Bytes(BytesAnswer { text: quote, ..BytesAnswer::default() });
    one.script(vec![Rule::always([quoting]).for_nth(Nth::From(2))]);
    for model in ["p-1", "default", "nobody's"] {
        let mut body = chat(false);
        body["model"] = model.into();
        shown.push_str(&spillway.post("/v1/chat/completions", &body).await.text());
    }
    assert!(one.log().iter().any(|it| it.credential == Some(Credential::from(secrets[2].as_str()))));
    for path in [
        "/",
        "/providers",
        "/providers/p",
        "/providers/order",
        "/credentials",
        "/credentials/k",
        "/credentials/flat",
        "/providers/p/credentials",
        "/providers/p/credentials/form",
        "/upstreams",
        "/upstreams/default",
        "/upstreams/default/health",
        "/upstreams/default/targets",
        "/upstreams/p%2Fp-1/health",
        "/routes",
        "/services",
        "/metrics",
        "/openapi.json",
        "/schemas/credentials",
    ] {
        let answer = spillway.admin("GET", path).await;
        shown.push_str(&format!("{path} {:?} {}\n", answer.headers, answer.text()));
    }
    assert!(shown.contains("••••6789"), "masks are shown");
    let alive = spillway.everything_on_disk();
    spillway.terminate();
    spillway.ended().await;
    let ended = spillway.everything_on_disk();
    for secret in &secrets {
        for (place, text) in
            [("an answer", shown.as_bytes()), ("the disk", &alive), ("the disk at the end", &ended)]
        {
            let found = text.windows(secret.len()).position(|it| it == secret.as_bytes());
            assert!(found.is_none(), "{secret} is in {place}: {:?}", found.map(|at| around(text, at)));
        }
    }
}

fn around(text: &[u8], at: usize) -> String {
    String::from_utf8_lossy(&text[at.saturating_sub(200)..text.len().min(at + 60)]).into_owned()
}

#[tokio::test]
async fn a_lost_key_file_is_said_at_the_start_and_at_the_credential() {
    let one = vendor("one").await;
    let mut spillway = Spillway::start();
    spillway.provider("p", &one).await;
    spillway.key("p", "k", "sk-live-0123456789").await;
    assert_eq!(serves(&spillway).await, 200);
    let key_file = spillway.file("master.key");
    assert_eq!(fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read(&key_file).unwrap();

    spillway.kill();
    fs::remove_file(&key_file).unwrap();
    spillway.start_again();
    let shown = credential(&spillway).await;
    assert_eq!((&shown["state"], &shown["secret"]), (&json!("error"), &json!("••••6789")), "{shown}");
    let mend = shown["cause"].as_str().unwrap();
    assert!(mend.contains("SPILLWAY_MASTER_KEY") && mend.contains("write the secret again"), "{mend}");
    until("the log says so", async || {
        spillway.log().contains("credential p/k is out: its secret was sealed")
    })
    .await;
    assert_eq!(serves(&spillway).await, 503);

    spillway.kill();
    fs::write(&key_file, kept).unwrap();
    spillway.start_again();
    assert_eq!(credential(&spillway).await["state"], "normal", "the file is back");
    assert_eq!(serves(&spillway).await, 200);
}

#[tokio::test]
async fn a_wrong_master_key_is_mended_by_the_right_one_or_by_the_secret() {
    let one = vendor("one").await;
    let mut spillway = Launch::default().env("SPILLWAY_MASTER_KEY", KEY).start();
    assert!(!spillway.file("master.key").exists(), "a key that is set is the only one");
    spillway.provider("p", &one).await;
    spillway.key("p", "k", "sk-live-0123456789").await;
    let restart = async |spillway: &mut Spillway, key: &str| {
        spillway.kill();
        spillway.set("SPILLWAY_MASTER_KEY", key);
        spillway.start_again();
        (credential(spillway).await["state"].clone(), serves(spillway).await)
    };
    assert_eq!(restart(&mut spillway, OTHER_KEY).await, (json!("error"), 503));
    assert_eq!(
        restart(&mut spillway, &format!("{OTHER_KEY},{KEY}")).await,
        (json!("normal"), 200),
        "both open"
    );
    let again = spillway.json("PATCH", "/credentials/k", &json!({"secret": "sk-again-0123456789"})).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(restart(&mut spillway, OTHER_KEY).await, (json!("normal"), 200), "sealed with the first");
    assert_eq!(one.log().last().unwrap().credential, Some(Credential::from("sk-again-0123456789")));
}

#[tokio::test]
async fn a_master_key_that_is_none_and_one_that_others_can_read_refuse_to_start() {
    let mut spillway = Spillway::start();
    let key_file = spillway.file("master.key");
    spillway.kill();
    fs::set_permissions(&key_file, PermissionsExt::from_mode(0o644)).unwrap();
    let said = spillway.refuses_to_start_again();
    assert!(said.contains("mode 644") && said.contains("chmod 600"), "{said}");
    fs::set_permissions(&key_file, PermissionsExt::from_mode(0o600)).unwrap();
    spillway.set("SPILLWAY_MASTER_KEY", "hunter2-hunter2");
    let said = spillway.refuses_to_start_again();
    assert!(said.contains("SPILLWAY_MASTER_KEY") && said.contains("openssl rand -hex 32"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_rejected_key_that_is_replaced_is_tried_at_once() {
    let one = vendor("one").await;
    one.script(vec![Rule::always([Step::error(ErrorClass::Auth)]).times(1)]);
    let spillway = Spillway::start();
    spillway.provider("p", &one).await;
    spillway.key("p", "k", "sk-old-0123456789").await;
    assert_ne!(serves(&spillway).await, 200);
    assert_eq!(credential(&spillway).await["state"], "error");
    let replaced = spillway.json("PATCH", "/credentials/k", &json!({"secret": "sk-new-0123456789"})).await;
    assert_eq!(replaced.json()["state"], "normal", "{}", replaced.text());
    assert_eq!(serves(&spillway).await, 200);
    assert_eq!(one.log().last().unwrap().credential, Some(Credential::from("sk-new-0123456789")));
}

#[tokio::test]
async fn a_credential_that_has_expired_is_out_and_says_so() {
    let one = vendor("one").await;
    let spillway = Spillway::start();
    spillway.provider("p", &one).await;
    spillway.key("p", "k", "sk-live-0123456789").await;
    let patch =
        async |at: Value| spillway.json("PATCH", "/credentials/k", &json!({"expires_at": at})).await.json();
    assert_eq!(patch(json!("2020-01-01T00:00:00Z")).await["state"], "expired");
    assert_eq!(serves(&spillway).await, 503);
    assert_eq!(patch(json!("2199-01-01T00:00:00Z")).await["state"], "normal");
    assert_eq!(serves(&spillway).await, 200);
    assert!(patch(json!("tomorrow")).await["fields"]["expires_at"].is_string());
}

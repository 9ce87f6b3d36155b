//! Vertex AI: accounts exchanged for tokens, and models asked as their publishers want it.

mod models;
mod tokens;

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeySize, PublicKey},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use simulator::{
    Attempt, Credential, Rule, Script, Step, Vendor,
    client::{self, Response},
    script::StatusAnswer,
};

use crate::support::{Spillway, vendor};

const EMAIL: &str = "gateway@project-1.iam.gserviceaccount.com";
/// Where a project's models are.
const LOCATION: &str = "/v1/projects/project-1/locations/europe-west1";

/// An account's key: making one takes a while, so all tests have the same.
static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"));

/// A shape as its vendor publishes it.
macro_rules! published {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../dialect/fixtures/", $path))
    };
}
use published;

/// The key as a file holds it, without its frame.
fn private_key() -> String {
    let der: Pkcs8V1Der<'_> = KEY.as_der().expect("a key that was made here");
    STANDARD.encode(der.as_ref())
}

/// An account's key file, as Google's console gives it, exchanged at `tokens`.
fn key_file(tokens: &Vendor) -> Value {
    let lines: Vec<String> =
        private_key().as_bytes().chunks(64).map(|it| String::from_utf8_lossy(it).into()).collect();
    json!({
        "type": "service_account", "project_id": "project-1", "private_key_id": "key-id-1",
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")),
        "client_email": EMAIL, "client_id": "1", "token_uri": format!("{}/token", tokens.base_url()),
        "universe_domain": "googleapis.com",
    })
}

/// A token endpoint: the first exchange gives `ya29.token-0001`, the second `ya29.token-0002`, and so on.
async fn tokens(expires_in: u64, delay_ms: u64) -> Vendor {
    let tokens = vendor("tokens").await;
    let once = |n: u64| Rule { times: Some(1), ..given(n, expires_in, delay_ms) };
    tokens.script(Script { rules: (1..=20).map(once).collect() });
    tokens
}

fn given(n: u64, expires_in: u64, delay_ms: u64) -> Rule {
    let json = json!({"access_token": token(n), "expires_in": expires_in, "token_type": "Bearer"});
    let answer = StatusAnswer { code: 200, json: Some(json), ..StatusAnswer::default() };
    Rule { steps: vec![Step::SleepMs(delay_ms), Step::Status(answer)], ..Rule::default() }
}

fn token(n: u64) -> String {
    format!("ya29.token-{n:04}")
}

fn refuses(code: u16, json: &Value) -> Step {
    Step::Status(StatusAnswer { code, json: Some(json.clone()), ..StatusAnswer::default() })
}

fn status(code: u16, published: &str) -> Step {
    refuses(code, &serde_json::from_str(published).expect("a published shape is JSON"))
}

/// Provider `vertex` at that vendor, with these models.
async fn provider(spillway: &Spillway, at: &Vendor, models: &[&str]) {
    let models = Some(models).filter(|it| !it.is_empty());
    let body = json!({
        "name": "vertex", "kind": "vertex", "models": models,
        "endpoints": [{"url": format!("{}{LOCATION}", at.base_url())}],
    });
    let answer = spillway.json("POST", "/providers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Vertex with one account and one model of Anthropic's, a token endpoint, and a Spillway before them.
async fn claude(expires_in: u64) -> (Spillway, Vendor, Vendor) {
    let (spillway, vertex, tokens) = (Spillway::start(), vendor("vertex").await, tokens(expires_in, 0).await);
    provider(&spillway, &vertex, &["claude-sonnet-5"]).await;
    spillway.key("vertex", "account", &key_file(&tokens).to_string()).await;
    (spillway, vertex, tokens)
}

fn messages(stream: bool) -> Value {
    json!({
        "model": "vertex/claude-sonnet-5", "max_tokens": 500, "stream": stream,
        "messages": [{"role": "user", "content": "Hello, vendor."}],
    })
}

async fn ask(spillway: &Spillway) -> Response {
    spillway.post("/v1/messages", &messages(false)).await
}

/// Which token an attempt bore.
fn bore(attempt: &Attempt, n: u64) -> bool {
    attempt.credential == Some(Credential::from(&*token(n)))
}

async fn credential(spillway: &Spillway, name: &str) -> Value {
    let all = spillway.admin("GET", "/providers/vertex/credentials").await.json();
    all["data"].as_array().into_iter().flatten().find(|it| it["name"] == name).cloned().unwrap_or_default()
}

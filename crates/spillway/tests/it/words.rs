//! What the program says to somebody who does not know it yet: status, errors, help.

use serde_json::{Value, json};
use simulator::{Script, Step, Vendor};

use crate::support::{Launch, Spillway, scripted, spillway};

#[tokio::test]
async fn status_shows_why_a_key_is_out_and_when_it_is_back() {
    let openai = scripted("openai", Script::always([Step::rate_limited("30")])).await;
    let spillway = with_provider(&openai).start();
    let answer = ask(&spillway, "openai/gpt-x").await;
    assert_eq!(answer.status, 429, "{}", answer.text());

    let credentials = spillway.admin("GET", "/providers/openai/credentials").await.json();
    let credential = &credentials["data"][0];
    assert_eq!((&credential["default"], &credential["state"]), (&json!(true), &json!("normal")));
    let model = &credential["model_states"][0];
    assert_eq!((&model["state"], &model["cause"]), (&json!("cooling"), &json!("rate_limit")), "{credential}");
    assert!(model["until"].is_string() && model.get("model") == Some(&Value::Null), "nobody lists gpt-x");
    let one = spillway.admin("GET", "/providers/openai/credentials/env").await.json();
    assert_eq!(one["state"], "normal");

    let shown = status(&spillway);
    let head = shown.lines().find(|it| it.starts_with("PROVIDER")).expect("a table of credentials");
    let columns = ["PROVIDER", "CREDENTIAL", "DEFAULT", "MODEL", "STATE", "WHY", "BACK"];
    assert!(columns.iter().all(|it| head.contains(it)), "{head}");
    let keys: Vec<&str> = shown.lines().filter(|it| it.starts_with("openai ")).collect();
    assert!(keys.iter().any(|it| it.contains("yes") && it.contains("normal")), "{shown}");
    assert!(keys.iter().any(|it| it.contains("cooling") && it.contains("rate_limit")), "{shown}");
}

#[tokio::test]
async fn status_names_the_variable_of_a_key_that_is_not_set() {
    let openai = scripted("openai", Script::good()).await;
    let mut spillway = with_provider(&openai).start();
    spillway.kill();
    spillway.forget("OPENAI_API_KEY");
    spillway.start_again();
    let credential = spillway.admin("GET", "/providers/openai/credentials/env").await.json();
    assert_eq!(credential["state"], "error", "{credential}");
    assert_eq!(credential["cause"], "the variable OPENAI_API_KEY is not set");
    let shown = status(&spillway);
    assert!(shown.contains("the variable OPENAI_API_KEY is not set"), "{shown}");
}

/// `spillway status` against a running one.
fn status(of: &Spillway) -> String {
    let told = spillway().args(["status", "--admin-url", &format!("http://{}", of.admin)]).output();
    let told = told.expect("it runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8_lossy(&told.stdout).into_owned()
}

/// A provider `openai` from the environment, at that vendor.
fn with_provider(vendor: &Vendor) -> Launch {
    let base_url = format!("http://{}/v1", vendor.addr());
    Launch::default().env("OPENAI_API_KEY", "sk-test").env("SPILLWAY_OPENAI_BASE_URL", &base_url)
}

async fn ask(spillway: &Spillway, model: &str) -> simulator::client::Response {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    spillway.post("/v1/chat/completions", &body).await
}

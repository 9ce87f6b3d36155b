//! What the program says to somebody who does not know it yet: status, errors, help.

use serde_json::{Value, json};
use simulator::{
    Script, Step, Vendor,
    client::{self, Response},
};

use crate::support::{Launch, Spillway, scripted, spillway, vendor};

#[tokio::test]
async fn status_shows_why_a_key_is_out_and_when_it_is_back() {
    let openai = scripted("openai", Script::always([Step::rate_limited("30")])).await;
    let spillway = with_provider(&openai).start();
    assert!(spillway.log().contains("providers: openai (OPENAI_API_KEY)"), "{}", spillway.log());
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

#[tokio::test]
async fn without_a_key_the_answer_says_which_variable_to_set_and_that_waiting_is_in_vain() {
    let openai = scripted("openai", Script::good()).await;
    let mut spillway = with_provider(&openai).start();
    spillway.kill();
    spillway.forget("OPENAI_API_KEY");
    spillway.start_again();
    for model in ["openai/gpt-x", "gpt-x", "default"] {
        let answer = ask(&spillway, model).await;
        let message = "provider openai has no usable key: OPENAI_API_KEY is not set; set it and restart";
        assert_eq!((answer.status, said(&answer).as_str()), (503, message), "{model}");
        is_in_vain(&answer);
    }
}

#[tokio::test]
async fn whoever_finds_nobody_is_told_who_is_out_why_and_for_how_long() {
    let spillway = Spillway::start();
    is_in_vain(&ask(&spillway, "default").await);
    spillway.upstream("ai", &["algorithm=priority"]).await;
    let nobody = spillway.chat("ai").await;
    assert_eq!(said(&nobody), "upstream 'ai' has no target: add one with POST /upstreams/ai/targets");
    is_in_vain(&nobody);

    let good = vendor("good").await;
    spillway.target("ai", &good, &[]).await;
    let path = format!("/upstreams/ai/targets/{}", good.addr());
    spillway.admin("PUT", &format!("{path}/unhealthy")).await;
    let out = spillway.chat("ai").await;
    let expected =
        format!("no target of upstream 'ai' is available: {}: taken out by an operator", good.addr());
    assert_eq!((out.status, said(&out)), (503, expected));
    assert_eq!(out.header("x-spillway-upstream"), Some("ai"));
    is_in_vain(&out);
    spillway.admin("PUT", &format!("{path}/healthy")).await;
    spillway.form("PATCH", &path, &["weight=0"]).await;
    let drained = spillway.chat("ai").await;
    assert!(said(&drained).ends_with(": drained (weight 0)"), "{}", drained.text());
    is_in_vain(&drained);
}

#[tokio::test]
async fn who_was_tried_in_vain_is_named_in_failures_and_in_rescued_answers() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &["algorithm=priority", "retries.attempts=1"]).await;
    spillway.form("POST", "/upstreams/ai/targets", &["target=127.0.0.1:1"]).await;
    let failed = spillway.chat("ai").await;
    assert_eq!(failed.status, 502, "{}", failed.text());
    assert!(said(&failed).starts_with("no target could be reached: 127.0.0.1:1: "), "{}", failed.text());
    assert_eq!(failed.header("x-spillway-decision"), Some("tried 127.0.0.1:1 connect"));
    assert_eq!(failed.header("x-spillway-upstream"), Some("ai"));
    let mut out = failed;
    for _ in 0..5 {
        out = spillway.chat("ai").await;
    }
    let why = said(&out);
    let back = why.strip_prefix("no target of upstream 'ai' is available: 127.0.0.1:1: ");
    assert!(back.is_some_and(|it| it.contains(", back in ") && it.ends_with(" s")), "{why}");
    assert!(out.header("retry-after").is_some(), "that one comes back by itself");

    let good = vendor("good").await;
    spillway.upstream("two", &["algorithm=priority"]).await;
    spillway.form("POST", "/upstreams/two/targets", &["target=127.0.0.1:1"]).await;
    spillway.target("two", &good, &["tier=1"]).await;
    let rescued = spillway.chat("two").await;
    let decision = rescued.header("x-spillway-decision").unwrap_or_default();
    assert_eq!(rescued.status, 200, "{}", rescued.text());
    assert!(decision.starts_with("tried 127.0.0.1:1 connect; priority, tier 1"), "{decision}");
}

#[tokio::test]
async fn only_what_has_a_target_is_known_by_its_name() {
    let spillway = Spillway::start();
    spillway.upstream("empty", &[]).await;
    let models = client::get(spillway.proxy, "/v1/models").await.expect("it answers");
    assert_eq!(models.json()["data"], json!([]), "{}", models.text());
    let answer = ask(&spillway, "gpt-x").await;
    assert!(said(&answer).contains("set OPENAI_API_KEY or ANTHROPIC_API_KEY"), "{}", answer.text());
}

#[tokio::test]
async fn json_that_is_sent_as_a_form_is_recognized() {
    let spillway = Spillway::start();
    let answer = spillway.form("POST", "/upstreams", &[r#"{"name":"ai"}"#]).await;
    assert_eq!(answer.status, 400);
    let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("add -H 'content-type: application/json'"), "{message}");
}

#[tokio::test]
async fn a_wrong_setting_is_named_as_it_was_given() {
    let fails = |args: &[&str], variable: Option<&str>| {
        let mut command = spillway();
        command.args(args).envs(variable.map(|it| ("SPILLWAY_LOG", it)));
        let told = command.output().expect("it runs");
        assert!(!told.status.success());
        String::from_utf8_lossy(&told.stderr).into_owned()
    };
    let serve = ["serve", "--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let with = |more: &[&'static str]| [&serve[..], more].concat();
    let told = fails(&with(&["--log", "a=b=c"]), None);
    assert!(told.contains("--log a=b=c: "), "{told}");
    let told = fails(&serve, Some("a=b=c"));
    assert!(told.contains("SPILLWAY_LOG=a=b=c: "), "{told}");
    let told = fails(&with(&["--proxy-tls-cert", "no.pem", "--proxy-tls-key", "no.key"]), None);
    assert!(told.contains("--proxy-tls-cert: ") && told.contains("no.pem"), "{told}");

    let running = Spillway::start();
    let told = fails(&["status", "--admin-url", &format!("http://{}", running.proxy)], None);
    assert!(told.contains("that is the AI API"), "{told}");
}

/// The message of an error in OpenAI's dialect.
fn said(answer: &Response) -> String {
    answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
}

/// Nothing changes until somebody does something.
fn is_in_vain(answer: &Response) {
    assert_eq!(answer.header("retry-after"), None, "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), Some("false"), "{}", answer.text());
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

async fn ask(spillway: &Spillway, model: &str) -> Response {
    let body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    spillway.post("/v1/chat/completions", &body).await
}

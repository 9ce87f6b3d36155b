//! What the program says to somebody who does not know it yet: status, errors, help.

use serde_json::{Value, json};
use simulator::{
    ErrorClass, Script, Step, Vendor, VendorConfig,
    client::{self, Response},
    script::BytesAnswer,
};

use crate::support::{Launch, Spillway, scripted, spillway, until, vendor};

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

#[tokio::test]
async fn a_name_that_does_not_resolve_is_not_called_available() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    spillway.form("POST", "/upstreams/ai/targets", &["target=nobody.invalid:443"]).await;
    until("the name has been looked up", || async {
        spillway.chat("ai").await;
        let health = spillway.admin("GET", "/upstreams/ai/health").await.json();
        health["data"][0]["health"] == "DNS_ERROR"
    })
    .await;
    let health = spillway.admin("GET", "/upstreams/ai/health").await.json();
    let item = &health["data"][0];
    assert_ne!(item["state"]["state"], "available", "{item}");
    assert!(item["reason"].as_str().is_some_and(|it| !it.is_empty()), "{item}");
    assert_eq!(item["data"]["weight"]["available"], 0, "{item}");
}

#[tokio::test]
async fn no_name_that_only_the_program_knows_reaches_a_client() {
    let openai = scripted("openai", Script::good()).await;
    let spillway = with_provider(&openai).start();
    let mut answers = vec![ask(&spillway, "openai/gpt-x").await, ask(&spillway, "gpt-x").await];
    assert!(answers.iter().all(|it| it.header("x-spillway-upstream") == Some("openai")));
    answers.push(ask(&spillway, "default").await);
    openai.script(Script::always([Step::rate_limited("30")]));
    for model in ["openai/gpt-x", "gpt-x", "default", "openai/gpt-x"] {
        let answer = ask(&spillway, model).await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        answers.push(answer);
    }
    let spillway = with_provider(&openai).start();
    openai.script(Script::always([Step::error(ErrorClass::Auth)]));
    let refused = ask(&spillway, "openai/gpt-y").await;
    assert!(said(&refused).starts_with("no target of provider openai is available"), "{}", refused.text());
    answers.push(refused);
    for answer in answers {
        let headers: String =
            answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let whole = headers + &answer.text();
        for internal in ["/*", "@default", "any:", "default:"] {
            assert!(!whole.contains(internal), "{internal} in {whole}");
        }
    }
}

#[tokio::test]
async fn a_404_of_the_admin_api_says_what_is_not_there_and_where_to_look() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    for (path, hint) in [
        ("/upstreams/ia", "there is no upstream 'ia': GET /upstreams lists them"),
        ("/upstreams/ia/health", "there is no upstream 'ia': GET /upstreams lists them"),
        ("/upstreams/ai/targets/x:1", "this upstream has no target 'x:1': name it by host:port or id"),
        ("/routes/r", "there is no route 'r': GET /routes lists them"),
        ("/upstream", "did you mean /upstreams? GET /openapi.json lists every path"),
        ("/nothing/of/the/kind", "GET /openapi.json lists every path"),
        (
            "/v1/chat/completions",
            "that is a path of the AI API, which listens at another address (--proxy-listen)",
        ),
        (
            "/schemas/gadget",
            "there are schemas of providers, credentials, upstreams, targets, services, routes",
        ),
    ] {
        let answer = spillway.admin("GET", path).await;
        let body = answer.json();
        assert_eq!((answer.status, &body["message"]), (404, &json!("Not found")), "{path}");
        assert!(body["hint"].as_str().is_some_and(|it| it.starts_with(hint)), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_variable_that_is_no_setting_is_warned_of_with_the_nearest_that_is() {
    let openai = vendor("openai").await;
    let spillway = with_provider(&openai)
        .env("SPILLWAY_PROXY_LISTN", "127.0.0.1:1")
        .env("SPILLWAY_OPENAI_BASEURL", "http://127.0.0.1:1")
        .env("SPILLWAY_DRAIN_TIMEOUT", "5")
        .env("SPILLWAY_ADMIN_URL", "http://127.0.0.1:1")
        .start();
    let log = spillway.log();
    let warned = |name: &str| log.lines().find(|it| it.contains(&format!("{name} is set")));
    for (name, meant) in [
        ("SPILLWAY_PROXY_LISTN", "did you mean SPILLWAY_PROXY_LISTEN?"),
        ("SPILLWAY_OPENAI_BASEURL", "did you mean SPILLWAY_OPENAI_BASE_URL?"),
    ] {
        let line = warned(name).unwrap_or_else(|| panic!("{name} passes silently: {log}"));
        assert!(line.contains(meant) && line.contains("WARN"), "{line}");
    }
    for known in ["SPILLWAY_OPENAI_BASE_URL", "SPILLWAY_DRAIN_TIMEOUT", "SPILLWAY_ADMIN_URL"] {
        assert_eq!(warned(known), None);
    }
}

#[tokio::test]
async fn a_short_token_on_an_open_listener_is_warned_of() {
    let start = |token: &str, addr: &str| {
        Launch::default().env("SPILLWAY_ADMIN_TOKEN", token).listen_admin(addr).start().log()
    };
    let words = "its token has fewer than 16 characters";
    let warned = start("hunter2", "0.0.0.0:0");
    let line = warned.lines().find(|it| it.contains(words)).unwrap_or_else(|| panic!("no warning: {warned}"));
    assert!(line.contains("WARN") && line.contains("SPILLWAY_ADMIN_TOKEN") && !warned.contains("hunter2"));
    assert!(!start("hunter2", "127.0.0.1:0").contains(words), "nobody else can reach it");
    assert!(!start("0123456789abcdef0123456789abcdef", "0.0.0.0:0").contains(words));
}

#[tokio::test]
async fn about_a_model_that_nobody_has_listed_its_vendor_is_asked() {
    let default = dialect::Kind::OpenAi.row().default_model.expect("the kind has one");
    let openai = Vendor::start(VendorConfig {
        models: vec!["gpt-real".to_owned(), default.to_owned()],
        ..VendorConfig::named("openai")
    });
    let openai = openai.await.expect("a vendor starts");
    let spillway = with_provider(&openai).start();
    let model = async |path: &str| client::get(spillway.proxy, path).await.expect("it answers");
    for path in ["/v1/models/gpt-real", "/v1/models/openai/gpt-real", "/openai/v1/models/openai%2Fgpt-real"] {
        let answer = model(path).await;
        assert_eq!(
            (answer.status, &answer.json()["id"]),
            (200, &json!("gpt-real")),
            "{path}: {}",
            answer.text()
        );
        assert_eq!(answer.json()["owned_by"], "openai", "{path}");
        assert_eq!(openai.log().last().unwrap().path, "/v1/models/gpt-real", "{path}");
    }
    for _ in 0..3 {
        let nobody = model("/v1/models/anything").await;
        assert_eq!(nobody.status, 404, "{}", nobody.text());
    }
    let health = spillway.admin("GET", "/upstreams/default/health").await.json();
    assert_eq!(health["data"][0]["state"]["state"], "available", "whoever asks takes nobody out: {health}");
    assert_eq!(ask(&spillway, "default").await.status, 200);

    // Nor below an upstream's own name, where its targets have a model.
    spillway.upstream("pool", &[]).await;
    spillway.target("pool", &openai, &["model=gpt-real"]).await;
    assert_eq!(model("/pool/v1/models/anything").await.status, 404);
    assert_eq!(spillway.health("pool", &openai).await["state"]["state"], "available");
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

#[tokio::test]
async fn when_several_were_tried_in_vain_the_message_names_all_of_them() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &["algorithm=priority"]).await;
    let (failing, second) = (
        scripted("failing", Script::always([Step::Rst])).await,
        scripted("second", Script::always([Step::Rst])).await,
    );
    for one in [&failing, &second] {
        spillway.target("ai", one, &[]).await;
    }
    let failed = spillway.chat("ai").await;
    assert_eq!(failed.status, 502, "{}", failed.text());
    for one in [&failing, &second] {
        let named = said(&failed).matches(&one.addr().to_string()).count();
        assert_eq!(named, 1, "{}", failed.text());
    }
    let many = said(&failed);
    assert!(many.starts_with("no target could be reached: "), "{many}");
}

#[tokio::test]
async fn a_name_without_end_is_not_repeated_without_end() {
    let spillway = Spillway::start();
    let good = vendor("good").await;
    spillway.provider("p", &good).await;
    let answer = ask(&spillway, &"x".repeat(500_000)).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.len() < 2000, "{} bytes", answer.body.len());
}

#[tokio::test]
async fn half_an_error_is_not_told_as_a_whole_one() {
    let text = "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"error\": {";
    let step = Step::Bytes(BytesAnswer { text: text.to_owned(), ..BytesAnswer::default() });
    let one = scripted("one", Script::always([step, Step::Fin])).await;
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let failed = spillway.chat("ai").await;
    assert_eq!(
        (failed.status, &failed.json()["error"]["code"]),
        (502, &json!("bad_gateway")),
        "{}",
        failed.text()
    );
}

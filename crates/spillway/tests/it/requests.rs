//! `GET /requests` and `GET /requests/{id}`: who was tried, why, what came of it.

use serde_json::{Value, json};
use simulator::{ErrorClass, Rule, Script, Step, client};

use crate::support::{Launch, Spillway, chat, scripted, until, vendor};

#[tokio::test]
async fn a_request_is_listed_with_every_try_and_why() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("60")])).await;
    let good = vendor("good").await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    spillway.target("ai", &limited, &[]).await;
    spillway.target("ai", &good, &[]).await;
    let answer = spillway.chat("ai").await;
    assert_eq!(answer.status, 200);

    let id = answer.header("x-request-id").unwrap();
    let shown = read(&spillway, id).await;
    assert_eq!(shown["upstream"], "ai");
    assert_eq!(shown["environment"], "production");
    assert_eq!(
        (&shown["status"], &shown["stream"], &shown["end"]),
        (&json!(200), &json!(false), &json!("complete"))
    );
    assert_eq!(shown["model_requested"], "gpt-4o-mini");
    assert_eq!((&shown["route"], &shown["client_key"]), (&Value::Null, &Value::Null));
    assert!(shown["tokens"]["input"].as_u64().unwrap() > 0, "{shown}");
    assert!(shown["duration_ms"].as_f64().unwrap() >= shown["ttft_ms"].as_f64().unwrap(), "{shown}");
    assert!(shown["overhead_us"].is_u64());
    let decision = shown["decision"].as_str().unwrap();
    assert!(answer.header("x-spillway-decision").unwrap().ends_with(decision), "{shown}");

    let attempts = shown["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0]["target"], limited.addr().to_string());
    assert_eq!(
        (&attempts[0]["outcome"], &attempts[0]["blame"]),
        (&json!("rate_limit"), &json!("credential"))
    );
    assert_eq!(attempts[0]["status"], 429);
    assert!(attempts[0]["reason"].as_str().unwrap().starts_with("priority, tier 0"), "{shown}");
    assert!(!attempts[0]["error"].as_str().unwrap().is_empty(), "in the vendor's words: {shown}");
    assert_eq!(attempts[1]["target"], good.addr().to_string());
    assert_eq!((&attempts[1]["outcome"], &attempts[1]["blame"]), (&json!("success"), &json!("nobody")));
    assert_eq!((&attempts[1]["error"], &attempts[1]["model"]), (&Value::Null, &json!("gpt-4o-mini")));
    assert!(attempts[1]["started_ms"].as_f64().unwrap() >= attempts[0]["duration_ms"].as_f64().unwrap());
}

#[tokio::test]
async fn the_list_is_newest_first_paged_and_filtered() {
    let spillway = Spillway::start();
    let (good, bad) =
        (vendor("good").await, scripted("bad", Script::always([Step::error(ErrorClass::Auth)])).await);
    spillway.upstream("one", &[]).await;
    spillway.target("one", &good, &[]).await;
    spillway.upstream("two", &[]).await;
    spillway.target("two", &bad, &[]).await;
    for name in ["a", "b", "c"] {
        ask(&spillway, "one", name).await;
    }
    ask(&spillway, "two", "d").await;

    let ids = async |query: &str| -> Vec<String> {
        let list = spillway.admin("GET", &format!("/requests{query}")).await;
        assert_eq!(list.status, 200, "{}", list.text());
        let list = list.json();
        let data = list["data"].as_array().unwrap();
        data.iter().map(|it| it["request_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("").await, ["d", "c", "b", "a"]);
    assert_eq!(ids("?upstream=one").await, ["c", "b", "a"]);
    assert_eq!(ids("?status=2xx").await, ["c", "b", "a"]);
    assert_eq!(ids("?status=401").await, ["d"]);
    assert_eq!(ids("?outcome=auth").await, ["d"]);
    assert_eq!(ids("?model=gpt-4o-mini&size=1").await, ["d"]);
    assert_eq!(ids("?provider=openai").await, [""; 0]);
    assert_eq!(ids("?environment=sandbox").await, [""; 0]);
    assert_eq!(ids("?since=2099-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(ids("?until=2099-01-01T00:00:00Z").await.len(), 4);

    let mut seen = Vec::new();
    let mut next = Some("/requests?size=3&until=2099-01-01T00%3A00%3A00Z".to_owned());
    while let Some(path) = next {
        let page = spillway.admin("GET", &path).await.json();
        let data = page["data"].as_array().unwrap();
        seen.extend(data.iter().map(|it| it["request_id"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, ["d", "c", "b", "a"]);
}

#[tokio::test]
async fn a_request_of_a_provider_tells_its_credential_and_never_a_secret() {
    let vendor = vendor("openai").await;
    let secret = "sk-operators-very-own-0123456789";
    let quoting = json!({"error": {"message": format!("Incorrect API key provided: {secret}"), "type": "invalid_request_error", "code": "invalid_api_key"}});
    let says = Step::Status(simulator::script::StatusAnswer {
        code: 401,
        json: Some(quoting),
        ..Default::default()
    });
    vendor.script(Script::from(vec![Rule::always([says]).times(1)]));
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", secret)
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", vendor.base_url()))
        .start();
    let prompt =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "my private prompt"}]});
    let headers = [("x-request-id", "asked")];
    let answer = client::post_json(spillway.proxy, "/v1/chat/completions", &headers, &prompt.to_string())
        .await
        .unwrap();
    assert_eq!(answer.status, 503, "{}", answer.text());
    let shown = read(&spillway, "asked").await;
    let attempt = &shown["attempts"][0];
    assert_eq!((&attempt["provider"], &attempt["outcome"]), (&json!("openai"), &json!("auth")));
    assert!(attempt["credential"].is_string(), "{shown}");
    let error = attempt["error"].as_str().unwrap();
    assert!(error.contains("Incorrect API key"), "{shown}");
    let text = shown.to_string();
    assert!(!text.contains(secret) && !text.contains("private prompt"), "{text}");
}

#[tokio::test]
async fn what_a_client_makes_up_is_cut_short() {
    let spillway = Spillway::start();
    let good = vendor("good").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &good, &[]).await;
    let mut body = chat(false);
    body["model"] = "m".repeat(100_000).into();
    let headers = [("x-request-id", "long")];
    let path = "/ai/v1/chat/completions";
    client::post_json(spillway.proxy, path, &headers, &body.to_string()).await.unwrap();
    let shown = read(&spillway, "long").await;
    assert_eq!(shown["model_requested"].as_str().unwrap().len(), 128);
    assert!(shown.to_string().len() < 2_000, "{}", shown.to_string().len());
}

#[tokio::test]
async fn a_client_that_goes_away_is_listed_as_gone() {
    let spillway = Spillway::start();
    let silent = scripted("silent", Script::always([Step::Hang])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &silent, &[]).await;
    let mut connection = client::Connection::connect(spillway.proxy).await.unwrap();
    let (headers, body) =
        ([("content-type", "application/json"), ("x-request-id", "gone")], chat(false).to_string());
    connection.send("POST", "/ai/v1/chat/completions", &headers, body.as_bytes()).await.unwrap();
    until("the vendor has it", || async { silent.log().len() == 1 }).await;
    connection.close().await.unwrap();
    until("it is listed", || async { spillway.admin("GET", "/requests/gone").await.status == 200 }).await;
    let shown = read(&spillway, "gone").await;
    assert_eq!((&shown["status"], &shown["end"]), (&json!(499), &json!("client_gone")));
    assert_eq!(shown["attempts"][0]["outcome"], "client_gone");
}

// === Helpers ===

async fn ask(spillway: &Spillway, upstream: &str, id: &str) {
    let path = format!("/{upstream}/v1/chat/completions");
    let headers = [("x-request-id", id), ("authorization", "Bearer sk-clients-own")];
    client::post_json(spillway.proxy, &path, &headers, &chat(false).to_string()).await.expect("an answer");
}

/// Once it is over, which may be a moment after its answer's last byte.
async fn read(spillway: &Spillway, id: &str) -> Value {
    let path = format!("/requests/{id}");
    until("the request is listed", || async { spillway.admin("GET", &path).await.status == 200 }).await;
    spillway.admin("GET", &path).await.json()
}

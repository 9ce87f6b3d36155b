//! Two targets of which one misbehaves: no client sees it, `/health` and `/metrics` tell why and until when, and it comes
//! back by itself.

use std::sync::Arc;

use serde_json::json;
use simulator::{
    ErrorClass, Script, Step, Vendor,
    client::{Connection, Response},
    script::{ErrorIn200, GoodOverrides, StatusAnswer},
};

use crate::support::{Spillway, calls, chat, scripted, until, vendor};

/// Requests of one case, half of them plain and half streamed.
const REQUESTS: usize = 1000;
/// Clients at once.
const CLIENTS: usize = 8;

/// One way to misbehave, and what the operator is to be told of it.
struct Case {
    fault: Step,
    /// The cause that the target's state or its address's reason names.
    cause: &'static str,
    /// What the attempts' outcome is called.
    outcome: &'static str,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_answers_429() {
    check(Case { fault: Step::rate_limited("1"), cause: "rate_limit", outcome: "rate_limit" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_answers_500() {
    check(Case { fault: Step::status(500), cause: "http_failures", outcome: "server_error" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_resets() {
    check(Case { fault: Step::Rst, cause: "", outcome: "connect" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_closes_without_a_word() {
    check(Case { fault: Step::Fin, cause: "", outcome: "connect" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_hangs() {
    check(Case { fault: Step::Hang, cause: "time", outcome: "timeout" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_sends_its_head_and_then_nothing() {
    check(Case { fault: Step::HangHeaders, cause: "time", outcome: "timeout" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_whose_200_is_an_error() {
    let error = ErrorIn200 { class: ErrorClass::Overloaded, after_opening: false };
    check(Case { fault: Step::ErrorIn200(error), cause: "overloaded", outcome: "overloaded" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_talks_garbage() {
    check(Case { fault: Step::Garbage, cause: "", outcome: "connect" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_answers_with_a_page_of_html() {
    check(Case { fault: Step::Html200, cause: "", outcome: "server_error" }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_refuses() {
    let (spillway, faulty, good) = pair(Script::good()).await;
    faulty.refuse(true).await.unwrap();
    all_good(&spillway, &good).await;
    told(&spillway, &faulty, "", "connect").await;
    faulty.refuse(false).await.unwrap();
    comes_back(&spillway, &faulty).await;
}

async fn check(case: Case) {
    let (spillway, faulty, good) = pair(Script::always([case.fault])).await;
    all_good(&spillway, &good).await;
    told(&spillway, &faulty, case.cause, case.outcome).await;
    faulty.script(Script::good());
    comes_back(&spillway, &faulty).await;
}

/// An upstream of one that does as told and one that is good. Short limits, so that a minute fits into a test.
async fn pair(script: Script) -> (Arc<Spillway>, Vendor, Vendor) {
    let spillway = Spillway::start();
    let (faulty, good) = (scripted("faulty", script).await, vendor("good").await);
    let upstream = json!({
        "name": "ai",
        "timeouts": {"connect": 1, "first_token": 0.3, "response": 0.3, "idle": 0.3},
        "suspension": {"rate_limit": 1, "connect": 1, "timeout": 1, "overloaded": 1, "server_error": 1},
        "healthchecks": {"passive": {"unhealthy": {"ejection_time": 1}}},
    });
    let made = spillway.json("POST", "/upstreams", &upstream).await;
    assert_eq!(made.status, 201, "{}", made.text());
    spillway.target("ai", &faulty, &[]).await;
    spillway.target("ai", &good, &[]).await;
    (Arc::new(spillway), faulty, good)
}

/// 1000 requests, 1000 good answers, every one of them from the good vendor.
async fn all_good(spillway: &Arc<Spillway>, good: &Vendor) {
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let spillway = Arc::clone(spillway);
            tokio::spawn(async move {
                let mut connection = Connection::connect(spillway.proxy).await.expect("it connects");
                for at in 0..REQUESTS / CLIENTS {
                    let stream = (client + at) % 2 == 0;
                    let headers =
                        [("content-type", "application/json"), ("authorization", "Bearer sk-client")];
                    let body = chat(stream).to_string();
                    let path = "/ai/v1/chat/completions";
                    let answer = connection.request("POST", path, &headers, body.as_bytes()).await;
                    assert_good(&answer.expect("an answer"), stream);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("every answer is good");
    }
    assert_eq!(calls(good), REQUESTS, "each was answered by the good vendor, once");
}

fn assert_good(answer: &Response, stream: bool) {
    let text = answer.text();
    assert_eq!(answer.status, 200, "{text}");
    assert!(answer.complete, "{text}");
    assert!(!text.contains("\"error\""), "{text}");
    if stream {
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    } else {
        assert!(answer.json()["choices"][0]["message"]["content"].is_string(), "{text}");
    }
}

/// `/health` and `/metrics` say who is out, why and until when.
async fn told(spillway: &Spillway, faulty: &Vendor, cause: &str, outcome: &str) {
    let target = faulty.addr().to_string();
    let outcomes = format!("outcome=\"{outcome}\"");
    assert!(
        spillway.metric("spillway_attempts_total", &[&target, &outcomes]).await >= 1.0,
        "outcome {outcome}"
    );
    until("it is out, with a reason and an end", || async {
        // The exclusion may just have run out: the next request to it renews it.
        assert_eq!(spillway.chat("ai").await.status, 200);
        let item = spillway.health("ai", faulty).await;
        let reason = item["reason"].as_str().unwrap_or_default().to_owned();
        item["until"].is_string() && !reason.is_empty() && reason.contains(cause)
    })
    .await;
}

async fn comes_back(spillway: &Spillway, faulty: &Vendor) {
    faulty.clear_log();
    until("it comes back by itself", || async {
        assert_eq!(spillway.chat("ai").await.status, 200);
        calls(faulty) > 3 && spillway.health("ai", faulty).await["state"]["state"] == "available"
    })
    .await;
}

#[tokio::test]
async fn a_400_changes_no_state_and_is_passed_on_byte_by_byte() {
    let body = json!({"error": {"message": "no such tool", "type": "invalid_request_error", "param": "tools", "code": null}});
    let answer = StatusAnswer { code: 400, json: Some(body.clone()), ..StatusAnswer::bare(400) };
    let (spillway, faulty, _good) = pair(Script::always([Step::Status(answer)])).await;
    for _ in 0..20 {
        let answer = spillway.chat("ai").await;
        if answer.status == 400 {
            assert_eq!(answer.json(), body);
            assert_eq!(answer.header("x-spillway-attempts"), Some("1"));
        }
    }
    assert_eq!(calls(&faulty), 10, "it stays in the rotation");
    assert_eq!(spillway.health("ai", &faulty).await["state"]["state"], "available");
}

#[tokio::test]
async fn a_body_cut_half_way_fails_over() {
    let cut = GoodOverrides { cut_after_chunks: Some(1), ..Default::default() };
    let (spillway, _faulty, good) = pair(Script::always([Step::Good(cut)])).await;
    for _ in 0..10 {
        assert_good(&spillway.chat("ai").await, false);
    }
    assert_eq!(calls(&good), 10);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let spillway = Spillway::start();
    let elsewhere = vendor("elsewhere").await;
    let one = scripted("one", Script::always([Step::Redirect(elsewhere.base_url())])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let answer = spillway.chat("ai").await;
    assert!((300..400).contains(&answer.status) || answer.status == 502, "{}", answer.status);
    assert!(elsewhere.log().is_empty(), "nothing was sent there, least of all a key");
}

#[tokio::test]
async fn when_every_target_is_rate_limited_the_client_is_told_when_to_come_back() {
    let spillway = Spillway::start();
    let one = scripted("one", Script::always([Step::rate_limited("7")])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    for _ in 0..3 {
        let answer = spillway.chat("ai").await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        let retry_after: u64 = answer.header("retry-after").expect("when").parse().expect("seconds");
        assert!((5..=7).contains(&retry_after), "{retry_after}");
        let error = &answer.json()["error"];
        assert!(error["message"].is_string() && error.get("param").is_some(), "{error}");
    }
    assert_eq!(calls(&one), 1, "no key is tried again before its time");
}

#[tokio::test]
async fn what_cannot_be_reached_is_a_502_and_what_does_not_answer_a_504() {
    let spillway = Spillway::start();
    let gone = vendor("gone").await;
    gone.refuse(true).await.unwrap();
    spillway.upstream("gone", &["suspension.connect="]).await;
    spillway.target("gone", &gone, &[]).await;
    let answer = spillway.chat("gone").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (502, &json!("upstream_unreachable")));
    assert!(answer.header("retry-after").is_some());

    let silent = scripted("silent", Script::always([Step::Hang])).await;
    spillway.upstream("silent", &["timeouts.response=0.2"]).await;
    spillway.target("silent", &silent, &[]).await;
    let answer = spillway.chat("silent").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (504, &json!("upstream_timeout")));
}

#[tokio::test]
async fn a_keep_alive_connection_that_the_vendor_closes_costs_nobody_anything() {
    let spillway = Spillway::start();
    let one = scripted("one", Script::always([Step::CloseIdleAfterAnswer])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    for _ in 0..300 {
        let answer = spillway.chat("ai").await;
        assert_eq!((answer.status, answer.header("x-spillway-attempts")), (200, Some("1")));
    }
    assert_eq!(spillway.metric("spillway_attempts_total", &["outcome=\"connect\""]).await, 0.0);
}

#[tokio::test]
async fn a_vendor_that_answers_before_it_has_read_the_body_is_heard() {
    let spillway = Spillway::start();
    let one = scripted("one", Script::always([Step::AnswerBeforeBody(413)])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let long = "x".repeat(8 << 20);
    let body = json!({"model": "m", "messages": [{"role": "user", "content": long}]});
    let answer = spillway.post("/ai/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 413, "{}", answer.text());
}

#[tokio::test]
async fn an_endless_error_body_is_cut_short() {
    let (spillway, _faulty, good) = pair(Script::always([Step::EndlessErrorBody])).await;
    let before = spillway.resident_bytes();
    for _ in 0..10 {
        assert_good(&spillway.chat("ai").await, false);
    }
    assert_eq!(calls(&good), 10);
    assert!(spillway.resident_bytes().saturating_sub(before) < 16 << 20);
}

#[tokio::test]
async fn the_vendors_account_stays_with_the_operator_and_the_clients_cookies_with_the_client() {
    let spillway = Spillway::start();
    let config = simulator::VendorConfig::named("one").with_vendor_headers();
    let one = Vendor::start(config).await.unwrap();
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let headers = [
        ("cookie", "session=secret"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-spillway-environment", "production"),
        ("authorization", "Bearer sk-client"),
        ("openai-beta", "assistants=v2"),
        ("connection", "x-private"),
        ("x-private", "1"),
    ];
    let body = chat(false).to_string();
    let answer = simulator::client::post_json(spillway.proxy, "/ai/v1/chat/completions", &headers, &body)
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    for withheld in ["set-cookie", "openai-organization", "openai-project", "anthropic-organization-id"] {
        assert_eq!(answer.header(withheld), None, "{withheld}");
    }
    assert!(answer.header("x-spillway-upstream-request-id").is_some());
    let seen = one.log().remove(0);
    for withheld in ["cookie", "x-forwarded-for", "x-spillway-environment", "x-private"] {
        assert_eq!(seen.header(withheld), None, "{withheld}");
    }
    assert_eq!(seen.header("openai-beta"), Some("assistants=v2"));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert!(seen.header("authorization").is_some(), "the client's own key goes through to a raw host");
}

//! The wall: what goes wrong at vendors and on the way there, one fault after the other, and what must come of it.
//!
//! Faults that have a file of their own (`faults`, `streaming`, `clients`, `rate_limits`) are not repeated here. The
//! vendor's log is the witness; what the gateway says of itself counts only where that is the point.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use simulator::{
    Credential, ErrorClass, Match, Nth, Rule, Script, Step, Vendor,
    client::{self, Connection, Response},
    script::{BytesAnswer, ErrorIn200, GoodOverrides, SseAnswer, StatusAnswer},
};

use crate::support::{Launch, PATIENCE, Spillway, calls, chat, scripted, until, vendor};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// An upstream `ai` of two: who is scripted and always asked first, and who is good.
async fn pair(script: impl Into<Script>) -> (Spillway, Vendor, Vendor) {
    let spillway = Spillway::start();
    let (one, other) = (scripted("one", script).await, vendor("other").await);
    // Nothing is remembered and nobody is short of retries: every request meets the fault.
    let upstream = json!({
        "name": "ai",
        "algorithm": "priority",
        "retries": {"budget": {"min_per_second": 1000}},
        "suspend_duration": null,
        "healthchecks": {"passive": {"unhealthy": {"http_failures": 0, "tcp_failures": 0, "timeouts": 0}}},
    });
    let made = spillway.json("POST", "/upstreams", &upstream).await;
    assert_eq!(made.status, 201, "{}", made.text());
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &other, &[]).await;
    (spillway, one, other)
}

/// An upstream `ai` of one.
async fn alone(script: impl Into<Script>, settings: &[&str]) -> (Spillway, Vendor) {
    let spillway = Spillway::start();
    let one = scripted("one", script).await;
    spillway.upstream("ai", settings).await;
    spillway.target("ai", &one, &[]).await;
    (spillway, one)
}

fn status(code: u16, body: Value) -> Step {
    Step::Status(StatusAnswer { code, json: Some(body), ..StatusAnswer::default() })
}

fn text(code: u16, body: &str) -> Step {
    Step::Status(StatusAnswer { code, text: Some(body.to_owned()), ..StatusAnswer::default() })
}

/// A 200 of server-sent events, byte by byte as given.
fn raw_stream(body: &str) -> Step {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    Step::Bytes(BytesAnswer { text: format!("{head}{body}"), ..BytesAnswer::default() })
}

fn assert_good(answer: &Response, what: &str) {
    assert_eq!(answer.status, 200, "{what}: {}", answer.text());
    assert!(answer.complete && !answer.text().contains("\"error\""), "{what}: {}", answer.text());
}

/// Providers of the environment, all at one vendor, each with its own key.
fn keys_of(vendor: &Vendor, names: &[&str]) -> Launch {
    names.iter().fold(Launch::default(), |launch, name| {
        let upper = name.to_ascii_uppercase();
        launch
            .env(&format!("{upper}_API_KEY"), &key(name))
            .env(&format!("SPILLWAY_{upper}_BASE_URL"), &format!("{}/v1", vendor.base_url()))
    })
}

fn key(name: &str) -> String {
    format!("sk-key-of-{name}")
}

// === rows 26 to 28: keys and models ===

#[tokio::test]
async fn a_pool_of_five_keys_of_which_four_are_dead_still_answers_without_spending_retries() {
    const KEYS: [&str; 5] = ["groq", "mistral", "deepseek", "openrouter", "xai"];
    for dead in [Step::error(ErrorClass::Auth), Step::error(ErrorClass::Quota), Step::rate_limited("30")] {
        let one = vendor("one").await;
        one.script(
            KEYS[..4]
                .iter()
                .map(|it| Rule::always([dead.clone()]).for_credential(&key(it)))
                .collect::<Vec<_>>(),
        );
        let spillway = keys_of(&one, &KEYS).start();
        let upstream = json!({"name": "ai", "algorithm": "priority",
            "retries": {"attempts": 1, "budget": {"ratio": 0, "min_per_second": 0}}});
        assert_eq!(spillway.json("POST", "/upstreams", &upstream).await.status, 201);
        for name in KEYS {
            let target = spillway.form("POST", "/upstreams/ai/targets", &[&format!("provider={name}")]).await;
            assert_eq!(target.status, 201, "{}", target.text());
        }
        let first = spillway.chat("ai").await;
        assert_eq!((first.status, first.header("x-spillway-attempts")), (200, Some("5")), "{}", first.text());
        for _ in 0..10 {
            assert_eq!(spillway.chat("ai").await.header("x-spillway-attempts"), Some("1"));
        }
        assert_eq!(calls(&one), 4 + 11, "each dead key was asked once");
    }
}

#[tokio::test]
async fn a_permission_that_is_missing_is_relayed_and_holds_nobody_up() {
    let (spillway, one) =
        alone(vec![Rule::always([Step::error(ErrorClass::Permission)]).for_model("secret")], &[]).await;
    for _ in 0..3 {
        let body = json!({"model": "secret", "messages": []});
        assert_eq!(spillway.post("/ai/v1/chat/completions", &body).await.status, 403);
        assert_eq!(spillway.chat("ai").await.status, 200, "the key's other models go on");
    }
    assert_eq!(calls(&one), 6);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_asked_for_elsewhere_and_once() {
    let spillway = Spillway::start();
    let one =
        scripted("one", vec![Rule::always([Step::error(ErrorClass::ModelNotFound)]).for_model("gone")]).await;
    let other = vendor("other").await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    spillway.target("ai", &one, &["model=gone"]).await;
    spillway.target("ai", &other, &["model=there"]).await;
    for _ in 0..5 {
        let answer = spillway.chat("ai").await;
        assert_eq!((answer.status, answer.header("x-spillway-model")), (200, Some("there")));
    }
    assert_eq!(calls(&one), 1);
    until("the operator is warned", || async {
        let log = spillway.log();
        log.contains("\"WARN\"") && log.contains("gone")
    })
    .await;
}

// === rows 29 to 31: the client's own faults ===

#[tokio::test]
async fn the_clients_own_faults_are_relayed_byte_by_byte_and_change_nothing() {
    let odd = "{ \"error\" :\n{\"message\":\"caf\\u00e9 \u{1f980}\",   \"extra\":[1, 2.50]}}\n";
    for (step, code) in [
        (Step::error(ErrorClass::ContextLength), 400),
        (Step::error(ErrorClass::ContentPolicy), 400),
        (Step::error(ErrorClass::InvalidRequest), 400),
        (text(400, odd), 400),
        (text(405, "no"), 405),
        (text(409, odd), 409),
        (text(413, odd), 413),
        (text(415, ""), 415),
        (text(422, odd), 422),
        (text(501, odd), 501),
        (Step::error(ErrorClass::NotFound), 404),
    ] {
        for stream in [false, true] {
            let (spillway, one, other) = pair(Script::always([step.clone()])).await;
            let body = chat(stream);
            let answer = spillway.post("/ai/v1/chat/completions", &body).await;
            let direct =
                client::post_json(one.addr(), "/v1/chat/completions", &[], &body.to_string()).await.unwrap();
            assert_eq!((answer.status, direct.status), (code, code), "{step:?}");
            assert_eq!(answer.body, direct.body, "{step:?}");
            assert_eq!(answer.header("content-type"), direct.header("content-type"), "{step:?}");
            assert_eq!((calls(&one), calls(&other)), (2, 0), "{step:?}: one try, and ours");
            assert_eq!(spillway.health("ai", &one).await["state"]["state"], "available", "{step:?}");
        }
    }
}

#[tokio::test]
async fn too_many_tokens_please_wait_is_no_context_length() {
    let wait =
        status(429, json!({"error": {"message": "Too many tokens, please wait before trying again."}}));
    let (spillway, _one, other) = pair(Script::always([wait])).await;
    assert_good(&spillway.chat("ai").await, "elsewhere");
    assert_eq!(calls(&other), 1);
}

// === rows 32 to 35: what is tried again ===

#[tokio::test]
async fn what_another_may_do_better_is_tried_elsewhere_before_the_client_knows() {
    let throttled = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
    let not_ready = json!({"__type": "ModelNotReadyException", "message": "warming up"});
    let mut steps: Vec<Step> =
        [408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 529].map(Step::status).to_vec();
    steps.extend([
        status(400, throttled.clone()),
        status(429, throttled),
        status(424, not_ready),
        status(200, json!({"error": {"message": "internal", "type": "server_error"}})),
        status(200, json!({"id": "x", "object": "chat.completion", "choices": []})),
        status(200, Value::Null),
        Step::Html200,
        Step::Empty200,
        Step::Rst,
        Step::Fin,
        Step::Garbage,
        Step::HugeHeader(1 << 20),
        Step::Good(GoodOverrides { cut_after_chunks: Some(0), ..GoodOverrides::default() }),
        Step::ErrorIn200(ErrorIn200 { class: ErrorClass::Server, after_opening: true }),
        Step::ErrorIn200(ErrorIn200 { class: ErrorClass::RateLimit, after_opening: false }),
    ]);
    for step in steps {
        let (spillway, one, other) = pair(Script::always([step.clone()])).await;
        for stream in [false, true] {
            let answer = spillway.post("/ai/v1/chat/completions", &chat(stream)).await;
            assert_good(&answer, &format!("{step:?} stream={stream}"));
            assert_eq!(answer.header("x-spillway-attempts"), Some("2"), "{step:?} stream={stream}");
        }
        assert_eq!((calls(&one), calls(&other)), (2, 2), "{step:?}");
    }
}

#[tokio::test]
async fn a_500_once_is_tried_again_where_there_is_nobody_else_after_a_moment() {
    for step in [Step::status(500), Step::Rst] {
        let (spillway, one) = alone(vec![Rule::always([step.clone()]).times(1)], &[]).await;
        let answer = spillway.chat("ai").await;
        assert_eq!((answer.status, answer.header("x-spillway-attempts")), (200, Some("2")), "{step:?}");
        let log = one.log();
        assert_eq!(log.len(), 2, "{step:?}");
        // Jittered around 250 ms; the exact bounds are the balancer's own tests.
        assert!(log[1].at_ms - log[0].at_ms >= 100, "{step:?}: not at once");
    }
}

#[tokio::test]
async fn a_stream_may_fail_more_than_once_before_its_first_token() {
    let spillway = Spillway::start();
    let error = |after_opening| Step::ErrorIn200(ErrorIn200 { class: ErrorClass::Overloaded, after_opening });
    let one = scripted("one", Script::always([error(false)])).await;
    let two = scripted("two", Script::always([error(true)])).await;
    let three = vendor("three").await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    for it in [&one, &two, &three] {
        spillway.target("ai", it, &[]).await;
    }
    let answer = spillway.chat_streamed("ai").await;
    assert_good(&answer, "the third");
    assert_eq!(answer.header("x-spillway-attempts"), Some("3"));
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(
        answer.text().matches("\"role\":\"assistant\"").count(),
        1,
        "one beginning: {}",
        answer.text()
    );
}

#[tokio::test]
async fn nothing_is_made_up_where_nobody_answered() {
    for step in [
        Step::Empty200,
        Step::Html200,
        status(200, Value::Null),
        status(200, json!({"choices": []})),
        raw_stream(""),
        raw_stream(": ping\n\n"),
        raw_stream("data: [DONE]\n\n"),
    ] {
        for stream in [false, true] {
            let (spillway, _one) = alone(Script::always([step.clone()]), &[]).await;
            let answer = spillway.post("/ai/v1/chat/completions", &chat(stream)).await;
            assert!(answer.status >= 500, "{step:?} stream={stream}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains("\"choices\""), "{step:?}: {}", answer.text());
        }
    }
}

// === row 36 ===

#[tokio::test]
async fn an_error_body_that_stalls_is_given_two_seconds() {
    let begun = "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{";
    let stalled = Step::Bytes(BytesAnswer { text: begun.to_owned(), ..BytesAnswer::default() });
    let (spillway, one, _other) = pair(Script::always([stalled, Step::Hang])).await;
    let started = Instant::now();
    assert_good(&spillway.chat("ai").await, "elsewhere");
    let took = started.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(10)).contains(&took), "{took:?}");
    until("the vendor is let go", || async { one.log()[0].client_gone_at_ms.is_some() }).await;
}

// === row 38 ===

#[tokio::test]
async fn on_failover_nothing_of_the_first_vendor_reaches_the_second() {
    let config = simulator::VendorConfig {
        script: Script::always([Step::status(500)]),
        headers: vec![("x-of-the-first".to_owned(), "1".to_owned())],
        ..simulator::VendorConfig::named("one")
    };
    let (one, two) = (Vendor::start(config).await.unwrap(), vendor("two").await);
    let spillway = Launch::default()
        .env("GROQ_API_KEY", &key("groq"))
        .env("SPILLWAY_GROQ_BASE_URL", &format!("{}/v1", one.base_url()))
        .env("MISTRAL_API_KEY", &key("mistral"))
        .env("SPILLWAY_MISTRAL_BASE_URL", &format!("{}/v1", two.base_url()))
        .start();
    spillway.upstream("ai", &["algorithm=priority"]).await;
    for fields in [["provider=groq", "model=llama"], ["provider=mistral", "model=mistral-small"]] {
        assert_eq!(spillway.form("POST", "/upstreams/ai/targets", &fields).await.status, 201);
    }
    let body = json!({"model": "mine", "messages": [], "temperature": 0.50, "unknown_option": {"a": [1, 2]}});
    let headers = [("authorization", "Bearer sk-of-the-client"), ("openai-beta", "x")];
    let answer = client::post_json(spillway.proxy, "/ai/v1/chat/completions", &headers, &body.to_string())
        .await
        .unwrap();
    assert_eq!((answer.status, answer.header("x-spillway-model")), (200, Some("mistral-small")));
    assert_eq!(answer.header("x-of-the-first"), None, "no header of the first answer leaks into the second");
    let (first, second) = (one.log().remove(0), two.log().remove(0));
    for (seen, provider, model) in [(&first, "groq", "llama"), (&second, "mistral", "mistral-small")] {
        assert_eq!(seen.credential, Some(Credential::from(key(provider).as_str())));
        let expected = body.to_string().replace("\"mine\"", &format!("{model:?}"));
        assert_eq!(String::from_utf8_lossy(&seen.body), expected, "{provider}: only the model differs");
        assert_eq!(seen.header("openai-beta"), Some("x"));
    }
    assert_eq!(second.host, Some(two.addr().to_string()));
}

// === rows 39 and 40 ===

#[tokio::test]
async fn when_all_fail_the_client_hears_the_last_vendors_words_and_how_many_were_asked() {
    let spillway = Spillway::start();
    let one = scripted("one", Script::always([status(500, json!({"error": {"message": "first"}}))])).await;
    let two = scripted("two", Script::always([status(502, json!({"error": {"message": "second"}}))])).await;
    spillway.upstream("ai", &["algorithm=priority", "retries.attempts=2"]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &two, &[]).await;
    for stream in [false, true] {
        let answer = spillway.post("/ai/v1/chat/completions", &chat(stream)).await;
        assert_eq!((answer.status, &answer.json()["error"]["message"]), (502, &json!("second")));
        assert_eq!(answer.header("x-spillway-attempts"), Some("2"));
        assert!(answer.header("retry-after").is_some(), "waiting helps");
        spillway.form("PUT", &format!("/upstreams/ai/targets/{}/healthy", one.addr()), &[]).await;
    }
    assert_eq!((calls(&one), calls(&two)), (2, 2));
}

#[tokio::test]
async fn who_gains_nothing_by_trying_again_is_told_so() {
    let (spillway, _one) = alone(Script::always([Step::error(ErrorClass::ModelNotFound)]), &[]).await;
    let answer = spillway.chat("ai").await;
    assert_eq!((answer.status, answer.header("x-should-retry")), (404, Some("false")));
    let unknown = json!({"model": "nobody-has-this", "messages": []});
    let answer = spillway.post("/v1/chat/completions", &unknown).await;
    assert_eq!(answer.header("x-should-retry"), Some("false"), "{}", answer.text());
}

// === rows 42 and 43 ===

#[tokio::test]
async fn a_slow_failure_is_not_tried_again_after_the_deadline() {
    let spillway = Spillway::start();
    let one = scripted("one", Script::always([Step::SleepMs(600), Step::status(500)])).await;
    let other = vendor("other").await;
    spillway.upstream("ai", &["algorithm=priority", "retries.deadline=0.5"]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &other, &[]).await;
    assert_eq!(spillway.chat("ai").await.status, 500);
    assert_eq!((calls(&one), calls(&other)), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_success_that_began_before_the_ejection_does_not_end_it() {
    let slow = Step::Good(GoodOverrides { first_token_delay_ms: Some(1500), ..GoodOverrides::default() });
    let one =
        scripted("one", vec![Rule::always([slow]).for_nth(Nth::Only(1)), Rule::always([Step::status(500)])])
            .await;
    let other = vendor("other").await;
    let spillway = Arc::new(Spillway::start());
    spillway.upstream("ai", &["algorithm=priority", "healthchecks.passive.unhealthy.ejection_time=60"]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &other, &[]).await;
    let early = {
        let spillway = Arc::clone(&spillway);
        tokio::spawn(async move { spillway.chat("ai").await.status })
    };
    until("the slow one is under way", || async { calls(&one) == 1 }).await;
    until("it is ejected", || async {
        assert_eq!(spillway.chat("ai").await.status, 200);
        spillway.health("ai", &one).await["health"] == "UNHEALTHY"
    })
    .await;
    let asked = calls(&one);
    assert_eq!(early.await.unwrap(), 200, "the slow one was good after all");
    for _ in 0..10 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!(calls(&one), asked, "it stays out");
    assert_eq!(spillway.health("ai", &one).await["health"], "UNHEALTHY");
}

// === rows 46 and 47 ===

#[tokio::test]
async fn a_vendor_that_shows_nothing_is_left_at_its_limit_and_not_before() {
    for (step, stream) in [(Step::Hang, false), (Step::Hang, true), (Step::HangHeaders, true)] {
        let (spillway, one, _other) = pair(Script::always([step.clone()])).await;
        let limits = ["timeouts.first_token=0.5", "timeouts.response=0.5"];
        assert_eq!(spillway.form("PATCH", "/upstreams/ai", &limits).await.status, 200);
        let answer = spillway.post("/ai/v1/chat/completions", &chat(stream)).await;
        assert_good(&answer, &format!("{step:?}"));
        until("the vendor is let go", || async { one.log()[0].client_gone_at_ms.is_some() }).await;
        let seen = one.log().remove(0);
        let held = seen.client_gone_at_ms.unwrap() - seen.at_ms;
        // The limit runs from before the connection is made, which the vendor cannot see.
        assert!((400..5000).contains(&held), "{step:?}: let go after {held} ms");
    }
}

#[tokio::test]
async fn pings_and_a_role_are_no_first_token() {
    let role = r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
    let events = vec![": ping".to_owned(), role.to_owned()];
    let chatty = Step::Sse(SseAnswer { events, every_ms: 50, repeat: 1000 });
    let (spillway, _one, other) = pair(Script::always([chatty])).await;
    assert_eq!(spillway.form("PATCH", "/upstreams/ai", &["timeouts.first_token=0.5"]).await.status, 200);
    let started = Instant::now();
    assert_good(&spillway.chat_streamed("ai").await, "elsewhere");
    assert!(started.elapsed() >= Duration::from_millis(500));
    assert_eq!(calls(&other), 1);
}

// === rows 48 to 55: streams ===

#[tokio::test]
async fn streams_of_every_odd_shape_arrive_byte_by_byte() {
    let content = |it: &str| format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{it}"}}}}]}}"#);
    let stop = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#;
    let (a, b) = (content("a"), content("日本🦀"));
    let shapes = [
        ("crlf", format!("data: {a}\r\n\r\ndata: {stop}\r\n\r\ndata: [DONE]\r\n\r\n")),
        ("cr", format!("data: {a}\r\rdata: {stop}\r\rdata: [DONE]\r\r")),
        ("comments", format!(": hello\n\ndata: {a}\n\n: ping\n\ndata: {stop}\n\n: bye\n\ndata: [DONE]\n\n")),
        ("byte order mark", format!("\u{feff}data: {a}\n\ndata: {stop}\n\ndata: [DONE]\n\n")),
        ("several lines of data", format!("data: {{\ndata: {}\n\ndata: {stop}\n\ndata: [DONE]\n\n", &a[1..])),
        (
            "names and ids",
            format!("event: x\nid: 1\nretry: 5\ndata: {a}\n\ndata: {stop}\n\ndata: [DONE]\n\n"),
        ),
        ("no space", format!("data:{a}\n\ndata:{stop}\n\ndata:[DONE]\n\n")),
        (
            "malformed in the middle",
            format!("data: {a}\n\ndata: {{\"choices\":[{{\n\ndata: {b}\n\ndata: {stop}\n\ndata: [DONE]\n\n"),
        ),
        ("malformed at first", format!("data: {{broken\n\ndata: {b}\n\ndata: {stop}\n\ndata: [DONE]\n\n")),
        ("no blank line at the end", format!("data: {a}\n\ndata: {stop}\n\ndata: [DONE]")),
        ("no done and no blank line at the end", format!("data: {a}\n\ndata: {stop}\n")),
        ("no done", format!("data: {a}\n\ndata: {stop}\n\n")),
        ("usage at the end", format!("data: {a}\n\ndata: {stop}\n\ndata: {usage}\n\ndata: [DONE]\n\n")),
        ("usage first", format!("data: {usage}\n\ndata: {a}\n\ndata: {stop}\n\ndata: [DONE]\n\n")),
        (
            "partial usage",
            format!(
                "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":null}}}}\n\ndata: {a}\n\ndata: {stop}\n\ndata: [DONE]\n\n"
            ),
        ),
        ("text after the end", format!("data: {a}\n\ndata: {stop}\n\ndata: [DONE]\n\n: late\n\n")),
    ];
    for (name, body) in shapes {
        for split_at in [0, 1, 7] {
            let step = match raw_stream(&body) {
                Step::Bytes(bytes) => Step::Bytes(BytesAnswer { split_at, ..bytes }),
                other => other,
            };
            let (spillway, _one) = alone(Script::always([step]), &[]).await;
            let answer = spillway.chat_streamed("ai").await;
            assert_eq!((answer.status, answer.text()), (200, body.clone()), "{name}, split at {split_at}");
            assert!(answer.complete, "{name}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_has_said_its_last_word_is_whole_however_its_body_ends() {
    let chunk = |it: &str| format!("{:x}\r\n{it}\r\n", it.len());
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let content = r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
    let stop = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let words = format!("data: {content}\n\ndata: {stop}\n\ndata: [DONE]\n\n");
    for end in [Step::Fin, Step::Rst, Step::Hang] {
        let bytes = BytesAnswer { text: format!("{head}{}", chunk(&words)), ..BytesAnswer::default() };
        // A reset overtakes what was not read yet.
        let script = Script::always([Step::Bytes(bytes), Step::SleepMs(100), end.clone()]);
        let (spillway, one) = alone(script, &[]).await;
        for _ in 0..4 {
            let started = Instant::now();
            let answer = spillway.chat_streamed("ai").await;
            assert_eq!((answer.text(), answer.complete), (words.clone(), true), "{end:?}");
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "{end:?}: nobody waits for what cannot come"
            );
        }
        until("the vendor is let go", || async { one.state().in_flight == 0 }).await;
        assert_eq!(
            spillway.health("ai", &one).await["health"],
            "HEALTHY",
            "{end:?}: it is held against nobody"
        );
        assert_eq!(
            spillway.metric("spillway_attempts_total", &["outcome=\"success\""]).await,
            4.0,
            "{end:?}"
        );
    }
}

#[tokio::test]
async fn an_event_of_five_mebibytes_passes_in_time_that_grows_with_its_length() {
    let timed = async |length: usize| {
        let (spillway, _one) = alone(Script::always([Step::OversizedSseEvent(length)]), &[]).await;
        let started = Instant::now();
        let answer = spillway.chat_streamed("ai").await;
        assert!(answer.status == 200 && answer.body.len() > length, "{}", answer.body.len());
        assert!(answer.text().ends_with("data: [DONE]\n\n"));
        started.elapsed()
    };
    let (small, large) = (timed(512 << 10).await, timed(5 << 20).await);
    // Ten times the length; a hundred times the time would be the square.
    assert!(large < small * 50 + Duration::from_secs(1), "{small:?} and {large:?}");
}

#[tokio::test]
async fn a_plain_answer_that_is_cut_and_too_long_to_be_held_stays_visibly_cut() {
    let text = Some("x".repeat(1 << 20));
    let cut = GoodOverrides { text, cut_after_chunks: Some(1), ..GoodOverrides::default() };
    // An orderly end: a reset may take back what was sent before it, and then there is little enough to fail over.
    let (spillway, _one, other) = pair(Script::always([Step::Good(cut), Step::Fin])).await;
    let answer = spillway.chat("ai").await;
    assert_eq!(answer.status, 200);
    assert!(!answer.complete, "half an answer is none");
    assert_eq!(calls(&other), 0);
}

// === rows 60 to 69: the wire ===

#[tokio::test]
async fn chunk_extensions_and_trailers_of_a_vendor_do_no_harm() {
    let json = r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"a"}}]}"#;
    let (left, right) = json.split_at(20);
    let body = format!(
        "{:x};name=value;other=\"quoted\"\r\n{left}\r\n{:X}\r\n{right}\r\n0;last\r\nx-trailer: 1\r\nx-other: 2\r\n\r\n",
        left.len(),
        right.len()
    );
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let raw =
        Step::Bytes(BytesAnswer { text: format!("{head}{body}"), split_at: 3, ..BytesAnswer::default() });
    let (spillway, _one) = alone(Script::always([raw]), &[]).await;
    for _ in 0..3 {
        let answer = spillway.chat("ai").await;
        assert_eq!((answer.status, answer.text()), (200, json.to_owned()));
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_at_the_next_request_costs_nobody_anything() {
    for step in [Step::Fin, Step::Rst] {
        let reused = Match { reused: Some(true), ..Match::default() };
        let rule = Rule { when: reused, steps: vec![Step::ReadHead, step.clone()], ..Rule::default() };
        let (spillway, one) = alone(vec![rule], &["retries.attempts=1"]).await;
        for at in 0..30 {
            let answer = spillway.post("/ai/v1/chat/completions", &chat(at % 2 == 0)).await;
            assert_eq!((answer.status, answer.header("x-spillway-attempts")), (200, Some("1")), "{step:?}");
        }
        let answered = one.log().iter().filter(|it| it.status == Some(200)).count();
        assert_eq!(answered, 30, "{step:?}: each was answered once");
        assert!(calls(&one) > 30, "{step:?}: connections were reused at all");
    }
}

#[tokio::test]
async fn who_asks_before_sending_the_body_is_told_to_go_on() {
    let (spillway, one) = alone(Script::good(), &[]).await;
    let body = chat(false).to_string();
    let head = format!(
        "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    connection.send_raw(head.as_bytes()).await.unwrap();
    let interim = String::from_utf8(connection.read_raw(25).await.unwrap()).unwrap();
    assert_eq!(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send_raw(body.as_bytes()).await.unwrap();
    assert_eq!(connection.response().await.unwrap().status, 200);
    assert_eq!(one.log()[0].header("expect"), None, "that was between the client and us");
}

#[tokio::test]
async fn a_chunked_request_arrives_whole_and_framed_anew() {
    let (spillway, one) = alone(Script::good(), &[]).await;
    let body = chat(false).to_string();
    let (left, right) = body.split_at(17);
    let raw = format!(
        "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{:x};ext=1\r\n{left}\r\n{:x}\r\n{right}\r\n0\r\nx-trailer: 1\r\n\r\n",
        left.len(),
        right.len()
    );
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    connection.send_raw(raw.as_bytes()).await.unwrap();
    assert_eq!(connection.response().await.unwrap().status, 200);
    let seen = one.log().remove(0);
    assert_eq!(String::from_utf8_lossy(&seen.body), body);
    assert_eq!(seen.header("content-length"), Some(body.len().to_string().as_str()));
    assert_eq!(seen.header("transfer-encoding"), None);
    // The connection is good for another one.
    assert_eq!(
        connection.request("POST", "/ai/v1/chat/completions", &JSON, body.as_bytes()).await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn what_a_vendor_compressed_unasked_passes_untouched_with_its_header() {
    // Not really compressed: nobody on the way may look.
    let body = "\u{1f}not json at all";
    for content_type in ["application/json", "text/event-stream"] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let raw = Step::Bytes(BytesAnswer { text: format!("{head}{body}"), ..BytesAnswer::default() });
        let (spillway, one) = alone(Script::always([raw]), &[]).await;
        for stream in [false, true] {
            let answer = spillway.post("/ai/v1/chat/completions", &chat(stream)).await;
            assert_eq!((answer.status, answer.text()), (200, body.to_owned()), "{content_type}");
            assert_eq!(answer.header("content-encoding"), Some("gzip"), "{content_type}");
        }
        assert!(one.log().iter().all(|it| it.header("accept-encoding") == Some("identity")));
    }
}

#[tokio::test]
async fn a_key_that_is_refused_before_the_body_is_read_is_heard_and_the_next_one_tried() {
    let (spillway, _one, other) = pair(Script::always([Step::AnswerBeforeBody(401)])).await;
    let long = "x".repeat(8 << 20);
    let body = json!({"model": "m", "messages": [{"role": "user", "content": long}]});
    let answer = spillway.post("/ai/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(other.log()[0].body_len, body.to_string().len() as u64, "all of it, once");
}

// === row 72 ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_nothing_stays_in_flight() {
    let spillway = Arc::new(Spillway::start());
    let stall = Step::Good(GoodOverrides { stall_after_chunks: Some(2), ..GoodOverrides::default() });
    let slow = Step::Good(GoodOverrides { chunk_delay_ms: Some(20), ..GoodOverrides::default() });
    let cut = Step::Good(GoodOverrides { cut_after_chunks: Some(2), ..GoodOverrides::default() });
    let chaos =
        [Step::Rst, Step::Hang, Step::status(500), Step::rate_limited("1"), stall, slow, cut, Step::Garbage];
    let rules = chaos.into_iter().enumerate();
    let rules: Vec<Rule> =
        rules.map(|(at, it)| Rule::always([it]).for_nth(Nth::Every(at as u64 + 3))).collect();
    let vendors = [scripted("one", rules.clone()).await, scripted("two", rules).await];
    let upstream = json!({
        "name": "ai",
        "timeouts": {"first_token": 0.3, "response": 0.3, "idle": 0.3},
        "suspend_duration": null,
        "healthchecks": {"passive": {"unhealthy": {"http_failures": 0, "tcp_failures": 0, "timeouts": 0}}},
    });
    assert_eq!(spillway.json("POST", "/upstreams", &upstream).await.status, 201);
    for it in &vendors {
        spillway.target("ai", it, &[]).await;
    }
    let clients: Vec<_> = (0..8_u64)
        .map(|client| {
            let spillway = Arc::clone(&spillway);
            tokio::spawn(async move {
                for at in 0..40_u64 {
                    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
                    let body = chat((client + at) % 2 == 0).to_string();
                    let sent =
                        connection.send("POST", "/ai/v1/chat/completions", &JSON, body.as_bytes()).await;
                    sent.unwrap();
                    // A third of them leaves at some moment.
                    let leaves_after = Duration::from_millis((client * 7 + at * 13) % 60);
                    if at % 3 == 0 {
                        let _ = tokio::time::timeout(leaves_after, connection.read_raw(100)).await;
                    } else {
                        let _ = connection.response().await.expect("an answer, good or bad");
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    for it in &vendors {
        let target = format!("target=\"{}\"", it.addr());
        until("the gateway has nothing in flight", || async {
            spillway.metric("spillway_in_flight", &["upstream=\"ai\"", &target]).await == 0.0
        })
        .await;
        until("the vendor has nothing in flight", || async { it.state().in_flight == 0 }).await;
    }
    let started = Instant::now();
    while spillway.chat("ai").await.status != 200 {
        assert!(started.elapsed() < PATIENCE, "it still serves");
    }
}

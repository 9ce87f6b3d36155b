//! What Spillway promises, whatever happens: one test for each promise, bearing its number.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use simulator::{
    Credential, ErrorClass, Nth, Rule, Script, Step, Vendor, VendorConfig,
    client::{self, Connection, Response},
    script::{BytesAnswer, GoodOverrides, SseAnswer, StatusAnswer},
};

use crate::support::{Launch, Spillway, calls, chat, scripted, until, vendor};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const CHAT: &str = "/ai/v1/chat/completions";

/// An upstream `ai` that remembers nothing, so that each request meets each fault.
async fn forgetful(spillway: &Spillway, vendors: &[&Vendor], more: &Value) {
    let mut upstream = json!({
        "name": "ai",
        "suspend_duration": null,
        "healthchecks": {"passive": {"unhealthy": {"http_failures": 0, "tcp_failures": 0, "timeouts": 0}}},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        upstream[name] = value.clone();
    }
    let made = spillway.json("POST", "/upstreams", &upstream).await;
    assert_eq!(made.status, 201, "{}", made.text());
    for it in vendors {
        spillway.target("ai", it, &[]).await;
    }
}

fn prompt(words: &str, stream: bool) -> Value {
    json!({"model": "m", "stream": stream, "messages": [{"role": "user", "content": words}]})
}

/// What an answer says, plain or streamed.
fn words(answer: &Response, stream: bool) -> String {
    if !stream {
        return answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned();
    }
    let deltas = answer.event_data();
    deltas.iter().filter_map(|it| it["choices"][0]["delta"]["content"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_no_request_is_lost_or_answered_twice() {
    const CLIENTS: usize = 8;
    const EACH: usize = 60;
    let spillway = Arc::new(Spillway::start());
    let faults = [Step::status(500), Step::Rst, Step::Fin, Step::CloseIdleAfterAnswer, Step::Garbage];
    let rules = faults.into_iter().enumerate();
    let rules: Vec<Rule> =
        rules.map(|(at, it)| Rule::always([it]).for_nth(Nth::Every(at as u64 + 4))).collect();
    let one = scripted("one", rules).await;
    let other = vendor("other").await;
    forgetful(&spillway, &[&one, &other], &json!({"retries": {"budget": {"min_per_second": 1000}}})).await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let spillway = Arc::clone(&spillway);
            tokio::spawn(async move {
                let mut connection = Connection::connect(spillway.proxy).await.unwrap();
                for at in 0..EACH {
                    let stream = at % 2 == 0;
                    let own = format!("client {client} request {at} end");
                    let body = prompt(&own, stream).to_string();
                    let answer = connection.request("POST", CHAT, &JSON, body.as_bytes()).await.unwrap();
                    assert!(answer.status == 200 && answer.complete, "{}", answer.text());
                    assert!(words(&answer, stream).contains(&own), "its own answer: {}", answer.text());
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let answered = |it: &Vendor| it.log().iter().filter(|it| it.status == Some(200)).count();
    assert_eq!(answered(&one) + answered(&other), CLIENTS * EACH, "each was answered once");
}

#[tokio::test]
async fn p2_a_success_is_never_fabricated() {
    let good = GoodOverrides::default;
    let truncated = [
        (vec![Step::Good(GoodOverrides { cut_after_chunks: Some(0), ..good() })], true),
        (vec![Step::Good(GoodOverrides { cut_after_chunks: Some(1), ..good() })], true),
        (vec![Step::Good(GoodOverrides { cut_after_chunks: Some(5), ..good() }), Step::Rst], true),
        (vec![Step::Good(GoodOverrides { stall_after_chunks: Some(3), ..good() })], true),
        // Where it applies to streams only.
        (vec![Step::Good(GoodOverrides { error_after_chunks: Some(3), ..good() })], false),
    ];
    let spillway = Spillway::start();
    let one = vendor("one").await;
    let limits = json!({"retries": {"attempts": 1}, "timeouts": {"idle": 0.3, "response": 0.3}});
    forgetful(&spillway, &[&one], &limits).await;
    for (steps, plain_too) in truncated {
        one.script(Script::always(steps.clone()));
        for (path, body, last_word) in [
            (CHAT, prompt("Hello.", true), "[DONE]"),
            ("/ai/v1/completions", json!({"model": "m", "prompt": "Hello.", "stream": true}), "[DONE]"),
            (
                "/ai/v1/responses",
                json!({"model": "m", "input": "Hello.", "stream": true}),
                "response.completed",
            ),
            (
                "/ai/v1/messages",
                json!({"model": "m", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": "Hello."}]}),
                "message_stop",
            ),
        ] {
            let answer = spillway.post(path, &body).await;
            let text = answer.text();
            assert!(!text.contains(last_word), "{path} {steps:?}: {text}");
            assert!(answer.status >= 500 || text.contains("\"error\""), "{path} {steps:?}: {text}");
            if plain_too {
                let mut body = body;
                body["stream"] = Value::Bool(false);
                let answer = spillway.post(path, &body).await;
                let fabricated = answer.status == 200 && answer.complete;
                assert!(!fabricated, "{path} {steps:?}: {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn p3_no_key_leaves_for_a_host_that_it_is_not_bound_to() {
    let (one, two) = (vendor("one").await, vendor("two").await);
    let (raw, elsewhere) = (vendor("raw").await, vendor("elsewhere").await);
    let spillway = Launch::default()
        .env("GROQ_API_KEY", "sk-of-groq")
        .env("SPILLWAY_GROQ_BASE_URL", &format!("{}/v1", one.base_url()))
        .env("MISTRAL_API_KEY", "sk-of-mistral")
        .env("SPILLWAY_MISTRAL_BASE_URL", &format!("{}/v1", two.base_url()))
        .start();
    forgetful(&spillway, &[], &json!({"retries": {"attempts": 5, "budget": {"min_per_second": 1000}}})).await;
    for name in ["groq", "mistral"] {
        let made = spillway.form("POST", "/upstreams/ai/targets", &[&format!("provider={name}")]).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    spillway.target("ai", &raw, &[]).await;
    let redirect = |code: u16| {
        let headers = vec![("location".to_owned(), format!("{}/v1/chat/completions", elsewhere.base_url()))];
        Step::Status(StatusAnswer { code, headers, ..StatusAnswer::default() })
    };
    let headers = [("authorization", "Bearer sk-of-the-client"), ("x-api-key", "sk-of-the-client")];
    for step in [301, 302, 303, 307, 308].map(redirect).into_iter().chain([
        Step::status(500),
        Step::error(ErrorClass::Auth),
        Step::Rst,
        Step::rate_limited("1"),
    ]) {
        for it in [&one, &two, &raw] {
            it.script(vec![Rule::always([step.clone()]).for_nth(Nth::Every(2))]);
        }
        for _ in 0..6 {
            let body = prompt("Hello.", false).to_string();
            client::post_json(spillway.proxy, CHAT, &headers, &body).await.unwrap();
        }
    }
    for (it, key) in [(&one, "sk-of-groq"), (&two, "sk-of-mistral"), (&raw, "sk-of-the-client")] {
        let own = Credential::from(key);
        let log = it.log();
        assert!(log.len() >= 5, "{key} was in use");
        for seen in log {
            let shown = ["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"];
            let shown: Vec<&str> = shown.into_iter().filter_map(|it| seen.header(it)).collect();
            assert!(
                !shown.is_empty() && shown.iter().all(|it| it.ends_with(own.as_str())),
                "{key}: {shown:?}"
            );
        }
    }
    assert!(elsewhere.log().is_empty(), "a redirect is not followed");
}

#[tokio::test]
async fn p4_no_secret_in_a_log_a_metric_an_answer_or_on_the_disk() {
    const OURS: &str = "canary-ours-7f3a91bc55de0146";
    const CLIENTS: &str = "sk-canary-clients-51e0aa93d7c2";
    const COOKIE: &str = "canary-cookie-a83b20f4";
    const ADMIN: &str = "canary-admin-token-0f9d8c7b6a5e4d3c";
    let one = vendor("one").await;
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", OURS)
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", one.base_url()))
        .env("SPILLWAY_ADMIN_TOKEN", ADMIN)
        .start();
    let bearer = format!("Bearer {ADMIN}");
    let admin = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let call = async |method: &str, path: &str, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        client::request(spillway.admin, method, path, &admin, body.as_bytes()).await.unwrap()
    };
    let upstream = json!({"name": "ai", "suspend_duration": null});
    assert_eq!(call("POST", "/upstreams", upstream).await.status, 201);
    assert_eq!(call("POST", "/upstreams/ai/targets", json!({"provider": "openai"})).await.status, 201);

    let mut shown = String::new();
    let mut show = |answer: &Response| shown.push_str(&format!("{:?}\n{}\n", answer.headers, answer.text()));
    // A vendor, or a proxy in front of one, that quotes what it was sent.
    let quoting = |code: u16| {
        let message =
            format!("Incorrect API key provided: {OURS}. Your request: authorization: Bearer {OURS}");
        let headers = vec![("x-debug".to_owned(), format!("key={OURS}"))];
        let json = Some(json!({"error": {"message": message, "type": "t", "code": "c", "debug": OURS}}));
        Step::Status(StatusAnswer { code, json, headers, ..StatusAnswer::default() })
    };
    let page = format!("<html>{OURS}</html>");
    let page = Step::Status(StatusAnswer { code: 500, text: Some(page), ..StatusAnswer::default() });
    let clients_bearer = format!("Bearer {CLIENTS}");
    let cookie = format!("session={COOKIE}");
    let headers =
        [("authorization", clients_bearer.as_str()), ("x-api-key", CLIENTS), ("cookie", cookie.as_str())];
    let codes = [400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503, 529];
    let paths =
        [CHAT, &format!("{CHAT}?key={CLIENTS}"), "/v1/nowhere", &format!("/ai/v1/x?api_key={CLIENTS}")];
    let everywhere = codes.map(quoting).into_iter().chain([page, Step::Garbage, Step::Rst]);
    // An error inside a 200 is one where it is known what an answer looks like.
    for (step, paths) in everywhere.map(|it| (it, &paths[..])).chain([(quoting(200), &paths[..2])]) {
        one.script(Script::always([step]));
        for path in paths {
            for stream in [false, true] {
                let body = prompt("Hello.", stream).to_string();
                show(&client::post_json(spillway.proxy, path, &headers, &body).await.unwrap());
            }
        }
        let targets = call("GET", "/upstreams/ai/targets", Value::Null).await;
        let id = targets.json()["data"][0]["id"].as_str().unwrap().to_owned();
        call("DELETE", &format!("/upstreams/ai/targets/{id}/exclusion"), Value::Null).await;
        call("PUT", &format!("/upstreams/ai/targets/{id}/healthy"), Value::Null).await;
        show(&call("GET", "/upstreams/ai/health", Value::Null).await);
    }
    for path in ["/", "/providers", "/providers/openai", "/credentials", "/providers/openai/credentials"] {
        show(&call("GET", path, Value::Null).await);
    }
    for path in ["/upstreams", "/upstreams/ai/targets", "/metrics", "/openapi.json", "/routes"] {
        show(&call("GET", path, Value::Null).await);
    }
    let wrong = [("authorization", clients_bearer.as_str())];
    show(&client::request(spillway.admin, "GET", "/upstreams", &wrong, b"").await.unwrap());
    assert!(one.log().iter().any(|it| it.credential == Some(Credential::from(OURS))), "the key was in use");
    let disk = String::from_utf8_lossy(&spillway.everything_on_disk()).into_owned();
    for secret in [OURS, CLIENTS, COOKIE, ADMIN] {
        for (place, text) in [("an answer", &shown), ("the log", &spillway.log()), ("the disk", &disk)] {
            if let Some(at) = text.find(secret) {
                let around: String =
                    text[..at].chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
                panic!("{secret} is in {place}: …{around}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_memory_stays_bounded_whatever_vendors_and_clients_do() {
    const CLIENTS: usize = 8;
    let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}", "x".repeat(16 << 10));
    let quiet = format!(": {}", "x".repeat(16 << 10));
    let endless = |event: &str| {
        Step::Sse(SseAnswer { events: vec![event.to_owned()], repeat: 100_000_000, ..SseAnswer::default() })
    };
    let long = "x".repeat(8 << 20);
    let long_event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{long}\"}}}}]}}");
    let long_event = Step::Sse(SseAnswer { events: vec![long_event], ..SseAnswer::default() });
    let long_answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{long}", long.len());
    let long_answer = Step::Bytes(BytesAnswer { text: long_answer, ..BytesAnswer::default() });
    let spillway = Arc::new(Spillway::start());
    let one = vendor("one").await;
    forgetful(&spillway, &[&one], &json!({"timeouts": {"total": 5}})).await;
    assert_eq!(spillway.chat("ai").await.status, 200);
    let before = spillway.resident_bytes();
    for (name, step, stream) in [
        ("endless content", endless(&event), true),
        ("endless comments", endless(&quiet), true),
        ("endless errors", Step::EndlessErrorBody, false),
        ("one long event", long_event, true),
        ("one long answer", long_answer, false),
        ("a long header", Step::HugeHeader(3 << 20), false),
    ] {
        one.script(Script::always([step]));
        let mut connections = Vec::new();
        for _ in 0..CLIENTS {
            // They ask, and then read next to nothing.
            let mut connection = Connection::connect_narrow(spillway.proxy, 4096).await.unwrap();
            let body = prompt("Hello.", stream).to_string();
            connection.send("POST", CHAT, &JSON, body.as_bytes()).await.unwrap();
            connections.push(connection);
        }
        for connection in &mut connections {
            let _ = tokio::time::timeout(Duration::from_millis(50), connection.read_raw(512)).await;
        }
        // What there is to pile up has the time to.
        let mut peak = 0;
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(1200) {
            peak = peak.max(spillway.resident_bytes().saturating_sub(before));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Held for a failover, in flight to the vendor and to the client: well below 2 MiB each.
        assert!(peak < (CLIENTS as u64) * (2 << 20) + (16 << 20), "{name}: {} MiB", peak >> 20);
        drop(connections);
        until("all are let go", || async { one.state().in_flight == 0 }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_no_client_waits_longer_than_its_deadline() {
    let head = |status: &str| {
        let text =
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n{{");
        BytesAnswer { text, ..BytesAnswer::default() }
    };
    // One byte at a time: never silent, never done.
    let trickle = |status: &str| {
        let BytesAnswer { text, .. } = head(status);
        Step::Bytes(BytesAnswer { text: text + &" ".repeat(8000), split_at: 20, every_ms: 50 })
    };
    let content = r#"data: {"choices":[{"index":0,"delta":{"content":"x"}}]}"#.to_owned();
    let sse = |every_ms| SseAnswer { events: vec![content.clone()], every_ms, repeat: 100_000_000 };
    let cases = [
        ("silence", vec![Step::Hang], false),
        ("silence, streamed", vec![Step::Hang], true),
        ("a head and silence", vec![Step::HangHeaders], true),
        ("a body that trickles", vec![trickle("200 OK")], false),
        ("an error that trickles", vec![trickle("500 Internal Server Error")], false),
        ("a body that stalls", vec![Step::Bytes(head("200 OK")), Step::Hang], false),
        ("an error that stalls", vec![Step::Bytes(head("500 Internal Server Error")), Step::Hang], false),
        ("a slow stream", vec![Step::Sse(sse(50))], true),
        ("a stream as fast as it goes", vec![Step::Sse(sse(0))], true),
        ("one failure after the other", vec![Step::SleepMs(400), Step::status(500)], false),
    ];
    let checks = cases.map(|(name, steps, stream)| tokio::spawn(ends_in_time(name, steps, stream)));
    for check in checks {
        check.await.expect("it ends in time");
    }
}

async fn ends_in_time(name: &'static str, steps: Vec<Step>, stream: bool) {
    let spillway = Spillway::start();
    let script = Script::always(steps);
    let (one, two) = (scripted("one", script.clone()).await, scripted("two", script).await);
    let limits = json!({"timeouts": {"total": 1}, "retries": {"attempts": 20}});
    forgetful(&spillway, &[&one, &two], &limits).await;
    let started = Instant::now();
    let body = prompt("Hello.", stream).to_string();
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    connection.send("POST", CHAT, &JSON, body.as_bytes()).await.unwrap();
    let answer = connection.response().await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let took = started.elapsed();
    // The limit is one second; without it, these take for ever.
    assert!(took < Duration::from_secs(10), "{name}: {took:?}");
    assert!(answer.status >= 500 || !answer.text().contains("[DONE]"), "{name}: {}", answer.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_a_total_outage_is_not_made_worse_by_retries() {
    const REQUESTS: usize = 1000;
    for (fault, remembers) in [
        (Step::status(500), false),
        (Step::status(500), true),
        (Step::Rst, false),
        (Step::error(ErrorClass::Overloaded), false),
    ] {
        let spillway = Arc::new(Spillway::start());
        let script = Script::always([fault.clone()]);
        let vendors = [
            scripted("one", script.clone()).await,
            scripted("two", script.clone()).await,
            scripted("three", script).await,
        ];
        let all: Vec<&Vendor> = vendors.iter().collect();
        if remembers {
            spillway.upstream("ai", &[]).await;
            for it in all {
                spillway.target("ai", it, &[]).await;
            }
        } else {
            forgetful(&spillway, &all, &json!({})).await;
        }
        let started = Instant::now();
        let left = Arc::new(AtomicUsize::new(REQUESTS));
        let clients: Vec<_> = (0..16)
            .map(|_| {
                let (spillway, left) = (Arc::clone(&spillway), Arc::clone(&left));
                tokio::spawn(async move {
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1))
                        .is_ok()
                    {
                        assert!(spillway.chat("ai").await.status >= 500);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        // A fifth of the traffic, and ten a second on top, saved up for ten seconds at most.
        let seconds = started.elapsed().as_secs_f64() + 10.0;
        let most = (REQUESTS as f64) * 1.2 + 10.0 * seconds;
        let seen: usize = vendors.iter().map(calls).sum();
        assert!(seen as f64 <= most, "{fault:?}: {seen} calls for {REQUESTS} requests, at most {most}");
        if remembers {
            assert!(seen < REQUESTS / 4, "{seen}: an outage that is known is not asked about");
        }
    }
}

#[tokio::test]
async fn p8_no_call_is_made_that_was_bound_to_fail() {
    // A key is out wherever it is used.
    for fault in [Step::error(ErrorClass::Auth), Step::error(ErrorClass::Quota), Step::rate_limited("30")] {
        let one = scripted("one", Script::always([fault.clone()])).await;
        let other = vendor("other").await;
        let spillway = Launch::default()
            .env("OPENAI_API_KEY", "sk-ours")
            .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", one.base_url()))
            .start();
        for upstream in ["first", "second", "third"] {
            spillway.upstream(upstream, &["algorithm=priority"]).await;
            let path = format!("/upstreams/{upstream}/targets");
            let made = spillway.form("POST", &path, &["provider=openai", "model=m"]).await;
            assert_eq!(made.status, 201, "{}", made.text());
            spillway.target(upstream, &other, &[]).await;
            for _ in 0..5 {
                assert_eq!(spillway.chat(upstream).await.status, 200);
            }
        }
        assert_eq!((calls(&one), calls(&other)), (1, 15), "{fault:?}");
    }
}

#[tokio::test]
async fn p9_after_a_fault_the_full_rate_is_back_within_moments() {
    for fault in [Step::status(500), Step::Rst, Step::error(ErrorClass::Overloaded), Step::rate_limited("1")]
    {
        let spillway = Spillway::start();
        let one = scripted("one", Script::always([fault.clone()])).await;
        let other = vendor("other").await;
        let upstream = json!({
            "name": "ai",
            "suspension": {"connect": 1, "overloaded": 1},
            "healthchecks": {"passive": {"unhealthy": {"ejection_time": 1}}},
        });
        assert_eq!(spillway.json("POST", "/upstreams", &upstream).await.status, 201);
        spillway.target("ai", &one, &[]).await;
        spillway.target("ai", &other, &[]).await;
        for _ in 0..50 {
            assert_eq!(spillway.chat("ai").await.status, 200);
        }
        one.script(Script::good());
        let cleared = Instant::now();
        until("half of the traffic is back", || async {
            let before = calls(&one);
            for _ in 0..20 {
                assert_eq!(spillway.chat("ai").await.status, 200);
            }
            calls(&one) - before >= 9
        })
        .await;
        assert!(cleared.elapsed() < Duration::from_secs(10), "{fault:?}: {:?}", cleared.elapsed());
    }
}

#[tokio::test]
async fn p10_a_change_is_all_or_nothing_and_survives_a_kill() {
    let mut spillway = Spillway::start();
    let one = vendor("one").await;
    spillway.upstream("ai", &["tags[]=before"]).await;
    spillway.target("ai", &one, &["model=before"]).await;
    let half_bad = json!({"algorithm": "latency", "tags": ["after"], "slots": -1});
    assert_eq!(spillway.json("PATCH", "/upstreams/ai", &half_bad).await.status, 400);
    let read = spillway.admin("GET", "/upstreams/ai").await.json();
    assert_eq!((&read["algorithm"], &read["tags"]), (&json!("round-robin"), &json!(["before"])));
    for round in 0..5 {
        let model = format!("model-{round}");
        let path = format!("/upstreams/ai/targets/{}", one.addr());
        let change = json!({"model": model, "weight": 10 + round, "tags": [model]});
        assert_eq!(spillway.json("PATCH", &path, &change).await.status, 200);
        spillway.kill();
        spillway.start_again();
        let read = spillway.admin("GET", &path).await.json();
        assert_eq!(
            (&read["model"], &read["weight"], &read["tags"]),
            (&json!(model), &json!(10 + round), &json!([model]))
        );
        assert_eq!(spillway.chat("ai").await.header("x-spillway-model"), Some(model.as_str()));
    }
}

/// Nothing is known that panics, so what can be tried from outside is to find something: the log would say it. That a
/// panic ends one request only is a test beside `proxy::panics`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_nothing_from_outside_makes_it_panic() {
    let spillway = Spillway::start();
    let one = vendor("one").await;
    forgetful(&spillway, &[&one], &json!({"timeouts": {"response": 0.3, "first_token": 0.3, "idle": 0.3}}))
        .await;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let body = prompt("日本 \u{1f980} \\u0000 \"model\":", true).to_string();
    let request = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let event = r#"data: {"choices":[{"index":0,"delta":{"content":"日本"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-ratelimit-remaining-tokens: 9\r\n\
         x-ratelimit-reset-tokens: 6m0s\r\nretry-after: 99999999999999999999\r\ncontent-length: 400\r\n\r\n{event}\n\ndata: [DONE]\n\n"
    );
    for round in 0..300 {
        // What is sent, with some bytes changed, on either side.
        let mut sent = request.clone().into_bytes();
        let mut answered: Vec<char> = answer.chars().collect();
        for _ in 0..next(4) {
            let at = next(sent.len());
            sent[at] = u8::try_from(next(256)).unwrap();
        }
        for _ in 0..next(6) {
            let at = next(answered.len());
            answered[at] = char::from_u32(u32::try_from(next(0x300)).unwrap()).unwrap_or('\0');
        }
        let text: String = answered.into_iter().collect();
        one.script(Script::always([
            Step::Bytes(BytesAnswer { text, split_at: next(40), every_ms: 0 }),
            Step::Fin,
        ]));
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        let cut = if round % 3 == 0 { next(sent.len()) } else { sent.len() };
        let _ = connection.send_raw(&sent[..cut]).await;
        let _ = connection.finish_sending().await;
        let _ = tokio::time::timeout(Duration::from_millis(800), connection.read_raw(4096)).await;
    }
    for path in
        ["/%", "/%00/v1/chat/completions", "/ai/v1/%ff", "//", "/ai/v1/../../x", "/ai/v1/chat/completions?%"]
    {
        for body in ["", "{", "[]", "null", "{\"model\":1}", "{\"model\":\"\\ud800\"}", &"[".repeat(100_000)]
        {
            let answer = client::post_json(spillway.proxy, path, &[], body).await.unwrap();
            assert_ne!(answer.json()["error"]["code"], "internal_error", "{path} {body:.20}");
        }
    }
    one.script(Script::good());
    // Nine may have become nought, and the limit one of years: that is believed for the cap at most.
    let cleared = spillway.admin("DELETE", &format!("/upstreams/ai/targets/{}/exclusion", one.addr())).await;
    assert_eq!(cleared.status, 204);
    assert_eq!(spillway.chat("ai").await.status, 200);
    assert!(!spillway.log().contains("panicked"), "{}", spillway.log());
}

#[tokio::test]
async fn p12_a_client_that_leaves_frees_the_vendor_within_a_hundred_milliseconds() {
    const RUNS: usize = 15;
    let stalls = Step::Good(GoodOverrides { stall_after_chunks: Some(1), ..GoodOverrides::default() });
    for (step, stream) in [(Step::Hang, false), (Step::HangHeaders, true), (stalls, true)] {
        let spillway = Spillway::start();
        let config = VendorConfig { script: Script::always([step.clone()]), ..VendorConfig::named("one") };
        let one = Vendor::start(config).await.unwrap();
        spillway.upstream("ai", &[]).await;
        spillway.target("ai", &one, &[]).await;
        let mut took = Vec::new();
        for run in 0..RUNS {
            let mut connection = Connection::connect(spillway.proxy).await.unwrap();
            let body = chat(stream).to_string();
            connection.send("POST", CHAT, &JSON, body.as_bytes()).await.unwrap();
            until("the vendor has it", || async { calls(&one) == run + 1 }).await;
            let left = Instant::now();
            drop(connection);
            while one.state().in_flight > 0 {
                assert!(left.elapsed() < Duration::from_secs(10), "{step:?}: it is never freed");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            took.push(left.elapsed());
        }
        took.sort_unstable();
        // The median, so that a busy machine fails nothing.
        assert!(took[RUNS / 2] < Duration::from_millis(100), "{step:?}: {took:?}");
        assert_eq!(spillway.health("ai", &one).await["health"], "HEALTHY");
    }
}

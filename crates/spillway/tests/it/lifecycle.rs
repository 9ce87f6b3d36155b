//! Start, crash, stop: what was acknowledged stays, what was accepted is answered, and nothing starts unsafe.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use simulator::{
    Script, Step, Vendor, VendorConfig,
    client::{self, Connection},
    script::GoodOverrides,
};

use crate::support::{Launch, Spillway, chat, scripted, spillway, until, vendor};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_write_survives_kill_9_at_a_random_moment_and_is_in_force() {
    const WRITES: usize = 1000;
    let mut spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let started_at = std::process::id() as usize;
    // Random by the run, printed on failure: somewhere among the writes.
    let fatal = 50 + (started_at * 7919 + clock_noise()) % (WRITES - 100);
    let writer = {
        let (admin, acknowledged) = (spillway.admin, Arc::clone(&acknowledged));
        tokio::spawn(async move {
            for number in 0..WRITES {
                let body = format!("target=127.0.0.1:{}&weight={}", 20_000 + number, number % 100 + 1);
                let headers = [("content-type", "application/x-www-form-urlencoded")];
                let path = "/upstreams/ai/targets";
                match client::request(admin, "POST", path, &headers, body.as_bytes()).await {
                    Ok(answer) if answer.status == 201 && answer.complete => {
                        acknowledged.store(number + 1, Ordering::SeqCst);
                    }
                    _ => return,
                }
            }
        })
    };
    while acknowledged.load(Ordering::SeqCst) < fatal {
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    spillway.kill();
    writer.await.unwrap();
    let known = acknowledged.load(Ordering::SeqCst);
    assert!(known >= fatal && known < WRITES, "killed at {fatal}, acknowledged {known}");

    spillway.start_again();
    let listed = spillway.admin("GET", "/upstreams/ai/targets?size=1000").await.json();
    let weights: std::collections::BTreeMap<String, u64> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["target"].as_str().unwrap().to_owned(), it["weight"].as_u64().unwrap()))
        .collect();
    for number in 0..known {
        let target = format!("127.0.0.1:{}", 20_000 + number);
        assert_eq!(
            weights.get(&target),
            Some(&(number as u64 % 100 + 1)),
            "write {number} of {known} is lost"
        );
    }
    let health = spillway.admin("GET", "/upstreams/ai/health?size=1000").await.json();
    assert_eq!(health["data"].as_array().map(Vec::len), Some(weights.len()), "and each is in force");
}

fn clock_noise() -> usize {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos() as usize
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_write_is_in_force_for_the_very_next_request() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    spillway.upstream("ai", &[]).await;
    for _ in 0..50 {
        for (here, there) in [(&one, &two), (&two, &one)] {
            spillway
                .form("POST", "/upstreams/ai/targets", &[&format!("target={}", here.addr()), "weight=1"])
                .await;
            spillway
                .form("POST", "/upstreams/ai/targets", &[&format!("target={}", there.addr()), "weight=0"])
                .await;
            let answer = spillway.chat("ai").await;
            assert_eq!(answer.header("x-spillway-target"), Some(here.addr().to_string().as_str()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_cuts_nothing_that_was_accepted() {
    let mut spillway = Spillway::start();
    let slow = GoodOverrides { chunk_delay_ms: Some(60), chunks: Some(20), ..Default::default() };
    let one = scripted("one", Script::always([Step::Good(slow)])).await;
    let quick = vendor("quick").await;
    spillway.upstream("slow", &[]).await;
    spillway.target("slow", &one, &[]).await;
    spillway.upstream("quick", &[]).await;
    spillway.target("quick", &quick, &[]).await;

    let proxy = spillway.proxy;
    let streams: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(async move {
                let body = chat(true).to_string();
                let headers = [("content-type", "application/json")];
                client::request(proxy, "POST", "/slow/v1/chat/completions", &headers, body.as_bytes()).await
            })
        })
        .collect();
    until("all streams are open", || async { one.log().len() == 8 }).await;

    // Keep-alive clients that go on asking until they are told to close.
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..4)
        .map(|_| {
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                let mut connection = Connection::connect(proxy).await.expect("it connects");
                let mut answered = 0;
                while !stop.load(Ordering::SeqCst) {
                    let body = chat(false).to_string();
                    let headers = [("content-type", "application/json")];
                    let path = "/quick/v1/chat/completions";
                    let answer = connection.request("POST", path, &headers, body.as_bytes()).await;
                    let answer =
                        answer.unwrap_or_else(|error| panic!("cut after {answered} answers: {error}"));
                    assert!(answer.status == 200 && answer.complete, "{}", answer.text());
                    answered += 1;
                    if answer.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close")) {
                        return answered;
                    }
                }
                answered
            })
        })
        .collect();
    until("they are under way", || async { quick.log().len() > 50 }).await;

    spillway.terminate();
    for client in busy {
        assert!(client.await.expect("no keep-alive client is cut") > 0);
    }
    stop.store(true, Ordering::SeqCst);
    until("new connections are refused", || async { Connection::connect(proxy).await.is_err() }).await;
    for stream in streams {
        let answer = stream.await.unwrap().expect("an answer");
        assert!(answer.complete && answer.text().ends_with("data: [DONE]\n\n"), "cut: {}", answer.text());
    }
    assert!(spillway.ended().await.success(), "{}", spillway.log());
}

#[tokio::test]
async fn a_second_sigterm_ends_at_once() {
    let mut spillway = Spillway::start();
    let one = scripted("one", Script::always([Step::Hang])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    let body = chat(false).to_string();
    let headers = [("content-type", "application/json")];
    connection.send("POST", "/ai/v1/chat/completions", &headers, body.as_bytes()).await.unwrap();
    until("it is under way", || async { one.log().len() == 1 }).await;
    spillway.terminate();
    let proxy = spillway.proxy;
    until("it drains", || async { Connection::connect(proxy).await.is_err() }).await;
    spillway.terminate();
    spillway.ended().await;
}

#[tokio::test]
async fn who_is_out_is_still_out_after_a_restart() {
    let limited = scripted("limited", Script::always([Step::rate_limited("600")])).await;
    let mut spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-operators")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", limited.base_url()))
        .start();
    let other = vendor("other").await;
    spillway.upstream("ai", &[]).await;
    let fields = ["provider=openai", "model=gpt-4o-mini"];
    assert_eq!(spillway.form("POST", "/upstreams/ai/targets", &fields).await.status, 201);
    spillway.upstream("other", &[]).await;
    spillway.target("other", &other, &[]).await;
    let unhealthy = format!("/upstreams/other/targets/{}/unhealthy", other.addr());
    assert_eq!(spillway.admin("PUT", &unhealthy).await.status, 204);
    assert_eq!(spillway.chat("ai").await.status, 429);
    spillway.terminate();
    assert!(spillway.ended().await.success());
    spillway.start_again();
    assert_eq!(spillway.health("other", &other).await["health"], "UNHEALTHY", "manual health is kept");
    limited.clear_log();
    assert_eq!(spillway.chat("ai").await.status, 429);
    assert!(limited.log().is_empty(), "no key is tried again before its time");
}

#[tokio::test]
async fn a_listener_that_others_could_reach_does_not_start_unguarded() {
    for (args, says) in
        [(["--admin-listen", "0.0.0.0:0"], "SPILLWAY_ADMIN_TOKEN"), (["--proxy-listen", "0.0.0.0:0"], "auth")]
    {
        let data = tempfile::TempDir::new().unwrap();
        let output = spillway().arg("serve").arg("--data").arg(data.path()).args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(stderr.contains(says), "{args:?}: {stderr}");
    }
}

#[tokio::test]
async fn with_a_token_every_admin_call_wants_it_and_it_is_never_shown() {
    const TOKEN: &str = "canary-admin-token-0123456789";
    let spillway = Launch::default().env("SPILLWAY_ADMIN_TOKEN", TOKEN).start();
    for (path, free) in [("/upstreams", false), ("/metrics", false), ("/livez", true), ("/readyz", true)] {
        let answer = spillway.admin("GET", path).await;
        assert_eq!(answer.status == 200, free, "{path}: {}", answer.status);
        assert_eq!(answer.status == 401, !free, "{path}");
    }
    let bearer = format!("Bearer {TOKEN}");
    let good = [("authorization", bearer.as_str())];
    assert_eq!(client::request(spillway.admin, "GET", "/upstreams", &good, b"").await.unwrap().status, 200);
    let bad = [("authorization", "Bearer canary-admin-token-0123456780")];
    assert_eq!(client::request(spillway.admin, "GET", "/upstreams", &bad, b"").await.unwrap().status, 401);
    assert!(!contains(&spillway.everything_on_disk(), TOKEN.as_bytes()));
}

#[tokio::test]
async fn keys_never_reach_a_log_a_metric_an_answer_or_the_disk() {
    const KEY: &str = "sk-canary-vendor-key-4f1d9c7a55e0";
    const CLIENTS_KEY: &str = "sk-canary-clients-key-90ab12cd34ef";
    let one = scripted("one", Script::good()).await;
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", KEY)
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", one.base_url()))
        .start();
    let bearer = format!("Bearer {CLIENTS_KEY}");
    let headers = [("authorization", bearer.as_str()), ("x-api-key", CLIENTS_KEY)];
    let body = json!({"model": "openai/gpt-4o-mini", "messages": []}).to_string();
    let mut shown = String::new();
    for path in
        ["/v1/chat/completions", "/v1/nowhere", "/v1/chat/completions?key=sk-canary-clients-key-90ab12cd34ef"]
    {
        for script in
            [Script::good(), Script::always([Step::status(401)]), Script::always([Step::status(500)])]
        {
            one.script(script);
            let answer = client::post_json(spillway.proxy, path, &headers, &body).await.unwrap();
            shown.push_str(&format!("{:?}{}", answer.headers, answer.text()));
        }
    }
    for path in
        ["/", "/providers", "/providers/openai/credentials", "/upstreams", "/metrics", "/openapi.json"]
    {
        let answer = spillway.admin("GET", path).await;
        shown.push_str(&format!("{:?}{}", answer.headers, answer.text()));
    }
    assert!(one.log().iter().any(|it| it.credential.is_some()), "the key was in use");
    shown.push_str(&spillway.log());
    for secret in [KEY, CLIENTS_KEY] {
        assert!(!shown.contains(secret), "{secret} was shown");
        assert!(!contains(&spillway.everything_on_disk(), secret.as_bytes()), "{secret} is on the disk");
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|it| it == needle)
}

#[tokio::test]
async fn one_variable_and_one_command_serve_a_vendor() {
    let models =
        ["gpt-4o-mini", dialect::Kind::OpenAi.row().default_model.unwrap()].map(str::to_owned).to_vec();
    let one = Vendor::start(VendorConfig { models, ..VendorConfig::named("one") }).await.unwrap();
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-operators")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", one.base_url()))
        .start();
    for model in ["gpt-4o-mini", "openai/gpt-4o-mini", "default"] {
        let body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
        let answer = spillway.post("/v1/chat/completions", &body).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
        assert_eq!(answer.header("x-spillway-provider"), Some("openai"));
    }
    let seen = one.log();
    assert!(seen.iter().all(|it| it.credential.is_some()), "each was paid with the operator's key");
    assert!(seen.iter().all(|it| it.path == "/v1/chat/completions"), "{seen:?}");
    assert_eq!(
        seen[1].model.as_deref(),
        Some("gpt-4o-mini"),
        "the provider's name is not the vendor's business"
    );

    // A vendor whose models nobody has listed is asked; what it says of them is what the client hears.
    let unknown = json!({"model": "gpt-nonsense", "messages": []});
    let answer = spillway.post("/v1/chat/completions", &unknown).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("model_not_found")));
}

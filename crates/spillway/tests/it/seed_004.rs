//! Seed `004_…`: the Kong-style document. Each of its commands as it stands there, each of its sentences a test that
//! bears its words and asks the vendor's log. (Its "Next Steps" name other documents and promise nothing here.)

use serde_json::{Value, json};
use simulator::{ErrorClass, Script, Step, client};

use crate::support::{Spillway, calls, chat, scripted, until, vendor};

/// A `curl` of the document: method, path and its `--data`, with the status that it answers with.
struct Curl(&'static str, &'static str, &'static [&'static str], u16);

/// Every command of the document, in its order.
const COMMANDS: [Curl; 13] = [
    Curl("POST", "/upstreams", &["name=openai-upstream", "algorithm=round-robin"], 201),
    Curl("POST", "/upstreams/openai-upstream/targets", &["target=api.openai.com:443", "weight=100"], 201),
    Curl("POST", "/upstreams/openai-upstream/targets", &["target=api2.openai.com:443", "weight=100"], 201),
    Curl("POST", "/upstreams", &["name=ai-upstream", "algorithm=round-robin"], 201),
    Curl("POST", "/upstreams", &["name=ai-upstream", "algorithm=least-connections"], 409),
    Curl(
        "POST",
        "/upstreams",
        &["name=ai-upstream", "algorithm=consistent-hashing", "hash_on=header", "hash_on_header=user-id"],
        409,
    ),
    Curl(
        "PATCH",
        "/upstreams/ai-upstream",
        &[
            "healthchecks.active.http_path=/health",
            "healthchecks.active.healthy.interval=5",
            "healthchecks.active.unhealthy.interval=5",
        ],
        200,
    ),
    Curl(
        "PATCH",
        "/upstreams/ai-upstream",
        &["healthchecks.passive.healthy.successes=3", "healthchecks.passive.unhealthy.http_failures=3"],
        200,
    ),
    Curl("POST", "/upstreams/ai-upstream/targets", &["target=api1.example.com:443", "weight=200"], 201),
    Curl(
        "POST",
        "/upstreams/ai-upstream/targets",
        &["target=backup-api.example.com:443", "weight=100", "backup=true"],
        201,
    ),
    Curl("GET", "/upstreams/ai-upstream/health", &[], 200),
    Curl("GET", "/upstreams/ai-upstream/targets", &[], 200),
    Curl("GET", "/metrics", &[], 200),
];

#[tokio::test]
async fn every_command_of_the_document_pasted_in_its_order() {
    let spillway = Spillway::start();
    for Curl(method, path, data, expected) in COMMANDS {
        let answer = spillway.form(method, path, data).await;
        assert_eq!(answer.status, expected, "{method} {path} {data:?}: {}", answer.text());
    }
    let upstream = spillway.admin("GET", "/upstreams/ai-upstream").await.json();
    let active = &upstream["healthchecks"]["active"];
    assert_eq!(active["http_path"], "/health");
    assert_eq!((&active["healthy"]["interval"], &active["unhealthy"]["interval"]), (&json!(5), &json!(5)));
    let passive = &upstream["healthchecks"]["passive"];
    assert_eq!(passive["healthy"]["successes"], 3);
    assert_eq!(passive["unhealthy"]["http_failures"], 3);
    // Thresholds that nobody set are in force, and read so.
    assert_eq!(passive["unhealthy"]["tcp_failures"], 3);
    assert_eq!(passive["unhealthy"]["timeouts"], 3);
    assert_eq!(active["healthy"]["successes"], 2);

    let again = spillway
        .form("POST", "/upstreams/ai-upstream/targets", &["target=api1.example.com:443", "weight=200"])
        .await;
    assert_eq!(again.status, 200, "a target that is there is updated: {}", again.text());
}

#[tokio::test]
async fn each_algorithm_can_be_chosen_in_a_fresh_store() {
    for fields in [
        vec!["name=ai-upstream", "algorithm=round-robin"],
        vec!["name=ai-upstream", "algorithm=least-connections"],
        vec!["name=ai-upstream", "algorithm=consistent-hashing", "hash_on=header", "hash_on_header=user-id"],
    ] {
        let spillway = Spillway::start();
        let answer = spillway.form("POST", "/upstreams", &fields).await;
        assert_eq!(answer.status, 201, "{fields:?}: {}", answer.text());
        let algorithm = fields[1].strip_prefix("algorithm=").unwrap();
        assert_eq!(answer.json()["algorithm"], algorithm);
    }
}

#[tokio::test]
async fn load_balancing_helps_distribute_ai_model_requests_across_multiple_instances() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    spillway.upstream("ai", &["algorithm=round-robin"]).await;
    spillway.target("ai", &one, &["weight=100"]).await;
    spillway.target("ai", &two, &["weight=100"]).await;
    for _ in 0..20 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!((calls(&one), calls(&two)), (10, 10));
}

#[tokio::test]
async fn load_balancing_helps_for_better_reliability() {
    let spillway = Spillway::start();
    let (bad, good) =
        (scripted("bad", Script::always([Step::error(ErrorClass::Server)])).await, vendor("good").await);
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &bad, &[]).await;
    spillway.target("ai", &good, &[]).await;
    for _ in 0..20 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!(calls(&good), 20);
}

#[tokio::test]
async fn least_connections_counts_open_streams() {
    let spillway = Spillway::start();
    let slow = scripted("slow", slow_stream()).await;
    let free = vendor("free").await;
    spillway.upstream("ai", &["algorithm=least-connections"]).await;
    spillway.target("ai", &slow, &[]).await;
    // The first stream has nowhere else to go; it is open from now on.
    let body = chat(true).to_string();
    let headers = [("content-type", "application/json")];
    let path = "/ai/v1/chat/completions";
    let mut open = client::stream(spillway.proxy, "POST", path, &headers, body.as_bytes()).await.unwrap();
    open.next().await.expect("the first chunk");
    spillway.target("ai", &free, &[]).await;
    for _ in 0..10 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!((calls(&slow), calls(&free)), (1, 10));
    drop(open);
    until("the stream is no longer counted", || async {
        spillway.metric("spillway_in_flight", &[&slow.addr().to_string()]).await == 0.0
    })
    .await;
}

fn slow_stream() -> Script {
    let overrides = simulator::script::GoodOverrides { stall_after_chunks: Some(2), ..Default::default() };
    Script::always([Step::Good(overrides)])
}

#[tokio::test]
async fn hash_based_balancing_keeps_a_user_on_a_target() {
    let spillway = Spillway::start();
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    spillway
        .upstream("ai", &["algorithm=consistent-hashing", "hash_on=header", "hash_on_header=user-id"])
        .await;
    for vendor in &vendors {
        spillway.target("ai", vendor, &[]).await;
    }
    let before = served_by(&spillway, 60).await;
    assert_eq!(before, served_by(&spillway, 60).await, "the same user, the same target");
    let distinct: std::collections::BTreeSet<_> = before.iter().collect();
    assert_eq!(distinct.len(), 3, "users are spread");

    let removed = vendors[0].addr().to_string();
    let gone = spillway.admin("DELETE", &format!("/upstreams/ai/targets/{removed}")).await;
    assert_eq!(gone.status, 204);
    let after = served_by(&spillway, 60).await;
    for (user, (was, is)) in before.iter().zip(&after).enumerate() {
        assert!(
            was == is || *was == removed,
            "user {user} moved from {was} to {is} although its target stayed"
        );
    }
}

/// Which target serves each of so many users.
async fn served_by(spillway: &Spillway, users: usize) -> Vec<String> {
    let mut served = Vec::new();
    for user in 0..users {
        let user = format!("user-{user}");
        let headers = [("user-id", user.as_str())];
        let body = chat(false).to_string();
        let answer = client::post_json(spillway.proxy, "/ai/v1/chat/completions", &headers, &body)
            .await
            .expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text());
        served.push(answer.header("x-spillway-target").expect("who answered").to_owned());
    }
    served
}

#[tokio::test]
async fn a_missing_hash_key_spreads() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    spillway
        .upstream("ai", &["algorithm=consistent-hashing", "hash_on=header", "hash_on_header=user-id"])
        .await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &two, &[]).await;
    for _ in 0..20 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert!(calls(&one) >= 5 && calls(&two) >= 5, "{} and {}", calls(&one), calls(&two));
}

#[tokio::test]
async fn active_health_checks_take_a_dead_target_out_and_bring_it_back() {
    let spillway = Spillway::start();
    let (sick, well) = (vendor("sick").await, vendor("well").await);
    spillway.upstream("ai", &[]).await;
    let answer = spillway
        .form(
            "PATCH",
            "/upstreams/ai",
            &[
                "healthchecks.active.http_path=/health",
                "healthchecks.active.healthy.interval=0.05",
                "healthchecks.active.unhealthy.interval=0.05",
            ],
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    spillway.target("ai", &sick, &[]).await;
    spillway.target("ai", &well, &[]).await;
    until("it is probed", || async { sick.log().iter().any(|it| it.path == "/health") }).await;

    sick.refuse(true).await.unwrap();
    until("it is unhealthy", || async { spillway.health("ai", &sick).await["health"] == "UNHEALTHY" }).await;
    let item = spillway.health("ai", &sick).await;
    assert!(item["reason"].as_str().is_some_and(|it| !it.is_empty()), "{item}");
    let before = calls(&sick);
    for _ in 0..10 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!(calls(&sick), before, "nobody is sent to a dead target");

    sick.refuse(false).await.unwrap();
    until("it comes back by itself", || async { spillway.health("ai", &sick).await["health"] == "HEALTHY" })
        .await;
    for _ in 0..10 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert!(calls(&sick) > before, "and serves again");
}

#[tokio::test]
async fn passive_health_checks_eject_after_three_failures_and_let_it_back_after_three_successes() {
    let spillway = Spillway::start();
    let (sick, well) = (scripted("sick", Script::always([Step::status(500)])).await, vendor("well").await);
    spillway.upstream("ai", &["healthchecks.passive.unhealthy.ejection_time=0.2"]).await;
    let fields =
        ["healthchecks.passive.healthy.successes=3", "healthchecks.passive.unhealthy.http_failures=3"];
    assert_eq!(spillway.form("PATCH", "/upstreams/ai", &fields).await.status, 200);
    spillway.target("ai", &sick, &[]).await;
    spillway.target("ai", &well, &[]).await;
    until("it is ejected", || async {
        assert_eq!(spillway.chat("ai").await.status, 200);
        spillway.health("ai", &sick).await["health"] == "UNHEALTHY"
    })
    .await;
    assert!(calls(&sick) >= 3);
    let item = spillway.health("ai", &sick).await;
    assert!(item["since"].is_string(), "{item}");

    sick.script(Script::good());
    until("it comes back by itself", || async {
        assert_eq!(spillway.chat("ai").await.status, 200);
        spillway.health("ai", &sick).await["health"] == "HEALTHY"
    })
    .await;
}

#[tokio::test]
async fn target_weights_are_adjusted_and_in_force_for_the_next_request() {
    let spillway = Spillway::start();
    let (big, small, drained) = (vendor("big").await, vendor("small").await, vendor("drained").await);
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &big, &["weight=100"]).await;
    spillway.target("ai", &small, &["weight=100"]).await;
    spillway.target("ai", &drained, &["weight=0"]).await;
    let field = format!("target={}", big.addr());
    let answer = spillway.form("POST", "/upstreams/ai/targets", &[&field, "weight=200"]).await;
    assert_eq!((answer.status, &answer.json()["weight"]), (200, &json!(200)));

    let mut sequence = Vec::new();
    for _ in 0..30 {
        let answer = spillway.chat("ai").await;
        sequence.push(answer.header("x-spillway-target") == Some(big.addr().to_string().as_str()));
    }
    for window in sequence.windows(3) {
        assert_eq!(window.iter().filter(|it| **it).count(), 2, "every window of three is 2:1: {sequence:?}");
    }
    assert_eq!((calls(&big), calls(&small), calls(&drained)), (20, 10, 0));
}

#[tokio::test]
async fn a_backup_target_serves_only_when_nobody_else_does() {
    let spillway = Spillway::start();
    let (main, backup) = (vendor("main").await, vendor("backup").await);
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &main, &["weight=200"]).await;
    spillway.target("ai", &backup, &["weight=100", "backup=true"]).await;
    for _ in 0..10 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!((calls(&main), calls(&backup)), (10, 0));

    let unhealthy = format!("/upstreams/ai/targets/{}/unhealthy", main.addr());
    assert_eq!(spillway.admin("PUT", &unhealthy).await.status, 204);
    for _ in 0..10 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!((calls(&main), calls(&backup)), (10, 10));

    let healthy = format!("/upstreams/ai/targets/{}/healthy", main.addr());
    assert_eq!(spillway.admin("PUT", &healthy).await.status, 204);
    assert_eq!(spillway.chat("ai").await.status, 200);
    assert_eq!((calls(&main), calls(&backup)), (11, 10), "and is left as soon as somebody is back");
}

#[tokio::test]
async fn upstream_status_can_be_checked() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("30")])).await;
    let other = vendor("other").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &limited, &[]).await;
    spillway.target("ai", &other, &[]).await;
    let client_key = [("authorization", "Bearer sk-client")];
    for _ in 0..4 {
        let answer = client::post_json(
            spillway.proxy,
            "/ai/v1/chat/completions",
            &client_key,
            &chat(false).to_string(),
        )
        .await
        .unwrap();
        assert_eq!(answer.status, 200);
    }
    let answer = spillway.admin("GET", "/upstreams/ai/health").await;
    let body = answer.json();
    assert!(body["node_id"].is_string() && body["next"].is_null(), "{body}");
    let item = spillway.health("ai", &other).await;
    assert_eq!(item["health"], "HEALTHY");
    let data = &item["data"];
    assert_eq!((&data["host"], &data["port"]), (&json!("127.0.0.1"), &json!(other.addr().port())));
    assert_eq!(data["weight"]["total"], 100);
    assert!(data["addresses"].is_array(), "{item}");
    // 429 is a credential's event, not an address's failure.
    assert_eq!(spillway.health("ai", &limited).await["health"], "HEALTHY");
}

#[tokio::test]
async fn target_status_can_be_checked() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &two, &["weight=0"]).await;
    let listed = spillway.admin("GET", "/upstreams/ai/targets").await.json();
    let data = listed["data"].as_array().cloned().unwrap_or_default();
    let named: Vec<&Value> = data.iter().map(|it| &it["target"]).collect();
    assert_eq!(named, [&json!(two.addr().to_string()), &json!(one.addr().to_string())], "newest first");
    assert_eq!((&data[1]["health"], &data[1]["state"]["state"]), (&json!("HEALTHY"), &json!("available")));
    assert_eq!(
        (&data[0]["health"], &data[0]["state"]["state"]),
        (&json!("HEALTHCHECKS_OFF"), &json!("drained"))
    );
}

#[tokio::test]
async fn load_balancer_metrics_can_be_got() {
    let spillway = Spillway::start();
    let one = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    for _ in 0..3 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    until("requests are counted", || async {
        spillway.metric("spillway_requests_total", &["upstream=\"ai\"", "status=\"200\""]).await == 3.0
    })
    .await;
    let target = one.addr().to_string();
    assert_eq!(
        spillway.metric("spillway_attempts_total", &["upstream=\"ai\"", &target, "success"]).await,
        3.0
    );
    assert_eq!(spillway.metric("spillway_in_flight", &["upstream=\"ai\"", &target]).await, 0.0);
    assert_eq!(spillway.metric("spillway_target_health", &[&target, "state=\"available\""]).await, 1.0);
    let answer = spillway.admin("GET", "/metrics").await;
    assert_eq!(
        answer.header("content-type").map(|it| it.starts_with("text/plain; version=0.0.4")),
        Some(true)
    );
}

#[tokio::test]
async fn the_default_ports_are_those_of_the_document() {
    let (status, stdout, _) = {
        let output = crate::support::spillway().args(["serve", "--help"]).output().unwrap();
        (output.status, String::from_utf8_lossy(&output.stdout).into_owned(), output.stderr)
    };
    assert!(status.success());
    assert!(stdout.contains("127.0.0.1:8001") && stdout.contains("127.0.0.1:8000"), "{stdout}");
}

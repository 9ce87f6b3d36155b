//! The traps of the originals that the settled conflicts name: each a test that fails on what they do. Where the others
//! stand: ejection and recovery by the document's own two PATCHes, and effective thresholds, in `seed_004` and
//! `admin_api::upstreams`; POST, PUT and `If-None-Match` in `admin_api::targets` and `::conventions`; independent draws in
//! `seed_003`; reordering under load in `providers`; untouched nested fields, empty form values and unknown fields in
//! `admin_api::bodies`.

use std::time::Duration;

use serde_json::json;
use simulator::{
    Credential, ErrorClass, Rule, Script, Step, Vendor,
    client::{self, Response},
    script::{ErrorAnswer, GoodOverrides},
};

use crate::support::{Launch, Spillway, calls, chat, scripted, until, vendor};

/// One provider, `openai`, with its one key from the environment.
fn with_openai(openai: &Vendor) -> Spillway {
    Launch::default()
        .env("OPENAI_API_KEY", "sk-operators")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", openai.base_url()))
        .start()
}

async fn with_headers(spillway: &Spillway, path: &str, headers: &[(&str, &str)], stream: bool) -> Response {
    client::post_json(spillway.proxy, path, headers, &chat(stream).to_string())
        .await
        .expect("the proxy answers")
}

#[tokio::test]
async fn a_credential_added_three_times_that_gets_one_429_receives_nothing_more() {
    let openai = scripted("openai", Script::always([Step::error(ErrorClass::RateLimit)])).await;
    let spillway = with_openai(&openai);
    let switched = spillway.json("PATCH", "/upstreams/default", &json!({"enabled": false})).await;
    assert_eq!(switched.status, 200, "{}", switched.text());
    spillway.upstream("pool", &[]).await;
    for _ in 0..3 {
        let target = json!({"provider": "openai", "model": "gpt-4o-mini", "credential": "env"});
        assert_eq!(spillway.json("POST", "/upstreams/pool/targets", &target).await.status, 201);
    }
    for _ in 0..6 {
        let answer = spillway.chat("pool").await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        let wait: u32 = answer.header("retry-after").expect("when to come back").parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(calls(&openai), 1, "all repetitions share one standing");
    let health = spillway.admin("GET", "/upstreams/pool/health").await.json();
    for item in health["data"].as_array().unwrap() {
        assert_eq!(item["state"]["state"], "cooling", "{item}");
        let ttl = item["state"]["ttl"].as_f64().unwrap();
        assert!((50.0..=60.0).contains(&ttl), "a minute without a hint: {ttl}");
    }
}

#[tokio::test]
async fn a_streamed_request_whose_first_key_answers_429_is_served_by_the_second() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("30")])).await;
    let other = vendor("other").await;
    spillway.upstream("pool", &["algorithm=priority"]).await;
    spillway.target("pool", &limited, &[]).await;
    spillway.target("pool", &other, &[]).await;
    let key = [("authorization", "Bearer sk-client")];
    let answer = with_headers(&spillway, "/pool/v1/chat/completions", &key, true).await;
    assert_eq!((answer.status, answer.complete), (200, true), "{}", answer.text());
    assert!(answer.text().contains("[DONE]"));
    assert_eq!(answer.header("x-spillway-attempts"), Some("2"));
    assert_eq!((calls(&limited), calls(&other)), (1, 1));
}

#[tokio::test]
async fn affinity_ends_when_its_target_is_out_and_does_not_return_forever() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    spillway.upstream("pool", &["affinity.key=header:x-session"]).await;
    spillway.target("pool", &one, &[]).await;
    spillway.target("pool", &two, &[]).await;
    let session = [("x-session", "s1")];
    let path = "/pool/v1/chat/completions";
    let target = async || {
        let answer = with_headers(&spillway, path, &session, false).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.header("x-spillway-target").unwrap().to_owned()
    };
    let first = target().await;
    for _ in 0..5 {
        assert_eq!(target().await, first);
    }
    let order = async |word: &str| {
        let path = format!("/upstreams/pool/targets/{first}/{word}");
        assert_eq!(spillway.admin("PUT", &path).await.status, 204);
    };
    order("unhealthy").await;
    let second = target().await;
    assert_ne!(second, first, "a bond to somebody who is out is no reason to fail");
    order("healthy").await;
    assert_eq!(target().await, second, "who served last keeps the session");
}

#[tokio::test]
async fn a_missing_key_falls_back_to_what_hash_fallback_says() {
    let spillway = Spillway::start();
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    let fields =
        ["hash_on=header", "hash_on_header=x-user", "hash_fallback=header", "hash_fallback_header=x-team"];
    spillway.upstream("pool", &fields).await;
    for vendor in &vendors {
        spillway.target("pool", vendor, &[]).await;
    }
    let target = async |headers: &[(&str, &str)]| {
        let answer = with_headers(&spillway, "/pool/v1/chat/completions", headers, false).await;
        answer.header("x-spillway-target").unwrap_or_default().to_owned()
    };
    let mut teams = std::collections::BTreeSet::new();
    for team in 0..20 {
        let team = format!("team-{team}");
        let served = target(&[("x-team", &team)]).await;
        assert_eq!(target(&[("x-team", &team)]).await, served);
        teams.insert(served);
    }
    assert_eq!(teams.len(), 3, "teams are spread");
    let by_user = target(&[("x-user", "u"), ("x-team", "a")]).await;
    assert_eq!(target(&[("x-user", "u"), ("x-team", "b")]).await, by_user, "the key itself goes first");
}

#[tokio::test]
async fn a_429_is_no_failure_of_the_address_unless_the_operator_says_so() {
    for (fields, wanted) in [
        (&[][..], "HEALTHY"),
        (&["healthchecks.passive.unhealthy.http_statuses[]=429", "suspension.rate_limit="][..], "UNHEALTHY"),
    ] {
        let spillway = Spillway::start();
        let limited = scripted("limited", Script::always([Step::error(ErrorClass::RateLimit)])).await;
        let other = vendor("other").await;
        spillway.upstream("pool", fields).await;
        spillway.target("pool", &limited, &[]).await;
        spillway.target("pool", &other, &[]).await;
        for user in 0..12 {
            let key = format!("Bearer sk-{user}");
            let headers = [("authorization", key.as_str())];
            let answer = with_headers(&spillway, "/pool/v1/chat/completions", &headers, false).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        assert!(calls(&limited) >= 3, "{}", calls(&limited));
        assert_eq!(spillway.health("pool", &limited).await["health"], wanted, "{fields:?}");
    }
}

#[tokio::test]
async fn a_vendor_that_answers_404_to_probes_is_reachable_and_not_ejected() {
    let spillway = Spillway::start();
    let api = scripted("api", vec![Rule::always([Step::status(404)]).for_path("/health")]).await;
    spillway
        .upstream(
            "pool",
            &[
                "healthchecks.active.http_path=/health",
                "healthchecks.active.healthy.interval=0.02",
                "healthchecks.active.unhealthy.interval=0.02",
            ],
        )
        .await;
    spillway.target("pool", &api, &[]).await;
    until("it has been probed often enough to trip", || async {
        api.log().iter().filter(|it| it.path == "/health").count() > 8
    })
    .await;
    assert_eq!(spillway.health("pool", &api).await["health"], "HEALTHY");
    assert_eq!(spillway.chat("pool").await.status, 200);
}

#[tokio::test]
async fn what_the_client_did_wrong_never_changes_any_state() {
    let spillway = Spillway::start();
    for class in [ErrorClass::InvalidRequest, ErrorClass::ContextLength, ErrorClass::ContentPolicy] {
        let strict = scripted("strict", Script::always([Step::error(class)])).await;
        let name = format!("pool-{class:?}");
        spillway.upstream(&name, &[]).await;
        spillway.target(&name, &strict, &[]).await;
        for _ in 0..10 {
            let answer = spillway.chat(&name).await;
            assert!((400..500).contains(&answer.status), "{}", answer.text());
        }
        assert_eq!(calls(&strict), 10, "relayed each time, tried once each");
        let item = spillway.health(&name, &strict).await;
        assert_eq!((&item["health"], &item["state"]["state"]), (&json!("HEALTHY"), &json!("available")));
    }
}

#[tokio::test]
async fn come_back_in_six_days_does_not_park_the_pool() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("518400")])).await;
    spillway.upstream("pool", &[]).await;
    spillway.target("pool", &limited, &[]).await;
    let answer = spillway.chat("pool").await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait <= 60, "what clients are told is bounded, too: {wait}");
    let item = spillway.health("pool", &limited).await;
    let ttl = item["state"]["ttl"].as_f64().expect("an end");
    assert!((800.0..=900.0).contains(&ttl), "the cap: {item}");
}

#[tokio::test]
async fn a_spent_quota_is_its_own_class_and_outlasts_any_rate_limit() {
    let quota = ErrorAnswer { class: ErrorClass::Quota, ..ErrorAnswer::default() };
    let openai = scripted("openai", Script::always([Step::Error(quota)])).await;
    let spillway = with_openai(&openai);
    spillway.upstream("pool", &[]).await;
    let target = json!({"provider": "openai", "model": "gpt-4o-mini"});
    assert_eq!(spillway.json("POST", "/upstreams/pool/targets", &target).await.status, 201);
    assert_eq!(spillway.chat("pool").await.status, 429);
    assert_eq!(spillway.chat("pool").await.status, 429);
    assert_eq!(calls(&openai), 1);
    let health = spillway.admin("GET", "/upstreams/pool/health").await.json();
    let state = &health["data"][0]["state"];
    assert_eq!((&state["state"], &state["cause"]), (&json!("cooling"), &json!("quota")), "{state}");
}

#[tokio::test]
async fn turns_are_smooth_and_never_the_same_target_three_times() {
    let spillway = Spillway::start();
    let (big, small) = (vendor("big").await, vendor("small").await);
    spillway.upstream("pool", &["algorithm=weighted-round-robin"]).await;
    spillway.target("pool", &big, &["weight=200"]).await;
    spillway.target("pool", &small, &["weight=100"]).await;
    let mut order = String::new();
    for _ in 0..9 {
        let answer = spillway.chat("pool").await;
        let is_big = answer.header("x-spillway-target") == Some(big.addr().to_string().as_str());
        order.push(if is_big { 'A' } else { 'B' });
    }
    assert_eq!(order, "ABAABAABA");
}

#[tokio::test]
async fn a_healthy_target_added_beside_another_leaves_its_standing_as_it_was() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("300")])).await;
    let new = vendor("new").await;
    spillway.upstream("pool", &[]).await;
    spillway.target("pool", &limited, &[]).await;
    assert_eq!(spillway.chat("pool").await.status, 429);
    let before = spillway.health("pool", &limited).await["state"]["until"].clone();
    spillway.target("pool", &new, &[]).await;
    let changed = spillway.form("PATCH", "/upstreams/pool", &["retries.attempts=5"]).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(spillway.health("pool", &limited).await["state"]["until"], before);
    for _ in 0..5 {
        assert_eq!(spillway.chat("pool").await.status, 200);
    }
    assert_eq!((calls(&limited), calls(&new)), (1, 5));
}

#[tokio::test]
async fn attempts_of_one_answer_with_the_first_failure_that_is_no_keys() {
    let spillway = Spillway::start();
    let bad = scripted("bad", Script::always([Step::error(ErrorClass::Server)])).await;
    let limited = scripted("limited", Script::always([Step::rate_limited("30")])).await;
    let good = vendor("good").await;
    spillway.upstream("pool", &["retries.attempts=1", "algorithm=priority"]).await;
    for vendor in [&limited, &bad, &good] {
        spillway.target("pool", vendor, &[]).await;
    }
    let started = std::time::Instant::now();
    let answer = spillway.chat("pool").await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!((calls(&limited), calls(&bad), calls(&good)), (1, 1, 0));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_sandbox_key_never_reaches_a_production_target() {
    let (live, trial) = (vendor("live").await, vendor("trial").await);
    let spillway = Spillway::start();
    let places = json!([
        {"name": "live", "url": format!("{}/v1", live.base_url()), "environment": "production"},
        {"name": "trial", "url": format!("{}/v1", trial.base_url()), "environment": "sandbox"},
    ]);
    let provider = json!({"name": "p", "kind": "openai-compatible", "models": ["m"], "endpoints": places});
    assert_eq!(spillway.json("POST", "/providers", &provider).await.status, 201);
    for (name, environment) in [("live", "production"), ("trial", "sandbox")] {
        let key =
            json!({"name": name, "secret": format!("sk-{name}-0123456789"), "environment": environment});
        assert_eq!(spillway.json("POST", "/providers/p/credentials", &key).await.status, 201);
    }
    // Every way to choose a key, in a pool that has targets of either environment and of both.
    spillway.upstream("pool", &[]).await;
    for (environment, credential) in
        [("any", json!("*")), ("any", json!("trial")), ("any", json!(null)), ("sandbox", json!("trial"))]
    {
        let target =
            json!({"provider": "p", "model": "m", "environment": environment, "credential": credential});
        assert_eq!(spillway.json("POST", "/upstreams/pool/targets", &target).await.status, 201);
    }
    let sandbox = [("x-spillway-environment", "sandbox")];
    for path in ["/pool/v1/chat/completions", "/v1/chat/completions"] {
        for stream in [false, true] {
            for headers in [&sandbox[..], &[]] {
                for _ in 0..4 {
                    let mut body = chat(stream);
                    body["model"] = "m".into();
                    let answer = client::post_json(spillway.proxy, path, headers, &body.to_string()).await;
                    assert_eq!(answer.expect("it answers").status, 200);
                }
            }
        }
    }
    let used = |vendor: &Vendor| {
        vendor.log().iter().filter_map(|it| it.credential.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(used(&live), [Credential::from("sk-live-0123456789")].into());
    assert_eq!(used(&trial), [Credential::from("sk-trial-0123456789")].into());
}

#[tokio::test]
async fn with_a_key_the_target_stays_when_another_target_leaves() {
    let spillway = Spillway::start();
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    spillway.upstream("pool", &["hash_on=header", "hash_on_header=x-user"]).await;
    for vendor in &vendors {
        spillway.target("pool", vendor, &[]).await;
    }
    let served = async || {
        let mut served = Vec::new();
        for user in 0..40 {
            let user = format!("user-{user}");
            let headers = [("x-user", user.as_str())];
            let answer = with_headers(&spillway, "/pool/v1/chat/completions", &headers, false).await;
            served.push(answer.header("x-spillway-target").unwrap().to_owned());
        }
        served
    };
    let before = served().await;
    let leaving = vendors[1].addr().to_string();
    assert_eq!(spillway.admin("DELETE", &format!("/upstreams/pool/targets/{leaving}")).await.status, 204);
    let after = served().await;
    for (before, after) in before.iter().zip(&after) {
        assert!(before == after || *before == leaving, "{before} has not left, but its user has: {after}");
    }
    assert!(before.contains(&leaving) && !after.contains(&leaving));
}

#[tokio::test]
async fn probes_alone_never_eject_who_serves_well() {
    let spillway = Spillway::start();
    let api = scripted("api", vec![Rule::always([Step::status(404)]).for_path("/health")]).await;
    // The operator says that a 404 counts, and three of them would do.
    let fields = [
        "healthchecks.active.http_path=/health",
        "healthchecks.active.healthy.interval=1",
        "healthchecks.active.unhealthy.interval=1",
        "healthchecks.active.unhealthy.http_statuses[]=404",
        "healthchecks.active.unhealthy.http_failures=3",
    ];
    spillway.upstream("pool", &fields).await;
    spillway.target("pool", &api, &[]).await;
    until("it has failed more probes than it takes", || async {
        assert_eq!(spillway.chat("pool").await.status, 200);
        assert_eq!(spillway.health("pool", &api).await["health"], "HEALTHY");
        api.log().iter().filter(|it| it.path == "/health").count() >= 5
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn least_connections_counts_what_is_open_per_weight_and_across_the_whole_process() {
    let slow = GoodOverrides { stall_after_chunks: Some(2), ..GoodOverrides::default() };
    let slow = Script::always([Step::Good(slow)]);
    let (big, small) = (scripted("big", slow.clone()).await, scripted("small", slow).await);
    let spillway = Spillway::start();
    spillway.upstream("pool", &["algorithm=least-connections"]).await;
    spillway.target("pool", &big, &["weight=200"]).await;
    spillway.target("pool", &small, &["weight=100"]).await;
    // Each on a connection of its own: connections are spread over the threads that serve them.
    let mut open = Vec::new();
    for number in 1..=9 {
        let path = "/pool/v1/chat/completions";
        let json = [("content-type", "application/json")];
        let body = chat(true).to_string();
        let mut streaming =
            client::stream(spillway.proxy, "POST", path, &json, body.as_bytes()).await.unwrap();
        assert!(streaming.next().await.is_some(), "it has begun");
        open.push(streaming);
        let (of_big, of_small) = (big.state().in_flight, small.state().in_flight);
        assert_eq!(of_big + of_small, number);
        let share = number as f64 * 2.0 / 3.0;
        assert!((of_big as f64 - share).abs() <= 1.0, "{of_big} and {of_small} of {number}");
    }
    assert_eq!((big.state().in_flight, small.state().in_flight), (6, 3));
}

//! `GET /stats`: counts by what they are about, and that they survive a restart.

use serde_json::{Value, json};
use simulator::{Script, Step};

use crate::support::{Launch, Spillway, chat, scripted, until, vendor};

#[tokio::test]
async fn requests_and_tries_are_counted_and_a_limit_that_no_client_saw_is_told() {
    let spillway = Spillway::start();
    let limited = scripted("limited", Script::always([Step::rate_limited("60")])).await;
    let good = vendor("good").await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    spillway.target("ai", &limited, &[]).await;
    spillway.target("ai", &good, &[]).await;
    for _ in 0..3 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    let all = counted(&spillway, "/stats?step=60", 3).await;
    assert_eq!(all["requests"], 3, "{all}");
    assert_eq!((&all["errors"], &all["retries"]), (&json!(0), &json!(1)));
    assert_eq!(
        (&all["rate_limited"], &all["rescued"], &all["limits_avoided"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(all["tokens"]["input"].as_u64().unwrap() > 0);
    for of in ["duration_ms", "ttft_ms"] {
        let [p50, p99] = ["p50", "p99"].map(|it| all[of][it].as_f64().unwrap());
        assert!(p50 <= p99, "{all}");
    }
    let by_model = spillway.admin("GET", "/stats?by=model").await.json();
    let series = by_model["series"].as_array().unwrap();
    assert_eq!(series.len(), 1, "{by_model}");
    assert_eq!((&series[0]["provider"], &series[0]["model"]), (&Value::Null, &json!("other")));
    // An hour may end on the way.
    let tries = series[0]["points"].as_array().unwrap().iter().map(|it| it["requests"].as_u64().unwrap());
    assert_eq!(tries.sum::<u64>(), 4, "tries: {by_model}");
}

#[tokio::test]
async fn a_clients_words_are_never_a_series() {
    let spillway = Spillway::start();
    let good = vendor("good").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &good, &[]).await;
    for number in 0..20 {
        let mut body = chat(false);
        body["model"] = format!("made-up-{number}").into();
        spillway.post("/ai/v1/chat/completions", &body).await;
    }
    counted(&spillway, "/stats", 20).await;
    for by in ["provider", "model", "credential", "route"] {
        let text = spillway.admin("GET", &format!("/stats?by={by}")).await.text();
        assert!(!text.contains("made-up"), "{text}");
    }
}

#[tokio::test]
async fn hourly_counts_and_who_was_called_survive_a_restart() {
    let vendor = vendor("openai").await;
    let mut spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-operators")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", vendor.base_url()))
        .start();
    let route = json!({"name": "chat", "paths": ["/v1/chat/completions"], "provider": "openai"});
    assert_eq!(spillway.json("POST", "/routes", &route).await.status, 201);
    for _ in 0..4 {
        assert_eq!(spillway.post("/v1/chat/completions", &chat(false)).await.status, 200);
    }
    counted(&spillway, "/stats", 4).await;
    spillway.terminate();
    assert!(spillway.ended().await.success());
    spillway.start_again();

    for (by, name, value) in [("provider", "provider", "openai"), ("route", "route", "chat")] {
        let stats = spillway.admin("GET", &format!("/stats?by={by}")).await.json();
        let series = stats["series"].as_array().unwrap();
        assert_eq!((series.len(), &series[0][name]), (1, &json!(value)), "{stats}");
        let requests: u64 =
            series[0]["points"].as_array().unwrap().iter().map(|it| it["requests"].as_u64().unwrap()).sum();
        assert_eq!(requests, 4, "{stats}");
    }
    assert_eq!(spillway.post("/v1/chat/completions", &chat(false)).await.status, 200);
    counted(&spillway, "/stats", 5).await;
}

// === Helpers ===

/// The sums of the only series, once so many requests are in them. An hour, or a minute, may end on the way.
async fn counted(spillway: &Spillway, path: &str, requests: u64) -> Value {
    let points = async || {
        let stats = spillway.admin("GET", path).await;
        assert_eq!(stats.status, 200, "{}", stats.text());
        stats.json()["series"][0]["points"].as_array().cloned().unwrap_or_default()
    };
    let sum = |points: &[Value]| points.iter().map(|it| it["requests"].as_u64().unwrap()).sum::<u64>();
    until("all is counted", || async { sum(&points().await) == requests }).await;
    let points = points().await;
    if points.len() == 1 {
        return points[0].clone();
    }
    let total = |name: &str| -> u64 { points.iter().map(|it| it[name].as_u64().unwrap()).sum() };
    let mut last = points[points.len() - 1].clone();
    for name in ["requests", "errors", "retries", "rate_limited", "rescued", "limits_avoided"] {
        last[name] = total(name).into();
    }
    last
}

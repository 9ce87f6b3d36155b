//! `GET /events`: what changes is told within a moment, returns by time included, and a slow reader harms nobody.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::{
    ErrorClass, Rule, Script, Step,
    client::{Connection, Streaming},
};

use crate::support::{Launch, PATIENCE, Spillway, chat, scripted, vendor};

#[tokio::test]
async fn a_429_is_an_event_within_a_second_and_so_is_the_return_when_its_time_is_over() {
    let vendor = scripted("openai", vec![Rule::always([Step::rate_limited("5")]).times(1)]).await;
    let spillway = openai(&vendor.base_url());
    let mut events = Events::of(&spillway).await;
    let asked = Instant::now();
    assert_eq!(spillway.post("/v1/chat/completions", &chat(false)).await.status, 429);

    let out = events.state("credential", |it| !it["model_states"].as_array().unwrap().is_empty()).await;
    // A second on a machine that has nothing else to do; before its time is over in any case.
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!((&out["provider"], &out["state"]), (&json!("openai"), &json!("normal")), "{out}");
    let model = &out["model_states"][0];
    assert_eq!((&model["state"], &model["cause"]), (&json!("cooling"), &json!("rate_limit")), "{out}");
    let until: jiff::Timestamp = model["until"].as_str().unwrap().parse().unwrap();
    let provider = events.state("provider", |it| it["state"] == "abnormal").await;
    assert_eq!(provider["cause"], "rate_limit", "its only key is out: {provider}");

    // Nobody asks anything meanwhile: it comes back by time alone.
    let back = events.state("credential", |it| it["model_states"] == json!([])).await;
    assert_eq!((&back["id"], &back["state"]), (&out["id"], &json!("normal")));
    assert!(jiff::Timestamp::now() >= until, "not before its time");
    assert!(asked.elapsed() >= Duration::from_secs(5));
    events.state("provider", |it| it["state"] == "enabled").await;
}

#[tokio::test]
async fn a_rejected_key_takes_its_provider_with_it_and_an_edit_is_told_as_a_revision() {
    let vendor = scripted("openai", Script::always([Step::error(ErrorClass::Auth)])).await;
    let spillway = openai(&vendor.base_url());
    let mut events = Events::of(&spillway).await;
    let before = events.next("config").await["revision"].clone();
    assert_eq!(before, spillway.admin("GET", "/topology").await.json()["revision"]);

    spillway.post("/v1/chat/completions", &chat(false)).await;
    let key = events.state("credential", |it| it["state"] == "error").await;
    assert_eq!(key["cause"], "auth", "{key}");
    let provider = events.state("provider", |it| it["state"] == "abnormal").await;
    assert_eq!((&provider["name"], &provider["served_by"]), (&json!("openai"), &Value::Null), "{provider}");
    assert!(provider["cause"].as_str().unwrap().contains("auth"), "{provider}");
    let topology = spillway.admin("GET", "/topology").await.json();
    let shown = &topology["providers"][0];
    assert_eq!((&shown["status"], &shown["reason"]), (&provider["state"], &provider["cause"]), "{topology}");

    spillway.upstream("another", &[]).await;
    let after = events.next("config").await["revision"].clone();
    assert_ne!(before, after);
    assert_eq!(after, spillway.admin("GET", "/topology").await.json()["revision"]);
}

#[tokio::test]
async fn models_and_addresses_are_told_as_they_go_and_come_back() {
    let spillway = Spillway::start();
    let (one, two) = (vendor("one").await, vendor("two").await);
    one.script(vec![Rule::always([Step::Rst]).times(1)]);
    spillway.upstream("ai", &["algorithm=priority", "suspension.connect=1", "retries.attempts=2"]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &two, &[]).await;
    let mut events = Events::of(&spillway).await;
    assert_eq!(spillway.chat("ai").await.status, 200);
    let out = events.state("pair", |it| it["state"] == "suspended").await;
    assert_eq!((&out["upstream"], &out["cause"]), (&json!("ai"), &json!("connect")), "{out}");
    assert_eq!(out["address"], one.addr().to_string());
    assert!(out["until"].is_string());
    let back = events.state("pair", |it| it["state"] == "available").await;
    assert_eq!((&back["id"], &back["until"]), (&out["id"], &Value::Null), "{back}");

    for act in ["unhealthy", "healthy"] {
        let path = format!("/upstreams/ai/targets/{}/{act}", one.addr());
        assert_eq!(spillway.admin("PUT", &path).await.status, 204);
        let state = if act == "healthy" { "available" } else { act };
        let told = events.state("address", |it| it["state"] == state).await;
        assert_eq!(told["name"], one.addr().to_string(), "{told}");
    }
}

#[tokio::test]
async fn traffic_is_told_each_second_and_once_more_when_it_has_stopped() {
    let vendor = vendor("openai").await;
    let spillway = openai(&vendor.base_url());
    let mut events = Events::of(&spillway).await;
    for _ in 0..10 {
        assert_eq!(spillway.post("/v1/chat/completions", &chat(false)).await.status, 200);
    }
    let of = |traffic: &Value| -> Option<f64> {
        let providers = traffic["providers"].as_array().unwrap();
        providers.iter().find(|it| it["name"] == "openai")?["requests_per_second"].as_f64()
    };
    let mut seen = 0.0_f64;
    loop {
        let traffic = events.next("traffic").await;
        match of(&traffic) {
            Some(0.0) if seen > 0.0 => break,
            Some(rate) => {
                assert!(!traffic["upstreams"].as_array().unwrap().is_empty(), "{traffic}");
                seen = seen.max(rate);
            }
            None => assert!(seen == 0.0, "an end is told: {traffic}"),
        }
    }
    assert!(seen >= 0.2, "{seen}");
}

#[tokio::test]
async fn open_streams_of_events_hold_up_no_end() {
    let mut spillway = Spillway::start();
    let mut readers = Vec::new();
    for _ in 0..5 {
        readers.push(Events::of(&spillway).await);
    }
    for events in &mut readers {
        events.next("traffic").await;
    }
    let begun = Instant::now();
    spillway.terminate();
    assert!(spillway.ended().await.success());
    // The Admin API gives what is under way a second; they end before that. A busy machine may take its time.
    assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
    for mut events in readers {
        assert!(events.ends().await, "properly");
    }
}

#[tokio::test]
async fn readers_are_bounded_and_one_that_reads_nothing_harms_nobody() {
    let vendor = vendor("openai").await;
    let spillway = openai(&vendor.base_url());
    let mut silent = Vec::new();
    for _ in 0..64 {
        let mut connection = Connection::connect_narrow(spillway.admin, 2048).await.unwrap();
        connection.send("GET", "/events", &[], b"").await.unwrap();
        assert!(connection.read_raw(15).await.unwrap().starts_with(b"HTTP/1.1 200"));
        silent.push(connection);
    }
    let refused = spillway.admin("GET", "/events").await;
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("64 readers"), "{}", refused.text());

    let before = spillway.resident_bytes();
    for round in 0..40 {
        let fields = json!({"name": format!("upstream-{round}")});
        assert_eq!(spillway.json("POST", "/upstreams", &fields).await.status, 201);
        assert_eq!(spillway.post("/v1/chat/completions", &chat(false)).await.status, 200);
    }
    let grown = spillway.resident_bytes().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes");
    drop(silent);
    crate::support::until("there is room again", || async {
        let mut connection = Connection::connect(spillway.admin).await.unwrap();
        connection.send("GET", "/events", &[], b"").await.unwrap();
        let head = connection.read_raw(15).await.unwrap();
        head.starts_with(b"HTTP/1.1 200")
    })
    .await;
}

#[tokio::test]
async fn events_want_the_token_like_everything_else() {
    let spillway = Launch::default().env("SPILLWAY_ADMIN_TOKEN", "the-token").start();
    for path in ["/events", "/topology", "/requests", "/stats"] {
        assert_eq!(spillway.admin("GET", path).await.status, 401, "{path}");
    }
    let mut connection = Connection::connect(spillway.admin).await.unwrap();
    connection.send("GET", "/events", &[("authorization", "Bearer the-token")], b"").await.unwrap();
    let stream = connection.streaming().await.unwrap();
    assert_eq!(stream.response().status, 200);
    assert_eq!(stream.response().header("content-type"), Some("text/event-stream"));
}

// === Helpers ===

fn openai(base_url: &str) -> Spillway {
    Launch::default()
        .env("OPENAI_API_KEY", "sk-operators")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{base_url}/v1"))
        .start()
}

/// A reader of events.
pub(crate) struct Events {
    stream: Streaming,
    text: String,
}

impl Events {
    pub(crate) async fn of(spillway: &Spillway) -> Events {
        let mut connection = Connection::connect(spillway.admin).await.unwrap();
        connection.send("GET", "/events", &[], b"").await.unwrap();
        let stream = connection.streaming().await.unwrap();
        assert_eq!(stream.response().status, 200);
        Events { stream, text: String::new() }
    }

    /// The next event of that name.
    pub(crate) async fn next(&mut self, wanted: &str) -> Value {
        let next = async {
            loop {
                while let Some((event, rest)) = self.text.split_once("\n\n") {
                    let (name, data) = (field(event, "event: "), field(event, "data: "));
                    let found = (name == Some(wanted)).then(|| serde_json::from_str(data.unwrap()).unwrap());
                    self.text = rest.to_owned();
                    if let Some(found) = found {
                        return found;
                    }
                }
                let chunk = self.stream.next().await.expect("the stream goes on");
                self.text.push_str(std::str::from_utf8(&chunk.bytes).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, next).await.unwrap_or_else(|_| panic!("no {wanted} event came"))
    }

    /// The next state of that scope for which something holds.
    pub(crate) async fn state(&mut self, scope: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        let found = async {
            loop {
                let state = self.next("state").await;
                if state["scope"] == scope && holds(&state) {
                    return state;
                }
                seen.push(state.to_string());
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await.ok();
        found.unwrap_or_else(|| panic!("no such state of a {scope} came, but {seen:#?}"))
    }

    /// Whether the stream comes to its proper end.
    async fn ends(&mut self) -> bool {
        let rest = async { while self.stream.next().await.is_some() {} };
        tokio::time::timeout(PATIENCE, rest).await.is_ok()
    }
}

fn field<'a>(event: &'a str, name: &str) -> Option<&'a str> {
    event.lines().find_map(|it| it.strip_prefix(name))
}

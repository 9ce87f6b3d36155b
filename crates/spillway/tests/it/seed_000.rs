//! Seed `000_…`: load balancing of AI models across vendors. Each of its sentences that can be tested is a test that
//! bears its words and asks the vendors' logs. (Its pictures, colours, popups and dragging are the dashboard's: what
//! they show and do is read and written here as the dashboard does it. How many APIs called a provider is `/topology`'s.)

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::{Value, json};
use simulator::{
    Credential, ErrorClass, Rule, Script, Step, Vendor,
    client::{self, Response},
};

use crate::support::{Launch, Spillway, calls, chat, scripted, until, vendor};

/// Providers of that order, each with one key `k`; the default model of `one` is `one-1`.
async fn providers(vendors: &[(&str, &Vendor)]) -> Spillway {
    let spillway = Spillway::start();
    for (name, at) in vendors {
        spillway.provider(name, at).await;
        spillway.key(name, "k", &format!("sk-{name}-0123456789")).await;
    }
    spillway
}

async fn ask_with(spillway: &Spillway, model: &str, headers: &[(&str, &str)], stream: bool) -> Response {
    let mut body = chat(stream);
    body["model"] = model.into();
    client::post_json(spillway.proxy, "/v1/chat/completions", headers, &body.to_string())
        .await
        .expect("the proxy answers")
}

async fn ask(spillway: &Spillway, model: &str) -> Response {
    ask_with(spillway, model, &[], false).await
}

/// Who answered, and with which model.
fn served(answer: &Response) -> (&str, &str) {
    let header = |name| answer.header(name).unwrap_or_default();
    (header("x-spillway-provider"), header("x-spillway-model"))
}

// === "intelligent scheduling … to ensure the high availability and stability of AI services" ===

#[tokio::test]
async fn when_a_primary_provider_service_fails_requests_switch_to_a_backup_provider() {
    for fault in [Step::error(ErrorClass::Server), Step::Rst, Step::error(ErrorClass::Auth), Step::Html200] {
        for stream in [false, true] {
            let primary = scripted("primary", Script::always([fault.clone()])).await;
            let backup = vendor("backup").await;
            let spillway = providers(&[("primary", &primary), ("backup", &backup)]).await;
            for model in ["default", "primary/whatever"] {
                let answer = ask_with(&spillway, model, &[], stream).await;
                assert_eq!((answer.status, answer.complete), (200, true), "{fault:?} {}", answer.text());
                assert_eq!(served(&answer), ("backup", "backup-1"), "{fault:?} {model}");
            }
            assert!(backup.log().iter().all(|it| it.model.as_deref() == Some("backup-1")));
            assert!(
                backup.log().iter().all(|it| it.credential == Some(Credential::from("sk-backup-0123456789")))
            );
        }
    }
}

/// A chain of three as `default` has it, but with a memory of a moment, so that a test sees them return.
async fn chain(vendors: [&Vendor; 3]) -> Spillway {
    let names = ["one", "two", "three"];
    let spillway = providers(&[(names[0], vendors[0]), (names[1], vendors[1]), (names[2], vendors[2])]).await;
    let passive = json!({"unhealthy": {"ejection_time": 0.2}});
    let upstream = json!({"name": "chain", "algorithm": "priority", "suspend_duration": 0.2,
        "retries": {"budget": {"min_per_second": 1000}}, "healthchecks": {"passive": passive}});
    assert_eq!(spillway.json("POST", "/upstreams", &upstream).await.status, 201);
    for (tier, name) in names.iter().enumerate() {
        let target = json!({"provider": name, "model": "@default", "credential": "*", "tier": tier});
        let answer = spillway.json("POST", "/upstreams/chain/targets", &target).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    spillway
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_effectively_avoids_service_interruptions_while_three_vendors_die_and_come_back() {
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    let spillway = Arc::new(chain([&vendors[0], &vendors[1], &vendors[2]]).await);
    let (ended, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let load: Vec<_> = (0..4)
        .map(|client| {
            let (spillway, ended, answered) =
                (Arc::clone(&spillway), Arc::clone(&ended), Arc::clone(&answered));
            tokio::spawn(async move {
                let stream = client % 2 == 0;
                while !ended.load(Ordering::Relaxed) {
                    let answer = if stream {
                        spillway.chat_streamed("chain").await
                    } else {
                        spillway.chat("chain").await
                    };
                    assert_eq!((answer.status, answer.complete), (200, true), "{}", answer.text());
                    assert_eq!(answer.text().contains("[DONE]"), stream, "{}", answer.text());
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let serves = async |name: &str| {
        until(&format!("{name} serves"), || async { served(&spillway.chat("chain").await).0 == name }).await;
        // And not by chance: somebody is served by it under load, too.
        let before = answered.load(Ordering::Relaxed);
        until("the load goes on", async || answered.load(Ordering::Relaxed) > before + 20).await;
    };
    serves("one").await;
    // One after the other, and at any time there is one.
    for (vendor, dies, next) in [
        (0, true, "two"),
        (1, true, "three"),
        (1, false, "two"),
        (2, true, "two"),
        (0, false, "one"),
        (1, true, "one"),
        (2, false, "one"),
        (0, true, "three"),
        (1, false, "two"),
        (0, false, "one"),
    ] {
        vendors[vendor].refuse(dies).await.unwrap();
        serves(next).await;
    }
    ended.store(true, Ordering::Relaxed);
    for client in load {
        client.await.expect("no client has seen an error");
    }
    assert!(vendors.iter().all(|it| calls(it) > 10), "each has had its time");
}

#[tokio::test]
async fn the_primary_is_returned_to_as_soon_as_it_is_available() {
    let primary = scripted("primary", vec![Rule::always([Step::rate_limited("1")]).times(1)]).await;
    let backup = vendor("backup").await;
    let spillway = providers(&[("primary", &primary), ("backup", &backup)]).await;
    assert_eq!(served(&ask(&spillway, "default").await).0, "backup");
    until("the primary is back", || async { served(&ask(&spillway, "default").await).0 == "primary" }).await;
    let log = primary.log();
    let rested = log[1].at_ms - log[0].at_ms + 1;
    assert!(rested >= 1000, "not before its time: {rested} ms");
    for _ in 0..5 {
        assert_eq!(served(&ask(&spillway, "default").await), ("primary", "primary-1"));
    }
}

#[tokio::test]
async fn everybody_is_out_and_the_client_is_told_when_to_come_back() {
    let limited = [
        scripted("one", Script::always([Step::rate_limited("20")])).await,
        scripted("two", Script::always([Step::rate_limited("40")])).await,
    ];
    let spillway = providers(&[("one", &limited[0]), ("two", &limited[1])]).await;
    for _ in 0..3 {
        let answer = ask(&spillway, "default").await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (429, &json!("rate_limit_exceeded")));
        let wait: u64 = answer.header("retry-after").expect("when").parse().unwrap();
        assert!((1..=20).contains(&wait), "the soonest return: {wait}");
    }
    assert_eq!((calls(&limited[0]), calls(&limited[1])), (1, 1), "nobody is asked before its time");
}

// === "switching can be done according to a preset priority sequence" ===

#[tokio::test]
async fn switching_follows_the_preset_priority_sequence() {
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    let spillway = providers(&[("one", &vendors[0]), ("two", &vendors[1]), ("three", &vendors[2])]).await;
    for (dead, expected) in [(None, "one"), (Some(0), "two"), (Some(1), "three")] {
        if let Some(dead) = dead {
            vendors[dead].script(Script::always([Step::error(ErrorClass::Auth)]));
        }
        let answer = ask(&spillway, "default").await;
        assert_eq!(served(&answer), (expected, format!("{expected}-1").as_str()), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_route_tries_its_own_provider_key_by_key_and_then_the_others_by_rank() {
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    let spillway = providers(&[("one", &vendors[0]), ("two", &vendors[1]), ("three", &vendors[2])]).await;
    spillway.key("three", "second", "sk-three-second-0").await;
    spillway.key("three", "third", "sk-three-third-00").await;
    spillway.key("one", "second", "sk-one-second-000").await;
    let route = json!({"name": "r", "paths": ["/r"], "provider": "three", "model": "big"});
    assert_eq!(spillway.json("POST", "/routes", &route).await.status, 201);
    let limited = |key: &str| Rule::always([Step::rate_limited("60")]).for_credential(key);
    vendors[2].script(vec![limited("sk-three-0123456789"), limited("sk-three-second-0")]);
    let own = spillway.post("/r/v1/chat/completions", &chat(false)).await;
    assert_eq!((served(&own), own.header("x-spillway-credential")), (("three", "big"), Some("third")));
    let asked: Vec<_> = vendors[2].log().into_iter().map(|it| it.credential.unwrap()).collect();
    let keys = ["sk-three-0123456789", "sk-three-second-0", "sk-three-third-00"];
    assert_eq!(asked, keys.map(Credential::from), "key by key, by rank");

    // All of its own keys are out: the others by rank, each with its pool, its default model.
    vendors[2].script(Script::always([Step::rate_limited("60")]));
    vendors[0].script(vec![limited("sk-one-0123456789")]);
    let other = spillway.post("/r/v1/chat/completions", &chat(true)).await;
    assert_eq!((served(&other), other.header("x-spillway-credential")), (("one", "one-1"), Some("second")));
    assert_eq!(calls(&vendors[2]), 4, "and none of its keys is asked again before its time");
    vendors[0].script(Script::always([Step::error(ErrorClass::Auth)]));
    let last = spillway.post("/r/v1/chat/completions", &chat(false)).await;
    assert_eq!(served(&last), ("two", "two-1"), "{}", last.text());
}

#[tokio::test]
async fn who_declines_a_fallback_gets_the_providers_own_answer() {
    for stream in [false, true] {
        let primary = scripted("primary", Script::always([Step::error(ErrorClass::Server)])).await;
        let backup = vendor("backup").await;
        let spillway = providers(&[("primary", &primary), ("backup", &backup)]).await;
        let fallback = async |word: &str| {
            ask_with(&spillway, "primary/own", &[("x-spillway-fallback", word)], stream).await
        };
        let off = fallback("off").await;
        assert_eq!((off.status, calls(&backup)), (500, 0), "{}", off.text());
        assert_eq!(served(&fallback("on").await), ("backup", "backup-1"));
        let wrong = fallback("perhaps").await;
        assert_eq!(wrong.status, 400, "{}", wrong.text());
    }
}

#[tokio::test]
async fn another_model_answers_for_texts_only() {
    let primary = scripted("primary", Script::always([Step::error(ErrorClass::Auth)])).await;
    let backup = vendor("backup").await;
    let spillway = providers(&[("primary", &primary), ("backup", &backup)]).await;
    for (path, stands_in) in [
        ("/chat/completions", true),
        ("/completions", true),
        ("/responses", true),
        ("/embeddings", false),
        ("/moderations", false),
        ("/rerank", false),
        ("/images/generations", false),
        ("/audio/speech", false),
    ] {
        let body = json!({"model": "primary/own", "input": "hi", "prompt": "hi", "query": "q", "documents": ["d"],
            "voice": "v", "messages": [{"role": "user", "content": "hi"}]});
        let before = calls(&backup);
        let answer = spillway.post(&format!("/v1{path}"), &body).await;
        assert_eq!(answer.status == 200, stands_in, "{path}: {} {}", answer.status, answer.text());
        assert_eq!(calls(&backup) - before, usize::from(stands_in), "{path}");
    }
}

#[tokio::test]
async fn the_same_model_elsewhere_answers_before_another_model_does() {
    let (one, two, three) = (vendor("one").await, vendor("two").await, vendor("three").await);
    let spillway = providers(&[("one", &one), ("two", &two), ("three", &three)]).await;
    for name in ["one", "three"] {
        let models = json!({"models": ["shared", format!("{name}-1")]});
        assert_eq!(spillway.json("PATCH", &format!("/providers/{name}"), &models).await.status, 200);
    }
    assert_eq!(served(&ask(&spillway, "shared").await), ("one", "shared"));
    one.script(Script::always([Step::error(ErrorClass::Auth)]));
    assert_eq!(served(&ask(&spillway, "shared").await), ("three", "shared"), "by rank, same model");
    let embeddings = spillway.post("/v1/embeddings", &json!({"model": "shared", "input": "hi"})).await;
    assert_eq!(served(&embeddings), ("three", "shared"), "vectors of the same model are the same");
    three.script(Script::always([Step::error(ErrorClass::Auth)]));
    assert_eq!(served(&ask(&spillway, "shared").await), ("two", "two-1"));
}

// === the two switches of `default` ===

#[tokio::test]
async fn default_is_switched_off_and_on_and_takes_unknown_models_when_told_so() {
    let (one, two) = (vendor("one").await, vendor("two").await);
    let spillway = providers(&[("one", &one), ("two", &two)]).await;
    let switch = async |body: Value| {
        let answer = spillway.json("PATCH", "/upstreams/default", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let unknown = ask(&spillway, "made-up").await;
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (404, &json!("model_not_found")));
    switch(json!({"match_unknown_models": true})).await;
    assert_eq!(served(&ask(&spillway, "made-up").await), ("one", "one-1"));
    switch(json!({"enabled": false})).await;
    assert_eq!(ask(&spillway, "made-up").await.status, 404, "nobody is there to take it");
    one.script(Script::always([Step::error(ErrorClass::Server)]));
    assert_eq!(ask(&spillway, "one-1").await.status, 500, "nor to stand in");
    switch(json!({"enabled": true})).await;
    assert_eq!(served(&ask(&spillway, "one-1").await), ("two", "two-1"));
    let other = spillway.json("PATCH", "/upstreams/default", &json!({"algorithm": "round-robin"})).await;
    assert_eq!(other.status, 400, "everything else follows from the providers: {}", other.text());
    assert!(other.text().contains("match_unknown_models"), "{}", other.text());
}

// === "Introduction to Model Load Balancing Diagram" ===

#[tokio::test]
async fn the_provider_card_has_the_availability_status_and_the_default_selected_model() {
    let (one, two) = (vendor("one").await, vendor("two").await);
    let spillway = providers(&[("one", &one), ("two", &two)]).await;
    let card = async |name: &str| spillway.admin("GET", &format!("/providers/{name}")).await.json();
    assert_eq!(served(&ask(&spillway, "default").await), ("one", "one-1"), "the first that it lists");
    // "Users can click the edit button … to make edits."
    let edited = spillway.json("PATCH", "/providers/one", &json!({"default_model": "one-2"})).await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    let shown = card("one").await;
    assert_eq!((&shown["status"], &shown["default_model"]), (&json!("enabled"), &json!("one-2")));
    assert_eq!(served(&ask(&spillway, "default").await), ("one", "one-2"), "a live reference");
    one.script(Script::always([Step::error(ErrorClass::Auth)]));
    assert_eq!(served(&ask(&spillway, "default").await), ("two", "two-1"));
    let shown = card("one").await;
    assert_eq!(shown["status"], "abnormal", "{shown}");
    assert_eq!(shown["served_by"], json!({"provider": "two", "model": "two-1"}), "and who serves instead");
    spillway.json("PATCH", "/providers/two", &json!({"enabled": false})).await;
    assert_eq!(card("two").await["status"], "disabled");
}

#[tokio::test]
async fn each_api_key_is_normal_or_abnormal_as_requests_find_it() {
    let one = scripted(
        "one",
        vec![
            Rule::always([Step::error(ErrorClass::Auth)]).for_credential("sk-revoked-0000000"),
            Rule::always([Step::rate_limited("30")]).for_credential("sk-limited-0000000"),
            Rule::always([Step::error(ErrorClass::Quota)]).for_credential("sk-spent-000000000"),
        ],
    )
    .await;
    let spillway = Spillway::start();
    spillway.provider("one", &one).await;
    for name in ["revoked", "limited", "spent"] {
        spillway.key("one", name, &format!("sk-{name}-000000000")[..18]).await;
    }
    spillway.key("one", "good", "sk-good-0000000000").await;
    for _ in 0..4 {
        let answer = ask(&spillway, "default").await;
        assert_eq!(
            (answer.status, answer.header("x-spillway-credential")),
            (200, Some("good")),
            "{}",
            answer.text()
        );
    }
    assert_eq!(calls(&one), 7, "each of the bad keys once");
    let keys = spillway.admin("GET", "/providers/one/credentials").await.json();
    // "API Key Count": how many there are is how many are listed.
    assert_eq!(keys["data"].as_array().unwrap().len(), 4);
    for (name, state, cause) in [("revoked", "error", "auth"), ("spent", "exceeded", "quota")] {
        let key = spillway.admin("GET", &format!("/providers/one/credentials/{name}")).await.json();
        assert_eq!((&key["state"], &key["cause"]), (&json!(state), &json!(cause)), "{key}");
    }
    let limited = spillway.admin("GET", "/providers/one/credentials/limited").await.json();
    assert_eq!(limited["state"], "normal", "for another model it would do: {limited}");
    assert_eq!(limited["model_states"][0]["state"], "cooling", "{limited}");
    assert_eq!(limited["model_states"][0]["model"], "one-1", "{limited}");
    let good = spillway.admin("GET", "/providers/one/credentials/good").await.json();
    assert_eq!((&good["state"], &good["model_states"]), (&json!("normal"), &json!([])));
}

#[tokio::test]
async fn the_load_balancing_is_shown_as_it_works() {
    let (one, two) = (vendor("one").await, vendor("two").await);
    let spillway = providers(&[("one", &one), ("two", &two)]).await;
    let targets = spillway.admin("GET", "/upstreams/default/targets").await.json();
    let shown: Vec<_> = targets["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["provider"]["name"].clone(),
                it["tier"].clone(),
                it["model"].clone(),
                it["credential"].clone(),
            )
        })
        .collect();
    let row = |name: &str, rank: u32| (json!(name), json!(rank), json!("@default"), json!("*"));
    assert_eq!(shown, [row("one", 1), row("two", 2)]);
}

// === "Load Priority" ===

#[tokio::test]
async fn the_lower_the_priority_number_the_higher_the_priority() {
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    let spillway = providers(&[("one", &vendors[0]), ("two", &vendors[1]), ("three", &vendors[2])]).await;
    let ranks = async || -> Vec<u64> {
        let mut ranks = Vec::new();
        for name in ["one", "two", "three"] {
            let provider = spillway.admin("GET", &format!("/providers/{name}")).await.json();
            ranks.push(provider["rank"].as_u64().unwrap());
        }
        ranks
    };
    assert_eq!(ranks().await, [1, 2, 3]);
    // "meaning the default model of that provider is called first"
    assert_eq!(served(&ask(&spillway, "default").await), ("one", "one-1"));

    // "Adjust the load priority number … to the target rank number."
    let moved = spillway.json("PATCH", "/providers/three", &json!({"rank": 1})).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(ranks().await, [2, 3, 1], "it is inserted there, and the others move on");
    assert_eq!(served(&ask(&spillway, "default").await), ("three", "three-1"));
    vendors[2].script(Script::always([Step::error(ErrorClass::Auth)]));
    assert_eq!(served(&ask(&spillway, "default").await).0, "one", "whoever is next in the order");

    // "Directly drag the provider's card … to change the priority order."
    let order = json!({"providers": ["two", "one", "three"]});
    assert_eq!(spillway.json("PUT", "/providers/order", &order).await.status, 200);
    assert_eq!(ranks().await, [2, 1, 3]);
    assert_eq!(served(&ask(&spillway, "default").await), ("two", "two-1"));
}

// === a chain of several dialects ===

#[tokio::test]
async fn a_chain_of_both_dialects_serves_callers_of_either_by_rank() {
    let (openai, mistral, anthropic) =
        (vendor("openai").await, vendor("mistral").await, vendor("anthropic").await);
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-openai")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", openai.base_url()))
        .env("MISTRAL_API_KEY", "sk-mistral")
        .env("SPILLWAY_MISTRAL_BASE_URL", &format!("{}/v1", mistral.base_url()))
        .env("ANTHROPIC_API_KEY", "sk-anthropic")
        .env("SPILLWAY_ANTHROPIC_BASE_URL", &anthropic.base_url())
        .start();
    openai.refuse(true).await.unwrap();
    assert_eq!(served(&ask(&spillway, "default").await).0, "anthropic");
    let messages =
        json!({"model": "default", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
    let answer = spillway.post("/v1/messages", &messages).await;
    assert_eq!(served(&answer).0, "anthropic", "{}", answer.text());
    anthropic.refuse(true).await.unwrap();
    assert_eq!(served(&ask(&spillway, "default").await).0, "mistral");
    let answer = spillway.post("/v1/messages", &messages).await;
    assert_eq!(served(&answer).0, "mistral", "{}", answer.text());
    mistral.refuse(true).await.unwrap();
    let nobody = ask(&spillway, "default").await;
    assert!(matches!(nobody.status, 502 | 503), "{} {}", nobody.status, nobody.text());
    assert_eq!((calls(&anthropic), calls(&mistral)), (2, 2));
}

//! `GET /topology`: the diagram, and that it says what the router does.

use serde_json::{Value, json};
use simulator::{ErrorClass, Rule, Script, Step, Vendor, client};

use crate::support::{Launch, Spillway, chat, scripted, until, vendor};

#[tokio::test]
async fn services_lead_to_providers_and_providers_to_keys() {
    let (one, two) = (vendor("one").await, vendor("two").await);
    let spillway = two_providers(&one, &two);
    let service = json!({"name": "assistants"});
    assert_eq!(spillway.json("POST", "/services", &service).await.status, 201);
    let (openai, groq) = (["/v1/chat/completions", "/a"], ["/v1/chat/completions", "/b"]);
    for (name, path, service, provider) in [
        ("chat", openai[1], Some("assistants"), "openai"),
        ("draft", "/c", Some("assistants"), "openai"),
        ("loose", groq[1], None, "groq"),
    ] {
        let route = json!({"name": name, "paths": [path], "service": service, "provider": provider});
        let made = spillway.json("POST", "/routes", &route).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let topology = read(&spillway).await;
    let services = topology["services"].as_array().unwrap();
    assert_eq!(services.len(), 2, "{topology}");
    assert_eq!(services[0]["name"], "assistants");
    assert_eq!(names(&services[0]["routes"]), ["chat", "draft"]);
    let edge = &services[0]["edges"][0];
    assert_eq!(
        (&edge["provider"], &edge["api_count"], &edge["apis_called"]),
        (&json!("openai"), &json!(2), &json!(0))
    );
    assert_eq!((&services[1]["id"], &services[1]["name"]), (&Value::Null, &Value::Null));
    assert_eq!(names(&services[1]["routes"]), ["loose"]);

    assert_eq!(spillway.post("/a/v1/chat/completions", &chat(false)).await.status, 200);
    until("the call is counted", || async { provider(&read(&spillway).await, "openai")["apis_called"] == 1 })
        .await;
    let topology = read(&spillway).await;
    let shown = provider(&topology, "openai");
    assert_eq!(
        (&shown["rank"], &shown["status"], &shown["reason"]),
        (&json!(1), &json!("enabled"), &Value::Null)
    );
    assert_eq!((&shown["api_count"], &shown["key_count"]), (&json!(2), &json!(1)));
    assert!(shown["default_model"].is_string());
    assert_eq!(shown["served_by"], Value::Null);
    let key = &shown["credentials"][0];
    assert_eq!(
        (&key["state"], &key["default"], &key["share"]),
        (&json!("normal"), &json!(true), &json!(1.0))
    );
    assert_eq!(
        (&key["cause"], &key["until"], &key["last_error"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let called = &topology["services"][0]["edges"][0];
    assert_eq!(
        (&called["apis_called"], &called["routes_called"][0]),
        (&json!(1), &topology["services"][0]["routes"][0]["id"])
    );
    let groq = provider(&topology, "groq");
    assert_eq!((&groq["apis_called"], &groq["credentials"][0]["share"]), (&json!(0), &Value::Null));
}

#[tokio::test]
async fn a_limited_key_is_shown_with_cause_until_and_the_vendors_words_without_the_key() {
    let one = scripted("one", Script::always([Step::rate_limited("60")])).await;
    let two = vendor("two").await;
    let spillway = two_providers(&one, &two);
    let answer = spillway
        .post(
            "/v1/chat/completions",
            &json!({"model": "default", "messages": [{"role": "user", "content": "Hello."}]}),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let topology = read(&spillway).await;
    let shown = provider(&topology, "openai");
    let key = &shown["credentials"][0];
    let model = &key["model_states"][0];
    assert_eq!(
        (&key["state"], &model["state"], &model["cause"]),
        (&json!("normal"), &json!("cooling"), &json!("rate_limit")),
        "{topology}"
    );
    let until: jiff::Timestamp = model["until"].as_str().unwrap().parse().unwrap();
    assert!(until > jiff::Timestamp::now());
    assert!((0.0..=60.0).contains(&model["ttl"].as_f64().unwrap()));
    assert!(!key["last_error"].as_str().unwrap().is_empty() && key["last_error_at"].is_string(), "{key}");
    assert!(!topology.to_string().contains("sk-"), "{topology}");
    // Its only key is out for the only model that has been asked of it.
    assert_eq!(
        (&shown["status"], &shown["served_by"]["provider"]),
        (&json!("abnormal"), &json!("groq")),
        "{topology}"
    );
    assert_eq!(shown["served_by"]["model"], *answer.header("x-spillway-model").unwrap());
}

#[tokio::test]
async fn three_vendors_die_one_after_the_other_and_come_back_and_served_by_follows() {
    let vendors = [vendor("one").await, vendor("two").await, vendor("three").await];
    let spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-one")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", vendors[0].base_url()))
        .env("GROQ_API_KEY", "gsk-two")
        .env("SPILLWAY_GROQ_BASE_URL", &format!("{}/v1", vendors[1].base_url()))
        .env("MISTRAL_API_KEY", "three")
        .env("SPILLWAY_MISTRAL_BASE_URL", &format!("{}/v1", vendors[2].base_url()))
        .start();
    let ranked: Vec<String> = names(&read(&spillway).await["providers"]);
    let of = |name: &str| -> &Vendor {
        match name {
            "openai" => &vendors[0],
            "groq" => &vendors[1],
            _ => &vendors[2],
        }
    };
    let ask = async || {
        let body = json!({"model": "default", "messages": [{"role": "user", "content": "Hello."}]});
        let answer = spillway.post("/v1/chat/completions", &body).await;
        answer.header("x-spillway-provider").map(str::to_owned)
    };
    assert_eq!(ask().await.as_deref(), Some(&*ranked[0]));
    for (dead, next) in [(0, 1), (1, 2)] {
        of(&ranked[dead]).script(Script::always([Step::error(ErrorClass::Auth)]));
        assert_eq!(ask().await.as_deref(), Some(&*ranked[next]));
        let topology = read(&spillway).await;
        for name in &ranked[..=dead] {
            let shown = provider(&topology, name);
            assert_eq!(
                (&shown["status"], &shown["served_by"]["provider"]),
                (&json!("abnormal"), &json!(ranked[next])),
                "{topology}"
            );
        }
        assert_eq!(provider(&topology, &ranked[next])["status"], "enabled", "{topology}");
    }
    of(&ranked[2]).script(Script::always([Step::error(ErrorClass::Auth)]));
    assert_eq!(ask().await, None);
    let topology = read(&spillway).await;
    for name in &ranked {
        let shown = provider(&topology, name);
        assert_eq!((&shown["status"], &shown["served_by"]), (&json!("abnormal"), &Value::Null), "{topology}");
        assert!(shown["reason"].as_str().unwrap().contains("auth"), "{topology}");
    }
    // The last to be well is the first that is asked again once its time is over.
    for vendor in &vendors {
        vendor.script(Script::good());
    }
    until("the first serves again, and is shown so", || async {
        let served = ask().await;
        let topology = read(&spillway).await;
        served.as_deref() == Some(&*ranked[0]) && provider(&topology, &ranked[0])["status"] == "enabled"
    })
    .await;
}

#[tokio::test]
async fn a_pool_of_five_keys_reads_exactly_as_its_vendor_has_treated_each() {
    let keys = ["sk-limited-one", "sk-limited-two", "sk-revoked", "sk-without-quota", "sk-good"];
    let vendor = scripted(
        "vendor",
        vec![
            Rule::always([Step::rate_limited("60")]).for_credential(keys[0]),
            Rule::always([Step::rate_limited("90")]).for_credential(keys[1]),
            Rule::always([Step::error(ErrorClass::Auth)]).for_credential(keys[2]),
            Rule::always([Step::error(ErrorClass::Quota)]).for_credential(keys[3]),
        ],
    )
    .await;
    let spillway = Spillway::start();
    let provider = json!({
        "name": "pool", "kind": "openai-compatible", "models": ["m"],
        "endpoints": [{"name": "main", "url": format!("{}/v1", vendor.base_url())}],
    });
    let made = spillway.json("POST", "/providers", &provider).await;
    assert_eq!(made.status, 201, "{}", made.text());
    for key in keys {
        let made = spillway
            .json("POST", "/providers/pool/credentials", &json!({"name": key[3..], "secret": key}))
            .await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    // Long enough that no key is due again while this test goes on.
    let settings = spillway.form("PATCH", "/upstreams/default", &["suspension.auth=600"]).await;
    assert_eq!(settings.status, 200, "{}", settings.text());
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "Hello."}]});
    for _ in 0..10 {
        assert_eq!(spillway.post("/v1/chat/completions", &body).await.status, 200, "no client sees an error");
    }
    until("all of it is counted", || async {
        read(&spillway).await["providers"][0]["credentials"][4]["share"].as_f64() == Some(0.7143)
    })
    .await;
    let topology = read(&spillway).await;
    let shown = self::provider(&topology, "pool");
    assert_eq!((&shown["status"], &shown["key_count"]), (&json!("enabled"), &json!(5)), "{topology}");
    let of = |name: &str| {
        let all = shown["credentials"].as_array().unwrap();
        all.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} in {topology}")).clone()
    };
    for (name, at_least, at_most) in [("limited-one", 30.0, 60.0), ("limited-two", 60.0, 90.0)] {
        let key = of(name);
        assert_eq!(
            (&key["state"], &key["cause"]),
            (&json!("normal"), &Value::Null),
            "out for one model only: {key}"
        );
        let model = &key["model_states"][0];
        assert_eq!(
            (&model["model"], &model["state"], &model["cause"]),
            (&json!("m"), &json!("cooling"), &json!("rate_limit")),
            "{key}"
        );
        let left = model["ttl"].as_f64().unwrap();
        assert!(left > at_least && left <= at_most && model["until"].is_string(), "{key}");
    }
    let revoked = of("revoked");
    assert_eq!((&revoked["state"], &revoked["cause"]), (&json!("error"), &json!("auth")), "{revoked}");
    assert!(revoked["until"].is_string() && revoked["since"].is_string(), "{revoked}");
    let broke = of("without-quota");
    assert_eq!((&broke["state"], &broke["cause"]), (&json!("exceeded"), &json!("quota")), "{broke}");
    let good = of("good");
    assert_eq!((&good["state"], &good["last_error"]), (&json!("normal"), &Value::Null), "{good}");
    for name in ["limited-one", "limited-two", "revoked", "without-quota"] {
        let key = of(name);
        assert!(!key["last_error"].as_str().unwrap().is_empty(), "{key}");
        assert_eq!(key["share"], 0.0714, "one try of fourteen: {key}");
    }
    // The vendor's own log: nobody was asked again before its time.
    assert_eq!(vendor.log().iter().filter(|it| it.method == "POST").count(), 14);
}

#[tokio::test]
async fn what_a_provider_lacks_is_its_reason() {
    let one = vendor("one").await;
    let mut spillway = Launch::default()
        .env("OPENAI_API_KEY", "sk-one")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", one.base_url()))
        .start();
    spillway.kill();
    spillway.forget("OPENAI_API_KEY");
    spillway.start_again();
    let topology = read(&spillway).await;
    let shown = provider(&topology, "openai");
    assert_eq!(shown["status"], "abnormal", "{topology}");
    assert!(shown["reason"].as_str().unwrap().contains("OPENAI_API_KEY is not set"), "{topology}");
    assert_eq!(shown["credentials"][0]["state"], "error");
}

#[tokio::test]
async fn without_anything_there_is_one_service_and_an_etag() {
    let spillway = Spillway::start();
    let answer = spillway.admin("GET", "/topology").await;
    let topology = answer.json();
    assert_eq!(topology["services"], json!([{"id": null, "name": null, "routes": [], "edges": []}]));
    assert_eq!(topology["providers"], json!([]));
    let tag = format!("\"{}\"", topology["revision"].as_str().unwrap());
    assert_eq!(answer.header("etag"), Some(&*tag));
    assert_eq!(spillway.admin("GET", "/topology?deep=1").await.status, 400);
}

// === Helpers ===

fn two_providers(one: &Vendor, two: &Vendor) -> Spillway {
    Launch::default()
        .env("OPENAI_API_KEY", "sk-one-of-the-operator")
        .env("SPILLWAY_OPENAI_BASE_URL", &format!("{}/v1", one.base_url()))
        .env("GROQ_API_KEY", "gsk-two-of-the-operator")
        .env("SPILLWAY_GROQ_BASE_URL", &format!("{}/v1", two.base_url()))
        .start()
}

async fn read(spillway: &Spillway) -> Value {
    let answer = client::get(spillway.admin, "/topology").await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn provider<'a>(topology: &'a Value, name: &str) -> &'a Value {
    let found = topology["providers"].as_array().unwrap().iter().find(|it| it["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is in {topology}"))
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

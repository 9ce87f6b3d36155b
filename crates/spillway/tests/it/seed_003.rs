//! Seed `003_…`: balancing over the models of one vendor, as policies of an API's operation. Each of its sentences that
//! can be tested is a test that bears its words and asks the vendors' logs. (Logging in to portals, clicking, pictures
//! and links to other documents do not apply; the drop-down of models is `providers[].models`, that of endpoints
//! `providers[].endpoints`. One deviation is deliberate: without a suspend duration a policy keeps our defaults, and
//! `null` is what the document calls "not configured".)

use serde_json::{Value, json};
use simulator::{
    Credential, ErrorClass, Rule, Script, Step, Vendor,
    client::{self, Response},
    limiter::{Format, LimiterKind, LimiterSpec},
    script::GoodOverrides,
};

use crate::support::{Spillway, calls, scripted, until, vendor};

const PATH: &str = "/v1/chat/completions";
const SANDBOX: [(&str, &str); 1] = [("x-spillway-environment", "sandbox")];

/// A provider `mistral` with an endpoint and a key for each of these vendors, `e0` and `k0` and so on.
async fn mistral(endpoints: &[&Vendor]) -> Spillway {
    let spillway = Spillway::start();
    let places: Vec<Value> = endpoints
        .iter()
        .enumerate()
        .map(|(index, it)| json!({"name": format!("e{index}"), "url": format!("{}/v1", it.base_url())}))
        .collect();
    let models = ["open-mistral-7b", "mistral-small-latest", "mistral-medium", "mistral-large"];
    let body = json!({"name": "mistral", "kind": "mistral", "models": models, "endpoints": places});
    let answer = spillway.json("POST", "/providers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    spillway.key("mistral", "k0", "sk-mistral-0123456789").await;
    spillway
}

/// A policy: an upstream with its models.
async fn policy(spillway: &Spillway, name: &str, settings: &Value, models: &[Value]) {
    let mut upstream = settings.clone();
    upstream["name"] = name.into();
    let answer = spillway.json("POST", "/upstreams", &upstream).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    for model in models {
        add(spillway, name, model).await;
    }
}

async fn add(spillway: &Spillway, policy: &str, model: &Value) {
    let answer = spillway.json("POST", &format!("/upstreams/{policy}/targets"), model).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Attached to `/v1/chat/completions` POST.
async fn attach(spillway: &Spillway, upstreams: Value) {
    let route = json!({"name": "chat", "paths": [PATH], "methods": ["POST"], "upstreams": upstreams});
    let answer = spillway.json("POST", "/routes", &route).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

fn model(name: &str) -> Value {
    json!({"provider": "mistral", "model": name})
}

/// The document's own request.
fn painter(stream: bool) -> Value {
    json!({"model": "open-mistral-7b", "stream": stream,
        "messages": [{"role": "user", "content": "Who is the most renowned French painter?"}]})
}

async fn ask(spillway: &Spillway, headers: &[(&str, &str)], stream: bool) -> Response {
    client::post_json(spillway.proxy, PATH, headers, &painter(stream).to_string()).await.expect("it answers")
}

/// The models that a vendor was asked for, in order.
fn asked(vendor: &Vendor) -> Vec<String> {
    vendor.log().iter().filter_map(|it| it.model.clone()).collect()
}

fn code(answer: &Response) -> (u16, Value) {
    (answer.status, answer.json()["error"]["code"].clone())
}

// === Round Robin ===

#[tokio::test]
async fn requests_are_evenly_distributed_across_all_configured_models_in_a_cyclic_manner() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    let models = ["mistral-small-latest", "mistral-medium", "mistral-large"];
    policy(&spillway, "rr", &json!({"algorithm": "round-robin"}), &models.map(model)).await;
    attach(&spillway, json!({"production": "rr"})).await;
    for turn in 0..9 {
        let answer = ask(&spillway, &[], turn % 2 == 0).await;
        assert_eq!((answer.status, answer.complete), (200, true), "{}", answer.text());
    }
    let asked = asked(&vendor);
    for cycle in asked.chunks(3) {
        let mut cycle = cycle.to_vec();
        cycle.sort();
        assert_eq!(cycle, ["mistral-large", "mistral-medium", "mistral-small-latest"], "{asked:?}");
    }
    assert_eq!(asked[..3], asked[3..6], "the same cycle again");
}

#[tokio::test]
async fn the_request_was_made_to_one_model_but_the_response_was_from_another() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    policy(&spillway, "rr", &json!({}), &[model("mistral-small-latest")]).await;
    attach(&spillway, json!({"production": "rr"})).await;
    let plain = ask(&spillway, &[], false).await;
    assert_eq!((plain.status, &plain.json()["model"]), (200, &json!("mistral-small-latest")));
    let streamed = ask(&spillway, &[], true).await;
    assert!(
        streamed.event_data().iter().all(|it| it["model"] == "mistral-small-latest"),
        "{}",
        streamed.text()
    );
    for answer in [plain, streamed] {
        assert_eq!(answer.header("x-spillway-model"), Some("mistral-small-latest"));
        assert_eq!(answer.header("x-spillway-provider"), Some("mistral"));
    }
    let seen = &vendor.log()[0];
    let mut expected = painter(false);
    expected["model"] = "mistral-small-latest".into();
    assert_eq!(seen.json(), expected, "nothing but the model was exchanged");
}

#[tokio::test]
async fn the_policy_is_that_of_one_operation() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    policy(&spillway, "rr", &json!({}), &[model("mistral-small-latest")]).await;
    attach(&spillway, json!({"production": "rr"})).await;
    let embeddings = json!({"model": "open-mistral-7b", "input": "hi"});
    let other = spillway.post("/v1/embeddings", &embeddings).await;
    assert_eq!(other.status, 200, "{}", other.text());
    assert_eq!(asked(&vendor), ["open-mistral-7b"], "another operation has no policy");
}

#[tokio::test]
async fn any_amount_of_models_may_be_added_each_with_its_endpoint() {
    let (first, second) = (vendor("first").await, vendor("second").await);
    let spillway = mistral(&[&first, &second]).await;
    policy(&spillway, "rr", &json!({}), &[]).await;
    attach(&spillway, json!({"production": "rr"})).await;
    for number in 0..30 {
        let body = json!({"provider": "mistral", "model": format!("m{number}"), "endpoint": format!("e{}", number % 2)});
        add(&spillway, "rr", &body).await;
    }
    for _ in 0..30 {
        assert_eq!(ask(&spillway, &[], false).await.status, 200);
    }
    for (vendor, parity) in [(&first, 0), (&second, 1)] {
        let mut asked: Vec<u32> = asked(vendor).iter().map(|it| it[1..].parse().unwrap()).collect();
        asked.sort();
        assert_eq!(asked, (0..30).filter(|it| it % 2 == parity).collect::<Vec<u32>>());
    }
    let unknown = json!({"provider": "mistral", "model": "m", "endpoint": "e7"});
    let refused = spillway.json("POST", "/upstreams/rr/targets", &unknown).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("has no endpoint 'e7', but: e0, e1"), "{}", refused.text());
}

#[tokio::test]
async fn only_a_single_load_balancing_strategy_at_a_given_time() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    for name in ["rr", "wrr"] {
        policy(&spillway, name, &json!({}), &[model("mistral-small-latest")]).await;
    }
    attach(&spillway, json!({"production": "rr"})).await;
    let same = json!({"paths": [PATH], "methods": ["POST"]});
    for place in [
        json!({"upstreams": {"production": "wrr"}}),
        json!({"upstreams": {"sandbox": "wrr"}}),
        json!({"upstream": "wrr"}),
    ] {
        let mut second = same.clone();
        second.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        let refused = spillway.json("POST", "/routes", &second).await;
        assert_eq!(refused.status, 409, "{}", refused.text());
    }
    let two = spillway.json("PATCH", "/routes/chat", &json!({"upstream": "wrr"})).await;
    assert_eq!(two.status, 400, "{}", two.text());
    let both =
        spillway.json("PATCH", "/upstreams/rr", &json!({"algorithm": ["round-robin", "latency"]})).await;
    assert_eq!(both.status, 400, "{}", both.text());
    // The strategy is changed, not joined by another; "Save and deploy": in force for the very next request.
    let changed = spillway.json("PATCH", "/routes/chat", &json!({"upstreams": {"production": "wrr"}})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(ask(&spillway, &[], false).await.header("x-spillway-upstream"), Some("wrr"));
}

// === Production and Sandbox ===

#[tokio::test]
async fn we_configured_the_policy_only_for_production() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    policy(&spillway, "rr", &json!({}), &[model("mistral-small-latest")]).await;
    attach(&spillway, json!({"production": "rr"})).await;
    assert_eq!(ask(&spillway, &[("x-spillway-environment", "production")], false).await.status, 200);
    for stream in [false, true] {
        let refused = ask(&spillway, &SANDBOX, stream).await;
        assert_eq!(code(&refused), (403, json!("environment_mismatch")), "{}", refused.text());
        assert_eq!(refused.header("x-should-retry"), Some("false"));
    }
    assert_eq!(calls(&vendor), 1);
}

#[tokio::test]
async fn obtaining_a_production_key_invokes_the_policy_and_a_sandbox_key_does_not() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    policy(&spillway, "rr", &json!({}), &[model("mistral-small-latest")]).await;
    attach(&spillway, json!({"production": "rr"})).await;
    assert_eq!(spillway.json("POST", "/consumers", &json!({"name": "app"})).await.status, 201);
    for (environment, status) in [("production", 200), ("sandbox", 403)] {
        let made = json!({"name": environment, "environment": environment});
        let made = spillway.json("POST", "/consumers/app/keys", &made).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let bearer = format!("Bearer {}", made.json()["key"].as_str().expect("shown once"));
        for stream in [false, true] {
            let answer = ask(&spillway, &[("authorization", &bearer)], stream).await;
            assert_eq!(answer.status, status, "{environment}: {}", answer.text());
            if status == 403 {
                assert_eq!(answer.json()["error"]["code"], "environment_mismatch", "{}", answer.text());
            }
        }
    }
    assert_eq!(asked(&vendor), ["mistral-small-latest"; 2], "the sandbox key has reached nobody");
}

#[tokio::test]
async fn production_and_sandbox_have_their_own_models_endpoints_and_keys() {
    let (live, trial) = (vendor("live").await, vendor("trial").await);
    let spillway = mistral(&[&live, &trial]).await;
    let body = json!({"name": "k1", "secret": "sk-sandbox-0123456789", "environment": "sandbox"});
    assert_eq!(spillway.json("POST", "/providers/mistral/credentials", &body).await.status, 201);
    let place = |model: &str, endpoint: &str, key: &str| json!({"provider": "mistral", "model": model, "endpoint": endpoint, "credential": key});
    policy(&spillway, "p", &json!({}), &[place("mistral-large", "e0", "k0")]).await;
    policy(&spillway, "s", &json!({}), &[place("mistral-small-latest", "e1", "k1")]).await;
    attach(&spillway, json!({"production": "p", "sandbox": "s"})).await;
    for _ in 0..3 {
        assert_eq!(ask(&spillway, &[], false).await.header("x-spillway-model"), Some("mistral-large"));
        assert_eq!(
            ask(&spillway, &SANDBOX, false).await.header("x-spillway-model"),
            Some("mistral-small-latest")
        );
    }
    let only = |vendor: &Vendor, key: &str| {
        assert_eq!(calls(vendor), 3);
        assert!(vendor.log().iter().all(|it| it.credential == Some(Credential::from(key))), "{key}");
    };
    only(&live, "sk-mistral-0123456789");
    only(&trial, "sk-sandbox-0123456789");
}

#[tokio::test]
async fn an_environment_without_a_model_is_rejected_or_bypassed() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    let live = json!({"provider": "mistral", "model": "mistral-large", "environment": "production"});
    for on_empty in ["reject", "bypass"] {
        policy(&spillway, on_empty, &json!({"on_empty": on_empty}), std::slice::from_ref(&live)).await;
    }
    attach(&spillway, json!({"production": "reject", "sandbox": "reject"})).await;
    let rejected = ask(&spillway, &SANDBOX, false).await;
    assert_eq!(code(&rejected), (503, json!("no_target_available")), "{}", rejected.text());
    spillway.json("PATCH", "/routes/chat", &json!({"upstreams": {"sandbox": "bypass"}})).await;
    let bypassed = ask(&spillway, &SANDBOX, false).await;
    assert_eq!(bypassed.status, 200, "{}", bypassed.text());
    assert_eq!(asked(&vendor), ["open-mistral-7b"], "the client's own model, with the default key");
    assert_eq!(bypassed.header("x-spillway-credential"), Some("k0"));
}

#[tokio::test]
async fn when_nothing_is_available_the_answer_is_a_503_that_says_when() {
    let vendor = scripted("mistral", Script::always([Step::error(ErrorClass::Auth)])).await;
    let spillway = mistral(&[&vendor]).await;
    let models = ["mistral-small-latest", "mistral-medium"];
    policy(&spillway, "rr", &json!({"suspend_duration": 30}), &models.map(model)).await;
    attach(&spillway, json!({"production": "rr"})).await;
    for stream in [false, true, false] {
        let answer = ask(&spillway, &[], stream).await;
        assert_eq!(code(&answer), (503, json!("no_target_available")), "{}", answer.text());
        let wait: u64 = answer.header("retry-after").expect("when").parse().unwrap();
        assert!((1..=30).contains(&wait), "{wait}");
    }
    assert_eq!(calls(&vendor), 1, "one key, asked once");
}

// === Suspend Duration ===

#[tokio::test]
async fn the_suspend_duration_suspends_any_failed_model_endpoint_pair() {
    for fault in
        [Step::error(ErrorClass::Server), Step::Rst, Step::error(ErrorClass::ModelNotFound), Step::Html200]
    {
        let bad = Rule::always([fault.clone()]).for_model("mistral-medium");
        let (first, second) = (scripted("first", vec![bad]).await, vendor("second").await);
        let spillway = mistral(&[&first, &second]).await;
        let place = |model: &str, endpoint: &str| json!({"provider": "mistral", "model": model, "endpoint": endpoint});
        let places = [
            place("mistral-medium", "e0"),
            place("mistral-small-latest", "e0"),
            place("mistral-medium", "e1"),
        ];
        policy(&spillway, "rr", &json!({"suspend_duration": 30}), &places).await;
        attach(&spillway, json!({"production": "rr"})).await;
        for turn in 0..9 {
            let answer = ask(&spillway, &[], turn % 2 == 0).await;
            assert_eq!((answer.status, answer.complete), (200, true), "{fault:?}: {}", answer.text());
        }
        let of = |vendor: &Vendor, model: &str| asked(vendor).iter().filter(|it| *it == model).count();
        assert_eq!(of(&first, "mistral-medium"), 1, "{fault:?}: the failed pair rests");
        assert!(
            of(&first, "mistral-small-latest") >= 3,
            "{fault:?}: another model at that endpoint does not"
        );
        assert!(of(&second, "mistral-medium") >= 3, "{fault:?}: nor that model elsewhere");
        let health = spillway.admin("GET", "/upstreams/rr/health").await.json();
        let items = health["data"].as_array().unwrap();
        let out: Vec<_> = items.iter().filter(|it| it["state"]["state"] == "suspended").collect();
        assert_eq!(out.len(), 1, "{fault:?}: {health}");
        assert_eq!((&out[0]["model"], &out[0]["endpoint"]), (&json!("mistral-medium"), &json!("e0")));
        let ttl = out[0]["state"]["ttl"].as_f64().unwrap();
        assert!((20.0..=30.0).contains(&ttl), "{fault:?}: {ttl}");
    }
}

#[tokio::test]
async fn a_suspended_pair_is_back_when_its_duration_is_over() {
    let bad = Rule::always([Step::error(ErrorClass::Server)]).for_model("mistral-medium").times(1);
    let vendor = scripted("mistral", vec![bad]).await;
    let spillway = mistral(&[&vendor]).await;
    let models = ["mistral-medium", "mistral-small-latest"];
    policy(&spillway, "rr", &json!({"suspend_duration": 1}), &models.map(model)).await;
    attach(&spillway, json!({"production": "rr"})).await;
    until("it is asked again", || async {
        assert_eq!(ask(&spillway, &[], false).await.status, 200);
        asked(&vendor).iter().filter(|it| *it == "mistral-medium").count() >= 2
    })
    .await;
    let log = vendor.log();
    let times: Vec<u64> =
        log.iter().filter(|it| it.model.as_deref() == Some("mistral-medium")).map(|it| it.at_ms).collect();
    assert!(times[1] - times[0] + 1 >= 1000, "not before its time: {times:?}");
}

#[tokio::test]
async fn if_not_configured_knowledge_about_failed_invocations_is_not_persisted() {
    for fault in [
        Step::error(ErrorClass::Server),
        Step::Rst,
        Step::error(ErrorClass::RateLimit),
        Step::error(ErrorClass::ModelNotFound),
    ] {
        let bad = Rule::always([fault.clone()]).for_model("mistral-medium");
        let vendor = scripted("mistral", vec![bad]).await;
        let spillway = mistral(&[&vendor]).await;
        let models = ["mistral-medium", "mistral-small-latest"];
        let forgetful = json!({"suspend_duration": null, "healthchecks":
            {"passive": {"unhealthy": {"http_failures": 0, "tcp_failures": 0, "timeouts": 0}}}});
        policy(&spillway, "rr", &forgetful, &models.map(model)).await;
        attach(&spillway, json!({"production": "rr"})).await;
        for _ in 0..10 {
            let answer = ask(&spillway, &[], false).await;
            assert_eq!(
                (answer.status, &answer.json()["model"]),
                (200, &json!("mistral-small-latest")),
                "{fault:?}"
            );
        }
        let failed = asked(&vendor).iter().filter(|it| *it == "mistral-medium").count();
        assert!(failed >= 4, "{fault:?}: asked at each of its turns, {failed}");
        let health = spillway.admin("GET", "/upstreams/rr/health").await.json();
        assert!(
            health["data"].as_array().unwrap().iter().all(|it| it["state"]["state"] == "available"),
            "{health}"
        );
    }
}

#[tokio::test]
async fn the_suspend_duration_reads_as_it_was_written() {
    let spillway = Spillway::start();
    let read = async |settings: Value| {
        policy(&spillway, "p", &settings, &[]).await;
        let read = spillway.admin("GET", "/upstreams/p").await.json();
        assert_eq!(spillway.admin("DELETE", "/upstreams/p").await.status, 204);
        read
    };
    let set = read(json!({"suspend_duration": 45})).await;
    assert_eq!((&set["suspend_duration"], &set["suspension"]["server_error"]), (&json!(45), &json!(45)));
    assert_eq!(set["suspension"]["quota"], "until_enabled", "a spent quota is no failed invocation");
    let none = read(json!({"suspend_duration": null})).await;
    assert_eq!(
        (none.get("suspend_duration"), &none["suspension"]["connect"]),
        (Some(&Value::Null), &Value::Null)
    );
    let ours = read(json!({})).await;
    assert_eq!(ours.get("suspend_duration"), None, "our defaults are not one duration: {ours}");
    assert_eq!((&ours["suspension"]["rate_limit"], &ours["suspension"]["connect"]), (&json!(60), &json!(10)));
    let both = json!({"name": "p", "suspend_duration": 1, "suspension": {"auth": 2}});
    assert_eq!(spillway.json("POST", "/upstreams", &both).await.status, 400);
}

// === Weighted Round Robin ===

#[tokio::test]
async fn requests_are_distributed_based_on_predefined_weight_values() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    let weighted = |name: &str, weight: u32| json!({"provider": "mistral", "model": name, "weight": weight});
    let models =
        [weighted("mistral-medium", 60), weighted("mistral-small-latest", 30), weighted("mistral-large", 0)];
    policy(&spillway, "wrr", &json!({"algorithm": "weighted-round-robin"}), &models).await;
    attach(&spillway, json!({"production": "wrr"})).await;
    let first = ask(&spillway, &[], false).await;
    assert_eq!(first.json()["model"], "mistral-medium", "the response was from mistral-medium");
    for _ in 0..8 {
        assert_eq!(ask(&spillway, &[], true).await.status, 200);
    }
    for window in asked(&vendor).windows(3) {
        let medium = window.iter().filter(|it| *it == "mistral-medium").count();
        assert_eq!(medium, 2, "{window:?}");
    }
    assert!(!asked(&vendor).contains(&"mistral-large".to_owned()), "a weight of 0 is drained");
}

#[tokio::test]
async fn this_allows_probabilistic_control_over_request_distribution() {
    const REQUESTS: usize = 300;
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    let weighted = |name: &str, weight: u32| json!({"provider": "mistral", "model": name, "weight": weight});
    let models = [weighted("mistral-medium", 200), weighted("mistral-small-latest", 100)];
    policy(&spillway, "random", &json!({"algorithm": "weighted-random"}), &models).await;
    attach(&spillway, json!({"production": "random"})).await;
    for _ in 0..REQUESTS {
        assert_eq!(ask(&spillway, &[], false).await.status, 200);
    }
    let asked = asked(&vendor);
    let medium = asked.iter().filter(|it| *it == "mistral-medium").count();
    // Two thirds, within six standard deviations.
    assert!((150..=250).contains(&medium), "{medium} of {REQUESTS}");
    assert!(asked.windows(3).any(|it| it.iter().all(|it| it == "mistral-medium")), "draws are independent");
}

// === "preventing overloading of any single model" ===

#[tokio::test]
async fn a_model_that_says_it_has_nothing_left_is_not_overloaded() {
    for format in [Format::Openai, Format::Anthropic] {
        for stream in [false, true] {
            // Four requests for each model and key in the window, which outlasts the test.
            let spec = LimiterSpec {
                rpm: Some(4.0),
                kind: LimiterKind::FixedWindow,
                format,
                ..LimiterSpec::default()
            };
            let vendor = scripted("mistral", Script::always([Step::Limiter(spec)])).await;
            let spillway = mistral(&[&vendor]).await;
            spillway.key("mistral", "k1", "sk-second-0123456789").await;
            let all = |name: &str| json!({"provider": "mistral", "model": name, "credential": "*"});
            policy(&spillway, "rr", &json!({}), &["mistral-medium", "mistral-small-latest"].map(all)).await;
            attach(&spillway, json!({"production": "rr"})).await;
            for turn in 0..16 {
                let answer = ask(&spillway, &[], stream).await;
                assert_eq!(
                    (answer.status, answer.complete),
                    (200, true),
                    "{format:?} {turn}: {}",
                    answer.text()
                );
                assert_eq!(answer.header("x-spillway-attempts"), Some("1"), "{format:?} {turn}");
            }
            // Everybody has said so: nobody is asked in vain, and the client is told when.
            let spent = ask(&spillway, &[], stream).await;
            assert_eq!(code(&spent), (429, json!("rate_limit_exceeded")), "{}", spent.text());
            assert!(spent.header("retry-after").is_some());
            let log = vendor.settled(16).await;
            assert_eq!(
                (log.len(), log.iter().filter(|it| it.status == Some(429)).count()),
                (16, 0),
                "{format:?}"
            );
        }
    }
}

#[tokio::test]
async fn remaining_tokens_or_requests_of_nought_with_a_future_reset_suspend_ahead_of_the_429() {
    for (headers, suspends) in [
        (&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "40s")][..], true),
        (&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "40s")], true),
        (&[("x-ratelimit-remaining-tokens", "-1"), ("x-ratelimit-reset-tokens", "40s")], false),
        (&[("x-ratelimit-remaining-tokens", "0")], false),
        (&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "0s")], false),
        (&[("x-ratelimit-remaining-tokens", "1"), ("x-ratelimit-reset-tokens", "40s")], false),
    ] {
        let said = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let says = Step::Good(GoodOverrides { headers: said, ..GoodOverrides::default() });
        let vendor = scripted("mistral", vec![Rule::always([says]).for_model("mistral-medium")]).await;
        let spillway = mistral(&[&vendor]).await;
        let models = ["mistral-medium", "mistral-small-latest"];
        policy(&spillway, "rr", &json!({"suspend_duration": null}), &models.map(model)).await;
        attach(&spillway, json!({"production": "rr"})).await;
        for _ in 0..6 {
            assert_eq!(ask(&spillway, &[], false).await.status, 200);
        }
        let medium = asked(&vendor).iter().filter(|it| *it == "mistral-medium").count();
        assert_eq!(medium, if suspends { 1 } else { 3 }, "{headers:?}");
        let key = spillway.admin("GET", "/providers/mistral/credentials/k0").await.json();
        let states = key["model_states"].as_array().unwrap();
        assert_eq!(states.len(), usize::from(suspends), "the key, for this model alone: {key}");
        assert_eq!(key["state"], "normal", "{key}");
    }
}

// === where a vendor wants to be told the model ===

#[tokio::test]
async fn the_model_goes_where_the_vendor_wants_it_and_nowhere_else() {
    const CHAT: &str = "/v1/chat/completions";
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    for (index, (location, name, path, query, header)) in [
        ("body", "org/m 1", CHAT, "a=1&model=kept", "the-clients"),
        ("path", "org/m 1", "/v1/org%2Fm%201/chat/completions", "a=1&model=kept", "the-clients"),
        ("query:model", "org/m&x=1", CHAT, "a=1&model=org%2Fm%26x%3D1", "the-clients"),
        ("header:X-Model-Id", "org/m:1", CHAT, "a=1&model=kept", "org/m:1"),
    ]
    .into_iter()
    .enumerate()
    {
        let target = json!({"provider": "mistral", "model": name, "model_location": location});
        policy(&spillway, &format!("p{index}"), &json!({}), &[target]).await;
        for stream in [false, true] {
            let asked = format!("/p{index}/v1/chat/completions?a=1&model=kept");
            let own = [("x-model-id", "the-clients")];
            let body = painter(stream).to_string();
            let answer = client::post_json(spillway.proxy, &asked, &own, &body).await.expect("it answers");
            assert_eq!(answer.header("x-spillway-model"), Some(name), "{location}: {}", answer.text());
            let seen = vendor.log().pop().expect("it was asked");
            assert_eq!((seen.path.as_str(), seen.query.as_deref()), (path, Some(query)), "{location}");
            assert_eq!(seen.header("x-model-id"), Some(header), "{location}");
            let mut expected = painter(stream);
            match location {
                "body" => expected["model"] = name.into(),
                _ => drop(expected.as_object_mut().expect("an object").remove("model")),
            }
            assert_eq!(seen.json(), expected, "{location}: nothing else of the body has changed");
        }
    }
}

#[tokio::test]
async fn a_model_in_the_path_stands_where_azure_and_bedrock_have_it() {
    let vendor = vendor("azure").await;
    let spillway = Spillway::start();
    let place = json!([{"url": format!("{}/openai/deployments", vendor.base_url())}]);
    let body = json!({"name": "azure", "kind": "openai-compatible", "endpoints": place});
    assert_eq!(spillway.json("POST", "/providers", &body).await.status, 201);
    let target = json!({"provider": "azure", "model": "gpt-4o", "model_location": "path"});
    policy(&spillway, "azure-chat", &json!({}), &[target]).await;
    spillway.post("/azure-chat/v1/chat/completions?api-version=2024-10-21", &painter(false)).await;
    spillway.post("/azure-chat/model/anthropic.claude-v1:0/invoke", &json!({"max_tokens": 5})).await;
    let paths: Vec<String> = vendor.log().into_iter().map(|it| it.path).collect();
    assert_eq!(paths[0], "/openai/deployments/gpt-4o/chat/completions");
    assert!(paths[1].ends_with("/model/gpt-4o/invoke"), "{paths:?}");
    assert_eq!(vendor.log()[0].query.as_deref(), Some("api-version=2024-10-21"));
}

#[tokio::test]
async fn a_models_name_that_fits_no_path_and_no_header_is_refused() {
    let vendor = vendor("mistral").await;
    let spillway = mistral(&[&vendor]).await;
    for (index, (location, name, why)) in [
        ("path", "..", "cannot be a segment of a path"),
        ("header:x-model", "modèle", "cannot be the value of a header"),
    ]
    .into_iter()
    .enumerate()
    {
        let policy_name = format!("p{index}");
        policy(&spillway, &policy_name, &json!({}), &[]).await;
        let targets = format!("/upstreams/{policy_name}/targets");
        let mut target = json!({"provider": "mistral", "model": name, "model_location": location});
        let refused = spillway.json("POST", &targets, &target).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(refused.text().contains(why), "{}", refused.text());
        // And where the client names it.
        target["model"] = Value::Null;
        add(&spillway, &policy_name, &target).await;
        let mut body = painter(false);
        body["model"] = name.into();
        let refused = spillway.post(&format!("/{policy_name}/v1/chat/completions"), &body).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(refused.text().contains(why), "{}", refused.text());
        let health = spillway.admin("GET", &format!("/upstreams/{policy_name}/health")).await.json();
        assert_eq!(health["data"][0]["state"]["state"], "available", "a client takes nobody out");
    }
    assert_eq!(calls(&vendor), 0);
    let wrong = json!({"provider": "mistral", "model": "m", "model_location": "header:authorization"});
    let refused = spillway.json("POST", "/upstreams/p0/targets", &wrong).await;
    assert_eq!(
        (refused.status, refused.text().contains("model_location")),
        (400, true),
        "{}",
        refused.text()
    );
}

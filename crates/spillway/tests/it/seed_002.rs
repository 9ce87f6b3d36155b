//! Seed document `002_…`: the load-balancing pool, sentence by sentence, and the traps of the original. ("Paid feature"
//! and the screenshots do not apply.)

use serde_json::{Value, json};
use simulator::{ErrorClass, Rule, Vendor, client};

use crate::support::{LOAD_BALANCING, Spillway, borne, says, vendor};

async fn pool(keys: &[&str]) -> (Spillway, Vendor) {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, keys).await;
    spillway.pool(&keys[1..]).await;
    (spillway, one)
}

async fn view(spillway: &Spillway) -> Value {
    spillway.admin("GET", LOAD_BALANCING).await.json()
}

#[tokio::test]
async fn round_robin_sequentially_routes_model_requests_to_each_credential_in_the_pool() {
    let keys = ["a", "b", "c", "d"];
    let (spillway, one) = pool(&keys).await;
    for _ in 0..8 {
        assert_eq!(spillway.ask(true).await.status, 200);
    }
    assert_eq!(borne(&one, &keys), ["a", "b", "c", "d", "a", "b", "c", "d"]);
    let shares: Vec<f64> = view(&spillway).await["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["share"].as_f64().unwrap())
        .collect();
    assert_eq!(shares, [0.25; 4]);
}

#[tokio::test]
async fn a_credential_that_hits_a_rate_limit_is_temporarily_removed_from_rotation_plain_and_streamed() {
    for stream in [false, true] {
        let (spillway, one) = pool(&["a", "b"]).await;
        one.script(vec![Rule::always([says(ErrorClass::RateLimit)]).for_credential("sk-a")]);
        let answer = spillway.ask(stream).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-spillway-credential"), Some("b"));
        assert_eq!(borne(&one, &["a", "b"]), ["a", "b"], "the second key serves what the first could not");
        for _ in 0..5 {
            assert_eq!(spillway.ask(stream).await.status, 200);
        }
        assert_eq!(borne(&one, &["a", "b"])[2..], ["b"; 5], "no futile retries");
        assert_eq!(spillway.entry("Default Config").await["cause"], "rate_limit");
    }
}

#[tokio::test]
async fn click_add_credential_to_select_from_existing_credentials_or_add_a_new_one() {
    let keys = ["a", "b", "new"];
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &keys[..2]).await;
    let body = json!({"enabled": true, "entries": [
        {"credential": null}, {"credential": {"name": "b"}}, {"credential": {"name": "new", "secret": "sk-new"}},
    ]});
    let answer = spillway.balance(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!answer.text().contains("sk-new"), "{}", answer.text());
    for _ in 0..3 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    assert_eq!(borne(&one, &keys), keys);
    // All that is wrong at once, and nothing of it is done.
    let wrong = json!({"enable": true, "entries": [
        {"credential": "neww"}, {"credential": {"name": "no name", "secret": "sk-x"}}, {"credential": "b", "repeat": 0},
        {"credential": {"name": "a", "secret": "sk-y"}}, {}, 5,
    ]});
    let answer = spillway.balance(&wrong).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let (fields, text) = (answer.json()["fields"].clone(), answer.text());
    assert!(text.contains("did you mean 'enabled'"), "{text}");
    assert!(text.contains("provider p has no credential 'neww'; did you mean 'new'?"), "{text}");
    assert!(fields["entries"]["2"]["credential"]["name"].is_string(), "{fields}");
    assert!(fields["entries"]["3"]["repeat"].is_string(), "{fields}");
    assert!(fields["entries"]["4"]["credential"]["name"].is_string(), "{fields}");
    assert!(fields["entries"]["5"]["credential"].is_string(), "{fields}");
    assert!(fields["entries"]["6"].is_string(), "{fields}");
    assert!(!text.contains("sk-x") && !text.contains("sk-y"), "{text}");
    assert_eq!(view(&spillway).await["entries"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn default_config_refers_to_the_default_credential_currently_specified_for_that_model() {
    let keys = ["a", "b", "c"];
    let (spillway, one) = pool(&keys).await;
    let body = json!({"entries": [{"credential": null}, {"credential": "c"}]});
    assert_eq!(spillway.balance(&body).await.status, 200);
    let own = json!({"models": [{"id": "p-1", "default_credential": "b"}]});
    let answer = spillway.json("PATCH", "/providers/p", &own).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    for _ in 0..4 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    let calls = borne(&one, &keys);
    assert!(!calls.contains(&"a".to_owned()) && calls.contains(&"b".to_owned()), "{calls:?}");
    // It can be switched off, but not removed.
    let without = json!({"entries": [{"credential": "a"}, {"credential": "c"}]});
    let shown = spillway.balance(&without).await.json();
    assert_eq!(
        (&shown["entries"][0]["name"], &shown["entries"][0]["enabled"]),
        (&json!("Default Config"), &json!(false))
    );
    let targets = spillway.admin("GET", "/upstreams/p%2Fp-1/targets").await.json();
    let default = targets["data"].as_array().unwrap().iter().find(|it| it["credential"].is_null()).unwrap();
    let path = format!("/upstreams/p%2Fp-1/targets/{}", default["id"].as_str().unwrap());
    let answer = spillway.admin("DELETE", &path).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("can be switched off, but not removed"), "{}", answer.text());
}

#[tokio::test]
async fn you_can_add_it_multiple_times_to_increase_its_weight_in_the_rotation() {
    let keys = ["a", "b"];
    let (spillway, one) = pool(&keys).await;
    let body = json!({"entries": [
        {"credential": null}, {"credential": "b"}, {"credential": "b"}, {"credential": "b"},
    ]});
    let shown = spillway.balance(&body).await.json();
    assert_eq!(shown["entries"][1]["repeat"], 3);
    assert_eq!(shown["entries"][1]["share"], 0.75);
    // What is read may be written back.
    let again = spillway.balance(&shown).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!(again.json()["entries"], shown["entries"]);
    for _ in 0..8 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    assert_eq!(borne(&one, &keys).iter().filter(|it| *it == "b").count(), 6);
}

#[tokio::test]
async fn a_credential_added_three_times_that_gets_one_429_receives_nothing_for_60_s() {
    let keys = ["a", "b"];
    let (spillway, one) = pool(&keys).await;
    let body = json!({"entries": [{"credential": null}, {"credential": "b", "repeat": 3}]});
    assert_eq!(spillway.balance(&body).await.status, 200);
    one.script(vec![Rule::always([says(ErrorClass::RateLimit)]).for_credential("sk-b")]);
    for n in 0..20 {
        assert_eq!(spillway.ask(n % 2 == 0).await.status, 200);
    }
    assert_eq!(borne(&one, &keys).iter().filter(|it| *it == "b").count(), 1);
    let entry = spillway.entry("b").await;
    assert_eq!((&entry["repeat"], &entry["state"]), (&json!(3), &json!("cooling")), "{entry}");
}

#[tokio::test]
async fn enable_at_least_two_credentials_then_save_wherever_one_is_switched_off() {
    let (spillway, _one) = pool(&["a", "b"]).await;
    let targets = spillway.admin("GET", "/upstreams/p%2Fp-1/targets").await.json();
    let named = |name: &str| {
        let all = targets["data"].as_array().unwrap();
        all.iter().find(|it| it["credential"]["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let path = format!("/upstreams/p%2Fp-1/targets/{}", named("b"));
    for (method, body) in
        [("PATCH", json!({"enabled": false})), ("PATCH", json!({"weight": 0})), ("DELETE", json!({}))]
    {
        let answer = spillway.json(method, &path, &body).await;
        assert_eq!(answer.status, 422, "{method} {body}: {}", answer.text());
        assert!(answer.text().contains("needs at least 2 distinct enabled credentials"), "{}", answer.text());
    }
    // A key that something uses stays, unless somebody insists: then the pool switches off, and the answer says so.
    assert_eq!(spillway.admin("DELETE", "/credentials/b").await.status, 409);
    let answer = spillway.admin("DELETE", "/credentials/b?force=true").await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    let told = format!("{:?}", answer.headers);
    assert!(told.contains("load balancing of p/p-1 is switched off"), "{told}");
    assert_eq!(view(&spillway).await["enabled"], false);
    let answer = spillway.ask(false).await;
    assert_eq!((answer.status, answer.header("x-spillway-credential")), (200, Some("a")));
    let on = spillway.json("PATCH", "/upstreams/p%2Fp-1", &json!({"enabled": true})).await;
    assert_eq!(on.status, 422, "{}", on.text());
}

#[tokio::test]
async fn when_you_switch_back_to_single_credential_mode_your_configuration_is_preserved_for_future_use() {
    let keys = ["a", "b", "c"];
    let (mut spillway, one) = pool(&keys).await;
    let before = view(&spillway).await["entries"].clone();
    let answer = spillway.form("PUT", LOAD_BALANCING, &["enabled=false"]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    for _ in 0..5 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    assert_eq!(borne(&one, &keys), ["a"; 5], "the default credential alone");
    spillway.kill();
    spillway.start_again();
    assert_eq!(spillway.balance(&json!({"enabled": true})).await.json()["entries"], before);
    for _ in 0..3 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    let mut after = borne(&one, &keys)[5..].to_vec();
    after.sort();
    assert_eq!(after, keys);
}

#[tokio::test]
async fn of_five_keys_two_are_limited_one_is_revoked_one_is_out_of_quota_and_no_client_sees_an_error() {
    let keys = ["a", "b", "c", "d", "e"];
    for stream in [false, true] {
        let (spillway, one) = pool(&keys).await;
        let bad = |key: &str, class| Rule::always([says(class)]).for_credential(key);
        one.script(vec![
            bad("sk-a", ErrorClass::RateLimit),
            bad("sk-b", ErrorClass::RateLimit),
            bad("sk-c", ErrorClass::Auth),
            bad("sk-d", ErrorClass::Quota),
        ]);
        let begun = std::time::Instant::now();
        for _ in 0..30 {
            let answer = spillway.ask(stream).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let calls = borne(&one, &keys);
        for key in ["a", "b", "d"] {
            assert_eq!(calls.iter().filter(|it| *it == key).count(), 1, "{key} before its time: {calls:?}");
        }
        // A rejected key is asked again after ten seconds, by one request.
        let rejected = calls.iter().filter(|it| *it == "c").count();
        assert!(rejected <= 1 + begun.elapsed().as_secs() as usize / 10, "{calls:?}");
        let listed = spillway.admin("GET", "/providers/p/credentials").await.json();
        let credential =
            |name: &str| listed["data"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap();
        for key in ["a", "b"] {
            let name = if key == "a" { "Default Config" } else { key };
            let entry = spillway.entry(name).await;
            assert_eq!(
                (&entry["state"], &entry["cause"]),
                (&json!("cooling"), &json!("rate_limit")),
                "{entry}"
            );
            assert!(entry["until"].is_string(), "{entry}");
            let own = &credential(key)["model_states"][0];
            assert_eq!((&own["state"], &own["model"]), (&json!("cooling"), &json!("p-1")), "{own}");
        }
        assert_eq!(spillway.entry("c").await["state"], "error");
        assert_eq!(credential("c")["state"], "error");
        assert!(credential("c")["until"].is_string());
        assert_eq!(spillway.entry("d").await["state"], "exceeded");
        assert_eq!(credential("d")["state"], "exceeded");
        assert_eq!(spillway.entry("e").await["state"], "normal");
        assert_eq!(view(&spillway).await["available"]["text"], "1/5 available");
    }
}

#[tokio::test]
async fn a_vendor_that_says_when_to_come_back_is_believed_and_the_key_takes_its_turns_again() {
    let keys = ["a", "b"];
    let (spillway, one) = pool(&keys).await;
    let headers = vec![("retry-after".to_owned(), "1".to_owned())];
    let limited =
        simulator::script::ErrorAnswer { class: ErrorClass::RateLimit, headers, ..Default::default() };
    let mut rule = Rule::always([simulator::Step::Error(limited)]).for_credential("sk-b");
    rule.times = Some(1);
    one.script(vec![rule]);
    for _ in 0..2 {
        assert_eq!(spillway.ask(false).await.status, 200);
    }
    assert!(spillway.entry("b").await["ttl"].as_f64().is_none_or(|it| it <= 1.0));
    crate::support::until("the key serves again", async || {
        spillway.ask(false).await.header("x-spillway-credential") == Some("b")
    })
    .await;
    let log = one.log();
    let at: Vec<u64> =
        { log.iter() }.filter(|it| it.credential == Some("sk-b".into())).map(|it| it.at_ms).collect();
    assert!(at[1] - at[0] >= 1000, "before its time: {at:?}");
}

#[tokio::test]
async fn a_key_that_is_out_is_out_in_every_upstream() {
    let keys = ["a", "b"];
    let (spillway, one) = pool(&keys).await;
    spillway.upstream("other", &[]).await;
    for credential in ["a", "b"] {
        let target = json!({"provider": "p", "model": "p-1", "credential": credential});
        assert_eq!(spillway.json("POST", "/upstreams/other/targets", &target).await.status, 201);
    }
    one.script(vec![Rule::always([says(ErrorClass::RateLimit)]).for_credential("sk-b")]);
    for _ in 0..4 {
        assert_eq!(spillway.ask(false).await.status, 200);
        assert_eq!(spillway.chat("other").await.status, 200);
    }
    assert_eq!(borne(&one, &keys).iter().filter(|it| *it == "b").count(), 1);
}

#[tokio::test]
async fn it_works_for_every_kind_of_endpoint() {
    let keys = ["a", "b", "c"];
    let (spillway, one) = pool(&keys).await;
    one.script(vec![Rule::always([says(ErrorClass::RateLimit)]).for_credential("sk-b")]);
    let kinds = [
        ("/v1/chat/completions", json!({"model": "p-1", "messages": [{"role": "user", "content": "hello"}]})),
        ("/v1/completions", json!({"model": "p-1", "prompt": "hello"})),
        ("/v1/responses", json!({"model": "p-1", "input": "hello"})),
        ("/v1/embeddings", json!({"model": "p-1", "input": "hello"})),
        ("/v1/rerank", json!({"model": "p-1", "query": "hello", "documents": ["a", "b"]})),
        ("/v1/moderations", json!({"model": "p-1", "input": "hello"})),
        ("/v1/images/generations", json!({"model": "p-1", "prompt": "hello"})),
        ("/v1/audio/speech", json!({"model": "p-1", "input": "hello", "voice": "alloy"})),
    ];
    for (path, body) in &kinds {
        for _ in 0..2 {
            let answer = spillway.post(path, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            assert_eq!(answer.header("x-spillway-upstream"), Some("p/p-1"), "{path}");
        }
    }
    let form = "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\np-1\r\n--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--x--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=x")];
    for _ in 0..2 {
        let path = "/v1/audio/transcriptions";
        let answer = client::request(spillway.proxy, "POST", path, &headers, form.as_bytes()).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let calls = borne(&one, &keys);
    assert_eq!(
        calls.iter().filter(|it| *it == "b").count(),
        1,
        "one limit, whatever was asked for: {calls:?}"
    );
    let turns =
        calls.iter().filter(|it| *it == "a").count().abs_diff(calls.iter().filter(|it| *it == "c").count());
    assert!(turns <= 1, "{calls:?}");
}

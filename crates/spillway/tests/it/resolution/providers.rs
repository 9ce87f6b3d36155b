//! Requests that find a provider: its name, its models, the built-in upstream `default`.

use super::*;

/// Started with these vendors, each as `(provider, its variable)`.
fn with(providers: &[(&str, &Vendor)]) -> Spillway {
    let mut launch = Launch::default();
    for (name, vendor) in providers {
        let upper = name.to_ascii_uppercase();
        let base = vendor.base_url();
        let base = if *name == "anthropic" { base } else { format!("{base}/v1") };
        launch = launch
            .env(&format!("{upper}_API_KEY"), &format!("sk-{name}"))
            .env(&format!("SPILLWAY_{upper}_BASE_URL"), &base);
    }
    launch.start()
}

fn messages(model: &str) -> Value {
    json!({"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]})
}

#[tokio::test]
async fn a_provider_before_a_slash_is_asked_for_the_rest() {
    let openai = vendor("openai").await;
    let spillway = with(&[("openai", &openai)]);
    let answer = ask(&spillway, "/v1/chat/completions", "openai/gpt-4o", &[]).await;
    assert_eq!((answer.status, answer.header("x-spillway-provider")), (200, Some("openai")));
    assert_eq!(answer.header("x-spillway-credential"), Some("env"));
    assert_eq!(openai.log()[0].model.as_deref(), Some("gpt-4o"));
    let nested = ask(&spillway, "/v1/chat/completions", "openai/org/gpt-4o", &[]).await;
    assert_eq!(nested.status, 200, "{}", nested.text());
    assert_eq!(openai.log()[1].model.as_deref(), Some("org/gpt-4o"), "only the first slash is ours");
}

#[tokio::test]
async fn both_variables_set_a_model_goes_to_the_vendor_of_the_callers_dialect_and_default_goes_by_rank() {
    let (openai, anthropic) = (vendor("openai").await, vendor("anthropic").await);
    let spillway = with(&[("openai", &openai), ("anthropic", &anthropic)]);
    for model in ["gpt-4o", "default"] {
        assert_eq!(ask(&spillway, "/v1/chat/completions", model, &[]).await.status, 200, "{model}");
    }
    for model in ["claude-x", "default"] {
        let answer = spillway.post("/v1/messages", &messages(model)).await;
        assert_eq!(answer.status, 200, "{model}: {}", answer.text());
    }
    assert_eq!((calls(&openai), calls(&anthropic)), (3, 1));
    assert!(openai.log().iter().all(|it| it.path == "/v1/chat/completions"));
    assert!(anthropic.log().iter().all(|it| it.path == "/v1/messages" && it.header("x-api-key").is_some()));
}

#[tokio::test]
async fn failover_leaves_the_callers_dialect_and_asks_for_the_same_model_first() {
    let openai = scripted("openai", Script::always([Step::error(ErrorClass::Server)])).await;
    let anthropic = vendor("anthropic").await;
    let spillway = with(&[("openai", &openai), ("anthropic", &anthropic)]);
    let answer = ask(&spillway, "/v1/chat/completions", "gpt-4o", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-spillway-provider"), Some("anthropic"));
    let asked = anthropic.log().remove(0);
    assert_eq!((asked.path.as_str(), asked.model.as_deref()), ("/v1/messages", Some("gpt-4o")));
}

#[tokio::test]
async fn a_provider_that_is_down_is_stood_in_for_by_the_next_with_its_default_model() {
    let openai = scripted("openai", Script::always([Step::error(ErrorClass::Server)])).await;
    let mistral = vendor("mistral").await;
    let spillway = with(&[("openai", &openai), ("mistral", &mistral)]);
    let model = dialect::Kind::from_name("mistral").unwrap().row().default_model;
    assert!(model.is_some(), "the test needs a provider with a default model");
    let answer = ask(&spillway, "/v1/chat/completions", "openai/gpt-4o", &[]).await;
    assert_eq!((answer.status, answer.header("x-spillway-provider")), (200, Some("mistral")));
    assert_eq!(answer.header("x-spillway-model"), model, "the client sees the model that answered");
    assert_eq!(mistral.log()[0].model.as_deref(), model);

    let declined = [("x-spillway-fallback", "off")];
    let answer = ask(&spillway, "/v1/chat/completions", "openai/gpt-4o", &declined).await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!(calls(&mistral), 1);

    let embeddings = json!({"model": "openai/text-embedding-3-small", "input": "hi"});
    let answer = spillway.post("/v1/embeddings", &embeddings).await;
    assert_ne!(answer.status, 200, "another model's vectors are no answer: {}", answer.text());
    assert_eq!(calls(&mistral), 1);
}

#[tokio::test]
async fn without_default_nobody_stands_in() {
    let openai = scripted("openai", Script::always([Step::error(ErrorClass::Server)])).await;
    let mistral = vendor("mistral").await;
    let spillway = with(&[("openai", &openai), ("mistral", &mistral)]);
    let switched = spillway.json("PATCH", "/upstreams/default", &json!({"enabled": false})).await;
    assert_eq!(switched.status, 200, "{}", switched.text());
    let answer = ask(&spillway, "/v1/chat/completions", "openai/gpt-4o", &[]).await;
    assert_eq!((answer.status, calls(&mistral)), (500, 0), "{}", answer.text());
    let answer = ask(&spillway, "/v1/chat/completions", "default", &[]).await;
    assert!(matches!(answer.status, 404 | 503), "{} {}", answer.status, answer.text());
}

#[tokio::test]
async fn a_request_without_a_model_goes_to_default() {
    let openai = vendor("openai").await;
    let spillway = with(&[("openai", &openai)]);
    let body = json!({"messages": [{"role": "user", "content": "hi"}]});
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(openai.log()[0].model.as_deref(), dialect::Kind::OpenAi.row().default_model);
}

#[tokio::test]
async fn a_route_bound_to_a_provider_tries_it_first_and_the_others_after_it() {
    let openai = vendor("openai").await;
    let mistral = scripted(
        "mistral",
        vec![Rule::always([Step::error(ErrorClass::Server)]).for_nth(simulator::Nth::From(2))],
    )
    .await;
    let spillway = with(&[("openai", &openai), ("mistral", &mistral)]);
    route(&spillway, json!({"name": "r", "paths": ["/r"], "provider": "mistral", "model": "large"})).await;
    let answer = ask(&spillway, "/r/v1/chat/completions", "whatever", &[]).await;
    assert_eq!((answer.status, answer.header("x-spillway-provider")), (200, Some("mistral")));
    assert_eq!(mistral.log()[0].model.as_deref(), Some("large"));
    let answer = ask(&spillway, "/r/v1/chat/completions", "whatever", &[]).await;
    assert_eq!(
        (answer.status, answer.header("x-spillway-provider")),
        (200, Some("openai")),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn an_alias_sends_the_providers_default_model() {
    let openai = vendor("openai").await;
    let spillway = with(&[("openai", &openai)]);
    spillway.upstream("pool", &[]).await;
    let target = json!({"provider": "openai"});
    assert_eq!(spillway.json("POST", "/upstreams/pool/targets", &target).await.status, 201);
    route(&spillway, json!({"name": "r", "models": ["house-model"], "upstream": "pool"})).await;
    assert_eq!(served(&ask(&spillway, "/v1/chat/completions", "house-model", &[]).await), "pool");
    assert_eq!(served(&ask(&spillway, "/v1/chat/completions", "pool", &[]).await), "pool");
    assert_eq!(served(&ask(&spillway, "/pool/v1/chat/completions", "own", &[]).await), "pool");
    let asked: Vec<_> = openai.log().into_iter().map(|it| it.model).collect();
    let default = dialect::Kind::OpenAi.row().default_model.map(str::to_owned);
    assert_eq!(asked, [default.clone(), default, Some("own".to_owned())]);
}

#[tokio::test]
async fn on_empty_bypass_uses_the_providers_default_credential_and_the_clients_own_model() {
    let openai = vendor("openai").await;
    let spillway = with(&[("openai", &openai)]);
    let target = json!({"provider": "openai", "model": "pinned", "environment": "production"});
    for on_empty in ["reject", "bypass"] {
        spillway.upstream(on_empty, &[&format!("on_empty={on_empty}")]).await;
        let answer = spillway.json("POST", &format!("/upstreams/{on_empty}/targets"), &target).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let sandbox = [("x-spillway-environment", "sandbox")];
    let rejected = ask(&spillway, "/reject/v1/chat/completions", "own", &sandbox).await;
    assert_eq!(code(&rejected), (503, json!("no_target_available")));
    let bypassed = ask(&spillway, "/bypass/v1/chat/completions", "own", &sandbox).await;
    assert_eq!(bypassed.status, 200, "{}", bypassed.text());
    assert_eq!(openai.log()[0].model.as_deref(), Some("own"));
    assert_eq!(bypassed.header("x-spillway-credential"), Some("env"));
}

#[tokio::test]
async fn an_upstream_that_is_switched_off_leaves_the_default_credential_alone() {
    let openai = vendor("openai").await;
    let raw = vendor("raw").await;
    let spillway = with(&[("openai", &openai)]);
    spillway.upstream("off", &["enabled=false"]).await;
    let target = json!({"provider": "openai", "model": "pinned"});
    assert_eq!(spillway.json("POST", "/upstreams/off/targets", &target).await.status, 201);
    let answer = ask(&spillway, "/off/v1/chat/completions", "own", &[]).await;
    assert_eq!(
        (answer.status, answer.header("x-spillway-provider")),
        (200, Some("openai")),
        "{}",
        answer.text()
    );
    spillway.upstream("hosts-off", &["enabled=false"]).await;
    spillway.target("hosts-off", &raw, &[]).await;
    let answer = ask(&spillway, "/hosts-off/v1/chat/completions", "own", &[]).await;
    assert_eq!((answer.status, calls(&raw)), (503, 0), "no provider, nobody: {}", answer.text());
}

#[tokio::test]
async fn unknown_models_go_to_default_where_it_is_told_so() {
    let openai =
        scripted("openai", vec![Rule::always([Step::error(ErrorClass::ModelNotFound)]).for_model("made-up")])
            .await;
    let spillway = with(&[("openai", &openai)]);
    let answer = ask(&spillway, "/v1/chat/completions", "made-up", &[("x-spillway-fallback", "off")]).await;
    assert_eq!(code(&answer), (404, json!("model_not_found")), "{}", answer.text());
    let nobody = ask(&spillway, "/v1/chat/completions", "nobody/made-up", &[]).await;
    assert_eq!(openai.log().last().unwrap().model.as_deref(), Some("nobody/made-up"), "{}", nobody.text());
}

#[tokio::test]
async fn a_misspelt_model_is_a_404_and_not_another_models_answer() {
    let openai = scripted(
        "openai",
        vec![Rule::always([Step::error(ErrorClass::ModelNotFound)]).for_model("gpt-typo")],
    )
    .await;
    let groq = vendor("groq").await;
    let spillway = with(&[("openai", &openai), ("groq", &groq)]);
    for stream in [false, true] {
        let body = json!({"model": "openai/gpt-typo", "stream": stream, "messages": [{"role": "user", "content": "Hi"}]});
        let answer = spillway.post("/v1/chat/completions", &body).await;
        assert_eq!(code(&answer), (404, json!("model_not_found")), "{}", answer.text());
    }
    let asked: Vec<_> = groq.log().into_iter().filter_map(|it| it.model).collect();
    assert!(asked.iter().all(|it| it.ends_with("gpt-typo")), "asked for another model: {asked:?}");
    let good = ask(&spillway, "/v1/chat/completions", "openai/gpt-4o", &[]).await;
    assert_eq!(good.status, 200, "the provider serves all else: {}", good.text());
}

#[tokio::test]
async fn models_are_the_union_of_what_may_be_asked_for() {
    let openai = vendor("openai").await;
    let spillway = with(&[("openai", &openai)]);
    spillway.upstream("house", &[]).await;
    let target = json!({"provider": "openai"});
    assert_eq!(spillway.json("POST", "/upstreams/house/targets", &target).await.status, 201);
    route(&spillway, json!({"name": "r", "models": ["alias"], "upstream": "house"})).await;
    for base in ["", "/v1", "/openai/v1", "/anthropic/v1"] {
        let answer = client::get(spillway.proxy, &format!("{base}/models")).await.unwrap();
        assert_eq!(answer.status, 200, "{base}: {}", answer.text());
        let ids: Vec<String> = answer.json()["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_str().unwrap_or_default().to_owned())
            .collect();
        for id in ["house", "alias"] {
            assert!(ids.iter().any(|it| it == id), "{base}: {id} is not in {ids:?}");
        }
    }
    let one = client::get(spillway.proxy, "/v1/models/house").await.unwrap();
    assert_eq!((one.status, &one.json()["id"]), (200, &json!("house")), "{}", one.text());
    // A provider whose models nobody has listed may have it; without one nobody has.
    let none = client::get(Spillway::start().proxy, "/v1/models/nobody-has-this").await.unwrap();
    assert_eq!(none.status, 404, "{}", none.text());
}

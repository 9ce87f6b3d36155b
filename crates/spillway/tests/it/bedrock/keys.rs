//! Bedrock's keys: what may be written, what proves it, and that no secret is seen again.

use serde_json::{Value, json};
use simulator::{
    Credential, ErrorClass, Rule, Script, Step,
    client::{self, Response},
    script::ErrorAnswer,
};

use super::{ID, MODEL, REGION, SECRET, amazon, amazon_of_another_time, chat, provider, served_by, state};
use crate::support::{Launch, Spillway, calls};

async fn key(spillway: &Spillway, secret: &str) -> Response {
    spillway.json("POST", "/providers/bedrock/credentials", &json!({"name": "k", "secret": secret})).await
}

#[tokio::test]
async fn an_api_key_is_sent_and_an_access_key_only_signs() {
    let amazon = amazon(Script::good()).await;
    let spillway = Spillway::start();
    provider(&spillway, &amazon).await;
    spillway.key("bedrock", "api", "ABSKYmVkcm9jay0wMTIzNDU2Nzg5").await;
    assert_eq!(spillway.post("/v1/chat/completions", &chat(false)).await.status, 200);
    let attempt = amazon.log().pop().unwrap();
    assert_eq!(attempt.credential, Some(Credential::from("ABSKYmVkcm9jay0wMTIzNDU2Nzg5")));
    assert!(attempt.header("authorization").is_some_and(|it| it.starts_with("Bearer ")));
    assert_eq!(attempt.header("x-amz-date"), None);

    let secret = json!({"secret": format!("{ID}:{SECRET}:IQoJb3JpZ2luX2VjEXAMPLE+token/==")});
    let changed = spillway.json("PATCH", "/providers/bedrock/credentials/api", &secret).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let answer = spillway.post("/v1/chat/completions", &chat(false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = amazon.log().pop().unwrap();
    assert!(attempt.header("authorization").is_some_and(|it| it.starts_with("AWS4-HMAC-SHA256 ")));
    assert!(attempt.header("x-amz-security-token").is_some(), "a temporary key's token goes along, signed");
}

#[tokio::test]
async fn a_model_by_its_arn_is_one_segment_and_signed_as_it_is_sent() {
    const ARN: &str = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3";
    let amazon = amazon(Script::good()).await;
    let spillway = served_by(&amazon).await;
    let models = json!({"models": [{"id": ARN}]});
    assert_eq!(spillway.json("PATCH", "/providers/bedrock", &models).await.status, 200);
    let mut body = chat(false);
    body["model"] = format!("bedrock/{ARN}").into();
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = amazon.log().pop().unwrap();
    assert!(attempt.path.ends_with("%3Aapplication-inference-profile%2Fa1b2c3/converse"), "{}", attempt.path);
    assert_eq!(attempt.model.as_deref(), Some(ARN));
}

#[tokio::test]
async fn a_wrong_secret_and_an_expired_token_put_the_key_out() {
    let amazon = amazon(Script::good()).await;
    let spillway = Spillway::start();
    provider(&spillway, &amazon).await;
    spillway.key("bedrock", "main", &format!("{ID}:not-the-secret-0123456789")).await;
    let answer = spillway.post("/v1/chat/completions", &chat(false)).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    let main = state(&spillway, "main").await;
    assert_eq!((&main["state"], &main["cause"]), (&json!("error"), &json!("auth")), "{main}");

    let right = json!({"secret": format!("{ID}:{SECRET}")});
    assert_eq!(spillway.json("PATCH", "/providers/bedrock/credentials/main", &right).await.status, 200);
    assert_eq!(
        spillway.post("/v1/chat/completions", &chat(false)).await.status,
        200,
        "written anew, it is in again"
    );

    let body = json!({"message": "The security token included in the request is expired"});
    let expired = simulator::script::StatusAnswer {
        code: 403,
        json: Some(body),
        headers: vec![("x-amzn-errortype".to_owned(), "ExpiredTokenException".to_owned())],
        ..Default::default()
    };
    amazon.script(Script::always([Step::Status(expired)]));
    assert_eq!(spillway.post("/v1/chat/completions", &chat(true)).await.status, 503);
    assert_eq!(state(&spillway, "main").await["cause"], "auth");
}

#[tokio::test]
async fn a_model_that_the_key_may_not_use_is_the_models_matter_and_not_the_keys() {
    let amazon = amazon(Script::always([Step::error(ErrorClass::Permission)])).await;
    let spillway = served_by(&amazon).await;
    let answer = spillway.post("/v1/chat/completions", &chat(false)).await;
    assert!(answer.text().contains("You don't have access to the model"), "{}", answer.text());
    assert_eq!(state(&spillway, "main").await["state"], "normal");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_and_costs_no_key_its_place() {
    let amazon = amazon_of_another_time(Script::good(), -7200).await;
    let spillway = served_by(&amazon).await;
    for tries in [2, 3] {
        let answer = spillway.post("/v1/chat/completions", &chat(true)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-spillway-attempts"), Some("1"));
        assert_eq!(calls(&amazon), tries, "signed anew once, and by Amazon's time from then on");
    }
    assert_eq!(state(&spillway, "main").await["state"], "normal");
    assert!(spillway.log().contains("Amazon's clock"), "{}", spillway.log());
}

#[tokio::test]
async fn of_many_requests_that_a_wrong_clock_meets_at_once_none_bars_the_key() {
    let amazon = amazon_of_another_time(Script::good(), 7200).await;
    let spillway = served_by(&amazon).await;
    let body = chat(false);
    let ask = || spillway.post("/v1/chat/completions", &body);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    for answer in [a, b, c, d] {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(state(&spillway, "main").await["state"], "normal");
}

#[tokio::test]
async fn amazon_is_asked_for_models_answers_and_for_nothing_else() {
    let amazon = amazon(Script::good()).await;
    let spillway = served_by(&amazon).await;
    spillway.upstream("cloud", &[]).await;
    let target = spillway.form("POST", "/upstreams/cloud/targets", &["provider=bedrock"]).await;
    assert_eq!(target.status, 201, "{}", target.text());
    for (method, path) in
        [("GET", "/cloud/v1/models"), ("DELETE", "/cloud/v1/models/x"), ("POST", "/cloud/v1/customJobs")]
    {
        let answer = client::request(spillway.proxy, method, path, &[], b"").await.unwrap();
        assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text());
        assert!(answer.text().contains("nobody of it has such an endpoint"), "{}", answer.text());
    }
    for model in ["..", "."] {
        let body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
        let answer = spillway.post("/cloud/v1/chat/completions", &body).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains("names no model"), "{}", answer.text());
    }
    assert_eq!(calls(&amazon), 0);
}

#[tokio::test]
async fn a_secret_is_in_no_log_answer_metric_or_file() {
    const TOKEN: &str = "IQoJb3JpZ2luX2VjTOKEN+of/a+session==";
    // A vendor that quotes everything it was sent.
    let quoting = Step::Error(ErrorAnswer {
        class: ErrorClass::Auth,
        message: Some(format!("signed with {SECRET} and x-amz-security-token:{TOKEN}")),
        ..ErrorAnswer::default()
    });
    let amazon = amazon(vec![Rule::always([quoting])]).await;
    let spillway = Launch::default().env("SPILLWAY_LOG", "trace").start();
    provider(&spillway, &amazon).await;
    spillway.key("bedrock", "main", &format!("{ID}:{SECRET}:{TOKEN}")).await;
    let mut seen = vec![spillway.post("/v1/chat/completions", &chat(false)).await.text()];
    for (method, path) in [
        ("GET", "/providers/bedrock/credentials/main"),
        ("POST", "/providers/bedrock/credentials/main/test"),
        ("GET", "/requests"),
        ("GET", "/topology"),
        ("GET", "/metrics"),
    ] {
        seen.push(spillway.admin(method, path).await.text());
    }
    seen.push(spillway.log());
    seen.push(String::from_utf8_lossy(&spillway.everything_on_disk()).into_owned());
    for text in seen {
        for secret in [SECRET, TOKEN] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_key_or_a_place_is_said_with_the_way_out() {
    let amazon = amazon(Script::good()).await;
    let spillway = Spillway::start();
    for (endpoints, field, words) in [
        (json!([]), "endpoints", "https://bedrock-runtime.eu-central-1.amazonaws.com"),
        (json!([{"url": amazon.base_url()}]), "endpoints.1.region", "eu-central-1"),
        (
            json!([{"url": "https://bedrock-runtime.us-east-1.amazonaws.com", "region": REGION}]),
            "endpoints.1.region",
            "us-east-1",
        ),
    ] {
        let body = json!({"name": "bedrock", "kind": "bedrock", "endpoints": endpoints});
        let answer = spillway.json("POST", "/providers", &body).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        let said = message(&answer.json(), field);
        assert!(said.contains(words), "{field}: {}", answer.text());
    }
    provider(&spillway, &amazon).await;
    for wrong in [ID, &format!("{ID}:"), &format!("{ID}:{SECRET}:token:more"), &format!(":{SECRET}")] {
        let answer = key(&spillway, wrong).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(
            message(&answer.json(), "secret").contains("ACCESS_KEY_ID:SECRET_ACCESS_KEY"),
            "{}",
            answer.text()
        );
        assert!(!answer.text().contains(SECRET) && !answer.text().contains(ID), "{}", answer.text());
    }
}

/// A field's violation; fields that are lists and records are nested.
fn message(answer: &Value, field: &str) -> String {
    let fields = &answer["fields"];
    let nested = field.split('.').try_fold(fields, |at, part| match part.parse::<usize>() {
        Ok(index) => at.get(index - 1).or_else(|| at.get(part)),
        Err(_) => at.get(part),
    });
    let found = fields.get(field).or(nested).unwrap_or(&Value::Null);
    found.as_str().map_or_else(|| found.to_string(), str::to_owned)
}

#[tokio::test]
async fn a_key_is_tested_with_one_word_and_models_are_not_discovered() {
    let amazon = amazon(Script::good()).await;
    let spillway = served_by(&amazon).await;
    let tested = spillway.admin("POST", "/providers/bedrock/credentials/main/test").await;
    assert_eq!(tested.json()["ok"], true, "{}", tested.text());
    let attempt = amazon.log().pop().unwrap();
    assert_eq!(attempt.model.as_deref(), Some(MODEL));
    assert_eq!(attempt.json()["inferenceConfig"]["maxTokens"], 1);
    let discovered = spillway.admin("POST", "/providers/bedrock/models/discover").await;
    assert_eq!(discovered.status, 409, "{}", discovered.text());
    assert!(discovered.text().contains("'models'"), "{}", discovered.text());

    let bare = json!({"models": null});
    assert_eq!(spillway.json("PATCH", "/providers/bedrock", &bare).await.status, 200);
    let tested = spillway.admin("POST", "/providers/bedrock/credentials/main/test").await;
    assert_eq!(tested.status, 409, "{}", tested.text());
    assert!(tested.text().contains("default_model"), "{}", tested.text());
}

#[tokio::test]
async fn the_environment_gives_bedrock_by_its_own_variable_and_access_keys_by_reference() {
    let bearer = "ABSKZnJvbS10aGUtZW52aXJvbm1lbnQ=";
    let amazon = amazon(Script::good()).await;
    let spillway = Launch::default()
        .env("AWS_BEARER_TOKEN_BEDROCK", bearer)
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .start();
    let made = spillway.admin("GET", "/providers/bedrock").await.json();
    assert_eq!(made["endpoints"][0]["url"], "https://bedrock-runtime.eu-central-1.amazonaws.com", "{made}");
    let endpoints = json!({"endpoints": [{"url": amazon.base_url(), "region": REGION}], "models": [MODEL]});
    let moved = spillway.json("PATCH", "/providers/bedrock", &endpoints).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(spillway.post("/v1/chat/completions", &chat(false)).await.status, 200);
    assert_eq!(amazon.log().pop().unwrap().credential, Some(bearer.into()));

    let both = json!({"secret": "env:AWS_ACCESS_KEY_ID:AWS_SECRET_ACCESS_KEY"});
    let changed = spillway.json("PATCH", "/providers/bedrock/credentials/env", &both).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let answer = spillway.post("/v1/chat/completions", &chat(false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(amazon.log().pop().unwrap().credential, Some(ID.into()));

    // An access key alone is set on many machines, and asks for no provider.
    let without = Launch::default().env("AWS_ACCESS_KEY_ID", ID).env("AWS_SECRET_ACCESS_KEY", SECRET);
    let without = without.env("AWS_REGION", REGION).start();
    assert_eq!(without.admin("GET", "/providers/bedrock").await.status, 404);
}

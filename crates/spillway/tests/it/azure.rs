//! Azure OpenAI by its deployments: the deployment in the path, the version in the query, the key in `api-key`.

use serde_json::{Value, json};
use simulator::{
    Attempt, Credential, Script, Step, Vendor,
    client::{self, Response},
    script::{SseAnswer, StatusAnswer},
};

use crate::support::{Spillway, calls, scripted, vendor};

const VERSION: &str = "2024-10-21";
const KEY: &str = "azure-key-0123456789";

/// Provider `azure` with the deployment `gpt-4o-eu`, its base URL written so.
async fn azure(spillway: &Spillway, at: &Vendor, path: &str) {
    let body = json!({
        "name": "azure", "kind": "azure-openai", "api_version": VERSION, "models": ["gpt-4o-eu"],
        "endpoints": [{"url": format!("{}{path}", at.base_url())}],
    });
    let answer = spillway.json("POST", "/providers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    spillway.key("azure", "one", KEY).await;
}

/// Provider `other`, which speaks plainly and has a model of its own.
async fn other(spillway: &Spillway) -> Vendor {
    let other = vendor("other").await;
    spillway.provider("other", &other).await;
    other
}

fn chat(stream: bool) -> Value {
    json!({
        "model": "azure/gpt-4o-eu", "stream": stream,
        "messages": [{"role": "user", "content": "Hello, vendor."}],
    })
}

async fn ask(spillway: &Spillway, stream: bool) -> Response {
    spillway.post("/v1/chat/completions", &chat(stream)).await
}

fn asked(attempt: &Attempt) -> (&str, Option<&str>) {
    (&attempt.path, attempt.query.as_deref())
}

fn answers(code: u16, headers: &[(&str, &str)], json: Value) -> Script {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Script::always([Step::Status(StatusAnswer { code, headers, json: Some(json), text: None })])
}

#[tokio::test]
async fn a_chat_is_asked_of_its_deployment_with_the_version_and_the_key() {
    for path in ["", "/openai", "/openai/deployments"] {
        let (spillway, one) = (Spillway::start(), vendor("azure").await);
        azure(&spillway, &one, path).await;
        let headers = [("authorization", "Bearer sk-clients-own")];
        let asking = "/v1/chat/completions?api-version=1999-01-01&x=1";
        let answer =
            client::post_json(spillway.proxy, asking, &headers, &chat(false).to_string()).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.json()["choices"][0]["message"]["content"], "azure heard: Hello, vendor.");
        let streamed = ask(&spillway, true).await;
        assert!(streamed.complete && streamed.text().ends_with("data: [DONE]\n\n"), "{}", streamed.text());

        let log = one.log();
        let path = "/openai/deployments/gpt-4o-eu/chat/completions";
        assert_eq!(asked(&log[0]), (path, Some("x=1&api-version=2024-10-21")), "the operator's version");
        assert_eq!(asked(&log[1]), (path, Some("api-version=2024-10-21")));
        for attempt in &log {
            assert_eq!(attempt.credential, Some(Credential::from(KEY)));
            assert!(attempt.header("api-key").is_some() && attempt.header("authorization").is_none());
            assert!(attempt.json().get("model").is_none(), "it stands in the path");
        }
    }
}

#[tokio::test]
async fn every_endpoint_of_a_model_stands_behind_its_deployment_and_others_do_not() {
    let (spillway, one) = (Spillway::start(), vendor("azure").await);
    azure(&spillway, &one, "").await;
    for (path, body) in [
        ("/embeddings", json!({"model": "azure/gpt-4o-eu", "input": "hello"})),
        ("/images/generations", json!({"model": "azure/gpt-4o-eu", "prompt": "a cat"})),
        ("/audio/speech", json!({"model": "azure/gpt-4o-eu", "input": "hello", "voice": "alloy"})),
        ("/completions", json!({"model": "azure/gpt-4o-eu", "prompt": "hello"})),
    ] {
        let answer = spillway.post(&format!("/v1{path}"), &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let attempt = one.log().pop().unwrap();
        let expected = format!("/openai/deployments/gpt-4o-eu{path}");
        assert_eq!(asked(&attempt), (&*expected, Some("api-version=2024-10-21")));
    }
    let form = "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nazure/gpt-4o-eu\r\n\
                --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--x--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=x")];
    let path = "/v1/audio/transcriptions";
    let answer = client::request(spillway.proxy, "POST", path, &headers, form.as_bytes()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = one.log().pop().unwrap();
    let expected = "/openai/deployments/gpt-4o-eu/audio/transcriptions";
    assert_eq!(asked(&attempt), (expected, Some("api-version=2024-10-21")));
}

#[tokio::test]
async fn callers_of_other_dialects_are_translated_into_chats() {
    let (spillway, one) = (Spillway::start(), vendor("azure").await);
    azure(&spillway, &one, "").await;
    let messages = json!({
        "model": "azure/gpt-4o-eu", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}],
    });
    let responses = json!({"model": "azure/gpt-4o-eu", "input": "Hello."});
    for (path, body, at) in [
        ("/v1/messages", messages, "/content/0/text"),
        ("/v1/responses", responses, "/output/0/content/0/text"),
    ] {
        let answer = spillway.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.json().pointer(at).unwrap(), "azure heard: Hello.", "{path}");
        let attempt = one.log().pop().unwrap();
        let expected = "/openai/deployments/gpt-4o-eu/chat/completions";
        assert_eq!(asked(&attempt), (expected, Some("api-version=2024-10-21")), "{path}");
        assert!(attempt.json().get("model").is_none(), "{path}");
    }
}

#[tokio::test]
async fn what_azure_says_of_the_prompt_is_no_beginning_of_an_answer() {
    let filtered = json!({
        "choices": [], "created": 0, "id": "", "model": "", "object": "",
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": false, "severity": "safe"}}}],
    });
    let event = SseAnswer { events: vec![format!("data: {filtered}")], ..SseAnswer::default() };
    let one = scripted("azure", Script::always([Step::Sse(event), Step::Rst])).await;
    let spillway = Spillway::start();
    azure(&spillway, &one, "").await;
    let other = other(&spillway).await;
    let answer = ask(&spillway, true).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.complete && !answer.text().contains("prompt_filter_results"), "{}", answer.text());
    assert_eq!((calls(&one) > 0, calls(&other)), (true, 1), "it failed over before the first word");
}

#[tokio::test]
async fn a_filtered_prompt_is_the_callers_and_a_missing_deployment_is_not() {
    let filtered = json!({"error": {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "type": null, "param": "prompt", "code": "content_filter", "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation"},
    }});
    let one = scripted("azure", answers(400, &[], filtered.clone())).await;
    let spillway = Spillway::start();
    azure(&spillway, &one, "").await;
    let other = other(&spillway).await;
    let answer = ask(&spillway, false).await;
    assert_eq!((answer.status, answer.json()), (400, filtered), "as Azure says it");
    assert_eq!(calls(&other), 0);

    let missing = json!({"error": {
        "code": "DeploymentNotFound",
        "message": "The API deployment for this resource does not exist.",
    }});
    one.script(answers(404, &[], missing));
    let answer = ask(&spillway, false).await;
    assert_eq!((answer.status, calls(&other)), (200, 1), "{}", answer.text());
}

#[tokio::test]
async fn a_limit_is_believed_to_the_millisecond() {
    let limited =
        json!({"error": {"code": "429", "message": "Requests have exceeded the token rate limit."}});
    let hints = [("retry-after-ms", "41500"), ("retry-after", "42")];
    let one = scripted("azure", answers(429, &hints, limited)).await;
    let spillway = Spillway::start();
    azure(&spillway, &one, "").await;
    let answer = ask(&spillway, false).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    let keys = spillway.admin("GET", "/providers/azure/credentials").await.json();
    let left = keys["data"][0]["model_states"][0]["ttl"].as_f64().unwrap_or_else(|| panic!("{keys}"));
    assert!((30.0..=41.5).contains(&left), "{left}");
}

#[tokio::test]
async fn a_key_is_tested_by_the_list_of_models_which_is_no_list_of_deployments() {
    let (spillway, one) = (Spillway::start(), vendor("azure").await);
    azure(&spillway, &one, "").await;
    let tested = spillway.admin("POST", "/providers/azure/credentials/one/test").await.json();
    assert_eq!(tested["ok"], true, "{tested}");
    assert_eq!(asked(&one.log()[0]), ("/openai/models", Some("api-version=2024-10-21")));
    let refused = spillway.admin("POST", "/providers/azure/models/discover").await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("deployments"), "{}", refused.text());
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_with_the_way_out() {
    let spillway = Spillway::start();
    let at = "https://r.openai.azure.com";
    let endpoint = |url: &str| json!([{ "url": url }]);
    for (body, field, says) in [
        (
            json!({"endpoints": endpoint(at), "api_version": "latest"}),
            "api_version",
            "a date such as 2024-10-21",
        ),
        (json!({"endpoints": endpoint(at), "api_version": "2024-1-1"}), "api_version", "null for /openai/v1"),
        (json!({"endpoints": endpoint(&format!("{at}/openai/deployments"))}), "endpoints", "set api_version"),
        (
            json!({"endpoints": endpoint(&format!("{at}/openai/deployments/gpt-4o")), "api_version": VERSION}),
            "endpoints",
            "the deployment's name is the model",
        ),
        (
            json!({"endpoints": endpoint(&format!("{at}/openai/deployments/d/chat/completions?api-version=2024-10-21"))}),
            "endpoints",
            "goes into the provider's api_version",
        ),
        (json!({"kind": "openai", "api_version": VERSION}), "api_version", "azure-openai"),
        (json!({"api_version": VERSION}), "endpoints", "https://RESOURCE.openai.azure.com"),
    ] {
        let mut all = json!({"name": "a", "kind": "azure-openai"});
        all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let refused = spillway.json("POST", "/providers", &all).await;
        assert_eq!(refused.status, 400, "{all}: {}", refused.text());
        let said = refused.json()["fields"][field].to_string();
        assert!(said.contains(says), "{all}: {}", refused.text());
    }
    let one = vendor("azure").await;
    azure(&spillway, &one, "").await;
    spillway.upstream("u", &[]).await;
    let target = json!({"provider": "azure", "model": "gpt-4o-eu", "model_location": "header:x-model"});
    let refused = spillway.json("POST", "/upstreams/u/targets", &target).await;
    assert!(refused.status == 400 && refused.text().contains("leave it at body"), "{}", refused.text());
}

//! Models by their publishers: Google's in Google's dialect, Anthropic's in Anthropic's, others' as OpenAI would ask.

use simulator::script::SseAnswer;

use super::*;
use crate::support::{calls, scripted};

/// Vertex that does as told, with these models.
async fn vertex(script: impl Into<Script>, models: &[&str]) -> (Spillway, Vendor, Vendor) {
    let (spillway, vertex, tokens) =
        (Spillway::start(), scripted("vertex", script).await, tokens(3600, 0).await);
    provider(&spillway, &vertex, models).await;
    spillway.key("vertex", "account", &key_file(&tokens).to_string()).await;
    (spillway, vertex, tokens)
}

fn says(published: &str) -> Script {
    Script::always([status(200, published)])
}

fn streams(text: &str) -> Script {
    let events = text.split("\n\n").filter(|it| !it.trim().is_empty()).map(str::to_owned).collect();
    Script::always([Step::Sse(SseAnswer { events, ..SseAnswer::default() })])
}

fn chat(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hello, vendor."}]})
}

fn asked(attempt: &Attempt) -> (String, Option<&str>) {
    (attempt.path.replace(LOCATION, ""), attempt.query.as_deref())
}

#[tokio::test]
async fn gemini_is_asked_in_googles_dialect_plain_and_streamed() {
    let plain = published!("translate/gemini/answer/plain.json");
    for model in ["gemini-3-flash", "google/gemini-3-flash"] {
        let (spillway, vertex, _tokens) = vertex(says(plain), &[model]).await;
        let path = "/publishers/google/models/gemini-3-flash";
        let answer = spillway.post("/v1/chat/completions", &chat(&format!("vertex/{model}"), false)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let whole = answer.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
        let attempt = vertex.log().pop().unwrap();
        assert_eq!(asked(&attempt), (format!("{path}:generateContent"), None));
        assert_eq!(attempt.json()["contents"][0]["parts"][0]["text"], "Hello, vendor.");
        assert!(bore(&attempt, 1) && attempt.json().get("model").is_none());

        vertex.script(streams(published!("translate/gemini/answer/stream.sse")));
        let answer = spillway.post("/v1/chat/completions", &chat(&format!("vertex/{model}"), true)).await;
        let said: String = answer
            .event_data()
            .iter()
            .filter_map(|it| it["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(said, whole);
        assert!(answer.text().ends_with("data: [DONE]\n\n"));
        let attempt = vertex.log().pop().unwrap();
        assert_eq!(asked(&attempt), (format!("{path}:streamGenerateContent"), Some("alt=sse")));
    }
}

#[tokio::test]
async fn tools_come_and_go() {
    let tools = published!("translate/gemini/answer/tools.json");
    let (spillway, vertex, _tokens) = vertex(says(tools), &["gemini-3-flash"]).await;
    let mut body: Value = serde_json::from_str(published!("translate/messages/ask/tools.json")).unwrap();
    body["model"] = "vertex/gemini-3-flash".into();
    let answer = spillway.post("/v1/messages", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let content = answer.json()["content"].as_array().cloned().unwrap();
    let call = content.iter().find(|it| it["type"] == "tool_use").expect("a call");
    assert_eq!((&call["name"], &call["input"]), (&json!("get_weather"), &json!({"city": "Rome"})));
    assert_eq!(vertex.log().pop().unwrap().json()["tools"][0]["functionDeclarations"][1]["name"], "get_time");
}

#[tokio::test]
async fn claude_is_told_a_version_in_the_place_of_the_model_and_the_rest_untouched() {
    let (spillway, vertex, _tokens) = vertex(Script::good(), &["claude-sonnet-4-5@20250929"]).await;
    let path = "/publishers/anthropic/models/claude-sonnet-4-5@20250929";
    for (stream, method) in [(false, ":rawPredict"), (true, ":streamRawPredict")] {
        let body = format!(
            "{{ \"x_unknown\" : [1],\n\"model\":\"vertex/claude-sonnet-4-5@20250929\", \"max_tokens\": 9, \"stream\":{stream}, \
             \"messages\":[{{\"role\":\"user\",\"content\":\"hi\"}}] }}"
        );
        let headers = [("anthropic-beta", "context-1m-2025-08-07"), ("x-api-key", "sk-clients-own")];
        let answer = client::post_json(spillway.proxy, "/v1/messages", &headers, &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.complete && answer.text().contains("vertex"), "{}", answer.text());
        let attempt = vertex.log().pop().unwrap();
        assert_eq!(asked(&attempt), (format!("{path}{method}"), None));
        let model = "\"model\":\"vertex/claude-sonnet-4-5@20250929\"";
        let expected = body.replace(model, "\"anthropic_version\":\"vertex-2023-10-16\"");
        assert_eq!(String::from_utf8_lossy(&attempt.body), expected);
        assert_eq!(attempt.header("anthropic-beta"), Some("context-1m-2025-08-07"));
        assert!(attempt.header("x-api-key").is_none() && bore(&attempt, 1));
    }
    let count = json!({"model": "vertex/claude-sonnet-4-5@20250929", "messages": [{"role": "user", "content": "hi"}]});
    let counted = spillway.post("/v1/messages/count_tokens", &count).await;
    assert!(counted.json()["input_tokens"].as_u64().is_some_and(|it| it > 0), "{}", counted.text());
    let attempt = vertex.log().pop().unwrap();
    assert_eq!(asked(&attempt), ("/publishers/anthropic/models/count-tokens:rawPredict".to_owned(), None));
    assert_eq!(attempt.json()["model"], "claude-sonnet-4-5@20250929");
    assert_eq!(attempt.json()["anthropic_version"], "vertex-2023-10-16");
}

#[tokio::test]
async fn an_openai_client_is_served_by_claude_and_by_others_models() {
    let (spillway, vertex, _tokens) =
        vertex(Script::good(), &["anthropic/claude-sonnet-5", "meta/llama-4-maverick"]).await;
    for stream in [false, true] {
        let answer =
            spillway.post("/v1/chat/completions", &chat("vertex/anthropic/claude-sonnet-5", stream)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let attempt = vertex.log().pop().unwrap();
        let method = if stream { "streamRawPredict" } else { "rawPredict" };
        assert_eq!(asked(&attempt), (format!("/publishers/anthropic/models/claude-sonnet-5:{method}"), None));
        let sent = attempt.json();
        assert_eq!((&sent["anthropic_version"], sent.get("model")), (&json!("vertex-2023-10-16"), None));
    }
    vertex.script(says(published!("translate/chat/answer/plain.json")));
    let answer = spillway.post("/v1/chat/completions", &chat("vertex/meta/llama-4-maverick", false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let attempt = vertex.log().pop().unwrap();
    assert_eq!(asked(&attempt), ("/endpoints/openapi/chat/completions".to_owned(), None));
    assert_eq!(attempt.json()["model"], "meta/llama-4-maverick");
}

#[tokio::test]
async fn whatever_model_a_client_names_is_asked_as_its_publisher_wants_it() {
    let (spillway, vertex, tokens) = (Spillway::start(), vendor("vertex").await, tokens(3600, 0).await);
    let place = json!([{"url": format!("{}{LOCATION}", vertex.base_url())}]);
    let body = json!({"name": "vertex", "kind": "vertex", "endpoints": place});
    assert_eq!(spillway.json("POST", "/providers", &body).await.status, 201);
    spillway.key("vertex", "account", &key_file(&tokens).to_string()).await;
    let answer = spillway.post("/v1/messages", &messages(false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(asked(&vertex.log()[0]).0, "/publishers/anthropic/models/claude-sonnet-5:rawPredict");
    vertex.script(says(published!("translate/gemini/answer/plain.json")));
    let answer = spillway.post("/v1/chat/completions", &chat("vertex/gemini-3-flash", false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(asked(&vertex.log()[1]).0, "/publishers/google/models/gemini-3-flash:generateContent");
}

#[tokio::test]
async fn vertex_and_others_stand_in_for_each_other_before_the_first_word() {
    let exhausted = status(429, published!("vertex/resource_exhausted.json"));
    for stream in [false, true] {
        let (spillway, vertex, _tokens) =
            vertex(Script::always([exhausted.clone()]), &["gemini-3-flash"]).await;
        let other = vendor("other").await;
        spillway.provider("other", &other).await;
        let answer = spillway.post("/v1/chat/completions", &chat("vertex/gemini-3-flash", stream)).await;
        assert_eq!(
            (answer.status, answer.header("x-spillway-provider")),
            (200, Some("other")),
            "{}",
            answer.text()
        );
        assert_eq!((calls(&vertex), calls(&other)), (1, 1));
        let shown = credential(&spillway, "account").await;
        let left = shown["model_states"][0]["ttl"].as_f64().unwrap_or_else(|| panic!("{shown}"));
        assert!((1.0..=17.0).contains(&left), "as Google's RetryInfo says: {left}");
    }
    let (spillway, vertex, _tokens) = vertex(Script::good(), &["claude-sonnet-5"]).await;
    let other = scripted("other", Script::always([Step::status(500)])).await;
    spillway.provider("other", &other).await;
    let answer = spillway.post("/v1/chat/completions", &chat("other/other-1", true)).await;
    assert_eq!(
        (answer.status, answer.header("x-spillway-provider")),
        (200, Some("vertex")),
        "{}",
        answer.text()
    );
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(calls(&vertex), 1);
}

#[tokio::test]
async fn googles_errors_are_told_in_the_callers_envelope_also_where_its_words_are_the_vendors() {
    let (spillway, vertex, _tokens) = vertex(
        Script::always([status(404, published!("vertex/model_not_found.json"))]),
        &["claude-sonnet-5"],
    )
    .await;
    let answer = ask(&spillway).await;
    assert_eq!((answer.status, &answer.json()["type"]), (404, &json!("error")), "{}", answer.text());
    assert!(
        answer.json()["error"]["message"].as_str().unwrap().starts_with("Publisher Model"),
        "{}",
        answer.text()
    );
    let own: Value = serde_json::from_str(published!("vertex/prompt_too_long.json")).unwrap();
    vertex.script(Script::always([refuses(400, &own)]));
    let patched = spillway
        .json("PATCH", "/providers/vertex", &json!({"models": ["claude-sonnet-5", "claude-opus-5"]}))
        .await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    let mut body = messages(false);
    body["model"] = "vertex/claude-opus-5".into();
    let answer = spillway.post("/v1/messages", &body).await;
    assert_eq!((answer.status, answer.json()), (400, own), "Anthropic's own pass untouched");
    assert_eq!(calls(&vertex), 2);
}

#[tokio::test]
async fn models_are_discovered_page_by_page() {
    let page = |names: &[&str], next: Option<&str>| {
        let models: Vec<Value> =
            names.iter().map(|it| json!({"name": format!("publishers/google/models/{it}")})).collect();
        let mut page = json!({"publisherModels": models});
        if let Some(next) = next {
            page["nextPageToken"] = next.into();
        }
        page
    };
    let first =
        Rule { times: Some(1), ..Rule::always([refuses(200, &page(&["gemini-3-flash"], Some("n+2")))]) };
    let second = Rule::always([refuses(200, &page(&["gemini-3-pro"], None))]);
    let (spillway, vertex, _tokens) = vertex(Script { rules: vec![first, second] }, &[]).await;
    let found = spillway.admin("POST", "/providers/vertex/models/discover").await;
    assert_eq!(found.status, 200, "{}", found.text());
    assert_eq!(found.json()["added"], json!(["gemini-3-flash", "gemini-3-pro"]));
    let log = vertex.log();
    assert_eq!(
        (log[0].path.as_str(), log[1].query.as_deref()),
        ("/v1beta1/publishers/google/models", Some("pageToken=n%2B2"))
    );
    assert!(log.iter().all(|it| bore(it, 1)));
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_with_the_way_out() {
    let (spillway, vertex, tokens) = (Spillway::start(), vendor("vertex").await, tokens(3600, 0).await);
    for (body, says) in [
        (json!({"name": "v", "kind": "vertex"}), "/projects/PROJECT/locations/LOCATION"),
        (
            json!({"name": "v", "kind": "vertex", "endpoints": [{"url": "https://europe-west1-aiplatform.googleapis.com/v1/projects/p"}]}),
            "/projects/PROJECT/locations/LOCATION",
        ),
    ] {
        let refused = spillway.json("POST", "/providers", &body).await;
        assert!(refused.status == 400 && refused.text().contains(says), "{}", refused.text());
    }
    provider(&spillway, &vertex, &["gemini-3-flash"]).await;
    spillway.provider("plain", &vertex).await;
    let file = key_file(&tokens);
    let with = |name: &str, value: Value| {
        let mut file = file.clone();
        file[name] = value;
        file.to_string()
    };
    for (at, secret, says) in [
        ("vertex", "{\"type\":".to_owned(), "not the JSON of one"),
        ("vertex", with("type", json!("external_account")), "external_account"),
        ("vertex", with("token_uri", json!("http://tokens.example/t")), "not https"),
        ("vertex", with("client_email", Value::Null), "client_email"),
        ("vertex", "ya29.abcdefghijk".to_owned(), "ends within the hour"),
        ("plain", file.to_string(), "only providers of the kind vertex"),
    ] {
        let body = json!({"name": "k", "secret": secret});
        let refused = spillway.json("POST", &format!("/providers/{at}/credentials"), &body).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        let said = refused.json()["fields"]["secret"].to_string();
        assert!(said.contains(says) && !refused.text().contains(&private_key()[..40]), "{}", refused.text());
    }
}

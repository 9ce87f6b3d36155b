//! The published shapes of each dialect, seen from each other one: tools, pictures, thoughts, structured answers.

use serde_json::{Value, json};

use super::{ask, published, says, sent, served_by, streams};

/// The calls that a streamed chat makes, by their index.
fn streamed_calls(events: &[Value]) -> Vec<(String, String)> {
    let mut calls: Vec<(String, String)> = Vec::new();
    for call in events
        .iter()
        .flat_map(|it| it["choices"][0]["delta"]["tool_calls"].as_array().cloned().unwrap_or_default())
    {
        let index = call["index"].as_u64().unwrap() as usize;
        if calls.len() == index {
            calls.push((call["function"]["name"].as_str().unwrap().to_owned(), String::new()));
        }
        calls[index].1.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
    }
    calls
}

fn expected_calls() -> Vec<(String, String)> {
    [("get_weather", r#"{"city":"Rome"}"#), ("get_time", r#"{"zone":"Europe/Rome"}"#)]
        .map(|(name, arguments)| (name.to_owned(), arguments.to_owned()))
        .to_vec()
}

#[tokio::test]
async fn tools_of_an_openai_client_reach_an_anthropic_vendor_and_its_parallel_calls_come_back() {
    let (spillway, one) = served_by("anthropic", says(published!("messages/answer/tools.json"))).await;
    let body = ask(published!("chat/ask/tools.json"), "one/one-1", false);
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let choice = &answer.json()["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    let calls: Vec<_> = choice["message"]["tool_calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let of = |field: &str| it["function"][field].as_str().unwrap().to_owned();
            (of("name"), of("arguments"))
        })
        .collect();
    assert_eq!(calls, expected_calls());
    assert_eq!(choice["message"]["tool_calls"][1]["id"], "call_b");
    assert_eq!(answer.json()["usage"]["prompt_tokens_details"]["cached_tokens"], 40);

    let sent = sent(&one);
    assert_eq!(sent["tools"][1]["name"], "get_time");
    assert_eq!(sent["tools"][0]["input_schema"]["required"], json!(["city"]));
    assert_eq!(sent["tool_choice"]["type"], "any");
    assert_eq!(sent["messages"][1]["content"][0]["input"], json!({"city": "Paris"}));
    assert_eq!(sent["messages"][2]["content"][0]["tool_use_id"], "call_1");

    one.script(streams(published!("messages/answer/parallel.sse")));
    let body = ask(published!("chat/ask/tools.json"), "one/one-1", true);
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(streamed_calls(&answer.event_data()), expected_calls());
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn tools_of_an_anthropic_client_reach_an_openai_vendor_and_its_parallel_calls_come_back() {
    let (spillway, one) = served_by("openai", says(published!("chat/answer/tools.json"))).await;
    let body = ask(published!("messages/ask/tools.json"), "one/one-1", false);
    let answer = spillway.post("/v1/messages", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let said = answer.json();
    assert_eq!(said["stop_reason"], "tool_use");
    let uses: Vec<&Value> =
        said["content"].as_array().unwrap().iter().filter(|it| it["type"] == "tool_use").collect();
    assert_eq!(uses[0]["input"], json!({"city": "Rome"}));
    assert_eq!((&uses[1]["id"], &uses[1]["name"]), (&json!("call_b"), &json!("get_time")));

    let sent = sent(&one);
    assert_eq!(sent["tools"][0]["function"]["name"], "get_weather");
    assert_eq!(sent["tool_choice"], "required");
    let call = &sent["messages"][1]["tool_calls"][0];
    assert_eq!(call["function"]["arguments"], r#"{"city":"Paris"}"#);
    assert_eq!(
        sent["messages"][2],
        json!({"role": "tool", "tool_call_id": "call_1", "content": "18 C, sunny"})
    );

    one.script(streams(published!("chat/answer/parallel.sse")));
    let body = ask(published!("messages/ask/tools.json"), "one/one-1", true);
    let answer = spillway.post("/v1/messages", &body).await;
    let events = answer.event_data();
    let mut inputs = vec![String::new(); 2];
    let mut names = Vec::new();
    for event in &events {
        if event["content_block"]["type"] == "tool_use" {
            names.push(event["content_block"]["name"].as_str().unwrap().to_owned());
        }
        if let Some(piece) = event["delta"]["partial_json"].as_str() {
            inputs[names.len() - 1].push_str(piece);
        }
    }
    let calls: Vec<_> = names.into_iter().zip(inputs).collect();
    assert_eq!(calls, expected_calls());
    assert_eq!(events.last().unwrap()["type"], "message_stop");
    let stop = events.iter().find(|it| it["type"] == "message_delta").unwrap();
    assert_eq!(stop["delta"]["stop_reason"], "tool_use");
}

#[tokio::test]
async fn pictures_and_files_reach_the_other_side() {
    let (spillway, one) = served_by("anthropic", says(published!("messages/answer/plain.json"))).await;
    let answer = spillway
        .post("/v1/chat/completions", &ask(published!("chat/ask/image.json"), "one/one-1", false))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let parts = sent(&one)["messages"][0]["content"].clone();
    assert_eq!(parts[1]["type"], "image");
    assert_eq!(parts[1]["source"]["media_type"], "image/png");
    assert_eq!(parts[2]["type"], "document");
    assert_eq!(parts[2]["source"]["data"], "JVBERi0xLjQKJSVFT0YK");

    let (spillway, one) = served_by("openai", says(published!("chat/answer/plain.json"))).await;
    let answer =
        spillway.post("/v1/messages", &ask(published!("messages/ask/image.json"), "one/one-1", false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let sent = sent(&one).to_string();
    assert!(sent.contains("data:image/png;base64,"), "{sent}");
}

#[tokio::test]
async fn thoughts_are_carried_and_only_their_own_vendor_gets_a_signature_back() {
    let (spillway, one) = served_by("anthropic", says(published!("messages/answer/thinking.json"))).await;
    let body = ask(published!("chat/ask/thinking.json"), "one/one-1", false);
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let message = answer.json()["choices"][0]["message"].clone();
    assert_eq!(
        (&message["content"], &message["reasoning_content"]),
        (&json!("152881"), &json!("391 squared."))
    );
    assert_eq!(sent(&one)["thinking"]["type"], "adaptive");
    assert!(!String::from_utf8_lossy(&one.log()[0].body).contains("c2lnbmVk"), "it is not that vendor's own");

    // What came from that vendor goes back to it, with the signature it gave.
    let mut again = body.clone();
    let turns = again["messages"].as_array_mut().unwrap();
    turns.push(message);
    turns.push(json!({"role": "user", "content": "And once more?"}));
    let answer = spillway.post("/v1/chat/completions", &again).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(sent(&one).to_string().contains("ZW5j"), "{}", sent(&one));

    one.script(streams(published!("messages/answer/thinking.sse")));
    let body = ask(published!("chat/ask/thinking.json"), "one/one-1", true);
    let events = spillway.post("/v1/chat/completions", &body).await.event_data();
    assert!(events.iter().any(|it| it["choices"][0]["delta"]["reasoning_content"].is_string()));
}

#[tokio::test]
async fn a_schema_for_the_answer_is_carried() {
    let (spillway, one) = served_by("anthropic", says(published!("messages/answer/schema.json"))).await;
    let body = ask(published!("chat/ask/schema.json"), "one/one-1", false);
    let answer = spillway.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let content = answer.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    serde_json::from_str::<Value>(&content).unwrap();
    assert!(sent(&one).to_string().contains("\"properties\""));
}

//! What coding agents send besides chats: tools in groups, tools that take a text, long names of users.

use dialect::Wire;
use dialect::translate::request;
use serde_json::{Value, json};

use super::{order, streamed, translated};

/// A session of an agent that speaks Responses: a patch was asked for and applied, an agent was closed.
fn session() -> Value {
    json!({
        "model": "any", "stream": true, "store": false, "prompt_cache_key": "k",
        "tools": [
            { "type": "function", "name": "run", "strict": false, "parameters": { "type": "object" } },
            { "type": "custom", "name": "apply_patch", "description": "Edits files.",
              "format": { "type": "grammar", "syntax": "lark", "definition": "start: \"x\"" } },
            { "type": "namespace", "name": "agents", "description": "Others.", "tools": [
                { "type": "function", "name": "close", "defer_loading": true, "parameters": { "type": "object" } },
                { "type": "custom", "name": "note" },
            ] },
        ],
        "tool_choice": { "type": "custom", "name": "apply_patch" },
        "input": [
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "Go" }] },
            { "type": "custom_tool_call", "id": "ctc_1", "call_id": "a", "name": "apply_patch", "input": "*** x" },
            { "type": "function_call", "call_id": "b", "namespace": "agents", "name": "close", "arguments": "{}" },
            { "type": "custom_tool_call_output", "call_id": "a", "output": "done" },
            { "type": "function_call_output", "call_id": "b", "output": "closed" },
        ],
    })
}

#[test]
fn every_vendor_is_told_of_freeform_and_grouped_tools_as_functions() {
    for to in [Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse] {
        let asked = translated(&order(Wire::Responses, to, true), session().to_string().as_bytes());
        let body = String::from_utf8(asked.body.to_vec()).unwrap();
        for told in ["\"apply_patch\"", "\"agents__close\"", "\"agents__note\"", "*** x", "grammar (lark)"] {
            assert!(body.contains(told), "{to}: {told} in {body}");
        }
        let dropped: Vec<_> = asked.dropped.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(
            dropped,
            ["tools[2].description", "tools[2].tools[0].defer_loading", "prompt_cache_key"],
            "{to}"
        );
    }
    let asked = translated(&order(Wire::Responses, Wire::Messages, true), session().to_string().as_bytes());
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(body["tools"][1]["input_schema"]["required"], json!(["input"]));
    assert_eq!(body["tool_choice"], json!({ "type": "tool", "name": "apply_patch" }));
    let calls = &body["messages"][1]["content"];
    assert_eq!(
        calls[0],
        json!({ "type": "tool_use", "id": "a", "name": "apply_patch", "input": { "input": "*** x" } })
    );
    assert_eq!(calls[1]["name"], "agents__close");
}

#[test]
fn two_tools_that_a_vendor_could_not_tell_apart_are_refused() {
    let ask = json!({ "model": "any", "input": "Go", "tools": [
        { "type": "function", "name": "a__b" },
        { "type": "namespace", "name": "a", "description": "", "tools": [{ "type": "function", "name": "b" }] },
    ] });
    let refused =
        request(&order(Wire::Responses, Wire::Messages, false), ask.to_string().as_bytes()).unwrap_err();
    assert_eq!(refused.field(), Some("tools[1].tools[0].name"), "{refused}");
}

/// What the model says: a patch, and that an agent is to be closed.
fn answer() -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "tool_use",
        "usage": { "input_tokens": 1, "output_tokens": 1 },
        "content": [
            { "type": "tool_use", "id": "c", "name": "apply_patch", "input": { "input": "line\n\"x\"" } },
            { "type": "tool_use", "id": "d", "name": "agents__close", "input": { "id": 5 } },
            { "type": "tool_use", "id": "e", "name": "run", "input": {} },
        ],
    })
}

/// Kind, group, name and what it gets, of each call.
fn calls(output: &Value) -> Vec<(String, Option<String>, String, String)> {
    let text = |it: &Value| it.as_str().map(str::to_owned);
    let of = |it: &Value| {
        let given = text(&it["input"]).or_else(|| text(&it["arguments"])).unwrap();
        (text(&it["type"]).unwrap(), text(&it["namespace"]), text(&it["name"]).unwrap(), given)
    };
    output.as_array().unwrap().iter().map(of).collect()
}

fn expected() -> Vec<(String, Option<String>, String, String)> {
    let call = |kind: &str, group: Option<&str>, name: &str, given: &str| {
        (kind.to_owned(), group.map(str::to_owned), name.to_owned(), given.to_owned())
    };
    vec![
        call("custom_tool_call", None, "apply_patch", "line\n\"x\""),
        call("function_call", Some("agents"), "close", r#"{"id":5}"#),
        call("function_call", None, "run", "{}"),
    ]
}

#[test]
fn their_calls_come_back_as_the_agent_knows_them() {
    let back =
        translated(&order(Wire::Responses, Wire::Messages, false), session().to_string().as_bytes()).back;
    let answered = back.answer(answer().to_string().as_bytes()).unwrap();
    let response: Value = serde_json::from_slice(&answered.body).unwrap();
    assert_eq!(calls(&response["output"]), expected());
    assert!(response["output"][0]["id"].as_str().unwrap().starts_with("ctc_"), "{response}");
}

#[test]
fn a_freeform_call_in_a_stream_is_its_text_and_not_the_json_around_it() {
    let mut vendor = String::from(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n",
    );
    let mut event = |value: Value| {
        vendor.push_str(&format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap()));
    };
    for (index, block) in answer()["content"].as_array().unwrap().iter().enumerate() {
        let start = json!({ "type": "tool_use", "id": block["id"], "name": block["name"], "input": {} });
        event(json!({ "type": "content_block_start", "index": index, "content_block": start }));
        let whole = block["input"].to_string();
        let (first, rest) = whole.split_at(whole.len() / 2);
        for piece in [first, rest] {
            let delta = json!({ "type": "input_json_delta", "partial_json": piece });
            event(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        event(json!({ "type": "content_block_stop", "index": index }));
    }
    event(
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 3 } }),
    );
    event(json!({ "type": "message_stop" }));

    let back =
        translated(&order(Wire::Responses, Wire::Messages, true), session().to_string().as_bytes()).back;
    let told = String::from_utf8(streamed(&back, vendor.as_bytes())).unwrap();
    let events: Vec<Value> = told
        .lines()
        .filter_map(|it| it.strip_prefix("data: "))
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let of = |kind: &str| events.iter().filter(|it| it["type"] == kind).collect::<Vec<_>>();
    assert_eq!(calls(&of("response.completed")[0]["response"]["output"]), expected());
    let written = of("response.custom_tool_call_input.done");
    assert_eq!(written.len(), 1);
    assert_eq!(written[0]["input"], "line\n\"x\"");
    assert_eq!(of("response.custom_tool_call_input.delta")[0]["delta"], "line\n\"x\"");
    assert_eq!(of("response.function_call_arguments.done").len(), 2);
    let items: Vec<Value> = of("response.output_item.done").iter().map(|it| it["item"].clone()).collect();
    assert_eq!(calls(&Value::Array(items)), expected());
    let numbers: Vec<u64> = events.iter().map(|it| it["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_users_name_longer_than_openai_takes_is_left_out_and_told() {
    let ask = |user: &str| {
        json!({
            "model": "any", "max_tokens": 9, "messages": [{ "role": "user", "content": "Hi" }],
            "metadata": { "user_id": user },
        })
    };
    for to in [Wire::Chat, Wire::Responses] {
        let order = order(Wire::Messages, to, false);
        let long = translated(&order, ask(&"u".repeat(65)).to_string().as_bytes());
        assert_eq!(long.dropped.len(), 1);
        assert_eq!(long.dropped[0].field, "metadata.user_id");
        let body: Value = serde_json::from_slice(&long.body).unwrap();
        assert_eq!(body.get("user"), None);
        let short = translated(&order, ask(&"ü".repeat(64)).to_string().as_bytes());
        assert!(short.dropped.is_empty(), "{:?}", short.dropped);
    }
}

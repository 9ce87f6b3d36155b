//! What cannot be carried is named; what only asks for speed or bookkeeping is dropped and told.

use dialect::Wire;
use dialect::translate::{Lossy, Order, request};
use serde_json::{Value, json};

use super::{fields, order, translated};

/// Refused for these fields; and dropped, if the operator says so, with the same list.
fn check(from: Wire, to: Wire, body: &Value, lost: &[&str]) {
    let order = order(from, to, false);
    let refused = request(&order, body.to_string().as_bytes()).unwrap_err();
    assert_eq!(fields(&refused), lost, "{from} to {to}: {refused}");
    assert_eq!(refused.field(), Some(lost[0]));
    assert!(lost.iter().all(|it| refused.to_string().contains(&format!("`{it}`: "))), "{refused}");
    let dropped = translated(&Order { lossy: Lossy::Drop, ..order }, body.to_string().as_bytes()).dropped;
    let named: Vec<_> = dropped.iter().map(|it| it.field.as_str()).collect();
    assert!(lost.iter().all(|it| named.contains(it)), "{named:?}");
}

#[test]
fn what_the_vendors_dialect_has_no_words_for_is_refused_by_name_and_all_at_once() {
    let user = json!([{ "role": "user", "content": "Hi" }]);
    check(
        Wire::Chat,
        Wire::Messages,
        &json!({
            "messages": user, "seed": 1, "n": 2, "logit_bias": { "5": -100 }, "temperature": 1.5,
            "response_format": { "type": "json_object" }, "presence_penalty": 0.5,
        }),
        &["n", "logit_bias", "temperature", "response_format", "seed", "presence_penalty"],
    );
    check(
        Wire::Chat,
        Wire::Responses,
        &json!({ "messages": user, "stop": ["END"], "seed": 1, "top_k": 5 }),
        &["stop", "seed", "top_k"],
    );
    check(
        Wire::Chat,
        Wire::Messages,
        &json!({ "messages": [{ "role": "user", "name": "Ann", "content": [
            { "type": "text", "text": "Hi" },
            { "type": "input_audio", "input_audio": { "data": "AAAA", "format": "wav" } },
            { "type": "file", "file": { "file_id": "file-1" } },
            { "type": "video_url", "video_url": { "url": "https://a.b/c.mp4" } },
        ] }] }),
        &[
            "messages[0].content[2].file.file_id",
            "messages[0].content[3].type",
            "messages[0].name",
            "messages[0].content[1]",
        ],
    );
    check(
        Wire::Messages,
        Wire::Chat,
        &json!({
            "max_tokens": 9, "messages": user, "top_k": 5,
            "tools": [{ "type": "web_search_20250305", "name": "web_search" }],
            "mcp_servers": [{ "type": "url", "url": "https://a.b", "name": "c" }],
        }),
        &["tools[0].type", "mcp_servers", "top_k"],
    );
    check(
        Wire::Responses,
        Wire::Messages,
        &json!({
            "input": [{ "type": "item_reference", "id": "msg_1" }, { "role": "user", "content": "Hi" }],
            "truncation": "auto", "tools": [{ "type": "web_search" }],
        }),
        &["input[0].type", "tools[0].type", "truncation"],
    );
    check(
        Wire::Gemini,
        Wire::Chat,
        &json!({
            "contents": [{ "role": "user", "parts": [{ "text": "Hi" }] }],
            "safetySettings": [{ "category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE" }],
            "tools": [{ "googleSearch": {} }], "cachedContent": "cachedContents/1",
            "generationConfig": { "candidateCount": 2, "responseLogprobs": true },
        }),
        &[
            "tools[0].googleSearch",
            "generationConfig.candidateCount",
            "generationConfig.responseLogprobs",
            "safetySettings",
            "cachedContent",
        ],
    );
}

#[test]
fn bedrock_takes_no_pictures_by_their_address() {
    let picture = json!({ "type": "image_url", "image_url": { "url": "https://a.b/c.png" } });
    let body =
        json!({ "messages": [{ "role": "user", "content": [{ "type": "text", "text": "?" }, picture] }] });
    check(Wire::Chat, Wire::Converse, &body, &["messages[0].content[1]"]);
    let gemini = translated(&order(Wire::Chat, Wire::Gemini, false), body.to_string().as_bytes());
    let body: Value = serde_json::from_slice(&gemini.body).unwrap();
    let file = json!({ "mimeType": "image/png", "fileUri": "https://a.b/c.png" });
    assert_eq!(body["contents"][0]["parts"][1]["fileData"], file);
}

#[test]
fn bedrock_takes_sounds_strict_tools_and_its_own_kinds_of_files_only() {
    let file = |name: &str, kind: &str| json!({ "type": "file", "file": { "filename": name, "file_data": format!("data:{kind};base64,aGk=") } });
    let sound = json!({ "type": "input_audio", "input_audio": { "data": "aGk=", "format": "mp3" } });
    let content = json!([{ "type": "text", "text": "?" }, file("a.pdf", "application/pdf"), sound]);
    let parameters = json!({ "type": "object", "properties": {} });
    let tool = json!({ "name": "t", "parameters": parameters, "strict": true });
    let body = json!({
        "messages": [{ "role": "user", "content": content }],
        "tools": [{ "type": "function", "function": tool }],
    });
    let carried = translated(&order(Wire::Chat, Wire::Converse, false), body.to_string().as_bytes());
    assert!(carried.dropped.is_empty(), "{:?}", carried.dropped);
    let written: Value = serde_json::from_slice(&carried.body).unwrap();
    let blocks = &written["messages"][0]["content"];
    assert_eq!(blocks[1]["document"]["format"], "pdf");
    assert_eq!(blocks[2]["audio"], json!({ "format": "mp3", "source": { "bytes": "aGk=" } }));
    let spec = &written["toolConfig"]["tools"][0]["toolSpec"];
    assert_eq!(spec, &json!({ "name": "t", "inputSchema": { "json": parameters }, "strict": true }));

    let odd = json!([{ "type": "text", "text": "?" }, file("a.json", "application/json")]);
    let body = json!({ "messages": [{ "role": "user", "content": odd }], "temperature": 1.5 });
    check(Wire::Chat, Wire::Converse, &body, &["messages[0].content[1]", "temperature"]);
}

#[test]
fn instructions_in_the_middle_go_to_the_beginning_only_if_the_operator_says_so() {
    let body = json!({ "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "system", "content": "Be kind." },
        { "role": "user", "content": "There?" },
    ] });
    for vendor in [Wire::Messages, Wire::Gemini, Wire::Converse] {
        check(Wire::Chat, vendor, &body, &["messages[1].content"]);
    }
    let order = Order { lossy: Lossy::Drop, ..order(Wire::Chat, Wire::Messages, false) };
    let moved: Value = serde_json::from_slice(&translated(&order, body.to_string().as_bytes()).body).unwrap();
    assert_eq!(moved["system"][0]["text"], "Be kind.");
    assert_eq!(moved["messages"].as_array().unwrap().len(), 1, "{moved}");
}

#[test]
fn hints_are_dropped_and_told_and_refuse_nothing() {
    let body = json!({
        "messages": [{ "role": "user", "content": "Hi" }],
        "store": true, "metadata": { "a": "b" }, "prompt_cache_key": "k", "verbosity": "low",
        "logprobs": false, "logit_bias": {}, "n": 1, "tools": [],
    });
    let dropped = translated(&order(Wire::Chat, Wire::Messages, false), body.to_string().as_bytes()).dropped;
    let named: Vec<_> = dropped.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(named, ["store", "metadata", "prompt_cache_key", "verbosity"]);
}

#[test]
fn a_penalty_of_nought_says_nothing() {
    let ask = json!({
        "messages": [{ "role": "user", "content": "Hi" }], "presence_penalty": 0, "frequency_penalty": 0.0,
    });
    let asked = translated(&order(Wire::Chat, Wire::Messages, false), ask.to_string().as_bytes());
    assert!(asked.dropped.is_empty(), "{:?}", asked.dropped);
}

#[test]
fn what_no_dialect_would_take_is_refused_in_any_case() {
    let rows = [
        (Wire::Chat, json!({ "messages": "Hi", "temperature": "warm" }), vec!["messages", "temperature"]),
        (
            Wire::Chat,
            json!({ "messages": [7], "reasoning_effort": "much" }),
            vec!["messages[0]", "reasoning_effort"],
        ),
        (Wire::Responses, json!({ "input": "Hi", "reasoning": { "effort": 3 } }), vec!["reasoning.effort"]),
        // What was said before is no field that could be left out.
        (
            Wire::Responses,
            json!({ "input": "Go on", "previous_response_id": "resp_1", "conversation": null }),
            vec!["previous_response_id"],
        ),
        (Wire::Chat, json!({ "messages": [{ "role": "robot" }] }), vec!["messages[0].role"]),
        (Wire::Gemini, json!({ "contents": [{ "role": "robot" }] }), vec!["contents[0].role"]),
    ];
    for (from, body, wrong) in rows {
        let order = Order { lossy: Lossy::Drop, ..order(from, Wire::Converse, false) };
        assert_eq!(fields(&request(&order, body.to_string().as_bytes()).unwrap_err()), wrong);
    }
    for body in ["", "{", "[]", "null", "\"secret\""] {
        let refused = request(&order(Wire::Chat, Wire::Messages, false), body.as_bytes()).unwrap_err();
        assert_eq!(refused.field(), None);
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}

/// The shape of what coding agents send: cache marks everywhere, thoughts, pictures in results, a budget.
#[test]
fn a_coding_agents_request_passes_to_every_vendor() {
    let mark = json!({ "type": "ephemeral" });
    let body = json!({
        "model": "claude-x", "max_tokens": 32000, "stream": true, "temperature": 1,
        "metadata": { "user_id": "user_1_session_2" },
        "system": [
            { "type": "text", "text": "You are an agent.", "cache_control": mark },
            { "type": "text", "text": "The directory is empty.", "cache_control": mark },
        ],
        "thinking": { "type": "enabled", "budget_tokens": 16000 },
        "context_management": { "edits": [{ "type": "clear_thinking_20251015", "keep": "all" }] },
        "tools": [
            { "name": "Read", "description": "Reads a file.", "input_schema": { "type": "object", "properties": { "path": { "type": "string" } }, "required": ["path"] } },
            { "name": "Bash", "input_schema": { "type": "object", "properties": {} }, "cache_control": mark },
        ],
        "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "Look at a.png and b.txt." }] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "Both.", "signature": "c2ln" },
                { "type": "text", "text": "I look." },
                { "type": "tool_use", "id": "toolu_1", "name": "Read", "input": { "path": "a.png" } },
                { "type": "tool_use", "id": "toolu_2", "name": "Read", "input": { "path": "b.txt" } },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": [{ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } }] },
                { "type": "tool_result", "tool_use_id": "toolu_2", "is_error": true, "content": "no such file", "cache_control": mark },
                { "type": "text", "text": "Go on." },
            ] },
        ],
    });
    for vendor in [Wire::Chat, Wire::Responses, Wire::Gemini, Wire::Converse] {
        let translated = translated(&order(Wire::Messages, vendor, true), body.to_string().as_bytes());
        let asked = String::from_utf8(translated.body.to_vec()).unwrap();
        for words in [
            "You are an agent.",
            "The directory is empty.",
            "toolu_1",
            "toolu_2",
            "no such file",
            "Go on.",
            "AAAA",
        ] {
            assert!(asked.contains(words), "{vendor}: {words} in {asked}");
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            let body: Value = serde_json::from_str(&asked).unwrap();
            let dropped: Vec<_> = translated.dropped.iter().map(|it| format!("{}: {}", it.field, it.why)).collect();
            insta::assert_snapshot!(format!("agent_{vendor}"), format!("{body:#}\n{dropped:#?}"));
        });
    }
}

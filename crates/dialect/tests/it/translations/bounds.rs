//! What a request needs, what it counts, and how much of an answer is kept.

use dialect::translate::{Lossy, Needs, Order, count, counted, needs, request};
use dialect::{Kind, Verdict, Wire};
use serde_json::{Value, json};

use super::{back, fields, fixture, order, stream, translated};

#[test]
fn what_a_request_needs_is_the_same_in_every_dialect() {
    for wire in Wire::CALLERS {
        let of = |case: &str| needs(wire, &fixture(wire, &format!("ask/{case}.json"))).unwrap();
        let bare = |it: Needs| Needs { input_tokens: 0, output_tokens: None, ..it };
        assert_eq!(bare(of("plain")), Needs::default());
        assert_eq!(bare(of("tools")), Needs { tools: true, ..Needs::default() });
        assert_eq!(bare(of("image")), Needs { images: true, files: true, ..Needs::default() });
        assert_eq!(bare(of("schema")), Needs { json: true, json_schema: true, ..Needs::default() });
        assert_eq!(bare(of("thinking")), Needs { thinking: true, ..Needs::default() });
        assert_eq!(of("plain").output_tokens, Some(2000));
        assert!((5..40).contains(&of("plain").input_tokens), "{wire}: {:?}", of("plain"));
        assert!(of("image").input_tokens > 1600);
    }
    let long = json!({ "messages": [{ "role": "user", "content": "word ".repeat(100_000) }] });
    assert_eq!(needs(Wire::Chat, long.to_string().as_bytes()).unwrap().input_tokens, 125_000);
    assert_eq!(needs(Wire::Chat, b"{"), None);
}

#[test]
fn a_count_is_asked_of_vendors_that_count_and_told_in_the_callers_form() {
    let ask = json!({
        "model": "claude-x", "system": "Be brief.", "messages": [{ "role": "user", "content": "Hi" }],
        "tools": [{ "name": "f", "input_schema": { "type": "object" } }],
    });
    let ask = ask.to_string();
    let gemini = count(&order(Wire::Messages, Wire::Gemini, false), ask.as_bytes()).unwrap().unwrap();
    assert_eq!(gemini.suffix, "/models/gemini-3-flash:countTokens");
    let body: Value = serde_json::from_slice(&gemini.body).unwrap();
    let inner = &body["generateContentRequest"];
    assert_eq!(
        (&inner["model"], &inner["contents"][0]["parts"][0]["text"]),
        (&json!("models/gemini-3-flash"), &json!("Hi"))
    );
    let told = gemini.back.counted(br#"{"totalTokens":31,"promptTokensDetails":[]}"#).unwrap();
    assert_eq!(told, br#"{"input_tokens":31}"#[..]);

    let openai = count(&order(Wire::Messages, Wire::Responses, false), ask.as_bytes()).unwrap().unwrap();
    assert_eq!(openai.suffix, "/responses/input_tokens");
    let body: Value = serde_json::from_slice(&openai.body).unwrap();
    assert!(body["store"].is_null() && body["input"].is_array(), "{body}");
    assert_eq!(
        openai.back.counted(br#"{"object":"response.input_tokens","input_tokens":9}"#).unwrap(),
        counted(Wire::Messages, 9)
    );
    assert_eq!(openai.back.counted(b"{}"), None);

    let wrapped = json!({ "generateContentRequest": { "model": "models/x", "contents": [{ "parts": [{ "text": "Hi" }] }] } });
    let anthropic =
        count(&order(Wire::Gemini, Wire::Messages, false), wrapped.to_string().as_bytes()).unwrap().unwrap();
    let body: Value = serde_json::from_slice(&anthropic.body).unwrap();
    assert_eq!((anthropic.suffix.as_str(), &body["max_tokens"]), ("/messages/count_tokens", &Value::Null));
    assert_eq!(body["messages"][0]["content"][0]["text"], "Hi");
    assert_eq!(anthropic.back.counted(br#"{"input_tokens":5}"#).unwrap(), br#"{"totalTokens":5}"#[..]);

    assert!(count(&order(Wire::Messages, Wire::Chat, false), ask.as_bytes()).is_none());
}

#[test]
fn an_answer_that_must_be_kept_whole_may_not_be_endless() {
    let text = "x".repeat(60_000);
    let chunk = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let (mut endless, mut out) = (back(Wire::Responses, Wire::Chat).stream(), Vec::new());
    let mut pushed = 0;
    while !endless.failed() && pushed < 1000 {
        out.clear();
        endless.push(chunk.as_bytes(), &mut out);
        pushed += 1;
    }
    assert!((250..400).contains(&pushed), "{pushed}");
    assert!(String::from_utf8_lossy(&out).contains("too long to be translated"));
    // Whoever needs not keep it lets it pass.
    let (mut passing, mut out) = (back(Wire::Messages, Wire::Chat).stream(), Vec::new());
    (0..400).for_each(|_| passing.push(chunk.as_bytes(), &mut out));
    assert!(!passing.failed());
}

#[test]
fn an_event_larger_than_what_is_looked_into_is_translated_whole() {
    let text = "x".repeat(300_000);
    let chunk = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let (mut large, mut out) = (back(Wire::Messages, Wire::Chat).stream(), Vec::new());
    large.push(chunk.as_bytes(), &mut out);
    assert_eq!(*large.verdict(), Verdict::Commit);
    assert!(String::from_utf8(out).unwrap().contains(&text));
}

#[test]
fn a_vendor_that_wants_a_limit_gets_the_operators_or_one_its_model_can_do() {
    let ask = br#"{"messages":[{"role":"user","content":"Hi"}]}"#;
    let limit = |order: &Order<'_>| {
        let body: Value = serde_json::from_slice(&translated(order, ask).body).unwrap();
        body["max_tokens"].as_u64().unwrap()
    };
    let order = order(Wire::Chat, Wire::Messages, false);
    assert_eq!(limit(&order), 32_000);
    assert_eq!(limit(&Order { model: "claude-3-5-haiku-latest", ..order }), 8192);
    assert_eq!(limit(&Order { max_tokens: Some(64_000), ..order }), 64_000);
}

#[test]
fn newer_models_of_anthropics_are_not_told_how_to_choose_words() {
    let ask = br#"{"messages":[{"role":"user","content":"Hi"}],"temperature":0.2,"top_p":1,"top_k":5}"#;
    let order = order(Wire::Chat, Wire::Messages, false);
    let older = translated(&order, ask);
    let older: Value = serde_json::from_slice(&older.body).unwrap();
    assert_eq!(
        (&older["temperature"], &older["top_p"], &older["top_k"]),
        (&json!(0.2), &json!(1), &json!(5))
    );
    for model in ["claude-opus-4-7", "claude-sonnet-5"] {
        let newer = Order { model, ..order };
        let refused = request(&newer, ask).unwrap_err();
        assert_eq!(fields(&refused), ["temperature", "top_k"], "what is the default anyway is not missed");
        let told = translated(&Order { lossy: Lossy::Drop, ..newer }, ask);
        let told: Value = serde_json::from_slice(&told.body).unwrap();
        assert!(["temperature", "top_p", "top_k"].iter().all(|it| told.get(it).is_none()), "{told}");
    }
    // Others that speak the dialect take what they are told.
    let other = translated(&Order { model: "kimi-k3", ..order }, ask);
    assert!(String::from_utf8_lossy(&other.body).contains("temperature"));
}

#[test]
fn older_models_are_told_tokens_and_newer_ones_an_effort() {
    let ask = br#"{"messages":[{"role":"user","content":"Hi"}],"reasoning_effort":"low"}"#;
    let asked = |to: Wire, model: &'static str| {
        let translated = translated(&Order { model, ..order(Wire::Chat, to, false) }, ask);
        serde_json::from_slice::<Value>(&translated.body).unwrap()
    };
    let older = asked(Wire::Messages, "claude-sonnet-4-5-20250929");
    assert_eq!(older["thinking"], json!({ "type": "enabled", "budget_tokens": 2048 }));
    // Older ones refuse to think on after a call that somebody else made.
    let called = br#"{"messages":[{"role":"user","content":"Hi"},
        {"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"a","content":"1"}],"reasoning_effort":"low"}"#;
    let order = Order { model: "claude-sonnet-4-5", ..order(Wire::Chat, Wire::Messages, false) };
    let called = translated(&order, called);
    assert_eq!(called.dropped[0].field, "reasoning_effort");
    assert!(!String::from_utf8_lossy(&called.body).contains("thinking"));
    let newer = asked(Wire::Messages, "claude-opus-4-7");
    assert_eq!(
        (&newer["thinking"]["type"], &newer["output_config"]["effort"]),
        (&json!("adaptive"), &json!("low"))
    );
    let older = asked(Wire::Gemini, "gemini-2.5-flash");
    assert_eq!(older["generationConfig"]["thinkingConfig"], json!({ "thinkingBudget": 2048 }));
}

#[test]
fn thoughts_of_one_vendor_go_back_to_it_and_to_nobody_else() {
    // What Gemini answers to a caller of Messages…
    let back = back(Wire::Messages, Wire::Gemini);
    let answer = back.answer(&fixture(Wire::Gemini, "answer/tools.json")).unwrap();
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    let ask = json!({ "max_tokens": 9, "messages": [
        { "role": "user", "content": "Weather?" },
        { "role": "assistant", "content": answer["content"] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "call_a", "content": "18 C" },
            { "type": "tool_result", "tool_use_id": "call_b", "content": "noon" },
        ] },
    ] });
    // …comes back to Gemini with its signature where it was…
    let again = translated(&order(Wire::Messages, Wire::Gemini, false), ask.to_string().as_bytes());
    let body: Value = serde_json::from_slice(&again.body).unwrap();
    let parts = &body["contents"][1]["parts"];
    assert_eq!(
        (&parts[0]["thoughtSignature"], &parts[1]["thoughtSignature"]),
        (&json!("ZW5j"), &Value::Null)
    );
    assert_eq!(body["contents"][2]["parts"][1]["functionResponse"]["name"], "get_time");
    // …and is not sent to others, not even to the vendor whose dialect the caller speaks.
    for vendor in [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Converse] {
        let other = translated(&order(Wire::Messages, vendor, false), ask.to_string().as_bytes());
        assert!(!String::from_utf8_lossy(&other.body).contains("ZW5j"), "{vendor}");
        assert_eq!(other.dropped.len(), 1, "{vendor}");
    }
}

#[test]
fn a_row_names_the_wire_that_a_caller_is_served_on() {
    let rows = [
        (Kind::OpenAi, Wire::Responses, Wire::Responses),
        (Kind::OpenAi, Wire::Messages, Wire::Chat),
        (Kind::Anthropic, Wire::Chat, Wire::Messages),
        (Kind::Gemini, Wire::Chat, Wire::Chat),
        (Kind::Gemini, Wire::Messages, Wire::Gemini),
        (Kind::Mistral, Wire::Responses, Wire::Chat),
    ];
    for (kind, caller, expected) in rows {
        assert_eq!(kind.row().wire_for(caller), expected, "{kind:?} {caller}");
    }
    assert!(Kind::ALL.into_iter().all(|it| !it.row().wires.is_empty()));
    let bytes = stream(Wire::Converse, "stream");
    assert_eq!(bytes[0], 0, "a frame begins with its length");
}

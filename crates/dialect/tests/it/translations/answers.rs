//! What vendors say at the end of an answer, word by word: why it ended, what it cost, where it was found.

use dialect::Wire;
use serde_json::{Value, json};

use super::back;

/// The answer as the caller gets it, and what was left out of it; nothing if it is none.
fn told(caller: Wire, vendor: Wire, answer: &Value) -> Option<(Value, Vec<String>)> {
    let answered = back(caller, vendor).answer(answer.to_string().as_bytes()).ok()?;
    let dropped = answered.dropped.into_iter().map(|it| it.field).collect();
    Some((serde_json::from_slice(&answered.body).unwrap(), dropped))
}

#[test]
fn what_went_through_a_cache_is_counted_as_each_dialect_counts_it() {
    let anthropic = json!({
        "id": "msg_1", "content": [{ "type": "text", "text": "Hi" }], "stop_reason": "end_turn",
        "usage": { "input_tokens": 10, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 5, "output_tokens": 7 },
    });
    let chat = told(Wire::Chat, Wire::Messages, &anthropic).unwrap().0;
    assert_eq!(chat["usage"]["prompt_tokens"], 35);
    assert_eq!(
        chat["usage"]["prompt_tokens_details"],
        json!({ "cached_tokens": 20, "cache_write_tokens": 5 })
    );
    let response = told(Wire::Responses, Wire::Messages, &anthropic).unwrap().0;
    assert_eq!(
        (&response["usage"]["input_tokens"], &response["usage"]["total_tokens"]),
        (&json!(35), &json!(42))
    );
    for (vendor, answer) in [(Wire::Chat, chat), (Wire::Responses, response)] {
        let back = told(Wire::Messages, vendor, &answer).unwrap().0;
        assert_eq!(back["usage"], anthropic["usage"], "{vendor}");
    }
    let gemini = told(Wire::Gemini, Wire::Messages, &anthropic).unwrap().0;
    assert_eq!(gemini["usageMetadata"]["promptTokenCount"], 35);
}

#[test]
fn every_reason_of_googles_is_one_of_a_chats_or_the_vendors_failure() {
    let rows = [
        ("STOP", Some("stop")),
        ("MAX_TOKENS", Some("length")),
        ("SAFETY", Some("content_filter")),
        ("RECITATION", Some("content_filter")),
        ("BLOCKLIST", Some("content_filter")),
        ("PROHIBITED_CONTENT", Some("content_filter")),
        ("SPII", Some("content_filter")),
        ("MODEL_ARMOR", Some("content_filter")),
        ("IMAGE_PROHIBITED_CONTENT", Some("content_filter")),
        ("OTHER", Some("stop")),
        ("MALFORMED_FUNCTION_CALL", None),
        ("UNEXPECTED_TOOL_CALL", None),
        ("MALFORMED_RESPONSE", None),
        ("MISSING_THOUGHT_SIGNATURE", None),
    ];
    for (reason, expected) in rows {
        let answer =
            json!({ "candidates": [{ "content": { "parts": [{ "text": "Hi" }] }, "finishReason": reason }] });
        let told = told(Wire::Chat, Wire::Gemini, &answer);
        let seen = told.as_ref().and_then(|it| it.0["choices"][0]["finish_reason"].as_str());
        assert_eq!(seen, expected, "{reason}");
    }
}

#[test]
fn what_was_found_at_an_address_is_cited_and_the_rest_is_told_to_be_lost() {
    let cited = |citation: Value| json!({ "content": [{ "type": "text", "text": "Hi", "citations": [citation] }], "stop_reason": "end_turn" });
    let searched = |source: &str| {
        cited(json!({
            "type": "search_result_location", "source": source, "title": "Ours", "cited_text": "Hi",
            "search_result_index": 0, "start_block_index": 0, "end_block_index": 1,
        }))
    };
    let grounded = |chunk: &str| {
        json!({ "candidates": [{
            "content": { "parts": [{ "text": "Hi" }] }, "finishReason": "STOP",
            "groundingMetadata": {
                "groundingChunks": [{ chunk: { "uri": "https://example.org/a", "title": "Ours" } }],
                "groundingSupports": [{ "segment": { "text": "Hi" }, "groundingChunkIndices": [0] }],
            },
        }] })
    };
    let document = json!({
        "type": "page_location", "cited_text": "Hi", "document_index": 0, "document_title": "Ours",
        "start_page_number": 1, "end_page_number": 2,
    });
    let rows = [
        (Wire::Messages, searched("https://example.org/a"), true),
        (Wire::Messages, searched("shelf 7"), false),
        (Wire::Messages, cited(document), false),
        (Wire::Gemini, grounded("web"), true),
        (Wire::Gemini, grounded("retrievedContext"), true),
        (Wire::Gemini, grounded("maps"), true),
    ];
    for (vendor, answer, has_address) in rows {
        let (body, dropped) = told(Wire::Chat, vendor, &answer).unwrap();
        let url = &body["choices"][0]["message"]["annotations"][0]["url_citation"]["url"];
        assert_eq!(url.as_str(), has_address.then_some("https://example.org/a"), "{answer}");
        assert_eq!(dropped.is_empty(), has_address, "{answer}");
    }
}

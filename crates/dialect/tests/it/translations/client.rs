//! What an application sees: each dialect's answer, put together as its SDK does, from a body or from events.

use dialect::Wire;
use serde_json::Value;

/// An answer, whoever gave it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) text: String,
    pub(super) thought: String,
    /// Signatures and ciphers.
    pub(super) seals: Vec<String>,
    /// Ids, names, arguments.
    pub(super) calls: Vec<(String, String, Value)>,
    pub(super) citations: Vec<String>,
    pub(super) stop: String,
    /// Input, of it cached, output.
    pub(super) usage: [u64; 3],
    pub(super) error: Option<String>,
    /// The stream's last word came.
    pub(super) ended: bool,
}

pub(super) fn of_body(wire: Wire, body: &[u8]) -> Seen {
    let body: Value = serde_json::from_slice(body).unwrap();
    let mut seen = Seen { ended: true, ..Seen::default() };
    match wire {
        Wire::Chat => {
            assert_eq!(body["object"], "chat.completion");
            assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-") && body["created"].is_u64());
            let choice = &body["choices"][0];
            seen.chat(&choice["message"]);
            for call in list(&choice["message"]["tool_calls"]) {
                assert_eq!(call["type"], "function");
                let function = &call["function"];
                seen.call(&call["id"], &function["name"], text(&function["arguments"]));
            }
            seen.stop = text(&choice["finish_reason"]).to_owned();
            seen.chat_usage(&body["usage"]);
        }
        Wire::Responses => seen.response(&body),
        Wire::Messages => {
            assert_eq!((&body["type"], &body["role"]), (&"message".into(), &"assistant".into()));
            list(&body["content"]).for_each(|it| seen.block(it));
            seen.stop = text(&body["stop_reason"]).to_owned();
            seen.messages_usage(&body["usage"]);
        }
        Wire::Gemini => seen.gemini(&body),
        Wire::Converse => unreachable!("no application speaks it"),
    }
    seen
}

pub(super) fn of_stream(wire: Wire, stream: &[u8]) -> Seen {
    let stream = std::str::from_utf8(stream).unwrap();
    let mut seen = Seen::default();
    let mut calls: Vec<(Value, Value, String)> = Vec::new();
    let mut blocks: Vec<Value> = Vec::new();
    let mut sequence = 0;
    assert!(stream.is_empty() || stream.ends_with("\n\n"), "an event is open");
    for event in stream.split("\n\n").filter(|it| !it.is_empty()) {
        assert!(!seen.ended && seen.error.is_none(), "something follows the end: {event}");
        let data = event.lines().find_map(|it| it.strip_prefix("data: ")).unwrap();
        if data == "[DONE]" {
            seen.ended = true;
            continue;
        }
        let event: Value = serde_json::from_str(data).unwrap();
        if let Some(message) = event["error"]["message"].as_str() {
            seen.error = Some(message.to_owned());
            continue;
        }
        match wire {
            Wire::Chat => {
                assert_eq!(event["object"], "chat.completion.chunk");
                for choice in list(&event["choices"]) {
                    let delta = &choice["delta"];
                    seen.chat(delta);
                    for call in list(&delta["tool_calls"]) {
                        let index = call["index"].as_u64().unwrap() as usize;
                        if calls.len() <= index {
                            assert_eq!(call["type"], "function");
                            calls.push((call["id"].clone(), call["function"]["name"].clone(), String::new()));
                        }
                        calls[index].2.push_str(text(&call["function"]["arguments"]));
                    }
                    seen.stop.push_str(text(&choice["finish_reason"]));
                }
                seen.chat_usage(&event["usage"]);
            }
            Wire::Responses => {
                assert_eq!(event["sequence_number"], sequence);
                sequence += 1;
                match text(&event["type"]) {
                    "response.output_text.delta" => seen.text.push_str(text(&event["delta"])),
                    "response.completed" | "response.incomplete" => {
                        let told = std::mem::take(&mut seen.text);
                        seen.response(&event["response"]);
                        assert_eq!(told, seen.text, "the deltas and the whole agree");
                        seen.ended = true;
                    }
                    _ => {}
                }
            }
            Wire::Messages => {
                let index = event["index"].as_u64().unwrap_or(0) as usize;
                match text(&event["type"]) {
                    "message_start" => seen.messages_usage(&event["message"]["usage"]),
                    "content_block_start" => {
                        assert_eq!(index, blocks.len());
                        blocks.push(event["content_block"].clone());
                    }
                    "content_block_delta" => add(&mut blocks[index], &event["delta"]),
                    "message_delta" => {
                        seen.stop = text(&event["delta"]["stop_reason"]).to_owned();
                        seen.messages_usage(&event["usage"]);
                    }
                    "message_stop" => seen.ended = true,
                    "content_block_stop" => {}
                    other => panic!("{other}"),
                }
            }
            Wire::Gemini => {
                seen.gemini(&event);
                seen.ended = !seen.stop.is_empty();
            }
            Wire::Converse => unreachable!("no application speaks it"),
        }
    }
    for (id, name, arguments) in &calls {
        seen.call(id, name, arguments);
    }
    blocks.iter_mut().for_each(|it| {
        if let Some(arguments) = it["partial"].as_str() {
            it["input"] = serde_json::from_str(arguments).unwrap();
        }
    });
    blocks.iter().for_each(|it| seen.block(it));
    seen
}

/// A delta onto its block.
fn add(block: &mut Value, delta: &Value) {
    let mut push = |name: &str, more: &Value| {
        let whole = [text(&block[name]), text(more)].concat();
        block[name] = whole.into();
    };
    match text(&delta["type"]) {
        "text_delta" => push("text", &delta["text"]),
        "thinking_delta" => push("thinking", &delta["thinking"]),
        "signature_delta" => push("signature", &delta["signature"]),
        "input_json_delta" => push("partial", &delta["partial_json"]),
        "citations_delta" => block["citations"] = vec![delta["citation"].clone()].into(),
        other => panic!("{other}"),
    }
}

impl Seen {
    fn call(&mut self, id: &Value, name: &Value, arguments: &str) {
        let arguments = serde_json::from_str(arguments).unwrap();
        self.calls.push((text(id).to_owned(), text(name).to_owned(), arguments));
    }

    fn chat(&mut self, message: &Value) {
        self.text.push_str(text(&message["content"]));
        self.thought.push_str(text(&message["reasoning_content"]));
        for detail in list(&message["reasoning_details"]) {
            self.seals.push([text(&detail["signature"]), text(&detail["data"])].concat());
        }
        for cited in list(&message["annotations"]) {
            assert!(cited["url_citation"]["end_index"].as_u64().is_some());
            self.citations.push(text(&cited["url_citation"]["url"]).to_owned());
        }
    }

    fn chat_usage(&mut self, usage: &Value) {
        if usage.is_object() {
            let cached = &usage["prompt_tokens_details"]["cached_tokens"];
            self.usage =
                [number(&usage["prompt_tokens"]), number(cached), number(&usage["completion_tokens"])];
            assert_eq!(number(&usage["total_tokens"]), self.usage[0] + self.usage[2]);
        }
    }

    fn response(&mut self, body: &Value) {
        assert_eq!(body["object"], "response");
        for item in list(&body["output"]) {
            assert_eq!(item["status"], "completed");
            match text(&item["type"]) {
                "message" => {
                    for part in list(&item["content"]) {
                        self.text.push_str(text(&part["text"]));
                        self.citations
                            .extend(list(&part["annotations"]).map(|it| text(&it["url"]).to_owned()));
                    }
                }
                "reasoning" => {
                    list(&item["summary"]).for_each(|it| self.thought.push_str(text(&it["text"])));
                    self.seals.extend(item["encrypted_content"].as_str().map(str::to_owned));
                }
                "function_call" => self.call(&item["call_id"], &item["name"], text(&item["arguments"])),
                other => panic!("{other}"),
            }
        }
        self.stop = text(&body["status"]).to_owned();
        let usage = &body["usage"];
        let cached = &usage["input_tokens_details"]["cached_tokens"];
        self.usage = [number(&usage["input_tokens"]), number(cached), number(&usage["output_tokens"])];
    }

    fn block(&mut self, block: &Value) {
        match text(&block["type"]) {
            "text" => {
                self.text.push_str(text(&block["text"]));
                self.citations.extend(list(&block["citations"]).map(|it| text(&it["url"]).to_owned()));
            }
            "thinking" => {
                self.thought.push_str(text(&block["thinking"]));
                self.seals.push(text(&block["signature"]).to_owned());
            }
            "redacted_thinking" => self.seals.push(text(&block["data"]).to_owned()),
            "tool_use" => self.call(&block["id"], &block["name"], &block["input"].to_string()),
            other => panic!("{other}"),
        }
    }

    fn messages_usage(&mut self, usage: &Value) {
        let cached = number(&usage["cache_read_input_tokens"]);
        self.usage = [number(&usage["input_tokens"]) + cached, cached, number(&usage["output_tokens"])];
    }

    fn gemini(&mut self, body: &Value) {
        let candidate = &body["candidates"][0];
        for part in list(&candidate["content"]["parts"]) {
            self.seals.extend(part["thoughtSignature"].as_str().map(str::to_owned));
            let call = &part["functionCall"];
            match (part["thought"] == true, call.is_object()) {
                (true, _) => self.thought.push_str(text(&part["text"])),
                (_, true) => self.call(&call["id"], &call["name"], &call["args"].to_string()),
                _ => self.text.push_str(text(&part["text"])),
            }
        }
        for chunk in list(&candidate["groundingMetadata"]["groundingChunks"]) {
            self.citations.push(text(&chunk["web"]["uri"]).to_owned());
        }
        self.stop.push_str(text(&candidate["finishReason"]));
        let usage = &body["usageMetadata"];
        if usage.is_object() {
            let output = number(&usage["candidatesTokenCount"]) + number(&usage["thoughtsTokenCount"]);
            self.usage =
                [number(&usage["promptTokenCount"]), number(&usage["cachedContentTokenCount"]), output];
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

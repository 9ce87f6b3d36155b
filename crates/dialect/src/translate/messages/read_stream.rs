//! A message's stream, read.

use serde_json::Value;
use serde_json::value::RawValue;

use super::blocks;
use super::reply::{read_stop, read_tokens};
use crate::sse::Event;
use crate::translate::Wire;
use crate::translate::model::{Said, Seal};
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::reading::{self, CALLS_MAX, value};
use crate::wire::{says_something, string};

#[derive(Default)]
pub(in crate::translate) struct ReadStream {
    has_begun: bool,
    has_stopped: bool,
    /// The blocks that are calls, by their index.
    calls: Vec<u64>,
}

#[derive(serde::Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow, default)]
    signature: Option<&'a RawValue>,
    #[serde(borrow, default)]
    partial_json: Option<&'a RawValue>,
    #[serde(borrow, default)]
    citation: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stop_reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stop_sequence: Option<&'a RawValue>,
}

impl ReadStream {
    pub(in crate::translate) fn read(&mut self, event: &Event<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let Some(chunk) = reading::chunk::<Chunk<'_>>(event, say) else { return };
        let kind = reading::kind(chunk.kind, event);
        if kind == "error" || says_something(chunk.error) {
            return say(reading::failed(event.data));
        }
        match kind.as_ref() {
            "content_block_delta" => {
                if let Some(delta) = &chunk.delta {
                    self.delta(delta, chunk.index, say);
                }
            }
            "message_start" if !self.has_begun => {
                self.has_begun = true;
                let message = chunk.message.and_then(value).unwrap_or_default();
                say(Said::Begin { id: message["id"].as_str(), model: message["model"].as_str() });
                if let Some(tokens) = read_tokens(&message["usage"]) {
                    say(Said::Tokens(tokens));
                }
            }
            "content_block_start" => {
                self.opened(chunk.index, &chunk.content_block.and_then(value).unwrap_or_default(), say);
            }
            "content_block_stop" => say(Said::Break),
            "message_delta" => {
                if let Some(tokens) = chunk.usage.and_then(value).as_ref().and_then(read_tokens) {
                    say(Said::Tokens(tokens));
                }
                let reason = chunk.delta.as_ref().and_then(|it| it.stop_reason).and_then(string);
                let sequence = chunk.delta.as_ref().and_then(|it| it.stop_sequence).and_then(string);
                if let Some(reason) = reason {
                    self.has_stopped = true;
                    say(Said::Stop(read_stop(&reason, sequence.map(Into::into))));
                }
            }
            "message_stop" => {
                self.has_stopped = false;
                say(Said::Done);
            }
            _ => {}
        }
    }

    /// A vendor that forgets its `message_stop` has said all when it has given a reason.
    pub(in crate::translate) fn end(&mut self, say: &mut dyn FnMut(Said<'_>)) {
        if self.has_stopped {
            say(Said::Done);
        }
    }

    fn delta(&mut self, delta: &Delta<'_>, index: Option<u64>, say: &mut dyn FnMut(Said<'_>)) {
        let read = |it: Option<&'_ RawValue>| {
            it.and_then(string).filter(|it| !it.is_empty()).map(|it| it.into_owned())
        };
        if let Some(text) = delta.text.and_then(string).filter(|it| !it.is_empty()) {
            say(Said::Text(&text));
        }
        if let Some(json) = delta.partial_json.and_then(string).filter(|it| !it.is_empty()) {
            let known = self.calls.iter().position(|it| Some(*it) == index);
            if let Some(call) = known.or(self.calls.len().checked_sub(1)) {
                say(Said::Arguments { call, json: &json });
            }
        }
        if let Some(thought) = delta.thinking.and_then(string).filter(|it| !it.is_empty()) {
            say(Said::Thought(&thought));
        }
        if let Some(signature) = read(delta.signature) {
            say(Said::Seal(Seal::read(&signature, Wire::Messages)));
        }
        if let Some(citation) = delta.citation.and_then(value) {
            let notes = Notes::of_answer();
            if let Some(citation) = Object::new(citation, "", &notes).and_then(blocks::citation) {
                say(Said::Citation(citation));
            }
        }
    }

    fn opened(&mut self, index: Option<u64>, block: &Value, say: &mut dyn FnMut(Said<'_>)) {
        let text = |name: &str| block[name].as_str().filter(|it| !it.is_empty());
        match block["type"].as_str() {
            Some("tool_use") if self.calls.len() < CALLS_MAX => {
                let call = self.calls.len();
                let (id, name) = (text("id").unwrap_or_default(), text("name").unwrap_or_default());
                say(Said::Call { call, id, name });
                self.calls.push(index.unwrap_or(call as u64));
                // Vendors that do not stream arguments put them here.
                if block["input"].as_object().is_some_and(|it| !it.is_empty()) {
                    say(Said::Arguments { call, json: &block["input"].to_string() });
                }
            }
            Some("redacted_thinking") => {
                if let Some(data) = text("data") {
                    say(Said::Hidden(Seal::read(data, Wire::Messages)));
                }
            }
            _ => {
                if let Some(thought) = text("thinking") {
                    say(Said::Thought(thought));
                }
                if let Some(text) = text("text") {
                    say(Said::Text(text));
                }
            }
        }
    }
}

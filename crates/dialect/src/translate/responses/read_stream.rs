//! A response's stream, read: deltas by their names, and what only the whole items and the end tell.

use serde_json::Value;
use serde_json::value::RawValue;

use super::items;
use super::reply::{read_stop, read_tokens};
use crate::sse::Event;
use crate::translate::model::Said;
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::reading::{self, CALLS_MAX, value};
use crate::wire::{says_something, string};

#[derive(Default)]
pub(in crate::translate) struct ReadStream {
    calls: Vec<Known>,
    has_thought: bool,
    said_all: bool,
}

/// A call that has begun: its place in the output, and whether anything of its arguments came.
struct Known {
    place: u64,
    has_arguments: bool,
}

#[derive(serde::Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(default)]
    output_index: Option<u64>,
    #[serde(borrow, default)]
    item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    annotation: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

impl ReadStream {
    pub(in crate::translate) fn read(&mut self, event: &Event<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let Some(chunk) = reading::chunk::<Chunk<'_>>(event, say) else { return };
        let kind = reading::kind(chunk.kind, event);
        if kind == "error" || kind == "response.failed" || says_something(chunk.error) {
            return say(reading::failed(event.data));
        }
        let delta = || chunk.delta.and_then(string).filter(|it| !it.is_empty());
        match kind.as_ref() {
            "response.output_text.delta" => {
                if let Some(text) = delta() {
                    say(Said::Text(&text));
                }
            }
            "response.refusal.delta" => {
                if let Some(text) = delta() {
                    say(Said::Refusal(&text));
                }
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                if let Some(text) = delta() {
                    self.has_thought = true;
                    say(Said::Thought(&text));
                }
            }
            "response.function_call_arguments.delta" => {
                let place = chunk.output_index.unwrap_or(0);
                let known = self.calls.iter().position(|it| it.place == place);
                if let (Some(call), Some(json)) = (known, delta()) {
                    self.calls[call].has_arguments = true;
                    say(Said::Arguments { call, json: &json });
                }
            }
            // A second paragraph of a summary.
            "response.reasoning_summary_part.added" if self.has_thought => say(Said::Thought("\n\n")),
            "response.output_text.annotation.added" => {
                let notes = Notes::of_answer();
                let object = chunk.annotation.and_then(value).and_then(|it| Object::new(it, "", &notes));
                if let Some(citation) = object.and_then(items::annotation) {
                    say(Said::Citation(citation));
                }
            }
            "response.created" => {
                let response = chunk.response.and_then(value).unwrap_or_default();
                say(Said::Begin { id: response["id"].as_str(), model: response["model"].as_str() });
            }
            "response.output_item.added" => {
                self.opened(chunk.output_index, &chunk.item.and_then(value).unwrap_or_default(), say);
            }
            "response.output_item.done" => {
                self.closed(chunk.output_index, chunk.item.and_then(value).unwrap_or_default(), say);
            }
            "response.completed" | "response.incomplete" => {
                let response = chunk.response.and_then(value).unwrap_or_default();
                let reason = response["incomplete_details"]["reason"].as_str();
                let reason = reason.or((kind == "response.incomplete").then_some("unknown"));
                if let Some(tokens) = read_tokens(&response["usage"]) {
                    say(Said::Tokens(tokens));
                }
                self.said_all = true;
                say(Said::Stop(read_stop(reason, !self.calls.is_empty())));
                say(Said::Done);
            }
            _ => {}
        }
    }

    pub(in crate::translate) fn end(&mut self, _: &mut dyn FnMut(Said<'_>)) {}

    fn opened(&mut self, place: Option<u64>, item: &Value, say: &mut dyn FnMut(Said<'_>)) {
        self.has_thought = false;
        if item["type"] != "function_call" || self.calls.len() >= CALLS_MAX {
            return;
        }
        let call = self.calls.len();
        let (id, name) = (item["call_id"].as_str(), item["name"].as_str());
        say(Said::Call { call, id: id.unwrap_or_default(), name: name.unwrap_or_default() });
        self.calls.push(Known { place: place.unwrap_or(call as u64), has_arguments: false });
    }

    /// An item as a whole: it matters where its deltas left something out.
    fn closed(&mut self, place: Option<u64>, item: Value, say: &mut dyn FnMut(Said<'_>)) {
        match item["type"].as_str() {
            Some("function_call") => {
                let known = self.calls.iter().position(|it| Some(it.place) == place);
                let arguments = item["arguments"].as_str().filter(|it| !it.is_empty());
                let silent = known.filter(|it| !self.calls[*it].has_arguments);
                if let (Some(call), Some(json)) = (silent, arguments) {
                    self.calls[call].has_arguments = true;
                    say(Said::Arguments { call, json });
                }
            }
            Some("reasoning") => {
                let notes = Notes::of_answer();
                let thought = Object::new(item, "", &notes).map(|mut it| items::thought(&mut it));
                match thought.map(|it| (it.seal, it.hidden)) {
                    Some((Some(seal), true)) => say(Said::Hidden(seal)),
                    Some((Some(seal), false)) => say(Said::Seal(seal)),
                    _ => {}
                }
            }
            _ => {}
        }
        say(Said::Break);
    }
}

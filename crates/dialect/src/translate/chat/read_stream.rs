//! A chat's stream, read: chunks of choices, the usage in the last of them, `[DONE]`.

use serde_json::Value;
use serde_json::value::RawValue;

use super::message;
use super::reply::{read_stop, read_tokens};
use crate::sse::Event;
use crate::translate::model::Said;
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::reading::{self, CALLS_MAX};
use crate::wire::{says_something, string};

#[derive(Default)]
pub(in crate::translate) struct ReadStream {
    has_begun: bool,
    has_stopped: bool,
    calls: Vec<Known>,
}

/// A call that has begun: the number the vendor counts it by, and its id.
struct Known {
    index: Option<u64>,
    id: String,
}

#[derive(serde::Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    annotations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<Vec<CallDelta<'a>>>,
}

#[derive(serde::Deserialize)]
struct CallDelta<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    function: Option<Function<'a>>,
}

#[derive(Default, serde::Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

impl ReadStream {
    pub(in crate::translate) fn read(&mut self, event: &Event<'_>, say: &mut dyn FnMut(Said<'_>)) {
        if event.data.trim_ascii() == b"[DONE]" {
            // Some vendors give no reason before it.
            return say(Said::Done);
        }
        let Some(chunk) = reading::chunk::<Chunk<'_>>(event, say) else { return };
        if says_something(chunk.error) || event.name == b"error" {
            return say(reading::failed(event.data));
        }
        if !self.has_begun {
            self.has_begun = true;
            let (id, model) = (chunk.id.and_then(string), chunk.model.and_then(string));
            say(Said::Begin { id: id.as_deref(), model: model.as_deref() });
        }
        for choice in chunk.choices.into_iter().flatten().filter(|it| it.index.unwrap_or(0) == 0) {
            let reason = choice.finish_reason.and_then(string).filter(|it| !it.is_empty());
            if says_something(choice.error) || reason.as_deref() == Some("error") {
                let error = choice.error.map_or(event.data, |it| it.get().as_bytes());
                return say(reading::failed(error));
            }
            if let Some(delta) = choice.delta {
                self.delta(&delta, say);
            }
            if let Some(reason) = reason {
                self.has_stopped = true;
                say(Said::Stop(read_stop(&reason, !self.calls.is_empty())));
            }
        }
        let usage = chunk.usage.and_then(|it| serde_json::from_str::<Value>(it.get()).ok());
        if let Some(tokens) = usage.as_ref().and_then(read_tokens) {
            say(Said::Tokens(tokens));
        }
    }

    /// The stream is over: a vendor that forgets its `[DONE]` has said all when it has given a reason.
    pub(in crate::translate) fn end(&mut self, say: &mut dyn FnMut(Said<'_>)) {
        if self.has_stopped {
            say(Said::Done);
        }
    }

    fn delta(&mut self, delta: &Delta<'_>, say: &mut dyn FnMut(Said<'_>)) {
        match delta.reasoning_details.filter(|it| says_something(Some(it))) {
            Some(details) => thoughts(details, say),
            None => {
                let thought = delta.reasoning_content.or(delta.reasoning).and_then(string);
                if let Some(thought) = thought.filter(|it| !it.is_empty()) {
                    say(Said::Thought(&thought));
                }
            }
        }
        if let Some(content) = delta.content {
            match string(content) {
                Some(text) if text.is_empty() => {}
                Some(text) => say(Said::Text(&text)),
                None => parts(content, say),
            }
        }
        if let Some(text) = delta.refusal.and_then(string).filter(|it| !it.is_empty()) {
            say(Said::Refusal(&text));
        }
        if let Some(annotations) = delta.annotations.filter(|it| says_something(Some(it))) {
            citations(annotations, say);
        }
        for call in delta.tool_calls.iter().flatten() {
            self.call(call, say);
        }
    }

    /// A call goes on under its index; a new id begins a new one, whatever the index says.
    fn call(&mut self, delta: &CallDelta<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let id = delta.id.and_then(string).unwrap_or_default();
        let name = delta.function.as_ref().and_then(|it| it.name).and_then(string).unwrap_or_default();
        let same_index = |it: &Known| delta.index.is_none() || it.index == delta.index;
        let known = self.calls.iter().rposition(|it| same_index(it) && (id.is_empty() || it.id == id));
        let begins_anew = id.is_empty() && delta.index.is_none() && !name.is_empty();
        let call = match known.filter(|_| !begins_anew) {
            Some(call) => call,
            None if self.calls.len() < CALLS_MAX => {
                let call = self.calls.len();
                let id = if id.is_empty() { format!("call_{call}") } else { id.into_owned() };
                if call > 0 {
                    say(Said::Break);
                }
                say(Said::Call { call, id: &id, name: &name });
                self.calls.push(Known { index: delta.index, id });
                call
            }
            None => return,
        };
        let arguments = delta.function.as_ref().and_then(|it| it.arguments);
        let json = arguments.map(|it| string(it).unwrap_or_else(|| it.get().into()));
        if let Some(json) = json.filter(|it| !it.is_empty()) {
            say(Said::Arguments { call, json: &json });
        }
    }
}

/// Signed thoughts, as pieces of them come.
fn thoughts(details: &RawValue, say: &mut dyn FnMut(Said<'_>)) {
    let notes = Notes::of_answer();
    let list: Vec<Value> = serde_json::from_str(details.get()).unwrap_or_default();
    for mut it in list.into_iter().filter_map(|it| Object::new(it, "", &notes)) {
        let thought = message::detail(&mut it);
        if !thought.text.is_empty() {
            say(Said::Thought(&thought.text));
        }
        match thought.seal {
            Some(seal) if thought.hidden => say(Said::Hidden(seal)),
            Some(seal) => say(Said::Seal(seal)),
            None => {}
        }
    }
}

/// Content in parts: Mistral tells thoughts so.
fn parts(content: &RawValue, say: &mut dyn FnMut(Said<'_>)) {
    let list: Vec<Value> = serde_json::from_str(content.get()).unwrap_or_default();
    for part in &list {
        for inner in part["thinking"].as_array().into_iter().flatten() {
            say(Said::Thought(inner["text"].as_str().unwrap_or_default()));
        }
        if let Some(text) = part["text"].as_str().filter(|it| !it.is_empty()) {
            say(Said::Text(text));
        }
    }
}

fn citations(annotations: &RawValue, say: &mut dyn FnMut(Said<'_>)) {
    let notes = Notes::of_answer();
    let list: Vec<Value> = serde_json::from_str(annotations.get()).unwrap_or_default();
    let objects = list.into_iter().filter_map(|it| Object::new(it, "", &notes));
    objects.filter_map(message::read_annotation).for_each(|it| say(Said::Citation(it)));
}

//! A stream of `generateContent`, read: each event is an answer of its own, with more of the parts.

use serde_json::value::RawValue;

use super::parts;
use super::reply::{read_stop, read_tokens};
use crate::sse::Event;
use crate::translate::Wire;
use crate::translate::model::{Said, Seal, Stop};
use crate::translate::reading::{self, CALLS_MAX, value};
use crate::wire::{says_something, string};

#[derive(Default)]
pub(in crate::translate) struct ReadStream {
    has_begun: bool,
    calls: usize,
    stop: Option<Stop>,
    said_all: bool,
}

#[derive(serde::Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow, default, rename = "usageMetadata")]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "modelVersion")]
    model: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "responseId")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "promptFeedback")]
    feedback: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Candidate<'a> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default, rename = "finishReason")]
    reason: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "groundingMetadata")]
    grounding: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: Option<Vec<Part<'a>>>,
}

#[derive(serde::Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    thought: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "thoughtSignature")]
    signature: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "functionCall")]
    call: Option<&'a RawValue>,
}

impl ReadStream {
    pub(in crate::translate) fn read(&mut self, event: &Event<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let Some(chunk) = reading::chunk::<Chunk<'_>>(event, say) else { return };
        if says_something(chunk.error) {
            return say(reading::failed(event.data));
        }
        if !self.has_begun {
            self.has_begun = true;
            let (id, model) = (chunk.id.and_then(string), chunk.model.and_then(string));
            say(Said::Begin { id: id.as_deref(), model: model.as_deref() });
        }
        for candidate in chunk.candidates.into_iter().flatten().filter(|it| it.index.unwrap_or(0) == 0) {
            for part in candidate.content.iter().flat_map(|it| it.parts.iter().flatten()) {
                self.part(part, say);
            }
            if let Some(grounding) = candidate.grounding.and_then(value) {
                let citations = parts::citations(&serde_json::json!({ "groundingMetadata": grounding }));
                citations.into_iter().for_each(|it| say(Said::Citation(it)));
            }
            if let Some(reason) = candidate.reason.and_then(string) {
                let Some(stop) = read_stop(&reason, self.calls > 0) else {
                    let error = br#"{"error":{"code":502,"message":"the model wrote an answer that cannot be read"}}"#;
                    return say(Said::Failed { status: 502, error });
                };
                self.stop = Some(stop);
            }
        }
        let blocked = chunk.feedback.and_then(value).is_some_and(|it| it["blockReason"].is_string());
        if blocked {
            self.stop = Some(Stop::Filtered);
        }
        let tokens = chunk.usage.and_then(value).as_ref().and_then(read_tokens);
        if let Some(tokens) = tokens {
            say(Said::Tokens(tokens));
        }
        if let (Some(stop), true) = (&self.stop, tokens.is_some()) {
            say(Said::Stop(stop.clone()));
            self.finish(say);
        }
    }

    /// There is no last event: a stream that has given its reason has said all.
    pub(in crate::translate) fn end(&mut self, say: &mut dyn FnMut(Said<'_>)) {
        if let Some(stop) = self.stop.clone().filter(|_| !self.said_all) {
            say(Said::Stop(stop));
            self.finish(say);
        }
    }

    fn finish(&mut self, say: &mut dyn FnMut(Said<'_>)) {
        self.said_all = true;
        say(Said::Done);
    }

    fn part(&mut self, part: &Part<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let text = part.text.and_then(string).filter(|it| !it.is_empty());
        let is_thought = part.thought.is_some_and(|it| it.get() == "true");
        if let (Some(text), true) = (&text, is_thought) {
            say(Said::Thought(text));
        }
        if let Some(signature) = part.signature.and_then(string) {
            say(Said::Seal(Seal::read(&signature, Wire::Gemini)));
        }
        if let (Some(text), false) = (&text, is_thought) {
            say(Said::Text(text));
        }
        let Some(function) = part.call.and_then(value).filter(|_| self.calls < CALLS_MAX) else { return };
        let call = self.calls;
        self.calls += 1;
        let counted = format!("call_{}", self.calls);
        let id = function["id"].as_str().unwrap_or(&counted);
        say(Said::Call { call, id, name: function["name"].as_str().unwrap_or_default() });
        if function["args"].is_object() {
            say(Said::Arguments { call, json: &function["args"].to_string() });
        }
        say(Said::Break);
    }
}

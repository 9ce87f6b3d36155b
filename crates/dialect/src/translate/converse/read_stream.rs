//! A stream of Converse, read: the events that its frames carry, by their `:event-type`.

use serde_json::Value;
use serde_json::value::RawValue;

use super::reply::{read_stop, read_tokens};
use crate::fault::stands_for;
use crate::translate::Wire;
use crate::translate::model::{Said, Seal};
use crate::wire::string;

/// More calls than any answer has.
const CALLS_MAX: usize = 1024;

#[derive(Default)]
pub(in crate::translate) struct ReadStream {
    has_stopped: bool,
    /// The blocks that are calls, by their index.
    calls: Vec<u64>,
}

#[derive(serde::Deserialize)]
struct BlockDelta<'a> {
    #[serde(default, rename = "contentBlockIndex")]
    index: Option<u64>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
}

#[derive(serde::Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "toolUse")]
    call: Option<CallDelta<'a>>,
    #[serde(borrow, default, rename = "reasoningContent")]
    thought: Option<ThoughtDelta<'a>>,
}

#[derive(serde::Deserialize)]
struct CallDelta<'a> {
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct ThoughtDelta<'a> {
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    signature: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "redactedContent")]
    redacted: Option<&'a RawValue>,
}

impl ReadStream {
    /// `kind`: the event's, or the exception's name.
    pub(in crate::translate) fn read(
        &mut self,
        kind: &str,
        is_exception: bool,
        data: &[u8],
        say: &mut dyn FnMut(Said<'_>),
    ) {
        if is_exception {
            return self.failed(kind, data, say);
        }
        match kind {
            "contentBlockDelta" => {
                if let Ok(BlockDelta { index, delta: Some(delta) }) = serde_json::from_slice(data) {
                    self.delta(&delta, index, say);
                }
            }
            "messageStart" => say(Said::Begin { id: None, model: None }),
            "contentBlockStart" => {
                let event: Value = serde_json::from_slice(data).unwrap_or_default();
                let start = &event["start"]["toolUse"];
                if start.is_object() && self.calls.len() < CALLS_MAX {
                    let call = self.calls.len();
                    let (id, name) = (start["toolUseId"].as_str(), start["name"].as_str());
                    say(Said::Call { call, id: id.unwrap_or_default(), name: name.unwrap_or_default() });
                    self.calls.push(event["contentBlockIndex"].as_u64().unwrap_or(call as u64));
                }
            }
            "contentBlockStop" => say(Said::Break),
            "messageStop" => {
                let event: Value = serde_json::from_slice(data).unwrap_or_default();
                match read_stop(event["stopReason"].as_str().unwrap_or_default()) {
                    Some(stop) => {
                        self.has_stopped = true;
                        say(Said::Stop(stop));
                    }
                    None => self.failed("malformedToolUse", data, say),
                }
            }
            // Comes last.
            "metadata" => {
                let event: Value = serde_json::from_slice(data).unwrap_or_default();
                if let Some(tokens) = read_tokens(&event["usage"]) {
                    say(Said::Tokens(tokens));
                }
                self.end(say);
            }
            _ => {}
        }
    }

    /// Without the metadata, too, an answer is complete that has given its reason.
    pub(in crate::translate) fn end(&mut self, say: &mut dyn FnMut(Said<'_>)) {
        if std::mem::take(&mut self.has_stopped) {
            say(Said::Done);
        }
    }

    fn delta(&mut self, delta: &Delta<'_>, index: Option<u64>, say: &mut dyn FnMut(Said<'_>)) {
        let full =
            |it: Option<&RawValue>| it.and_then(string).filter(|it| !it.is_empty()).map(|it| it.into_owned());
        if let Some(text) = full(delta.text) {
            say(Said::Text(&text));
        }
        if let Some(json) = delta.call.as_ref().and_then(|it| full(it.input)) {
            let known = self.calls.iter().position(|it| Some(*it) == index);
            if let Some(call) = known.or(self.calls.len().checked_sub(1)) {
                say(Said::Arguments { call, json: &json });
            }
        }
        let Some(thought) = &delta.thought else { return };
        if let Some(text) = full(thought.text) {
            say(Said::Thought(&text));
        }
        let own = |data: String| Seal { origin: Wire::Converse, data };
        if let Some(signature) = full(thought.signature) {
            say(Said::Seal(own(signature)));
        }
        if let Some(data) = full(thought.redacted) {
            say(Said::Hidden(own(data)));
        }
    }

    /// An exception has its name outside; inside, as the classifier reads errors, it is the type.
    fn failed(&self, kind: &str, data: &[u8], say: &mut dyn FnMut(Said<'_>)) {
        let event: Value = serde_json::from_slice(data).unwrap_or_default();
        let message =
            event["message"].as_str().or(event["Message"].as_str()).unwrap_or("the vendor's stream failed");
        // In the stream `throttlingException`, in an answer `ThrottlingException`.
        let mut letters = kind.chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        let name: String = first.into_iter().chain(letters).take(128).collect();
        let error = serde_json::json!({ "error": { "__type": name, "message": message } }).to_string();
        say(Said::Failed { status: stands_for(error.as_bytes()), error: error.as_bytes() });
    }
}

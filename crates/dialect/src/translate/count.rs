//! Counting a request's tokens before it is asked: by the vendor where it can, in the caller's form in any case.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Value, json};

use super::notes::Notes;
use super::wires::gemini_model;
use super::{Order, Refused, Translated, Wire, printed, read_request, write_request};
use crate::translate::back::Back;

/// The request that asks the vendor to count; nothing where the vendor's wire has none (Chat, Converse): then
/// [`needs`](super::needs) has an estimate.
pub fn count(order: &Order<'_>, body: &[u8]) -> Option<Result<Translated, Refused>> {
    let suffix = match order.to {
        Wire::Messages => "/messages/count_tokens".to_owned(),
        Wire::Responses => "/responses/input_tokens".to_owned(),
        Wire::Gemini => format!("{}:countTokens", gemini_model(order.model)),
        Wire::Chat | Wire::Converse => return None,
    };
    Some(asked(order, body, suffix))
}

fn asked(order: &Order<'_>, body: &[u8], suffix: String) -> Result<Translated, Refused> {
    let notes = Notes::default();
    let request = read_request(order.from, &unwrapped(order.from, body), &notes)?;
    let mut written = write_request(&request, &Order { stream: false, ..*order }, &notes);
    let dropped = notes.settle(order.lossy)?;
    let drop: &[&str] = match order.to {
        Wire::Messages => &["max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "metadata"],
        Wire::Responses => &["max_output_tokens", "store", "include", "temperature", "top_p", "user"],
        _ => &[],
    };
    if let Value::Object(fields) = &mut written {
        drop.iter().for_each(|it| {
            fields.shift_remove(*it);
        });
    }
    if order.to == Wire::Gemini {
        let name = gemini_model(order.model);
        written["model"] = name.trim_start_matches('/').into();
        written = json!({ "generateContentRequest": written });
    }
    Ok(Translated { suffix, body: printed(&written), dropped, back: Back::new(order, false) })
}

/// The request that is to be counted: Google's callers may wrap it, or send its contents alone.
pub(super) fn unwrapped(wire: Wire, body: &[u8]) -> Cow<'_, [u8]> {
    let inner = if wire == Wire::Gemini { inner(body) } else { None };
    inner.map_or(Cow::Borrowed(body), |it| Cow::Owned(it.to_string().into_bytes()))
}

fn inner(body: &[u8]) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    ["generateContentRequest", "generate_content_request"].iter().find_map(|it| match value.get_mut(*it) {
        Some(inner) if inner.is_object() => Some(inner.take()),
        _ => None,
    })
}

impl Back {
    /// What the vendor counted, in the caller's form; nothing if its answer has no number.
    pub fn counted(&self, body: &[u8]) -> Option<Bytes> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let tokens = ["input_tokens", "totalTokens"].iter().find_map(|it| value.get(*it)?.as_u64())?;
        Some(counted(self.caller(), tokens))
    }
}

/// The answer to a caller who asked for a count.
pub fn counted(caller: Wire, tokens: u64) -> Bytes {
    printed(&match caller {
        Wire::Gemini => json!({ "totalTokens": tokens }),
        Wire::Responses => json!({ "object": "response.input_tokens", "input_tokens": tokens }),
        Wire::Messages | Wire::Chat | Wire::Converse => json!({ "input_tokens": tokens }),
    })
}

//! What the readers of several dialects' streams share.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::model::Said;
use crate::fault::stands_for;
use crate::sse::Event;
use crate::wire::string;

/// More calls than any answer has.
pub(crate) const CALLS_MAX: usize = 1024;

/// What an event says. One that cannot be read says nothing, unless it is called an error.
pub(crate) fn chunk<'e, T: Deserialize<'e>>(event: &Event<'e>, say: &mut dyn FnMut(Said<'_>)) -> Option<T> {
    let chunk = serde_json::from_slice(event.data).ok();
    if chunk.is_none() && event.name == b"error" {
        say(failed(event.data));
    }
    chunk
}

/// What sort of event it is: by its own word, or else by its name.
pub(crate) fn kind<'e>(word: Option<&'e RawValue>, event: &Event<'e>) -> Cow<'e, str> {
    let name = || Cow::Borrowed(std::str::from_utf8(event.name).unwrap_or_default());
    word.and_then(string).unwrap_or_else(name)
}

/// The vendor broke off with this.
pub(crate) fn failed(error: &[u8]) -> Said<'_> {
    Said::Failed { status: stands_for(error), error }
}

/// What is rare enough to be read into a tree.
pub(crate) fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

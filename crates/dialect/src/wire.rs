//! Small readers for JSON that others wrote, shared by the peek, the streams and the errors.
//!
//! Vendors put strings where numbers belong and null where nothing belongs; a field is read raw and judged afterwards,
//! so that one odd field does not make the rest unreadable.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The text of a JSON string; `None` for anything else.
pub(crate) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw.get()).ok().map(Cow::Owned)
}

/// The text of a string, or a number as it is written.
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    match raw.get().as_bytes().first()? {
        b'"' => string(raw),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(raw.get())),
        _ => None,
    }
}

/// Whether a field is there and says something: not null, false, or an empty string, list or object.
pub(crate) fn says_something(raw: Option<&RawValue>) -> bool {
    let Some(raw) = raw else { return false };
    match raw.get() {
        "null" | "false" | "\"\"" | "[]" | "{}" => false,
        other => !is_blank_container(other),
    }
}

/// `[ ]`, `{\n}`.
fn is_blank_container(raw: &str) -> bool {
    let inner = raw
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .or_else(|| raw.strip_prefix('{').and_then(|it| it.strip_suffix('}')));
    inner.is_some_and(|it| it.trim_ascii().is_empty())
}

/// Whether a body or event begins like `first`, blank space aside.
pub(crate) fn begins_with(body: &[u8], first: u8) -> bool {
    body.trim_ascii_start().first() == Some(&first)
}

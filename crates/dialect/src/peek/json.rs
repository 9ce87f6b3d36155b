//! JSON bodies: the peek, single fields, the splice.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Malformed;
use crate::wire::{string, text};

/// How deep a body may nest. Deeper ones serve only to exhaust somebody's stack; serde_json itself stops here, but
/// not in what it skips.
const DEPTH_MAX: usize = 128;

/// What the gateway needs to know of a request body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peek<'a> {
    /// The model asked for.
    pub model: Option<Model<'a>>,
    /// Whether the answer is to be a stream. Only a literal `true` counts.
    pub stream: bool,
    /// Whether a chat stream is to end with its usage.
    pub include_usage: bool,
    /// OpenAI's hint which requests share a prompt.
    pub prompt_cache_key: Option<Cow<'a, str>>,
}

/// The model of a body, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model<'a> {
    /// The name, unescaped.
    pub name: Cow<'a, str>,
    /// The JSON string in the body, quotes included.
    pub span: Range<usize>,
}

/// Looks into a body.
pub fn peek(body: &[u8]) -> Result<Peek<'_>, Malformed> {
    if let Some(at) = not_an_object(body) {
        return Err(Malformed::new("the body must be a JSON object", at));
    }
    let fields: Fields<'_> = serde_json::from_slice(body).map_err(|error| malformed(body, &error))?;
    refuse_deep(body)?;
    let model = fields.model.map(|raw| model(body, raw)).transpose()?;
    let include_usage = fields.stream_options.is_some_and(|raw| {
        serde_json::from_str::<StreamOptions<'_>>(raw.get()).is_ok_and(|it| is_true(it.include_usage))
    });
    Ok(Peek {
        model,
        stream: is_true(fields.stream),
        include_usage,
        prompt_cache_key: fields.prompt_cache_key.and_then(string),
    })
}

/// A top-level string or number of a body; the first, should it stand there twice.
pub fn body_field<'a>(body: &'a [u8], field: &str) -> Option<Cow<'a, str>> {
    top_level(body, field).and_then(text)
}

/// The body with another model: before, the name, after. Byte-identical but for the name.
///
/// `span` is one that [`peek`] found in this very body.
pub fn splice_model(body: &Bytes, span: &Range<usize>, model: &str) -> [Bytes; 3] {
    [body.slice(..span.start), Bytes::from(quoted(model)), body.slice(span.end..)]
}

/// The body with a model where it had none: as the first field. `body` is one that [`peek`] accepted.
pub fn insert_model(body: &Bytes, model: &str) -> [Bytes; 3] {
    let inside = body.iter().position(|&it| it == b'{').map_or(0, |at| at + 1);
    let is_empty = body[inside..].iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'}');
    let comma = if is_empty { "" } else { "," };
    let field = ["\"model\":", &quoted(model), comma].concat();
    [body.slice(..inside), Bytes::from(field), body.slice(inside..)]
}

/// The body without its model, field and comma: before, nothing, after. For vendors that are told it elsewhere and
/// refuse fields that they do not know.
///
/// `span` is one that [`peek`] found in this very body.
pub fn remove_model(body: &Bytes, span: &Range<usize>) -> [Bytes; 3] {
    let blank = |at: &usize| body[*at].is_ascii_whitespace();
    let before = |end: usize| (0..end).rev().find(|at| !blank(at)).unwrap_or(0);
    let colon = before(span.start);
    // The name is "model", however it is escaped: no quote stands within.
    let closing = before(colon);
    let opening = memchr::memrchr(b'"', &body[..closing]).unwrap_or(closing);
    let after = (span.end..body.len()).find(|at| !blank(at)).unwrap_or(body.len());
    let range = match body.get(after) {
        Some(b',') => opening..after + 1,
        // The last field takes the comma in front of it along, if it was not the only one.
        _ => match before(opening) {
            comma if body[comma] == b',' => comma..span.end,
            _ => opening..span.end,
        },
    };
    [body.slice(..range.start), Bytes::new(), body.slice(range.end..)]
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serializes")
}

/// Known fields only; serde refuses the second of each by itself.
#[derive(serde::Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default, deserialize_with = "even_null")]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stream: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stream_options: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_cache_key: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct StreamOptions<'a> {
    #[serde(borrow, default)]
    include_usage: Option<&'a RawValue>,
}

/// `model: null` is not the same as no model: it has a place in the body.
fn even_null<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

fn is_true(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|it| it.get() == "true")
}

fn model<'a>(body: &[u8], raw: &'a RawValue) -> Result<Model<'a>, Malformed> {
    // The raw value borrows from the body, so its address tells its place.
    let start = raw.get().as_ptr() as usize - body.as_ptr() as usize;
    let name = string(raw).ok_or_else(|| Malformed::new("`model` must be a string", start))?;
    Ok(Model { name, span: start..start + raw.get().len() })
}

/// Where the first byte stands that is not the `{` of an object.
fn not_an_object(body: &[u8]) -> Option<usize> {
    let at = body.iter().position(|it| !it.is_ascii_whitespace()).unwrap_or(body.len());
    (body.get(at) != Some(&b'{')).then_some(at)
}

/// serde_json's messages on syntax are fixed texts; those on data could quote the body, so only our own fields' names
/// are taken from them.
fn malformed(body: &[u8], error: &serde_json::Error) -> Malformed {
    let at = offset(body, error.line(), error.column());
    let text = error.to_string();
    let what = match error.classify() {
        serde_json::error::Category::Data => {
            text.split(" at line ").next().filter(|it| it.starts_with("duplicate field"))
        }
        _ => text.split(" at line ").next(),
    };
    Malformed::new(format!("the body is not valid JSON: {}", what.unwrap_or("unexpected value")), at)
}

/// Line and column, both from one, as a byte offset.
fn offset(body: &[u8], line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        _ => memchr::memchr_iter(b'\n', body).nth(line - 2).map_or(0, |at| at + 1),
    };
    (start + column.saturating_sub(1)).min(body.len())
}

/// `body` is valid JSON here. Few opening brackets settle it without a walk.
fn refuse_deep(body: &[u8]) -> Result<(), Malformed> {
    let openings = body.iter().filter(|&&it| it == b'{' || it == b'[').count();
    if openings <= DEPTH_MAX {
        return Ok(());
    }
    let (mut depth, mut at) = (0usize, 0);
    while at < body.len() {
        match body[at] {
            b'"' => at = end_of_string(body, at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(Malformed::new(format!("the body nests deeper than {DEPTH_MAX}"), at));
        }
        at += 1;
    }
    Ok(())
}

/// The place of the quote that closes a string whose inside begins at `from`.
fn end_of_string(body: &[u8], mut from: usize) -> usize {
    while let Some(found) = body.get(from..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        if body[from + found] == b'"' {
            return from + found;
        }
        from += found + 2;
    }
    body.len()
}

/// The raw value of one top-level field whose name is known only now.
fn top_level<'a>(body: &'a [u8], field: &str) -> Option<&'a RawValue> {
    struct Wanted<'f>(&'f str);

    impl<'de> Visitor<'de> for Wanted<'_> {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                if found.is_none() && key == self.0 {
                    found = Some(map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }

    serde_json::Deserializer::from_slice(body).deserialize_map(Wanted(field)).ok().flatten()
}

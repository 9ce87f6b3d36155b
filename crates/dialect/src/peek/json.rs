//! JSON bodies: the peek, single fields, the splice.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{
    Malformed,
    walk::{Member, members},
};
use crate::wire::{string, text};

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
    let mut fields = Fields::default();
    members(body, |member| fields.take(member))?;
    let model = fields.model.map(model).transpose()?;
    let include_usage = fields.stream_options.is_some_and(|it| {
        serde_json::from_slice::<StreamOptions<'_>>(it.value).is_ok_and(|it| is_true(it.include_usage))
    });
    Ok(Peek {
        model,
        stream: fields.stream.is_some_and(|it| it.value == b"true"),
        include_usage,
        prompt_cache_key: fields.prompt_cache_key.and_then(|it| string(raw(it.value)?)),
    })
}

/// A top-level string or number of a body; the first, should it stand there twice.
pub fn body_field<'a>(body: &'a [u8], field: &str) -> Option<Cow<'a, str>> {
    let mut found = None;
    let is_sound = members(body, |member| {
        if found.is_none() && member.key == field {
            found = Some(member.value);
        }
        Ok(())
    });
    is_sound.ok().and(found).and_then(raw).and_then(text)
}

/// The body with another model: before, the name, after. Byte-identical but for the name.
///
/// `span` is one that [`peek`] found in this very body.
pub fn splice_model(body: &Bytes, span: &Range<usize>, model: &str) -> [Bytes; 3] {
    [body.slice(..span.start), Bytes::from(quoted(model)), body.slice(span.end..)]
}

/// The body with a model where it had none: as the first field. `body` is one that [`peek`] accepted.
pub fn insert_model(body: &Bytes, model: &str) -> [Bytes; 3] {
    insert_field(body, "model", model)
}

/// The body with a text as its first field.
pub(crate) fn insert_field(body: &Bytes, name: &str, value: &str) -> [Bytes; 3] {
    let inside = body.iter().position(|&it| it == b'{').map_or(0, |at| at + 1);
    let is_empty = body[inside..].iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'}');
    let comma = if is_empty { "" } else { "," };
    let field = [&quoted(name), ":", &quoted(value), comma].concat();
    [body.slice(..inside), Bytes::from(field), body.slice(inside..)]
}

/// The body without its model, field and comma: before, nothing, after. For vendors that are told it elsewhere and
/// refuse fields that they do not know.
///
/// `span` is one that [`peek`] found in this very body.
pub fn remove_model(body: &Bytes, span: &Range<usize>) -> [Bytes; 3] {
    let blank = |at: &usize| body[*at].is_ascii_whitespace();
    let before = |end: usize| (0..end).rev().find(|at| !blank(at)).unwrap_or(0);
    let opening = opening(body, span);
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

/// The body with another field in the place of its model's.
///
/// `span` is one that [`peek`] found in this very body.
pub(crate) fn rename_model(body: &Bytes, span: &Range<usize>, name: &str, value: &str) -> [Bytes; 3] {
    let field = [&quoted(name), ":", &quoted(value)].concat();
    [body.slice(..opening(body, span)), Bytes::from(field), body.slice(span.end..)]
}

/// Where the model's field begins, with its name.
fn opening(body: &[u8], span: &Range<usize>) -> usize {
    let before = |end: usize| (0..end).rev().find(|at| !body[*at].is_ascii_whitespace()).unwrap_or(0);
    let colon = before(span.start);
    // The name is "model", however it is escaped: no quote stands within.
    let closing = before(colon);
    memchr::memrchr(b'"', &body[..closing]).unwrap_or(closing)
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serializes")
}

/// The fields that matter here. Each may stand there once: the vendor might read the other one.
#[derive(Default)]
struct Fields<'a> {
    model: Option<Member<'a>>,
    stream: Option<Member<'a>>,
    stream_options: Option<Member<'a>>,
    prompt_cache_key: Option<Member<'a>>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, member: Member<'a>) -> Result<(), Malformed> {
        let field = match &*member.key {
            "model" => &mut self.model,
            "stream" => &mut self.stream,
            "stream_options" => &mut self.stream_options,
            "prompt_cache_key" => &mut self.prompt_cache_key,
            _ => return Ok(()),
        };
        if field.is_some() {
            let what = format!("the body is not valid JSON: duplicate field `{}`", member.key);
            return Err(Malformed::new(what, member.start));
        }
        *field = Some(member);
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct StreamOptions<'a> {
    #[serde(borrow, default)]
    include_usage: Option<&'a RawValue>,
}

fn is_true(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|it| it.get() == "true")
}

/// A small value that has been walked over, for whoever reads raw ones; `None` where it is not UTF-8.
fn raw(value: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(value).ok()
}

fn model(Member { value, start, .. }: Member<'_>) -> Result<Model<'_>, Malformed> {
    let name = raw(value).and_then(string);
    let name = name.ok_or_else(|| Malformed::new("`model` must be a string", start))?;
    Ok(Model { name, span: start..start + value.len() })
}

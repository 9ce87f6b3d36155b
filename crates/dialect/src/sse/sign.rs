//! What one event of a stream is a sign of.
//!
//! The vocabulary of all dialects in one place. Unknown events count as content: to hold back what we do not know
//! would delay an answer, to let it pass costs a failover at most.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

use super::events::Event;
use crate::Endpoint;
use crate::wire::{says_something, string};

/// An object, by the names of its fields.
type Fields<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sign<'a> {
    /// Not JSON: neither a beginning nor an end.
    Unreadable,
    /// Housekeeping: pings, progress, no choices yet.
    Quiet,
    /// An answer has been opened and is still empty: `message_start`, `response.created`, a role.
    Opening,
    /// Content, reasoning or a tool call.
    Content,
    /// The answer is complete, empty or not.
    End,
    /// `[DONE]`, `message_stop`: nothing follows.
    Done,
    /// The stream failed; what it says of that, if anything.
    Error(Option<&'a RawValue>),
}

/// Any event of any vendor, as far as it matters here.
#[derive(serde::Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    choices: Option<&'a RawValue>,
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    candidates: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "promptFeedback")]
    feedback: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

pub(crate) fn read<'a>(endpoint: Endpoint, event: &Event<'a>) -> Sign<'a> {
    if is_done(event.data) {
        return Sign::Done;
    }
    let Ok(chunk) = serde_json::from_slice::<Chunk<'a>>(event.data) else {
        return if event.name == b"error" { Sign::Error(None) } else { Sign::Unreadable };
    };
    let named = std::str::from_utf8(event.name).unwrap_or("");
    let typed = chunk.kind.and_then(string);
    let kind = typed.as_deref().unwrap_or(named);
    if says_something(chunk.error) || kind == "error" || named == "error" {
        return Sign::Error(chunk.error.filter(|it| says_something(Some(it))));
    }
    match endpoint {
        Endpoint::ChatCompletions | Endpoint::Completions => of_choices(chunk.choices),
        Endpoint::Responses => of_response(kind, &chunk),
        Endpoint::Messages | Endpoint::CountTokens => of_message(kind, &chunk),
        Endpoint::GenerateContent | Endpoint::StreamGenerateContent => of_candidates(&chunk),
        _ if kind.ends_with(".completed") || kind.ends_with(".done") => Sign::End,
        _ => Sign::Content,
    }
}

pub(crate) fn is_done(data: &[u8]) -> bool {
    data.trim_ascii() == b"[DONE]"
}

fn of_choices(choices: Option<&RawValue>) -> Sign<'_> {
    let Some(choices) = choices.filter(|it| says_something(Some(it))) else {
        return Sign::Quiet;
    };
    let Ok(choices) = serde_json::from_str::<Vec<Choice<'_>>>(choices.get()) else {
        return Sign::Content;
    };
    let mut sign = Sign::Opening;
    for choice in choices {
        let reason = choice.finish_reason.and_then(string).filter(|it| !it.is_empty());
        if says_something(choice.error) || reason.as_deref() == Some("error") {
            return Sign::Error(choice.error.filter(|it| says_something(Some(it))));
        }
        let has_content = says_something(choice.text)
            || says_something(choice.message)
            || choice.delta.is_some_and(has_more_than_role);
        match sign {
            _ if reason.is_some() => sign = Sign::End,
            Sign::Opening if has_content => sign = Sign::Content,
            _ => {}
        }
    }
    sign
}

/// `{"role":"assistant","content":""}` is a greeting, not an answer.
fn has_more_than_role(delta: &RawValue) -> bool {
    match serde_json::from_str::<Fields<'_>>(delta.get()) {
        Ok(fields) => fields.into_iter().any(|(name, value)| name != "role" && says_something(Some(value))),
        Err(_) => says_something(Some(delta)),
    }
}

#[derive(serde::Deserialize)]
struct Candidate<'a> {
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default, rename = "finishReason")]
    finish_reason: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: Option<Vec<Fields<'a>>>,
}

/// Each event is an answer of its own, with more of the parts; the last gives a reason. A prompt that the vendor's filter
/// stopped has no candidates.
fn of_candidates<'a>(chunk: &Chunk<'a>) -> Sign<'a> {
    let Some(candidates) = chunk.candidates.filter(|it| says_something(Some(it))) else {
        return if chunk.feedback.is_some_and(blocks) { Sign::End } else { Sign::Quiet };
    };
    let Ok(candidates) = serde_json::from_str::<Vec<Candidate<'_>>>(candidates.get()) else {
        return Sign::Content;
    };
    let mut sign = Sign::Opening;
    for candidate in &candidates {
        let parts = candidate.content.iter().flat_map(|it| it.parts.iter().flatten());
        // `thought` and its signature say nothing by themselves.
        let says = |(name, value): (&Cow<'_, str>, &&RawValue)| {
            !matches!(&**name, "thought" | "thoughtSignature") && says_something(Some(value))
        };
        let has_content = parts.into_iter().any(|part| part.iter().any(says));
        match sign {
            _ if says_something(candidate.finish_reason) => sign = Sign::End,
            Sign::Opening if has_content => sign = Sign::Content,
            _ => {}
        }
    }
    sign
}

fn blocks(feedback: &RawValue) -> bool {
    serde_json::from_str::<Fields<'_>>(feedback.get())
        .is_ok_and(|it| it.iter().any(|(name, value)| name == "blockReason" && says_something(Some(value))))
}

fn of_response<'a>(kind: &str, chunk: &Chunk<'a>) -> Sign<'a> {
    match kind {
        "response.created" => Sign::Opening,
        "response.in_progress"
        | "response.queued"
        | "response.content_part.added"
        | "response.reasoning_summary_part.added"
        | "response.rate_limits.updated"
        | "keepalive"
        | "ping" => Sign::Quiet,
        // A message or a thought opens empty; a tool's call opens with its name.
        "response.output_item.added" => match chunk.item.and_then(kind_of).as_deref() {
            Some("message" | "reasoning") => Sign::Quiet,
            _ => Sign::Content,
        },
        "response.completed" | "response.incomplete" => Sign::End,
        "response.failed" => Sign::Error(chunk.response.and_then(error_of)),
        _ => Sign::Content,
    }
}

fn of_message<'a>(kind: &str, chunk: &Chunk<'a>) -> Sign<'a> {
    match kind {
        "message_start" => Sign::Opening,
        "content_block_stop" | "ping" => Sign::Quiet,
        "content_block_start" => match chunk.content_block {
            Some(block) if opens_empty(block) => Sign::Quiet,
            _ => Sign::Content,
        },
        "message_delta" => match chunk.delta.and_then(stop_reason_of) {
            Some(_) => Sign::End,
            None => Sign::Quiet,
        },
        "message_stop" => Sign::Done,
        _ => Sign::Content,
    }
}

/// A text or a thought that will come by deltas.
fn opens_empty(block: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Block<'a> {
        #[serde(borrow, default, rename = "type")]
        kind: Option<&'a RawValue>,
        #[serde(borrow, default)]
        text: Option<&'a RawValue>,
        #[serde(borrow, default)]
        thinking: Option<&'a RawValue>,
    }
    serde_json::from_str::<Block<'_>>(block.get()).is_ok_and(|it| {
        let may_be_empty = matches!(it.kind.and_then(string).as_deref(), Some("text" | "thinking"));
        may_be_empty && !says_something(it.text) && !says_something(it.thinking)
    })
}

/// The fields that stand one level down.
#[derive(serde::Deserialize)]
struct Inner<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stop_reason: Option<&'a RawValue>,
}

fn inner(raw: &RawValue) -> Option<Inner<'_>> {
    serde_json::from_str(raw.get()).ok()
}

fn kind_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    inner(raw)?.kind.and_then(string)
}

fn error_of(raw: &RawValue) -> Option<&RawValue> {
    inner(raw)?.error.filter(|it| says_something(Some(it)))
}

fn stop_reason_of(raw: &RawValue) -> Option<&RawValue> {
    inner(raw)?.stop_reason.filter(|it| says_something(Some(it)))
}

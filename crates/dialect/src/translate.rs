//! From one chat dialect into another, and back: the one place where bodies are parsed and printed.
//!
//! Where caller and vendor speak the same wire, nothing of this is used and bytes pass untouched. Otherwise a request is
//! read into the neutral model and written in the vendor's words ([`request`]), and what it gives back ([`Back`]) turns
//! the vendor's answer, error or stream into the caller's. What has no words on the other side is refused by the name of
//! its field, or dropped and listed; never silently.

mod back;
mod chat;
mod converse;
mod count;
mod failure;
mod frames;
mod gemini;
mod media;
mod messages;
mod model;
mod needs;
mod notes;
mod object;
mod reading;
mod replay;
mod responses;
mod stream;
mod template;
#[cfg(test)]
mod tests;
mod wires;
mod writing;

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

pub use self::back::{Answered, Back, Unreadable};
pub use self::count::{count, counted};
pub use self::frames::{BrokenFrame, EventFrame, FRAME_LIMIT, Frames, event_frame};
pub use self::needs::{Needs, estimate, needs};
pub use self::notes::{Lossy, Problem, Refused};
pub use self::stream::Stream;
pub(crate) use self::wires::encoded;
pub use self::wires::{Wire, gemini_path};

use self::model::{Alias, Request};
use self::notes::Notes;
use self::object::Object;
use crate::{Kind, vertex};

/// The most of one answer that is kept where the other dialect wants it whole; and the largest event that is read.
pub(crate) const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// What is to be translated, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The caller's wire.
    pub from: Wire,
    /// The wire that the vendor is asked on.
    pub to: Wire,
    /// The vendor, for its habits.
    pub kind: Kind,
    /// The model, by the vendor's name for it.
    pub model: &'a str,
    /// Whether the answer is to be a stream.
    pub stream: bool,
    /// What becomes of what cannot be carried.
    pub lossy: Lossy,
    /// The longest answer of the model, if the operator knows it: for vendors that want a limit where the caller sets
    /// none.
    pub max_tokens: Option<u64>,
    /// The request's id: the answer's, where the vendor gives none.
    pub request_id: &'a str,
    /// The time in seconds of the epoch: the answer's, for dialects that tell one.
    pub created: u64,
}

/// A request in the vendor's words.
#[derive(Debug)]
pub struct Translated {
    /// The vendor's path from the endpoint on, with its query: for [`Wire::join`].
    pub suffix: String,
    /// The body, JSON.
    pub body: Bytes,
    /// What was left out, for a header that says so.
    pub dropped: Vec<Problem>,
    /// The way back.
    pub back: Back,
}

/// Translates a request.
pub fn request(order: &Order<'_>, body: &[u8]) -> Result<Translated, Refused> {
    let notes = Notes::default();
    let request = read_request(order.from, body, &notes)?;
    let mut written = write_request(&request, order, &notes);
    let dropped = notes.settle(order.lossy)?;
    let suffix = match order.kind {
        Kind::Vertex => {
            vertex::dress(order.to, order.model, &mut written);
            vertex::vertex_suffix(order.model, order.stream)
        }
        _ => order.to.suffix(order.model, order.stream),
    };
    Ok(Translated {
        suffix,
        body: printed(&written),
        dropped,
        back: Back::new(order, request.include_usage).knowing(request.aliases),
    })
}

/// A vendor's failure in the envelope of a wire: for callers whose vendor has two.
pub fn error(wire: Wire, status: u16, headers: &HeaderMap, body: &[u8], request_id: &str) -> Bytes {
    failure::envelope(wire, status, headers, body, request_id)
}

fn read_request(wire: Wire, body: &[u8], notes: &Notes) -> Result<Request, Refused> {
    let not_json = |why: String| Refused { problems: vec![Problem { field: String::new(), why }] };
    // The parser's words on syntax are fixed texts and quote nothing.
    let value: Value = serde_json::from_slice(body).map_err(|it| {
        not_json(format!("the body is not valid JSON (line {}, column {})", it.line(), it.column()))
    })?;
    let Some(body) = Object::new(value, "", notes) else {
        return Err(not_json("the body must be a JSON object".to_owned()));
    };
    match wire {
        Wire::Chat => Ok(chat::read_request(body)),
        Wire::Responses => Ok(responses::read_request(body)),
        Wire::Messages => Ok(messages::read_request(body)),
        Wire::Gemini => Ok(gemini::read_request(body)),
        Wire::Converse => Err(not_json("no application speaks Converse here".to_owned())),
    }
}

fn write_request(request: &Request, order: &Order<'_>, notes: &Notes) -> Value {
    let row = order.kind.row();
    let to = To {
        model: order.model,
        stream: order.stream,
        max_tokens: order.max_tokens,
        limit_field: row.limit_field,
        keep_thoughts: row.wants_thoughts,
    };
    match order.to {
        Wire::Chat => chat::write_request(request, &to, notes),
        Wire::Responses => responses::write_request(request, &to, notes),
        Wire::Messages => messages::write_request(request, &to, notes),
        Wire::Gemini => gemini::write_request(request, &to, notes),
        Wire::Converse => converse::write_request(request, &to, notes),
    }
}

fn printed(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// Whom a request is written to.
pub(crate) struct To<'a> {
    pub(crate) model: &'a str,
    pub(crate) stream: bool,
    pub(crate) max_tokens: Option<u64>,
    /// What a chat calls the limit of its answer.
    pub(crate) limit_field: &'static str,
    /// Whether a chat's vendor wants its earlier thoughts back.
    pub(crate) keep_thoughts: bool,
}

/// What an answer needs that the vendor may not say.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) request_id: String,
    pub(crate) created: u64,
    pub(crate) model: String,
    pub(crate) include_usage: bool,
    /// What the caller has for tools that the vendor was told of by another name.
    pub(crate) aliases: Arc<[Alias]>,
}

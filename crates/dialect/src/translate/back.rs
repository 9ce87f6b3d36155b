//! The way back: the vendor's answer, error or stream in the caller's words.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::HeaderMap;

use super::model::{Alias, Part, Reply};
use super::notes::Notes;
use super::object::Object;
use super::{
    Frame, Lossy, Order, Problem, Stream, Wire, chat, converse, failure, gemini, messages, printed, responses,
};
use crate::Usage;

/// Turns what the vendor sends into what the caller understands. Belongs to one request.
#[derive(Clone)]
pub struct Back {
    pub(super) from: Wire,
    pub(super) to: Wire,
    pub(super) frame: Frame,
}

/// An answer in the caller's words.
#[derive(Debug)]
pub struct Answered {
    /// The body, JSON.
    pub body: Bytes,
    /// What it cost.
    pub usage: Option<Usage>,
    /// What the caller's dialect has no words for.
    pub dropped: Vec<Problem>,
}

/// An answer that is none: what it should hold is not there. To be treated as the vendor's failure (502).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the vendor's answer cannot be read")
    }
}

impl std::error::Error for Unreadable {}

/// Names only: a model's name may be the caller's.
impl fmt::Debug for Back {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Back").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

impl Back {
    pub(super) fn new(order: &Order<'_>, include_usage: bool) -> Self {
        let frame = Frame {
            request_id: order.request_id.to_owned(),
            created: order.created,
            model: order.model.to_owned(),
            include_usage,
            aliases: Arc::default(),
        };
        Back { from: order.from, to: order.to, frame }
    }

    /// With what the caller has for tools that the vendor was told of by another name.
    pub(super) fn knowing(mut self, aliases: Vec<Alias>) -> Self {
        self.frame.aliases = aliases.into();
        self
    }

    /// The caller's wire.
    pub fn caller(&self) -> Wire {
        self.from
    }

    /// The vendor's wire.
    pub fn vendor(&self) -> Wire {
        self.to
    }

    /// A complete good answer.
    pub fn answer(&self, body: &[u8]) -> Result<Answered, Unreadable> {
        let notes = Notes::of_answer();
        let mut reply = read_reply(self.to, body, &notes).ok_or(Unreadable)?;
        for piece in &mut reply.pieces {
            if let Part::Call(call) = &mut piece.part {
                Alias::restore(&self.frame.aliases, call);
            }
        }
        let written = match self.from {
            Wire::Chat => chat::write_reply(&reply, &self.frame, &notes),
            Wire::Responses => responses::write_reply(&reply, &self.frame, &notes),
            Wire::Messages => messages::write_reply(&reply, &self.frame, &notes),
            Wire::Gemini => gemini::write_reply(&reply, &self.frame, &notes),
            Wire::Converse => return Err(Unreadable),
        };
        // Of an answer nothing is refused: the caller gets what there is.
        let dropped = notes.settle(Lossy::Drop).unwrap_or_default();
        Ok(Answered { body: printed(&written), usage: reply.tokens.map(Usage::from), dropped })
    }

    /// A failure, with the vendor's own words in the caller's envelope.
    pub fn error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Bytes {
        failure::envelope(self.from, status, headers, body, &self.frame.request_id)
    }

    /// A streamed answer.
    pub fn stream(&self) -> Stream {
        Stream::new(self)
    }
}

/// Reads a complete answer of a vendor's.
pub(super) fn read_reply(wire: Wire, body: &[u8], notes: &Notes) -> Option<Reply> {
    let body = Object::new(serde_json::from_slice(body).ok()?, "", notes)?;
    match wire {
        Wire::Chat => chat::read_reply(body),
        Wire::Responses => responses::read_reply(body),
        Wire::Messages => messages::read_reply(body),
        Wire::Gemini => gemini::read_reply(body),
        Wire::Converse => converse::read_reply(body),
    }
}

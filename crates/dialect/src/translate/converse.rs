//! Bedrock's Converse, which is only ever asked: no application speaks it here.
//!
//! The model stands in the path. A stream comes in frames of its own, see [`Frames`](super::Frames); what is in them is
//! read here.

mod read_stream;
mod reply;
mod write_request;

pub(super) use read_stream::ReadStream;
pub(super) use reply::read as read_reply;
pub(super) use write_request::write as write_request;

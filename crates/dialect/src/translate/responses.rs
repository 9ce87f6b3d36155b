//! OpenAI's Responses: items in, items out, and a stream that tells everything twice.

mod events;
mod items;
mod read_request;
mod read_stream;
mod reply;
mod shapes;
mod tools;
mod write_request;
mod write_stream;

pub(super) use read_request::read as read_request;
pub(super) use read_stream::ReadStream;
pub(super) use reply::{read as read_reply, write as write_reply};
pub(super) use write_request::write as write_request;
pub(super) use write_stream::WriteStream;

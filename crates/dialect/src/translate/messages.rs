//! Anthropic's Messages: blocks of content, and a stream of them.

mod blocks;
mod read_request;
mod read_stream;
mod reply;
mod write_request;
mod write_stream;

pub(super) use read_request::read as read_request;
pub(super) use read_stream::ReadStream;
pub(super) use reply::{read as read_reply, write as write_reply};
pub(super) use write_request::{calls_unthought, takes_budget, write as write_request};
pub(super) use write_stream::WriteStream;

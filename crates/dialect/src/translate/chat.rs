//! OpenAI's Chat Completions, which most vendors speak.
//!
//! Thoughts have no place in OpenAI's own form. Those who tell them do it in `reasoning_content` or `reasoning`, and
//! where they are signed in `reasoning_details`; all three are read, and the first and the last are written.

mod message;
mod read_request;
mod read_stream;
mod reply;
mod tools;
mod write_request;
mod write_stream;

pub(super) use read_request::read as read_request;
pub(super) use read_stream::ReadStream;
pub(super) use reply::{read as read_reply, write as write_reply};
pub(super) use tools::{read_choice, read_format, read_function, write_choice, write_function, write_schema};
pub(super) use write_request::write as write_request;
pub(super) use write_stream::WriteStream;

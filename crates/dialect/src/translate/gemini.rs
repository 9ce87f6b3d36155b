//! Google's `generateContent`, as Gemini and Vertex speak it.
//!
//! The model stands in the path, a stream is another method, and a signature stands beside the part it belongs to. In the
//! neutral model such a signature is a thought without words before that part.

mod parts;
mod read_request;
mod read_stream;
mod reply;
mod schema;
mod write_request;
mod write_stream;

pub(super) use read_request::read as read_request;
pub(super) use read_stream::ReadStream;
pub(super) use reply::{read as read_reply, write as write_reply};
pub(super) use write_request::write as write_request;
pub(super) use write_stream::WriteStream;

//! An answer before it goes on the wire: its head, and a plain body or a list of events.
//!
//! Rendering only; when and how it is sent is `play`'s.

use crate::endpoint::Dialect;
use crate::error_body::ErrorBody;

/// A good answer.
pub(crate) enum Answer {
    Plain(Plain),
    Stream(Stream),
}

/// An answer with a known length.
pub(crate) struct Plain {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Amazon's name for an error, which it tells in a header.
    pub(crate) error_type: Option<&'static str>,
    pub(crate) body: Vec<u8>,
}

/// A streamed answer, by what its events are for. Each event carries the blank line that ends it; of Bedrock it is the text
/// of a frame ([`frame`](crate::frame)).
#[derive(Default)]
pub(crate) struct Stream {
    /// Before the first content: role chunk, `message_start`.
    pub(crate) opening: Vec<String>,
    /// One per piece of text.
    pub(crate) content: Vec<String>,
    /// After the last content: finish reason, usage.
    pub(crate) closing: Vec<String>,
    /// What says that the stream is complete.
    pub(crate) done: Option<String>,
}

/// A head under construction.
pub(crate) struct HeadWriter(Vec<u8>);

/// How a body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
    /// By the connection's end.
    Close,
    /// The status says that there is no body.
    None,
}

impl Plain {
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Plain {
        Plain { status, content_type: "application/json", error_type: None, body: body.into() }
    }

    pub(crate) fn error(error: &ErrorBody) -> Plain {
        Plain { error_type: error.amazon_type, ..Plain::json(error.status, error.json.to_string()) }
    }
}

impl HeadWriter {
    pub(crate) fn new(status: u16) -> HeadWriter {
        let mut head = Vec::with_capacity(512);
        head.extend_from_slice(b"HTTP/1.1 ");
        head.extend_from_slice(status.to_string().as_bytes());
        head.push(b' ');
        head.extend_from_slice(reason(status).as_bytes());
        head.extend_from_slice(b"\r\n");
        HeadWriter(head)
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) -> &mut HeadWriter {
        for part in [name, ": ", value, "\r\n"] {
            self.0.extend_from_slice(part.as_bytes());
        }
        self
    }

    pub(crate) fn raw(&mut self, lines: &[u8]) -> &mut HeadWriter {
        self.0.extend_from_slice(lines);
        self
    }

    pub(crate) fn framing(&mut self, framing: Framing) -> &mut HeadWriter {
        match framing {
            Framing::Length(length) => self.header("content-length", &length.to_string()),
            Framing::Chunked => self.header("transfer-encoding", "chunked"),
            Framing::Close => self.header("connection", "close"),
            Framing::None => self,
        }
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"\r\n");
        self.0
    }
}

/// Appends a chunk of the chunked transfer coding.
pub(crate) fn push_chunk(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// The last chunk, without trailers.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// An error as an event of a stream.
pub(crate) fn error_event(dialect: Dialect, error: &ErrorBody) -> String {
    let ErrorBody { json: error, amazon_type, .. } = error;
    match dialect {
        Dialect::OpenAi | Dialect::Google => format!("data: {error}\n\n"),
        Dialect::Bedrock => {
            // In the stream its name begins small.
            let name = amazon_type.unwrap_or("InternalServerException");
            let (first, rest) = name.split_at(1);
            format!(":exception {}{rest} {error}", first.to_ascii_lowercase())
        }
        Dialect::Anthropic => format!("event: error\ndata: {error}\n\n"),
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

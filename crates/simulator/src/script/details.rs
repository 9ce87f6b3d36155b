//! What the steps of a script carry: the particulars of an answer. Plain data with defaults.

use serde::{Deserialize, Serialize};

use crate::error_body::ErrorClass;

/// A scripted status answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusAnswer {
    /// The status code.
    pub code: u16,
    /// More headers, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// A JSON body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
    /// A text body, when there is no JSON one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl StatusAnswer {
    /// A bare status without body.
    pub fn bare(code: u16) -> StatusAnswer {
        StatusAnswer { code, ..StatusAnswer::default() }
    }
}

/// A scripted error of a known class.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorAnswer {
    /// What is wrong, in the vendors' own terms.
    pub class: ErrorClass,
    /// `Retry-After`, as it is to stand on the wire: `2`, `0.5`, an HTTP date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// `Retry-After` as an HTTP date so many seconds from the vendor's now (negative: in the past), with the
    /// vendor's `Date` beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_date_s: Option<i32>,
    /// How far the vendor's clock, which those dates come from, is ahead of ours.
    pub clock_skew_s: i32,
    /// More headers, such as `retry-after-ms`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The message, instead of the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl From<ErrorClass> for ErrorAnswer {
    fn from(class: ErrorClass) -> ErrorAnswer {
        ErrorAnswer { class, ..ErrorAnswer::default() }
    }
}

/// Scripted server-sent events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SseAnswer {
    /// Each event without the blank line that ends it: `data: {"a":1}`.
    pub events: Vec<String>,
    /// Pause before each event.
    pub every_ms: u64,
    /// Write the whole list so many times more.
    pub repeat: u64,
}

/// Scripted raw bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BytesAnswer {
    /// What is written, as text.
    pub text: String,
    /// Cut after each so many bytes (0: one piece); a code point may be cut in two.
    pub split_at: usize,
    /// Pause after each piece.
    pub every_ms: u64,
}

/// How the good answer departs from the good.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoodOverrides {
    /// Before the first event of a stream (its head is sent at once), or before a plain answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_delay_ms: Option<u64>,
    /// Between the content events of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_delay_ms: Option<u64>,
    /// How many content events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<usize>,
    /// The text, instead of the echo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// More response headers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Close after so many content events (in a plain answer: after half the body). With a following
    /// [`Step::Rst`](super::Step::Rst), reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_after_chunks: Option<usize>,
    /// Stop after so many content events and keep the connection open until the client leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_after_chunks: Option<usize>,
    /// Send an error event after so many content events, then end the body in an orderly way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_after_chunks: Option<usize>,
    /// Of a stream in frames (Bedrock's): send one with a wrong checksum after so many content events, then end the body
    /// in an orderly way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad_checksum_after_chunks: Option<usize>,
    /// Leave out `data: [DONE]` (or `message_stop`).
    pub no_done: bool,
    /// Close without the last chunk of the transfer encoding.
    pub no_final_chunk: bool,
    /// Cut each write into pieces of so many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_at: Option<usize>,
}

/// Where in a 200 the error stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorIn200 {
    /// Which error.
    pub class: ErrorClass,
    /// In a stream: after the opening events (role chunk, `message_start`) instead of as the first event.
    pub after_opening: bool,
}

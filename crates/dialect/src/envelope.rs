//! The gateway's own failures, said in the caller's dialect.
//!
//! One [`Code`] is one failure with one status; the dialects differ only in the envelope and in the `type` they file it
//! under. A vendor's failure that has to be translated comes as [`Words`]; nothing else of a vendor is known here.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::{Dialect, Endpoint, Wire};

/// A failure of the gateway itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request is not what the endpoint takes.
    InvalidRequest,
    /// No client key, or one nobody knows.
    InvalidApiKey,
    /// The key may not do this.
    PermissionDenied,
    /// The key belongs to another environment than the route.
    EnvironmentMismatch,
    /// Nobody serves that model.
    ModelNotFound,
    /// There is nothing at that path.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The client took too long to send its request.
    RequestTimeout,
    /// The body is larger than the limit.
    RequestTooLarge,
    /// The body is encoded in a way that is not read here.
    UnsupportedMediaType,
    /// WebSocket is not spoken here; plain HTTP is.
    UpgradeNotSupported,
    /// Every candidate, or the client itself, is out for a rate limit.
    RateLimitExceeded,
    /// Every candidate, or the client itself, is out of quota or budget.
    InsufficientQuota,
    /// An invariant broke.
    Internal,
    /// A vendor answered something that is no answer.
    BadGateway,
    /// No vendor could be reached.
    UpstreamUnreachable,
    /// The vendor's stream broke after the first byte had gone out.
    StreamInterrupted,
    /// Nobody is available now.
    NoTargetAvailable,
    /// The vendor did not answer in time.
    UpstreamTimeout,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 19] = [
        Code::InvalidRequest,
        Code::InvalidApiKey,
        Code::PermissionDenied,
        Code::EnvironmentMismatch,
        Code::ModelNotFound,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::RequestTimeout,
        Code::RequestTooLarge,
        Code::UnsupportedMediaType,
        Code::UpgradeNotSupported,
        Code::RateLimitExceeded,
        Code::InsufficientQuota,
        Code::Internal,
        Code::BadGateway,
        Code::UpstreamUnreachable,
        Code::StreamInterrupted,
        Code::NoTargetAvailable,
        Code::UpstreamTimeout,
    ];

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.row().0
    }

    /// The machine's name for it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What OpenAI files it under.
    pub fn openai_type(self) -> &'static str {
        self.row().2
    }

    /// What Anthropic files it under.
    pub fn anthropic_type(self) -> &'static str {
        self.row().3
    }

    const fn row(self) -> (u16, &'static str, &'static str, &'static str) {
        const INVALID: &str = "invalid_request_error";
        match self {
            Code::InvalidRequest => (400, "invalid_request", INVALID, INVALID),
            Code::InvalidApiKey => (401, "invalid_api_key", INVALID, "authentication_error"),
            Code::PermissionDenied => (403, "permission_denied", INVALID, "permission_error"),
            Code::EnvironmentMismatch => (403, "environment_mismatch", INVALID, "permission_error"),
            Code::ModelNotFound => (404, "model_not_found", INVALID, "not_found_error"),
            Code::NotFound => (404, "not_found", INVALID, "not_found_error"),
            Code::MethodNotAllowed => (405, "method_not_allowed", INVALID, INVALID),
            Code::RequestTimeout => (408, "request_timeout", INVALID, "timeout_error"),
            Code::RequestTooLarge => (413, "request_too_large", INVALID, "request_too_large"),
            Code::UnsupportedMediaType => (415, "unsupported_media_type", INVALID, INVALID),
            Code::UpgradeNotSupported => (426, "upgrade_not_supported", INVALID, INVALID),
            Code::RateLimitExceeded => (429, "rate_limit_exceeded", "rate_limit_error", "rate_limit_error"),
            Code::InsufficientQuota => (429, "insufficient_quota", "insufficient_quota", "rate_limit_error"),
            Code::Internal => (500, "internal_error", "server_error", "api_error"),
            Code::BadGateway => (502, "bad_gateway", "server_error", "api_error"),
            Code::UpstreamUnreachable => (502, "upstream_unreachable", "server_error", "api_error"),
            Code::StreamInterrupted => (502, "stream_interrupted", "server_error", "api_error"),
            Code::NoTargetAvailable => (503, "no_target_available", "server_error", "overloaded_error"),
            Code::UpstreamTimeout => (504, "upstream_timeout", "server_error", "timeout_error"),
        }
    }
}

/// A failure, ours or a vendor's, ready to be told.
pub(crate) struct Words<'a> {
    /// The failure of ours that it is or is most like.
    pub(crate) code: Code,
    /// The HTTP status.
    pub(crate) status: u16,
    /// The machine's name for it: ours or the vendor's.
    pub(crate) name: &'a str,
    pub(crate) message: &'a str,
    pub(crate) param: Option<&'a str>,
    /// When trying again may help.
    pub(crate) retry_after: Option<Duration>,
}

impl<'a> Words<'a> {
    fn ours(code: Code, message: &'a str, param: Option<&'a str>) -> Self {
        Words { code, status: code.status(), name: code.name(), message, param, retry_after: None }
    }
}

/// The body of a failed answer.
pub fn envelope(dialect: Dialect, code: Code, message: &str, param: Option<&str>, request_id: &str) -> Bytes {
    body(wire(dialect), &Words::ours(code, message, param), request_id)
}

/// The body of a failed answer to somebody who may try again after a while. Google's clients look for that in the body,
/// the others in a header.
pub fn envelope_for_later(
    dialect: Dialect,
    code: Code,
    message: &str,
    retry_after: Duration,
    request_id: &str,
) -> Bytes {
    let words = Words { retry_after: Some(retry_after), ..Words::ours(code, message, None) };
    body(wire(dialect), &words, request_id)
}

fn wire(dialect: Dialect) -> Wire {
    match dialect {
        Dialect::OpenAi => Wire::Chat,
        Dialect::Anthropic => Wire::Messages,
        Dialect::Google => Wire::Gemini,
    }
}

/// The body of a failed answer, in the words of a wire.
pub(crate) fn body(wire: Wire, words: &Words<'_>, request_id: &str) -> Bytes {
    match wire {
        Wire::Chat | Wire::Responses | Wire::Converse => {
            json(&OpenAiEnvelope { error: OpenAiError::new(words) })
        }
        Wire::Messages => json(&AnthropicEnvelope::new(words, Some(request_id))),
        Wire::Gemini => json(&GoogleEnvelope { error: GoogleError::new(words) }),
    }
}

/// The event that ends a stream which broke after its first byte had gone out. No `[DONE]` follows it.
///
/// `within_event`: the stream was cut inside an event, so what comes first ends whatever is open: the half event must
/// not glue itself to ours. Anthropic's clients skip a `ping` unread, so there half a line's event is renamed to one (the
/// last `event:` line counts); OpenAI's parse every event, whatever its name. An `event:` line alone is overwritten.
pub fn stream_error(endpoint: Endpoint, code: Code, message: &str, within_event: bool) -> Bytes {
    let wire = Wire::of(endpoint).unwrap_or(Wire::Chat);
    let ending = match wire {
        _ if !within_event => "",
        Wire::Messages => "\nevent: ping\n\n",
        _ => "\n\n",
    };
    let event = event(wire, &Words::ours(code, message, None));
    Bytes::from([ending.as_bytes(), &event].concat())
}

/// The event of a failure, in the words of a wire.
pub(crate) fn event(wire: Wire, words: &Words<'_>) -> Bytes {
    let (opening, data) = match wire {
        Wire::Messages => ("event: error\ndata: ", json(&AnthropicEnvelope::new(words, None))),
        Wire::Responses => {
            let event = ResponsesEvent {
                r#type: "error",
                sequence_number: 0,
                code: words.name,
                message: words.message,
                param: words.param,
                error: OpenAiError::new(words),
            };
            ("event: error\ndata: ", json(&event))
        }
        Wire::Chat | Wire::Gemini | Wire::Converse => ("data: ", body(wire, words, "")),
    };
    Bytes::from([opening.as_bytes(), &data, b"\n\n"].concat())
}

impl Wire {
    /// A failure of the gateway itself, as the body of an answer.
    pub fn envelope(self, code: Code, message: &str, param: Option<&str>, request_id: &str) -> Bytes {
        body(self, &Words::ours(code, message, param), request_id)
    }

    /// The event that ends a translated stream which broke. What was translated always ends between two events.
    pub fn stream_error(self, code: Code, message: &str) -> Bytes {
        event(self, &Words::ours(code, message, None))
    }
}

#[derive(Serialize)]
struct OpenAiEnvelope<'a> {
    error: OpenAiError<'a>,
}

/// All four keys, always: the SDKs read them without asking.
#[derive(Serialize)]
struct OpenAiError<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: &'a str,
}

impl<'a> OpenAiError<'a> {
    fn new(words: &Words<'a>) -> Self {
        let (message, param, code) = (words.message, words.param, words.name);
        OpenAiError { message, r#type: words.code.openai_type(), param, code }
    }
}

/// The flat form of the reference, and the nested one that the vendor really sends and the SDKs raise on.
#[derive(Serialize)]
struct ResponsesEvent<'a> {
    r#type: &'static str,
    sequence_number: u64,
    code: &'a str,
    message: &'a str,
    param: Option<&'a str>,
    error: OpenAiError<'a>,
}

#[derive(Serialize)]
struct AnthropicEnvelope<'a> {
    r#type: &'static str,
    error: AnthropicError<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// Anthropic's own has no code; a machine needs one, and unknown fields disturb nobody.
#[derive(Serialize)]
struct AnthropicError<'a> {
    r#type: &'static str,
    message: &'a str,
    code: &'a str,
}

impl<'a> AnthropicEnvelope<'a> {
    fn new(words: &Words<'a>, request_id: Option<&'a str>) -> Self {
        let (message, code) = (words.message, words.name);
        let error = AnthropicError { r#type: words.code.anthropic_type(), message, code };
        AnthropicEnvelope { r#type: "error", error, request_id }
    }
}

#[derive(Serialize)]
struct GoogleEnvelope<'a> {
    error: GoogleError<'a>,
}

#[derive(Serialize)]
struct GoogleError<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
    details: Vec<GoogleDetail<'a>>,
}

/// Google's places for what is more specific than the status.
#[derive(Serialize)]
#[serde(tag = "@type")]
enum GoogleDetail<'a> {
    /// A name.
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    Reason { reason: &'a str },
    /// A field.
    #[serde(rename = "type.googleapis.com/google.rpc.BadRequest", rename_all = "camelCase")]
    Field { field_violations: [GoogleField<'a>; 1] },
    /// A wait, such as `7s`.
    #[serde(rename = "type.googleapis.com/google.rpc.RetryInfo", rename_all = "camelCase")]
    Wait { retry_delay: String },
}

#[derive(Serialize)]
struct GoogleField<'a> {
    field: &'a str,
    description: &'a str,
}

impl<'a> GoogleError<'a> {
    fn new(words: &Words<'a>) -> Self {
        let status = match words.status {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            402 | 429 => "RESOURCE_EXHAUSTED",
            408 | 504 => "DEADLINE_EXCEEDED",
            500 => "INTERNAL",
            501.. => "UNAVAILABLE",
            _ => "INVALID_ARGUMENT",
        };
        let mut details = vec![GoogleDetail::Reason { reason: words.name }];
        if let Some(field) = words.param {
            let field = GoogleField { field, description: words.message };
            details.push(GoogleDetail::Field { field_violations: [field] });
        }
        if let Some(wait) = words.retry_after {
            details.push(GoogleDetail::Wait { retry_delay: format!("{}s", wait.as_secs()) });
        }
        GoogleError { code: words.status, message: words.message, status, details }
    }
}

fn json(value: &impl Serialize) -> Bytes {
    Bytes::from(serde_json::to_vec(value).expect("structs of strings and numbers always serialize"))
}

//! The gateway's own failures, said in the caller's dialect.
//!
//! One [`Code`] is one failure with one status; the two dialects differ only in the envelope and in the `type` they
//! file it under. What a vendor said is relayed by others; nothing of a vendor is known here.

use bytes::Bytes;
use serde::Serialize;

use crate::{Dialect, Endpoint};

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

/// The body of a failed answer.
pub fn envelope(dialect: Dialect, code: Code, message: &str, param: Option<&str>, request_id: &str) -> Bytes {
    match dialect {
        Dialect::OpenAi => json(&OpenAiEnvelope { error: OpenAiError::new(code, message, param) }),
        Dialect::Anthropic => json(&AnthropicEnvelope::new(code, message, Some(request_id))),
    }
}

/// The event that ends a stream which broke after its first byte had gone out. No `[DONE]` follows it.
///
/// `within_event`: the stream was cut inside an event, so what comes first ends whatever is open: the half event must
/// not glue itself to ours. Anthropic's clients skip a `ping` unread, so there half a line's event is renamed to one (the
/// last `event:` line counts); OpenAI's parse every event, whatever its name. An `event:` line alone is overwritten.
pub fn stream_error(endpoint: Endpoint, code: Code, message: &str, within_event: bool) -> Bytes {
    let (ending, opening, data) = match endpoint {
        Endpoint::Messages | Endpoint::CountTokens => {
            let data = json(&AnthropicEnvelope::new(code, message, None));
            ("\nevent: ping\n\n", "event: error\ndata: ", data)
        }
        Endpoint::Responses => {
            let error = OpenAiError::new(code, message, None);
            let event = ResponsesEvent {
                r#type: "error",
                sequence_number: 0,
                code: code.name(),
                message,
                param: None,
                error,
            };
            ("\n\n", "event: error\ndata: ", json(&event))
        }
        _ => ("\n\n", "data: ", json(&OpenAiEnvelope { error: OpenAiError::new(code, message, None) })),
    };
    let ending = if within_event { ending } else { "" };
    Bytes::from([ending.as_bytes(), opening.as_bytes(), &data, b"\n\n"].concat())
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
    code: &'static str,
}

impl<'a> OpenAiError<'a> {
    fn new(code: Code, message: &'a str, param: Option<&'a str>) -> Self {
        OpenAiError { message, r#type: code.openai_type(), param, code: code.name() }
    }
}

/// The flat form of the reference, and the nested one that the vendor really sends and the SDKs raise on.
#[derive(Serialize)]
struct ResponsesEvent<'a> {
    r#type: &'static str,
    sequence_number: u64,
    code: &'static str,
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
    code: &'static str,
}

impl<'a> AnthropicEnvelope<'a> {
    fn new(code: Code, message: &'a str, request_id: Option<&'a str>) -> Self {
        let error = AnthropicError { r#type: code.anthropic_type(), message, code: code.name() };
        AnthropicEnvelope { r#type: "error", error, request_id }
    }
}

fn json(value: &impl Serialize) -> Bytes {
    Bytes::from(serde_json::to_vec(value).expect("structs of strings and numbers always serialize"))
}

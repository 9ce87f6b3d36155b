//! A vendor's failure in the caller's words: the vendor's message and its name for it are kept, the envelope is the
//! caller's.

use bytes::Bytes;
use http::HeaderMap;

use super::Wire;
use crate::envelope::{self, Words};
use crate::{Code, fault};

/// The body of a failed answer.
pub(super) fn envelope(wire: Wire, status: u16, headers: &HeaderMap, body: &[u8], request_id: &str) -> Bytes {
    told(status, headers, body, |words| envelope::body(wire, words, request_id))
}

/// The event that ends a stream. Nothing follows it.
pub(super) fn event(wire: Wire, status: u16, error: &[u8]) -> Bytes {
    told(status, &HeaderMap::new(), error, |words| envelope::event(wire, words))
}

fn told<T>(status: u16, headers: &HeaderMap, body: &[u8], tell: impl FnOnce(&Words<'_>) -> T) -> T {
    let (name, param) = fault::name_and_param(headers, body);
    let code = code(status, name.as_deref());
    let message = fault::message(body);
    let message = message.as_deref().unwrap_or("the vendor failed and did not say why");
    let name = name.as_deref().unwrap_or(code.name());
    tell(&Words { code, status, name, message, param: param.as_deref(), retry_after: None })
}

/// The failure of ours that it is most like: it decides under which type the dialect files it.
fn code(status: u16, name: Option<&str>) -> Code {
    match status {
        401 => Code::InvalidApiKey,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        405 => Code::MethodNotAllowed,
        408 => Code::RequestTimeout,
        413 => Code::RequestTooLarge,
        415 => Code::UnsupportedMediaType,
        429 | 402 if name.is_some_and(|it| it.contains("quota")) => Code::InsufficientQuota,
        402 => Code::InsufficientQuota,
        429 => Code::RateLimitExceeded,
        503 | 529 => Code::NoTargetAvailable,
        504 => Code::UpstreamTimeout,
        500.. => Code::BadGateway,
        _ => Code::InvalidRequest,
    }
}

//! How answers look: JSON bodies, errors in one shape, entity tags.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use config::{Refusal, Row};
use serde_json::{Value, json};

use crate::control::Failure;

/// Why a call is not answered with what it asked for.
#[derive(Debug)]
pub(super) struct Fault {
    status: StatusCode,
    body: Value,
    /// For 405.
    allow: Option<&'static str>,
}

impl Fault {
    /// A fault that Kong has no code for.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Fault { status, body: json!({ "message": message.into() }), allow: None }
    }

    /// What may be done instead, where the usual word of a 405 would not be true.
    pub(super) fn allowing(mut self, allow: &'static str) -> Self {
        self.allow = self.allow.and(Some(allow));
        self
    }

    /// The caller named something that is not there.
    pub(super) fn not_found() -> Self {
        Failure::Refused(Refusal::NotFound).into()
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let read_only = matches!(failure, Failure::Refused(Refusal::ReadOnly { .. }));
        Fault {
            status: StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            body: failure.body(),
            allow: read_only.then_some("GET, HEAD"),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal).into()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(allow) = self.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

/// An entity as it reads now, with the tag for `If-Match`.
pub(super) fn entity(status: StatusCode, row: &Row, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&config::etag(row)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// 404 for paths that do not exist.
pub(super) async fn not_found() -> Fault {
    Fault::not_found()
}

/// 405; the router adds `Allow`.
pub(super) async fn method_not_allowed() -> Fault {
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}

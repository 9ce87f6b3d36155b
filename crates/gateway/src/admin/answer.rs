//! How answers look: JSON bodies, errors in one shape, entity tags.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use config::{Kind, Refusal, Row};
use serde_json::{Value, json};

use super::Admin;
use crate::control::Failure;

/// As much of a name as an error repeats.
const NAME_SHOWN: usize = 64;
/// As many of one name as an error lists.
const NAMESAKES_SHOWN: usize = 5;

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

    /// The caller named something that is not there. Kong's words, and beside them what to do.
    pub(super) fn not_found(hint: impl Into<String>) -> Self {
        let mut fault = Fault::from(Refusal::NotFound);
        fault.body["hint"] = hint.into().into();
        fault
    }

    /// The name that was given is the name of each of these.
    pub(super) fn several(kind: Kind, names: &[String]) -> Self {
        let shown: Vec<&str> = names.iter().take(NAMESAKES_SHOWN).map(String::as_str).collect();
        let message = format!("{} {}s have that name: {}", names.len(), kind.name(), shown.join(", "));
        let mut fault = Fault::new(StatusCode::CONFLICT, message);
        fault.body["hint"] = "say which: PROVIDER%2FNAME in a path, or the id".into();
        fault
    }

    /// There is none of that kind with that name.
    pub(super) fn no_such(kind: Kind, name: &str) -> Self {
        let name: String = name.chars().take(NAME_SHOWN).collect();
        Fault::not_found(match kind {
            Kind::Target => format!("this upstream has no target '{name}': name it by host:port or id"),
            Kind::Credential => format!("this provider has no credential '{name}': name it by name or id"),
            kind => format!("there is no {} '{name}': GET /{} lists them", kind.name(), kind.plural()),
        })
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
pub(super) async fn not_found(State(admin): State<Arc<Admin>>, uri: Uri) -> Fault {
    let path = uri.path();
    if dialect::endpoint(path).is_some() {
        return Fault::not_found(
            "that is a path of the AI API, which listens at another address (--proxy-listen)",
        );
    }
    let first = |path: &'_ str| path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
    let known: Vec<String> = match &admin.openapi["paths"] {
        Value::Object(paths) => paths.keys().map(|it| first(it)).filter(|it| !it.is_empty()).collect(),
        _ => Vec::new(),
    };
    let asked = first(path);
    let near = config::nearest(known.iter().map(String::as_str), &asked).filter(|it| *it != asked);
    let meant = near.map(|it| format!("did you mean /{it}? ")).unwrap_or_default();
    Fault::not_found(format!("{meant}GET /openapi.json lists every path"))
}

/// 405; the router adds `Allow`.
pub(super) async fn method_not_allowed() -> Fault {
    Fault::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}

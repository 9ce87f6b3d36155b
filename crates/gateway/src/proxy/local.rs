//! What the proxy answers without asking anybody.

use std::time::UNIX_EPOCH;

use balance::Environment;
use config::{
    Snapshot,
    snapshot::{ClientKey, Found, Query},
};
use dialect::{Code, Dialect, Endpoint, Wire, translate};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use serde_json::json;

use super::{answer::Failure, asked::Asked, body::Body};

/// Prefixes under which the model list is ours; below an upstream's name it is the vendor's.
const OWN_PREFIXES: [&str; 6] = ["", "/v1", "/openai/v1", "/anthropic/v1", "/v1beta", "/v1alpha"];
/// What Google's callers may ask of any model that chats.
const GOOGLES_METHODS: [&str; 3] = ["generateContent", "streamGenerateContent", "countTokens"];

/// What is at the root, for whoever asks: clients look there whether anybody is, before they say who they are.
pub(super) fn root(head: &Parts) -> Option<Response<Body>> {
    let hint = || json!({"name": "spillway", "openai_base_url": "/v1", "anthropic_base_url": "/", "google_base_url": "/"});
    (head.uri.path() == "/" && reads(head)).then(|| json_answer(StatusCode::OK, &hint()))
}

/// Our own answer to `head`, if it is for us; `key` is the client key it came with.
pub(super) fn answer(
    head: &Parts,
    asked: Asked<'_>,
    snapshot: &Snapshot,
    key: Option<&ClientKey>,
    request_id: &str,
) -> Option<Response<Body>> {
    let dialect = asked.dialect;
    if head.headers.contains_key(header::UPGRADE) && is_websocket(head) {
        return Some(no_websocket(dialect, request_id));
    }
    let matched = asked.matched.filter(|it| it.endpoint.is_shared() && OWN_PREFIXES.contains(&it.prefix))?;
    match (matched.endpoint, reads(head)) {
        (Endpoint::Models, true) => Some(json_answer(StatusCode::OK, &models(snapshot, key, dialect))),
        (_, true) => model(snapshot, key, dialect, &asked.model()?, request_id),
        (_, false) if dialect == Dialect::Google => {
            let (_, method) = matched.suffix.rsplit_once(':')?;
            Some(no_such_method(method, request_id))
        }
        (_, false) => None,
    }
}

/// A count of a request's tokens where no vendor of its upstream counts: an estimate, and it says so.
pub(super) fn count_tokens(dialect: Dialect, body: &[u8]) -> Result<Response<Body>, Box<Failure>> {
    let (wire, name) = match dialect {
        Dialect::Google => (Wire::Gemini, "contents"),
        Dialect::OpenAi | Dialect::Anthropic => (Wire::Messages, "messages"),
    };
    let tokens = translate::estimate(wire, body)
        .ok_or_else(|| Failure::invalid(&format!("the body is not a JSON object with {name}"), None))?;
    let mut response = Response::new(Body::whole(translate::counted(wire, tokens)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        super::headers::DECISION,
        HeaderValue::from_static("estimated here, nobody who counts is there"),
    );
    Ok(response)
}

/// What a HEAD is answered loses its body on the way out.
fn reads(head: &Parts) -> bool {
    head.method == Method::GET || head.method == Method::HEAD
}

fn is_websocket(head: &Parts) -> bool {
    let upgrade = head.headers.get(header::UPGRADE).map(HeaderValue::as_bytes);
    upgrade.is_some_and(|it| it.eq_ignore_ascii_case(b"websocket"))
}

/// Clients that try WebSocket first fall back to plain HTTP at once when they are told so.
fn no_websocket(dialect: Dialect, request_id: &str) -> Response<Body> {
    let message = "WebSocket is not spoken here; send the request over HTTP";
    let code = Code::UpgradeNotSupported;
    let body = dialect::envelope(dialect, code, message, None, request_id);
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The list of models, in the shape that the caller's SDK reads.
fn models(snapshot: &Snapshot, key: Option<&ClientKey>, dialect: Dialect) -> serde_json::Value {
    let usable: Vec<_> = snapshot.catalogue_for(key).collect();
    let listed: Vec<_> = usable.iter().map(|(id, owner)| entry(id, owner, dialect)).collect();
    match dialect {
        Dialect::OpenAi => json!({"object": "list", "data": listed}),
        Dialect::Anthropic => {
            let (first, last) = (usable.first().map(|it| &*it.0), usable.last().map(|it| &*it.0));
            json!({"data": listed, "has_more": false, "first_id": first, "last_id": last})
        }
        Dialect::Google => json!({"models": listed}),
    }
}

fn entry(id: &str, owner: &str, dialect: Dialect) -> serde_json::Value {
    // Nobody tells us when a model was made; the beginning of time is a date that every client can read.
    let created = UNIX_EPOCH;
    match dialect {
        Dialect::OpenAi => json!({"id": id, "object": "model", "created": 0, "owned_by": owner}),
        Dialect::Anthropic => {
            let created_at = crate::clock::rfc3339(created);
            json!({"id": id, "type": "model", "display_name": id, "created_at": created_at})
        }
        Dialect::Google => json!({
            "name": format!("models/{id}"), "displayName": id, "description": format!("served by {owner}"),
            "version": "", "supportedGenerationMethods": GOOGLES_METHODS,
        }),
    }
}

/// One model; `None` where only a vendor knows: it serves whatever it is asked for, and nobody has listed what it has.
fn model(
    snapshot: &Snapshot,
    key: Option<&ClientKey>,
    dialect: Dialect,
    id: &str,
    request_id: &str,
) -> Option<Response<Body>> {
    let found = snapshot.catalogue_for(key).find(|(known, _)| **known == *id);
    if let Some((id, owner)) = found {
        return Some(json_answer(StatusCode::OK, &entry(id, owner, dialect)));
    }
    const PATH: &str = "/v1/models/x";
    let query = Query {
        host: None,
        path: PATH,
        matched: dialect::endpoint(PATH),
        method: &Method::GET,
        model: Some(id),
        environment: key.map_or(Environment::Production, |it| it.environment),
        caller: dialect,
    };
    let may =
        |found: &Found| key.is_none_or(|key| key.may_ask_for(Some(id)) && key.opens(found.route.as_deref()));
    let knows_somebody = snapshot.routes.find(&query).is_ok_and(|found| may(&found));
    (!knows_somebody).then(|| no_such_model(dialect, id, request_id))
}

fn no_such_model(dialect: Dialect, id: &str, request_id: &str) -> Response<Body> {
    let message = format!("the model '{id}' does not exist here");
    not_found(dialect::envelope(dialect, Code::ModelNotFound, &message, Some("model"), request_id))
}

/// What stands behind a model and its colon is none of Google's methods that are served here.
fn no_such_method(method: &str, request_id: &str) -> Response<Body> {
    let message = format!(
        "there is no method '{method}' here; /v1beta/models/MODEL:METHOD takes {}, embedContent and batchEmbedContents",
        GOOGLES_METHODS.join(", ")
    );
    not_found(dialect::envelope(Dialect::Google, Code::NotFound, &message, None, request_id))
}

fn not_found(body: bytes::Bytes) -> Response<Body> {
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn json_answer(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::whole(value.to_string().into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

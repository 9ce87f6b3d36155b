//! What the proxy answers without asking anybody.

use std::time::UNIX_EPOCH;

use balance::Environment;
use config::{Snapshot, snapshot::Query};
use dialect::{Code, Dialect, Endpoint};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use serde_json::json;

use super::body::Body;

/// Prefixes under which the model list is ours; below an upstream's name it is the vendor's.
const OWN_PREFIXES: [&str; 4] = ["", "/v1", "/openai/v1", "/anthropic/v1"];

/// Our own answer to `head`, if it is for us.
pub(super) fn answer(
    head: &Parts,
    snapshot: &Snapshot,
    dialect: Dialect,
    request_id: &str,
) -> Option<Response<Body>> {
    let path = head.uri.path();
    // What a HEAD is answered loses its body on the way out.
    let reads = head.method == Method::GET || head.method == Method::HEAD;
    if path == "/" && reads {
        return Some(root());
    }
    if head.headers.contains_key(header::UPGRADE) && is_websocket(head) {
        return Some(no_websocket(dialect, request_id));
    }
    let matched = dialect::endpoint(path)?;
    if !reads || !OWN_PREFIXES.contains(&matched.prefix) {
        return None;
    }
    match matched.endpoint {
        Endpoint::Models => Some(json_answer(StatusCode::OK, &models(snapshot, dialect))),
        Endpoint::Model => Some(model(snapshot, dialect, &matched.suffix["/models/".len()..], request_id)),
        _ => None,
    }
}

fn root() -> Response<Body> {
    let hint = json!({"name": "spillway", "openai_base_url": "/v1", "anthropic_base_url": "/"});
    json_answer(StatusCode::OK, &hint)
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
fn models(snapshot: &Snapshot, dialect: Dialect) -> serde_json::Value {
    let listed: Vec<_> = snapshot.catalogue.iter().map(|(id, owner)| entry(id, owner, dialect)).collect();
    match dialect {
        Dialect::OpenAi => json!({"object": "list", "data": listed}),
        Dialect::Anthropic => {
            let (first, last) = (snapshot.catalogue.first(), snapshot.catalogue.last());
            let id =
                |it: Option<&(std::sync::Arc<str>, std::sync::Arc<str>)>| it.map(|(id, _)| id.to_string());
            json!({"data": listed, "has_more": false, "first_id": id(first), "last_id": id(last)})
        }
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
    }
}

fn model(snapshot: &Snapshot, dialect: Dialect, id: &str, request_id: &str) -> Response<Body> {
    let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    let found = snapshot.catalogue.iter().find(|(known, _)| **known == *id);
    if let Some((id, owner)) = found {
        return json_answer(StatusCode::OK, &entry(id, owner, dialect));
    }
    // A provider whose models nobody has listed serves whatever it is asked for: a model exists if a chat would go.
    let chat = Query {
        host: None,
        path: "/v1/chat/completions",
        method: &Method::POST,
        model: Some(&id),
        environment: Environment::Production,
    };
    if let Ok(found) = snapshot.routes.find(&chat) {
        let owner = snapshot.upstreams.get(&found.upstream).map_or("", |it| &*it.name);
        return json_answer(StatusCode::OK, &entry(&id, owner, dialect));
    }
    let message = format!("the model '{id}' does not exist here");
    let body = dialect::envelope(dialect, Code::ModelNotFound, &message, Some("model"), request_id);
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

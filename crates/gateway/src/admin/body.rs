//! What a body says: JSON, a form, or a multipart form, always as one JSON object.

use std::{borrow::Cow, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use config::Kind;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::answer::Fault;

/// Largest body. The largest sensible one (an upstream with every list filled) is a few dozen KiB.
const LIMIT_BYTES: usize = 1 << 20;

/// A body that takes longer is not coming.
const READ_WITHIN: Duration = Duration::from_secs(30);

/// Reads the body of a call about a `kind`. No body at all is an empty object.
pub(super) async fn read(kind: Kind, headers: &HeaderMap, body: Body) -> Result<Value, Fault> {
    let bytes = collect(body).await?;
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|it| it != "identity") {
        return Err(unsupported("a compressed body"));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "application/merge-patch+json" => json(&bytes),
        // What `curl --data` sends unless it is told otherwise.
        "application/x-www-form-urlencoded" if bytes.trim_ascii_start().starts_with(b"{") => {
            Err(bad("this looks like JSON: add -H 'content-type: application/json'".to_owned()))
        }
        "application/x-www-form-urlencoded" => config::urlencoded(kind, &bytes).map_err(bad),
        "multipart/form-data" => multipart(kind, content_type, bytes).await,
        "" => Err(unsupported("a body without Content-Type")),
        other => Err(unsupported(other)),
    }
}

async fn collect(body: Body) -> Result<Bytes, Fault> {
    let collected = tokio::time::timeout(READ_WITHIN, Limited::new(body, LIMIT_BYTES).collect())
        .await
        .map_err(|_| Fault::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"))?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Fault::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {LIMIT_BYTES} bytes"),
        )),
        Err(_) => Err(bad("the body broke off".to_owned())),
    }
}

fn json(bytes: &[u8]) -> Result<Value, Fault> {
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(bad("the JSON body must be an object".to_owned())),
        Err(error) => Err(bad(format!("the body is not valid JSON: {error}"))),
    }
}

async fn multipart(kind: Kind, content_type: &str, bytes: Bytes) -> Result<Value, Fault> {
    let broken = |it: multer::Error| bad(format!("the multipart body is broken: {it}"));
    let boundary = multer::parse_boundary(content_type).map_err(broken)?;
    let mut parts = multer::Multipart::new(Body::from(bytes).into_data_stream(), boundary);
    let mut pairs = Vec::new();
    let mut records = Map::new();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_json = part.content_type().is_some_and(|it| it.essence_str() == "application/json");
        let value = part.text().await.map_err(broken)?;
        if is_json {
            let value = serde_json::from_str(&value);
            let value =
                value.map_err(|error| bad(format!("the part '{name}' is not valid JSON: {error}")))?;
            records.insert(name, value);
        } else {
            pairs.push((Cow::Owned(name), Cow::Owned(value)));
        }
    }
    let mut body = config::form(kind, pairs.into_iter());
    if let Value::Object(fields) = &mut body {
        // A part that calls itself JSON is a value as it stands, not a text to be typed.
        fields.extend(records);
    }
    Ok(body)
}

fn bad(message: String) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, message)
}

fn unsupported(what: &str) -> Fault {
    let message = format!(
        "{what} is not supported: send application/json, application/x-www-form-urlencoded or multipart/form-data"
    );
    Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}

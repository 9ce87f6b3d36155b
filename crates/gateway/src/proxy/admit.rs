//! Admit: who is asking, for which environment, and may they.
//!
//! Client keys come with their own entity; until then everybody who reaches the listener is admitted (the listener is
//! loopback, or was opened explicitly). What could be read in two ways is not admitted ([`target`]).

mod target;

use std::net::IpAddr;

use balance::Environment;
use http::{HeaderMap, HeaderName, header, request::Parts};
use xxhash_rust::xxh3::xxh3_64;

use super::{Peer, answer::Failure, journey::Journey};

/// Longest `x-request-id` taken over from a client; a longer one is replaced, not cut.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// Names the header that picks an environment while there are no client keys.
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-spillway-environment");
/// `off` declines failover to other providers' models.
const FALLBACK: HeaderName = HeaderName::from_static("x-spillway-fallback");
/// The headers in which clients of the various SDKs send their key.
pub(super) const KEY_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// A request that may go on.
pub(super) struct Admitted {
    /// Which environment's targets may serve it.
    pub(super) environment: Environment,
    /// The client's own key, hashed: never kept, only compared.
    pub(super) caller: Option<u64>,
    /// Where it came from.
    pub(super) ip: IpAddr,
    /// Whether other providers' models may answer.
    pub(super) fallback: bool,
}

/// Checks what the headers say.
pub(super) fn admit(head: &Parts, peer: Peer, journey: &mut Journey) -> Result<Admitted, Box<Failure>> {
    target::check(head)?;
    let environment = match head.headers.get(&ENVIRONMENT).map(http::HeaderValue::as_bytes) {
        None | Some(b"production") => Environment::Production,
        Some(b"sandbox") => Environment::Sandbox,
        Some(_) => {
            return Err(Failure::invalid("x-spillway-environment should be 'production' or 'sandbox'", None));
        }
    };
    let fallback = match head.headers.get(&FALLBACK).map(http::HeaderValue::as_bytes) {
        None | Some(b"on") => true,
        Some(b"off") => false,
        Some(_) => {
            return Err(Failure::invalid("x-spillway-fallback should be 'on' or 'off'", None));
        }
    };
    journey.record.environment = environment;
    let caller =
        KEY_HEADERS.iter().find_map(|name| head.headers.get(name)).map(|key| xxh3_64(key.as_bytes()));
    Ok(Admitted { environment, caller, ip: peer.addr.ip(), fallback })
}

/// The client's own request id where it is one that can be logged and sent back as it is; otherwise a new one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get("x-request-id").and_then(|it| it.to_str().ok());
    match sent {
        Some(id) if !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX => id.to_owned(),
        _ => super::ids::fresh(),
    }
}

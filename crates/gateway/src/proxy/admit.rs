//! Admit: who is asking, for which environment, and may they.
//!
//! As soon as there are client keys whoever has none stays outside ([`door`]). What could be read in two ways is not
//! admitted either ([`target`]).

mod door;
mod target;

use std::{net::IpAddr, sync::Arc};

use balance::Environment;
use config::{Snapshot, snapshot::ClientKey};
use dialect::Dialect;
use http::{HeaderMap, HeaderName, request::Parts};
use xxhash_rust::xxh3::xxh3_64;

use super::{Peer, answer::Failure, asked::Asked, journey::Journey};

use self::door::query_keys;
pub(crate) use self::door::{Auth, Door};
pub(super) use self::{
    door::{KEY_HEADERS, without_keys},
    target::check as sound,
};

/// Longest `x-request-id` taken over from a client; a longer one is replaced, not cut.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// Names the header that picks the environment of a request without a client key.
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-spillway-environment");
/// `off` declines failover to other providers' models.
const FALLBACK: HeaderName = HeaderName::from_static("x-spillway-fallback");
/// A request that may go on.
pub(super) struct Admitted {
    /// The client key it came with.
    pub(super) key: Option<Arc<ClientKey>>,
    /// Which environment's targets may serve it.
    pub(super) environment: Environment,
    /// A key of a vendor's that the client brought, hashed: never kept, only compared.
    pub(super) caller: Option<u64>,
    /// Where it came from.
    pub(super) ip: IpAddr,
    /// Whether other providers' models may answer.
    pub(super) fallback: bool,
}

/// Checks what the headers say.
pub(super) fn admit(
    head: &Parts,
    asked: Asked<'_>,
    peer: Peer,
    door: &Door,
    snapshot: &Snapshot,
    journey: &mut Journey,
) -> Result<Admitted, Box<Failure>> {
    let now = journey.state.clock.time(journey.started);
    let in_query = query_keys(head.uri.query());
    let key = door.key(&head.headers, &in_query, &snapshot.client_keys, now)?;
    journey.record.client_key.clone_from(&key);
    let environment = environment(&head.headers, key.as_deref())?;
    journey.record.environment = environment;
    let fallback = match head.headers.get(&FALLBACK).map(http::HeaderValue::as_bytes) {
        None | Some(b"on") => true,
        Some(b"off") => false,
        Some(_) => {
            return Err(Failure::invalid("x-spillway-fallback should be 'on' or 'off'", None));
        }
    };
    // With a key of ours in hand, nothing that came with it is taken for a vendor's.
    let in_headers = || KEY_HEADERS.iter().find_map(|name| head.headers.get(name)).map(|it| it.as_bytes());
    let googles = || in_query.first().filter(|_| asked.dialect == Dialect::Google).map(|it| it.as_bytes());
    let caller = if key.is_some() { None } else { in_headers().or_else(googles).map(xxh3_64) };
    Ok(Admitted { key, environment, caller, ip: peer.addr.ip(), fallback })
}

/// The key's, whatever else the client may wish for; without a key the client's wish.
fn environment(headers: &HeaderMap, key: Option<&ClientKey>) -> Result<Environment, Box<Failure>> {
    let wished = match headers.get(&ENVIRONMENT).map(http::HeaderValue::as_bytes) {
        None => None,
        Some(b"production") => Some(Environment::Production),
        Some(b"sandbox") => Some(Environment::Sandbox),
        Some(_) => {
            return Err(Failure::invalid("x-spillway-environment should be 'production' or 'sandbox'", None));
        }
    };
    match (key.map(|it| it.environment), wished) {
        (Some(own), Some(wished)) if own != wished => Err(Failure::key_of_another_environment(own, wished)),
        (Some(own), _) => Ok(own),
        (None, wished) => Ok(wished.unwrap_or(Environment::Production)),
    }
}

/// The client's own request id where it is one that can be logged and sent back as it is; otherwise a new one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get("x-request-id").and_then(|it| it.to_str().ok());
    match sent {
        Some(id) if !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX => id.to_owned(),
        _ => super::ids::fresh(),
    }
}

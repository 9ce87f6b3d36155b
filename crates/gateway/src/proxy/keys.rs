//! What consistent hashing and affinity go by.

use std::borrow::Cow;

use config::snapshot::{AffinityKey, HashOn};
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::{admit::Admitted, decode::Decoded};

/// Session headers of known clients, in the order in which they are believed.
const SESSION: [HeaderName; 5] = [
    HeaderName::from_static("x-claude-code-session-id"),
    HeaderName::from_static("session-id"),
    HeaderName::from_static("thread-id"),
    HeaderName::from_static("x-session-affinity"),
    HeaderName::from_static("x-session-id"),
];
/// How much of a body is its prefix: enough for a system prompt's beginning to differ, the unit in which vendors'
/// prompt caches begin to count.
const PREFIX_BYTES: usize = 4096;

/// A hash key, and the cookie to set where it was made up.
#[derive(Default)]
pub(super) struct HashKey {
    pub(super) hash: Option<u64>,
    pub(super) set_cookie: Option<HeaderValue>,
}

/// The key by `on`, or else by `fallback`; neither: spread.
pub(super) fn hash(
    on: &HashOn,
    fallback: &HashOn,
    cookie_path: &str,
    head: &Parts,
    admitted: &Admitted,
) -> HashKey {
    if let HashOn::Cookie(name) = on
        && cookie(&head.headers, name).is_none()
    {
        return new_cookie(name, cookie_path);
    }
    let hash = source(on, head, admitted).or_else(|| source(fallback, head, admitted));
    if let (None, HashOn::Cookie(name)) = (hash, fallback) {
        return new_cookie(name, cookie_path);
    }
    HashKey { hash, set_cookie: None }
}

fn source(on: &HashOn, head: &Parts, admitted: &Admitted) -> Option<u64> {
    match on {
        HashOn::None => None,
        HashOn::Consumer => consumer(admitted),
        HashOn::Ip => Some(match admitted.ip {
            std::net::IpAddr::V4(ip) => xxh3_64(&ip.octets()),
            std::net::IpAddr::V6(ip) => xxh3_64(&ip.octets()),
        }),
        HashOn::Header(name) => head.headers.get(name.as_str()).map(|it| xxh3_64(it.as_bytes())),
        HashOn::Cookie(name) => cookie(&head.headers, name).map(|it| xxh3_64(it.as_bytes())),
        HashOn::Path => Some(xxh3_64(head.uri.path().as_bytes())),
        HashOn::QueryArg(name) => query_argument(head.uri.query()?, name).map(|it| xxh3_64(it.as_bytes())),
    }
}

/// Who asks: all keys of a consumer are one; without, a key of a vendor's that the client brought.
fn consumer(admitted: &Admitted) -> Option<u64> {
    admitted.key.as_ref().map(|it| it.consumer_hash).or(admitted.caller)
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

fn new_cookie(name: &str, path: &str) -> HashKey {
    let value = Uuid::now_v7().to_string();
    let set_cookie = HeaderValue::from_str(&format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax"));
    HashKey { hash: Some(xxh3_64(value.as_bytes())), set_cookie: set_cookie.ok() }
}

fn query_argument<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
}

/// Who sticks to a target.
pub(super) fn affinity(
    key: &AffinityKey,
    head: &Parts,
    admitted: &Admitted,
    decoded: &Decoded,
) -> Option<u64> {
    match key {
        AffinityKey::None => None,
        AffinityKey::Session => SESSION
            .iter()
            .find_map(|name| head.headers.get(name))
            .map(|it| xxh3_64(it.as_bytes()))
            .or_else(|| decoded.prompt_cache_key.as_ref().map(|it| xxh3_64(it.as_bytes())))
            .or_else(|| consumer(admitted)),
        AffinityKey::Prefix => {
            let bytes = decoded.bytes();
            (!bytes.is_empty()).then(|| xxh3_64(&bytes[..bytes.len().min(PREFIX_BYTES)]))
        }
        AffinityKey::Header(name) => head.headers.get(name.as_str()).map(|it| xxh3_64(it.as_bytes())),
        AffinityKey::Body(field) => {
            dialect::body_field(decoded.bytes(), field).map(|it| xxh3_64(it.as_bytes()))
        }
    }
}

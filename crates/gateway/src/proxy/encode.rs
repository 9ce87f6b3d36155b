//! Encode: what a vendor is sent, made of what the client sent.
//!
//! Built anew from the client's own request for every try, so that nothing of one vendor's key or model ever reaches
//! another.

use bytes::Bytes;
use config::snapshot::Credential;
use dialect::{Auth, Kind};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    admit::KEY_HEADERS,
    decode::{Decoded, Payload, Place},
};
use crate::send::{Outgoing, Streamed};

const GOOGLES_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// Vendors are asked for plain bytes: the gateway reads what it relays, and never decompresses.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
/// What Anthropic is told when the client did not say: the version that every one of its SDKs understands.
const ANTHROPIC_VERSION_DEFAULT: HeaderValue = HeaderValue::from_static(dialect::ANTHROPIC_VERSION);

/// Headers of the client's that no vendor gets to see. Hop-by-hop ones, and what `connection` lists, besides.
const WITHHELD: [HeaderName; 12] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::COOKIE,
    header::ACCEPT_ENCODING,
    header::FORWARDED,
    header::ORIGIN,
    header::REFERER,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("openai-organization"),
    HeaderName::from_static("openai-project"),
    HeaderName::from_static("x-request-id"),
];
const WITHHELD_PREFIXES: [&str; 4] = ["x-forwarded-", "x-spillway-", "sec-", "proxy-"];

/// What becomes of the model in the body.
#[derive(Clone, Copy)]
pub(super) enum Model<'m> {
    /// It is the right one, or there is none to be sent.
    AsItIs,
    /// This one stands in its place.
    Instead(&'m str),
    /// This one is told elsewhere: JSON says none, and a form, whose parts are not taken apart, the same one.
    Elsewhere(&'m str),
}

/// The vendor's headers: the client's, less what is not for the vendor, the key, and the model where it is `told` so.
pub(super) fn headers(
    from: &HeaderMap,
    kind: Kind,
    credential: Option<&Credential>,
    pass_through: bool,
    told: Option<(HeaderName, HeaderValue)>,
) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::with_capacity(from.len() + 4);
    let listed = connection_lists(from);
    for (name, value) in from {
        let key = KEY_HEADERS.contains(name);
        let account = !pass_through && is_account(name);
        let kept = if key { pass_through } else { !account && !is_withheld(name, pass_through) };
        // The operator's word for this key stands in the client's place, not beside it.
        let overridden = credential.is_some_and(|it| it.headers.iter().any(|(own, _)| own == name))
            || told.as_ref().is_some_and(|(own, _)| own == name);
        if kept
            && !overridden
            && !is_hop_by_hop(name)
            && !listed.iter().any(|it| name.as_str().eq_ignore_ascii_case(it))
        {
            headers.push((name.clone(), value.clone()));
        }
    }
    headers.push((header::ACCEPT_ENCODING, IDENTITY));
    headers.extend(told);
    if let Some(credential) = credential {
        headers.extend(credential.headers.iter().cloned());
    }
    let says_version = headers.iter().any(|(name, _)| *name == ANTHROPIC_VERSION);
    if matches!(kind.row().auth, Auth::XApiKey) && !says_version {
        headers.push((ANTHROPIC_VERSION, ANTHROPIC_VERSION_DEFAULT));
    }
    headers
}

/// On Google's own paths a key of Google's has a header of its own, and stands nowhere else.
pub(super) fn googles_own(headers: &mut [(HeaderName, HeaderValue)], kind: Kind) {
    let is_key = |it: &&mut (HeaderName, HeaderValue)| it.0 == header::AUTHORIZATION;
    if !matches!(kind.row().auth, Auth::Google) {
        return;
    }
    for (name, value) in headers.iter_mut().filter(is_key) {
        let key = value.as_bytes().strip_prefix(b"Bearer ").map(HeaderValue::from_bytes);
        if let Some(Ok(mut key)) = key {
            key.set_sensitive(true);
            (*name, *value) = (GOOGLES_KEY, key);
        }
    }
}

/// The account that a client names belongs to the client's own key.
fn is_account(name: &HeaderName) -> bool {
    matches!(name.as_str(), "openai-organization" | "openai-project" | "x-goog-user-project")
}

fn is_withheld(name: &HeaderName, pass_through: bool) -> bool {
    if pass_through && is_account(name) {
        return false;
    }
    WITHHELD.contains(name) || WITHHELD_PREFIXES.iter().any(|it| name.as_str().starts_with(it))
}

/// Headers that speak of one connection only (RFC 9110 7.6.1).
pub(super) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// The names that `connection` lists besides: hop-by-hop as well.
pub(super) fn connection_lists(headers: &HeaderMap) -> Vec<&str> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .map(str::trim)
        .filter(|it| {
            !it.is_empty() && !it.eq_ignore_ascii_case("keep-alive") && !it.eq_ignore_ascii_case("close")
        })
        .collect()
}

/// The body with the model's name as it is to be.
pub(super) fn body(decoded: &mut Decoded, model: Model<'_>) -> Outgoing {
    let keep = decoded.keep();
    let place = decoded.model.as_ref().map(|it| &it.place);
    if let (true, Payload::Whole(bytes)) = (keep, &decoded.payload) {
        return Outgoing::Pieces(splice(bytes, place, decoded.object, model));
    }
    match std::mem::replace(&mut decoded.payload, Payload::Gone) {
        Payload::Empty => {
            decoded.payload = Payload::Empty;
            Outgoing::Empty
        }
        Payload::Gone => Outgoing::Empty,
        // Let go of once it is sent, and counted until then.
        Payload::Whole(bytes) => Outgoing::Pieces(splice(&bytes, place, decoded.object, model)),
        Payload::Streamed { head, rest, length } => {
            let pieces = splice(&head, place, false, model);
            let spliced: usize = pieces.iter().map(Bytes::len).sum();
            let length = length.map(|it| it + spliced as u64 - head.len() as u64);
            Outgoing::Stream(Streamed::new(pieces, rest), length)
        }
    }
}

fn splice(bytes: &Bytes, place: Option<&Place>, object: bool, model: Model<'_>) -> [Bytes; 3] {
    match (place, model) {
        (Some(Place::Json(span)), Model::Instead(model)) => dialect::splice_model(bytes, span, model),
        (Some(Place::Json(span)), Model::Elsewhere(_)) => dialect::remove_model(bytes, span),
        (Some(Place::Multipart(span)), Model::Instead(model) | Model::Elsewhere(model)) => {
            dialect::splice_form_model(bytes, span, model)
        }
        (Some(Place::Path), Model::Instead(model)) if object => {
            [dialect::rename_google_model(bytes, model), Bytes::new(), Bytes::new()]
        }
        (None, Model::Instead(model)) if object => dialect::insert_model(bytes, model),
        (None | Some(Place::Path), _) | (_, Model::AsItIs) => [bytes.clone(), Bytes::new(), Bytes::new()],
    }
}

//! Who may call.
//!
//! The token, where there is one; and for browsers, whose users did not ask for the call: only pages of our own origin
//! (a form on a foreign page could otherwise change the configuration), and only under a name that is ours (a foreign
//! name that suddenly resolves to this machine could otherwise read everything). A call that bears the token needs no
//! check of the name: a foreign page does not have the token.

use std::{net::IpAddr, sync::Arc};

use aws_lc_rs::digest::{Digest, SHA256, digest};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use subtle::ConstantTimeEq;

use super::{Access, Admin, answer::Fault, ui};
use crate::listener::Ambiguous;

/// What is checked.
pub(super) struct Guard {
    /// Of the token. Digests have one length, so comparing them tells nothing about the token's.
    token: Option<Digest>,
    metrics_open: bool,
    listen: IpAddr,
    /// Lowercase.
    hosts: Vec<String>,
}

/// The middleware around everything.
pub(super) async fn stand(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let mut response = match admin.guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(fault) => fault,
    };
    harden(response.headers_mut());
    response
}

/// Answers are data of the moment for the one who asked: no sniffing, no keeping, no framing.
fn harden(headers: &mut HeaderMap) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

impl Guard {
    pub(super) fn new(access: &Access) -> Self {
        Guard {
            token: access.token.as_ref().map(|it| digest(&SHA256, it.expose().as_bytes())),
            metrics_open: access.metrics_open,
            listen: access.listen.ip(),
            hosts: access.hosts.iter().map(|it| it.to_ascii_lowercase()).collect(),
        }
    }

    /// Whether whoever gets through has borne the token.
    pub(super) fn wants_token(&self) -> bool {
        self.token.is_some()
    }

    #[expect(clippy::result_large_err, reason = "an answer, once per refused call")]
    fn check(&self, request: &Request) -> Result<(), Response> {
        if request.extensions().get::<Ambiguous>().is_some() {
            return Err(ambiguous());
        }
        if self.is_free(request.uri().path()) || ui::is_for_pages(request) {
            return Ok(());
        }
        let host = host(request);
        if is_foreign_page(request, host.as_ref()) {
            return Err(forbidden("calls from pages of another origin are refused"));
        }
        match &self.token {
            Some(token) if bears(request.headers(), token) => Ok(()),
            Some(_) => Err(unauthorized()),
            None if host.is_some_and(|it| self.is_ours(it.host())) => Ok(()),
            None => Err(forbidden("this host name is not one of the Admin API's: call it by its address")),
        }
    }

    /// Liveness and readiness say nothing that a port scan would not.
    fn is_free(&self, path: &str) -> bool {
        match path {
            "/livez" | "/readyz" => true,
            "/metrics" => self.token.is_some() && self.metrics_open,
            _ => false,
        }
    }

    /// Whether a browser that calls us by that name really means us.
    fn is_ours(&self, host: &str) -> bool {
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let literal = name.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(ip) => {
                let ip = ip.to_canonical();
                // Listening everywhere, every address is ours; and an address can not be rebound.
                ip.is_loopback() || self.listen.is_unspecified() || ip == self.listen.to_canonical()
            }
            Err(_) => name == "localhost" || name.ends_with(".localhost") || self.hosts.contains(&name),
        }
    }
}

/// An empty token is nobody's.
fn bears(headers: &HeaderMap, token: &Digest) -> bool {
    let value = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let (scheme, given) = value.split_at(value.len().min("Bearer ".len()));
    let given = given.trim_ascii();
    let same = bool::from(digest(&SHA256, given).as_ref().ct_eq(token.as_ref()));
    scheme.eq_ignore_ascii_case(b"Bearer ") && !given.is_empty() && same
}

/// The name we were called by.
fn host(request: &Request) -> Option<Authority> {
    let named = request.headers().get(header::HOST).and_then(|it| it.to_str().ok()?.parse().ok());
    request.uri().authority().cloned().or(named)
}

/// Whether a browser says that a page of another origin made this call. Following a link to us is not such a call.
fn is_foreign_page(request: &Request, host: Option<&Authority>) -> bool {
    let text = |name: &HeaderName| request.headers().get(name).map(|it| it.to_str().unwrap_or("?"));
    let cross_site = text(&HeaderName::from_static("sec-fetch-site")) == Some("cross-site");
    let follows_link = text(&HeaderName::from_static("sec-fetch-mode")) == Some("navigate")
        && matches!(*request.method(), Method::GET | Method::HEAD);
    let foreign_origin = text(&header::ORIGIN).is_some_and(|it| !is_same_origin(it, host));
    foreign_origin || (cross_site && !follows_link)
}

fn is_same_origin(origin: &str, host: Option<&Authority>) -> bool {
    let (Some((scheme, authority)), Some(host)) = (origin.split_once("://"), host) else {
        return false;
    };
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let default = if scheme == "https" { 443 } else { 80 };
    let port = |it: &Authority| it.port_u16().unwrap_or(default);
    authority.host().eq_ignore_ascii_case(host.host()) && port(&authority) == port(host)
}

fn unauthorized() -> Response {
    let message = "this Admin API wants its token: Authorization: Bearer …";
    let fault = Fault::new(StatusCode::UNAUTHORIZED, message);
    ([(header::WWW_AUTHENTICATE, "Bearer")], fault).into_response()
}

/// Whatever else the client sends on that connection is not looked at.
fn ambiguous() -> Response {
    let message =
        "the request says the length of its body twice: send content-length or transfer-encoding, once";
    let fault = Fault::new(StatusCode::BAD_REQUEST, message);
    ([(header::CONNECTION, "close")], fault).into_response()
}

fn forbidden(message: &str) -> Response {
    Fault::new(StatusCode::FORBIDDEN, message).into_response()
}

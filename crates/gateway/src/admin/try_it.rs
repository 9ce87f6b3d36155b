//! `/try/…`: the AI API through the Admin API's door.
//!
//! The dashboard's *Try it* page may call no other origin than its own, and the proxy is another one. So what is asked
//! here is handed to the request path inside this process, and its answer is passed on as it comes, with the
//! `x-spillway-*` headers and without what a browser would act upon: whoever opens such an address as a page must not
//! run a vendor's scripts in the dashboard's place. It is an ordinary request in every other way: it is routed, counted
//! and recorded. Who may call is the Admin API's rule; the client key, if the proxy wants one, comes in a header of its
//! own, because `Authorization` is the admin token's.

use std::{net::SocketAddr, pin::Pin, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::Response,
};

use super::{Admin, answer::Fault};

/// The request path, called without a socket.
pub(crate) type Hatch = Arc<dyn Fn(http::Request<Body>, SocketAddr) -> Answering + Send + Sync>;
/// What it will answer; an error means that the process ends.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Response, hyper::Error>> + Send>>;

/// The client key to call with.
const CLIENT_KEY: HeaderName = HeaderName::from_static("x-spillway-client-key");

/// What goes along. The rest is the browser's business or the Admin API's.
const PASSED: [HeaderName; 8] = [
    header::HOST,
    header::CONTENT_TYPE,
    header::ACCEPT,
    HeaderName::from_static("anthropic-version"),
    HeaderName::from_static("anthropic-beta"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("x-spillway-environment"),
    HeaderName::from_static("x-spillway-fallback"),
];

/// What a browser would do at a vendor's word, and to the Admin API's origin. Cookies are never passed on.
const ACTED_UPON: [HeaderName; 12] = [
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::CACHE_CONTROL,
    header::CONTENT_SECURITY_POLICY_REPORT_ONLY,
    header::LINK,
    header::LOCATION,
    header::REFERRER_POLICY,
    header::REFRESH,
    header::STRICT_TRANSPORT_SECURITY,
    header::X_CONTENT_TYPE_OPTIONS,
    HeaderName::from_static("clear-site-data"),
    HeaderName::from_static("service-worker-allowed"),
];

/// An answer that is opened as a page is a page of nobody's: no scripts, no forms, no origin.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// `ANY /try/v1/chat/completions`, and whatever else the proxy answers.
pub(super) async fn pass(State(admin): State<Arc<Admin>>, request: Request) -> Result<Response, Fault> {
    // Without a socket (in tests) nobody is at the other end.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|it| it.0);
    let peer = peer.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let (head, body) = request.into_parts();
    let asked = head.uri.path_and_query().map_or("", |it| it.as_str());
    let uri: Uri = asked
        .strip_prefix("/try")
        .and_then(|it| it.parse().ok())
        .ok_or_else(|| Fault::not_found("behind /try stands a path of the AI API, such as /try/v1/models"))?;
    let mut passed = http::Request::new(body);
    *passed.method_mut() = head.method;
    *passed.uri_mut() = uri;
    *passed.headers_mut() = headers(&head.headers)?;
    let mut answer = (admin.hatch)(passed, peer)
        .await
        .map_err(|_| Fault::new(StatusCode::SERVICE_UNAVAILABLE, "the proxy is not there any more"))?;
    for name in ACTED_UPON {
        answer.headers_mut().remove(name);
    }
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(answer)
}

fn headers(given: &HeaderMap) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for name in PASSED {
        if let Some(value) = given.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    if let Some(key) = given.get(CLIENT_KEY).and_then(|it| it.to_str().ok()) {
        let mut value = HeaderValue::try_from(format!("Bearer {key}"))
            .map_err(|_| Fault::new(StatusCode::BAD_REQUEST, "x-spillway-client-key is no text"))?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok(headers)
}

//! The dashboard's files, at `/ui/`.
//!
//! They are what `make ui` leaves in `ui/dist`, held by the binary. Anybody may read them: they say nothing about this
//! gateway, and a page must be there before it can ask for the token. Files under `assets/` bear a hash of their
//! content in their name and never change; everything else is asked for anew each time, and answered 304 if it is the
//! same. A path that is no file is a page of the dashboard's own: it gets the index.

use axum::{
    extract::{Path, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::answer::Fault;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
struct Files;

const INDEX: &str = "index.html";
/// Where the dashboard is.
const HOME: &str = "/ui/";

/// Scripts, fonts and pictures are the binary's own, and nobody may frame the page. Styles may stand inline: the
/// diagram places its nodes by them, and a style can do nothing but look wrong.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Whether a call is for the pages alone, and so needs no token.
pub(super) fn is_for_pages(request: &Request) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.uri().path() {
        "/" => reads && is_browser(request.headers()),
        "/ui" => reads,
        path => reads && path.starts_with(HOME),
    }
}

/// Whether somebody looks at this with a browser: nothing else asks for HTML.
pub(super) fn is_browser(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|it| it.trim_start().starts_with("text/html"))
}

/// To the dashboard.
pub(super) async fn home() -> Redirect {
    Redirect::to(HOME)
}

/// `/ui/`.
pub(super) async fn index(headers: HeaderMap) -> Result<Response, Fault> {
    file(INDEX, &headers)
}

/// `/ui/…`: a file, or a page of the dashboard's own.
pub(super) async fn page(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Fault> {
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_file = path.starts_with("assets/") || media_type(last).is_some();
    file(if is_file { &path } else { INDEX }, &headers)
}

fn file(path: &str, headers: &HeaderMap) -> Result<Response, Fault> {
    let found = Files::get(path)
        .ok_or_else(|| Fault::not_found("the dashboard has no such file; it begins at /ui/"))?;
    let tag = tag(&found);
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = match headers.get(header::IF_NONE_MATCH) {
        Some(had) if *had == tag => StatusCode::NOT_MODIFIED.into_response(),
        _ => content(path, found, headers),
    };
    let fixed = response.headers_mut();
    fixed.insert(header::ETAG, tag);
    fixed.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    fixed.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    fixed.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

/// The file, compressed if the caller takes that and the build made it.
fn content(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let takes_gzip = accepted.split(',').any(|it| it.split(';').next().is_some_and(|it| it.trim() == "gzip"));
    let packed = if takes_gzip { Files::get(&format!("{path}.gz")) } else { None };
    let is_packed = packed.is_some();
    let mut response = packed.unwrap_or(plain).data.into_owned().into_response();
    let content_type = HeaderValue::from_static(media_type(path).unwrap_or("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    if is_packed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn tag(file: &EmbeddedFile) -> HeaderValue {
    let digest = file.metadata.sha256_hash();
    let hex: String = digest[..16].iter().map(|it| format!("{it:02x}")).collect();
    HeaderValue::try_from(format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Of the kinds of files that the build makes.
fn media_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

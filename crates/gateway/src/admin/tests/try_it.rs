//! `/try/…`: what reaches the proxy, and what does not.

use std::sync::Arc;

use axum::{Json, response::IntoResponse};
use serde_json::json;

use super::{Api, request};
use crate::admin::Hatch;

#[tokio::test]
async fn the_request_reaches_the_proxy_without_its_prefix_and_its_answer_comes_back() {
    let api = Api::new().await;
    let headers = [("content-type", "application/json"), ("x-spillway-environment", "sandbox")];
    let seen = api.send(request("POST", "/try/v1/chat/completions?a=b", &headers, "{}")).await.is(200);
    assert_eq!(seen["asked"], "POST /v1/chat/completions?a=b");
    assert_eq!(seen["headers"]["content-type"], "application/json");
    assert_eq!(seen["headers"]["x-spillway-environment"], "sandbox");
}

#[tokio::test]
async fn the_admin_token_and_cookies_stay_here_and_the_client_key_goes_instead() {
    let api = Api::new().await;
    let headers = [
        ("authorization", "Bearer the-admin-token"),
        ("cookie", "a=b"),
        ("x-spillway-client-key", "sw-client"),
    ];
    let seen = api.send(request("GET", "/try/v1/models", &headers, "")).await.is(200);
    assert_eq!(seen["headers"]["authorization"], "Bearer sw-client");
    assert!(!seen.to_string().contains("the-admin-token") && seen["headers"]["cookie"].is_null(), "{seen}");
    let without = api.send(request("GET", "/try/v1/models", &headers[..2], "")).await.is(200);
    assert!(without["headers"]["authorization"].is_null(), "{without}");
}

#[tokio::test]
async fn a_vendors_answer_is_no_page_of_the_dashboards() {
    let api = Api::new().await;
    let answer = api.send(request("GET", "/try/v1/files/1/content", &[], "")).await;
    assert_eq!(answer.header("x-vendor"), "kept", "what no browser acts upon goes along");
    assert_eq!(
        answer.header("content-security-policy"),
        "default-src 'none'; sandbox; frame-ancestors 'none'",
        "not the vendor's"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    for name in ["refresh", "clear-site-data", "access-control-allow-origin"] {
        assert_eq!(answer.header(name), "", "{name}");
    }
}

/// A proxy before a hostile vendor that answers with what it was asked.
pub(super) fn mirror() -> Hatch {
    Arc::new(|request, _| {
        let headers: serde_json::Map<_, _> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").into()))
            .collect();
        let asked = format!("{} {}", request.method(), request.uri());
        let hostile = [
            ("content-security-policy", "script-src 'unsafe-inline'"),
            ("x-content-type-options", "none"),
            ("cache-control", "public, max-age=86400"),
            ("refresh", "0; url=https://elsewhere.example"),
            ("clear-site-data", "\"*\""),
            ("access-control-allow-origin", "*"),
            ("x-vendor", "kept"),
        ];
        let answer = (hostile, Json(json!({ "asked": asked, "headers": headers }))).into_response();
        Box::pin(async move { Ok(answer) })
    })
}

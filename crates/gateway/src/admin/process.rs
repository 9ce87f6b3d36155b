//! What is there once: the root, liveness, readiness, metrics, the API's own description.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use config::Kind;
use serde_json::{Value, json};

use super::{Admin, answer::Fault, ask::Ask, ui};

/// The program's version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who this is and where to go on; a browser goes to the dashboard.
pub(super) async fn root(ask: Ask) -> Response {
    if ui::is_browser(&ask.headers) {
        return ui::home().await.into_response();
    }
    let control = &ask.admin.control;
    Json(json!({
        "name": "spillway",
        "version": VERSION,
        "node_id": control.node_id(),
        "revision": control.view().revision,
        "proxy_url": ask.admin.proxy_url,
        "links": {
            "upstreams": "/upstreams",
            "services": "/services",
            "routes": "/routes",
            "providers": "/providers",
            "consumers": "/consumers",
            "metrics": "/metrics",
            "openapi": "/openapi.json",
            "livez": "/livez",
            "readyz": "/readyz",
            "dashboard": "/ui/",
        },
    }))
    .into_response()
}

/// The process answers.
pub(super) async fn livez() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The proxy takes requests.
pub(super) async fn readyz(ask: Ask) -> (StatusCode, Json<Value>) {
    match ask.admin.is_ready() {
        true => (StatusCode::OK, Json(json!({ "status": "ok" }))),
        false => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not ready" }))),
    }
}

/// What Prometheus asks for by name when it wants OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text";

/// Prometheus text, or OpenMetrics where that is asked for.
pub(super) async fn metrics(ask: Ask) -> Response {
    let Admin { state, .. } = &*ask.admin;
    let (report, snapshot) = {
        let balancer = state.balancer();
        (balancer.report(state.clock.now()), state.snapshot.load_full())
    };
    let accept = ask.headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let (content_type, text) = if accept.contains(OPEN_METRICS) {
        let text = state.telemetry.render_open_metrics(&report, &snapshot);
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", text)
    } else {
        ("text/plain; version=0.0.4; charset=utf-8", state.telemetry.render(&report, &snapshot))
    };
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}

/// The OpenAPI document.
pub(super) async fn openapi(ask: Ask) -> Json<Value> {
    Json(ask.admin.openapi.clone())
}

/// The JSON Schema of an entity, by `upstream` or `upstreams`.
pub(super) async fn schema(ask: Ask) -> Result<Json<Value>, Fault> {
    let name = ask.at();
    let kind = Kind::ALL.into_iter().find(|it| it.name() == name || it.plural() == name);
    let schema = kind.map(|it| Json(config::schema(it).json_schema()));
    schema.ok_or_else(|| {
        let all: Vec<&str> = Kind::ALL.into_iter().map(Kind::plural).collect();
        Fault::not_found(format!("there are schemas of {}", all.join(", ")))
    })
}

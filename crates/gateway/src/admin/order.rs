//! The order of providers, read and written as a whole.
//!
//! Its tag is the revision of the whole configuration: whoever writes an order with the tag of what they read knows
//! that nothing has come between.

use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use config::{Edit, Kind, Row};
use serde_json::json;

use super::{answer::Fault, ask::Ask, body};
use crate::control::View;

/// `GET /providers/order`
pub(super) async fn read(ask: Ask) -> Response {
    let view = ask.admin.control.view();
    if ask.has(&config::revision_tag(view.revision)) {
        return tagged(axum::http::StatusCode::NOT_MODIFIED.into_response(), &view);
    }
    shown(&view)
}

/// `PUT /providers/order`
pub(super) async fn write(mut ask: Ask) -> Result<Response, Fault> {
    let value = body::read(Kind::Provider, &ask.headers, std::mem::take(&mut ask.body)).await?;
    let done = ask.admin.control.edit(Edit::Order { value }, ask.asked()).await?;
    Ok(shown(&done.view))
}

/// An answer that is as old as the configuration.
pub(super) fn tagged(mut response: Response, view: &View) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&config::revision_tag(view.revision)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn shown(view: &View) -> Response {
    let providers = view.document.ranked(Kind::Provider, None);
    let names: Vec<String> = providers.iter().map(|row: &Arc<Row>| row.label()).collect();
    tagged(Json(json!({ "providers": names })).into_response(), view)
}

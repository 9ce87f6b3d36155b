//! CRUD of every entity, from one table.
//!
//! A further entity is a further line: path, kind, parent, and whether it may be written yet. What its fields are and
//! which changes are good is `config`'s business.

use std::sync::Arc;

use axum::{
    Json, Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use config::{Edit, Kind, Row};
use serde_json::{Value, json};

use super::{
    Admin,
    answer::{self, Fault},
    ask::Ask,
    body,
    credentials::Credentials,
    health::Standings,
    order,
    providers::Providers,
    query::Query,
};
use crate::control::{Asked, Done, Failure, View};

/// What else a deletion has done.
const WARNING: HeaderName = HeaderName::from_static("x-spillway-warning");
/// As many of them as any client reads: more than a hundred headers are too many for some.
const WARNINGS_SHOWN: usize = 20;

/// A collection.
pub(super) struct Resource {
    /// Of the collection; an item is one segment below.
    path: &'static str,
    kind: Kind,
    /// What `{parent}` in the path is.
    parent: Option<Kind>,
    writable: bool,
}

/// Every collection there is.
pub(super) const RESOURCES: [Resource; 10] = [
    Resource { path: "/providers", kind: Kind::Provider, parent: None, writable: true },
    Resource {
        path: "/providers/{parent}/credentials",
        kind: Kind::Credential,
        parent: Some(Kind::Provider),
        writable: true,
    },
    Resource { path: "/credentials", kind: Kind::Credential, parent: None, writable: true },
    Resource { path: "/upstreams", kind: Kind::Upstream, parent: None, writable: true },
    Resource {
        path: "/upstreams/{parent}/targets",
        kind: Kind::Target,
        parent: Some(Kind::Upstream),
        writable: true,
    },
    Resource { path: "/services", kind: Kind::Service, parent: None, writable: true },
    Resource { path: "/routes", kind: Kind::Route, parent: None, writable: true },
    Resource {
        path: "/services/{parent}/routes",
        kind: Kind::Route,
        parent: Some(Kind::Service),
        writable: true,
    },
    Resource { path: "/consumers", kind: Kind::Consumer, parent: None, writable: true },
    Resource {
        path: "/consumers/{parent}/keys",
        kind: Kind::ClientKey,
        parent: Some(Kind::Consumer),
        writable: true,
    },
];

/// The routes of one line of the table.
pub(super) fn routes(resource: &'static Resource) -> Router<Arc<Admin>> {
    let mut collection = get(move |ask: Ask| list(resource, ask));
    let mut item = get(move |ask: Ask| read(resource, ask));
    if resource.writable {
        collection = collection.post(move |ask: Ask| create(resource, ask));
        item = item
            .patch(move |ask: Ask| patch(resource, ask))
            .put(move |ask: Ask| upsert(resource, ask))
            .delete(move |ask: Ask| remove(resource, ask));
    }
    let item_path = match resource.parent {
        Some(_) => format!("{}/{{at}}", resource.path),
        // An upstream's own segment is `{parent}` below it, and a path may call a segment only one name.
        None => format!("{}/{{parent}}", resource.path),
    };
    Router::new().route(resource.path, collection).route(&item_path, item)
}

async fn list(resource: &'static Resource, ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &["size", "offset", "tags"]).done()?;
    let view = ask.admin.control.view();
    let parent = resource.parent.map(|kind| ask.parent_row(&view, kind)).transpose()?;
    let page = view.document.list(resource.kind, parent.as_ref().map(|it| it.id), &ask.paging())?;
    let rows: Vec<Value> = match (resource.kind, &parent) {
        (Kind::Target, Some(upstream)) => {
            let standings = Standings::of(&ask.admin, &view, upstream);
            page.rows.iter().map(|row| standings.shown(row)).collect()
        }
        (Kind::Provider, _) => {
            let providers = Providers::of(&ask.admin, &view);
            page.rows.iter().map(|row| providers.shown(row)).collect()
        }
        (Kind::Credential, _) => {
            let credentials = Credentials::of(&ask.admin, &view);
            page.rows.iter().map(|row| credentials.shown(row)).collect()
        }
        _ => page.rows.iter().map(|row| view.document.view(row)).collect(),
    };
    let mut answer = json!({ "data": rows, "next": page.offset.as_deref().map(|it| ask.next(it)) });
    if let Some(offset) = page.offset {
        answer["offset"] = offset.into();
    }
    let response = Json(answer).into_response();
    // The order of providers goes by the whole configuration.
    Ok(if resource.kind == Kind::Provider { order::tagged(response, &view) } else { response })
}

async fn read(resource: &'static Resource, ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &[]).done()?;
    let view = ask.admin.control.view();
    let row = resource.row(&ask, &view)?;
    // Some also show their state, which changes while the entity and its tag do not.
    let shows_state = matches!(resource.kind, Kind::Target | Kind::Credential | Kind::Provider);
    if !shows_state && ask.has(&config::etag(&row)) {
        let tag = [(header::ETAG, config::etag(&row))];
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok(answer::entity(StatusCode::OK, &row, shown(&ask.admin, &view, &row)))
}

async fn create(resource: &'static Resource, ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &[]).done()?;
    let (kind, parent) = (resource.kind, resource.parent.and_then(|_| ask.parent()));
    resource.parent_exists(&ask)?;
    write(ask, kind, |value| Edit::Create { kind, parent, value }).await
}

async fn patch(resource: &'static Resource, ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &[]).done()?;
    let (kind, (parent, at)) = (resource.kind, resource.place(&ask));
    resource.row(&ask, &ask.admin.control.view())?;
    write(ask, kind, |value| Edit::Patch { kind, parent, at, value }).await
}

async fn upsert(resource: &'static Resource, ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &[]).done()?;
    let (kind, (parent, at)) = (resource.kind, resource.place(&ask));
    resource.parent_exists(&ask)?;
    resource.is_meant(&ask, &ask.admin.control.view())?;
    write(ask, kind, |value| Edit::Put { kind, parent, at, value }).await
}

/// What is already absent is as good as removed; a parent that is absent is a 404.
async fn remove(resource: &'static Resource, ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &["force"]).done()?;
    let (parent, at) = resource.place(&ask);
    resource.is_meant(&ask, &ask.admin.control.view())?;
    let edit = Edit::Delete { kind: resource.kind, parent, at };
    // What can be changed but not removed is the built-in upstream.
    let built_in = resource.row(&ask, &ask.admin.control.view()).is_ok_and(|row| !row.derived);
    let refused = |failure| match Fault::from(failure) {
        fault if built_in => fault.allowing("GET, HEAD, PATCH, PUT"),
        fault => fault,
    };
    let done = ask.admin.control.edit(edit, ask.asked_to_delete()?).await.map_err(refused)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    // A 204 has no body to say in what went along, and what became of the rest.
    let more = done.warnings.len().checked_sub(WARNINGS_SHOWN).filter(|it| *it > 0);
    let more = more.map(|it| format!("and {it} more of the kind"));
    let shown = done.warnings.iter().take(WARNINGS_SHOWN).chain(&more);
    // Names are in any script: UTF-8, as bytes. What no header takes is in none of them.
    for warning in shown.filter_map(|it| HeaderValue::from_bytes(it.as_bytes()).ok()) {
        response.headers_mut().append(WARNING, warning);
    }
    Ok(response)
}

/// Reads the body, makes the change, shows what came of it.
async fn write(mut ask: Ask, kind: Kind, edit: impl FnOnce(Value) -> Edit) -> Result<Response, Fault> {
    let mut value = body::read(kind, &ask.headers, std::mem::take(&mut ask.body)).await?;
    forget_shown(kind, &mut value);
    // Made for every write that may need one: only the edit tells whether it makes a key or changes one.
    let fresh = (kind == Kind::ClientKey).then(|| ask.admin.control.pepper().fresh()).transpose();
    let fresh = fresh.map_err(|_| Failure::Broken)?;
    let asked = Asked { key_hash: fresh.as_ref().map(|it| it.hash), ..ask.asked() };
    let Done { row, created, warnings, view } = ask.admin.control.edit(edit(value), asked).await?;
    let row = row.ok_or(Failure::Broken)?;
    let mut answer = shown(&ask.admin, &view, &row);
    if let (true, Some(fresh)) = (created, fresh) {
        answer["key"] = fresh.key.expose().into();
    }
    if !warnings.is_empty() {
        answer["warnings"] = warnings.into();
    }
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(answer::entity(status, &row, answer))
}

/// What was read may be written back, so what only answers have is not taken for an unknown field.
fn forget_shown(kind: Kind, value: &mut Value) {
    let shown: &[&str] = match kind {
        Kind::Target => &["health", "state", "warnings"],
        Kind::Credential => {
            &["default", "state", "cause", "since", "until", "ttl", "model_states", "warnings"]
        }
        Kind::Provider => {
            &["status", "reason", "served_by", "api_count", "apis_called", "key_count", "warnings"]
        }
        _ => &["warnings"],
    };
    if let Value::Object(fields) = value {
        fields.retain(|name, _| !shown.contains(&name.as_str()));
    }
}

/// An entity as it reads, a target or a credential with its standing.
fn shown(admin: &Admin, view: &View, row: &Row) -> Value {
    match row.kind {
        Kind::Credential => return Credentials::of(admin, view).shown(row),
        Kind::Provider => return Providers::of(admin, view).shown(row),
        _ => {}
    }
    let upstream = row.parent.filter(|_| row.kind == Kind::Target);
    match upstream.and_then(|it| view.document.get(Kind::Upstream, &it.to_string())) {
        Some(upstream) => Standings::of(admin, view, &upstream).shown(row),
        None => view.document.view(row),
    }
}

// === impl Resource ===

impl Resource {
    /// Parent and item as the path names them.
    fn place(&self, ask: &Ask) -> (Option<String>, String) {
        match self.parent {
            Some(_) => (ask.parent(), ask.at().to_owned()),
            None => (None, ask.parent().unwrap_or_default()),
        }
    }

    /// The row that the path names.
    fn row(&self, ask: &Ask, view: &View) -> Result<Arc<Row>, Fault> {
        match self.parent {
            Some(kind) => {
                let parent = ask.parent_row(view, kind)?;
                let found = view.document.child(self.kind, parent.id, ask.at());
                found.ok_or_else(|| Fault::no_such(self.kind, ask.at()))
            }
            None => {
                self.is_meant(ask, view)?;
                ask.parent_row(view, self.kind)
            }
        }
    }

    /// A 409 where several have that name, for whoever means one of them.
    fn is_meant(&self, ask: &Ask, view: &View) -> Result<(), Fault> {
        let (parent, at) = self.place(ask);
        match view.document.namesakes(self.kind, &at).as_slice() {
            several @ [_, _, ..] if parent.is_none() => Err(Fault::several(self.kind, several)),
            _ => Ok(()),
        }
    }

    /// A 404 before the body is looked at, if the parent is not there.
    fn parent_exists(&self, ask: &Ask) -> Result<(), Fault> {
        match self.parent {
            Some(kind) => ask.parent_row(&ask.admin.control.view(), kind).map(drop),
            None => Ok(()),
        }
    }
}

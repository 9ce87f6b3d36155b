//! `GET /topology`: the whole diagram in one answer, services → providers → keys.
//!
//! Every word of it is read where the router reads it: standings from the ledger, counts from the records. `share` is the
//! part of its provider's tries of the last hour that a key has got. Routes without a service hang together at one more
//! service without id and name; it is also there while there is no service at all, so that a diagram has a left end.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::SystemTime,
};

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use config::{Document, Entity, Kind, Row};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Admin,
    answer::Fault,
    apis::Apis,
    ask::Ask,
    credentials::{self, Credentials},
    providers::{Providers, ServedBy},
    query::Query,
    traffic::{Flow, Flows},
};
use crate::{
    clock::{rfc3339, unix_seconds},
    control::View,
    history::{By, HOUR, KeyError},
};

#[derive(Serialize)]
struct Topology {
    revision: String,
    services: Vec<Service>,
    providers: Vec<Provider>,
}

#[derive(Serialize)]
struct Service {
    id: Option<Uuid>,
    name: Option<String>,
    routes: Vec<Named>,
    edges: Vec<Edge>,
}

#[derive(Serialize)]
struct Named {
    id: Uuid,
    name: String,
}

#[derive(Serialize)]
struct Edge {
    provider: String,
    api_count: usize,
    apis_called: usize,
    /// Ids of the routes behind the two counts.
    routes: Vec<Uuid>,
    routes_called: Vec<Uuid>,
}

#[derive(Serialize)]
struct Provider {
    id: Uuid,
    name: String,
    kind: String,
    rank: u32,
    status: &'static str,
    reason: Option<String>,
    default_model: Option<String>,
    api_count: usize,
    apis_called: usize,
    key_count: usize,
    served_by: Option<ServedBy>,
    traffic: Flow,
    credentials: Vec<Credential>,
}

#[derive(Serialize)]
struct Credential {
    id: Uuid,
    name: String,
    default: bool,
    #[serde(flatten)]
    standing: credentials::Standing,
    share: Option<f64>,
    last_error: Option<Arc<str>>,
    last_error_at: Option<String>,
}

/// The diagram.
pub(super) async fn read(ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &[]).done()?;
    let view = ask.admin.control.view();
    let topology = Topology::of(&ask.admin, &view);
    let tag = HeaderValue::from_str(&format!("\"{}\"", topology.revision));
    let mut response = Json(topology).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

impl Topology {
    fn of(admin: &Admin, view: &View) -> Self {
        let document = &view.document;
        let providers = Providers::of(admin, view);
        let mut ranked: Vec<&Arc<Row>> = document.rows(Kind::Provider).collect();
        ranked.sort_by_key(|row| rank(row));
        Topology {
            revision: view.revision.to_string(),
            services: services(document, providers.apis(), &ranked),
            providers: Keys::of(admin, view).providers(document, &providers, &ranked, admin),
        }
    }
}

/// What there is to say of keys.
struct Keys {
    standings: Credentials,
    by_provider: HashMap<Uuid, Vec<Arc<Row>>>,
    tries: HashMap<(Arc<str>, Arc<str>), u64>,
    errors: HashMap<balance::CredentialId, KeyError>,
}

impl Keys {
    fn of(admin: &Admin, view: &View) -> Self {
        let mut by_provider: HashMap<Uuid, Vec<Arc<Row>>> = HashMap::new();
        for row in view.document.rows(Kind::Credential) {
            by_provider.entry(row.parent.unwrap_or_default()).or_default().push(Arc::clone(row));
        }
        by_provider.values_mut().for_each(|keys| keys.sort_by_key(|row| rank(row)));
        let since = unix_seconds(SystemTime::now()) - HOUR;
        let history = &admin.state.telemetry.history;
        let tries = history.read(&admin.state.clock, |past| {
            let mut tries: HashMap<(Arc<str>, Arc<str>), u64> = HashMap::new();
            for (key, counts) in past.series.minutes(since).flat_map(|(_, counts)| counts) {
                if key.by == By::Credential {
                    let of_key = (Arc::clone(&key.owner), Arc::clone(&key.name));
                    *tries.entry(of_key).or_default() += counts.requests;
                }
            }
            tries
        });
        let errors = history.key_errors();
        Keys { standings: Credentials::of(admin, view), by_provider, tries, errors }
    }

    fn providers(
        &self,
        document: &Document,
        standings: &Providers,
        ranked: &[&Arc<Row>],
        admin: &Admin,
    ) -> Vec<Provider> {
        let flows = Flows::of(&admin.state);
        let shown = ranked.iter().enumerate().filter_map(|(index, row)| {
            let Entity::Provider(provider) = &*row.entity else {
                return None;
            };
            let standing = standings.standing(row);
            let uses = standings.apis().uses(row.id);
            let credentials = self.of_provider(document, row);
            Some(Provider {
                id: row.id,
                name: provider.name.clone(),
                kind: provider.kind.clone(),
                rank: u32::try_from(index + 1).unwrap_or(u32::MAX),
                status: standing.status,
                reason: standing.reason,
                default_model: document.default_model(row.id),
                api_count: uses.configured.len(),
                apis_called: uses.called.len(),
                key_count: credentials.len(),
                served_by: standing.served_by,
                traffic: flows.providers.get(provider.name.as_str()).copied().unwrap_or_default(),
                credentials,
            })
        });
        shown.collect()
    }

    fn of_provider(&self, document: &Document, provider: &Row) -> Vec<Credential> {
        let keys = self.by_provider.get(&provider.id).map_or(&[][..], Vec::as_slice);
        let default = document.default_credential(provider.id);
        let owner: Arc<str> = provider.label().into();
        let tries = |row: &Row| {
            let key = (Arc::clone(&owner), row.label().into());
            self.tries.get(&key).copied().unwrap_or_default()
        };
        let all: u64 = keys.iter().map(|it| tries(it)).sum();
        let shown = keys.iter().map(|row| {
            let error = self.standings.id(row).and_then(|it| self.errors.get(&it));
            let share = tries(row) as f64 / all.max(1) as f64;
            Credential {
                id: row.id,
                name: row.label(),
                default: default == Some(row.id),
                standing: self.standings.standing(row),
                share: (all > 0).then(|| (share * 1e4).round() / 1e4),
                last_error: error.map(|it| Arc::clone(&it.message)),
                last_error_at: error.map(|it| rfc3339(it.at)),
            }
        });
        shown.collect()
    }
}

fn services(document: &Document, apis: &Apis, ranked: &[&Arc<Row>]) -> Vec<Service> {
    let mut routes: HashMap<Option<Uuid>, Vec<Named>> = HashMap::new();
    for row in document.rows(Kind::Route) {
        routes.entry(row.parent).or_default().push(Named { id: row.id, name: row.label() });
    }
    let service = |id: Option<Uuid>, name: Option<String>, routes: Vec<Named>| {
        let own: BTreeSet<Uuid> = routes.iter().map(|it| it.id).collect();
        let edges = ranked.iter().filter_map(|row| {
            let uses = apis.uses(row.id);
            let (routes, routes_called): (Vec<Uuid>, Vec<Uuid>) = (
                uses.configured.intersection(&own).copied().collect(),
                uses.called.intersection(&own).copied().collect(),
            );
            let edge = Edge {
                provider: row.label(),
                api_count: routes.len(),
                apis_called: routes_called.len(),
                routes,
                routes_called,
            };
            (edge.api_count + edge.apis_called > 0).then_some(edge)
        });
        Service { id, name, edges: edges.collect(), routes }
    };
    let mut services: Vec<Service> = Vec::new();
    for row in document.rows(Kind::Service) {
        let own = routes.remove(&Some(row.id)).unwrap_or_default();
        services.push(service(Some(row.id), Some(row.label()), own));
    }
    let rest = routes.remove(&None).unwrap_or_default();
    if services.is_empty() || !rest.is_empty() {
        services.push(service(None, None, rest));
    }
    services
}

fn rank(row: &Row) -> u32 {
    match &*row.entity {
        Entity::Provider(it) => it.rank,
        Entity::Credential(it) => it.rank,
        _ => 0,
    }
}

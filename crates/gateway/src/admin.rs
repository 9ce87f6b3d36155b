//! The Admin API: what operators, scripts and the dashboard read and change.
//!
//! It holds no opinion of its own: entities and their checks are `config`'s, changes go through [`Control`], states come
//! from the balancer's report. What is here is HTTP: who may call ([`guard`]), what a body says ([`body`]), and how an
//! answer looks ([`answer`]). CRUD of every entity is one table, [`entities::RESOURCES`]. The dashboard is served here,
//! too ([`ui`]), as a client of this API like any other.

mod answer;
mod apis;
mod ask;
mod audit;
mod body;
mod credentials;
mod enquiry;
mod entities;
mod events;
mod guard;
mod health;
mod key_test;
mod load_balancing;
mod models;
mod order;
mod orders;
mod process;
mod providers;
mod query;
mod requests;
mod stats;
mod topology;
mod traffic;
mod try_it;
mod ui;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router, middleware,
    routing::{any, delete, get, post, put},
};
use config::Secret;
use serde_json::Value;

use crate::{
    control::Control,
    send::{Sender, SenderSettings},
    state::State,
};

pub(crate) use self::try_it::Hatch;

/// What the system's resolver last said about a host: `None` if it was never asked, the error's text if it failed.
pub(crate) type Names = Arc<dyn Fn(&str) -> Option<Result<Vec<IpAddr>, String>> + Send + Sync>;

/// What the Admin API is made of.
pub(crate) struct Parts {
    /// Changes go here.
    pub(crate) control: Arc<Control>,
    /// Standings are read here.
    pub(crate) state: Arc<State>,
    /// For `DNS_ERROR` and the addresses in `/health`.
    pub(crate) names: Names,
    /// What vendors are asked through.
    pub(crate) senders: SenderSettings,
    /// What `/readyz` says: true from the ready line to the beginning of the drain.
    pub(crate) ready: Arc<AtomicBool>,
    /// Who may call.
    pub(crate) access: Access,
    /// Where clients reach the proxy.
    pub(crate) proxy_url: String,
    /// The proxy itself, for `/try/…`.
    pub(crate) hatch: Hatch,
}

/// Who may call the Admin API.
pub(crate) struct Access {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// What every call must bear, if anything.
    pub(crate) token: Option<Secret>,
    /// Whether `/metrics` is free nevertheless.
    pub(crate) metrics_open: bool,
    /// Names besides loopback's and the listener's own under which browsers may call.
    pub(crate) hosts: Vec<String>,
}

/// What every handler may use.
struct Admin {
    control: Arc<Control>,
    state: Arc<State>,
    names: Names,
    senders: SenderSettings,
    vendors: OnceLock<Sender>,
    ready: Arc<AtomicBool>,
    guard: guard::Guard,
    openapi: Value,
    /// Whoever reads `/events`.
    readers: events::Readers,
    proxy_url: String,
    hatch: Hatch,
}

/// The whole Admin API. Serve it with connect info ([`SocketAddr`]), so that the log says who changed something.
pub(crate) fn router(parts: Parts) -> Router {
    let Parts { control, state, names, senders, ready, access, proxy_url, hatch } = parts;
    let admin = Arc::new(Admin {
        control,
        state,
        names,
        senders,
        vendors: OnceLock::new(),
        ready,
        guard: guard::Guard::new(&access),
        openapi: config::openapi(process::VERSION),
        readers: events::Readers::default(),
        proxy_url,
        hatch,
    });
    let mut router = Router::new()
        .route("/", get(process::root))
        .route("/ui", get(ui::home))
        .route("/ui/", get(ui::index))
        .route("/ui/{*path}", get(ui::page))
        .route("/try/{*path}", any(try_it::pass))
        .route("/livez", get(process::livez))
        .route("/readyz", get(process::readyz))
        .route("/metrics", get(process::metrics))
        .route("/openapi.json", get(process::openapi))
        .route("/schemas/{at}", get(process::schema))
        .route("/providers/order", get(order::read).put(order::write))
        .route("/providers/{parent}/models", get(models::list))
        .route("/providers/{parent}/models/discover", post(models::discover))
        .route("/providers/{parent}/credentials/{at}/test", post(key_test::run))
        .route("/topology", get(topology::read))
        .route("/events", get(events::read))
        .route("/requests", get(requests::list))
        .route("/requests/{at}", get(requests::read))
        .route("/stats", get(stats::read))
        .route("/audit", get(audit::list))
        .route(
            "/providers/{parent}/models/{at}/load-balancing",
            get(load_balancing::read).put(load_balancing::write),
        )
        .route("/upstreams/{parent}/health", get(health::list))
        .route("/upstreams/{parent}/targets/{at}/healthy", put(orders::healthy))
        .route("/upstreams/{parent}/targets/{at}/unhealthy", put(orders::unhealthy))
        .route("/upstreams/{parent}/targets/{at}/exclusion", delete(orders::clear));
    for resource in &entities::RESOURCES {
        router = router.merge(entities::routes(resource));
    }
    router
        .fallback(answer::not_found)
        .method_not_allowed_fallback(answer::method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), guard::stand))
        .with_state(admin)
}

impl Admin {
    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// What vendors are asked through, made at the first question: connections belong to the runtime that answers calls.
    fn vendors(&self) -> &Sender {
        self.vendors.get_or_init(|| Sender::new(self.senders.clone()))
    }
}

#[cfg(test)]
mod tests;

//! The Admin API's router, as something that a listener can serve.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, Response, body::Incoming, service::Service};
use hyper_util::service::TowerToHyperService;

use super::Settings;
use crate::{
    admin::{Access, Parts},
    control::Control,
    listener::Serve,
    proxy::Peer,
    send::SenderSettings,
    state::State,
};

/// Serves a router.
#[derive(Clone)]
pub(super) struct Admin(TowerToHyperService<Router>);

impl Admin {
    pub(super) fn new(router: Router) -> Self {
        Admin(TowerToHyperService::new(router))
    }
}

impl Serve for Admin {
    type Body = axum::body::Body;

    fn serve(
        &self,
        mut request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<Self::Body>> + Send {
        request.extensions_mut().insert(ConnectInfo(peer.addr));
        let answer = self.0.call(request);
        async move { answer.await.unwrap_or_else(|never| match never {}) }
    }
}

/// The router of a process that listens on `addr`.
pub(super) fn router(
    settings: &Settings,
    addr: SocketAddr,
    control: &Arc<Control>,
    state: &Arc<State>,
    senders: &SenderSettings,
    ready: &Arc<AtomicBool>,
) -> Router {
    crate::admin::router(Parts {
        control: Arc::clone(control),
        state: Arc::clone(state),
        names: senders.names(),
        senders: senders.clone(),
        ready: Arc::clone(ready),
        access: Access {
            listen: addr,
            token: settings.admin_token.clone(),
            metrics_open: settings.metrics_open,
            hosts: settings.admin_hosts.clone(),
        },
    })
}

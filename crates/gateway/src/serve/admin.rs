//! The Admin API's router, as something that a listener can serve.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
};

use axum::{Router, extract::ConnectInfo};
use hyper::{
    Request, Response,
    body::Incoming,
    client,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};

use super::Settings;
use crate::{
    admin::{Access, Hatch, Parts},
    control::Control,
    listener::Serve,
    proxy::{Peer, Proxy},
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

/// The AI API, as the Admin API knows it.
pub(super) struct Front {
    /// Where clients reach it.
    pub(super) url: String,
    /// It itself.
    pub(super) proxy: Proxy,
}

/// The router of a process that listens on `addr`.
pub(super) fn router(
    settings: &Settings,
    addr: SocketAddr,
    control: &Arc<Control>,
    state: &Arc<State>,
    senders: &SenderSettings,
    ready: &Arc<AtomicBool>,
    front: Front,
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
        proxy_url: front.url,
        hatch: hatch(front.proxy),
    })
}

/// What is on its way inside the process between the two ends of [`hatch`].
const HATCH_BUFFER_BYTES: usize = 64 * 1024;

/// The request path for callers inside the process. A pair of pipes stands where the network is otherwise, so that a
/// request and an answer are what they always are, and a caller that goes away is noticed as always.
fn hatch(proxy: Proxy) -> Hatch {
    Arc::new(move |request, addr| {
        let proxy = proxy.clone();
        Box::pin(async move {
            let (near, far) = tokio::io::duplex(HATCH_BUFFER_BYTES);
            let serve = service_fn(move |request| {
                let proxy = proxy.clone();
                async move { Ok::<_, Infallible>(Box::pin(proxy.serve(request, Peer { addr })).await) }
            });
            let serving = http1::Builder::new().half_close(false).serve_connection(TokioIo::new(far), serve);
            let (mut ask, calling) = client::conn::http1::handshake(TokioIo::new(near)).await?;
            // Each ends with the other; what they end with is in the answer.
            tokio::spawn(async move { drop(serving.await) });
            tokio::spawn(async move { drop(calling.await) });
            Ok(ask.send_request(request).await?.map(axum::body::Body::new))
        })
    })
}

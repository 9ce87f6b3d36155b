//! The process: what it is started with, in which order its parts begin, and in which order they end.
//!
//! Two kinds of threads: the proxy's workers, which do nothing but requests, and one small runtime for everything
//! else (Admin API, store, prober), so that nothing an operator does can hold up a request. It reads no arguments and
//! no signals; that is the program's business.

mod admin;
mod settings;
#[cfg(test)]
mod tests;

use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::JoinHandle,
};

pub use self::settings::{Listen, Settings, StartError, Threads};
use crate::{
    clock::Clock,
    control::{Control, Outside},
    listener::{self, Bound, Limits, Listener, Listening, Serve},
    prober,
    proxy::{self, Door, Peer, Proxy, ProxySettings},
    send::{Sender, SenderSettings},
    state::State,
    store::Store,
    telemetry::Telemetry,
    vault::Vault,
};

/// Threads for everything that is not a request. One would do; the second keeps the Admin API answering while the
/// first resolves a large configuration.
const CONTROL_THREADS: usize = 2;
/// How long the Admin API may finish what it is doing, once the proxy is done.
const ADMIN_DRAIN: Duration = Duration::from_secs(1);

/// A running process. Dropping it ends everything at once.
pub struct Running {
    ready: Arc<AtomicBool>,
    proxy: Listener,
    admin: Listener,
    drain_timeout: Duration,
    control: Arc<Control>,
    prober: JoinHandle<()>,
    ledger: (oneshot::Sender<()>, JoinHandle<()>),
    history: JoinHandle<()>,
    runtime: Owned,
}

/// A runtime that may be dropped anywhere: it does not wait for its tasks.
struct Owned(Option<Runtime>);

/// Starts everything. When it returns, requests are served.
pub async fn serve(settings: Settings) -> Result<Running, StartError> {
    settings.check()?;
    settings.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
    let workers = settings.workers();
    let limits = settings.limits(workers);
    let bind = |name: &'static str, flag: &str, listen: &Listen, limits, workers| {
        let listening = Listening { name, addr: listen.addr, tls: listen.tls.clone(), limits };
        Bound::bind(listening, workers).map_err(|source| {
            let flag = source.tls_file().map_or_else(|| flag.to_owned(), |it| format!("--{name}-tls-{it}"));
            StartError::Listen { flag, reason: source.to_string() }
        })
    };
    let proxy = bind("proxy", "--proxy-listen", &settings.proxy, limits, workers)?;
    let admin = bind("admin", "--admin-listen", &settings.admin, Limits::default(), 1)?;

    let mut builder = Builder::new_multi_thread();
    let threads = match settings.threads {
        Threads::PerCore => CONTROL_THREADS,
        Threads::WorkStealing => CONTROL_THREADS + workers,
    };
    let runtime = builder.worker_threads(threads).thread_name("control").enable_all().build();
    let runtime = Owned(Some(runtime.map_err(StartError::System)?));

    let state = State::new(seed()?, Clock::start(), Telemetry::new());
    let control = load(&runtime, &settings, Arc::clone(&state)).await?;
    let auth = settings.auth(!state.snapshot.load().client_keys.is_empty())?;

    let senders = SenderSettings::new(settings.deny_private);
    let ready = Arc::new(AtomicBool::new(false));
    // Made once: what bodies may take together is one bound for all workers.
    let door = Door { auth, pepper: control.pepper().clone() };
    let held = ProxySettings::new(door, settings.request_body_bytes, settings.buffered_bytes);
    let make = {
        let (state, senders) = (Arc::clone(&state), senders.clone());
        move || Proxy::new(Arc::clone(&state), Sender::new(senders.clone()), held.clone())
    };
    let front = admin::Front { url: url(proxy.addr(), settings.proxy.tls.is_some()), proxy: make() };
    let router = admin::router(&settings, admin.addr(), &control, &state, &senders, &ready, front);
    let admin =
        admin.serve(&listener::Threads::Of(runtime.handle()), move || admin::Admin::new(router.clone()));
    let admin = admin
        .map_err(|it| StartError::Listen { flag: "--admin-listen".to_owned(), reason: it.to_string() })?;

    let threads = match settings.threads {
        Threads::PerCore => listener::Threads::Own,
        Threads::WorkStealing => listener::Threads::Of(runtime.handle()),
    };
    let proxy = proxy.serve(&threads, make);
    let proxy = proxy
        .map_err(|it| StartError::Listen { flag: "--proxy-listen".to_owned(), reason: it.to_string() })?;

    let prober = runtime.spawn(prober::run(Arc::clone(&state), control.revisions(), senders));
    let (end, ended) = oneshot::channel();
    let keeping = Arc::clone(&control).keep_ledger_until(async {
        // An error means that the process is being dropped: also an end.
        let _ = ended.await;
    });
    let ledger = (end, runtime.spawn(keeping));
    let history = runtime.spawn(Arc::clone(&control).keep_history());
    ready.store(true, Ordering::Release);
    let drain_timeout = settings.drain_timeout;
    Ok(Running { ready, proxy, admin, drain_timeout, control, prober, ledger, history, runtime })
}

/// Opens the store and puts the configuration in force.
async fn load(runtime: &Runtime, settings: &Settings, state: Arc<State>) -> Result<Arc<Control>, StartError> {
    let data = settings.data.clone();
    let environment = settings.environment.clone();
    let master_key = settings.master_key.clone();
    let loading = runtime.spawn(async move {
        // The store makes the data directory, and takes it for this process.
        let store = Store::open(&data).await.map_err(|it| StartError::Data(it.to_string()))?;
        let vault = Vault::open(&data, master_key.as_ref()).map_err(|it| StartError::Data(it.to_string()))?;
        let outside = Outside::process(environment, vault);
        Control::start(store, state, outside).await.map_err(|it| StartError::Configuration(format!("{it:#}")))
    });
    loading.await.map_err(|it| StartError::System(io::Error::other(it)))?
}

fn seed() -> Result<u64, StartError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|it| StartError::System(io::Error::other(it.to_string())))?;
    Ok(u64::from_le_bytes(bytes))
}

// === impl Running ===

impl Running {
    /// Where requests go: `http://127.0.0.1:8000`.
    pub fn proxy_url(&self) -> String {
        url(self.proxy.addr(), self.proxy.tls())
    }

    /// Where the Admin API is.
    pub fn admin_url(&self) -> String {
        url(self.admin.addr(), self.admin.tls())
    }

    /// Ends: new connections are refused, what was accepted is finished, within the drain's time or until `at_once`.
    /// The Admin API answers as long as that takes; the ledger is written last, exactly. Gives how many connections
    /// were cut, if that is known.
    pub async fn stop(self, at_once: impl Future<Output = ()>) -> usize {
        let Running { ready, proxy, admin, drain_timeout, control, prober, ledger, history, runtime } = self;
        ready.store(false, Ordering::Release);
        let cut = tokio::select! {
            biased;
            cut = proxy.drain(drain_timeout) => cut,
            () = at_once => 0,
        };
        prober.abort();
        control.end_events();
        admin.drain(ADMIN_DRAIN).await;
        // What it had under way is stored again below.
        history.abort();
        let (end, keeping) = ledger;
        // It may have ended by itself only by a panic, which it has told.
        let _ = (end.send(()), keeping.await);
        control.close().await;
        drop(runtime);
        cut
    }
}

fn url(addr: SocketAddr, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{}", reachable(addr))
}

/// An address that a client on this machine can use: nobody can connect to "every address".
fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(it) if it.ip().is_unspecified() => ([127, 0, 0, 1], it.port()).into(),
        SocketAddr::V6(it) if it.ip().is_unspecified() => ([0, 0, 0, 0, 0, 0, 0, 1], it.port()).into(),
        other => other,
    }
}

impl Serve for Proxy {
    type Body = proxy::Body;

    fn serve(
        &self,
        request: hyper::Request<hyper::body::Incoming>,
        peer: Peer,
    ) -> impl Future<Output = hyper::Response<proxy::Body>> + Send {
        Proxy::serve(self, request, peer)
    }
}

// === impl Owned ===

impl std::ops::Deref for Owned {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.as_ref().expect("taken only when it is dropped")
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

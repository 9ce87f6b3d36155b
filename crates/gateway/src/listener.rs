//! From a listening address to requests: sockets, workers, TLS, HTTP/1.1 and HTTP/2, limits, drain.
//!
//! It knows nothing of what a request is about: whoever [`Serve`]s gets it and gives back an answer. The proxy listens
//! with one [`worker`] per core, each a thread with its own runtime and its own listening socket on the one port, so
//! that a request never changes threads; the Admin API listens with a single worker on its own runtime.
//!
//! The idea to read on: a connection is a task that owns everything about itself, and learns from one watch channel
//! that the process wants to end. Nobody cuts a connection from outside before the drain's time is over.

mod bind;
mod connection;
mod framing;
#[cfg(test)]
mod tests;
mod tls;
mod watch;
mod worker;

use std::{
    future::Future,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hyper::{Request, Response, body::Incoming};
use tokio::sync::watch as channel;

use crate::proxy::Peer;

pub(crate) use bind::BindError;
pub(crate) use framing::Ambiguous;
pub(crate) use tls::TlsError;

/// Whoever turns requests into answers. Cloned once per connection.
pub(crate) trait Serve: Clone + Send + Sync + 'static {
    /// What an answer's body is.
    type Body: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static;

    /// Answers; never fails.
    fn serve(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// A certificate chain and its key, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What a client may take of time and room before it has been served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// First byte to last byte of a request's head; also how long a connection may stay silent before its first.
    /// Slow heads are the cheapest way to hold a server's connections; a client that means it needs milliseconds.
    pub(crate) head: Duration,
    /// How long an idle kept-alive connection is kept: longer than the pools of common clients (5 to 60 s), so that
    /// they close first and never write into a connection that is being closed.
    pub(crate) idle: Duration,
    /// How long a client may take nothing of what is written to it.
    pub(crate) stalled_write: Duration,
    /// TCP accept to the end of the TLS handshake.
    pub(crate) handshake: Duration,
    /// Open connections per worker; beyond, the kernel's queue holds new ones.
    pub(crate) connections: usize,
    /// How long idle connections are still answered (with `connection: close`) once the drain has begun: long enough
    /// for a client that sends now and then to be told, short enough for a restart.
    pub(crate) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stalled_write: Duration::from_secs(300),
            handshake: Duration::from_secs(10),
            connections: 10_000,
            grace: Duration::from_secs(3),
        }
    }
}

/// How far a listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Accepting.
    Open,
    /// Nothing new; what is there is finished.
    Draining,
    /// Idle connections are closed as well.
    Closing,
    /// Everything ends now.
    Ended,
}

/// A listening address that nobody serves yet.
pub(crate) struct Bound {
    name: &'static str,
    addr: SocketAddr,
    sockets: Vec<std::net::TcpListener>,
    shared: Arc<Shared>,
}

/// One listening address and everything behind it. Dropping it ends everything at once.
pub(crate) struct Listener {
    addr: SocketAddr,
    shared: Arc<Shared>,
    phase: channel::Sender<Phase>,
    workers: Vec<worker::Running>,
}

/// What the connections of a listener share.
struct Shared {
    limits: Limits,
    tls: Option<Arc<rustls::ServerConfig>>,
    /// Set with [`Phase::Draining`], and cheaper to read on every answer.
    draining: AtomicBool,
    open: AtomicUsize,
}

/// Where and how to listen.
pub(crate) struct Listening {
    /// What log lines and thread names call it.
    pub(crate) name: &'static str,
    /// Port 0 takes a free one.
    pub(crate) addr: SocketAddr,
    /// None: plain.
    pub(crate) tls: Option<TlsFiles>,
    /// What clients may take.
    pub(crate) limits: Limits,
}

/// On what the workers run.
pub(crate) enum Threads<'a> {
    /// A thread each, with a runtime of its own.
    Own,
    /// As tasks of this runtime.
    Of(&'a tokio::runtime::Handle),
}

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("a worker thread could not be started: {0}")]
    Thread(#[source] io::Error),
}

impl ListenError {
    /// Which of the two files is wrong, if one is: `cert` or `key`, as the flags call them.
    pub(crate) fn tls_file(&self) -> Option<&'static str> {
        match self {
            ListenError::Tls(TlsError::Key { .. }) => Some("key"),
            ListenError::Tls(_) => Some("cert"),
            ListenError::Bind(_) | ListenError::Thread(_) => None,
        }
    }
}

// === impl Bound ===

impl Bound {
    /// Binds a socket per worker and reads the certificate. From here on the kernel queues connections.
    pub(crate) fn bind(listening: Listening, workers: usize) -> Result<Self, ListenError> {
        let Listening { name, addr, tls, limits } = listening;
        let tls = tls.map(|files| tls::load(&files)).transpose()?;
        let (addr, sockets) = bind::listen(addr, workers.max(1))?;
        let shared = Shared { limits, tls, draining: AtomicBool::new(false), open: AtomicUsize::new(0) };
        Ok(Bound { name, addr, sockets, shared: Arc::new(shared) })
    }

    /// Where it will listen, with the port that was chosen.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves from now on. `make` is called once per worker, on the runtime that will serve.
    pub(crate) fn serve<S, M>(self, threads: &Threads<'_>, make: M) -> Result<Listener, ListenError>
    where
        S: Serve,
        M: Fn() -> S + Clone + Send + 'static,
    {
        let Bound { name, addr, sockets, shared } = self;
        let (phase, watched) = channel::channel(Phase::Open);
        let start = |(index, socket)| {
            let worker = worker::Worker { socket, shared: Arc::clone(&shared), phase: watched.clone() };
            match threads {
                Threads::Own => worker.on_thread(format!("{name}-{index}"), make.clone()),
                Threads::Of(runtime) => Ok(worker.on_runtime(runtime, make.clone())),
            }
        };
        let workers = sockets.into_iter().enumerate().map(start).collect::<io::Result<_>>();
        Ok(Listener { addr, workers: workers.map_err(ListenError::Thread)?, phase, shared })
    }
}

// === impl Listener ===

impl Listener {
    /// Where it listens, with the port that was chosen.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Whether it speaks TLS.
    pub(crate) fn tls(&self) -> bool {
        self.shared.tls.is_some()
    }

    /// Refuses what is new, finishes what was accepted, and ends when all of it is done or `limit` is over. Gives how
    /// many connections had to be cut.
    pub(crate) async fn drain(self, limit: Duration) -> usize {
        self.shared.draining.store(true, Ordering::Release);
        self.phase.send_replace(Phase::Draining);
        let mut workers: Vec<_> = self.workers.into_iter().map(|it| it.ended).collect();
        let all = async {
            for worker in &mut workers {
                // An error means that the worker is gone, which is what is waited for.
                let _ = worker.await;
            }
        };
        let mut all = std::pin::pin!(all);
        let grace = self.shared.limits.grace.min(limit);
        if tokio::time::timeout(grace, all.as_mut()).await.is_ok() {
            return 0;
        }
        self.phase.send_replace(Phase::Closing);
        if tokio::time::timeout(limit - grace, all.as_mut()).await.is_ok() {
            return 0;
        }
        let cut = self.shared.open.load(Ordering::Acquire);
        self.phase.send_replace(Phase::Ended);
        all.await;
        cut
    }
}

//! One connection, from its first byte to its last: TLS, the choice of protocol, requests, the end.
//!
//! The protocol is chosen here and not by hyper-util's `auto`: that waits for the first bytes without a time limit, and
//! drops them when it is told to shut down in between, which would cut a request that has been accepted.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hyper::{
    Request, Response, Version,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::{http1, http2},
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    Ambiguous, Phase, Serve, Shared,
    watch::{Activity, Answering, Verdict, Vigil, Watched},
};
use crate::proxy::Peer;

/// Longest request head. Room for a long `anthropic-beta`, cookies and tracing headers many times over. Its count of
/// headers is hyper's own bound, 100. Beyond either the answer is 431.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// hyper's buffer for reading and writing, per connection: a whole head and some of the body behind it.
const BUFFER_BYTES_MAX: usize = 2 * HEAD_BYTES_MAX;
/// Open requests on one HTTP/2 connection. SDKs open far fewer; one connection must not be the whole load.
const STREAMS_MAX: u32 = 128;
/// Streams reset by the client before they were taken up, and streams reset because of its errors, until the connection
/// is ended: "rapid reset" and "made you reset".
const STREAM_RESETS_MAX: usize = 32;
/// What a client may have on its way per stream and per connection before we read it.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// What we hold per stream for a client that reads slowly; beyond, the vendor is slowed down.
const STREAM_SEND_BUFFER: usize = 64 * 1024;
/// A silent HTTP/2 peer is asked whether it is still there, and must answer within the same time.
const PING: Duration = Duration::from_secs(20);
/// How an HTTP/2 client with prior knowledge begins. No HTTP/1.1 method begins like this.
const PREFACE: &[u8; 4] = b"PRI ";
/// How often to look again while only part of those four bytes is there (in practice: never).
const PREFACE_RETRY: Duration = Duration::from_millis(5);

/// The two protocols with their limits, set up once per worker.
pub(super) struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

/// An accepted connection.
pub(super) struct Connection<S> {
    pub(super) stream: TcpStream,
    pub(super) addr: SocketAddr,
    pub(super) serve: S,
    pub(super) shared: Arc<Shared>,
    pub(super) protocols: Arc<Protocols>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// What remains of a connection once its stream is with hyper.
struct Context<S> {
    serve: S,
    peer: Peer,
    shared: Arc<Shared>,
    protocols: Arc<Protocols>,
    phase: watch::Receiver<Phase>,
    activity: Arc<Activity>,
}

// === impl Protocols ===

impl Protocols {
    pub(super) fn new() -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .max_header_size(HEAD_BYTES_MAX)
            .max_buf_size(BUFFER_BYTES_MAX)
            // Off: `Vigil` does this, and does not take a kept-alive connection for a slow head.
            .header_read_timeout(None)
            // A client that closes its sending side has gone away: that ends the vendor's work at once.
            .half_close(false)
            .pipeline_flush(false)
            .timer(TokioTimer::new());
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .max_concurrent_streams(STREAMS_MAX)
            .max_pending_accept_reset_streams(STREAM_RESETS_MAX)
            .max_local_error_reset_streams(STREAM_RESETS_MAX)
            .max_header_list_size(HEAD_BYTES_MAX as u32)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(STREAM_SEND_BUFFER)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .timer(TokioTimer::new());
        Protocols { http1, http2 }
    }
}

// === impl Connection ===

impl<S: Serve> Connection<S> {
    /// Everything. Errors are the client's affair and only of interest when one looks for them.
    pub(super) async fn run(self) {
        let shared = Arc::clone(&self.shared);
        let addr = self.addr;
        shared.open.fetch_add(1, Ordering::AcqRel);
        if let Err(error) = self.attend().await {
            tracing::debug!(%addr, %error, "a connection ended early");
        }
        shared.open.fetch_sub(1, Ordering::AcqRel);
    }

    async fn attend(self) -> Result<(), Ended> {
        let Connection { stream, addr, serve, shared, protocols, phase } = self;
        // Tokens are small and must not wait for each other.
        stream.set_nodelay(true)?;
        let tls = shared.tls.clone();
        let peer = Peer { addr };
        let limits = shared.limits;
        let context = Context { serve, peer, shared, protocols, phase, activity: Arc::default() };

        let Some(config) = tls else {
            let http2 = context.first_bytes(&stream).await?;
            return if http2 { context.http2(stream).await } else { context.http1(stream).await };
        };
        let handshake = TlsAcceptor::from(config).accept(stream);
        let stream =
            timeout(limits.handshake, handshake).await.map_err(|_| Ended::Stuck("its TLS handshake"))??;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        if http2 { context.http2(stream).await } else { context.http1(stream).await }
    }
}

// === impl Context ===

impl<S: Serve> Context<S> {
    /// Waits for the first bytes of a plain connection, without taking them, and says whether they are HTTP/2's.
    async fn first_bytes(&self, stream: &TcpStream) -> Result<bool, Ended> {
        let limits = self.shared.limits;
        let mut closing = self.phase.clone();
        tokio::select! {
            biased;
            http2 = speaks_http2(stream) => Ok(http2?),
            _ = closing.wait_for(|it| *it >= Phase::Closing) => Err(Ended::Stuck("it said nothing")),
            () = sleep(limits.head) => Err(Ended::Stuck("it said nothing")),
        }
    }

    async fn http1<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: T) -> Result<(), Ended> {
        let io = TokioIo::new(Watched::http1(stream, Arc::clone(&self.activity)));
        let connection = self.protocols.http1.serve_connection(io, self.service());
        // An idle connection that is shut down is closed at once, also under a request that is on its way. So it is
        // told with its next answer, and only closed when the grace for that is over.
        self.keep(connection, Phase::Closing).await
    }

    async fn http2<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: T) -> Result<(), Ended> {
        let io = TokioIo::new(Watched::http2(stream, Arc::clone(&self.activity)));
        let connection = self.protocols.http2.serve_connection(io, self.service());
        // GOAWAY says precisely which requests are still served: it is sent at once.
        self.keep(connection, Phase::Draining).await
    }

    /// Requests in, answers out, and the marks in between.
    fn service(
        &self,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response<Answering<S::Body>>,
        Error = Infallible,
        Future: Send + 'static,
    > + use<S> {
        let (serve, peer) = (self.serve.clone(), self.peer);
        let (activity, shared) = (Arc::clone(&self.activity), Arc::clone(&self.shared));
        service_fn(move |mut request: Request<Incoming>| {
            let begun = activity.begin();
            if begun.is_ambiguous() {
                request.extensions_mut().insert(Ambiguous);
            }
            let (serve, shared, activity) = (serve.clone(), Arc::clone(&shared), Arc::clone(&activity));
            async move {
                let can_be_told = request.version() < Version::HTTP_2;
                let mut response = serve.serve(request, peer).await;
                if can_be_told && response.headers().contains_key(CONNECTION) {
                    activity.leaves_unread();
                }
                if can_be_told && shared.draining.load(Ordering::Acquire) {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok(response.map(|body| begun.answered(body)))
            }
        })
    }

    /// Drives a connection to its end, with a look at it once per tick.
    async fn keep<C: GracefulConnection<Error = hyper::Error>>(
        self,
        connection: C,
        shut: Phase,
    ) -> Result<(), Ended> {
        let mut vigil = Vigil::new(Arc::clone(&self.activity), self.shared.limits);
        let mut connection = std::pin::pin!(connection);
        let mut shutting = false;
        loop {
            tokio::select! {
                biased;
                result = connection.as_mut() => return result.map_err(Ended::Http),
                () = sleep(vigil.tick()) => {}
            }
            let phase = *self.phase.borrow();
            if phase == Phase::Ended {
                return Err(Ended::Stuck("the time to drain is over"));
            }
            match vigil.look() {
                Verdict::Stuck(why) => return Err(Ended::Stuck(why)),
                // It was asked to end one tick ago and has nothing to finish.
                Verdict::Idle if shutting => return Ok(()),
                Verdict::Fine if phase < shut || shutting => {}
                Verdict::Fine | Verdict::Idle => {
                    shutting = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut first).await?;
        if length == 0 || first[..length] != PREFACE[..length] {
            return Ok(false);
        }
        if length == PREFACE.len() {
            return Ok(true);
        }
        sleep(PREFACE_RETRY).await;
    }
}

/// Why a connection did not end by itself.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("closed: {0}")]
    Stuck(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Http(hyper::Error),
}

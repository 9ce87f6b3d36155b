//! One exchange with a vendor: the narrow seam between the request path and connections.
//!
//! [`Sender::send`] takes a prepared head and a body, finds or opens a connection, and gives back the status, the
//! headers and a body that is pulled chunk by chunk. It knows nothing of balancing, retries or dialects. Dropping the
//! future or the answer before its end closes the connection (or resets the HTTP/2 stream), and so cancels the
//! vendor's work.
//!
//! HTTP/1.1 is our own ([`http1`]), HTTP/2 is hyper's ([`http2`]) and is spoken only where TLS agreed on it.

mod connect;
mod http1;
mod http2;
mod io;
mod policy;
mod pool;
mod resolve;
#[cfg(test)]
mod tests;
mod tls;

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use config::snapshot::Address;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::{task::JoinHandle, time::timeout};

use self::{
    connect::Ways,
    http1::{Connection, Failed, Home},
    http2::{Shared, Turn},
    pool::{Line, Pool, Speaks},
};
use crate::client_body::{BodyEnded, ClientBody};

/// Tries of one exchange: on a kept connection that may turn out to be closed, on a fresh one, and on another if the
/// vendor refuses that one's stream while it restarts. Beyond, it is the vendor's failure and the balancer's business.
const TRIES_MAX: usize = 3;

/// What goes to the vendor.
pub(crate) struct Exchange<'a> {
    /// Where to.
    pub address: &'a Arc<Address>,
    /// As the vendor is asked.
    pub method: &'a Method,
    /// Path and query, beginning with `/`.
    pub path: &'a str,
    /// `Host`.
    pub host: &'a HeaderValue,
    /// Everything else, in order; framing headers are the sender's own.
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// What is sent.
    pub body: Outgoing,
    /// Bound of connecting (DNS, TCP, TLS together), each IP tried within it.
    pub connect: Duration,
}

/// A body to send.
pub(crate) enum Outgoing {
    /// None: no `content-length` for GET and HEAD, 0 otherwise.
    Empty,
    /// Held pieces (head of the body, model, tail), sent in one go; can be sent again.
    Pieces([Bytes; 3]),
    /// Too large to hold: sent as it comes, once, with this length if it is known.
    Stream(Streamed, Option<u64>),
}

/// A body of which the beginning has been read, to see where it goes, and the rest comes as the client sends it.
pub(crate) struct Streamed {
    head: std::collections::VecDeque<Bytes>,
    rest: ClientBody,
}

impl Streamed {
    /// `head` first, then `rest`.
    pub(crate) fn new(head: [Bytes; 3], rest: ClientBody) -> Self {
        Streamed { head: head.into_iter().filter(|it| !it.is_empty()).collect(), rest }
    }

    /// The next bytes; `None` at the end.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyEnded>>> {
        match self.head.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(piece))),
            None => self.rest.poll_chunk(cx),
        }
    }

    fn is_end(&self) -> bool {
        self.head.is_empty() && self.rest.is_end()
    }
}

/// What came back, committed to nothing yet.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The vendor's status.
    pub status: StatusCode,
    /// The vendor's headers, hop-by-hop ones included.
    pub headers: HeaderMap,
    /// The rest, pulled.
    pub body: VendorBody,
}

/// A vendor's body, pulled chunk by chunk. Bounded by what one read gives; never read ahead.
pub(crate) struct VendorBody(Rest);

enum Rest {
    Http1(http1::Body),
    Http2(http2::Body),
}

impl VendorBody {
    fn http1(body: http1::Body) -> Self {
        VendorBody(Rest::Http1(body))
    }

    fn http2(body: http2::Body) -> Self {
        VendorBody(Rest::Http2(body))
    }

    /// The next chunk; `None` is a proper end. A cut (missing last chunk, short content-length, reset) is an error.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        match &mut self.0 {
            Rest::Http1(body) => body.poll_chunk(cx),
            Rest::Http2(body) => body.poll_chunk(cx),
        }
    }

    /// The next chunk.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes, BodyError>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// How many bytes are still to come, if the vendor said so.
    pub(crate) fn remaining(&self) -> Option<u64> {
        match &self.0 {
            Rest::Http1(body) => body.remaining(),
            Rest::Http2(body) => body.remaining(),
        }
    }
}

impl fmt::Debug for VendorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VendorBody").field("remaining", &self.remaining()).finish_non_exhaustive()
    }
}

/// A vendor's body that ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the vendor's answer was cut: {reason}")]
pub(crate) struct BodyError {
    /// What was seen, for logs.
    pub reason: String,
}

/// Why there is no answer. Never contains a header's value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The path or host cannot stand in a request: ours or the client's fault, nothing was sent.
    #[error("the request cannot be sent: {0}")]
    Request(String),
    /// No name, no address allowed, no TCP, no TLS.
    #[error("could not connect: {0}")]
    Connect(String),
    /// Connecting took longer than allowed.
    #[error("connecting timed out")]
    ConnectTimeout,
    /// Reset or closed before a whole head.
    #[error("closed before an answer: {0}")]
    Closed(String),
    /// What came back is not HTTP that we accept.
    #[error("not a valid HTTP answer: {0}")]
    Invalid(String),
    /// The client's own body broke off, stalled or outgrew its bound while it was being sent.
    #[error("the request's body broke off, stalled or is too large")]
    RequestBody,
}

/// What is known of a host's addresses, without asking; `None` if nobody has asked yet.
pub(crate) type Names = Arc<dyn Fn(&str) -> Option<Result<Vec<std::net::IpAddr>, String>> + Send + Sync>;

/// What senders are made from; clone it for each worker, so that they share names looked up and TLS sessions.
#[derive(Clone, Default)]
pub(crate) struct SenderSettings {
    /// Refuse private and loopback addresses (`network.deny_private`), besides those that always are.
    pub deny_private: bool,
    ways: Arc<Ways>,
}

impl SenderSettings {
    /// With nothing remembered yet.
    pub(crate) fn new(deny_private: bool) -> Self {
        SenderSettings { deny_private, ways: Arc::default() }
    }

    /// What the system's resolver last said about a host, for those who only want to tell.
    pub(crate) fn names(&self) -> Names {
        let ways = Arc::clone(&self.ways);
        Arc::new(move |host| ways.known(host))
    }
}

/// Connections to vendors, kept per worker; cheap to share.
#[derive(Clone)]
pub(crate) struct Sender {
    kept: Arc<Kept>,
}

struct Kept {
    settings: SenderSettings,
    pool: Arc<Pool>,
    sweep: JoinHandle<()>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.sweep.abort();
    }
}

impl Sender {
    /// A sender for the worker whose runtime this is called in. Connections belong to that runtime: others must not
    /// use it.
    pub(crate) fn new(settings: SenderSettings) -> Self {
        let pool = Arc::new(Pool::new());
        let sweep = tokio::spawn(Pool::sweep(Arc::downgrade(&pool)));
        Sender { kept: Arc::new(Kept { settings, pool, sweep }) }
    }

    /// The exchange, up to the vendor's head. The caller bounds the wait for the head; connecting is bounded here.
    pub(crate) async fn send(&self, mut exchange: Exchange<'_>) -> Result<Answer, SendError> {
        check_path(exchange.path)?;
        let mut body = std::mem::replace(&mut exchange.body, Outgoing::Empty);
        let mut kept = match body {
            Outgoing::Empty | Outgoing::Pieces(_) => self.kept.pool.check_out(exchange.address),
            // What cannot be sent again is not entrusted to a connection that may be closed already. Next to sending a
            // body of that size, connecting costs nothing.
            Outgoing::Stream(..) => self.kept.pool.check_out_shared(exchange.address).map(Line::Http2),
        };
        let mut tries = 1;
        loop {
            let is_kept = kept.is_some();
            let line = match kept.take() {
                Some(line) => line,
                // Rare and large: kept out of the future that every exchange carries around.
                None => Box::pin(self.open(exchange.address, exchange.connect)).await?,
            };
            let result = match line {
                Line::Http1(connection) => {
                    let home =
                        Home { pool: Arc::clone(&self.kept.pool), address: Arc::clone(exchange.address) };
                    connection.exchange(&exchange, body, home, is_kept).await
                }
                Line::Http2(shared) => Box::pin(shared.exchange(&exchange, body)).await,
            };
            match result {
                Ok(answer) => return Ok(answer),
                Err(Failed { again: Some(untouched), .. }) if tries < TRIES_MAX => body = untouched,
                Err(Failed { error, .. }) => return Err(error),
            }
            tries += 1;
        }
    }

    /// Whether a connection can be made: TCP, and TLS if the address has it. It is closed again.
    pub(crate) async fn probe(&self, address: &Arc<Address>, connect: Duration) -> Result<(), SendError> {
        let Kept { settings, .. } = &*self.kept;
        let connecting = settings.ways.connect(address, settings.deny_private, connect);
        timeout(connect, connecting).await.map_err(|_| SendError::ConnectTimeout)??;
        Ok(())
    }

    /// A fresh connection within the limit; or a shared one that another request has opened meanwhile.
    async fn open(&self, address: &Arc<Address>, limit: Duration) -> Result<Line, SendError> {
        let opening = async {
            let (speaks, turn) = self.kept.pool.speaks(address);
            if !address.tls || speaks == Speaks::Http1 {
                return self.connect(address, limit, None).await;
            }
            // One opens, the others wait and see whether they can share.
            let turn = turn.lock_owned().await;
            if let Some(shared) = self.kept.pool.check_out_shared(address) {
                return Ok(Line::Http2(shared));
            }
            let has_learnt = self.kept.pool.speaks(address).0 == Speaks::Http1;
            self.connect(address, limit, (!has_learnt).then_some(turn)).await
        };
        timeout(limit, opening).await.map_err(|_| SendError::ConnectTimeout)?
    }

    /// A fresh connection. What it speaks may differ from what others to the same address did.
    async fn connect(
        &self,
        address: &Arc<Address>,
        limit: Duration,
        turn: Option<Turn>,
    ) -> Result<Line, SendError> {
        let Kept { settings, pool, .. } = &*self.kept;
        let (io, is_http2) = settings.ways.connect(address, settings.deny_private, limit).await?;
        if !is_http2 {
            pool.note(address, Speaks::Http1);
            return Ok(Line::Http1(Connection::new(io, pool.tick())));
        }
        let shared = Shared::open(io, pool.tick(), turn).await?;
        pool.note(address, Speaks::Http2);
        pool.share(address, shared.clone());
        Ok(Line::Http2(shared))
    }
}

/// Only what may stand in a request's first line: printable ASCII without blanks and fragments.
fn check_path(path: &str) -> Result<(), SendError> {
    let is_fine = |&byte: &u8| byte.is_ascii_graphic() && byte != b'#';
    if path.starts_with('/') && path.as_bytes().iter().all(is_fine) {
        Ok(())
    } else {
        Err(SendError::Request("the path has bytes that may not stand in a URL".into()))
    }
}

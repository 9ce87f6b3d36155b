//! HTTP/2 towards the vendor: hyper's connection, our bookkeeping.
//!
//! A connection is shared by many exchanges, each a stream. Dropping an answer resets its stream alone. What the
//! vendor says it has not processed (REFUSED_STREAM, GOAWAY below our stream, a request that never left) may be sent
//! again without doubling anything.

mod body;

use std::{
    error::Error as _,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use http::{HeaderMap, Request, Response, Uri, Version, header};
use http_body::Body as _;
use hyper::{
    body::Incoming,
    client::conn::http2::{Builder, Connection, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::interval;

pub(super) use self::body::Body;
use self::body::Upload;
use super::{
    Answer, Exchange, Outgoing, SendError, VendorBody,
    http1::{Failed, is_ours},
    io::Io,
};

/// Streams we put on one connection, whatever the vendor allows: one lost packet stalls them all.
const STREAMS_MAX: usize = 100;
/// What a vendor may send of one answer before we have passed it on (FAULTS row 57).
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// The same for all answers of a connection: sixty-four slow clients do not hold up the others.
const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;
/// What hyper reports as allowed as long as the vendor has said nothing: a number that vendors do not say.
const STREAMS_UNTOLD: usize = 97;
/// How often and how many times we look whether it has: a second in all.
const SETTINGS_LOOK: Duration = Duration::from_millis(2);
const SETTINGS_LOOKS_MAX: u32 = 500;
/// As for HTTP/1.1.
const HEAD_BYTES_MAX: u32 = 64 * 1024;
/// What we hold of one request that the vendor is slow to take.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// How often a connection with open streams is asked whether it lives, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

type Driver = Connection<TokioIo<Io>, Upload, TokioExecutor>;
/// The right to open a connection to an address.
pub(super) type Turn = tokio::sync::OwnedMutexGuard<()>;

/// A connection that many exchanges share.
#[derive(Clone)]
pub(super) struct Shared {
    requests: SendRequest<Upload>,
    load: Arc<Load>,
    /// The pool's tick when it was opened.
    pub(super) born: u32,
    /// The pool's tick when a sweep last found it in use.
    used: u32,
}

#[derive(Debug)]
struct Load {
    streams: AtomicUsize,
    /// What the vendor allows.
    allowed: AtomicUsize,
    /// The vendor refused or is going away: no new streams.
    is_leaving: AtomicBool,
    /// At least one answer has come; before that, its end is the vendor's, not a stale connection's.
    is_proven: AtomicBool,
}

impl Shared {
    /// Greets the vendor; the connection runs as a task of its own, which ends with the last stream once nobody holds
    /// the connection, or when the vendor closes it.
    /// Nobody but the opener may use it until it is known how many streams the vendor allows; `turn` is kept that long.
    pub(super) async fn open(io: Io, born: u32, turn: Option<Turn>) -> Result<Self, SendError> {
        let (requests, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_header_list_size(HEAD_BYTES_MAX)
            .initial_max_send_streams(STREAMS_UNTOLD)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| SendError::Connect(format!("HTTP/2: {}", describe(&error))))?;
        let load = Arc::new(Load {
            streams: AtomicUsize::new(0),
            allowed: AtomicUsize::new(0),
            is_leaving: AtomicBool::new(false),
            is_proven: AtomicBool::new(false),
        });
        tokio::spawn(drive(connection, Arc::clone(&load), turn));
        Ok(Shared { requests, load, born, used: born })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.requests.is_closed() && !self.load.is_leaving.load(Relaxed)
    }

    pub(super) fn streams(&self) -> usize {
        self.load.streams.load(Relaxed)
    }

    pub(super) fn has_room(&self) -> bool {
        self.streams() < self.load.allowed.load(Relaxed).min(STREAMS_MAX)
    }

    /// Whether the pool should keep it.
    pub(super) fn is_wanted(&mut self, tick: u32, idle: u32, age: u32) -> bool {
        if self.streams() > 0 {
            self.used = tick;
        }
        self.is_open() && tick - self.born < age && tick - self.used < idle
    }

    /// One exchange, up to the head of the answer.
    pub(super) async fn exchange(
        mut self,
        exchange: &Exchange<'_>,
        body: Outgoing,
    ) -> Result<Answer, Failed> {
        let stream = Stream::begin(&self.load);
        let was_proven = self.load.is_proven.load(Relaxed);
        let broke = Arc::new(AtomicBool::new(false));
        let spare = match &body {
            Outgoing::Empty => Some(Outgoing::Empty),
            Outgoing::Pieces(pieces) => Some(Outgoing::Pieces(pieces.clone())),
            Outgoing::Stream(..) => None,
        };
        let upload = Upload::new(body, Arc::clone(&broke));
        let request = request(exchange, upload).map_err(|error| Failed { error, again: None })?;
        match self.requests.try_send_request(request).await {
            Ok(response) => {
                self.load.is_proven.store(true, Relaxed);
                Ok(answer(response, stream))
            }
            Err(mut failed) => {
                let unsent = failed.take_message().map(|request| request.into_body().body);
                let error = failed.into_error();
                if broke.load(Relaxed) {
                    return Err(Failed { error: SendError::RequestBody, again: None });
                }
                let is_unprocessed = unsent.is_some() || is_unprocessed(&error);
                let was_stale = was_proven && is_lost(&error);
                if is_unprocessed || was_stale {
                    self.load.is_leaving.store(true, Relaxed);
                }
                let again = if is_unprocessed || was_stale { unsent.or(spare) } else { None };
                let error = if is_invalid(&error) {
                    SendError::Invalid(describe(&error))
                } else {
                    SendError::Closed(describe(&error))
                };
                Err(Failed { error, again })
            }
        }
    }
}

/// Runs a connection to its end, noting what the vendor allows. hyper does not tell when that changes: it is looked at
/// whenever a request is sent, and often until it is known for the first time.
async fn drive(connection: Driver, load: Arc<Load>, mut turn: Option<Turn>) {
    let mut connection = pin!(connection);
    let mut looks = interval(SETTINGS_LOOK);
    let mut left = SETTINGS_LOOKS_MAX;
    // How it ends, every stream hears itself.
    let _ = std::future::poll_fn(|cx| {
        let ended = connection.as_mut().poll(cx);
        let allowed = connection.current_max_send_streams();
        while allowed == STREAMS_UNTOLD && left > 0 && looks.poll_tick(cx).is_ready() {
            left -= 1;
        }
        if allowed != STREAMS_UNTOLD || left == 0 || ended.is_ready() {
            load.allowed.store(allowed, Relaxed);
            turn = None;
        }
        ended
    })
    .await;
    load.is_leaving.store(true, Relaxed);
}

/// The request as hyper wants it.
fn request(exchange: &Exchange<'_>, upload: Upload) -> Result<Request<Upload>, SendError> {
    let invalid = |what: &str| SendError::Request(format!("the {what} is not valid"));
    let uri = Uri::builder()
        .scheme("https")
        .authority(exchange.host.as_bytes())
        .path_and_query(exchange.path)
        .build()
        .map_err(|_| invalid("host or path"))?;
    let mut request = Request::new(upload);
    *request.method_mut() = exchange.method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_2;
    let mut headers = HeaderMap::with_capacity(exchange.headers.len() + 1);
    for (name, value) in exchange.headers.iter().filter(|(name, _)| !is_ours(name)) {
        headers.append(name.clone(), value.clone());
    }
    *request.headers_mut() = headers;
    Ok(request)
}

fn answer(response: Response<Incoming>, stream: Stream) -> Answer {
    let (parts, incoming) = response.into_parts();
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    // An answer that ends with its head (to HEAD, or 204) may state a length that nothing follows.
    let length = if incoming.is_end_stream() { Some(0) } else { length };
    let body = Body::new(incoming, length, stream);
    Answer { status: parts.status, headers: parts.headers, body: VendorBody::http2(body) }
}

// === Errors ===

fn cause(error: &hyper::Error) -> Option<&h2::Error> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(h2) = inner.downcast_ref() {
            return Some(h2);
        }
        source = inner.source();
    }
    None
}

/// The vendor said that it has done nothing with the request.
fn is_unprocessed(error: &hyper::Error) -> bool {
    cause(error).is_some_and(|it| {
        let is_refused = it.is_reset() && it.reason() == Some(h2::Reason::REFUSED_STREAM);
        let is_leaving = it.is_go_away() && it.reason() == Some(h2::Reason::NO_ERROR);
        it.is_remote() && (is_refused || is_leaving)
    })
}

/// The connection went away as a whole.
fn is_lost(error: &hyper::Error) -> bool {
    let is_io = error.source().is_some_and(|it| it.is::<std::io::Error>());
    is_io || error.is_closed() || error.is_canceled() || cause(error).is_some_and(h2::Error::is_io)
}

/// The vendor broke the protocol.
fn is_invalid(error: &hyper::Error) -> bool {
    cause(error).is_some_and(|it| it.is_library() && !it.is_io())
}

fn describe(error: &hyper::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

// === Streams ===

/// Counts a stream for as long as it is open.
struct Stream(Arc<Load>);

impl Stream {
    fn begin(load: &Arc<Load>) -> Self {
        load.streams.fetch_add(1, Relaxed);
        Stream(Arc::clone(load))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Relaxed);
    }
}

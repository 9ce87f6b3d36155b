//! Relay: a committed answer on its way to the client.
//!
//! Chunks pass through as they come and only when the client takes them; nothing is read ahead. Usage and the end are
//! watched from the side. A stream that breaks or falls silent ends with an error event in the caller's dialect, unless
//! it had said its last word before; a plain answer that is cut stays visibly cut.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use balance::{Kind, Outcome};
use bytes::Bytes;
use config::snapshot::{Credential, Target, Timeouts, Upstream};
use dialect::{Code, Dialect, Endpoint, Watch};
use http::{HeaderMap, HeaderValue, Response, header};
use tokio::time::Sleep;

use super::{body::Body, classify::Opening, headers, journey::Journey, lease::Lease, record::End};
use crate::send::{BodyError, VendorBody};

/// A stream that has said its last word is given so long to end its body, too. Whoever reads on would otherwise wait out
/// the silence limit, for nothing.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// An answer that is committed, and everything that goes with it.
pub(super) struct Committed {
    pub(super) opening: Opening,
    pub(super) lease: Lease,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) timeouts: Timeouts,
    pub(super) upstream: Arc<Upstream>,
    pub(super) target: Arc<Target>,
    pub(super) credential: Option<Arc<Credential>>,
    /// The model that was asked for in the end.
    pub(super) model: Option<String>,
    pub(super) set_cookie: Option<HeaderValue>,
}

/// Answers with `committed`.
pub(super) fn relay(
    mut committed: Committed,
    mut journey: Journey,
    dialect: Dialect,
    explain: bool,
) -> Response<Body> {
    let mut out = HeaderMap::with_capacity(committed.opening.headers.len() + 10);
    headers::from_vendor(&committed.opening.headers, &mut out);
    headers::request_id(&mut out, &journey.record.request_id, dialect);
    if explain {
        headers::explain(&mut out, &committed, &journey.record);
    }
    if let Some(cookie) = committed.set_cookie.take() {
        out.append(header::SET_COOKIE, cookie);
    }
    let status = committed.opening.status;
    // Complete without a byte (HEAD, 304): what the vendor says of a length is about a body that nobody sends.
    let bodiless = committed.opening.rest.is_none() && committed.opening.held.iter().all(Bytes::is_empty);
    journey.answering(status.as_u16());
    journey.record.first_token = Some(journey.started.elapsed());

    let body = if committed.opening.rest.is_none() && !committed.opening.streamed {
        whole(committed, journey)
    } else {
        Body::relay(Relay::new(committed, journey))
    };
    if !bodiless {
        headers::unframed(&mut out);
    }
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = out;
    response
}

/// All of it is here: over as soon as it is handed on.
fn whole(mut committed: Committed, mut journey: Journey) -> Body {
    let bytes = committed.opening.held.pop().unwrap_or_default();
    if committed.opening.status.is_success() {
        journey.record.usage = committed.endpoint.and_then(|it| dialect::usage(it, &bytes));
    }
    committed.lease.settle(success(committed.opening.status.as_u16()));
    journey.finish(End::Complete);
    Body::whole(bytes)
}

fn success(status: u16) -> Outcome {
    Outcome { kind: Kind::Success { spent: None }, status: Some(status) }
}

/// A vendor's body on its way.
pub(super) struct Relay {
    held: VecDeque<Bytes>,
    /// What the vendor has still to send; `None`: it has ended.
    rest: Option<VendorBody>,
    watch: Option<Watch>,
    endpoint: Option<Endpoint>,
    streamed: bool,
    status: u16,
    idle: Idle,
    /// After the stream's last word.
    linger: Option<Pin<Box<Sleep>>>,
    /// When the whole request has to be over.
    total: Option<Pin<Box<Sleep>>>,
    lease: Lease,
    journey: Journey,
    over: bool,
}

impl Relay {
    fn new(committed: Committed, journey: Journey) -> Self {
        let Committed { opening, lease, endpoint, timeouts, .. } = committed;
        let status = opening.status.as_u16();
        let encoded = opening.headers.contains_key(header::CONTENT_ENCODING);
        let mut watch = endpoint.filter(|_| !encoded).map(|it| Watch::new(it, opening.streamed));
        if let Some(watch) = &mut watch {
            opening.held.iter().for_each(|it| watch.feed(it));
        }
        let until = timeouts.total.map(|total| journey.started + total);
        Relay {
            held: opening.held.into(),
            rest: opening.rest,
            watch,
            endpoint,
            streamed: opening.streamed,
            status,
            idle: Idle::new(timeouts.idle),
            linger: None,
            total: until.map(|until| Box::pin(tokio::time::sleep_until(until.into()))),
            lease,
            journey,
            over: false,
        }
    }

    /// Bytes still to come, where they are known.
    pub(super) fn remaining(&self) -> Option<u64> {
        let rest = match &self.rest {
            Some(rest) => rest.remaining()?,
            None => 0,
        };
        // An error event may be added to a stream, so its length is never promised.
        let held: u64 = self.held.iter().map(|it| it.len() as u64).sum();
        (!self.streamed).then_some(held + rest)
    }

    /// The next chunk for the client.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Some(chunk) = self.held.pop_front() {
            return Poll::Ready(Some(Ok(chunk)));
        }
        if self.over {
            return Poll::Ready(None);
        }
        // Looked at first: a vendor that is never silent has a time limit, too.
        if let Some(total) = &mut self.total
            && total.as_mut().poll(cx).is_ready()
        {
            return self.broke(Code::UpstreamTimeout, "the request's total time is over");
        }
        let Some(rest) = &mut self.rest else {
            return self.ended();
        };
        match rest.poll_chunk(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.idle.stirred();
                if let Some(watch) = &mut self.watch {
                    watch.feed(&chunk);
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(None) => self.ended(),
            // How the connection ended is nobody's business after the last word.
            Poll::Ready(Some(Err(_))) if self.said_all() => self.ended(),
            Poll::Ready(Some(Err(error))) => self.broke(Code::StreamInterrupted, &error.reason),
            Poll::Pending if self.said_all() => {
                let linger = self.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER_MAX)));
                ready!(linger.as_mut().poll(cx));
                self.ended()
            }
            Poll::Pending => {
                ready!(self.idle.poll(cx));
                self.broke(Code::UpstreamTimeout, "the vendor fell silent")
            }
        }
    }

    /// The stream's last word went by.
    fn said_all(&self) -> bool {
        self.streamed && self.watch.as_ref().is_some_and(Watch::closed)
    }

    /// The vendor's body has ended properly; a stream must have said so itself, too.
    fn ended(&mut self) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.rest = None;
        if let Some(watch) = &mut self.watch {
            watch.end();
        }
        let watched = self.watch.as_ref();
        let told_the_end = watched.is_none_or(|it| it.finished() || it.failed());
        if self.streamed && !told_the_end {
            return self.broke(Code::StreamInterrupted, "the vendor's stream ended before its end");
        }
        let failed = watched.is_some_and(Watch::failed);
        self.conclude(if failed { End::Broken } else { End::Complete });
        Poll::Ready(None)
    }

    /// No more will come.
    fn broke(&mut self, code: Code, reason: &str) -> Poll<Option<Result<Bytes, BodyError>>> {
        // Dropping it closes the vendor's connection.
        self.rest = None;
        self.conclude(End::Broken);
        let last = match self.endpoint {
            Some(endpoint) if self.streamed && endpoint.streams() => {
                Ok(dialect::stream_error(endpoint, code, &format!("the answer broke off: {reason}")))
            }
            _ => Err(BodyError { reason: reason.to_owned() }),
        };
        Poll::Ready(Some(last))
    }

    fn conclude(&mut self, end: End) {
        self.over = true;
        self.journey.record.usage = self.watch.as_ref().and_then(Watch::usage);
        let kind = match end {
            End::Complete => Kind::Success { spent: None },
            End::Broken => Kind::Broken,
            End::ClientGone => Kind::ClientGone,
        };
        self.lease.settle(Outcome { kind, status: Some(self.status) });
        self.journey.finish(end);
    }
}

/// Notices silence with one timer for a whole stream: it is looked at when it rings, and only then set anew.
struct Idle {
    limit: Duration,
    last: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Idle {
    fn new(limit: Duration) -> Self {
        Idle { limit, last: Instant::now(), timer: None }
    }

    fn stirred(&mut self) {
        self.last = Instant::now();
    }

    /// Ready when nothing has stirred for the limit. The first call arms the timer.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = match &mut self.timer {
            Some(timer) => timer,
            None => self.timer.insert(Box::pin(tokio::time::sleep(self.limit))),
        };
        loop {
            ready!(timer.as_mut().poll(cx));
            let due = self.last + self.limit;
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(due.into());
        }
    }
}

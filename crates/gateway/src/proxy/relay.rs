//! Relay: a committed answer on its way to the client.
//!
//! Chunks pass through as they come and only when the client takes them; nothing is read ahead. Usage and the end are
//! watched from the side. A stream that breaks or falls silent ends with an error event in the caller's dialect, unless
//! it had said its last word before; so that no half line glues itself to that event, a line's beginning waits for its
//! end ([`lines`]). A plain answer that is cut stays visibly cut.

mod lines;
mod seen;

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

use self::{lines::Lines, seen::Seen};
use super::{
    body::Body,
    classify::{Opening, Shape},
    headers,
    journey::Journey,
    lease::Lease,
    record::End,
    translate::{Translated, Translation},
};
use crate::send::{BodyError, VendorBody};

/// A stream that has said its last word, or told an error, is given so long to end its body, too. Whoever reads on would otherwise wait out
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
    pub(super) model: Option<Arc<str>>,
    /// What it was turned into, and back from.
    pub(super) translation: Option<Translation>,
    pub(super) set_cookie: Option<HeaderValue>,
    /// It answers a HEAD: what it says of its length is all there is of a body.
    pub(super) is_head: bool,
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
        headers::explain(&mut out, &committed, &journey.record, &journey.state.snapshot.load());
    }
    if let Some(dropped) = committed.translation.as_ref().and_then(|it| it.dropped(&committed.opening)) {
        out.insert(headers::DROPPED, dropped);
    }
    if let Some(cookie) = committed.set_cookie.take() {
        out.append(header::SET_COOKIE, cookie);
    }
    let (status, is_head) = (committed.opening.status, committed.is_head);
    journey.answering(status.as_u16());
    journey.record.first_token = Some(journey.started.elapsed());

    let body = if committed.opening.is_whole() {
        whole(committed, journey)
    } else {
        Body::relay(Relay::new(committed, journey))
    };
    if !is_head {
        // Framed anew: what the vendor said of its length may no longer hold.
        out.remove(header::CONTENT_LENGTH);
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
        journey.record.usage = match committed.opening.translated {
            Some(Translated::Whole { usage, .. }) => usage,
            _ => committed.endpoint.and_then(|it| dialect::usage(it, &bytes)),
        };
        committed.lease.used(journey.record.usage.as_ref());
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
    /// For the client, in order. The watch sees what the client does, when it does.
    ready: VecDeque<Bytes>,
    lines: Lines,
    /// What the vendor has still to send; `None`: it has ended.
    rest: Option<VendorBody>,
    /// It had ended before its end.
    cut: Option<BodyError>,
    seen: Seen,
    endpoint: Option<Endpoint>,
    shape: Shape,
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
        let Opening { status, headers, held, rest, cut, shape, translated } = opening;
        let is_list = shape == Shape::Flow && endpoint == Some(Endpoint::StreamGenerateContent);
        let readable = (shape != Shape::Flow || is_list) && !headers.contains_key(header::CONTENT_ENCODING);
        let seen = match (translated, endpoint) {
            (Some(Translated::Stream(turning)), _) => Seen::Turned(turning),
            (_, Some(endpoint)) if readable => Seen::Watched(Watch::new(endpoint, shape == Shape::Events)),
            _ => Seen::Nothing,
        };
        let until = timeouts.total.map(|total| journey.started + total);
        let mut relay = Relay {
            ready: VecDeque::with_capacity(held.len()),
            lines: Lines::default(),
            rest,
            cut,
            seen,
            endpoint,
            shape,
            status: status.as_u16(),
            idle: Idle::new(timeouts.idle),
            linger: None,
            total: until.map(|until| Box::pin(tokio::time::sleep_until(until.into()))),
            lease,
            journey,
            over: false,
        };
        match relay.seen {
            Seen::Turned(_) => relay.ready.extend(held),
            _ => held.into_iter().for_each(|it| relay.take(it, Instant::now())),
        }
        relay
    }

    /// Bytes still to come, where they are known.
    pub(super) fn remaining(&self) -> Option<u64> {
        // An error event may be added to a stream, so its length is never promised.
        if self.shape == Shape::Events || self.cut.is_some() {
            return None;
        }
        let rest = match &self.rest {
            Some(rest) => rest.remaining()?,
            None => 0,
        };
        let ready: u64 = self.ready.iter().map(|it| it.len() as u64).sum();
        Some(ready + rest)
    }

    /// Whether nothing more is for the client.
    pub(super) fn is_over(&self) -> bool {
        self.over && self.ready.is_empty()
    }

    /// The next chunk for the client.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                self.seen.passes(&chunk);
                // Where the length is known nobody asks again after the last byte.
                if !self.over && self.remaining() == Some(0) {
                    self.conclude(End::Complete);
                }
                return Poll::Ready(Some(Ok(chunk)));
            }
            if self.over {
                return Poll::Ready(None);
            }
            if self.seen.is_deaf() {
                // Dropping it closes the vendor's connection.
                self.rest = None;
            }
            let Some(rest) = &mut self.rest else {
                return self.ended();
            };
            match rest.poll_chunk(cx) {
                Poll::Ready(Some(Ok(chunk))) => {
                    let now = self.idle.stirred();
                    if self.total.as_ref().is_some_and(|it| it.deadline().into_std() <= now) {
                        return self.out_of_time();
                    }
                    self.take(chunk, now);
                }
                Poll::Ready(None) => self.no_more(),
                Poll::Ready(Some(Err(error))) => return self.broke(Code::StreamInterrupted, error.reason),
                Poll::Pending if self.said_all() || self.failed() => {
                    let linger = self.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER_MAX)));
                    ready!(linger.as_mut().poll(cx));
                    self.no_more();
                }
                Poll::Pending => {
                    if let Some(total) = &mut self.total
                        && total.as_mut().poll(cx).is_ready()
                    {
                        return self.out_of_time();
                    }
                    ready!(self.idle.poll(cx));
                    return self.broke(Code::UpstreamTimeout, "the vendor fell silent".to_owned());
                }
            }
        }
    }

    /// A chunk of the vendor's: what of it can go on goes on.
    fn take(&mut self, chunk: Bytes, now: Instant) {
        if let Seen::Turned(turning) = &mut self.seen {
            let mut out = Vec::new();
            turning.pass(&chunk, now, &mut out);
            if !out.is_empty() {
                self.ready.push_back(Bytes::from(out));
            }
        } else if self.shape == Shape::Events {
            self.lines.take(chunk, &mut self.ready);
        } else {
            self.ready.push_back(chunk);
        }
    }

    /// The vendor has sent all it will.
    fn no_more(&mut self) {
        self.rest = None;
        self.lines.release(&mut self.ready);
        self.seen.no_more(&mut self.ready);
    }

    /// The stream's last word went by.
    fn said_all(&self) -> bool {
        self.shape == Shape::Events && self.seen.said_all()
    }

    /// An error of the vendor's went by.
    fn failed(&self) -> bool {
        self.shape == Shape::Events && self.seen.failed()
    }

    /// The vendor's body has ended properly; a stream must have said so itself, too.
    fn ended(&mut self) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Some(cut) = self.cut.take() {
            return self.broke(Code::StreamInterrupted, cut.reason);
        }
        if self.shape != Shape::Events || matches!(self.seen, Seen::Nothing) {
            self.conclude(End::Complete);
            return Poll::Ready(None);
        }
        self.seen.end();
        if self.seen.failed() {
            self.conclude(End::Broken);
        } else if self.seen.finished() {
            self.conclude(End::Complete);
        } else {
            return self
                .broke(Code::StreamInterrupted, "the vendor's stream ended before its end".to_owned());
        }
        Poll::Ready(None)
    }

    fn out_of_time(&mut self) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.broke(Code::UpstreamTimeout, "the request's total time is over".to_owned())
    }

    /// No more will come.
    fn broke(&mut self, code: Code, reason: String) -> Poll<Option<Result<Bytes, BodyError>>> {
        // Dropping it closes the vendor's connection.
        self.rest = None;
        let is_stream = self.shape == Shape::Events;
        let (said_all, failed) = (self.said_all(), self.failed());
        let within_event = is_stream && self.seen.within_event();
        self.conclude(if said_all { End::Complete } else { End::Broken });
        if said_all || failed {
            // The client has read the end already, or the vendor's own error.
            return Poll::Ready(None);
        }
        let last = match self.endpoint {
            Some(endpoint) if is_stream && endpoint.streams() => {
                let message = format!("the answer broke off: {reason}");
                let event = dialect::stream_error(endpoint, code, &message, within_event);
                Ok(self.seen.last_word(event))
            }
            _ => Err(BodyError { reason }),
        };
        Poll::Ready(Some(last))
    }

    fn conclude(&mut self, end: End) {
        self.over = true;
        self.journey.record.usage = self.seen.usage();
        self.lease.used(self.journey.record.usage.as_ref());
        let kind = match end {
            End::Complete => Kind::Success { spent: None },
            End::Broken => Kind::Broken,
            End::ClientGone => Kind::ClientGone,
        };
        self.lease.settle(Outcome { kind, status: Some(self.status) });
        self.journey.finish(end);
    }
}

impl Drop for Relay {
    /// Unfinished, the client went away; what it has been told by then has been paid for.
    fn drop(&mut self) {
        if !self.over {
            self.conclude(End::ClientGone);
        }
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

    /// Something has come just now.
    fn stirred(&mut self) -> Instant {
        self.last = Instant::now();
        self.last
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

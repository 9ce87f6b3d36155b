//! The life of a request, one file per stage.
//!
//! [`Proxy::serve`] reads as the list of stages: admit, decode, route, then pick, send, classify, settle until an
//! answer is committed or nothing is left to try. Up to the commit everything may fail over; after it, `relay` only
//! passes on. Whatever happens, a lease is settled once ([`lease::Lease`]) and a request recorded once
//! ([`journey::Journey`]).

mod absence;
mod admit;
mod answer;
mod asked;
mod attempt;
mod body;
mod buffers;
mod classify;
mod course;
pub(crate) mod decision;
mod decode;
mod encode;
mod headers;
mod ids;
mod journey;
mod keys;
mod lease;
mod limits;
mod local;
mod outcome;
mod panics;
mod placement;
pub(crate) mod record;
mod relay;
mod scrub;
pub(crate) mod sign;
mod suitability;
mod translate;

use std::{net::SocketAddr, sync::Arc};

use balance::{Attempts, Next};
use http::{HeaderValue, header};
use http_body::Body as _;
use hyper::{Method, Request, Response, body::Incoming};

use self::{
    absence::Place,
    admit::Admitted,
    answer::Failure,
    asked::Asked,
    attempt::{Candidate, Tried},
    course::Course,
    decode::Decoded,
    journey::Journey,
    lease::Lease,
    outcome::LastFailure,
    translate::Unwritten,
};
use crate::{send::Sender, state::State};

/// What metrics and logs call what an answer came to.
pub(crate) fn outcome_name(fault: &dialect::Fault) -> &'static str {
    outcome::name(outcome::kind(fault))
}

pub(crate) use self::{
    admit::{Auth, Door},
    body::Body,
    buffers::Buffers,
    record::{End, Record, environment},
};

/// What the request path is told at start.
#[derive(Clone, Debug)]
pub(crate) struct ProxySettings {
    /// The bound of all bodies held for retries together, shared by all workers.
    pub buffers: Buffers,
    /// Largest body held, and largest JSON body at all (`limits.request_body_bytes`).
    pub request_body_bytes: usize,
    /// Largest multipart body, streamed when it is too large to be held.
    pub multipart_body_bytes: usize,
    /// Who may come in.
    pub door: Door,
    /// Whether answers carry `x-spillway-*`.
    pub explain: bool,
}

/// Largest multipart body: recordings and pictures, beyond what is held.
const MULTIPART_BODY_BYTES: usize = 128 << 20;

impl ProxySettings {
    /// With these bounds of one body that is held, and of all of them.
    pub(crate) fn new(door: Door, request_body_bytes: usize, buffered_bytes: usize) -> Self {
        ProxySettings {
            buffers: Buffers::new(buffered_bytes),
            request_body_bytes,
            multipart_body_bytes: MULTIPART_BODY_BYTES.max(request_body_bytes),
            door,
            explain: true,
        }
    }
}

/// Who is at the other end of the client's connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Its address.
    pub addr: SocketAddr,
}

/// The request path. One per worker, with connections of its own.
#[derive(Clone)]
pub(crate) struct Proxy {
    state: Arc<State>,
    sender: Sender,
    settings: ProxySettings,
}

/// A configuration that changed under a request (its pick is not in the snapshot it began with) is read anew this
/// often; each time needs a write between two instructions, so more than once is already unheard of.
const FRESH_STARTS_MAX: usize = 4;

impl Proxy {
    /// A request path over `state` that reaches vendors through `sender`.
    pub(crate) fn new(state: Arc<State>, sender: Sender, settings: ProxySettings) -> Self {
        Proxy { state, sender, settings }
    }

    /// Serves one request, whatever happens: a failure is an answer in the caller's dialect, a panic is a 500.
    pub(crate) async fn serve(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        let (head, incoming) = request.into_parts();
        let request_id = admit::request_id(&head.headers);
        let asked = Asked::of(&head);
        let served = panics::caught(self.forward(&head, incoming, peer, asked, request_id.clone())).await;
        let response = served.unwrap_or_else(|panics::Panicked| answer::panicked(&request_id, asked.dialect));
        if head.method == Method::HEAD { response.map(|_| Body::empty()) } else { response }
    }

    async fn forward(
        &self,
        head: &http::request::Parts,
        incoming: Incoming,
        peer: Peer,
        asked: Asked<'_>,
        request_id: String,
    ) -> Response<Body> {
        let dialect = asked.dialect;
        let mut journey = Journey::begin(Arc::clone(&self.state), request_id);

        let mut streamed = false;

        let served = async {
            // Whoever is refused at the door has perhaps only begun to send.
            let unread = |refused: Box<Failure>| match incoming.is_end_stream() {
                true => refused,
                false => refused.leaving_unread(),
            };
            admit::sound(head).map_err(unread)?;
            if let Some(root) = local::root(head) {
                return Ok(Served::Own(root));
            }
            let admitted = {
                let snapshot = self.state.snapshot.load();
                let door = &self.settings.door;
                let admitted =
                    admit::admit(head, asked, peer, door, &snapshot, &mut journey).map_err(unread)?;
                let key = admitted.key.as_deref();
                if let Some(own) = local::answer(head, asked, &snapshot, key, &journey.record.request_id) {
                    return Ok(Served::Own(own));
                }
                admitted
            };
            let decoded = decode::decode(head, asked, incoming, &self.settings, &mut journey).await?;
            streamed = decoded.is_streamed();
            self.try_targets(head, asked, &admitted, decoded, &mut journey).await
        }
        .await;

        let mut response = match served {
            Ok(Served::Committed(tried)) => relay::relay(*tried, journey, dialect, self.settings.explain),
            Ok(Served::Own(own)) => journey.answered(own),
            Err(failure) => answer::fail(*failure, dialect, journey, self.settings.explain),
        };
        // Refused half-way, perhaps: nobody reads what is left of the body.
        if streamed && !response.status().is_success() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Route, then pick, send, classify, settle: until an answer is committed or nothing is left to try.
    async fn try_targets(
        &self,
        head: &http::request::Parts,
        asked: Asked<'_>,
        admitted: &Admitted,
        mut decoded: Decoded,
        journey: &mut Journey,
    ) -> Result<Served, Box<Failure>> {
        let mut snapshot = self.state.snapshot.load_full();
        let mut attempts = Attempts::new(self.state.clock.now());
        let mut last = LastFailure::default();
        let mut fresh_starts = 0;

        'fresh: loop {
            let mut course = Course::plot(&snapshot, head, asked, admitted, &decoded, journey)?;
            let upstream = Arc::clone(&course.upstream);
            let place = Place { state: &self.state, snapshot: &snapshot, upstream: &upstream };
            loop {
                let picked = self.state.balancer().pick(&course.ask, &attempts, self.state.clock.now());
                let pick = match picked {
                    Ok(pick) => pick,
                    // An agent that counts before it asks must not fail for a number that is a hint.
                    Err(out) if out.any && course.counts() => {
                        return local::count_tokens(asked.dialect, decoded.bytes()).map(Served::Own);
                    }
                    Err(out) if out.any && !out.able && course.knows_why_nobody_fits() => {
                        return Err(answer::unfit(&course));
                    }
                    Err(exhausted) => {
                        let returns_in = exhausted.until.map(|it| it.since(self.state.clock.now()));
                        return Err(answer::exhausted(&place, exhausted, returns_in, last));
                    }
                };
                let mut lease = Lease::take(Arc::clone(&self.state), &pick);
                let Some(mut candidate) = Candidate::prepare(&snapshot, &course, &pick) else {
                    lease.settle(outcome::unsent());
                    fresh_starts += 1;
                    if fresh_starts > FRESH_STARTS_MAX {
                        return Err(Failure::nobody_available(&place, None));
                    }
                    snapshot = self.state.snapshot.load_full();
                    continue 'fresh;
                };

                let buffers = &self.settings.buffers;
                if let Err(unwritten) = candidate.translate(&decoded, &journey.record.request_id, buffers) {
                    lease.settle(outcome::unsent());
                    match unwritten {
                        Unwritten::Refused(pair, refused) => {
                            if !course.rule_out(pair, refused, &snapshot) {
                                return Err(answer::unfit(&course));
                            }
                            continue;
                        }
                        Unwritten::NoRoom if journey.record.attempts.is_empty() => {
                            return Err(Failure::buffers_full());
                        }
                        Unwritten::NoRoom => return Err(answer::gave_up(&place, last)),
                    }
                }

                let model = candidate.asks_for(&decoded);
                match candidate
                    .run(&self.sender, head, &mut decoded, &mut lease, model.clone(), journey)
                    .await
                {
                    Tried::Committed(opening) => {
                        return Ok(Served::Committed(Box::new(relay::Committed {
                            opening,
                            lease,
                            endpoint: course.endpoint,
                            timeouts: course.upstream.timeouts,
                            target: candidate.target,
                            credential: candidate.credential,
                            upstream: Arc::clone(&course.upstream),
                            set_cookie: course.set_cookie.clone(),
                            model,
                            translation: candidate.translation,
                            is_head: head.method == Method::HEAD,
                        })));
                    }
                    Tried::Failed(failed) => {
                        let outcome = failed.outcome;
                        let clients_own = candidate.target.model.is_none();
                        lease.settle(outcome);
                        last.note(failed);
                        if outcome.kind == balance::Kind::ModelNotFound && clients_own {
                            // The client's own word, perhaps misspelt: somebody else may know it, but another
                            // model's answer would hide the mistake.
                            course.ask.same_model = true;
                        }
                        let (next, events) = self.state.balancer().again(
                            &course.ask,
                            &mut attempts,
                            &pick,
                            &outcome,
                            self.state.clock.now(),
                        );
                        self.state.tell(&events);
                        let total = course.upstream.timeouts.total;
                        let out_of_time = total.is_some_and(|it| journey.started.elapsed() >= it);
                        if next != Next::Again || out_of_time || !decoded.can_be_sent_again() {
                            if course.counts() && decoded.can_be_sent_again() {
                                return local::count_tokens(asked.dialect, decoded.bytes()).map(Served::Own);
                            }
                            return Err(answer::gave_up(&place, last));
                        }
                    }
                }
            }
        }
    }
}

/// What came of a request that did not fail.
enum Served {
    /// A vendor's answer, committed.
    Committed(Box<relay::Committed>),
    /// Something we answer ourselves.
    Own(Response<Body>),
}

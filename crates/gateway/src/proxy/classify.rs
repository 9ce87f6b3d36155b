//! Classify: what came back, looked at until it is clear what it is.
//!
//! A plain answer is held until it is complete (up to a bound), a streamed one until its first delta: until then it
//! can still turn out to be a failure, and the client has seen nothing of it.

use std::time::{Duration, Instant, SystemTime};

use balance::Kind;
use bytes::{Bytes, BytesMut};
use dialect::{Endpoint, Failure, Fault, Gate, Verdict};
use http::{HeaderMap, StatusCode, header};
use tokio::time::timeout_at;

use super::{
    outcome,
    translate::{self, Translated, Translation, Turning},
};
use crate::send::{Answer, BodyError, VendorBody};

/// How much of an error is read to understand it, and for how long (FAULTS row 36): an error body may be endless.
const ERROR_BYTES_MAX: usize = 64 << 10;
const ERROR_READ_MAX: Duration = Duration::from_secs(2);

/// An answer that can be relayed: what has been read of it, and the rest.
pub(super) struct Opening {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// What has been read, in order.
    pub(super) held: Vec<Bytes>,
    /// What has not; `None`: that was all.
    pub(super) rest: Option<VendorBody>,
    /// What has been read is not all, and no more will come.
    pub(super) cut: Option<BodyError>,
    /// How it is written.
    pub(super) shape: Shape,
    /// What has been done to it, where the vendor speaks another dialect than the caller.
    pub(super) translated: Option<Translated>,
}

impl Opening {
    fn whole(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let (held, shape) = (vec![body], Shape::Plain);
        Opening { status, headers, held, rest: None, cut: None, shape, translated: None }
    }

    /// All of it is here, in one piece.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_none() && self.cut.is_none() && self.shape == Shape::Plain
    }
}

/// What an answer turned out to be.
pub(super) enum Examined {
    /// An answer.
    Good {
        opening: Opening,
        /// Its headers say that nothing is left for so long.
        spent: Option<Duration>,
    },
    /// The client's own fault, or nobody's: for the client as it is.
    Relayed { opening: Opening },
    /// A failure.
    Bad { kind: Kind, status: Option<u16>, opening: Option<Opening>, message: Option<String> },
}

/// What there is to know before looking.
pub(super) struct Examine<'b> {
    pub(super) kind: dialect::Kind,
    /// Whose words the answer is judged by: the vendor's.
    pub(super) endpoint: Option<Endpoint>,
    /// A stream of it is to be one JSON list, as Google's are without `alt=sse`.
    pub(super) listed: bool,
    /// The way back into the caller's dialect, where that is another one.
    pub(super) translation: Option<&'b Translation>,
    /// Asked with HEAD: the answer has no body, whatever its headers say.
    pub(super) is_head: bool,
    /// When the first delta has to be there.
    pub(super) deadline: Instant,
    /// Longest silence between chunks.
    pub(super) idle: Duration,
    /// When the whole request has to be over.
    pub(super) total: Option<Instant>,
    /// How much of a plain answer is held.
    pub(super) buffer_bytes: usize,
}

/// Nothing came back in time.
pub(super) fn silent() -> Examined {
    bad(Kind::Timeout, None, "no answer in time")
}

fn bad(kind: Kind, status: Option<u16>, message: &str) -> Examined {
    Examined::Bad { kind, status, opening: None, message: Some(message.to_owned()) }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Server-sent events that we can read.
    Events,
    /// Comes bit by bit, but not as events that we can read: committed with its first bytes.
    Flow,
    /// One thing.
    Plain,
}

impl Examine<'_> {
    /// Looks at `answer` until it is clear what it is.
    pub(super) async fn examine(&self, answer: Answer) -> Examined {
        match self.translation {
            None => self.look(answer).await,
            Some(translation) => {
                let examined = match translation.stream() && answer.status.is_success() {
                    true => self.turned(answer, translation).await,
                    false => self.look(answer).await,
                };
                translate::into_callers(examined, translation)
            }
        }
    }

    async fn look(&self, answer: Answer) -> Examined {
        if !answer.status.is_success() {
            return self.error(answer).await;
        }
        if self.is_head {
            return committed(answer.status, answer.headers, vec![Bytes::new()], None, Shape::Plain);
        }
        match self.shape(&answer) {
            _ if self.translation.is_some() => self.plain(answer).await,
            Shape::Events => self.events(answer).await,
            Shape::Flow => self.flow(answer).await,
            Shape::Plain => self.plain(answer).await,
        }
    }

    /// How the answer is written. A stream of Google's that is a JSON list comes bit by bit.
    fn shape(&self, answer: &Answer) -> Shape {
        match shape(answer) {
            Shape::Plain if self.listed => Shape::Flow,
            shape => shape,
        }
    }

    /// A status that says failure, and perhaps why.
    async fn error(&self, answer: Answer) -> Examined {
        let Answer { status, headers, mut body } = answer;
        let until = self.within_total(Instant::now() + ERROR_READ_MAX);
        let mut read = BytesMut::new();
        let (mut rest, mut cut) = (None, None);
        loop {
            match timeout_at(until.into(), body.chunk()).await {
                Ok(Some(Ok(chunk))) => read.extend_from_slice(&chunk),
                Ok(None) => break,
                // Cut or stalled: what is there has to do, and what is relayed of it stays visibly a part.
                Ok(Some(Err(error))) => {
                    cut = Some(error);
                    break;
                }
                Err(_) => {
                    rest = Some(body);
                    break;
                }
            }
            if read.len() >= ERROR_BYTES_MAX {
                rest = Some(body);
                break;
            }
        }
        let bytes = read.freeze();
        let held = vec![bytes.clone()];
        let shape = Shape::Plain;
        let opening = Opening { status, headers, held, rest, cut, shape, translated: None };
        self.judge(opening, &bytes)
    }

    /// One thing, held until it is complete or too large.
    async fn plain(&self, answer: Answer) -> Examined {
        let Answer { status, headers, mut body } = answer;
        let mut read = Read::default();
        loop {
            let until = self.within_total(Instant::now() + self.idle);
            match timeout_at(until.into(), body.chunk()).await {
                Ok(Some(Ok(chunk))) => read.push(chunk),
                Ok(None) => break,
                Ok(Some(Err(error))) => return bad(Kind::Connect, Some(status.as_u16()), &error.to_string()),
                Err(_) => {
                    return bad(Kind::Timeout, Some(status.as_u16()), "the answer was not complete in time");
                }
            }
            if read.bytes > self.buffer_bytes {
                let spent = dialect::spent(&headers, SystemTime::now());
                let (held, rest, shape) = (read.chunks, Some(body), Shape::Plain);
                let opening = Opening { status, headers, held, rest, cut: None, shape, translated: None };
                return Examined::Good { opening, spent };
            }
        }
        let whole = read.whole();
        self.judge(Opening::whole(status, headers, whole.clone()), &whole)
    }

    fn within_total(&self, limit: Instant) -> Instant {
        self.total.map_or(limit, |total| limit.min(total))
    }

    /// Events, held until the first that carries content.
    async fn events(&self, answer: Answer) -> Examined {
        let Answer { status, headers, mut body } = answer;
        let mut gate = Gate::new(self.endpoint.unwrap_or(Endpoint::ChatCompletions));
        let mut read = Read::default();
        let failure = loop {
            match timeout_at(self.deadline.into(), body.chunk()).await {
                Err(_) => return bad(Kind::Timeout, Some(status.as_u16()), "no first token in time"),
                Ok(Some(Err(error))) => return bad(Kind::Connect, Some(status.as_u16()), &error.to_string()),
                Ok(Some(Ok(chunk))) => {
                    let verdict = gate.feed(&chunk);
                    read.push(chunk);
                    match verdict {
                        Verdict::Hold => {}
                        Verdict::Commit => {
                            let shape = if gate.is_document() { Shape::Plain } else { Shape::Events };
                            return committed(status, headers, read.chunks, Some(body), shape);
                        }
                        Verdict::Failed(failure) => break failure,
                    }
                }
                Ok(None) => {
                    let is_document = gate.is_document();
                    match gate.end() {
                        Verdict::Failed(failure) => break failure,
                        // One thing, whatever it was announced as.
                        Verdict::Commit | Verdict::Hold if is_document => {
                            return committed(status, headers, vec![read.whole()], None, Shape::Plain);
                        }
                        Verdict::Commit | Verdict::Hold => {
                            return committed(status, headers, read.chunks, None, Shape::Events);
                        }
                    }
                }
            }
        };
        self.failed_within(failure, headers)
    }

    /// A stream for a caller of another dialect, held until the first content. Whatever it was announced as: one answer
    /// as a whole is turned into a stream, too.
    async fn turned(&self, answer: Answer, translation: &Translation) -> Examined {
        if answer.headers.contains_key(header::CONTENT_ENCODING) {
            // Asked for plain bytes, and sent others: nothing that could be read.
            return bad(Kind::ServerError, Some(answer.status.as_u16()), "its answer is compressed");
        }
        let Answer { status, headers, mut body } = answer;
        let mut turning = Box::new(Turning::new(translation));
        let mut out = Vec::new();
        let mut ended = false;
        loop {
            match timeout_at(self.deadline.into(), body.chunk()).await {
                Err(_) => return bad(Kind::Timeout, Some(status.as_u16()), "no first token in time"),
                Ok(Some(Err(error))) => return bad(Kind::Connect, Some(status.as_u16()), &error.to_string()),
                Ok(Some(Ok(chunk))) => turning.push(&chunk, &mut out),
                Ok(None) => {
                    turning.end(&mut out);
                    ended = true;
                }
            }
            match turning.verdict() {
                Verdict::Hold if ended => {
                    return bad(Kind::ServerError, Some(status.as_u16()), "its answer was no answer");
                }
                Verdict::Hold => {}
                Verdict::Failed(failure) => return self.failed_within(failure.clone(), headers),
                Verdict::Commit => break,
            }
        }
        let rest = if ended { None } else { Some(body) };
        let mut examined = committed(status, headers, vec![out.into()], rest, Shape::Events);
        if let Examined::Good { opening, .. } = &mut examined {
            opening.translated = Some(Translated::Stream(turning));
        }
        examined
    }

    /// The error inside a stream, as the answer that it stands for.
    fn failed_within(&self, failure: Failure, mut headers: HeaderMap) -> Examined {
        let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_GATEWAY);
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        headers.remove(header::CONTENT_LENGTH);
        let bytes = failure.body;
        self.judge(Opening::whole(status, headers, bytes.clone()), &bytes)
    }

    /// Bytes that come bit by bit: the first are proof enough.
    async fn flow(&self, answer: Answer) -> Examined {
        let Answer { status, headers, mut body } = answer;
        match timeout_at(self.deadline.into(), body.chunk()).await {
            Err(_) => bad(Kind::Timeout, Some(status.as_u16()), "no first byte in time"),
            Ok(Some(Err(error))) => bad(Kind::Connect, Some(status.as_u16()), &error.to_string()),
            Ok(Some(Ok(chunk))) => committed(status, headers, vec![chunk], Some(body), Shape::Flow),
            Ok(None) => committed(status, headers, Vec::new(), None, Shape::Flow),
        }
    }

    /// Whose fault, by the vendor's own words.
    fn judge(&self, mut opening: Opening, body: &[u8]) -> Examined {
        let status = opening.status.as_u16();
        // On a path that is no known endpoint, a 2xx is good whatever it says: there is nothing to hold it against.
        let known = self.endpoint.is_some() || !opening.status.is_success();
        let readable =
            !opening.headers.contains_key(header::CONTENT_ENCODING) || !opening.status.is_success();
        let now = SystemTime::now();
        let fault = if known && readable {
            dialect::classify(&dialect::Answer {
                kind: self.kind,
                endpoint: self.endpoint.unwrap_or(Endpoint::ChatCompletions),
                status,
                headers: &opening.headers,
                body,
                now,
            })
        } else {
            Fault::Good
        };
        // Whoever asks about a model that is not there has learned it; nobody was asked to serve it.
        let about_models = matches!(self.endpoint, Some(Endpoint::Models | Endpoint::Model));
        let fault = if about_models && fault == Fault::ModelNotFound { Fault::Relayed } else { fault };
        let was_success = opening.status.is_success();
        if fault != Fault::Good && was_success {
            // A failure inside a success is told and counted as the status that it stands for.
            let endpoint = self.endpoint.unwrap_or(Endpoint::ChatCompletions);
            let stands_for =
                dialect::hidden_failure(endpoint, body).and_then(|it| StatusCode::from_u16(it).ok());
            opening.status = stands_for.unwrap_or(StatusCode::BAD_GATEWAY);
        }
        let status = opening.status.as_u16();
        match fault {
            Fault::Good => {
                let spent = dialect::spent(&opening.headers, now);
                Examined::Good { opening, spent }
            }
            Fault::Refused | Fault::Relayed => Examined::Relayed { opening },
            fault => {
                let message = dialect::message(body);
                // A success that is none and says nothing (a page, no choices) is for nobody to read.
                let is_hollow = was_success && message.is_none();
                let message = message.or_else(|| is_hollow.then(|| "its answer was no answer".to_owned()));
                let opening = Some(opening).filter(|_| !is_hollow);
                Examined::Bad { kind: outcome::kind(&fault), status: Some(status), message, opening }
            }
        }
    }
}

fn committed(
    status: StatusCode,
    headers: HeaderMap,
    held: Vec<Bytes>,
    rest: Option<VendorBody>,
    shape: Shape,
) -> Examined {
    let spent = dialect::spent(&headers, SystemTime::now());
    let opening = Opening { status, headers, held, rest, cut: None, shape, translated: None };
    Examined::Good { opening, spent }
}

fn shape(answer: &Answer) -> Shape {
    let content_type =
        answer.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let encoded = answer.headers.contains_key(header::CONTENT_ENCODING);
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    // Speech without a length is being made while it is sent.
    let is_audio = essence.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("audio/"));
    if is("text/event-stream") && !encoded {
        return Shape::Events;
    }
    let flows = is("text/event-stream")
        || is("application/x-ndjson")
        || is("application/vnd.amazon.eventstream")
        || is_audio && answer.body.remaining().is_none();
    if flows { Shape::Flow } else { Shape::Plain }
}

/// Chunks so far.
#[derive(Default)]
struct Read {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Read {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }

    /// In one piece; most answers come in one, and are not copied then.
    fn whole(mut self) -> Bytes {
        if self.chunks.len() == 1 {
            return self.chunks.remove(0);
        }
        let mut whole = BytesMut::with_capacity(self.bytes);
        for chunk in &self.chunks {
            whole.extend_from_slice(chunk);
        }
        whole.freeze()
    }
}

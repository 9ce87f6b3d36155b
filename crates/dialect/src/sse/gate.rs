//! The commit point: until here a streamed request can still be given to somebody else.
//!
//! The caller holds the bytes back while the gate says [`Verdict::Hold`]; the gate only says when to stop holding.

use std::fmt;

use bytes::Bytes;

use super::events::{Event, Events};
use super::sign::{self, Sign};
use crate::fault::{hidden_failure, message, stands_for};
use crate::{Dialect, Endpoint};

/// How much is held back at most (DOMAIN 5). A stream that has said nothing by then is let through.
pub const HOLD_LIMIT: usize = 64 * 1024;

/// What to do with what was held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Keep it: nothing has been said yet.
    Hold,
    /// Let it go: the answer has begun.
    Commit,
    /// Throw it away: this is a failure.
    Failed(Failure),
}

/// A failure that came where an answer should have begun.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    /// The status that it stands for.
    pub status: u16,
    /// The error, in the endpoint's envelope; for `classify` and, if nobody else answers, for the client.
    pub body: Bytes,
}

/// The body stays out of logs: vendors quote keys in their errors.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Watches the beginning of a streamed answer.
pub struct Gate {
    endpoint: Endpoint,
    shape: Shape,
    seen: usize,
    has_begun: bool,
    verdict: Verdict,
}

/// What the bytes turned out to be.
enum Shape {
    /// Blank so far.
    Unknown,
    Events(Events),
    /// JSON or HTML where events should be: judged when complete.
    Document(Vec<u8>),
}

/// What was held stays out of logs.
impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Gate");
        shown.field("endpoint", &self.endpoint).field("seen", &self.seen).field("verdict", &self.verdict);
        shown.finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate in front of one answer.
    pub fn new(endpoint: Endpoint) -> Self {
        Gate { endpoint, shape: Shape::Unknown, seen: 0, has_begun: false, verdict: Verdict::Hold }
    }

    /// Takes the next bytes of the answer. Once it is not [`Verdict::Hold`], the verdict stays.
    pub fn feed(&mut self, bytes: &[u8]) -> Verdict {
        if self.verdict != Verdict::Hold {
            return self.verdict.clone();
        }
        let room = HOLD_LIMIT - self.seen;
        let (within, beyond) = bytes.split_at(bytes.len().min(room));
        self.seen += within.len();
        self.within(within);
        if self.verdict == Verdict::Hold && !beyond.is_empty() {
            self.verdict = Verdict::Commit;
        }
        self.verdict.clone()
    }

    /// The answer is over. Without a commit until here there was none.
    pub fn end(&mut self) -> Verdict {
        if self.verdict != Verdict::Hold {
            return self.verdict.clone();
        }
        let shape = std::mem::replace(&mut self.shape, Shape::Unknown);
        self.verdict = match shape {
            Shape::Document(document) => judge_document(self.endpoint, document),
            Shape::Events(mut events) => {
                let mut verdict = Verdict::Hold;
                events.end(|event| judge(self.endpoint, &event, &mut self.has_begun, &mut verdict));
                verdict
            }
            Shape::Unknown => Verdict::Hold,
        };
        if self.verdict == Verdict::Hold {
            self.verdict =
                Verdict::Failed(said(self.endpoint, 502, "the stream ended before it said anything"));
        }
        self.verdict.clone()
    }

    /// Whether it has turned out to be one document, whatever it was announced as. To be asked before the end.
    pub fn is_document(&self) -> bool {
        matches!(self.shape, Shape::Document(_))
    }

    fn within(&mut self, mut bytes: &[u8]) {
        if let Shape::Unknown = self.shape {
            // Blank lines and a byte order mark may precede anything; nothing of them is needed.
            let Some(first) = bytes.iter().position(|it| !it.is_ascii_whitespace()) else {
                return;
            };
            bytes = &bytes[first..];
            self.shape = match bytes[0] {
                b'{' | b'[' | b'<' => Shape::Document(Vec::new()),
                _ => Shape::Events(Events::default()),
            };
        }
        match &mut self.shape {
            Shape::Unknown => {}
            Shape::Document(document) => document.extend_from_slice(bytes),
            Shape::Events(events) => {
                let (has_begun, verdict) = (&mut self.has_begun, &mut self.verdict);
                events.feed(bytes, |event| judge(self.endpoint, &event, has_begun, verdict));
            }
        }
    }
}

/// `has_begun`: something of an answer came before, if only a role; so that a bare `[DONE]` is no answer.
fn judge(endpoint: Endpoint, event: &Event<'_>, has_begun: &mut bool, verdict: &mut Verdict) {
    if *verdict != Verdict::Hold {
        return;
    }
    match sign::read(endpoint, event) {
        Sign::Unreadable | Sign::Quiet => {}
        Sign::Opening => *has_begun = true,
        Sign::Content | Sign::End => *verdict = Verdict::Commit,
        Sign::Done if *has_begun => *verdict = Verdict::Commit,
        Sign::Done => {
            *verdict = Verdict::Failed(said(endpoint, 502, "the stream ended before it said anything"));
        }
        Sign::Error(error) => {
            let body = error_body(endpoint, event, error.map(|it| it.get()));
            *verdict = Verdict::Failed(Failure { status: stands_for(&body), body });
        }
    }
}

fn judge_document(endpoint: Endpoint, document: Vec<u8>) -> Verdict {
    match hidden_failure(endpoint, &document) {
        None => Verdict::Commit,
        Some(status) if document.starts_with(b"<") => {
            Verdict::Failed(said(endpoint, status, "the vendor answered with a web page"))
        }
        Some(status) => Verdict::Failed(Failure { status, body: Bytes::from(document) }),
    }
}

/// The error of an event in the envelope of a plain answer.
fn error_body(endpoint: Endpoint, event: &Event<'_>, error: Option<&str>) -> Bytes {
    let whole = std::str::from_utf8(event.data).unwrap_or_default().trim();
    let words = message(event.data);
    // Responses' error event is flat: the event is the error.
    let flat = (whole.starts_with('{') && words.is_some()).then_some(whole);
    let Some(error) = error.or(flat) else {
        return said(endpoint, 500, words.as_deref().unwrap_or("the vendor's stream began with an error"))
            .body;
    };
    let opening = match endpoint.dialect() {
        Dialect::OpenAi | Dialect::Google => "{\"error\":",
        Dialect::Anthropic => "{\"type\":\"error\",\"error\":",
    };
    Bytes::from([opening, error, "}"].concat())
}

/// An error that the vendor did not put into words.
fn said(endpoint: Endpoint, status: u16, message: &str) -> Failure {
    let body = crate::envelope(endpoint.dialect(), crate::Code::BadGateway, message, None, "");
    Failure { status, body }
}

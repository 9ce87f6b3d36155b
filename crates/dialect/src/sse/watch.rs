//! A tap on an answer that is on its way to the client: usage, end, error.
//!
//! Never alters, delays or keeps what passes. Most events are deltas and are dismissed by their name or by the absence
//! of a few words; only what can carry a usage or an end is parsed.

use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::events::{Event, Events, Excerpt};
use super::sign::{self, Sign};
use crate::usage::{self, Usage};
use crate::{Dialect, Endpoint, wire};

/// Watches an answer go by.
pub struct Watch {
    events: Events,
    body: Excerpt,
    streamed: bool,
    seen: Seen,
}

#[derive(Debug)]
struct Seen {
    endpoint: Endpoint,
    usage: Option<Usage>,
    finished: bool,
    said_all: bool,
    failed: bool,
}

/// What passes stays out of logs.
impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Watch");
        shown.field("streamed", &self.streamed).field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl Watch {
    /// A watch over one answer; `streamed` if it is a stream of events, otherwise it is a plain body.
    pub fn new(endpoint: Endpoint, streamed: bool) -> Self {
        let seen = Seen { endpoint, usage: None, finished: false, said_all: false, failed: false };
        Watch { events: Events::default(), body: Excerpt::default(), streamed, seen }
    }

    /// Takes the next bytes as they pass.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.streamed {
            self.events.feed(bytes, |event| self.seen.look_at(&event));
        } else {
            self.body.push(bytes);
        }
    }

    /// The answer is over: a last event that lacks its blank line still counts.
    pub fn end(&mut self) {
        if self.streamed {
            self.events.end(|event| self.seen.look_at(&event));
        }
    }

    /// What the answer cost, as far as it has said so.
    pub fn usage(&self) -> Option<Usage> {
        if self.streamed {
            return self.seen.usage;
        }
        match self.body.whole() {
            Ok(body) => usage::usage(self.seen.endpoint, body),
            Err(tail) => usage::from_tail(tail),
        }
    }

    /// Whether a stream has said its last word: a terminal event or a finish reason went by. A plain body is finished
    /// when its framing says so, which is not for us to know: false.
    pub fn finished(&self) -> bool {
        self.seen.finished
    }

    /// Whether nothing follows what a stream has said: `[DONE]`, `message_stop`, `response.completed`. A finish reason
    /// is not as much, since it is one of perhaps several choices'; so of Google's streams nothing is ever the last word.
    pub fn said_all(&self) -> bool {
        self.seen.said_all
    }

    /// Whether an error went by.
    pub fn failed(&self) -> bool {
        self.seen.failed
    }

    /// Whether the stream stands between two events.
    pub fn between_events(&self) -> bool {
        self.events.is_between()
    }

    /// Whether something of an event's data has gone by, or half a line: another event must end that one first.
    pub fn within_event(&self) -> bool {
        self.events.is_within()
    }
}

impl Seen {
    fn look_at(&mut self, event: &Event<'_>) {
        if event.is_cut {
            return self.look_at_cut(event);
        }
        if self.is_dull(event) {
            return;
        }
        match sign::read(self.endpoint, event) {
            Sign::Done => (self.finished, self.said_all) = (true, true),
            Sign::End => {
                self.finished = true;
                self.said_all |= self.endpoint == Endpoint::Responses || names(event, b"message_stop");
            }
            Sign::Error(_) => self.failed = true,
            Sign::Unreadable | Sign::Quiet | Sign::Opening | Sign::Content => {}
        }
        let usage = if self.is_googles() { &USAGE_METADATA } else { &USAGE };
        if mentions(usage, event.data, b'{') {
            self.add(usage::from_object(event.data));
        }
    }

    /// An event whose middle is missing cannot be parsed: its name stands at the beginning, its usage near the end.
    fn look_at_cut(&mut self, event: &Event<'_>) {
        const ENDS: [&[u8]; 3] = [b"response.completed", b"response.incomplete", b"message_stop"];
        let head = &event.data[..event.data.len().min(256)];
        let says = |it: &[u8]| event.name == it || event.name.is_empty() && memmem::find(head, it).is_some();
        let ended = ENDS.into_iter().any(says);
        self.finished |= ended || self.is_googles() && mentions(&GOOGLES_REASON, event.data, b'"');
        self.said_all |= ended;
        self.failed |= says(b"response.failed") || event.name == b"error";
        self.add(usage::from_tail(event.data));
    }

    /// Whether an event can be dismissed without parsing it.
    fn is_dull(&self, event: &Event<'_>) -> bool {
        match self.endpoint {
            Endpoint::ChatCompletions | Endpoint::Completions => {
                !(sign::is_done(event.data)
                    || event.name == b"error"
                    || mentions(&FINISH_REASON, event.data, b'"')
                    || mentions(&USAGE, event.data, b'{')
                    || ERROR.find(event.data).is_some())
            }
            // Nearly every event of Google's carries the usage so far.
            _ if self.is_googles() => false,
            _ => event.name.ends_with(b"delta") && event.name != b"message_delta" || event.name == b"ping",
        }
    }

    fn is_googles(&self) -> bool {
        self.endpoint.dialect() == Dialect::Google
    }

    fn add(&mut self, usage: Option<Usage>) {
        if let Some(usage) = usage {
            self.usage.get_or_insert_default().merge(usage);
        }
    }
}

/// Whether an event is called so, by its `event:` line or in its data.
fn names(event: &Event<'_>, name: &[u8]) -> bool {
    event.name == name || event.name.is_empty() && memmem::find(event.data, name).is_some()
}

static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"usage\""));
static USAGE_METADATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"usageMetadata\""));
static GOOGLES_REASON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"finishReason\""));
static FINISH_REASON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"finish_reason\""));
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"error\""));

/// Whether a field with that (quoted) name stands in `data` with a value that begins with `first`. A text that talks of
/// the field does not count: its quotes are escaped.
fn mentions(name: &Finder<'_>, data: &[u8], first: u8) -> bool {
    name.find_iter(data).any(|at| {
        let value = data[at + name.needle().len()..].trim_ascii_start().strip_prefix(b":");
        value.is_some_and(|it| wire::begins_with(it, first))
    })
}

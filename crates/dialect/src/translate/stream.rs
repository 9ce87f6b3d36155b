//! A streamed answer on its way from one dialect into another.
//!
//! Bytes go in as they come, however they are cut, and the caller's events come out; what is kept is bounded. Like a gate
//! it knows when the answer has begun in earnest, and like a watch what it cost: whoever translates needs neither.

use std::fmt;

use bytes::Bytes;

use super::back::read_reply;
use super::frames::Frames;
use super::model::{Said, Stop, Tokens};
use super::notes::Notes;
use super::template::{Lesson, Template};
use super::{ANSWER_LIMIT, Back, Wire, chat, converse, failure, gemini, messages, replay, responses};
use crate::sse::{Event, Events};
use crate::{Failure, HOLD_LIMIT, Usage, Verdict, hidden_failure};

/// Translates one stream.
pub struct Stream {
    vendor: Wire,
    source: Source,
    reader: Reader,
    template: Template,
    sink: Sink,
    seen: usize,
}

/// What passes stays out of logs.
impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Stream");
        shown
            .field("vendor", &self.vendor)
            .field("caller", &self.sink.caller)
            .field("verdict", &self.sink.verdict);
        shown.finish_non_exhaustive()
    }
}

/// How the vendor's events are framed.
enum Source {
    /// Blank so far.
    Unknown,
    Events(Events),
    Frames(Frames),
    /// JSON or HTML where events should be: judged when complete.
    Document(Vec<u8>),
}

enum Reader {
    Chat(chat::ReadStream),
    Responses(responses::ReadStream),
    Messages(messages::ReadStream),
    Gemini(gemini::ReadStream),
    Converse(converse::ReadStream),
}

enum Writer {
    Chat(chat::WriteStream),
    Responses(Box<responses::WriteStream>),
    Messages(messages::WriteStream),
    Gemini(Box<gemini::WriteStream>),
}

/// Where what is said goes, and what has been learned from it.
struct Sink {
    caller: Wire,
    writer: Writer,
    verdict: Verdict,
    tokens: Option<Tokens>,
    stop: Option<Stop>,
    said_all: bool,
    failed: bool,
}

impl Stream {
    pub(super) fn new(back: &Back) -> Self {
        let reader = match back.to {
            Wire::Chat => Reader::Chat(chat::ReadStream::default()),
            Wire::Responses => Reader::Responses(responses::ReadStream::default()),
            Wire::Messages => Reader::Messages(messages::ReadStream::default()),
            Wire::Gemini => Reader::Gemini(gemini::ReadStream::default()),
            Wire::Converse => Reader::Converse(converse::ReadStream::default()),
        };
        let frame = back.frame.clone();
        let writer = match back.from {
            Wire::Chat | Wire::Converse => Writer::Chat(chat::WriteStream::new(frame)),
            Wire::Responses => Writer::Responses(Box::new(responses::WriteStream::new(frame))),
            Wire::Messages => Writer::Messages(messages::WriteStream::new(frame)),
            Wire::Gemini => Writer::Gemini(Box::new(gemini::WriteStream::new(frame))),
        };
        let sink = Sink {
            caller: back.from,
            writer,
            verdict: Verdict::Hold,
            tokens: None,
            stop: None,
            said_all: false,
            failed: false,
        };
        Stream {
            vendor: back.to,
            source: Source::Unknown,
            reader,
            template: Template::default(),
            sink,
            seen: 0,
        }
    }

    /// Takes the next bytes of the vendor's and appends what they make to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.sink.is_over() {
            return;
        }
        self.seen = self.seen.saturating_add(bytes.len());
        self.take(bytes, out);
        // As with a gate: a stream that has said nothing by then is let through.
        if self.seen > HOLD_LIMIT && self.sink.verdict == Verdict::Hold && !self.is_document() {
            self.sink.verdict = Verdict::Commit;
        }
    }

    /// The vendor's stream is over: a last event that lacks its blank line still counts.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let source = std::mem::replace(&mut self.source, Source::Unknown);
        if self.sink.is_over() {
            return;
        }
        match source {
            Source::Events(mut events) => {
                let mut say = |it: Said<'_>| self.sink.said(it, out);
                events.end(|it| self.reader.read(&it, &mut self.template, &mut say));
            }
            Source::Document(document) => self.document(&document, out),
            Source::Unknown | Source::Frames(_) => {}
        }
        if !self.sink.is_over() {
            self.reader.end(&mut self.sink, out);
        }
        if self.sink.verdict == Verdict::Hold {
            self.sink.said(Said::Failed { status: 502, error: SILENT }, out);
        }
    }

    /// Whether the answer has begun: until then what came out is to be held back, and after a failure thrown away.
    /// Once it is not [`Verdict::Hold`], it stays. A failure's body is the vendor's own, for `classify`.
    pub fn verdict(&self) -> &Verdict {
        &self.sink.verdict
    }

    /// What the answer cost, as far as the vendor has said so.
    pub fn usage(&self) -> Option<Usage> {
        self.sink.tokens.map(Usage::from)
    }

    /// Whether the vendor has given the reason why it ended.
    pub fn finished(&self) -> bool {
        self.sink.stop.is_some() || self.sink.said_all
    }

    /// Whether nothing follows: the caller has the last event. Without it, a stream that is over was cut.
    pub fn said_all(&self) -> bool {
        self.sink.said_all
    }

    /// Whether it ended with an error, which has been told to the caller.
    pub fn failed(&self) -> bool {
        self.sink.failed
    }

    fn is_document(&self) -> bool {
        matches!(self.source, Source::Document(_))
    }

    fn take(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        if let Source::Unknown = self.source {
            if self.vendor == Wire::Converse && bytes.first().is_some_and(|it| *it == 0) {
                // A frame begins with its length, of which the first byte is nought below 16 MiB.
                self.source = Source::Frames(Frames::default());
            } else {
                let Some(first) = bytes.iter().position(|it| !it.is_ascii_whitespace()) else { return };
                bytes = &bytes[first..];
                self.source = match bytes[0] {
                    b'{' | b'[' | b'<' => Source::Document(Vec::new()),
                    _ if self.vendor == Wire::Converse => Source::Frames(Frames::default()),
                    _ => Source::Events(Events::within(ANSWER_LIMIT)),
                };
            }
        }
        match &mut self.source {
            Source::Unknown => {}
            Source::Events(events) => {
                events.feed(bytes, |it| {
                    if !self.sink.is_over() {
                        self.reader.read(&it, &mut self.template, &mut |it| self.sink.said(it, out));
                    }
                });
            }
            Source::Frames(frames) => {
                let show = |it: super::EventFrame<'_>| {
                    if let (Reader::Converse(reader), false) = (&mut self.reader, self.sink.is_over()) {
                        let is_exception = it.message_type != "event";
                        reader.read(it.kind, is_exception, it.payload, &mut |it| self.sink.said(it, out));
                    }
                };
                if frames.feed(bytes, show).is_err() && !self.sink.is_over() {
                    self.sink.said(Said::Failed { status: 502, error: BROKEN }, out);
                }
            }
            Source::Document(document) => {
                document.extend_from_slice(bytes);
                if document.len() > ANSWER_LIMIT {
                    self.sink.said(Said::Failed { status: 502, error: TOO_LONG }, out);
                }
            }
        }
    }

    /// One document instead of a stream: an error, or the answer as a whole.
    fn document(&mut self, document: &[u8], out: &mut Vec<u8>) {
        if let Some(status) = hidden_failure(self.vendor.endpoint(), document) {
            return self.sink.said(Said::Failed { status, error: document }, out);
        }
        match read_reply(self.vendor, document, &Notes::of_answer()) {
            Some(reply) => replay::replay(&reply, &mut |it| self.sink.said(it, out)),
            None => self.sink.said(Said::Failed { status: 502, error: UNREADABLE }, out),
        }
    }
}

const SILENT: &[u8] = br#"{"error":{"message":"the stream ended before it said anything"}}"#;
const BROKEN: &[u8] = br#"{"error":{"message":"the vendor's stream is damaged"}}"#;
const TOO_LONG: &[u8] = br#"{"error":{"message":"the answer is too long to be translated"}}"#;
const UNREADABLE: &[u8] = br#"{"error":{"message":"the vendor's answer cannot be read"}}"#;

impl Reader {
    fn read(&mut self, event: &Event<'_>, template: &mut Template, say: &mut dyn FnMut(Said<'_>)) {
        if let Some((said, tokens)) = template.read(event) {
            say(said);
            return tokens.into_iter().for_each(|it| say(Said::Tokens(it)));
        }
        if event.is_cut {
            return say(Said::Failed { status: 502, error: TOO_LONG });
        }
        let mut lesson = Lesson::default();
        let mut learn = |it: Said<'_>| {
            lesson.add(&it, event.data);
            say(it);
        };
        match self {
            Reader::Chat(it) => it.read(event, &mut learn),
            Reader::Responses(it) => it.read(event, &mut learn),
            Reader::Messages(it) => it.read(event, &mut learn),
            Reader::Gemini(it) => it.read(event, &mut learn),
            Reader::Converse(_) => {}
        }
        template.learn(lesson, event);
    }

    fn end(&mut self, sink: &mut Sink, out: &mut Vec<u8>) {
        let mut say = |it: Said<'_>| sink.said(it, out);
        match self {
            Reader::Chat(it) => it.end(&mut say),
            Reader::Responses(it) => it.end(&mut say),
            Reader::Messages(it) => it.end(&mut say),
            Reader::Gemini(it) => it.end(&mut say),
            Reader::Converse(it) => it.end(&mut say),
        }
    }
}

#[cfg(test)]
impl Stream {
    /// Says something as if a vendor had said it.
    pub(super) fn say(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        self.sink.said(said, out);
    }

    /// Only reads: as a stream does, or each event in full.
    pub(super) fn read_all(&mut self, bytes: &[u8], shortly: bool, say: &mut dyn FnMut(Said<'_>)) {
        let mut events = Events::within(ANSWER_LIMIT);
        let mut read = |it: Event<'_>| {
            if !shortly {
                self.template = Template::default();
            }
            self.reader.read(&it, &mut self.template, say);
        };
        events.feed(bytes, &mut read);
        events.end(&mut read);
    }
}

impl Sink {
    fn is_over(&self) -> bool {
        self.said_all || self.failed
    }

    fn said(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        if self.is_over() {
            return;
        }
        match &said {
            Said::Begin { .. } | Said::Break => {}
            Said::Tokens(tokens) => self.tokens.get_or_insert_default().merge(*tokens),
            Said::Stop(stop) => {
                self.stop = Some(stop.clone());
                self.commit();
            }
            // A bare end is no answer.
            Said::Done if self.verdict == Verdict::Hold => {
                return self.said(Said::Failed { status: 502, error: SILENT }, out);
            }
            Said::Done => self.said_all = true,
            Said::Failed { status, error } => return self.fail(*status, error, out),
            _ => self.commit(),
        }
        match &mut self.writer {
            Writer::Chat(it) => it.write(said, out),
            Writer::Responses(it) => it.write(said, out),
            Writer::Messages(it) => it.write(said, out),
            Writer::Gemini(it) => it.write(said, out),
        }
        let is_full = match &self.writer {
            Writer::Responses(it) => it.is_full(),
            Writer::Gemini(it) => it.is_full(),
            Writer::Chat(_) | Writer::Messages(_) => false,
        };
        if is_full && !self.said_all {
            self.fail(502, TOO_LONG, out);
        }
    }

    fn commit(&mut self) {
        if self.verdict == Verdict::Hold {
            self.verdict = Verdict::Commit;
        }
    }

    fn fail(&mut self, status: u16, error: &[u8], out: &mut Vec<u8>) {
        self.failed = true;
        if self.verdict == Verdict::Hold {
            self.verdict = Verdict::Failed(Failure { status, body: Bytes::copy_from_slice(error) });
        }
        out.extend_from_slice(&failure::event(self.caller, status, error));
    }
}

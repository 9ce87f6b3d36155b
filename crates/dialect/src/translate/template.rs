//! A short cut for streams: most events are the one before them with another text.
//!
//! When an event said nothing but a text, and that text stands in it as it is, then what stands before and after the text
//! is kept. An event with the same before and after, and one JSON string between, is read by its string alone.

use super::model::{Said, Tokens};
use crate::sse::Event;

#[derive(Default)]
pub(super) struct Template {
    name: Vec<u8>,
    before: Vec<u8>,
    after: Vec<u8>,
    kind: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Thought,
    Arguments { call: usize },
}

/// What an event has said so far, while it is read in full.
#[derive(Default)]
pub(super) struct Lesson {
    kind: Option<Kind>,
    /// Where the text stands in the event.
    place: Option<(usize, usize)>,
    /// It said something else, too.
    is_mixed: bool,
}

impl Lesson {
    /// Notes something that an event says.
    pub(super) fn add(&mut self, said: &Said<'_>, data: &[u8]) {
        let (kind, text) = match said {
            Said::Text(text) => (Kind::Text, *text),
            Said::Thought(text) => (Kind::Thought, *text),
            Said::Arguments { call, json } => (Kind::Arguments { call: *call }, *json),
            // The same again says nothing new.
            Said::Tokens(Tokens { .. }) => return,
            _ => {
                self.is_mixed = true;
                return;
            }
        };
        self.is_mixed |= self.kind.replace(kind).is_some();
        // A text without escapes is borrowed from the event, so its address tells its place.
        let begun = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize);
        self.place = begun.map(|it| (it, it + text.len())).filter(|it| it.1 < data.len());
    }
}

impl Template {
    /// What an event says that differs from the last one in its text alone. With escapes it is read in full.
    pub(super) fn read<'e>(&self, event: &Event<'e>) -> Option<Said<'e>> {
        let kind = self.kind?;
        let fixed = self.before.len() + self.after.len();
        let fits = event.data.len() > fixed
            && event.name == self.name
            && event.data.starts_with(&self.before)
            && event.data.ends_with(&self.after);
        if !fits {
            return None;
        }
        let text = &event.data[self.before.len()..event.data.len() - self.after.len()];
        let is_plain = text.iter().all(|it| !matches!(it, b'"' | b'\\' | 0..0x20));
        let text = std::str::from_utf8(text).ok().filter(|_| is_plain)?;
        Some(match kind {
            Kind::Text => Said::Text(text),
            Kind::Thought => Said::Thought(text),
            Kind::Arguments { call } => Said::Arguments { call, json: text },
        })
    }

    /// Learns from an event that was read in full.
    pub(super) fn learn(&mut self, lesson: &Lesson, event: &Event<'_>) {
        if lesson.is_mixed {
            // A new call may go by the number of an old one.
            self.kind = None;
            return;
        }
        let (Some(kind), Some((begun, end))) = (lesson.kind, lesson.place) else { return };
        let is_string = begun > 0 && event.data[begun - 1] == b'"' && event.data[end] == b'"';
        if !is_string {
            return;
        }
        self.kind = Some(kind);
        for (kept, bytes) in [
            (&mut self.name, event.name),
            (&mut self.before, &event.data[..begun]),
            (&mut self.after, &event.data[end..]),
        ] {
            kept.clear();
            kept.extend_from_slice(bytes);
        }
    }
}

//! A short cut for streams: most events are the one before them with another text.
//!
//! When an event said nothing but a text, and that text stands in it as it is, then the event is kept. One that is the
//! same but for its text is read by that alone. Vendors number their events, count what they cost and pad them, too: these
//! may differ as well ([`NUMBERS`], [`PADDING`]).

use std::ops::Range;

use memchr::memmem;

use super::model::{Said, Tokens};
use crate::sse::Event;

/// Numbers that may differ, and what they count. Every reader that reads one of them at all reads it so.
const NUMBERS: [(&[u8], Counts); 10] = [
    (b"\"sequence_number\"", Counts::Nothing),
    (b"\"created\"", Counts::Nothing),
    // Google tells with every event what it cost so far.
    (b"\"promptTokenCount\"", Counts::Input),
    (b"\"candidatesTokenCount\"", Counts::Output),
    (b"\"thoughtsTokenCount\"", Counts::Thought),
    (b"\"totalTokenCount\"", Counts::Nothing),
    (b"\"tokenCount\"", Counts::Nothing),
    // So do some vendors of chats.
    (b"\"prompt_tokens\"", Counts::Input),
    (b"\"completion_tokens\"", Counts::Output),
    (b"\"total_tokens\"", Counts::Nothing),
];
/// Fields whose text no reader looks at: letters against those who would guess a text by the length of its event.
const PADDING: [&[u8]; 2] = [b"\"obfuscation\"", b"\"p\""];

#[derive(Default)]
pub(super) struct Template {
    kind: Option<Kind>,
    name: Vec<u8>,
    data: Vec<u8>,
    /// What may differ, from the left to the right.
    holes: Vec<Hole>,
    /// What it said of the cost.
    tokens: Option<Tokens>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Thought,
    Arguments { call: usize },
}

struct Hole {
    place: Range<usize>,
    holds: Holds,
}

#[derive(Clone, Copy, PartialEq)]
enum Holds {
    /// What the event says.
    Word,
    /// As it was in the event that is kept.
    Number(u64, Counts),
    Padding,
}

#[derive(Clone, Copy, PartialEq)]
enum Counts {
    Nothing,
    Input,
    Output,
    /// Counted apart from what is said.
    Thought,
}

/// What an event has said so far, while it is read in full.
#[derive(Default)]
pub(super) struct Lesson {
    kind: Option<Kind>,
    /// Where the text stands in the event.
    place: Option<Range<usize>>,
    tokens: Option<Tokens>,
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
            Said::Tokens(tokens) => {
                self.tokens = Some(*tokens);
                return;
            }
            _ => {
                self.is_mixed = true;
                return;
            }
        };
        self.is_mixed |= self.kind.replace(kind).is_some();
        // A text without escapes is borrowed from the event, so its address tells its place.
        let begun = (text.as_ptr() as usize).checked_sub(data.as_ptr() as usize);
        self.place = begun.map(|it| it..it + text.len()).filter(|it| it.end < data.len());
    }
}

impl Template {
    /// What an event says that differs from the last one in its text alone, and what it says of the cost. With escapes it
    /// is read in full.
    pub(super) fn read<'e>(&self, event: &Event<'e>) -> Option<(Said<'e>, Option<Tokens>)> {
        let kind = self.kind.filter(|_| !event.is_cut && event.name == self.name)?;
        let (mut rest, mut at, mut word, mut tokens) = (event.data, 0, None, self.tokens);
        for hole in &self.holes {
            rest = rest.strip_prefix(&self.data[at..hole.place.start])?;
            let (inside, after) = rest.split_at(hole.holds.length(rest));
            match hole.holds {
                Holds::Word => word = Some(inside),
                Holds::Padding if inside.is_empty() => return None,
                Holds::Padding => {}
                Holds::Number(before, counts) => {
                    let now = number(inside)?;
                    if let (Some(tokens), true) = (&mut tokens, counts != Counts::Nothing) {
                        counts.change(tokens, before, now)?;
                    }
                }
            }
            (rest, at) = (after, hole.place.end);
        }
        let text = word.filter(|it| !it.is_empty() && rest == &self.data[at..])?;
        let text = std::str::from_utf8(text).ok()?;
        let said = match kind {
            Kind::Text => Said::Text(text),
            Kind::Thought => Said::Thought(text),
            Kind::Arguments { call } => Said::Arguments { call, json: text },
        };
        Some((said, tokens))
    }

    /// Learns from an event that was read in full. One that said anything but a text may have changed what the next one
    /// means: a new call may go by the number of an old one.
    pub(super) fn learn(&mut self, lesson: Lesson, event: &Event<'_>) {
        self.kind = None;
        let (Some(kind), Some(place), false) = (lesson.kind, lesson.place, lesson.is_mixed) else { return };
        let is_string =
            place.start > 0 && event.data[place.start - 1] == b'"' && event.data[place.end] == b'"';
        if !is_string {
            return;
        }
        let mut holes = vec![Hole { place: place.clone(), holds: Holds::Word }];
        for (name, counts) in NUMBERS {
            let begun = holes.len();
            holes.extend(values(event.data, name, &place).filter_map(|value| {
                let place = value.start..value.start + digits(&event.data[value]);
                let holds = Holds::Number(number(&event.data[place.clone()])?, counts);
                // Not the first digits of a fraction.
                let next = event.data[place.end..].iter().find(|it| !it.is_ascii_whitespace());
                matches!(next, Some(b',' | b'}')).then_some(Hole { place, holds })
            }));
            if counts != Counts::Nothing && holes.len() - begun > 1 {
                // Which of them is meant only the reader knows.
                return;
            }
        }
        for name in PADDING {
            holes.extend(values(event.data, name, &place).filter_map(|value| {
                let start = value.start + 1;
                let is_text = event.data[value.clone()].first() == Some(&b'"');
                let place = start..start + letters(event.data.get(start..value.end)?);
                (is_text && !place.is_empty()).then_some(Hole { place, holds: Holds::Padding })
            }));
        }
        holes.sort_by_key(|it| it.place.start);
        (self.kind, self.tokens, self.holes) = (Some(kind), lesson.tokens, holes);
        for (kept, bytes) in [(&mut self.name, event.name), (&mut self.data, event.data)] {
            kept.clear();
            kept.extend_from_slice(bytes);
        }
    }
}

impl Holds {
    /// How much of `bytes` such a value takes. What it may not hold ends it, and what must follow is not found there.
    fn length(self, bytes: &[u8]) -> usize {
        match self {
            Holds::Number(..) => digits(bytes),
            Holds::Word | Holds::Padding => letters(bytes),
        }
    }
}

impl Counts {
    /// The cost changes by as much as the number did.
    fn change(self, tokens: &mut Tokens, before: u64, now: u64) -> Option<()> {
        let changed = |it: u64| it.checked_sub(before)?.checked_add(now);
        match self {
            Counts::Nothing => {}
            Counts::Input => tokens.input = changed(tokens.input)?,
            Counts::Output => tokens.output = changed(tokens.output)?,
            Counts::Thought => {
                tokens.output = changed(tokens.output)?;
                tokens.reasoning = changed(tokens.reasoning)?;
            }
        }
        Some(())
    }
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().position(|it| !it.is_ascii_digit()).unwrap_or(bytes.len())
}

fn letters(bytes: &[u8]) -> usize {
    bytes.iter().position(|it| matches!(it, b'"' | b'\\' | 0..0x20)).unwrap_or(bytes.len())
}

fn number(digits: &[u8]) -> Option<u64> {
    let is_written_so = digits.len() == 1 || digits.first() != Some(&b'0');
    std::str::from_utf8(digits).ok().filter(|_| is_written_so)?.parse().ok()
}

/// From where the values of a field stand in an event that is valid JSON: there, a quoted name behind a brace or a comma
/// is a field's. Not what stands in the text.
fn values<'d>(
    data: &'d [u8],
    name: &'d [u8],
    text: &Range<usize>,
) -> impl Iterator<Item = Range<usize>> + 'd {
    let text = text.clone();
    let all = memmem::find_iter(data, name).filter_map(move |at| {
        let is_name = matches!(data[..at].trim_ascii_end().last(), Some(b'{' | b','));
        let value = data[at + name.len()..].trim_ascii_start().strip_prefix(b":").filter(|_| is_name)?;
        Some(data.len() - value.trim_ascii_start().len()..data.len())
    });
    all.filter(move |it| !text.contains(&it.start))
}

//! Bytes into events, by the rules of `text/event-stream`, over any split.
//!
//! Looks for line ends only; a line is judged by its first bytes, and what is neither `data` nor `event` is not kept.
//! Of a large event the head and the tail are kept, never more than [`INSPECT_LIMIT`] unless somebody needs it whole: usage
//! stands at the end.

use memchr::memchr2;

use crate::INSPECT_LIMIT;

/// What is kept of the beginning of an event that is too large to be kept whole.
const HEAD: usize = 16 * 1024;
/// What is kept of its end.
const TAIL: usize = 24 * 1024;
const NAME_LIMIT: usize = 128;
/// `event` is the longest field name that matters, and a byte order mark may precede it.
const FIELD_LIMIT: usize = 10;
const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// One event that has data.
#[derive(Clone, Copy)]
pub(crate) struct Event<'a> {
    /// The `event:` line, empty if there was none.
    pub(crate) name: &'a [u8],
    /// The `data:` lines, joined by line feeds.
    pub(crate) data: &'a [u8],
    /// The middle of `data` is missing.
    pub(crate) is_cut: bool,
}

#[derive(Default)]
pub(crate) struct Events {
    at: At,
    field: Vec<u8>,
    name: Vec<u8>,
    data: Excerpt,
    has_data: bool,
    /// A carriage return was the last byte: a line feed now belongs to it.
    after_return: bool,
    past_first_line: bool,
}

/// Where in a line the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum At {
    #[default]
    Field,
    /// Behind the colon, where one space is not part of the value.
    Space(Value),
    Value(Value),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Data,
    Name,
    Ignored,
}

impl Events {
    /// Keeps events whole up to that size.
    pub(crate) fn within(limit: usize) -> Self {
        Events { data: Excerpt { limit, ..Excerpt::default() }, ..Events::default() }
    }

    /// Takes the next bytes and shows each event that ends in them.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut show: impl FnMut(Event<'_>)) {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', bytes) else {
                self.within_line(bytes);
                return;
            };
            self.within_line(&bytes[..end]);
            self.after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_line(&mut show);
        }
    }

    /// The stream is over. A last event without its blank line counts: some vendors forget it.
    pub(crate) fn end(&mut self, mut show: impl FnMut(Event<'_>)) {
        if self.is_within_line() {
            self.end_line(&mut show);
        }
        self.end_line(&mut show);
    }

    /// Whether nothing has come since the last event ended.
    pub(crate) fn is_between(&self) -> bool {
        !self.is_within_line() && !self.has_data && self.name.is_empty()
    }

    /// Whether an event has begun that has data, or a line that has no end yet.
    pub(crate) fn is_within(&self) -> bool {
        self.is_within_line() || self.has_data
    }

    fn is_within_line(&self) -> bool {
        self.at != At::Field || !self.field.is_empty()
    }

    fn within_line(&mut self, mut bytes: &[u8]) {
        if self.at == At::Field {
            bytes = self.within_field(bytes);
        }
        if let (At::Space(value), Some(first)) = (self.at, bytes.first()) {
            self.at = At::Value(value);
            bytes = &bytes[usize::from(*first == b' ')..];
        }
        match self.at {
            At::Value(Value::Data) => self.data.push(bytes),
            At::Value(Value::Name) => {
                let room = NAME_LIMIT.saturating_sub(self.name.len()).min(bytes.len());
                self.name.extend_from_slice(&bytes[..room]);
            }
            _ => {}
        }
    }

    /// Reads up to the colon; gives back what stands behind it.
    fn within_field<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let room = (FIELD_LIMIT - self.field.len()).min(bytes.len());
        if let Some(colon) = memchr::memchr(b':', &bytes[..room]) {
            self.field.extend_from_slice(&bytes[..colon]);
            self.open_value();
            return &bytes[colon + 1..];
        }
        self.field.extend_from_slice(&bytes[..room]);
        if self.field.len() == FIELD_LIMIT {
            self.at = At::Value(Value::Ignored);
        }
        &[]
    }

    fn open_value(&mut self) {
        let value = match self.bare_field() {
            b"data" => Value::Data,
            b"event" => Value::Name,
            _ => Value::Ignored,
        };
        match value {
            Value::Data if self.has_data => self.data.push(b"\n"),
            Value::Data => self.has_data = true,
            Value::Name => self.name.clear(),
            Value::Ignored => {}
        }
        self.at = At::Space(value);
    }

    fn bare_field(&self) -> &[u8] {
        let bare = self.field.strip_prefix(BYTE_ORDER_MARK).filter(|_| !self.past_first_line);
        bare.unwrap_or(&self.field)
    }

    fn end_line(&mut self, show: &mut impl FnMut(Event<'_>)) {
        let is_blank = self.at == At::Field && self.bare_field().is_empty();
        if self.at == At::Field && !is_blank {
            // A field without a colon has an empty value.
            self.open_value();
        }
        self.at = At::Field;
        self.field.clear();
        self.past_first_line = true;
        if !is_blank {
            return;
        }
        if self.has_data {
            let is_cut = self.data.is_cut;
            show(Event { name: &self.name, data: self.data.finish(), is_cut });
        }
        self.name.clear();
        self.data.clear();
        self.has_data = false;
    }
}

/// The beginning and the end of something that may be long.
pub(crate) struct Excerpt {
    kept: Vec<u8>,
    is_cut: bool,
    limit: usize,
}

impl Default for Excerpt {
    fn default() -> Self {
        Excerpt { kept: Vec::new(), is_cut: false, limit: INSPECT_LIMIT }
    }
}

impl Excerpt {
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // Bounds the buffer by the limit and one piece.
            let (now, later) = bytes.split_at(bytes.len().min(HEAD));
            self.kept.extend_from_slice(now);
            if self.kept.len() > self.limit {
                self.is_cut = true;
                self.drop_middle();
            }
            bytes = later;
        }
    }

    /// The excerpt as it is whatever the pieces were that it came in.
    pub(crate) fn finish(&mut self) -> &[u8] {
        if self.is_cut {
            self.drop_middle();
        }
        &self.kept
    }

    /// All of it, or else its end.
    pub(crate) fn whole(&self) -> Result<&[u8], &[u8]> {
        if self.is_cut { Err(&self.kept[self.kept.len().saturating_sub(TAIL)..]) } else { Ok(&self.kept) }
    }

    fn drop_middle(&mut self) {
        let tail = self.kept.len().saturating_sub(TAIL);
        if tail > HEAD {
            self.kept.drain(HEAD..tail);
        }
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.is_cut = false;
    }
}

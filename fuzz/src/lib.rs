//! What the fuzz targets share: how a fuzzer's bytes become the arguments of a law, and the laws of the configuration.
//!
//! An input is read from the front: single bytes choose, lines name, the rest is the body. Every input means something,
//! and a seed can be written by hand.

pub mod document;

use http::{HeaderMap, HeaderName, HeaderValue};

/// A fuzzer's bytes, taken from the front.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// All of them.
    pub fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    /// The next byte; nought when there is none.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// The next two bytes as a number.
    pub fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    /// What stands before the next newline.
    pub fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|&it| it == b'\n').unwrap_or(self.0.len());
        let line = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        line
    }

    /// The next line as a text, if it is one.
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.line()).ok()
    }

    /// Header lines up to an empty one; what is no header is left out.
    pub fn headers(&mut self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line();
            let Some(colon) = line.iter().position(|&it| it == b':') else { return headers };
            let name = HeaderName::from_bytes(&line[..colon]);
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
            if let (Ok(name), Ok(value)) = (name, value) {
                headers.append(name, value);
            }
        }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}

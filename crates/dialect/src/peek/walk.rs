//! A walk over a JSON object that keeps nothing: where each member's value begins and ends, and whether it is JSON.
//!
//! Most of a large body is text inside strings, so strings are crossed by vector search: that is the difference to a
//! general parser, and most of what a large request costs here. Accepts what RFC 8259 does, up to a depth; that bytes
//! beyond ASCII are UTF-8 is checked in the object's own keys only, since nobody here reads the rest.

use std::borrow::Cow;

use memchr::memchr2;

use super::Malformed;

/// How deep a body may nest. Deeper ones serve only to exhaust somebody's stack.
const DEPTH_MAX: u32 = 128;

/// A member of the object.
pub(crate) struct Member<'a> {
    /// Unescaped.
    pub(crate) key: Cow<'a, str>,
    /// As it is written.
    pub(crate) value: &'a [u8],
    /// Where the value begins in the body.
    pub(crate) start: usize,
}

/// Shows each member of the object that `body` is to `visit`, in order; ends with its first refusal.
pub(crate) fn members<'a>(
    body: &'a [u8],
    mut visit: impl FnMut(Member<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut walk = Walk { body, at: 0 };
    walk.cross_space();
    if !walk.eat(b'{') {
        return Err(Malformed::new("the body must be a JSON object", walk.at));
    }
    walk.cross_space();
    let mut is_over = walk.eat(b'}');
    while !is_over {
        let key = walk.key()?;
        let start = walk.at;
        walk.cross_value()?;
        visit(Member { key, value: &body[start..walk.at], start })?;
        is_over = walk.leaves(b'}')?;
    }
    walk.cross_space();
    if walk.at < body.len() { Err(walk.wrong("trailing characters")) } else { Ok(()) }
}

/// A place in the body. Every `cross_…` begins at the first byte of what it crosses and ends behind its last.
struct Walk<'a> {
    body: &'a [u8],
    at: usize,
}

/// The containers around a place, the innermost in the lowest bit: 1 for an object.
struct Open {
    objects: u128,
    depth: u32,
}

impl<'a> Walk<'a> {
    /// A value of any kind. Goes into containers without recursion.
    fn cross_value(&mut self) -> Result<(), Malformed> {
        let mut open = Open { objects: 1, depth: 1 };
        loop {
            match self.next() {
                Some(bracket @ (b'{' | b'[')) => {
                    if open.depth == DEPTH_MAX {
                        let what = format!("the body nests deeper than {DEPTH_MAX}");
                        return Err(Malformed::new(what, self.at));
                    }
                    self.at += 1;
                    self.cross_space();
                    open.enter(bracket == b'{');
                    if !self.eat(open.closing()) {
                        self.cross_key_within(&open)?;
                        continue;
                    }
                    open.leave();
                }
                Some(b'"') => drop(self.cross_string()?),
                Some(b'-' | b'0'..=b'9') => self.cross_number()?,
                _ => self.cross_word()?,
            }
            while open.depth > 1 && self.leaves(open.closing())? {
                open.leave();
            }
            if open.depth == 1 {
                return Ok(());
            }
            self.cross_key_within(&open)?;
        }
    }

    /// Behind a value: whether its container ends here. If not, ends where the next member begins.
    fn leaves(&mut self, closing: u8) -> Result<bool, Malformed> {
        self.cross_space();
        if self.eat(closing) {
            return Ok(true);
        }
        if !self.eat(b',') {
            return Err(self.wrong(if closing == b'}' {
                "expected `,` or `}`"
            } else {
                "expected `,` or `]`"
            }));
        }
        self.cross_space();
        Ok(false)
    }

    fn cross_key_within(&mut self, open: &Open) -> Result<(), Malformed> {
        if open.is_object() { self.cross_key().map(drop) } else { Ok(()) }
    }

    /// A key and its colon; ends where the value begins.
    fn key(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let start = self.at;
        let inside = self.cross_key()?;
        if memchr::memchr(b'\\', inside).is_none() {
            return match std::str::from_utf8(inside) {
                Ok(key) => Ok(Cow::Borrowed(key)),
                Err(_) => Err(Malformed::new("the body is not valid JSON: a key that is not UTF-8", start)),
            };
        }
        let quoted = &self.body[start..start + inside.len() + 2];
        match serde_json::from_slice(quoted) {
            Ok(key) => Ok(Cow::Owned(key)),
            Err(_) => Err(Malformed::new("the body is not valid JSON: a key that is not a text", start)),
        }
    }

    /// The same, given back as it is written, without its quotes.
    fn cross_key(&mut self) -> Result<&'a [u8], Malformed> {
        if self.next() != Some(b'"') {
            return Err(self.wrong("expected a key"));
        }
        let inside = self.cross_string()?;
        self.cross_space();
        if !self.eat(b':') {
            return Err(self.wrong("expected `:`"));
        }
        self.cross_space();
        Ok(inside)
    }

    /// Gives back what stands between the quotes.
    fn cross_string(&mut self) -> Result<&'a [u8], Malformed> {
        self.at += 1;
        let start = self.at;
        loop {
            let rest = &self.body[self.at..];
            let length = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
            // Looks at every byte, without a way out in the middle: that is what compilers make vector code of.
            if rest[..length].iter().fold(false, |any, byte| any | (*byte < b' ')) {
                self.at += rest.iter().take_while(|byte| **byte >= b' ').count();
                return Err(self.wrong("control character in a string"));
            }
            self.at += length;
            if self.eat(b'"') {
                return Ok(&self.body[start..self.at - 1]);
            }
            self.cross_escape()?;
        }
    }

    fn cross_escape(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        match self.next() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.next().is_some_and(|it| it.is_ascii_hexdigit()) {
                        return Err(self.wrong("invalid escape"));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.wrong("invalid escape")),
        }
        Ok(())
    }

    fn cross_number(&mut self) -> Result<(), Malformed> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.cross_digits()?;
        }
        if self.eat(b'.') {
            self.cross_digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.cross_digits()?;
        }
        Ok(())
    }

    /// One digit at least.
    fn cross_digits(&mut self) -> Result<(), Malformed> {
        let digits = self.body[self.at..].iter().take_while(|it| it.is_ascii_digit()).count();
        self.at += digits;
        if digits == 0 { Err(self.wrong("invalid number")) } else { Ok(()) }
    }

    fn cross_word(&mut self) -> Result<(), Malformed> {
        let rest = &self.body[self.at..];
        let word = [&b"true"[..], b"false", b"null"].into_iter().find(|it| rest.starts_with(it));
        self.at += word.ok_or_else(|| self.wrong("expected a value"))?.len();
        Ok(())
    }

    fn cross_space(&mut self) {
        let is_space = |it: &&u8| matches!(**it, b' ' | b'\n' | b'\r' | b'\t');
        self.at += self.body[self.at..].iter().take_while(is_space).count();
    }

    fn next(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.next() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// What is wrong here; never quotes the body.
    fn wrong(&self, what: &str) -> Malformed {
        let what = if self.at < self.body.len() { what } else { "EOF in the middle" };
        // Where a string has no end, the walk has looked beyond the body's.
        Malformed::new(format!("the body is not valid JSON: {what}"), self.at.min(self.body.len()))
    }
}

impl Open {
    fn enter(&mut self, object: bool) {
        self.objects = self.objects << 1 | u128::from(object);
        self.depth += 1;
    }

    fn leave(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }

    fn is_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn closing(&self) -> u8 {
        if self.is_object() { b'}' } else { b']' }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};
    use serde::de::IgnoredAny;

    use super::*;

    fn accepts(body: &str) -> bool {
        members(body.as_bytes(), |_| Ok(())).is_ok()
    }

    /// What a general parser says of the same text.
    fn is_an_object(body: &str) -> bool {
        serde_json::from_str::<std::collections::HashMap<String, IgnoredAny>>(body).is_ok()
    }

    #[test]
    fn members_are_shown_with_their_values_as_written() {
        let body = br#" { "a" : [1, {"b": "}"}] , "\u0063":-0.5e+7,"d":{},"e":[ ],"f":"\"" } "#;
        let mut seen = Vec::new();
        members(body, |it| {
            assert_eq!(&body[it.start..it.start + it.value.len()], it.value);
            seen.push((it.key.into_owned(), String::from_utf8(it.value.to_vec()).unwrap()));
            Ok(())
        })
        .unwrap();
        let expected =
            [("a", r#"[1, {"b": "}"}]"#), ("c", "-0.5e+7"), ("d", "{}"), ("e", "[ ]"), ("f", r#""\"""#)];
        assert_eq!(seen, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_what_a_general_parser_accepts(
            pieces in prop::collection::vec(
                select(vec![
                    "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"b\":", "\\", "\\n", "\\u00e9", "\\u12", "0", "-",
                    "1", ".5", "e9", "E+", "true", "false", "null", "nul", " ", "\n", "\u{1}", "é", "x",
                    "\"a\":1", "{\"a\":", "[1,", "{}", "[]",
                ]),
                0..12,
            ),
        ) {
            let inner = pieces.concat();
            for body in [inner.clone(), format!("{{{inner}}}"), format!("{{\"k\":{inner}}}"), format!("{{\"k\":\"{inner}\"}}")] {
                // A number beyond any float is a number all the same; the parser says it is out of range.
                prop_assert_eq!(accepts(&body), is_an_object(&body), "{}", body);
            }
        }

        #[test]
        fn no_bytes_make_it_stumble(body in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Err(error) = members(&[b"{\"a\":", &*body].concat(), |_| Ok(())) {
                prop_assert!(error.at <= body.len() + 5);
            }
        }
    }
}

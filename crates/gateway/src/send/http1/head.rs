//! Heads: writing a request's, reading an answer's.
//!
//! The reader is strict, because whatever two parties read differently can be used to smuggle: lines end in CRLF,
//! no folded lines, one unambiguous framing. The end of the head is found first, in one pass that never rescans, and
//! only a whole head is parsed. Header values are slices of the head's own bytes.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::send::Exchange;

/// Largest head that is accepted, in bytes; what FAULTS.md 3b.5 sets for both directions.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most header lines in a head, from the same place.
const HEADERS_MAX: usize = 100;

/// How an answer's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
    /// With the connection.
    Close,
}

/// A parsed head.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
    /// Whether the connection may carry another exchange after this body.
    pub(super) keep_alive: bool,
}

/// How the request's body is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    Nothing,
    Length(u64),
    Chunked,
}

/// Writes the request's head into `out`.
pub(super) fn write(out: &mut Vec<u8>, exchange: &Exchange<'_>, announced: Announced) {
    let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend_from_slice(part));
    let method = exchange.method.as_str().as_bytes();
    put(&[method, b" ", exchange.path.as_bytes(), b" HTTP/1.1\r\nhost: ", exchange.host.as_bytes(), b"\r\n"]);
    for (name, value) in exchange.headers {
        if !is_ours(name) {
            put(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
        }
    }
    match announced {
        Announced::Nothing => put(&[b"\r\n"]),
        Announced::Chunked => put(&[b"transfer-encoding: chunked\r\n\r\n"]),
        Announced::Length(length) => {
            let mut digits = [0; 20];
            put(&[b"content-length: ", decimal(length, &mut digits), b"\r\n\r\n"]);
        }
    }
}

/// `number` in decimal, without the formatting machinery.
fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).expect("a remainder of ten fits");
        number /= 10;
        if number == 0 {
            return &digits[at..];
        }
    }
}

/// Headers of the connection rather than of the request: whatever the caller says, they are written (or left out)
/// here, so that the framing on the wire is always that of the body that follows.
pub(in crate::send) fn is_ours(name: &HeaderName) -> bool {
    *name == header::HOST
        || *name == header::CONTENT_LENGTH
        || *name == header::TRANSFER_ENCODING
        || *name == header::CONNECTION
        || *name == header::EXPECT
        || *name == header::UPGRADE
        || *name == header::TE
        || *name == header::TRAILER
        || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

/// Looks for the end of a head in bytes that arrive piece by piece.
#[derive(Debug, Default)]
pub(super) struct HeadEnd {
    /// Where the line begins that is not complete yet.
    line: usize,
    /// How far we have looked.
    seen: usize,
}

impl HeadEnd {
    /// The length of the head, once it is whole.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Result<Option<usize>, String> {
        for newline in memchr::memchr_iter(b'\n', &bytes[self.seen..]).map(|at| at + self.seen) {
            if newline == self.line || bytes[newline - 1] != b'\r' {
                return Err("a line of the head ends without CR".into());
            }
            if newline + 1 > HEAD_BYTES_MAX {
                break;
            }
            if newline - 1 == self.line {
                return Ok(Some(newline + 1));
            }
            self.line = newline + 1;
        }
        self.seen = bytes.len();
        if bytes.len() >= HEAD_BYTES_MAX { Err("the head is larger than 64 KiB".into()) } else { Ok(None) }
    }
}

/// Takes the head of `length` bytes off the front of `buffer`. `None`: an interim answer (1xx), to be skipped.
pub(super) fn parse(buffer: &mut BytesMut, length: usize, method: &Method) -> Result<Option<Head>, String> {
    let bytes = buffer.split_to(length).freeze();
    let mut lines = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut []);
    let status = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut parsed, &bytes, &mut lines)
        .map_err(|error| error.to_string())?;
    if status != httparse::Status::Complete(length) {
        return Err("the head ends early".into());
    }
    let code = parsed.code.expect("a complete head has a status");
    let status = StatusCode::from_u16(code).map_err(|_| format!("the status is {code}"))?;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Err("101 to a request that asked for no upgrade".into());
    }
    if status.is_informational() {
        return Ok(None);
    }
    let is_old = parsed.version == Some(0);
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    let mut told = Told::default();
    for line in parsed.headers.iter() {
        let name =
            HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| "a header's name is not valid")?;
        let value =
            header_value(&bytes, line.value).ok_or_else(|| format!("the value of {name} is not valid"))?;
        told.note(&name, value.as_bytes())?;
        headers.append(name, value);
    }
    let framing = told.framing(method, status, is_old)?;
    let keep_alive = !is_old && !told.close && framing != Framing::Close;
    Ok(Some(Head { status, headers, framing, keep_alive }))
}

/// A value that shares the head's bytes.
fn header_value(head: &Bytes, value: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_maybe_shared(head.slice_ref(value)).ok()
}

/// What the headers say about framing.
#[derive(Default)]
struct Told {
    length: Option<u64>,
    chunked: bool,
    close: bool,
}

impl Told {
    fn note(&mut self, name: &HeaderName, value: &[u8]) -> Result<(), String> {
        if *name == header::CONTENT_LENGTH {
            for one in value.split(|&byte| byte == b',') {
                let length = content_length(one.trim_ascii()).ok_or("content-length is not a number")?;
                if self.length.replace(length).is_some_and(|before| before != length) {
                    return Err("content-length says two things".into());
                }
            }
        } else if *name == header::TRANSFER_ENCODING {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err("a transfer-encoding other than chunked".into());
            }
            self.chunked = true;
        } else if *name == header::CONNECTION {
            let mut options = value.split(|&byte| byte == b',');
            self.close |= options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"));
        }
        Ok(())
    }

    fn framing(&self, method: &Method, status: StatusCode, is_old: bool) -> Result<Framing, String> {
        if self.chunked && self.length.is_some() {
            return Err("both content-length and transfer-encoding".into());
        }
        if self.chunked && is_old {
            return Err("transfer-encoding in HTTP/1.0".into());
        }
        let is_bodyless =
            *method == Method::HEAD || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
        Ok(match self.length {
            _ if is_bodyless => Framing::Length(0),
            Some(length) => Framing::Length(length),
            None if self.chunked => Framing::Chunked,
            None => Framing::Close,
        })
    }
}

/// Digits only: no sign, no blank, no overflow.
fn content_length(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

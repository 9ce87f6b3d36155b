//! The framing of an answer's body, decoded in place.
//!
//! Works on the connection's read buffer and takes nothing but whole slices off its front: data is never copied, and
//! a line (chunk size, trailer) that has not arrived whole simply waits in the buffer.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderName, HeaderValue};

use super::head::Framing;

/// Longest chunk-size line, extensions included. Nobody sends extensions; a kilobyte is generous.
const CHUNK_LINE_BYTES_MAX: usize = 1024;
/// All trailers of an answer together, as a quarter of a head.
const TRAILER_BYTES_MAX: usize = 16 * 1024;

/// Where in the body we are.
#[derive(Debug)]
pub(super) enum Decoder {
    Length(u64),
    Close,
    Chunked(Chunk),
    Done,
}

/// Where in a chunked body we are.
#[derive(Debug)]
pub(super) enum Chunk {
    /// At the line with the size.
    Size,
    /// So many bytes before the chunk's end.
    Data(u64),
    /// At the CRLF after the data.
    End,
    /// In the trailers, with so many bytes behind us.
    Trailers(usize),
}

/// One step of decoding.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Data(Bytes),
    /// More has to be read first.
    Hungry,
    Done,
}

impl Decoder {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Length(0) => Decoder::Done,
            Framing::Length(length) => Decoder::Length(length),
            Framing::Close => Decoder::Close,
            Framing::Chunked => Decoder::Chunked(Chunk::Size),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self, Decoder::Done)
    }

    /// How many bytes are still to come, if that is known.
    pub(super) fn remaining(&self) -> Option<u64> {
        match self {
            Decoder::Done => Some(0),
            Decoder::Length(length) => Some(*length),
            Decoder::Close | Decoder::Chunked(_) => None,
        }
    }

    /// The connection ended: whether that is how this body ends.
    pub(super) fn end_of_stream(&mut self) -> Result<(), String> {
        match self {
            Decoder::Close | Decoder::Done => {
                *self = Decoder::Done;
                Ok(())
            }
            Decoder::Length(length) => Err(format!("closed {length} bytes before its end")),
            Decoder::Chunked(_) => Err("closed before its last chunk".into()),
        }
    }

    /// Takes what it can off the front of `buffer`.
    pub(super) fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, String> {
        match self {
            Decoder::Done => Ok(Step::Done),
            Decoder::Close if buffer.is_empty() => Ok(Step::Hungry),
            Decoder::Close => Ok(Step::Data(buffer.split().freeze())),
            Decoder::Length(remaining) => {
                let Some(data) = take(buffer, remaining) else {
                    return Ok(Step::Hungry);
                };
                if *remaining == 0 {
                    *self = Decoder::Done;
                }
                Ok(Step::Data(data))
            }
            Decoder::Chunked(chunk) => {
                let step = chunk.step(buffer)?;
                if step == Step::Done {
                    *self = Decoder::Done;
                }
                Ok(step)
            }
        }
    }
}

impl Chunk {
    fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, String> {
        loop {
            match self {
                Chunk::Size => {
                    let Some(line) = line(buffer, CHUNK_LINE_BYTES_MAX)? else {
                        return Ok(Step::Hungry);
                    };
                    let size = chunk_size(&buffer[..line])?;
                    buffer.advance(line + 2);
                    *self = if size == 0 { Chunk::Trailers(0) } else { Chunk::Data(size) };
                }
                Chunk::Data(remaining) => {
                    let Some(data) = take(buffer, remaining) else {
                        return Ok(Step::Hungry);
                    };
                    if *remaining == 0 {
                        *self = Chunk::End;
                    }
                    return Ok(Step::Data(data));
                }
                Chunk::End => {
                    let Some(line) = line(buffer, 0)? else {
                        return Ok(Step::Hungry);
                    };
                    buffer.advance(line + 2);
                    *self = Chunk::Size;
                }
                Chunk::Trailers(behind) => {
                    let Some(line) = line(buffer, TRAILER_BYTES_MAX - *behind)? else {
                        return Ok(Step::Hungry);
                    };
                    if line > 0 && !is_field(&buffer[..line]) {
                        return Err("a trailer is not a header".into());
                    }
                    buffer.advance(line + 2);
                    if line == 0 {
                        return Ok(Step::Done);
                    }
                    *behind += line;
                }
            }
        }
    }
}

/// Up to `remaining` bytes of the buffer, which are counted off.
fn take(buffer: &mut BytesMut, remaining: &mut u64) -> Option<Bytes> {
    if buffer.is_empty() {
        return None;
    }
    let size = usize::try_from(*remaining).unwrap_or(usize::MAX).min(buffer.len());
    *remaining -= size as u64;
    Some(buffer.split_to(size).freeze())
}

/// The length of the line at the front, without its CRLF; `None` while it is not whole.
fn line(buffer: &[u8], longest: usize) -> Result<Option<usize>, String> {
    let window = &buffer[..buffer.len().min(longest + 2)];
    match memchr::memchr(b'\n', window) {
        Some(0) => Err("a line of the chunked framing ends without CR".into()),
        Some(newline) if window[newline - 1] != b'\r' => {
            Err("a line of the chunked framing ends without CR".into())
        }
        Some(newline) => Ok(Some(newline - 1)),
        None if window.len() == longest + 2 => Err("a line of the chunked framing is too long".into()),
        // The only thing that may stand after a chunk's data is its CRLF.
        None if longest == 0 && !window.is_empty() && window[0] != b'\r' => {
            Err("a chunk is longer than its size".into())
        }
        None => Ok(None),
    }
}

/// Whether a line has the shape of a header. Skipped all the same, but a line without it means that one of us has lost
/// count.
fn is_field(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    HeaderName::from_bytes(&line[..colon]).is_ok() && HeaderValue::from_bytes(&line[colon + 1..]).is_ok()
}

/// The size in front of a chunk; extensions are skipped.
fn chunk_size(line: &[u8]) -> Result<u64, String> {
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, rest) = line.split_at(end);
    let is_plain = rest.trim_ascii_start().first().is_none_or(|&byte| byte == b';');
    // A bare CR inside the line would end it for somebody else.
    if digits.is_empty() || !is_plain || memchr::memchr(b'\r', rest).is_some() {
        return Err("a chunk's size is not a number".into());
    }
    digits.iter().try_fold(0u64, |sum, &digit| {
        let value = (digit as char).to_digit(16).expect("only hex digits were taken");
        sum.checked_mul(16)
            .map(|sum| sum + u64::from(value))
            .ok_or_else(|| "a chunk's size is too large".into())
    })
}

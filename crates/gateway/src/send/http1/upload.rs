//! A request on its way out.
//!
//! What is written next is a *batch*: the head (or a chunk's size line), up to three pieces, and a closing mark, all
//! in one vectored write. Pieces are never eaten, only an offset moves, so they can be sent again elsewhere. A
//! streamed body is asked for more only when the batch before is out: the client waits for the vendor.

use std::{
    io::{self, IoSlice, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::head::Announced;
use crate::send::{Outgoing, io::Io};

/// A request's bytes, and how far they are.
pub(super) struct Upload {
    body: Outgoing,
    /// Bytes of the current batch that are out.
    sent: usize,
    /// The streamed body's part of the current batch.
    chunk: Bytes,
    /// What closes the current batch.
    mark: &'static [u8],
    /// What a streamed body of known length still owes.
    owed: Option<u64>,
    /// No batch follows the current one.
    is_last: bool,
    is_done: bool,
}

/// Why sending ended before the request was out.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The vendor's side does not take more.
    Vendor(io::Error),
    /// The client's body broke off, or was not as long as it said.
    Client,
}

impl Upload {
    pub(super) fn new(body: Outgoing) -> Self {
        let owed = if let Outgoing::Stream(_, length) = &body { *length } else { None };
        let is_last = !matches!(body, Outgoing::Stream(..));
        Upload { body, sent: 0, chunk: Bytes::new(), mark: b"", owed, is_last, is_done: false }
    }

    /// What the head must say about this body.
    pub(super) fn announced(&self, method: &http::Method) -> Announced {
        match &self.body {
            Outgoing::Empty if matches!(*method, http::Method::GET | http::Method::HEAD) => {
                Announced::Nothing
            }
            Outgoing::Empty => Announced::Length(0),
            Outgoing::Pieces(pieces) => Announced::Length(pieces.iter().map(|it| it.len() as u64).sum()),
            Outgoing::Stream(_, Some(length)) => Announced::Length(*length),
            Outgoing::Stream(_, None) => Announced::Chunked,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// The body, if it can be sent again.
    pub(super) fn into_repeatable(self) -> Option<Outgoing> {
        match self.body {
            Outgoing::Empty | Outgoing::Pieces(_) => Some(self.body),
            Outgoing::Stream(..) => None,
        }
    }

    /// Sends as much as the socket takes. `lead` holds the head at first and is reused for size lines.
    pub(super) fn poll(
        &mut self,
        io: &mut Io,
        lead: &mut Vec<u8>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Stopped>> {
        while !self.is_done {
            ready!(self.poll_batch(io, lead, cx)).map_err(Stopped::Vendor)?;
            if self.is_last {
                self.is_done = true;
                self.chunk = Bytes::new();
            } else {
                lead.clear();
                ready!(self.poll_refill(lead, cx)).map_err(|()| Stopped::Client)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes the rest of the current batch.
    fn poll_batch(&mut self, io: &mut Io, lead: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let pieces: [&[u8]; 3] = match &self.body {
            Outgoing::Pieces([first, second, third]) => [first, second, third],
            Outgoing::Empty | Outgoing::Stream(..) => [&self.chunk, b"", b""],
        };
        let parts: [&[u8]; 5] = [lead, pieces[0], pieces[1], pieces[2], self.mark];
        let total: usize = parts.iter().map(|part| part.len()).sum();
        while self.sent < total {
            let mut slices = [IoSlice::new(b""); 5];
            let count = rest(&parts, self.sent, &mut slices);
            match ready!(Pin::new(&mut *io).poll_write_vectored(cx, &slices[..count]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.sent += written,
            }
        }
        Pin::new(io).poll_flush(cx)
    }

    /// The next batch of a streamed body.
    fn poll_refill(&mut self, lead: &mut Vec<u8>, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        let Outgoing::Stream(body, length) = &mut self.body else {
            self.is_last = true;
            return Poll::Ready(Ok(()));
        };
        let is_chunked = length.is_none();
        // Until the body has said something, the batch stays empty: being asked again changes nothing.
        self.sent = 0;
        self.chunk = Bytes::new();
        self.mark = b"";
        // Never an empty chunk: that would end the body.
        let data = ready!(body.poll_chunk(cx)).transpose().map_err(drop)?;
        self.is_last = data.is_none() || body.is_end();
        if let Some(data) = data {
            if let Some(owed) = &mut self.owed {
                *owed = owed.checked_sub(data.len() as u64).ok_or(())?;
            }
            if is_chunked {
                write!(lead, "{:x}\r\n", data.len()).expect("writing to memory succeeds");
                self.mark = if self.is_last { b"\r\n0\r\n\r\n" } else { b"\r\n" };
            }
            self.chunk = data;
        } else if is_chunked {
            self.mark = b"0\r\n\r\n";
        }
        let is_short = self.is_last && self.owed.is_some_and(|owed| owed > 0);
        Poll::Ready(if is_short { Err(()) } else { Ok(()) })
    }
}

/// What is left of `parts` after `sent` bytes, as slices; how many there are.
fn rest<'a>(parts: &[&'a [u8]; 5], mut sent: usize, slices: &mut [IoSlice<'a>; 5]) -> usize {
    let mut count = 0;
    for part in parts {
        if sent >= part.len() {
            sent -= part.len();
        } else {
            slices[count] = IoSlice::new(&part[sent..]);
            sent = 0;
            count += 1;
        }
    }
    count
}

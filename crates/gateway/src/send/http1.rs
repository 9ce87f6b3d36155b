//! HTTP/1.1 towards the vendor, on one connection, one exchange at a time.
//!
//! An [`Exchange`] is written while the answer is already being watched, so that a vendor that refuses a large body
//! before reading it is heard. The connection goes back to the pool as soon as both directions are complete; in every
//! other case it is dropped, which closes it, which is how the vendor learns that nobody listens any more.
//! Nothing here waits by itself or knows a time limit.

mod body;
mod head;
mod upload;

use std::{
    future::Future,
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use config::snapshot::Address;
use http::Method;
use tokio::io::AsyncReadExt;

pub(super) use self::head::is_ours;
use self::{
    body::{Decoder, Step},
    head::{Head, HeadEnd},
    upload::{Stopped, Upload},
};
use super::{Answer, BodyError, Exchange, Outgoing, SendError, VendorBody, io::Io, pool::Pool};

/// What one read asks for at first: a head with a small answer, or a burst of events. Small, because every open
/// stream holds one.
const READ_BYTES_MIN: usize = 4 * 1024;
/// What one read asks for at most, once answers have shown to be large.
const READ_BYTES_MAX: usize = 64 * 1024;
/// Interim answers (100, 103) skipped before the real one. Vendors send none or one.
const INTERIM_MAX: u8 = 8;

/// A connection that speaks HTTP/1.1, with its buffers.
pub(super) struct Connection {
    io: Io,
    /// What was read and not yet taken.
    incoming: BytesMut,
    /// The head being written.
    outgoing: Vec<u8>,
    /// What the next read asks for; grows while reads come back full.
    appetite: usize,
    /// The pool's tick when it was opened.
    pub(super) born: u32,
}

/// Where a connection goes back to.
pub(super) struct Home {
    pub(super) pool: Arc<Pool>,
    pub(super) address: Arc<Address>,
}

/// No answer; with the body, if it can be sent again because a reused connection turned out to be closed.
pub(super) struct Failed {
    pub(super) error: SendError,
    pub(super) again: Option<Outgoing>,
}

impl Connection {
    pub(super) fn new(io: Io, born: u32) -> Self {
        let (incoming, outgoing) = (BytesMut::new(), Vec::new());
        Connection { io, incoming, outgoing, appetite: READ_BYTES_MIN, born }
    }

    /// Whether it still can carry an exchange, as far as the kernel has told.
    pub(super) fn is_usable(&mut self) -> bool {
        self.incoming.is_empty() && self.io.is_quiet()
    }

    /// One exchange, up to the head of the answer.
    pub(super) async fn exchange(
        mut self,
        exchange: &Exchange<'_>,
        body: Outgoing,
        home: Home,
        is_reused: bool,
    ) -> Result<Answer, Failed> {
        let upload = Upload::new(body);
        self.outgoing.clear();
        head::write(&mut self.outgoing, exchange, upload.announced(exchange.method));
        let mut waiting = Waiting {
            connection: self,
            upload,
            refused: None,
            end: HeadEnd::default(),
            interim: 0,
            heard: false,
        };
        match std::future::poll_fn(|cx| waiting.poll_head(cx, exchange.method)).await {
            Ok(head) => Ok(waiting.into_answer(head, home)),
            Err(trouble) => Err(waiting.into_failed(trouble, is_reused)),
        }
    }

    /// Reads once, as much as is sensible when `expected` bytes are still to come. 0 is the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>, expected: Option<u64>) -> Poll<io::Result<usize>> {
        let spare = self.incoming.capacity() - self.incoming.len();
        // One byte more than expected: a read that fills its buffer leaves the socket marked ready and costs another
        // system call to find out that it is not.
        let wanted = expected.map_or(self.appetite / 4, |bytes| {
            usize::try_from(bytes).unwrap_or(READ_BYTES_MAX).saturating_add(1).min(READ_BYTES_MAX)
        });
        if spare < wanted {
            self.incoming.reserve(wanted.max(self.appetite));
        }
        let spare = self.incoming.capacity() - self.incoming.len();
        let count = ready!(pin!(self.io.read_buf(&mut self.incoming)).poll(cx))?;
        if count == spare {
            self.appetite = (self.appetite * 2).min(READ_BYTES_MAX);
        }
        Poll::Ready(Ok(count))
    }

    /// Made small again for its time in the pool.
    fn rest(&mut self) {
        self.appetite = READ_BYTES_MIN;
        if self.incoming.capacity() > 2 * READ_BYTES_MIN {
            self.incoming = BytesMut::new();
        }
    }
}

// === Waiting for the head ===

struct Waiting {
    connection: Connection,
    upload: Upload,
    /// Why the vendor's side stopped taking the request. Its answer may be there all the same.
    refused: Option<io::Error>,
    end: HeadEnd,
    interim: u8,
    /// Whether any byte of an answer has arrived.
    heard: bool,
}

enum Trouble {
    Closed(io::Error),
    Invalid(String),
    Client,
}

impl Waiting {
    fn poll_head(&mut self, cx: &mut Context<'_>, method: &Method) -> Poll<Result<Head, Trouble>> {
        if self.refused.is_none() {
            let connection = &mut self.connection;
            match self.upload.poll(&mut connection.io, &mut connection.outgoing, cx) {
                Poll::Ready(Err(Stopped::Client)) => return Poll::Ready(Err(Trouble::Client)),
                Poll::Ready(Err(Stopped::Vendor(error))) => self.refused = Some(error),
                Poll::Ready(Ok(())) | Poll::Pending => {}
            }
        }
        loop {
            if let Some(head) = self.take_head(method).map_err(Trouble::Invalid)? {
                return Poll::Ready(Ok(head));
            }
            match ready!(self.connection.poll_fill(cx, None)) {
                Ok(0) => return Poll::Ready(Err(self.closed(io::ErrorKind::UnexpectedEof.into()))),
                Ok(_) => self.heard = true,
                Err(error) => return Poll::Ready(Err(self.closed(error))),
            }
        }
    }

    /// The first error is the one that tells.
    fn closed(&mut self, error: io::Error) -> Trouble {
        Trouble::Closed(self.refused.take().unwrap_or(error))
    }

    /// The answer's head, if it is there; interim ones are skipped.
    fn take_head(&mut self, method: &Method) -> Result<Option<Head>, String> {
        let incoming = &mut self.connection.incoming;
        while let Some(length) = self.end.find(incoming)? {
            if let Some(head) = head::parse(incoming, length, method)? {
                return Ok(Some(head));
            }
            self.interim += 1;
            self.end = HeadEnd::default();
            if self.interim > INTERIM_MAX {
                return Err(format!("more than {INTERIM_MAX} interim answers"));
            }
        }
        Ok(None)
    }

    fn into_answer(self, head: Head, home: Home) -> Answer {
        // A vendor that refuses before it has read everything is not sent the rest; one that agrees early is.
        let is_wanted = self.refused.is_none() && head.status.as_u16() < 300;
        let is_sent = self.upload.is_done();
        let mut body = Body {
            decoder: Decoder::new(head.framing),
            live: Some(Live {
                connection: self.connection,
                upload: (!is_sent && is_wanted).then(|| Box::new(self.upload)),
                keep_alive: head.keep_alive && (is_sent || is_wanted),
                home,
            }),
        };
        if body.decoder.is_done() {
            body.finish();
        }
        Answer { status: head.status, headers: head.headers, body: VendorBody::http1(body) }
    }

    fn into_failed(self, trouble: Trouble, is_reused: bool) -> Failed {
        match trouble {
            Trouble::Client => Failed { error: SendError::RequestBody, again: None },
            Trouble::Invalid(reason) => Failed { error: SendError::Invalid(reason), again: None },
            Trouble::Closed(error) => {
                let was_stale = is_reused && !self.heard && is_disconnect(&error);
                let again = if was_stale { self.upload.into_repeatable() } else { None };
                Failed { error: SendError::Closed(describe(&error)), again }
            }
        }
    }
}

/// The ways in which a peer that has gone shows.
fn is_disconnect(error: &io::Error) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof, WriteZero,
    };
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof | WriteZero
    )
}

fn describe(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        "the connection ended".into()
    } else {
        error.to_string()
    }
}

// === The body ===

/// The rest of an answer.
pub(super) struct Body {
    decoder: Decoder,
    /// Gone once nothing more can come.
    live: Option<Live>,
}

struct Live {
    connection: Connection,
    /// The rest of a request that the vendor agreed to early.
    upload: Option<Box<Upload>>,
    keep_alive: bool,
    home: Home,
}

impl Body {
    pub(super) fn remaining(&self) -> Option<u64> {
        self.decoder.remaining()
    }

    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let outcome = ready!(self.poll_step(cx));
        if self.decoder.is_done() {
            self.finish();
        }
        if outcome.is_err() {
            self.live = None;
            self.decoder = Decoder::Done;
        }
        Poll::Ready(outcome.map_err(|reason| BodyError { reason }).transpose())
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, String>> {
        let Some(live) = &mut self.live else {
            return Poll::Ready(Ok(None));
        };
        loop {
            match self.decoder.step(&mut live.connection.incoming)? {
                Step::Data(data) => return Poll::Ready(Ok(Some(data))),
                Step::Done => return Poll::Ready(Ok(None)),
                Step::Hungry => {}
            }
            live.continue_upload(cx)?;
            match ready!(live.connection.poll_fill(cx, self.decoder.remaining())) {
                Ok(0) => return Poll::Ready(self.decoder.end_of_stream().map(|()| None)),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(describe(&error))),
            }
        }
    }

    /// Nothing more will come: back to the pool, or closed.
    fn finish(&mut self) {
        let Some(Live { mut connection, upload, keep_alive, home }) = self.live.take() else {
            return;
        };
        if keep_alive && upload.is_none() && connection.incoming.is_empty() {
            connection.rest();
            home.pool.check_in(&home.address, connection);
        }
    }
}

impl Live {
    fn continue_upload(&mut self, cx: &mut Context<'_>) -> Result<(), String> {
        let Some(upload) = &mut self.upload else {
            return Ok(());
        };
        let connection = &mut self.connection;
        match upload.poll(&mut connection.io, &mut connection.outgoing, cx) {
            Poll::Pending => return Ok(()),
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(Stopped::Vendor(_))) => self.keep_alive = false,
            Poll::Ready(Err(Stopped::Client)) => return Err("the request's body broke off".into()),
        }
        self.upload = None;
        Ok(())
    }
}

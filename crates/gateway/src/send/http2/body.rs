//! Bodies on an HTTP/2 stream: ours as hyper pulls it, the vendor's as we do. Trailers are passed on in neither direction.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::{Stream, describe};
use crate::send::{BodyError, Outgoing};

// === The request's body ===

/// A request's body as hyper pulls it.
pub(super) struct Upload {
    pub(super) body: Outgoing,
    next: usize,
    /// Told when the client's body broke off: hyper's own error does not say whose fault a reset was.
    broke: Arc<AtomicBool>,
}

impl Upload {
    pub(super) fn new(body: Outgoing, broke: Arc<AtomicBool>) -> Self {
        Upload { body, next: 0, broke }
    }
}

/// The client's body broke off.
#[derive(Debug, thiserror::Error)]
#[error("the request's body broke off")]
pub(super) struct Broke;

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = Broke;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        match &mut this.body {
            Outgoing::Empty => Poll::Ready(None),
            Outgoing::Pieces(pieces) => {
                let piece = pieces[this.next..].iter().position(|it| !it.is_empty()).map(|at| at + this.next);
                this.next = piece.map_or(pieces.len(), |at| at + 1);
                Poll::Ready(piece.map(|at| Ok(Frame::data(pieces[at].clone()))))
            }
            Outgoing::Stream(body, _) => match ready!(body.poll_chunk(cx)) {
                None => Poll::Ready(None),
                Some(Ok(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
                Some(Err(_)) => {
                    this.broke.store(true, Relaxed);
                    Poll::Ready(Some(Err(Broke)))
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Outgoing::Empty => true,
            Outgoing::Pieces(pieces) => pieces[self.next..].iter().all(Bytes::is_empty),
            Outgoing::Stream(body, _) => body.is_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Outgoing::Empty => SizeHint::with_exact(0),
            Outgoing::Pieces(pieces) => {
                SizeHint::with_exact(pieces[self.next..].iter().map(|it| it.len() as u64).sum())
            }
            Outgoing::Stream(_, Some(length)) => SizeHint::with_exact(*length),
            Outgoing::Stream(_, None) => SizeHint::default(),
        }
    }
}

// === The answer's body ===

/// The rest of an answer. Dropping it resets the stream.
pub(in crate::send) struct Body {
    incoming: Incoming,
    /// Bytes still to come, if the vendor said so.
    length: Option<u64>,
    stream: Option<Stream>,
}

impl Body {
    pub(super) fn new(incoming: Incoming, length: Option<u64>, stream: Stream) -> Self {
        Body { incoming, length, stream: Some(stream) }
    }

    pub(in crate::send) fn remaining(&self) -> Option<u64> {
        self.length
    }

    pub(in crate::send) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            if self.stream.is_none() {
                return Poll::Ready(None);
            }
            let result = match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                // Trailers are not passed on.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => Ok(data),
                    Ok(_) | Err(_) => continue,
                },
                Some(Err(error)) => Err(describe(&error)),
                // hyper takes a stream reset with NO_ERROR or CANCEL for an end. It is one only if all has come.
                None if self.incoming.is_end_stream() || self.length == Some(0) => {
                    self.stream = None;
                    return Poll::Ready(None);
                }
                None => Err("the stream was reset before its end".into()),
            };
            match result {
                Ok(data) => {
                    self.length = self.length.map(|length| length.saturating_sub(data.len() as u64));
                    return Poll::Ready(Some(Ok(data)));
                }
                Err(reason) => {
                    self.stream = None;
                    return Poll::Ready(Some(Err(BodyError { reason })));
                }
            }
        }
    }
}

//! What goes back to the client: a complete answer, or a stream under way.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::relay::Relay;
use crate::send::BodyError;

/// An answer's body.
pub(crate) struct Body(Inner);

enum Inner {
    Whole(Option<Bytes>),
    Relay(Box<Relay>),
}

impl Body {
    /// All of it, at once.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Body(Inner::Whole(Some(bytes).filter(|it| !it.is_empty())))
    }

    /// Nothing.
    pub(super) fn empty() -> Self {
        Body(Inner::Whole(None))
    }

    /// As the vendor sends it.
    pub(super) fn relay(relay: Relay) -> Self {
        Body(Inner::Relay(Box::new(relay)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Inner::Whole(bytes) => Poll::Ready(bytes.take().map(|it| Ok(Frame::data(it)))),
            Inner::Relay(relay) => relay.poll(cx).map(|it| it.map(|chunk| chunk.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(bytes) => bytes.is_none(),
            Inner::Relay(relay) => relay.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |it| it.len() as u64)),
            Inner::Relay(relay) => relay.remaining().map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

//! What a body that passes by has said so far: watched from the side, or turned into another dialect.

use std::collections::VecDeque;

use bytes::Bytes;
use dialect::{Usage, Watch};

use super::super::translate::Turning;

/// Who looks at a body while it passes.
pub(super) enum Seen {
    /// Nobody: it is not ours to read.
    Nothing,
    /// It passes as it is.
    Watched(Watch),
    /// It passes as something else.
    Turned(Box<Turning>),
}

impl Seen {
    /// Bytes are handed to the client.
    pub(super) fn passes(&mut self, chunk: &[u8]) {
        if let Seen::Watched(watch) = self {
            watch.feed(chunk);
        }
    }

    /// No more comes from the vendor; what that means for the client goes into `ready`.
    pub(super) fn no_more(&mut self, ready: &mut VecDeque<Bytes>) {
        if let Seen::Turned(turning) = self {
            let mut out = Vec::new();
            turning.end(&mut out);
            if !out.is_empty() {
                ready.push_back(Bytes::from(out));
            }
        }
    }

    /// The client has all there is.
    pub(super) fn end(&mut self) {
        if let Seen::Watched(watch) = self {
            watch.end();
        }
    }

    /// Its last word went by.
    pub(super) fn said_all(&self) -> bool {
        match self {
            Seen::Nothing => false,
            Seen::Watched(it) => it.said_all(),
            Seen::Turned(it) => it.said_all(),
        }
    }

    /// The reason why it ended went by.
    pub(super) fn finished(&self) -> bool {
        match self {
            Seen::Nothing => false,
            Seen::Watched(it) => it.finished(),
            Seen::Turned(it) => it.finished(),
        }
    }

    /// An error of the vendor's went by.
    pub(super) fn failed(&self) -> bool {
        match self {
            Seen::Nothing => false,
            Seen::Watched(it) => it.failed(),
            Seen::Turned(it) => it.failed(),
        }
    }

    /// Whatever still comes is for nobody: the client has been told an error in place of it.
    pub(super) fn is_deaf(&self) -> bool {
        matches!(self, Seen::Turned(it) if it.failed())
    }

    /// Half an event is with the client.
    pub(super) fn within_event(&self) -> bool {
        matches!(self, Seen::Watched(it) if it.within_event())
    }

    /// The error event after which nothing comes, as it has its place in what has gone out.
    pub(super) fn last_word(&mut self, event: Bytes) -> Bytes {
        match self {
            Seen::Nothing | Seen::Watched(_) => event,
            Seen::Turned(it) => it.last_word(event),
        }
    }

    /// What it cost.
    pub(super) fn usage(&self) -> Option<Usage> {
        match self {
            Seen::Nothing => None,
            Seen::Watched(it) => it.usage(),
            Seen::Turned(it) => it.usage(),
        }
    }
}

//! A request's record in the making.
//!
//! It is handed from stage to stage and into the answer's body; when it is finished, or dropped unfinished because
//! the client went away, the record goes to telemetry.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use balance::{Blame, CredentialId, Kind, Outcome, Reason, TargetId};
use hyper::Response;

use super::{
    body::Body,
    outcome,
    record::{Attempt, End, Record},
};
use crate::state::State;

/// How much of a vendor's message is kept of a failed try: its first sentence or two.
const ERROR_CHARS_MAX: usize = 300;

/// One request, under way.
pub(super) struct Journey {
    pub(super) state: Arc<State>,
    pub(super) record: Record,
    pub(super) started: Instant,
    /// Time spent waiting for others: the client's body, the vendor.
    waited: Duration,
    /// The last attempt has not come to its end.
    under_way: bool,
    finished: bool,
}

impl Journey {
    /// A request has come in.
    pub(super) fn begin(state: Arc<State>, request_id: String) -> Self {
        let started = Instant::now();
        Journey {
            state,
            started,
            waited: Duration::ZERO,
            under_way: false,
            finished: false,
            record: Record::begin(request_id, started),
        }
    }

    /// So much of the time was not ours.
    pub(super) fn waited(&mut self, for_others: Duration) {
        self.waited += for_others;
    }

    /// A try begins; unless something else comes of it, the client went away.
    pub(super) fn trying(
        &mut self,
        target: TargetId,
        credential: Option<CredentialId>,
        model: Option<Arc<str>>,
        reason: Reason,
    ) {
        self.under_way = true;
        self.record.attempts.push(Attempt {
            target,
            credential,
            model,
            reason,
            outcome: outcome::name(Kind::ClientGone),
            blame: outcome::blame(Kind::ClientGone),
            status: None,
            error: None,
            started: self.started.elapsed(),
            duration: Duration::ZERO,
        });
    }

    /// This came of the try that is under way; `error` is what a failed one was told.
    pub(super) fn tried(&mut self, outcome: Outcome, committed: bool, error: Option<&str>) {
        self.under_way = committed;
        let now = self.started.elapsed();
        if let Some(attempt) = self.record.attempts.last_mut() {
            attempt.outcome = outcome::name(outcome.kind);
            attempt.blame = outcome::blame(outcome.kind);
            attempt.status = outcome.status;
            attempt.duration = now.saturating_sub(attempt.started);
            attempt.error = error.map(|it| beginning(it).into());
            if let (Blame::Credential, Some(credential)) = (outcome.kind.blame(), attempt.credential) {
                // At once: the request may go on for minutes with somebody else.
                self.state.telemetry.key_failed(credential, attempt);
            }
        }
    }

    /// The answer begins to go out now: what was not waiting was overhead.
    pub(super) fn answering(&mut self, status: u16) {
        self.record.status = status;
        self.record.overhead = self.started.elapsed().saturating_sub(self.waited);
    }

    /// The request is over.
    pub(super) fn finish(&mut self, end: End) {
        if self.finished {
            return;
        }
        self.finished = true;
        let late = match end {
            End::Complete => None,
            End::Broken => Some(Kind::Broken),
            End::ClientGone => Some(Kind::ClientGone),
        };
        if let (Some(kind), true, Some(attempt)) = (late, self.under_way, self.record.attempts.last_mut()) {
            attempt.outcome = outcome::name(kind);
            attempt.blame = outcome::blame(kind);
        }
        self.record.end = end;
        self.record.duration = self.started.elapsed();
        let record = std::mem::replace(&mut self.record, Record::begin(String::new(), self.started));
        self.state.telemetry.record(record, &self.state.snapshot.load());
    }

    /// An answer of our own, complete as it is.
    pub(super) fn answered(mut self, response: Response<Body>) -> Response<Body> {
        self.answering(response.status().as_u16());
        self.finish(End::Complete);
        response
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        self.finish(End::ClientGone);
    }
}

fn beginning(message: &str) -> &str {
    message.char_indices().nth(ERROR_CHARS_MAX).map_or(message, |(end, _)| &message[..end])
}

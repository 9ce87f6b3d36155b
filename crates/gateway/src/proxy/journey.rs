//! A request's record in the making.
//!
//! It is handed from stage to stage and into the answer's body; when it is finished, or dropped unfinished because
//! the client went away, the record goes to telemetry.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use balance::{CredentialId, Environment, Kind, Outcome, TargetId};
use hyper::Response;

use super::{
    body::Body,
    outcome,
    record::{Attempt, End, Record},
};
use crate::state::State;

/// What nginx logs for a client that went away before its answer; it never goes over the wire.
const STATUS_CLIENT_GONE: u16 = 499;

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
        Journey {
            state,
            started: Instant::now(),
            waited: Duration::ZERO,
            under_way: false,
            finished: false,
            record: Record {
                request_id,
                route: None,
                upstream: None,
                client_key: None,
                environment: Environment::Production,
                model_requested: None,
                stream: false,
                status: STATUS_CLIENT_GONE,
                duration: Duration::ZERO,
                first_token: None,
                overhead: Duration::ZERO,
                usage: None,
                attempts: Vec::new(),
                decision: String::new(),
                end: End::ClientGone,
            },
        }
    }

    /// So much of the time was not ours.
    pub(super) fn waited(&mut self, for_others: Duration) {
        self.waited += for_others;
    }

    /// A try begins; unless something else comes of it, the client went away.
    pub(super) fn trying(&mut self, target: TargetId, credential: Option<CredentialId>) {
        self.under_way = true;
        self.record.attempts.push(Attempt {
            target,
            credential,
            outcome: outcome::name(Kind::ClientGone),
            blame: outcome::blame(Kind::ClientGone),
            status: None,
            started: self.started.elapsed(),
            duration: Duration::ZERO,
        });
    }

    /// This came of the try that is under way.
    pub(super) fn tried(&mut self, outcome: Outcome, committed: bool) {
        self.under_way = committed;
        let now = self.started.elapsed();
        if let Some(attempt) = self.record.attempts.last_mut() {
            attempt.outcome = outcome::name(outcome.kind);
            attempt.blame = outcome::blame(outcome.kind);
            attempt.status = outcome.status;
            attempt.duration = now.saturating_sub(attempt.started);
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
        self.state.telemetry.record(&self.record, &self.state.snapshot.load());
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

//! What is kept of a request once it is over: one record, from which access log, metrics and request list are made.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use balance::{CredentialId, Environment, Reason, TargetId, UpstreamId};
use config::snapshot::ClientKey;

/// What nginx logs for a client that went away before its answer; it never goes over the wire.
const STATUS_CLIENT_GONE: u16 = 499;

/// One request, from first byte in to last byte out.
#[derive(Debug)]
pub(crate) struct Record {
    /// The client's `x-request-id`, or ours.
    pub request_id: String,
    /// When its first byte came in.
    pub started: Instant,
    /// The route's name, if one matched.
    pub route: Option<Arc<str>>,
    /// The upstream, if one was found.
    pub upstream: Option<UpstreamId>,
    /// The client key it came with.
    pub client_key: Option<Arc<ClientKey>>,
    /// Which environment it belonged to.
    pub environment: Environment,
    /// What the client asked for, as sent. Never a metric label.
    pub model_requested: Option<String>,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// What the client was answered.
    pub status: u16,
    /// First byte in to last byte out.
    pub duration: Duration,
    /// First byte in to first delta or byte out.
    pub first_token: Option<Duration>,
    /// Time spent here and not waiting for the vendor.
    pub overhead: Duration,
    /// Tokens, as the vendor counted them.
    pub usage: Option<dialect::Usage>,
    /// Every try, in order.
    pub attempts: Vec<Attempt>,
    /// Why the last one: one short line.
    pub decision: String,
    /// How it ended for the client.
    pub end: End,
}

/// An environment as people write it.
pub(crate) fn environment(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "production",
        Environment::Sandbox => "sandbox",
    }
}

/// One try.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// Whom.
    pub target: TargetId,
    /// With what.
    pub credential: Option<CredentialId>,
    /// The model that was asked for, if any was. Never a metric label.
    pub model: Option<Arc<str>>,
    /// Why this one.
    pub reason: Reason,
    /// `success`, or the blame table's word for what went wrong.
    pub outcome: &'static str,
    /// Whose fault: `nobody`, `credential`, `pair`, `address`.
    pub blame: &'static str,
    /// The vendor's status, if it answered.
    pub status: Option<u16>,
    /// What a failed try was told, without keys: the beginning of the vendor's own words.
    pub error: Option<Arc<str>>,
    /// From the request's start.
    pub started: Duration,
    /// How long it took until it was settled or committed.
    pub duration: Duration,
}

/// How a request ended for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Answered to the end.
    Complete,
    /// The client went away.
    ClientGone,
    /// The vendor broke off after the first byte had gone out.
    Broken,
}

// === impl Record ===

impl Record {
    /// A request that has just come in; unless something else comes of it, the client went away.
    pub(crate) fn begin(request_id: String, started: Instant) -> Self {
        Record {
            request_id,
            started,
            route: None,
            upstream: None,
            environment: Environment::Production,
            client_key: None,
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
        }
    }
}

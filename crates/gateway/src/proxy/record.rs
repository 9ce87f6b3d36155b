//! What is kept of a request once it is over: one record, from which access log, metrics and request list are made.

use std::{sync::Arc, time::Duration};

use balance::{CredentialId, Environment, TargetId, UpstreamId};
use config::snapshot::ClientKey;

/// One request, from first byte in to last byte out.
#[derive(Debug)]
pub(crate) struct Record {
    /// The client's `x-request-id`, or ours.
    pub request_id: String,
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
    /// `success`, or the blame table's word for what went wrong.
    pub outcome: &'static str,
    /// Whose fault: `nobody`, `credential`, `pair`, `address`.
    pub blame: &'static str,
    /// The vendor's status, if it answered.
    pub status: Option<u16>,
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

//! How an attempt ended, and whose fault that is.
//!
//! The gateway translates what the vendor did into a [`Kind`]; the table of blame is here and only here.

use core::time::Duration;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// What happened.
    pub kind: Kind,
    /// The vendor's HTTP status, when there was one; the passive counters of an address go by it.
    pub status: Option<u16>,
}

/// What happened, by whose fault it is and what it means for the next try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Answered, to the end.
    Success {
        /// The answer's headers said that nothing is left, for this long: credential × model.
        spent: Option<Duration>,
    },
    /// The request itself was at fault (400, 405, 413, 415, 422, context length, content policy; also what is relayed
    /// and blames nobody: 3xx, 409, 501, other 404s).
    Refused,
    /// The vendor has no such model: pair.
    ModelNotFound,
    /// The vendor rejects the key: credential.
    KeyRejected,
    /// The token that stands for the key was not to be had just now: credential.
    NoToken,
    /// Out of quota or credit: credential.
    QuotaExceeded {
        /// When the vendor says it comes back.
        reset: Option<Duration>,
    },
    /// Too many requests: credential × model.
    RateLimited {
        /// The vendor's hint.
        retry_after: Option<Duration>,
    },
    /// The model is overloaded: pair.
    Overloaded {
        /// The vendor's hint.
        retry_after: Option<Duration>,
    },
    /// No connection, no TLS, no name, or a reset before the first byte: address and pair.
    Connect,
    /// No first byte in time: address and pair.
    Timeout,
    /// 5xx: address, and pair if the suspension says so.
    ServerError,
    /// Broken or stalled after the first byte had reached the client: address.
    Broken,
    /// The client went away: nobody.
    ClientGone,
    /// The request's own time was over before this try had had enough of it: nobody.
    OutOfTime,
    /// The lease was taken but nothing was sent: nobody, as if it had never been.
    Unsent,
}

/// Whose fault a failure is, by what the next try must avoid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Nobody's: nothing is remembered and nothing is tried again.
    Nobody,
    /// The key's: another key, without counting as a try.
    Credential,
    /// The model's at this endpoint: another pair first.
    Pair,
    /// The address's: another pair first.
    Address,
}

impl Kind {
    /// The row of the blame table.
    pub fn blame(self) -> Blame {
        match self {
            Kind::Success { .. } | Kind::Refused | Kind::ClientGone | Kind::OutOfTime | Kind::Unsent => {
                Blame::Nobody
            }
            Kind::KeyRejected | Kind::NoToken | Kind::QuotaExceeded { .. } | Kind::RateLimited { .. } => {
                Blame::Credential
            }
            Kind::ModelNotFound | Kind::Overloaded { .. } => Blame::Pair,
            Kind::Connect | Kind::Timeout | Kind::ServerError | Kind::Broken => Blame::Address,
        }
    }
}

/// An attempt has shown its first byte (plain) or its first delta (streamed) and is committed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opened {
    /// The vendor's HTTP status.
    pub status: u16,
    /// Sent to first delta or first byte.
    pub first_token: Duration,
    /// Whether the answer is streamed (which of the two latencies this is).
    pub streamed: bool,
    /// As in [`Kind::Success`].
    pub spent: Option<Duration>,
}

/// How an active probe ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// An HTTP status came back.
    Status(u16),
    /// The connection was made, and that is all that was asked (tcp).
    Connected,
    /// No connection, no TLS, no name, or a reset.
    Failed,
    /// Nothing in time.
    TimedOut,
}

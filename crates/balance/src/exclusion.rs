//! Time-boxed absences.
//!
//! A scope that must not be picked for a while is *excluded until* some instant, for a *cause*. Nothing here wakes
//! up: an exclusion ends because `now` has passed it, and `pick` is who asks.

use crate::Time;

/// Out until then, because of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Since when.
    pub since: Time,
    /// Until when; [`Time::NEVER`] until somebody lifts it.
    pub until: Time,
    /// Why.
    pub cause: Cause,
}

/// Why a scope is out. The wire names are [`Cause::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// 429.
    RateLimit,
    /// Headers of a good answer said that nothing is left.
    Spent,
    /// A limit that the operator has set for the key is reached.
    OwnLimit,
    /// Out of quota or credit.
    Quota,
    /// The vendor rejected the key.
    Auth,
    /// The token that stands for the key was not to be had.
    Token,
    /// 529, 503 overloaded.
    Overloaded,
    /// Connect, TLS, DNS, reset.
    Connect,
    /// No first byte in time.
    Timeout,
    /// 5xx.
    ServerError,
    /// The vendor has no such model.
    ModelNotFound,
    /// Passive or active HTTP failures reached their threshold.
    HttpFailures,
    /// Passive or active TCP failures reached their threshold.
    TcpFailures,
    /// Passive or active timeouts reached their threshold.
    Timeouts,
    /// An operator said so.
    Operator,
    /// The key has expired.
    Expired,
    /// Switched off in the configuration.
    Disabled,
}

impl Cause {
    /// Every cause, for tables.
    pub const ALL: [Cause; 17] = [
        Cause::RateLimit,
        Cause::Spent,
        Cause::OwnLimit,
        Cause::Quota,
        Cause::Auth,
        Cause::Token,
        Cause::Overloaded,
        Cause::Connect,
        Cause::Timeout,
        Cause::ServerError,
        Cause::ModelNotFound,
        Cause::HttpFailures,
        Cause::TcpFailures,
        Cause::Timeouts,
        Cause::Operator,
        Cause::Expired,
        Cause::Disabled,
    ];

    /// What the Admin API, metrics and logs call it.
    pub fn name(self) -> &'static str {
        match self {
            Cause::RateLimit => "rate_limit",
            Cause::Spent => "spent",
            Cause::OwnLimit => "own_limit",
            Cause::Quota => "quota",
            Cause::Auth => "auth",
            Cause::Token => "token",
            Cause::Overloaded => "overloaded",
            Cause::Connect => "connect",
            Cause::Timeout => "timeout",
            Cause::ServerError => "server_error",
            Cause::ModelNotFound => "model_not_found",
            Cause::HttpFailures => "http_failures",
            Cause::TcpFailures => "tcp_failures",
            Cause::Timeouts => "timeouts",
            Cause::Operator => "operator",
            Cause::Expired => "expired",
            Cause::Disabled => "disabled",
        }
    }

    /// The cause of that name.
    pub fn from_name(name: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|it| it.name() == name)
    }
}

//! What happened, once, as values; the gateway turns them into log lines, metrics and messages.

use crate::{AddressId, Cause, CredentialId, ModelId, Time, UpstreamId};

/// What an exclusion is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// A key, for every model, everywhere.
    Credential(CredentialId),
    /// A key, for one model, everywhere (`None`: for all the models that nobody has configured, together).
    CredentialModel(CredentialId, Option<ModelId>),
    /// A model at an address, in one upstream (`None`: targets that keep the caller's model).
    Pair(UpstreamId, AddressId, Option<ModelId>),
    /// An address, in one upstream.
    Address(UpstreamId, AddressId),
    /// A caller's own key at an address (pass-through), by its hash.
    Caller(AddressId, u64),
}

/// Something an operator or a page would like to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A scope is out.
    Excluded {
        /// Which.
        scope: Scope,
        /// Until when.
        until: Time,
        /// Why.
        cause: Cause,
    },
    /// A scope is back before its time: lifted, proven or closed by its trials.
    Returned {
        /// Which.
        scope: Scope,
    },
    /// A retry was refused because retries had used up their share of the traffic.
    BudgetExhausted {
        /// Whose budget.
        upstream: UpstreamId,
    },
}

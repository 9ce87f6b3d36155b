//! What a `state` event is about, and how models and addresses stand that something has happened to.
//!
//! The balancer's events say what to look at, and never how it stands: two of them may be told in the wrong order, and
//! only the ledger knows which was the last.

use balance::{AddressId, CredentialId, Event, Exclusion, ModelId, Scope, Time, UpstreamId};
use config::Snapshot;
use serde_json::{Value, json};

use crate::{admin::health::Instants, telemetry::labels};

/// What an event is about. A key that is out for one model is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Subject {
    Credential(CredentialId),
    Pair(UpstreamId, AddressId, Option<ModelId>),
    Address(UpstreamId, AddressId),
}

impl Subject {
    /// None for a caller's own key: it has no name, and is nobody else's business.
    pub(super) fn of(scope: Scope) -> Option<Subject> {
        match scope {
            Scope::Credential(id) | Scope::CredentialModel(id, _) => Some(Subject::Credential(id)),
            Scope::Pair(upstream, address, model) => Some(Subject::Pair(upstream, address, model)),
            Scope::Address(upstream, address) => Some(Subject::Address(upstream, address)),
            Scope::Caller(..) => None,
        }
    }

    /// What an event is about.
    pub(super) fn of_event(event: &Event) -> Option<Subject> {
        match *event {
            Event::Excluded { scope, .. } | Event::Returned { scope } => Subject::of(scope),
            Event::BudgetExhausted { .. } => None,
        }
    }

    /// What the ledger calls a place.
    pub(super) fn place(self) -> Option<Scope> {
        match self {
            Subject::Credential(_) => None,
            Subject::Pair(upstream, address, model) => Some(Scope::Pair(upstream, address, model)),
            Subject::Address(upstream, address) => Some(Scope::Address(upstream, address)),
        }
    }

    /// How a place stands of which the ledger says `out`, and when that changes by itself. None if the configuration
    /// knows it no longer.
    pub(super) fn standing(
        self,
        out: Option<Exclusion>,
        snapshot: &Snapshot,
        instants: &Instants,
    ) -> Option<(Value, Option<Time>)> {
        let (scope, upstream, address, model) = match self {
            Subject::Credential(_) => return None,
            Subject::Pair(upstream, address, model) => ("pair", upstream, address, model),
            Subject::Address(upstream, address) => ("address", upstream, address, None),
        };
        let is_over = out.is_some_and(|it| it.until <= instants.now);
        // An address that was ejected proves itself by trials before it is back; its return is told by itself.
        let (state, out, until) = match (self, out) {
            (Subject::Address(..), Some(it)) if is_over => ("half_open", Some(it), None),
            (Subject::Address(..), Some(it)) => ("unhealthy", Some(it), Some(it.until)),
            (_, Some(it)) if !is_over => ("suspended", Some(it), Some(it.until)),
            _ => ("available", None, None),
        };
        let until = until.filter(|it| *it != Time::NEVER);
        let upstream = &snapshot.upstreams.get(&upstream)?.name;
        let at = snapshot.addresses.get(&address)?;
        let place = format!("{}:{}", at.host, at.port);
        let mut told = json!({
            "scope": scope,
            "id": format!("{upstream}/{place}"),
            "name": place,
            "state": state,
            "cause": out.map(|it| it.cause.name()),
            "until": until.map(|it| instants.at(it)),
            "upstream": &**upstream,
            "address": place,
        });
        if matches!(self, Subject::Pair(..)) {
            let model = model.map(|it| labels::model_name(snapshot, it));
            told["model"] = model.into();
            if let Some(model) = model {
                told["name"] = format!("{place} for {model}").into();
                told["id"] = format!("{upstream}/{place}/{model}").into();
            }
        }
        Some((told, until))
    }
}

//! What a `state` event is about, and how models and addresses stand that something has happened to.
//!
//! Keys are read from the ledger's report whenever they are told. Models and addresses are as the balancer's events say,
//! because a model that only a client has named is in no report; their exclusions end by time like all others.

use std::collections::HashMap;

use balance::{AddressId, Cause, CredentialId, Event, ModelId, Scope, Time, UpstreamId};
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

/// What keeps models and addresses out.
#[derive(Default)]
pub(super) struct Places(HashMap<Subject, (Time, Cause)>);

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
}

impl Places {
    /// Something has happened; gives what it was about.
    pub(super) fn note(&mut self, event: &Event) -> Option<Subject> {
        match *event {
            Event::Excluded { scope, until, cause } => {
                let subject = Subject::of(scope)?;
                self.0.insert(subject, (until, cause));
                Some(subject)
            }
            Event::Returned { scope } => {
                let subject = Subject::of(scope)?;
                self.0.remove(&subject);
                Some(subject)
            }
            Event::BudgetExhausted { .. } => None,
        }
    }

    /// How a place stands, and when that changes by itself. None if the configuration knows it no longer.
    pub(super) fn standing(
        &mut self,
        subject: Subject,
        snapshot: &Snapshot,
        instants: &Instants,
    ) -> Option<(Value, Option<Time>)> {
        let (scope, upstream, address, model) = match subject {
            Subject::Credential(_) => return None,
            Subject::Pair(upstream, address, model) => ("pair", upstream, address, model),
            Subject::Address(upstream, address) => ("address", upstream, address, None),
        };
        let out = self.0.get(&subject).copied();
        let is_over = out.is_some_and(|(until, _)| until <= instants.now);
        // An address that was ejected proves itself by trials before it is back; its return is told by itself.
        let (state, out) = match (subject, out) {
            (_, None) => ("available", None),
            (Subject::Address(..), Some((_, cause))) if is_over => ("half_open", Some((Time::NEVER, cause))),
            (Subject::Address(..), out) => ("unhealthy", out),
            (_, Some(_)) if is_over => {
                self.0.remove(&subject);
                ("available", None)
            }
            (_, out) => ("suspended", out),
        };
        let upstream = &snapshot.upstreams.get(&upstream)?.name;
        let at = snapshot.addresses.get(&address)?;
        let place = format!("{}:{}", at.host, at.port);
        let mut told = json!({
            "scope": scope,
            "id": format!("{upstream}/{place}"),
            "name": place,
            "state": state,
            "cause": out.map(|(_, cause)| cause.name()),
            "until": out.filter(|it| it.0 != Time::NEVER).map(|(until, _)| instants.at(until)),
            "upstream": &**upstream,
            "address": place,
        });
        if matches!(subject, Subject::Pair(..)) {
            let model = model.map(|it| labels::model_name(snapshot, it));
            told["model"] = model.into();
            if let Some(model) = model {
                told["name"] = format!("{place} for {model}").into();
                told["id"] = format!("{upstream}/{place}/{model}").into();
            }
        }
        Some((told, out.map(|it| it.0).filter(|it| *it != Time::NEVER)))
    }
}

//! The entities, typed: what a stored row, already checked against [`schema`](crate::schema()), means.
//!
//! Field names are the wire's. Optional fields that have an effective default carry it after reading, so that code
//! behind this module never asks "and if it is missing?".

mod consumer;
mod health;
mod provider;
mod route;
mod target;
mod upstream;

use serde::{Deserialize, Deserializer, de};
use uuid::Uuid;

pub use crate::model_location::ModelLocation;
pub use consumer::{ClientKey, Consumer, KeyEnvironment, KeyHash};
pub use health::{
    Active, ActiveHealthy, ActiveUnhealthy, Healthchecks, Passive, PassiveHealthy, PassiveUnhealthy,
    ProbeKind,
};
pub use provider::{Credential, CredentialAlgorithm, Endpoint, Limits, Model, Overrides, Provider};
pub use route::{PerEnvironment, Route, Service};
pub use target::{Scheme, Target, TargetEnvironment};
pub use upstream::{
    Affinity, Algorithm, Budget, HashOn, Lossy, OnEmpty, Quota, Retries, Seconds, SecondsOrAuto, Suspension,
    Timeouts, Tls, Upstream,
};

/// An entity of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Entity {
    /// A vendor.
    Provider(Provider),
    /// A key of a provider.
    Credential(Credential),
    /// A pool.
    Upstream(Box<Upstream>),
    /// A member of a pool.
    Target(Target),
    /// A group of routes.
    Service(Service),
    /// What matches, and who serves it.
    Route(Route),
    /// Whom keys are given out to.
    Consumer(Consumer),
    /// What a consumer's requests bear.
    ClientKey(ClientKey),
}

impl Entity {
    /// The typed form of a whole entity.
    pub(crate) fn read(kind: Kind, value: &serde_json::Value) -> Result<Entity, String> {
        let entity = match kind {
            Kind::Provider => Provider::deserialize(value).map(Entity::Provider),
            Kind::Credential => Credential::deserialize(value).map(Entity::Credential),
            Kind::Upstream => Upstream::deserialize(value).map(|it| Entity::Upstream(Box::new(it))),
            Kind::Target => Target::deserialize(value).map(Entity::Target),
            Kind::Service => Service::deserialize(value).map(Entity::Service),
            Kind::Route => Route::deserialize(value).map(Entity::Route),
            Kind::Consumer => Consumer::deserialize(value).map(Entity::Consumer),
            Kind::ClientKey => ClientKey::deserialize(value).map(Entity::ClientKey),
        };
        entity.map_err(|error| error.to_string())
    }
}

/// A reference to another entity by identity; it is written as a name, an id or an object and stored as this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct Reference {
    /// Of the entity it points to.
    pub id: Uuid,
}

/// What a target is paid with, where it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialChoice {
    /// `"*"`: every usable credential of the provider.
    Every,
    /// One of them.
    One(Reference),
}

impl CredentialChoice {
    /// Of the one, if it is one.
    pub fn id(self) -> Option<Uuid> {
        match self {
            CredentialChoice::Every => None,
            CredentialChoice::One(reference) => Some(reference.id),
        }
    }
}

impl<'de> Deserialize<'de> for CredentialChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Word(String),
            One(Reference),
        }
        match Wire::deserialize(deserializer)? {
            Wire::Word(word) if word == "*" => Ok(CredentialChoice::Every),
            Wire::Word(word) => {
                Err(de::Error::invalid_value(de::Unexpected::Str(&word), &"\"*\" or a reference"))
            }
            Wire::One(reference) => Ok(CredentialChoice::One(reference)),
        }
    }
}

/// The kinds there are; [`Kind::plural`] is the path, [`Kind::name`] the store's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// [`Provider`].
    Provider,
    /// [`Credential`].
    Credential,
    /// [`Upstream`].
    Upstream,
    /// [`Target`].
    Target,
    /// [`Service`].
    Service,
    /// [`Route`].
    Route,
    /// [`Consumer`].
    Consumer,
    /// [`ClientKey`].
    ClientKey,
}

impl Kind {
    /// All, in the order in which one may refer to another.
    pub const ALL: [Kind; 8] = [
        Kind::Provider,
        Kind::Credential,
        Kind::Upstream,
        Kind::Target,
        Kind::Service,
        Kind::Route,
        Kind::Consumer,
        Kind::ClientKey,
    ];

    /// As in messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Provider => "provider",
            Kind::Credential => "credential",
            Kind::Upstream => "upstream",
            Kind::Target => "target",
            Kind::Service => "service",
            Kind::Route => "route",
            Kind::Consumer => "consumer",
            Kind::ClientKey => "client_key",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of that path segment.
    pub fn from_plural(plural: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.plural() == plural)
    }

    /// As in paths.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Provider => "providers",
            Kind::Credential => "credentials",
            Kind::Upstream => "upstreams",
            Kind::Target => "targets",
            Kind::Service => "services",
            Kind::Route => "routes",
            Kind::Consumer => "consumers",
            Kind::ClientKey => "keys",
        }
    }

    /// The field that a kind's rows keep besides those of its table: it is neither read nor written through any API.
    pub(crate) fn kept(self) -> Option<&'static str> {
        (self == Kind::ClientKey).then_some("hash")
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn every_kind_is_found_by_either_of_its_names() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(
                (Kind::from_name(kind.name()), Kind::from_plural(kind.plural())),
                (Some(kind), Some(kind))
            );
            assert_eq!(kind as usize, place, "documents keep their tables in this order");
        }
    }
}

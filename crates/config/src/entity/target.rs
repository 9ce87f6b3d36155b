//! Targets: the members of an upstream.

use serde::Deserialize;

use super::{CredentialChoice, ModelLocation, Reference};

/// A member of an upstream: a raw host, or a provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Target {
    /// Whose member.
    pub upstream: Reference,
    /// `host:port`, unless `provider`.
    pub target: Option<String>,
    /// Whose endpoint and keys, unless `target`.
    pub provider: Option<Reference>,
    /// `http` or `https`; null follows the port. Raw hosts only.
    pub scheme: Option<Scheme>,
    /// The provider's endpoint by name; null: its first of the right environment.
    pub endpoint: Option<String>,
    /// The model it is asked for; null keeps the client's, `@default` is the provider's default.
    pub model: Option<String>,
    /// Where it wants to be told the model.
    pub model_location: ModelLocation,
    /// What it is paid with.
    pub credential: Option<CredentialChoice>,
    /// Its share, 0 = drained.
    pub weight: u16,
    /// Lower first; null for a backup.
    pub tier: Option<u32>,
    /// One tier below every regular one.
    pub backup: bool,
    /// Which requests it may serve.
    pub environment: TargetEnvironment,
    /// False: kept, but never picked.
    pub enabled: bool,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// How an address is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Which requests something may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetEnvironment {
    /// Production requests only.
    Production,
    /// Sandbox requests only.
    Sandbox,
    /// Both.
    Any,
}

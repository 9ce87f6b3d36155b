//! Providers and their credentials.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Reference, TargetEnvironment, Tls};

/// A vendor, or whatever speaks like one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Provider {
    /// Unique.
    pub name: String,
    /// A row of the dialects' table, by name.
    pub kind: String,
    /// Where it is; none: the kind's own.
    pub endpoints: Vec<Endpoint>,
    /// Azure's version by its date, of its deployments; null: everything else.
    pub api_version: Option<String>,
    /// What it serves; null: nobody has listed them, and any name is passed on.
    pub models: Option<Vec<Model>>,
    /// What `@default` stands for; null: the kind's own.
    pub default_model: Option<String>,
    /// Load priority, 1 first, dense.
    pub rank: u32,
    /// False: serves nothing.
    pub enabled: bool,
    /// The credential of targets that name none; null: the first by rank.
    pub default_credential: Option<Reference>,
    /// How one of several credentials is chosen.
    pub credential_algorithm: CredentialAlgorithm,
    /// Whom its endpoints must prove themselves to.
    pub tls: Tls,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// How one of several credentials is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialAlgorithm {
    /// By rank, until it is out.
    Priority,
    /// Smooth weighted turns.
    RoundRobin,
}

/// Where a provider is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Endpoint {
    /// Unique within the provider.
    pub name: String,
    /// What the vendor's SDK takes as base URL.
    pub url: String,
    /// What requests are signed for, where the URL does not say it.
    pub region: Option<String>,
    /// Which requests it may serve.
    pub environment: TargetEnvironment,
}

/// A model of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Model {
    /// As the vendor spells it.
    pub id: String,
    /// Tokens it can take.
    pub context_window: Option<u64>,
    /// What it is said to be able to do.
    pub capabilities: Option<Vec<String>>,
    /// The credential of its targets that name none; null: the provider's.
    pub default_credential: Option<Reference>,
}

/// An API key of a provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Credential {
    /// Whose.
    pub provider: Reference,
    /// Unique within the provider.
    pub name: String,
    /// Where the secret is (`env:NAME`, `file:PATH`), or the sealed secret; never the secret itself.
    pub secret: String,
    /// False: out, everywhere.
    pub enabled: bool,
    /// Its place among its provider's, 1 first, dense.
    pub rank: u32,
    /// Its share where several take turns.
    pub weight: u16,
    /// The models it may be used for; null: all.
    pub models: Option<Vec<String>>,
    /// Which requests it may serve.
    pub environment: TargetEnvironment,
    /// RFC 3339; out from then on.
    pub expires_at: Option<String>,
    /// How much of it may be used.
    pub limits: Limits,
    /// What is sent with this key and no other.
    pub overrides: Overrides,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// How much of one key may be used, everywhere together; null: as much as the vendor allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Limits {
    /// Requests within any 60 seconds.
    pub rpm: Option<u32>,
    /// Tokens within 60 seconds.
    pub tpm: Option<u64>,
    /// Requests at once.
    pub max_concurrent: Option<u32>,
}

/// What is sent with one key and no other.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Overrides {
    /// Added to every request.
    pub headers: BTreeMap<String, Vec<String>>,
    /// Which account of several the key speaks for.
    pub organization: Option<String>,
}

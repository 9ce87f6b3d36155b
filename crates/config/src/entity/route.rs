//! Routes and services: what a client calls, and which upstream serves it.

use serde::Deserialize;

use super::Reference;

/// A named group of routes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Service {
    /// Unique.
    pub name: String,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// What matches, and which upstream serves it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Route {
    /// Unique where set.
    pub name: Option<String>,
    /// The group it belongs to.
    pub service: Option<Reference>,
    /// Prefixes at segment borders; `~` starts a regular expression.
    pub paths: Vec<String>,
    /// HTTP methods; none: any.
    pub methods: Vec<String>,
    /// Hosts, `*.` or `.*` as wildcards; none: any.
    pub hosts: Vec<String>,
    /// Model names (aliases); none: any.
    pub models: Vec<String>,
    /// Serves every environment.
    pub upstream: Option<Reference>,
    /// Serves one environment each.
    pub upstreams: Option<PerEnvironment>,
    /// Serves every environment, with failover along `default`.
    pub provider: Option<Reference>,
    /// The provider's model; null keeps the client's.
    pub model: Option<String>,
    /// Whether the matched prefix is taken off a path that is no known endpoint.
    pub strip_path: bool,
    /// False: as if it were not there.
    pub enabled: bool,
    /// Free labels.
    pub tags: Option<Vec<String>>,
}

/// An upstream for each environment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PerEnvironment {
    /// For production requests.
    pub production: Option<Reference>,
    /// For sandbox requests.
    pub sandbox: Option<Reference>,
}

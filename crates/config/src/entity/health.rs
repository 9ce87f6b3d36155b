//! Health checks of an upstream.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Seconds;

/// Kong's health checks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Healthchecks {
    /// Below this percentage of available weight the whole upstream counts as unhealthy; 0 never.
    pub threshold: f64,
    /// Probes.
    pub active: Active,
    /// What traffic shows.
    pub passive: Passive,
}

/// Probes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Active {
    /// What a probe does.
    #[serde(rename = "type")]
    pub kind: ProbeKind,
    /// Given up after this.
    pub timeout: Seconds,
    /// Under way at once.
    pub concurrency: u32,
    /// What is asked for.
    pub http_path: String,
    /// Added to the request.
    pub headers: BTreeMap<String, Vec<String>>,
    /// False: any certificate will do.
    pub https_verify_certificate: bool,
    /// What counts as good.
    pub healthy: ActiveHealthy,
    /// What counts as bad.
    pub unhealthy: ActiveUnhealthy,
}

/// What a probe does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// GET as the address speaks.
    Http,
    /// GET over TLS.
    Https,
    /// A TCP connection.
    Tcp,
    /// `GET /v1/models` with a credential.
    Models,
}

/// What counts as good when a probe answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ActiveHealthy {
    /// Between probes of a healthy address; 0: none.
    pub interval: Seconds,
    /// Good statuses.
    pub http_statuses: Vec<u16>,
    /// In a row, to be healthy again; 0 disables.
    pub successes: u32,
}

/// What counts as bad when a probe answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ActiveUnhealthy {
    /// Between probes of an unhealthy address; 0: none.
    pub interval: Seconds,
    /// Bad statuses.
    pub http_statuses: Vec<u16>,
    /// In a row, to be ejected; 0 disables.
    pub http_failures: u32,
    /// In a row, to be ejected; 0 disables.
    pub tcp_failures: u32,
    /// In a row, to be ejected; 0 disables.
    pub timeouts: u32,
}

/// What traffic shows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Passive {
    /// What counts as good.
    pub healthy: PassiveHealthy,
    /// What counts as bad.
    pub unhealthy: PassiveUnhealthy,
}

/// What counts as good when traffic answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PassiveHealthy {
    /// Good statuses.
    pub http_statuses: Vec<u16>,
    /// In a row, to be healthy again; 0 disables.
    pub successes: u32,
}

/// What counts as bad when traffic answers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PassiveUnhealthy {
    /// Bad statuses.
    pub http_statuses: Vec<u16>,
    /// In a row, to be ejected; 0 disables.
    pub http_failures: u32,
    /// In a row, to be ejected; 0 disables.
    pub tcp_failures: u32,
    /// In a row, to be ejected; 0 disables.
    pub timeouts: u32,
    /// Until the first half-open trial, doubling from here.
    pub ejection_time: Seconds,
}

//! Base URLs, as people paste them: what stands between one and an endpoint.

use crate::Dialect;

/// The vendor's path: the base URL's path and the endpoint's suffix, with exactly one version between them.
///
/// A base path that names a version anywhere (`/v1`, `/v1beta/openai`, `/api/paas/v4`) is taken as it is, any other
/// gets the dialect's. OpenAI and Anthropic agree on `/v1`: SDKs of the one put it into the base URL, SDKs of the other
/// into the path. Google's has its own way, see [`crate::Wire::join`].
pub fn join(base_url_path: &str, suffix: &str, dialect: Dialect) -> String {
    let base = base_url_path.trim_end_matches('/');
    let slash = if base.is_empty() || base.starts_with('/') { "" } else { "/" };
    let version = match dialect {
        _ if base.split('/').any(is_version) || awaits_model(base) => "",
        Dialect::OpenAi | Dialect::Anthropic => "/v1",
        Dialect::Google => "/v1beta",
    };
    [slash, base, version, suffix].concat()
}

/// Where the model is the next segment, the version stands elsewhere: Azure's `…/openai/deployments` has it in the query.
fn awaits_model(base: &str) -> bool {
    base.rsplit('/').next().is_some_and(|last| MODEL_SEGMENTS.contains(&last))
}

/// The segments of vendors' paths behind which a model's name stands.
pub const MODEL_SEGMENTS: [&str; 3] = ["deployments", "models", "model"];

/// `v1`, `v1beta`, `v4`.
pub(crate) fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|it: char| it.is_ascii_digit()))
}

//! Providers from the process environment: one variable and one command give a working gateway.
//!
//! Only references are stored, `env:NAME`, never what the variables hold. A vendor's own `OPENAI_BASE_URL` is
//! deliberately not read: on a developer's machine it points at this gateway.

use dialect::Auth;
use serde_json::{Map, Value, json};

use crate::{
    Change, Document, Entity, Kind, amazon,
    derived::stable_id,
    rules,
    schema::{defaults, merge, schema},
};

/// What Amazon's own tools go by, in their order.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// The name of a credential that comes from the environment.
const CREDENTIAL: &str = "env";

/// Adds what the environment knows and the document does not: `OPENAI_API_KEY` gives the provider `openai` with the
/// credential `env`, at the place that `SPILLWAY_OPENAI_BASE_URL` names if it is set. `AWS_BEARER_TOKEN_BEDROCK` gives
/// `bedrock` in the region of `AWS_REGION`. Nothing that exists is overwritten. Ids are made from names, so that they are the same at every start.
pub fn import_environment(
    document: &Document,
    env: &dyn Fn(&str) -> Option<String>,
    now: i64,
) -> Vec<Change> {
    let is_set = |name: &str| env(name).is_some_and(|value| !value.trim().is_empty());
    let ranks = document.rows(Kind::Provider).filter_map(|row| match &*row.entity {
        Entity::Provider(provider) => Some(provider.rank),
        _ => None,
    });
    let mut rank = ranks.max().unwrap_or(0);
    let mut changes = Vec::new();
    for vendor in dialect::table() {
        let base_url = base_url_variable(vendor.name);
        let Some(variable) = vendor.env.iter().find(|name| is_set(name)) else {
            continue;
        };
        let place = if is_set(&base_url) { Some(format!("env:{base_url}")) } else { place(vendor, env) };
        let has_place = vendor.base_url.is_some() || place.is_some();
        if !has_place || document.get(Kind::Provider, vendor.name).is_some() {
            continue;
        }
        rank += 1;
        let endpoint = |url| json!({ "name": "default", "url": url, "region": null, "environment": "any" });
        let endpoints: Value = place.map(endpoint).into_iter().collect();
        let provider = stable_id(Kind::Provider, vendor.name);
        let credential = stable_id(Kind::Credential, &format!("{}/{CREDENTIAL}", vendor.name));
        let fields = json!({ "name": vendor.name, "kind": vendor.name, "rank": rank, "endpoints": endpoints, "default_credential": rules::reference(credential) });
        changes.push(put(Kind::Provider, provider, now, &fields));
        let secret = format!("env:{variable}");
        let fields = json!({ "provider": rules::reference(provider), "name": CREDENTIAL, "secret": secret, "rank": 1 });
        changes.push(put(Kind::Credential, credential, now, &fields));
    }
    changes
}

/// Where a vendor is that has no place of its own, but one in each region: in the region that is set.
fn place(vendor: &dialect::Row, env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if vendor.auth != Auth::Aws {
        return None;
    }
    let region = REGION_VARIABLES.iter().find_map(|name| env(name).filter(|it| !it.trim().is_empty()))?;
    amazon::is_region(region.trim()).then(|| amazon::base_url(region.trim()))
}

/// Where a vendor's provider is, if not at its own place: `SPILLWAY_OPENAI_BASE_URL`.
pub fn base_url_variable(vendor: &str) -> String {
    format!("SPILLWAY_{}_BASE_URL", vendor.to_ascii_uppercase().replace('-', "_"))
}

fn put(kind: Kind, id: uuid::Uuid, now: i64, given: &Value) -> Change {
    let table = schema(kind).fields;
    let given: Map<String, Value> = given.as_object().cloned().unwrap_or_default();
    let whole = merge(table, &defaults(table), &given);
    let row = crate::document::row(kind, id, now, now, whole);
    Change::Put(std::sync::Arc::new(row.expect("the fields above are the table's own")))
}

//! Providers: a place to be found at, and default credentials of their own.

use dialect::Auth;
use serde_json::{Map, Value};

use super::{Subject, is_set, reference, text};
use crate::{Kind, Violations, address, amazon};

/// Names that paths below `/providers` have taken.
const RESERVED: [&str; 1] = ["order"];

pub(super) fn finish(subject: &Subject<'_>, whole: &mut Map<String, Value>, violations: &mut Violations) {
    if let Some(name) = text(whole, "name").filter(|name| RESERVED.contains(name)) {
        violations.field("name", format!("'{name}' is reserved: /providers/{name} is something else"));
    }
    default_credential(subject, whole, "default_credential", violations);
    for (index, model) in
        whole.get_mut("models").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
    {
        if let Value::Object(model) = model {
            let path = format!("models.{}.default_credential", index + 1);
            default_credential(subject, model, &path, violations);
        }
    }
    let row = text(whole, "kind").and_then(dialect::Kind::from_name).map(dialect::Kind::row);
    let placeless = row.is_some_and(|row| row.base_url.is_none());
    let has_endpoint = whole.get("endpoints").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let signs = row.is_some_and(|row| row.auth == Auth::Aws);
    if placeless && !has_endpoint {
        let form =
            row.and_then(|row| row.base_url_form).map(|it| format!(", such as {it}")).unwrap_or_default();
        let message = format!("this kind has no place of its own: name at least one endpoint{form}");
        violations.field("endpoints", message);
    }
    regions(whole, signs, violations);
    azure(whole, row.map(|row| row.kind), violations);
    for (index, path) in paths(whole) {
        if let Some(end) = endpoint_of(&path) {
            let message = format!("ends too late: end it before {end}, which the gateway adds");
            violations.field(format!("endpoints.{index}.url"), message);
        }
    }
    if row.is_some_and(|row| row.kind == dialect::Kind::Vertex) {
        vertex(whole, violations);
    }
}

/// The endpoint that a URL ends with that was copied as a whole.
fn endpoint_of(path: &str) -> Option<&str> {
    let is_converse = |it: &&str| matches!(*it, "/converse" | "/converse-stream");
    let converse = path.rfind('/').map(|at| &path[at..]).filter(is_converse);
    let known = dialect::endpoint(path).filter(|it| !it.endpoint.is_shared()).map(|it| it.suffix);
    known.or(converse)
}

/// Vertex is asked for a project at a location; only API keys, which say their project themselves, need neither.
fn vertex(whole: &Map<String, Value>, violations: &mut Violations) {
    for (index, path) in paths(whole) {
        let is_keys = matches!(path.as_str(), "" | "/v1" | "/v1beta1");
        let is_projects = path.contains("/projects/") && path.contains("/locations/");
        if !is_keys && !is_projects {
            let form = dialect::Kind::Vertex.row().base_url_form.unwrap_or_default();
            violations.field(format!("endpoints.{index}.url"), format!("expected {form}"));
        }
    }
}

/// The paths of the endpoints that say theirs, by their place from 1.
fn paths(whole: &Map<String, Value>) -> Vec<(usize, String)> {
    let endpoints = whole.get("endpoints").and_then(Value::as_array).into_iter().flatten();
    let path = |it: &Value| it["url"].as_str().and_then(|it| address::base_url(it).ok()).map(|it| it.path);
    endpoints.enumerate().filter_map(|(index, it)| Some((index + 1, path(it)?))).collect()
}

/// Azure's version belongs to its deployments, and which of them is asked is the model's to say.
fn azure(whole: &Map<String, Value>, kind: Option<dialect::Kind>, violations: &mut Violations) {
    let is_dated = is_set(whole, "api_version");
    if kind != Some(dialect::Kind::AzureOpenAi) {
        if is_dated && kind.is_some() {
            violations.field("api_version", "is Azure's: only providers of the kind azure-openai have one");
        }
        return;
    }
    for (index, path) in paths(whole) {
        let message = match path.split_once("/deployments") {
            Some((_, rest)) if !rest.is_empty() => {
                "ends too late: end it at the resource (https://RESOURCE.openai.azure.com); the deployment's name is the \
                 model"
            }
            Some(_) if !is_dated => {
                "is that of the deployments, which have a version: set api_version (2024-10-21)"
            }
            _ => continue,
        };
        violations.field(format!("endpoints.{index}.url"), message);
    }
}

/// Amazon's requests are signed for a region, which the URL says or somebody must.
fn regions(whole: &Map<String, Value>, signs: bool, violations: &mut Violations) {
    for (index, endpoint) in
        whole.get("endpoints").and_then(Value::as_array).into_iter().flatten().enumerate()
    {
        let Value::Object(endpoint) = endpoint else { continue };
        let url = text(endpoint, "url").and_then(|it| address::base_url(it).ok());
        let of_url = url.as_ref().and_then(|it| amazon::region_of(&it.host));
        let message = match (text(endpoint, "region"), of_url) {
            (Some(_), _) if !signs => "only requests to bedrock are signed for a region".to_owned(),
            (Some(said), Some(of_url)) if said != of_url => format!("the URL says {of_url}"),
            // Of a reference to a URL nothing is known yet.
            (None, None) if signs && url.is_some() => {
                "the URL does not say Amazon's region: name it, such as eu-central-1".to_owned()
            }
            _ => continue,
        };
        violations.field(format!("endpoints.{}.region", index + 1), message);
    }
}

/// A credential is found within the provider; one that is new has none yet.
fn default_credential(
    subject: &Subject<'_>,
    fields: &mut Map<String, Value>,
    path: &str,
    violations: &mut Violations,
) {
    let Some(Value::String(name)) = fields.get("default_credential") else {
        return;
    };
    let own = subject.id.and_then(|id| subject.document.child(Kind::Credential, id, name)).map(|row| row.id);
    match own {
        Some(id) => drop(fields.insert("default_credential".to_owned(), reference(id))),
        None => violations.dangling(path, Kind::Credential, name),
    }
}

//! Providers: a place to be found at, and default credentials of their own.

use dialect::Auth;
use serde_json::{Map, Value};

use super::{Subject, reference, text};
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
        let such_as = if signs { ", such as https://bedrock-runtime.eu-central-1.amazonaws.com" } else { "" };
        let message = format!("this kind has no place of its own: name at least one endpoint{such_as}");
        violations.field("endpoints", message);
    }
    regions(whole, signs, violations);
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

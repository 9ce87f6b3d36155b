//! Targets: one place, one turn, and a credential that fits.

use serde_json::{Map, Value};

use super::{Subject, is_set, reference, referred, text};
use crate::{Entity, Kind, Violations, address, derived, entity::ModelLocation};

pub(super) fn prepare(_subject: &Subject<'_>, given: &mut Map<String, Value>, violations: &mut Violations) {
    if let Some(canonical) = text(given, "target").and_then(address::canonical) {
        given.insert("target".to_owned(), canonical.into());
    }
    turn(given, violations);
}

/// A backup has no tier; what has a tier is no backup. Saying one of them unsays the other.
fn turn(given: &mut Map<String, Value>, violations: &mut Violations) {
    let backup = given.get("backup").and_then(Value::as_bool);
    match (is_set(given, "tier"), backup) {
        (true, Some(true)) => {
            violations.entity("a backup has no tier of its own: set one of tier and backup");
        }
        (_, Some(true)) => drop(given.insert("tier".to_owned(), Value::Null)),
        (true, None) => drop(given.insert("backup".to_owned(), false.into())),
        _ => {}
    }
}

pub(super) fn finish(subject: &Subject<'_>, whole: &mut Map<String, Value>, violations: &mut Violations) {
    // A tier of null is a backup's alone.
    let backup = whole.get("backup") == Some(&Value::Bool(true));
    if !backup && !is_set(whole, "tier") {
        whole.insert("tier".to_owned(), 0.into());
    }
    match (is_set(whole, "target"), is_set(whole, "provider")) {
        (true, true) => {
            violations
                .entity("a target is either a raw host or a provider's: set one of target and provider");
        }
        (false, false) => violations.entity("where is it? set one of target (host:port) and provider"),
        (true, false) => raw_host(whole, violations),
        (false, true) => of_provider(subject, whole, violations),
    }
    located(whole, violations);
    credential(subject, whole, violations);
}

/// A model has to fit the place where it is told.
fn located(whole: &Map<String, Value>, violations: &mut Violations) {
    let location = text(whole, "model_location").and_then(|it| ModelLocation::parse(it).ok());
    let named = text(whole, "model").filter(|it| *it != derived::DEFAULT_MODEL);
    if let (Some(location), Some(model)) = (location, named)
        && let Some(why) = location.refuses(model)
    {
        violations.field("model", format!("does not fit model_location: {why}"));
    }
}

fn raw_host(whole: &Map<String, Value>, violations: &mut Violations) {
    if text(whole, "model") == Some("@default") {
        violations.field("model", "@default needs a provider: a raw host has no default model");
    }
    if is_set(whole, "endpoint") {
        violations.field("endpoint", "needs a provider: a raw host is its own endpoint");
    }
    if text(whole, "credential") == Some("*") {
        violations.field(
            "credential",
            "* needs a provider: name one credential, or none to pass the client's through",
        );
    }
}

fn of_provider(subject: &Subject<'_>, whole: &Map<String, Value>, violations: &mut Violations) {
    if is_set(whole, "scheme") {
        violations.field("scheme", "is a raw host's: the provider's endpoint says how it is spoken to");
    }
    let provider = referred(whole, "provider").and_then(|id| subject.document.by_id(Kind::Provider, id));
    let Some(Entity::Provider(provider)) = provider.as_deref().map(|row| &*row.entity) else {
        return;
    };
    let location = text(whole, "model_location").unwrap_or_default();
    if provider.api_version.is_some() && location.contains(':') {
        let message =
            "the provider's api_version asks deployments, which stand in the path: leave it at body";
        violations.field("model_location", message);
    }
    if provider.kind == dialect::Kind::Vertex.row().name && location != "body" {
        let message = "Vertex is told the model as its publisher wants it: leave it at body";
        violations.field("model_location", message);
    }
    if let Some(name) = text(whole, "endpoint")
        && provider.endpoints.iter().all(|endpoint| endpoint.name != name)
    {
        let known: Vec<&str> = provider.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        violations
            .field("endpoint", format!("the provider has no endpoint '{name}', but: {}", known.join(", ")));
    }
}

/// A credential is found within the target's provider; for a raw host by id, as `provider/name`, or by a name that only
/// one provider has.
fn credential(subject: &Subject<'_>, whole: &mut Map<String, Value>, violations: &mut Violations) {
    let document = subject.document;
    let provider = referred(whole, "provider");
    let found = match whole.get("credential") {
        Some(Value::String(text)) if text != "*" => {
            let text = text.clone();
            let found = match provider {
                Some(provider) => document.child(Kind::Credential, provider, &text),
                None => document.credential_anywhere(&text),
            };
            let Some(found) = found else {
                return violations.dangling("credential", Kind::Credential, &text);
            };
            whole.insert("credential".to_owned(), reference(found.id));
            found
        }
        Some(Value::Object(_)) => {
            match referred(whole, "credential").and_then(|id| document.by_id(Kind::Credential, id)) {
                Some(found) => found,
                None => return,
            }
        }
        _ => return,
    };
    if provider.is_some() && found.parent != provider {
        violations.field("credential", "belongs to another provider");
    }
}

//! Upstreams: hashing, `suspend_duration`, reserved names, and the built-in `default`.

use serde_json::{Map, Value};

use super::{Subject, is_set, text};
use crate::{Violations, derived, schema::SUSPENSION_CLASSES};

/// Names that mean something else at the beginning of a path or as a model.
const RESERVED: [&str; 8] = ["default", "v1", "v1beta", "openai", "anthropic", "health", "metrics", "ui"];

pub(super) fn prepare(subject: &Subject<'_>, given: &mut Map<String, Value>, violations: &mut Violations) {
    if text(given, "algorithm") == Some("weighted-round-robin") {
        given.insert("algorithm".to_owned(), "round-robin".into());
    }
    hashing(subject, given, violations);
    suspending(given, violations);
}

/// Saying what to hash on means hashing; naming another algorithm means not hashing any more; saying both is a mistake.
fn hashing(subject: &Subject<'_>, given: &mut Map<String, Value>, violations: &mut Violations) {
    const HASHING: &str = "consistent-hashing";
    if text(given, "hash_on") == Some("none") {
        given.entry("hash_fallback").or_insert_with(|| "none".into());
    }
    let hash_on = text(given, "hash_on").filter(|it| *it != "none").map(str::to_owned);
    let algorithm = text(given, "algorithm").map(str::to_owned);
    match (hash_on, algorithm) {
        (Some(_), None) => drop(given.insert("algorithm".to_owned(), HASHING.into())),
        (Some(hash_on), Some(algorithm)) if algorithm != HASHING => violations.entity(format!(
            "hash_on '{hash_on}' means algorithm {HASHING}, but algorithm is '{algorithm}': set one of them"
        )),
        (None, Some(algorithm)) if algorithm != HASHING => {
            let hashed = subject.base.and_then(|base| text(base, "hash_on")).is_some_and(|it| it != "none");
            if hashed {
                given.insert("hash_on".to_owned(), "none".into());
                given.entry("hash_fallback").or_insert_with(|| "none".into());
            }
        }
        _ => {}
    }
}

/// `suspend_duration` writes every class but quota.
fn suspending(given: &mut Map<String, Value>, violations: &mut Violations) {
    let Some(duration) = given.remove("suspend_duration") else {
        return;
    };
    if let Some(suspension) = given.get("suspension").filter(|it| !it.is_null()) {
        // What was read may be written back as it is.
        let same = suspension.as_object().is_some_and(|it| suspend_duration(it) == Some(&duration));
        if !same {
            violations.entity("suspend_duration writes every class of suspension: set one of them");
        }
        return;
    }
    let classes = SUSPENSION_CLASSES.map(|class| (class.to_owned(), duration.clone()));
    let written: Map<String, Value> = classes.into_iter().collect();
    given.insert("suspension".to_owned(), Value::Object(written));
}

/// The one duration of every class, while they are all equal.
pub(crate) fn suspend_duration(suspension: &Map<String, Value>) -> Option<&Value> {
    let first = suspension.get(SUSPENSION_CLASSES[0])?;
    SUSPENSION_CLASSES.iter().all(|class| suspension.get(*class) == Some(first)).then_some(first)
}

pub(super) fn finish(subject: &Subject<'_>, whole: &mut Map<String, Value>, violations: &mut Violations) {
    if subject.id == Some(derived::default_id()) {
        nothing_derived_changed(subject, whole, violations);
        return;
    }
    if let Some(name) = text(whole, "name").filter(|it| RESERVED.contains(it)) {
        violations.field("name", format!("'{name}' is reserved: {}", RESERVED.join(", ")));
    }
    let own = subject.base.and_then(|base| text(base, "name"));
    if let Some(name) = text(whole, "name").filter(|it| it.contains('/') && Some(*it) != own) {
        let message = format!(
            "'{name}' is no name of an upstream, but of a pool: PUT /providers/{{provider}}/models/{{model}}/load-balancing makes one"
        );
        violations.field("name", message);
    }
    if whole.get("match_unknown_models") == Some(&Value::Bool(true)) {
        violations.field("match_unknown_models", "only the built-in upstream 'default' has this");
    }
    hash_names(whole, violations);
}

fn hash_names(whole: &Map<String, Value>, violations: &mut Violations) {
    let hash_on = text(whole, "hash_on").unwrap_or_default();
    let fallback = text(whole, "hash_fallback").unwrap_or_default();
    let mut need = |cause: &str, of: &str, name: &str| {
        if !is_set(whole, name) {
            violations.field(name, format!("required while {of} is {cause}"));
        }
    };
    match hash_on {
        "header" | "query_arg" => need(hash_on, "hash_on", &format!("hash_on_{hash_on}")),
        "cookie" => need(hash_on, "hash_on", "hash_on_cookie"),
        _ => {}
    }
    match fallback {
        "header" | "query_arg" => need(fallback, "hash_fallback", &format!("hash_fallback_{fallback}")),
        "cookie" => need(fallback, "hash_fallback", "hash_on_cookie"),
        _ => {}
    }
    if fallback != "none" && hash_on == "none" {
        violations.field("hash_fallback", "needs hash_on: there is nothing to fall back from");
    }
    if fallback != "none" && hash_on == "cookie" {
        violations
            .field("hash_fallback", "hash_on cookie always gives a key: there is nothing to fall back from");
    }
    let same_name =
        |kind: &str| whole.get(&format!("hash_on_{kind}")) == whole.get(&format!("hash_fallback_{kind}"));
    let same_source = match fallback {
        "header" | "query_arg" => same_name(fallback),
        _ => true,
    };
    if fallback != "none" && fallback == hash_on && hash_on != "cookie" && same_source {
        violations.field("hash_fallback", "is the same as hash_on");
    }
}

/// Who serves in `default`, in which order and where, follows from the providers. How patient it is with them is the
/// operator's to say, and holds for every upstream that is derived with it.
fn nothing_derived_changed(subject: &Subject<'_>, whole: &Map<String, Value>, violations: &mut Violations) {
    const SETTINGS: [&str; 10] = [
        "enabled",
        "match_unknown_models",
        "healthchecks",
        "retries",
        "timeouts",
        "suspension",
        "affinity",
        "response_buffer_bytes",
        "lossy",
        "tags",
    ];
    let Some(base) = subject.base else { return };
    for (name, value) in whole {
        if !SETTINGS.contains(&name.as_str()) && base.get(name) != Some(value) {
            let own = SETTINGS.join(", ");
            let message =
                format!("follows from the providers in the built-in upstream; what changes there: {own}");
            violations.field(name.as_str(), message);
        }
    }
}

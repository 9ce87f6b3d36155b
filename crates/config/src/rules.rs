//! What several fields of an entity must mean together, beyond what the table of fields says.
//!
//! [`prepare`] looks at a body as it was written (who says `hash_on` means consistent hashing), [`finish`] at the whole
//! entity that would come of it (a header's hash needs the header's name).

mod credential;
mod provider;
mod route;
mod target;
mod upstream;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Document, Kind, Violations};

pub(crate) use route::{claims, matcher_fields};
pub(crate) use upstream::suspend_duration;

/// The entity that a body is about to change or make.
pub(crate) struct Subject<'a> {
    /// Everything else.
    pub(crate) document: &'a Document,
    /// Its identity, where it has one already.
    pub(crate) id: Option<Uuid>,
    /// What it is now.
    pub(crate) base: Option<&'a Map<String, Value>>,
}

/// Completes and corrects a checked body by what its own fields imply.
pub(crate) fn prepare(
    kind: Kind,
    subject: &Subject<'_>,
    given: &mut Map<String, Value>,
    violations: &mut Violations,
) {
    match kind {
        Kind::Upstream => upstream::prepare(subject, given, violations),
        Kind::Target => target::prepare(subject, given, violations),
        Kind::Credential => credential::prepare(given, violations),
        Kind::Provider | Kind::Service | Kind::Route | Kind::Consumer | Kind::ClientKey => {}
    }
}

/// Checks the whole entity.
pub(crate) fn finish(
    kind: Kind,
    subject: &Subject<'_>,
    whole: &mut Map<String, Value>,
    violations: &mut Violations,
) {
    match kind {
        Kind::Upstream => upstream::finish(subject, whole, violations),
        Kind::Target => target::finish(subject, whole, violations),
        Kind::Route => route::finish(whole, violations),
        Kind::Provider => provider::finish(subject, whole, violations),
        Kind::Credential => credential::finish(subject, whole, violations),
        Kind::Service | Kind::Consumer | Kind::ClientKey => {}
    }
    if let Some(name) = text(whole, "name")
        && Uuid::try_parse(name).is_ok()
    {
        violations.field("name", "must not look like an id");
    }
}

/// A field that is a text.
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// A field that is there and not null.
fn is_set(fields: &Map<String, Value>, name: &str) -> bool {
    fields.get(name).is_some_and(|value| !value.is_null())
}

/// What a resolved reference points to.
fn referred(fields: &Map<String, Value>, name: &str) -> Option<Uuid> {
    fields.get(name)?.get("id")?.as_str()?.parse().ok()
}

/// A reference as it is stored.
pub(crate) fn reference(id: Uuid) -> Value {
    Value::Object(Map::from_iter([("id".to_owned(), id.to_string().into())]))
}

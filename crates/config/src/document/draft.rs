//! From a body to a whole entity: checked, at home in its parent, its references found, its gaps filled.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Document, Row, load};
use crate::{
    Kind, Refusal, Violations, address, derived, rules,
    rules::Subject,
    schema::{Field, Type, check, complete, defaults, merge, schema},
};

/// A body on its way to becoming a row.
pub(super) struct Draft<'a> {
    pub(super) kind: Kind,
    pub(super) parent: Option<&'a Row>,
    /// The row it is written over.
    pub(super) existing: Option<&'a Arc<Row>>,
    /// What the body says nothing of: the row's own fields, or the defaults.
    pub(super) keep: bool,
    /// The id it gets if there is no row yet.
    pub(super) id: Option<Uuid>,
    /// What the path calls it, where a PUT names it so: the body may repeat but not contradict it.
    pub(super) name: Option<&'a str>,
    pub(super) value: Value,
}

impl Document {
    /// The whole entity that the body makes, and the id that it or the path asks for; or everything that is wrong.
    /// `kept` is what a new one keeps besides its fields ([`Kind::kept`]); an old one goes on keeping its own.
    pub(super) fn whole(
        &self,
        draft: &Draft<'_>,
        kept: Option<Value>,
    ) -> Result<(Map<String, Value>, Option<Uuid>), Refusal> {
        let mut violations = Violations::new();
        let mut given = match &draft.value {
            Value::Object(given) => given.clone(),
            Value::Null => Map::new(),
            _ => {
                violations.entity("expected a record");
                return Err(violations.into());
            }
        };
        let id = identity(draft, &mut given, &mut violations);
        named_by_path(draft, &mut given, &mut violations);
        let fields = schema(draft.kind).fields;
        let mut given = check(fields, &given, "", &mut violations);
        self.belong(draft, &mut given, &mut violations);
        self.refer(fields, &mut given, "", &mut violations);
        let base = draft.existing.and_then(|row| row.value.as_object());
        let subject = Subject { document: self, id: draft.existing.map(|row| row.id).or(id), base };
        rules::prepare(draft.kind, &subject, &mut given, &mut violations);
        let fresh = self.fresh(draft);
        let mut whole = merge(fields, base.filter(|_| draft.keep).unwrap_or(&fresh), &given);
        complete(fields, &whole, &mut violations);
        if let Some(name) = draft.kind.kept() {
            let own = base.and_then(|it| it.get(name)).cloned();
            whole.extend(own.or(kept).map(|it| (name.to_owned(), it)));
        }
        rules::finish(draft.kind, &subject, &mut whole, &mut violations);
        match (violations.is_empty(), violations.only_dangling()) {
            (true, _) => Ok((whole, id)),
            (_, true) => Err(Refusal::ForeignKey { violations }),
            _ => Err(Refusal::Violations(violations)),
        }
    }

    /// What a body that says nothing makes.
    fn fresh(&self, draft: &Draft<'_>) -> Map<String, Value> {
        let built_in = draft.existing.is_some_and(|row| row.id == derived::default_id());
        if built_in {
            return load::built_in(0, &Map::new()).value.as_object().cloned().unwrap_or_default();
        }
        defaults(schema(draft.kind).fields)
    }

    /// Puts the parent that the path names into the body, which may repeat but not contradict it.
    fn belong(&self, draft: &Draft<'_>, given: &mut Map<String, Value>, violations: &mut Violations) {
        let Some((field, kind)) = parent_field(draft.kind) else {
            return;
        };
        let existing = draft.existing.and_then(|row| row.parent);
        let fixed =
            draft.parent.map(|row| row.id).or(if draft.kind == Kind::Route { None } else { existing });
        let Some(fixed) = fixed else { return };
        if let Some(Value::String(said)) = given.get(field)
            && self.get(kind, said).is_none_or(|row| row.id != fixed)
        {
            violations.field(field, "is another one than the path's");
        }
        given.insert(field.to_owned(), fixed.to_string().into());
    }

    /// Finds what the body refers to.
    fn refer(
        &self,
        fields: &[Field],
        given: &mut Map<String, Value>,
        path: &str,
        violations: &mut Violations,
    ) {
        for field in fields {
            let Some(value) = given.get_mut(field.name) else {
                continue;
            };
            let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
            match (field.kind, &mut *value) {
                // Credentials are found within a provider, which only the whole entity tells: see `rules`.
                (Type::Reference(Kind::Credential), _) => {}
                (Type::Reference(kind), Value::String(said)) => match self.get(kind, said) {
                    Some(row) if row.derived => {
                        violations.field(path, "follows from the providers: name the provider instead");
                    }
                    Some(row) => *value = rules::reference(row.id),
                    None => violations.dangling(path, kind, said),
                },
                (Type::List(Type::Reference(kind), _), Value::Array(all)) => {
                    self.refer_to_each(*kind, all, &path, violations);
                }
                (Type::Record(nested), Value::Object(record)) => {
                    self.refer(nested, record, &path, violations);
                }
                _ => {}
            }
        }
    }

    /// Finds each of a list. A name and an id may turn out to be the same one.
    fn refer_to_each(&self, kind: Kind, all: &mut Vec<Value>, path: &str, violations: &mut Violations) {
        let mut found: Vec<Value> = Vec::with_capacity(all.len());
        for (index, said) in all.iter().enumerate() {
            let Some(said) = said.as_str() else { continue };
            match self.get(kind, said).map(|row| rules::reference(row.id)) {
                Some(reference) if found.contains(&reference) => {}
                Some(reference) => found.push(reference),
                None => violations.dangling(format!("{path}.{}", index + 1), kind, said),
            }
        }
        *all = found;
    }
}

/// The id that a body or a path asks for. Dates are the store's own: what was read may be written back.
fn identity(draft: &Draft<'_>, given: &mut Map<String, Value>, violations: &mut Violations) -> Option<Uuid> {
    for date in ["created_at", "updated_at"] {
        if given.shift_remove(date).is_some_and(|it| !is_date(&it)) {
            violations.field(date, "expected an integer");
        }
    }
    let said = match given.shift_remove("id") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let id = value.as_str().and_then(|it| Uuid::try_parse(it).ok());
            if id.is_none() {
                violations.field("id", "expected a valid UUID");
            }
            id
        }
    };
    let fixed = draft.existing.map(|row| row.id).or(draft.id);
    if let (Some(said), Some(fixed)) = (said, fixed)
        && said != fixed
    {
        violations.field("id", "is another one than the path's");
    }
    fixed.or(said)
}

/// Unix seconds; a form says them as text.
fn is_date(value: &Value) -> bool {
    value.is_i64() || value.as_str().is_some_and(|it| it.parse::<i64>().is_ok())
}

/// Puts the name that the path says into the body.
fn named_by_path(draft: &Draft<'_>, given: &mut Map<String, Value>, violations: &mut Violations) {
    let Some(name) = draft.name else { return };
    let field = if draft.kind == Kind::Target { "target" } else { "name" };
    let same = |said: &str| match draft.kind {
        Kind::Target => address::canonical(said).is_some_and(|it| Some(it) == address::canonical(name)),
        _ => said == name,
    };
    match given.get(field) {
        None | Some(Value::Null) => drop(given.insert(field.to_owned(), name.into())),
        Some(Value::String(said)) if same(said) => {}
        Some(_) => violations.field(field, "is another one than the path's"),
    }
}

/// What goes with a resolved body: references as objects.
pub(super) fn with_ids(fields: &[Field], mut whole: Map<String, Value>) -> Map<String, Value> {
    for field in fields {
        let Some(value) = whole.get_mut(field.name) else {
            continue;
        };
        match (field.kind, &mut *value) {
            (Type::Reference(_) | Type::Credential, Value::String(id)) if id != "*" => {
                *value = json!({ "id": id });
            }
            (Type::List(Type::Reference(_), _), Value::Array(all)) => {
                for id in all.iter_mut().filter(|it| it.is_string()) {
                    *id = json!({ "id": id.take() });
                }
            }
            (Type::Record(nested), Value::Object(record)) => {
                *record = with_ids(nested, std::mem::take(record));
            }
            (Type::List(Type::Shorthand(nested) | Type::Record(nested), _), Value::Array(all)) => {
                for record in all.iter_mut().filter_map(Value::as_object_mut) {
                    *record = with_ids(nested, std::mem::take(record));
                }
            }
            _ => {}
        }
    }
    whole
}

/// Which field says whose child an entity is.
pub(super) fn parent_field(kind: Kind) -> Option<(&'static str, Kind)> {
    match kind {
        Kind::Target => Some(("upstream", Kind::Upstream)),
        Kind::Credential => Some(("provider", Kind::Provider)),
        Kind::Route => Some(("service", Kind::Service)),
        Kind::ClientKey => Some(("consumer", Kind::Consumer)),
        Kind::Provider | Kind::Upstream | Kind::Service | Kind::Consumer => None,
    }
}

//! Documents from stored rows, and rows from checked bodies.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Change, Document, Row, Stored, Table};
use crate::{
    Entity, Kind, Problem, Violations, derived,
    schema::{check, complete, defaults, merge, schema},
};

/// Rows made by nobody have the beginning of time as their date.
const BUILT_IN_AT: i64 = 0;

impl Default for Document {
    fn default() -> Self {
        let mut document = Document {
            tables: std::array::from_fn(|_| Arc::new(Table::default())),
            derived: Arc::new(OnceLock::new()),
        };
        document.put(built_in(BUILT_IN_AT, &Map::new()));
        document
    }
}

impl Document {
    /// Takes over what the store holds: fields that have been added since get their defaults. Says every row that does
    /// not fit.
    pub fn from_rows(rows: impl IntoIterator<Item = Stored>) -> Result<Document, Vec<Problem>> {
        let mut document = Document::default();
        let mut problems = Vec::new();
        for stored in rows {
            let (kind, id) = (stored.kind, stored.id);
            match load(stored) {
                Ok(row) => document.put(row),
                Err(violations) => problems.push(Problem {
                    path: format!("{}.{id}", kind.plural()),
                    message: violations.message(),
                    hint: None,
                    line: None,
                }),
            }
        }
        if problems.is_empty() { Ok(document) } else { Err(problems) }
    }

    /// The document with changes that are already decided (an import) carried out.
    pub fn with(&self, changes: &[Change]) -> Document {
        let mut document = self.clone();
        for change in changes {
            match change {
                Change::Put(row) => document.put(Arc::clone(row)),
                Change::Delete(kind, id) => document.remove(*kind, *id),
            }
        }
        document
    }
}

/// The built-in upstream, as it is or as it was switched.
pub(super) fn built_in(created_at: i64, switches: &Map<String, Value>) -> Arc<Row> {
    let fields = schema(Kind::Upstream).fields;
    let mut whole = defaults(fields);
    whole.insert("name".to_owned(), derived::DEFAULT.into());
    whole.insert("algorithm".to_owned(), "priority".into());
    let whole = merge(fields, &whole, switches);
    let row = row(Kind::Upstream, derived::default_id(), created_at, created_at, whole);
    Arc::new(row.expect("the table's own defaults fit the type"))
}

fn load(stored: Stored) -> Result<Arc<Row>, Violations> {
    let mut violations = Violations::new();
    let Value::Object(mut given) = stored.value else {
        violations.entity("is not a record");
        return Err(violations);
    };
    for name in ["id", "created_at", "updated_at"] {
        given.shift_remove(name);
    }
    let kept = stored.kind.kept().and_then(|name| given.shift_remove_entry(name));
    let fields = schema(stored.kind).fields;
    let checked = check(fields, &given, "", &mut violations);
    // What was stored has its references resolved already; checking has flattened them to their ids.
    let whole = merge(fields, &defaults(fields), &checked);
    complete(fields, &whole, &mut violations);
    if !violations.is_empty() {
        return Err(violations);
    }
    let mut whole = super::draft::with_ids(fields, whole);
    whole.extend(kept);
    row(stored.kind, stored.id, stored.created_at, stored.updated_at, whole).map(Arc::new)
}

/// The row with fields of its changed by something else than a body of its own.
pub(super) fn changed(
    row: &Row,
    now: i64,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<Arc<Row>, Violations> {
    let mut whole = row.value.as_object().cloned().unwrap_or_default();
    for name in ["id", "created_at", "updated_at"] {
        whole.shift_remove(name);
    }
    change(&mut whole);
    self::row(row.kind, row.id, row.created_at, now, whole).map(Arc::new)
}

/// A row of a whole, checked entity.
pub(crate) fn row(
    kind: Kind,
    id: Uuid,
    created_at: i64,
    updated_at: i64,
    whole: Map<String, Value>,
) -> Result<Row, Violations> {
    let mut value = Map::with_capacity(whole.len() + 3);
    value.insert("id".to_owned(), id.to_string().into());
    value.insert("created_at".to_owned(), created_at.into());
    value.insert("updated_at".to_owned(), updated_at.into());
    value.extend(whole);
    let value = Value::Object(value);
    let entity = Entity::read(kind, &value).map_err(|message| {
        let mut violations = Violations::new();
        violations.entity(message);
        violations
    })?;
    let parent = match &entity {
        Entity::Target(target) => Some(target.upstream.id),
        Entity::Credential(credential) => Some(credential.provider.id),
        Entity::Route(route) => route.service.map(|service| service.id),
        Entity::ClientKey(key) => Some(key.consumer.id),
        Entity::Provider(_) | Entity::Upstream(_) | Entity::Service(_) | Entity::Consumer(_) => None,
    };
    Ok(Row {
        kind,
        id,
        parent,
        created_at,
        updated_at,
        value: Arc::new(value),
        entity: Arc::new(entity),
        derived: false,
    })
}

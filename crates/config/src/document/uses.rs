//! What an edit must leave alone: names and matchers that are taken, and rows that something refers to.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Document, Row, draft::parent_field};
use crate::{Entity, Kind, Refusal, rules};

impl Document {
    /// Refuses a name that another row has, and a route that matches what another one matches.
    pub(super) fn unique(
        &self,
        kind: Kind,
        own: Option<Uuid>,
        whole: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        let key = if kind == Kind::Target { "target" } else { "name" };
        if let Some(name) = whole.get(key).and_then(Value::as_str) {
            let scope = parent_field(kind).filter(|_| kind != Kind::Route);
            let scope = scope.and_then(|(field, _)| whole.get(field)?.get("id")?.as_str()?.parse().ok());
            let other = self.table(kind).named(scope, name).filter(|row| Some(row.id) != own);
            if other.is_some() {
                return Err(Refusal::Unique { fields: json!({ key: name }) });
            }
        }
        if kind != Kind::Route {
            return Ok(());
        }
        let Ok(Entity::Route(route)) = Entity::read(kind, &Value::Object(whole.clone())) else {
            return Ok(());
        };
        let twin = self.rows(Kind::Route).find(|row| {
            Some(row.id) != own
                && matches!(&*row.entity, Entity::Route(other) if rules::claims(&route, other))
        });
        match twin {
            Some(_) => {
                let fields = rules::matcher_fields().map(|name| (name.to_owned(), whole[name].clone()));
                Err(Refusal::Unique { fields: Value::Object(fields.into_iter().collect()) })
            }
            None => Ok(()),
        }
    }

    /// The rows that refer to a row, children that go with it aside.
    pub(super) fn users(&self, row: &Row) -> Vec<&Arc<Row>> {
        let id = row.id.to_string();
        let others = Kind::ALL.into_iter().flat_map(|kind| self.rows(kind));
        others.filter(|it| it.id != row.id && !goes_along(row, it) && refers(&it.value, &id)).collect()
    }
}

/// Whether a row goes when the one it belongs to does: an upstream's targets, a provider's credentials, a consumer's keys.
pub(super) fn goes_along(row: &Row, other: &Row) -> bool {
    let is_child = matches!(
        (row.kind, other.kind),
        (Kind::Upstream, Kind::Target)
            | (Kind::Provider, Kind::Credential)
            | (Kind::Consumer, Kind::ClientKey)
    );
    is_child && other.parent == Some(row.id)
}

/// Whether a value holds a reference to that id.
fn refers(value: &Value, id: &str) -> bool {
    let is_it = |value: &Value| value.get("id").and_then(Value::as_str) == Some(id);
    match value {
        // A row's own id is its first field; a reference is an object of its own.
        Value::Object(fields) => fields.values().any(|value| match value {
            Value::Object(_) => is_it(value) || refers(value, id),
            Value::Array(all) => all.iter().any(|it| is_it(it) || refers(it, id)),
            _ => false,
        }),
        _ => false,
    }
}

//! What an edit must leave alone: names and matchers that are taken, and rows that something refers to.

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

    /// Who refers to a row, children that go with it aside.
    pub(super) fn users(&self, row: &Row) -> Vec<String> {
        let mut users = Vec::new();
        for kind in Kind::ALL {
            for other in self.rows(kind) {
                let goes_along = row.kind == Kind::Upstream && kind == Kind::Target;
                if !goes_along && other.id != row.id && refers(&other.value, &row.id.to_string()) {
                    users.push(format!("{} {}", kind.name(), other.label()));
                }
            }
        }
        users
    }
}

/// Whether a value holds a reference to that id.
fn refers(value: &Value, id: &str) -> bool {
    match value {
        // A row's own id is its first field; a reference is an object of its own.
        Value::Object(fields) => fields.values().any(|value| match value {
            Value::Object(inner) => inner.get("id").and_then(Value::as_str) == Some(id) || refers(value, id),
            _ => false,
        }),
        _ => false,
    }
}

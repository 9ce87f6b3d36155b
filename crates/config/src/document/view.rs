//! Rows as the Admin API reads them back.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Document, Row};
use crate::{
    Entity, Kind, derived, rules,
    schema::{Field, Type, schema},
    secret::Written,
};

impl Document {
    /// A row as the Admin API reads it back: every field, references as `{"id","name"}`, secrets as masks,
    /// `suspend_duration` while every class is the same.
    pub fn view(&self, row: &Row) -> Value {
        let mut value = (*row.value).clone();
        let Value::Object(fields) = &mut value else {
            return value;
        };
        self.name_references(schema(row.kind).fields, fields);
        if let Some(kept) = row.kind.kept() {
            fields.shift_remove(kept);
        }
        match row.kind {
            Kind::Upstream => upstream(row, fields),
            Kind::Credential => credential(fields),
            _ => {}
        }
        value
    }

    /// The credential of targets of that provider that name none.
    pub fn default_credential(&self, provider: Uuid) -> Option<Uuid> {
        let row = self.by_id(Kind::Provider, provider)?;
        match &*row.entity {
            Entity::Provider(it) => derived::default_credential(it, &derived::credentials(self, provider)),
            _ => None,
        }
    }

    /// What `@default` stands for with that provider.
    pub fn default_model(&self, provider: Uuid) -> Option<String> {
        let row = self.by_id(Kind::Provider, provider)?;
        match &*row.entity {
            Entity::Provider(it) => derived::default_model(it).map(str::to_owned),
            _ => None,
        }
    }

    fn name_references(&self, table: &[Field], fields: &mut Map<String, Value>) {
        for field in table {
            let Some(value) = fields.get_mut(field.name) else {
                continue;
            };
            match (&field.kind, value) {
                (Type::Reference(kind), Value::Object(reference)) => self.name_reference(*kind, reference),
                (Type::Credential, Value::Object(reference)) => {
                    self.name_reference(Kind::Credential, reference);
                }
                (Type::List(Type::Reference(kind), _), Value::Array(all)) => {
                    all.iter_mut()
                        .filter_map(Value::as_object_mut)
                        .for_each(|it| self.name_reference(*kind, it));
                }
                (Type::Record(nested), Value::Object(record)) => self.name_references(nested, record),
                (Type::List(Type::Shorthand(nested) | Type::Record(nested), _), Value::Array(all)) => {
                    for record in all.iter_mut().filter_map(Value::as_object_mut) {
                        self.name_references(nested, record);
                    }
                }
                _ => {}
            }
        }
    }

    fn name_reference(&self, kind: Kind, reference: &mut Map<String, Value>) {
        let id = reference.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let name = id.and_then(|id| self.by_id(kind, id)).and_then(|row| row.name().map(str::to_owned));
        reference.insert("name".to_owned(), name.into());
    }
}

/// A secret is never shown.
fn credential(fields: &mut Map<String, Value>) {
    if let Some(secret) = fields.get_mut("secret") {
        *secret = secret.as_str().map(|it| Written::shown(it).to_owned()).into();
    }
}

fn upstream(row: &Row, fields: &mut Map<String, Value>) {
    if row.id != derived::default_id() {
        fields.shift_remove("match_unknown_models");
    }
    let duration =
        fields.get("suspension").and_then(Value::as_object).and_then(rules::suspend_duration).cloned();
    if let Some(duration) = duration {
        let after = fields.keys().position(|name| name == "suspension").map_or(fields.len(), |at| at + 1);
        fields.shift_insert(after, "suspend_duration".to_owned(), duration);
    }
}

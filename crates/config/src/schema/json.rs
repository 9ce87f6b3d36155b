//! The tables as JSON Schema (2020-12).

use serde_json::{Map, Value, json};

use super::{Field, Literal, Schema, Type};
use crate::Kind;

impl Schema {
    /// As a JSON Schema: what is read back, and what may be written.
    pub fn json_schema(&self) -> Value {
        let mut properties = Map::new();
        let instant = "Unix seconds.";
        properties.insert(
            "id".to_owned(),
            json!({ "type": "string", "format": "uuid", "description": "Identity, for ever." }),
        );
        for name in ["created_at", "updated_at"] {
            properties.insert(
                name.to_owned(),
                json!({ "type": "integer", "readOnly": true, "description": instant }),
            );
        }
        properties.extend(self.fields.iter().map(|field| (field.name.to_owned(), property(field))));
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.kind.name(),
            "description": self.doc,
            "type": "object",
            "properties": properties,
            "required": self.required(),
            "additionalProperties": false,
        })
    }

    /// What a new entity must say; what the path says is no part of it.
    pub(crate) fn required(&self) -> Vec<&'static str> {
        let by_path = |name: &str| {
            matches!(
                (self.kind, name),
                (Kind::Target, "upstream") | (Kind::Credential, "provider") | (Kind::ClientKey, "consumer")
            )
        };
        required(self.fields).into_iter().filter(|name| !by_path(name)).collect()
    }
}

fn required(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().filter(|it| matches!(it.default, Literal::Required)).map(|it| it.name).collect()
}

fn property(field: &Field) -> Value {
    let mut schema = of_type(&field.kind);
    if field.nullable {
        schema = or_null(schema);
    }
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), field.doc.into());
        match field.default_value() {
            Some(default) if !field.input_only && !matches!(field.kind, Type::Record(_)) => {
                schema.insert("default".to_owned(), default);
            }
            _ => {}
        }
    }
    schema
}

fn or_null(mut schema: Value) -> Value {
    match schema.get("type") {
        Some(Value::String(one)) if schema.get("enum").is_none() => {
            schema["type"] = json!([one, "null"]);
            schema
        }
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

fn of_type(kind: &Type) -> Value {
    match kind {
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Type::Number(min, max) => json!({ "type": "number", "minimum": min, "maximum": max }),
        Type::NumberOr(word, min, max) => json!({
            "anyOf": [{ "type": "number", "minimum": min, "maximum": max }, { "type": "string", "const": word }]
        }),
        Type::Text(shape) => {
            let mut schema = json!({ "type": "string", "maxLength": shape.max });
            match shape.pattern {
                Some(pattern) => schema["pattern"] = pattern.into(),
                None => schema["minLength"] = 1.into(),
            }
            schema
        }
        Type::Choice(words) => json!({ "type": "string", "enum": words }),
        Type::List(of, max) => json!({ "type": "array", "items": of_type(of), "maxItems": max }),
        Type::Headers => json!({
            "type": "object",
            "additionalProperties": {
                "anyOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }]
            }
        }),
        Type::Record(fields) => record(fields),
        Type::Shorthand(fields) => json!({ "anyOf": [record(fields), of_type(&fields[0].kind)] }),
        Type::Reference(kind) => reference(kind.name()),
        Type::Credential => json!({ "anyOf": [{ "type": "string", "const": "*" }, reference("credential")] }),
    }
}

fn record(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|it| (it.name.to_owned(), property(it))).collect();
    json!({ "type": "object", "properties": properties, "required": required(fields), "additionalProperties": false })
}

fn reference(what: &str) -> Value {
    json!({
        "description": format!("A {what}: its name, its id, or an object with one of them."),
        "anyOf": [
            { "type": "string", "minLength": 1 },
            {
                "type": "object",
                "properties": { "id": { "type": "string", "format": "uuid" }, "name": { "type": ["string", "null"] } }
            }
        ]
    })
}

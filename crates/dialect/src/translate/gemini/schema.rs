//! Google's first form of a schema, a dialect of OpenAPI's, as JSON Schema.

use serde_json::{Map, Value, json};

/// Types in small letters, `nullable` as a type; the order of properties is of no matter to anybody else.
pub(super) fn from_openapi(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let is_nullable = fields.get("nullable") == Some(&Value::Bool(true));
    let mut schema = Map::new();
    for (name, value) in fields {
        let value = match name.as_str() {
            "nullable" | "propertyOrdering" | "property_ordering" => continue,
            "type" => kind(value, is_nullable),
            "properties" => match value {
                Value::Object(each) => each.into_iter().map(|(name, it)| (name, from_openapi(it))).collect(),
                other => other,
            },
            "items" => from_openapi(value),
            "anyOf" | "any_of" => match value {
                Value::Array(each) => each.into_iter().map(from_openapi).collect(),
                other => other,
            },
            _ => value,
        };
        schema.insert(if name == "any_of" { "anyOf".to_owned() } else { name }, value);
    }
    Value::Object(schema)
}

fn kind(value: Value, is_nullable: bool) -> Value {
    match value {
        Value::String(name) if is_nullable => json!([name.to_ascii_lowercase(), "null"]),
        Value::String(name) => name.to_ascii_lowercase().into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_small_and_null_is_one_of_them() {
        let google = json!({
            "type": "OBJECT",
            "properties": { "type": { "type": "STRING", "nullable": true }, "n": { "type": "ARRAY", "items": { "type": "INTEGER" } } },
            "propertyOrdering": ["type", "n"],
            "required": ["n"],
        });
        let schema = json!({
            "type": "object",
            "properties": { "type": { "type": ["string", "null"] }, "n": { "type": "array", "items": { "type": "integer" } } },
            "required": ["n"],
        });
        assert_eq!(from_openapi(google), schema);
    }
}

//! The OpenAPI document of the Admin API: entities from the tables of fields, the other paths from a list.

mod entities;
mod others;
mod watching;

use serde_json::{Map, Value, json};

use crate::{Kind, schema::schema};

/// The whole document (3.1).
pub fn openapi(version: &str) -> Value {
    let mut paths = Map::new();
    entities::add(&mut paths);
    others::add(&mut paths);
    watching::add(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Spillway Admin API",
            "version": version,
            "description": "Configures and observes the load balancer. Bodies are JSON, forms or multipart forms.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": responses(),
            "parameters": parameters(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } }
        },
        // Without an admin token nobody is asked for one.
        "security": [{}, { "token": [] }]
    })
}

/// Three forms of each entity: as it is read, written whole, and patched.
fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    for kind in Kind::ALL {
        let mut whole = schema(kind).json_schema();
        remove(&mut whole, "$schema");
        let mut read = whole.clone();
        remove(&mut read, "required");
        read["additionalProperties"] = true.into();
        let mut patch = whole.clone();
        remove(&mut patch, "required");
        if let Some(Value::Object(properties)) = patch.get_mut("properties") {
            // Null resets what can not be null.
            for (name, property) in
                properties.iter_mut().filter(|(name, _)| !["id", "name"].contains(&name.as_str()))
            {
                if !name.ends_with("_at") {
                    *property = json!({ "anyOf": [property.take(), { "type": "null" }] });
                }
            }
        }
        let name = kind.name();
        schemas.insert(name.to_owned(), read);
        schemas.insert(format!("{name}_new"), whole);
        schemas.insert(format!("{name}_patch"), patch);
        schemas.insert(format!("{name}_list"), list_of(name));
    }
    schemas.insert("error".to_owned(), error_schema());
    schemas.insert("order".to_owned(), others::order_schema());
    watching::schemas(&mut schemas);
    schemas.insert("load_balancing".to_owned(), others::load_balancing_schema());
    schemas
}

fn list_of(name: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": { "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } },
            "next": { "type": ["string", "null"], "description": "Path of the next page." },
            "offset": { "type": ["string", "null"], "description": "Its token." }
        }
    })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["message"],
        "properties": {
            "code": { "type": "integer", "description": "2 schema, 3 primary key, 4 foreign key, 5 unique constraint, 7 offset, 9 size." },
            "name": { "type": "string" },
            "message": { "type": "string", "description": "Every violation in one line." },
            "fields": { "type": "object", "description": "Messages nested as the body is; @entity for fields taken together." }
        }
    })
}

fn responses() -> Value {
    let error = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/error" } } }
        })
    };
    json!({
        "invalid": error("The request is not what the schema asks for; every violation is named."),
        "unauthorized": error("The admin token is missing or wrong."),
        "not_found": error("There is no such entity."),
        "not_allowed": error("Not with this method: see Allow."),
        "conflict": error("The name, the id or the matchers are taken, or something still uses it."),
        "precondition": error("If-Match or If-None-Match does not hold."),
        "too_large": error("The body is too large."),
        "too_few": error("Fewer distinct enabled credentials would be left than there must be."),
        "media_type": error("Bodies are JSON, forms or multipart forms.")
    })
}

fn parameters() -> Value {
    let query = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "schema": { "type": "string" }, "description": description });
    json!({
        "size": query("size", json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 }), "Rows of a page."),
        "offset": query("offset", json!({ "type": "string", "minLength": 1 }), "Token of the page, from the one before."),
        "tags": query("tags", json!({ "type": "string" }), "`a,b` has both, `a/b` has either."),
        "force": query("force", json!({ "type": "boolean", "default": false }), "Also what uses it: its users let go of it or are deleted with it, and x-spillway-warning names them."),
        "dry_run": query("dry_run", json!({ "type": "boolean", "default": false }), "Only says what would be stored."),
        "if_match": header("If-Match", "Only if the entity still has this ETag."),
        "if_none_match": header("If-None-Match", "`*`: only if there is none yet.")
    })
}

/// An operation: what it does, what it takes from the path and the query, and its answers.
struct Operation<'a> {
    id: String,
    tag: &'a str,
    summary: String,
    /// Names of shared parameters.
    parameters: &'a [&'a str],
    /// Name of the body's schema.
    body: Option<String>,
    /// Status and answer.
    answers: Vec<(u16, Value)>,
    /// Names of shared responses, by status.
    errors: &'a [(u16, &'a str)],
}

impl Operation<'_> {
    fn value(self) -> Value {
        let mut responses: Map<String, Value> =
            self.answers.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect();
        let unauthorized = [(401, "unauthorized")];
        for (status, name) in self.errors.iter().chain(&unauthorized) {
            responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
        let parameters =
            self.parameters.iter().map(|it| json!({ "$ref": format!("#/components/parameters/{it}") }));
        let mut value = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "parameters": parameters.collect::<Vec<_>>(),
            "responses": responses
        });
        if let Some(body) = self.body {
            let schema = json!({ "schema": { "$ref": format!("#/components/schemas/{body}") } });
            value["requestBody"] = json!({
                "required": true,
                "content": {
                    "application/json": schema,
                    "application/x-www-form-urlencoded": schema,
                    "multipart/form-data": schema
                }
            });
        }
        value
    }
}

/// A JSON answer.
fn answer(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

/// A parameter in the path.
fn in_path(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 }, "description": description })
}

fn remove(schema: &mut Value, name: &str) {
    if let Value::Object(schema) = schema {
        schema.shift_remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` in a value.
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|it| references(it, found));
            }
            Value::Array(all) => all.iter().for_each(|it| references(it, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_points_somewhere_and_every_path_says_its_parameters() {
        let document = openapi("1.2.3");
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
        for (path, item) in document["paths"].as_object().expect("paths are an object") {
            let named = item["parameters"].as_array().into_iter().flatten();
            let named = named.filter(|it| it["in"] == "path").count();
            assert_eq!(named, path.matches('{').count(), "{path}");
        }
    }

    #[test]
    fn operation_ids_are_unique_and_the_manuals_paths_are_there() {
        let document = openapi("1");
        let mut ids = std::collections::HashSet::new();
        for item in document["paths"].as_object().expect("paths are an object").values() {
            for operation in item
                .as_object()
                .expect("an item is an object")
                .values()
                .filter_map(|it| it.get("operationId"))
            {
                assert!(ids.insert(operation.clone()), "{operation}");
            }
        }
        for (path, method) in [
            ("/upstreams", "post"),
            ("/upstreams/{upstream}", "patch"),
            ("/upstreams/{upstream}/targets", "post"),
            ("/upstreams/{upstream}/health", "get"),
            ("/upstreams/{upstream}/targets/{target}/healthy", "put"),
            ("/upstreams/{upstream}/targets/{target}/exclusion", "delete"),
            ("/providers", "post"),
            ("/providers/order", "put"),
            ("/providers/{provider}/credentials", "post"),
            ("/credentials/{credential}", "delete"),
            ("/providers/{provider}/models", "get"),
            ("/providers/{provider}/models/discover", "post"),
            ("/providers/{provider}/credentials/{credential}/test", "post"),
            ("/metrics", "get"),
            ("/schemas/{entity}", "get"),
        ] {
            assert!(document["paths"][path].get(method).is_some(), "{method} {path}");
        }
    }
}

//! The paths that are no entities: health, orders, metrics, and the documents about the API itself.

use serde_json::{Map, Value, json};

use super::{Operation, answer, in_path};
use crate::Kind;

/// Adds every such path.
pub(super) fn add(paths: &mut Map<String, Value>) {
    let any = || json!({ "type": "object" });
    plain(
        paths,
        "/",
        "root",
        "Where things are; a browser is sent to the dashboard.",
        vec![
            (200, answer("Name, version and paths.", &any())),
            (303, json!({ "description": "For browsers." })),
        ],
    );
    plain(paths, "/openapi.json", "openapi", "This document.", vec![(200, answer("OpenAPI 3.1.", &any()))]);
    let text = json!({ "description": "Prometheus text.", "content": { "text/plain": { "schema": { "type": "string" } } } });
    plain(paths, "/metrics", "metrics", "Metrics.", vec![(200, text)]);
    plain(
        paths,
        "/livez",
        "livez",
        "Whether the process runs.",
        vec![(200, json!({ "description": "It does." }))],
    );
    plain(
        paths,
        "/readyz",
        "readyz",
        "Whether it takes requests.",
        vec![
            (200, json!({ "description": "It does." })),
            (503, json!({ "description": "Not yet, or not any more." })),
        ],
    );
    for path in ["/livez", "/readyz"] {
        // Whoever watches the process holds no token.
        paths[path]["get"]["security"] = json!([{}]);
    }
    schemas(paths);
    try_it(paths);
    health(paths);
    load_balancing(paths);
    orders(paths);
    order(paths);
    vendors(paths);
}

fn plain(paths: &mut Map<String, Value>, path: &str, id: &str, summary: &str, answers: Vec<(u16, Value)>) {
    let operation = Operation {
        id: id.to_owned(),
        tag: "gateway",
        summary: summary.to_owned(),
        parameters: &[],
        body: None,
        answers,
        errors: &[],
    };
    paths.insert(path.to_owned(), json!({ "get": operation.value() }));
}

fn schemas(paths: &mut Map<String, Value>) {
    let mut entity = in_path("entity", "Which kind, as in paths.");
    entity["schema"] = json!({ "type": "string", "enum": Kind::ALL.map(Kind::plural) });
    let operation = Operation {
        id: "schema".to_owned(),
        tag: "gateway",
        summary: "The JSON Schema of an entity.".to_owned(),
        parameters: &[],
        body: None,
        answers: vec![(200, answer("JSON Schema 2020-12.", &json!({ "type": "object" })))],
        errors: &[(404, "not_found")],
    };
    paths.insert("/schemas/{entity}".to_owned(), json!({ "parameters": [entity], "get": operation.value() }));
}

/// Only what the dashboard asks is described: whatever the proxy answers can be asked.
fn try_it(paths: &mut Map<String, Value>) {
    let mut path = in_path("path", "A path of the AI API, such as `v1/chat/completions`.");
    path["allowReserved"] = true.into();
    let key = json!({
        "name": "x-spillway-client-key", "in": "header", "schema": { "type": "string" },
        "description": "The client key to call with, where the AI API wants one."
    });
    let said = json!({ "description": "What the AI API answers, `x-spillway-*` headers included." });
    let summary = "Asks the AI API, for pages that may call no other origin.";
    let mut item = json!({ "parameters": [path, key] });
    for (method, id) in [("get", "try_read"), ("post", "try")] {
        let operation = Operation {
            id: id.to_owned(),
            tag: "gateway",
            summary: summary.to_owned(),
            parameters: &[],
            body: None,
            answers: vec![(200, said.clone())],
            errors: &[],
        };
        item[method] = operation.value();
    }
    paths.insert("/try/{path}".to_owned(), item);
}

fn health(paths: &mut Map<String, Value>) {
    let upstream = in_path("upstream", "Name or id of the upstream.");
    let item = json!({
        "type": "object",
        "required": ["id", "health"],
        "properties": {
            "id": { "type": "string" },
            "target": { "type": ["string", "null"] },
            "weight": { "type": "integer" },
            "health": { "type": "string", "enum": ["HEALTHY", "UNHEALTHY", "HEALTHCHECKS_OFF", "DNS_ERROR"] },
            "state": { "type": "object" },
            "data": { "type": "object" },
            "reason": { "type": ["string", "null"] },
            "since": { "type": ["string", "null"] },
            "until": { "type": ["string", "null"] }
        }
    });
    let list = json!({
        "type": "object",
        "required": ["data", "next", "health", "node_id"],
        "properties": {
            "data": { "type": "array", "items": item },
            "next": { "type": ["string", "null"] },
            "health": {
                "type": "string",
                "enum": ["HEALTHY", "UNHEALTHY", "HEALTHCHECKS_OFF"],
                "description": "Of the upstream as a whole: see `healthchecks.threshold`."
            },
            "node_id": { "type": "string" }
        }
    });
    let operation = Operation {
        id: "read_health".to_owned(),
        tag: Kind::Upstream.plural(),
        summary: "Who is available, who is not, why and until when.".to_owned(),
        parameters: &[],
        body: None,
        answers: vec![(200, answer("Every target.", &list))],
        errors: &[(404, "not_found")],
    };
    paths.insert(
        "/upstreams/{upstream}/health".to_owned(),
        json!({ "parameters": [upstream], "get": operation.value() }),
    );
}

/// What is asked of vendors.
fn vendors(paths: &mut Map<String, Value>) {
    let provider = || in_path("provider", "Name or id of the provider.");
    let model = json!({
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": { "type": "string" },
            "context_window": { "type": ["integer", "null"] },
            "default": { "type": "boolean", "description": "Whether `@default` stands for it." },
            "load_balancing_enabled": { "type": "boolean", "description": "Several credentials take turns at it; told in lists." },
            "available": available()
        }
    });
    let models = |more: Value| {
        let mut schema = json!({
            "type": "object",
            "required": ["data"],
            "properties": { "data": { "type": "array", "items": model.clone() } }
        });
        if let (Some(Value::Object(known)), Value::Object(more)) = (schema.get_mut("properties"), more) {
            known.extend(more);
        }
        schema
    };
    let names = json!({ "type": "array", "items": { "type": "string" } });
    let page = models(json!({ "next": { "type": ["string", "null"] } }));
    let discovered = models(json!({ "added": names, "missing": names, "stored": { "type": "boolean" } }));
    let operation = |id: &str, summary: &str, parameters, answers, errors| Operation {
        id: id.to_owned(),
        tag: Kind::Provider.plural(),
        summary: summary.to_owned(),
        parameters,
        body: None,
        answers,
        errors,
    };
    let list = operation(
        "list_models",
        "The models that the provider lists.",
        &["size", "offset"],
        vec![(200, answer("A page.", &page))],
        &[(400, "invalid"), (404, "not_found")],
    );
    paths.insert(
        "/providers/{provider}/models".to_owned(),
        json!({ "parameters": [provider()], "get": list.value() }),
    );
    let discover = operation(
        "discover_models",
        "Asks the vendor for its models, and adds them to what the provider lists.",
        &["dry_run"],
        vec![
            (200, answer("What the vendor has.", &discovered)),
            (502, json!({ "description": "What came of asking the vendor." })),
        ],
        &[(400, "invalid"), (404, "not_found"), (409, "conflict"), (412, "precondition")],
    );
    paths.insert(
        "/providers/{provider}/models/discover".to_owned(),
        json!({ "parameters": [provider()], "post": discover.value() }),
    );
    let outcome = json!({
        "type": "object",
        "required": ["ok", "status", "outcome", "message", "latency_ms", "url"],
        "properties": {
            "ok": { "type": "boolean" },
            "status": { "type": ["integer", "null"] },
            "outcome": { "type": "string", "description": "success, auth, quota, rate_limit, server_error, connect, timeout, inconclusive, …" },
            "message": { "type": ["string", "null"] },
            "latency_ms": { "type": ["number", "null"] },
            "url": { "type": ["string", "null"] }
        }
    });
    let test = Operation {
        tag: Kind::Credential.plural(),
        ..operation(
            "test_credential",
            "One cheap real call with the key, and what came back. A key that is accepted is rejected no more.",
            &[],
            vec![(200, answer("What came back.", &outcome))],
            &[(404, "not_found"), (409, "conflict")],
        )
    };
    let credential = in_path("credential", "Name or id of the credential.");
    paths.insert(
        "/providers/{provider}/credentials/{credential}/test".to_owned(),
        json!({ "parameters": [provider(), credential], "post": test.value() }),
    );
}

/// Every provider, in order.
pub(super) fn order_schema() -> Value {
    json!({
        "type": "object",
        "required": ["providers"],
        "properties": {
            "providers": { "type": "array", "items": { "type": "string", "description": "Name or id." } }
        },
        "additionalProperties": false
    })
}

/// Which credentials take turns at a model.
fn load_balancing(paths: &mut Map<String, Value>) {
    let provider = || in_path("provider", "Name or id of the provider.");
    let view = json!({ "$ref": "#/components/schemas/load_balancing" });
    let answers = || vec![(200, answer("The view. The ETag is the configuration's revision.", &view))];
    let read = Operation {
        id: "read_load_balancing".to_owned(),
        tag: Kind::Provider.plural(),
        summary: "Which credentials take turns at a model.".to_owned(),
        parameters: &[],
        body: None,
        answers: answers(),
        errors: &[(404, "not_found")],
    };
    let write = Operation {
        id: "put_load_balancing".to_owned(),
        tag: Kind::Provider.plural(),
        summary: "Sets which credentials take turns at a model, at once; 422 where fewer than two distinct ones would."
            .to_owned(),
        parameters: &["if_match"],
        body: Some("load_balancing".to_owned()),
        answers: answers(),
        errors: &[
            (400, "invalid"),
            (404, "not_found"),
            (412, "precondition"),
            (413, "too_large"),
            (415, "media_type"),
            (422, "too_few"),
        ],
    };
    let model = in_path("model", "As the vendor spells it, percent-encoded.");
    paths.insert(
        "/providers/{provider}/models/{model}/load-balancing".to_owned(),
        json!({ "parameters": [provider(), model], "get": read.value(), "put": write.value() }),
    );
}

fn available() -> Value {
    json!({
        "type": "object",
        "required": ["count", "of", "text"],
        "properties": {
            "count": { "type": "integer", "description": "Credentials that may be used now." },
            "of": { "type": "integer", "description": "Credentials that are enabled." },
            "text": { "type": "string", "examples": ["3/4 available"] }
        }
    })
}

/// The load-balancing view, as it is read and written.
pub(super) fn load_balancing_schema() -> Value {
    let reference = json!({
        "type": ["object", "string", "null"],
        "description": "Null: the default one (Default Config). To use one: its name, or `{\"id\"}`, or `{\"name\"}`. To add one along with its entry: the body of a credential, with its `secret`.",
        "properties": { "id": { "type": "string" }, "name": { "type": "string" }, "secret": { "type": "string", "writeOnly": true } }
    });
    let entry = json!({
        "type": "object",
        "required": ["credential"],
        "properties": {
            "credential": reference,
            "enabled": { "type": "boolean", "default": true },
            "repeat": { "type": "integer", "minimum": 1, "maximum": 100, "default": 1, "description": "Repetitions add weight; all of them share one state." },
            "name": { "type": "string", "readOnly": true },
            "share": { "type": "number", "readOnly": true, "description": "Of the turns while everybody is available, 0 to 1." },
            "state": { "type": "string", "readOnly": true, "description": "normal, cooling, exceeded, error, expired, disabled; where the key is fine but its target is not: suspended, unhealthy, half_open." },
            "cause": { "type": ["string", "null"], "readOnly": true },
            "until": { "type": ["string", "null"], "readOnly": true },
            "ttl": { "type": ["number", "null"], "readOnly": true, "description": "Seconds left." }
        }
    });
    json!({
        "type": "object",
        "properties": {
            "enabled": { "type": "boolean", "description": "True needs two distinct enabled credentials. False keeps the entries; the default credential serves alone." },
            "entries": { "type": "array", "items": entry, "maxItems": 10_000, "description": "Left out: as they were. Default Config stays, switched off, when it is not among them." },
            "provider": { "type": "object", "readOnly": true },
            "model": { "type": "string", "readOnly": true },
            "available": available()
        }
    })
}

/// The order of providers.
fn order(paths: &mut Map<String, Value>) {
    let schema = json!({ "$ref": "#/components/schemas/order" });
    let answers =
        || vec![(200, answer("Their names, by rank. The ETag is the configuration's revision.", &schema))];
    let read = Operation {
        id: "read_order".to_owned(),
        tag: Kind::Provider.plural(),
        summary: "The order in which providers are tried.".to_owned(),
        parameters: &[],
        body: None,
        answers: answers(),
        errors: &[],
    };
    let write = Operation {
        id: "put_order".to_owned(),
        tag: Kind::Provider.plural(),
        summary: "Sets the whole order at once: every provider, once each.".to_owned(),
        parameters: &["if_match"],
        body: Some("order".to_owned()),
        answers: answers(),
        errors: &[(400, "invalid"), (412, "precondition"), (413, "too_large"), (415, "media_type")],
    };
    paths.insert("/providers/order".to_owned(), json!({ "get": read.value(), "put": write.value() }));
}

fn orders(paths: &mut Map<String, Value>) {
    let orders = [
        ("healthy", "put", "Takes the target's address back, whatever its counters say."),
        ("unhealthy", "put", "Takes the target's address out until somebody says otherwise."),
        ("exclusion", "delete", "Clears what excludes the target's credential and pair."),
    ];
    for (what, method, summary) in orders {
        let operation = Operation {
            id: format!("{method}_{what}"),
            tag: Kind::Target.plural(),
            summary: summary.to_owned(),
            parameters: &[],
            body: None,
            answers: vec![(204, json!({ "description": "Done." }))],
            errors: &[(404, "not_found")],
        };
        let parameters = [
            in_path("upstream", "Name or id of the upstream."),
            in_path("target", "host:port or id of the target."),
        ];
        let mut item = json!({ "parameters": parameters });
        item[method] = operation.value();
        paths.insert(format!("/upstreams/{{upstream}}/targets/{{target}}/{what}"), item);
    }
}

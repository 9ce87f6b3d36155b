//! The paths for watching: the diagram, events, requests, statistics, the audit log.

use serde_json::{Map, Value, json};

use super::{Operation, answer, in_path};

/// Adds their paths.
pub(super) fn add(paths: &mut Map<String, Value>) {
    topology(paths);
    events(paths);
    requests(paths);
    stats(paths);
    audit(paths);
}

/// Adds what they answer.
pub(super) fn schemas(schemas: &mut Map<String, Value>) {
    for (name, schema) in [
        ("topology", all_topology()),
        ("topology_service", service()),
        ("topology_provider", provider()),
        ("topology_credential", credential()),
        ("model_state", model_state()),
        ("served_by", served_by()),
        ("flow", flow()),
        ("event_state", state_event()),
        ("event_config", object(&[("revision", text(), "Of `GET /topology`.")])),
        ("event_traffic", traffic_event()),
        ("event_reset", reset_event()),
        ("request", request()),
        ("request_attempt", attempt()),
        ("stats", all_stats()),
        ("audit_entry", audit_entry()),
    ] {
        schemas.insert(name.to_owned(), schema);
    }
}

fn topology(paths: &mut Map<String, Value>) {
    let schema = reference("topology");
    let mut operation =
        operation("read_topology", "The whole diagram: services, providers by rank, keys.", &schema, &[]);
    operation["responses"]["200"]["headers"] =
        json!({ "ETag": { "schema": text(), "description": "The revision, for `If-Match` of an order." } });
    paths.insert("/topology".to_owned(), json!({ "get": operation }));
}

fn events(paths: &mut Map<String, Value>) {
    let mut operation = operation(
        "read_events",
        "What changes, as server-sent events: `state` (#/components/schemas/event_state), `config` (event_config), \
         `traffic` (event_traffic) each second, and `reset` (event_reset) to a reader that has missed some.",
        &Value::Null,
        &[],
    );
    operation["responses"]["200"] = json!({
        "description": "A stream that goes on until either side ends it.",
        "content": { "text/event-stream": { "schema": text() } }
    });
    operation["responses"]["503"] = json!({
        "description": "Too many readers, or the process is about to end.",
        "content": { "application/json": { "schema": reference("error") } }
    });
    paths.insert("/events".to_owned(), json!({ "get": operation }));
}

fn requests(paths: &mut Map<String, Value>) {
    let text = || json!({ "type": "string" });
    let status = json!({ "type": "string", "pattern": "^([1-5][0-9]{2}|[1-5]xx)$" });
    let mut operation = operation(
        "list_requests",
        "The last requests of this process (at most 10000), newest first, each with who was tried and why.",
        &page_of("request"),
        &["size", "offset"],
    );
    with_query(
        &mut operation,
        &[
            ("upstream", text(), "Served by this upstream."),
            ("provider", text(), "This provider was tried."),
            ("credential", text(), "This credential was tried."),
            ("model", text(), "This model was asked for, by the client or of a vendor."),
            ("route", text(), "Matched by this route."),
            ("environment", json!({ "enum": ["production", "sandbox"] }), "Of this environment."),
            ("outcome", text(), "Some try ended so: `rate_limit`, `connect`, …"),
            ("status", status, "Answered so: `429`, or `5xx`."),
            ("since", instant(), "Came in then or later."),
            ("until", instant(), "Came in before."),
        ],
    );
    paths.insert("/requests".to_owned(), json!({ "get": operation }));
    let schema = json!({ "$ref": "#/components/schemas/request" });
    let mut operation = self::operation("read_request", "One request, by its `x-request-id`.", &schema, &[]);
    operation["responses"]["404"] = json!({ "$ref": "#/components/responses/not_found" });
    let id = in_path("request_id", "`x-request-id` of the answer.");
    paths.insert("/requests/{request_id}".to_owned(), json!({ "parameters": [id], "get": operation }));
}

fn stats(paths: &mut Map<String, Value>) {
    let schema = json!({ "$ref": "#/components/schemas/stats" });
    let mut operation = operation(
        "read_stats",
        "Counts over time: by the hour for 90 days, by the minute for three hours.",
        &schema,
        &[],
    );
    with_query(
        &mut operation,
        &[
            (
                "by",
                json!({ "enum": ["all", "provider", "model", "credential", "route"], "default": "all" }),
                "A series for each.",
            ),
            ("since", instant(), "From then on; a day ago, or an hour ago for steps below an hour."),
            (
                "step",
                json!({ "type": "integer", "minimum": 60 }),
                "Seconds of a point: a part of an hour in whole minutes, or whole hours.",
            ),
        ],
    );
    paths.insert("/stats".to_owned(), json!({ "get": operation }));
}

fn all_topology() -> Value {
    object(&[
        ("revision", text(), "Of the configuration, and so of the order of providers."),
        ("services", list("topology_service"), "Routes without a service are at one without id and name."),
        ("providers", list("topology_provider"), "By rank."),
    ])
}

fn service() -> Value {
    let named = object(&[("id", text(), ""), ("name", text(), "")]);
    let ids = || json!({ "type": "array", "items": { "type": "string" } });
    let edge = object(&[
        ("provider", text(), "Its name."),
        ("api_count", integer(), "Routes of this service that lead to it."),
        ("apis_called", integer(), "Routes of this service that have called it in the last 24 hours."),
        ("routes", ids(), "Ids of the first."),
        ("routes_called", ids(), "Ids of the second."),
    ]);
    object(&[
        ("id", text_or_null(), ""),
        ("name", text_or_null(), ""),
        ("routes", json!({ "type": "array", "items": named }), ""),
        ("edges", json!({ "type": "array", "items": edge }), "By the providers' rank."),
    ])
}

fn provider() -> Value {
    object(&[
        ("id", text(), ""),
        ("name", text(), ""),
        ("kind", text(), ""),
        ("rank", integer(), "From 1, lower first."),
        (
            "status",
            json!({ "enum": ["enabled", "disabled", "abnormal"] }),
            "Abnormal: nothing of it is available.",
        ),
        ("reason", text_or_null(), "Why it is abnormal; of one that serves, what of it does not."),
        ("default_model", text_or_null(), ""),
        ("api_count", integer(), "Routes that lead to it."),
        ("apis_called", integer(), "Routes that have called it in the last 24 hours."),
        ("key_count", integer(), ""),
        ("served_by", nullable(&reference("served_by")), "Who serves where it does not."),
        ("traffic", reference("flow"), ""),
        ("credentials", list("topology_credential"), "By rank."),
    ])
}

fn credential() -> Value {
    let mut fields = vec![
        ("id", text(), ""),
        ("name", text(), ""),
        ("default", json!({ "type": "boolean" }), "Of targets that name none."),
    ];
    fields.extend(credential_standing());
    fields.extend([
        (
            "share",
            json!({ "type": ["number", "null"] }),
            "Of its provider's tries of the last hour, 0 to 1; null: there were none.",
        ),
        ("last_error", text_or_null(), "What the vendor last said against it, without keys."),
        ("last_error_at", instant_or_null(), ""),
    ]);
    object(&fields)
}

fn credential_standing() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("state", credential_state(), "For every model."),
        ("cause", text_or_null(), ""),
        ("since", instant_or_null(), ""),
        ("until", instant_or_null(), "When it ends by itself."),
        ("ttl", json!({ "type": ["number", "null"] }), "Seconds left."),
        ("model_states", list("model_state"), "The models that it is out for while it is not out for all."),
    ]
}

fn credential_state() -> Value {
    json!({ "type": "string", "enum": ["normal", "cooling", "exceeded", "error", "expired", "disabled"] })
}

fn model_state() -> Value {
    object(&[
        ("model", text_or_null(), "Null: every model that the configuration does not name."),
        ("state", credential_state(), ""),
        ("cause", text(), ""),
        ("until", instant_or_null(), ""),
        ("ttl", json!({ "type": ["number", "null"] }), "Seconds left."),
    ])
}

fn served_by() -> Value {
    object(&[
        ("provider", text(), "Its name; a host that is no provider's."),
        ("model", text_or_null(), "Null: the client's own."),
    ])
}

fn flow() -> Value {
    let rate = || json!({ "type": "number" });
    object(&[
        (
            "requests_per_second",
            rate(),
            "Of an upstream: requests; of a provider: tries. The mean of five seconds.",
        ),
        ("errors_per_second", rate(), "Those that failed by somebody's fault."),
        ("in_flight", integer(), "Open tries."),
    ])
}

fn state_event() -> Value {
    let mut event = object(&[
        ("scope", json!({ "enum": ["credential", "pair", "address", "provider"] }), "What it is about."),
        ("id", text(), "A credential's or a provider's id; of places, a name that is theirs alone."),
        ("name", text(), ""),
        (
            "state",
            text(),
            "Of a credential and of a provider: as in the diagram. A pair: `available`, `suspended`. An address: `available`, `unhealthy`, `half_open`.",
        ),
        ("cause", text_or_null(), "A provider's: the diagram's `reason`."),
        ("until", instant_or_null(), ""),
    ]);
    for (name, schema) in [
        ("provider", text()),
        ("since", instant_or_null()),
        ("ttl", json!({ "type": ["number", "null"] })),
        ("model_states", list("model_state")),
        ("upstream", text()),
        ("address", text()),
        ("model", text_or_null()),
        ("served_by", nullable(&reference("served_by"))),
    ] {
        event["properties"][name] = schema;
    }
    event
}

fn traffic_event() -> Value {
    let named = json!({ "allOf": [object(&[("name", text(), "")]), reference("flow")] });
    let list = || json!({ "type": "array", "items": named });
    object(&[
        ("providers", list(), "Those with any, and once more those that have just stopped."),
        ("upstreams", list(), ""),
    ])
}

fn reset_event() -> Value {
    object(&[(
        "missed",
        json!({ "type": ["integer", "null"] }),
        "Events, as far as it is known: read everything again.",
    )])
}

fn audit(paths: &mut Map<String, Value>) {
    let mut operation = operation(
        "list_audit",
        "Who has done what through this API, newest first, without any value that was written.",
        &page_of("audit_entry"),
        &["size", "offset"],
    );
    with_query(
        &mut operation,
        &[
            ("kind", text(), "What it was about: `upstream`, `credential`, …"),
            ("name", text(), "What that is called."),
            ("act", text(), "`create`, `patch`, `put`, `delete`, `order`, `healthy`, `unhealthy`, `clear`."),
            ("outcome", json!({ "type": "string", "enum": ["done", "refused"] }), "What became of it."),
            ("since", instant(), "Then or later."),
        ],
    );
    paths.insert("/audit".to_owned(), json!({ "get": operation }));
}

fn audit_entry() -> Value {
    let who = object(&[
        ("address", text(), "Where the call came from."),
        ("token", json!({ "type": "boolean" }), "Whether it bore the admin token."),
    ]);
    object(&[
        ("id", integer(), ""),
        ("time", instant(), ""),
        (
            "outcome",
            json!({ "type": "string", "enum": ["done", "refused"] }),
            "Of what was refused the last thousand are kept.",
        ),
        ("who", who, ""),
        ("act", text(), "What was done."),
        ("kind", text(), "What it was about."),
        ("name", text(), "What that is called."),
        ("entity_id", text_or_null(), ""),
        (
            "fields",
            json!({ "type": "array", "items": text() }),
            "Names of the fields that are different, dotted.",
        ),
        ("revision", json!({ "type": ["integer", "null"] }), "The configuration it made."),
        ("status", json!({ "type": ["integer", "null"] }), "Of the answer, where it was refused."),
    ])
}

fn request() -> Value {
    object(&[
        ("request_id", text(), "`x-request-id` of the answer."),
        ("time", instant(), "When it came in."),
        ("route", text_or_null(), "The route that matched."),
        ("upstream", text_or_null(), "The upstream that served it."),
        ("environment", json!({ "enum": ["production", "sandbox"] }), ""),
        ("client_key", text_or_null(), "The client key's name."),
        ("consumer", text_or_null(), "Whose key it is."),
        ("model_requested", text_or_null(), "In the client's words, cut short."),
        ("stream", json!({ "type": "boolean" }), "Whether a stream was asked for."),
        ("status", json!({ "type": "integer" }), "What the client was answered; 499: it went away before."),
        ("end", json!({ "enum": ["complete", "client_gone", "broken"] }), "How it ended for the client."),
        ("duration_ms", json!({ "type": "number" }), "First byte in to last byte out."),
        (
            "ttft_ms",
            json!({ "type": ["number", "null"] }),
            "First byte in to first delta or byte of a vendor's answer out.",
        ),
        ("overhead_us", json!({ "type": "integer" }), "Time spent in the gateway itself."),
        ("tokens", nullable(&tokens()), "As the vendor counted them."),
        (
            "attempts",
            json!({ "type": "array", "items": { "$ref": "#/components/schemas/request_attempt" } }),
            "Every try, in order.",
        ),
        ("decision", text_or_null(), "Why the last one was tried."),
    ])
}

fn attempt() -> Value {
    object(&[
        ("target", text(), "`host:port`, or `provider/model`."),
        ("provider", text_or_null(), ""),
        ("credential", text_or_null(), "Its name."),
        ("model", text_or_null(), "What was asked for, cut short."),
        ("outcome", text(), "`success`, or what went wrong."),
        ("blame", json!({ "enum": ["nobody", "credential", "pair", "address"] }), "Whose fault."),
        ("reason", text(), "Why this one was tried."),
        ("error", text_or_null(), "The beginning of what a failed try was told, without keys."),
        ("started_ms", json!({ "type": "number" }), "From the request's start."),
        ("duration_ms", json!({ "type": "number" }), "Until it had failed, or its answer had begun."),
        ("status", json!({ "type": ["integer", "null"] }), "The vendor's status, if it answered."),
    ])
}

fn all_stats() -> Value {
    let durations = || {
        let millis = || json!({ "type": ["number", "null"] });
        object(&[("mean", millis(), ""), ("p50", millis(), ""), ("p95", millis(), ""), ("p99", millis(), "")])
    };
    let count = || json!({ "type": "integer" });
    let point = object(&[
        ("time", instant(), "When its span began."),
        ("requests", count(), "Requests; of providers, models and credentials: tries."),
        ("errors", count(), "Answered 429 or 5xx, or broken off; tries: by somebody's fault."),
        ("retries", count(), "Tries after a request's first."),
        ("rate_limited", count(), "Tries that met a rate limit or a quota."),
        ("rescued", count(), "Went well after an earlier try had failed."),
        ("limits_avoided", count(), "Requests that met a limit of which their client has seen nothing."),
        ("tokens", tokens(), ""),
        ("duration_ms", durations(), "First byte in to last byte out; percentiles to a tenth of themselves."),
        ("ttft_ms", durations(), "To the first delta or byte of the answer."),
    ]);
    let mut series = object(&[(
        "points",
        json!({ "type": "array", "items": point }),
        "Oldest first; spans without anything are left out.",
    )]);
    for name in ["provider", "model", "credential", "route"] {
        series["properties"][name] = text_or_null();
    }
    object(&[
        ("by", text_or_null(), ""),
        ("since", instant(), "When the first span began."),
        ("until", instant(), "Now."),
        ("step", json!({ "type": "integer" }), "Seconds."),
        ("series", json!({ "type": "array", "items": series }), "The busiest first, a thousand at most."),
        ("left_out", count(), "Series beyond those."),
    ])
}

fn tokens() -> Value {
    let count = || json!({ "type": "integer" });
    object(&[("input", count(), ""), ("output", count(), ""), ("cached", count(), "")])
}

// === Schemas in few words ===

fn operation(id: &str, summary: &str, schema: &Value, parameters: &[&str]) -> Value {
    let operation = Operation {
        id: id.to_owned(),
        tag: "watching",
        summary: summary.to_owned(),
        parameters,
        body: None,
        answers: vec![(200, answer("As it is now.", schema))],
        errors: &[(400, "invalid")],
    };
    operation.value()
}

fn with_query(operation: &mut Value, parameters: &[(&str, Value, &str)]) {
    if let Some(Value::Array(all)) = operation.get_mut("parameters") {
        let parameter = |(name, schema, description): &(&str, Value, &str)| json!({ "name": name, "in": "query", "schema": schema, "description": description });
        all.extend(parameters.iter().map(parameter));
    }
}

fn page_of(name: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": { "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } },
            "next": { "type": ["string", "null"], "description": "Path of the next page." },
            "offset": { "type": "string", "description": "Its token." }
        }
    })
}

/// An object that always has all of these.
fn object(fields: &[(&str, Value, &str)]) -> Value {
    let described = |(name, schema, description): &(&str, Value, &str)| {
        let mut schema = schema.clone();
        if !description.is_empty() {
            schema["description"] = (*description).into();
        }
        ((*name).to_owned(), schema)
    };
    let properties: Map<String, Value> = fields.iter().map(described).collect();
    json!({
        "type": "object",
        "required": fields.iter().map(|it| it.0).collect::<Vec<_>>(),
        "properties": properties
    })
}

fn nullable(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn list(name: &str) -> Value {
    json!({ "type": "array", "items": reference(name) })
}

fn integer() -> Value {
    json!({ "type": "integer" })
}

fn instant_or_null() -> Value {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn text_or_null() -> Value {
    json!({ "type": ["string", "null"] })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

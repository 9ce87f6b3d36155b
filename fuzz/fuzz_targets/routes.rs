//! Whatever is asked for, what is found exists, and the vendor is asked for a path.
#![no_main]

use std::sync::LazyLock;

use balance::Environment;
use config::{Edit, Kind, Resolved, snapshot::Query};
use dialect::Dialect;
use fuzz::{Input, document::Desk};
use http::{Method, uri::PathAndQuery};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Routes of every sort: by path, with and without stripping, by expression, host, method, model.
static RESOLVED: LazyLock<Resolved> = LazyLock::new(|| {
    let mut desk = Desk::furnished();
    let routes: [Value; 6] = [
        json!({ "name": "stripped", "paths": ["/chat", "/chat/a"], "upstream": "a", "strip_path": true }),
        json!({ "name": "kept", "paths": ["/kept/", "/v1/models"], "upstream": "b", "strip_path": false }),
        json!({ "name": "expression", "paths": ["~/(v\\d+)/(chat|messages)"], "upstream": "a" }),
        json!({ "name": "host", "hosts": ["*.example.com", "example.*"], "upstream": "b" }),
        json!({ "name": "method", "methods": ["PUT"], "upstream": "a" }),
        json!({ "name": "model", "models": ["fast"], "upstream": "b" }),
    ];
    for value in routes {
        let named = value["name"].to_string();
        let made = desk.apply(Edit::Create { kind: Kind::Route, parent: None, value });
        made.unwrap_or_else(|it| panic!("route {named}: {it:?}"));
    }
    desk.resolve()
});

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let method =
        [Method::GET, Method::POST, Method::PUT, Method::HEAD][usize::from(input.byte() % 4)].clone();
    let environment = input.one_of(&[Environment::Production, Environment::Sandbox]);
    let caller = input.one_of(&Dialect::ALL);
    let (host, model) = (input.text(), input.text());
    // A path as a server hands it over.
    let Ok(path) = PathAndQuery::try_from(input.rest()) else { return };
    let path = path.path();
    if !path.starts_with('/') {
        return;
    }
    let snapshot = &RESOLVED.snapshot;
    let query = Query {
        host: host.filter(|it| !it.is_empty()),
        path,
        matched: dialect::endpoint(path),
        method: &method,
        model: model.filter(|it| !it.is_empty()),
        environment,
        caller,
    };
    let Ok(found) = snapshot.routes.find(&query) else { return };
    for target in &snapshot.upstreams[&found.upstream].targets {
        let asked = snapshot.targets[target].vendor_path(found.endpoint, &path[found.vendor_path.clone()]);
        assert!(asked.starts_with('/'), "{asked}");
    }
    if let Some(model) = query.model {
        let _ = found.model.of(model);
    }
});

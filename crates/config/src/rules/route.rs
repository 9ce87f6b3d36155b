//! Routes: something to match, one place to go, and no two alike.

use serde_json::{Map, Value};

use super::is_set;
use crate::{Violations, entity};

pub(super) fn finish(whole: &mut Map<String, Value>, violations: &mut Violations) {
    lowercase_hosts(whole);
    let matches_something = matcher_fields()
        .iter()
        .any(|name| whole.get(*name).and_then(Value::as_array).is_some_and(|all| !all.is_empty()));
    if !matches_something {
        violations.entity("must set one of 'methods', 'hosts', 'paths', 'models'");
    }
    let places = ["upstream", "upstreams", "provider"];
    match places.iter().filter(|name| is_set(whole, name)).count() {
        0 => violations.entity("where does it go? set one of upstream, upstreams and provider"),
        1 => {}
        _ => violations.entity("a route goes to one place: set one of upstream, upstreams and provider"),
    }
    if is_set(whole, "model") && !is_set(whole, "provider") {
        violations.field("model", "needs a provider: an upstream's targets name their own models");
    }
    if let Some(Value::Object(upstreams)) = whole.get("upstreams")
        && upstreams.values().all(Value::is_null)
    {
        violations.field("upstreams", "set production, sandbox or both");
    }
}

fn lowercase_hosts(whole: &mut Map<String, Value>) {
    if let Some(Value::Array(hosts)) = whole.get_mut("hosts") {
        for host in hosts {
            if let Value::String(host) = host {
                host.make_ascii_lowercase();
            }
        }
    }
}

/// What a route matches by.
pub(crate) fn matcher_fields() -> [&'static str; 4] {
    ["paths", "methods", "hosts", "models"]
}

/// Whether two routes match by the very same hosts, paths, methods and models, in whatever order.
pub(crate) fn claims(a: &entity::Route, b: &entity::Route) -> bool {
    let alike = |a: &[String], b: &[String]| a.len() == b.len() && a.iter().all(|it| b.contains(it));
    alike(&a.paths, &b.paths)
        && alike(&a.methods, &b.methods)
        && alike(&a.hosts, &b.hosts)
        && alike(&a.models, &b.models)
}

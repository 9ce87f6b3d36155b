//! What bodies may say, and what they mean.

use serde_json::{Value, json};

use crate::{
    Edit, Kind,
    testing::{Desk, row},
};

#[test]
fn all_violations_come_at_once_and_unknown_fields_suggest_the_nearest() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let refused = desk.target("u", json!({"target": "h:1", "weight": 65_536, "wieght": 1, "enabled": "yes"}));
    let refusal = refused.expect_err("three fields are wrong");
    assert_eq!((refusal.status(), refusal.code()), (400, Some(2)));
    assert_eq!(
        refusal.fields(),
        json!({
            "weight": "value should be between 0 and 65535",
            "wieght": "unknown field; did you mean 'weight'?",
            "enabled": "expected a boolean"
        })
    );
    assert!(refusal.message().starts_with("3 schema violations (weight: value"), "{}", refusal.message());
}

#[test]
fn bodies_that_contradict_themselves_or_the_schema_are_refused() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k")]);
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let mut check = |kind: Kind, body: Value, path: &str| {
        let parent = (kind == Kind::Target).then(|| "u".to_owned());
        let refused = desk.edit(Edit::Create { kind, parent, value: body.clone() });
        let refusal = refused.expect_err(&format!("{body} is wrong"));
        assert_eq!(refusal.status(), 400, "{body}");
        let fields = refusal.fields();
        let found = path.split('.').try_fold(&fields, |at, name| at.get(name));
        assert!(found.is_some(), "{body} is wrong at {path}, not at {fields}");
    };
    check(Kind::Upstream, json!([]), "@entity");
    check(Kind::Upstream, json!({}), "name");
    check(Kind::Upstream, json!({"name": "a/b"}), "name");
    check(Kind::Upstream, json!({"name": "default"}), "name");
    check(Kind::Upstream, json!({"name": "openai"}), "name");
    check(Kind::Upstream, json!({"name": "00000000-0000-0000-0000-000000000001"}), "name");
    check(Kind::Upstream, json!({"name": "a", "algorithm": "adaptive"}), "algorithm");
    check(Kind::Upstream, json!({"name": "a", "queue": {}}), "queue");
    check(Kind::Upstream, json!({"name": "a", "slots": 9}), "slots");
    check(Kind::Upstream, json!({"name": "a", "slots": 65_537}), "slots");
    check(Kind::Upstream, json!({"name": "a", "hash_on": "header"}), "hash_on_header");
    check(Kind::Upstream, json!({"name": "a", "hash_on": "ip", "algorithm": "latency"}), "@entity");
    check(Kind::Upstream, json!({"name": "a", "hash_fallback": "ip"}), "hash_fallback");
    check(Kind::Upstream, json!({"name": "a", "hash_on": "ip", "hash_fallback": "ip"}), "hash_fallback");
    check(Kind::Upstream, json!({"name": "a", "hash_on": "ip", "hash_fallback": "cookie"}), "hash_on_cookie");
    check(Kind::Upstream, json!({"name": "a", "suspend_duration": 1, "suspension": {"auth": 1}}), "@entity");
    check(Kind::Upstream, json!({"name": "a", "match_unknown_models": true}), "match_unknown_models");
    check(Kind::Upstream, json!({"name": "a", "affinity": {"key": "heder:x"}}), "affinity.key");
    check(Kind::Upstream, json!({"name": "a", "timeouts": {"first_token": "soon"}}), "timeouts.first_token");
    check(Kind::Upstream, json!({"name": "a", "timeouts": {"total": -1}}), "timeouts.total");
    check(
        Kind::Upstream,
        json!({"name": "a", "healthchecks": {"active": {"headers": {"x y": "1"}}}}),
        "healthchecks.active.headers.x y",
    );
    check(Kind::Upstream, json!({"name": "a", "id": "1"}), "id");
    check(Kind::Target, json!({}), "@entity");
    check(Kind::Target, json!({"target": "h:1", "provider": "openai"}), "@entity");
    check(Kind::Target, json!({"target": "169.254.169.254:80"}), "target");
    check(Kind::Target, json!({"target": "h:1", "tier": 1, "backup": true}), "@entity");
    check(Kind::Target, json!({"target": "h:1", "credential": "*"}), "credential");
    check(Kind::Target, json!({"target": "h:1", "credential": "nobody"}), "credential");
    check(Kind::Target, json!({"target": "h:1", "model": "@default"}), "model");
    check(Kind::Target, json!({"target": "h:1", "upstream": "other"}), "upstream");
    check(Kind::Target, json!({"provider": "nobody"}), "provider");
    check(Kind::Target, json!({"provider": "openai", "scheme": "http"}), "scheme");
    check(Kind::Target, json!({"provider": "openai", "endpoint": "eu"}), "endpoint");
    check(Kind::Route, json!({"upstream": "u"}), "@entity");
    check(Kind::Route, json!({"paths": ["/a"]}), "@entity");
    check(Kind::Route, json!({"paths": ["/a"], "upstream": "u", "provider": "openai"}), "@entity");
    check(Kind::Route, json!({"paths": ["a"], "upstream": "u"}), "paths.1");
    check(Kind::Route, json!({"paths": ["~("], "upstream": "u"}), "paths.1");
    check(Kind::Route, json!({"paths": ["/a"], "upstreams": {"production": "x"}}), "upstreams.production");
    check(Kind::Route, json!({"paths": ["/a"], "upstreams": {}}), "upstreams");
    check(Kind::Route, json!({"paths": ["/a"], "upstream": "openai/*"}), "upstream");
}

#[test]
fn hashing_follows_what_a_body_says() {
    let mut desk = Desk::new();
    let created =
        row(desk
            .create(Kind::Upstream, json!({"name": "u", "hash_on": "header", "hash_on_header": "user-id"})));
    assert_eq!(created.value["algorithm"], "consistent-hashing", "saying what to hash on means hashing");
    let patched = row(desk.patch(Kind::Upstream, "u", json!({"algorithm": "latency"})));
    assert_eq!((&patched.value["algorithm"], &patched.value["hash_on"]), (&json!("latency"), &json!("none")));
    let patched = row(desk.patch(Kind::Upstream, "u", json!({"hash_on": "header"})));
    assert_eq!(patched.value["algorithm"], "consistent-hashing", "the header's name was kept");
    row(desk.patch(Kind::Upstream, "u", json!({"hash_fallback": "ip"})));
    let off = row(desk.patch(Kind::Upstream, "u", json!({"hash_on": "none"})));
    assert_eq!(off.value["hash_fallback"], "none", "without a first choice there is no second");
    let alias = row(desk.patch(Kind::Upstream, "u", json!({"algorithm": "weighted-round-robin"})));
    assert_eq!(alias.value["algorithm"], "round-robin");
}

#[test]
fn suspend_duration_writes_every_class_but_quota_and_shows_while_all_are_equal() {
    let mut desk = Desk::new();
    let created = row(desk.create(Kind::Upstream, json!({"name": "u", "suspend_duration": 30})));
    let view = desk.view(&created);
    assert_eq!((&view["suspend_duration"], &view["suspension"]["server_error"]), (&json!(30), &json!(30)));
    assert_eq!(view["suspension"]["quota"], "until_enabled");
    let patched = row(desk.patch(Kind::Upstream, "u", json!({"suspension": {"auth": 5}})));
    assert_eq!(desk.view(&patched).get("suspend_duration"), None);
    let patched = row(desk.curl("PATCH", "/upstreams/u", "suspend_duration="));
    assert_eq!(desk.view(&patched)["suspend_duration"], Value::Null);
    assert_eq!(patched.value["suspension"]["rate_limit"], Value::Null);
}

#[test]
fn null_is_a_value_where_it_can_be_and_resets_the_rest() {
    let mut desk = Desk::new();
    row(desk.create(
        Kind::Upstream,
        json!({"name": "u", "slots": 20, "suspension": {"auth": 7}, "host_header": "h"}),
    ));
    let body = json!({"slots": null, "suspension": {"auth": null}, "host_header": null});
    let patched = row(desk.patch(Kind::Upstream, "u", body));
    assert_eq!(patched.value["slots"], 10_000);
    assert_eq!(patched.value["suspension"]["auth"], Value::Null);
    assert_eq!(patched.value["host_header"], Value::Null);
    let reset = row(desk.patch(Kind::Upstream, "u", json!({"suspension": null})));
    assert_eq!(reset.value["suspension"]["auth"], 10);
    let refused = desk.patch(Kind::Upstream, "u", json!({"name": null}));
    assert_eq!(
        refused.expect_err("a name has no default").fields(),
        json!({"name": "required field missing"})
    );
}

#[test]
fn a_target_has_a_tier_or_is_a_backup() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let mut check = |body: Value, tier: Value, backup: bool| {
        let target = row(desk.target("u", body.clone()));
        assert_eq!((&target.value["tier"], &target.value["backup"]), (&tier, &json!(backup)), "{body}");
    };
    check(json!({"target": "h:1"}), json!(0), false);
    check(json!({"target": "h:1", "backup": true}), Value::Null, true);
    check(json!({"target": "h:1", "tier": 2}), json!(2), false);
    check(json!({"target": "h:1", "backup": true, "tier": null}), Value::Null, true);
    check(json!({"target": "h:1", "backup": false}), json!(0), false);
}

#[test]
fn a_put_may_repeat_the_paths_name_but_not_contradict_it_and_what_else_is_wrong_is_told_too() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let mut put = |kind: Kind, at: &str, value: Value| {
        let parent = (kind == Kind::Target).then(|| "u".to_owned());
        desk.edit(Edit::Put { kind, parent, at: at.to_owned(), value })
    };
    let named =
        json!({"name": "is another one than the path's", "slots": "value should be between 10 and 65536"});
    let refused = put(Kind::Upstream, "u", json!({"name": "v", "slots": 1})).expect_err("another name");
    assert_eq!(refused.fields(), named);
    let refused = put(Kind::Target, "a:1", json!({"target": "b:1"})).expect_err("another host");
    assert_eq!(refused.fields(), json!({"target": "is another one than the path's"}));
    assert!(put(Kind::Target, "a.example", json!({"target": "A.example:443"})).is_ok());
    assert!(
        put(Kind::Upstream, "u", json!({"name": "u", "created_at": "5"})).is_ok(),
        "dates of forms are text"
    );
}

//! Providers and credentials: their order, their secrets, their defaults, and how they go.

use std::sync::Arc;

use balance::Limits;

use super::*;
use crate::{Edited, Row};

/// Providers of these names, each with the credentials `one`, `two`, `three`.
fn desk(providers: &[&str]) -> Desk {
    let mut desk = Desk::new();
    for name in providers {
        row(desk.create(Kind::Provider, json!({ "name": name, "kind": "groq" })));
        for key in ["one", "two", "three"] {
            row(desk.key(name, json!({ "name": key, "secret": format!("sk-{name}-{key}-0123456789") })));
        }
    }
    desk
}

impl Desk {
    fn key(&mut self, provider: &str, value: Value) -> Result<Edited, Refusal> {
        self.edit(Edit::Create { kind: Kind::Credential, parent: Some(provider.to_owned()), value })
    }

    fn patch_key(&mut self, provider: &str, at: &str, value: Value) -> Result<Edited, Refusal> {
        let (parent, at) = (Some(provider.to_owned()), at.to_owned());
        self.edit(Edit::Patch { kind: Kind::Credential, parent, at, value })
    }

    fn delete_key(&mut self, provider: &str, at: &str) -> Result<Edited, Refusal> {
        let (parent, at) = (Some(provider.to_owned()), at.to_owned());
        self.edit(Edit::Delete { kind: Kind::Credential, parent, at })
    }

    fn delete(&mut self, kind: Kind, at: &str) -> Result<Edited, Refusal> {
        self.edit(Edit::Delete { kind, parent: None, at: at.to_owned() })
    }

    /// Names by rank, which is 1 to n.
    fn order(&self) -> Vec<String> {
        names_of(&self.document.ranked(Kind::Provider, None))
    }

    fn keys(&self, provider: &str) -> Vec<String> {
        let provider = self.document.get(Kind::Provider, provider).expect("it is there").id;
        names_of(&self.document.ranked(Kind::Credential, Some(provider)))
    }

    fn read_key(&self, provider: &str, name: &str) -> Value {
        let row = self.document.find(Kind::Credential, &format!("{provider}/{name}"));
        self.view(&row.expect("it is there"))
    }

    fn default_of(&self, provider: &str) -> Value {
        let row = self.document.get(Kind::Provider, provider).expect("it is there");
        self.view(&row)["default_credential"]["name"].clone()
    }
}

fn names_of(rows: &[Arc<Row>]) -> Vec<String> {
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row.value["rank"], index + 1, "{}", row.label());
    }
    rows.iter().map(|row| row.label()).collect()
}

fn refused(edited: Result<Edited, Refusal>) -> Value {
    edited.expect_err("it is refused").body()
}

#[test]
fn a_rank_inserts_and_the_others_make_way() {
    let mut desk = desk(&["a", "b", "c", "d"]);
    assert_eq!(desk.order(), ["a", "b", "c", "d"], "new ones come last");
    let moved = desk.patch(Kind::Provider, "d", json!({ "rank": 2 })).expect("a good rank");
    assert_eq!(moved.change.len(), 3, "one change of all rows that move");
    assert_eq!(desk.order(), ["a", "d", "b", "c"]);
    row(desk.patch(Kind::Provider, "a", json!({ "rank": 99 })));
    assert_eq!(desk.order(), ["d", "b", "c", "a"], "beyond the last is the last");
    row(desk.patch(Kind::Provider, "d", json!({ "rank": null })));
    assert_eq!(desk.order(), ["b", "c", "a", "d"], "nobody's rank is the last place");
    row(desk.create(Kind::Provider, json!({ "name": "e", "kind": "groq", "rank": 1 })));
    assert_eq!(desk.order(), ["e", "b", "c", "a", "d"]);
    let put = Edit::Put {
        kind: Kind::Provider,
        parent: None,
        at: "b".to_owned(),
        value: json!({ "kind": "groq", "tags": ["x"] }),
    };
    row(desk.edit(put));
    assert_eq!(desk.order(), ["e", "b", "c", "a", "d"], "who says nothing of a rank moves nobody");
    for rank in [json!(0), json!(-1), json!(1.5), json!("first")] {
        let body = refused(desk.patch(Kind::Provider, "e", json!({ "rank": rank })));
        assert!(body["fields"]["rank"].is_string(), "{body}");
    }
    row(desk.patch(Kind::Provider, "e", json!({ "rank": 1 })));
    desk.force = true;
    desk.delete(Kind::Provider, "b").expect("nobody uses it");
    assert_eq!(desk.order(), ["e", "c", "a", "d"], "the gap is closed");
    row(desk.patch_key("a", "three", json!({ "rank": 1 })));
    assert_eq!(desk.keys("a"), ["three", "one", "two"], "credentials have an order of their own");
    assert_eq!(desk.keys("c"), ["one", "two", "three"]);
}

#[test]
fn the_whole_order_is_set_at_once_or_not_at_all() {
    let mut desk = desk(&["a", "b", "c"]);
    let order = |all: Value| Edit::Order { value: json!({ "providers": all }) };
    desk.edit(order(json!(["c", "a", "b"]))).expect("every one of them");
    assert_eq!(desk.order(), ["c", "a", "b"]);
    let id = desk.document.get(Kind::Provider, "b").expect("it is there").id.to_string();
    desk.edit(order(json!([{ "name": "a" }, id, { "id": id_of(&desk, "c") }])))
        .expect("however they are named");
    assert_eq!(desk.order(), ["a", "b", "c"]);
    for wrong in [json!(["a", "b"]), json!(["a", "b", "b"]), json!(["a", "b", "c", "d"]), json!([]), json!(1)]
    {
        let body = refused(desk.edit(order(wrong.clone())));
        assert_eq!(body["code"], 2, "{wrong}: {body}");
    }
    let body = refused(desk.edit(order(json!(["a", "x", "a"]))));
    let message = body["message"].as_str().unwrap_or_default();
    for said in ["'x' does not reference", "'a' is listed twice", "missing: b, c"] {
        assert!(message.contains(said), "{message}");
    }
    assert!(refused(desk.edit(Edit::Order { value: json!({ "order": [] }) }))["fields"]["order"].is_string());

    let tag = crate::revision_tag(desk.revision);
    desk.edit_if(order(json!(["b", "a", "c"])), Some(&tag), false).expect("as it was read");
    let stale = desk.edit_if(order(json!(["a", "b", "c"])), Some(&tag), false);
    assert_eq!(stale.expect_err("somebody was faster"), Refusal::PreconditionFailed);
    assert_eq!(desk.order(), ["b", "a", "c"]);
    assert!(desk.edit(order(json!(["b", "a", "c"]))).expect("the same").change.is_empty());
}

fn id_of(desk: &Desk, provider: &str) -> String {
    desk.document.get(Kind::Provider, provider).expect("it is there").id.to_string()
}

#[test]
fn order_is_a_path_and_no_name() {
    let body = refused(Desk::new().create(Kind::Provider, json!({ "name": "order", "kind": "groq" })));
    assert!(body["fields"]["name"].as_str().is_some_and(|it| it.contains("reserved")), "{body}");
}

#[test]
fn a_secret_is_sealed_in_the_row_and_a_mask_in_the_view() {
    let mut desk = desk(&["a"]);
    let secret = "sk-a-one-0123456789";
    let stored = desk.document.find(Kind::Credential, "a/one").expect("it is there").value.to_string();
    assert!(stored.contains("sealed:") && !stored.contains(secret), "{stored}");
    assert_eq!(desk.read_key("a", "one")["secret"], "••••6789");

    let read = desk.read_key("a", "one");
    assert!(desk.patch_key("a", "one", read).expect("the mask stands for what is there").change.is_empty());
    let other = refused(desk.patch_key("a", "one", json!({ "secret": "••••abcd" })));
    assert!(other["fields"]["secret"].as_str().is_some_and(|it| it.contains("mask")), "{other}");
    let sealed = refused(desk.patch_key("a", "one", json!({ "secret": "sealed:v1.x.y:••••" })));
    assert!(sealed["fields"]["secret"].is_string(), "{sealed}");

    for reference in ["env:KEY", "file:/run/key"] {
        row(desk.patch_key("a", "one", json!({ "secret": reference })));
        assert_eq!(desk.read_key("a", "one")["secret"], reference, "references are shown as they are");
    }
    row(desk.patch_key("a", "one", json!({ "secret": "  short\n" })));
    assert_eq!(desk.read_key("a", "one")["secret"], "••••", "nothing of a short one");
    let null = refused(desk.patch_key("a", "one", json!({ "secret": null })));
    assert_eq!(null["fields"]["secret"], "required field missing");
}

#[test]
fn what_is_wrong_with_a_secret_is_said_without_it() {
    let mut desk = desk(&["a"]);
    let long = "x".repeat(4097);
    for secret in
        ["two words", "ключ-к-чему-то", "", "\u{1}control", &long, "env:", "env:SPILLWAY_MASTER_KEY"]
    {
        let body = refused(desk.key("a", json!({ "name": "wrong name", "secret": secret })));
        assert!(body["fields"]["secret"].is_string() && body["fields"]["name"].is_string(), "{body}");
        let quoted = secret.len() > 5 && !secret.starts_with("env:") && body.to_string().contains(secret);
        assert!(!quoted, "{body}");
    }
}

#[test]
fn enabling_and_another_secret_restore_a_credential() {
    let mut desk = desk(&["a"]);
    let id = desk.document.find(Kind::Credential, "a/one").expect("it is there").id;
    let mut restored = |value: Value| desk.patch_key("a", "one", value).expect("a good body").restored;
    assert_eq!(restored(json!({ "enabled": true })), [id], "also where it was enabled already");
    assert_eq!(restored(json!({ "secret": "sk-another-0123456789" })), [id]);
    assert_eq!(restored(json!({ "secret": "env:KEY" })), [id]);
    assert!(restored(json!({ "secret": "env:KEY" })).is_empty(), "nothing new");
    assert!(restored(json!({ "weight": 5 })).is_empty());
    assert!(restored(json!({ "enabled": false })).is_empty());
}

#[test]
fn limits_reach_the_plan_and_a_patch_keeps_the_others() {
    let mut desk = desk(&["a"]);
    let made = desk.document.find(Kind::Credential, "a/one").expect("it is there");
    assert_eq!(made.value["limits"], json!({ "rpm": null, "tpm": null, "max_concurrent": null }));
    row(desk.patch_key("a", "one", json!({ "limits": { "rpm": 60, "max_concurrent": 4 } })));
    let patched = row(desk.patch_key("a", "one", json!({ "limits": { "rpm": null, "tpm": 90_000 } })));
    assert_eq!(patched.value["limits"], json!({ "rpm": null, "tpm": 90_000, "max_concurrent": 4 }));
    let resolved = desk.resolved(&[]);
    let id = resolved.snapshot.credentials.values().find(|it| &*it.name == "one").expect("it is resolved").id;
    let plan = resolved.plan.credentials.iter().find(|it| it.id == id).expect("it is planned");
    let wanted =
        Limits { requests_per_minute: None, tokens_per_minute: Some(90_000), max_concurrent: Some(4) };
    assert_eq!(plan.limits, wanted);
    let body = refused(desk.patch_key("a", "one", json!({ "limits": { "rpm": 0, "tpm": 0.5, "rpd": 1 } })));
    let named = body["fields"]["limits"].as_object().map(serde_json::Map::len);
    assert_eq!(named, Some(3), "{body}");
}

#[test]
fn headers_that_the_gateway_sets_itself_are_no_overrides() {
    let mut desk = desk(&["a"]);
    let good = json!({ "overrides": { "headers": { "x-team": "ai" }, "organization": "org-1" } });
    let read = desk.patch_key("a", "one", good).expect("these are free").row.expect("a row");
    assert_eq!(read.value["overrides"]["headers"]["x-team"], json!(["ai"]));
    let body = json!({ "overrides": { "headers": {
        "Authorization": "Bearer x", "connection": "close", "X-Spillway-Model": "x", "bad name": "x", "fine": "a\r\nb: c"
    } } });
    let body = refused(desk.patch_key("a", "one", body));
    let named = body["fields"]["overrides"]["headers"].as_object().map(serde_json::Map::len);
    assert_eq!(named, Some(5), "{body}");
    row(desk.create(Kind::Provider, json!({ "name": "claude", "kind": "anthropic" })));
    let body = json!({ "name": "k", "secret": "sk-x", "overrides": { "organization": "org-1" } });
    let body = refused(desk.key("claude", body));
    assert!(body["fields"]["overrides"]["organization"].is_string(), "{body}");
}

#[test]
fn the_first_credential_becomes_the_default_and_the_next_takes_over() {
    let mut desk = desk(&["a"]);
    assert_eq!(desk.default_of("a"), "one");
    row(desk.patch_key("a", "three", json!({ "rank": 1 })));
    assert_eq!(desk.default_of("a"), "one", "a rank is not a default");
    let used = refused(desk.delete_key("a", "one"));
    assert_eq!((&used["code"], &used["fields"]["@referenced_by"]), (&json!(4), &json!(["provider a"])));
    desk.delete_key("a", "two").expect("nobody uses it");
    desk.force = true;
    let gone = desk.delete_key("a", "one").expect("by force");
    assert_eq!(desk.default_of("a"), "three");
    assert_eq!(gone.warnings, ["provider a uses it no more"]);
    assert_eq!(desk.keys("a"), ["three"]);
    desk.delete_key("a", "three").expect("the last one, too");
    assert_eq!(desk.default_of("a"), Value::Null);
    row(desk.key("a", json!({ "name": "again", "secret": "env:K" })));
    assert_eq!(desk.default_of("a"), "again");
}

#[test]
fn a_model_may_have_a_default_credential_of_its_own() {
    let mut desk = desk(&["a", "b"]);
    let models = json!({ "models": ["small", { "id": "large", "capabilities": ["vision"], "default_credential": "two" }] });
    let read = row(desk.patch(Kind::Provider, "a", models));
    let read = desk.view(&read);
    assert_eq!(read["models"][1]["default_credential"]["name"], "two");
    assert!(desk.patch(Kind::Provider, "a", read).expect("what was read").change.is_empty());
    let wrong = json!({ "models": [{ "id": "large", "default_credential": id_of(&desk, "b") }] });
    assert_eq!(refused(desk.patch(Kind::Provider, "a", wrong))["code"], 4);

    assert_eq!(refused(desk.delete_key("a", "two"))["fields"]["@referenced_by"], json!(["provider a"]));
    row(desk.create(Kind::Upstream, json!({ "name": "u" })));
    for model in ["small", "large"] {
        row(desk.target("u", json!({ "provider": "a", "model": model })));
    }
    let resolved = desk.resolved(&[]);
    let upstream = resolved.plan.upstreams.iter().find(|it| it.targets.len() == 2).expect("the upstream u");
    let key = |index: usize| match &upstream.targets[index].credentials {
        balance::Credentials::One(id) => resolved.snapshot.credentials[id].name.to_string(),
        other => panic!("one key each: {other:?}"),
    };
    assert_eq!((key(0), key(1)), ("one".to_owned(), "two".to_owned()));
    desk.force = true;
    desk.delete_key("a", "two").expect("by force");
    let provider = desk.document.get(Kind::Provider, "a").expect("it is there");
    assert_eq!(provider.value["models"][1]["default_credential"], Value::Null);
    assert_eq!(provider.value["models"][1]["id"], "large");
}

#[test]
fn what_uses_a_provider_is_named_and_goes_only_by_force() {
    let mut desk = desk(&["a", "b"]);
    row(desk.create(Kind::Upstream, json!({ "name": "u" })));
    let target = row(desk.target("u", json!({ "provider": "a", "model": "m" }))).id;
    row(desk.target("u", json!({ "target": "h.example", "credential": "a/two" })));
    row(desk.create(Kind::Route, json!({ "name": "r", "paths": ["/r"], "provider": "a" })));
    row(desk.create(Kind::Route, json!({ "name": "q", "paths": ["/q"], "upstream": "u" })));
    let used = refused(desk.delete(Kind::Provider, "a"));
    let users =
        json!([format!("target {target} of upstream u"), "route r", "target h.example:443 of upstream u"]);
    let sorted = |value: &Value| {
        let mut all: Vec<String> =
            value.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&used["fields"]["@referenced_by"]), sorted(&users), "{used}");

    desk.force = true;
    let gone = desk.delete(Kind::Provider, "a").expect("by force");
    assert_eq!(gone.warnings.len(), 3, "{:?}", gone.warnings);
    assert_eq!(desk.order(), ["b"]);
    assert_eq!(desk.document.rows(Kind::Credential).count(), 3, "its credentials go along");
    assert_eq!(desk.document.rows(Kind::Target).count(), 0);
    assert!(desk.document.get(Kind::Route, "r").is_none());
    assert!(desk.document.get(Kind::Route, "q").is_some(), "another upstream's route stays");
    desk.resolved(&[]);
}

#[test]
fn force_keeps_a_route_that_has_another_place_to_go() {
    let mut desk = Desk::new();
    for name in ["u", "v"] {
        row(desk.create(Kind::Upstream, json!({ "name": name })));
    }
    row(desk.create(Kind::Service, json!({ "name": "s" })));
    let route = json!({ "name": "r", "paths": ["/r"], "service": "s", "upstreams": { "production": "u", "sandbox": "v" } });
    row(desk.create(Kind::Route, route));
    desk.force = true;
    desk.delete(Kind::Upstream, "v").expect("by force");
    desk.delete(Kind::Service, "s").expect("by force");
    let route = desk.document.get(Kind::Route, "r").expect("it is still there");
    assert_eq!(desk.view(&route)["upstreams"]["production"]["name"], "u");
    assert_eq!((&route.value["upstreams"]["sandbox"], &route.value["service"]), (&Value::Null, &Value::Null));
    desk.delete(Kind::Upstream, "u").expect("by force");
    assert!(desk.document.get(Kind::Route, "r").is_none(), "nowhere to go");
}

#[test]
fn a_credential_is_found_in_the_flat_collection_too() {
    let mut desk = desk(&["a"]);
    let made =
        row(desk.create(Kind::Credential, json!({ "provider": "a", "name": "flat", "secret": "env:K" })));
    assert_eq!(desk.view(&made)["provider"]["name"], "a");
    for at in ["flat", "a/flat", &made.id.to_string()] {
        let found = row(desk.patch(Kind::Credential, at, json!({ "weight": 7 })));
        assert_eq!(found.id, made.id);
    }
    let homeless = refused(desk.create(Kind::Credential, json!({ "name": "x", "secret": "env:K" })));
    assert_eq!(homeless["fields"]["provider"], "required field missing");
    let wrong =
        refused(desk.create(Kind::Credential, json!({ "provider": "z", "name": "x", "secret": "env:K" })));
    assert_eq!(wrong["code"], 4);
}

//! Edits as the manual shows them, and what they leave.

mod bodies;
mod client_keys;
mod vendors;

use serde_json::{Value, json};

use crate::{
    Edit, Kind, Refusal, etag,
    testing::{Desk, row},
};

/// Status of an edit: 201, 200, 204 or the refusal's.
fn status(outcome: &Result<crate::Edited, Refusal>) -> u16 {
    match outcome {
        Ok(edited) if edited.created => 201,
        Ok(edited) if edited.row.is_none() => 204,
        Ok(_) => 200,
        Err(refusal) => refusal.status(),
    }
}

#[test]
fn every_command_of_the_manual_answers_as_the_contract_says() {
    let mut desk = Desk::new();
    let mut check = |method: &str, path: &str, form: &str, expected: u16| {
        let outcome = desk.curl(method, path, form);
        assert_eq!(status(&outcome), expected, "{method} {path} {form}: {outcome:?}");
        outcome.ok()
    };
    check("POST", "/upstreams", "name=openai-upstream&algorithm=round-robin", 201);
    check("POST", "/upstreams/openai-upstream/targets", "target=api.openai.com:443&weight=100", 201);
    check("POST", "/upstreams/openai-upstream/targets", "target=api2.openai.com:443&weight=100", 201);
    check("POST", "/upstreams", "name=ai-upstream&algorithm=round-robin", 201);
    check("POST", "/upstreams", "name=ai-upstream&algorithm=least-connections", 409);
    let hashing = "name=ai-upstream&algorithm=consistent-hashing&hash_on=header&hash_on_header=user-id";
    check("POST", "/upstreams", hashing, 409);
    let active = "healthchecks.active.http_path=/health&healthchecks.active.healthy.interval=5&healthchecks.active.unhealthy.interval=5";
    check("PATCH", "/upstreams/ai-upstream", active, 200);
    let passive = "healthchecks.passive.healthy.successes=3&healthchecks.passive.unhealthy.http_failures=3";
    let patched = check("PATCH", "/upstreams/ai-upstream", passive, 200);
    let target = "target=api1.example.com:443&weight=200";
    check("POST", "/upstreams/ai-upstream/targets", target, 201);
    check("POST", "/upstreams/ai-upstream/targets", target, 200);
    let backup = "target=backup-api.example.com:443&weight=100&backup=true";
    let backup = check("POST", "/upstreams/ai-upstream/targets", backup, 201);

    let upstream = desk.view(&patched.and_then(|it| it.row).expect("PATCH answers with the row"));
    let checks = &upstream["healthchecks"];
    assert_eq!(checks["active"]["http_path"], "/health", "PATCH keeps what an earlier one wrote");
    assert_eq!(
        checks["active"]["healthy"],
        json!({"interval": 5, "http_statuses": [200, 302], "successes": 2})
    );
    assert_eq!(
        checks["passive"]["unhealthy"]["tcp_failures"], 3,
        "unset thresholds read as they are in force"
    );
    assert_eq!(checks["passive"]["healthy"]["successes"], 3);
    let backup = desk.view(&backup.and_then(|it| it.row).expect("POST answers with the row"));
    assert_eq!((&backup["tier"], &backup["backup"]), (&Value::Null, &json!(true)));
    assert_eq!(backup["upstream"]["name"], "ai-upstream");
}

#[test]
fn each_algorithm_of_the_manual_is_created_in_a_fresh_store() {
    for form in
        ["algorithm=least-connections", "algorithm=consistent-hashing&hash_on=header&hash_on_header=user-id"]
    {
        let created = Desk::new().curl("POST", "/upstreams", &format!("name=ai-upstream&{form}"));
        assert_eq!(status(&created), 201, "{form}");
    }
}

#[test]
fn an_upstream_reads_back_complete() {
    let mut desk = Desk::new();
    let upstream = row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let view = desk.view(&upstream);
    let expected = json!({
        "id": "00000000-0000-0000-0000-000000000001", "created_at": 1_700_000_000, "updated_at": 1_700_000_000,
        "name": "u", "enabled": true, "algorithm": "round-robin",
        "hash_on": "none", "hash_on_header": null, "hash_on_cookie": null, "hash_on_cookie_path": "/",
        "hash_on_query_arg": null, "hash_fallback": "none", "hash_fallback_header": null,
        "hash_fallback_query_arg": null, "slots": 10_000,
        "healthchecks": {
            "threshold": 0,
            "active": {
                "type": "http", "timeout": 1, "concurrency": 10, "http_path": "/", "headers": {},
                "https_verify_certificate": true,
                "healthy": {"interval": 0, "http_statuses": [200, 302], "successes": 2},
                "unhealthy": {
                    "interval": 0, "http_statuses": [500, 501, 502, 503, 504, 505],
                    "http_failures": 3, "tcp_failures": 3, "timeouts": 3
                }
            },
            "passive": {
                "healthy": {
                    "http_statuses": [
                        200, 201, 202, 203, 204, 205, 206, 207, 208, 226,
                        300, 301, 302, 303, 304, 305, 306, 307, 308
                    ],
                    "successes": 2
                },
                "unhealthy": {
                    "http_statuses": [500, 502, 503],
                    "http_failures": 3, "tcp_failures": 3, "timeouts": 3, "ejection_time": 10
                }
            }
        },
        "retries": {
            "attempts": 3, "credential_attempts": 32, "deadline": null,
            "budget": {"ratio": 0.2, "min_per_second": 10, "window": 10}
        },
        "timeouts": {"connect": 5, "first_token": "auto", "response": "auto", "idle": 60, "total": null},
        "suspension": {
            "rate_limit": 60, "auth": 10, "connect": 10, "timeout": 10, "overloaded": 10, "not_found": 60,
            "server_error": null, "quota": "until_enabled", "honour_retry_after": true, "cap": 900
        },
        "affinity": {"key": "none", "ttl": 300},
        "on_empty": "reject", "min_enabled": 0, "response_buffer_bytes": 262_144, "lossy": "refuse", "host_header": null,
        "tls": {"ca_file": null, "verify": true, "server_name": null},
        "tags": null
    });
    assert_eq!(view, expected);
}

#[test]
fn a_patch_with_what_was_read_changes_nothing() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k")]);
    row(desk.create(Kind::Upstream, json!({"name": "u", "hash_on": "ip", "suspend_duration": 30})));
    row(desk.target("u", json!({"target": "a.example", "backup": true})));
    row(desk.target("u", json!({"provider": "openai", "credential": "*", "model": "@default"})));
    row(desk.create(Kind::Service, json!({"name": "s"})));
    row(desk.create(Kind::Route, json!({"paths": ["/x"], "upstreams": {"production": "u"}, "service": "s"})));
    for kind in [Kind::Upstream, Kind::Target, Kind::Service, Kind::Route, Kind::Provider, Kind::Credential] {
        let rows: Vec<_> = desk.document.rows(kind).cloned().collect();
        for before in rows {
            let read = desk.view(&before);
            let (parent, at) = (None, before.id.to_string());
            desk.now += 10;
            let patched =
                desk.edit(Edit::Patch { kind, parent, at, value: read.clone() }).expect("own read is valid");
            assert!(patched.change.is_empty(), "{kind:?} {read}");
            assert_eq!(patched.row.as_ref(), Some(&before));
        }
    }
}

#[test]
fn a_raw_host_is_one_target_and_a_provider_is_one_for_each_post() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k")]);
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let first = row(desk.target("u", json!({"target": "API.example.com", "weight": 5, "model": "m"})));
    assert_eq!(first.value["target"], "api.example.com:443");
    let again = desk.target("u", json!({"target": "api.example.com:443", "weight": 6})).expect("an update");
    let updated = again.row.expect("the row");
    assert!(!again.created && updated.id == first.id);
    assert_eq!(updated.value["model"], "m", "what the second POST does not say stays");
    let post = Edit::Create {
        kind: Kind::Target,
        parent: Some("u".to_owned()),
        value: json!({"target": "api.example.com"}),
    };
    assert_eq!(desk.edit_if(post, None, true).expect_err("it is there").status(), 412);
    let one = row(desk.target("u", json!({"provider": "openai"})));
    let two = row(desk.target("u", json!({"provider": "openai"})));
    assert_ne!(one.id, two.id);
    assert_eq!(status(&desk.curl("DELETE", "/upstreams/u/targets/api.example.com", "")), 204);
    assert_eq!(
        status(&desk.curl("DELETE", "/upstreams/u/targets/api.example.com", "")),
        204,
        "absent already"
    );
    assert_eq!(status(&desk.curl("DELETE", "/upstreams/nobody/targets/x", "")), 404);
}

#[test]
fn put_creates_replaces_and_keeps_identity() {
    let mut desk = Desk::new();
    let created = desk.curl("PUT", "/upstreams/u", "slots=20").expect("valid");
    assert!(created.created);
    let created = created.row.expect("the row");
    assert_eq!((&created.value["name"], &created.value["slots"]), (&json!("u"), &json!(20)));
    desk.now += 5;
    let replaced = desk.curl("PUT", "/upstreams/u", "algorithm=latency").expect("valid");
    let row = replaced.row.expect("the row");
    assert!(!replaced.created && row.id == created.id);
    assert_eq!(row.value["slots"], 10_000, "PUT replaces");
    assert_eq!((row.created_at, row.updated_at), (created.created_at, created.created_at + 5));
    let by_id = "00000000-0000-0000-0000-0000000000ff";
    let created = desk.curl("PUT", &format!("/upstreams/{by_id}"), "name=v").expect("valid");
    assert_eq!(created.row.map(|row| row.id.to_string()), Some(by_id.to_owned()));
    assert_eq!(status(&desk.curl("PUT", "/upstreams/u", "name=w")), 400);
    assert_eq!(status(&desk.curl("PUT", "/upstreams/u/targets/h:80", "weight=1")), 201);
    assert_eq!(status(&desk.curl("PUT", "/upstreams/u/targets/h:80", "weight=2")), 200);
    let taken = desk.create(Kind::Upstream, json!({"name": "x", "id": by_id})).expect_err("the id is taken");
    assert_eq!((taken.status(), taken.code()), (409, Some(3)));
}

#[test]
fn names_and_matchers_are_unique() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.create(Kind::Upstream, json!({"name": "v"})));
    let twice = desk.create(Kind::Upstream, json!({"name": "u"})).expect_err("the name is taken");
    assert_eq!((twice.code(), twice.fields()), (Some(5), json!({"name": "u"})));
    assert_eq!(twice.message(), r#"UNIQUE violation detected on '{name="u"}'"#);
    assert_eq!(status(&desk.patch(Kind::Upstream, "v", json!({"name": "u"}))), 409);
    row(desk.create(Kind::Route, json!({"paths": ["/a", "/b"], "upstream": "u"})));
    let same = desk.create(Kind::Route, json!({"paths": ["/b", "/a"], "upstream": "v"}));
    assert_eq!(status(&same), 409, "one policy per route");
    row(desk.create(Kind::Route, json!({"paths": ["/a", "/b"], "methods": ["POST"], "upstream": "v"})));
}

#[test]
fn what_is_in_use_stays_and_targets_go_with_their_upstream() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.target("u", json!({"target": "h:1"})));
    row(desk.create(Kind::Route, json!({"name": "r", "paths": ["/a"], "upstream": "u"})));
    let used = desk.curl("DELETE", "/upstreams/u", "").expect_err("a route uses it");
    assert_eq!(
        (used.status(), used.code(), used.message().as_str()),
        (409, Some(4), "still used by route r; ?force=true lets go of it there")
    );
    let delete = Edit::Delete { kind: Kind::Route, parent: None, at: "r".to_owned() };
    assert_eq!(desk.edit(delete).expect("valid").change.len(), 1);
    let deleted = desk.curl("DELETE", "/upstreams/u", "").expect("nobody uses it");
    assert_eq!(deleted.change.len(), 2, "the target and the upstream");
    assert_eq!(desk.document.rows(Kind::Target).count(), 0);
}

#[test]
fn a_stale_tag_is_refused() {
    let mut desk = Desk::new();
    let first = row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let patch = |slots: u32| Edit::Patch {
        kind: Kind::Upstream,
        parent: None,
        at: "u".to_owned(),
        value: json!({ "slots": slots }),
    };
    assert!(desk.edit_if(patch(20), Some(&etag(&first)), false).is_ok());
    assert_eq!(status(&desk.edit_if(patch(30), Some(&etag(&first)), false)), 412);
    assert!(desk.edit_if(patch(30), Some("*"), false).is_ok());
}

#[test]
fn the_built_in_upstream_has_switches_and_settings_but_what_follows_from_the_providers_stays() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "k")]);
    let before = desk.document.get(Kind::Upstream, "default").expect("built in");
    let view = desk.view(&before);
    assert_eq!((&view["enabled"], &view["match_unknown_models"]), (&json!(true), &json!(false)));
    assert_eq!(view["algorithm"], "priority");
    let patched = desk.curl("PATCH", "/upstreams/default", "match_unknown_models=true").expect("a switch");
    assert_eq!(patched.row.map(|row| row.value["match_unknown_models"].clone()), Some(json!(true)));
    let patient = desk.curl("PATCH", "/upstreams/default", "suspension.auth=600").expect("a setting");
    assert_eq!(patient.row.and_then(|row| row.value["suspension"]["auth"].as_f64()), Some(600.0));
    assert_eq!(status(&desk.curl("PATCH", "/upstreams/default", "slots=20")), 400);
    assert_eq!(status(&desk.curl("DELETE", "/upstreams/default", "")), 405);
    assert_eq!(status(&desk.curl("POST", "/upstreams/default/targets", "target=h")), 405);
    let targets = desk.document.children(Kind::Target, before.id);
    let seen: Vec<_> = targets.iter().map(|row| desk.view(row)).collect();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0]["provider"]["name"], "openai");
    assert_eq!(
        (&seen[0]["model"], &seen[0]["credential"], &seen[0]["tier"]),
        (&json!("@default"), &json!("*"), &json!(1))
    );
    let at = targets[0].id.to_string();
    assert_eq!(status(&desk.curl("PATCH", &format!("/upstreams/default/targets/{at}"), "weight=1")), 405);
}

#[test]
fn stored_rows_come_back_as_they_were() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k")]);
    row(desk.create(Kind::Upstream, json!({"name": "u", "retries": {"attempts": 1}})));
    row(desk.target("u", json!({"provider": "openai", "credential": "env", "model": "m"})));
    row(desk.create(Kind::Route, json!({"paths": ["~/a/\\d+"], "upstreams": {"sandbox": "u"}})));
    row(desk.curl("PATCH", "/upstreams/default", "enabled=false"));
    let rows = |document: &crate::Document| -> Vec<_> {
        Kind::ALL.into_iter().flat_map(|kind| document.rows(kind).cloned().collect::<Vec<_>>()).collect()
    };
    let before = rows(&desk.document);
    let stored = before.iter().map(|row| crate::Stored {
        kind: row.kind,
        id: row.id,
        created_at: row.created_at,
        updated_at: row.updated_at,
        value: serde_json::from_str(&row.value.to_string()).expect("a value prints as JSON"),
    });
    let after = crate::Document::from_rows(stored).expect("what was written can be read");
    assert_eq!(rows(&after), before);
}

#[test]
fn derived_upstreams_are_read_but_not_written() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k"), ("GROQ_API_KEY", "k")]);
    let derived = desk.document.get(Kind::Upstream, "openai/*").expect("it follows from the provider");
    let view = desk.view(&derived);
    assert_eq!((&view["name"], &view["algorithm"]), (&json!("openai/*"), &json!("priority")));
    assert_eq!(view["id"], json!(derived.id.to_string()));
    let targets = desk.document.children(Kind::Target, derived.id);
    let told: Vec<Value> = targets.iter().map(|row| desk.view(row)["provider"]["name"].clone()).collect();
    assert_eq!(told, ["openai", "groq"], "itself, then the others while default is enabled");
    let at = derived.id.to_string();
    assert_eq!(status(&desk.patch(Kind::Upstream, &at, json!({"slots": 20}))), 405);
    assert_eq!(status(&desk.target(&at, json!({"target": "h"}))), 405);
    let listed: Vec<_> = desk.document.rows(Kind::Upstream).filter_map(|row| row.name()).collect();
    assert_eq!(listed, ["default"], "lists show what is stored or built in");
}

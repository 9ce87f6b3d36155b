//! What holds for every entity: addressing, lists, tags, PATCH, PUT, preconditions, methods.

use serde_json::{Value, json};

use super::{call, expect, names, violates};
use crate::support::{Spillway, vendor};

#[tokio::test]
async fn every_entity_has_id_times_and_tags_and_is_addressed_by_id_or_name() {
    let spillway = Spillway::start();
    for (path, body) in [
        ("/upstreams", json!({"name": "ai"})),
        ("/services", json!({"name": "chat"})),
        ("/routes", json!({"name": "front", "paths": ["/front"], "upstream": "ai"})),
    ] {
        let made = expect(&spillway, 201, "POST", path, &body).await;
        let id = made["id"].as_str().expect("an id");
        assert_eq!(id.len(), 36, "{id}");
        assert!(made["created_at"].is_u64() && made["updated_at"].is_u64(), "{made}");
        assert!(made["tags"].is_null(), "no tags, as Kong says it: {made}");
        let name = body["name"].as_str().unwrap();
        for at in [id, name] {
            let read = spillway.admin("GET", &format!("{path}/{at}")).await;
            assert_eq!((read.status, read.json()), (200, made.clone()));
        }
    }
    let made =
        expect(&spillway, 201, "POST", "/upstreams/ai/targets", &json!({"target": "a.example:443"})).await;
    for at in ["a.example:443", made["id"].as_str().unwrap()] {
        let read = spillway.admin("GET", &format!("/upstreams/ai/targets/{at}")).await;
        assert_eq!((read.status, &read.json()["id"]), (200, &made["id"]));
    }
}

#[tokio::test]
async fn a_uuid_given_in_a_body_or_a_put_is_the_id() {
    let spillway = Spillway::start();
    let id = "6d1f2a34-5b6c-4d7e-8f90-a1b2c3d4e5f6";
    let made = expect(&spillway, 201, "PUT", &format!("/upstreams/{id}"), &json!({"name": "ai"})).await;
    assert_eq!(made["id"], id);
    assert_eq!(spillway.admin("GET", "/upstreams/ai").await.json()["id"], id);
}

#[tokio::test]
async fn a_name_is_unique_and_a_conflict_names_it() {
    let spillway = Spillway::start();
    for (path, first) in [
        ("/upstreams", json!({"name": "ai"})),
        ("/services", json!({"name": "chat"})),
        ("/routes", json!({"name": "front", "paths": ["/front"], "upstream": "ai"})),
    ] {
        expect(&spillway, 201, "POST", path, &first).await;
        let error = expect(&spillway, 409, "POST", path, &first).await;
        assert_eq!((&error["code"], &error["name"]), (&json!(5), &json!("unique constraint violation")));
        assert!(!error["fields"]["name"].is_null(), "{error}");
        assert!(error["message"].as_str().unwrap().contains(first["name"].as_str().unwrap()), "{error}");
    }
    expect(&spillway, 201, "POST", "/upstreams", &json!({"name": "other"})).await;
    expect(&spillway, 409, "PATCH", "/upstreams/other", &json!({"name": "ai"})).await;
    assert_eq!(spillway.admin("GET", "/upstreams/other").await.status, 200, "it keeps its name");
}

#[tokio::test]
async fn a_reference_to_nothing_is_a_foreign_key_violation() {
    let spillway = Spillway::start();
    let body = json!({"name": "front", "paths": ["/front"], "upstream": "nobody"});
    let error = expect(&spillway, 400, "POST", "/routes", &body).await;
    assert_eq!((&error["code"], &error["name"]), (&json!(4), &json!("foreign key violation")), "{error}");
    assert!(!error["fields"]["upstream"].is_null(), "{error}");
}

#[tokio::test]
async fn references_are_written_three_ways_and_read_back_as_id_and_name() {
    let spillway = Spillway::start();
    let upstream = expect(&spillway, 201, "POST", "/upstreams", &json!({"name": "ai"})).await;
    let id = &upstream["id"];
    for (name, reference) in
        [("a", json!("ai")), ("b", id.clone()), ("c", json!({"name": "ai"})), ("d", json!({"id": id}))]
    {
        let path = format!("/{name}");
        let body = json!({"name": name, "paths": [path], "upstream": reference});
        let made = expect(&spillway, 201, "POST", "/routes", &body).await;
        assert_eq!(made["upstream"], json!({"id": id, "name": "ai"}));
    }
    let answer = spillway.form("PATCH", "/routes/a", &["upstream.name=ai"]).await;
    assert_eq!((answer.status, &answer.json()["upstream"]["id"]), (200, id), "{}", answer.text());
}

#[tokio::test]
async fn what_something_uses_cannot_be_removed_from_under_it() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    expect(&spillway, 201, "POST", "/routes", &json!({"name": "front", "paths": ["/f"], "upstream": "ai"}))
        .await;
    let answer = spillway.admin("DELETE", "/upstreams/ai").await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert!(answer.text().contains("front"), "it names the user: {}", answer.text());
    assert_eq!(spillway.admin("DELETE", "/routes/front").await.status, 204);
    assert_eq!(spillway.admin("DELETE", "/upstreams/ai").await.status, 204);
}

#[tokio::test]
async fn what_is_already_absent_is_as_good_as_removed() {
    let spillway = Spillway::start();
    for path in ["/upstreams/nobody", "/services/nobody", "/routes/nobody"] {
        let answer = spillway.admin("DELETE", path).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}: {}", answer.text());
        for method in ["GET", "PATCH"] {
            let answer = call(&spillway, method, path, &[], "").await;
            assert_eq!(
                (answer.status, &answer.json()["message"]),
                (404, &json!("Not found")),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_is_paged_and_its_pages_hold_everything_once() {
    let spillway = Spillway::start();
    let mut wanted = Vec::new();
    for number in 0..7 {
        spillway.upstream(&format!("u{number}"), &["tags=ours"]).await;
        wanted.push(format!("u{number}"));
    }
    let mut found = Vec::new();
    let mut next = Some("/upstreams?size=3&tags=ours".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = spillway.admin("GET", &path).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        found.extend(names(&page));
        pages += 1;
        next = page["next"].as_str().map(str::to_owned);
        assert_eq!(next.is_some(), page["offset"].is_string(), "{page}");
        if let Some(next) = &next {
            assert!(next.starts_with("/upstreams?") && next.contains("offset="), "{next}");
            assert!(next.contains("size=3") && next.contains("tags=ours"), "it keeps what was asked: {next}");
        }
    }
    found.sort();
    assert_eq!((pages, found), (3, wanted));
}

#[tokio::test]
async fn a_size_or_an_offset_that_makes_no_sense_is_refused() {
    let spillway = Spillway::start();
    for size in ["0", "1001", "-1", "many", ""] {
        let answer = spillway.admin("GET", &format!("/upstreams?size={size}")).await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(9)), "{size}: {}", answer.text());
        assert_eq!(answer.json()["name"], "invalid size");
    }
    for offset in ["nonsense", "%00", "AAAA"] {
        let answer = spillway.admin("GET", &format!("/upstreams?offset={offset}")).await;
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(7)), "{offset}: {}", answer.text());
        assert_eq!(answer.json()["name"], "invalid offset");
    }
    assert_eq!(spillway.admin("GET", "/upstreams?size=1000").await.status, 200);
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let spillway = Spillway::start();
    for path in ["/services", "/routes", "/providers", "/upstreams?tags=none"] {
        let answer = spillway.admin("GET", path).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"data": [], "next": null})), "{path}");
    }
}

#[tokio::test]
async fn tags_select_with_and_and_or() {
    let spillway = Spillway::start();
    for (name, tags) in [("both", &["tags=a", "tags=b"][..]), ("left", &["tags=a"]), ("right", &["tags=b"])] {
        spillway.upstream(name, tags).await;
    }
    for (query, wanted) in
        [("a", &["both", "left"][..]), ("a,b", &["both"]), ("a/b", &["both", "left", "right"]), ("c", &[])]
    {
        let list = spillway.admin("GET", &format!("/upstreams?tags={query}")).await.json();
        let mut found = names(&list);
        found.sort();
        assert_eq!(found, wanted, "{query}");
    }
    let mixed = spillway.admin("GET", "/upstreams?tags=a,b/c").await;
    assert_eq!(mixed.status, 400, "and with or has no meaning: {}", mixed.text());
}

#[tokio::test]
async fn patch_merges_objects_deeply_and_replaces_arrays() {
    let spillway = Spillway::start();
    let before = expect(
        &spillway,
        201,
        "POST",
        "/upstreams",
        &json!({"name": "ai", "tags": ["a", "b"], "retries": {"attempts": 5, "budget": {"ratio": 0.5}},
            "healthchecks": {"active": {"http_path": "/up", "headers": {"x-probe": ["1"]}}}}),
    )
    .await;
    let change = json!({"tags": ["c"], "retries": {"budget": {"window": 20}},
        "healthchecks": {"active": {"healthy": {"interval": 5}}}});
    let after = expect(&spillway, 200, "PATCH", "/upstreams/ai", &change).await;
    let mut wanted = before.clone();
    wanted["tags"] = json!(["c"]);
    wanted["retries"]["budget"]["window"] = json!(20);
    wanted["healthchecks"]["active"]["healthy"]["interval"] = json!(5);
    wanted["updated_at"] = after["updated_at"].clone();
    assert_eq!(after, wanted, "nothing else is touched");
    let unchanged = expect(&spillway, 200, "PATCH", "/upstreams/ai", &json!({})).await;
    assert_eq!(unchanged, after);
}

#[tokio::test]
async fn put_makes_or_replaces() {
    let spillway = Spillway::start();
    let made = expect(&spillway, 201, "PUT", "/upstreams/ai", &json!({"slots": 500, "tags": ["a"]})).await;
    assert_eq!((&made["name"], &made["slots"]), (&json!("ai"), &json!(500)), "the name is the path's");
    let replaced = expect(&spillway, 200, "PUT", "/upstreams/ai", &json!({"algorithm": "latency"})).await;
    assert_eq!((&replaced["id"], &replaced["created_at"]), (&made["id"], &made["created_at"]));
    assert_eq!(replaced["algorithm"], "latency");
    assert_eq!(
        (&replaced["slots"], &replaced["tags"]),
        (&json!(10_000), &Value::Null),
        "the rest is default again"
    );
    violates(&spillway, "PUT", "/upstreams/ai", &json!({"slots": 1}), &["slots"]).await;
    violates(&spillway, "PUT", "/upstreams/v1", &json!({}), &["name"]).await;
}

#[tokio::test]
async fn a_put_of_what_was_read_changes_nothing() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &["hash_on=header", "hash_on_header=x-user", "suspend_duration=7"]).await;
    spillway.form("POST", "/upstreams/ai/targets", &["target=a.example:443", "backup=true"]).await;
    spillway.form("POST", "/routes", &["name=r", "paths=/r", "upstream=ai"]).await;
    for path in ["/upstreams/ai", "/upstreams/ai/targets/a.example:443", "/routes/r"] {
        let read = spillway.admin("GET", path).await.json();
        let mut written = expect(&spillway, 200, "PUT", path, &read).await;
        written["updated_at"] = read["updated_at"].clone();
        assert_eq!(written, read, "{path}");
    }
}

#[tokio::test]
async fn a_stale_if_match_is_a_412_and_nothing_changes() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let read = spillway.admin("GET", "/upstreams/ai").await;
    let tag = read.header("etag").expect("an ETag").to_owned();
    let json_with =
        |tag: &str| vec![("content-type", "application/json".to_owned()), ("if-match", tag.to_owned())];
    let send = async |method: &str, tag: &str, body: Value| {
        let headers = json_with(tag);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        call(&spillway, method, "/upstreams/ai", &headers, &body.to_string()).await
    };
    let changed = send("PATCH", &tag, json!({"slots": 100})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_ne!(changed.header("etag"), Some(tag.as_str()), "a change changes the tag");
    for method in ["PATCH", "PUT", "DELETE"] {
        let stale = send(method, &tag, json!({"slots": 200})).await;
        assert_eq!(stale.status, 412, "{method}: {}", stale.text());
        assert!(stale.json()["message"].is_string());
    }
    assert_eq!(spillway.admin("GET", "/upstreams/ai").await.json()["slots"], 100);
    assert_eq!(send("PATCH", "*", json!({"slots": 300})).await.status, 200, "* is any");
    let current = spillway.admin("GET", "/upstreams/ai").await.header("etag").unwrap().to_owned();
    let several = format!("\"other\", {current}");
    assert_eq!(send("PATCH", &several, json!({"slots": 400})).await.status, 200, "one of several");
}

#[tokio::test]
async fn if_none_match_star_asks_for_412_instead_of_an_update() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let headers = [("content-type", "application/json"), ("if-none-match", "*")];
    let body = json!({"target": "a.example:443"}).to_string();
    assert_eq!(call(&spillway, "POST", "/upstreams/ai/targets", &headers, &body).await.status, 201);
    assert_eq!(call(&spillway, "POST", "/upstreams/ai/targets", &headers, &body).await.status, 412);
    assert_eq!(call(&spillway, "PUT", "/upstreams/ai", &headers, "{}").await.status, 412);
    assert_eq!(call(&spillway, "PUT", "/upstreams/new", &headers, "{}").await.status, 201);
}

#[tokio::test]
async fn a_read_of_what_the_caller_has_is_a_304() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    let tag = spillway.admin("GET", "/upstreams/ai").await.header("etag").unwrap().to_owned();
    let answer = call(&spillway, "GET", "/upstreams/ai", &[("if-none-match", &tag)], "").await;
    assert_eq!((answer.status, answer.body.len()), (304, 0));
    assert_eq!(answer.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_a_405_with_allow() {
    let spillway = Spillway::start();
    spillway.upstream("ai", &[]).await;
    for (method, path, allowed) in [
        ("PATCH", "/upstreams", &["GET", "POST"][..]),
        ("DELETE", "/upstreams", &["GET", "POST"]),
        ("POST", "/upstreams/ai", &["GET", "PATCH", "PUT", "DELETE"]),
        ("POST", "/metrics", &["GET"]),
        ("POST", "/upstreams/ai/health", &["GET"]),
        ("GET", "/upstreams/ai/targets/a.example:443/healthy", &["PUT"]),
        ("GET", "/upstreams/ai/targets/a.example:443/exclusion", &["DELETE"]),
        ("POST", "/openapi.json", &["GET"]),
    ] {
        let answer = call(&spillway, method, path, &[], "").await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
        let allow = answer.header("allow").expect("Allow").to_owned();
        for method in allowed {
            assert!(allow.split(',').any(|it| it.trim() == *method), "{path}: {method} is not in {allow}");
        }
        assert!(answer.json()["message"].is_string(), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_path_that_is_not_there_is_a_404_in_json() {
    let spillway = Spillway::start();
    for path in ["/nothing", "/upstreams/nobody/targets", "/upstreams/nobody/health", "/schemas/nothing"] {
        let answer = spillway.admin("GET", path).await;
        assert_eq!((answer.status, &answer.json()["message"]), (404, &json!("Not found")), "{path}");
    }
    let body = json!({"target": "a.example:443"});
    let answer = spillway.json("POST", "/upstreams/nobody/targets", &body).await;
    assert_eq!((answer.status, &answer.json()["message"]), (404, &json!("Not found")));
}

#[tokio::test]
async fn a_name_that_two_have_names_neither_and_says_so() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    for provider in ["a", "b"] {
        spillway.provider(provider, &one).await;
        spillway.key(provider, "same", &format!("sk-{provider}-0123456789")).await;
    }
    let headers = [("content-type", "application/json")];
    for (method, body) in [
        ("GET", ""),
        ("PATCH", r#"{"weight": 3}"#),
        ("PUT", r#"{"provider": "a", "secret": "sk-x"}"#),
        ("DELETE", ""),
    ] {
        let answer = call(&spillway, method, "/credentials/same", &headers, body).await;
        assert_eq!(answer.status, 409, "{method}: {}", answer.text());
        assert!(answer.text().contains("a/same") && answer.text().contains("b/same"), "{}", answer.text());
    }
    let changed = call(&spillway, "PATCH", "/credentials/b%2Fsame", &headers, r#"{"weight": 3}"#).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(call(&spillway, "DELETE", "/credentials/a%2Fsame?force=true", &headers, "").await.status, 204);
    assert_eq!(spillway.admin("GET", "/credentials/same").await.json()["weight"], 3, "now there is one");
}

#[tokio::test]
async fn what_a_deletion_says_it_says_in_every_script() {
    let (spillway, one) = (Spillway::start(), vendor("one").await);
    spillway.provider_with_keys(&one, &["a", "b"]).await;
    let models = json!({"models": ["p-1", "größe"]});
    assert_eq!(spillway.json("PATCH", "/providers/p", &models).await.status, 200);
    let path = "/providers/p/models/gr%C3%B6%C3%9Fe/load-balancing";
    let entries = json!([{"credential": "a"}, {"credential": "b"}]);
    let made = spillway.json("PUT", path, &json!({"enabled": true, "entries": entries})).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let gone = spillway.admin("DELETE", "/providers/p/credentials/b?force=true").await;
    assert_eq!(gone.status, 204);
    let told: Vec<&str> =
        gone.headers.iter().filter(|it| it.0 == "x-spillway-warning").map(|it| &*it.1).collect();
    assert!(told.iter().any(|it| it.contains("p/gr")), "{told:?}");
}

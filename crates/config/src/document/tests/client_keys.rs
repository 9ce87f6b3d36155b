//! Consumers and their keys: what may be written, what is read back, what goes along.

use balance::{Environment, Time};
use serde_json::{Value, json};

use super::status;
use crate::{
    Document, Edit, Kind, Refusal, Stored,
    entity::KeyHash,
    etag,
    testing::{Desk, row},
};

#[test]
fn a_key_reads_back_complete_and_without_its_hash() {
    let mut desk = Desk::new();
    row(desk.curl("POST", "/consumers", "name=shop"));
    let made = desk.curl("POST", "/consumers/shop/keys", "name=web").expect("a name is enough");
    assert!(made.created);
    let made = made.row.expect("the row");
    let expected = json!({
        "id": "00000000-0000-0000-0000-000000000002", "created_at": 1_700_000_000, "updated_at": 1_700_000_000,
        "consumer": {"id": "00000000-0000-0000-0000-000000000001", "name": "shop"}, "name": "web",
        "environment": "production", "routes": null, "models": null, "expires_at": null, "enabled": true,
        "tags": null
    });
    assert_eq!(desk.view(&made), expected);
    let stored = made.value["hash"].as_str().expect("the hash is kept with the row");
    assert_eq!(stored.len(), 64);
    assert!(!format!("{made:?}").contains(&format!("KeyHash({stored}")) && !etag(&made).contains(stored));
}

#[test]
fn neither_patch_nor_put_changes_what_a_key_is_known_by() {
    let mut desk = Desk::new();
    row(desk.curl("POST", "/consumers", "name=shop"));
    let hash = |row: &crate::Row| row.value["hash"].clone();
    let made = row(desk.curl("POST", "/consumers/shop/keys", "name=web&environment=sandbox"));
    desk.now += 1;
    let patched = row(desk.curl("PATCH", "/consumers/shop/keys/web", "enabled=false&models=gpt-4o"));
    assert_eq!(hash(&patched), hash(&made));
    desk.now += 1;
    let put = desk.curl("PUT", "/consumers/shop/keys/web", "models[]=gpt-4o-mini").expect("valid");
    let replaced = put.row.expect("the row");
    assert!(!put.created && replaced.id == made.id);
    assert_eq!(hash(&replaced), hash(&made));
    assert_eq!(replaced.value["environment"], "production", "PUT replaces the rest");
    let other = row(desk.curl("PUT", "/consumers/shop/keys/other", ""));
    assert_ne!(hash(&other), hash(&made), "a PUT that makes one makes a secret, too");
}

#[test]
fn secrets_limits_and_budgets_are_unknown_fields() {
    let mut desk = Desk::new();
    row(desk.curl("POST", "/consumers", "name=shop"));
    row(desk.curl("POST", "/consumers/shop/keys", "name=web"));
    for field in ["hash", "key", "secret", "limits", "budget"] {
        let value = json!({ "name": "web", field: "x" });
        let at = "web".to_owned();
        let parent = Some("shop".to_owned());
        for edit in [
            Edit::Create {
                kind: Kind::ClientKey,
                parent: parent.clone(),
                value: json!({"name": "b", field: "x"}),
            },
            Edit::Patch {
                kind: Kind::ClientKey,
                parent: parent.clone(),
                at: at.clone(),
                value: value.clone(),
            },
            Edit::Put { kind: Kind::ClientKey, parent, at, value },
        ] {
            let refused = desk.edit(edit).expect_err("nobody writes that");
            assert!(
                refused.fields()[field].as_str().is_some_and(|it| it.starts_with("unknown field")),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn what_is_wrong_with_a_key_comes_all_at_once() {
    let mut desk = Desk::new();
    row(desk.curl("POST", "/consumers", "name=shop"));
    let form = "name=a b&environment=any&expires_at=tomorrow&enabled=perhaps&models[]=";
    let refused = desk.curl("POST", "/consumers/shop/keys", form).expect_err("nearly all of it is wrong");
    let fields = refused.fields();
    for field in ["name", "environment", "expires_at", "enabled"] {
        assert!(fields.get(field).is_some(), "{field}: {fields}");
    }
    let dangling = desk.curl("POST", "/consumers/shop/keys", "name=a&routes[]=none&routes[]=such");
    assert_eq!(dangling.as_ref().expect_err("no such routes").code(), Some(4));
    assert_eq!(status(&dangling), 400);
    assert_eq!(status(&desk.curl("POST", "/consumers/nobody/keys", "name=a")), 404);
    assert_eq!(status(&desk.create(Kind::ClientKey, json!({"name": "a"}))), 400, "whose would it be?");
}

#[test]
fn names_of_keys_are_unique_within_their_consumer() {
    let mut desk = Desk::new();
    for consumer in ["shop", "desk"] {
        row(desk.curl("POST", "/consumers", &format!("name={consumer}")));
        row(desk.curl("POST", &format!("/consumers/{consumer}/keys"), "name=web"));
    }
    let twice = desk.curl("POST", "/consumers/shop/keys", "name=web").expect_err("the name is taken");
    assert_eq!((twice.status(), twice.code()), (409, Some(5)));
    assert_eq!(status(&desk.curl("POST", "/consumers", "name=shop")), 409);
}

#[test]
fn routes_are_named_or_identified_and_read_back_as_both() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let chat = row(desk.create(Kind::Route, json!({"name": "chat", "paths": ["/a"], "upstream": "u"})));
    let nameless = row(desk.create(Kind::Route, json!({"paths": ["/b"], "upstream": "u"})));
    row(desk.curl("POST", "/consumers", "name=shop"));
    let body = json!({"name": "web", "routes": ["chat", chat.id, {"name": "chat"}, {"id": nameless.id}]});
    let key =
        row(desk.edit(Edit::Create { kind: Kind::ClientKey, parent: Some("shop".to_owned()), value: body }));
    let read = desk.view(&key);
    assert_eq!(
        read["routes"],
        json!([{"id": chat.id, "name": "chat"}, {"id": nameless.id, "name": null}]),
        "the same one twice is one"
    );
    let used = desk.edit(Edit::Delete { kind: Kind::Route, parent: None, at: "chat".to_owned() });
    let Err(Refusal::InUse { users }) = used else { panic!("a key names it: {used:?}") };
    assert_eq!(users, ["client_key web"]);
    let mut forced = desk.clone();
    forced.force = true;
    let delete = Edit::Delete { kind: Kind::Route, parent: None, at: "chat".to_owned() };
    forced.edit(delete).expect("it is let go of");
    let left = forced.document.by_id(Kind::ClientKey, key.id).expect("the key stays");
    assert_eq!(
        forced.view(&left)["routes"],
        json!([{"id": nameless.id, "name": null}]),
        "and opens the less"
    );
    let none = row(desk.curl("PATCH", "/consumers/shop/keys/web", "routes[]="));
    assert_eq!(desk.view(&none)["routes"], json!([]), "no route is not every route");
    let every = row(desk.patch(Kind::ClientKey, &key.id.to_string(), json!({"routes": null})));
    assert_eq!(desk.view(&every)["routes"], Value::Null);
}

#[test]
fn a_consumers_keys_go_along_with_it() {
    let mut desk = Desk::new();
    row(desk.curl("POST", "/consumers", "name=shop"));
    row(desk.curl("POST", "/consumers/shop/keys", "name=web"));
    desk.now += 1;
    row(desk.curl("POST", "/consumers/shop/keys", "name=app"));
    let gone = desk.curl("DELETE", "/consumers/shop", "").expect("nobody else uses it");
    assert_eq!(gone.change.len(), 3);
    assert_eq!(desk.document.rows(Kind::ClientKey).count(), 0);
    assert!(desk.resolved(&[]).snapshot.client_keys.is_empty());
}

#[test]
fn the_first_key_says_which_hosts_got_the_clients_own_until_now() {
    let mut desk = Desk::with_environment(&[("OPENAI_API_KEY", "k")]);
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.target("u", json!({"target": "a.example"})));
    row(desk.target("u", json!({"target": "b.example", "credential": "openai/env"})));
    row(desk.target("u", json!({"provider": "openai"})));
    row(desk.curl("POST", "/consumers", "name=shop"));
    let first = desk.curl("POST", "/consumers/shop/keys", "name=web").expect("valid");
    let [warning] = first.warnings.as_slice() else { panic!("{:?}", first.warnings) };
    assert!(warning.contains("u/a.example:443") && !warning.contains("b.example"), "{warning}");
    let changed = desk.curl("PATCH", "/consumers/shop/keys/web", "tags=a").expect("valid");
    assert_eq!(changed.warnings, Vec::<String>::new());
    desk.now += 1;
    let second = desk.curl("POST", "/consumers/shop/keys", "name=app").expect("valid");
    assert_eq!(second.warnings, Vec::<String>::new());
}

#[test]
fn keys_are_found_by_their_hash_with_all_that_they_open() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.create(Kind::Route, json!({"name": "chat", "paths": ["/a"], "upstream": "u"})));
    row(desk.curl("POST", "/consumers", "name=shop"));
    assert!(desk.resolved(&[]).snapshot.client_keys.is_empty());
    let form = "name=web&environment=sandbox&routes[]=chat&models[]=fast&expires_at=2030-01-01T00:00:00Z&enabled=false";
    let made = row(desk.curl("POST", "/consumers/shop/keys", form));
    let snapshot = desk.resolved(&[]).snapshot;
    let hash: KeyHash = serde_json::from_value(made.value["hash"].clone()).expect("a hash");
    let [key] = snapshot.client_keys.candidates(&hash) else { panic!("one key has that hash") };
    assert_eq!((&*key.name, &*key.consumer, key.environment), ("web", "shop", Environment::Sandbox));
    assert_eq!((key.hash, key.enabled), (hash, false));
    assert_eq!(key.expires, Some(Time::from_nanos(1_893_456_000_000_000_000)));
    assert!(key.may_ask_for(Some("fast")) && !key.may_ask_for(Some("slow")) && !key.may_ask_for(None));
    assert!(!key.opens(None), "what is no route is not one of them");
    assert!(snapshot.client_keys.candidates(&KeyHash::new([0; 32])).is_empty());
}

#[test]
fn a_key_is_shown_the_part_of_the_catalogue_that_it_may_use() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "pool"})));
    row(desk.target("pool", json!({"target": "a.example", "model": "m"})));
    let route = |name: &str, body: Value| {
        let mut whole = json!({"name": name, "paths": ["/v1"], "models": [name]});
        whole.as_object_mut().expect("an object").extend(body.as_object().cloned().unwrap_or_default());
        whole
    };
    row(desk.create(Kind::Route, route("fast", json!({"upstream": "pool"}))));
    row(desk.create(Kind::Route, route("tried", json!({"upstreams": {"sandbox": "pool"}}))));
    row(desk.create(Kind::Route, json!({"name": "any", "paths": ["/any"], "upstream": "pool"})));
    row(desk.curl("POST", "/consumers", "name=shop"));
    let mut check = |form: &str, expected: &[&str]| {
        desk.now += 1;
        let name = format!("k{}", desk.now);
        let made = row(desk.curl("POST", "/consumers/shop/keys", &format!("name={name}&{form}")));
        let snapshot = desk.resolved(&[]).snapshot;
        let hash: KeyHash = serde_json::from_value(made.value["hash"].clone()).expect("a hash");
        let key = snapshot.client_keys.candidates(&hash).first().expect("it was just made");
        let listed: Vec<&str> = snapshot.catalogue_for(Some(key)).map(|(id, _)| &**id).collect();
        assert_eq!(listed, expected, "{form}");
        assert_eq!(snapshot.catalogue_for(None).count(), 3, "without a key everything");
    };
    check("environment=sandbox", &["fast", "pool", "tried"]);
    check("environment=production", &["fast", "pool"]);
    check("models[]=fast&models[]=gone", &["fast"]);
    check("models[]=", &[]);
    check("routes[]=fast", &["fast"]);
    check("routes[]=any", &["pool"]);
    check("environment=sandbox&routes[]=tried&routes[]=any&models[]=tried", &["tried"]);
    check("routes[]=", &[]);
}

#[test]
fn ten_thousand_keys_are_looked_up_as_one_is() {
    const KEYS: u128 = 10_000;
    let consumer = uuid::Uuid::from_u128(1);
    // As far apart as hashes are.
    let hash = |number: u128| {
        let half = |salt: u64| xxhash_rust::xxh3::xxh3_128_with_seed(&number.to_be_bytes(), salt);
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&half(1).to_be_bytes());
        bytes[16..].copy_from_slice(&half(2).to_be_bytes());
        KeyHash::new(bytes)
    };
    let stored = |kind, id, value: Value| Stored { kind, id, created_at: 1, updated_at: 1, value };
    let keys = (0..KEYS).map(|number| {
        let value =
            json!({"consumer": {"id": consumer}, "name": format!("k{number}"), "hash": hash(number).text()});
        stored(Kind::ClientKey, uuid::Uuid::from_u128(2 + number), value)
    });
    let rows = std::iter::once(stored(Kind::Consumer, consumer, json!({"name": "shop"}))).chain(keys);
    let mut desk = Desk::new();
    desk.document = Document::from_rows(rows).expect("rows as they are stored");
    let snapshot = desk.resolved(&[]).snapshot;
    for number in 0..KEYS {
        let [key] = snapshot.client_keys.candidates(&hash(number)) else {
            panic!("a lookup is a comparison with one key, not a walk over all")
        };
        assert_eq!((&*key.name, key.hash), (&*format!("k{number}"), hash(number)));
        assert!(snapshot.client_keys.candidates(&hash(KEYS + number)).is_empty());
    }
}

//! Laws that hold for whatever operators write and clients ask: bodies are drawn from the tables of fields themselves,
//! so that a new field is under every law from its first day.

use std::borrow::Cow;

use balance::{Environment, Time};
use config::{
    Context, Document, Edit, Facts, Field, Kind, Registry, Resolved, Secret, Stored, Type, entity::KeyHash,
    form, import_environment, resolve, schema, snapshot::Query, urlencoded,
};
use http::Method;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What stands for the hash of every client key, and what is kept of it as text.
const HASH: &str = "not to be seen by anybody, ever!";
const HASH_KEPT: &str = "6e6f7420746f206265207365656e20627920616e79626f64792c206576657221";

/// Texts of which every shape finds some that fit.
const TEXTS: &[&str] = &[
    "a",
    "b",
    "c",
    "openai",
    "a.example:443",
    "b.example",
    "[::1]:80",
    "127.0.0.1:1",
    "/",
    "/a",
    "/a/b",
    "~/a/\\d+",
    "*.example.com",
    "example.*",
    "POST",
    "GET",
    "x-user",
    "@default",
    "session",
    "header:x",
    "body:f",
    "none",
    "env:OPENAI_API_KEY",
    "file:/x",
    "https://a.example/v1",
    "2030-01-01T00:00:00Z",
    "2024-10-21",
    "gpt",
    "org/model",
    "ключ",
    "a,b",
    "sk-secret-0123456789",
];

fn text() -> BoxedStrategy<String> {
    select(TEXTS).prop_map(str::to_owned).boxed()
}

fn fitting(fits: impl Fn(&str) -> bool) -> BoxedStrategy<Value> {
    let fitting: Vec<&str> = TEXTS.iter().copied().filter(|it| fits(it)).collect();
    prop_oneof![9 => select(fitting), 1 => select(TEXTS)].prop_map(Value::from).boxed()
}

/// Names that entities of a kind have in these documents.
fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Provider => &["openai", "anthropic", "groq"],
        Kind::Credential => &["env", "b"],
        Kind::Target => &["a.example", "b.example:80", "[::1]:80"],
        Kind::Upstream => &["a", "b", "c", "default"],
        Kind::Service | Kind::Route | Kind::Consumer | Kind::ClientKey => &["a", "b", "c"],
    }
}

fn name(kind: Kind) -> BoxedStrategy<Value> {
    select(names(kind)).prop_map(Value::from).boxed()
}

fn value(kind: &'static Type) -> BoxedStrategy<Value> {
    match kind {
        Type::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Integer(min, max) => (*min..=(*max).min(min + 9)).prop_map(Value::from).boxed(),
        Type::Number(min, _) => (1..40_i32)
            .prop_map(quarter)
            .prop_filter("in bounds", move |it| it.as_f64() >= Some(*min))
            .boxed(),
        Type::NumberOr(word, ..) => prop_oneof![Just(json!(word)), (1..40_i32).prop_map(quarter)].boxed(),
        Type::Choice(words) => select(*words).prop_map(Value::from).boxed(),
        Type::List(of, _) => vec(value(of), 1..4).prop_map(Value::Array).boxed(),
        Type::Headers => text().prop_map(|it| json!({ "x-header": it })).boxed(),
        Type::Record(fields) | Type::Shorthand(fields) => {
            record(fields).prop_map(|it| if it.is_empty() { json!({}) } else { Value::Object(it) }).boxed()
        }
        Type::Text(shape) => fitting(|text| (shape.check)(text).is_none()),
        Type::Reference(kind) => name(*kind),
        Type::Credential => prop_oneof![Just(json!("*")), name(Kind::Credential)].boxed(),
    }
}

/// A quarter of a number, whole where it can be: what JSON and a form write alike.
fn quarter(number: i32) -> Value {
    if number % 4 == 0 { json!(number / 4) } else { json!(f64::from(number) / 4.0) }
}

/// A few of the fields.
fn record(fields: &'static [Field]) -> BoxedStrategy<Map<String, Value>> {
    let some = fields.iter().map(|field| option::weighted(0.25, value(&field.kind)).boxed());
    some.collect::<Vec<_>>()
        .prop_map(|values| {
            let named = fields.iter().zip(values);
            named.filter_map(|(field, value)| Some((field.name.to_owned(), value?))).collect()
        })
        .boxed()
}

fn body(kind: Kind) -> BoxedStrategy<Value> {
    record(schema(kind).fields).prop_map(Value::Object).boxed()
}

/// A body without what its kind must not have together, so that many of them are accepted.
fn likely(kind: Kind) -> BoxedStrategy<Value> {
    (record(schema(kind).fields), name(kind), any::<bool>())
        .prop_map(move |(mut body, name, flag)| {
            let mut drop =
                |names: &[&str]| names.iter().for_each(|it| std::mem::drop(body.shift_remove(*it)));
            match kind {
                Kind::Upstream => {
                    drop(&["suspend_duration", "match_unknown_models", "hash_fallback", "algorithm"]);
                    body.extend(
                        ["header", "cookie", "query_arg"].map(|it| (format!("hash_on_{it}"), json!("x"))),
                    );
                }
                Kind::Target => {
                    drop(&["upstream", "endpoint", "tier", "scheme", "target", "provider", "credential"]);
                    let place = if flag { ("target", name.clone()) } else { ("provider", json!("openai")) };
                    body.insert(place.0.to_owned(), place.1);
                    if !flag {
                        body.insert("credential".to_owned(), "*".into());
                    } else if body.get("model") == Some(&json!("@default")) {
                        body.shift_remove("model");
                    }
                }
                Kind::Route if flag => drop(&["upstreams", "provider", "model"]),
                Kind::Route => drop(&["upstream", "upstreams"]),
                Kind::Provider => drop(&["kind", "default_credential", "api_version"]),
                Kind::Credential => drop(&["provider"]),
                Kind::ClientKey => drop(&["consumer"]),
                Kind::Service | Kind::Consumer => {}
            }
            match kind {
                Kind::Upstream
                | Kind::Service
                | Kind::Credential
                | Kind::Provider
                | Kind::Consumer
                | Kind::ClientKey => {
                    body.insert("name".to_owned(), name);
                }
                Kind::Route => {
                    let (place, to) =
                        if flag { ("upstream", json!("a")) } else { ("provider", json!("openai")) };
                    body.insert(place.to_owned(), to);
                    body.entry("paths").or_insert_with(|| json!(["/a"]));
                }
                Kind::Target => {}
            }
            Value::Object(body)
        })
        .boxed()
}

fn edit() -> BoxedStrategy<Edit> {
    let kinds = select(Kind::ALL.to_vec());
    kinds.prop_flat_map(edit_of).boxed()
}

fn edit_of(kind: Kind) -> BoxedStrategy<Edit> {
    let bodies = prop_oneof![6 => likely(kind), 1 => body(kind)];
    let parent = match kind {
        Kind::Target => select(names(Kind::Upstream)).prop_map(|it| Some(it.to_owned())).boxed(),
        Kind::Credential => select(names(Kind::Provider)).prop_map(|it| Some(it.to_owned())).boxed(),
        Kind::ClientKey => select(names(Kind::Consumer)).prop_map(|it| Some(it.to_owned())).boxed(),
        _ => Just(None).boxed(),
    };
    let at = prop_oneof![9 => select(names(kind)), 1 => Just("nobody")];
    (bodies, parent, at, 0..10)
        .prop_map(move |(mut value, parent, at, what)| {
            let at = at.to_owned();
            if let (0..=5, Some(body)) = (what, value.as_object_mut()) {
                // The path says the name.
                ["name", "target"].iter().for_each(|it| std::mem::drop(body.shift_remove(*it)));
            }
            match what {
                0..=3 => Edit::Patch { kind, parent, at, value },
                4 | 5 => Edit::Put { kind, parent, at, value },
                6 => Edit::Delete { kind, parent, at },
                _ => Edit::Create { kind, parent, value },
            }
        })
        .boxed()
}

/// Edits that move providers and credentials about.
fn ranking() -> BoxedStrategy<Edit> {
    let kind = prop_oneof![Just(Kind::Provider), Just(Kind::Credential)];
    let of = select(names(Kind::Provider));
    (kind, of, select(&["a", "b", "c", "env"][..]), option::of(1_i64..7), 0..8)
        .prop_map(|(kind, provider, name, rank, what)| {
            let parent = (kind == Kind::Credential).then(|| provider.to_owned());
            let at = if kind == Kind::Provider && what > 3 { provider } else { name }.to_owned();
            let mut value = json!({});
            if what != 3 {
                value["rank"] = rank.into();
            }
            if what < 4 && kind == Kind::Provider {
                value["kind"] = "groq".into();
            }
            if what < 4 && kind == Kind::Credential {
                value["secret"] = "sk-secret-0123456789".into();
            }
            match what {
                0..=3 => Edit::Put { kind, parent, at, value },
                4 | 5 => Edit::Patch { kind, parent, at, value },
                _ => Edit::Delete { kind, parent, at },
            }
        })
        .boxed()
}

fn env(name: &str) -> Option<String> {
    ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY"].contains(&name).then(|| "sk-secret".to_owned())
}

/// A document after these edits; what is refused changes nothing.
fn edited(edits: Vec<Edit>) -> Document {
    let document = Document::default();
    let mut document = document.with(&import_environment(&document, &env, 1));
    let mut made = 0;
    for name in ["a", "b"] {
        let create = Edit::Create { kind: Kind::Upstream, parent: None, value: json!({ "name": name }) };
        document = apply(&document, create, 1, &mut made).expect("a name is enough").document;
    }
    let create = Edit::Create { kind: Kind::Consumer, parent: None, value: json!({ "name": "a" }) };
    document = apply(&document, create, 1, &mut made).expect("a name is enough").document;
    for (number, edit) in edits.into_iter().enumerate() {
        if let Ok(edited) = apply(&document, edit, number as i64, &mut made) {
            document = edited.document;
        }
    }
    document
}

fn apply(
    document: &Document,
    edit: Edit,
    now: i64,
    made: &mut u128,
) -> Result<config::Edited, config::Refusal> {
    let mut ids = || {
        *made += 1;
        Uuid::from_u128(*made)
    };
    let mut context = Context {
        now,
        ids: &mut ids,
        if_none_match_any: false,
        if_match: None,
        force: now % 2 == 0,
        revision: 0,
        seal: &|secret, _| secret.expose().bytes().map(|it| format!("{it:02x}")).collect(),
        key_hash: Some(KeyHash::new(std::array::from_fn(|at| HASH.as_bytes()[at]))),
    };
    document.edit(edit, &mut context)
}

fn resolved(document: &Document) -> Resolved {
    let facts = Facts {
        env: &env,
        file: &|_| Err("no files here".to_owned()),
        open: &|_, _| Ok(Secret::new("sk-secret".to_owned())),
        time_of: &|_| Time::ZERO,
    };
    resolve(document, &mut Registry::default(), &facts).expect("edits leave nothing dangling")
}

/// A body as the pairs of a form.
fn pairs(path: &str, value: &Value, pairs_of: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                pairs(&path, value, pairs_of);
            }
        }
        Value::Array(all) => {
            for (index, value) in all.iter().enumerate() {
                pairs(&format!("{path}[{}]", index + 1), value, pairs_of);
            }
        }
        Value::String(text) => pairs_of.push((path.to_owned(), text.clone())),
        Value::Null => pairs_of.push((path.to_owned(), String::new())),
        other => pairs_of.push((path.to_owned(), other.to_string())),
    }
}

/// Without the empty records, which a form can not say.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Object(fields) => {
            let kept: Map<String, Value> =
                fields.into_iter().filter_map(|(name, it)| Some((name, pruned(it)?))).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(all) => {
            let kept: Vec<Value> = all.into_iter().filter_map(pruned).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        other => Some(other),
    }
}

proptest! {
    // Half of the usual number: a case is a whole document, edited and resolved.
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_form_and_a_json_body_say_the_same((kind, body) in select(Kind::ALL.to_vec()).prop_flat_map(|kind| (Just(kind), body(kind)))) {
        let body = pruned(body).unwrap_or_else(|| json!({}));
        let mut said = Vec::new();
        pairs("", &body, &mut said);
        let heard = form(kind, said.iter().map(|(name, text)| (Cow::Borrowed(name.as_str()), Cow::Borrowed(text.as_str()))));
        prop_assert_eq!(heard, body);
    }

    #[test]
    fn no_form_panics_and_none_changes_a_document_it_does_not_fit(bytes in vec(any::<u8>(), 0..200), text in "[a-z.\\[\\]0-9=&%]{0,80}") {
        for kind in Kind::ALL {
            let _ = urlencoded(kind, &bytes);
            if let Ok(value) = urlencoded(kind, text.as_bytes()) {
                let _ = apply(&Document::default(), Edit::Create { kind, parent: Some("default".to_owned()), value }, 1, &mut 0);
            }
        }
    }

    #[test]
    fn the_same_patch_twice_changes_nothing_more(edits in vec(edit(), 1..12), patch in edit()) {
        let document = edited(edits);
        let mut made = 1000;
        let Edit::Patch { .. } = &patch else { return Ok(()) };
        if let Ok(once) = apply(&document, patch.clone(), 50, &mut made) {
            // A patch may rename what it is addressed by.
            let id = once.row.as_ref().map(|row| row.id.to_string()).expect("a patch answers with its row");
            let Edit::Patch { kind, parent, value, .. } = patch else { unreachable!("just looked") };
            let twice = apply(&once.document, Edit::Patch { kind, parent, at: id, value }, 60, &mut made).expect("still valid");
            prop_assert!(twice.change.is_empty(), "{:?}", twice.change);
        }
    }

    #[test]
    fn a_patch_with_what_was_read_changes_nothing(edits in vec(edit(), 1..12)) {
        let document = edited(edits);
        for kind in Kind::ALL {
            for row in document.rows(kind) {
                let value = document.view(row);
                let patch = Edit::Patch { kind, parent: None, at: row.id.to_string(), value: value.clone() };
                let patched = apply(&document, patch, 99, &mut 0).map_err(|it| TestCaseError::fail(format!("{it:?} {value}")))?;
                prop_assert!(patched.change.is_empty(), "{:?}", value);
            }
        }
    }

    #[test]
    fn ranks_are_dense_and_unique_whatever_is_written_moved_or_deleted(edits in vec(ranking(), 1..40)) {
        let document = edited(edits);
        let mut lists = vec![document.ranked(Kind::Provider, None)];
        lists.extend(document.rows(Kind::Provider).map(|it| document.ranked(Kind::Credential, Some(it.id))));
        for list in lists {
            let ranks: Vec<_> = list.iter().map(|row| row.value["rank"].as_u64().unwrap_or(0)).collect();
            prop_assert_eq!(ranks, (1..=list.len() as u64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_stored_comes_back(edits in vec(edit(), 1..12)) {
        let document = edited(edits);
        let rows = |document: &Document| -> Vec<_> {
            Kind::ALL.into_iter().flat_map(|kind| document.rows(kind).cloned().collect::<Vec<_>>()).collect()
        };
        let before = rows(&document);
        let stored = before.iter().map(|row| Stored {
            kind: row.kind,
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            value: (*row.value).clone(),
        });
        let after = Document::from_rows(stored).map_err(|it| TestCaseError::fail(format!("{it:?}")))?;
        prop_assert_eq!(rows(&after), before);
    }

    #[test]
    fn every_document_resolves_to_numbers_that_all_exist(edits in vec(edit(), 0..25)) {
        let document = edited(edits);
        let Resolved { snapshot, plan, .. } = resolved(&document);
        let mut seen = std::collections::HashSet::new();
        prop_assert_eq!(plan.upstreams.len(), snapshot.upstreams.len());
        for upstream in &plan.upstreams {
            prop_assert!(snapshot.upstreams.contains_key(&upstream.id));
            for target in &upstream.targets {
                prop_assert!(seen.insert(target.id), "a target has a number of its own");
                prop_assert!(snapshot.targets.contains_key(&target.id));
                prop_assert!(snapshot.addresses.contains_key(&target.address));
                if let balance::Credentials::Pool { members, .. } = &target.credentials {
                    prop_assert!(!members.is_empty());
                    prop_assert!(members.iter().all(|it| snapshot.credentials.contains_key(&it.credential)));
                }
            }
        }
        for row in document.rows(Kind::ClientKey) {
            prop_assert!(!document.view(row).to_string().contains(HASH_KEPT));
        }
        for row in document.rows(Kind::Credential) {
            // Neither the row nor what is shown of it; other fields may say what they like.
            let config::Entity::Credential(credential) = &*row.entity else { unreachable!("the table's kind") };
            prop_assert!(!credential.secret.contains("sk-secret"), "{:?}", credential);
            let shown = document.view(row)["secret"].to_string();
            prop_assert!(!shown.contains("sk-secret") && !shown.contains("sealed"), "{}", shown);
        }
    }

    #[test]
    fn no_request_panics_and_whatever_is_found_exists(
        edits in vec(edit(), 0..15),
        paths in vec(prop_oneof!["\\PC{0,60}", "(/(a|b|c|v1|v1beta|openai|chat|completions|messages|models|x:generateContent|77)){0,6}/?"], 1..20),
        host in option::of("\\PC{0,20}|A\\.example\\.com:80|\\[::1\\]"),
        model in option::of(prop_oneof![text(), "\\PC{0,20}".boxed()]),
    ) {
        let Resolved { snapshot, .. } = resolved(&edited(edits));
        for path in &paths {
            for environment in [Environment::Production, Environment::Sandbox] {
                let query = Query { host: host.as_deref(), path, matched: dialect::endpoint(path), method: &Method::POST, model: model.as_deref(), environment, caller: dialect::Dialect::OpenAi };
                let Ok(found) = snapshot.routes.find(&query) else { continue };
                let upstream = &snapshot.upstreams[&found.upstream];
                let vendor_path = &path[found.vendor_path.clone()];
                for target in &upstream.targets {
                    let asked = snapshot.targets[target].vendor_path(found.endpoint, vendor_path);
                    prop_assert!(asked.starts_with('/'), "{}", asked);
                    let asked = snapshot.targets[target].google_path(Some("v1beta"), vendor_path);
                    prop_assert!(asked.starts_with('/'), "{}", asked);
                }
                if let Some(model) = &model {
                    let _ = found.model.of(model);
                }
            }
        }
    }
}

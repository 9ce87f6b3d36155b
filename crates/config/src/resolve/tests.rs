//! From a document to numbers, and what they stand for.

use balance::{Credentials, Only, Tier};
use serde_json::json;

use crate::{
    Kind, Registry, Resolved, snapshot,
    testing::{Desk, row},
};

const KEYS: &[(&str, &str)] =
    &[("OPENAI_API_KEY", "sk-o"), ("ANTHROPIC_API_KEY", "sk-a"), ("GROQ_API_KEY", "sk-g"), ("OTHER", "sk-x")];

fn plan<'a>(resolved: &'a Resolved, name: &str) -> &'a balance::UpstreamPlan {
    let id = resolved.snapshot.names[name];
    resolved.plan.upstreams.iter().find(|it| it.id == id).expect("every upstream has a plan")
}

fn names(resolved: &Resolved, upstream: &str) -> Vec<String> {
    let targets = &plan(resolved, upstream).targets;
    let told = targets.iter().map(|it| {
        let tier = match it.tier {
            Tier::Regular(tier) => tier.to_string(),
            Tier::Backup => "backup".to_owned(),
        };
        let off = if it.enabled { "" } else { " off" };
        format!("{tier} {}{off}", resolved.snapshot.targets[&it.id].name)
    });
    told.collect()
}

fn target<'a>(resolved: &'a Resolved, upstream: &str, index: usize) -> &'a snapshot::Target {
    &resolved.snapshot.targets[&plan(resolved, upstream).targets[index].id]
}

fn address<'a>(resolved: &'a Resolved, target: &snapshot::Target) -> &'a snapshot::Address {
    &resolved.snapshot.addresses[&target.address]
}

#[test]
fn a_raw_host_speaks_as_its_port_says_and_passes_the_clients_key_through() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u", "tls": {"verify": false}})));
    for body in [
        json!({"target": "a.example"}),
        json!({"target": "b.example:8080"}),
        json!({"target": "c.example:8443", "scheme": "https"}),
        json!({"target": "[::1]:443", "scheme": "http"}),
    ] {
        row(desk.target("u", body));
    }
    let resolved = desk.resolved(&[]);
    let told: Vec<_> = (0..4)
        .map(|index| {
            let target = target(&resolved, "u", index);
            let address = address(&resolved, target);
            (
                address.tls,
                address.port,
                address.trust.insecure,
                target.host.to_str().expect("ASCII"),
                target.base_path.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (true, 443, true, "a.example", "/v1"),
            (false, 8080, false, "b.example:8080", "/v1"),
            (true, 8443, true, "c.example:8443", "/v1"),
            (false, 443, false, "[::1]:443", "/v1"),
        ]
    );
    assert!(plan(&resolved, "u").targets.iter().all(|it| it.credentials == Credentials::PassThrough));
}

#[test]
fn the_vendors_path_is_the_endpoint_on_the_base_url_and_the_rest_as_it_is() {
    let mut desk = Desk::with_environment(KEYS);
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.target("u", json!({"target": "h:1"})));
    row(desk.target("u", json!({"provider": "groq"})));
    row(desk.target("u", json!({"provider": "anthropic"})));
    let resolved = desk.resolved(KEYS);
    let check = |index: usize, endpoint: Option<dialect::Endpoint>, path: &str, expected: &str| {
        assert_eq!(target(&resolved, "u", index).vendor_path(endpoint, path), expected, "{index} {path}");
    };
    let chat = Some(dialect::Endpoint::ChatCompletions);
    check(0, chat, "/chat/completions", "/v1/chat/completions");
    check(0, None, "/v1/files", "/v1/files");
    check(0, None, "/custom", "/custom");
    check(0, None, "", "/");
    check(1, chat, "/chat/completions", "/openai/v1/chat/completions");
    check(1, None, "/v1/files", "/openai/v1/files");
    check(1, None, "/files", "/openai/v1/files");
    check(2, Some(dialect::Endpoint::Messages), "/messages", "/v1/messages");
}

#[test]
fn one_variable_gives_a_provider_its_key_and_its_upstreams() {
    let desk = Desk::with_environment(&[("OPENAI_API_KEY", "sk-secret-1234567890")]);
    let resolved = desk.resolved(&[("OPENAI_API_KEY", " sk-secret-1234567890\n")]);
    assert!(resolved.warnings.is_empty(), "{:?}", resolved.warnings);
    let target = target(&resolved, "default", 0);
    assert_eq!(
        (address(&resolved, target).host.as_ref(), target.base_path.as_str()),
        ("api.openai.com", "/v1")
    );
    assert!(target.model.is_some(), "default asks for the kind's own default model");
    assert_eq!(names(&resolved, "openai/*"), ["0 openai"]);
    let credential = resolved.snapshot.credentials.values().next().expect("one key");
    let (name, value) = &credential.headers[0];
    assert_eq!(
        (name.as_str(), value.to_str().expect("ASCII")),
        ("authorization", "Bearer sk-secret-1234567890")
    );
    assert!(value.is_sensitive());
    let shown = format!("{resolved:?} {desk:?}", desk = desk.document);
    assert!(!shown.contains("sk-secret"), "a secret is never shown");
}

#[test]
fn a_provider_is_where_the_environment_says() {
    let place = ("SPILLWAY_OPENAI_BASE_URL", "http://127.0.0.1:9999/v1");
    let desk = Desk::with_environment(&[("OPENAI_API_KEY", "k"), place]);
    let resolved = desk.resolved(&[("OPENAI_API_KEY", "k"), place]);
    let at = address(&resolved, target(&resolved, "default", 0));
    assert_eq!((at.tls, at.host.as_ref(), at.port), (false, "127.0.0.1", 9999));
    let moved =
        desk.resolved(&[("OPENAI_API_KEY", "k"), ("SPILLWAY_OPENAI_BASE_URL", "http://127.0.0.1:8888")]);
    assert_eq!(address(&moved, target(&moved, "default", 0)).port, 8888, "the reference lives");
    assert_eq!(target(&moved, "default", 0).base_path, "/v1", "a missing /v1 is understood");
}

#[test]
fn importing_again_changes_nothing() {
    let desk = Desk::with_environment(KEYS);
    let again = crate::import_environment(&desk.document, &crate::testing::env(KEYS), 5);
    assert!(again.is_empty());
    let none = crate::import_environment(&desk.document, &|_| Some(" ".to_owned()), 5);
    assert!(none.is_empty(), "an empty variable is not set");
}

#[test]
fn a_key_that_is_not_there_is_out_with_a_warning_and_the_rest_serves() {
    let desk = Desk::with_environment(&KEYS[..2]);
    let resolved = desk.resolved(&KEYS[..1]);
    assert_eq!(
        resolved.warnings,
        ["credential anthropic/env is out: the variable ANTHROPIC_API_KEY is not set"]
    );
    let enabled: Vec<bool> = resolved.plan.credentials.iter().map(|it| it.enabled).collect();
    assert_eq!(enabled.iter().filter(|it| **it).count(), 1);
}

#[test]
fn failover_along_default_is_a_lower_tier_whatever_the_dialect() {
    let mut desk = Desk::with_environment(KEYS);
    row(desk.patch(Kind::Provider, "openai", json!({"models": ["gpt"], "default_model": "gpt"})));
    row(desk.patch(Kind::Provider, "groq", json!({"models": ["gpt", "llama"], "default_model": "llama"})));
    let resolved = desk.resolved(KEYS);
    let claude = "2 anthropic/claude-sonnet-5";
    assert_eq!(names(&resolved, "openai/gpt"), ["0 openai/gpt", claude, "3 groq/llama"]);
    assert_eq!(names(&resolved, "groq/llama"), ["0 groq/llama", "1 openai/gpt", claude]);
    assert_eq!(names(&resolved, "model:gpt"), ["1 openai/gpt", "3 groq/gpt", &claude.replace('2', "5")]);
    assert_eq!(names(&resolved, "anthropic/*"), ["0 anthropic", "1 openai/gpt", "3 groq/llama"]);
    assert_eq!(names(&resolved, "default").len(), 3, "the one to read has every provider");
    row(desk.patch(Kind::Upstream, "default", json!({"enabled": false})));
    assert_eq!(names(&desk.resolved(KEYS), "openai/gpt"), ["0 openai/gpt"]);
    row(desk.patch(Kind::Upstream, "default", json!({"enabled": true})));
    row(desk.patch(Kind::Provider, "openai", json!({"enabled": false})));
    assert_eq!(names(&desk.resolved(KEYS), "openai/gpt"), ["0 openai/gpt off", claude, "3 groq/llama"]);
}

fn credential(desk: &mut Desk, provider: &str, body: serde_json::Value) {
    let edit = crate::Edit::Create { kind: Kind::Credential, parent: Some(provider.to_owned()), value: body };
    row(desk.edit(edit));
}

#[test]
fn a_sandbox_key_never_serves_production() {
    let mut desk = Desk::with_environment(&KEYS[..1]);
    credential(
        &mut desk,
        "openai",
        json!({"name": "sand", "secret": "env:OTHER", "environment": "sandbox", "rank": 2}),
    );
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.target("u", json!({"provider": "openai", "credential": "sand"})));
    row(desk.target("u", json!({"provider": "openai", "credential": "*"})));
    row(desk.target("u", json!({"provider": "openai"})));
    row(desk.target("u", json!({"provider": "openai", "credential": "sand", "environment": "production"})));
    let resolved = desk.resolved(KEYS);
    let lanes: Vec<_> = plan(&resolved, "u")
        .targets
        .iter()
        .map(|it| {
            let keys = match &it.credentials {
                Credentials::Pool { members, .. } => members.len(),
                Credentials::One(_) => 1,
                _ => 0,
            };
            (it.environment, keys)
        })
        .collect();
    assert_eq!(lanes, [(Only::Sandbox, 1), (Only::Production, 1), (Only::Sandbox, 2), (Only::Any, 1)]);
    assert!(
        resolved.warnings.iter().any(|it| it.contains("is out")),
        "the last one fits nowhere: {:?}",
        resolved.warnings
    );
    let uuids: Vec<_> = resolved.snapshot.upstreams[&resolved.snapshot.names["u"]]
        .targets
        .iter()
        .map(|id| resolved.snapshot.targets[id].uuid)
        .collect();
    assert_eq!(uuids[1], uuids[2], "both lanes are the same stored target");
}

#[test]
fn a_key_for_certain_models_pays_for_those_only() {
    let mut desk = Desk::with_environment(&KEYS[..1]);
    credential(&mut desk, "openai", json!({"name": "some", "secret": "env:OTHER", "models": ["m"]}));
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    for model in [json!("m"), json!("n"), json!(null)] {
        row(desk.target("u", json!({"provider": "openai", "credential": "*", "model": model})));
    }
    let resolved = desk.resolved(KEYS);
    let members: Vec<_> = plan(&resolved, "u")
        .targets
        .iter()
        .map(|it| match &it.credentials {
            Credentials::Pool { members, .. } => members.len(),
            _ => 0,
        })
        .collect();
    assert_eq!(members, [2, 1, 1]);
}

#[test]
fn a_switched_off_upstream_is_served_by_its_first_provider_alone() {
    let mut desk = Desk::with_environment(KEYS);
    row(desk.create(Kind::Upstream, json!({"name": "u", "enabled": false})));
    row(desk.target("u", json!({"target": "h:1"})));
    row(desk.target("u", json!({"provider": "groq", "tier": 1, "model": "m"})));
    row(desk.target("u", json!({"provider": "openai", "credential": "*", "model": "m", "weight": 0})));
    let resolved = desk.resolved(KEYS);
    assert!(plan(&resolved, "u").enabled);
    assert_eq!(names(&resolved, "u"), ["0 h:1 off", "1 groq/m off", "0 openai/m"]);
    let serving = &plan(&resolved, "u").targets[2];
    assert!(matches!(serving.credentials, Credentials::One(_)) && serving.weight > 0);
    row(desk.create(Kind::Upstream, json!({"name": "raw", "enabled": false})));
    row(desk.target("raw", json!({"target": "h:1"})));
    assert!(!plan(&desk.resolved(KEYS), "raw").enabled, "nobody has a default credential for it");
}

#[test]
fn an_environment_without_targets_is_bypassed_only_where_that_is_asked_for() {
    let mut desk = Desk::with_environment(KEYS);
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.target("u", json!({"provider": "openai", "model": "m", "environment": "production"})));
    assert_eq!(names(&desk.resolved(KEYS), "u"), ["0 openai/m"]);
    row(desk.patch(Kind::Upstream, "u", json!({"on_empty": "bypass"})));
    let resolved = desk.resolved(KEYS);
    assert_eq!(names(&resolved, "u"), ["0 openai/m", "0 openai"]);
    let stand_in = &plan(&resolved, "u").targets[1];
    assert_eq!((stand_in.environment, stand_in.model), (Only::Sandbox, None));
}

#[test]
fn what_stays_keeps_its_number() {
    let mut desk = Desk::with_environment(KEYS);
    let mut registry = Registry::default();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    row(desk.target("u", json!({"target": "a:1"})));
    let before = desk.resolved_with(&mut registry, KEYS);
    row(desk.target("u", json!({"target": "b:1"})));
    row(desk.patch(Kind::Upstream, "u", json!({"slots": 99})));
    let after = desk.resolved_with(&mut registry, KEYS);
    assert_eq!(before.snapshot.names["u"], after.snapshot.names["u"]);
    let (before, after) = (&plan(&before, "u").targets, &plan(&after, "u").targets);
    assert_eq!(before[0], after[0]);
    assert_eq!((before.len(), after.len()), (1, 2));
    assert_ne!(after[0].hash, after[1].hash);
}

#[test]
fn repeated_targets_have_a_name_each() {
    let mut desk = Desk::with_environment(KEYS);
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    for _ in 0..3 {
        row(desk.target("u", json!({"provider": "openai", "model": "m"})));
    }
    assert_eq!(names(&desk.resolved(KEYS), "u"), ["0 openai/m", "0 openai/m#2", "0 openai/m#3"]);
}

#[test]
fn settings_arrive_as_they_were_written() {
    let mut desk = Desk::new();
    let body = json!({
        "name": "u", "hash_on": "header", "hash_on_header": "User-Id", "hash_fallback": "ip", "affinity": {"key": "body:user", "ttl": 1.5},
        "suspension": {"auth": null, "quota": 5}, "timeouts": {"first_token": 2, "total": 9},
        "healthchecks": {"active": {"type": "tcp", "healthy": {"interval": 5}}, "passive": {"unhealthy": {"http_statuses": [503, 429]}}}
    });
    row(desk.create(Kind::Upstream, body));
    let resolved = desk.resolved(&[]);
    let upstream = &resolved.snapshot.upstreams[&resolved.snapshot.names["u"]];
    assert_eq!(upstream.hash_on, snapshot::HashOn::Header("user-id".to_owned()));
    assert_eq!(upstream.hash_fallback, snapshot::HashOn::Ip);
    assert_eq!(upstream.affinity, snapshot::AffinityKey::Body("user".to_owned()));
    assert_eq!(upstream.timeouts.first_token, snapshot::Limit::Fixed(std::time::Duration::from_secs(2)));
    assert_eq!(upstream.timeouts.response, snapshot::Limit::Auto);
    assert_eq!(upstream.probe.as_ref().map(|it| it.kind), Some(snapshot::ProbeKind::Tcp));
    let plan = plan(&resolved, "u");
    assert_eq!(plan.algorithm, balance::Algorithm::ConsistentHashing);
    assert_eq!(plan.affinity.map(|it| it.ttl.as_millis()), Some(1500));
    assert_eq!((plan.suspension.auth, plan.suspension.quota.map(|it| it.as_secs())), (None, Some(5)));
    assert!(plan.health.passive.unhealthy_statuses.contains(429), "statuses are sorted for their search");
}

#[test]
fn the_catalogue_lists_models_and_names_that_can_be_asked_for() {
    let mut desk = Desk::with_environment(&KEYS[..1]);
    row(desk.patch(Kind::Provider, "openai", json!({"models": ["b", "a"], "default_model": "a"})));
    row(desk.create(Kind::Upstream, json!({"name": "pool"})));
    row(desk.target("pool", json!({"target": "h:1", "model": "m"})));
    row(desk.create(Kind::Upstream, json!({"name": "bare"})));
    row(desk.target("bare", json!({"target": "h:1"})));
    row(desk.create(Kind::Route, json!({"name": "r", "models": ["smart"], "upstream": "pool"})));
    let resolved = desk.resolved(KEYS);
    let catalogue: Vec<_> =
        resolved.snapshot.catalogue.iter().map(|(id, owner)| format!("{id} {owner}")).collect();
    assert_eq!(catalogue, ["a openai", "b openai", "pool pool", "smart r"]);
}

#[test]
fn a_reference_that_points_nowhere_is_a_problem_by_path() {
    let mut desk = Desk::new();
    row(desk.create(Kind::Upstream, json!({"name": "u"})));
    let route = row(desk.create(Kind::Route, json!({"name": "r", "paths": ["/a"], "upstream": "u"})));
    let stored = crate::Stored {
        kind: Kind::Route,
        id: route.id,
        created_at: 0,
        updated_at: 0,
        value: (*route.value).clone(),
    };
    let alone = crate::Document::from_rows([stored]).expect("the row itself is fine");
    let facts = crate::Facts {
        env: &|_| None,
        file: &|_| Err(String::new()),
        open: &|_, _| Err(String::new()),
        time_of: &|_| balance::Time::ZERO,
    };
    let problems = crate::resolve(&alone, &mut Registry::default(), &facts).expect_err("nowhere");
    assert_eq!(problems.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["routes.r.upstream"]);
}

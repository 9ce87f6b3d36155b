//! Forms and what they say.

use serde_json::json;

use super::*;

fn check(kind: Kind, body: &str, expected: Value) {
    assert_eq!(urlencoded(kind, body.as_bytes()), Ok(expected), "{body}");
}

#[test]
fn values_are_typed_by_the_schema() {
    check(
        Kind::Target,
        "target=a:1&weight=100&backup=true",
        json!({"target": "a:1", "weight": 100, "backup": true}),
    );
    check(Kind::Upstream, "name=100&slots=1e3", json!({"name": "100", "slots": 1000.0}));
    check(
        Kind::Upstream,
        "timeouts.first_token=auto&timeouts.response=1.5",
        json!({"timeouts": {"first_token": "auto", "response": 1.5}}),
    );
}

#[test]
fn dotted_keys_nest() {
    check(
        Kind::Upstream,
        "healthchecks.active.http_path=/health&healthchecks.active.healthy.interval=5&healthchecks.active.unhealthy.interval=5",
        json!({"healthchecks": {"active": {"http_path": "/health", "healthy": {"interval": 5}, "unhealthy": {"interval": 5}}}}),
    );
}

#[test]
fn brackets_numbers_and_repetition_make_arrays() {
    check(Kind::Upstream, "tags[]=a&tags[]=b", json!({"tags": ["a", "b"]}));
    check(Kind::Upstream, "tags[2]=b&tags[1]=a", json!({"tags": ["a", "b"]}));
    check(Kind::Upstream, "tags=a&tags=b", json!({"tags": ["a", "b"]}));
    check(Kind::Upstream, "tags=a", json!({"tags": ["a"]}));
    check(Kind::Upstream, "tags[4294967295]=b&tags[1]=a", json!({"tags": ["a", "b"]}));
    check(
        Kind::Upstream,
        "healthchecks.active.healthy.http_statuses[]=200&healthchecks.active.healthy.http_statuses[]=404",
        json!({"healthchecks": {"active": {"healthy": {"http_statuses": [200, 404]}}}}),
    );
    check(
        Kind::Provider,
        "endpoints[1].url=http://a&endpoints[1].name=x",
        json!({"endpoints": [{"url": "http://a", "name": "x"}]}),
    );
}

#[test]
fn an_empty_value_is_null_and_an_empty_element_an_empty_list() {
    check(Kind::Upstream, "host_header=&tags=", json!({"host_header": null, "tags": null}));
    check(Kind::Upstream, "tags[]=", json!({"tags": []}));
}

#[test]
fn what_does_not_fit_stays_a_string_for_validation_to_name() {
    check(Kind::Target, "weight=heavy&backup=1", json!({"weight": "heavy", "backup": "1"}));
    check(Kind::Upstream, "slots=NaN&nothing=5", json!({"slots": "NaN", "nothing": "5"}));
}

#[test]
fn keys_that_contradict_each_other_or_make_no_path_stay_as_they_are() {
    check(Kind::Upstream, "name=a&name.b=c", json!({"name": "a", "name.b": "c"}));
    check(Kind::Upstream, "timeouts.idle=1&timeouts=2", json!({"timeouts": "2"}));
    check(Kind::Upstream, "a[x]=1&.b=2&c[=3", json!({"a[x]": "1", ".b": "2", "c[": "3"}));
    let deep = vec!["a"; 40].join(".");
    check(Kind::Upstream, &format!("{deep}=1"), json!({deep.as_str(): "1"}));
}

#[test]
fn percent_and_plus_are_decoded_and_other_encodings_refused() {
    check(Kind::Target, "model=a%2Fb+c", json!({"model": "a/b c"}));
    assert!(urlencoded(Kind::Target, b"model=%ff").is_err());
}

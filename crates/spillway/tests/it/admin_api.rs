//! The Admin API's contract as a script sees it: statuses, shapes, names. One file for each part of the contract; the
//! commands of the seed stand in `seed_004`.

mod bodies;
mod conventions;
mod health;
mod process;
mod targets;
mod threshold;
mod upstreams;

use serde_json::{Value, json};
use simulator::client::{self, Response};

use crate::support::Spillway;

/// A call with headers of its own.
async fn call(
    spillway: &Spillway,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    client::request(spillway.admin, method, path, headers, body.as_bytes())
        .await
        .expect("the Admin API answers")
}

/// A call with JSON that must be answered with this status; what it answers.
async fn expect(spillway: &Spillway, status: u16, method: &str, path: &str, body: &Value) -> Value {
    let answer = spillway.json(method, path, body).await;
    assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text());
    answer.json()
}

/// A refusal: a 400 with code 2 whose `fields` name exactly these.
async fn violates(spillway: &Spillway, method: &str, path: &str, body: &Value, fields: &[&str]) -> Value {
    let error = expect(spillway, 400, method, path, body).await;
    assert_eq!((&error["code"], &error["name"]), (&json!(2), &json!("schema violation")), "{error}");
    let mut named = Vec::new();
    leaves("", &error["fields"], &mut named);
    named.sort();
    let mut wanted: Vec<String> = fields.iter().map(|it| (*it).to_owned()).collect();
    wanted.sort();
    assert_eq!(named, wanted, "{method} {path} {body}: {error}");
    let message = error["message"].as_str().expect("a message");
    let begins = match wanted.len() {
        1 => "schema violation (".to_owned(),
        many => format!("{many} schema violations ("),
    };
    assert!(message.starts_with(&begins), "{message}");
    error
}

/// The dotted names of everything that is complained about.
fn leaves(path: &str, fields: &Value, into: &mut Vec<String>) {
    match fields {
        Value::Object(nested) => {
            for (name, value) in nested {
                let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(&here, value, into);
            }
        }
        _ => into.push(path.to_owned()),
    }
}

/// The names in a list, in its order.
fn names(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().expect("a list has data");
    data.iter().map(|it| it["name"].as_str().unwrap_or_default().to_owned()).collect()
}

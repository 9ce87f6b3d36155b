//! The reference under `docs/reference` is what the binary says of itself: fields, metrics, the command line.
//!
//! The pages are made here and compared with those that are kept. `make docs` writes them instead.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::PathBuf,
};

use serde_json::Value;
use simulator::{Script, Step};

use crate::support::{Launch, calls, scripted, spillway, until, vendor};

/// In the order in which one meets them.
const ENTITIES: [&str; 8] =
    ["upstream", "target", "service", "route", "provider", "credential", "consumer", "client_key"];
const COMMANDS: [&str; 4] = ["serve", "status", "demo", "schema"];

#[test]
fn the_pages_of_the_entities_are_fresh() {
    for entity in ENTITIES {
        let schema = serde_json::from_str(&said_by(&["schema", entity])).unwrap();
        fresh(entity, &entity_page(&schema));
    }
}

#[test]
fn the_page_of_the_command_line_is_fresh() {
    let mut page = "# Command line\n\nWhat `--help` says.\n".to_owned();
    let _ = write!(page, "\n## spillway\n\n```text\n{}```\n", said_by(&["--help"]));
    for command in COMMANDS {
        let _ = write!(page, "\n## spillway {command}\n\n```text\n{}```\n", said_by(&[command, "--help"]));
    }
    fresh("command-line", &page);
}

#[tokio::test]
async fn the_page_of_the_metrics_is_fresh() {
    // A key, so that there is a provider; a limit, so that there is a retry and somebody out.
    let spillway = Launch::default().env("OPENAI_API_KEY", "sk-operator").start();
    let limited = scripted("limited", Script::always([Step::rate_limited("60")])).await;
    let good = vendor("good").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &limited, &[]).await;
    spillway.target("ai", &good, &[]).await;
    for _ in 0..4 {
        assert_eq!(spillway.chat("ai").await.status, 200);
    }
    assert_eq!(calls(&limited), 1);
    until("all is counted", || async { spillway.metric("spillway_requests_total", &[]).await == 4.0 }).await;
    fresh("metrics", &metrics_page(&spillway.admin("GET", "/metrics").await.text()));
}

#[test]
fn the_overview_names_every_page() {
    let mut page = "# Reference\n\nMade by `make docs` from what the binary says of itself.\n\n".to_owned();
    for entity in ENTITIES {
        let schema: Value = serde_json::from_str(&said_by(&["schema", entity])).unwrap();
        let _ = writeln!(page, "- [{entity}]({entity}.md): {}", text(&schema["description"]));
    }
    page += "- [metrics](metrics.md): what `/metrics` counts and measures.\n";
    page += "- [command line](command-line.md): what `--help` says.\n";
    fresh("README", &page);
}

/// Compares a page with the one that is kept; with `REFERENCE=write`, keeps it.
fn fresh(name: &str, page: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/reference/{name}.md"));
    if std::env::var("REFERENCE").is_ok_and(|it| it == "write") {
        std::fs::create_dir_all(path.parent().expect("a page is in a directory")).unwrap();
        std::fs::write(&path, page).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/reference/{name}.md is not what the binary says: `make docs` writes it anew");
}

fn said_by(arguments: &[&str]) -> String {
    let output = spillway().args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

// === Entities ===

fn entity_page(schema: &Value) -> String {
    let mut page = format!("# {}\n\n{}\n", text(&schema["title"]), text(&schema["description"]));
    page += "\n| field | type | default | meaning |\n|---|---|---|---|\n";
    rows("", schema, &mut page);
    if page.contains("| reference ") {
        page += "\nA reference is another entity's name, its id, or an object with one of them.\n";
    }
    page
}

/// A row for each field, nested ones by their dotted names.
fn rows(within: &str, record: &Value, page: &mut String) {
    let required =
        |name: &str| record["required"].as_array().is_some_and(|it| it.iter().any(|it| it == name));
    for (name, field) in record["properties"].as_object().into_iter().flatten() {
        let path = format!("{within}{name}");
        let default = match &field["default"] {
            _ if required(name) => "required".to_owned(),
            Value::Null if field.get("default").is_none() => String::new(),
            default => format!("`{default}`"),
        };
        let meaning = text(&field["description"]);
        let cells = [format!("`{path}`"), kind(field), default, meaning.to_owned()];
        let _ = writeln!(page, "| {} |", cells.map(|it| it.replace('|', "\\|")).join(" | "));
        rows(&format!("{path}."), nested(field), page);
    }
}

/// The nested fields of a field, whether it is a record always or only may be one.
fn nested(field: &Value) -> &Value {
    let choices = field["anyOf"].as_array().into_iter().flatten();
    // An object with an id or a name is a reference: its type says so already.
    let mut records = choices
        .chain([field])
        .filter(|it| it["properties"].is_object() && it["additionalProperties"] == false);
    records.next().unwrap_or(&Value::Null)
}

/// A type in words.
fn kind(field: &Value) -> String {
    if let Some(choices) = field["anyOf"].as_array() {
        if choices.iter().any(|it| it["properties"]["id"].is_object()) {
            return "reference".to_owned();
        }
        let words: Vec<String> = choices.iter().map(kind).collect();
        return words.join(" or ");
    }
    if let Some(words) = field["enum"].as_array() {
        return words.iter().map(|it| format!("`{}`", text(it))).collect::<Vec<_>>().join(", ");
    }
    if let Some(word) = field.get("const") {
        return format!("`{}`", text(word));
    }
    let name = match &field["type"] {
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one).to_owned(),
    };
    if field["items"].is_object() {
        return format!("list of {}", kind(&field["items"]));
    }
    let limits = match (&field["minimum"], &field["maximum"], &field["maxLength"]) {
        (Value::Number(min), Value::Number(max), _) => format!(", {} to {}", plain(min), plain(max)),
        (_, _, Value::Number(max)) => format!(", at most {max} characters"),
        _ => String::new(),
    };
    name + &limits
}

/// A whole number without the `.0` that says it is one of many that need not be.
fn plain(number: &serde_json::Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

// === Metrics ===

/// What is known of a metric from the text that a scrape gives.
#[derive(Default)]
struct Metric<'a> {
    kind: &'a str,
    help: &'a str,
    labels: BTreeSet<&'a str>,
}

fn metrics_page(exposed: &str) -> String {
    let mut page =
        "# Metrics\n\nWhat `GET /metrics` of the Admin API says, as Prometheus' text.\n".to_owned();
    page += "\n| name | type | labels | meaning |\n|---|---|---|---|\n";
    for (name, metric) in metrics(exposed) {
        let labels: Vec<String> = metric.labels.iter().map(|it| format!("`{it}`")).collect();
        let _ = writeln!(page, "| `{name}` | {} | {} | {} |", metric.kind, labels.join(", "), metric.help);
    }
    page
}

fn metrics(exposed: &str) -> BTreeMap<&str, Metric<'_>> {
    let mut metrics = BTreeMap::<&str, Metric<'_>>::new();
    for line in exposed.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|it| it.split_once(' ')) {
            metrics.entry(name).or_default().help = help;
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|it| it.split_once(' ')) {
            metrics.entry(name).or_default().kind = kind;
        } else if let Some((name, rest)) = line.split_once('{') {
            let parts = ["_bucket", "_sum", "_count"].into_iter().find_map(|it| name.strip_suffix(it));
            let name = parts.filter(|it| metrics.contains_key(it)).unwrap_or(name);
            let labels = rest.split("=\"").filter_map(|it| it.rsplit(['{', ',', '"']).next());
            // What stands behind the last `="` is a value. A histogram's `le` is Prometheus' own.
            let count = rest.matches("=\"").count();
            let labels = labels.take(count).filter(|it| *it != "le");
            metrics.entry(name).or_default().labels.extend(labels);
        }
    }
    metrics
}

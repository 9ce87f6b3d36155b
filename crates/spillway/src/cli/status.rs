//! `spillway status`: who is in, who is out, why and until when, as the Admin API of a running server says it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Failure, client::Client, options::AdminOptions, print, serve, table::table};

pub(crate) const EXAMPLE: &str = "\
Example:
  spillway status
  SPILLWAY_ADMIN_TOKEN=... spillway status --admin-url https://gateway.example:8001";

/// What stands in a cell that has nothing to say.
const NOTHING: &str = "-";
/// A credential's row that is about no model in particular.
const NO_MODEL: Value = Value::Null;

/// Prints both tables.
pub(crate) fn run(options: &AdminOptions) -> Result<(), Failure> {
    let client = Client::new(options)?;
    let text = serve::runtime()?.block_on(async {
        let targets = targets(&client).await?;
        let credentials = credentials(&client).await?;
        Ok(shown(&targets, &credentials))
    })?;
    print(&text)
}

type TargetRow = [String; 9];
type CredentialRow = [String; 7];

async fn targets(client: &Client) -> Result<Vec<TargetRow>, Failure> {
    let mut rows = Vec::new();
    for upstream in client.list("/upstreams").await? {
        let path = format!("/upstreams/{}/health", encoded(&upstream));
        let targets = client.list(&path).await?;
        if targets.is_empty() {
            let mut row: TargetRow = std::array::from_fn(|_| NOTHING.to_owned());
            (row[0], row[1], row[2]) =
                (cell(&upstream["name"]), cell(&upstream["algorithm"]), "(no targets)".to_owned());
            rows.push(row);
        }
        // The newest come first; people read in the order in which they were added.
        rows.extend(targets.iter().rev().map(|target| target_row(&upstream, target)));
    }
    Ok(rows)
}

fn target_row(upstream: &Value, target: &Value) -> TargetRow {
    let state = &target["state"];
    let tier = if target["backup"] == true { "backup".to_owned() } else { cell(&target["tier"]) };
    [
        cell(&upstream["name"]),
        cell(&upstream["algorithm"]),
        name(target),
        cell(&target["weight"]),
        tier,
        cell(&target["health"]),
        cell(&state["state"]),
        cell(&target["reason"]),
        left(state),
    ]
}

async fn credentials(client: &Client) -> Result<Vec<CredentialRow>, Failure> {
    let mut rows = Vec::new();
    for provider in client.list("/providers").await? {
        let path = format!("/providers/{}/credentials", encoded(&provider));
        for credential in client.list(&path).await? {
            rows.push(credential_row(&provider, &credential, &NO_MODEL));
            let models = credential["model_states"].as_array();
            rows.extend(models.into_iter().flatten().map(|it| credential_row(&provider, &credential, it)));
        }
    }
    Ok(rows)
}

/// A credential; with one of its `model_states`, how it stands for that model.
fn credential_row(provider: &Value, credential: &Value, model: &Value) -> CredentialRow {
    let standing = if model.is_null() { credential } else { model };
    let for_model = match &model["model"] {
        _ if model.is_null() => "every".to_owned(),
        Value::Null => "any not listed".to_owned(),
        name => cell(name),
    };
    let is_default = if credential["default"] == true { "yes" } else { "no" };
    [
        cell(&provider["name"]),
        cell(&credential["name"]),
        is_default.to_owned(),
        for_model,
        cell(&standing["state"]),
        cell(&standing["cause"]),
        left(standing),
    ]
}

fn shown(targets: &[TargetRow], credentials: &[CredentialRow]) -> String {
    if targets.is_empty() && credentials.is_empty() {
        return "Nothing is configured: set OPENAI_API_KEY or another vendor's before `spillway serve`, \
                or POST /upstreams to the Admin API.\n"
            .to_owned();
    }
    let head = ["UPSTREAM", "ALGORITHM", "TARGET", "WEIGHT", "TIER", "HEALTH", "STATE", "WHY", "BACK IN"];
    let mut text = table(head, targets);
    if !credentials.is_empty() {
        text.push('\n');
        let head = ["PROVIDER", "CREDENTIAL", "DEFAULT", "MODEL", "STATE", "WHY", "BACK IN"];
        text.push_str(&table(head, credentials));
    }
    text
}

/// What a target is called: its address, or its provider and model.
fn name(target: &Value) -> String {
    let provider = target["provider"]["name"].as_str();
    match (target["target"].as_str(), provider) {
        (Some(address), _) => address.to_owned(),
        (None, Some(provider)) => match target["model"].as_str() {
            Some(model) => format!("{provider}/{model}"),
            None => provider.to_owned(),
        },
        (None, None) => cell(&target["id"]),
    }
}

/// Seconds until it is back.
fn left(state: &Value) -> String {
    state["ttl"].as_f64().map_or_else(|| NOTHING.to_owned(), |it| format!("{} s", it.ceil()))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn encoded(entity: &Value) -> String {
    utf8_percent_encode(entity["id"].as_str().unwrap_or_default(), NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_that_is_out_shows_why_and_how_long() {
        let upstream = json!({"name": "pool", "algorithm": "round-robin"});
        let target = json!({"target": "a.example:443", "weight": 100, "tier": 0, "backup": false, "health": "HEALTHY",
            "reason": "rate_limit", "state": {"state": "cooling", "ttl": 12.3}});
        let text = shown(&[target_row(&upstream, &target)], &[]);
        let line = text.lines().nth(1).unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(
            words,
            [
                "pool",
                "round-robin",
                "a.example:443",
                "100",
                "0",
                "HEALTHY",
                "cooling",
                "rate_limit",
                "13",
                "s"
            ]
        );
    }

    #[test]
    fn nothing_configured_says_what_to_do() {
        assert!(shown(&[], &[]).contains("OPENAI_API_KEY"));
    }
}

//! Credentials: what a body may say of a secret, and what may be sent beside it.

use dialect::{Auth, Dialect};
use http::HeaderName;
use serde_json::{Map, Value};

use super::{Subject, is_set, referred, text};
use crate::{Entity, Kind, Violations, amazon::AmazonKey, google, secret::Written};

/// What the gateway itself says in a request: the key, the place, the body's length, the connection.
const OURS: [&str; 24] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-amz-date",
    "x-amz-security-token",
    "openai-organization",
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "accept-encoding",
    "expect",
    "cookie",
    "forwarded",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
const OURS_PREFIXES: [&str; 2] = ["x-spillway-", "x-forwarded-"];

pub(super) fn prepare(given: &Map<String, Value>, violations: &mut Violations) {
    if let Some(Written::Sealed(_)) = text(given, "secret").map(Written::of) {
        violations
            .field("secret", "this is how a secret is kept: write the secret itself, or a reference to it");
    }
}

pub(super) fn finish(subject: &Subject<'_>, whole: &Map<String, Value>, violations: &mut Violations) {
    let row = provider_row(subject, whole);
    if let (Some(row), Some(Written::Literal(secret))) = (row, text(whole, "secret").map(Written::of))
        && let Err(why) = fits(row.auth, secret)
    {
        violations.field("secret", why);
    }
    let Some(Value::Object(overrides)) = whole.get("overrides") else {
        return;
    };
    for name in overrides.get("headers").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        // What is no name at all has been said already.
        let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        let header = header.as_str();
        if OURS.contains(&header) || OURS_PREFIXES.iter().any(|it| header.starts_with(it)) {
            violations
                .field(format!("overrides.headers.{name}"), "is set by the gateway itself, and not here");
        }
    }
    if is_set(overrides, "organization") && row.is_some_and(|it| it.dialect != Some(Dialect::OpenAi)) {
        let message = "this kind of provider has no organizations: the key alone says the account";
        violations.field("overrides.organization", message);
    }
}

/// Whether the vendor would take what is written, and whether anybody else is given what only one vendor takes.
fn fits(auth: Auth, secret: &str) -> Result<(), String> {
    match (auth, google::is_key_file(secret)) {
        (Auth::Aws, _) => AmazonKey::parse(secret).map(drop),
        (Auth::GoogleCloud, true) => google::key_file(secret).map(drop),
        (Auth::GoogleCloud, false) if secret.starts_with("ya29.") => {
            Err("is a token, which ends within the hour: write the key file's text, or an API key".to_owned())
        }
        (Auth::GoogleCloud, false) if secret.starts_with(['/', '.', '~', '-']) => {
            Err("is neither a key file's text nor an API key: of a file's path write file:PATH".to_owned())
        }
        (_, true) => {
            Err("is JSON: only providers of the kind vertex take a key file, others the key alone".to_owned())
        }
        (_, false) => Ok(()),
    }
}

fn provider_row(subject: &Subject<'_>, whole: &Map<String, Value>) -> Option<&'static dialect::Row> {
    let row = subject.document.by_id(Kind::Provider, referred(whole, "provider")?)?;
    match &*row.entity {
        Entity::Provider(provider) => Some(dialect::Kind::from_name(&provider.kind)?.row()),
        _ => None,
    }
}

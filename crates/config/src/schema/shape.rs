//! What texts may look like.

use super::Shape;
use crate::{address, amazon, entity::ModelLocation, google, secret::Written};

/// Anything without control characters.
pub(super) const FREE: Shape = Shape { pattern: None, max: 1024, check: free };
/// A name that fits into a path as it is.
pub(super) const NAME: Shape = Shape { pattern: Some("^[A-Za-z0-9._-]{1,128}$"), max: 128, check: name };
/// The same, shorter: it goes into a response header.
pub(super) const SHORT_NAME: Shape = Shape { pattern: Some("^[A-Za-z0-9._-]{1,64}$"), max: 64, check: name };
/// A name, or a pool's: a provider's and, behind a slash, a model's.
pub(super) const UPSTREAM_NAME: Shape =
    Shape { pattern: Some("^[A-Za-z0-9._-]{1,128}(/.{1,256})?$"), max: 385, check: upstream_name };
/// A vendor's name for a model.
pub(super) const MODEL: Shape = Shape { pattern: None, max: 256, check: free };
/// A label: commas and slashes separate them in `?tags=`.
pub(super) const TAG: Shape =
    Shape { pattern: Some("^[^,/\\u0000-\\u001f\\u007f-\\u009f]+$"), max: 128, check: tag };
/// A header's name.
pub(super) const HEADER: Shape =
    Shape { pattern: Some("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"), max: 128, check: header_name };
/// A `Host` or a name to verify.
pub(super) const HOST: Shape = Shape { pattern: None, max: 260, check: host };
/// A host to match: `example.com`, `*.example.com`, `example.*`.
pub(super) const HOST_PATTERN: Shape = Shape { pattern: None, max: 260, check: host_pattern };
/// An absolute path.
pub(super) const PATH: Shape = Shape { pattern: Some("^/"), max: 1024, check: path };
/// A prefix, or `~` and a regular expression.
pub(super) const PATH_PATTERN: Shape = Shape { pattern: Some("^(/|~)"), max: 1024, check: path_pattern };
/// An HTTP method.
pub(super) const METHOD: Shape = Shape { pattern: Some("^[A-Z]+$"), max: 32, check: http_method };
/// `host:port`.
pub(super) const TARGET: Shape = Shape { pattern: None, max: 262, check: target };
/// A base URL, or where to find one.
pub(super) const URL: Shape = Shape { pattern: None, max: 2048, check: url };
/// One of Amazon's regions.
pub(super) const REGION: Shape = Shape { pattern: Some("^[a-z0-9]+(-[a-z0-9]+)*$"), max: 32, check: region };
/// Azure's version: a date, and perhaps that it is a preview.
pub(super) const API_VERSION: Shape =
    Shape { pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?$"), max: 32, check: api_version };
/// A secret, or where it is. Sealed, it is longer than it was.
pub(super) const SECRET: Shape = Shape { pattern: None, max: 3 * KEY_FILE_MAX, check: secret };
/// An account's name, as a header carries it.
pub(super) const ORGANIZATION: Shape =
    Shape { pattern: Some("^[\\x21-\\x7e]+$"), max: 256, check: organization };
/// Where an affinity key comes from.
pub(super) const AFFINITY: Shape =
    Shape { pattern: Some("^(none|session|prefix|header:.+|body:.+)$"), max: 160, check: affinity };
/// Where a vendor wants to be told the model.
pub(super) const MODEL_LOCATION: Shape =
    Shape { pattern: Some("^(body|path|header:.+|query:.+)$"), max: 160, check: model_location };
/// An instant.
pub(super) const INSTANT: Shape = Shape { pattern: None, max: 64, check: instant };

fn free(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("length must be at least 1".to_owned());
    }
    text.contains(char::is_control).then(|| "must not contain control characters".to_owned())
}

fn name(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let refused = !fits || matches!(text, "." | "..");
    refused.then(|| format!("invalid value '{}': letters, digits, '.', '_' and '-' make a name", shown(text)))
}

fn upstream_name(text: &str) -> Option<String> {
    match text.split_once('/') {
        Some((provider, model)) => name(provider).or_else(|| free(model)),
        None if text.len() > NAME.max => Some(format!("length must be at most {}", NAME.max)),
        None => name(text),
    }
}

fn tag(text: &str) -> Option<String> {
    let fits = free(text).is_none() && !text.contains([',', '/']);
    (!fits).then(|| {
        format!("invalid tag '{}': commas, slashes and control characters separate tags", shown(text))
    })
}

fn header_name(text: &str) -> Option<String> {
    let fits = http::HeaderName::from_bytes(text.as_bytes()).is_ok();
    (!fits).then(|| format!("bad header name '{}'", shown(text)))
}

fn host(text: &str) -> Option<String> {
    let fits = address::host_and_port(text).is_ok();
    (!fits).then(|| format!("invalid hostname: '{}'", shown(text)))
}

fn host_pattern(text: &str) -> Option<String> {
    let plain = text.strip_prefix("*.").or_else(|| text.strip_suffix(".*")).unwrap_or(text);
    let fits = !plain.contains('*') && address::host_and_port(plain).is_ok();
    (!fits)
        .then(|| format!("invalid hostname: '{}' (one wildcard, leftmost or rightmost label)", shown(text)))
}

fn path(text: &str) -> Option<String> {
    if !text.starts_with('/') {
        return Some("should start with: /".to_owned());
    }
    let fits = text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains(['?', '#']);
    (!fits).then(|| "must be a path of visible ASCII without '?' or '#'".to_owned())
}

fn path_pattern(text: &str) -> Option<String> {
    match text.strip_prefix('~') {
        // The bound on the compiled size keeps one route from eating the memory of all.
        Some(pattern) => crate::route::path_regex(pattern).err(),
        None => path(text),
    }
}

fn http_method(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    (!fits).then(|| format!("invalid method '{}': upper-case letters", shown(text)))
}

fn target(text: &str) -> Option<String> {
    address::raw_target(text).err()
}

fn url(text: &str) -> Option<String> {
    match text.strip_prefix("env:") {
        Some(variable) => free(variable),
        None => address::base_url(text).err(),
    }
}

fn api_version(text: &str) -> Option<String> {
    let date = text.strip_suffix("-preview").unwrap_or(text);
    let fits =
        |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let is_date = date.len() == "2024-10-21".len() && date.bytes().enumerate().all(fits);
    (!is_date).then(|| {
        format!(
            "invalid version '{}': expected a date such as 2024-10-21 or 2025-04-01-preview, or null for /openai/v1, \
             which needs none",
            shown(text)
        )
    })
}

/// Longer than any vendor's key by far, and within what servers take as a header.
const SECRET_MAX: usize = 4096;
/// Twice as long as Google's key files.
const KEY_FILE_MAX: usize = 6144;
/// What keeps this program closed is no vendor's key.
const OWN_SECRETS: [&str; 2] = ["SPILLWAY_MASTER_KEY", "SPILLWAY_ADMIN_TOKEN"];

/// Never repeats the text: it may be a secret.
fn secret(text: &str) -> Option<String> {
    match Written::of(text) {
        Written::Variable(names) if names.split(':').any(|it| OWN_SECRETS.contains(&it)) => {
            Some(format!("{names} is this program's own secret, and no vendor's"))
        }
        Written::Variable(place) | Written::File(place) => {
            free(place).map(|_| "expected a reference: env:NAME or file:PATH".to_owned())
        }
        // Whether there is anything behind them is for those to say who know the row.
        Written::Sealed(_) | Written::Mask => None,
        Written::Literal("") => Some("length must be at least 1".to_owned()),
        Written::Literal(file) if google::is_key_file(file) => {
            (file.len() > KEY_FILE_MAX).then(|| format!("length must be at most {KEY_FILE_MAX}"))
        }
        Written::Literal(key) if key.len() > SECRET_MAX => {
            Some(format!("length must be at most {SECRET_MAX}"))
        }
        Written::Literal(key) => (!is_visible(key)).then(|| {
            "a key is visible ASCII, as headers carry it (a reference to one: env:NAME, file:PATH)".to_owned()
        }),
    }
}

fn region(text: &str) -> Option<String> {
    (!amazon::is_region(text)).then(|| "expected a region of Amazon's, such as eu-central-1".to_owned())
}

fn organization(text: &str) -> Option<String> {
    let fits = !text.is_empty() && is_visible(text);
    (!fits).then(|| "must be visible ASCII, as a header carries it".to_owned())
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn affinity(text: &str) -> Option<String> {
    let fits = match text.split_once(':') {
        None => matches!(text, "none" | "session" | "prefix"),
        Some(("header", name)) => header_name(name).is_none(),
        Some(("body", field)) => free(field).is_none(),
        Some(_) => false,
    };
    (!fits).then(|| "expected one of: none, session, prefix, header:NAME, body:FIELD".to_owned())
}

fn model_location(text: &str) -> Option<String> {
    ModelLocation::parse(text).err()
}

fn instant(text: &str) -> Option<String> {
    text.parse::<jiff::Timestamp>().err().map(|_| "expected a time like 2030-01-31T12:00:00Z".to_owned())
}

/// A wrong value as a message may repeat it: short.
fn shown(text: &str) -> String {
    const SHOWN: usize = 64;
    let mut shown: String = text.chars().filter(|it| !it.is_control()).take(SHOWN).collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

//! Bodies against the table: what is given is checked and normalised, what is not comes from the default or the row.

use serde_json::{Map, Number, Value};

use super::{Field, Literal, Type, defaults};
use crate::Violations;

/// What was given, normalised: only known fields, numbers in their plainest form, references still as written.
/// Everything that is wrong goes to `violations`, under `path`.
pub(crate) fn check(
    fields: &[Field],
    given: &Map<String, Value>,
    path: &str,
    violations: &mut Violations,
) -> Map<String, Value> {
    let mut checked = Map::new();
    for (name, value) in given {
        let here = join(path, name);
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            violations.field(here, unknown(fields, name));
            continue;
        };
        // Null means the default (or null itself, where that is a value): see `merge`.
        let value =
            if value.is_null() { Value::Null } else { value_of(&field.kind, value, &here, violations) };
        checked.insert(name.clone(), value);
    }
    checked
}

/// `base` with what was `given` laid over it: objects merge, everything else is replaced; null is a value where the
/// field can be null and resets the others to their default.
pub(crate) fn merge(
    fields: &[Field],
    base: &Map<String, Value>,
    given: &Map<String, Value>,
) -> Map<String, Value> {
    let mut merged = Map::new();
    for field in fields.iter().filter(|field| !field.input_only) {
        let old = base.get(field.name);
        let value = match (given.get(field.name), &field.kind) {
            (None, _) => old.cloned().or_else(|| field.default_value()),
            (Some(Value::Null), _) if field.nullable => Some(Value::Null),
            (Some(Value::Null), _) => field.default_value(),
            (Some(Value::Object(new)), Type::Record(nested)) => {
                let fresh = defaults(nested);
                let old = old.and_then(Value::as_object).unwrap_or(&fresh);
                Some(Value::Object(merge(nested, old, new)))
            }
            (Some(new), _) => Some(new.clone()),
        };
        if let Some(value) = value {
            merged.insert(field.name.to_owned(), value);
        }
    }
    merged
}

/// Names the fields that must be given and are not.
pub(crate) fn complete(fields: &[Field], merged: &Map<String, Value>, violations: &mut Violations) {
    for field in fields {
        if matches!(field.default, Literal::Required) && !merged.contains_key(field.name) {
            violations.field(field.name, "required field missing");
        }
    }
}

fn value_of(kind: &Type, value: &Value, path: &str, violations: &mut Violations) -> Value {
    let outcome = match kind {
        Type::Boolean => value.as_bool().map(Value::Bool).ok_or_else(|| "expected a boolean".to_owned()),
        Type::Integer(min, max) => integer(value, *min, *max),
        Type::Number(min, max) => number(value, *min, *max),
        Type::NumberOr(word, ..) if value.as_str() == Some(word) => Ok(value.clone()),
        Type::NumberOr(word, min, max) if value.is_number() => {
            number(value, *min, *max).map_err(|message| format!("{message}, or \"{word}\""))
        }
        Type::NumberOr(word, ..) => Err(format!("expected a number or \"{word}\"")),
        Type::Text(shape) => {
            text(value, shape.max).and_then(|it| (shape.check)(it).map_or(Ok(it.into()), Err))
        }
        Type::Choice(words) => choice(value, words),
        Type::List(of, max) => return list(of, *max, value, path, violations),
        Type::Headers => return headers(value, path, violations),
        Type::Record(fields) => match value {
            Value::Object(given) => return Value::Object(check(fields, given, path, violations)),
            _ => Err("expected a record".to_owned()),
        },
        Type::Shorthand(fields) => return shorthand(fields, value, path, violations),
        Type::Credential if value.as_str() == Some("*") => Ok(value.clone()),
        Type::Reference(_) | Type::Credential => reference(value),
    };
    outcome.unwrap_or_else(|message| {
        violations.field(path, message);
        value.clone()
    })
}

fn integer(value: &Value, min: i64, max: i64) -> Result<Value, String> {
    let whole = value.as_f64().filter(|it| it.fract() == 0.0).ok_or("expected an integer")?;
    if whole < min as f64 || whole > max as f64 {
        return Err(format!("value should be between {min} and {max}"));
    }
    // The bounds of every table lie far within what an f64 counts exactly.
    Ok(Value::from(whole as i64))
}

fn number(value: &Value, min: f64, max: f64) -> Result<Value, String> {
    let number = value.as_f64().ok_or("expected a number")?;
    if !(min..=max).contains(&number) {
        return Err(format!("value should be between {min} and {max}"));
    }
    Ok(plain(number))
}

/// `5`, not `5.0`: the same number always reads, and hashes, the same.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 {
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn text(value: &Value, max: usize) -> Result<&str, String> {
    let text = value.as_str().ok_or("expected a string")?;
    if text.chars().count() > max {
        return Err(format!("length must be at most {max}"));
    }
    Ok(text)
}

fn choice(value: &Value, words: &[&str]) -> Result<Value, String> {
    let given = value.as_str().ok_or("expected a string")?;
    if words.contains(&given) {
        return Ok(given.into());
    }
    let near = nearest(words.iter().copied(), given).map(|it| format!("; did you mean '{it}'?"));
    Err(format!("expected one of: {}{}", words.join(", "), near.unwrap_or_default()))
}

fn list(of: &Type, max: usize, value: &Value, path: &str, violations: &mut Violations) -> Value {
    let Value::Array(given) = value else {
        violations.field(path, "expected an array");
        return value.clone();
    };
    if given.len() > max {
        violations.field(path, format!("at most {max} elements"));
        return value.clone();
    }
    let mut checked: Vec<Value> = Vec::with_capacity(given.len());
    for (index, value) in given.iter().enumerate() {
        // Elements count from 1, as Kong's do.
        let element = value_of(of, value, &format!("{path}.{}", index + 1), violations);
        let element = match of {
            Type::Record(fields) => filled(fields, element, &format!("{path}.{}", index + 1), violations),
            _ => element,
        };
        if !checked.contains(&element) {
            checked.push(element);
        }
    }
    Value::Array(checked)
}

/// A record in a list has no row underneath: what it leaves out is the default.
fn filled(fields: &[Field], element: Value, path: &str, violations: &mut Violations) -> Value {
    let Value::Object(given) = &element else {
        return element;
    };
    let merged = merge(fields, &defaults(fields), given);
    for field in fields {
        if matches!(field.default, Literal::Required) && !merged.contains_key(field.name) {
            violations.field(join(path, field.name), "required field missing");
        }
    }
    Value::Object(merged)
}

fn shorthand(fields: &[Field], value: &Value, path: &str, violations: &mut Violations) -> Value {
    let written = match value {
        Value::String(_) => Value::Object(Map::from_iter([(fields[0].name.to_owned(), value.clone())])),
        other => other.clone(),
    };
    let Value::Object(given) = &written else {
        violations.field(path, "expected a string or a record");
        return written;
    };
    let checked = check(fields, given, path, violations);
    filled(fields, Value::Object(checked), path, violations)
}

/// Headers have a text or several each, and read back as lists.
fn headers(value: &Value, path: &str, violations: &mut Violations) -> Value {
    const HEADERS_MAX: usize = 64;
    let Value::Object(given) = value else {
        violations.field(path, "expected a map of header names to strings");
        return value.clone();
    };
    if given.len() > HEADERS_MAX {
        violations.field(path, format!("at most {HEADERS_MAX} headers"));
    }
    let mut checked = Map::new();
    for (name, value) in given {
        let texts = match value {
            Value::Array(several) => several.clone(),
            one => vec![one.clone()],
        };
        let fits = |it: &Value| it.as_str().is_some_and(|it| http::HeaderValue::from_str(it).is_ok());
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            violations.field(join(path, name), "bad header name");
        } else if !texts.iter().all(fits) {
            violations.field(join(path, name), "expected strings of visible characters");
        }
        checked.insert(name.clone(), Value::Array(texts));
    }
    Value::Object(checked)
}

/// As written, but one shape: a text, taken for an id if it looks like one.
fn reference(value: &Value) -> Result<Value, String> {
    const EXPECTED: &str = "expected a name, an id, or an object with one of them";
    let text = match value {
        Value::String(text) => Some(text),
        Value::Object(object) => match (object.get("id"), object.get("name")) {
            (Some(Value::String(id)), _) => Some(id),
            (_, Some(Value::String(name))) => Some(name),
            _ => None,
        },
        _ => None,
    };
    text.filter(|it| !it.is_empty()).map(|it| Value::String(it.clone())).ok_or_else(|| EXPECTED.to_owned())
}

fn unknown(fields: &[Field], name: &str) -> String {
    match nearest(fields.iter().map(|field| field.name), name) {
        Some(near) => format!("unknown field; did you mean '{near}'?"),
        None => "unknown field".to_owned(),
    }
}

/// The name that `given` was most likely meant to be.
pub fn nearest<'a>(names: impl Iterator<Item = &'a str>, given: &str) -> Option<&'a str> {
    /// Below this two names have little in common (Jaro–Winkler, 0–1).
    const ALIKE: f64 = 0.8;
    /// Comparing takes the product of both lengths; nobody misspells a name that long.
    const COMPARED_MAX: usize = 256;
    if given.len() > COMPARED_MAX {
        return None;
    }
    let scored =
        names.map(|name| (strsim::jaro_winkler(name, given), name)).filter(|(score, _)| *score >= ALIKE);
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

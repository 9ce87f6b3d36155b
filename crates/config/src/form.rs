//! Form bodies, typed by the schema.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};

use crate::{
    Kind,
    schema::{Field, Type, schema},
};

/// Deeper than any table; a longer key is taken as one name, which no table has.
const DEPTH_MAX: usize = 16;

/// More pairs than any entity has fields and list elements by far; every pair is compared with those before it.
const PAIRS_MAX: usize = 4096;

/// What the pairs say, before types: a tree of texts.
enum Node {
    /// Given once, or several times, in order.
    Texts(Vec<String>),
    /// `a[]`, `a[1]`: by number, those without one in order after it.
    List(BTreeMap<(u32, usize), Node>),
    /// `a.b`.
    Record(Vec<(String, Node)>),
}

/// One step of a key.
#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Element(Option<u32>),
}

/// The body that a form's pairs stand for: dotted keys nest, `a[]`, `a[1]` and repeated keys make arrays, values are
/// typed by the schema, an empty value is null. What does not fit stays a string, so that validation names it.
pub fn form<'a>(kind: Kind, pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Value {
    let mut root = Vec::new();
    for (count, (key, text)) in pairs.enumerate() {
        if count == PAIRS_MAX {
            // No table has such a field: validation says so.
            root.push((format!("more than {PAIRS_MAX} fields"), Node::Texts(vec![key.into_owned()])));
            break;
        }
        let steps = steps(&key);
        match steps.split_first() {
            Some((Step::Name(first), rest)) if fits(&root, first, rest) => put(&mut root, first, rest, text),
            // What contradicts an earlier pair takes its place if it has its name, and is unknown otherwise.
            _ => root.push((key.clone().into_owned(), Node::Texts(vec![text.into_owned()]))),
        }
    }
    record(schema(kind).fields, root)
}

/// The same for an `application/x-www-form-urlencoded` body.
pub fn urlencoded(kind: Kind, body: &[u8]) -> Result<Value, String> {
    let decoded: Cow<'_, [u8]> = percent_encoding::percent_decode(body).into();
    if std::str::from_utf8(&decoded).is_err() {
        return Err("the form is not UTF-8".to_owned());
    }
    Ok(form(kind, form_urlencoded::parse(body)))
}

/// `a.b[1].c` → a, b, \[1\], c. A key that is no such path has no steps.
fn steps(key: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for part in key.split('.') {
        let (name, mut brackets) = part.find('[').map_or((part, ""), |at| part.split_at(at));
        if name.is_empty() || steps.len() >= DEPTH_MAX {
            return Vec::new();
        }
        steps.push(Step::Name(name));
        while let Some(rest) = brackets.strip_prefix('[') {
            let Some((inside, after)) = rest.split_once(']') else {
                return Vec::new();
            };
            let number = inside.parse().ok();
            if (number.is_none() && !inside.is_empty()) || steps.len() >= DEPTH_MAX {
                return Vec::new();
            }
            steps.push(Step::Element(number));
            brackets = after;
        }
        if !brackets.is_empty() {
            return Vec::new();
        }
    }
    steps
}

/// Whether a path can be laid into what is there: `a=1` leaves no room for `a.b=2`.
fn fits(record: &[(String, Node)], name: &str, rest: &[Step<'_>]) -> bool {
    let Some((_, node)) = record.iter().find(|(known, _)| known == name) else {
        return true;
    };
    fits_node(node, rest)
}

fn fits_node(node: &Node, rest: &[Step<'_>]) -> bool {
    match (node, rest.split_first()) {
        (Node::Texts(_), None) | (Node::List(_), None | Some((Step::Element(None), _))) => true,
        (Node::List(list), Some((Step::Element(Some(number)), rest))) => {
            list.get(&(*number, 0)).is_none_or(|node| fits_node(node, rest))
        }
        (Node::Record(inner), Some((Step::Name(name), rest))) => fits(inner, name, rest),
        // `a=1&a[]=2` is a list of two.
        (Node::Texts(_), Some((Step::Element(_), []))) => true,
        _ => false,
    }
}

fn put(record: &mut Vec<(String, Node)>, name: &str, rest: &[Step<'_>], text: Cow<'_, str>) {
    let index = record.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        record.push((name.to_owned(), empty(rest)));
        record.len() - 1
    });
    put_node(&mut record[index].1, rest, text);
}

fn put_node(node: &mut Node, rest: &[Step<'_>], text: Cow<'_, str>) {
    match (node, rest.split_first()) {
        (Node::Record(inner), Some((Step::Name(name), rest))) => put(inner, name, rest, text),
        (Node::List(list), Some((Step::Element(number), rest))) => {
            let key = number.map_or((u32::MAX, list.len()), |number| (number, 0));
            put_node(list.entry(key).or_insert_with(|| empty(rest)), rest, text);
        }
        (Node::List(list), _) => {
            let key = (u32::MAX, list.len());
            list.insert(key, Node::Texts(vec![text.into_owned()]));
        }
        (Node::Texts(texts), _) => texts.push(text.into_owned()),
        // `fits` has looked at the same path before.
        (Node::Record(_), _) => {}
    }
}

fn empty(rest: &[Step<'_>]) -> Node {
    match rest.first() {
        None => Node::Texts(Vec::new()),
        Some(Step::Name(_)) => Node::Record(Vec::new()),
        Some(Step::Element(_)) => Node::List(BTreeMap::new()),
    }
}

fn record(fields: &[Field], entries: Vec<(String, Node)>) -> Value {
    let mut record = Map::new();
    for (name, node) in entries {
        let kind = fields.iter().find(|field| field.name == name).map(|field| &field.kind);
        record.insert(name, value(kind, node));
    }
    Value::Object(record)
}

fn value(kind: Option<&Type>, node: Node) -> Value {
    match node {
        Node::Record(entries) => match kind {
            Some(Type::Record(fields) | Type::Shorthand(fields)) => record(fields, entries),
            _ => Value::Object(entries.into_iter().map(|(name, node)| (name, value(None, node))).collect()),
        },
        Node::List(list) => {
            let element = element(kind);
            let values = list.into_values().map(|node| value(element, node));
            // `a[]=` says a list of nothing.
            Value::Array(values.filter(|value| !value.is_null()).collect())
        }
        Node::Texts(texts) => match (kind, texts.as_slice()) {
            (_, [one]) if one.is_empty() => Value::Null,
            (Some(Type::List(of, _)), several) => several.iter().map(|text| typed(Some(of), text)).collect(),
            (kind, [one]) => typed(kind, one),
            (kind, several) => several.iter().map(|text| typed(kind, text)).collect(),
        },
    }
}

fn element(kind: Option<&Type>) -> Option<&Type> {
    match kind {
        Some(Type::List(of, _)) => Some(of),
        other => other,
    }
}

/// A text as the type understands it, or as it is.
fn typed(kind: Option<&Type>, text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let typed = match kind {
        Some(Type::Boolean) => text.parse::<bool>().ok().map(Value::Bool),
        Some(Type::Integer(..) | Type::Number(..) | Type::NumberOr(..)) => number(text),
        _ => None,
    };
    typed.unwrap_or_else(|| text.into())
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = text.parse::<f64>().ok().filter(|it| plain && it.is_finite())?;
    serde_json::Number::from_f64(number).map(Value::Number)
}

#[cfg(test)]
mod tests;

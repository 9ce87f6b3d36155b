//! One table of fields per entity: typing of forms, defaults, validation, JSON Schema and OpenAPI all read it.
//!
//! A field is a row here and a line in [`crate::entity`]; what several fields must mean together is in
//! `rules`.

mod check;
mod consumer;
mod fields;
mod health;
mod json;
mod routing;
mod shape;
mod upstream;
mod vendor;

use serde_json::{Map, Value};

pub use check::nearest;
pub(crate) use check::{check, complete, merge};
pub(crate) use upstream::SUSPENSION_CLASSES;

use crate::Kind;

/// The fields of an entity.
#[derive(Debug)]
pub struct Schema {
    /// Of what.
    pub kind: Kind,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// In the order they are read back.
    pub fields: &'static [Field],
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// On the wire.
    pub name: &'static str,
    /// What it may be.
    pub kind: Type,
    /// What it is when nobody says.
    pub default: Literal,
    /// Whether null is a value of it.
    pub nullable: bool,
    /// Whether it is only understood in bodies and kept as something else.
    pub input_only: bool,
    /// What it means.
    pub doc: &'static str,
}

/// What a field may be.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// True or false.
    Boolean,
    /// A whole number, bounds included.
    Integer(i64, i64),
    /// A number, bounds included.
    Number(f64, f64),
    /// A number, or this word.
    NumberOr(&'static str, f64, f64),
    /// Text that passes a check.
    Text(Shape),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Several of the same, at most that many.
    List(&'static Type, usize),
    /// Names with texts, as headers.
    Headers,
    /// Nested fields.
    Record(&'static [Field]),
    /// Nested fields, or just the text of the first.
    Shorthand(&'static [Field]),
    /// Another entity: its name, its id, or an object with one of them.
    Reference(Kind),
    /// `"*"`, or a credential.
    Credential,
}

/// A check of a text: its wire format for JSON Schema, its longest length, and what is wrong with a value.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// A regular expression for JSON Schema, where one says it all.
    pub pattern: Option<&'static str>,
    /// In characters.
    pub max: usize,
    /// What is wrong, if something is.
    pub check: fn(&str) -> Option<String>,
}

/// A default.
#[derive(Clone, Copy, Debug)]
pub enum Literal {
    /// There is none: the field must be given.
    Required,
    /// Null.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'static str),
    /// Whole numbers.
    Integers(&'static [i64]),
    /// An empty list.
    EmptyList,
    /// No headers.
    EmptyMap,
    /// Each nested field's own.
    Nested,
}

/// The table for a kind.
pub fn schema(kind: Kind) -> &'static Schema {
    match kind {
        Kind::Provider => &vendor::PROVIDER,
        Kind::Credential => &vendor::CREDENTIAL,
        Kind::Upstream => &upstream::UPSTREAM,
        Kind::Target => &routing::TARGET,
        Kind::Service => &routing::SERVICE,
        Kind::Route => &routing::ROUTE,
        Kind::Consumer => &consumer::CONSUMER,
        Kind::ClientKey => &consumer::CLIENT_KEY,
    }
}

// === impl Field ===

impl Field {
    /// A field that must be given.
    const fn required(name: &'static str, kind: Type, doc: &'static str) -> Field {
        Field { name, kind, default: Literal::Required, nullable: false, input_only: false, doc }
    }

    /// A field with a default.
    const fn new(name: &'static str, kind: Type, default: Literal, doc: &'static str) -> Field {
        Field { name, kind, default, nullable: false, input_only: false, doc }
    }

    /// A field that is null when nobody says.
    const fn optional(name: &'static str, kind: Type, doc: &'static str) -> Field {
        Field { name, kind, default: Literal::Null, nullable: true, input_only: false, doc }
    }

    /// Nested fields with defaults of their own.
    const fn record(name: &'static str, fields: &'static [Field], doc: &'static str) -> Field {
        Field {
            name,
            kind: Type::Record(fields),
            default: Literal::Nested,
            nullable: false,
            input_only: false,
            doc,
        }
    }

    /// A switch.
    const fn flag(name: &'static str, default: bool, doc: &'static str) -> Field {
        Field::new(name, Type::Boolean, Literal::Boolean(default), doc)
    }

    /// Null is a value of it, too.
    const fn or_null(mut self) -> Field {
        self.nullable = true;
        self
    }

    /// Only understood in bodies.
    const fn only_in_bodies(mut self) -> Field {
        self.input_only = true;
        self
    }

    /// The default as JSON; `None` where the field must be given.
    pub fn default_value(&self) -> Option<Value> {
        Some(match self.default {
            Literal::Required => return None,
            Literal::Null => Value::Null,
            Literal::Boolean(it) => it.into(),
            Literal::Integer(it) => it.into(),
            Literal::Number(it) => it.into(),
            Literal::Text(it) => it.into(),
            Literal::Integers(all) => all.to_vec().into(),
            Literal::EmptyList => Value::Array(Vec::new()),
            Literal::EmptyMap => Value::Object(Map::new()),
            Literal::Nested => match self.kind {
                Type::Record(fields) | Type::Shorthand(fields) => Value::Object(defaults(fields)),
                _ => Value::Object(Map::new()),
            },
        })
    }
}

/// Every default of a table; fields that must be given are left out.
pub(crate) fn defaults(fields: &[Field]) -> Map<String, Value> {
    let kept = fields.iter().filter(|field| !field.input_only);
    kept.filter_map(|field| Some((field.name.to_owned(), field.default_value()?))).collect()
}

//! Taking a JSON object apart, so that nothing of it is overlooked.
//!
//! A reader takes the fields it knows; what is left when it is done is what it does not know, and is noted as lost.

use serde_json::{Map, Number, Value};

use super::model::Named;
use super::notes::Notes;

pub(crate) struct Object<'n> {
    fields: Map<String, Value>,
    at: String,
    pub(crate) notes: &'n Notes,
}

impl<'n> Object<'n> {
    /// `at`: where it stands in the body, empty for the body itself.
    pub(crate) fn new(value: Value, at: impl Into<String>, notes: &'n Notes) -> Option<Self> {
        let at = at.into();
        match value {
            Value::Object(fields) => Some(Object { fields, at, notes }),
            _ => {
                notes.wrong(at, "must be an object");
                None
            }
        }
    }

    /// With names in one form, where a vendor takes two: `inline_data` as `inlineData`.
    pub(crate) fn camel(mut self) -> Self {
        if self.fields.keys().any(|it| it.contains('_')) {
            self.fields = self.fields.into_iter().map(|(name, value)| (camel(&name), value)).collect();
        }
        self
    }

    /// Where it stands.
    pub(crate) fn at(&self) -> &str {
        &self.at
    }

    /// Where one of its fields stands.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|it| !it.is_null())
    }

    /// What has not been taken yet.
    pub(crate) fn names(&self) -> Vec<String> {
        self.fields.iter().filter(|it| !it.1.is_null()).map(|it| it.0.clone()).collect()
    }

    /// A text that is looked at and left where it is.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// A value that is looked at and left where it is.
    pub(crate) fn look(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// Null is the same as nothing.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        // The order of what is left is the order it is told in.
        self.fields.shift_remove(name).filter(|it| !it.is_null())
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => self.not(name, "must be a string"),
        }
    }

    pub(crate) fn number(&mut self, name: &str) -> Option<Number> {
        match self.take(name)? {
            Value::Number(number) => Some(number),
            _ => self.not(name, "must be a number"),
        }
    }

    pub(crate) fn truth(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(truth) => Some(truth),
            _ => self.not(name, "must be true or false"),
        }
    }

    pub(crate) fn list(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.take(name)? {
            Value::Array(list) => Some(list),
            _ => self.not(name, "must be a list"),
        }
    }

    pub(crate) fn object(&mut self, name: &str) -> Option<Object<'n>> {
        let value = self.take(name)?;
        Object::new(value, self.path(name), self.notes)
    }

    /// The objects of a list.
    pub(crate) fn objects(&mut self, name: &str) -> Vec<Object<'n>> {
        let path = self.path(name);
        let list = self.list(name).unwrap_or_default();
        let each = list.into_iter().enumerate();
        each.filter_map(|(n, it)| Object::new(it, format!("{path}[{n}]"), self.notes)).collect()
    }

    /// A text or a list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let text = |it: Value| match it {
            Value::String(text) => Some(text),
            _ => None,
        };
        let texts = match self.take(name)? {
            Value::String(one) => Some(vec![one]),
            Value::Array(list) => list.into_iter().map(text).collect(),
            _ => None,
        };
        texts.or_else(|| self.not(name, "must be a string or a list of strings"))
    }

    pub(crate) fn named_text(&mut self, name: &str) -> Option<Named<String>> {
        self.text(name).map(|value| self.named(name, value))
    }

    pub(crate) fn named_number(&mut self, name: &str) -> Option<Named<Number>> {
        self.number(name).map(|value| self.named(name, value))
    }

    pub(crate) fn named_truth(&mut self, name: &str) -> Option<Named<bool>> {
        self.truth(name).map(|value| self.named(name, value))
    }

    pub(crate) fn named<T>(&self, name: &str, value: T) -> Named<T> {
        Named { value, field: self.path(name) }
    }

    /// These ask for nothing that an answer depends on: dropped and told.
    pub(crate) fn hints(&mut self, names: &[&str]) {
        for name in names {
            if let Some(value) = self.take(name).filter(says_something) {
                drop(value);
                self.notes.hint(self.path(name), "means nothing to the vendor that answers");
            }
        }
    }

    /// The same of one field, unless it says what is meant without it.
    pub(crate) fn hint_unless(&mut self, name: &str, default: &str) {
        match self.peek(name) {
            Some(said) if said == default => self.ignore(&[name]),
            _ => self.hints(&[name]),
        }
    }

    /// These may be there and have nothing to say.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.fields.shift_remove(*name);
        }
    }

    /// Everything known has been taken.
    pub(crate) fn done(self) {
        if self.notes.is_answer() {
            return;
        }
        for (name, value) in &self.fields {
            if says_something(value) {
                self.notes.lost(self.path(name), "is not known to the translation into the vendor's dialect");
            }
        }
    }

    fn not<T>(&self, name: &str, why: &str) -> Option<T> {
        self.notes.wrong(self.path(name), why);
        None
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|it| it.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Null, false and what is empty ask for nothing.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

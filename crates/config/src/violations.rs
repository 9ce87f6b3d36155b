//! What is wrong with a body: every violation at once, by field.

use serde_json::{Map, Value};

use crate::Kind;

/// Messages by field path, in the order they were found, and about the entity as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    fields: Vec<(String, String)>,
    entity: Vec<String>,
    /// How many of the fields name something that does not exist.
    dangling: usize,
}

/// Enough for whoever wrote the body by hand, and a bound for whoever did not.
const VIOLATIONS_MAX: usize = 256;

impl Violations {
    /// None.
    pub fn new() -> Self {
        Violations::default()
    }

    /// Something is wrong with the field at `path` (`healthchecks.active.timeout`). The first message of a path stays.
    pub fn field(&mut self, path: impl Into<String>, message: impl Into<String>) {
        let path = path.into();
        let room = self.fields.len() < VIOLATIONS_MAX;
        if room && self.fields.iter().all(|(known, _)| *known != path) {
            self.fields.push((path, message.into()));
        }
    }

    /// The field at `path` names something that does not exist.
    pub(crate) fn dangling(&mut self, path: impl Into<String>, kind: Kind, name: &str) {
        let before = self.fields.len();
        self.field(path, format!("'{name}' does not reference an existing {}", kind.name()));
        self.dangling += self.fields.len() - before;
    }

    /// Whether names that do not exist are all that is wrong.
    pub(crate) fn only_dangling(&self) -> bool {
        self.dangling > 0 && self.dangling == self.fields.len() && self.entity.is_empty()
    }

    /// Something is wrong with fields taken together.
    pub fn entity(&mut self, message: impl Into<String>) {
        self.entity.push(message.into());
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.entity.is_empty()
    }

    /// The messages about fields.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(path, message)| (path.as_str(), message.as_str()))
    }

    /// One line: `2 schema violations (algorithm: …; weight: …)`.
    pub fn message(&self) -> String {
        let of_fields = self.fields.iter().map(|(path, message)| format!("{path}: {message}"));
        let all: Vec<String> = of_fields.chain(self.entity.iter().cloned()).collect();
        match all.len() {
            1 => format!("schema violation ({})", all[0]),
            count => format!("{count} schema violations ({})", all.join("; ")),
        }
    }

    /// Nested as the body is, with `@entity` last.
    pub fn fields(&self) -> Value {
        let mut root = Map::new();
        for (path, message) in &self.fields {
            insert(&mut root, path, message);
        }
        if !self.entity.is_empty() {
            root.insert("@entity".to_owned(), self.entity.iter().map(String::as_str).collect());
        }
        Value::Object(root)
    }
}

/// Puts `message` at its nested place, or under the whole path where a message about its parent is in the way.
fn insert(root: &mut Map<String, Value>, path: &str, message: &str) {
    let Some((head, rest)) = path.split_once('.') else {
        root.insert(path.to_owned(), message.into());
        return;
    };
    match root.entry(head).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => insert(inner, rest, message),
        _ => {
            root.insert(path.to_owned(), message.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_violations_come_in_one_message_and_nest_like_the_body() {
        let mut violations = Violations::new();
        violations.field("algorithm", "unknown");
        violations.field("healthchecks.active.timeout", "too long");
        violations.field("healthchecks.active.timeout", "second message");
        violations.entity("hash_on needs a name");
        assert_eq!(
            violations.message(),
            "3 schema violations (algorithm: unknown; healthchecks.active.timeout: too long; hash_on needs a name)"
        );
        assert_eq!(
            violations.fields(),
            json!({"algorithm": "unknown", "healthchecks": {"active": {"timeout": "too long"}}, "@entity": ["hash_on needs a name"]})
        );
    }

    #[test]
    fn a_message_about_a_record_and_one_about_its_field_both_stay() {
        let mut violations = Violations::new();
        violations.field("a", "is no record");
        violations.field("a.b", "unknown field");
        assert_eq!(violations.fields(), json!({"a": "is no record", "a.b": "unknown field"}));
    }
}

//! The paths of entities: a list and an item each, within their parent where they have one.

use serde_json::{Map, Value, json};

use super::{Operation, answer, in_path};
use crate::{Kind, schema::schema};

/// Where entities of a kind are found.
struct Place {
    kind: Kind,
    parent: Option<Kind>,
    writable: bool,
}

const PLACES: [Place; 9] = [
    Place { kind: Kind::Upstream, parent: None, writable: true },
    Place { kind: Kind::Target, parent: Some(Kind::Upstream), writable: true },
    Place { kind: Kind::Service, parent: None, writable: true },
    Place { kind: Kind::Route, parent: None, writable: true },
    Place { kind: Kind::Provider, parent: None, writable: true },
    Place { kind: Kind::Credential, parent: None, writable: true },
    Place { kind: Kind::Credential, parent: Some(Kind::Provider), writable: true },
    Place { kind: Kind::Consumer, parent: None, writable: true },
    Place { kind: Kind::ClientKey, parent: Some(Kind::Consumer), writable: true },
];

/// Adds every entity's paths.
pub(super) fn add(paths: &mut Map<String, Value>) {
    for place in &PLACES {
        let (name, plural) = (place.kind.name(), place.kind.plural());
        let (base, of_parent) = match place.parent {
            Some(parent) => {
                let parameter = in_path(parent.name(), &format!("Name or id of the {}.", parent.name()));
                (format!("/{}/{{{}}}/{plural}", parent.plural(), parent.name()), vec![parameter])
            }
            None => (format!("/{plural}"), Vec::new()),
        };
        let mut list = Map::new();
        if !of_parent.is_empty() {
            list.insert("parameters".to_owned(), of_parent.clone().into());
        }
        list.insert("get".to_owned(), place.list());
        let how = if place.kind == Kind::Target { "host:port or id" } else { "Name or id" };
        let mut parameters = of_parent;
        parameters.push(in_path(name, &format!("{how} of the {name}.")));
        let mut item = Map::new();
        item.insert("parameters".to_owned(), parameters.into());
        item.insert("get".to_owned(), place.read());
        if place.writable {
            list.insert("post".to_owned(), place.create());
            item.insert("patch".to_owned(), place.write("patch"));
            item.insert("put".to_owned(), place.write("put"));
            item.insert("delete".to_owned(), place.delete());
        }
        paths.insert(format!("{base}/{{{name}}}"), item.into());
        paths.insert(base, list.into());
    }
}

impl Place {
    fn list(&self) -> Value {
        let plural = self.kind.plural();
        let schema = json!({ "$ref": format!("#/components/schemas/{}_list", self.kind.name()) });
        self.operation(
            self.id("list", plural),
            format!("Lists {plural}."),
            &["size", "offset", "tags"],
            None,
            vec![(200, answer("A page.", &schema))],
            &[(400, "invalid"), (404, "not_found")],
        )
    }

    fn read(&self) -> Value {
        let name = self.kind.name();
        self.operation(
            self.id("read", name),
            format!("Reads a {name}."),
            &[],
            None,
            vec![(200, self.entity("As it is."))],
            &[(404, "not_found")],
        )
    }

    fn create(&self) -> Value {
        let name = self.kind.name();
        let mut answers = vec![(201, self.created())];
        if self.kind == Kind::Target {
            answers.push((200, self.entity("The host was a target already, and has been updated.")));
        }
        self.operation(
            self.id("create", name),
            format!("Creates a {name}. {}", schema(self.kind).doc),
            &["if_none_match"],
            Some(format!("{name}_new")),
            answers,
            WRITING,
        )
    }

    fn write(&self, method: &str) -> Value {
        let name = self.kind.name();
        let (summary, answers) = match method {
            "patch" => ("Changes what the body says of", vec![(200, self.entity("As it is now."))]),
            _ => ("Creates or replaces", vec![(200, self.entity("Replaced.")), (201, self.created())]),
        };
        // The path names what is put: a body may leave the name out, as a patch's may.
        self.operation(
            self.id(method, name),
            format!("{summary} a {name}."),
            &["if_match"],
            Some(format!("{name}_patch")),
            answers,
            WRITING,
        )
    }

    fn delete(&self) -> Value {
        let name = self.kind.name();
        self.operation(
            self.id("delete", name),
            format!("Deletes a {name}; one that is not there is deleted already."),
            &["if_match", "force"],
            None,
            vec![(204, json!({ "description": "It is not there any more." }))],
            &[
                (400, "invalid"),
                (404, "not_found"),
                (405, "not_allowed"),
                (409, "conflict"),
                (412, "precondition"),
                (422, "too_few"),
            ],
        )
    }

    fn operation(
        &self,
        id: String,
        summary: String,
        parameters: &[&str],
        body: Option<String>,
        answers: Vec<(u16, Value)>,
        errors: &[(u16, &str)],
    ) -> Value {
        Operation { id, tag: self.kind.plural(), summary, parameters, body, answers, errors }.value()
    }

    fn id(&self, verb: &str, what: &str) -> String {
        match self.parent {
            // Targets have no other place; credentials do.
            Some(parent) if self.kind == Kind::Credential => format!("{verb}_{what}_of_{}", parent.name()),
            _ => format!("{verb}_{what}"),
        }
    }

    /// The entity, and of a client key the secret besides.
    fn created(&self) -> Value {
        let mut answer = self.entity("Created.");
        if self.kind == Kind::ClientKey {
            answer["description"] = "Created. `key` is the secret, shown this once.".into();
            let key = json!({ "type": "object", "required": ["key"], "properties": { "key": { "type": "string" } } });
            let schema = &mut answer["content"]["application/json"]["schema"];
            *schema = json!({ "allOf": [schema.take(), key] });
        }
        answer
    }

    fn entity(&self, description: &str) -> Value {
        let mut answer =
            answer(description, &json!({ "$ref": format!("#/components/schemas/{}", self.kind.name()) }));
        answer["headers"] = json!({ "ETag": { "schema": { "type": "string" } } });
        answer
    }
}

/// What any write may be refused for.
const WRITING: &[(u16, &str)] = &[
    (400, "invalid"),
    (404, "not_found"),
    (405, "not_allowed"),
    (409, "conflict"),
    (412, "precondition"),
    (413, "too_large"),
    (415, "media_type"),
    (422, "too_few"),
];

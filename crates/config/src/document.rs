//! The whole configuration as rows, edited as a whole: an edit gives a new document, or a refusal and no change.

mod balance;
mod draft;
mod edit;
mod enough;
mod load;
mod order;
mod removal;
mod secrets;
mod table;
#[cfg(test)]
mod tests;
mod uses;
mod view;

use std::sync::{Arc, OnceLock};

use serde_json::Value;
use uuid::Uuid;

pub use edit::{Change, Context, Edit, Edited, check_match};
pub(crate) use load::row;
use table::Table;

use crate::{
    Entity, Kind, address,
    derived::{self, Derived},
    entity::Upstream,
};

/// A row as the store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// What it is.
    pub kind: Kind,
    /// Identity, for ever.
    pub id: Uuid,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
    /// The entity, complete.
    pub value: Value,
}

/// A row: checked, typed and complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub kind: Kind,
    /// Identity, for ever.
    pub id: Uuid,
    /// A target's upstream, a credential's provider, a route's service, a key's consumer.
    pub parent: Option<Uuid>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
    /// Wire form with every field, `id` and dates included; references are `{"id"}` ([`Document::view`] adds names).
    pub value: Arc<Value>,
    /// The same, typed.
    pub entity: Arc<Entity>,
    /// It follows from other rows: readable, not writable, not stored.
    pub derived: bool,
}

/// The whole configuration; cheap to clone.
#[derive(Clone, Debug)]
pub struct Document {
    /// By [`Kind::ALL`].
    tables: [Arc<Table>; Kind::ALL.len()],
    /// What follows from the rows, computed when somebody asks.
    derived: Arc<OnceLock<Vec<Derived>>>,
}

// === impl Row ===

impl Row {
    /// What it is called: a name, or a raw-host target's `host:port`.
    pub fn name(&self) -> Option<&str> {
        match &*self.entity {
            Entity::Provider(it) => Some(&it.name),
            Entity::Credential(it) => Some(&it.name),
            Entity::Upstream(it) => Some(&it.name),
            Entity::Target(it) => it.target.as_deref(),
            Entity::Service(it) => Some(&it.name),
            Entity::Route(it) => it.name.as_deref(),
            Entity::Consumer(it) => Some(&it.name),
            Entity::ClientKey(it) => Some(&it.name),
        }
    }

    /// For messages: its name, or else its id.
    pub fn label(&self) -> String {
        self.name().map_or_else(|| self.id.to_string(), str::to_owned)
    }

    /// Within what its name is unique.
    fn scope(&self) -> Option<Uuid> {
        self.parent.filter(|_| names_are_a_parents(self.kind))
    }
}

/// Whether names of a kind are unique only within a parent.
fn names_are_a_parents(kind: Kind) -> bool {
    matches!(kind, Kind::Target | Kind::Credential | Kind::ClientKey)
}

// === impl Document ===

impl Document {
    /// Every row of a kind, oldest first; the built-in upstream `default` is one of them.
    pub fn rows(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Arc<Row>> {
        self.table(kind).rows()
    }

    /// One of a kind by id or name, derived ones included (upstreams `default`, `openai/gpt-4o`). Names of targets,
    /// credentials and client keys are unique only within their parent: use [`Document::child`].
    pub fn get(&self, kind: Kind, id_or_name: &str) -> Option<Arc<Row>> {
        if let Some(row) = Uuid::try_parse(id_or_name).ok().and_then(|id| self.by_id(kind, id)) {
            return Some(row);
        }
        if let Some(row) = self.table(kind).named(None, id_or_name) {
            return Some(Arc::clone(row));
        }
        let named = |derived: &&Derived| kind == Kind::Upstream && derived.name == id_or_name;
        self.derived().iter().find(named).map(|derived| derived.row(self))
    }

    /// One of a kind wherever it is: by id or name, a credential also as `provider/name`, or by a name that only one
    /// provider has.
    pub fn find(&self, kind: Kind, text: &str) -> Option<Arc<Row>> {
        match kind {
            Kind::Credential => self.credential_anywhere(text),
            _ => self.get(kind, text),
        }
    }

    /// One of a kind by id, derived ones included.
    pub fn by_id(&self, kind: Kind, id: Uuid) -> Option<Arc<Row>> {
        if let Some(row) = self.table(kind).get(id) {
            return Some(Arc::clone(row));
        }
        match kind {
            Kind::Upstream => self.derived().iter().find(|it| it.id == id).map(|it| it.row(self)),
            Kind::Target => {
                let of =
                    self.derived().iter().find(|it| it.targets.iter().any(|(target, _)| *target == id))?;
                of.target_rows(self).into_iter().find(|row| row.id == id)
            }
            Kind::Provider
            | Kind::Credential
            | Kind::Service
            | Kind::Route
            | Kind::Consumer
            | Kind::ClientKey => None,
        }
    }

    /// One of a parent's children by id or name.
    pub fn child(&self, kind: Kind, parent: Uuid, id_or_name: &str) -> Option<Arc<Row>> {
        if let Some(row) = Uuid::try_parse(id_or_name).ok().and_then(|id| self.by_id(kind, id)) {
            return (row.parent == Some(parent)).then_some(row);
        }
        let canonical = (kind == Kind::Target).then(|| address::canonical(id_or_name)).flatten();
        let name = canonical.as_deref().unwrap_or(id_or_name);
        let scope = names_are_a_parents(kind).then_some(parent);
        self.table(kind).named(scope, name).filter(|row| row.parent == Some(parent)).map(Arc::clone)
    }

    /// The children of a parent, oldest first: an upstream's targets (derived ones too), a provider's credentials, a
    /// service's routes, a consumer's keys.
    pub fn children(&self, kind: Kind, parent: Uuid) -> Vec<Arc<Row>> {
        if kind == Kind::Target
            && let Some(derived) = self.derived().iter().find(|it| it.id == parent)
        {
            return derived.target_rows(self);
        }
        self.rows(kind).filter(|row| row.parent == Some(parent)).map(Arc::clone).collect()
    }

    /// A credential by id, as `provider/name`, or by a name that only one provider has.
    pub(crate) fn credential_anywhere(&self, text: &str) -> Option<Arc<Row>> {
        if let Some(row) = Uuid::try_parse(text).ok().and_then(|id| self.by_id(Kind::Credential, id)) {
            return Some(row);
        }
        if let Some((provider, name)) = text.split_once('/') {
            let provider = self.get(Kind::Provider, provider)?;
            return self.child(Kind::Credential, provider.id, name);
        }
        let mut named = self.rows(Kind::Credential).filter(|row| row.name() == Some(text));
        let first = named.next()?;
        named.next().is_none().then(|| Arc::clone(first))
    }

    /// The credentials that this names where it takes a provider to say which, as `provider/name`.
    pub fn namesakes(&self, kind: Kind, text: &str) -> Vec<String> {
        let is_id = Uuid::try_parse(text).is_ok_and(|id| self.by_id(kind, id).is_some());
        if kind != Kind::Credential || is_id || text.contains('/') {
            return Vec::new();
        }
        let provider = |row: &Arc<Row>| {
            row.parent.and_then(|it| self.by_id(Kind::Provider, it)).map_or_else(String::new, |it| it.label())
        };
        let named = self.rows(kind).filter(|row| row.name() == Some(text));
        named.map(|row| format!("{}/{text}", provider(row))).collect()
    }

    /// Every derived upstream, `default` first.
    pub(crate) fn derived(&self) -> &[Derived] {
        self.derived.get_or_init(|| derived::upstreams(self))
    }

    /// An upstream that somebody wrote.
    pub(crate) fn stored_upstream(&self, name: &str) -> Option<&Arc<Row>> {
        self.table(Kind::Upstream).named(None, name)
    }

    /// Whether that is a row of its own, and follows from no others.
    pub(crate) fn is_stored(&self, kind: Kind, id: Uuid) -> bool {
        self.table(kind).get(id).is_some_and(|row| row.id != derived::default_id())
    }

    /// The row of the built-in upstream.
    pub(crate) fn default_row(&self) -> &Arc<Row> {
        let row = self.table(Kind::Upstream).get(derived::default_id());
        row.expect("every document is made with the built-in upstream, and no edit deletes it")
    }

    /// The built-in upstream.
    pub(crate) fn default_upstream(&self) -> &Upstream {
        match &*self.default_row().entity {
            Entity::Upstream(upstream) => upstream,
            _ => unreachable!("the table of upstreams holds upstreams"),
        }
    }

    fn table(&self, kind: Kind) -> &Table {
        &self.tables[kind as usize]
    }

    /// The same document with one row put or taken out.
    fn put(&mut self, row: Arc<Row>) {
        self.derived = Arc::default();
        Arc::make_mut(&mut self.tables[row.kind as usize]).put(row);
    }

    fn remove(&mut self, kind: Kind, id: Uuid) {
        self.derived = Arc::default();
        Arc::make_mut(&mut self.tables[kind as usize]).remove(id);
    }
}

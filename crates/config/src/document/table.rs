//! The rows of one kind: in the order they were made, by id, and by name.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use uuid::Uuid;

use super::Row;

/// Rows of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// By date and id; ids that grow with time order rows of the same second.
    rows: BTreeMap<(i64, Uuid), Arc<Row>>,
    /// Dates by id.
    dates: HashMap<Uuid, i64>,
    /// Ids by name, within a parent where names are unique only there.
    names: HashMap<Option<Uuid>, HashMap<Box<str>, Uuid>>,
}

impl Table {
    /// Oldest first.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = &Arc<Row>> {
        self.rows.values()
    }

    /// By id.
    pub(super) fn get(&self, id: Uuid) -> Option<&Arc<Row>> {
        self.rows.get(&(*self.dates.get(&id)?, id))
    }

    /// By name.
    pub(super) fn named(&self, scope: Option<Uuid>, name: &str) -> Option<&Arc<Row>> {
        self.get(*self.names.get(&scope)?.get(name)?)
    }

    /// Adds or replaces.
    pub(super) fn put(&mut self, row: Arc<Row>) {
        self.remove(row.id);
        self.dates.insert(row.id, row.created_at);
        if let Some(name) = row.name() {
            self.names.entry(row.scope()).or_default().insert(name.into(), row.id);
        }
        self.rows.insert((row.created_at, row.id), row);
    }

    /// Takes out, if it is there.
    pub(super) fn remove(&mut self, id: Uuid) {
        let Some(date) = self.dates.remove(&id) else {
            return;
        };
        let Some(row) = self.rows.remove(&(date, id)) else {
            return;
        };
        let Some(name) = row.name() else { return };
        if let Some(names) = self.names.get_mut(&row.scope()) {
            names.remove(name);
            if names.is_empty() {
                self.names.remove(&row.scope());
            }
        }
    }
}

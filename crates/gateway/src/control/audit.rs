//! Who has done what: an entry for each change, each order, and each wish that was refused.
//!
//! An entry has the names of fields and never their values: a value may be a secret, and what it is now can be read
//! where it belongs.

use std::{collections::BTreeSet, time::SystemTime};

use config::{Document, Edit, Edited, Kind};
use serde::Serialize;
use serde_json::Value;
use tracing::warn;
use uuid::Uuid;

use super::{Asked, Control, Failure, change};
use crate::{
    clock::unix_ms,
    store::{AuditOutcome, AuditRow, AuditWanted, StoreError},
};

/// A path may name whatever it likes.
const NAME_CHARS_MAX: usize = 128;
/// More fields than any entity has that was not made to fill a log.
const FIELDS_MAX: usize = 200;

/// What was done, or was not.
#[derive(Debug, Serialize)]
pub(super) struct Entry<'a> {
    who: Who<'a>,
    act: &'a str,
    kind: &'a str,
    name: String,
    #[serde(rename = "entity_id")]
    id: Option<Uuid>,
    /// Names of what was written, dotted.
    fields: BTreeSet<String>,
    revision: Option<u64>,
    /// Of the answer, where it was refused.
    status: Option<u16>,
}

/// Who asked.
#[derive(Debug, Serialize)]
struct Who<'a> {
    address: &'a str,
    /// Whether the admin token was shown.
    token: bool,
}

impl Control {
    /// What was done, newest first.
    pub(crate) async fn audited(&self, wanted: &AuditWanted) -> Result<Vec<AuditRow>, StoreError> {
        self.store.audited(wanted).await
    }

    /// An operator's order was carried out.
    pub(super) async fn audit_order(&self, act: &str, kind: &str, what: &str, by: &Asked) {
        let entry = Entry { act, kind, name: shortened(what), ..Entry::of(by) };
        self.audit(&entry, AuditOutcome::Done).await;
    }

    /// A change was refused.
    pub(super) async fn audit_refused(&self, wish: &Wish, by: &Asked, failure: &Failure) {
        let status = Some(failure.status());
        let Wish { act, kind, name } = wish;
        let entry = Entry { act, kind, name: name.clone(), status, ..Entry::of(by) };
        self.audit(&entry, AuditOutcome::Refused).await;
    }

    async fn audit(&self, entry: &Entry<'_>, outcome: AuditOutcome) {
        if let Err(error) = self.store.audit(&entry.row(outcome)).await {
            warn!(%error, "the audit log could not be written");
        }
    }
}

/// What somebody wants to be changed.
pub(super) struct Wish {
    act: &'static str,
    kind: &'static str,
    name: String,
}

impl Wish {
    pub(super) fn of(edit: &Edit) -> Self {
        let act = change::act(edit);
        let named = |value: &Value| value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, name) = match edit {
            // Where secrets are written one may stand in the wrong field, and that is why it is refused.
            Edit::Create { kind: kind @ (Kind::Credential | Kind::ClientKey), .. } => {
                (kind.name(), String::new())
            }
            Edit::Create { kind, value, .. } => (kind.name(), named(value)),
            Edit::Patch { kind, at, .. } | Edit::Put { kind, at, .. } | Edit::Delete { kind, at, .. } => {
                (kind.name(), at.clone())
            }
            Edit::Balance { provider, model, .. } => ("upstream", format!("{provider}/{model}")),
            Edit::Order { .. } => ("provider", String::new()),
        };
        Wish { act, kind, name: shortened(&name) }
    }
}

impl<'a> Entry<'a> {
    /// A change that is about to be stored as `revision`.
    pub(super) fn done(
        act: &'a str,
        edited: &Edited,
        before: &Document,
        revision: u64,
        by: &'a Asked,
    ) -> Self {
        let (kind, name) = change::subject(edited, before);
        let id = edited.row.as_ref().map(|it| it.id);
        Entry {
            act,
            kind,
            name,
            id,
            fields: changed(edited, before),
            revision: Some(revision),
            ..Entry::of(by)
        }
    }

    fn of(by: &'a Asked) -> Self {
        Entry {
            who: Who { address: &by.by, token: by.with_token },
            act: "",
            kind: "",
            name: String::new(),
            id: None,
            fields: BTreeSet::new(),
            revision: None,
            status: None,
        }
    }

    pub(super) fn row(&self, outcome: AuditOutcome) -> AuditRow {
        let entry = serde_json::to_string(self).unwrap_or_default();
        AuditRow { id: 0, at_ms: unix_ms(SystemTime::now()), outcome, entry }
    }
}

/// The fields of the row that was written which are different from before.
fn changed(edited: &Edited, before: &Document) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    if let Some(row) = &edited.row {
        let before = before.by_id(row.kind, row.id);
        let before = before.as_ref().map_or(&Value::Null, |it| &it.value);
        differing("", before, &row.value, &mut fields);
        // Which it always is, and what nobody wrote.
        for name in ["id", "created_at", "updated_at"] {
            fields.remove(name);
        }
    }
    fields
}

fn differing(path: &str, before: &Value, after: &Value, fields: &mut BTreeSet<String>) {
    let Value::Object(now) = after else {
        if before != after && fields.len() < FIELDS_MAX {
            fields.insert(path.to_owned());
        }
        return;
    };
    for (name, value) in now {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        differing(&path, before.get(name).unwrap_or(&Value::Null), value, fields);
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

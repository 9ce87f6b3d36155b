//! Deletions: what goes along, what stands in the way, and what becomes of it when it must not.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Change, Context, Document, Edited, Row,
    edit::{expect_match, writable},
    load,
    uses::goes_along,
};
use crate::{Entity, Kind, Refusal, derived, rules};

/// What the last client key took along.
const LAST_KEY_GONE: &str = "that was the last client key: a proxy that only this machine can reach serves whoever asks \
                             it again, and one that others can reach serves nobody (--proxy-auth)";

impl Document {
    /// DELETE. Children go along; what else uses it is named, or with `force` lets go of it.
    pub(super) fn delete(
        &self,
        kind: Kind,
        parent: Option<&str>,
        at: &str,
        context: &Context<'_>,
    ) -> Result<Edited, Refusal> {
        let parent = self.parent(kind, parent)?;
        let existing = self.locate(kind, parent.as_deref(), at);
        expect_match(existing.as_ref(), context)?;
        let mut edited = Edited::of(self.clone());
        let Some(existing) = existing else {
            return Ok(edited);
        };
        writable(&existing)?;
        if existing.id == derived::default_id() {
            return Err(Refusal::ReadOnly {
                message: "the upstream 'default' is built in; switch it off instead".to_owned(),
            });
        }
        let mut gone: Vec<Arc<Row>> = Kind::ALL
            .into_iter()
            .flat_map(|it| self.rows(it))
            .filter(|it| goes_along(&existing, it))
            .cloned()
            .collect();
        gone.push(Arc::clone(&existing));
        let users = self.users_of_all(&gone);
        if !users.is_empty() && !context.force {
            return Err(Refusal::InUse { users: users.iter().map(|row| self.described(row)).collect() });
        }
        for user in &users {
            let release = self.released(user, &gone, context.now)?;
            edited.warnings.push(match &release {
                Change::Put(_) => format!("{} uses it no more", self.described(user)),
                Change::Delete(..) => format!("{} is deleted with it", self.described(user)),
            });
            edited.change.push(release);
        }
        // Ranks are closed up in what the releases have left.
        let left = self.with(&edited.change);
        edited.change.extend(left.closed_up(&existing, context.now)?);
        edited.change.extend(gone.iter().map(|row| Change::Delete(row.kind, row.id)));
        edited.document = self.with(&edited.change);
        if gone.iter().any(|it| it.kind == Kind::ClientKey)
            && edited.document.rows(Kind::ClientKey).next().is_none()
        {
            edited.warnings.push(LAST_KEY_GONE.to_owned());
        }
        Ok(edited)
    }

    /// Who uses any of the rows that are to go, and is none of them.
    fn users_of_all(&self, gone: &[Arc<Row>]) -> Vec<Arc<Row>> {
        let mut users: Vec<Arc<Row>> = Vec::new();
        for row in gone {
            let as_default = row.parent.filter(|_| self.is_default_credential(row));
            let as_default = as_default.and_then(|id| self.by_id(Kind::Provider, id));
            for user in self.users(row).into_iter().cloned().chain(as_default) {
                let known = |all: &[Arc<Row>]| all.iter().any(|it| it.id == user.id);
                if !known(gone) && !known(&users) {
                    users.push(user);
                }
            }
        }
        users
    }

    fn is_default_credential(&self, row: &Row) -> bool {
        let of = row.parent.filter(|_| row.kind == Kind::Credential);
        of.and_then(|provider| self.default_credential(provider)) == Some(row.id)
    }

    /// A user as messages name it: `target openai/gpt-4o` says more than its id.
    fn described(&self, row: &Row) -> String {
        let of = match (row.kind, row.parent) {
            (Kind::Target, Some(upstream)) => self.by_id(Kind::Upstream, upstream),
            _ => None,
        };
        let of = of.map_or_else(String::new, |upstream| format!(" of upstream {}", upstream.label()));
        format!("{} {}{of}", row.kind.name(), row.label())
    }

    /// What becomes of a user: it goes where it is nothing without what is gone, and forgets it where it is something.
    fn released(&self, user: &Arc<Row>, gone: &[Arc<Row>], now: i64) -> Result<Change, Refusal> {
        let is_gone = |id: Uuid| gone.iter().any(|row| row.id == id);
        let keep = match &*user.entity {
            Entity::Route(route) => {
                let places = route.upstreams.iter().flat_map(|it| [it.production, it.sandbox]);
                let places = places.chain([route.upstream, route.provider]);
                places.flatten().any(|place| !is_gone(place.id))
            }
            // Without its route a key for certain routes opens less, and never more.
            Entity::Provider(_) | Entity::ClientKey(_) => true,
            _ => false,
        };
        if !keep {
            return Ok(Change::Delete(user.kind, user.id));
        }
        let next = self.ranked(Kind::Credential, Some(user.id)).into_iter().find(|row| !is_gone(row.id));
        let next = next.map_or(Value::Null, |row| rules::reference(row.id));
        let changed = load::changed(user, now, |fields| {
            // The next by rank takes over from a default; a model's own falls back to its provider's.
            if let Some(default) = fields.get_mut("default_credential").filter(|it| refers(it, &is_gone)) {
                *default = next;
            }
            forget(fields, &is_gone);
        })?;
        Ok(Change::Put(changed))
    }
}

/// Makes null of every reference to what is gone.
fn forget(fields: &mut Map<String, Value>, is_gone: &impl Fn(Uuid) -> bool) {
    for value in fields.values_mut() {
        if refers(value, is_gone) {
            *value = Value::Null;
        }
        match value {
            Value::Object(nested) => forget(nested, is_gone),
            Value::Array(all) => {
                all.retain(|it| !refers(it, is_gone));
                for nested in all.iter_mut().filter_map(Value::as_object_mut) {
                    forget(nested, is_gone);
                }
            }
            _ => {}
        }
    }
}

fn refers(value: &Value, is_gone: &impl Fn(Uuid) -> bool) -> bool {
    let id = value.get("id").and_then(Value::as_str).and_then(|it| it.parse().ok());
    id.is_some_and(is_gone)
}

//! Ranks: providers stand in one order, the credentials of each provider in one of their own, 1 to n without gaps.
//!
//! A rank that is set is a place to be inserted at; whoever stands there or behind moves back by one. All of it is one
//! change, so that no request ever sees two of one rank.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Change, Context, Document, Edited, Row, draft::Draft, edit::expect_tag, load};
use crate::{Entity, Kind, Refusal, Violations, list::revision_tag};

impl Document {
    /// The providers, or a provider's credentials, by rank. Of two of one rank (written by an earlier version) the
    /// older comes first.
    pub fn ranked(&self, kind: Kind, parent: Option<Uuid>) -> Vec<Arc<Row>> {
        let mut rows: Vec<Arc<Row>> = match parent {
            Some(parent) => self.children(kind, parent),
            None => self.rows(kind).map(Arc::clone).collect(),
        };
        // The sort is stable.
        rows.sort_by_key(|row| rank_of(row));
        rows
    }

    /// Finds the place of what is being written, says it in `whole`, and gives the changes of those that make way.
    pub(super) fn rank(
        &self,
        draft: &Draft<'_>,
        id: Uuid,
        whole: &mut Map<String, Value>,
        now: i64,
    ) -> Result<Vec<Change>, Refusal> {
        let Some(parent) = list_of(draft.kind, whole) else {
            return Ok(Vec::new());
        };
        let all = self.ranked(draft.kind, parent);
        let current = all.iter().position(|row| row.id == id);
        let mut others: Vec<Arc<Row>> = all.into_iter().filter(|row| row.id != id).collect();
        let wanted = whole.get("rank").and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
        // A PUT that says nothing of a rank moves nobody.
        let unsaid = draft.value.get("rank").is_none();
        let place = wanted.map(|it| it.saturating_sub(1)).or(current.filter(|_| unsaid));
        let place = place.unwrap_or(others.len()).min(others.len());
        whole.insert("rank".to_owned(), (place + 1).into());
        let behind = others.split_off(place);
        let before = others.iter().enumerate().map(|(index, row)| (index + 1, row));
        let behind = behind.iter().enumerate().map(|(index, row)| (place + index + 2, row));
        moved(before.chain(behind), now)
    }

    /// The changes that close the gap which `without` leaves.
    pub(super) fn closed_up(&self, without: &Row, now: i64) -> Result<Vec<Change>, Refusal> {
        let list = match without.kind {
            Kind::Provider => None,
            Kind::Credential => without.parent,
            _ => return Ok(Vec::new()),
        };
        let rest: Vec<Arc<Row>> =
            self.ranked(without.kind, list).into_iter().filter(|row| row.id != without.id).collect();
        moved(rest.iter().enumerate().map(|(index, row)| (index + 1, row)), now)
    }

    /// Puts all providers into the order that a body says.
    pub(super) fn order(&self, value: &Value, context: &Context<'_>) -> Result<Edited, Refusal> {
        expect_tag(&revision_tag(context.revision), context)?;
        let order = self.said_order(value)?;
        let mut edited = Edited::of(self.clone());
        edited.change = moved(order.iter().enumerate().map(|(index, row)| (index + 1, row)), context.now)?;
        edited.document = self.with(&edited.change);
        Ok(edited)
    }

    /// Every provider exactly once, or everything that is wrong.
    fn said_order(&self, value: &Value) -> Result<Vec<Arc<Row>>, Refusal> {
        let mut violations = Violations::new();
        for name in value.as_object().into_iter().flat_map(Map::keys).filter(|name| *name != "providers") {
            violations
                .field(name, "unknown field; the body is {\"providers\": [every provider, once, in order]}");
        }
        let said: Vec<&Value> = match value.get("providers") {
            Some(Value::Array(all)) => all.iter().collect(),
            Some(one @ Value::String(_)) => vec![one],
            Some(_) => {
                violations.field("providers", "expected an array");
                return Err(violations.into());
            }
            None => {
                violations.field("providers", "required field missing");
                return Err(violations.into());
            }
        };
        let mut order: Vec<Arc<Row>> = Vec::with_capacity(said.len());
        for (index, value) in said.into_iter().enumerate() {
            let path = format!("providers.{}", index + 1);
            let text = value.as_str().or_else(|| value.get("id").or_else(|| value.get("name"))?.as_str());
            let Some(text) = text else {
                violations.field(path, "expected a name, an id, or an object with one of them");
                continue;
            };
            match self.get(Kind::Provider, text) {
                None => violations.field(path, format!("'{text}' does not reference an existing provider")),
                Some(row) if order.iter().any(|it| it.id == row.id) => {
                    violations.field(path, format!("'{text}' is listed twice"));
                }
                Some(row) => order.push(row),
            }
        }
        let missing = self.rows(Kind::Provider).filter(|row| order.iter().all(|it| it.id != row.id));
        let missing: Vec<String> = missing.map(|row| row.label()).collect();
        if !missing.is_empty() {
            let message = format!("every provider must be listed once; missing: {}", missing.join(", "));
            violations.entity(message);
        }
        if violations.is_empty() { Ok(order) } else { Err(violations.into()) }
    }
}

/// Which list a row has its rank in: the outer none is no list at all, the inner none that of all providers.
fn list_of(kind: Kind, whole: &Map<String, Value>) -> Option<Option<Uuid>> {
    match kind {
        Kind::Provider => Some(None),
        Kind::Credential => Some(whole.get("provider").and_then(|it| it.get("id")?.as_str()?.parse().ok())),
        _ => None,
    }
}

/// The changes of rows that do not have the rank they are to have.
fn moved<'a>(ranks: impl Iterator<Item = (usize, &'a Arc<Row>)>, now: i64) -> Result<Vec<Change>, Refusal> {
    let mut changes = Vec::new();
    for (rank, row) in ranks.filter(|(rank, row)| rank_of(row) as usize != *rank) {
        let moved = load::changed(row, now, |fields| drop(fields.insert("rank".to_owned(), rank.into())))?;
        changes.push(Change::Put(moved));
    }
    Ok(changes)
}

fn rank_of(row: &Row) -> u32 {
    match &*row.entity {
        Entity::Provider(provider) => provider.rank,
        Entity::Credential(credential) => credential.rank,
        _ => 0,
    }
}

//! What every edit must leave behind: upstreams with as many ways to serve as they ask for, and pools that belong to
//! somebody.

use std::sync::Arc;

use uuid::Uuid;

use super::{Change, Document, Edited, Row, load};
use crate::{
    Kind, Refusal, derived,
    pool::{DEFAULT_CONFIG, is_pool, parts, target, upstream},
};

impl Document {
    /// What follows from an edit of rows of that kind, in the same change. An edit of an upstream's own that leaves too
    /// few enabled is refused; where others take them away, load balancing is switched off, and the answer says so.
    pub(super) fn settled(&self, kind: Kind, mut edited: Edited, now: i64) -> Result<Edited, Refusal> {
        if edited.change.is_empty() {
            return Ok(edited);
        }
        if kind == Kind::Provider {
            edited.pools_follow_names(self, now)?;
        }
        let own = matches!(kind, Kind::Target | Kind::Upstream);
        for row in self.asking(&edited) {
            let Some(now_row) = edited.document.by_id(Kind::Upstream, row.id) else { continue };
            if own && is_pool(&row) && !edited.document.has_default(row.id) {
                let message =
                    format!("{DEFAULT_CONFIG} follows the default: it can be switched off, but not removed");
                return Err(Refusal::TooFew { field: "credential".to_owned(), message });
            }
            let Some((count, needed)) = edited.document.lacking(&now_row) else { continue };
            if self.lacking(&row).is_some() {
                continue;
            }
            let label = now_row.label();
            if own {
                let field = if kind == Kind::Upstream { "min_enabled" } else { "enabled" };
                return Err(Refusal::TooFew {
                    field: field.to_owned(),
                    message: format!(
                        "upstream {label} needs at least {needed} distinct enabled credentials, and this leaves \
                         {count}: add another one first, or switch the upstream off"
                    ),
                });
            }
            edited.switch_off(&now_row, now)?;
            edited.warnings.push(format!(
                "load balancing of {label} is switched off: it needs {needed} credentials and has {count} left"
            ));
        }
        Ok(edited)
    }

    /// The upstreams that ask for a number of enabled ones and that the edit may have touched, as they were before it.
    fn asking(&self, edited: &Edited) -> Vec<Arc<Row>> {
        let touched = |row: &&Arc<Row>| {
            edited.change.iter().any(|change| match change {
                Change::Put(it) => match it.kind {
                    Kind::Target => it.parent == Some(row.id),
                    Kind::Upstream => it.id == row.id,
                    _ => true,
                },
                Change::Delete(Kind::Target, id) => {
                    self.by_id(Kind::Target, *id).is_some_and(|it| it.parent == Some(row.id))
                }
                Change::Delete(..) => true,
            })
        };
        let asks = |row: &&Arc<Row>| {
            is_pool(row) || {
                let after = edited.document.by_id(Kind::Upstream, row.id);
                [after.as_ref(), Some(*row)].into_iter().flatten().any(|it| needs(it) > 0)
            }
        };
        self.rows(Kind::Upstream).filter(asks).filter(touched).cloned().collect()
    }

    /// How many distinct ones it has and how many it needs, if that is fewer.
    fn lacking(&self, row: &Row) -> Option<(usize, u32)> {
        let needed = needs(row);
        let enabled = upstream(row).is_some_and(|it| it.enabled);
        if !enabled || needed == 0 {
            return None;
        }
        let count = self.distinct(row.id).len();
        (count < needed as usize).then_some((count, needed))
    }

    fn has_default(&self, pool: Uuid) -> bool {
        self.pool_targets(pool).iter().any(|row| target(row).is_some_and(|it| it.credential.is_none()))
    }
}

impl Edited {
    fn switch_off(&mut self, row: &Row, now: i64) -> Result<(), Refusal> {
        let off = load::changed(row, now, |fields| {
            fields.insert("enabled".to_owned(), false.into());
        })?;
        self.also(Change::Put(off));
        Ok(())
    }

    fn also(&mut self, change: Change) {
        self.document = self.document.with(std::slice::from_ref(&change));
        self.change.push(change);
    }

    /// A pool is called after its provider, and goes when that does.
    fn pools_follow_names(&mut self, before: &Document, now: i64) -> Result<(), Refusal> {
        let pools: Vec<Arc<Row>> = before.pools().map(|(_, _, row)| Arc::clone(row)).collect();
        for pool in pools {
            let Some((name, model)) = pool.name().and_then(parts) else { continue };
            let Some(provider) = before.get(Kind::Provider, name) else { continue };
            match self.document.by_id(Kind::Provider, provider.id) {
                Some(still) if still.name() == Some(name) => {}
                Some(renamed) => {
                    let label = derived::of_provider(renamed.name().unwrap_or_default(), Some(model));
                    let row = load::changed(&pool, now, |fields| {
                        fields.insert("name".to_owned(), label.into());
                    })?;
                    self.also(Change::Put(row));
                }
                None => {
                    // Its targets went with the provider; what an operator has added besides goes now.
                    for row in self.document.children(Kind::Target, pool.id) {
                        self.also(Change::Delete(Kind::Target, row.id));
                    }
                    self.also(Change::Delete(Kind::Upstream, pool.id));
                }
            }
        }
        Ok(())
    }
}

fn needs(row: &Row) -> u32 {
    upstream(row).map_or(0, |it| it.min_enabled)
}

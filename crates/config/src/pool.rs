//! Pools: a provider's model served by several of its credentials in turns. The load-balancing view reads and writes
//! them as entries; what is stored is an upstream named `{provider}/{model}` with one target for each.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    Document, Entity, Kind, Row, derived,
    entity::{CredentialChoice, Provider, Target, Upstream},
};

/// What the credential that is the provider's or the model's default is called in a pool.
pub const DEFAULT_CONFIG: &str = "Default Config";

/// Fewer distinct credentials than this do not make a pool.
pub(crate) const MIN_ENABLED: u32 = 2;

/// A credential in a pool, with its repetitions.
#[derive(Clone, Debug)]
pub struct PoolEntry {
    /// Which; none: whichever is the default.
    pub credential: Option<Arc<Row>>,
    /// What pays for it now: the credential itself, or who is the default.
    pub pays: Option<Arc<Row>>,
    /// Whether it takes turns.
    pub enabled: bool,
    /// The targets that it is, the oldest first; none where the pool was never set up.
    pub targets: Vec<Arc<Row>>,
    /// Of all of them together.
    pub weight: u32,
}

/// The parts of a pool's name. No other upstream has a slash in its name, and no provider.
pub(crate) fn parts(upstream: &str) -> Option<(&str, &str)> {
    upstream.split_once('/')
}

/// Whether that is a pool: an upstream that somebody has set up for a provider's model.
pub(crate) fn is_pool(row: &Row) -> bool {
    row.kind == Kind::Upstream && !row.derived && row.name().and_then(parts).is_some()
}

impl Document {
    /// The pool of a provider's model, if it was ever set up.
    pub fn pool(&self, provider: &str, model: &str) -> Option<&Arc<Row>> {
        self.stored_upstream(&derived::of_provider(provider, Some(model)))
    }

    /// Whether a provider's model is served by a pool.
    pub fn is_pooled(&self, provider: &str, model: &str) -> bool {
        self.pool(provider, model).is_some_and(|row| upstream(row).is_some_and(|it| it.enabled))
    }

    /// Every pool that was ever set up, as provider, model and row.
    pub fn pools(&self) -> impl Iterator<Item = (&str, &str, &Arc<Row>)> {
        self.rows(Kind::Upstream).filter_map(|row| {
            let (provider, model) = parts(row.name()?)?;
            Some((provider, model, row))
        })
    }

    /// What the view of a provider's model shows: Default Config first, then the others in the order they came. A
    /// credential that takes turns with some of its repetitions and sits out with others is two entries.
    pub fn pool_entries(&self, provider: &Row, model: &str) -> Vec<PoolEntry> {
        let name = provider.name().unwrap_or_default();
        let mut entries: Vec<PoolEntry> = Vec::new();
        let targets = self.pool(name, model).map(|pool| self.pool_targets(pool.id)).unwrap_or_default();
        for row in targets {
            let Some(target) = target(&row) else { continue };
            let id = target.credential.and_then(CredentialChoice::id);
            let same = |it: &&mut PoolEntry| {
                it.enabled == target.enabled && it.credential.as_ref().map(|it| it.id) == id
            };
            match entries.iter_mut().find(same) {
                Some(entry) => {
                    entry.weight += u32::from(target.weight);
                    entry.targets.push(row);
                }
                None => {
                    let (weight, enabled) = (u32::from(target.weight), target.enabled);
                    entries.push(PoolEntry { weight, ..self.pool_entry(provider, model, id, enabled, row) });
                }
            }
        }
        // The sort is stable.
        entries.sort_by_key(|it| it.credential.is_some());
        if entries.first().is_none_or(|it| it.credential.is_some()) {
            let pays = self.default_for_model(provider, model);
            entries
                .insert(0, PoolEntry { credential: None, pays, enabled: true, targets: vec![], weight: 100 });
        }
        entries
    }

    fn pool_entry(
        &self,
        provider: &Row,
        model: &str,
        id: Option<Uuid>,
        enabled: bool,
        row: Arc<Row>,
    ) -> PoolEntry {
        let credential = id.and_then(|id| self.by_id(Kind::Credential, id));
        let pays = credential.clone().or_else(|| self.default_for_model(provider, model));
        PoolEntry { credential, pays, enabled, targets: vec![row], weight: 0 }
    }

    /// The targets of a pool that are entries: each with a credential of its own or the default one.
    pub(crate) fn pool_targets(&self, pool: Uuid) -> Vec<Arc<Row>> {
        let is_entry = |row: &Arc<Row>| {
            target(row).is_some_and(|it| {
                it.provider.is_some() && !matches!(it.credential, Some(CredentialChoice::Every))
            })
        };
        let mut targets = self.children(Kind::Target, pool);
        targets.retain(is_entry);
        targets
    }

    /// The credential that a provider's model has where none is named: the model's own default, or the provider's.
    pub fn default_for_model(&self, provider: &Row, model: &str) -> Option<Arc<Row>> {
        let Entity::Provider(it) = &*provider.entity else {
            return None;
        };
        let own = it.models.iter().flatten().find(|it| it.id == model).and_then(|it| it.default_credential);
        let id = own.map(|it| it.id).or_else(|| self.default_credential(provider.id))?;
        self.by_id(Kind::Credential, id)
    }

    /// The distinct credentials (and hosts) that an upstream's enabled targets go by.
    pub(crate) fn distinct(&self, upstream: Uuid) -> Vec<Uuid> {
        let mut distinct = Vec::new();
        for row in self.children(Kind::Target, upstream) {
            let Some(target) = target(&row).filter(|it| it.enabled && it.weight > 0) else { continue };
            let provider = target.provider.and_then(|it| self.by_id(Kind::Provider, it.id));
            match (&target.credential, provider) {
                (Some(CredentialChoice::One(credential)), _) => distinct.push(credential.id),
                (Some(CredentialChoice::Every), Some(provider)) => {
                    distinct.extend(self.children(Kind::Credential, provider.id).iter().map(|it| it.id));
                }
                (None, Some(provider)) => {
                    let model = target.model.as_deref().unwrap_or_default();
                    distinct.extend(self.default_for_model(&provider, model).map(|it| it.id));
                }
                // Whoever goes by the caller's key is told apart by the host.
                (_, None) => distinct.push(row.id),
            }
        }
        distinct.sort();
        distinct.dedup();
        distinct
    }
}

pub(crate) fn target(row: &Row) -> Option<&Target> {
    match &*row.entity {
        Entity::Target(it) => Some(it),
        _ => None,
    }
}

pub(crate) fn upstream(row: &Row) -> Option<&Upstream> {
    match &*row.entity {
        Entity::Upstream(it) => Some(it),
        _ => None,
    }
}

/// Whether a provider may be asked for that model: it lists it, or nobody has listed what it has.
pub(crate) fn may_serve(provider: &Provider, model: &str) -> bool {
    provider.models.as_ref().is_none_or(|models| models.iter().any(|it| it.id == model))
}

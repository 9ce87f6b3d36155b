//! Label values, and the handles that requests count with.
//!
//! A request knows numbers; a metric wants names. The way from one to the other is gone once per configuration and
//! combination, and remembered here.

use std::{
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

use balance::{CredentialId, ModelId, TargetId, UpstreamId};
use config::Snapshot;
use hashbrown::HashMap;
use prometheus_client::metrics::counter::Counter;

/// Labels of one series, in the contract's order.
pub(super) type Labels<const N: usize> = [(&'static str, Arc<str>); N];

/// A request: its route, its upstream, what the client was answered.
pub(super) type RequestKey = (Option<Arc<str>>, Option<UpstreamId>, u16);
/// An attempt: its upstream, its target, what it was paid with, how it ended.
pub(super) type AttemptKey = (Option<UpstreamId>, TargetId, Option<CredentialId>, &'static str);

/// The handles of one configuration.
#[derive(Default)]
pub(super) struct Resolved {
    revision: u64,
    pub(super) requests: Handles<RequestKey>,
    pub(super) attempts: Handles<AttemptKey>,
}

/// Counters by number instead of by name.
pub(super) struct Handles<K>(RwLock<HashMap<K, Counter>>);

impl<K> Default for Handles<K> {
    fn default() -> Self {
        Handles(RwLock::default())
    }
}

impl Resolved {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Resolved { revision: snapshot.revision, ..Resolved::default() }
    }

    /// Whether these handles are that configuration's: a request that began under the last one has the last one's names.
    pub(super) fn are_of(&self, snapshot: &Snapshot) -> bool {
        self.revision == snapshot.revision
    }
}

impl<K: Clone + Eq + Hash> Handles<K> {
    /// Counts one more of `key`; `resolve` says which counter that is.
    pub(super) fn count(&self, key: &K, resolve: impl FnOnce() -> Counter) {
        if let Some(counter) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            counter.inc();
            return;
        }
        let counter = resolve();
        counter.inc();
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), counter);
    }
}

/// What stands where there is no name: no route, no upstream, no provider, no key.
pub(crate) fn nothing() -> Arc<str> {
    Arc::from("")
}

/// What the configuration calls an upstream.
pub(super) fn upstream(snapshot: &Snapshot, id: Option<UpstreamId>) -> Arc<str> {
    let found = id.and_then(|it| snapshot.upstreams.get(&it));
    found.map_or_else(nothing, |it| Arc::clone(&it.name))
}

/// What it calls a target, and that one's provider.
pub(super) fn target(snapshot: &Snapshot, id: TargetId) -> (Arc<str>, Arc<str>) {
    match snapshot.targets.get(&id) {
        Some(it) => (Arc::clone(&it.name), it.provider.clone().unwrap_or_else(nothing)),
        None => (nothing(), nothing()),
    }
}

/// What it calls a credential.
pub(super) fn credential(snapshot: &Snapshot, id: Option<CredentialId>) -> Arc<str> {
    let found = id.and_then(|it| snapshot.credentials.get(&it));
    found.map_or_else(nothing, |it| Arc::clone(&it.name))
}

/// What it calls a model. Rare enough to be looked for.
pub(crate) fn model_name(snapshot: &Snapshot, id: ModelId) -> &str {
    let known = snapshot.models.iter().find(|it| *it.1 == id);
    known.map_or("a model that is gone", |it| it.0)
}

/// The model that answered, if the configuration knows it: a client's own words are never a label.
pub(crate) fn model(snapshot: &Snapshot, target: TargetId, requested: Option<&str>) -> Arc<str> {
    let configured = snapshot.targets.get(&target).and_then(|it| it.model.clone());
    let known = || snapshot.models.get_key_value(requested?).map(|it| Arc::clone(it.0));
    configured.or_else(known).unwrap_or_else(|| Arc::from("other"))
}

//! Client keys as a request sees them: found in memory, and what they open.

use std::{collections::HashSet, sync::Arc};

use balance::{Environment, Time};
use hashbrown::HashMap;
use uuid::Uuid;

use crate::{derived, entity::KeyHash, route::RouteInfo};

/// Every client key there is, by the beginning of its hash.
#[derive(Debug, Default)]
pub struct ClientKeys {
    /// Nearly always one each: the beginnings are 64 bits of a hash.
    by_tag: HashMap<u64, Vec<Arc<ClientKey>>>,
}

/// A client key's part of the request path.
#[derive(Debug)]
pub struct ClientKey {
    /// Its identity in the store.
    pub uuid: Uuid,
    /// What records and logs call it.
    pub name: Arc<str>,
    /// Whose it is, by name.
    pub consumer: Arc<str>,
    /// What consistent hashing goes by, the same for all of a consumer's keys.
    pub consumer_hash: u64,
    /// Of its secret.
    pub hash: KeyHash,
    /// Of every request that bears it.
    pub environment: Environment,
    /// The routes that it opens; `None`: every way there is.
    pub routes: Option<HashSet<Uuid>>,
    /// The models that it may ask for, as clients write them; `None`: all.
    pub models: Option<HashSet<Box<str>>>,
    /// When it ceases to open anything.
    pub expires: Option<Time>,
    /// False: it opens nothing.
    pub enabled: bool,
}

// === impl ClientKeys ===

impl ClientKeys {
    /// Whether there is none at all, not even one that is switched off or has expired.
    pub fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
    }

    /// The keys that a secret with this hash may be one of: the caller compares the whole hash, in constant time. Which
    /// hashes begin alike tells nobody anything, as only the gateway's own key makes them.
    pub fn candidates(&self, hash: &KeyHash) -> &[Arc<ClientKey>] {
        self.by_tag.get(&tag(hash)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn add(&mut self, key: Arc<ClientKey>) {
        self.by_tag.entry(tag(&key.hash)).or_default().push(key);
    }
}

fn tag(hash: &KeyHash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

// === impl ClientKey ===

impl ClientKey {
    /// Whether it may ask for a model, as the client writes it; naming none is asking for `default`.
    pub fn may_ask_for(&self, model: Option<&str>) -> bool {
        let asked = model.unwrap_or(derived::DEFAULT);
        self.models.as_ref().is_none_or(|all| all.contains(asked))
    }

    /// Whether it opens a way: a route, or with `None` one that is no route.
    pub fn opens(&self, route: Option<&RouteInfo>) -> bool {
        let Some(routes) = &self.routes else { return true };
        route.is_some_and(|it| routes.contains(&it.id))
    }
}

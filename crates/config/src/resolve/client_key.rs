//! Client keys: what each of them opens, found by the hash of its secret.

use std::sync::Arc;

use balance::Environment;
use xxhash_rust::xxh3::xxh3_64;

use super::{Work, credential::unix};
use crate::{Entity, Kind, entity::KeyEnvironment, snapshot::ClientKey};

impl Work<'_> {
    /// Indexes every client key, those that open nothing too: whoever sends one is told why it does not.
    pub(super) fn client_keys(&mut self) {
        for row in self.document.rows(Kind::ClientKey) {
            let Entity::ClientKey(key) = &*row.entity else {
                continue;
            };
            let Some(consumer) = self.document.by_id(Kind::Consumer, key.consumer.id) else {
                continue;
            };
            let resolved = ClientKey {
                uuid: row.id,
                name: key.name.as_str().into(),
                consumer: consumer.label().into(),
                consumer_hash: xxh3_64(consumer.id.as_bytes()),
                hash: key.hash,
                environment: match key.environment {
                    KeyEnvironment::Production => Environment::Production,
                    KeyEnvironment::Sandbox => Environment::Sandbox,
                },
                routes: key.routes.as_ref().map(|all| all.iter().map(|it| it.id).collect()),
                models: key.models.as_ref().map(|all| all.iter().map(|it| it.as_str().into()).collect()),
                expires: key.expires_at.as_deref().and_then(unix).map(self.facts.time_of),
                enabled: key.enabled,
            };
            self.snapshot.client_keys.add(Arc::new(resolved));
        }
    }
}

//! What the configuration calls the numbers in a record.
//!
//! A record that was handed in under one configuration may be read under the next: what that one no longer knows, the
//! one before does.

use std::sync::Arc;

use config::Snapshot;

use crate::{
    proxy::{Record, record::Attempt},
    telemetry::labels,
};

/// The configuration in force and the one before.
#[derive(Default)]
pub(super) struct Names {
    current: Arc<Snapshot>,
    previous: Arc<Snapshot>,
}

/// A record's names.
#[derive(Debug)]
pub(crate) struct Named {
    /// The upstream's.
    pub(crate) upstream: Option<Arc<str>>,
    /// Each try's.
    pub(crate) tried: Vec<Tried>,
}

/// A try's names.
#[derive(Debug)]
pub(crate) struct Tried {
    /// Whom: `host:port`, or `provider/model`.
    pub(crate) target: Arc<str>,
    /// The target's provider, if it has one.
    pub(crate) provider: Option<Arc<str>>,
    /// What it was paid with.
    pub(crate) credential: Option<Arc<str>>,
    /// The model as statistics call it: one that the configuration names, or `other`.
    pub(crate) model: Arc<str>,
}

impl Names {
    pub(super) fn applied(&mut self, snapshot: &Arc<Snapshot>) {
        self.previous = std::mem::replace(&mut self.current, Arc::clone(snapshot));
    }

    pub(super) fn of(&self, record: &Record) -> Named {
        let upstream = record.upstream.and_then(|id| {
            let known = self.current.upstreams.get(&id).or_else(|| self.previous.upstreams.get(&id));
            Some(Arc::clone(&known?.name))
        });
        Named { upstream, tried: record.attempts.iter().map(|it| self.tried(record, it)).collect() }
    }

    fn tried(&self, record: &Record, attempt: &Attempt) -> Tried {
        let is_known = self.current.targets.contains_key(&attempt.target);
        let snapshot = if is_known { &self.current } else { &self.previous };
        let target = snapshot.targets.get(&attempt.target);
        let credential = attempt.credential.and_then(|id| {
            let known = self.current.credentials.get(&id).or_else(|| self.previous.credentials.get(&id));
            Some(Arc::clone(&known?.name))
        });
        Tried {
            target: target.map_or_else(labels::nothing, |it| Arc::clone(&it.name)),
            provider: target.and_then(|it| it.provider.clone()),
            credential,
            model: labels::model(snapshot, attempt.target, record.model_requested.as_deref()),
        }
    }
}

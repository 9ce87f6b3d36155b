//! What has happened lately: the requests themselves, how many of them per second, and counts by the hour.
//!
//! Everything here is made of the same record that access log and metrics are made of. The one idea to read on: a
//! worker hands a record in ([`inbox`]) and is done; names are looked up and sums are made by whoever reads, or by a task
//! that looks in a few times a second. A reader empties the inbox first, so that it sees every request that was over
//! when it asked. What does not fit into the inbox is dropped and counted: telemetry never makes a request wait.

mod counts;
mod inbox;
mod names;
mod requests;
mod series;
mod sketch;
#[cfg(test)]
mod tests;
mod traffic;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::SystemTime,
};

use balance::CredentialId;
use config::Snapshot;
use tracing::warn;

use self::{
    inbox::{Desk, Inbox},
    names::Names,
};
use crate::{
    clock::{Clock, unix_seconds},
    proxy::{Record, record::Attempt},
};

pub(crate) use self::{
    counts::Counts,
    names::Tried,
    requests::{Kept, Requests},
    series::{By, CALLED_WITHIN, HOUR, Key, MINUTE, Series, hour_before, start},
    sketch::Sketch,
    traffic::{Rate, Traffic},
};

/// One per process.
#[derive(Default)]
pub(crate) struct History {
    inbox: Inbox,
    dropped: AtomicU64,
    past: Mutex<Past>,
    /// What a vendor last said against a key.
    key_errors: Mutex<HashMap<CredentialId, KeyError>>,
}

/// What has been read from the inbox.
#[derive(Default)]
pub(crate) struct Past {
    names: Names,
    /// One by one.
    pub(crate) requests: Requests,
    /// By minute and by hour.
    pub(crate) series: Series,
    /// Per second.
    pub(crate) traffic: Traffic,
    /// For reading the inbox.
    desk: Desk,
}

/// What a vendor last said against a key.
#[derive(Clone, Debug)]
pub(crate) struct KeyError {
    /// In the vendor's words, without keys, as far as there were any; else the outcome's name.
    pub(crate) message: Arc<str>,
    /// When.
    pub(crate) at: SystemTime,
}

impl History {
    /// A request is over.
    pub(crate) fn record(&self, record: Record) {
        if !self.inbox.put(record) {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// A vendor has said no to a key.
    pub(crate) fn key_failed(&self, credential: CredentialId, attempt: &Attempt) {
        let message = attempt.error.clone().unwrap_or_else(|| attempt.outcome.into());
        let error = KeyError { message, at: SystemTime::now() };
        self.key_errors.lock().unwrap_or_else(PoisonError::into_inner).insert(credential, error);
    }

    /// What was last said against each key.
    pub(crate) fn key_errors(&self) -> HashMap<CredentialId, KeyError> {
        self.key_errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another configuration is about to be in force.
    pub(crate) fn applied(&self, snapshot: &Arc<Snapshot>) {
        self.lock().names.applied(snapshot);
        let mut errors = self.key_errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.retain(|id, _| snapshot.credentials.contains_key(id));
    }

    /// Reads what there is, every request that is over included.
    pub(crate) fn read<T>(&self, clock: &Clock, read: impl FnOnce(&mut Past) -> T) -> T {
        let mut past = self.lock();
        past.take_in(&self.inbox, clock);
        read(&mut past)
    }

    /// Empties the inbox. Returns how many requests were in it.
    pub(crate) fn catch_up(&self, clock: &Clock) -> usize {
        let records = self.lock().take_in(&self.inbox, clock);
        let dropped = self.dropped.swap(0, Relaxed);
        if dropped > 0 {
            warn!(dropped, "more requests than the request list and the statistics could take in");
        }
        records
    }

    fn lock(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Past {
    fn take_in(&mut self, inbox: &Inbox, clock: &Clock) -> usize {
        let Past { names, requests, series, traffic, desk } = self;
        inbox.each(desk, |record| {
            let began = clock.wall(clock.time(record.started));
            let ended = unix_seconds(began + record.duration);
            let named = names.of(&record);
            series.count(&record, &named, ended);
            traffic.count(&record, &named, ended);
            requests.keep(record, named, began);
        })
    }
}

//! Counts by the minute for the last hours, by the hour for the store, and which route has called which provider.
//!
//! Hours are sums from the first minute on, also across restarts: what the store has of the hour that is going on is
//! taken over at the start. An hour that is over and stored is forgotten here, though one hour late: what ends with it
//! may be told a moment after it, and would otherwise stand in the store for all of that hour.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::HashMap;

use super::{counts::Counts, names::Named};
use crate::{proxy::Record, telemetry::labels};

/// Seconds.
pub(crate) const MINUTE: i64 = 60;
/// Seconds.
pub(crate) const HOUR: i64 = 3600;
/// How far back minutes go: a shift's worth of looking closely.
const MINUTES_KEPT: i64 = 3 * HOUR;
/// Rows of all minutes together, some tens of megabytes: a configuration with thousands of busy keys has a shorter
/// memory for minutes, and the same for hours.
const MINUTE_ROWS_MAX: usize = 100_000;
/// Different things counted in one hour. Beyond, all others are one.
const KEYS_MAX: usize = 20_000;
/// How long ago a call is no longer of today.
pub(crate) const CALLED_WITHIN: i64 = 24 * HOUR;

/// What is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum By {
    /// Everything together.
    All,
    /// Tries at a provider.
    Provider,
    /// Tries at a provider's model.
    Model,
    /// Tries with a provider's credential.
    Credential,
    /// Requests of a route.
    Route,
}

/// What is counted. Empty where there is no such thing: a raw host has no provider, a request without a route no route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    /// What kind of thing.
    pub(crate) by: By,
    /// Its provider, of models and credentials.
    pub(crate) owner: Arc<str>,
    /// Its name.
    pub(crate) name: Arc<str>,
}

/// Hours, and how often each has changed.
pub(crate) type Changes = BTreeMap<i64, u64>;

/// Everything counted.
#[derive(Default)]
pub(crate) struct Series {
    minutes: BTreeMap<i64, HashMap<Key, Counts>>,
    minute_rows: usize,
    hours: BTreeMap<i64, HashMap<Key, Counts>>,
    /// Hours that the store does not have as they are, and how often each has changed since it did.
    changed: Changes,
    /// Route and provider, and when the one last called the other, in Unix seconds.
    called: HashMap<(Arc<str>, Arc<str>), i64>,
}

impl By {
    /// All, in the order in which they are documented.
    pub(crate) const ALL: [By; 5] = [By::All, By::Provider, By::Model, By::Credential, By::Route];

    /// On the wire and in the store.
    pub(crate) fn name(self) -> &'static str {
        match self {
            By::All => "all",
            By::Provider => "provider",
            By::Model => "model",
            By::Credential => "credential",
            By::Route => "route",
        }
    }

    /// The one of that name.
    pub(crate) fn from_name(name: &str) -> Option<By> {
        By::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Series {
    pub(super) fn count(&mut self, record: &Record, named: &Named, ended: i64) {
        let nothing = labels::nothing();
        let key =
            |by, owner: &Arc<str>, name: &Arc<str>| Key { by, owner: owner.clone(), name: name.clone() };
        self.add(ended, key(By::All, &nothing, &nothing), |it| it.request(record));
        let route = record.route.as_ref().unwrap_or(&nothing);
        self.add(ended, key(By::Route, &nothing, route), |it| it.request(record));
        for (index, tried) in named.tried.iter().enumerate() {
            let provider = tried.provider.as_ref().unwrap_or(&nothing);
            let count = |it: &mut Counts| it.attempt(record, index);
            self.add(ended, key(By::Provider, &nothing, provider), count);
            self.add(ended, key(By::Model, provider, &tried.model), count);
            if let Some(credential) = &tried.credential {
                self.add(ended, key(By::Credential, provider, credential), count);
            }
            if let (Some(route), Some(provider)) = (&record.route, &tried.provider) {
                self.called.insert((Arc::clone(route), Arc::clone(provider)), ended);
            }
        }
        self.forget(ended);
    }

    fn add(&mut self, ended: i64, key: Key, count: impl Fn(&mut Counts)) {
        let (minute, hour) = (start(ended, MINUTE), start(ended, HOUR));
        let of_minute = self.minutes.entry(minute).or_default();
        let before = of_minute.len();
        count(of_minute.entry(key.clone()).or_default());
        self.minute_rows += of_minute.len() - before;
        let of_hour = self.hours.entry(hour).or_default();
        let is_one_too_many = of_hour.len() >= KEYS_MAX && !of_hour.contains_key(&key);
        let key = if is_one_too_many { key.other() } else { key };
        count(of_hour.entry(key).or_default());
        *self.changed.entry(hour).or_default() += 1;
    }

    fn forget(&mut self, now: i64) {
        while let Some(oldest) = self.minutes.first_entry() {
            if *oldest.key() >= now - MINUTES_KEPT && self.minute_rows <= MINUTE_ROWS_MAX {
                return;
            }
            self.minute_rows -= oldest.remove().len();
        }
    }

    /// How far back minutes go at `now`.
    pub(crate) fn minutes_since(now: i64) -> i64 {
        start(now - MINUTES_KEPT, MINUTE)
    }

    /// Counts by the minute, of the minutes that began at `since` or later.
    pub(crate) fn minutes(&self, since: i64) -> impl Iterator<Item = (i64, &HashMap<Key, Counts>)> {
        self.minutes.range(since..).map(|(minute, counts)| (*minute, counts))
    }

    /// Counts by the hour that the store may not have yet, whole hours each.
    pub(crate) fn hours(&self, since: i64) -> impl Iterator<Item = (i64, &HashMap<Key, Counts>)> {
        self.hours.range(since..).map(|(hour, counts)| (*hour, counts))
    }

    /// Which routes have called which providers within a day: route, provider.
    pub(crate) fn called(&self, now: i64) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        let lately = move |at: i64| at > now - CALLED_WITHIN;
        self.called.iter().filter(move |(_, at)| lately(**at)).map(|((route, provider), _)| (route, provider))
    }

    // === For the store ===

    /// What the store does not have yet, and the changes that are in it, for [`Series::stored`].
    pub(crate) fn unstored(&mut self, now: i64) -> (Vec<(i64, Key, Counts)>, Changes) {
        let mut rows = Vec::new();
        for hour in self.changed.keys() {
            let counts = self.hours.get(hour).into_iter().flatten();
            rows.extend(counts.map(|(key, counts)| (*hour, key.clone(), counts.clone())));
        }
        self.called.retain(|_, at| *at > now - CALLED_WITHIN);
        (rows, self.changed.clone())
    }

    /// The store has what these changes came to. What is over need not be here any longer.
    pub(crate) fn stored(&mut self, changes: &Changes, now: i64) {
        let changed = &mut self.changed;
        changed.retain(|hour, times| changes.get(hour) != Some(times));
        self.hours.retain(|hour, _| *hour >= hour_before(now) || changed.contains_key(hour));
    }

    /// All calls of the last day, for the store: route, provider, Unix seconds.
    pub(crate) fn calls(&self) -> Vec<(Arc<str>, Arc<str>, i64)> {
        self.called.iter().map(|((route, provider), at)| (route.clone(), provider.clone(), *at)).collect()
    }

    /// What the last process has stored.
    pub(crate) fn take_over(
        &mut self,
        hours: impl IntoIterator<Item = (i64, Key, Counts)>,
        calls: impl IntoIterator<Item = (Arc<str>, Arc<str>, i64)>,
    ) {
        for (hour, key, counts) in hours {
            self.hours.entry(hour).or_default().entry(key).or_default().merge(&counts);
        }
        for (route, provider, at) in calls {
            let known = self.called.entry((route, provider)).or_insert(at);
            *known = at.max(*known);
        }
    }
}

impl Key {
    fn other(&self) -> Key {
        Key { by: self.by, owner: labels::nothing(), name: Arc::from("other") }
    }
}

/// When the hour before this one began: the oldest that may still change.
pub(crate) fn hour_before(now: i64) -> i64 {
    start(now, HOUR) - HOUR
}

/// When the span of `step` seconds began that `at` lies in.
pub(crate) fn start(at: i64, step: i64) -> i64 {
    at - at.rem_euclid(step)
}

//! The history across restarts: hourly counts go to the store behind the traffic, and are taken over at the start.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use tracing::warn;

use super::Control;
use crate::{
    clock::unix_seconds,
    history::{By, hour_before},
    store::{HourRow, StoreError},
};

/// How often the inbox is emptied when nobody reads: a tray is as large as this is long.
const CATCH_UP_EVERY: Duration = Duration::from_millis(250);
/// How soon again after [`MANY`] requests, so that neither trays nor the time that they take grow with the traffic.
const CATCH_UP_SOON: Duration = Duration::from_millis(20);
const MANY: usize = 100;
/// After a kill the counts are at most this old.
const STORE_EVERY: Duration = Duration::from_secs(10);
/// Of the hours that may still change, everything is taken over.
const ROWS_MAX: usize = usize::MAX;

impl Control {
    /// Empties the inbox and stores counts until the process ends; [`Control::close`] does it a last time.
    pub(crate) async fn keep_history(self: Arc<Self>) {
        let mut stored = Instant::now();
        let mut wait = CATCH_UP_EVERY;
        loop {
            tokio::time::sleep(wait).await;
            let requests = self.state.telemetry.history.catch_up(&self.state.clock);
            wait = if requests < MANY { CATCH_UP_EVERY } else { CATCH_UP_SOON };
            if stored.elapsed() >= STORE_EVERY {
                self.store_counts().await;
                stored = Instant::now();
            }
        }
    }

    /// Stores what has been counted since. What can not be stored now is stored next time, also if whoever waits for
    /// this is cut off.
    pub(super) async fn store_counts(&self) {
        let now = unix_seconds(SystemTime::now());
        let history = &self.state.telemetry.history;
        let ((rows, changes), calls) =
            history.read(&self.state.clock, |it| (it.series.unstored(now), it.series.calls()));
        if rows.is_empty() {
            return;
        }
        match self.store.keep_counts(&rows, &calls, now).await {
            Ok(()) => history.read(&self.state.clock, |it| it.series.stored(&changes, now)),
            Err(error) => warn!(%error, "the hourly counts could not be stored"),
        }
    }

    /// Goes on where the last process stopped.
    pub(super) async fn take_over_history(&self) -> Result<(), StoreError> {
        let since = hour_before(unix_seconds(SystemTime::now()));
        let rows = self.store.counts(None, since, ROWS_MAX).await?;
        let calls = self.store.calls().await?;
        let history = &self.state.telemetry.history;
        history.read(&self.state.clock, |it| it.series.take_over(rows, calls));
        Ok(())
    }

    /// Stored counts of whole hours, as they were last written.
    pub(crate) async fn stored_counts(
        &self,
        by: By,
        since: i64,
        limit: usize,
    ) -> Result<Vec<HourRow>, StoreError> {
        self.store.counts(Some(by), since, limit).await
    }
}

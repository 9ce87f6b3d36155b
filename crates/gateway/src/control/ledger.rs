//! The ledger across restarts: copied to the store behind the traffic, taken over at the start.
//!
//! The balancer's instants mean nothing in another process, its numbers neither: on the way out they become wall times
//! and stable keys, on the way in the reverse. What the configuration no longer knows is dropped.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use balance::{Cause, Exclusion, Ledger, Scope, Time};
use config::Registry;
use tracing::warn;

use super::{Control, Writing};
use crate::{
    clock::{Clock, unix_ms},
    store::{LedgerRow, StoreError},
};

/// After a kill the copy is at most this old; shorter would write to the disk for exclusions that are over by then.
const COPY_EVERY: Duration = Duration::from_secs(5);

impl Control {
    /// Copies the ledger every few seconds where it has changed, until `end`, and then a last time.
    pub(crate) async fn keep_ledger_until(self: Arc<Self>, end: impl Future<Output = ()>) {
        tokio::pin!(end);
        loop {
            let ended = tokio::time::timeout(COPY_EVERY, &mut end).await.is_ok();
            if let Err(error) = self.keep_ledger().await {
                warn!(%error, "the availability ledger could not be copied to the store");
            }
            if ended {
                return;
            }
        }
    }

    /// Copies the ledger and the counts, and closes the store. The last thing a process does.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.keep_ledger().await {
            warn!(%error, "the availability ledger could not be copied to the store");
        }
        self.store_counts().await;
        self.store.close().await;
    }

    /// Copies the ledger to the store, unless nothing has changed since.
    pub(super) async fn keep_ledger(&self) -> Result<(), StoreError> {
        let mut writing = self.writing.lock().await;
        let ledger = self.state.balancer().export(self.state.clock.now());
        if writing.kept.as_ref().is_some_and(|it| it.exclusions == ledger.exclusions) {
            return Ok(());
        }
        let rows: Vec<LedgerRow> =
            ledger.exclusions.iter().filter_map(|it| row(it, &writing.registry, &self.state.clock)).collect();
        self.store.keep_ledger(&rows).await?;
        writing.kept = Some(ledger);
        Ok(())
    }

    /// Gives the balancer what was out when the last process ended.
    pub(super) async fn take_over_ledger(&self, writing: &mut Writing) -> Result<(), StoreError> {
        let rows = self.store.ledger().await?;
        let now = self.state.clock.now();
        let exclusions =
            rows.iter().filter_map(|it| exclusion(it, &writing.registry, &self.state.clock)).collect();
        self.state.balancer().import(Ledger { exclusions, taken: now }, now);
        Ok(())
    }
}

fn row(
    (scope, exclusion, streak): &(Scope, Exclusion, u32),
    registry: &Registry,
    clock: &Clock,
) -> Option<LedgerRow> {
    Some(LedgerRow {
        scope: registry.scope_key(scope)?,
        since_ms: unix_ms(clock.wall(exclusion.since)),
        until_ms: (exclusion.until != Time::NEVER).then(|| unix_ms(clock.wall(exclusion.until))),
        cause: exclusion.cause.name().to_owned(),
        streak: *streak,
    })
}

fn exclusion(row: &LedgerRow, registry: &Registry, clock: &Clock) -> Option<(Scope, Exclusion, u32)> {
    let scope = registry.scope(&row.scope)?;
    let cause = Cause::from_name(&row.cause)?;
    let since = clock.time_of_wall(wall(row.since_ms));
    let until = row.until_ms.map_or(Time::NEVER, |it| clock.time_of_wall(wall(it)));
    Some((scope, Exclusion { since, until, cause }, row.streak))
}

fn wall(unix_ms: i64) -> SystemTime {
    let past_epoch = u64::try_from(unix_ms).unwrap_or_default();
    UNIX_EPOCH.checked_add(Duration::from_millis(past_epoch)).unwrap_or(UNIX_EPOCH)
}

//! Hourly counts and the last calls: written behind, kept for a while.

use std::sync::Arc;

use sqlx::Row;
use tracing::warn;

use super::{Store, StoreError};
use crate::history::{By, CALLED_WITHIN, Counts, HOUR, Key};

/// How long counts are kept: a quarter, for whoever compares months.
const KEPT: i64 = 90 * 24 * HOUR;
/// Rows that are kept at most, some hundreds of megabytes: a configuration with thousands of busy keys has a shorter
/// memory.
const ROWS_MAX: i64 = 1_000_000;
/// Rows written in one go, so that a change of the configuration never waits long for its turn.
const BATCH: usize = 500;

/// An hour's count of something.
pub(crate) type HourRow = (i64, Key, Counts);
/// Route, provider, and when the one last called the other, in Unix seconds.
pub(crate) type CallRow = (Arc<str>, Arc<str>, i64);

impl Store {
    /// Replaces what is there of these hours and things. Whenever an hour begins, what is too old is forgotten: to find
    /// that out the whole table is walked through.
    pub(crate) async fn keep_counts(
        &self,
        rows: &[HourRow],
        calls: &[CallRow],
        now: i64,
    ) -> Result<(), StoreError> {
        let newest = rows.iter().map(|it| it.0).max();
        let begins: bool = sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM counts WHERE hour >= ?)")
            .bind(newest)
            .fetch_one(&self.pool)
            .await?;
        for batch in rows.chunks(BATCH) {
            let mut transaction = self.pool.begin().await?;
            for (hour, key, counts) in batch {
                let json = serde_json::to_string(counts).map_err(|it| self.unreadable(it.to_string()))?;
                sqlx::query(
                    "INSERT INTO counts (hour, dimension, owner, name, counts) VALUES (?, ?, ?, ?, ?) \
                     ON CONFLICT DO UPDATE SET counts = excluded.counts",
                )
                .bind(hour)
                .bind(key.by.name())
                .bind(&*key.owner)
                .bind(&*key.name)
                .bind(json)
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await?;
        }
        let mut transaction = self.pool.begin().await?;
        for (route, provider, at) in calls {
            sqlx::query(
                "INSERT INTO called (route, provider, at) VALUES (?, ?, ?) \
                 ON CONFLICT DO UPDATE SET at = excluded.at",
            )
            .bind(&**route)
            .bind(&**provider)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query("DELETE FROM called WHERE at <= ?")
            .bind(now - CALLED_WITHIN)
            .execute(&mut *transaction)
            .await?;
        if begins {
            sqlx::query(
                "DELETE FROM counts WHERE hour < ? OR hour <= (SELECT hour FROM counts ORDER BY hour DESC LIMIT 1 OFFSET ?)",
            )
            .bind(now - KEPT)
            .bind(ROWS_MAX)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The counts by `by`, or by everything, of hours that began at `since` or later, oldest first, at most `limit`.
    pub(crate) async fn counts(
        &self,
        by: Option<By>,
        since: i64,
        limit: usize,
    ) -> Result<Vec<HourRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT hour, dimension, owner, name, counts FROM counts \
             WHERE hour >= ? AND (? IS NULL OR dimension = ?) ORDER BY hour LIMIT ?",
        )
        .bind(since)
        .bind(by.map(By::name))
        .bind(by.map(By::name))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        let mut counts = Vec::with_capacity(rows.len());
        for row in &rows {
            let (dimension, json): (String, String) = (row.try_get("dimension")?, row.try_get("counts")?);
            let (owner, name): (String, String) = (row.try_get("owner")?, row.try_get("name")?);
            match (By::from_name(&dimension), serde_json::from_str(&json)) {
                (Some(by), Ok(sums)) => {
                    let key = Key { by, owner: owner.into(), name: name.into() };
                    counts.push((row.try_get("hour")?, key, sums));
                }
                // A later version's, or nobody's: no reason to withhold the others.
                _ => warn!(dimension, "an hourly count can not be read and is left out"),
            }
        }
        Ok(counts)
    }

    /// The last calls.
    pub(crate) async fn calls(&self) -> Result<Vec<CallRow>, StoreError> {
        let rows = sqlx::query("SELECT route, provider, at FROM called").fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let (route, provider): (String, String) = (row.try_get("route")?, row.try_get("provider")?);
                Ok((route.into(), provider.into(), row.try_get("at")?))
            })
            .collect()
    }
}

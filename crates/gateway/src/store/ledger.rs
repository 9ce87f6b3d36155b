//! The copy of the availability ledger: written behind, read once at the start.

use sqlx::Row;

use super::{Store, StoreError};

/// One exclusion, in words that mean the same after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LedgerRow {
    /// The scope's stable key.
    pub(crate) scope: String,
    /// Unix milliseconds.
    pub(crate) since_ms: i64,
    /// Unix milliseconds; `None`: until somebody lifts it.
    pub(crate) until_ms: Option<i64>,
    /// The cause's wire name.
    pub(crate) cause: String,
    /// How often in a row, where durations double.
    pub(crate) streak: u32,
}

impl Store {
    /// What was out when the copy was taken.
    pub(crate) async fn ledger(&self) -> Result<Vec<LedgerRow>, StoreError> {
        let rows = sqlx::query("SELECT scope, since_ms, until_ms, cause, streak FROM ledger ORDER BY scope")
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(LedgerRow {
                    scope: row.try_get("scope")?,
                    since_ms: row.try_get("since_ms")?,
                    until_ms: row.try_get("until_ms")?,
                    cause: row.try_get("cause")?,
                    streak: row.try_get("streak")?,
                })
            })
            .collect()
    }

    /// Replaces the copy.
    pub(crate) async fn keep_ledger(&self, rows: &[LedgerRow]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("DELETE FROM ledger").execute(&mut *transaction).await?;
        for row in rows {
            sqlx::query(
                "INSERT INTO ledger (scope, since_ms, until_ms, cause, streak) VALUES (?, ?, ?, ?, ?)",
            )
            .bind(&row.scope)
            .bind(row.since_ms)
            .bind(row.until_ms)
            .bind(&row.cause)
            .bind(row.streak)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

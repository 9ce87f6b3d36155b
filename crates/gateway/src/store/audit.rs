//! What was done through the Admin API. What changed the configuration is written in the change's own transaction, so
//! that the one is there exactly if the other is.

use sqlx::{Row, Sqlite, Transaction};

use super::{Store, StoreError};

/// Entries that are kept of what was done: some ten a day for decades.
const DONE_MAX: i64 = 100_000;
/// Entries that are kept of what was refused. Apart, because whoever is refused can go on trying.
const REFUSED_MAX: i64 = 1_000;
/// Old entries go once in so many.
const FORGET_EVERY: i64 = 64;

/// What has become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuditOutcome {
    /// It is done.
    Done,
    /// It was refused.
    Refused,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditRow {
    /// They grow; the store gives it.
    pub(crate) id: i64,
    /// Unix milliseconds.
    pub(crate) at_ms: i64,
    /// What has become of it.
    pub(crate) outcome: AuditOutcome,
    /// All else, as JSON. Never a value that was written.
    pub(crate) entry: String,
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditWanted {
    /// Older than this one.
    pub(crate) before: Option<i64>,
    /// At this instant or later, in Unix milliseconds.
    pub(crate) since_ms: Option<i64>,
    /// That this has become of.
    pub(crate) outcome: Option<AuditOutcome>,
    /// Fields of the entry, and what they must be.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// At most so many.
    pub(crate) limit: usize,
}

impl AuditOutcome {
    /// On the wire and in the store.
    pub(crate) fn name(self) -> &'static str {
        match self {
            AuditOutcome::Done => "done",
            AuditOutcome::Refused => "refused",
        }
    }

    /// The one of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [AuditOutcome::Done, AuditOutcome::Refused].into_iter().find(|it| it.name() == name)
    }

    fn kept(self) -> i64 {
        match self {
            AuditOutcome::Done => DONE_MAX,
            AuditOutcome::Refused => REFUSED_MAX,
        }
    }
}

impl Store {
    /// Adds what is no change of the configuration. Its `id` is of no account.
    pub(crate) async fn audit(&self, row: &AuditRow) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        put(&mut transaction, row).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What was done, newest first.
    pub(crate) async fn audited(&self, wanted: &AuditWanted) -> Result<Vec<AuditRow>, StoreError> {
        let mut query =
            sqlx::QueryBuilder::<Sqlite>::new("SELECT id, at_ms, outcome, entry FROM audit WHERE 1");
        if let Some(before) = wanted.before {
            query.push(" AND id < ").push_bind(before);
        }
        if let Some(since) = wanted.since_ms {
            query.push(" AND at_ms >= ").push_bind(since);
        }
        if let Some(outcome) = wanted.outcome {
            query.push(" AND outcome = ").push_bind(outcome.name());
        }
        for (field, value) in &wanted.fields {
            query.push(format!(" AND json_extract(entry, '$.{field}') = ")).push_bind(value);
        }
        query.push(" ORDER BY id DESC LIMIT ");
        query.push_bind(i64::try_from(wanted.limit).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let outcome: String = row.try_get("outcome")?;
                let outcome = AuditOutcome::from_name(&outcome)
                    .ok_or_else(|| self.unreadable("an outcome in the audit log"))?;
                let (id, at_ms, entry) = (row.try_get("id")?, row.try_get("at_ms")?, row.try_get("entry")?);
                Ok(AuditRow { id, at_ms, outcome, entry })
            })
            .collect()
    }
}

/// Adds an entry as a part of something.
pub(super) async fn put(
    transaction: &mut Transaction<'_, Sqlite>,
    row: &AuditRow,
) -> Result<(), sqlx::Error> {
    let outcome = row.outcome.name();
    let added = sqlx::query("INSERT INTO audit (at_ms, outcome, entry) VALUES (?, ?, ?)")
        .bind(row.at_ms)
        .bind(outcome)
        .bind(&row.entry)
        .execute(&mut **transaction)
        .await?;
    if added.last_insert_rowid() % FORGET_EVERY == 0 {
        sqlx::query(
            "DELETE FROM audit WHERE outcome = ? AND id <= \
             (SELECT id FROM audit WHERE outcome = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        )
        .bind(outcome)
        .bind(outcome)
        .bind(row.outcome.kept())
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

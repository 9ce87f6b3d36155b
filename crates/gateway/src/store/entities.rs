//! Rows of entities, and the revision that counts their changes.

use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};
use uuid::Uuid;

use super::{AuditRow, Store, StoreError, audit};

/// An entity as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRow {
    /// As in paths: `upstreams`.
    pub(crate) kind: String,
    /// Its identity.
    pub(crate) id: Uuid,
    /// What it belongs to.
    pub(crate) parent: Option<Uuid>,
    /// Its wire form.
    pub(crate) json: String,
    /// Unix seconds.
    pub(crate) created_at: i64,
    /// Unix seconds.
    pub(crate) updated_at: i64,
}

/// One part of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// Make or replace it.
    Put(StoredRow),
    /// Forget it.
    Delete {
        /// As in paths.
        kind: String,
        /// Which.
        id: Uuid,
    },
    /// Who has done it.
    Audit(AuditRow),
}

impl Store {
    /// Everything there is, oldest first, and the revision it is at.
    pub(crate) async fn load(&self) -> Result<(Vec<StoredRow>, u64), StoreError> {
        let mut transaction = self.pool.begin().await?;
        let rows = sqlx::query(
            "SELECT kind, id, parent, json, created_at, updated_at FROM entity ORDER BY created_at, id",
        )
        .fetch_all(&mut *transaction)
        .await?;
        let revision = self.revision_in(&mut transaction).await?;
        transaction.commit().await?;
        let rows = rows.iter().map(|row| self.stored(row)).collect::<Result<_, _>>()?;
        Ok((rows, revision))
    }

    /// Stores all of `changes` or nothing, on top of revision `base`, and returns the revision it is at then. When this
    /// returns, the change is on the disk.
    pub(crate) async fn write(&self, base: u64, changes: &[Write]) -> Result<u64, StoreError> {
        let revision = base + 1;
        let mut transaction = self.pool.begin().await?;
        let moved = sqlx::query("UPDATE meta SET value = ? WHERE name = 'revision' AND value = ?")
            .bind(revision.to_string())
            .bind(base.to_string())
            .execute(&mut *transaction)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(StoreError::Moved);
        }
        for change in changes {
            apply(&mut transaction, change).await?;
        }
        transaction.commit().await?;
        Ok(revision)
    }

    /// The revision on the disk.
    pub(crate) async fn revision(&self) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        self.revision_in(&mut transaction).await
    }

    async fn revision_in(&self, transaction: &mut Transaction<'_, Sqlite>) -> Result<u64, StoreError> {
        let text: String = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'revision'")
            .fetch_one(&mut **transaction)
            .await?;
        text.parse().map_err(|_| self.unreadable("the revision"))
    }

    fn stored(&self, row: &SqliteRow) -> Result<StoredRow, StoreError> {
        let kind: String = row.try_get("kind")?;
        let uuid = |text: &str| {
            Uuid::parse_str(text).map_err(|_| self.unreadable(format!("an identity among the {kind}")))
        };
        let id: String = row.try_get("id")?;
        let parent: Option<String> = row.try_get("parent")?;
        Ok(StoredRow {
            id: uuid(&id)?,
            parent: parent.as_deref().map(uuid).transpose()?,
            json: row.try_get("json")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            kind,
        })
    }
}

async fn apply(transaction: &mut Transaction<'_, Sqlite>, change: &Write) -> Result<(), sqlx::Error> {
    let query = match change {
        Write::Put(row) => sqlx::query(
            "INSERT INTO entity (kind, id, parent, json, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (kind, id) DO UPDATE SET parent = excluded.parent, json = excluded.json, \
             created_at = excluded.created_at, updated_at = excluded.updated_at",
        )
        .bind(&row.kind)
        .bind(row.id.to_string())
        .bind(row.parent.map(|it| it.to_string()))
        .bind(&row.json)
        .bind(row.created_at)
        .bind(row.updated_at),
        Write::Delete { kind, id } => {
            sqlx::query("DELETE FROM entity WHERE kind = ? AND id = ?").bind(kind).bind(id.to_string())
        }
        Write::Audit(row) => return audit::put(transaction, row).await,
    };
    query.execute(&mut **transaction).await?;
    Ok(())
}

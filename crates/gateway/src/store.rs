//! The desired configuration on disk, and a copy of the availability ledger beside it.
//!
//! An embedded SQLite file under the data directory. The store knows rows of text and one revision; what they mean is
//! `config`'s business, and who may write is `control`'s. The one idea: a write is one transaction that moves the
//! revision from the one the writer has seen to the next, and it is acknowledged only once it is on the disk. A shared
//! database for several instances will be another body behind the same few functions.

mod audit;
mod counts;
mod directory;
mod entities;
mod ledger;

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

pub(crate) use audit::{AuditOutcome, AuditRow, AuditWanted};
pub(crate) use counts::HourRow;
pub(crate) use entities::{StoredRow, Write};
pub(crate) use ledger::LedgerRow;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The directory's lock keeps other processes out; this is for a curious `sqlite3` shell.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The data directory, open and ours alone.
pub(crate) struct Store {
    /// One connection: writes are one after the other anyway, and reads happen at the start.
    pool: SqlitePool,
    path: PathBuf,
    node_id: Uuid,
    /// Held as long as the store is open; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

/// Why the store can not be used. Never quotes what is stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The directory or its files can not be made or opened.
    #[error("the data directory {path:?} can not be used: {source}; give another one with --data DIR")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Two processes, one directory.
    #[error(
        "the data directory {path:?} is in use by another Spillway process; stop that one, or give this one its own with --data DIR"
    )]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// A downgrade.
    #[error(
        "{path:?} was written by a newer Spillway (its schema {found} is not known here, the newest known is {known}); run that version again, or give another directory with --data DIR"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The schema can not be brought up to date.
    #[error("the schema of {path:?} can not be brought up to date: {source}")]
    Schema {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: MigrateError,
    },
    /// What is in there was not written by us.
    #[error("{path:?} holds something unreadable: {what}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Somebody else has written since.
    #[error("the store is not at the revision this change was made for")]
    Moved,
    /// The database says no: disk full, input/output error.
    #[error("the store could not be read or written: {0}")]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Opens `dir`, making it if it is missing, and takes it for this process.
    pub(crate) async fn open(dir: &Path) -> Result<Store, StoreError> {
        let lock = directory::take(dir)?;
        let path = directory::database(dir)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        migrate(&pool, &path).await?;
        let node_id = node_id(&pool, &path).await?;
        Ok(Store { pool, path, node_id, _lock: lock })
    }

    /// What this node calls itself, made at the first start and kept.
    pub(crate) fn node_id(&self) -> Uuid {
        self.node_id
    }

    /// Ends the connection properly, which also folds the write-ahead log into the file.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    fn unreadable(&self, what: impl Into<String>) -> StoreError {
        StoreError::Unreadable { path: self.path.clone(), what: what.into() }
    }
}

async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|it| it.version).max().unwrap_or_default();
    MIGRATIONS.run(pool).await.map_err(|source| match source {
        MigrateError::VersionMissing(found) if found > known => {
            StoreError::Newer { path: path.to_owned(), found, known }
        }
        source => StoreError::Schema { path: path.to_owned(), source },
    })
}

async fn node_id(pool: &SqlitePool, path: &Path) -> Result<Uuid, StoreError> {
    sqlx::query("INSERT INTO meta (name, value) VALUES ('node_id', ?) ON CONFLICT DO NOTHING")
        .bind(Uuid::new_v4().to_string())
        .execute(pool)
        .await?;
    let text: String =
        sqlx::query_scalar("SELECT value FROM meta WHERE name = 'node_id'").fetch_one(pool).await?;
    Uuid::parse_str(&text)
        .map_err(|_| StoreError::Unreadable { path: path.to_owned(), what: "the node id".to_owned() })
}

#[cfg(test)]
mod tests;

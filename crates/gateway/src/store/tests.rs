//! What the store promises, against a real file.

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;
use uuid::Uuid;

use super::{LedgerRow, Store, StoreError, StoredRow, Write};
use crate::history::{By, Counts, HOUR, Key};

#[tokio::test]
async fn a_reopened_store_gives_back_what_was_acknowledged() {
    let dir = dir();
    let (upstream, target) = (row("upstreams", None), row("targets", Some(Uuid::new_v4())));
    let node_id = {
        let store = Store::open(dir.path()).await.unwrap();
        assert_eq!(store.load().await.unwrap(), (vec![], 0));
        let both = [Write::Put(upstream.clone()), Write::Put(target.clone())];
        assert_eq!(store.write(0, &both).await.unwrap(), 1);
        let gone = Write::Delete { kind: "upstreams".to_owned(), id: upstream.id };
        assert_eq!(store.write(1, &[gone]).await.unwrap(), 2);
        store.node_id()
    };
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(store.load().await.unwrap(), (vec![target], 2));
    assert_eq!(store.revision().await.unwrap(), 2);
    assert_eq!(store.node_id(), node_id, "a node keeps its identity");
}

#[tokio::test]
async fn a_put_of_the_same_identity_replaces() {
    let dir = dir();
    let store = Store::open(dir.path()).await.unwrap();
    let mut it = row("upstreams", None);
    store.write(0, &[Write::Put(it.clone())]).await.unwrap();
    it.json = r#"{"name":"other"}"#.to_owned();
    it.updated_at += 1;
    store.write(1, &[Write::Put(it.clone())]).await.unwrap();
    assert_eq!(store.load().await.unwrap(), (vec![it], 2));
}

#[tokio::test]
async fn a_write_for_another_revision_changes_nothing() {
    let dir = dir();
    let store = Store::open(dir.path()).await.unwrap();
    let refused = store.write(7, &[Write::Put(row("upstreams", None))]).await;
    assert!(matches!(refused, Err(StoreError::Moved)), "{refused:?}");
    assert_eq!(store.load().await.unwrap(), (vec![], 0));
}

#[tokio::test]
async fn two_processes_can_not_share_a_directory() {
    let dir = dir();
    let first = Store::open(dir.path()).await.unwrap();
    let second = Store::open(dir.path()).await.err().expect("the directory is taken");
    assert!(second.to_string().contains("in use by another Spillway process"), "{second}");
    drop(first);
    Store::open(dir.path()).await.expect("free again once the first is gone");
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_a_way_out() {
    let dir = dir();
    {
        let store = Store::open(dir.path()).await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9000, 'from the future', TRUE, x'00', 0)",
        )
        .execute(&store.pool)
        .await
        .unwrap();
    }
    let refused = Store::open(dir.path()).await.err().expect("newer").to_string();
    assert!(refused.contains("newer Spillway") && refused.contains("9000"), "{refused}");
}

#[tokio::test]
async fn a_directory_that_can_not_be_made_says_which_and_what_to_do() {
    let dir = dir();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let refused = Store::open(&file.join("below")).await.err().expect("not a directory").to_string();
    assert!(refused.contains("a-file/below") && refused.contains("--data"), "{refused}");
}

#[tokio::test]
async fn directory_and_file_are_the_owners_alone() {
    let parent = dir();
    let dir = parent.path().join("data");
    let store = Store::open(&dir).await.unwrap();
    store.write(0, &[Write::Put(row("upstreams", None))]).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in ["spillway.db", "spillway.db-wal", "spillway.db-shm", "spillway.lock"] {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_ledger_is_replaced_as_a_whole() {
    let dir = dir();
    let store = Store::open(dir.path()).await.unwrap();
    let out = |scope: &str, until_ms| LedgerRow {
        scope: scope.to_owned(),
        since_ms: 1_000,
        until_ms,
        cause: "rate_limit".to_owned(),
        streak: 3,
    };
    store.keep_ledger(&[out("a", Some(61_000)), out("b", None)]).await.unwrap();
    assert_eq!(store.ledger().await.unwrap(), [out("a", Some(61_000)), out("b", None)]);
    store.keep_ledger(&[out("b", None)]).await.unwrap();
    assert_eq!(store.ledger().await.unwrap(), [out("b", None)]);
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn row(kind: &str, parent: Option<Uuid>) -> StoredRow {
    StoredRow {
        kind: kind.to_owned(),
        id: Uuid::now_v7(),
        parent,
        json: r#"{"name":"one"}"#.to_owned(),
        created_at: 1_700_000_000,
        updated_at: 1_700_000_000,
    }
}

#[tokio::test]
async fn hourly_counts_are_replaced_and_go_when_they_are_old() {
    const NOW: i64 = 1_800_000_000;
    let dir = dir();
    let row = |hour: i64, requests| {
        let key = Key { by: By::Provider, owner: "".into(), name: "openai".into() };
        (hour, key, Counts { requests, ..Counts::default() })
    };
    {
        let store = Store::open(dir.path()).await.unwrap();
        let old = NOW - 91 * 24 * HOUR;
        let calls = [("chat".into(), "openai".into(), NOW), ("chat".into(), "groq".into(), NOW - 25 * HOUR)];
        store.keep_counts(&[row(old, 1), row(NOW - HOUR, 2), row(NOW, 3)], &calls, NOW).await.unwrap();
        store.keep_counts(&[row(NOW, 4), row(old, 5)], &[], NOW).await.unwrap();
        assert_eq!(store.counts(None, 0, 100).await.unwrap().len(), 3, "looked for when an hour begins");
        store.keep_counts(&[row(NOW + HOUR, 6)], &[], NOW + HOUR).await.unwrap();
    }
    let store = Store::open(dir.path()).await.unwrap();
    let kept = store.counts(Some(By::Provider), 0, 100).await.unwrap();
    assert_eq!(kept, [row(NOW - HOUR, 2), row(NOW, 4), row(NOW + HOUR, 6)]);
    assert_eq!(store.counts(None, NOW, 100).await.unwrap().len(), 2);
    assert_eq!(store.counts(Some(By::Route), 0, 100).await.unwrap(), []);
    assert_eq!(store.counts(None, 0, 1).await.unwrap().len(), 1, "no more than asked for");
    let calls = store.calls().await.unwrap();
    assert_eq!(calls.len(), 1, "what was called yesterday is no call of today's: {calls:?}");
}

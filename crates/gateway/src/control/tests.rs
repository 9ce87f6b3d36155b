//! What `control` promises, over a store on disk.

mod laws;

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use balance::Order;
use config::{Document, Edit, Kind, Refusal};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Asked, Control, Done, Failure, Outside};
use crate::{
    clock::Clock,
    state::State,
    store::{Store, Write},
    telemetry::Telemetry,
    vault::Vault,
};

#[tokio::test]
async fn a_change_is_in_force_when_it_is_acknowledged() {
    let dir = dir();
    let control = start(dir.path()).await;
    let done = create(&control, "one").await.unwrap();
    assert!(done.created);
    assert_eq!(done.view.revision, 1);
    let snapshot = control.state.snapshot.load();
    assert_eq!(snapshot.revision, 1);
    let id = snapshot.names.get("one").expect("requests can find it");
    assert!(control.state.balancer().report_upstream(*id, control.state.clock.now()).is_some());
}

#[tokio::test]
async fn a_reopened_store_gives_the_same_document() {
    let dir = dir();
    let before = {
        let control = start(dir.path()).await;
        create(&control, "one").await.unwrap();
        add_target(&control, "one", "192.0.2.1:80").await;
        let patch = json!({"retries": {"attempts": 7}, "tags": ["a"]});
        let at = "one".to_owned();
        let patch = Edit::Patch { kind: Kind::Upstream, parent: None, at, value: patch };
        control.edit(patch, Asked::default()).await.unwrap();
        control.view()
    };
    let control = start(dir.path()).await;
    assert_eq!(control.view().revision, before.revision);
    assert_eq!(rows(&control.view().document), rows(&before.document));
    assert!(control.state.snapshot.load().names.contains_key("one"), "and in force");
}

#[tokio::test]
async fn a_refused_change_leaves_store_memory_and_revision_untouched() {
    let dir = dir();
    let control = start(dir.path()).await;
    create(&control, "one").await.unwrap();
    let before = (control.store.load().await.unwrap(), rows(&control.view().document));
    let snapshot = control.state.snapshot.load_full();

    let again = create(&control, "one").await;
    assert!(matches!(again, Err(Failure::Refused(Refusal::Unique { .. }))));
    let wrong = edit(&control, Edit::Create { kind: Kind::Upstream, parent: None, value: json!({"nam": 1}) });
    assert!(matches!(wrong.await, Err(Failure::Refused(Refusal::Violations(_)))));

    assert_eq!(before, (control.store.load().await.unwrap(), rows(&control.view().document)));
    assert!(Arc::ptr_eq(&snapshot, &control.state.snapshot.load_full()), "nothing was swapped");
}

#[tokio::test]
async fn a_change_that_can_not_be_stored_is_not_in_force() {
    let dir = dir();
    let control = start(dir.path()).await;
    control.store.close().await;
    let refused = create(&control, "one").await.err().expect("the store is closed");
    assert_eq!(refused.status(), 500);
    assert_eq!(control.view().revision, 0);
    assert!(!control.state.snapshot.load().names.contains_key("one"));
}

#[tokio::test]
async fn memory_follows_the_disk_when_the_two_differ() {
    let dir = dir();
    let control = start(dir.path()).await;
    create(&control, "one").await.unwrap();
    let row = control.view().document.get(Kind::Upstream, "one").unwrap();
    let gone = Write::Delete { kind: "upstreams".to_owned(), id: row.id };
    control.store.write(1, &[gone]).await.unwrap();

    assert!(
        matches!(create(&control, "two").await, Err(Failure::Store(_))),
        "it was made for another revision"
    );
    assert_eq!(control.view().revision, 2);
    assert!(control.view().document.get(Kind::Upstream, "one").is_none());
    create(&control, "two").await.expect("the next one goes on from there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writes_are_one_after_the_other_and_none_is_lost() {
    const WRITES: u64 = 40;
    let dir = dir();
    let control = start(dir.path()).await;
    let tasks: Vec<_> = (0..WRITES)
        .map(|number| {
            let control = Arc::clone(&control);
            tokio::spawn(async move { create(&control, &format!("u{number}")).await.unwrap().view.revision })
        })
        .collect();
    let mut revisions = Vec::new();
    for task in tasks {
        revisions.push(task.await.unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=WRITES).collect::<Vec<_>>());
    let (stored, revision) = control.store.load().await.unwrap();
    assert_eq!((stored.len() as u64, revision), (WRITES, WRITES));
    assert_eq!(control.state.snapshot.load().revision, WRITES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_goes_through_when_the_one_who_asked_has_gone_away() {
    let dir = dir();
    let control = start(dir.path()).await;
    let mut revisions = control.revisions();
    {
        let mut asked = Box::pin(create(&control, "one"));
        let first_poll = poll_once(asked.as_mut()).await;
        assert!(first_poll.is_none(), "the write takes longer than one poll");
    }
    revisions.wait_for(|it| *it == 1).await.unwrap();
    assert_eq!(control.store.revision().await.unwrap(), 1);
}

#[tokio::test]
async fn providers_come_from_the_environment_and_overwrite_nothing() {
    let dir = dir();
    let env = HashMap::from([("OPENAI_API_KEY".to_owned(), "sk-secret-of-the-test".to_owned())]);
    for start in 0..2 {
        let control = start_with(dir.path(), env.clone()).await;
        let view = control.view();
        assert_eq!(view.revision, 1, "start {start} imports what is missing, once");
        let provider = view.document.get(Kind::Provider, "openai").expect("imported");
        assert_eq!(view.document.children(Kind::Credential, provider.id).len(), 1);
        let (rows, _) = control.store.load().await.unwrap();
        assert!(
            rows.iter().all(|it| !it.json.contains("sk-secret")),
            "a reference is stored, never the secret"
        );
    }
}

#[tokio::test]
async fn an_operators_order_survives_a_kill() {
    let dir = dir();
    {
        let control = start(dir.path()).await;
        create(&control, "one").await.unwrap();
        add_target(&control, "one", "192.0.2.1:80").await;
        let (upstream, target) = numbers(&control);
        control
            .steer(vec![Order::Unhealthy(upstream, target)], "unhealthy", "one", &Asked::default())
            .await
            .unwrap();
        assert!(!healthy(&control));
    }
    let control = start(dir.path()).await;
    assert!(!healthy(&control), "still out");
    let (upstream, target) = numbers(&control);
    control.steer(vec![Order::Healthy(upstream, target)], "healthy", "one", &Asked::default()).await.unwrap();
    drop(control);
    let control = start(dir.path()).await;
    assert!(healthy(&control), "and back");
}

#[tokio::test]
async fn an_order_that_cannot_be_kept_is_in_force_and_says_so() {
    let dir = dir();
    let control = start(dir.path()).await;
    create(&control, "one").await.unwrap();
    add_target(&control, "one", "192.0.2.1:80").await;
    let (upstream, target) = numbers(&control);
    control.store.close().await;
    let order = vec![Order::Unhealthy(upstream, target)];
    let failure = control.steer(order, "unhealthy", "one", &Asked::default()).await.unwrap_err();
    assert!(!healthy(&control));
    let told = failure.body()["message"].as_str().unwrap().to_owned();
    assert_eq!(failure.status(), 500);
    assert!(told.contains("in force") && !told.contains("nothing has changed"), "{told}");
}

#[tokio::test]
async fn a_warning_is_told_once_and_not_again_with_every_change() {
    let dir = dir();
    let env = HashMap::from([("OPENAI_API_KEY".to_owned(), "sk-secret-of-the-test".to_owned())]);
    drop(start_with(dir.path(), env).await);
    let (lines, _here) = log_here();
    let control = start(dir.path()).await;
    for name in ["one", "two"] {
        let done = create(&control, name).await.unwrap();
        assert!(done.warnings.is_empty(), "told at the start: {:?}", done.warnings);
    }
    let is_warning = |it: &&str| it.contains("WARN") && it.contains("OPENAI_API_KEY");
    let warnings = lines.text().lines().filter(is_warning).count();
    assert_eq!(warnings, 1, "{}", lines.text());
}

#[tokio::test]
async fn a_change_is_logged_once_without_its_values() {
    let (lines, _here) = log_here();
    let dir = dir();
    let control = start(dir.path()).await;
    let value = json!({"name": "one", "host_header": "private.example"});
    let create = Edit::Create { kind: Kind::Upstream, parent: None, value };
    let asked = Asked { by: "192.0.2.9:5".to_owned(), ..Asked::default() };
    control.edit(create, asked).await.unwrap();

    let text = lines.text();
    let changed: Vec<&str> = text.lines().filter(|it| it.contains("configuration changed")).collect();
    assert_eq!(changed.len(), 1, "{text}");
    for part in ["INFO", "192.0.2.9:5", "create", "upstream", "one", "revision=1"] {
        assert!(changed[0].contains(part), "{part} in {}", changed[0]);
    }
    assert!(!text.contains("private.example"), "{text}");
}

#[tokio::test]
async fn a_configuration_of_a_later_version_is_refused_by_name() {
    let dir = dir();
    {
        let store = Store::open(dir.path()).await.unwrap();
        let row = crate::store::StoredRow {
            kind: "gadgets".to_owned(),
            id: uuid::Uuid::now_v7(),
            parent: None,
            json: "{}".to_owned(),
            created_at: 0,
            updated_at: 0,
        };
        store.write(0, &[Write::Put(row)]).await.unwrap();
    }
    let store = Store::open(dir.path()).await.unwrap();
    let refused =
        Control::start(store, state(), nothing_outside(dir.path(), HashMap::new())).await.err().unwrap();
    assert!(refused.to_string().contains("gadgets"), "{refused}");
}

#[tokio::test]
async fn a_secrets_file_is_a_small_regular_file() {
    let dir = dir();
    let outside = Outside::process(HashMap::new(), Vault::open(dir.path(), None).unwrap());
    let file = |name: &str, content: &str| {
        std::fs::write(dir.path().join(name), content).unwrap();
        (outside.file)(dir.path().join(name).to_str().unwrap())
    };
    assert_eq!(file("key", "sk-1\n"), Ok("sk-1\n".to_owned()));
    assert!(file("large", &"k".repeat(70_000)).unwrap_err().contains("longer than 65536 bytes"));
    for path in ["/dev/zero", dir.path().to_str().unwrap()] {
        assert!((outside.file)(path).unwrap_err().contains("no regular file"), "{path}");
    }
}

// === helpers ===

/// A log in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Until the guard is dropped, what this thread logs goes there. A test's runtime has one thread, so what its tasks
/// log does too.
fn log_here() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let sink = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || sink.clone()).finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn state() -> Arc<State> {
    State::new(7, Clock::start(), Telemetry::new())
}

pub(crate) async fn start(dir: &Path) -> Arc<Control> {
    start_with(dir, HashMap::new()).await
}

pub(crate) async fn start_with(dir: &Path, env: HashMap<String, String>) -> Arc<Control> {
    let store = Store::open(dir).await.unwrap();
    Control::start(store, state(), nothing_outside(dir, env)).await.unwrap()
}

fn nothing_outside(dir: &Path, env: HashMap<String, String>) -> Outside {
    Outside {
        env: Box::new(move |name| env.get(name).cloned()),
        file: Box::new(|_| Err("no files in this test".to_owned())),
        vault: Vault::open(dir, None).unwrap(),
    }
}

impl Control {
    pub(crate) fn state(&self) -> &Arc<State> {
        &self.state
    }
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

async fn edit(control: &Arc<Control>, edit: Edit) -> Result<Done, Failure> {
    control.edit(edit, Asked::default()).await
}

async fn create(control: &Arc<Control>, name: &str) -> Result<Done, Failure> {
    edit(control, Edit::Create { kind: Kind::Upstream, parent: None, value: json!({ "name": name }) }).await
}

async fn add_target(control: &Arc<Control>, upstream: &str, target: &str) {
    let value = json!({ "target": target });
    let add = Edit::Create { kind: Kind::Target, parent: Some(upstream.to_owned()), value };
    edit(control, add).await.unwrap();
}

fn rows(document: &Document) -> Vec<Value> {
    Kind::ALL.into_iter().flat_map(|kind| document.rows(kind).map(|row| (*row.value).clone())).collect()
}

fn numbers(control: &Control) -> (balance::UpstreamId, balance::TargetId) {
    let snapshot = control.state.snapshot.load();
    let id = snapshot.names["one"];
    (id, snapshot.upstreams[&id].targets[0])
}

fn healthy(control: &Control) -> bool {
    let (upstream, _) = numbers(control);
    let report = control.state.balancer().report_upstream(upstream, control.state.clock.now()).unwrap();
    report.addresses[0].healthy
}

async fn poll_once<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        std::task::Poll::Ready(value) => std::task::Poll::Ready(Some(value)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

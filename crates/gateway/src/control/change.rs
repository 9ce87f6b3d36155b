//! One change, from the wish to being in force.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use balance::{Event, Order};
use config::{
    Change, Context, Document, Edit, Edited, Facts, Problem, Registry, Resolved, Row, Secret, entity::KeyHash,
};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::{
    Control, Failure, View, Writing,
    audit::{Entry, Wish},
    start,
};
use crate::{
    clock::unix_seconds,
    store::{AuditOutcome, StoreError, StoredRow, Write},
};

/// Who asks, and on what conditions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// For the log: where the request came from. Never a token.
    pub(crate) by: String,
    /// Whether it bore the admin token.
    pub(crate) with_token: bool,
    /// `If-Match`.
    pub(crate) if_match: Option<String>,
    /// `If-None-Match: *`.
    pub(crate) if_none_match_any: bool,
    /// `?force=true`.
    pub(crate) force: bool,
    /// Of the secret of a client key that may come of it.
    pub(crate) key_hash: Option<KeyHash>,
}

/// A change that is durable and in force.
pub(crate) struct Done {
    /// The row that was written; none for a deletion.
    pub(crate) row: Option<Arc<Row>>,
    /// 201 rather than 200.
    pub(crate) created: bool,
    /// What works, but not as the operator may think.
    pub(crate) warnings: Vec<String>,
    /// The configuration right after it, whatever others have written since.
    pub(crate) view: Arc<View>,
}

impl Control {
    /// Makes a change. It goes through to its end, or not at all, also when the one who asked has gone away: otherwise
    /// a dropped connection could leave the disk a step ahead of the running state.
    pub(crate) async fn edit(self: &Arc<Self>, edit: Edit, asked: Asked) -> Result<Done, Failure> {
        let control = Arc::clone(self);
        let work = async move {
            let wish = Wish::of(&edit);
            let changed = {
                let mut writing = control.writing.lock().await;
                control.change(&mut writing, edit, &asked).await
            };
            let (done, lifted) = match changed {
                Ok(changed) => changed,
                Err(failure) => {
                    control.audit_refused(&wish, &asked, &failure).await;
                    return Err(failure);
                }
            };
            // The change itself is durable; that an old exclusion would be back after a kill is no reason to fail it.
            if lifted && let Err(error) = control.keep_ledger().await {
                warn!(%error, "the availability ledger could not be copied to the store");
            }
            Ok(done)
        };
        tokio::spawn(work).await.map_err(|_| Failure::Broken)?
    }

    /// The change, and whether it ended exclusions.
    async fn change(
        &self,
        writing: &mut Writing,
        edit: Edit,
        asked: &Asked,
    ) -> Result<(Done, bool), Failure> {
        let base = self.view();
        let act = act(&edit);
        let edited = self.edited(&base, edit, asked)?;
        let restored = edited.restored.clone();
        if edited.change.is_empty() {
            return Ok((done(edited, vec![], base), self.restore(writing, &restored)));
        }
        let resolved =
            self.resolve(&mut writing.registry, &edited.document).map_err(Failure::Unresolvable)?;
        let mut writes: Vec<Write> = edited.change.iter().map(stored).collect();
        let entry = Entry::done(act, &edited, &base.document, base.revision + 1, asked);
        writes.push(Write::Audit(entry.row(AuditOutcome::Done)));
        let revision = match self.store.write(base.revision, &writes).await {
            Ok(revision) => revision,
            Err(error) => {
                let done = self.doubtful(writing, error, base.revision, edited).await?;
                return Ok((done, self.restore(writing, &restored)));
            }
        };
        let (view, warnings) = self.enforce(writing, edited.document.clone(), resolved, revision);
        let (kind, what) = subject(&edited, &base.document);
        info!(by = asked.by, act, kind, what, revision, "configuration changed");
        for warning in &edited.warnings {
            warn!(by = asked.by, act, kind, what, revision, "{warning}");
        }
        Ok((done(edited, warnings, view), self.restore(writing, &restored)))
    }

    /// The pure part of a change.
    fn edited(&self, base: &View, edit: Edit, asked: &Asked) -> Result<Edited, Failure> {
        let vault = &self.outside.vault;
        let mut context = Context {
            now: unix_seconds(SystemTime::now()),
            ids: &mut Uuid::now_v7,
            if_none_match_any: asked.if_none_match_any,
            if_match: asked.if_match.clone(),
            force: asked.force,
            revision: base.revision,
            seal: &|secret: &Secret, owner| vault.seal(secret, owner),
            key_hash: asked.key_hash,
        };
        Ok(base.document.edit(edit, &mut context)?)
    }

    /// Ends what is held against credentials that somebody vouches for; true if that was anything.
    fn restore(&self, writing: &Writing, credentials: &[Uuid]) -> bool {
        let ids = credentials.iter().filter_map(|it| writing.registry.credential_id(*it));
        let events: Vec<Event> = {
            let mut balancer = self.state.balancer();
            let now = self.state.clock.now();
            ids.flat_map(|id| balancer.steer(Order::ClearCredential(id), now)).collect()
        };
        self.state.tell(&events);
        !events.is_empty()
    }

    /// The store said no, or nothing: whether the change is on the disk is then a question for the disk. Memory follows
    /// whatever it says.
    async fn doubtful(
        &self,
        writing: &mut Writing,
        error: StoreError,
        base: u64,
        edited: Edited,
    ) -> Result<Done, Failure> {
        error!(%error, "a change could not be stored");
        match self.catch_up(writing).await {
            Ok(view) if view.revision == base + 1 && !matches!(error, StoreError::Moved) => {
                Ok(done(edited, vec![], view))
            }
            Ok(_) => Err(Failure::Store(error)),
            Err(again) => {
                error!(error = %again, "the store could not be read back");
                Err(Failure::Store(error))
            }
        }
    }

    /// Puts in force what is on the disk, where that is something else.
    async fn catch_up(&self, writing: &mut Writing) -> anyhow::Result<Arc<View>> {
        let view = self.view();
        if self.store.revision().await? == view.revision {
            return Ok(view);
        }
        let (rows, revision) = self.store.load().await?;
        let document = start::document(&rows)?;
        let resolved = self.resolve(&mut writing.registry, &document).map_err(super::ConfigurationRefused)?;
        Ok(self.enforce(writing, document, resolved, revision).0)
    }

    pub(super) fn resolve(
        &self,
        registry: &mut Registry,
        document: &Document,
    ) -> Result<Resolved, Vec<Problem>> {
        let time_of = |seconds: i64| self.state.clock.time_of_wall(wall(seconds));
        let vault = &self.outside.vault;
        let open = |text: &str, owner| vault.unseal(text, owner);
        let facts =
            Facts { env: &*self.outside.env, file: &*self.outside.file, open: &open, time_of: &time_of };
        config::resolve(document, registry, &facts)
    }

    /// Balancer, snapshot and view change together, before anybody is answered: the very next request is under them.
    /// Gives the view and the warnings that did not hold before.
    pub(super) fn enforce(
        &self,
        writing: &mut Writing,
        document: Document,
        resolved: Resolved,
        revision: u64,
    ) -> (Arc<View>, Vec<String>) {
        let Resolved { mut snapshot, plan, warnings } = resolved;
        snapshot.revision = revision;
        let snapshot = Arc::new(snapshot);
        let view = Arc::new(View { document, revision });
        self.state.telemetry.applied(&snapshot);
        self.state.tokens.forget_others(&snapshot);
        let events = {
            let mut balancer = self.state.balancer();
            let events = balancer.apply(plan, self.state.clock.now());
            self.state.snapshot.store(snapshot);
            events
        };
        self.view.store(Arc::clone(&view));
        self.revisions.send_replace(revision);
        self.state.tell(&events);
        let told = std::mem::replace(&mut writing.warnings, warnings);
        let new: Vec<String> = writing.warnings.iter().filter(|it| !told.contains(it)).cloned().collect();
        for warning in &new {
            warn!(revision, "{warning}");
        }
        (view, new)
    }
}

/// How the store keeps a change.
pub(super) fn stored(change: &Change) -> Write {
    match change {
        Change::Put(row) => Write::Put(StoredRow {
            kind: row.kind.plural().to_owned(),
            id: row.id,
            parent: row.parent,
            json: row.value.to_string(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }),
        Change::Delete(kind, id) => Write::Delete { kind: kind.plural().to_owned(), id: *id },
    }
}

fn done(edited: Edited, resolve_warnings: Vec<String>, view: Arc<View>) -> Done {
    let Edited { row, created, mut warnings, .. } = edited;
    warnings.extend(resolve_warnings);
    Done { row, created, warnings, view }
}

pub(super) fn act(edit: &Edit) -> &'static str {
    match edit {
        Edit::Create { .. } => "create",
        Edit::Patch { .. } => "patch",
        Edit::Put { .. } => "put",
        Edit::Delete { .. } => "delete",
        Edit::Balance { .. } => "balance",
        Edit::Order { .. } => "order",
    }
}

/// What a log line says a change was about. Children that go along come first in a change.
pub(super) fn subject(edited: &Edited, before: &Document) -> (&'static str, String) {
    match (&edited.row, edited.change.last()) {
        (Some(row), _) | (None, Some(Change::Put(row))) => (row.kind.name(), row.label()),
        (None, Some(Change::Delete(kind, id))) => {
            let row = before.by_id(*kind, *id);
            (kind.name(), row.map_or_else(|| id.to_string(), |it| it.label()))
        }
        (None, None) => ("", String::new()),
    }
}

fn wall(seconds: i64) -> SystemTime {
    let past_epoch = u64::try_from(seconds).unwrap_or_default();
    UNIX_EPOCH.checked_add(Duration::from_secs(past_epoch)).unwrap_or(UNIX_EPOCH)
}

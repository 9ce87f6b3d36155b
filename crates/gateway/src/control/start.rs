//! From the disk and the environment to the first configuration in force.

use std::{sync::Arc, time::SystemTime};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use config::{Document, Entity, Kind, Registry, Stored};
use tokio::sync::{Mutex, watch};
use tracing::info;

use super::{ConfigurationRefused, Control, Outside, View, Writing, change};
use crate::{
    client_keys::Pepper,
    clock::unix_seconds,
    state::State,
    store::{Store, StoredRow, Write},
};

impl Control {
    /// Loads what is stored, adds the providers that the environment knows and the store does not, puts all of it in
    /// force, and takes over the ledger of the last run.
    pub(crate) async fn start(
        store: Store,
        state: Arc<State>,
        outside: Outside,
    ) -> anyhow::Result<Arc<Control>> {
        let (rows, loaded) = store.load().await?;
        let (document, revision) = import(&store, document(&rows)?, loaded, &outside).await?;
        let control = Control {
            state,
            pepper: Pepper::new(&outside.vault),
            store,
            outside,
            view: ArcSwap::from_pointee(View { document: Document::default(), revision: 0 }),
            revisions: watch::Sender::new(0),
            writing: Mutex::new(Writing { registry: Registry::default(), kept: None, warnings: Vec::new() }),
        };
        {
            let mut writing = control.writing.lock().await;
            let resolved = control.resolve(&mut writing.registry, &document).map_err(ConfigurationRefused)?;
            control.enforce(&mut writing, document, resolved, revision);
            control.take_over_ledger(&mut writing).await?;
            control.take_over_history().await?;
        }
        tell_providers(&control.view().document);
        Ok(Arc::new(control))
    }
}

/// One line about the providers whose keys are in the environment: `providers: openai (OPENAI_API_KEY)`. A variable that
/// is not set has been warned about by itself.
fn tell_providers(document: &Document) {
    let known = document.rows(Kind::Credential).filter_map(|row| match &*row.entity {
        Entity::Credential(it) => {
            let variable = it.secret.strip_prefix("env:")?;
            let provider = document.by_id(Kind::Provider, it.provider.id)?.label();
            Some(format!("{provider} ({variable})"))
        }
        _ => None,
    });
    let known: Vec<String> = known.collect();
    if !known.is_empty() {
        info!("providers: {}", known.join(", "));
    }
}

/// The document that stored rows make.
pub(super) fn document(rows: &[StoredRow]) -> anyhow::Result<Document> {
    let rows = rows.iter().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Document::from_rows(rows).map_err(ConfigurationRefused)?)
}

fn row(row: &StoredRow) -> anyhow::Result<Stored> {
    let kind = Kind::ALL
        .into_iter()
        .find(|it| it.plural() == row.kind)
        .with_context(|| format!("the store holds {}, which this version does not know", row.kind))?;
    let value = serde_json::from_str(&row.json)
        .with_context(|| format!("the store holds an unreadable {} {}", kind.name(), row.id))?;
    Ok(Stored { kind, id: row.id, created_at: row.created_at, updated_at: row.updated_at, value })
}

/// Adds what the environment knows, durably.
async fn import(
    store: &Store,
    document: Document,
    revision: u64,
    outside: &Outside,
) -> anyhow::Result<(Document, u64)> {
    let now = unix_seconds(SystemTime::now());
    let changes = config::import_environment(&document, &*outside.env, now);
    if changes.is_empty() {
        return Ok((document, revision));
    }
    let writes: Vec<Write> = changes.iter().map(change::stored).collect();
    let revision = store.write(revision, &writes).await?;
    info!(entities = changes.len(), revision, "providers taken from the environment");
    Ok((document.with(&changes), revision))
}

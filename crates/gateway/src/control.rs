//! The only way to change what is in force.
//!
//! A change goes through four steps, each whole or not at all: edit (pure) → resolve (pure, every problem at once) →
//! store (durable) → apply to the balancer and swap the snapshot. Writes are one after the other; readers never wait:
//! they read the last [`View`]. A bad change therefore never reaches the disk or the running state, and an acknowledged
//! one is in both.

mod audit;
mod change;
mod failure;
mod history;
mod ledger;
mod start;

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read},
    sync::Arc,
};

use arc_swap::ArcSwap;
use balance::{Event, Ledger, Order};
use config::{Document, Registry};
use tokio::sync::{Mutex, watch};
use tracing::info;
use uuid::Uuid;

use crate::{client_keys::Pepper, state::State, store::Store, vault::Vault};

pub(crate) use change::{Asked, Done};
pub(crate) use failure::{ConfigurationRefused, Failure};

/// The longest file that is taken for a secret: far more than any key or token has.
const SECRET_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Owns the configuration. One per process.
pub(crate) struct Control {
    state: Arc<State>,
    store: Store,
    outside: Outside,
    pepper: Pepper,
    view: ArcSwap<View>,
    revisions: watch::Sender<u64>,
    writing: Mutex<Writing>,
}

/// The configuration as the Admin API reads it.
pub(crate) struct View {
    /// What is configured.
    pub(crate) document: Document,
    /// Counts its changes, across restarts.
    pub(crate) revision: u64,
}

/// Looks up an environment variable.
pub(crate) type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Reads a file; the error says why not.
pub(crate) type Files = Box<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// What the configuration may refer to outside of itself.
pub(crate) struct Outside {
    /// For `env:NAME` and the import of providers.
    pub(crate) env: Environment,
    /// For `file:PATH`.
    pub(crate) file: Files,
    /// For secrets that are kept here.
    pub(crate) vault: Vault,
}

/// What only the one who is writing may touch.
struct Writing {
    registry: Registry,
    /// The ledger as it was last copied to the store by this process.
    kept: Option<Ledger>,
    /// What the configuration in force was warned about: a warning is told once.
    warnings: Vec<String>,
}

impl Control {
    /// The configuration as of now. What was acknowledged before is in it.
    pub(crate) fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Wakes its holders whenever another configuration is in force.
    pub(crate) fn revisions(&self) -> watch::Receiver<u64> {
        self.revisions.subscribe()
    }

    /// What makes and recognises client keys.
    pub(crate) fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// Ends the streams of events: the process is about to end.
    pub(crate) fn end_events(&self) {
        self.state.telemetry.happened.end();
    }

    /// What this node calls itself.
    pub(crate) fn node_id(&self) -> Uuid {
        self.store.node_id()
    }

    /// Carries out an operator's orders about the running state, and copies the ledger at once, so that they outlive a
    /// restart of any kind. They go through to the end also when the one who gave them has gone away.
    pub(crate) async fn steer(
        self: &Arc<Self>,
        orders: Vec<Order>,
        act: &'static str,
        what: &str,
        asked: &Asked,
    ) -> Result<(), Failure> {
        info!(by = asked.by, act, what, "order given");
        let is_of_key = matches!(orders.first(), Some(Order::KeyAccepted(_) | Order::ClearCredential(_)));
        let kind = if is_of_key { "credential" } else { "target" };
        let (control, what, asked) = (Arc::clone(self), what.to_owned(), asked.clone());
        let work = async move {
            let now = control.state.clock.now();
            let events: Vec<Event> = {
                let mut balancer = control.state.balancer();
                orders.into_iter().flat_map(|it| balancer.steer(it, now)).collect()
            };
            control.state.tell(&events);
            // Done it is either way, and in the log whatever becomes of its copy.
            let kept = control.keep_ledger().await;
            control.audit_order(act, kind, &what, &asked).await;
            kept.map_err(Failure::Unkept)
        };
        tokio::spawn(work).await.map_err(|_| Failure::Broken)?
    }
}

impl Outside {
    /// These variables, this process's file system, and these master keys.
    pub(crate) fn process(environment: HashMap<String, String>, vault: Vault) -> Self {
        Outside {
            env: Box::new(move |name| environment.get(name).cloned()),
            file: Box::new(|path| read_small(path).map_err(|it| it.to_string())),
            vault,
        }
    }
}

/// A file that may hold a secret. What is none, such as a pipe or `/dev/zero`, would be waited for or read for ever,
/// and every later change behind it.
fn read_small(path: &str) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    let mut text = String::new();
    File::open(path)?.take(SECRET_FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    match text.len() as u64 > SECRET_FILE_BYTES_MAX {
        true => Err(io::Error::other(format!("is longer than {SECRET_FILE_BYTES_MAX} bytes"))),
        false => Ok(text),
    }
}

#[cfg(test)]
pub(crate) mod tests;

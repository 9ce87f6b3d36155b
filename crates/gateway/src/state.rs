//! What the request path, the Admin API and the prober share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use balance::{Balancer, Event};
use config::Snapshot;

use crate::{clock::Clock, telemetry::Telemetry, tokens::Tokens};

/// One per process.
pub(crate) struct State {
    /// The configuration in force. Swapped by `control`, loaded once per request.
    pub snapshot: ArcSwap<Snapshot>,
    /// Time.
    pub clock: Clock,
    /// Where what happened is told.
    pub telemetry: Telemetry,
    /// What accounts have been exchanged for.
    pub tokens: Arc<Tokens>,
    balancer: Mutex<Balancer>,
}

impl State {
    /// An empty configuration; `seed` makes the balancer's random choices.
    pub(crate) fn new(seed: u64, clock: Clock, telemetry: Telemetry) -> Arc<Self> {
        Arc::new(State {
            snapshot: ArcSwap::from_pointee(Snapshot::default()),
            clock,
            telemetry,
            tokens: Arc::default(),
            balancer: Mutex::new(Balancer::new(seed)),
        })
    }

    /// The balancer. Take, decide, release; never across an await. A panic while it was held (a bug, which ended one
    /// request) does not take the others' balancer away.
    pub(crate) fn balancer(&self) -> MutexGuard<'_, Balancer> {
        self.balancer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what happened, outside the balancer's lock.
    pub(crate) fn tell(&self, events: &[Event]) {
        if !events.is_empty() {
            self.telemetry.events(events, &self.snapshot.load(), &self.clock);
        }
    }
}

//! A target in use by one attempt, as a guard: settled exactly once, also when the client goes away or a task
//! panics.

use std::sync::Arc;

use balance::{Kind, LeaseId, Opened, Outcome, Pick};
use dialect::Usage;

use crate::state::State;

/// Holds a lease until it is settled; dropped unsettled, the client went away.
pub(super) struct Lease {
    state: Arc<State>,
    id: LeaseId,
    /// What it has cost, as far as the vendor has told.
    tokens: u64,
    settled: bool,
}

impl Lease {
    /// Guards the lease of `pick`.
    pub(super) fn take(state: Arc<State>, pick: &Pick) -> Self {
        state.tell(pick.event.as_slice());
        Lease { state, id: pick.lease, tokens: 0, settled: false }
    }

    /// The attempt is committed.
    pub(super) fn opened(&self, opened: Opened) {
        let events = self.state.balancer().opened(self.id, opened, self.state.clock.now());
        self.state.tell(&events);
    }

    /// So much has been used: it counts against the key's own limit when the attempt is over.
    pub(super) fn used(&mut self, usage: Option<&Usage>) {
        self.tokens = usage.map_or(0, |it| it.input.saturating_add(it.output));
    }

    /// The attempt is over. A second call does nothing.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        if self.settled {
            return;
        }
        self.settled = true;
        let events = {
            let mut balancer = self.state.balancer();
            balancer.used(self.id, self.tokens);
            balancer.settle(self.id, outcome, self.state.clock.now())
        };
        self.state.tell(&events);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.settle(Outcome { kind: Kind::ClientGone, status: None });
    }
}

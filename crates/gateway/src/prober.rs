//! Active checks: asks addresses how they are when the balancer says that it is time, and tells it what came back.
//!
//! When, how often and what an answer means is the balancer's business; here are the sockets. Probes go out through
//! connections of their own, under the same rules as requests: the same addresses are refused, and no redirect is
//! followed.

mod probe;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use balance::{AddressId, Probed, UpstreamId};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::sleep,
};
use tracing::warn;

use self::probe::{Call, Senders};
use crate::{send::SenderSettings, state::State};

/// The longest sleep. What traffic learns can make a probe due earlier than it was when we went to sleep.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One address of one upstream; its counters and its probe are that upstream's own.
type Place = (UpstreamId, AddressId);

/// The task. Ends when whoever applies plans is gone, or when it is aborted.
pub(crate) async fn run(state: Arc<State>, mut plans: watch::Receiver<u64>, senders: SenderSettings) {
    let mut prober = Prober {
        state,
        senders: Senders::new(&senders),
        under_way: HashSet::new(),
        tasks: JoinSet::new(),
        rooms: HashMap::new(),
        told_not_found: HashSet::new(),
    };
    loop {
        let wait = prober.start_what_is_due();
        tokio::select! {
            changed = plans.changed() => {
                if changed.is_err() {
                    return;
                }
                prober.forget_what_is_gone();
            }
            Some(ended) = prober.tasks.join_next() => {
                // A probe does not panic; if one did, its lease in the balancer runs out.
                if let Ok((place, probed)) = ended {
                    prober.tell(place, probed);
                }
            }
            () = sleep(wait) => {}
        }
    }
}

struct Prober {
    state: Arc<State>,
    senders: Senders,
    under_way: HashSet<Place>,
    tasks: JoinSet<(Place, Probed)>,
    /// How many more probes each upstream may have under way.
    rooms: HashMap<UpstreamId, Arc<Semaphore>>,
    /// Whose 404 has been told.
    told_not_found: HashSet<Place>,
}

impl Prober {
    /// Starts every probe that is due; gives how long nothing more is.
    fn start_what_is_due(&mut self) -> Duration {
        loop {
            let now = self.state.clock.now();
            let place = {
                let mut balancer = self.state.balancer();
                let Some((at, upstream, address)) = balancer.next_probe() else {
                    return LOOK_EVERY;
                };
                if at > now {
                    return at.since(now).min(LOOK_EVERY);
                }
                balancer.probing(upstream, address, now);
                (upstream, address)
            };
            // One that outlasts its own interval is not asked twice at once.
            if self.under_way.insert(place) && !self.start(place) {
                self.under_way.remove(&place);
            }
        }
    }

    /// False: the configuration in force knows no such probe (any more).
    fn start(&mut self, place: Place) -> bool {
        let Some((call, concurrency)) = Call::of(&self.state.snapshot.load(), place) else {
            return false;
        };
        let room = self.rooms.entry(place.0).or_insert_with(|| Arc::new(Semaphore::new(concurrency.max(1))));
        let room = Arc::clone(room);
        let sender = self.senders.of(&call);
        let tokens = Arc::clone(&self.state.tokens);
        self.tasks.spawn(async move {
            let _turn = room.acquire_owned().await;
            (place, call.make(&sender, &tokens).await)
        });
        true
    }

    fn tell(&mut self, place: Place, probed: Probed) {
        self.under_way.remove(&place);
        if probed == Probed::Status(404) && self.told_not_found.insert(place) {
            self.tell_not_found(place);
        }
        let events = self.state.balancer().probed(place.0, place.1, probed, self.state.clock.now());
        self.state.tell(&events);
    }

    /// Vendors have no `/health`: a check that can only ever be answered 404 is a mistake in the configuration, not a
    /// sick address.
    fn tell_not_found(&self, (upstream, address): Place) {
        let snapshot = self.state.snapshot.load();
        let (Some(upstream), Some(address)) =
            (snapshot.upstreams.get(&upstream), snapshot.addresses.get(&address))
        else {
            return;
        };
        warn!(
            target: "availability",
            upstream = %upstream.name,
            address = %format!("{}:{}", address.host, address.port),
            path = upstream.probe.as_ref().map(|it| it.path.as_str()),
            "active checks get 404: this address has no such path; set healthchecks.active.http_path to one that it has"
        );
    }

    /// Concurrency may have changed, upstreams may be gone.
    fn forget_what_is_gone(&mut self) {
        let snapshot = self.state.snapshot.load();
        self.rooms.clear();
        self.told_not_found.retain(|(upstream, _)| snapshot.upstreams.contains_key(upstream));
    }
}

//! One tier's targets in one environment, put in order by one algorithm.
//!
//! A lineup knows who is *ready* (a superset of who may be used: what only one request knows of, such as "already
//! tried", is asked of the caller through `accept`), and walks the ready ones in order of preference. Whoever is
//! accepted is charged its turn; who was passed over is not. It knows no time, no credentials and no exclusions.

use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::{
    Algorithm, Weight,
    algorithm::{
        Standing, consistent_hash::ConsistentHash, latency::Latency, least_connections::LeastConnections,
        priority::Priority, turns::Turns, weighted_random::WeightedRandom,
    },
    ewma::PeakEwma,
    rng::Rng,
};

/// One place in a lineup.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// Who, in the balancer's own numbering; carries rotation over from one lineup to the next.
    pub(crate) member: u32,
    /// Its share; never 0 (a drained target has no place).
    pub(crate) weight: Weight,
    /// What the ring knows it by.
    pub(crate) hash: u64,
}

/// One tier's targets in one environment.
#[derive(Debug)]
pub(crate) struct Lineup {
    places: Vec<Place>,
    standings: Vec<Standing>,
    ready: usize,
    order: Order,
}

/// What puts the ready ones in order.
#[derive(Debug)]
enum Order {
    RoundRobin(Turns),
    WeightedRandom(WeightedRandom),
    LeastConnections(LeastConnections),
    ConsistentHashing(ConsistentHash),
    Latency(Latency),
    Priority(Priority),
}

impl Lineup {
    /// A lineup of `places` (in plan order), nobody ready yet. What stood in `previous` keeps its open attempts, its
    /// latency and its rotation, also under another weight; a newcomer begins level with the others.
    pub(crate) fn new(algorithm: Algorithm, slots: u32, places: &[Place], previous: Option<&Lineup>) -> Self {
        let earlier: HashMap<u32, usize> = previous
            .into_iter()
            .flat_map(|it| it.places.iter().enumerate())
            .map(|(index, place)| (place.member, index))
            .collect();
        let inherit = |index: usize| earlier.get(&places[index].member).copied();
        let turns = || {
            let weights = places.iter().map(|it| it.weight);
            Turns::new(weights, previous.and_then(Lineup::turns), inherit)
        };
        let order = match algorithm {
            Algorithm::RoundRobin => Order::RoundRobin(turns()),
            Algorithm::WeightedRandom => Order::WeightedRandom(WeightedRandom::new(places.len())),
            Algorithm::LeastConnections => {
                Order::LeastConnections(LeastConnections::new(places.len(), turns()))
            }
            Algorithm::ConsistentHashing => {
                let previous = previous.and_then(Lineup::ring);
                let slots = slots.max(1);
                Order::ConsistentHashing(ConsistentHash::new(slots, places, turns(), previous))
            }
            Algorithm::Latency => Order::Latency(Latency::new(places.len())),
            Algorithm::Priority => Order::Priority(Priority::new(places.len())),
        };
        let standing = |(index, place): (usize, &Place)| {
            let before = previous.zip(inherit(index)).map(|(lineup, at)| lineup.standings[at]);
            Standing {
                weight: place.weight,
                ready: false,
                in_flight: before.map_or(0, |it| it.in_flight),
                latency: before.and_then(|it| it.latency),
                tried: before.is_some_and(|it| it.tried),
            }
        };
        Lineup {
            places: places.to_vec(),
            standings: places.iter().enumerate().map(standing).collect(),
            ready: 0,
            order,
        }
    }

    /// How many places there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many are ready.
    pub(crate) fn ready(&self) -> usize {
        self.ready
    }

    /// The place of `index` may be walked to, or not. No credit for absence, no penalty either.
    pub(crate) fn set_ready(&mut self, index: usize, ready: bool) {
        let standing = &mut self.standings[index];
        if standing.ready == ready {
            return;
        }
        standing.ready = ready;
        if ready {
            self.ready += 1;
        } else {
            self.ready -= 1;
        }
        match &mut self.order {
            Order::RoundRobin(it) => it.set_ready(index, ready),
            Order::WeightedRandom(it) => it.set_ready(index, standing),
            Order::LeastConnections(it) => it.update(index, standing),
            Order::ConsistentHashing(it) => it.set_ready(index, standing),
            Order::Latency(it) => it.update(index, standing),
            Order::Priority(it) => it.set_ready(index, ready),
        }
    }

    /// Open attempts of the place have changed (least-connections, latency).
    pub(crate) fn set_in_flight(&mut self, index: usize, in_flight: u32) {
        self.standings[index].in_flight = in_flight;
        if let Order::LeastConnections(it) = &mut self.order {
            it.update(index, &self.standings[index]);
        }
    }

    /// The place's peak-EWMA of the time to first token has changed (latency). Bare nanoseconds do not decay.
    pub(crate) fn set_latency(&mut self, index: usize, latency: impl Into<PeakEwma>) {
        self.standings[index].latency = Some(latency.into());
        if let Order::Latency(it) = &mut self.order {
            it.update(index, &self.standings[index]);
        }
    }

    /// Walks the ready places in order of preference and charges the first that `accept` takes. Allocates nothing.
    /// Every ready place is offered at most once, and all are offered before the walk gives up.
    pub(crate) fn choose(
        &mut self,
        hash: Option<u64>,
        rng: &mut Rng,
        accept: &mut dyn FnMut(usize) -> bool,
    ) -> Option<usize> {
        let standings = &self.standings;
        let chosen = match &mut self.order {
            Order::RoundRobin(it) => it.choose(accept),
            Order::WeightedRandom(it) => it.choose(standings, rng, accept),
            Order::LeastConnections(it) => it.choose(standings, accept),
            Order::ConsistentHashing(it) => it.choose(hash, self.ready, accept),
            Order::Latency(it) => it.choose(standings, rng, accept),
            Order::Priority(it) => it.choose(accept),
        };
        if let Some(index) = chosen {
            self.set_tried(index, true);
        }
        chosen
    }

    /// Takes back the last turn of `index`: it was leased but nothing was sent. Taking it back twice changes nothing.
    pub(crate) fn give_back(&mut self, index: usize) {
        match &mut self.order {
            Order::RoundRobin(it) => it.give_back(index),
            Order::LeastConnections(it) => it.give_back(index),
            Order::ConsistentHashing(it) => it.give_back(index),
            // While it has no latency, its first try is still to come.
            Order::Latency(_) => self.set_tried(index, self.standings[index].latency.is_some()),
            // Neither chance nor rank remembers a turn.
            Order::WeightedRandom(_) | Order::Priority(_) => {}
        }
    }

    fn set_tried(&mut self, index: usize, tried: bool) {
        let standing = &mut self.standings[index];
        if standing.tried == tried {
            return;
        }
        standing.tried = tried;
        if let Order::Latency(it) = &mut self.order {
            it.update(index, standing);
        }
    }

    fn turns(&self) -> Option<&Turns> {
        match &self.order {
            Order::RoundRobin(it) => Some(it),
            Order::LeastConnections(it) => Some(it.turns()),
            Order::ConsistentHashing(it) => Some(it.turns()),
            Order::WeightedRandom(_) | Order::Latency(_) | Order::Priority(_) => None,
        }
    }

    fn ring(&self) -> Option<(&ConsistentHash, &[Place])> {
        match &self.order {
            Order::ConsistentHashing(it) => Some((it, &self.places)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;

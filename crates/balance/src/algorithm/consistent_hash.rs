//! The same key to the same target; only the keys of a target that leaves move.
//!
//! A key falls into one of `slots` slots, and every slot has one owner. Owners are found by a race: every target
//! visits slots at random, with a frequency in proportion to its weight, and a slot belongs to whoever visits it
//! first. A target's visits depend on nothing but itself, so that adding one takes slots to it alone, removing one
//! hands out its slots alone, and a greater weight (all its visits are earlier) only takes slots to it. A classic
//! ring whose points are shared out by weight cannot do that: there, every newcomer thins out everybody's points.
//! (The race is weighted rendezvous hashing, found in O(slots × log slots) instead of O(slots × targets).)
//!
//! While an owner is out, the next slots' owners are asked in turn. Who owns no slot (there are more targets than
//! slots, or nearly) comes last, by smooth turns; so goes a request without a key.

use alloc::{vec, vec::Vec};

use hashbrown::HashMap;

use super::{Standing, bits::Bits, turns::Turns};
use crate::{
    lineup::Place,
    rng::{Rng, mix},
};

/// Who owns which slots.
#[derive(Debug)]
pub(crate) struct ConsistentHash {
    table: Table,
    /// The slots whose owner is ready.
    ready: Bits,
    turns: Turns,
    /// Which walk has last offered a place, to offer it once.
    offered: Vec<u64>,
    walk: u64,
    /// How many that walk has yet to offer.
    remaining: usize,
}

#[derive(Clone, Debug)]
struct Table {
    owners: Vec<u32>,
    /// All slots, ordered by owner, and where each owner's begin; one more for the end.
    slots: Vec<u32>,
    begins: Vec<u32>,
}

impl ConsistentHash {
    /// Nobody ready; `turns` carry over what rotation there was. `previous` saves the race if it was run by the same
    /// `places`.
    pub(crate) fn new(
        slots: u32,
        places: &[Place],
        turns: Turns,
        previous: Option<(&Self, &[Place])>,
    ) -> Self {
        let key = |it: &Place| (it.hash, it.weight);
        let same = previous.filter(|(ring, earlier)| {
            ring.table.owners.len() == slots as usize && earlier.iter().map(key).eq(places.iter().map(key))
        });
        ConsistentHash {
            table: same.map_or_else(|| Table::new(slots, places), |(ring, _)| ring.table.clone()),
            ready: Bits::new(slots as usize),
            turns,
            offered: vec![0; places.len()],
            walk: 0,
            remaining: 0,
        }
    }

    /// Where the turns stand.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Lets `index` take part, or not. Costs as much as it has slots.
    pub(crate) fn set_ready(&mut self, index: usize, standing: &Standing) {
        self.turns.set_ready(index, standing.ready);
        for &slot in self.table.slots_of(index) {
            self.ready.set(slot as usize, standing.ready);
        }
    }

    /// Offers the `ready` ones, beginning with the owner of the key's slot, until one is accepted.
    pub(crate) fn choose(
        &mut self,
        hash: Option<u64>,
        ready: usize,
        accept: &mut dyn FnMut(usize) -> bool,
    ) -> Option<usize> {
        let Some(hash) = hash else {
            return self.turns.choose(accept);
        };
        self.walk += 1;
        self.remaining = ready;
        let slots = self.table.owners.len();
        let home = scaled(mix(hash), slots);
        for (from, end) in [(home, slots), (0, home)] {
            let owner = self.walk_slots(from, end, accept);
            if owner.is_some() {
                return owner;
            }
        }
        if self.remaining == 0 {
            return None;
        }
        let Self { turns, offered, walk, .. } = self;
        turns.choose(&mut |index| offered[index] != *walk && accept(index))
    }

    /// Takes back the last turn of `index`, if it was one.
    pub(crate) fn give_back(&mut self, index: usize) {
        self.turns.give_back(index);
    }

    fn walk_slots(
        &mut self,
        from: usize,
        end: usize,
        accept: &mut dyn FnMut(usize) -> bool,
    ) -> Option<usize> {
        let mut from = from;
        while self.remaining > 0 {
            let slot = self.ready.next_from(from).filter(|&it| it < end)?;
            from = slot + 1;
            let owner = self.table.owners[slot] as usize;
            if self.offered[owner] == self.walk {
                continue;
            }
            self.offered[owner] = self.walk;
            self.remaining -= 1;
            if accept(owner) {
                self.turns.note_served(owner);
                return Some(owner);
            }
        }
        None
    }
}

impl Table {
    fn new(slots: u32, places: &[Place]) -> Self {
        let owners = race(slots as usize, places);
        let mut begins = vec![0; places.len() + 1];
        for &owner in &owners {
            begins[owner as usize + 1] += 1;
        }
        for index in 1..begins.len() {
            begins[index] += begins[index - 1];
        }
        let mut by_owner: Vec<u32> = (0..owners.len() as u32).collect();
        by_owner.sort_by_key(|&slot| owners[slot as usize]);
        Table { owners, slots: by_owner, begins }
    }

    fn slots_of(&self, index: usize) -> &[u32] {
        &self.slots[self.begins[index] as usize..self.begins[index + 1] as usize]
    }
}

/// Nobody has visited this slot yet.
const UNVISITED: (u64, u64, u32) = (u64::MAX, u64::MAX, u32::MAX);

/// Who comes first to each slot.
fn race(slots: usize, places: &[Place]) -> Vec<u32> {
    if places.is_empty() {
        return Vec::new();
    }
    let weights: u64 = places.iter().map(|it| u64::from(it.weight)).sum();
    // So many random visits leave no slot unvisited, all but always (ln slots per slot would leave one on average).
    let visits = slots as u64 * (u64::from(slots.ilog2()) + 1);
    let mut end = visits * TURN / weights + 1;
    loop {
        let firsts = race_until(end, slots, places);
        if firsts.iter().all(|&it| it != UNVISITED) {
            return firsts.into_iter().map(|(_, _, owner)| owner).collect();
        }
        end *= 2;
    }
}

/// How long a target of weight 1 takes from visit to visit, on average.
const TURN: u64 = 1 << 36;

/// Each slot's first visit before `end`: when, by whom (what breaks a tie, and the place).
fn race_until(end: u64, slots: usize, places: &[Place]) -> Vec<(u64, u64, u32)> {
    let mut firsts = vec![UNVISITED; slots];
    let mut namesakes = HashMap::new();
    for (index, place) in places.iter().enumerate() {
        // Entries that the ring can not tell apart shall add up all the same: the n-th of them has visits of its own.
        let namesake = namesakes.entry(place.hash).and_modify(|it| *it += 1).or_insert(0_u64);
        let runner = mix(place.hash).wrapping_add(*namesake);
        let mut visits = Rng::new(mix(runner));
        for turn in 0.. {
            // The n-th visit is at a random moment of the n-th turn.
            let random = visits.next();
            let moment = turn * TURN + (random & (TURN - 1));
            let time = moment / u64::from(place.weight);
            if time >= end {
                break;
            }
            let slot = scaled(random, slots);
            firsts[slot] = firsts[slot].min((time, runner, index as u32));
        }
    }
    firsts
}

/// The top bits of `random`, as a number below `bound` (0 if that is 0).
fn scaled(random: u64, bound: usize) -> usize {
    let wide = u128::from(random) * bound as u128;
    (wide >> 64) as usize
}

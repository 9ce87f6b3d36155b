//! Fewest open attempts per weight.
//!
//! Whoever has none open is least loaded whatever its weight: among those it goes by smooth weighted turns, so that
//! an idle pool shares as round robin does. The busy ones stand in a heap by load, where ties go to who was served
//! least recently (a pick breaks its tie by itself, so that there is no rotation to be smooth about).

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Standing, turns::Turns};
use crate::heap::Heap;

/// Who has how much to do.
#[derive(Debug)]
pub(crate) struct LeastConnections {
    idle: Turns,
    busy: Heap<Load>,
    passed: Vec<u32>,
}

/// Open attempts per weight, compared without division.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    in_flight: u32,
    weight: u16,
    served: u64,
}

impl LeastConnections {
    /// Nobody ready; `turns` carry over what rotation there was.
    pub(crate) fn new(places: usize, turns: Turns) -> Self {
        LeastConnections { idle: turns, busy: Heap::new(places), passed: Vec::with_capacity(places) }
    }

    /// Where the turns stand.
    pub(crate) fn turns(&self) -> &Turns {
        &self.idle
    }

    /// Something about `index` has changed.
    pub(crate) fn update(&mut self, index: usize, standing: &Standing) {
        let idle = standing.in_flight == 0;
        self.idle.set_ready(index, standing.ready && idle);
        if standing.ready && !idle {
            self.busy.set(index, self.load(index, standing));
        } else {
            self.busy.remove(index);
        }
    }

    /// Offers the ready ones, the least loaded first, until one is accepted.
    pub(crate) fn choose(
        &mut self,
        standings: &[Standing],
        accept: &mut dyn FnMut(usize) -> bool,
    ) -> Option<usize> {
        let idle = self.idle.choose(accept);
        if idle.is_some() {
            return idle;
        }
        let mut chosen = None;
        while let Some(index) = self.busy.first() {
            self.busy.remove(index);
            self.passed.push(index as u32);
            if accept(index) {
                self.idle.note_served(index);
                chosen = Some(index);
                break;
            }
        }
        while let Some(index) = self.passed.pop() {
            let index = index as usize;
            self.busy.set(index, self.load(index, &standings[index]));
        }
        chosen
    }

    /// Takes back the last turn of `index`, if it was one.
    pub(crate) fn give_back(&mut self, index: usize) {
        self.idle.give_back(index);
    }

    fn load(&self, index: usize, standing: &Standing) -> Load {
        Load { in_flight: standing.in_flight, weight: standing.weight, served: self.idle.served(index) }
    }
}

impl Ord for Load {
    fn cmp(&self, other: &Self) -> Ordering {
        let cross = |a: &Load, b: &Load| u64::from(a.in_flight) * u64::from(b.weight);
        cross(self, other).cmp(&cross(other, self)).then(self.served.cmp(&other.served))
    }
}

impl PartialOrd for Load {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Load {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Load {}

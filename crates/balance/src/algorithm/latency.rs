//! The better of two random ones, by what a further request may expect to wait there.
//!
//! The cost of a place is its peak-EWMA of the time to first token × (open attempts + 1) ÷ weight. Comparing two
//! random places instead of all avoids the herd that a single best one attracts (Mitzenmacher: *The Power of Two
//! Choices in Randomized Load Balancing*, 2001; finagle `Balancers.p2cPeakEwma`, tower `load::PeakEwma`).
//!
//! Whose latency is unknown is tried first, but only once: after that it competes by open attempts per weight, so
//! that a place which never yields a latency does not attract everything.

use alloc::{vec, vec::Vec};

use super::{Standing, bits::Bits};
use crate::rng::Rng;

/// Has no position.
const ABSENT: u32 = u32::MAX;

/// Who is ready, for drawing.
#[derive(Debug)]
pub(crate) struct Latency {
    /// The ready ones, in any order, and where in it each place is.
    ready: Vec<u32>,
    position: Vec<u32>,
    /// The ready ones that have not been tried yet and have no latency.
    fresh: Bits,
}

impl Latency {
    /// Nobody ready.
    pub(crate) fn new(places: usize) -> Self {
        Latency {
            ready: Vec::with_capacity(places),
            position: vec![ABSENT; places],
            fresh: Bits::new(places),
        }
    }

    /// Something about `index` has changed.
    pub(crate) fn update(&mut self, index: usize, standing: &Standing) {
        let is_fresh = standing.latency.is_none() && !standing.tried;
        self.fresh.set(index, standing.ready && is_fresh);
        let present = self.position[index] != ABSENT;
        match (present, standing.ready) {
            (false, true) => {
                self.position[index] = self.ready.len() as u32;
                self.ready.push(index as u32);
            }
            (true, false) => {
                self.move_to(index, self.ready.len() - 1);
                self.ready.pop();
                self.position[index] = ABSENT;
            }
            _ => {}
        }
    }

    /// Offers the untried ones, then the better of two random ones, until one is accepted.
    pub(crate) fn choose(
        &mut self,
        standings: &[Standing],
        rng: &mut Rng,
        accept: &mut dyn FnMut(usize) -> bool,
    ) -> Option<usize> {
        // The ready ones from here on have been passed over.
        let mut remaining = self.ready.len();
        let mut from = 0;
        while let Some(index) = self.fresh.next_from(from) {
            if accept(index) {
                return Some(index);
            }
            from = index + 1;
            remaining -= 1;
            self.move_to(index, remaining);
        }
        while remaining > 0 {
            let index = self.better_of_two(remaining, standings, rng);
            if accept(index) {
                return Some(index);
            }
            remaining -= 1;
            self.move_to(index, remaining);
        }
        None
    }

    fn better_of_two(&self, among: usize, standings: &[Standing], rng: &mut Rng) -> usize {
        let first = rng.below(among as u64) as usize;
        let one = self.ready[first] as usize;
        if among == 1 {
            return one;
        }
        let second = (first + 1 + rng.below(among as u64 - 1) as usize) % among;
        let other = self.ready[second] as usize;
        if is_better(&standings[other], &standings[one]) { other } else { one }
    }

    /// Makes `index` change places with whoever is at `position`.
    fn move_to(&mut self, index: usize, position: usize) {
        let here = self.position[index] as usize;
        self.ready.swap(here, position);
        self.position[self.ready[here] as usize] = here as u32;
        self.position[index] = position as u32;
    }
}

/// Whether `one` costs less than `other`; by open attempts and weight alone while a latency is unknown.
fn is_better(one: &Standing, other: &Standing) -> bool {
    let latencies = one.latency.zip(other.latency);
    let (latency, other_latency) = latencies.map_or((1.0, 1.0), |(one, other)| one.beside(&other));
    // A latency of nothing would make open attempts weightless.
    let cross = |nanos: f64, in_flight: u32, weight: u16| {
        nanos.max(1.0) * (f64::from(in_flight) + 1.0) * f64::from(weight)
    };
    cross(latency, one.in_flight, other.weight) < cross(other_latency, other.in_flight, one.weight)
}

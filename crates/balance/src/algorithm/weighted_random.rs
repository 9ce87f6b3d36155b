//! Independent draws, weighted: chance has no memory, so there is no rotation to keep.
//!
//! The weights of the ready ones stand in a Fenwick tree (*A new data structure for cumulative frequency tables*,
//! 1994), where a draw finds its owner in O(log n). Who was passed over in a walk has no weight for the rest of it.

use alloc::{vec, vec::Vec};

use super::Standing;
use crate::rng::Rng;

/// Who is ready, with what chance.
#[derive(Debug)]
pub(crate) struct WeightedRandom {
    /// `sums[n]` is the weight of the `n & -n` places up to and with the n-th, counted from 1.
    sums: Vec<u64>,
    total: u64,
    passed: Vec<u32>,
}

impl WeightedRandom {
    /// Nobody ready.
    pub(crate) fn new(places: usize) -> Self {
        WeightedRandom { sums: vec![0; places + 1], total: 0, passed: Vec::with_capacity(places) }
    }

    /// Lets `index`, whose readiness has changed, take part or not.
    pub(crate) fn set_ready(&mut self, index: usize, standing: &Standing) {
        if standing.ready {
            self.put_in(index, standing);
        } else {
            self.take_out(index, standing);
        }
    }

    /// Draws among the ready ones until one is accepted.
    pub(crate) fn choose(
        &mut self,
        standings: &[Standing],
        rng: &mut Rng,
        accept: &mut dyn FnMut(usize) -> bool,
    ) -> Option<usize> {
        let mut chosen = None;
        while self.total > 0 {
            let index = self.owner(rng.below(self.total));
            if accept(index) {
                chosen = Some(index);
                break;
            }
            self.take_out(index, &standings[index]);
            self.passed.push(index as u32);
        }
        while let Some(index) = self.passed.pop() {
            self.put_in(index as usize, &standings[index as usize]);
        }
        chosen
    }

    fn put_in(&mut self, index: usize, standing: &Standing) {
        let weight = u64::from(standing.weight);
        self.total += weight;
        self.change(index, |sum| *sum += weight);
    }

    fn take_out(&mut self, index: usize, standing: &Standing) {
        let weight = u64::from(standing.weight);
        self.total -= weight;
        self.change(index, |sum| *sum -= weight);
    }

    fn change(&mut self, index: usize, change: impl Fn(&mut u64)) {
        let mut node = index + 1;
        while let Some(sum) = self.sums.get_mut(node) {
            change(sum);
            node += node & node.wrapping_neg();
        }
    }

    /// Whose stretch `draw` falls into, when the weights are laid end to end.
    fn owner(&self, mut draw: u64) -> usize {
        let places = self.sums.len() - 1;
        let mut before = 0;
        let mut stride = places.next_power_of_two();
        while stride > 0 {
            let next = before + stride;
            if next <= places && self.sums[next] <= draw {
                draw -= self.sums[next];
                before = next;
            }
            stride /= 2;
        }
        before
    }
}

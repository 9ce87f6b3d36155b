//! A heap of a fixed number of players: who of those who play has the smallest key, kept while keys come, change and go.
//!
//! Keys and players stand together and dense, so that a few who play among ten thousand cost as little as a few alone;
//! where each player stands is written beside, so that anybody can be moved or taken out. Four children to a node: half
//! as deep as with two, and the four are neighbours in memory. Nothing is allocated after `new`. Of equal keys the lower
//! player comes first. (LaMarca, Ladner: *The influence of caches on the performance of heaps*, 1996.)

use alloc::{vec, vec::Vec};

/// Has no position.
const ABSENT: u32 = u32::MAX;

/// Children to a node.
const CHILDREN: usize = 4;

/// Who has the smallest key.
#[derive(Clone, Debug)]
pub(crate) struct Heap<K> {
    /// No entry comes before the one above it; the children of `n` are the four from `4n + 1` on.
    entries: Vec<(K, u32)>,
    /// Where each player's entry is.
    positions: Vec<u32>,
}

impl<K: Copy + Ord> Heap<K> {
    /// Room for `players`, none of whom has a key yet.
    pub(crate) fn new(players: usize) -> Self {
        Heap { entries: Vec::with_capacity(players), positions: vec![ABSENT; players] }
    }

    /// The player with the smallest key.
    pub(crate) fn first(&self) -> Option<usize> {
        self.entries.first().map(|it| it.1 as usize)
    }

    /// Gives the player a key, or another one.
    pub(crate) fn set(&mut self, player: usize, key: K) {
        let entry = (key, player as u32);
        let position = self.positions[player];
        if position == ABSENT {
            self.entries.push(entry);
            self.rise(self.entries.len() - 1, entry);
        } else {
            self.settle(position as usize, entry);
        }
    }

    /// Takes the player out; one who does not play stays out.
    pub(crate) fn remove(&mut self, player: usize) {
        let position = core::mem::replace(&mut self.positions[player], ABSENT) as usize;
        if position == ABSENT as usize {
            return;
        }
        if let Some(last) = self.entries.pop()
            && position < self.entries.len()
        {
            self.settle(position, last);
        }
    }

    /// Puts the entry where it belongs; the one at `position` has gone.
    fn settle(&mut self, position: usize, entry: (K, u32)) {
        if position > 0 && entry < self.entries[(position - 1) / CHILDREN] {
            self.rise(position, entry);
        } else {
            self.sink(position, entry);
        }
    }

    fn rise(&mut self, mut position: usize, entry: (K, u32)) {
        while position > 0 {
            let above = (position - 1) / CHILDREN;
            if self.entries[above] <= entry {
                break;
            }
            self.put(position, self.entries[above]);
            position = above;
        }
        self.put(position, entry);
    }

    fn sink(&mut self, mut position: usize, entry: (K, u32)) {
        loop {
            let first = CHILDREN * position + 1;
            let children = first..self.entries.len().min(first + CHILDREN);
            let Some(least) = children.min_by_key(|it| self.entries[*it]) else { break };
            if entry <= self.entries[least] {
                break;
            }
            self.put(position, self.entries[least]);
            position = least;
        }
        self.put(position, entry);
    }

    fn put(&mut self, position: usize, entry: (K, u32)) {
        self.entries[position] = entry;
        self.positions[entry.1 as usize] = position as u32;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_first_among_nobody() {
        assert_eq!(Heap::<u32>::new(0).first(), None);
        assert_eq!(Heap::<u32>::new(3).first(), None);
    }

    #[test]
    fn of_equal_keys_the_lower_index_wins() {
        let mut heap = Heap::new(3);
        heap.set(2, 7);
        heap.set(1, 7);
        assert_eq!(heap.first(), Some(1));
    }

    proptest! {
        #[test]
        fn the_first_is_the_smallest(
            players in 1_usize..40,
            steps in proptest::collection::vec((0_usize..40, proptest::option::of(0_u8..10)), 0..200),
        ) {
            let mut heap = Heap::new(players);
            let mut keys = vec![None; players];
            for (player, key) in steps {
                let player = player % players;
                keys[player] = key;
                match key {
                    Some(key) => heap.set(player, key),
                    None => heap.remove(player),
                }
                let smallest = (0..players).filter(|&it| keys[it].is_some()).min_by_key(|&it| (keys[it], it));
                prop_assert_eq!(heap.first(), smallest);
            }
        }
    }
}

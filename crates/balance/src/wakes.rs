//! Who returns when: one instant for each of a fixed number of items, and the soonest of them at once.
//!
//! A tournament: the leaves are the items, every inner node names the earlier of its two children, so that the root
//! is the soonest. Setting one instant replays its path to the root; nothing is ever allocated after `new`, and a
//! moved instant leaves no stale entry behind as it would in a heap.

use alloc::{vec, vec::Vec};

use crate::Time;

/// The instants, [`Time::NEVER`] where there is none.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    when: Vec<Time>,
    /// Node 1 is the root, the children of `n` are `2n` and `2n + 1`; the leaves are not stored.
    winners: Vec<u32>,
    /// The number of leaves, a power of two.
    width: usize,
}

impl Wakes {
    /// For items 0 to `len`, none of which has an instant yet.
    pub(crate) fn new(len: usize) -> Self {
        let width = len.next_power_of_two();
        let mut wakes = Wakes { when: vec![Time::NEVER; len], winners: vec![0; width], width };
        for node in (1..width).rev() {
            wakes.winners[node] = wakes.earlier(node);
        }
        wakes
    }

    /// The item `item` wakes at `when`.
    pub(crate) fn set(&mut self, item: usize, when: Time) {
        if self.when[item] == when {
            return;
        }
        self.when[item] = when;
        let mut node = (self.width + item) / 2;
        while node > 0 {
            self.winners[node] = self.earlier(node);
            node /= 2;
        }
    }

    /// The item whose instant is the soonest and has come.
    pub(crate) fn due(&self, now: Time) -> Option<usize> {
        let (item, when) = self.soonest()?;
        (when <= now).then_some(item)
    }

    /// The item whose instant is the soonest, if any has one.
    pub(crate) fn soonest(&self) -> Option<(usize, Time)> {
        let item = if self.width == 1 { 0 } else { *self.winners.get(1)? as usize };
        let when = *self.when.get(item)?;
        (when < Time::NEVER).then_some((item, when))
    }

    fn earlier(&self, node: usize) -> u32 {
        let (left, right) = (self.winner(2 * node), self.winner(2 * node + 1));
        if self.at(right) < self.at(left) { right } else { left }
    }

    fn winner(&self, node: usize) -> u32 {
        if node >= self.width { (node - self.width) as u32 } else { self.winners[node] }
    }

    fn at(&self, item: u32) -> Time {
        self.when.get(item as usize).copied().unwrap_or(Time::NEVER)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_soonest_item_wakes_first(len in 1usize..40, moves in prop::collection::vec((0usize..40, 0u64..50), 0..80)) {
            let mut wakes = Wakes::new(len);
            let mut plain: Vec<u64> = (0..len).map(|_| u64::MAX).collect();
            for (item, when) in moves {
                let item = item % len;
                wakes.set(item, Time::from_nanos(when));
                plain[item] = when;
                let soonest = *plain.iter().min().expect("at least one item");
                let due = wakes.due(Time::from_nanos(49));
                prop_assert_eq!(due.map(|it| plain[it]), (soonest <= 49).then_some(soonest));
            }
        }
    }

    #[test]
    fn nobody_wakes_before_its_time_or_never() {
        let mut wakes = Wakes::new(1);
        assert_eq!(wakes.due(Time::from_nanos(5)), None);
        wakes.set(0, Time::from_nanos(6));
        assert_eq!(wakes.due(Time::from_nanos(5)), None);
        assert_eq!(wakes.due(Time::from_nanos(6)), Some(0));
        wakes.set(0, Time::NEVER);
        assert_eq!(wakes.due(Time::NEVER), None);
        assert_eq!(Wakes::new(0).due(Time::NEVER), None);
    }
}

//! A tournament tree: who of a fixed number of players has the smallest key, kept while keys come, change and go.
//!
//! Every player's leaf is fixed and each match remembers its winner, so that a change replays only the matches on the
//! way up, and stops as soon as one ends as it did before between others. Nothing is allocated after `new`. Of equal
//! keys the lower index wins. (Knuth, *The Art of Computer Programming* 3, 5.4.1, trees of winners.)

use alloc::{vec, vec::Vec};

/// Nobody plays here.
const NOBODY: u32 = u32::MAX;

/// Who has the smallest key.
#[derive(Clone, Debug)]
pub(crate) struct Tournament<K> {
    /// Stale, or never set, for who does not play.
    keys: Vec<K>,
    /// Match 1 is the final, match `m` is between the winners of `2m` and `2m + 1`; the last `leaves` are the players.
    winners: Vec<u32>,
    leaves: usize,
}

impl<K: Copy + Ord + Default> Tournament<K> {
    /// Room for `players`, none of whom has a key yet.
    pub(crate) fn new(players: usize) -> Self {
        let leaves = players.next_power_of_two();
        Tournament { keys: vec![K::default(); players], winners: vec![NOBODY; 2 * leaves], leaves }
    }

    /// The player with the smallest key.
    pub(crate) fn first(&self) -> Option<usize> {
        let winner = self.winners[1];
        (winner != NOBODY).then_some(winner as usize)
    }

    /// Gives the player a key, or another one.
    pub(crate) fn set(&mut self, player: usize, key: K) {
        self.keys[player] = key;
        self.replay(player, player as u32);
    }

    /// Takes the player out; one who does not play stays out.
    pub(crate) fn remove(&mut self, player: usize) {
        let plays = self.winners[self.leaves + player] != NOBODY;
        if plays {
            self.replay(player, NOBODY);
        }
    }

    fn replay(&mut self, player: usize, at_leaf: u32) {
        let changed = player as u32;
        let mut node = self.leaves + player;
        let mut winner = at_leaf;
        self.winners[node] = winner;
        while node > 1 {
            let rival = self.winners[node ^ 1];
            winner = if node & 1 == 0 { self.better(winner, rival) } else { self.better(rival, winner) };
            node /= 2;
            let before = self.winners[node];
            if before == winner && winner != changed {
                return;
            }
            self.winners[node] = winner;
        }
    }

    /// The better of two winners, `left` in case of a tie.
    fn better(&self, left: u32, right: u32) -> u32 {
        if right == NOBODY {
            return left;
        }
        if left == NOBODY || self.keys[right as usize] < self.keys[left as usize] {
            return right;
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_wins_among_nobody() {
        assert_eq!(Tournament::<u32>::new(0).first(), None);
        assert_eq!(Tournament::<u32>::new(3).first(), None);
    }

    #[test]
    fn of_equal_keys_the_lower_index_wins() {
        let mut tournament = Tournament::new(3);
        tournament.set(2, 7);
        tournament.set(1, 7);
        assert_eq!(tournament.first(), Some(1));
    }

    proptest! {
        #[test]
        fn the_first_is_the_smallest(
            players in 1_usize..40,
            steps in proptest::collection::vec((0_usize..40, proptest::option::of(0_u8..10)), 0..200),
        ) {
            let mut tournament = Tournament::new(players);
            let mut keys = vec![None; players];
            for (player, key) in steps {
                let player = player % players;
                keys[player] = key;
                match key {
                    Some(key) => tournament.set(player, key),
                    None => tournament.remove(player),
                }
                let smallest = (0..players).filter(|&it| keys[it].is_some()).min_by_key(|&it| (keys[it], it));
                prop_assert_eq!(tournament.first(), smallest);
            }
        }
    }
}

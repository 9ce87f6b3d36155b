//! A fixed set of small numbers, walked in order, 64 × 64 of them a step.

use alloc::{vec, vec::Vec};

/// A set of numbers below the size it was made for.
#[derive(Clone, Debug)]
pub(crate) struct Bits {
    /// Number `n` is bit `n % 64` of word `n / 64`.
    words: Vec<u64>,
    /// Which words are not 0, in the same way.
    summary: Vec<u64>,
}

impl Bits {
    /// Empty, with room for the numbers below `size`.
    pub(crate) fn new(size: usize) -> Self {
        let words = size.div_ceil(64);
        Bits { words: vec![0; words], summary: vec![0; words.div_ceil(64)] }
    }

    /// Puts `number` in, or takes it out.
    pub(crate) fn set(&mut self, number: usize, member: bool) {
        set_bit(&mut self.words, number, member);
        let word = number / 64;
        set_bit(&mut self.summary, word, self.words[word] != 0);
    }

    /// The smallest member that is not below `from`.
    pub(crate) fn next_from(&self, from: usize) -> Option<usize> {
        let word = from / 64;
        let rest = *self.words.get(word)? & (u64::MAX << (from % 64));
        if rest != 0 {
            return Some(word * 64 + rest.trailing_zeros() as usize);
        }
        let word = next_bit(&self.summary, word + 1)?;
        Some(word * 64 + self.words[word].trailing_zeros() as usize)
    }
}

fn set_bit(words: &mut [u64], number: usize, member: bool) {
    let bit = 1 << (number % 64);
    if member {
        words[number / 64] |= bit;
    } else {
        words[number / 64] &= !bit;
    }
}

fn next_bit(words: &[u64], from: usize) -> Option<usize> {
    let first = from / 64;
    let mut rest = *words.get(first)? & (u64::MAX << (from % 64));
    for (word, &next) in (first..).zip(words[first + 1..].iter().chain(&[0])) {
        if rest != 0 {
            return Some(word * 64 + rest.trailing_zeros() as usize);
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_walks_like_a_sorted_set(
            steps in proptest::collection::vec((0_usize..20_000, any::<bool>()), 0..60),
            from in 0_usize..21_000,
        ) {
            let mut bits = Bits::new(20_000);
            let mut set = BTreeSet::new();
            for (number, member) in steps {
                bits.set(number, member);
                if member { set.insert(number) } else { set.remove(&number) };
            }
            prop_assert_eq!(bits.next_from(from), set.range(from..).next().copied());
        }
    }
}

//! A memory for what clients can multiply: of fixed size, forgetting what was used longest ago.
//!
//! Set-associative, like a processor's cache: a key may stand in any of the eight places of one set and pushes out
//! the one of them that was used longest ago. That is nearly LRU, allocates once and is never slow. Being forgotten
//! early is harmless for everything kept here.

use alloc::vec::Vec;

use crate::Time;

/// Places per set: with fewer, neighbours push each other out long before the whole is full.
const WAYS: usize = 8;

/// At most so many keys with a value each; nothing is allocated before the first.
#[derive(Debug)]
pub(crate) struct Bounded<K, V> {
    sets: usize,
    places: Vec<Option<Entry<K, V>>>,
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    key: K,
    value: V,
    used: Time,
}

impl<K: Copy + PartialEq + Spread, V: Copy> Bounded<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Bounded { sets: capacity.div_ceil(WAYS).next_power_of_two(), places: Vec::new() }
    }

    /// What `key` has, and when it was last set or touched.
    pub(crate) fn find(&self, key: K) -> Option<(V, Time)> {
        let entry = self.set(key)?.iter().flatten().find(|it| it.key == key)?;
        Some((entry.value, entry.used))
    }

    /// `key` has `value` as of `now`.
    pub(crate) fn put(&mut self, key: K, value: V, now: Time) {
        if self.places.is_empty() {
            self.places.resize_with(self.sets * WAYS, || None);
        }
        let first = self.first(key);
        let set = &mut self.places[first..first + WAYS];
        let same = set.iter().position(|it| it.as_ref().is_some_and(|it| it.key == key));
        let oldest = || (0..WAYS).min_by_key(|way| set[*way].as_ref().map(|it| it.used));
        let way = same.or_else(oldest).expect("a set has places");
        set[way] = Some(Entry { key, value, used: now });
    }

    /// Forgets what `which` names, and tells each.
    pub(crate) fn forget(&mut self, which: impl Fn(K) -> bool, mut tell: impl FnMut(K, V)) {
        for place in &mut self.places {
            if let Some(entry) = place.take_if(|it| which(it.key)) {
                tell(entry.key, entry.value);
            }
        }
    }

    fn set(&self, key: K) -> Option<&[Option<Entry<K, V>>]> {
        let first = self.first(key);
        self.places.get(first..first + WAYS)
    }

    fn first(&self, key: K) -> usize {
        let mixed = key.spread().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed >> 32) as usize & (self.sets - 1)) * WAYS
    }
}

/// A key as a number that differs where keys differ, nearly always.
pub(crate) trait Spread {
    fn spread(self) -> u64;
}

impl Spread for (u32, u64) {
    fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0xff51_afd7_ed55_8ccd) ^ self.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_its_size_and_keeps_what_is_used() {
        let mut memory: Bounded<(u32, u64), u64> = Bounded::new(64);
        assert_eq!(memory.find((0, 7)), None);
        for key in 0..10_000u64 {
            let now = Time::from_nanos(key);
            memory.put((0, 7), 7, now);
            memory.put((1, key), key, now);
            assert_eq!(memory.find((1, key)), Some((key, now)));
            assert_eq!(memory.find((0, 7)), Some((7, now)));
        }
        let kept = (0..10_000).filter(|key| memory.find((1, *key)).is_some()).count();
        assert!((32..=64).contains(&kept), "{kept}");
    }
}

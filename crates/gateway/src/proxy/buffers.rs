//! The bound of all request bodies held in memory together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;

/// A count of bytes held, shared by every worker.
#[derive(Clone, Debug)]
pub(crate) struct Buffers {
    limit: usize,
    held: Arc<AtomicUsize>,
}

impl Buffers {
    /// At most `limit` bytes together.
    pub(crate) fn new(limit: usize) -> Self {
        Buffers { limit, held: Arc::default() }
    }

    /// A share, nothing so far.
    pub(super) fn share(&self) -> Held {
        Held { buffers: self.clone(), bytes: 0 }
    }

    /// Whether `bytes` more would fit now.
    pub(super) fn have_room_for(&self, bytes: usize) -> bool {
        self.held.load(Ordering::Relaxed).checked_add(bytes).is_some_and(|sum| sum <= self.limit)
    }

    /// Whether so much is held that new requests should not be kept for a second try.
    pub(super) fn scarce(&self) -> bool {
        self.held.load(Ordering::Relaxed) > self.limit / 4 * 3
    }
}

/// Bytes together with their share of the bound.
struct Kept {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A share of the bound, given back when dropped.
#[derive(Debug)]
pub(super) struct Held {
    buffers: Buffers,
    bytes: usize,
}

impl Held {
    /// Holds `more` bytes; false, and nothing changed, if that would be too many.
    pub(super) fn grow(&mut self, more: usize) -> bool {
        let limit = self.buffers.limit;
        let taken = self.buffers.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
            held.checked_add(more).filter(|sum| *sum <= limit)
        });
        if taken.is_ok() {
            self.bytes += more;
        }
        taken.is_ok()
    }

    /// How many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The share of `bytes`, from now on for as long as anybody has any of them: also one who is still sending them.
    pub(super) fn keep(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Kept { bytes, _held: self })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.buffers.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded_and_given_back() {
        let buffers = Buffers::new(100);
        let (mut first, mut second) = (buffers.share(), buffers.share());
        assert!(first.grow(60) && !second.grow(41) && first.grow(40));
        assert!(buffers.scarce() && !buffers.have_room_for(1));
        drop(first);
        assert!(!buffers.scarce() && buffers.have_room_for(100) && !buffers.have_room_for(101));
        assert!(second.grow(100));
    }

    #[test]
    fn a_share_is_given_back_with_the_last_of_its_bytes() {
        let buffers = Buffers::new(10);
        let mut held = buffers.share();
        assert!(held.grow(10));
        let bytes = held.keep(Bytes::from_static(b"0123456789"));
        let slice = bytes.slice(3..5);
        drop(bytes);
        assert_eq!(slice, "34");
        assert!(!buffers.have_room_for(1));
        drop(slice);
        assert!(buffers.have_room_for(10));
    }
}

//! The first in configured order, until it is out.

use super::bits::Bits;

/// Who is ready, in configured order.
#[derive(Debug)]
pub(crate) struct Priority {
    ready: Bits,
}

impl Priority {
    /// Nobody ready.
    pub(crate) fn new(places: usize) -> Self {
        Priority { ready: Bits::new(places) }
    }

    /// Lets `index` take part, or not.
    pub(crate) fn set_ready(&mut self, index: usize, ready: bool) {
        self.ready.set(index, ready);
    }

    /// Offers the ready ones in order until one is accepted.
    pub(crate) fn choose(&self, accept: &mut dyn FnMut(usize) -> bool) -> Option<usize> {
        let mut from = 0;
        while let Some(index) = self.ready.next_from(from) {
            if accept(index) {
                return Some(index);
            }
            from = index + 1;
        }
        None
    }
}

//! The last requests, one by one.

use std::{collections::VecDeque, mem, sync::Arc, time::SystemTime};

use super::names::Named;
use crate::proxy::{Record, record::Attempt};

/// As many as anybody pages through.
const REQUESTS_MAX: usize = 10_000;
/// What they may take together: a request that was tried dozens of times during an outage is larger than others.
const BYTES_MAX: usize = 32 << 20;
/// A client may call a model whatever it likes.
const MODEL_CHARS_MAX: usize = 128;

/// A request that is over.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Counts all requests of this process, in the order in which they ended.
    pub(crate) number: u64,
    /// When it came in.
    pub(crate) began: SystemTime,
    /// What is known of it.
    pub(crate) record: Record,
    /// What the numbers in it are called.
    pub(crate) named: Named,
    bytes: usize,
}

/// The last ones, oldest first.
#[derive(Default)]
pub(crate) struct Requests {
    kept: VecDeque<Arc<Kept>>,
    bytes: usize,
    next: u64,
}

impl Requests {
    pub(super) fn keep(&mut self, mut record: Record, named: Named, began: SystemTime) {
        shorten(&mut record);
        let bytes = size(&record);
        self.kept.push_back(Arc::new(Kept { number: self.next, began, record, named, bytes }));
        self.next += 1;
        self.bytes += bytes;
        while self.kept.len() > REQUESTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.bytes;
        }
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Arc<Kept>> {
        self.kept.iter().rev()
    }
}

fn shorten(record: &mut Record) {
    let end = |text: &str| text.char_indices().nth(MODEL_CHARS_MAX).map(|(end, _)| end);
    if let Some(model) = &mut record.model_requested
        && let Some(end) = end(model)
    {
        model.truncate(end);
        model.shrink_to_fit();
    }
    for attempt in &mut record.attempts {
        let shorter = attempt.model.as_ref().and_then(|it| Some(Arc::from(&it[..end(it)?])));
        attempt.model = shorter.or_else(|| attempt.model.take());
    }
    record.attempts.shrink_to_fit();
}

fn size(record: &Record) -> usize {
    let model = record.model_requested.as_ref().map_or(0, String::capacity);
    let of = |it: &Attempt| {
        let texts = it.model.as_ref().map_or(0, |it| it.len()) + it.error.as_ref().map_or(0, |it| it.len());
        mem::size_of::<Attempt>() + mem::size_of::<super::names::Tried>() + texts
    };
    let attempts: usize = record.attempts.iter().map(of).sum();
    mem::size_of::<Kept>() + record.request_id.capacity() + record.decision.capacity() + model + attempts
}

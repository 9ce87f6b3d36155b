//! Where workers leave records: a tray for each, so that they do not wait for each other.

use std::{
    cell::Cell,
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use crate::proxy::Record;

/// More than this many threads share trays.
const TRAYS: usize = 16;
/// Records that wait in a tray: a quarter of a second, after which somebody looks in at the latest, at 65 000 requests
/// per second and worker. At half a kilobyte each the bound of all trays is what a busy gateway's buffers are.
const TRAY_MAX: usize = 16_384;
/// After so many records whoever reads them lets others have its core: where there are more threads than cores, a worker
/// waited for a whole tray (2 ms, four times a second, at 13 000 requests per second).
const STRETCH: usize = 64;

/// Records that nobody has read yet.
#[derive(Default)]
pub(super) struct Inbox {
    trays: [Mutex<Vec<Record>>; TRAYS],
}

/// Room to read records in.
#[derive(Default)]
pub(super) struct Desk {
    tray: Vec<Record>,
    all: Vec<Record>,
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Which tray is this thread's.
    static TRAY: Cell<usize> = Cell::new(THREADS.fetch_add(1, Relaxed) % TRAYS);
}

impl Inbox {
    /// Leaves a record; false if there is no room.
    pub(super) fn put(&self, record: Record) -> bool {
        let mut tray = self.trays[TRAY.get()].lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = tray.len() < TRAY_MAX;
        if has_room {
            tray.push(record);
        }
        has_room
    }

    /// Takes out what is there, in the order in which it ended. Trays are exchanged for those of `desk`, so that none is
    /// allocated anew and no worker waits while records are looked at. Returns how many there were.
    pub(super) fn each(&self, desk: &mut Desk, mut take: impl FnMut(Record)) -> usize {
        for tray in &self.trays {
            mem::swap(&mut *tray.lock().unwrap_or_else(PoisonError::into_inner), &mut desk.tray);
            desk.all.append(&mut desk.tray);
        }
        desk.all.sort_by_key(|it| it.started + it.duration);
        let records = desk.all.len();
        for (number, record) in desk.all.drain(..).enumerate() {
            if number % STRETCH == STRETCH - 1 {
                thread::yield_now();
            }
            take(record);
        }
        records
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_what_fits_comes_out_in_order() {
        let inbox = Inbox::default();
        let begun = Instant::now();
        let put = |number: usize| {
            let record = Record::begin(number.to_string(), begun);
            inbox.put(Record { duration: Duration::from_nanos(number as u64), ..record })
        };
        assert!((0..TRAY_MAX).all(put));
        assert!(!put(TRAY_MAX), "a full tray takes no more");
        let mut seen = Vec::new();
        inbox.each(&mut Desk::default(), |it| seen.push(it.request_id));
        assert_eq!(seen.len(), TRAY_MAX);
        assert!(seen.iter().enumerate().all(|(number, id)| *id == number.to_string()));
        assert!(put(0), "there is room again");
    }
}

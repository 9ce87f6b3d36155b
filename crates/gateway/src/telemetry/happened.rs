//! What the balancer said, for whoever listens just now: nobody, as a rule, and then this costs nothing.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use balance::Event;
use tokio::sync::{Notify, watch};

/// Events that wait to be told. Whoever listens looks in many times a second; beyond, it starts over.
const EVENTS_MAX: usize = 4096;

/// Between the request path and the one who tells readers of `GET /events`.
pub(crate) struct Happened {
    listening: AtomicBool,
    tray: Mutex<Tray>,
    news: Notify,
    ended: watch::Sender<bool>,
}

/// What has happened since somebody looked.
#[derive(Default)]
pub(crate) struct Tray {
    /// In order.
    pub(crate) events: Vec<Event>,
    /// There were more.
    pub(crate) is_incomplete: bool,
}

impl Default for Happened {
    fn default() -> Self {
        Happened {
            listening: AtomicBool::new(false),
            tray: Mutex::default(),
            news: Notify::new(),
            ended: watch::Sender::new(false),
        }
    }
}

impl Happened {
    /// Whether somebody listens from now on.
    pub(crate) fn listen(&self, is_listening: bool) {
        self.listening.store(is_listening, Relaxed);
        drop(self.take());
    }

    /// These have happened.
    pub(super) fn tell(&self, events: &[Event]) {
        if !self.listening.load(Relaxed) {
            return;
        }
        let mut tray = self.tray.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = tray.events.is_empty();
        let room = EVENTS_MAX - tray.events.len();
        tray.is_incomplete |= events.len() > room;
        tray.events.extend(events.iter().take(room));
        drop(tray);
        if was_empty {
            self.news.notify_one();
        }
    }

    /// What has happened since this was last asked.
    pub(crate) fn take(&self) -> Tray {
        std::mem::take(&mut *self.tray.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something has happened.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    /// Nobody is told anything any more: the process ends, and open streams must not hold it up.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// True once that is so.
    pub(crate) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use balance::{CredentialId, Scope};

    use super::*;

    #[test]
    fn nothing_is_kept_for_nobody_and_no_more_than_fits_for_somebody() {
        let happened = Happened::default();
        let event = Event::Returned { scope: Scope::Credential(CredentialId(1)) };
        happened.tell(&[event]);
        assert!(happened.take().events.is_empty());
        happened.listen(true);
        for _ in 0..EVENTS_MAX {
            happened.tell(&[event]);
        }
        let tray = happened.take();
        assert_eq!((tray.events.len(), tray.is_incomplete), (EVENTS_MAX, false));
        happened.tell(&vec![event; EVENTS_MAX + 1]);
        let tray = happened.take();
        assert_eq!((tray.events.len(), tray.is_incomplete), (EVENTS_MAX, true));
    }
}

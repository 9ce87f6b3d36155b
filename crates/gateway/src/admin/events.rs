//! `GET /events`: what changes, as server-sent events.
//!
//! `state` tells how something stands from now on: a key, a model at an address, an address, a provider. `config` tells
//! that another configuration is in force, `traffic` each second what goes on. What is told is read from the ledger at
//! that moment, so an event never says anything else than a read would.
//!
//! Readers share one [`teller`], which the first of them starts and the last one ends. Each has a bounded queue; who does
//! not keep up is told with `reset` how many events it has missed, and should read everything again.

mod subject;
mod teller;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body::Frame;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, error::TrySendError};

use self::teller::Teller;
use super::{Admin, answer::Fault, ask::Ask, query::Query};

/// Readers at once: dashboards of a whole team, and some scripts.
const READERS_MAX: usize = 64;
/// Events that wait for a reader: two minutes of traffic, or a large outage at once. They are shared by all readers.
const QUEUE_MAX: usize = 128;
/// Proxies on the way must not hold events back.
const NO_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Whoever reads events.
#[derive(Default)]
pub(super) struct Readers(Mutex<Reading>);

#[derive(Default)]
struct Reading {
    all: Vec<Reader>,
    has_teller: bool,
}

struct Reader {
    queue: mpsc::Sender<Bytes>,
    missed: u64,
}

/// Opens a stream.
pub(super) async fn read(ask: Ask) -> Result<Response, Fault> {
    Query::of(&ask, &[]).done()?;
    let stream = Body::new(Stream(join(&ask.admin)?));
    Ok(([(header::CONTENT_TYPE, "text/event-stream"), NO_BUFFERING], stream).into_response())
}

/// One more reader. What happens from here on, it is told.
fn join(admin: &Arc<Admin>) -> Result<mpsc::Receiver<Bytes>, Fault> {
    let mut reading = admin.readers.lock();
    reading.all.retain(|it| !it.queue.is_closed());
    if *admin.state.telemetry.happened.ended().borrow() {
        return Err(Fault::new(StatusCode::SERVICE_UNAVAILABLE, "this process is about to end"));
    }
    if reading.all.len() >= READERS_MAX {
        let message = format!("{READERS_MAX} readers listen to events already; close one of them");
        return Err(Fault::new(StatusCode::SERVICE_UNAVAILABLE, message));
    }
    // It listens before the reader is told the revision: the next one is told, however soon it comes.
    let teller = (!reading.has_teller).then(|| Teller::begin(Arc::clone(admin)));
    let (queue, stream) = mpsc::channel(QUEUE_MAX);
    // There is room for the first.
    let _ = queue.try_send(config_event(admin.control.view().revision));
    reading.all.push(Reader { queue, missed: 0 });
    if let Some(teller) = teller {
        reading.has_teller = true;
        tokio::spawn(teller.run());
    }
    Ok(stream)
}

impl Readers {
    /// Tells everybody; false if there is nobody left, and then the teller has to end.
    fn tell(&self, frames: &[Bytes]) -> bool {
        let mut reading = self.lock();
        reading.all.retain_mut(|it| frames.iter().all(|frame| it.tell(frame)) && !it.queue.is_closed());
        reading.has_teller = !reading.all.is_empty();
        reading.has_teller
    }

    /// Everybody's stream ends.
    fn dismiss(&self) {
        *self.lock() = Reading::default();
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// False once it has gone.
    fn tell(&mut self, frame: &Bytes) -> bool {
        if self.missed > 0 {
            let reset = event("reset", &json!({ "missed": self.missed }));
            match self.queue.try_send(reset) {
                Ok(()) => self.missed = 0,
                Err(TrySendError::Full(_)) => {
                    self.missed += 1;
                    return true;
                }
                Err(TrySendError::Closed(_)) => return false,
            }
        }
        match self.queue.try_send(frame.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.missed = 1;
                true
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }
}

/// An event as it goes over the wire.
fn event(name: &str, data: &Value) -> Bytes {
    format!("event: {name}\ndata: {data}\n\n").into()
}

fn config_event(revision: u64) -> Bytes {
    event("config", &json!({ "revision": revision.to_string() }))
}

/// A reader's queue as the body of its answer.
struct Stream(mpsc::Receiver<Bytes>);

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|it| it.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_keep_up_is_told_how_much_it_has_missed_and_harms_nobody() {
        let readers = Readers::default();
        let (slow, mut slowly) = mpsc::channel(2);
        let (quick, mut quickly) = mpsc::channel(100);
        for queue in [slow, quick] {
            readers.lock().all.push(Reader { queue, missed: 0 });
        }
        let frame = |number: u64| event("state", &json!(number));
        for number in 0..10 {
            assert!(readers.tell(&[frame(number)]));
        }
        assert_eq!((slowly.try_recv().unwrap(), slowly.try_recv().unwrap()), (frame(0), frame(1)));
        assert!(readers.tell(&[frame(10)]));
        let missed = event("reset", &json!({ "missed": 8 }));
        assert_eq!((slowly.try_recv().unwrap(), slowly.try_recv().unwrap()), (missed, frame(10)));
        assert!((0..=10).all(|number| quickly.try_recv().unwrap() == frame(number)));

        drop((slowly, quickly));
        assert!(!readers.tell(&[frame(11)]), "nobody is left");
        assert!(!readers.lock().has_teller);
    }
}

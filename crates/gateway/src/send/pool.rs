//! Connections of one worker, between exchanges.
//!
//! HTTP/1.1 connections lie here while idle, newest on top; HTTP/2 connections stay here and are shared. Time is
//! counted in ticks of a second that the sweep writes, so that the request path reads no clock. A connection that the
//! peer has closed is noticed when it is taken out or swept, whichever comes first.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use balance::AddressId;
use config::snapshot::Address;
use hashbrown::HashMap;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{http1::Connection, http2::Shared};

/// Idle HTTP/1.1 connections kept per address: what a worker uses at most in a burst, more are not worth a socket.
const IDLE_MAX: usize = 256;
/// Ticks a connection may lie idle: clearly less than the 60 to 75 s after which peers close (FAULTS row 61).
const IDLE_TICKS: u32 = 15;
/// Ticks an unused HTTP/2 connection is kept. Its end is announced (GOAWAY), so there is no race to lose.
const SHARED_IDLE_TICKS: u32 = 60;
/// Ticks after which a connection takes no new exchange, so that steady traffic follows DNS (FAULTS row 63).
const AGE_TICKS: u32 = 300;
/// HTTP/2 connections per address; beyond, streams queue on the one with the fewest.
const SHARED_MAX: usize = 16;

/// The connections.
pub(super) struct Pool {
    lanes: Mutex<HashMap<AddressId, Lane>>,
    started: Instant,
    tick: AtomicU32,
}

/// One address's connections.
struct Lane {
    address: Arc<Address>,
    idle: Vec<Idle>,
    shared: Vec<Shared>,
    speaks: Speaks,
    /// Held while a first connection is opened, so that a burst opens one HTTP/2 connection and not a hundred.
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Idle {
    connection: Connection,
    since: u32,
}

/// What an address turned out to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Unknown,
    Http1,
    Http2,
}

/// A connection to use.
pub(super) enum Line {
    Http1(Connection),
    Http2(Shared),
}

impl Pool {
    pub(super) fn new() -> Self {
        Pool { lanes: Mutex::default(), started: Instant::now(), tick: AtomicU32::new(0) }
    }

    /// Seconds since the pool was made, as of the last sweep.
    pub(super) fn tick(&self) -> u32 {
        self.tick.load(Relaxed)
    }

    /// A connection that is likely to work.
    pub(super) fn check_out(&self, address: &Arc<Address>) -> Option<Line> {
        let mut lanes = self.lock();
        let lane = own(&mut lanes, address)?;
        if let Some(shared) = lane.roomy(self.tick()) {
            return Some(Line::Http2(shared));
        }
        while let Some(mut idle) = lane.idle.pop() {
            if idle.connection.is_usable() {
                return Some(Line::Http1(idle.connection));
            }
        }
        None
    }

    /// The same, if it is one that is shared.
    pub(super) fn check_out_shared(&self, address: &Arc<Address>) -> Option<Shared> {
        own(&mut self.lock(), address)?.roomy(self.tick())
    }

    /// Takes back a connection whose exchange is complete.
    pub(super) fn check_in(&self, address: &Arc<Address>, connection: Connection) {
        let tick = self.tick();
        let mut lanes = self.lock();
        let lane = lanes.entry(address.id).or_insert_with(|| Lane::new(address));
        let is_young = tick - connection.born < AGE_TICKS;
        if is_young && lane.idle.len() < IDLE_MAX && lane.belongs_to(address) {
            lane.idle.push(Idle { connection, since: tick });
        }
    }

    /// Takes a new HTTP/2 connection, for all to share.
    pub(super) fn share(&self, address: &Arc<Address>, shared: Shared) {
        let mut lanes = self.lock();
        let lane = lanes.entry(address.id).or_insert_with(|| Lane::new(address));
        if lane.belongs_to(address) {
            lane.shared.push(shared);
        }
    }

    /// What the address turned out to speak, and the turn to find out.
    pub(super) fn speaks(&self, address: &Arc<Address>) -> (Speaks, Arc<tokio::sync::Mutex<()>>) {
        let mut lanes = self.lock();
        let lane = lanes.entry(address.id).or_insert_with(|| Lane::new(address));
        (lane.speaks, Arc::clone(&lane.turn))
    }

    /// Remembers what the address speaks.
    pub(super) fn note(&self, address: &Arc<Address>, speaks: Speaks) {
        if let Some(lane) = self.lock().get_mut(&address.id)
            && lane.belongs_to(address)
        {
            lane.speaks = speaks;
        }
    }

    /// Keeps the ticks and closes what is too old, for as long as the pool lives.
    pub(super) async fn sweep(pool: Weak<Pool>) {
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let Some(pool) = pool.upgrade() else { return };
            let tick = u32::try_from(pool.started.elapsed().as_secs()).unwrap_or(u32::MAX);
            pool.tick.store(tick, Relaxed);
            pool.lock().retain(|_, lane| lane.sweep(tick));
        }
    }

    /// Open HTTP/2 streams.
    #[cfg(test)]
    pub(super) fn streams(&self) -> usize {
        self.lock().values().flat_map(|lane| &lane.shared).map(Shared::streams).sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AddressId, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connections to exactly this address. If the number meant another host, or other trust, before, then what was
/// opened for that must never be used again.
fn own<'a>(lanes: &'a mut HashMap<AddressId, Lane>, address: &Arc<Address>) -> Option<&'a mut Lane> {
    if !lanes.get_mut(&address.id)?.belongs_to(address) {
        let _closed = lanes.remove(&address.id);
        return None;
    }
    lanes.get_mut(&address.id)
}

impl Lane {
    fn new(address: &Arc<Address>) -> Self {
        Lane {
            address: Arc::clone(address),
            idle: Vec::new(),
            shared: Vec::new(),
            speaks: Speaks::Unknown,
            turn: Arc::default(),
        }
    }

    /// Whether these are connections to exactly this address. A new snapshot brings an equal one in another place.
    fn belongs_to(&mut self, address: &Arc<Address>) -> bool {
        if !Arc::ptr_eq(&self.address, address) {
            if *self.address != **address {
                return false;
            }
            self.address = Arc::clone(address);
        }
        true
    }

    /// A shared connection with room; when there may not be more connections, the emptiest one.
    fn roomy(&self, tick: u32) -> Option<Shared> {
        let young = self.shared.iter().filter(|it| it.is_open() && tick - it.born < AGE_TICKS);
        let emptiest = young.min_by_key(|it| it.streams())?;
        (emptiest.has_room() || self.shared.len() >= SHARED_MAX).then(|| emptiest.clone())
    }

    /// Whether anything is left.
    fn sweep(&mut self, tick: u32) -> bool {
        self.idle.retain_mut(|it| {
            let is_wanted = tick - it.since < IDLE_TICKS && tick - it.connection.born < AGE_TICKS;
            is_wanted && it.connection.is_usable()
        });
        self.shared.retain_mut(|it| it.is_wanted(tick, SHARED_IDLE_TICKS, AGE_TICKS));
        // Somebody may be at the turn.
        !self.idle.is_empty() || !self.shared.is_empty() || Arc::strong_count(&self.turn) > 1
    }
}

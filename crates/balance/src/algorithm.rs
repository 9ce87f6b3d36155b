//! The orders in which a lineup may walk its places: one file each.
//!
//! An algorithm knows who is ready and keeps what it needs to find the next one quickly; the facts about a place that
//! do not depend on the algorithm are its [`Standing`], kept by the lineup.

pub(crate) mod bits;
pub(crate) mod consistent_hash;
pub(crate) mod latency;
pub(crate) mod least_connections;
pub(crate) mod priority;
pub(crate) mod turns;
pub(crate) mod weighted_random;

use crate::{Weight, ewma::PeakEwma};

/// The facts about a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// Its share.
    pub(crate) weight: Weight,
    /// May be walked to.
    pub(crate) ready: bool,
    /// Open attempts.
    pub(crate) in_flight: u32,
    /// Of the time to first token, once there has been one.
    pub(crate) latency: Option<PeakEwma>,
    /// Has been picked since its place was made, whether or not a latency came of it.
    pub(crate) tried: bool,
}

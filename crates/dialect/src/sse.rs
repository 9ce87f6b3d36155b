//! Streams of events: when one has begun in earnest, and what it says on its way past.
//!
//! [`Gate`] stands at the beginning, until the request is committed; [`Watch`] goes along to the end. Neither alters or
//! keeps what passes; the caller does the holding back. Both see the same events however the bytes were cut.

mod events;
mod gate;
mod sign;
mod watch;

pub(crate) use events::{Event, Events};
pub use gate::{Failure, Gate, HOLD_LIMIT, Verdict};
pub use watch::Watch;

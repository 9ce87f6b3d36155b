//! The crate from outside: tables of what vendors and clients send, and laws that hold for any bytes.

// The tests' own helpers may fail loudly; clippy knows only the test functions themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod endpoints;
mod envelopes;
mod faults;
mod gates;
mod laws;
mod limits;
mod peeks;
mod providers;
mod translations;
mod usages;
mod watches;

//! Black box: the real binary, simulated vendors, plain sockets. One file for each seed document, one for each promise.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so and ends")]

mod clients;
mod faults;
mod lifecycle;
mod request_path;
mod seed_004;
mod streaming;
mod support;

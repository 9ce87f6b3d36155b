//! Black box: the real binary, simulated vendors, plain sockets. One file for each seed document, one for each promise.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so and ends")]

mod admin_api;
mod audit;
mod azure;
mod bedrock;
mod bodies;
mod client_keys;
mod clients;
mod credential_limits;
mod credentials;
mod enquiries;
mod events;
mod faults;
mod google;
mod hostile;
mod http2;
mod lifecycle;
mod promises;
mod providers;
mod rate_limits;
mod reference;
mod request_path;
mod requests;
mod resolution;
mod seed_000;
mod seed_001;
mod seed_002;
mod seed_003;
mod seed_004;
mod stats;
mod streaming;
mod support;
mod topology;
mod translation;
mod traps;
mod vertex;
mod wall;
mod words;

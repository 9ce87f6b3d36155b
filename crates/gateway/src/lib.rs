//! Everything that touches the outside: sockets, files, the clock, the store.
//!
//! The request path is `proxy` (one file per stage); what it may know of the configuration is one
//! [`config::Snapshot`], what it may know of availability is one locked [`balance::Balancer`], both held by
//! [`state::State`]. `control` is the only way to change either.

mod admin;
mod client_body;
mod client_keys;
mod clock;
mod control;
mod history;
mod listener;
mod prober;
mod proxy;
mod send;
mod serve;
mod state;
mod store;
mod telemetry;
mod tokens;
mod vault;

pub use config::Secret;
/// The vendors that the gateway knows, each with the variables that hold its key.
pub use dialect::table as vendors;
pub use listener::TlsFiles;
pub use serve::{Listen, Running, Settings, StartError, Threads, serve};
pub use telemetry::{LogFormat, Logs, logs};

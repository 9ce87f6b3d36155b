//! Simulated AI vendors on loopback, over raw TCP sockets.
//!
//! A [`Vendor`] answers like an OpenAI-compatible, an Anthropic or a Bedrock endpoint until a [`Script`] tells it to
//! misbehave: answer 429 or 529, run a rate limiter, be slow, cut a stream, reset the connection, say nothing.
//! It keeps a log of what arrived ([`Attempt`]), so that a test can assert what the vendor saw and not only
//! what the client was told.
//!
//! There is no HTTP framework on the serving side, because a framework refuses to do exactly the things that
//! are of interest here: leave out the last chunk, split a code point, half-close, reset, answer before the
//! body has been read. It is not a general web server: it understands what clients of AI vendors send.
//!
//! The idea to read on with: a connection (`wire`) reads one exchange, the script ([`script`]) is asked which
//! rule matches, its steps are played on the wire (`play`), and what is left is answered well (`good`).

pub mod client;
pub mod demo;
pub mod limiter;
pub mod script;

mod answer;
mod attempt;
mod connection;
mod control;
mod endpoint;
mod error_body;
mod frame;
mod good;
mod hints;
mod play;
mod port;
mod rules;
mod signature;
mod vendor;
mod wire;

pub use attempt::{Attempt, Credential, LogKeep};
pub use error_body::ErrorClass;
pub use script::{Match, Nth, Rule, Script, Step};
pub use signature::Signing;
pub use vendor::{State, Vendor, VendorConfig};

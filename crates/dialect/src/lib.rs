//! How vendors talk: requests, streams, errors, limits, and the table of vendors.
//!
//! Bytes and headers come in, facts go out: which endpoint a path names, which model a body asks for, whether a stream
//! has begun in earnest, what an error means, how long a limit lasts, what an answer cost. Nothing here does IO, reads
//! a clock or knows the balancer; `now` is an argument. Bodies are looked into, never parsed into a tree and never
//! printed again: what passes through stays byte-identical. The one exception is [`translate`]: where caller and vendor
//! speak different wires, there is nothing to pass through.

mod base_url;
mod endpoint;
mod envelope;
mod fault;
mod limits;
mod mask;
mod peek;
mod provider;
mod sse;
mod surface;
pub mod translate;
mod usage;
mod vertex;
mod wire;

pub use base_url::{MODEL_SEGMENTS, join};
pub use endpoint::{Dialect, Endpoint, Matched, endpoint};
pub use envelope::{Code, envelope, envelope_for_later, stream_error};
pub use fault::{Answer, Fault, classify, hidden_failure, message};
pub use limits::{duration, retry_after, spent};
pub use peek::{
    Malformed, Model, MultipartModel, Peek, body_field, insert_model, peek, peek_multipart, remove_model,
    rename_google_model, splice_form_model, splice_model,
};
pub use provider::{ANTHROPIC_VERSION, Auth, KIND_NAMES, Kind, List, Row, table};
pub use sse::{Failure, Gate, HOLD_LIMIT, Verdict, Watch};
pub use surface::{API_VERSION, Surface};
pub use translate::Wire;
pub use usage::{Usage, usage};
pub use vertex::{VERTEX_COUNT_TOKENS, vertex_count, vertex_messages, vertex_suffix};

/// What the classifier looks at: of a body or an event beyond this, only head and tail are seen.
pub const INSPECT_LIMIT: usize = 64 * 1024;

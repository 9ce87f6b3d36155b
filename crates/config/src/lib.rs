//! What an operator says, made right by construction.
//!
//! Entities come in as JSON or forms, are checked against one table of fields ([`schema()`]), edited as a whole
//! ([`Document`]), and resolved into a [`Snapshot`] and a [`balance::Plan`], or into every problem at once. No IO, no
//! clock, no HTTP: the gateway reads sockets and files and hands over bytes and text.

pub mod ability;
mod address;
mod amazon;
mod client_key;
mod derived;
mod document;
pub mod entity;
mod environment;
mod form;
mod google;
mod list;
mod model_location;
mod openapi;
mod pool;
mod refusal;
mod registry;
mod resolve;
mod route;
mod rules;
mod schema;
mod secret;
pub mod snapshot;
mod violations;

#[cfg(test)]
mod testing;

pub use address::is_refused;
pub use document::{Change, Context, Document, Edit, Edited, Row, Stored, check_match};
pub use entity::{Entity, Kind};
pub use environment::{base_url_variable, import_environment};
pub use form::{form, urlencoded};
pub use list::{Page, Paging, etag, revision_tag, size as page_size};
pub use openapi::openapi;
pub use pool::{DEFAULT_CONFIG, PoolEntry};
pub use refusal::Refusal;
pub use registry::Registry;
pub use resolve::{Facts, Problem, Resolved, resolve};
pub use schema::{Field, Literal, Schema, Shape, Type, nearest, schema};
pub use secret::{Owner, Secret};
pub use snapshot::Snapshot;
pub use violations::Violations;

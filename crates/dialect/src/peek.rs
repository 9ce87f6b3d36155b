//! What a request body says about its routing, without building a tree, and how to change the model in it.
//!
//! A body is looked at once, borrowed. The model's place in the bytes is kept, so that another name can be spliced in
//! while every other byte stays as it was: vendors' prompt caches go by bytes. A body that two parsers could read in
//! two ways (a field twice, trailing bytes) is refused, because the vendor might read the other one.

mod google;
mod json;
mod multipart;
mod walk;

pub use google::rename_google_model;
pub use json::{Model, Peek, body_field, insert_model, peek, remove_model, splice_model};
pub(crate) use json::{insert_field, rename_model};
pub use multipart::{MultipartModel, peek_multipart, splice_form_model};
pub(crate) use walk::members;

/// Why a body was refused: what is wrong and where. Never quotes the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
    /// The byte where it was noticed.
    pub at: usize,
}

impl Malformed {
    fn new(what: impl Into<String>, at: usize) -> Self {
        Malformed { what: what.into(), at }
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (at byte {})", self.what, self.at)
    }
}

impl std::error::Error for Malformed {}

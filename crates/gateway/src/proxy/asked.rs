//! What a request asks for, as far as its path says: matched once, and carried through all stages.

use std::borrow::Cow;

use dialect::{Dialect, Endpoint, Matched};
use http::request::Parts;
use percent_encoding::percent_decode_str;

/// The end of a path, and who is answered.
#[derive(Clone, Copy)]
pub(super) struct Asked<'p> {
    /// The known endpoint at the end of the path.
    pub(super) matched: Option<Matched<'p>>,
    /// How the caller speaks.
    pub(super) dialect: Dialect,
}

impl<'p> Asked<'p> {
    /// Looks at path and headers.
    pub(super) fn of(head: &'p Parts) -> Self {
        let path = head.uri.path();
        let matched = dialect::endpoint(path);
        Asked { matched, dialect: Dialect::of_caller(matched, path, &head.headers) }
    }

    /// The known endpoint.
    pub(super) fn endpoint(self) -> Option<Endpoint> {
        self.matched.map(|it| it.endpoint)
    }

    /// The model that the path names: of a single model that is asked about, or of one that Google's method asks.
    pub(super) fn model(self) -> Option<Cow<'p, str>> {
        Some(percent_decode_str(self.matched?.model()?).decode_utf8_lossy())
    }
}

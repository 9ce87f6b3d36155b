//! Vertex, where it is asked in the caller's own dialect: the path is its own, and of the body the model.

use dialect::{Endpoint, Surface, Wire};

use super::{Candidate, Decoded};
use crate::{proxy::decode::Payload, send::Outgoing};

impl Candidate<'_> {
    /// Whether a client's own words go to Vertex, where a chat has a path of its own.
    pub(super) fn is_vertex_chat(&self) -> bool {
        // Google's own paths say the method themselves: they only stand elsewhere.
        let wire = self.course.endpoint.and_then(Wire::of);
        let is_chat = wire.is_some_and(|it| it != Wire::Gemini);
        self.target.surface == Surface::Vertex && self.translation.is_none() && is_chat
    }

    /// Whether they are messages, of which all is Anthropic's but the model.
    pub(super) fn is_vertex_messages(&self) -> bool {
        let is_messages = matches!(self.course.endpoint, Some(Endpoint::Messages | Endpoint::CountTokens));
        is_messages && self.is_vertex_chat()
    }

    pub(super) fn vertex_path(&self, model: Option<&str>, stream: bool) -> String {
        let suffix = match self.course.endpoint {
            Some(Endpoint::CountTokens) => dialect::VERTEX_COUNT_TOKENS.to_owned(),
            _ => dialect::vertex_suffix(model.unwrap_or_default(), stream),
        };
        [&*self.target.base_path, &suffix].concat()
    }

    pub(super) fn vertex_body(&self, decoded: &mut Decoded, model: Option<&str>) -> Outgoing {
        let whole = match &decoded.payload {
            Payload::Whole(whole) => whole.clone(),
            Payload::Empty | Payload::Streamed { .. } | Payload::Gone => return Outgoing::Empty,
        };
        decoded.let_go();
        Outgoing::Pieces(match self.course.endpoint {
            Some(Endpoint::CountTokens) => dialect::vertex_count(&whole, model.unwrap_or_default()),
            _ => dialect::vertex_messages(&whole),
        })
    }
}

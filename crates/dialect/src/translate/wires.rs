//! The wires: the forms in which chats go over the network.

use std::fmt;

use crate::{Dialect, Endpoint, join};

/// A chat dialect as it goes over the network. OpenAI has two, and many vendors speak one of somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// OpenAI's Chat Completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// Google's `generateContent`.
    Gemini,
    /// Bedrock's Converse. Only ever asked.
    Converse,
}

impl Wire {
    /// Every wire.
    pub const ALL: [Wire; 5] = [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini, Wire::Converse];
    /// Those that applications speak.
    pub const CALLERS: [Wire; 4] = [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini];

    /// The wire of an endpoint, if it is one for chats.
    pub fn of(endpoint: Endpoint) -> Option<Wire> {
        match endpoint {
            Endpoint::ChatCompletions => Some(Wire::Chat),
            Endpoint::Responses => Some(Wire::Responses),
            Endpoint::Messages | Endpoint::CountTokens => Some(Wire::Messages),
            Endpoint::GenerateContent | Endpoint::StreamGenerateContent | Endpoint::CountContentTokens => {
                Some(Wire::Gemini)
            }
            _ => None,
        }
    }

    /// The name for configuration, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Wire::Chat => "chat",
            Wire::Responses => "responses",
            Wire::Messages => "messages",
            Wire::Gemini => "gemini",
            Wire::Converse => "converse",
        }
    }

    /// The wire of that name.
    pub fn from_name(name: &str) -> Option<Wire> {
        Wire::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Which endpoint's vocabulary the classifier judges its answers by.
    pub fn endpoint(self) -> Endpoint {
        match self {
            Wire::Chat => Endpoint::ChatCompletions,
            Wire::Messages => Endpoint::Messages,
            Wire::Gemini => Endpoint::GenerateContent,
            Wire::Responses | Wire::Converse => Endpoint::Responses,
        }
    }

    /// What an answer is announced as.
    pub fn content_type(self, stream: bool) -> &'static str {
        match (self, stream) {
            (_, false) => "application/json",
            (Wire::Converse, true) => "application/vnd.amazon.eventstream",
            (_, true) => "text/event-stream",
        }
    }

    /// The path from the endpoint on, with its query.
    pub(crate) fn suffix(self, model: &str, stream: bool) -> String {
        match self {
            Wire::Chat => "/chat/completions".to_owned(),
            Wire::Responses => "/responses".to_owned(),
            Wire::Messages => "/messages".to_owned(),
            Wire::Gemini if stream => format!("{}:streamGenerateContent?alt=sse", gemini_model(model)),
            Wire::Gemini => format!("{}:generateContent", gemini_model(model)),
            Wire::Converse if stream => format!("/model/{}/converse-stream", encoded(model)),
            Wire::Converse => format!("/model/{}/converse", encoded(model)),
        }
    }

    /// The vendor's path and query: the base URL's path and a suffix, with exactly one version between them where the
    /// vendor has versions.
    pub fn join(self, base_url_path: &str, suffix: &str) -> String {
        let base = base_url_path.trim_end_matches('/');
        let (suffix, query) = suffix.split_once('?').map_or((suffix, None), |it| (it.0, Some(it.1)));
        let path = match self {
            Wire::Chat | Wire::Responses => join(base, suffix, Dialect::OpenAi),
            Wire::Messages => join(base, suffix, Dialect::Anthropic),
            Wire::Gemini => {
                // Google's OpenAI-compatible endpoint stands below its own.
                let own = base.strip_suffix("/openai").unwrap_or(base);
                let version = if own.is_empty() { "/v1beta" } else { "" };
                rooted([own, version, suffix].concat())
            }
            Wire::Converse => rooted([base, suffix].concat()),
        };
        query.map_or(path.clone(), |query| format!("{path}?{query}"))
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn rooted(path: String) -> String {
    if path.starts_with('/') { path } else { format!("/{path}") }
}

/// A model and what is asked of it, as Google's path says it: `/models/gemini-x:generateContent`. The method comes with
/// its colon; whatever the model is called stays one segment.
pub fn gemini_path(model: &str, method: &str) -> String {
    gemini_model(model) + method
}

/// `/models/gemini-x`, from the name with or without its collection.
pub(crate) fn gemini_model(model: &str) -> String {
    match model.split_once('/') {
        Some(("models" | "tunedModels", name)) => {
            format!("/{}/{}", &model[..model.len() - name.len() - 1], encoded(name))
        }
        _ => format!("/models/{}", encoded(model)),
    }
}

/// A name as one segment of a path: the model is the operator's or the caller's word.
pub(crate) fn encoded(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                path.push(char::from(byte));
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_version_where_the_vendor_has_versions() {
        let stream = Wire::Gemini.suffix("models/gemini-3-flash", true);
        let rows = [
            (Wire::Chat, "/v1", "/chat/completions", "/v1/chat/completions"),
            (Wire::Messages, "", "/messages", "/v1/messages"),
            (
                Wire::Gemini,
                "/v1beta/openai",
                &stream,
                "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse",
            ),
            (Wire::Gemini, "", "/models/a:generateContent", "/v1beta/models/a:generateContent"),
            (
                Wire::Gemini,
                "/v1/projects/p/locations/l/publishers/google",
                "/models/a:generateContent",
                "/v1/projects/p/locations/l/publishers/google/models/a:generateContent",
            ),
            (
                Wire::Converse,
                "",
                &Wire::Converse.suffix("anthropic.claude-sonnet-5-v1:0", false),
                "/model/anthropic.claude-sonnet-5-v1%3A0/converse",
            ),
        ];
        for (wire, base, suffix, expected) in rows {
            assert_eq!(wire.join(base, suffix), expected);
        }
    }
}

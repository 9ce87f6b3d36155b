//! Surfaces: what shape a vendor's paths have, where that is not simply a base URL and the endpoint behind it.
//!
//! A surface knows where things stand; what is asked there is a [`Wire`]'s business, and which model the operator's.

use crate::{Dialect, Kind, Wire, join, vertex};

/// The shape of a vendor's paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    /// A base URL, and the endpoint behind it.
    #[default]
    Plain,
    /// Azure's deployments: the deployment, which is what the model is called there, stands before the endpoint, and a
    /// date in the query says the version.
    Deployments,
    /// Vertex's: the publisher and the model stand in the path, and by them it is asked on another wire.
    Vertex,
}

/// The argument that tells Azure a version.
pub const API_VERSION: &str = "api-version";

/// What Azure's paths have behind the resource.
const AZURE: &str = "/openai";
const DEPLOYMENTS: &str = "/deployments";

impl Surface {
    /// The surface of a kind. `is_dated`: the operator names the version by its date.
    pub fn of(kind: Kind, is_dated: bool) -> Surface {
        match kind {
            Kind::AzureOpenAi if is_dated => Surface::Deployments,
            Kind::Vertex => Surface::Vertex,
            _ => Surface::Plain,
        }
    }

    /// What precedes every endpoint, from the path of a base URL as it was written or pasted.
    pub fn base_path(self, kind: Kind, path: &str) -> String {
        match self {
            Surface::Deployments => [resource(path), AZURE, DEPLOYMENTS].concat(),
            Surface::Vertex => {
                let path = path.trim_end_matches('/');
                let location = path.find("/publishers/").map_or(path, |at| &path[..at]);
                if location.is_empty() { "/v1".to_owned() } else { location.to_owned() }
            }
            Surface::Plain if kind == Kind::AzureOpenAi && path.trim_end_matches('/').is_empty() => {
                join(AZURE, "", Dialect::OpenAi)
            }
            Surface::Plain => match kind.row().dialect {
                Some(dialect) => join(path, "", dialect),
                None => path.to_owned(),
            },
        }
    }

    /// What precedes what is no model's: lists, files.
    pub fn shared_path(self, base_path: &str) -> &str {
        match self {
            Surface::Plain | Surface::Vertex => base_path,
            Surface::Deployments => base_path.strip_suffix(DEPLOYMENTS).unwrap_or(base_path),
        }
    }

    /// Path and query of the list of models.
    pub fn models_path(self, base_path: &str, version: Option<&str>) -> String {
        match self {
            Surface::Plain | Surface::Deployments => {
                let version = version.map(|it| format!("?{API_VERSION}={it}"));
                format!("{}/models{}", self.shared_path(base_path), version.unwrap_or_default())
            }
            // Only this version lists what Google publishes, whatever the project and the location.
            Surface::Vertex => {
                let before = base_path.find("/v1").map_or(base_path, |at| &base_path[..at]);
                format!("{before}/v1beta1/publishers/google/models")
            }
        }
    }

    /// Whether it has a dialect's endpoints besides the chats, for that model if it is known.
    pub fn speaks(self, kind: Kind, dialect: Dialect, model: Option<&str>) -> bool {
        match self {
            Surface::Plain | Surface::Deployments => kind.row().speaks(dialect),
            // It counts tokens in its publishers' dialects; vectors and pictures it makes in a way that nobody here speaks.
            Surface::Vertex => model.is_some_and(|it| match dialect {
                Dialect::Anthropic => vertex::wire(it) == Wire::Messages,
                Dialect::Google => vertex::wire(it) == Wire::Gemini,
                Dialect::OpenAi => false,
            }),
        }
    }

    /// The wires that a caller on `from` may be asked on: one, where the model is known.
    pub fn wires_for(self, kind: Kind, from: Wire, model: Option<&str>) -> Vec<Wire> {
        match (self, model) {
            (Surface::Vertex, None) => kind.row().wires.to_vec(),
            _ => vec![self.wire_for(kind, from, model)],
        }
    }

    /// The wire to ask on for a caller on `from`: the caller's own where it is spoken, so that bytes pass untouched.
    pub fn wire_for(self, kind: Kind, from: Wire, model: Option<&str>) -> Wire {
        match self {
            Surface::Vertex => model.map_or(Wire::Gemini, vertex::wire),
            Surface::Plain => kind.row().wire_for(from),
            // Responses are there only in previews and only for some models: whoever wants them as they are asks the
            // surface that has no date.
            Surface::Deployments => Wire::Chat,
        }
    }
}

/// Azure's base URL without what its portal and its SDKs put behind the resource.
fn resource(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/v1").or_else(|| path.strip_suffix(DEPLOYMENTS)).unwrap_or(path);
    path.strip_suffix(AZURE).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azures_base_url_may_be_written_as_it_is_found() {
        let dated = Surface::of(Kind::AzureOpenAi, true);
        for path in ["", "/", "/openai", "/openai/", "/openai/deployments", "/openai/v1"] {
            assert_eq!(dated.base_path(Kind::AzureOpenAi, path), "/openai/deployments", "{path}");
        }
        assert_eq!(dated.base_path(Kind::AzureOpenAi, "/team-a/openai"), "/team-a/openai/deployments");
        assert_eq!(dated.shared_path("/team-a/openai/deployments"), "/team-a/openai");
        let undated = Surface::of(Kind::AzureOpenAi, false);
        for path in ["", "/", "/openai", "/openai/v1", "/openai/v1/"] {
            assert_eq!(undated.base_path(Kind::AzureOpenAi, path), "/openai/v1", "{path}");
        }
        assert_eq!(undated.shared_path("/openai/v1"), "/openai/v1");
    }

    #[test]
    fn deployments_speak_chat_and_are_asked_in_nothing_else() {
        let dated = Surface::of(Kind::AzureOpenAi, true);
        for from in Wire::CALLERS {
            assert_eq!(dated.wire_for(Kind::AzureOpenAi, from, None), Wire::Chat);
        }
        assert_eq!(Surface::Plain.wire_for(Kind::AzureOpenAi, Wire::Responses, None), Wire::Responses);
    }

    #[test]
    fn vertex_is_a_location_and_its_publishers() {
        let at = "/v1/projects/p/locations/europe-west1";
        for path in [at, &format!("{at}/"), &format!("{at}/publishers/google/models/gemini-3-flash")] {
            assert_eq!(Surface::Vertex.base_path(Kind::Vertex, path), at, "{path}");
        }
        assert_eq!(Surface::Vertex.base_path(Kind::Vertex, ""), "/v1");
        assert_eq!(Surface::Vertex.models_path(at, None), "/v1beta1/publishers/google/models");
        let wires = |model| Surface::Vertex.wires_for(Kind::Vertex, Wire::Chat, model);
        assert_eq!(wires(Some("claude-sonnet-5")), [Wire::Messages]);
        assert_eq!(wires(None), [Wire::Gemini, Wire::Messages, Wire::Chat], "whatever the caller names");
    }
}

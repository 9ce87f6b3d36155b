//! Which endpoint a path names, and whose conventions that endpoint follows.
//!
//! The known endpoint stands at the *end* of a path; whatever precedes it (`/v1`, `/openai/v1`, an upstream's or a
//! route's own prefix) is the gateway's business. Translation between dialects would begin here: an [`Endpoint`] knows
//! its [`Dialect`], a vendor's row knows its own, and where the two differ somebody would have to translate.

use http::HeaderMap;

/// Whose envelope and conventions a caller or a vendor speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `/v1/chat/completions`, `{"error":{…}}`, `data: [DONE]`.
    OpenAi,
    /// `/v1/messages`, `{"type":"error",…}`, named events.
    Anthropic,
}

/// What a request asks a vendor for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/chat/completions`
    ChatCompletions,
    /// `/completions`, the old prompt-in, text-out form.
    Completions,
    /// `/responses`
    Responses,
    /// `/embeddings`
    Embeddings,
    /// `/models`: the list. Shared by both dialects, see [`Dialect::of_caller`].
    Models,
    /// `/models/{id}`; an id may contain slashes.
    Model,
    /// `/moderations`
    Moderations,
    /// `/rerank`
    Rerank,
    /// `/images/*`
    Images,
    /// `/audio/*`
    Audio,
    /// `/messages`
    Messages,
    /// `/messages/count_tokens`
    CountTokens,
}

/// A path, taken apart at its known endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched<'p> {
    /// What the path asks for.
    pub endpoint: Endpoint,
    /// What precedes the endpoint: `""`, `/v1`, `/openai/v1`, `/my-upstream/v1`.
    pub prefix: &'p str,
    /// The vendor's path from the endpoint on: `/chat/completions`, `/audio/speech`. No query.
    pub suffix: &'p str,
}

/// The known endpoint at the end of `path`, if there is one. A query and one trailing slash are ignored; a `/v1`
/// directly before the endpoint belongs to the prefix.
pub fn endpoint(path: &str) -> Option<Matched<'_>> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let path = path.strip_suffix('/').unwrap_or(path);
    named(path).or_else(|| family(path)).or_else(|| one_model(path))
}

/// Endpoints that are nothing but their name. The longer of two that end alike comes first.
const NAMED: [(&str, Endpoint); 9] = [
    ("/chat/completions", Endpoint::ChatCompletions),
    ("/completions", Endpoint::Completions),
    ("/responses", Endpoint::Responses),
    ("/embeddings", Endpoint::Embeddings),
    ("/models", Endpoint::Models),
    ("/moderations", Endpoint::Moderations),
    ("/rerank", Endpoint::Rerank),
    ("/messages/count_tokens", Endpoint::CountTokens),
    ("/messages", Endpoint::Messages),
];

fn named(path: &str) -> Option<Matched<'_>> {
    NAMED.iter().find_map(|&(suffix, endpoint)| {
        let prefix = path.strip_suffix(suffix)?;
        Some(Matched { endpoint, prefix, suffix: &path[prefix.len()..] })
    })
}

/// `/images/*` and `/audio/*`: a known member anywhere, any member right after a version.
fn family(path: &str) -> Option<Matched<'_>> {
    const FAMILIES: [(&str, Endpoint, &[&str]); 2] = [
        ("/images", Endpoint::Images, &["generations", "edits", "variations"]),
        ("/audio", Endpoint::Audio, &["transcriptions", "translations", "speech"]),
    ];
    let (head, member) = path.rsplit_once('/')?;
    FAMILIES.iter().find_map(|&(family, endpoint, members)| {
        let prefix = head.strip_suffix(family)?;
        let known = members.contains(&member) || (prefix.ends_with("/v1") && !member.is_empty());
        known.then(|| Matched { endpoint, prefix, suffix: &path[prefix.len()..] })
    })
}

/// `/models/{id}`. An id may itself contain `/models/` (Fireworks), so the first `models` after a `/v1` is ours, or
/// the first of all. Gemini's native methods (`/models/x:generateContent`) are another dialect, not a model's name.
fn one_model(path: &str) -> Option<Matched<'_>> {
    const GEMINI_METHODS: [&str; 6] = [
        "generateContent",
        "streamGenerateContent",
        "countTokens",
        "embedContent",
        "batchEmbedContents",
        "predict",
    ];
    let at = path.find("/v1/models/").map(|at| at + "/v1".len()).or_else(|| path.find("/models/"))?;
    let (prefix, suffix) = path.split_at(at);
    let id = &suffix["/models/".len()..];
    let method = id.rsplit_once(':').map(|(_, method)| method);
    let foreign = method.is_some_and(|it| GEMINI_METHODS.contains(&it));
    (!id.is_empty() && !foreign).then_some(Matched { endpoint: Endpoint::Model, prefix, suffix })
}

impl Endpoint {
    /// Every endpoint, in the order of the enum.
    pub const ALL: [Endpoint; 12] = [
        Endpoint::ChatCompletions,
        Endpoint::Completions,
        Endpoint::Responses,
        Endpoint::Embeddings,
        Endpoint::Models,
        Endpoint::Model,
        Endpoint::Moderations,
        Endpoint::Rerank,
        Endpoint::Images,
        Endpoint::Audio,
        Endpoint::Messages,
        Endpoint::CountTokens,
    ];

    /// Whose endpoint this is. The model lists are shared and count as OpenAI's here: ask [`Dialect::of_caller`].
    pub fn dialect(self) -> Dialect {
        match self {
            Endpoint::Messages | Endpoint::CountTokens => Dialect::Anthropic,
            _ => Dialect::OpenAi,
        }
    }

    /// Whether another model's answer is still an answer. Vectors, pictures, voices and verdicts of two models do not
    /// mix; texts do.
    pub fn may_change_model(self) -> bool {
        match self {
            Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Responses | Endpoint::Messages => {
                true
            }
            Endpoint::Embeddings
            | Endpoint::Models
            | Endpoint::Model
            | Endpoint::Moderations
            | Endpoint::Rerank
            | Endpoint::Images
            | Endpoint::Audio
            | Endpoint::CountTokens => false,
        }
    }

    /// Whether an answer may be a stream of events, if the body asks for it.
    pub fn streams(self) -> bool {
        self.may_change_model() || matches!(self, Endpoint::Images | Endpoint::Audio)
    }

    /// Whether the body names the model (as JSON or as a form).
    pub fn has_model_in_body(self) -> bool {
        !matches!(self, Endpoint::Models | Endpoint::Model)
    }

    /// The name for metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Endpoint::ChatCompletions => "chat_completions",
            Endpoint::Completions => "completions",
            Endpoint::Responses => "responses",
            Endpoint::Embeddings => "embeddings",
            Endpoint::Models => "models",
            Endpoint::Model => "model",
            Endpoint::Moderations => "moderations",
            Endpoint::Rerank => "rerank",
            Endpoint::Images => "images",
            Endpoint::Audio => "audio",
            Endpoint::Messages => "messages",
            Endpoint::CountTokens => "count_tokens",
        }
    }
}

impl Dialect {
    /// The dialect to answer a caller in: the endpoint's; for what both dialects share (the model lists) and for paths
    /// nobody knows, Anthropic's if the caller sent `anthropic-version` or came under `/anthropic`.
    pub fn of_caller(path: &str, headers: &HeaderMap) -> Dialect {
        let shared = |it: &Endpoint| matches!(it, Endpoint::Models | Endpoint::Model);
        if let Some(known) = endpoint(path).map(|it| it.endpoint).filter(|it| !shared(it)) {
            return known.dialect();
        }
        let under_anthropic = path
            .strip_prefix("/anthropic")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        if headers.contains_key("anthropic-version") || under_anthropic {
            return Dialect::Anthropic;
        }
        Dialect::OpenAi
    }
}

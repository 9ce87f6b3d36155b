//! Which endpoint a path names, and whose conventions that endpoint follows.
//!
//! The known endpoint stands at the *end* of a path; whatever precedes it (`/v1`, `/openai/v1`, an upstream's or a
//! route's own prefix) is the gateway's business. An [`Endpoint`] knows its [`Dialect`], a vendor's row knows its own;
//! where the two differ, [`crate::translate`] stands between them.

use http::HeaderMap;

use crate::base_url::is_version;

/// Whose envelope and conventions a caller or a vendor speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `/v1/chat/completions`, `{"error":{…}}`, `data: [DONE]`.
    OpenAi,
    /// `/v1/messages`, `{"type":"error",…}`, named events.
    Anthropic,
    /// `/v1beta/models/{model}:generateContent`, `{"error":{"code":…,"status":…}}`, nothing after the last answer.
    Google,
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
    /// `/models`: the list. Shared by all dialects, see [`Dialect::of_caller`].
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
    /// `/models/{id}:generateContent`
    GenerateContent,
    /// `/models/{id}:streamGenerateContent`: events with `alt=sse`, a JSON list without it.
    StreamGenerateContent,
    /// `/models/{id}:countTokens`
    CountContentTokens,
    /// `/models/{id}:embedContent` and `/models/{id}:batchEmbedContents`
    EmbedContent,
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
    named(path).or_else(|| family(path)).or_else(|| of_one_model(path))
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

/// The methods of Google's that are served here, as they stand behind a model and a colon.
const GOOGLES_METHODS: [(&str, Endpoint); 5] = [
    ("generateContent", Endpoint::GenerateContent),
    ("streamGenerateContent", Endpoint::StreamGenerateContent),
    ("countTokens", Endpoint::CountContentTokens),
    ("embedContent", Endpoint::EmbedContent),
    ("batchEmbedContents", Endpoint::EmbedContent),
];

/// Methods of Google's and of Vertex that nobody here speaks. Where they stand is no model's name either.
const FOREIGN_METHODS: [&str; 9] = [
    "predict",
    "predictLongRunning",
    "fetchPredictOperation",
    "rawPredict",
    "streamRawPredict",
    "serverStreamingPredict",
    "batchGenerateContent",
    "asyncBatchEmbedContent",
    "bidiGenerateContent",
];

/// `/models/{id}`, and Google's methods on one. An id may itself contain `/models/` (Fireworks), so the first `models`
/// after a version is ours, or the first of all. Google's own API has its methods right below a version; elsewhere
/// (`/publishers/google/models/x:generateContent`) they are Vertex's.
fn of_one_model(path: &str) -> Option<Matched<'_>> {
    let mut places = path.match_indices("/models/").map(|(at, _)| at);
    let first = places.clone().next()?;
    let at = places.find(|at| version(&path[..*at]).is_some()).unwrap_or(first);
    let (prefix, suffix) = path.split_at(at);
    let id = &suffix["/models/".len()..];
    let method = id.rsplit_once(':').map_or("", |(_, method)| method);
    let endpoint = match GOOGLES_METHODS.iter().find(|(name, _)| *name == method) {
        Some((_, endpoint)) => (prefix.is_empty() || version(prefix).is_some()).then_some(*endpoint)?,
        None if id.is_empty() || FOREIGN_METHODS.contains(&method) => return None,
        None => Endpoint::Model,
    };
    Some(Matched { endpoint, prefix, suffix })
}

/// The version that a prefix ends with: `v1`, `v1beta`.
fn version(prefix: &str) -> Option<&str> {
    prefix.rsplit('/').next().filter(|it| is_version(it))
}

/// Whether a path is below one of Google's versions, and not below its OpenAI-compatible part.
fn is_googles(path: &str) -> bool {
    let mut segments = path.split(['/', '?']);
    segments.any(|it| matches!(it, "v1beta" | "v1alpha")) && segments.next() != Some("openai")
}

impl<'p> Matched<'p> {
    /// The model that the path names, as it is written there; empty where it names none.
    pub fn model(&self) -> Option<&'p str> {
        let id = self.suffix.strip_prefix("/models/")?;
        match self.endpoint.dialect() {
            Dialect::Google => Some(id.rsplit_once(':')?.0),
            Dialect::OpenAi | Dialect::Anthropic => Some(id),
        }
    }

    /// Google's method with its colon: `:generateContent`.
    pub fn method(&self) -> Option<&'p str> {
        let is_googles = self.endpoint.dialect() == Dialect::Google;
        self.suffix.rfind(':').filter(|_| is_googles).map(|at| &self.suffix[at..])
    }

    /// The version that the caller asks for, right before the endpoint: `v1`, `v1beta`.
    pub fn version(&self) -> Option<&'p str> {
        version(self.prefix)
    }
}

impl Endpoint {
    /// Every endpoint, in the order of the enum.
    pub const ALL: [Endpoint; 16] = [
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
        Endpoint::GenerateContent,
        Endpoint::StreamGenerateContent,
        Endpoint::CountContentTokens,
        Endpoint::EmbedContent,
    ];

    /// Whose endpoint this is. The model lists are shared and count as OpenAI's here: ask [`Dialect::of_caller`].
    pub fn dialect(self) -> Dialect {
        match self {
            Endpoint::Messages | Endpoint::CountTokens => Dialect::Anthropic,
            Endpoint::GenerateContent
            | Endpoint::StreamGenerateContent
            | Endpoint::CountContentTokens
            | Endpoint::EmbedContent => Dialect::Google,
            _ => Dialect::OpenAi,
        }
    }

    /// Whether all dialects ask for it by the same path.
    pub fn is_shared(self) -> bool {
        matches!(self, Endpoint::Models | Endpoint::Model)
    }

    /// Whether it asks how many tokens a request has.
    pub fn counts(self) -> bool {
        matches!(self, Endpoint::CountTokens | Endpoint::CountContentTokens)
    }

    /// Whether another model's answer is still an answer. Vectors, pictures, voices and verdicts of two models do not
    /// mix; texts do.
    pub fn may_change_model(self) -> bool {
        match self {
            Endpoint::ChatCompletions
            | Endpoint::Completions
            | Endpoint::Responses
            | Endpoint::Messages
            | Endpoint::GenerateContent
            | Endpoint::StreamGenerateContent => true,
            Endpoint::Embeddings
            | Endpoint::Models
            | Endpoint::Model
            | Endpoint::Moderations
            | Endpoint::Rerank
            | Endpoint::Images
            | Endpoint::Audio
            | Endpoint::CountTokens
            | Endpoint::CountContentTokens
            | Endpoint::EmbedContent => false,
        }
    }

    /// Whether an answer may be a stream of events, if the body asks for it or the path does.
    pub fn streams(self) -> bool {
        self.may_change_model() || matches!(self, Endpoint::Images | Endpoint::Audio)
    }

    /// Whether a model is asked, and not about models: the body names it (as JSON or as a form), or Google's path does.
    pub fn asks_a_model(self) -> bool {
        !self.is_shared()
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
            Endpoint::GenerateContent => "generate_content",
            Endpoint::StreamGenerateContent => "stream_generate_content",
            Endpoint::CountContentTokens => "count_content_tokens",
            Endpoint::EmbedContent => "embed_content",
        }
    }
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Google];

    /// The dialect to answer a caller in: the endpoint's; for what all dialects share (the model lists) and for paths
    /// nobody knows, Google's below its versions of an API, Anthropic's if the caller sent `anthropic-version` or came
    /// under `/anthropic`, and Google's again by its key's header.
    pub fn of_caller(matched: Option<Matched<'_>>, path: &str, headers: &HeaderMap) -> Dialect {
        if let Some(known) = matched.map(|it| it.endpoint).filter(|it| !it.is_shared()) {
            return known.dialect();
        }
        if is_googles(matched.map_or(path, |it| it.prefix)) {
            return Dialect::Google;
        }
        let under_anthropic = path
            .strip_prefix("/anthropic")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        if headers.contains_key("anthropic-version") || under_anthropic {
            return Dialect::Anthropic;
        }
        if headers.contains_key("x-goog-api-key") { Dialect::Google } else { Dialect::OpenAi }
    }
}

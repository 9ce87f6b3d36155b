//! What is being asked: the endpoint by its path, and what the answer needs to know of the body.
//!
//! Reads as little of the body as a vendor must to answer; it never checks a request against a vendor's schema.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Whose manner of speaking an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    Anthropic,
    Google,
    Bedrock,
}

impl Dialect {
    /// What a stream is announced as.
    pub(crate) fn stream_type(self) -> &'static str {
        match self {
            Dialect::OpenAi | Dialect::Anthropic | Dialect::Google => "text/event-stream",
            Dialect::Bedrock => "application/vnd.amazon.eventstream",
        }
    }
}

/// The endpoints a vendor knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    Chat,
    Completions,
    Responses,
    Embeddings,
    Moderations,
    Rerank,
    Images,
    Transcriptions,
    Speech,
    Messages,
    CountTokens,
    /// Bedrock's; the model is in the path.
    Converse {
        model: &'a str,
        stream: bool,
    },
    Models,
    Model(&'a str),
    /// Google's methods on this model.
    Generate(&'a str),
    StreamGenerate(&'a str),
    CountContent(&'a str),
    Embed(&'a str),
    BatchEmbed(&'a str),
    Health,
    Root,
    Unknown,
}

impl<'a> Endpoint<'a> {
    /// By the path without its query; `/v1` may stand in front of it, or in place of nothing, and so may Google's
    /// version, with the OpenAI-compatible part behind it or without, and what Azure has there.
    pub(crate) fn of(path: &'a str) -> Endpoint<'a> {
        let path = model_in_path(path).map_or(path, |(_, rest)| rest);
        let path = path.strip_prefix("/openai").filter(|it| it.starts_with('/')).unwrap_or(path);
        let version = ["/v1beta/openai", "/v1beta", "/v1"]
            .iter()
            .find_map(|version| path.strip_prefix(version).filter(|it| it.starts_with('/')));
        let path = version.unwrap_or(path);
        match path {
            "/chat/completions" => Endpoint::Chat,
            "/completions" => Endpoint::Completions,
            "/responses" => Endpoint::Responses,
            "/embeddings" => Endpoint::Embeddings,
            "/moderations" => Endpoint::Moderations,
            "/rerank" => Endpoint::Rerank,
            "/images/generations" => Endpoint::Images,
            "/audio/transcriptions" | "/audio/translations" => Endpoint::Transcriptions,
            "/audio/speech" => Endpoint::Speech,
            "/messages" => Endpoint::Messages,
            "/messages/count_tokens" => Endpoint::CountTokens,
            "/models" | "/v1beta1/publishers/google/models" => Endpoint::Models,
            "/health" => Endpoint::Health,
            "/" | "" => Endpoint::Root,
            _ => Endpoint::converse(path).unwrap_or_else(|| {
                path.strip_prefix("/models/").map_or(Endpoint::Unknown, Endpoint::of_model)
            }),
        }
    }

    fn of_model(id: &'a str) -> Endpoint<'a> {
        match id.rsplit_once(':') {
            Some((model, "generateContent")) => Endpoint::Generate(model),
            Some((model, "streamGenerateContent")) => Endpoint::StreamGenerate(model),
            Some((model, "countTokens")) => Endpoint::CountContent(model),
            Some((model, "embedContent")) => Endpoint::Embed(model),
            Some((model, "batchEmbedContents")) => Endpoint::BatchEmbed(model),
            _ => Endpoint::Model(id),
        }
    }

    /// The model that Google's path names.
    pub(crate) fn model(self) -> Option<&'a str> {
        match self {
            Endpoint::Generate(model)
            | Endpoint::StreamGenerate(model)
            | Endpoint::CountContent(model)
            | Endpoint::Embed(model)
            | Endpoint::BatchEmbed(model) => Some(model),
            _ => None,
        }
    }

    fn converse(path: &'a str) -> Option<Endpoint<'a>> {
        let (model, method) = path.strip_prefix("/model/")?.split_once('/')?;
        let stream = match method {
            "converse" => false,
            "converse-stream" => true,
            _ => return None,
        };
        Some(Endpoint::Converse { model, stream })
    }

    /// Whether it is called with GET (or HEAD) rather than POST.
    pub(crate) fn is_read(self) -> bool {
        matches!(self, Endpoint::Models | Endpoint::Model(_) | Endpoint::Health | Endpoint::Root)
    }

    /// Whether its body is a JSON object.
    pub(crate) fn takes_json(self) -> bool {
        !self.is_read() && !matches!(self, Endpoint::Transcriptions | Endpoint::Unknown)
    }

    /// `has_anthropic_version` and `has_googles_key` tell callers apart where all ask by the same path.
    pub(crate) fn dialect(self, has_anthropic_version: bool, has_googles_key: bool) -> Dialect {
        match self {
            Endpoint::Messages | Endpoint::CountTokens => Dialect::Anthropic,
            _ if self.model().is_some() => Dialect::Google,
            Endpoint::Converse { .. } => Dialect::Bedrock,
            Endpoint::Models | Endpoint::Model(_) | Endpoint::Unknown if has_anthropic_version => {
                Dialect::Anthropic
            }
            Endpoint::Models | Endpoint::Model(_) | Endpoint::Unknown if has_googles_key => Dialect::Google,
            _ => Dialect::OpenAi,
        }
    }
}

/// The model and the endpoint of a path that names both: Azure's deployments, Anthropic's models at Vertex.
pub(crate) fn model_in_path(path: &str) -> Option<(&str, &str)> {
    if let Some(rest) = path.strip_prefix("/openai/deployments/") {
        return Some(rest.split_at(rest.find('/')?));
    }
    let (model, method) = path.split_once("/publishers/anthropic/models/")?.1.rsplit_once(':')?;
    match (model, method) {
        ("count-tokens", "rawPredict") => Some(("", "/messages/count_tokens")),
        (_, "rawPredict" | "streamRawPredict") => Some((model, "/messages")),
        _ => None,
    }
}

/// What a body asks for, as far as an answer depends on it.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) base64: bool,
    pub(crate) max_tokens: Option<u64>,
    /// The last thing the user said; one entry per input of embeddings, moderations, rerank.
    pub(crate) inputs: Vec<String>,
    pub(crate) dimensions: Option<usize>,
    /// A stream of Google's is to be a JSON list.
    pub(crate) listed: bool,
    /// A body of JSON that could not be read as an object with these fields.
    pub(crate) malformed: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Peek<'a> {
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    encoding_format: Option<Cow<'a, str>>,
    dimensions: Option<usize>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    messages: Option<&'a RawValue>,
    input: Option<&'a RawValue>,
    prompt: Option<&'a RawValue>,
    documents: Option<&'a RawValue>,
    contents: Option<&'a RawValue>,
    content: Option<&'a RawValue>,
    requests: Option<&'a RawValue>,
    #[serde(rename = "inferenceConfig")]
    inference: Option<Inference>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Inference {
    #[serde(rename = "maxTokens")]
    max_tokens: Option<u64>,
}

/// A turn of Google's, or an embedding's input.
#[derive(Deserialize)]
struct Turn {
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    parts: Vec<Part>,
}

/// One of several embeddings.
#[derive(Deserialize)]
struct OneOf {
    content: Turn,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Cow<'a, str>,
    #[serde(default)]
    content: Option<Content>,
}

/// Text, or parts some of which have text, or (of embeddings) tokens.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: Option<String>,
}

impl Ask {
    /// Of a JSON body.
    pub(crate) fn of_json(body: &[u8]) -> Ask {
        let Ok(peek) = serde_json::from_slice::<Peek<'_>>(body) else {
            return Ask { malformed: true, ..Ask::default() };
        };
        let inputs = [peek.messages, peek.documents, peek.input, peek.prompt].into_iter().flatten().next();
        let inputs = inputs.map_or_else(|| peek.googles(), |it| texts(it, peek.messages.is_some()));
        Ask {
            model: peek.model.map(Cow::into_owned),
            stream: peek.stream.unwrap_or_default(),
            include_usage: peek.stream_options.is_some_and(|it| it.include_usage),
            base64: peek.encoding_format.is_some_and(|it| it == "base64"),
            max_tokens: peek
                .max_tokens
                .or(peek.max_completion_tokens)
                .or(peek.max_output_tokens)
                .or(peek.inference.and_then(|it| it.max_tokens)),
            inputs,
            dimensions: peek.dimensions,
            listed: false,
            malformed: false,
        }
    }

    /// Of a multipart body: the value of its `model` field.
    pub(crate) fn of_multipart(body: &[u8]) -> Ask {
        // Enough for what SDKs write; a vendor that is simulated needs no full multipart parser.
        const FIELD: &[u8] = b"name=\"model\"\r\n\r\n";
        let start = body.windows(FIELD.len()).position(|it| it == FIELD).map(|it| it + FIELD.len());
        let value = start.and_then(|it| body[it..].split(|byte| *byte == b'\r').next());
        Ask { model: value.map(|it| String::from_utf8_lossy(it).into_owned()), ..Ask::default() }
    }

    /// What Bedrock's path says, besides the body.
    pub(crate) fn with_path(mut self, endpoint: Endpoint<'_>) -> Ask {
        if let Endpoint::Converse { model, stream } = endpoint {
            let model = percent_encoding::percent_decode_str(model).decode_utf8_lossy();
            (self.model, self.stream) = (Some(model.into_owned()), stream);
        }
        self
    }

    pub(crate) fn last_input(&self) -> &str {
        self.inputs.last().map_or("nothing", String::as_str)
    }
}

impl Peek<'_> {
    /// What stands in Google's bodies: the last thing the user said, or each input of embeddings.
    fn googles(&self) -> Vec<String> {
        fn read<T: for<'de> Deserialize<'de> + Default>(raw: Option<&RawValue>) -> T {
            raw.and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default()
        }
        let mut turns = read::<Vec<Turn>>(self.contents).into_iter();
        let said = turns.rfind(|it| it.role.as_deref() != Some("model"));
        let one = read::<Option<Turn>>(self.content);
        let each = read::<Vec<OneOf>>(self.requests).into_iter().map(|it| it.content);
        said.into_iter().chain(one).chain(each).map(Turn::into_text).collect()
    }
}

impl Turn {
    fn into_text(self) -> String {
        self.parts.into_iter().filter_map(|it| it.text).collect::<Vec<_>>().join(" ")
    }
}

fn texts(raw: &RawValue, is_messages: bool) -> Vec<String> {
    let raw = raw.get();
    if !is_messages {
        if let Ok(text) = serde_json::from_str::<String>(raw) {
            return vec![text];
        }
        if let Ok(texts) = serde_json::from_str::<Vec<String>>(raw) {
            return texts;
        }
    }
    // Chat messages, Anthropic messages and Responses' input items alike.
    if let Ok(messages) = serde_json::from_str::<Vec<Message<'_>>>(raw) {
        let said = messages.into_iter().rev().find(|it| it.role == "user").and_then(|it| it.content);
        return said.map(Content::into_text).into_iter().collect();
    }
    match serde_json::from_str::<Vec<serde_json::Value>>(raw) {
        // Token arrays: one input, or one per inner array.
        Ok(values) if values.iter().all(|it| it.is_array() || it.is_object()) => {
            values.iter().map(|it| it.get("text").unwrap_or(it).to_string()).collect()
        }
        _ => vec![raw.to_owned()],
    }
}

impl Content {
    fn into_text(self) -> String {
        match self {
            Content::Text(text) => text,
            Content::Parts(parts) => parts.into_iter().filter_map(|it| it.text).collect::<Vec<_>>().join(" "),
            Content::Other(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_answer_with_and_without_v1() {
        assert_eq!(Endpoint::of("/v1/chat/completions"), Endpoint::Chat);
        assert_eq!(Endpoint::of("/chat/completions"), Endpoint::Chat);
        assert_eq!(Endpoint::of("/v1/models/org/name"), Endpoint::Model("org/name"));
        assert_eq!(Endpoint::of("/openai/deployments/gpt-4o/chat/completions"), Endpoint::Chat);
        let vertex = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:streamRawPredict";
        assert_eq!(Endpoint::of(vertex), Endpoint::Messages);
        assert_eq!(Endpoint::of("/openai/models"), Endpoint::Models);
        assert_eq!(Endpoint::of("/v1"), Endpoint::Unknown);
        assert_eq!(Endpoint::of("/v12/models"), Endpoint::Unknown);
        assert_eq!(Endpoint::of("/v1beta/models/g:streamGenerateContent"), Endpoint::StreamGenerate("g"));
        assert_eq!(Endpoint::of("/v1/models/g:8b:countTokens"), Endpoint::CountContent("g:8b"));
        assert_eq!(Endpoint::of("/v1beta/openai/chat/completions"), Endpoint::Chat);
    }

    #[test]
    fn the_last_user_message_is_found_in_every_shape() {
        let last = |body: &str| Ask::of_json(body.as_bytes()).last_input().to_owned();
        assert_eq!(
            last(
                r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null},{"role":"user","content":"b"}]}"#
            ),
            "b"
        );
        assert_eq!(
            last(r#"{"messages":[{"role":"user","content":[{"type":"text","text":"c"},{"type":"image"}]}]}"#),
            "c"
        );
        assert_eq!(last(r#"{"input":"d"}"#), "d");
        assert_eq!(last(r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"e"}]}]}"#), "e");
        assert_eq!(last(r#"{"prompt":["f"]}"#), "f");
        let contents = r#"{"contents":[{"role":"user","parts":[{"text":"g"}]},{"role":"model","parts":[{"text":"h"}]}]}"#;
        assert_eq!(last(contents), "g");
        assert_eq!(last(r#"{"content":{"parts":[{"text":"i"},{"inlineData":{}}]}}"#), "i");
        let requests = br#"{"requests":[{"content":{"parts":[{"text":"j"}]}},{"content":{"parts":[]}}]}"#;
        assert_eq!(Ask::of_json(requests).inputs, ["j", ""]);
        assert_eq!(Ask::of_json(br#"{"input":[[1,2],[3]]}"#).inputs.len(), 2);
        assert_eq!(Ask::of_json(br#"{"input":[1,2]}"#).inputs.len(), 1);
    }

    #[test]
    fn a_body_that_is_no_object_is_malformed() {
        assert!(Ask::of_json(b"").malformed);
        assert!(Ask::of_json(b"{\"model\":5}").malformed);
        assert!(!Ask::of_json(b"{}").malformed);
    }

    #[test]
    fn a_multipart_form_names_its_model() {
        let form = b"--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x--\r\n";
        assert_eq!(Ask::of_multipart(form).model.as_deref(), Some("whisper-1"));
    }
}

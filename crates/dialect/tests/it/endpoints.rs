//! Paths as real clients and routes write them.

use dialect::{Dialect, Endpoint, endpoint};
use http::{HeaderMap, HeaderValue};

#[test]
fn the_endpoint_stands_at_the_end_of_the_path() {
    let rows = [
        ("/v1/chat/completions", Some((Endpoint::ChatCompletions, "/v1", "/chat/completions"))),
        ("/chat/completions", Some((Endpoint::ChatCompletions, "", "/chat/completions"))),
        ("/v1/completions", Some((Endpoint::Completions, "/v1", "/completions"))),
        ("/openai/v1/responses", Some((Endpoint::Responses, "/openai/v1", "/responses"))),
        ("/my-upstream/v1/embeddings", Some((Endpoint::Embeddings, "/my-upstream/v1", "/embeddings"))),
        ("/route/x/moderations?a=b", Some((Endpoint::Moderations, "/route/x", "/moderations"))),
        ("/v2/rerank/", Some((Endpoint::Rerank, "/v2", "/rerank"))),
        ("/v1/models", Some((Endpoint::Models, "/v1", "/models"))),
        ("/v1/models?limit=1000", Some((Endpoint::Models, "/v1", "/models"))),
        ("/v1/models/gpt-4o", Some((Endpoint::Model, "/v1", "/models/gpt-4o"))),
        ("/v1/models/qwen/qwen3:free", Some((Endpoint::Model, "/v1", "/models/qwen/qwen3:free"))),
        (
            "/v1/models/accounts/fireworks/models/x",
            Some((Endpoint::Model, "/v1", "/models/accounts/fireworks/models/x")),
        ),
        ("/models/v1/models/x", Some((Endpoint::Model, "/models/v1", "/models/x"))),
        ("/models/v1/chat/completions", Some((Endpoint::ChatCompletions, "/models/v1", "/chat/completions"))),
        ("/v1/images/generations", Some((Endpoint::Images, "/v1", "/images/generations"))),
        ("/v1/images/something-new", Some((Endpoint::Images, "/v1", "/images/something-new"))),
        ("/x/audio/transcriptions", Some((Endpoint::Audio, "/x", "/audio/transcriptions"))),
        ("/audio/v1/models", Some((Endpoint::Models, "/audio/v1", "/models"))),
        ("/v1/messages?beta=true", Some((Endpoint::Messages, "/v1", "/messages"))),
        (
            "/anthropic/v1/messages/count_tokens",
            Some((Endpoint::CountTokens, "/anthropic/v1", "/messages/count_tokens")),
        ),
        (
            "/v1beta/models/gemini:generateContent",
            Some((Endpoint::GenerateContent, "/v1beta", "/models/gemini:generateContent")),
        ),
        (
            "/up/v1/models/openai/gpt:streamGenerateContent?alt=sse",
            Some((Endpoint::StreamGenerateContent, "/up/v1", "/models/openai/gpt:streamGenerateContent")),
        ),
        (
            "/models/a%2Fb:8b:countTokens",
            Some((Endpoint::CountContentTokens, "", "/models/a%2Fb:8b:countTokens")),
        ),
        (
            "/v1alpha/models/e:batchEmbedContents",
            Some((Endpoint::EmbedContent, "/v1alpha", "/models/e:batchEmbedContents")),
        ),
        (
            "/v1beta/models/:generateContent",
            Some((Endpoint::GenerateContent, "/v1beta", "/models/:generateContent")),
        ),
        ("/v1beta/models", Some((Endpoint::Models, "/v1beta", "/models"))),
        ("/v1beta/models/x:fooBar", Some((Endpoint::Model, "/v1beta", "/models/x:fooBar"))),
        ("/v1beta/models/x:predict", None),
        ("/v1/projects/p/publishers/google/models/x:generateContent", None),
        ("/v1beta/tunedModels/x:generateContent", None),
        ("/v1/chat/completions/more", None),
        ("/v1/messages/batches", None),
        ("/mychat/completionsx", None),
        ("/audio/v1", None),
        ("/v1", None),
        ("/", None),
        ("", None),
    ];
    for (path, expected) in rows {
        let found = endpoint(path).map(|it| (it.endpoint, it.prefix, it.suffix));
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn googles_path_names_the_model_and_the_method() {
    let rows = [
        ("/v1beta/models/gemini:generateContent", Some("gemini"), Some(":generateContent"), Some("v1beta")),
        ("/v1/models/a/b:8b:countTokens", Some("a/b:8b"), Some(":countTokens"), Some("v1")),
        ("/models/:embedContent", Some(""), Some(":embedContent"), None),
        ("/v1/models/llama3:8b", Some("llama3:8b"), None, Some("v1")),
        ("/v1/models", None, None, Some("v1")),
        ("/up/chat/completions", None, None, None),
    ];
    for (path, model, method, version) in rows {
        let found = endpoint(path).unwrap();
        assert_eq!((found.model(), found.method(), found.version()), (model, method, version), "{path}");
    }
}

#[test]
fn a_caller_is_answered_in_the_dialect_it_speaks() {
    let rows = [
        ("/v1/chat/completions", true, Dialect::OpenAi),
        ("/v1/messages", false, Dialect::Anthropic),
        ("/v1/messages/count_tokens", false, Dialect::Anthropic),
        ("/v1/models", false, Dialect::OpenAi),
        ("/v1/models", true, Dialect::Anthropic),
        ("/v1/models/x", true, Dialect::Anthropic),
        ("/anthropic/v1/models", false, Dialect::Anthropic),
        ("/anthropic-like/v1/models", false, Dialect::OpenAi),
        ("/nowhere", false, Dialect::OpenAi),
        ("/nowhere", true, Dialect::Anthropic),
        ("/v1beta/models/x:generateContent", true, Dialect::Google),
        ("/v1/models/x:countTokens", false, Dialect::Google),
        ("/v1beta/models", false, Dialect::Google),
        ("/up/v1beta/models/x", true, Dialect::Google),
        ("/v1beta/openai/models", false, Dialect::OpenAi),
        ("/v1beta/files?key=x", false, Dialect::Google),
        ("/v1beta/openai/files", false, Dialect::OpenAi),
    ];
    for (path, has_version, expected) in rows {
        let mut headers = HeaderMap::new();
        if has_version {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        assert_eq!(Dialect::of_caller(endpoint(path), path, &headers), expected, "{path}");
        headers.insert("x-goog-api-key", HeaderValue::from_static("key"));
        let by_key = match expected {
            Dialect::OpenAi if !path.ends_with("completions") => Dialect::Google,
            other => other,
        };
        assert_eq!(Dialect::of_caller(endpoint(path), path, &headers), by_key, "{path}, with Google's key");
    }
}

#[test]
fn only_texts_may_come_from_another_model() {
    let may: Vec<_> =
        Endpoint::ALL.into_iter().filter(|it| it.may_change_model()).map(Endpoint::name).collect();
    let texts = [
        "chat_completions",
        "completions",
        "responses",
        "messages",
        "generate_content",
        "stream_generate_content",
    ];
    assert_eq!(may, texts);
}

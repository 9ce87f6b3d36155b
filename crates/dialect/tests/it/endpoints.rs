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
        ("/v1beta/models/gemini:generateContent", None),
        ("/v1beta/models/gemini:streamGenerateContent?alt=sse", None),
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
    ];
    for (path, has_version, expected) in rows {
        let mut headers = HeaderMap::new();
        if has_version {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        assert_eq!(Dialect::of_caller(path, &headers), expected, "{path}");
    }
}

#[test]
fn only_texts_may_come_from_another_model() {
    let may: Vec<_> =
        Endpoint::ALL.into_iter().filter(|it| it.may_change_model()).map(Endpoint::name).collect();
    assert_eq!(may, ["chat_completions", "completions", "responses", "messages"]);
}

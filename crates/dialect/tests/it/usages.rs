//! What plain answers cost, in every vendor's words.

use dialect::{Endpoint, Usage, usage};

#[test]
fn every_vendors_count_is_read() {
    let rows = [
        (
            Endpoint::ChatCompletions,
            r#"{"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#,
            Some((1, 2, 0, 0)),
        ),
        (
            Endpoint::ChatCompletions,
            r#"{"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":4}}"#,
            Some((9, 2, 4, 0)),
        ),
        (
            Endpoint::ChatCompletions,
            r#"{"usage":{"prompt_tokens":1.0,"completion_tokens":null,"prompt_tokens_details":null}}"#,
            Some((1, 0, 0, 0)),
        ),
        (Endpoint::Embeddings, r#"{"usage":{"prompt_tokens":8,"total_tokens":8}}"#, Some((8, 0, 0, 0))),
        (Endpoint::Rerank, r#"{"usage":{"total_tokens":8}}"#, Some((8, 0, 0, 0))),
        (
            Endpoint::Messages,
            r#"{"usage":{"input_tokens":1,"cache_read_input_tokens":10,"output_tokens":2}}"#,
            Some((11, 2, 10, 0)),
        ),
        (
            Endpoint::Responses,
            r#"{"usage":{"input_tokens":5,"output_tokens":4,"output_tokens_details":{"reasoning_tokens":3}}}"#,
            Some((5, 4, 0, 3)),
        ),
        (
            Endpoint::GenerateContent,
            r#"{"usageMetadata":{"promptTokenCount":5,"toolUsePromptTokenCount":2,"cachedContentTokenCount":4,"candidatesTokenCount":6,"thoughtsTokenCount":3,"totalTokenCount":16}}"#,
            Some((7, 9, 4, 3)),
        ),
        (
            Endpoint::StreamGenerateContent,
            r#"[{"usageMetadata":{"promptTokenCount":5}},{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":6}}]"#,
            Some((5, 6, 0, 0)),
        ),
        (Endpoint::CountContentTokens, r#"{"totalTokens":5}"#, None),
        (Endpoint::EmbedContent, r#"{"embedding":{"values":[1]}}"#, None),
        (Endpoint::Audio, r#"{"usage":{"type":"duration","seconds":5}}"#, None),
        (Endpoint::CountTokens, r#"{"input_tokens":5}"#, None),
        (Endpoint::ChatCompletions, r#"{"usage":null}"#, None),
        (Endpoint::ChatCompletions, "{", None),
    ];
    for (endpoint, body, expected) in rows {
        let expected =
            expected.map(|(input, output, cached, reasoning)| Usage { input, output, cached, reasoning });
        assert_eq!(usage(endpoint, body.as_bytes()), expected, "{body}");
    }
}

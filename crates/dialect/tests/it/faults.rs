//! DOMAIN 4 as a table: vendors' errors, and what is nobody's fault.
//!
//! The fixtures follow the vendors' references and what their users have reported; they were not recorded from the
//! vendors themselves. Whoever meets a different one in the wild adds it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use dialect::{Answer, Endpoint, Fault, Kind, classify, hidden_failure, message};
use http::HeaderMap;

const CHAT: Endpoint = Endpoint::ChatCompletions;

#[test]
fn every_vendors_error_is_whose_fault_it_is() {
    // The vendor by its directory, the file, the status it comes with.
    let rows = [
        ("openai/rate_limit", 429, rate_limited(Some(1400))),
        ("openai/request_larger_than_limit", 429, Fault::Refused),
        ("openai/insufficient_quota", 429, quota()),
        ("openai/billing_hard_limit", 400, quota()),
        ("openai/invalid_api_key", 401, Fault::KeyRejected),
        ("openai/model_not_found", 404, Fault::ModelNotFound),
        ("openai/no_access_to_model", 403, Fault::ModelNotFound),
        ("openai/response_not_found", 404, Fault::Relayed),
        ("openai/context_length", 400, Fault::Refused),
        ("openai/content_policy", 400, Fault::Refused),
        ("openai/unsupported_country", 403, Fault::Relayed),
        ("openai/server_error", 500, Fault::Server),
        ("openai/overloaded", 503, overloaded()),
        ("openai/unavailable", 503, Fault::Server),
        ("openai/unknown_parameter", 400, Fault::Refused),
        ("anthropic/overloaded", 529, overloaded()),
        ("anthropic/overloaded", 503, overloaded()),
        ("anthropic/rate_limit", 429, rate_limited(None)),
        ("anthropic/spend_limit", 429, quota()),
        ("anthropic/credit_balance", 400, quota()),
        ("anthropic/usage_limits", 400, quota()),
        ("anthropic/billing", 402, quota()),
        ("anthropic/authentication", 401, Fault::KeyRejected),
        ("anthropic/permission", 403, Fault::Relayed),
        ("anthropic/model_not_found", 404, Fault::ModelNotFound),
        ("anthropic/prompt_too_long", 400, Fault::Refused),
        ("anthropic/too_large", 413, Fault::Refused),
        ("anthropic/api_error", 500, Fault::Server),
        ("anthropic/timeout", 504, Fault::Timeout),
        ("gemini/quota_per_minute", 429, rate_limited(Some(45_000))),
        ("gemini/quota_per_day", 429, quota()),
        ("gemini/bare_exhausted", 429, rate_limited(None)),
        ("gemini/key_invalid", 400, Fault::KeyRejected),
        ("gemini/permission_denied", 403, Fault::KeyRejected),
        ("gemini/model_not_found", 404, Fault::ModelNotFound),
        ("gemini/overloaded", 503, overloaded()),
        ("mistral/rate_limited", 429, rate_limited(None)),
        ("mistral/capacity", 429, overloaded()),
        ("mistral/unauthorized", 401, Fault::KeyRejected),
        ("mistral/unprocessable", 422, Fault::Refused),
        ("groq/rate_limit", 429, rate_limited(Some(6500))),
        ("groq/too_large", 413, Fault::Refused),
        ("groq/flex_capacity", 498, overloaded()),
        ("deepseek/insufficient_balance", 402, quota()),
        ("deepseek/authentication", 401, Fault::KeyRejected),
        ("openrouter/insufficient_credits", 402, quota()),
        ("openrouter/moderation", 403, Fault::Relayed),
        ("openrouter/no_endpoints", 404, Fault::ModelNotFound),
        ("openrouter/invalid_model_id", 400, Fault::Refused),
        ("xai/incorrect_key", 400, Fault::KeyRejected),
        ("xai/no_credits", 403, quota()),
        ("cerebras/tokens_per_minute", 429, rate_limited(None)),
        ("cerebras/queue", 429, overloaded()),
        ("cerebras/wrong_key", 401, Fault::KeyRejected),
        ("moonshot/engine_overloaded", 429, overloaded()),
        ("moonshot/quota", 429, quota()),
        ("azure-openai/deployment_not_found", 404, Fault::ModelNotFound),
        ("azure-openai/rate_limit", 429, rate_limited(Some(26_000))),
        ("azure-openai/bad_key", 401, Fault::KeyRejected),
        ("azure-openai/content_filter", 400, Fault::Refused),
        ("vllm/model_not_found", 404, Fault::ModelNotFound),
        ("vllm/context", 400, Fault::Refused),
        ("ollama/model_not_found", 404, Fault::ModelNotFound),
        ("alibaba/invalid_key", 401, Fault::KeyRejected),
        ("alibaba/throttled", 429, rate_limited(None)),
        ("cohere/invalid_token", 401, Fault::KeyRejected),
        ("huggingface/invalid_token", 401, Fault::KeyRejected),
        ("llama-cpp/loading", 503, Fault::Server),
        ("novita/not_enough_balance", 403, quota()),
        ("siliconflow/model_not_found", 400, Fault::Refused),
        ("zai/rate_limit", 429, rate_limited(None)),
        ("zai/balance", 429, quota()),
        ("vertex/unauthenticated", 401, Fault::KeyRejected),
        ("vertex/permission_denied", 403, Fault::KeyRejected),
        ("vertex/api_key_invalid", 400, Fault::KeyRejected),
        ("vertex/model_not_found", 404, Fault::ModelNotFound),
        ("vertex/resource_exhausted", 429, rate_limited(Some(17_000))),
        ("vertex/quota_of_a_minute", 429, rate_limited(None)),
        ("vertex/prompt_too_long", 400, Fault::Refused),
        ("bedrock/throttling", 429, rate_limited(None)),
        ("bedrock/throttling", 400, rate_limited(None)),
        ("bedrock/not_ready", 424, overloaded()),
        ("bedrock/not_ready", 429, overloaded()),
        ("bedrock/unavailable", 503, overloaded()),
        ("bedrock/service_quota", 400, rate_limited(None)),
        ("bedrock/invalid_api_key", 403, Fault::KeyRejected),
        ("bedrock/unrecognized_client", 403, Fault::KeyRejected),
        ("bedrock/expired_token", 403, Fault::KeyRejected),
        ("bedrock/expired_token", 400, Fault::KeyRejected),
        ("bedrock/signature", 403, Fault::KeyRejected),
        ("bedrock/no_access_to_model", 403, Fault::ModelNotFound),
        ("bedrock/not_authorized", 403, Fault::ModelNotFound),
        ("bedrock/unknown_model", 400, Fault::ModelNotFound),
        ("bedrock/no_on_demand", 400, Fault::ModelNotFound),
        ("bedrock/not_found", 404, Fault::ModelNotFound),
        ("bedrock/validation", 400, Fault::Refused),
        ("bedrock/model_timeout", 408, Fault::Timeout),
        ("bedrock/model_error", 424, Fault::Server),
        ("bedrock/internal", 500, Fault::Server),
    ];
    for (fixture, status, expected) in rows {
        let vendor = fixture.split('/').next().unwrap();
        let kind = Kind::from_name(vendor).unwrap_or(Kind::OpenAiCompatible);
        let body = read(fixture);
        assert_eq!(fault(kind, status, &[], &body), expected, "{fixture} with {status}");
    }
}

#[test]
fn every_fixture_is_in_the_table() {
    let table = include_str!("faults.rs");
    let vendors = std::fs::read_dir(root()).unwrap().map(|it| it.unwrap().path());
    // What is translated stands beside the errors, and has a table of its own.
    for vendor in vendors.filter(|it| !it.ends_with("translate")) {
        for file in std::fs::read_dir(vendor).unwrap() {
            let path = file.unwrap().path().with_extension("");
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            assert!(table.contains(&format!("\"{name}\"")), "{name} has no row");
        }
    }
}

#[test]
fn a_status_alone_says_enough() {
    let rows = [
        (301, Fault::Relayed),
        (307, Fault::Relayed),
        (400, Fault::Refused),
        (401, Fault::KeyRejected),
        (402, quota()),
        (403, Fault::Relayed),
        (404, Fault::Relayed),
        (405, Fault::Refused),
        (408, Fault::Timeout),
        (409, Fault::Relayed),
        (413, Fault::Refused),
        (415, Fault::Refused),
        (422, Fault::Refused),
        (425, Fault::Server),
        (429, rate_limited(None)),
        (498, Fault::Refused),
        (500, Fault::Server),
        (501, Fault::Relayed),
        (502, Fault::Server),
        (503, Fault::Server),
        (504, Fault::Timeout),
        (520, Fault::Server),
        (526, Fault::Server),
        (529, overloaded()),
        (204, Fault::Good),
    ];
    for (status, expected) in rows {
        assert_eq!(fault(Kind::OpenAiCompatible, status, &[], b""), expected, "{status}");
    }
}

#[test]
fn a_403_is_about_the_key_only_where_the_vendor_uses_it_for_keys() {
    let plain = br#"{"error":{"message":"no","type":"forbidden","code":null}}"#;
    assert_eq!(fault(Kind::OpenAi, 403, &[], plain), Fault::Relayed);
    assert_eq!(fault(Kind::Gemini, 403, &[], plain), Fault::KeyRejected);
    let by_code = br#"{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    assert_eq!(fault(Kind::OpenAi, 403, &[], by_code), Fault::KeyRejected);
    let money = br#"{"error":{"message":"You have run out of credits","code":null}}"#;
    assert_eq!(fault(Kind::OpenAi, 403, &[], money), quota());
}

#[test]
fn a_client_cannot_word_a_400_that_suspends_anybody() {
    for words in [
        "'credit_card' is not of type 'object' - 'tools.0'",
        "your credit balance is too low is not a valid model ID",
        "Unknown parameter: 'billing'.",
        "Invalid value: 'quota'. Insufficient quota",
        "Incorrect API key provided: x",
    ] {
        let body =
            serde_json::json!({"error": {"message": words, "type": "invalid_request_error"}}).to_string();
        assert_eq!(fault(Kind::OpenAi, 400, &[], body.as_bytes()), Fault::Refused, "{words}");
    }
}

#[test]
fn too_many_tokens_please_wait_is_a_rate_limit() {
    let body = br#"{"error":{"message":"Too many tokens, please wait before trying again.","type":"invalid_request_error"}}"#;
    assert_eq!(fault(Kind::OpenAi, 429, &[], body), rate_limited(None));
    assert_eq!(fault(Kind::OpenAi, 400, &[], body), rate_limited(None));
    assert_eq!(fault(Kind::OpenAi, 200, &[], body), rate_limited(None));
}

#[test]
fn a_quota_that_is_back_within_the_hour_is_a_rate_limit_whoever_leads_to_it() {
    let minute = std::fs::read(root().join("gemini/quota_per_minute.json")).unwrap();
    let day = std::fs::read(root().join("gemini/quota_per_day.json")).unwrap();
    for kind in [Kind::Gemini, Kind::OpenAiCompatible] {
        assert_eq!(fault(kind, 429, &[], &minute), rate_limited(Some(45_000)));
        assert_eq!(fault(kind, 429, &[], &day), quota());
    }
}

#[test]
fn a_503_with_retry_after_is_overloaded() {
    let expected = Fault::Overloaded { retry_after: Some(Duration::from_secs(7)) };
    assert_eq!(fault(Kind::OpenAi, 503, &[("retry-after", "7")], b"busy"), expected);
}

#[test]
fn amazon_names_its_errors_in_a_header() {
    let named = |status, name: &str, message: &str| {
        let body = serde_json::json!({ "message": message }).to_string();
        fault(Kind::Bedrock, status, &[("x-amzn-errortype", name)], body.as_bytes())
    };
    let internal = ":http://internal.amazon.com/coral/com.amazon.bedrock/";
    let throttled = format!("ThrottlingException{internal}");
    assert_eq!(named(429, &throttled, "slow"), rate_limited(None));
    assert_eq!(named(400, &throttled, "slow"), rate_limited(None));
    assert_eq!(named(429, "ModelNotReadyException", "slow"), overloaded());
    assert_eq!(named(424, "ModelErrorException", "no"), Fault::Server);
    assert_eq!(
        named(400, "ValidationException", "throttlingexception"),
        Fault::Refused,
        "no word of the message's"
    );
    // A client's words cannot make another vendor's refusal its key's or its model's fault.
    let quoted =
        br#"{"error":{"message":"You don't have access to the model with the specified model ID."}}"#;
    assert_eq!(fault(Kind::OpenAi, 400, &[], quoted), Fault::Refused);
}

#[test]
fn a_failure_inside_a_200_is_what_it_stands_for() {
    let rows: [(&[u8], Fault); 13] = [
        (br#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#, rate_limited(None)),
        (br#"{"error":{"message":"gone","code":"insufficient_quota"}}"#, quota()),
        (br#"{"error":{"code":502,"message":"Provider returned error"}}"#, Fault::Server),
        (br#"{"error":{"code":429,"message":"Provider returned error"}}"#, rate_limited(None)),
        (br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, overloaded()),
        (br#"{"error":{"message":"long","code":"context_length_exceeded"}}"#, Fault::Refused),
        (br#"{"error":"something"}"#, Fault::Server),
        (b"<!DOCTYPE html><html></html>", Fault::Server),
        (b"null", Fault::Server),
        (b"", Fault::Server),
        (b" \n", Fault::Server),
        (br#"{"id":"x","choices":[]}"#, Fault::Server),
        (br#"{"id":"x","choices":null}"#, Fault::Server),
    ];
    for (body, expected) in rows {
        assert_eq!(fault(Kind::OpenAi, 200, &[], body), expected, "{}", String::from_utf8_lossy(body));
        assert!(hidden_failure(CHAT, body).is_some());
    }
}

#[test]
fn a_good_answer_is_good() {
    let rows: [(Endpoint, &[u8]); 7] = [
        (CHAT, br#"{"choices":[{"message":{"content":"an \"error\":{} in a text"}}],"error":null}"#),
        (CHAT, br#"{"choices":[{"message":{"content":"cut off beyond the lim"#),
        (Endpoint::Embeddings, br#"{"data":[],"choices":[]}"#),
        (Endpoint::Responses, br#"{"status":"completed","error":null,"output":[]}"#),
        (Endpoint::Messages, br#"{"type":"message","content":[]}"#),
        (Endpoint::Audio, b""),
        (Endpoint::Audio, b"<tag> said the speaker"),
    ];
    for (endpoint, body) in rows {
        assert!(hidden_failure(endpoint, body).is_none(), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_web_page_by_its_type_is_no_answer() {
    assert_eq!(
        fault(Kind::OpenAi, 200, &[("content-type", "text/html; charset=utf-8")], b"hello"),
        Fault::Server
    );
}

#[test]
fn the_vendors_words_come_without_keys() {
    let rows = [
        ("Incorrect API key provided: sk-proj-abcdefghijklmnop1234.", "Incorrect API key provided: sk-***"),
        ("bad key AIzaSyA1234567890abcdefg!", "bad key AIza***!"),
        ("sent Authorization: Bearer abcdef123456 there", "sent Authorization: Bearer *** there"),
        ("GET https://x.test/v1?key=abc/defgh&alt=sse", "GET https://x.test/v1?key=abc/defgh&alt=sse"),
        ("GET https://x.test/v1?key=abcdef123&alt=sse", "GET https://x.test/v1?key=***&alt=sse"),
        ("Bearer abcdef/ghi+jk== end", "Bearer ***/***+***== end"),
        ("key 0123456789abcdef0123456789abcdef is bad", "key *** is bad"),
        ("the key **sk-proj-abcdefghijkl1234** is bad", "the key **sk-*** is bad"),
        ("the key_sk-proj-abcdefghijkl1234 is bad", "the key_sk-*** is bad"),
        ("keysk-proj-Qm9vZ1xT3kW8yLr5Nd2H is bad", "keysk-*** is bad"),
        (
            "no task-550e8400-e29b-41d4-a716-446655440000 here",
            "no task-550e8400-e29b-41d4-a716-446655440000 here",
        ),
        ("The task-force of sk- and gpt-4o is fine", "The task-force of sk- and gpt-4o is fine"),
    ];
    for (words, expected) in rows {
        let body = serde_json::json!({"error": {"message": words}}).to_string();
        assert_eq!(message(body.as_bytes()).as_deref(), Some(expected));
    }
}

#[test]
fn the_vendors_words_are_found_where_vendors_put_them() {
    let rows: [(&[u8], Option<&str>); 10] = [
        (br#"{"type":"error","error":{"type":"x","message":"anthropic"}}"#, Some("anthropic")),
        (br#"{"error":"ollama"}"#, Some("ollama")),
        (br#"{"message":"cerebras","code":"x"}"#, Some("cerebras")),
        (br#"{"Message":"amazon"}"#, Some("amazon")),
        (br#"{"detail":"fastapi"}"#, Some("fastapi")),
        (br#"[{"error":{"message":"google"}}]"#, Some("google")),
        (b"upstream connect error", Some("upstream connect error")),
        (b"<html>no</html>", None),
        (br#"{"id":1}"#, None),
        (b"", None),
    ];
    for (body, expected) in rows {
        assert_eq!(message(body).as_deref(), expected, "{}", String::from_utf8_lossy(body));
    }
    let long = "ä ".repeat(40_000);
    let cut = message(serde_json::json!({ "message": &long[..30_000] }).to_string().as_bytes()).unwrap();
    assert!(cut.len() <= 2048 && cut.len() > 2040);
}

#[test]
fn a_vendors_words_stay_out_of_debug() {
    let body = br#"{"error":{"message":"key sk-secret-1234567890"}}"#;
    let headers = HeaderMap::new();
    let now = SystemTime::UNIX_EPOCH;
    let answer = Answer { kind: Kind::OpenAi, endpoint: CHAT, status: 401, headers: &headers, body, now };
    let mut gate = dialect::Gate::new(CHAT);
    let verdict = gate.feed(&[b"data: ", body.as_slice(), b"\n\n"].concat());
    let mut watch = dialect::Watch::new(CHAT, false);
    watch.feed(body);
    let shown = format!("{answer:?} {gate:?} {verdict:?} {watch:?}");
    // Neither as text nor as a list of bytes.
    assert!(!shown.contains("secret") && !shown.contains("115, 101, 99"), "{shown}");
}

fn fault(kind: Kind, status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> Fault {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    classify(&Answer { kind, endpoint: CHAT, status, headers: &headers, body, now })
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

fn read(fixture: &str) -> Vec<u8> {
    std::fs::read(root().join(fixture).with_extension("json"))
        .unwrap_or_else(|_| panic!("{fixture} is missing"))
}

fn quota() -> Fault {
    Fault::Quota { reset: None }
}

fn overloaded() -> Fault {
    Fault::Overloaded { retry_after: None }
}

fn rate_limited(milliseconds: Option<u64>) -> Fault {
    Fault::RateLimited { retry_after: milliseconds.map(Duration::from_millis) }
}

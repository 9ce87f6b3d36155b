//! The gateway's own failures, as the SDKs want them.

use std::time::Duration;

use dialect::{Code, Dialect, Endpoint, Gate, Verdict, Watch, envelope, envelope_for_later, stream_error};
use serde_json::{Value, json};

const STREAMS: [Endpoint; 4] =
    [Endpoint::ChatCompletions, Endpoint::Responses, Endpoint::Messages, Endpoint::StreamGenerateContent];

#[test]
fn openai_gets_all_four_keys() {
    let body = envelope(Dialect::OpenAi, Code::ModelNotFound, "no \"x\"", Some("model"), "req-1");
    let expected = json!({"error": {
        "message": "no \"x\"", "type": "invalid_request_error", "param": "model", "code": "model_not_found"
    }});
    assert_eq!(parsed(&body), expected);
    let bare = parsed(&envelope(Dialect::OpenAi, Code::Internal, "", None, ""));
    assert_eq!(bare["error"].as_object().unwrap().len(), 4);
}

#[test]
fn anthropic_gets_its_own_types_and_the_request_id() {
    let body = parsed(&envelope(Dialect::Anthropic, Code::RateLimitExceeded, "later", None, "req-1"));
    assert_eq!(body["type"], "error");
    assert_eq!(body["error"]["type"], "rate_limit_error");
    assert_eq!(body["error"]["message"], "later");
    assert_eq!(body["error"]["code"], "rate_limit_exceeded");
    assert_eq!(body["request_id"], "req-1");
}

#[test]
fn google_gets_a_status_by_name_and_what_is_more_specific_beside_it() {
    let body = parsed(&envelope(Dialect::Google, Code::ModelNotFound, "no x", Some("model"), "req-1"));
    let expected = json!({"error": {"code": 404, "message": "no x", "status": "NOT_FOUND", "details": [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "model_not_found"},
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": "model", "description": "no x"}],
        },
    ]}});
    assert_eq!(body, expected);
    let wait = Duration::from_secs(7);
    let later = parsed(&envelope_for_later(Dialect::Google, Code::RateLimitExceeded, "later", wait, ""));
    assert_eq!(later["error"]["status"], "RESOURCE_EXHAUSTED");
    let hint = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"});
    assert_eq!(later["error"]["details"][1], hint);
    for (dialect, code) in [(Dialect::OpenAi, Code::NoTargetAvailable), (Dialect::Anthropic, Code::Internal)]
    {
        let (now, later) =
            (envelope(dialect, code, "m", None, "r"), envelope_for_later(dialect, code, "m", wait, "r"));
        assert_eq!(now, later, "the others look for it in a header");
    }
}

#[test]
fn statuses_are_those_of_the_contract() {
    let rows = [
        (Code::InvalidApiKey, 401, "invalid_api_key"),
        (Code::EnvironmentMismatch, 403, "environment_mismatch"),
        (Code::ModelNotFound, 404, "model_not_found"),
        (Code::RequestTooLarge, 413, "request_too_large"),
        (Code::UpgradeNotSupported, 426, "upgrade_not_supported"),
        (Code::RateLimitExceeded, 429, "rate_limit_exceeded"),
        (Code::UpstreamUnreachable, 502, "upstream_unreachable"),
        (Code::NoTargetAvailable, 503, "no_target_available"),
        (Code::UpstreamTimeout, 504, "upstream_timeout"),
    ];
    for (code, status, name) in rows {
        assert_eq!((code.status(), code.name()), (status, name));
    }
    let names: std::collections::HashSet<_> = Code::ALL.into_iter().map(Code::name).collect();
    assert_eq!(names.len(), Code::ALL.len());
}

#[test]
fn a_stream_ends_with_one_error_event_wherever_it_was_cut() {
    for endpoint in STREAMS {
        let before: &[u8] = match endpoint {
            Endpoint::StreamGenerateContent => {
                b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]}}]}\n\n"
            }
            Endpoint::Messages => {
                b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{}}\n\n"
            }
            _ => b"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n",
        };
        for cut in 0..=before.len() {
            let mut watch = Watch::new(endpoint, true);
            watch.feed(&before[..cut]);
            let within = watch.within_event();
            let error = stream_error(endpoint, Code::StreamInterrupted, "the vendor's stream broke", within);
            assert!(!error.windows(6).any(|it| it == b"[DONE]"));
            watch.feed(&error);
            assert!(watch.failed(), "{endpoint:?} cut at {cut}");
            assert!(watch.between_events());
        }
    }
}

#[test]
fn a_stream_error_is_a_failure_to_the_next_gateway_too() {
    for endpoint in STREAMS {
        let verdict = Gate::new(endpoint).feed(&stream_error(endpoint, Code::UpstreamTimeout, "slow", true));
        assert!(matches!(verdict, Verdict::Failed(_)), "{endpoint:?}: {verdict:?}");
    }
}

fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

//! The commit point (DOMAIN 5, FAULTS 45): what is held, what commits, what fails over.

use dialect::{Endpoint, Gate, HOLD_LIMIT, Verdict};

const CHAT: Endpoint = Endpoint::ChatCompletions;
const GOOGLE: Endpoint = Endpoint::StreamGenerateContent;

#[test]
fn what_says_nothing_yet_is_held() {
    let rows = [
        (CHAT, ": ping\n\n"),
        (
            CHAT,
            ": OPENROUTER PROCESSING\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n",
        ),
        (CHAT, "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[],\"content\":null}}]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"content\":\"not yet ended\"}}]}\n"),
        (CHAT, "data: not json\n\n"),
        (Endpoint::Completions, "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":null}]}\n\n"),
        (
            Endpoint::Responses,
            "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"error\":null}}\n\n",
        ),
        (Endpoint::Responses, "data: {\"type\":\"response.in_progress\"}\n\n"),
        (
            Endpoint::Responses,
            "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"message\"}}\n\n",
        ),
        (
            Endpoint::Messages,
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n",
        ),
        (
            Endpoint::Messages,
            "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        ),
        (
            Endpoint::Messages,
            "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n",
        ),
        (GOOGLE, "data: {\"usageMetadata\":{\"promptTokenCount\":1}}\n\n"),
        (GOOGLE, "data: {\"candidates\":[{\"content\":{\"role\":\"model\"},\"index\":0}]}\n\n"),
        (
            GOOGLE,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\",\"thought\":true,\"thoughtSignature\":\"x\"}]}}]}\n\n",
        ),
        (GOOGLE, "data: {\"promptFeedback\":{\"safetyRatings\":[1]}}\n\n"),
    ];
    for (endpoint, stream) in rows {
        assert_eq!(Gate::new(endpoint).feed(stream.as_bytes()), Verdict::Hold, "{stream}");
    }
}

#[test]
fn the_first_content_reasoning_or_tool_commits() {
    let rows = [
        (CHAT, "data: {\"choices\":[{\"delta\":{\"content\":\"h\"}}]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"h\"}}]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"reasoning\":\"h\"}}]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"refusal\":\"no\"}}]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"thinking\"}]}}]}\r\n\r\n"),
        (CHAT, "\u{feff}data: {\"choices\":[{\"delta\":{\"content\":\"h\"}}]}\r\r"),
        (CHAT, "data: {\"choices\":[{\ndata: \"delta\":{\"content\":\"h\"}}]}\n\n"),
        (GOOGLE, "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"h\"}]}}]}\n\n"),
        (
            GOOGLE,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"h\",\"thought\":true}]},\"index\":1}]}\n\n",
        ),
        (
            GOOGLE,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]}}]}\n\n",
        ),
        // Empty, and still an answer.
        (GOOGLE, "data: {\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}\n\n"),
        (GOOGLE, "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"),
        (CHAT, "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\ndata: [DONE]\n\n"),
        (Endpoint::Completions, "data: {\"choices\":[{\"text\":\"h\"}]}\n\n"),
        (Endpoint::Responses, "data: {\"type\":\"response.output_text.delta\",\"delta\":\"h\"}\n\n"),
        (Endpoint::Responses, "data: {\"type\":\"response.reasoning_summary_text.delta\"}\n\n"),
        (
            Endpoint::Responses,
            "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\"}}\n\n",
        ),
        (Endpoint::Responses, "data: {\"type\":\"response.completed\",\"response\":{\"error\":null}}\n\n"),
        (Endpoint::Responses, "data: {\"type\":\"response.incomplete\"}\n\n"),
        (
            Endpoint::Messages,
            "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\"}}\n\n",
        ),
        (
            Endpoint::Messages,
            "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"tool_use\",\"name\":\"x\"}}\n\n",
        ),
        (
            Endpoint::Messages,
            "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
        ),
        (Endpoint::Audio, "data: {\"type\":\"transcript.text.delta\",\"delta\":\"h\"}\n\n"),
    ];
    for (endpoint, stream) in rows {
        assert_eq!(Gate::new(endpoint).feed(stream.as_bytes()), Verdict::Commit, "{stream}");
    }
}

#[test]
fn an_error_before_any_content_fails_with_the_status_it_stands_for() {
    let rows = [
        (CHAT, "data: {\"error\":{\"message\":\"m\",\"code\":\"rate_limit_exceeded\"}}\n\n", 429),
        (CHAT, "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}\n\n", 500),
        (CHAT, "data: {\"error\":{\"message\":\"m\",\"code\":\"invalid_api_key\"}}\n\n", 401),
        (CHAT, "data: {\"error\":{\"message\":\"m\",\"code\":\"context_length_exceeded\"}}\n\n", 400),
        (
            CHAT,
            "data: {\"error\":{\"message\":\"m\",\"code\":503},\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
            503,
        ),
        (CHAT, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}\n\n", 500),
        (CHAT, "event: error\ndata: oh no\n\n", 500),
        (
            CHAT,
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\ndata: {\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}\n\n",
            429,
        ),
        (CHAT, "data: [DONE]\n\n", 502),
        (
            Endpoint::Responses,
            "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}\n\n",
            429,
        ),
        (
            Endpoint::Responses,
            "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_is_overloaded\",\"message\":\"m\"}}}\n\n",
            529,
        ),
        (
            Endpoint::Messages,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
            529,
        ),
        (
            Endpoint::Messages,
            "event: message_start\ndata: {\"type\":\"message_start\"}\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}\n\n",
            500,
        ),
    ];
    for (endpoint, stream, status) in rows {
        let Verdict::Failed(failure) = Gate::new(endpoint).feed(stream.as_bytes()) else {
            panic!("{stream}")
        };
        assert_eq!(failure.status, status, "{stream}");
        let body: serde_json::Value = serde_json::from_slice(&failure.body).unwrap();
        assert!(body["error"]["message"].is_string(), "{body}");
        assert_eq!(body["type"] == "error", endpoint == Endpoint::Messages);
    }
}

#[test]
fn what_is_no_stream_is_judged_when_it_is_complete() {
    let rows = [
        ("<html><body>502</body></html>", Some(502)),
        ("{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}", Some(429)),
        ("{\"choices\":[]}", Some(502)),
        ("[{\"error\":{\"code\":429,\"message\":\"m\"}}]", Some(429)),
        ("{\"choices\":[{\"message\":{\"content\":\"a plain answer\"}}]}", None),
    ];
    for (body, status) in rows {
        let mut gate = Gate::new(CHAT);
        assert_eq!(gate.feed(body.as_bytes()), Verdict::Hold, "{body}");
        let found = match gate.end() {
            Verdict::Failed(failure) => Some(failure.status),
            Verdict::Commit => None,
            Verdict::Hold => panic!("an end is never held"),
        };
        assert_eq!(found, status, "{body}");
    }
}

#[test]
fn an_end_before_any_content_is_a_failure() {
    for stream in [
        "",
        "\n\n",
        ": ping\n\n",
        "data: not json\n\n",
        "null",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n",
    ] {
        let mut gate = Gate::new(CHAT);
        assert_eq!(gate.feed(stream.as_bytes()), Verdict::Hold);
        assert!(matches!(gate.end(), Verdict::Failed(failure) if failure.status == 502), "{stream}");
    }
}

#[test]
fn a_last_event_without_its_blank_line_counts() {
    let mut gate = Gate::new(CHAT);
    assert_eq!(gate.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"h\"}}]}"), Verdict::Hold);
    assert_eq!(gate.end(), Verdict::Commit);
}

#[test]
fn no_more_is_held_than_the_limit() {
    let mut gate = Gate::new(CHAT);
    let comment = format!(":{}\n", "x".repeat(HOLD_LIMIT - 2));
    assert_eq!(gate.feed(comment.as_bytes()), Verdict::Hold);
    assert_eq!(gate.feed(b"\n"), Verdict::Commit);
    // The verdict stays, whatever follows.
    assert_eq!(gate.feed(b"data: {\"error\":{\"message\":\"m\"}}\n\n"), Verdict::Commit);
}

//! What a stream says on its way past.

use dialect::{Endpoint, Usage, Watch};

const CHAT: Endpoint = Endpoint::ChatCompletions;

#[test]
fn a_chat_tells_its_usage_and_its_end() {
    let watch = watched(
        CHAT,
        "data: {\"choices\":[{\"delta\":{\"content\":\"say \\\"usage\\\":{\"},\"finish_reason\":null}],\"usage\":null}\n\n\
         data: {\"choices\":[{\"delta\":{},\"finish_reason\": \"stop\"}]}\n\n\
         data: {\"choices\":[],\"usage\": {\"prompt_tokens\":12,\"completion_tokens\":34,\"prompt_tokens_details\":{\"cached_tokens\":5},\"completion_tokens_details\":{\"reasoning_tokens\":6}}}\n\n\
         data: [DONE]\n\n",
    );
    assert_eq!(watch.usage(), Some(Usage { input: 12, output: 34, cached: 5, reasoning: 6 }));
    assert!(watch.finished() && !watch.failed() && watch.between_events());
}

#[test]
fn usage_on_every_chunk_is_a_running_total() {
    let watch = watched(
        CHAT,
        "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\ndata: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9}}\n\ndata: {\"x_groq\":{\"usage\":{\"prompt_tokens\":4}}}\n\n",
    );
    assert_eq!(watch.usage(), Some(Usage { input: 4, output: 9, cached: 0, reasoning: 0 }));
    assert!(!watch.finished());
}

#[test]
fn messages_tell_the_input_first_and_the_output_last() {
    let watch = watched(
        Endpoint::Messages,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":100,\"cache_creation_input_tokens\":7,\"output_tokens\":1}}}\n\n\
         event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"hi\"}}\n\n\
         event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":42}}\n\n",
    );
    assert_eq!(watch.usage(), Some(Usage { input: 117, output: 42, cached: 100, reasoning: 0 }));
    assert!(watch.finished());
}

#[test]
fn googles_answers_tell_the_total_so_far_and_the_last_one_a_reason() {
    let event = |text: &str, reason: &str, output: u64| {
        format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}},\"index\":0{reason}}}],\"usageMetadata\":{{\"promptTokenCount\":8,\"candidatesTokenCount\":{output},\"thoughtsTokenCount\":2}}}}\r\n\r\n"
        )
    };
    let begun = watched(Endpoint::StreamGenerateContent, &event("\\\"finishReason\\\":\\\"STOP\\\"", "", 1));
    assert!(!begun.finished() && !begun.failed() && begun.between_events());
    assert_eq!(begun.usage(), Some(Usage { input: 8, output: 3, cached: 0, reasoning: 2 }));
    for padding in [0, 100_000] {
        let last = event(&"x".repeat(padding), ",\"finishReason\":\"STOP\"", 5);
        let watch = watched(Endpoint::StreamGenerateContent, &(event("a", "", 1) + &last));
        assert!(watch.finished() && !watch.said_all() && !watch.failed(), "{padding}");
        assert_eq!(watch.usage(), Some(Usage { input: 8, output: 7, cached: 0, reasoning: 2 }), "{padding}");
    }
    let failed = watched(
        Endpoint::StreamGenerateContent,
        &(event("a", "", 1) + "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}\n\n"),
    );
    assert!(failed.failed() && !failed.finished());
}

#[test]
fn responses_tell_everything_at_the_end_however_large_it_is() {
    for padding in [0, 10_000, 70_000, 5_000_000] {
        let text = "x".repeat(padding);
        let stream = format!(
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\"}}\n\n\
             event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{{\"output\":[\"{text}\"],\"usage\":{{\"input_tokens\":8,\"input_tokens_details\":{{\"cached_tokens\":2}},\"output_tokens\":5,\"output_tokens_details\":{{\"reasoning_tokens\":1}}}},\"user\":null}}}}\n\n"
        );
        let watch = watched(Endpoint::Responses, &stream);
        assert_eq!(watch.usage(), Some(Usage { input: 8, output: 5, cached: 2, reasoning: 1 }), "{padding}");
        assert!(watch.finished(), "{padding}");
    }
}

#[test]
fn what_is_finished_may_go_on_and_what_is_closed_may_not() {
    let rows = [
        (CHAT, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", "data: [DONE]\n\n"),
        (
            Endpoint::Messages,
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ),
        (
            Endpoint::Responses,
            "event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\"}\n\n",
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{}}\n\n",
        ),
    ];
    for (endpoint, before, last) in rows {
        let mut watch = watched(endpoint, before);
        assert!(!watch.said_all(), "{endpoint:?}");
        watch.feed(last.as_bytes());
        assert!(watch.finished() && watch.said_all(), "{endpoint:?}");
    }
}

#[test]
fn an_error_on_the_way_is_noticed() {
    let rows = [
        (CHAT, "data: {\"error\":{\"message\":\"m\"}}\n\n"),
        (Endpoint::Responses, "data: {\"type\":\"response.failed\",\"response\":{}}\n\n"),
        (Endpoint::Messages, "event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n"),
    ];
    for (endpoint, stream) in rows {
        let watch = watched(endpoint, stream);
        assert!(watch.failed() && !watch.finished(), "{stream}");
    }
}

#[test]
fn malformed_events_pass_without_a_word() {
    let watch = watched(CHAT, "data: {\"choices\":[{\"finish_reason\":\"st\n\ndata: [DONE]\n\n");
    assert!(watch.finished() && !watch.failed());
}

#[test]
fn a_cut_inside_an_event_is_known() {
    assert!(!watched(CHAT, "data: {\"choi").between_events());
    assert!(!watched(CHAT, "data: {}\n").between_events());
    assert!(watched(CHAT, "data: {}\n\n").between_events());
    assert!(watched(CHAT, "").between_events());
}

#[test]
fn only_the_last_word_says_that_nothing_follows() {
    let finish = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
    let rows = [
        (CHAT, finish, false),
        (CHAT, "data: [DONE]\n\n", true),
        (
            Endpoint::Messages,
            "event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
            false,
        ),
        (Endpoint::Messages, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", true),
        (Endpoint::Responses, "data: {\"type\":\"response.completed\"}\n\n", true),
    ];
    for (endpoint, stream, expected) in rows {
        let watch = watched(endpoint, stream);
        assert!(watch.finished(), "{stream}");
        assert_eq!(watch.said_all(), expected, "{stream}");
    }
}

#[test]
fn a_name_alone_is_not_an_event_that_has_to_be_ended() {
    assert!(!watched(CHAT, "event: message_delta\n").within_event());
    assert!(watched(CHAT, "event: message_de").within_event());
    assert!(watched(CHAT, "data: {}\n").within_event());
    assert!(!watched(CHAT, "data: {}\n\n").within_event());
}

#[test]
fn a_missing_done_or_blank_line_is_no_loss() {
    let mut watch =
        watched(CHAT, "data: {\"choices\":[{\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":1}}");
    assert!(!watch.finished());
    watch.end();
    assert!(watch.finished() && watch.usage().is_some());
}

#[test]
fn a_plain_body_tells_its_usage() {
    for padding in [0, 200_000] {
        let body = format!(
            "{{\"choices\":[\"{}\"],\"usage\":{{\"prompt_tokens\":7,\"completion_tokens\":2}}}}",
            "x".repeat(padding)
        );
        let mut watch = Watch::new(CHAT, false);
        body.as_bytes().chunks(1000).for_each(|it| watch.feed(it));
        assert_eq!(watch.usage(), Some(Usage { input: 7, output: 2, cached: 0, reasoning: 0 }));
    }
}

fn watched(endpoint: Endpoint, stream: &str) -> Watch {
    let mut watch = Watch::new(endpoint, true);
    watch.feed(stream.as_bytes());
    watch
}

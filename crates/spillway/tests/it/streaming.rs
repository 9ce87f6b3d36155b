//! Streams: byte-identical, failing over until the first content, ended properly when they break, and backed by
//! nothing more than one chunk.

use std::time::{Duration, Instant};

use simulator::{
    ErrorClass, Script, Step,
    client::{self, Connection},
    script::{ErrorIn200, GoodOverrides},
};

use crate::support::{PATIENCE, Spillway, calls, chat, scripted, until, vendor};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test]
async fn a_streamed_answer_is_byte_identical_to_the_vendors() {
    let spillway = Spillway::start();
    let one = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    for (path, body) in [
        ("/v1/chat/completions", chat(true)),
        ("/v1/completions", serde_json::json!({"model": "m", "prompt": "Hé 🦀", "stream": true})),
        ("/v1/responses", serde_json::json!({"model": "m", "input": "Hé 🦀", "stream": true})),
        (
            "/v1/messages",
            serde_json::json!({"model": "m", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": "Hé 🦀"}]}),
        ),
    ] {
        one.clear_log();
        let through = spillway.post(&format!("/ai{path}"), &body).await;
        assert_eq!(through.status, 200, "{path}: {}", through.text());
        assert!(through.complete);
        let seen = one.log().remove(0);
        assert_eq!(seen.body, body.to_string().into_bytes(), "{path}: the request is passed on byte by byte");
        let direct = client::post_json(one.addr(), path, &[], &body.to_string()).await.unwrap();
        // Ids number the vendor's attempts; everything else is the same.
        assert_eq!(without_digits(&through.text()), without_digits(&direct.text()), "{path}");
    }
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|it| !it.is_ascii_digit()).collect()
}

#[tokio::test]
async fn a_stream_cut_into_single_bytes_arrives_whole() {
    let spillway = Spillway::start();
    let overrides =
        GoodOverrides { split_at: Some(1), text: Some("日本語 🦀 é".to_owned()), ..Default::default() };
    let one = scripted("one", Script::always([Step::Good(overrides)])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let answer = spillway.chat_streamed("ai").await;
    assert_eq!(answer.status, 200);
    let text: String = answer
        .event_data()
        .iter()
        .filter_map(|it| it["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    // A short text is padded with dots to the number of chunks.
    assert_eq!(text.trim_end_matches('.'), "日本語 🦀 é");
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_stream_that_breaks_after_its_first_content_ends_with_an_error_event_and_no_done() {
    for (overrides, follow) in [
        (GoodOverrides { cut_after_chunks: Some(3), ..Default::default() }, None),
        (GoodOverrides { cut_after_chunks: Some(3), ..Default::default() }, Some(Step::Rst)),
    ] {
        let spillway = Spillway::start();
        let steps: Vec<Step> = std::iter::once(Step::Good(overrides)).chain(follow).collect();
        let one = scripted("one", Script::always(steps)).await;
        let other = vendor("other").await;
        spillway.upstream("ai", &["algorithm=priority"]).await;
        spillway.target("ai", &one, &[]).await;
        spillway.target("ai", &other, &[]).await;
        let answer = spillway.chat_streamed("ai").await;
        assert_eq!(answer.status, 200);
        let events = answer.event_data();
        let last = events.last().expect("events");
        assert_eq!(last["error"]["code"], "stream_interrupted", "{}", answer.text());
        assert!(!answer.text().contains("[DONE]"));
        assert_eq!(calls(&other), 0, "after the first byte there is no other try");
        until("it is counted as broken", || async {
            spillway.metric("spillway_attempts_total", &["outcome=\"broken\""]).await >= 1.0
        })
        .await;
    }
}

#[tokio::test]
async fn a_stream_that_falls_silent_ends_after_the_idle_limit() {
    let spillway = Spillway::start();
    let overrides = GoodOverrides { stall_after_chunks: Some(2), ..Default::default() };
    let one = scripted("one", Script::always([Step::Good(overrides)])).await;
    spillway.upstream("ai", &["timeouts.idle=0.2"]).await;
    spillway.target("ai", &one, &[]).await;
    let answer = spillway.chat_streamed("ai").await;
    assert_eq!(answer.event_data().last().unwrap()["error"]["code"], "upstream_timeout", "{}", answer.text());
    until("the vendor is let go", || async { one.log()[0].client_gone_at_ms.is_some() }).await;
}

#[tokio::test]
async fn a_stream_without_done_is_whole_once_it_has_said_how_it_finished() {
    let spillway = Spillway::start();
    let overrides = GoodOverrides { no_done: true, ..Default::default() };
    let one = scripted("one", Script::always([Step::Good(overrides)])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let answer = spillway.chat_streamed("ai").await;
    assert!(answer.complete && !answer.text().contains("error"), "{}", answer.text());
}

#[tokio::test]
async fn an_error_after_the_role_chunk_still_fails_over() {
    let spillway = Spillway::start();
    let error = ErrorIn200 { class: ErrorClass::Overloaded, after_opening: true };
    let one = scripted("one", Script::always([Step::ErrorIn200(error)])).await;
    let other = vendor("other").await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    spillway.target("ai", &one, &[]).await;
    spillway.target("ai", &other, &[]).await;
    let answer = spillway.chat_streamed("ai").await;
    assert_eq!(answer.header("x-spillway-attempts"), Some("2"));
    assert!(!answer.text().contains("error"), "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_the_vendors_work_within_a_hundred_milliseconds() {
    let stalls = Step::Good(GoodOverrides { stall_after_chunks: Some(1), ..Default::default() });
    for (step, stream) in [(Step::Hang, false), (Step::HangHeaders, true), (stalls, true)] {
        let spillway = Spillway::start();
        let one = scripted("one", Script::always([step.clone()])).await;
        spillway.upstream("ai", &[]).await;
        spillway.target("ai", &one, &[]).await;
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        let body = chat(stream).to_string();
        connection.send("POST", "/ai/v1/chat/completions", &JSON, body.as_bytes()).await.unwrap();
        until("the vendor has it", || async { calls(&one) == 1 }).await;
        let left = Instant::now();
        drop(connection);
        until("the vendor sees it", || async { one.log()[0].client_gone_at_ms.is_some() }).await;
        // Generous against a busy machine, far below any time limit that could be the reason instead.
        assert!(left.elapsed() < Duration::from_secs(2), "{step:?}: {:?}", left.elapsed());
        until("nothing is in flight", || async {
            spillway.metric("spillway_in_flight", &["upstream=\"ai\""]).await == 0.0
        })
        .await;
        let health = spillway.health("ai", &one).await;
        assert_eq!(health["health"], "HEALTHY", "a client that leaves blames nobody");
        assert_eq!(spillway.metric("spillway_attempts_total", &["outcome=\"client_gone\""]).await, 1.0);
    }
}

#[tokio::test]
async fn a_slow_reader_slows_the_vendor_and_nothing_piles_up() {
    let spillway = Spillway::start();
    let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}", "x".repeat(16 << 10));
    let answer = simulator::script::SseAnswer { events: vec![event], repeat: 4096, ..Default::default() };
    let one = scripted("one", Script::always([Step::Sse(answer)])).await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &one, &[]).await;
    let before = spillway.resident_bytes();
    let mut connection = Connection::connect_narrow(spillway.proxy, 4096).await.unwrap();
    let body = chat(true).to_string();
    connection.send("POST", "/ai/v1/chat/completions", &JSON, body.as_bytes()).await.unwrap();
    connection.read_raw(1024).await.unwrap();
    // The vendor has 64 MiB to say. It is done pushing once what it has sent stands still.
    let sent = || one.log()[0].bytes_sent;
    let mut last = 0;
    let mut still = 0;
    let started = Instant::now();
    while still < 20 {
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
        still = if sent() == last { still + 1 } else { 0 };
        last = sent();
    }
    assert!(last < 32 << 20, "the vendor could send {last} bytes to somebody who does not read");
    let grown = spillway.resident_bytes().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes piled up");
}

//! Streams that go wrong go wrong in the way that was asked for.

use std::time::{Duration, Instant};

use simulator::script::{GoodOverrides, SseAnswer};
use simulator::{Script, Step, client};

use crate::{CHAT, PLAIN, STREAM, good, played, until, vendor};

#[tokio::test]
async fn a_cut_stream_lacks_its_end() {
    let response =
        good(GoodOverrides { cut_after_chunks: Some(3), ..GoodOverrides::default() }, STREAM).await;
    assert_eq!((response.event_data().len(), response.complete), (1 + 3, false));
    assert_eq!(response.broken, None, "cut by FIN");
}

#[tokio::test]
async fn a_cut_may_be_a_reset() {
    let cut = GoodOverrides { cut_after_chunks: Some(2), ..GoodOverrides::default() };
    let response = played([Step::Good(cut), Step::Rst], STREAM).await.unwrap();
    assert_eq!((response.complete, response.broken), (false, Some(std::io::ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_cut_plain_answer_has_half_its_body() {
    let response = good(GoodOverrides { cut_after_chunks: Some(0), ..GoodOverrides::default() }, PLAIN).await;
    let promised: usize = response.header("content-length").unwrap().parse().unwrap();
    assert_eq!((response.body.len(), response.complete), (promised / 2, false));
}

#[tokio::test]
async fn a_stream_may_lack_done_or_its_last_chunk_or_both() {
    let no_done = good(GoodOverrides { no_done: true, ..GoodOverrides::default() }, STREAM).await;
    assert!(no_done.complete && !no_done.text().contains("[DONE]"));
    let open = played([Step::NoFinalChunk], STREAM).await.unwrap();
    assert!(!open.complete && open.text().ends_with("data: [DONE]\n\n"));
    let plain = played([Step::NoFinalChunk], PLAIN).await.unwrap();
    assert!(!plain.complete && plain.json()["object"] == "chat.completion");
}

#[tokio::test]
async fn an_error_event_may_end_a_stream_in_the_middle() {
    let response =
        good(GoodOverrides { error_after_chunks: Some(2), ..GoodOverrides::default() }, STREAM).await;
    let data = response.event_data();
    assert_eq!((data.len(), response.complete), (1 + 2 + 1, true));
    assert!(data[3]["error"].is_object() && !response.text().contains("[DONE]"));
}

#[tokio::test]
async fn a_stalled_stream_waits_for_the_client_to_leave() {
    let stall = GoodOverrides { stall_after_chunks: Some(2), ..GoodOverrides::default() };
    let vendor = vendor(Script::always([Step::Good(stall)])).await;
    let mut stream = client::stream(vendor.addr(), "POST", CHAT, &[], STREAM.as_bytes()).await.unwrap();
    for _ in 0..3 {
        assert!(stream.next().await.is_some());
    }
    assert_eq!(vendor.log()[0].client_gone_at_ms, None);
    drop(stream);
    until("the client's leaving is noticed", || vendor.log()[0].client_gone_at_ms.is_some()).await;
    until("nothing is in flight", || vendor.state().in_flight == 0).await;
}

#[tokio::test]
async fn the_first_token_and_the_chunks_take_their_time() {
    let slow = GoodOverrides {
        first_token_delay_ms: Some(80),
        chunk_delay_ms: Some(20),
        chunks: Some(4),
        ..GoodOverrides::default()
    };
    let vendor = vendor(Script::always([Step::Good(slow)])).await;
    let started = Instant::now();
    let mut stream = client::stream(vendor.addr(), "POST", CHAT, &[], STREAM.as_bytes()).await.unwrap();
    let mut times = Vec::new();
    while let Some(chunk) = stream.next().await {
        times.push(chunk.at - started);
    }
    assert!(times[0] >= Duration::from_millis(80), "{times:?}");
    assert!(times[times.len() - 1] >= Duration::from_millis(80 + 3 * 20), "{times:?}");
}

#[tokio::test]
async fn split_answers_are_the_same_bytes() {
    let text = Some("grüße 🎉 日本語".to_owned());
    let split = GoodOverrides { split_at: Some(1), text: text.clone(), ..GoodOverrides::default() };
    for body in [STREAM, PLAIN] {
        let whole = good(GoodOverrides { text: text.clone(), ..GoodOverrides::default() }, body).await;
        assert_eq!(good(split.clone(), body).await.body, whole.body);
    }
}

#[tokio::test]
async fn scripted_events_are_written_as_given_and_may_be_followed_by_anything() {
    let sse = |events: &[&str]| {
        let events = events.iter().map(|it| (*it).to_owned()).collect();
        Step::Sse(SseAnswer { events, ..SseAnswer::default() })
    };
    let response =
        played([sse(&["data: 1"]), Step::SleepMs(5), sse(&[": c", "data: 2"])], STREAM).await.unwrap();
    assert_eq!((response.text().as_str(), response.complete), ("data: 1\n\n: c\n\ndata: 2\n\n", true));
    let response = played([sse(&["data: 1"]), Step::NoFinalChunk], STREAM).await.unwrap();
    assert_eq!((response.text().as_str(), response.complete), ("data: 1\n\n", false));
    let response = played([sse(&["data: 1"]), Step::Fin], STREAM).await.unwrap();
    assert!(!response.complete);
}

//! What happens to the connection: resets, hangs, early answers, refusals, slow readers.

use std::time::Duration;

use simulator::client::{self, Connection};
use simulator::script::{BytesAnswer, GoodOverrides};
use simulator::{Rule, Script, Step};

use crate::{CHAT, PLAIN, STREAM, played, until, vendor};

#[tokio::test]
async fn a_reset_is_a_reset_and_a_fin_is_a_fin() {
    let reset = played([Step::Rst], PLAIN).await.unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    let fin = played([Step::Fin], PLAIN).await.unwrap_err();
    assert_eq!(fin.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_hang_says_nothing_until_the_client_leaves() {
    for step in [Step::Hang, Step::HangHeaders, Step::SleepMs(60_000)] {
        let vendor = vendor(Script::always([step.clone()])).await;
        let connection = Connection::connect(vendor.addr()).await.unwrap();
        let mut connection = connection.with_deadline(Duration::from_millis(100));
        connection.send("POST", CHAT, &[], STREAM.as_bytes()).await.unwrap();
        let late = |error: std::io::Error| error.kind() == std::io::ErrorKind::TimedOut;
        match step {
            Step::HangHeaders => {
                let mut stream = connection.streaming().await.unwrap();
                assert_eq!(stream.response().status, 200);
                assert!(stream.next().await.is_none());
                assert_eq!(stream.response().broken, Some(std::io::ErrorKind::TimedOut));
            }
            _ => {
                assert!(connection.response().await.is_err_and(late));
                drop(connection);
            }
        }
        until("the client's leaving is noticed", || vendor.log()[0].client_gone_at_ms.is_some()).await;
    }
}

#[tokio::test]
async fn a_client_that_resets_is_noticed_too() {
    let vendor = vendor(Script::always([Step::Hang])).await;
    let mut connection = Connection::connect(vendor.addr()).await.unwrap();
    connection.send("POST", CHAT, &[], PLAIN.as_bytes()).await.unwrap();
    until("the request is read", || vendor.log().first().is_some_and(|it| it.body_len > 0)).await;
    connection.reset().unwrap();
    until("the client's leaving is noticed", || vendor.log()[0].client_gone_at_ms.is_some()).await;
}

#[tokio::test]
async fn an_answer_may_come_before_the_body() {
    let vendor = vendor(Script::always([Step::AnswerBeforeBody(413)])).await;
    let mut connection = Connection::connect(vendor.addr()).await.unwrap();
    connection.send("POST", CHAT, &[("content-length", "1000000")], b"{").await.unwrap();
    let response = connection.response().await.unwrap();
    assert_eq!((response.status, response.header("connection")), (413, Some("close")));
    assert_eq!(vendor.log()[0].body_len, 0);
    assert!(connection.closed().await);
}

#[tokio::test]
async fn a_vendor_may_leave_after_the_head_or_after_part_of_the_body() {
    for (first, expected) in [(Step::ReadHead, 0), (Step::ReadBody(10), 10)] {
        let vendor = vendor(Script::always([first, Step::Rst])).await;
        assert!(client::post_json(vendor.addr(), CHAT, &[], PLAIN).await.is_err());
        let attempt = &vendor.log()[0];
        assert_eq!(attempt.model, None);
        assert_eq!((attempt.body_len, attempt.status), (expected, None));
    }
}

#[tokio::test]
async fn the_keep_alive_race_can_be_had_by_chance_and_for_certain() {
    let close_idle = vendor(Script::always([Step::CloseIdleAfterAnswer])).await;
    let mut connection = Connection::connect(close_idle.addr()).await.unwrap();
    let response = connection.request("POST", CHAT, &[], PLAIN.as_bytes()).await.unwrap();
    assert_eq!((response.status, response.header("connection")), (200, None));
    assert!(connection.closed().await);

    let mut rule = Rule::always([Step::Fin]);
    rule.when.reused = Some(true);
    let certain = vendor(vec![rule].into()).await;
    let mut connection = Connection::connect(certain.addr()).await.unwrap();
    assert_eq!(connection.request("POST", CHAT, &[], PLAIN.as_bytes()).await.unwrap().status, 200);
    let race = connection.request("POST", CHAT, &[], PLAIN.as_bytes()).await.unwrap_err();
    assert_eq!(race.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn garbage_is_no_http() {
    let error = played([Step::Garbage], PLAIN).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn raw_bytes_are_written_in_pieces() {
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n🎉".to_owned();
    let bytes = BytesAnswer { text, split_at: 3, every_ms: 1 };
    let response = played([Step::Bytes(bytes)], PLAIN).await.unwrap();
    assert_eq!((response.text().as_str(), response.complete), ("🎉", true));
}

#[tokio::test]
async fn an_endless_error_body_waits_for_who_reads_slowly() {
    let vendor = vendor(Script::always([Step::EndlessErrorBody])).await;
    let mut connection = Connection::connect_narrow(vendor.addr(), 4096).await.unwrap();
    connection.send("POST", CHAT, &[], PLAIN.as_bytes()).await.unwrap();
    assert!(connection.read_raw(12).await.unwrap().starts_with(b"HTTP/1.1 500"));
    let sent = || vendor.log()[0].bytes_sent;
    let mut before = 0;
    let full = || {
        let now = sent();
        std::mem::replace(&mut before, now) == now
    };
    until("the vendor has to wait", full).await;
    let waiting_at = sent();
    assert!(waiting_at < 16 << 20, "the kernel's buffers are all there is: {waiting_at}");
    for _ in 0..1000 {
        connection.read_raw(16 << 10).await.unwrap();
    }
    until("it goes on", || sent() > waiting_at).await;
    drop(connection);
    until("the client's leaving is noticed", || vendor.log()[0].client_gone_at_ms.is_some()).await;
}

#[tokio::test]
async fn refusing_closes_idle_connections_and_keeps_the_port() {
    let vendor = vendor(Script::good()).await;
    let mut idle = Connection::connect(vendor.addr()).await.unwrap();
    idle.request("POST", CHAT, &[], PLAIN.as_bytes()).await.unwrap();
    for _ in 0..3 {
        vendor.refuse(true).await.unwrap();
        let refused = Connection::connect(vendor.addr()).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(vendor.state().refusing);
        vendor.refuse(false).await.unwrap();
        assert_eq!(client::get(vendor.addr(), "/health").await.unwrap().status, 200);
    }
    assert!(idle.closed().await);
}

#[tokio::test]
async fn a_refusing_vendor_finishes_what_it_is_answering() {
    let slow = GoodOverrides { first_token_delay_ms: Some(100), ..GoodOverrides::default() };
    let vendor = vendor(Script::always([Step::Good(slow)])).await;
    let stream = client::stream(vendor.addr(), "POST", CHAT, &[], STREAM.as_bytes()).await.unwrap();
    vendor.refuse(true).await.unwrap();
    assert!(stream.rest().await.complete);
}

#[tokio::test]
async fn a_dropped_vendor_is_gone() {
    let vendor = vendor(Script::always([Step::Hang])).await;
    let addr = vendor.addr();
    let mut connection = Connection::connect(addr).await.unwrap();
    connection.send("POST", CHAT, &[], PLAIN.as_bytes()).await.unwrap();
    drop(vendor);
    assert!(connection.closed().await);
    assert!(Connection::connect(addr).await.is_err());
}

//! Bodies that are too large to hold: a beginning that was read, and the rest as it comes.

use std::{io::Write, sync::mpsc::channel};

use super::{
    wire::{OK, STREAMED, check_ok, incoming, read_request, recording, sender, vendor},
    *,
};

/// `hello world` with this in front.
async fn streamed(head: [&'static str; 3]) -> Streamed {
    Streamed::new(head.map(Bytes::from), ClientBody::new(incoming(STREAMED).await, u64::MAX))
}

#[tokio::test]
async fn what_was_read_of_a_streamed_body_goes_out_in_front() {
    let (address, requests) = recording(b"world");
    let body = Outgoing::Stream(streamed(["oh", "", ", "]).await, Some(15));
    check_ok(post(&sender(), &address, body).await);
    let request = requests.recv().unwrap();
    assert!(request.ends_with("\r\ncontent-length: 15\r\n\r\noh, hello world"), "{request}");

    let (address, requests) = recording(b"0\r\n\r\n");
    let body = Outgoing::Stream(streamed(["oh", "", ", "]).await, None);
    check_ok(post(&sender(), &address, body).await);
    let request = requests.recv().unwrap();
    assert!(request.contains("\r\n\r\n2\r\noh\r\n2\r\n, \r\n"), "{request}");
}

#[tokio::test]
async fn a_streamed_body_gets_a_fresh_connection_because_it_cannot_be_sent_again() {
    let (told, requests) = channel();
    let address = vendor(move |count, mut stream| {
        while read_request(&mut stream).is_some() {
            told.send(count).unwrap();
            stream.write_all(OK).unwrap();
        }
    });
    let sender = sender();
    check_ok(post(&sender, &address, pieces("hello")).await);
    check_ok(post(&sender, &address, Outgoing::Stream(streamed([""; 3]).await, Some(11))).await);
    check_ok(post(&sender, &address, pieces("hello")).await);
    assert_eq!(requests.try_iter().collect::<Vec<_>>(), [0, 1, 1]);
}

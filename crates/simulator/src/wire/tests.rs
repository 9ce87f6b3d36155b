//! What is read does not depend on how it arrives, and nothing that arrives can make the reader panic.

use proptest::prelude::*;
use tokio::io::DuplexStream;

use super::*;

impl Link for DuplexStream {
    fn reset_on_drop(&mut self) {}
}

/// Two requests, one with a chunked body and one with a length, as the reader sees them.
const REQUESTS: &[u8] = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
    5;ext=1\r\nhello\r\nc\r\n, \r\n world\xff\xfe\r\n0\r\nX-Trailer: t\r\n\r\n\
    POST /d HTTP/1.1\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc";

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime without IO").block_on(work)
}

/// Reads requests until there are no more; each as its target, its body and whether the connection stays.
async fn read(pieces: Vec<Vec<u8>>) -> Vec<(String, Vec<u8>, bool)> {
    let (mut client, server) = tokio::io::duplex(64);
    let writer = tokio::spawn(async move {
        for piece in pieces {
            if client.write_all(&piece).await.is_err() {
                return; // The reader has had enough.
            }
            tokio::task::yield_now().await;
        }
    });
    let mut wire = Wire::new(server);
    let mut requests = Vec::new();
    while let Ok(head) = wire.read_head().await {
        let mut body = Body::default();
        if wire.read_body(&mut body, None).await.is_err() {
            break;
        }
        assert!(wire.at_message_end());
        requests.push((head.target, body.bytes, head.keep_alive));
    }
    drop(wire);
    writer.await.expect("the writer does not panic");
    requests
}

fn cut(bytes: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_same_requests_are_read(sizes in prop::collection::vec(1_usize..40, 1..20)) {
        let requests = block_on(read(cut(REQUESTS, &sizes)));
        let expected = vec![
            ("/a?b=c".to_owned(), b"hello, \r\n world\xff\xfe".to_vec(), true),
            ("/d".to_owned(), b"abc".to_vec(), false),
        ];
        prop_assert_eq!(requests, expected);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        at in 0..REQUESTS.len(),
        sizes in prop::collection::vec(1_usize..40, 1..5),
    ) {
        let mut bytes = REQUESTS[..at].to_vec();
        bytes.extend_from_slice(&noise);
        bytes.extend_from_slice(&REQUESTS[at..]);
        block_on(read(cut(&bytes, &sizes)));
    }
}

#[test]
fn a_chunk_that_is_longer_than_it_says_is_the_end() {
    let longer = b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n".to_vec();
    assert_eq!(block_on(read(vec![longer])), []);
}

#[test]
fn the_peers_leaving_is_noticed_while_waiting_and_while_writing() {
    block_on(async {
        let (client, server) = tokio::io::duplex(8);
        let mut wire = Wire::new(server);
        assert!(wire.pause(Duration::from_millis(1)).await.is_ok());
        drop(client);
        assert!(wire.pause(Duration::from_secs(3600)).await.is_err());

        let (client, server) = tokio::io::duplex(8);
        let mut wire = Wire::new(server);
        let (written, ()) = tokio::join!(wire.write_all(&[0; 100]), async { drop(client) });
        assert!(written.is_err());
    });
}

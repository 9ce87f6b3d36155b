//! Over real sockets: connections kept, lost, raced, cancelled.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

use http_body_util::Empty;
use hyper_util::rt::TokioIo;

use super::*;

/// How long anything may take that should happen at once.
const DEADLINE: Duration = Duration::from_secs(5);
/// How soon a vendor must see that nobody listens any more (FAULTS P12).
const CANCELLED_WITHIN: Duration = Duration::from_millis(100);

pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A vendor that treats its n-th connection with `serve(n, connection)`, each on a thread; its address.
pub(super) fn vendor(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Arc<Address> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (count, stream) in listener.incoming().enumerate() {
            let (serve, stream) = (Arc::clone(&serve), stream.unwrap());
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            thread::spawn(move || serve(count, stream));
        }
    });
    address("127.0.0.1", port)
}

/// One request with a body framed by content-length; `None` at the end of the connection.
pub(super) fn read_request(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut byte) = (Vec::new(), [0; 1]);
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

pub(super) fn sender() -> Sender {
    Sender::new(SenderSettings::new(false))
}

pub(super) fn check_ok(result: Result<Whole, SendError>) {
    assert_eq!(result.unwrap().body.unwrap(), b"ok");
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_complete_answer() {
    let (told, connections) = channel();
    let address = vendor(move |count, mut stream| {
        told.send(count).unwrap();
        while read_request(&mut stream).is_some() {
            stream.write_all(OK).unwrap();
        }
    });
    let sender = sender();
    for _ in 0..20 {
        check_ok(post(&sender, &address, pieces(r#"{"model":"m"}"#)).await);
    }
    assert_eq!(connections.try_iter().count(), 1);
}

#[tokio::test]
async fn an_idle_connection_that_the_vendor_closed_is_not_noticed_by_anybody() {
    let address = vendor(|_, mut stream| {
        read_request(&mut stream);
        stream.write_all(OK).unwrap();
    });
    let sender = sender();
    for _ in 0..50 {
        check_ok(post(&sender, &address, pieces("hello")).await);
    }
}

#[tokio::test]
async fn a_kept_connection_closed_under_a_request_costs_one_invisible_retry() {
    let (told, requests) = channel();
    let address = vendor(move |count, mut stream| {
        while let Some(request) = read_request(&mut stream) {
            told.send((count, request)).unwrap();
            if count == 0 && told_twice(&stream) {
                return;
            }
            stream.write_all(OK).unwrap();
        }
    });
    let sender = sender();
    for _ in 0..3 {
        check_ok(post(&sender, &address, pieces("hello")).await);
    }
    let requests: Vec<_> = requests.try_iter().collect();
    assert_eq!(requests.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [0, 0, 1, 1]);
    assert!(requests.iter().all(|(_, request)| request.ends_with("\r\n\r\nhello")));
}

/// Whether this is asked on the same connection for the second time; the time-to-live serves as its mark.
fn told_twice(stream: &TcpStream) -> bool {
    let is_marked = stream.ttl().unwrap() == 77;
    stream.set_ttl(77).unwrap();
    is_marked
}

#[tokio::test]
async fn a_fresh_connection_that_closes_is_the_vendors_failure() {
    let (told, connections) = channel();
    let address = vendor(move |count, mut stream| {
        told.send(count).unwrap();
        read_request(&mut stream);
    });
    let result = post(&sender(), &address, pieces("hello")).await;
    assert!(matches!(result, Err(SendError::Closed(_))), "{result:?}");
    assert_eq!(connections.try_iter().count(), 1);
}

#[tokio::test]
async fn a_kept_connection_that_breaks_inside_a_head_is_not_retried() {
    let address = vendor(|count, mut stream| {
        assert_eq!(count, 0);
        read_request(&mut stream);
        stream.write_all(OK).unwrap();
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 200").unwrap();
    });
    let sender = sender();
    check_ok(post(&sender, &address, pieces("hello")).await);
    let result = post(&sender, &address, pieces("hello")).await;
    assert!(matches!(result, Err(SendError::Closed(_))), "{result:?}");
}

#[tokio::test]
async fn an_address_that_changes_its_host_never_gets_the_old_ones_connections() {
    let answering = |body: &'static [u8]| {
        vendor(move |_, mut stream| {
            while read_request(&mut stream).is_some() {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n").unwrap();
                stream.write_all(body).unwrap();
            }
        })
    };
    let (old, new) = (answering(b"a"), answering(b"b"));
    assert_eq!(old.id, new.id);
    let sender = sender();
    for (address, body) in [(&old, b"a"), (&new, b"b"), (&old, b"a"), (&new, b"b")] {
        assert_eq!(post(&sender, address, pieces("x")).await.unwrap().body.unwrap(), body);
    }
}

/// A vendor that says `before`, then tells when it sees the end of the connection.
fn watching(before: &'static [u8]) -> (Arc<Address>, Receiver<Instant>) {
    let (told, ends) = channel();
    let address = vendor(move |_, mut stream| {
        read_request(&mut stream);
        stream.write_all(before).unwrap();
        let mut byte = [0; 1];
        if !matches!(stream.read(&mut byte), Ok(1)) {
            told.send(Instant::now()).unwrap();
        }
    });
    (address, ends)
}

#[tokio::test]
async fn dropping_the_wait_for_a_head_closes_the_connection_at_once() {
    let (address, ends) = watching(b"HTTP/1.1 100 Continue\r\n\r\n");
    let sender = sender();
    let waiting = post(&sender, &address, pieces("hello"));
    assert!(timeout(Duration::from_millis(200), waiting).await.is_err());
    let dropped = Instant::now();
    assert!(ends.recv_timeout(DEADLINE).unwrap().saturating_duration_since(dropped) < CANCELLED_WITHIN);
}

#[tokio::test]
async fn dropping_an_answer_midway_closes_the_connection_at_once() {
    let (address, ends) = watching(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n");
    let sender = sender();
    let mut answer = sender.send(exchange(&address, &Method::POST, pieces("x"))).await.unwrap();
    assert_eq!(answer.body.chunk().await.unwrap().unwrap(), "ok");
    let dropped = Instant::now();
    drop(answer);
    assert!(ends.recv_timeout(DEADLINE).unwrap().saturating_duration_since(dropped) < CANCELLED_WITHIN);
}

#[tokio::test]
async fn nothing_is_read_ahead_of_the_caller() {
    let (told, written) = channel();
    let address = vendor(move |_, mut stream| {
        read_request(&mut stream);
        socket2::SockRef::from(&stream).set_send_buffer_size(16 * 1024).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut total = 0;
        while let Ok(count) = stream.write(&[b'x'; 8192]) {
            total += count;
        }
        told.send(total).unwrap();
    });
    let sender = sender();
    let mut answer = sender.send(exchange(&address, &Method::POST, pieces("x"))).await.unwrap();
    let total = tokio::task::spawn_blocking(move || written.recv_timeout(DEADLINE).unwrap()).await.unwrap();
    assert!(total < 16 << 20, "{total} bytes fit into the kernel's buffers, the rest must wait");
    let mut read = 0;
    while let Some(chunk) = answer.body.chunk().await {
        let chunk = chunk.unwrap();
        assert!(chunk.len() <= 2 * 64 * 1024);
        read += chunk.len();
    }
    assert_eq!(read, total);
}

#[tokio::test]
async fn an_early_413_is_delivered_and_the_rest_is_not_sent() {
    let address = vendor(|_, mut stream| {
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n").unwrap();
        // Held until the other side gives up: closing with unread data would reset the answer away.
        thread::sleep(Duration::from_millis(300));
    });
    let body = Outgoing::Pieces([vec![b'x'; 32 << 20].into(), Bytes::new(), Bytes::new()]);
    assert_eq!(post(&sender(), &address, body).await.unwrap().status, 413);
}

#[tokio::test]
async fn connecting_fails_for_a_reason_that_is_told() {
    let sender = sender();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let check = async |address: &Arc<Address>, reason: &str| {
        let error = post(&sender, address, Outgoing::Empty).await.unwrap_err();
        assert!(matches!(&error, SendError::Connect(said) if said.contains(reason)), "{error}");
        let probed = sender.probe(address, DEADLINE).await.unwrap_err();
        assert_eq!(probed.to_string(), error.to_string());
    };
    check(&address("127.0.0.1", dead), "refused").await;
    check(&address("169.254.169.254", 80), "not allowed: link-local").await;
    check(&address("::ffff:169.254.169.254", 80), "not allowed: link-local").await;
    check(&address("no-such-host.invalid", 80), "no-such-host.invalid").await;
    let strict = Sender::new(SenderSettings::new(true));
    let error = strict.probe(&address("127.0.0.1", dead), DEADLINE).await.unwrap_err();
    assert!(error.to_string().contains("network.deny_private"), "{error}");
}

#[tokio::test]
async fn a_name_with_several_addresses_is_reached_at_the_one_that_listens() {
    let numeric = vendor(|_, mut stream| {
        read_request(&mut stream);
        stream.write_all(OK).unwrap();
    });
    check_ok(post(&sender(), &address("localhost", numeric.port), pieces("x")).await);
}

#[tokio::test]
async fn a_vendor_that_never_finishes_tls_times_out_connecting() {
    let plain = vendor(|_, mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let address = secure_address("127.0.0.1", plain.port, Trust::default());
    let error = sender().probe(&address, Duration::from_millis(200)).await.unwrap_err();
    assert!(matches!(error, SendError::ConnectTimeout), "{error}");
}

#[tokio::test]
async fn a_path_that_may_not_stand_in_a_request_is_not_sent() {
    let address = address("127.0.0.1", 1);
    for path in ["", "v1", "/a b", "/a\r\nx: y", "/a\tb", "/\0", "/a#b", "/caf\u{e9}", "/\u{7f}"] {
        let exchange = Exchange { path, ..exchange(&address, &Method::GET, Outgoing::Empty) };
        assert!(matches!(sender().send(exchange).await, Err(SendError::Request(_))), "{path:?}");
    }
}

// === Streamed requests ===

/// A client's body: what hyper gives for `bytes`, written by a peer that then closes.
pub(super) async fn incoming(bytes: &'static [u8]) -> hyper::body::Incoming {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let (mut requests, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    tokio::spawn(async move {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            tokio::io::AsyncReadExt::read_buf(&mut far, &mut request).await.unwrap();
        }
        tokio::io::AsyncWriteExt::write_all(&mut far, bytes).await.unwrap();
    });
    requests.send_request(http::Request::new(Empty::<Bytes>::new())).await.unwrap().into_body()
}

/// What a vendor reads until the request ends with `end`; it answers ok.
pub(super) fn recording(end: &'static [u8]) -> (Arc<Address>, Receiver<String>) {
    let (told, requests) = channel();
    let address = vendor(move |_, mut stream| {
        let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
        while !request.ends_with(end) {
            let Ok(count @ 1..) = stream.read(&mut buffer) else {
                break;
            };
            request.extend_from_slice(&buffer[..count]);
        }
        told.send(String::from_utf8(request).unwrap()).unwrap();
        let _ = stream.write_all(OK);
    });
    (address, requests)
}

pub(super) const STREAMED: &[u8] =
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

#[tokio::test]
async fn a_streamed_body_of_unknown_length_is_sent_in_chunks() {
    let (address, requests) = recording(b"0\r\n\r\n");
    let body = Outgoing::Stream(
        Streamed::new(Default::default(), ClientBody::new(incoming(STREAMED).await, u64::MAX)),
        None,
    );
    check_ok(post(&sender(), &address, body).await);
    let request = requests.recv_timeout(DEADLINE).unwrap();
    assert!(request.contains("\r\ntransfer-encoding: chunked\r\n"), "{request}");
    let body = request.split_once("\r\n\r\n").unwrap().1;
    assert!(
        ["5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "b\r\nhello world\r\n0\r\n\r\n"].contains(&body),
        "{body}"
    );
}

#[tokio::test]
async fn a_streamed_body_of_known_length_is_sent_with_it() {
    let (address, requests) = recording(b"world");
    let body = Outgoing::Stream(
        Streamed::new(Default::default(), ClientBody::new(incoming(STREAMED).await, u64::MAX)),
        Some(11),
    );
    check_ok(post(&sender(), &address, body).await);
    let request = requests.recv_timeout(DEADLINE).unwrap();
    assert!(request.ends_with("\r\ncontent-length: 11\r\n\r\nhello world"), "{request}");
}

#[tokio::test]
async fn a_streamed_body_that_breaks_off_or_lies_about_its_length_is_the_clients_failure() {
    let cut = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    for (bytes, length) in [(&cut[..], None), (&cut[..], Some(9)), (STREAMED, Some(10)), (STREAMED, Some(12))]
    {
        let (address, _requests) = recording(b"never");
        let body = Outgoing::Stream(
            Streamed::new(Default::default(), ClientBody::new(incoming(bytes).await, u64::MAX)),
            length,
        );
        let result = post(&sender(), &address, body).await;
        assert!(matches!(result, Err(SendError::RequestBody)), "{result:?}");
    }
}

// === The pool's time ===

#[tokio::test(start_paused = true)]
async fn a_connection_lies_idle_for_fifteen_seconds_at_most_and_lives_for_five_minutes() {
    use crate::send::io::Io;
    let address = address("vendor.test", 80);
    let sender = sender();
    let pool = &sender.kept.pool;
    let mut far = Vec::new();
    let mut check_in = |born| {
        let (ours, theirs) = tokio::io::duplex(64);
        far.push(theirs);
        pool.check_in(&address, Connection::new(Io::Scripted(ours), born));
    };
    check_in(0);
    tokio::time::sleep(Duration::from_secs(14)).await;
    assert!(pool.check_out(&address).is_some());
    check_in(0);
    tokio::time::sleep(Duration::from_secs(17)).await;
    assert!(pool.check_out(&address).is_none());
    tokio::time::sleep(Duration::from_secs(290)).await;
    check_in(0);
    assert!(pool.check_out(&address).is_none(), "five minutes after it was opened");
    check_in(pool.tick());
    far.clear();
    assert!(pool.check_out(&address).is_none(), "the other end is gone");
}

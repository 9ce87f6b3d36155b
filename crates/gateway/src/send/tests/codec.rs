//! The HTTP/1.1 codec against a vendor that is a list of bytes.

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;
use crate::send::io::Io;

/// What the vendor's end sees and whether the connection went back to the pool.
struct Seen {
    result: Result<Whole, SendError>,
    request: Vec<u8>,
    is_pooled: bool,
}

/// One exchange over a pipe that holds `pipe` bytes, with a vendor that says `script` one by one and closes.
async fn play(exchange: Exchange<'_>, pipe: usize, script: Vec<Vec<u8>>) -> Seen {
    let (ours, theirs) = tokio::io::duplex(pipe);
    let vendor = tokio::spawn(speak(theirs, script));
    play_with(exchange, ours, vendor).await
}

async fn play_with(
    mut exchange: Exchange<'_>,
    ours: DuplexStream,
    vendor: JoinHandle<(DuplexStream, Vec<u8>)>,
) -> Seen {
    let pool = Arc::new(Pool::new());
    let home = Home { pool: Arc::clone(&pool), address: Arc::clone(exchange.address) };
    let body = std::mem::replace(&mut exchange.body, Outgoing::Empty);
    let connection = Connection::new(Io::Scripted(ours), 0);
    let result = match connection.exchange(&exchange, body, home, false).await {
        Ok(answer) => Ok(whole(answer).await),
        Err(failed) => Err(failed.error),
    };
    let (theirs, request) = vendor.await.unwrap();
    let is_pooled = pool.check_out(exchange.address).is_some();
    drop(theirs);
    Seen { result, request, is_pooled }
}

/// Reads all the while, says each part when the reader has had time to see the one before.
async fn speak(theirs: DuplexStream, script: Vec<Vec<u8>>) -> (DuplexStream, Vec<u8>) {
    let (mut reading, mut writing) = tokio::io::split(theirs);
    let talk = async {
        for part in script {
            if writing.write_all(&part).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    let mut request = Vec::new();
    let listen = async { while let Ok(1..) = reading.read_buf(&mut request).await {} };
    tokio::select! {
        () = async { talk.await; } => {}
        () = listen => {}
    }
    // What was sent meanwhile is still in the pipe.
    let mut context = Context::from_waker(std::task::Waker::noop());
    while let Poll::Ready(Ok(1..)) =
        std::future::Future::poll(std::pin::pin!(reading.read_buf(&mut request)), &mut context)
    {}
    (reading.unsplit(writing), request)
}

/// The answer to `method`, closed after the last byte.
fn answer_to(method: &Method, script: Vec<Vec<u8>>) -> Result<Whole, SendError> {
    run(async {
        let address = address("vendor.test", 80);
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let mut script = script;
        let vendor = tokio::spawn(async move {
            let mut theirs = theirs;
            for part in script.drain(..) {
                if theirs.write_all(&part).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        });
        let home = Home { pool: Arc::new(Pool::new()), address: Arc::clone(&address) };
        let connection = Connection::new(Io::Scripted(ours), 0);
        let exchange = exchange(&address, method, Outgoing::Empty);
        let result = match connection.exchange(&exchange, Outgoing::Empty, home, false).await {
            Ok(answer) => Ok(whole(answer).await),
            Err(failed) => Err(failed.error),
        };
        vendor.abort();
        result
    })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn parts(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

// === Requests ===

#[tokio::test]
async fn a_request_is_written_as_it_is_given_and_framed_by_us() {
    let address = address("vendor.test", 80);
    let headers = [
        (http::header::ACCEPT, HeaderValue::from_static("*/*")),
        (http::header::CONTENT_LENGTH, HeaderValue::from_static("7777")),
        (http::header::TRANSFER_ENCODING, HeaderValue::from_static("gzip")),
        (http::header::EXPECT, HeaderValue::from_static("100-continue")),
        (http::header::CONNECTION, HeaderValue::from_static("x-key")),
        (HeaderName::from_static("x-key"), HeaderValue::from_static("k")),
    ];
    let check = async |method: Method, body: Outgoing, expected: &str| {
        for pipe in [1, 3, 64, 4096] {
            let body = match &body {
                Outgoing::Pieces(pieces) => Outgoing::Pieces(pieces.clone()),
                Outgoing::Empty | Outgoing::Stream(..) => Outgoing::Empty,
            };
            let exchange = Exchange { headers: &headers, ..exchange(&address, &method, body) };
            let (ours, mut theirs) = tokio::io::duplex(pipe);
            let length = expected.len();
            let vendor = tokio::spawn(async move {
                let mut request = vec![0; length];
                theirs.read_exact(&mut request).await.unwrap();
                theirs.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                (theirs, request)
            });
            let seen = play_with(exchange, ours, vendor).await;
            assert_eq!(String::from_utf8(seen.request).unwrap(), expected);
            assert_eq!(seen.result.unwrap().status, 204);
            assert!(seen.is_pooled);
        }
    };
    let top = |method| {
        format!("{method} /v1/chat?x=1 HTTP/1.1\r\nhost: vendor.test\r\naccept: */*\r\nx-key: k\r\n")
    };
    check(Method::GET, Outgoing::Empty, &format!("{}\r\n", top("GET"))).await;
    check(Method::POST, Outgoing::Empty, &format!("{}content-length: 0\r\n\r\n", top("POST"))).await;
    let body = r#"{"model":"m","stream":true}"#;
    let whole = format!("{}content-length: {}\r\n\r\n{body}", top("POST"), body.len());
    check(Method::POST, pieces(body), &whole).await;
}

#[tokio::test]
async fn a_vendor_that_refuses_before_reading_the_body_is_heard() {
    let address = address("vendor.test", 80);
    let body = Outgoing::Pieces([vec![b'x'; 1 << 20].into(), Bytes::new(), Bytes::new()]);
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let vendor = tokio::spawn(async move {
        theirs.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nno!").await.unwrap();
        (theirs, Vec::new())
    });
    let seen = play_with(exchange(&address, &Method::POST, body), ours, vendor).await;
    let answer = seen.result.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.unwrap()), (413, b"no!".to_vec()));
    assert!(!seen.is_pooled, "a connection with half a request on it is of no use");
}

#[tokio::test]
async fn a_vendor_that_agrees_early_is_sent_the_rest() {
    let address = address("vendor.test", 80);
    let body = Outgoing::Pieces([vec![b'x'; 1 << 16].into(), Bytes::new(), Bytes::from_static(b"end")]);
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let vendor = tokio::spawn(async move {
        theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"end") {
            theirs.read_buf(&mut request).await.unwrap();
        }
        theirs.write_all(b"ok").await.unwrap();
        (theirs, request)
    });
    let seen = play_with(exchange(&address, &Method::POST, body), ours, vendor).await;
    assert_eq!(seen.result.unwrap().body.unwrap(), b"ok");
    assert!(seen.is_pooled);
}

// === Answers ===

/// Good answers, in what way their connection is used again, and their body.
fn good() -> Vec<(String, bool, &'static str)> {
    let head = "HTTP/1.1 200 OK\r\n";
    vec![
        (format!("{head}content-length: 5\r\n\r\nhello"), true, "hello"),
        (format!("{head}Content-Length: 5\r\nContent-length:5\r\n\r\nhello"), true, "hello"),
        (format!("{head}content-length: 0\r\n\r\n"), true, ""),
        (format!("{CHUNKED}5\r\nhello\r\n0\r\n\r\n"), true, "hello"),
        (format!("{CHUNKED}2\r\nhe\r\n0003;a=b;c=\"d\"\r\nllo\r\n00\r\nx-trailer: y\r\nz: 1\r\n\r\n"), true, "hello"),
        (format!("{CHUNKED}5 \r\nhello\r\n0\t;x\r\n\r\n"), true, "hello"),
        (format!("{CHUNKED}0\r\n\r\n"), true, ""),
        (format!("{head}\r\nhello"), false, "hello"),
        (format!("{head}connection: close\r\ncontent-length: 5\r\n\r\nhello"), false, "hello"),
        (format!("{head}connection: x, Close\r\ncontent-length: 5\r\n\r\nhello"), false, "hello"),
        ("HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello".into(), false, "hello"),
        ("HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello".into(), true, "hello"),
        (format!("{head}content-length: 5\r\n\r\nhelloHTTP/1.1 500"), false, "hello"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".into(), true, "hello"),
        ("HTTP/1.1 204 No Content\r\n\r\n".into(), true, ""),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n".into(), true, ""),
    ]
}

#[tokio::test]
async fn good_answers_are_understood_and_their_connections_used_again() {
    let address = address("vendor.test", 80);
    for (script, is_reusable, body) in good() {
        let closes = script.ends_with("\r\nhello") && script.len() < 30;
        let exchange = exchange(&address, &Method::GET, Outgoing::Empty);
        let seen = if closes {
            assert!(!is_reusable);
            let answer = answer_apart(script.clone()).await;
            assert_eq!(answer.unwrap().body.unwrap(), body.as_bytes());
            continue;
        } else {
            play(exchange, 1 << 16, vec![script.clone().into_bytes()]).await
        };
        assert_eq!(seen.result.unwrap().body.unwrap(), body.as_bytes(), "{script}");
        assert_eq!(seen.is_pooled, is_reusable, "{script}");
    }
}

async fn answer_apart(script: String) -> Result<Whole, SendError> {
    tokio::task::spawn_blocking(|| answer_to(&Method::GET, vec![script.into_bytes()])).await.unwrap()
}

#[test]
fn the_answer_to_head_has_no_body_whatever_it_says() {
    let script = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n".to_vec();
    let answer = answer_to(&Method::HEAD, vec![script]).unwrap();
    assert_eq!(answer.headers[http::header::CONTENT_LENGTH], "5000");
    assert_eq!(answer.body.unwrap(), b"");
}

#[test]
fn an_ambiguous_or_oversized_head_is_refused() {
    let head = "HTTP/1.1 200 OK\r\n";
    let refused = [
        format!("{head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
        format!("{head}content-length: 5, 6\r\n\r\nhello!"),
        format!("{head}content-length: +5\r\n\r\nhello"),
        format!("{head}content-length: -5\r\n\r\nhello"),
        format!("{head}content-length: 0x5\r\n\r\nhello"),
        format!("{head}content-length: \r\n\r\nhello"),
        format!("{head}content-length: 99999999999999999999999\r\n\r\n"),
        format!("{head}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}transfer-encoding: identity\r\n\r\nhello"),
        format!("{head}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".into(),
        format!("{head}x-folded: a\r\n b\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}x-space : a\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}x-nul: a\0b\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}x-cr: a\rb\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}no colon\r\n\r\n"),
        format!("{head}: nameless\r\n\r\n"),
        format!("{head}content-length: 5\n\r\nhello"),
        "HTTP/1.1 200 OK\ncontent-length: 0\n\n".into(),
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n".into(),
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n".into(),
        "SSH-2.0-OpenSSH_9.6\r\n\r\n".into(),
        "<html>\r\n\r\n".into(),
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(9) + "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        format!("{head}{}content-length: 0\r\n\r\n", "a: b\r\n".repeat(100)),
        format!("{head}big: {}\r\n\r\n", "x".repeat(64 * 1024)),
        format!("{head}{}", "x".repeat(70 * 1024)),
    ];
    for script in refused {
        let shown = &script[..script.len().min(90)];
        match answer_to(&Method::GET, vec![script.clone().into_bytes()]) {
            Err(SendError::Invalid(_)) => {}
            other => panic!("{shown:?}: {other:?}"),
        }
    }
}

#[test]
fn a_cut_or_malformed_body_is_an_error_and_never_an_end() {
    let cut = [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell".into(),
        format!("{CHUNKED}5\r\nhello\r\n"),
        format!("{CHUNKED}5\r\nhello\r\n0\r\n"),
        format!("{CHUNKED}5\r\nhel"),
        CHUNKED.to_owned(),
        format!("{CHUNKED}5\r\nhello!\r\n0\r\n\r\n"),
        format!("{CHUNKED}5\nhello\r\n0\r\n\r\n"),
        format!("{CHUNKED}5\r\nhello\n0\r\n\r\n"),
        format!("{CHUNKED}\r\nhello\r\n0\r\n\r\n"),
        format!("{CHUNKED}-5\r\nhello\r\n0\r\n\r\n"),
        format!("{CHUNKED}0x5\r\nhello\r\n0\r\n\r\n"),
        format!("{CHUNKED}5;a\rb\r\nhello\r\n0\r\n\r\n"),
        format!("{CHUNKED}5 6\r\nhello\r\n0\r\n\r\n"),
        format!("{CHUNKED}fffffffffffffffff\r\nhello"),
        format!("{CHUNKED}5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(2000)),
        format!("{CHUNKED}0\r\n{}\r\n", "a: b\r\n".repeat(5000)),
        format!("{CHUNKED}0\r\na: b\n\r\n"),
    ];
    for script in cut {
        let shown = &script[..script.len().min(90)];
        let answer = answer_to(&Method::GET, vec![script.clone().into_bytes()]);
        let answer = answer.unwrap_or_else(|error| panic!("{shown:?}: {error}"));
        assert!(answer.body.is_err(), "{shown:?}");
    }
}

#[test]
fn an_end_before_a_whole_head_is_closed() {
    for script in ["", "HTTP/1.1 200 OK\r\ncontent-len"] {
        let result = answer_to(&Method::GET, vec![script.into()]);
        assert!(matches!(result, Err(SendError::Closed(_))), "{result:?}");
    }
}

// === Laws ===

fn same(one: &Result<Whole, SendError>, other: &Result<Whole, SendError>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            let bodies = match (&one.body, &other.body) {
                (Ok(one), Ok(other)) => one == other,
                (one, other) => one.is_err() && other.is_err(),
            };
            one.status == other.status && one.headers == other.headers && bodies
        }
        (one, other) => one.is_err() && other.is_err(),
    }
}

#[test]
fn every_split_in_two_gives_the_same_answer() {
    for (script, _, body) in good() {
        for cut in 0..=script.len() {
            let answer = answer_to(&Method::GET, parts(script.as_bytes(), &[cut])).unwrap();
            assert_eq!(answer.body.unwrap(), body.as_bytes(), "{script} cut at {cut}");
        }
        let bytes = script.as_bytes().iter().map(|byte| vec![*byte]).collect();
        assert_eq!(answer_to(&Method::GET, bytes).unwrap().body.unwrap(), body.as_bytes(), "{script}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cuts in prop::collection::vec(any::<usize>(), 0..4)) {
        let _ = answer_to(&Method::GET, parts(&bytes, &cuts));
    }

    #[test]
    fn a_damaged_answer_never_panics_and_does_not_depend_on_how_it_is_split(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\r\n\0 :;,0159afzZ\t\xff".to_vec())), 0..3),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let good = good();
        let mut bytes = which.get(&good).0.clone().into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let one = answer_to(&Method::GET, vec![bytes.clone()]);
        let other = answer_to(&Method::GET, parts(&bytes, &cuts));
        prop_assert!(same(&one, &other), "{one:?} {other:?}");
    }

    #[test]
    fn any_chunking_of_any_body_comes_out_whole(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..5000), 0..6),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let mut bytes = CHUNKED.as_bytes().to_vec();
        for chunk in &chunks {
            bytes.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        let answer = answer_to(&Method::GET, parts(&bytes, &cuts)).unwrap();
        prop_assert_eq!(answer.body.unwrap(), chunks.concat());
    }
}

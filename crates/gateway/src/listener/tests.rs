//! The listener over real sockets: limits that hold, protocols that work, a drain that cuts nothing.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use http_body_util::{BodyExt, Empty, Full};
use hyper::{StatusCode, Version, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Handle,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::*;

/// Nothing here takes longer, unless it hangs.
const DEADLINE: Duration = Duration::from_secs(10);
const HELLO: &str = "GET /hello HTTP/1.1\r\nhost: test\r\n\r\n";

// === Limits ===

#[tokio::test]
async fn half_a_head_is_reaped() {
    let listener = listen(quick(), |_| hello());
    for beginning in ["", "P", "PRI", "GET / HTTP/1.1\r\nhost: te", "GET / HTTP/1.1\r\nhost: test\r\n"] {
        let begun = Instant::now();
        let mut client = connect(&listener).await;
        client.write_all(beginning.as_bytes()).await.unwrap();
        assert_eq!(rest(&mut client).await, "", "{beginning:?} is owed no answer");
        assert!(begun.elapsed() >= quick().head, "{beginning:?} is given its time");
    }
}

#[tokio::test]
async fn half_a_second_head_is_reaped_too() {
    let listener = listen(quick(), |_| hello());
    let mut client = connect(&listener).await;
    client.write_all(HELLO.as_bytes()).await.unwrap();
    assert!(answer(&mut client).await.ends_with("hello"));
    client.write_all(b"GET / HT").await.unwrap();
    let begun = Instant::now();
    assert_eq!(rest(&mut client).await, "");
    assert!(begun.elapsed() < quick().idle, "it is not taken for an idle connection");
}

#[tokio::test]
async fn an_idle_connection_outlives_the_head_limit_and_is_closed_in_the_end() {
    let listener = listen(quick(), |_| hello());
    let mut client = connect(&listener).await;
    client.write_all(HELLO.as_bytes()).await.unwrap();
    answer(&mut client).await;
    let begun = Instant::now();
    assert_eq!(rest(&mut client).await, "");
    assert!(begun.elapsed() >= quick().idle);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_431() {
    let listener = listen(Limits::default(), |_| hello());
    let large = format!("GET / HTTP/1.1\r\nhost: test\r\nx: {}\r\n\r\n", "x".repeat(65 * 1024));
    let many = format!("GET / HTTP/1.1\r\nhost: test\r\n{}\r\n", "x: y\r\n".repeat(101));
    for head in [large, many] {
        let mut client = connect(&listener).await;
        client.write_all(head.as_bytes()).await.unwrap();
        let answer = rest(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

#[tokio::test]
async fn a_head_of_just_under_64_kib_is_served() {
    let listener = listen(Limits::default(), |_| hello());
    let mut client = connect(&listener).await;
    let head = format!("GET / HTTP/1.1\r\nhost: test\r\nx: {}\r\n\r\n", "x".repeat(63 * 1024));
    client.write_all(head.as_bytes()).await.unwrap();
    assert!(answer(&mut client).await.starts_with("http/1.1 200 "));
}

#[tokio::test]
async fn framing_that_can_be_read_in_two_ways_is_refused() {
    let listener = listen(Limits::default(), |_| hello());
    for headers in [
        "content-length: 3\r\ncontent-length: 4\r\n",
        "content-length: 3, 4\r\n",
        "content-length: +3\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "x: a\r\n b\r\n",
    ] {
        let mut client = connect(&listener).await;
        let request = format!("POST / HTTP/1.1\r\nhost: test\r\n{headers}\r\nabc");
        client.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{headers:?}: {answer}");
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_and_are_served_later() {
    let listener = listen(Limits { connections: 1, ..Limits::default() }, |_| hello());
    let mut first = connect(&listener).await;
    first.write_all(HELLO.as_bytes()).await.unwrap();
    answer(&mut first).await;
    let mut second = connect(&listener).await;
    second.write_all(HELLO.as_bytes()).await.unwrap();
    let early = timeout(Duration::from_millis(200), second.read_u8()).await;
    assert!(early.is_err(), "nobody serves it yet");
    drop(first);
    assert!(answer(&mut second).await.contains("ello"));
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_request_at_once() {
    struct Gone(Arc<AtomicBool>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let (begun, gone) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (began, went) = (Arc::clone(&begun), Arc::clone(&gone));
    let listener = listen(Limits::default(), move |_| {
        began.store(true, Ordering::SeqCst);
        let guard = Gone(Arc::clone(&went));
        Box::pin(async move {
            let _guard = guard;
            std::future::pending().await
        })
    });
    let mut client = connect(&listener).await;
    client.write_all(HELLO.as_bytes()).await.unwrap();
    until(|| begun.load(Ordering::SeqCst)).await;
    drop(client);
    until(|| gone.load(Ordering::SeqCst)).await;
}

// === Protocols ===

#[tokio::test]
async fn http2_without_tls_works_with_prior_knowledge() {
    let listener = listen(Limits::default(), |_| hello());
    let stream = connect(&listener).await;
    assert_eq!(over_http2(TokioIo::new(stream)).await, "hello");
}

#[tokio::test]
async fn tls_speaks_http2_or_http1_as_the_client_prefers() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = over_tls();
    for (offered, agreed) in [("h2", Some("h2")), ("http/1.1", Some("http/1.1")), ("", None)] {
        let mut client = tls_client(&listener, offered).await;
        let chosen = client.get_ref().1.alpn_protocol().map(|it| String::from_utf8(it.to_vec()).unwrap());
        assert_eq!(chosen.as_deref(), agreed);
        if agreed == Some("h2") {
            assert_eq!(over_http2(TokioIo::new(client)).await, "hello");
        } else {
            client.write_all(HELLO.as_bytes()).await.unwrap();
            assert!(answer(&mut client).await.ends_with("hello"));
        }
    }
}

#[tokio::test]
async fn half_a_tls_handshake_is_reaped() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = over_tls();
    let mut client = connect(&listener).await;
    client.write_all(&[22, 3, 1]).await.unwrap();
    assert_eq!(rest(&mut client).await, "");
}

#[test]
fn a_certificate_that_can_not_be_read_is_named() {
    let files = TlsFiles { certificate: "/nowhere/cert.pem".into(), key: "/nowhere/key.pem".into() };
    let error = tls::load(&files).unwrap_err().to_string();
    assert!(error.contains("/nowhere/cert.pem"), "{error}");
    let files = TlsFiles { certificate: fixture("localhost.key"), key: fixture("localhost.key") };
    assert!(tls::load(&files).unwrap_err().to_string().contains("no certificate"));
}

// === Drain ===

#[tokio::test]
async fn the_drain_finishes_what_is_open_and_refuses_what_is_new() {
    let (open, go) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (opened, gone) = (Arc::clone(&open), Arc::clone(&go));
    let listener = listen(quick(), move |_| {
        opened.store(true, Ordering::SeqCst);
        let go = Arc::clone(&gone);
        Box::pin(async move {
            until(|| go.load(Ordering::SeqCst)).await;
            text("late")
        })
    });
    let addr = listener.addr();
    let mut client = connect(&listener).await;
    client.write_all(HELLO.as_bytes()).await.unwrap();
    until(|| open.load(Ordering::SeqCst)).await;

    let drained = tokio::spawn(listener.drain(DEADLINE));
    until_refused(addr).await;
    // Longer than the grace: an open request is not an idle connection.
    sleep(quick().grace * 2).await;
    assert!(!drained.is_finished());
    go.store(true, Ordering::SeqCst);
    let answer = rest(&mut client).await.to_lowercase();
    assert!(answer.ends_with("late") && answer.contains("connection: close"), "{answer}");
    assert_eq!(drained.await.unwrap(), 0);
}

#[tokio::test]
async fn an_idle_connection_is_answered_once_more_and_told_to_close() {
    let listener = listen(Limits { grace: DEADLINE, ..Limits::default() }, |_| hello());
    let addr = listener.addr();
    let mut client = connect(&listener).await;
    client.write_all(HELLO.as_bytes()).await.unwrap();
    assert!(!answer(&mut client).await.contains("connection: close"));
    let drained = tokio::spawn(listener.drain(DEADLINE));
    until_refused(addr).await;
    client.write_all(HELLO.as_bytes()).await.unwrap();
    let last = rest(&mut client).await;
    assert!(last.contains("connection: close") && last.ends_with("hello"), "{last}");
    assert_eq!(drained.await.unwrap(), 0, "nobody was left, long before the grace was over");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_drain_longer_than_the_grace() {
    let listener = listen(quick(), |_| hello());
    let mut kept = connect(&listener).await;
    kept.write_all(HELLO.as_bytes()).await.unwrap();
    answer(&mut kept).await;
    let _silent = connect(&listener).await;
    let begun = Instant::now();
    assert_eq!(listener.drain(DEADLINE).await, 0);
    assert!(begun.elapsed() >= quick().grace);
}

#[tokio::test]
async fn what_does_not_end_is_cut_when_the_drains_time_is_over() {
    let open = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&open);
    let listener = listen(quick(), move |_| {
        opened.store(true, Ordering::SeqCst);
        Box::pin(std::future::pending())
    });
    let mut client = connect(&listener).await;
    client.write_all(HELLO.as_bytes()).await.unwrap();
    until(|| open.load(Ordering::SeqCst)).await;
    assert_eq!(listener.drain(Duration::from_millis(400)).await, 1);
    assert_eq!(rest(&mut client).await, "");
}

/// The promise of SIGTERM: whoever got a connection gets an answer, kept-alive or fresh, whatever the moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_that_races_with_the_drain_is_cut() {
    for round in 0..5 {
        let limits =
            Limits { grace: Duration::from_secs(2), head: Duration::from_secs(1), ..Limits::default() };
        let answered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&answered);
        let bound = Bound::bind(listening(limits), 2).unwrap();
        let listener = bound
            .serve(&super::Threads::Own, move || {
                let count = Arc::clone(&count);
                test(move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                    Box::pin(async {
                        sleep(Duration::from_millis(2)).await;
                        text("hello")
                    })
                })
            })
            .unwrap();
        let addr = listener.addr();
        let mut clients = JoinSet::new();
        for client in 0..24 {
            clients.spawn(hammer(addr, client % 2 == 0));
        }
        until(|| answered.load(Ordering::SeqCst) > 200 + 37 * round).await;
        assert_eq!(listener.drain(DEADLINE).await, 0);
        let mut seen = 0;
        for client in clients.join_all().await {
            seen += client.unwrap_or_else(|error| panic!("a request was cut: {error}"));
        }
        assert_eq!(seen, answered.load(Ordering::SeqCst), "every request was answered to its end");
    }
}

// === Helpers ===

type Answered = Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>;

#[derive(Clone)]
struct Test(Arc<dyn Fn(Request<Incoming>) -> Answered + Send + Sync>);

impl Serve for Test {
    type Body = Full<Bytes>;

    fn serve(
        &self,
        request: Request<Incoming>,
        _peer: Peer,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send {
        (self.0)(request)
    }
}

fn test(serve: impl Fn(Request<Incoming>) -> Answered + Send + Sync + 'static) -> Test {
    Test(Arc::new(serve))
}

fn listen(limits: Limits, serve: impl Fn(Request<Incoming>) -> Answered + Send + Sync + 'static) -> Listener {
    let test = test(serve);
    let bound = Bound::bind(listening(limits), 1).unwrap();
    bound.serve(&super::Threads::Of(&Handle::current()), move || test.clone()).unwrap()
}

fn listening(limits: Limits) -> Listening {
    Listening { name: "test", addr: ([127, 0, 0, 1], 0).into(), tls: None, limits }
}

fn over_tls() -> Listener {
    let files = TlsFiles { certificate: fixture("localhost.crt"), key: fixture("localhost.key") };
    let bound = Bound::bind(Listening { tls: Some(files), ..listening(quick()) }, 1).unwrap();
    bound.serve(&super::Threads::Of(&Handle::current()), || test(|_| hello())).unwrap()
}

/// `localhost.crt` and `localhost.key`, made for this run: no key lies in the repository.
fn fixture(name: &str) -> PathBuf {
    static MADE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("localhost.crt"), made.cert.pem()).unwrap();
        std::fs::write(directory.path().join("localhost.key"), made.signing_key.serialize_pem()).unwrap();
        directory
    });
    MADE.path().join(name)
}

/// Limits that a test can wait for.
fn quick() -> Limits {
    Limits {
        head: Duration::from_millis(200),
        idle: Duration::from_millis(800),
        handshake: Duration::from_millis(200),
        grace: Duration::from_millis(300),
        ..Limits::default()
    }
}

fn hello() -> Answered {
    Box::pin(async { text("hello") })
}

fn text(text: &'static str) -> Response<Full<Bytes>> {
    Response::new(Full::new(Bytes::from_static(text.as_bytes())))
}

async fn connect(listener: &Listener) -> TcpStream {
    TcpStream::connect(listener.addr()).await.unwrap()
}

/// One answer with a content-length, in lower case.
async fn answer(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    timeout(DEADLINE, read_answer(stream)).await.expect("an answer in time").expect("a whole answer")
}

async fn read_answer(stream: &mut (impl AsyncReadExt + Unpin)) -> Result<String, String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
            if length.and_then(|it| it.parse().ok()) == Some(body.len()) {
                return Ok(text);
            }
        }
        match stream.read_buf(&mut bytes).await {
            Ok(0) => {
                return Err(format!("the connection ended after {:?}", String::from_utf8_lossy(&bytes)));
            }
            Ok(_) => {}
            Err(error) => return Err(format!("{error} after {} bytes", bytes.len())),
        }
    }
}

/// Everything up to the end of the connection, however it ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = async { while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {} };
    timeout(DEADLINE, read).await.expect("the connection ends in time");
    String::from_utf8(bytes).unwrap()
}

async fn until(holds: impl Fn() -> bool) {
    let poll = async {
        while !holds() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(DEADLINE, poll).await.expect("it holds in time");
}

async fn until_refused(addr: SocketAddr) {
    let poll = async { while TcpStream::connect(addr).await.is_ok() {} };
    timeout(DEADLINE, poll).await.expect("new connections are refused in time");
}

/// Requests one after the other until the listener is gone; gives how many were answered.
async fn hammer(addr: SocketAddr, keep: bool) -> Result<usize, String> {
    let mut answered = 0;
    loop {
        // Refused: the listener is gone, as it should be.
        let Ok(mut stream) = TcpStream::connect(addr).await else {
            return Ok(answered);
        };
        loop {
            stream.write_all(HELLO.as_bytes()).await.map_err(|it| it.to_string())?;
            let text = timeout(DEADLINE, read_answer(&mut stream)).await.map_err(|it| it.to_string())??;
            answered += 1;
            if !keep || text.contains("connection: close") {
                break;
            }
        }
    }
}

async fn over_http2<T>(io: T) -> String
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://localhost/hello").body(Empty::<Bytes>::new()).unwrap();
    let response = timeout(DEADLINE, sender.send_request(request)).await.unwrap().unwrap();
    assert_eq!((response.status(), response.version()), (StatusCode::OK, Version::HTTP_2));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn tls_client(listener: &Listener, protocol: &str) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture("localhost.crt")).unwrap()).unwrap();
    let mut config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    if !protocol.is_empty() {
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    }
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, connect(listener).await).await.unwrap()
}

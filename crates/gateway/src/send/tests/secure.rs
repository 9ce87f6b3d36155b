//! TLS and HTTP/2, against a vendor with a throw-away authority.

use std::{
    future::Future,
    io::Write,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use h2::{Reason, RecvStream, server::SendResponse};
use http::{Request, Response};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::*;

/// An authority, and a server certificate of it for `vendor.test` and `localhost`.
struct Authority {
    file: NamedTempFile,
    config: ServerConfig,
}

impl Authority {
    fn new(protocols: &[&[u8]]) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(authority.pem().as_bytes()).unwrap();

        let key = KeyPair::generate().unwrap();
        let names = ["vendor.test".to_owned(), "localhost".to_owned()];
        let certificate =
            CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap().der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        Authority { file, config }
    }

    fn trust(&self) -> Trust {
        Trust { ca_file: Some(self.file.path().to_str().unwrap().to_owned()), ..Trust::default() }
    }
}

/// A vendor behind TLS; its port, and how many connections it has had.
async fn vendor<F: Future<Output = ()> + Send + 'static>(
    config: &ServerConfig,
    serve: impl Fn(usize, TlsStream<TcpStream>) -> F + Send + Sync + 'static,
) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config.clone()));
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(serve(counted.fetch_add(1, Ordering::SeqCst), stream));
            }
        }
    });
    (port, connections)
}

/// A vendor that speaks HTTP/2 and treats each request with `treat(connection's number, request, reply)`.
async fn vendor2<F: Future<Output = ()> + Send + 'static>(
    authority: &Authority,
    streams: u32,
    treat: impl Fn(usize, Request<RecvStream>, SendResponse<Bytes>) -> F + Clone + Send + Sync + 'static,
) -> (Arc<Address>, Arc<AtomicUsize>) {
    let (port, connections) = vendor(&authority.config, move |count, stream| {
        let treat = treat.clone();
        async move {
            let mut builder = h2::server::Builder::new();
            let mut connection =
                builder.max_concurrent_streams(streams).handshake::<_, Bytes>(stream).await.unwrap();
            while let Some(Ok((request, reply))) = connection.accept().await {
                if request.uri().path() == "/leave" {
                    connection.graceful_shutdown();
                }
                tokio::spawn(treat(count, request, reply));
            }
        }
    })
    .await;
    (secure_address("localhost", port, authority.trust()), connections)
}

/// Answers with what it was sent, to the authority and path it was asked for.
async fn echo(_: usize, request: Request<RecvStream>, mut reply: SendResponse<Bytes>) {
    let (parts, mut body) = request.into_parts();
    assert_eq!(parts.uri, "https://vendor.test/v1/chat?x=1");
    let mut received = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        received.extend_from_slice(&chunk);
    }
    let response = Response::builder().header("x-method", parts.method.as_str()).body(()).unwrap();
    let mut stream = reply.send_response(response, false).unwrap();
    stream.send_data(received.into(), true).unwrap();
}

fn sender() -> Sender {
    Sender::new(SenderSettings::default())
}

const H1: &[&[u8]] = &[b"http/1.1"];
const H2: &[&[u8]] = &[b"h2", b"http/1.1"];

/// Polls until it holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while !holds() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

// === TLS ===

/// HTTP/1.1 over TLS, kept alive.
async fn plain_vendor(authority: &Authority) -> (u16, Arc<AtomicUsize>) {
    vendor(&authority.config, |_, mut stream| async move {
        let mut request = Vec::new();
        while let Ok(1..) = stream.read_buf(&mut request).await {
            if request.ends_with(b"hello") {
                request.clear();
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_vendor_that_chooses_http1_is_spoken_to_over_tls_and_kept() {
    let authority = Authority::new(H1);
    let (port, connections) = plain_vendor(&authority).await;
    let (sender, address) = (sender(), secure_address("localhost", port, authority.trust()));
    for _ in 0..5 {
        assert_eq!(post(&sender, &address, pieces("hello")).await.unwrap().body.unwrap(), b"ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    sender.probe(&address, Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_bear_the_name_unless_told_otherwise() {
    let authority = Authority::new(H1);
    let (port, _) = plain_vendor(&authority).await;
    let sender = sender();
    let known = authority.trust();
    let named = |name: &str| Trust { server_name: Some(name.into()), ..authority.trust() };
    let check = async |host: &str, trust: Trust, refusal: Option<&str>| {
        let result = sender.probe(&secure_address(host, port, trust), Duration::from_secs(5)).await;
        match (result, refusal) {
            (Ok(()), None) => {}
            (Err(SendError::Connect(reason)), Some(part)) if reason.contains(part) => {}
            (result, _) => panic!("{host}: {result:?}, not {refusal:?}"),
        }
    };
    check("localhost", known.clone(), None).await;
    check("localhost", Trust::default(), Some("UnknownIssuer")).await;
    check("127.0.0.1", known, Some("not valid for name")).await;
    check("127.0.0.1", named("vendor.test"), None).await;
    check("localhost", named("other.test"), Some("not valid for name")).await;
    check("localhost", named("no such name"), Some("not a name")).await;
    check("127.0.0.1", Trust { insecure: true, ..Trust::default() }, None).await;
    check("localhost", Trust { ca_file: Some("/no/such.pem".into()), ..Trust::default() }, Some("ca_file"))
        .await;
}

#[tokio::test]
async fn an_answer_until_close_without_a_tls_farewell_is_cut() {
    let authority = Authority::new(H1);
    let (port, _) = vendor(&authority.config, |count, mut stream| async move {
        let _ = stream.read_buf(&mut Vec::new()).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf or all?").await;
        let _ = stream.flush().await;
        if count == 1 {
            let _ = stream.shutdown().await;
        }
    })
    .await;
    let (sender, address) = (sender(), secure_address("localhost", port, authority.trust()));
    assert!(post(&sender, &address, pieces("hello")).await.unwrap().body.is_err());
    assert_eq!(post(&sender, &address, pieces("hello")).await.unwrap().body.unwrap(), b"half or all?");
}

// === HTTP/2 ===

#[tokio::test]
async fn many_requests_share_one_connection_even_when_all_come_first() {
    let authority = Authority::new(H2);
    let (address, connections) = vendor2(&authority, 100, echo).await;
    let sender = sender();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (sender, address) = (sender.clone(), Arc::clone(&address));
        requests.spawn(async move { post(&sender, &address, pieces(r#"{"model":"m"}"#)).await });
    }
    for answer in requests.join_all().await {
        let answer = answer.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.headers["x-method"]), (200, &"POST".parse().unwrap()));
        assert_eq!(answer.body.unwrap(), br#"{"model":"m"}"#);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    let big = Outgoing::Pieces([Bytes::new(), vec![b'x'; 3 << 20].into(), Bytes::new()]);
    assert_eq!(post(&sender, &address, big).await.unwrap().body.unwrap().len(), 3 << 20);
    assert_eq!(post(&sender, &address, Outgoing::Empty).await.unwrap().body.unwrap(), b"");
}

#[tokio::test]
async fn another_connection_is_opened_when_the_streams_of_the_first_are_used_up() {
    let authority = Authority::new(H2);
    let all = Arc::new(tokio::sync::Barrier::new(7));
    let together = Arc::clone(&all);
    let (address, connections) = vendor2(&authority, 2, move |count, request, reply| {
        let together = Arc::clone(&together);
        async move {
            together.wait().await;
            echo(count, request, reply).await;
        }
    })
    .await;
    let sender = sender();
    let mut requests = tokio::task::JoinSet::new();
    for expected in 1..=6usize {
        let (one, address) = (sender.clone(), Arc::clone(&address));
        requests.spawn(async move { post(&one, &address, pieces("hello")).await });
        until("the connections needed", || connections.load(Ordering::SeqCst) == expected.div_ceil(2)).await;
        let pool = &sender.kept.pool;
        until("the stream counted", || pool.streams() == expected).await;
    }
    all.wait().await;
    for answer in requests.join_all().await {
        assert_eq!(answer.unwrap().body.unwrap(), b"hello");
    }
    assert_eq!(sender.kept.pool.streams(), 0);
}

#[tokio::test]
async fn a_first_burst_waits_for_what_the_vendor_allows() {
    let authority = Authority::new(H2);
    let all = Arc::new(tokio::sync::Barrier::new(20));
    let (address, connections) = vendor2(&authority, 5, move |count, request, reply| {
        let all = Arc::clone(&all);
        async move {
            all.wait().await;
            echo(count, request, reply).await;
        }
    })
    .await;
    let sender = sender();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (sender, address) = (sender.clone(), Arc::clone(&address));
        requests.spawn(async move { post(&sender, &address, pieces("hello")).await });
    }
    for answer in requests.join_all().await {
        assert_eq!(answer.unwrap().body.unwrap(), b"hello");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_refused_stream_and_a_vendor_that_goes_away_cost_one_invisible_retry() {
    let authority = Authority::new(H2);
    let (address, connections) = vendor2(&authority, 100, |count, request, mut reply| async move {
        if count == 0 {
            reply.send_reset(Reason::REFUSED_STREAM);
        } else {
            echo(count, request, reply).await;
        }
    })
    .await;
    let sender = sender();
    for _ in 0..3 {
        assert_eq!(post(&sender, &address, pieces("hello")).await.unwrap().body.unwrap(), b"hello");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn after_goaway_open_answers_finish_and_new_requests_take_a_new_connection() {
    let authority = Authority::new(H2);
    let (address, connections) = vendor2(&authority, 100, |count, request, mut reply| async move {
        if request.uri().path() != "/leave" {
            return echo(count, request, reply).await;
        }
        let mut stream = reply.send_response(Response::new(()), false).unwrap();
        stream.send_data(Bytes::from_static(b"bye"), false).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.send_data(Bytes::from_static(b"bye"), true).unwrap();
    })
    .await;
    let sender = sender();
    let leave = Exchange { path: "/leave", ..exchange(&address, &Method::POST, Outgoing::Empty) };
    let leaving = sender.send(leave).await.unwrap();
    let answers = async {
        for _ in 0..20 {
            assert_eq!(post(&sender, &address, pieces("hello")).await.unwrap().body.unwrap(), b"hello");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (left, ()) = tokio::join!(whole(leaving), answers);
    assert_eq!(left.body.unwrap(), b"byebye");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_kept_connection_that_broke_is_replaced_invisibly() {
    let authority = Authority::new(H2);
    let (port, connections) = vendor(&authority.config, |count, stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let mut served = 0;
        while let Some(Ok((request, reply))) = connection.accept().await {
            served += 1;
            if count == 0 && served == 2 {
                return;
            }
            tokio::spawn(echo(count, request, reply));
        }
    })
    .await;
    let (sender, address) = (sender(), secure_address("localhost", port, authority.trust()));
    for _ in 0..4 {
        assert_eq!(post(&sender, &address, pieces("hello")).await.unwrap().body.unwrap(), b"hello");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn dropping_an_answer_resets_its_stream_and_leaves_the_connection() {
    let authority = Authority::new(H2);
    let resets = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&resets);
    let (address, connections) = vendor2(&authority, 100, move |count, request, mut reply| {
        let seen = Arc::clone(&seen);
        async move {
            match request.headers().get("x-mode").map(|it| it.to_str().unwrap().to_owned()).as_deref() {
                Some("silent") => {
                    let reason = std::future::poll_fn(|cx| reply.poll_reset(cx)).await;
                    seen.lock().unwrap().push(reason.unwrap());
                }
                Some("endless") => {
                    let mut stream = reply.send_response(Response::new(()), false).unwrap();
                    stream.send_data(Bytes::from_static(b"some"), false).unwrap();
                    let reason = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
                    seen.lock().unwrap().push(reason.unwrap());
                }
                _ => echo(count, request, reply).await,
            }
        }
    })
    .await;
    let sender = sender();
    let mode = |mode| [(HeaderName::from_static("x-mode"), HeaderValue::from_static(mode))];
    let (silent, endless) = (mode("silent"), mode("endless"));

    let request = Exchange { headers: &silent, ..exchange(&address, &Method::POST, pieces("x")) };
    // The connection stands already: a wait that ends before the request is out has nothing to reset.
    assert_eq!(post(&sender, &address, pieces("hello")).await.unwrap().body.unwrap(), b"hello");
    assert!(timeout(Duration::from_millis(100), sender.send(request)).await.is_err());
    until("the reset of a wait", || resets.lock().unwrap().len() == 1).await;

    let request = Exchange { headers: &endless, ..exchange(&address, &Method::POST, pieces("x")) };
    let mut answer = sender.send(request).await.unwrap();
    assert_eq!(answer.body.chunk().await.unwrap().unwrap(), "some");
    drop(answer);
    until("the reset of an answer", || resets.lock().unwrap().len() == 2).await;

    assert_eq!(*resets.lock().unwrap(), [Reason::CANCEL, Reason::CANCEL]);
    assert_eq!(post(&sender, &address, pieces("hello")).await.unwrap().body.unwrap(), b"hello");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    assert_eq!(sender.kept.pool.streams(), 0);
}

#[tokio::test]
async fn a_stream_reset_midway_is_a_cut_whatever_reason_it_bears() {
    let authority = Authority::new(H2);
    for reason in [Reason::CANCEL, Reason::NO_ERROR, Reason::INTERNAL_ERROR] {
        let (address, _) = vendor2(&authority, 100, move |_, _, mut reply| async move {
            let mut stream = reply.send_response(Response::new(()), false).unwrap();
            stream.send_data(Bytes::from_static(b"half"), false).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.send_reset(reason);
        })
        .await;
        let answer = post(&sender(), &address, pieces("x")).await.unwrap();
        assert!(answer.body.is_err(), "{reason:?}");
    }
}

#[tokio::test]
async fn a_refusal_before_the_body_is_read_is_delivered() {
    let authority = Authority::new(H2);
    let (address, _) = vendor2(&authority, 100, |_, _request, mut reply| async move {
        let response = Response::builder().status(413).header("content-length", "3").body(()).unwrap();
        reply.send_response(response, false).unwrap().send_data(Bytes::from_static(b"no!"), true).unwrap();
    })
    .await;
    let big = Outgoing::Pieces([Bytes::new(), vec![b'x'; 3 << 20].into(), Bytes::new()]);
    let answer = post(&sender(), &address, big).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.unwrap()), (413, b"no!".to_vec()));
}

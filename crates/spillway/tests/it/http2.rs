//! HTTP/2 on both sides, and the TLS under it: clients with prior knowledge and over ALPN, vendors that stream, refuse
//! and go away.

use std::{
    collections::VecDeque,
    fs,
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use h2::{
    Reason, RecvStream,
    client::{ResponseFuture, SendRequest},
    server::SendResponse,
};
use http::{Request, Response};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use simulator::{Script, Step, Vendor, VendorConfig, client, script::GoodOverrides};
use tempfile::{NamedTempFile, TempDir};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};

use crate::support::{Launch, PATIENCE, Spillway, calls, chat, until, vendor};

// === Certificates ===

/// A throw-away authority and a certificate of it for `localhost`.
struct Authority {
    /// What those who trust it are given.
    file: NamedTempFile,
    authority: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(authority.pem().as_bytes()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = names.signed_by(&key, &authority).unwrap();
        Authority {
            file,
            authority: authority.der().clone(),
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key,
        }
    }

    fn path(&self) -> &str {
        self.file.path().to_str().unwrap()
    }

    /// Certificate and key as files, for the command line.
    fn save(&self, directory: &Path) -> (String, String) {
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        (write("cert.pem", &self.certificate_pem), write("key.pem", &self.key.serialize_pem()))
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// A client's TLS connection that offers these protocols.
    async fn connect(&self, addr: SocketAddr, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let mut config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(addr).await.unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

// === A client ===

/// A client's connection; it runs as a task until everybody has let go of it.
async fn client(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> SendRequest<Bytes> {
    let (requests, connection) = h2::client::handshake(io).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    requests
}

/// With prior knowledge.
async fn plain(spillway: &Spillway) -> SendRequest<Bytes> {
    client(TcpStream::connect(spillway.proxy).await.unwrap()).await
}

async fn ask(client: &SendRequest<Bytes>, stream: bool) -> (ResponseFuture, h2::SendStream<Bytes>) {
    let mut client = client.clone().ready().await.unwrap();
    let request = Request::post("http://gateway.test/ai/v1/chat/completions")
        .header("content-type", "application/json")
        .body(())
        .unwrap();
    let (answer, mut body) = client.send_request(request, false).unwrap();
    body.send_data(chat(stream).to_string().into(), true).unwrap();
    (answer, body)
}

async fn next(body: &mut RecvStream) -> Option<Result<Bytes, h2::Error>> {
    let chunk = timeout(PATIENCE, body.data()).await.expect("something comes in time");
    if let Some(Ok(chunk)) = &chunk {
        body.flow_control().release_capacity(chunk.len()).unwrap();
    }
    chunk
}

/// The whole body as text, or how it broke.
async fn text(mut body: RecvStream) -> Result<String, h2::Error> {
    let mut read = Vec::new();
    while let Some(chunk) = next(&mut body).await {
        read.extend_from_slice(&chunk?);
    }
    Ok(String::from_utf8(read).unwrap())
}

// === HTTP/2 in ===

/// One vendor behind `ai` that gives a stream's events slowly enough for them to be in the middle of it.
async fn slow_vendor(spillway: &Spillway) -> Vendor {
    let config = VendorConfig { chunks: 20, chunk_delay_ms: 20, ..VendorConfig::named("slow") };
    let vendor = Vendor::start(config).await.unwrap();
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    vendor
}

async fn many_streams(client: SendRequest<Bytes>) {
    let mut asked = Vec::new();
    for _ in 0..60 {
        asked.push(ask(&client, true).await.0);
    }
    let mut reading = tokio::task::JoinSet::new();
    for answer in asked {
        reading.spawn(async move {
            let answer = answer.await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.headers()["x-spillway-upstream"], "ai");
            text(answer.into_body()).await.unwrap()
        });
    }
    for text in reading.join_all().await {
        assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    }
}

#[tokio::test]
async fn one_connection_with_prior_knowledge_carries_many_streams() {
    let spillway = Spillway::start();
    let vendor = slow_vendor(&spillway).await;
    many_streams(plain(&spillway).await).await;
    assert!(vendor.state().in_flight_max > 30, "they ran side by side: {:?}", vendor.state());
}

#[tokio::test]
async fn over_tls_the_client_chooses_the_protocol() {
    let (authority, files) = (Authority::new(), TempDir::new().unwrap());
    let (certificate, key) = authority.save(files.path());
    let spillway = Launch::default()
        .env("SPILLWAY_PROXY_TLS_CERT", &certificate)
        .env("SPILLWAY_PROXY_TLS_KEY", &key)
        .start();
    let _vendor = slow_vendor(&spillway).await;
    let h2 = authority.connect(spillway.proxy, &[b"h2", b"http/1.1"]).await;
    assert_eq!(h2.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    many_streams(client(h2).await).await;

    for offered in [&[b"http/1.1".as_slice()][..], &[]] {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut h1 = authority.connect(spillway.proxy, offered).await;
        h1.write_all(b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let _ = h1.read_to_string(&mut answer).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_resets_one_stream_cancels_that_ones_vendor_call_alone() {
    let spillway = Spillway::start();
    let vendor = slow_vendor(&spillway).await;
    let client = plain(&spillway).await;
    let (left, mut leaving) = ask(&client, true).await;
    let (kept, _) = ask(&client, true).await;
    let (left, kept) = (left.await.unwrap(), kept.await.unwrap());
    leaving.send_reset(Reason::CANCEL);
    drop(left);
    assert!(text(kept.into_body()).await.unwrap().ends_with("data: [DONE]\n\n"));
    let log = vendor.settled(2).await;
    let gone: Vec<bool> = log.iter().map(|it| it.client_gone_at_ms.is_some()).collect();
    assert_eq!(gone.iter().filter(|it| **it).count(), 1, "{gone:?}");
    // The connection is as good as before.
    let (again, _) = ask(&client, false).await;
    assert_eq!(again.await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_too_large_is_refused_over_http2_too_and_the_connection_stays() {
    let spillway = Spillway::start();
    let vendor = slow_vendor(&spillway).await;
    let client = plain(&spillway).await;
    let request = || Request::post("http://gateway.test/ai/v1/chat/completions");
    let announced = request().header("content-length", 33 << 20).body(()).unwrap();
    let (answer, _body) = client.clone().ready().await.unwrap().send_request(announced, false).unwrap();
    assert_eq!(timeout(PATIENCE, answer).await.unwrap().unwrap().status(), 413);
    let two_hosts = request().header("host", "other.test").body(()).unwrap();
    let (answer, _) = client.clone().ready().await.unwrap().send_request(two_hosts, true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 400);
    assert_eq!(calls(&vendor), 0);
    assert_eq!(ask(&client, false).await.0.await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_client_that_opens_streams_only_to_reset_them_is_hung_up_on() {
    let spillway = Spillway::start();
    let vendor = slow_vendor(&spillway).await;
    let (requests, connection) =
        h2::client::handshake(TcpStream::connect(spillway.proxy).await.unwrap()).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut opened = 0;
    while opened < 20_000 && !connection.is_finished() {
        let Ok(mut ready) = requests.clone().ready().await else { break };
        let request = Request::post("http://gateway.test/ai/v1/chat/completions").body(()).unwrap();
        let Ok((_, mut body)) = ready.send_request(request, false) else { break };
        body.send_reset(Reason::CANCEL);
        opened += 1;
        if opened % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let ended = timeout(PATIENCE, connection).await.unwrap().unwrap();
    assert!(ended.is_err(), "it is told to calm down");
    assert!(opened < 20_000);
    assert_eq!(calls(&vendor), 0, "without a body nothing is asked of anybody");
    // Others are served.
    assert_eq!(spillway.chat("ai").await.status, 200);
}

#[tokio::test]
async fn a_drain_says_goaway_and_finishes_the_streams_that_are_open() {
    let mut spillway = Spillway::start();
    let vendor = slow_vendor(&spillway).await;
    let (requests, connection) =
        h2::client::handshake(TcpStream::connect(spillway.proxy).await.unwrap()).await.unwrap();
    let connection = tokio::spawn(connection);
    let (first, _) = ask(&requests, true).await;
    let (second, _) = ask(&requests, true).await;
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    spillway.terminate();
    for answer in [first, second] {
        assert!(text(answer.into_body()).await.unwrap().ends_with("data: [DONE]\n\n"));
    }
    assert!(spillway.ended().await.success());
    assert!(timeout(PATIENCE, connection).await.unwrap().unwrap().is_ok(), "an orderly end");
    assert_eq!(vendor.log().len(), 2);
}

#[tokio::test]
async fn a_stream_of_an_http2_client_that_is_cut_after_its_first_content_ends_with_an_error_event() {
    let spillway = Spillway::start();
    let vendor = slow_vendor(&spillway).await;
    vendor.script(Script::always([Step::Good(GoodOverrides {
        cut_after_chunks: Some(3),
        ..GoodOverrides::default()
    })]));
    let (answer, _) = ask(&plain(&spillway).await, true).await;
    let text = text(answer.await.unwrap().into_body()).await.unwrap();
    assert!(text.contains("stream_interrupted") && !text.contains("[DONE]"), "{text}");
}

// === HTTP/2 out ===

/// A vendor that speaks HTTP/2 over TLS. What it is asked it treats as told, in order, then well.
struct Vendor2 {
    port: u16,
    authority: Authority,
    /// Requests whose head has come.
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    /// Streams that the client's side reset while a [`Treat::Wait`] waited.
    resets: Arc<AtomicUsize>,
    /// Lets a [`Treat::Wait`] go on.
    go_on: Arc<Notify>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Treat {
    /// A good answer, streamed if a stream is asked for.
    Well,
    /// The first event at once, the rest when told.
    Wait,
    /// REFUSED_STREAM.
    Refuse,
    /// A GOAWAY that says this request was not looked at.
    GoAway,
    /// A head and an event without content, then a reset.
    CutEarly,
    /// An event with content, then a reset.
    CutLate,
    /// What was sent comes back.
    Echo,
}

const OPENING: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},\"finish_reason\":null}]}\n\n";
const CONTENT: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}\n\n";
const CLOSING: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const WHOLE: &str = "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";

impl Vendor2 {
    async fn start(treats: &[Treat]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let authority = Authority::new();
        let acceptor = authority.acceptor();
        let (requests, connections) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (go_on, resets) = (Arc::new(Notify::new()), Arc::<AtomicUsize>::default());
        let reset = Arc::clone(&resets);
        let treats = Arc::new(Mutex::new(treats.iter().copied().collect::<VecDeque<_>>()));
        let (counted, opened, notified) =
            (Arc::clone(&requests), Arc::clone(&connections), Arc::clone(&go_on));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                opened.fetch_add(1, Ordering::SeqCst);
                let (counted, notified, treats, reset) =
                    (Arc::clone(&counted), Arc::clone(&notified), Arc::clone(&treats), Arc::clone(&reset));
                tokio::spawn(async move {
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((request, mut reply))) = connection.accept().await {
                        counted.fetch_add(1, Ordering::SeqCst);
                        match treats.lock().unwrap().pop_front().unwrap_or(Treat::Well) {
                            Treat::GoAway => {
                                reply.send_reset(Reason::REFUSED_STREAM);
                                connection.graceful_shutdown();
                            }
                            treat => drop(tokio::spawn(treat.play(
                                request,
                                reply,
                                Arc::clone(&notified),
                                Arc::clone(&reset),
                            ))),
                        }
                    }
                });
            }
        });
        Vendor2 { port, authority, requests, connections, resets, go_on }
    }

    /// Makes it a target of `ai`, which trusts its authority.
    async fn serve(&self, spillway: &Spillway, fields: &[&str]) {
        let trust = format!("tls.ca_file={}", self.authority.path());
        let mut all = vec![trust.as_str()];
        all.extend(fields);
        spillway.upstream("ai", &all).await;
        self.join(spillway).await;
    }

    async fn join(&self, spillway: &Spillway) {
        let target = format!("target=localhost:{}", self.port);
        let answer = spillway.form("POST", "/upstreams/ai/targets", &[&target, "scheme=https"]).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Treat {
    async fn play(
        self,
        request: Request<RecvStream>,
        mut reply: SendResponse<Bytes>,
        go_on: Arc<Notify>,
        resets: Arc<AtomicUsize>,
    ) {
        if self == Treat::Refuse {
            return reply.send_reset(Reason::REFUSED_STREAM);
        }
        assert_eq!(request.uri().scheme_str(), Some("https"));
        let (head, mut body) = request.into_parts();
        let media =
            head.headers.get("content-type").cloned().unwrap_or(http::HeaderValue::from_static("text/plain"));
        if self == Treat::Echo {
            let head = Response::builder().header("content-type", media).body(()).unwrap();
            let mut out = reply.send_response(head, false).unwrap();
            while let Some(Ok(chunk)) = body.data().await {
                let _ = body.flow_control().release_capacity(chunk.len());
                let _ = out.send_data(chunk, false);
            }
            let _ = out.send_data(Bytes::new(), true);
            return;
        }
        let Ok(body) = text(body).await else { return };
        let stream = body.contains("\"stream\":true");
        let media = if stream { "text/event-stream" } else { "application/json" };
        let head = Response::builder().header("content-type", media).body(()).unwrap();
        let mut out = reply.send_response(head, false).unwrap();
        let say = |out: &mut h2::SendStream<Bytes>, text: &'static str, end| {
            let _ = out.send_data(Bytes::from_static(text.as_bytes()), end);
        };
        match self {
            Treat::Well if !stream => say(&mut out, WHOLE, true),
            Treat::CutEarly => {
                say(&mut out, OPENING, false);
                tokio::task::yield_now().await;
                out.send_reset(Reason::INTERNAL_ERROR);
            }
            Treat::CutLate => {
                say(&mut out, OPENING, false);
                say(&mut out, CONTENT, false);
                go_on.notified().await;
                out.send_reset(Reason::INTERNAL_ERROR);
            }
            _ => {
                say(&mut out, OPENING, false);
                say(&mut out, CONTENT, false);
                if self == Treat::Wait {
                    let reset = std::future::poll_fn(|cx| out.poll_reset(cx));
                    tokio::select! {
                        () = go_on.notified() => {}
                        _ = reset => {
                            resets.fetch_add(1, Ordering::SeqCst);
                            return;
                        }
                    }
                }
                say(&mut out, CLOSING, true);
            }
        }
    }
}

/// A streamed chat of an HTTP/1.1 client, to be read piece by piece.
async fn streamed(spillway: &Spillway) -> client::Streaming {
    let json = [("content-type", "application/json")];
    let body = chat(true).to_string();
    client::stream(spillway.proxy, "POST", "/ai/v1/chat/completions", &json, body.as_bytes()).await.unwrap()
}

/// With one worker: each has connections of its own.
fn alone() -> Spillway {
    Launch::default().env("SPILLWAY_WORKERS", "1").start()
}

#[tokio::test]
async fn a_vendor_over_tls_is_asked_over_http2_and_its_events_pass_as_they_come() {
    let spillway = alone();
    let vendor = Vendor2::start(&[Treat::Well, Treat::Wait]).await;
    vendor.serve(&spillway, &[]).await;
    let answer = spillway.chat("ai").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, WHOLE));

    let mut streaming = streamed(&spillway).await;
    let first = streaming.next().await.unwrap().bytes;
    assert!(String::from_utf8(first).unwrap().starts_with(OPENING));
    vendor.go_on.notify_one();
    let rest = streaming.rest().await;
    assert!(rest.complete && rest.text().ends_with("[DONE]\n\n"), "{}", rest.text());
    assert_eq!(vendor.connections.load(Ordering::SeqCst), 1, "one connection serves all");
}

#[tokio::test]
async fn bodies_stream_both_ways_from_an_http2_client_to_an_http2_vendor() {
    let spillway = Spillway::start();
    let vendor = Vendor2::start(&[Treat::Echo]).await;
    vendor.serve(&spillway, &[]).await;
    let mut client = plain(&spillway).await.ready().await.unwrap();
    let request = Request::post("http://gateway.test/ai/echo")
        .header("content-type", "application/octet-stream")
        .body(())
        .unwrap();
    let (answer, mut out) = client.send_request(request, false).unwrap();
    let sent: Vec<u8> = (0..5 << 20).map(|it: u32| (it % 251) as u8).collect();
    let sending = async {
        let mut left = Bytes::from(sent.clone());
        while !left.is_empty() {
            out.reserve_capacity(left.len());
            let room = std::future::poll_fn(|cx| out.poll_capacity(cx)).await.unwrap().unwrap();
            out.send_data(left.split_to(room.min(left.len())), false).unwrap();
        }
        out.send_data(Bytes::new(), true).unwrap();
    };
    let reading = async {
        let mut body = answer.await.unwrap().into_body();
        let mut read = Vec::new();
        while let Some(chunk) = next(&mut body).await {
            read.extend_from_slice(&chunk.unwrap());
        }
        read
    };
    let ((), read) = tokio::join!(sending, reading);
    assert!(read == sent, "{} of {} bytes", read.len(), sent.len());
}

#[tokio::test]
async fn a_refused_stream_and_a_goaway_cost_nobody_anything() {
    for treat in [Treat::Refuse, Treat::GoAway] {
        let spillway = alone();
        let vendor = Vendor2::start(&[Treat::Well, treat]).await;
        vendor.serve(&spillway, &[]).await;
        for stream in [false, true, false] {
            let answer = spillway.post("/ai/v1/chat/completions", &chat(stream)).await;
            assert_eq!(answer.status, 200, "{treat:?}: {}", answer.text());
            assert_eq!(answer.header("x-spillway-attempts"), Some("1"), "{treat:?} is no attempt");
        }
        assert_eq!(vendor.requests(), 4);
        let health = spillway.admin("GET", "/upstreams/ai/health").await.text();
        assert!(health.contains("HEALTHY") && !health.contains("UNHEALTHY"), "{health}");
    }
}

#[tokio::test]
async fn an_http2_stream_that_is_cut_before_its_first_content_fails_over() {
    let spillway = Spillway::start();
    let cut = Vendor2::start(&[Treat::CutEarly; 2]).await;
    cut.serve(&spillway, &["algorithm=priority"]).await;
    let good = vendor("good").await;
    spillway.target("ai", &good, &["tier=1"]).await;
    let answer = spillway.chat_streamed("ai").await;
    assert_eq!((answer.status, answer.complete), (200, true), "{}", answer.text());
    assert!(answer.text().ends_with("[DONE]\n\n"));
    assert_eq!(answer.header("x-spillway-target"), Some(good.addr().to_string().as_str()));
    assert_eq!(answer.header("x-spillway-attempts"), Some("2"));
}

#[tokio::test]
async fn an_http2_stream_that_is_cut_after_its_first_content_ends_with_an_error_event() {
    let spillway = Spillway::start();
    let cut = Vendor2::start(&[Treat::CutLate]).await;
    cut.serve(&spillway, &[]).await;
    let mut streaming = streamed(&spillway).await;
    assert!(streaming.next().await.is_some());
    cut.go_on.notify_one();
    let answer = streaming.rest().await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("stream_interrupted") && !answer.text().contains("[DONE]"));
    assert!(answer.complete, "the error event ends the stream properly");
}

#[tokio::test]
async fn a_client_that_goes_away_resets_its_stream_to_an_http2_vendor() {
    let spillway = alone();
    let vendor = Vendor2::start(&[Treat::Wait]).await;
    vendor.serve(&spillway, &[]).await;
    let mut streaming = streamed(&spillway).await;
    assert!(streaming.next().await.is_some());
    drop(streaming);
    until("the vendor hears of it", || async { vendor.resets.load(Ordering::SeqCst) == 1 }).await;
    // The connection is not lost with it.
    assert_eq!(spillway.chat("ai").await.status, 200);
    assert_eq!(vendor.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_vendor_whose_authority_nobody_trusts_is_not_talked_to() {
    let spillway = Spillway::start();
    let vendor = Vendor2::start(&[]).await;
    spillway.upstream("ai", &["retries.attempts=1"]).await;
    vendor.join(&spillway).await;
    let answer = spillway.chat("ai").await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert_eq!(vendor.requests(), 0);
}

//! The same bytes through our HTTP/1.1 and through hyper's client: same answer, or both refuse, or the difference is
//! deliberate and listed.

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::send::io::Io;

type Plain = Option<(u16, Vec<(String, Vec<u8>)>, Vec<u8>)>;

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn plain(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Plain {
    let mut lines: Vec<_> =
        headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    lines.sort();
    Some((status.as_u16(), lines, body))
}

async fn ours(script: &[u8]) -> Plain {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    far.write_all(script).await.unwrap();
    far.shutdown().await.unwrap();
    let address = address("vendor.test", 80);
    let home = Home { pool: Arc::new(Pool::new()), address: Arc::clone(&address) };
    let exchange = exchange(&address, &Method::GET, Outgoing::Empty);
    let connection = Connection::new(Io::Scripted(near), 0);
    let answer = connection.exchange(&exchange, Outgoing::Empty, home, false).await.ok()?;
    let Whole { status, headers, body } = whole(answer).await;
    plain(status, &headers, body.ok()?)
}

/// hyper must have sent its request before it is answered, or it calls the answer unexpected.
async fn hypers(script: &[u8]) -> Plain {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let (mut requests, connection) =
        hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(near)).await.ok()?;
    let driver = tokio::spawn(connection);
    let request =
        http::Request::get("/v1/chat?x=1").header("host", "vendor.test").body(Empty::new()).unwrap();
    let script = script.to_vec();
    let vendor = tokio::spawn(async move {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if tokio::io::AsyncReadExt::read_buf(&mut far, &mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let _ = far.write_all(&script).await;
        let _ = far.shutdown().await;
    });
    let response = requests.send_request(request).await.ok()?;
    let (parts, incoming) = response.into_parts();
    let body = incoming.collect().await.ok()?.to_bytes().to_vec();
    let _ = vendor.await;
    driver.abort();
    plain(parts.status, &parts.headers, body)
}

/// What hyper takes and we refuse, by the reason.
const STRICTER: [(&str, &str); 6] = [
    ("bare LF ends a line of the head", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"),
    ("empty line before the head", "\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
    (
        "content-length beside transfer-encoding",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ),
    (
        "a coding besides chunked",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ),
    ("an unknown coding, until close", "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\nok"),
    ("101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
];

#[test]
fn what_we_refuse_and_hyper_takes_is_deliberate() {
    for (reason, script) in STRICTER {
        assert_eq!(run(ours(script.as_bytes())), None, "{reason}");
        assert_ne!(run(hypers(script.as_bytes())), None, "{reason}");
    }
}

fn corpus() -> Vec<String> {
    let head = "HTTP/1.1 200 OK\r\n";
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    vec![
        format!("{head}content-length: 5\r\n\r\nhello"),
        format!("{head}content-length: 5\r\ncontent-length: 5\r\n\r\nhello"),
        format!("{head}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
        format!("{head}content-length: five\r\n\r\nhello"),
        format!("{head}content-length: +5\r\n\r\nhello"),
        format!("{head}content-length: 5\r\n\r\nhell"),
        format!("{head}content-length: 0\r\n\r\n"),
        format!("{head}\r\nuntil close"),
        format!("{head}x-a: 1\r\nx-a: 2\r\nX-B: \t spaced \t\r\nempty:\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}obs: caf\u{e9}\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}fold: a\r\n b\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}space : a\r\ncontent-length: 0\r\n\r\n"),
        format!("{head}nul: a\0\r\ncontent-length: 0\r\n\r\n"),
        format!("{chunked}5\r\nhello\r\n0\r\n\r\n"),
        format!("{chunked}A\r\n0123456789\r\n00\r\n\r\n"),
        format!("{chunked}2;x=y\r\nok\r\n0\r\ntrailer: t\r\n\r\n"),
        format!("{chunked}2\r\nok\r\n"),
        format!("{chunked}2\r\nokay\r\n0\r\n\r\n"),
        format!("{chunked}\r\n\r\n"),
        format!("{chunked}fffffffffffffffff\r\n"),
        format!("{chunked}xyz\r\nok\r\n0\r\n\r\n"),
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(),
        "HTTP/1.1 204 No Content\r\n\r\n".into(),
        "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n".into(),
        "HTTP/1.1 500\r\ncontent-length: 2\r\n\r\nno".into(),
        "HTTP/1.1 999 Odd\r\ncontent-length: 2\r\n\r\nno".into(),
        "HTTP/1.0 200 OK\r\n\r\nold".into(),
        "HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nold".into(),
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".into(),
        format!("{chunked}2;a\rb\r\nok\r\n0\r\n\r\n"),
        format!("{chunked}2\r\nok\r\n0\r\na: b\n\r\n"),
        format!("{chunked}2\r\nok\r\n0\r\nno colon\r\n\r\n"),
        "HTTP/3.0 200 OK\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\ncontent-len".into(),
        "garbage\r\n\r\n".into(),
        String::new(),
    ]
}

#[test]
fn on_everything_else_we_agree_with_hyper() {
    for script in corpus() {
        assert_eq!(run(ours(script.as_bytes())), run(hypers(script.as_bytes())), "{script:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// We may refuse more than hyper does, but what we take we understand as hyper does.
    #[test]
    fn what_we_take_hyper_takes_alike(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\r\n\0 :;,0159afzZ\t\xff".to_vec())), 0..4),
    ) {
        let corpus = corpus();
        let mut bytes = which.get(&corpus).clone().into_bytes();
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if let Some(taken) = run(ours(&bytes)) {
            prop_assert_eq!(Some(taken), run(hypers(&bytes)));
        }
    }
}

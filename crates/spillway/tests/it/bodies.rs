//! Bodies: how large they may be, what is held and what passes through, and what vendors and clients get of each
//! other's.

use std::time::{Duration, Instant};

use simulator::{
    Script, Step, Vendor, VendorConfig,
    client::{self, Connection, Response},
    script::{BytesAnswer, Nth, Rule},
};

use crate::support::{Launch, PATIENCE, Spillway, calls, chat, scripted, until, vendor};

const MIB: usize = 1 << 20;
const BOUNDARY: &str = "----boundary";

/// A gateway with one vendor behind `ai`.
async fn pair() -> (Spillway, Vendor) {
    let spillway = Spillway::start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    (spillway, vendor)
}

async fn post(spillway: &Spillway, path: &str, media: &str, body: &[u8]) -> Response {
    client::request(spillway.proxy, "POST", path, &[("content-type", media)], body).await.unwrap()
}

/// A form with a file of so many bytes, and the model before or behind it.
fn form(model_first: bool, file: usize) -> Vec<u8> {
    let model =
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n");
    let mut body = Vec::with_capacity(file + 1024);
    if model_first {
        body.extend_from_slice(model.as_bytes());
    }
    body.extend_from_slice(
        format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
             content-type: audio/wav\r\n\r\n"
        )
        .as_bytes(),
    );
    body.extend(noise(file));
    body.extend_from_slice(b"\r\n");
    if !model_first {
        body.extend_from_slice(model.as_bytes());
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// So many bytes, none of them a line's end.
fn noise(bytes: usize) -> Vec<u8> {
    let mut noise: Vec<u8> = (128..255).collect::<Vec<_>>().repeat(bytes / 127 + 1);
    noise.truncate(bytes);
    noise
}

fn media() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

const TRANSCRIPTIONS: &str = "/ai/v1/audio/transcriptions";

// === Requests ===

#[tokio::test]
async fn a_body_of_any_size_up_to_the_bound_arrives_as_it_was_sent() {
    let (spillway, vendor) = pair().await;
    for bytes in [0, 1, 1000, 64 << 10, 5 * MIB, 32 * MIB] {
        vendor.clear_log();
        let sent: Vec<u8> = noise(bytes);
        let answer = post(&spillway, "/ai/v1/files", "application/octet-stream", &sent).await;
        assert_eq!(answer.status, 404, "{bytes}: the vendor's own answer: {}", answer.text());
        let seen = vendor.log().pop().unwrap();
        assert_eq!(seen.body_len, bytes as u64);
        assert!(seen.body.is_empty() || sent.starts_with(&seen.body), "{bytes}");
        assert_eq!(seen.header("content-length"), Some(bytes.to_string().as_str()));
    }
    let answer = post(&spillway, "/ai/v1/files", "application/octet-stream", &vec![0; 32 * MIB + 1]).await;
    assert_eq!(answer.status, 413);
    assert_eq!(vendor.log().len(), 1);
}

#[tokio::test]
async fn a_chunked_upload_is_one_body_to_the_vendor() {
    let (spillway, vendor) = pair().await;
    let body = chat(false).to_string();
    let chunks: String = body
        .as_bytes()
        .chunks(7)
        .map(|it| format!("{:x}\r\n{}\r\n", it.len(), String::from_utf8_lossy(it)))
        .collect();
    let chunked = [("content-type", "application/json"), ("transfer-encoding", "chunked")];
    let path = "/ai/v1/chat/completions";
    let raw = format!("{chunks}0\r\n\r\n");
    let answer = client::request(spillway.proxy, "POST", path, &chunked, raw.as_bytes()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = vendor.log().pop().unwrap();
    assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), body);
    assert_eq!(seen.header("content-length"), Some(body.len().to_string().as_str()));
    assert_eq!(seen.header("transfer-encoding"), None);
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_sent_and_while_it_is_sent() {
    let spillway = Launch::default().env("SPILLWAY_REQUEST_BODY_BYTES", "100000").start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let head = "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

    // Announced: no "100 Continue", the refusal at once.
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    let raw = format!("{head}content-length: 100001\r\nexpect: 100-continue\r\n\r\n");
    connection.send_raw(raw.as_bytes()).await.unwrap();
    let answer = String::from_utf8(connection.read_raw(64 << 10).await.unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    // Allowed: 100 first, then the answer.
    let body = chat(false).to_string();
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    let raw = format!("{head}content-length: {}\r\nexpect: 100-continue\r\n\r\n", body.len());
    connection.send_raw(raw.as_bytes()).await.unwrap();
    let interim = String::from_utf8(connection.read_raw(64 << 10).await.unwrap()).unwrap();
    assert!(interim.starts_with("HTTP/1.1 100"), "{interim}");
    connection.send_raw(body.as_bytes()).await.unwrap();
    assert_eq!(connection.response().await.unwrap().status, 200);

    // Sent without asking, announced or not, far beyond the bound: the answer can still be read.
    for (framing, piece) in [
        ("content-length: 8000000".to_owned(), vec![b' '; 8_000_000]),
        (
            "transfer-encoding: chunked".to_owned(),
            [b"7a1200\r\n".as_slice(), &vec![b' '; 8_000_000]].concat(),
        ),
    ] {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        let raw = [format!("{head}{framing}\r\n\r\n").as_bytes(), &piece].concat();
        connection
            .send_raw(&raw)
            .await
            .unwrap_or_else(|error| panic!("{framing}: the sending breaks: {error}"));
        let answer =
            connection.response().await.unwrap_or_else(|error| panic!("{framing}: no answer: {error}"));
        assert_eq!((answer.status, answer.header("connection")), (413, Some("close")), "{framing}");
        assert_eq!(answer.header("x-should-retry"), Some("false"));
    }
    assert_eq!(vendor.log().len(), 1);
}

#[tokio::test]
async fn a_form_that_can_be_held_fails_over_and_gets_each_targets_own_model() {
    let spillway = Spillway::start();
    let failing = scripted("failing", Script::always([Step::status(500)])).await;
    let good = vendor("good").await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    spillway.target("ai", &failing, &["tier=0", "model=whisper-large-v3-turbo"]).await;
    spillway.target("ai", &good, &["tier=1", "model=whisper-large-v3-turbo"]).await;
    for (model_first, file) in [(true, 1000), (false, 1000), (true, 20 * MIB), (false, 20 * MIB)] {
        let sent = form(model_first, file);
        good.clear_log();
        let answer = post(&spillway, TRANSCRIPTIONS, &media(), &sent).await;
        assert_eq!(answer.status, 200, "{model_first}, {file}: {}", answer.text());
        let seen = good.log().pop().unwrap();
        let grown = "whisper-large-v3-turbo".len() - "whisper-1".len();
        assert_eq!(seen.body_len as usize, sent.len() + grown, "{model_first}, {file}");
        assert_eq!(seen.header("content-length"), Some((sent.len() + grown).to_string().as_str()));
        if !seen.body.is_empty() && seen.body.len() == sent.len() + grown {
            let expected = replaced(&sent, "whisper-1", "whisper-large-v3-turbo");
            assert!(seen.body == expected, "only the model differs");
        }
        assert_eq!(answer.header("x-spillway-model"), Some("whisper-large-v3-turbo"));
    }
}

fn replaced(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|it| it == old.as_bytes()).unwrap();
    [&bytes[..at], new.as_bytes(), &bytes[at + old.len()..]].concat()
}

#[tokio::test]
async fn a_form_too_large_to_hold_is_streamed_where_its_model_comes_first() {
    let (spillway, vendor) = pair().await;
    let sent = form(true, 40 * MIB);
    let before = spillway.resident_bytes();
    let answer = post(&spillway, TRANSCRIPTIONS, &media(), &sent).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(vendor.log().pop().unwrap().body_len, sent.len() as u64);
    let grown = spillway.resident_bytes().saturating_sub(before);
    assert!(grown < 20 << 20, "it was not held: {grown} bytes");

    let late = post(&spillway, TRANSCRIPTIONS, &media(), &form(false, 40 * MIB)).await;
    assert_eq!((late.status, &late.json()["error"]["param"]), (400, &"model".into()), "{}", late.text());
    let huge = post(&spillway, TRANSCRIPTIONS, &media(), &form(true, 128 * MIB)).await;
    assert_eq!(huge.status, 413, "{}", huge.text());
    assert_eq!(calls(&vendor), 1);
}

#[tokio::test]
async fn a_streamed_form_gets_the_targets_model_and_no_second_try() {
    let spillway = Launch::default().env("SPILLWAY_REQUEST_BODY_BYTES", "100000").start();
    let one = vendor("one").await;
    let two = vendor("two").await;
    spillway.upstream("ai", &["algorithm=priority"]).await;
    spillway.target("ai", &one, &["tier=0", "model=whisper-large-v3-turbo"]).await;
    spillway.target("ai", &two, &["tier=1"]).await;
    let sent = form(true, 300_000);
    assert_eq!(post(&spillway, TRANSCRIPTIONS, &media(), &sent).await.status, 200);
    let seen = one.log().pop().unwrap();
    assert_eq!(seen.body_len as usize, sent.len() + 13);
    assert_eq!(seen.header("content-length"), Some((sent.len() + 13).to_string().as_str()));
    if seen.body.len() == seen.body_len as usize {
        assert!(seen.body == replaced(&sent, "whisper-1", "whisper-large-v3-turbo"));
    }
    one.script(Script::always([Step::status(500)]));
    let answer = post(&spillway, TRANSCRIPTIONS, &media(), &sent).await;
    assert_eq!(answer.status, 500, "what is gone cannot be sent to another: {}", answer.text());
    assert_eq!(calls(&two), 0);
}

#[tokio::test]
async fn a_vendor_that_refuses_a_streamed_form_unread_is_heard() {
    let (spillway, vendor) = pair().await;
    vendor.script(Script::always([Step::ReadHead, Step::AnswerBeforeBody(413)]));
    for _ in 0..3 {
        let answer = post(&spillway, TRANSCRIPTIONS, &media(), &form(true, 60 * MIB)).await;
        assert_eq!(answer.status, 413, "{}", answer.text());
    }
}

#[tokio::test]
async fn a_slow_upload_is_not_held_against_the_vendor() {
    let spillway = Launch::default().env("SPILLWAY_REQUEST_BODY_BYTES", "100000").start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &["timeouts.response=1", "retries.attempts=1"]).await;
    spillway.target("ai", &vendor, &[]).await;
    let sent = form(true, 300_000);
    let head = format!(
        "POST {TRANSCRIPTIONS} HTTP/1.1\r\nhost: x\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        media(),
        sent.len()
    );
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    connection.send_raw(head.as_bytes()).await.unwrap();
    for piece in sent.chunks(sent.len() / 5 + 1) {
        connection.send_raw(piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    let answer = connection.response().await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(vendor.log().pop().unwrap().body_len, sent.len() as u64);

    // One who leaves in the middle is nobody's fault either.
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    connection.send_raw(head.as_bytes()).await.unwrap();
    connection.send_raw(&sent[..200_000]).await.unwrap();
    until("the vendor is asked", || async { vendor.state().in_flight == 1 }).await;
    connection.reset().unwrap();
    until("the vendor is let go", || async { vendor.state().in_flight == 0 }).await;
    let health = spillway.health("ai", &vendor).await;
    assert_eq!(health["health"], "HEALTHY", "{health}");

    // A vendor that has everything and says nothing is still found out.
    vendor.script(Script::always([Step::Hang]));
    let answer = post(&spillway, TRANSCRIPTIONS, &media(), &sent).await;
    assert_eq!(answer.status, 504, "{}", answer.text());
}

#[tokio::test]
async fn a_chunked_form_is_bounded_like_one_that_says_its_length() {
    let spillway = Launch::default().env("SPILLWAY_REQUEST_BODY_BYTES", "100000").start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let media = media();
    let headers = [("content-type", media.as_str()), ("transfer-encoding", "chunked")];
    let chunked = |body: &[u8]| {
        let mut raw = Vec::new();
        for piece in body.chunks(MIB) {
            raw.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            raw.extend_from_slice(piece);
            raw.extend_from_slice(b"\r\n");
        }
        raw.extend_from_slice(b"0\r\n\r\n");
        raw
    };
    let sent = form(true, 2 * MIB);
    let answer =
        client::request(spillway.proxy, "POST", TRANSCRIPTIONS, &headers, &chunked(&sent)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(vendor.log().pop().unwrap().body_len, sent.len() as u64);

    let endless = chunked(&form(true, 129 * MIB));
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    let _ = connection.send("POST", TRANSCRIPTIONS, &headers, &endless).await;
    if let Ok(answer) = connection.response().await {
        assert!((400..500).contains(&answer.status), "{}", answer.text());
    }
    let log = vendor.settled(2).await;
    assert!(
        log.iter().all(|it| it.body_len <= 128 * MIB as u64 + 100),
        "{:?}",
        log.last().map(|it| it.body_len)
    );
    let health = spillway.health("ai", &vendor).await;
    assert_eq!(health["health"], "HEALTHY", "nobody holds that against the vendor: {health}");
}

#[tokio::test]
async fn what_is_held_together_is_bounded_and_an_announcement_takes_no_room() {
    let spillway = Launch::default()
        .env("SPILLWAY_REQUEST_BODY_BYTES", "1000000")
        .env("SPILLWAY_BUFFERED_BYTES", "1000000")
        .start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let head =
        "POST /ai/v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 900000\r\n\r\n";

    // Many who only say that they will send something large keep nobody out.
    let mut announced = Vec::new();
    for _ in 0..20 {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        connection.send_raw(head.as_bytes()).await.unwrap();
        announced.push(connection);
    }
    let large = vec![b'x'; 500_000];
    assert_eq!(post(&spillway, "/ai/v1/files", "text/plain", &large).await.status, 404, "the vendor's own");

    // Who has sent it does. (One of those above may have been turned away while the large body was held.)
    drop(announced);
    let started = std::time::Instant::now();
    let mut sending = loop {
        assert!(started.elapsed() < PATIENCE, "there is always room");
        let mut sending = Connection::connect(spillway.proxy).await.unwrap();
        sending.send_raw(head.as_bytes()).await.unwrap();
        sending.send_raw(&vec![b'x'; 800_000]).await.unwrap();
        // Of two who come at once the other may be first; then this one is turned away, and comes again.
        if post(&spillway, "/ai/v1/files", "text/plain", &large).await.status == 503 {
            break sending;
        }
    };
    let refused = post(&spillway, "/ai/v1/files", "text/plain", &large).await;
    assert!(refused.header("retry-after").is_some() && refused.text().contains("buffered_bytes"));
    assert_eq!(spillway.chat("ai").await.status, 200, "small ones still fit");

    // And gives the room back when it is over.
    sending.send_raw(&vec![b'x'; 100_000]).await.unwrap();
    assert_eq!(sending.response().await.unwrap().status, 404);
    assert_eq!(post(&spillway, "/ai/v1/files", "text/plain", &large).await.status, 404);
}

#[tokio::test]
async fn when_there_is_little_room_new_requests_go_without_a_second_try() {
    let spillway = Launch::default().env("SPILLWAY_BUFFERED_BYTES", "1000000").start();
    let failing = scripted("failing", Script::always([Step::status(500)])).await;
    let good = vendor("good").await;
    spillway.upstream("ai", &["algorithm=priority", "healthchecks.passive.unhealthy.http_failures=0"]).await;
    spillway.target("ai", &failing, &["tier=0"]).await;
    spillway.target("ai", &good, &["tier=1"]).await;
    assert_eq!(spillway.chat("ai").await.status, 200);

    let mut large = Connection::connect(spillway.proxy).await.unwrap();
    let head = "POST /ai/v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n";
    large.send_raw(head.as_bytes()).await.unwrap();
    large.send_raw(&vec![b' '; 800_000]).await.unwrap();
    until("one try is all there is", || async { spillway.chat("ai").await.status == 500 }).await;

    drop(large);
    until("there is room again", || async { spillway.chat("ai").await.status == 200 }).await;
}

#[tokio::test]
async fn uploads_without_end_do_not_fill_the_memory() {
    let spillway = Launch::default().env("SPILLWAY_BUFFERED_BYTES", "50000000").start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let before = spillway.resident_bytes();
    let mut uploads = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let proxy = spillway.proxy;
        uploads.spawn(async move {
            let mut connection = Connection::connect(proxy).await.unwrap();
            let head = "POST /ai/v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 33000000\r\n\r\n";
            connection.send_raw(head.as_bytes()).await.unwrap();
            for _ in 0..16 {
                if connection.send_raw(&vec![b'x'; 2_000_000]).await.is_err() {
                    break;
                }
            }
            connection
        });
    }
    let kept = uploads.join_all().await;
    let grown = spillway.resident_bytes().saturating_sub(before);
    assert!(grown < 200 << 20, "16 uploads of 32 MB: {grown} bytes");
    drop(kept);
    until("they are gone", || async {
        post(&spillway, "/ai/v1/files", "text/plain", &vec![b'x'; 10_000_000]).await.status == 404
    })
    .await;
}

// === Paths that nobody knows ===

#[tokio::test]
async fn unknown_paths_pass_through_as_they_are_written() {
    let (spillway, vendor) = pair().await;
    for (path, seen_path, seen_query) in [
        ("/ai/v1/files?purpose=a%20b&x=%2F&y", "/v1/files", Some("purpose=a%20b&x=%2F&y")),
        ("/ai/v1/files/a%2Fb%20c", "/v1/files/a%2Fb%20c", None),
        ("/ai/v1/files/%C3%BC", "/v1/files/%C3%BC", None),
        ("/ai/v1//files//", "/v1//files//", None),
        ("/ai/", "/", None),
        ("/ai/v1/x?", "/v1/x", Some("")),
        ("/ai/v1/x?a=b?c=/../d", "/v1/x", Some("a=b?c=/../d")),
        ("/ai/v1/a;b=c,d:e@f!$&'()*+~", "/v1/a;b=c,d:e@f!$&'()*+~", None),
    ] {
        for method in ["GET", "DELETE", "HEAD", "PUT", "PATCH", "OPTIONS"] {
            vendor.clear_log();
            let answer = client::request(spillway.proxy, method, path, &[], b"").await.unwrap();
            let log = vendor.log();
            assert_eq!(log.len(), 1, "{method} {path}: {} {}", answer.status, answer.text());
            assert_eq!(log[0].method, method);
            assert_eq!(log[0].path, seen_path, "{method} {path}");
            assert_eq!(log[0].query.as_deref().unwrap_or_default(), seen_query.unwrap_or_default(), "{path}");
            assert_eq!(answer.status, log[0].status.unwrap());
        }
    }
}

#[tokio::test]
async fn a_head_request_is_answered_with_the_vendors_head() {
    let spillway = Spillway::start();
    let vendor = scripted(
        "one",
        raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1234\r\n\r\n"),
    )
    .await;
    spillway.upstream("ai", &["retries.attempts=1"]).await;
    spillway.target("ai", &vendor, &[]).await;
    for path in ["/ai/v1/files/a", "/ai/v1/models", "/ai/v1/chat/completions"] {
        let answer = client::request(spillway.proxy, "HEAD", path, &[], b"").await.unwrap();
        assert_eq!((answer.status, answer.header("content-length")), (200, Some("1234")), "{path}");
        assert!(answer.body.is_empty());
    }
}

// === Answers ===

/// These bytes as the answer to everything, then the connection is closed.
fn raw(text: &str) -> Script {
    let bytes = BytesAnswer { text: text.to_owned(), ..BytesAnswer::default() };
    Script::always([Step::ReadBody(0), Step::Bytes(bytes), Step::Fin])
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    let spillway = Spillway::start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &["retries.attempts=1"]).await;
    spillway.target("ai", &vendor, &[]).await;
    for (text, status, length) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, None),
        ("HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n", 205, Some("0")),
        ("HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\n\r\n", 304, None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, Some("0")),
    ] {
        vendor.script(raw(text));
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        for _ in 0..2 {
            let answer = connection.request("DELETE", "/ai/v1/files/a", &[], b"").await.unwrap();
            assert_eq!((answer.status, answer.body.len()), (status, 0), "{text}");
            assert_eq!(answer.header("content-length"), length, "{text}");
        }
    }
}

#[tokio::test]
async fn a_compressed_answer_passes_untouched() {
    let spillway = Spillway::start();
    // No real gzip, which is the point: nobody looks inside.
    let body = "\u{1f}not really gzip, but who would know {\"error\":{\"message\":\"x\"}}";
    let vendor = scripted(
        "one",
        raw(&format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )),
    )
    .await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let headers = [("content-type", "application/json"), ("accept-encoding", "gzip, br, zstd")];
    let body_sent = chat(false).to_string();
    let path = "/ai/v1/chat/completions";
    let answer = client::request(spillway.proxy, "POST", path, &headers, body_sent.as_bytes()).await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, body));
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(vendor.log()[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn an_answer_larger_than_is_held_passes_through_whole_and_a_cut_stays_a_cut() {
    let spillway = Spillway::start();
    let large = "x".repeat(3 * MIB);
    let json = format!("{{\"object\":\"list\",\"data\":[{{\"embedding\":\"{large}\"}}]}}");
    let length = json.len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let vendor = vendor("one").await;
    spillway.upstream("ai", &["retries.attempts=1"]).await;
    spillway.target("ai", &vendor, &[]).await;
    let ask = async || {
        let body = "{\"model\":\"m\",\"input\":\"x\"}";
        client::post_json(spillway.proxy, "/ai/v1/embeddings", &[], body).await.unwrap()
    };
    for text in [
        format!("{head}content-length: {length}\r\n\r\n{json}"),
        format!("{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n{json}\r\n0\r\n\r\n"),
        format!("{head}connection: close\r\n\r\n{json}"),
    ] {
        vendor.script(raw(&text));
        let answer = ask().await;
        assert_eq!(
            (answer.status, answer.complete, answer.body.len()),
            (200, true, length),
            "{}",
            &text[..150]
        );
        assert!(answer.body == json.as_bytes());
    }
    for text in [
        format!("{head}content-length: {}\r\n\r\n{json}", length + 5),
        format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{json}", length + 5),
    ] {
        vendor.script(raw(&text));
        let answer = ask().await;
        assert_eq!((answer.status, answer.complete), (200, false), "{}", &text[..150]);
    }
}

// === Connections ===

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let spillway = Spillway::start();
    let config = VendorConfig { response_delay_ms: 0, ..VendorConfig::named("one") };
    let vendor = Vendor::start(config).await.unwrap();
    let slow_first = Rule::always([Step::SleepMs(200)]).for_nth(Nth::Only(1));
    vendor.script(vec![slow_first]);
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    let mut raw = String::new();
    for model in ["a", "b", "c"] {
        let body = format!("{{\"model\":\"{model}\",\"messages\":[]}}");
        raw += &format!(
            "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
    }
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    connection.send_raw(raw.as_bytes()).await.unwrap();
    for model in ["a", "b", "c"] {
        let answer = connection.response().await.unwrap();
        assert_eq!(answer.header("x-spillway-model"), Some(model), "{}", answer.text());
        assert_eq!(answer.json()["model"], model);
    }
}

#[tokio::test]
async fn a_client_that_says_close_is_closed_on() {
    let (spillway, _vendor) = pair().await;
    let mut connection = Connection::connect(spillway.proxy).await.unwrap();
    let began = Instant::now();
    let close = [("connection", "close")];
    assert_eq!(connection.request("GET", "/ai/v1/models", &close, b"").await.unwrap().status, 200);
    assert!(connection.closed().await);
    assert!(began.elapsed() < Duration::from_secs(1), "at once: {:?}", began.elapsed());
}

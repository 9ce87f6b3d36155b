//! Clients that mean harm, or write HTTP as if they did: nothing of it reaches a vendor as a second request, a foreign
//! host or a header of their making.

use std::time::{Duration, Instant};

use simulator::{
    Vendor,
    client::{self, Connection},
};

use crate::support::{Launch, Spillway, chat, vendor};

/// A gateway with one vendor behind `ai`.
async fn pair() -> (Spillway, Vendor) {
    let spillway = Spillway::start();
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    (spillway, vendor)
}

/// Everything that comes back until the connection is closed or silent for a moment.
async fn say(spillway: &Spillway, raw: &[u8]) -> String {
    let mut connection =
        Connection::connect(spillway.proxy).await.unwrap().with_deadline(Duration::from_millis(700));
    // A peer that has hung up already is an answer, too.
    let _ = connection.send_raw(raw).await;
    let mut all = Vec::new();
    while let Ok(read) = connection.read_raw(64 << 10).await {
        if read.is_empty() {
            break;
        }
        all.extend(read);
    }
    String::from_utf8_lossy(&all).into_owned()
}

fn answers(text: &str) -> Vec<&str> {
    text.match_indices("HTTP/1.1 ").map(|(at, _)| text[at + 9..].get(..3).unwrap_or_default()).collect()
}

const INNER: &str = "POST /ai/v1/smuggled HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn no_framing_trick_gets_a_second_request_to_a_vendor() {
    let (spillway, vendor) = pair().await;
    let line = "POST /ai/v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n";
    let length = INNER.len();
    let corpus = [
        (
            "CL.TE",
            format!(
                "{line}content-length: {}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{INNER}",
                length + 5
            ),
        ),
        (
            "TE.CL",
            format!(
                "{line}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n{length:x}\r\n{INNER}\r\n0\r\n\r\n"
            ),
        ),
        ("two lengths", format!("{line}content-length: 0\r\ncontent-length: {length}\r\n\r\n{INNER}")),
        ("a list of lengths", format!("{line}content-length: 0, {length}\r\n\r\n{INNER}")),
        ("a signed length", format!("{line}content-length: +{length}\r\n\r\n{INNER}")),
        ("a negative length", format!("{line}content-length: -1\r\n\r\n{INNER}")),
        ("a hexadecimal length", format!("{line}content-length: 0x0\r\n\r\n{INNER}")),
        ("a length that overflows", format!("{line}content-length: 18446744073709551616\r\n\r\n{INNER}")),
        ("an unknown coding", format!("{line}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{INNER}")),
        ("chunked not last", format!("{line}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{INNER}")),
        (
            "two codings",
            format!(
                "{line}transfer-encoding: identity\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n{INNER}"
            ),
        ),
        (
            "blank before the colon",
            format!("{line}transfer-encoding : chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n{INNER}"),
        ),
        ("tab before the colon", format!("{line}content-length\t: 0\r\n\r\n{INNER}")),
        ("vertical tab", format!("{line}transfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n{INNER}")),
        ("obs-fold", format!("{line}x-a: b\r\n transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n")),
        ("a folded coding", format!("{line}transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n{INNER}")),
        ("NUL in a value", format!("{line}x-a: b\0c\r\ncontent-length: 0\r\n\r\n")),
        (
            "bare CR in a value",
            format!("{line}x-a: b\rtransfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n"),
        ),
        ("bare CR as a line's end", format!("{line}content-length: 0\r\r\n\r\n{INNER}")),
        (
            "a chunk longer than it says",
            format!("{line}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n{INNER}"),
        ),
        (
            "a chunk size that overflows",
            format!("{line}transfer-encoding: chunked\r\n\r\n10000000000000000\r\na\r\n0\r\n\r\n{INNER}"),
        ),
        ("a signed chunk size", format!("{line}transfer-encoding: chunked\r\n\r\n+0\r\n\r\n{INNER}")),
        ("a chunk size with 0x", format!("{line}transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n{INNER}")),
        (
            "bare LF in a chunk extension",
            format!("{line}transfer-encoding: chunked\r\n\r\n2;a\nxx\r\n{length:x}\r\n0\r\n\r\n{INNER}"),
        ),
        ("bare LF behind a chunk size", format!("{line}transfer-encoding: chunked\r\n\r\n0\n\n{INNER}")),
        (
            "bare CR behind a chunk",
            format!("{line}transfer-encoding: chunked\r\n\r\n1\r\na\r0\r\n\r\n{INNER}"),
        ),
        (
            "HTTP/1.0 with a coding",
            format!("POST /ai/v1/files HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{INNER}"),
        ),
        ("HTTP/1.2", format!("POST /ai/v1/files HTTP/1.2\r\ncontent-length: 0\r\n\r\n{INNER}")),
        (
            "a blank before the first header",
            "POST /ai/v1/files HTTP/1.1\r\n host: x\r\ncontent-length: 0\r\n\r\n".to_owned(),
        ),
        ("a blank in the target", "POST /ai/v1/files HTTP/1.1 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
    ];
    let mut passed = Vec::new();
    for (name, raw) in corpus {
        let answer = say(&spillway, raw.as_bytes()).await;
        let answers = answers(&answer);
        let refused = answers.first().is_none_or(|it| it.starts_with('4') || *it == "505");
        if answers.len() > 1 || !refused || !vendor.log().is_empty() {
            let seen: Vec<_> = vendor.log().iter().map(|it| (it.path.clone(), it.body.clone())).collect();
            passed.push(format!("{name}: {answers:?}, {seen:?}"));
        }
        vendor.clear_log();
    }
    assert!(passed.is_empty(), "{passed:#?}");
}

#[tokio::test]
async fn whoever_says_the_length_of_a_body_twice_is_refused_and_hung_up_on() {
    let (spillway, vendor) = pair().await;
    let line = "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let body = chat(false).to_string();
    let good = format!("{line}content-length: {}\r\n\r\n{body}", body.len());
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for (name, raw) in [
        ("CL.TE", format!("{line}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n{chunked}")),
        ("TE.CL", format!("{line}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{chunked}")),
        (
            "twice the same",
            format!("{line}content-length: {0}\r\ncontent-length: {0}\r\n\r\n{body}", body.len()),
        ),
    ] {
        vendor.clear_log();
        let mut connection =
            Connection::connect(spillway.proxy).await.unwrap().with_deadline(Duration::from_secs(10));
        // On a connection that has served somebody before, as a proxy's in front of us has.
        connection.send_raw(good.as_bytes()).await.unwrap();
        assert_eq!(connection.response().await.unwrap().status, 200);
        let (one, two) = raw.as_bytes().split_at(raw.find("\r\n\r\n").unwrap() + 1);
        connection.send_raw(one).await.unwrap();
        connection.send_raw(two).await.unwrap();
        let answer = connection.response().await.unwrap();
        assert_eq!(answer.status, 400, "{name}: {}", answer.text());
        assert!(answer.text().contains("length of its body twice"), "{name}: {}", answer.text());
        assert_eq!(answer.header("connection"), Some("close"), "{name}");
        assert_eq!(vendor.log().len(), 1, "{name}: only the good one");
        let admin = client::Connection::connect(spillway.admin).await.unwrap();
        let mut admin = admin.with_deadline(Duration::from_secs(10));
        let raw = raw.replacen("/ai/v1/chat/completions", "/upstreams", 1);
        admin.send_raw(raw.as_bytes()).await.unwrap();
        assert_eq!(admin.response().await.unwrap().status, 400, "{name}");
    }
}

#[tokio::test]
async fn what_is_odd_but_unambiguous_is_one_request() {
    let (spillway, vendor) = pair().await;
    let line = "POST /ai/v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n";
    for (name, raw) in [
        (
            "chunk extensions",
            format!("{line}transfer-encoding: chunked\r\n\r\n3;a=\"b;c\"\r\nabc\r\n0;x\r\n\r\n"),
        ),
        (
            "trailers",
            format!(
                "{line}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-spillway-model: evil\r\ncontent-length: 9\r\n\r\n"
            ),
        ),
        ("a coding in capitals", format!("{line}Transfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n")),
        ("leading zeros", format!("{line}transfer-encoding: chunked\r\n\r\n0003\r\nabc\r\n00\r\n\r\n")),
        ("an empty line in front", format!("\r\n{line}content-length: 3\r\n\r\nabc")),
    ] {
        vendor.clear_log();
        let answer = say(&spillway, raw.as_bytes()).await;
        let log = vendor.log();
        if log.is_empty() {
            // Refusing is right, too.
            assert_eq!(answers(&answer), ["400"], "{name}: {answer}");
            continue;
        }
        assert_eq!(log.len(), 1, "{name}: {log:?}");
        assert_eq!(log[0].body, b"abc", "{name}");
        assert_eq!(log[0].header("content-length"), Some("3"), "{name}: framed anew");
        assert_eq!(log[0].header("transfer-encoding"), None, "{name}");
        assert_eq!(log[0].header("x-spillway-model"), None, "{name}");
    }
}

#[tokio::test]
async fn the_client_does_not_choose_whom_the_vendor_takes_itself_for() {
    let (spillway, vendor) = pair().await;
    let body = chat(false).to_string();
    let rest = format!(
        "content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    for head in [
        "POST http://evil.test/ai/v1/chat/completions HTTP/1.1\r\nhost: evil.test\r\n",
        "POST http://user:pass@evil.test:81/ai/v1/chat/completions HTTP/1.1\r\nhost: good.test\r\n",
        "POST https://evil.test/ai/v1/chat/completions HTTP/1.1\r\nhost: good.test\r\n",
        "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: evil.test\r\nx-forwarded-host: evil.test\r\n",
        "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: evil.test\r\nforwarded: host=evil.test\r\n",
        "POST /ai/v1/chat/completions HTTP/1.1\r\nhost:\r\n",
    ] {
        vendor.clear_log();
        let answer = say(&spillway, format!("{head}{rest}").as_bytes()).await;
        assert_eq!(answers(&answer), ["200"], "{head}: {answer}");
        let log = vendor.log();
        assert_eq!(log[0].host.as_deref(), Some(vendor.addr().to_string().as_str()), "{head}");
        assert_eq!(log[0].path, "/v1/chat/completions");
        let seen = format!("{:?}", log[0].headers);
        assert!(!seen.contains("evil") && !seen.contains("user:pass"), "{head}: {seen}");
    }
    vendor.clear_log();
    let mut passed = Vec::new();
    for (head, expected) in [
        ("POST /ai/v1/chat/completions HTTP/1.1\r\nhost: a\r\nhost: b\r\n", "400"),
        ("POST /ai/v1/chat/completions HTTP/1.1\r\n", "400"),
        ("POST /ai/v1/chat/completions HTTP/1.1\r\nhost: a b\r\n", "400"),
        ("POST /ai/v1/chat/completions HTTP/1.1\r\nhost: a/../b\r\n", "400"),
        ("CONNECT evil.test:443 HTTP/1.1\r\nhost: evil.test:443\r\n", "4"),
        ("OPTIONS * HTTP/1.1\r\nhost: x\r\n", "4"),
        ("POST evil.test:80 HTTP/1.1\r\nhost: x\r\n", "4"),
        ("POST //evil.test/v1/chat/completions HTTP/1.1\r\nhost: x\r\n", "4"),
        ("TRACE /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\n", "4"),
    ] {
        let answer = say(&spillway, format!("{head}{rest}").as_bytes()).await;
        let status = answers(&answer);
        if status.len() != 1 || !status[0].starts_with(expected) || !vendor.log().is_empty() {
            passed.push(format!("{head}: {status:?}, {} at the vendor", vendor.log().len()));
            vendor.clear_log();
        }
    }
    assert!(passed.is_empty(), "{passed:#?}");
}

#[tokio::test]
async fn a_path_that_two_readers_could_read_differently_is_refused() {
    let (spillway, vendor) = pair().await;
    for path in [
        "/ai/../v1/chat/completions",
        "/ai/v1/../../admin",
        "/ai/./v1/files",
        "/ai/v1/files/..",
        "/ai/v1/%2e%2e/secret",
        "/ai/v1/.%2E/secret",
        "/ai/%2e/v1/files",
    ] {
        let answer = client::request(spillway.proxy, "POST", path, &[], b"{}").await.unwrap();
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert!(answer.text().contains("dot"), "{path}: {}", answer.text());
    }
    for path in ["/ai/v1/a\tb", "/ai/v1/a#b"] {
        let raw = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = say(&spillway, raw.as_bytes()).await;
        assert!(vendor.log().iter().all(|it| !it.path.contains(['\t', '#', 'b'])), "{path}: {answer}");
    }
    vendor.clear_log();
    for path in ["/ai/v1/files/a..b", "/ai/v1/files/...", "/ai/v1/files/.hidden"] {
        assert_eq!(client::get(spillway.proxy, path).await.unwrap().status, 404, "the vendor's own");
    }
    assert_eq!(vendor.log().len(), 3);
}

#[tokio::test]
async fn a_models_name_never_becomes_a_header_or_a_path_of_the_clients_making() {
    let (spillway, vendor) = pair().await;
    for model in ["a\r\nx-evil: 1", "a\nb", "ü-modell", "\u{0}", "../../x", "a\u{7f}b", "日本"] {
        let body = serde_json::json!({"model": model, "messages": []}).to_string();
        let answer = client::post_json(spillway.proxy, "/ai/v1/chat/completions", &[], &body).await.unwrap();
        assert_eq!(answer.status, 200, "{model:?}: {}", answer.text());
        assert_eq!(answer.header("x-evil"), None);
        if let Some(told) = answer.header("x-spillway-model") {
            assert!(told == model, "{model:?} is told as it is or not at all: {told:?}");
        }
        let seen = vendor.log().pop().unwrap();
        assert_eq!(seen.path, "/v1/chat/completions");
        assert_eq!(seen.header("x-evil"), None);
        assert_eq!(seen.json()["model"], model);
    }
    let log = spillway.log();
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
    let metrics = spillway.admin("GET", "/metrics").await.text();
    assert!(!metrics.contains("modell") && !metrics.contains("x-evil"), "labels are the configuration's");
}

#[tokio::test]
async fn a_request_id_that_could_not_be_logged_is_replaced() {
    let (spillway, vendor) = pair().await;
    let long = "x".repeat(129);
    for id in ["\u{fc}", long.as_str(), ""] {
        let headers = [("x-request-id", id), ("content-type", "application/json")];
        let body = chat(false).to_string();
        let path = "/ai/v1/chat/completions";
        let answer = client::request(spillway.proxy, "POST", path, &headers, body.as_bytes()).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-request-id").map(str::len), Some(36), "{id}");
    }
    assert_eq!(vendor.log().len(), 3);
}

#[tokio::test]
async fn huge_heads_are_refused() {
    let (spillway, vendor) = pair().await;
    let large = "x".repeat(70 << 10);
    let many: String = (0..150).map(|it| format!("x-{it}: y\r\n")).collect();
    for (name, raw, expected) in [
        ("a header", format!("GET /ai/v1/files HTTP/1.1\r\nhost: x\r\nx-large: {large}\r\n\r\n"), "431"),
        ("many headers", format!("GET /ai/v1/files HTTP/1.1\r\nhost: x\r\n{many}\r\n"), "431"),
        ("a target", format!("GET /ai/v1/{large} HTTP/1.1\r\nhost: x\r\n\r\n"), "4"),
        ("a method", format!("{large} /ai HTTP/1.1\r\nhost: x\r\n\r\n"), "4"),
    ] {
        let answer = say(&spillway, raw.as_bytes()).await;
        assert!(answers(&answer).iter().all(|it| it.starts_with(expected)), "{name}: {answer}");
        assert!(!answer.is_empty(), "{name} is answered");
    }
    assert!(vendor.log().is_empty());
    // Just below is fine.
    let fits = "x".repeat(40 << 10);
    let answer = client::request(spillway.proxy, "GET", "/ai/v1/files", &[("x-large", &fits)], b"").await;
    assert_eq!(answer.unwrap().status, 404);
    assert_eq!(vendor.log().len(), 1);
}

#[tokio::test]
async fn a_head_that_does_not_end_is_hung_up_on_after_ten_seconds_whatever_trickles_in() {
    let (spillway, vendor) = pair().await;
    let began = Instant::now();
    let silent = async {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        assert!(connection.closed().await, "a connection that says nothing");
    };
    let stalled = async {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        connection.send_raw(b"POST /ai/v1/files HTTP/1.1\r\nhost").await.unwrap();
        assert!(connection.closed().await, "a head that stalls");
    };
    let trickling = async {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        connection.send_raw(b"POST /ai/v1/files HTTP/1.1\r\n").await.unwrap();
        while connection.send_raw(b"x-a: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let second = async {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        let first = connection.request("GET", "/ai/v1/models", &[], b"").await.unwrap();
        assert_eq!(first.status, 200);
        connection.send_raw(b"GET /ai/v1/mod").await.unwrap();
        assert!(connection.closed().await, "a second head that stalls");
    };
    tokio::join!(silent, stalled, trickling, second);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(8) && took < Duration::from_secs(25), "{took:?}");
    assert_eq!(vendor.log().len(), 1);
}

#[tokio::test]
async fn nobody_is_talked_into_another_protocol() {
    let (spillway, vendor) = pair().await;
    let body = chat(false).to_string();
    for upgrade in ["h2c", "tls/1.2", "foo"] {
        let raw = format!(
            "POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings, close\r\n\
             upgrade: {upgrade}\r\nhttp2-settings: AAMAAABkAAQAAP__\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = say(&spillway, raw.as_bytes()).await;
        assert_eq!(answers(&answer), ["200"], "{upgrade}: {answer}");
        let seen = vendor.log().pop().unwrap();
        for name in ["upgrade", "http2-settings"] {
            assert_eq!(seen.header(name), None, "{upgrade}");
        }
    }
}

#[tokio::test]
async fn hundreds_of_slow_heads_do_not_keep_others_from_being_served() {
    let (spillway, _vendor) = pair().await;
    let mut slow = Vec::new();
    for _ in 0..500 {
        let mut connection = Connection::connect(spillway.proxy).await.unwrap();
        connection.send_raw(b"POST /ai/v1/chat/completions HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        slow.push(connection);
    }
    let began = Instant::now();
    assert_eq!(spillway.chat("ai").await.status, 200);
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn the_proxy_listens_on_ipv6_too() {
    let spillway = Launch::default().listen("[::1]:0").start();
    assert!(spillway.proxy.is_ipv6());
    let vendor = vendor("one").await;
    spillway.upstream("ai", &[]).await;
    spillway.target("ai", &vendor, &[]).await;
    assert_eq!(spillway.chat("ai").await.status, 200);
}

//! Who may call, and what a refused call is told.

use std::collections::HashMap;

use config::Secret;

use super::{Access, Answer, Api, nobody_asked, open_access, request};

const TOKEN: &str = "correct-horse-battery-staple";

#[tokio::test]
async fn without_a_token_only_our_own_names_are_answered() {
    let api = Api::new().await;
    let rows = [
        ("localhost:8001", 200),
        ("LOCALHOST", 200),
        ("localhost.:8001", 200),
        ("admin.localhost:8001", 200),
        ("127.0.0.1:8001", 200),
        ("127.9.9.9", 200),
        ("[::1]:8001", 200),
        ("[::ffff:127.0.0.1]:8001", 200),
        ("evil.example:8001", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.0.2.1:8001", 403),
        ("localhost@evil.example", 403),
        ("", 403),
    ];
    for (host, status) in rows {
        assert_eq!(call(&api, &[("host", host)]).await.status, status, "{host:?}");
    }
}

#[tokio::test]
async fn the_listeners_own_address_and_configured_hosts_are_ours() {
    let access = |listen: &str| Access {
        listen: listen.parse().unwrap(),
        hosts: vec!["Gateway.Internal".to_owned()],
        ..open_access()
    };
    let rows = [
        ("192.0.2.1:8001", "192.0.2.1:8001", 200),
        ("192.0.2.1:8001", "192.0.2.2:8001", 403),
        ("0.0.0.0:8001", "192.0.2.2:8001", 200),
        ("0.0.0.0:8001", "evil.example:8001", 403),
        ("127.0.0.1:8001", "gateway.internal:8001", 200),
    ];
    for (listen, host, status) in rows {
        let api = with(access(listen)).await;
        assert_eq!(call(&api, &[("host", host)]).await.status, status, "{host} at {listen}");
    }
}

#[tokio::test]
async fn pages_of_another_origin_are_refused() {
    let api = Api::new().await;
    let ours = ("host", "localhost:8001");
    let rows: &[(&[(&str, &str)], u16)] = &[
        (&[ours, ("origin", "http://localhost:8001")], 200),
        (&[ours, ("origin", "http://localhost:3000")], 403),
        (&[ours, ("origin", "http://evil.example")], 403),
        (&[ours, ("origin", "null")], 403),
        (&[("host", "localhost"), ("origin", "http://localhost")], 200),
        (&[("host", "localhost"), ("origin", "http://localhost:80")], 200),
        (&[("host", "localhost:443"), ("origin", "https://localhost")], 200),
        (&[ours, ("sec-fetch-site", "same-origin")], 200),
        (&[ours, ("sec-fetch-site", "none")], 200),
        (&[ours, ("sec-fetch-site", "cross-site")], 403),
        (&[ours, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], 200),
    ];
    for (headers, status) in rows {
        assert_eq!(call(&api, headers).await.status, *status, "{headers:?}");
    }
    let form = [ours, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let posted = api.send(request("POST", "/upstreams", &form, "")).await;
    assert_eq!(posted.status, 403, "a form on a foreign page also navigates");
}

#[tokio::test]
async fn with_a_token_every_call_must_bear_it() {
    let api = with(token(false)).await;
    let rows = [
        (format!("Bearer {TOKEN}"), 200),
        (format!("bearer   {TOKEN} "), 200),
        (format!("Bearer {TOKEN}x"), 401),
        (format!("Bearer {}", &TOKEN[1..]), 401),
        (format!("Basic {TOKEN}"), 401),
        ("Bearer".to_owned(), 401),
        (String::new(), 401),
    ];
    for (value, status) in &rows {
        let answer = call(&api, &[("authorization", value)]).await;
        assert_eq!(answer.status, *status, "{value:?}");
        if *status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert!(!answer.text.contains("horse"), "{}", answer.text);
        }
    }
    let bearer = format!("Bearer {TOKEN}");
    let by_name = [("host", "gateway.example"), ("authorization", bearer.as_str())];
    assert_eq!(call(&api, &by_name).await.status, 200, "who has the token is no foreign page");
    let from_page = [("authorization", bearer.as_str()), ("origin", "http://evil.example")];
    assert_eq!(call(&api, &from_page).await.status, 403);
}

#[tokio::test]
async fn liveness_and_readiness_are_free_and_metrics_only_where_told() {
    for (open, metrics) in [(false, 401), (true, 200)] {
        let api = with(token(open)).await;
        let probe =
            async |path| api.send(request("GET", path, &[("host", "10.0.0.7:8001")], "")).await.status;
        assert_eq!((probe("/livez").await, probe("/readyz").await), (200, 200));
        assert_eq!(probe("/metrics").await, metrics);
        assert_eq!(probe("/nothing-here").await, 401, "not even which paths there are");
    }
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let api = Api::new().await;
    for answer in
        [api.get("/").await, api.get("/nothing").await, call(&api, &[("host", "evil.example")]).await]
    {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

async fn with(access: Access) -> Api {
    Api::start(tempfile::tempdir().unwrap(), HashMap::new(), access, nobody_asked()).await
}

fn token(metrics_open: bool) -> Access {
    Access { token: Some(Secret::new(TOKEN.to_owned())), metrics_open, ..open_access() }
}

async fn call(api: &Api, headers: &[(&str, &str)]) -> Answer {
    api.send(request("GET", "/upstreams", headers, "")).await
}

//! The process as a whole: what it refuses to start with, that it serves, that it ends.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::proxy::Auth;

#[test]
fn what_would_be_open_to_other_machines_does_not_start_and_says_what_to_set() {
    let everywhere: SocketAddr = ([0, 0, 0, 0], 0).into();
    let proxy = Settings { proxy: Listen::plain(everywhere), ..Settings::default() };
    let error = proxy.auth(false).unwrap_err().to_string();
    assert!(
        error.contains("--proxy-listen 0.0.0.0:0") && error.contains("SPILLWAY_PROXY_AUTH=open"),
        "{error}"
    );
    assert_eq!(proxy.auth(true).unwrap(), Auth::Keys, "once it listens there, it wants keys for good");
    assert_eq!(Settings { proxy_open: true, ..proxy }.auth(false).unwrap(), Auth::Open);
    assert_eq!(Settings::default().auth(false).unwrap(), Auth::OnceThereAreKeys);

    let admin = Settings { admin: Listen::plain(everywhere), ..Settings::default() };
    let error = admin.check().unwrap_err().to_string();
    assert!(error.contains("--admin-listen 0.0.0.0:0") && error.contains("SPILLWAY_ADMIN_TOKEN"), "{error}");
    let token = Some(config::Secret::new("token".to_owned()));
    assert!(Settings { admin_token: token, ..admin }.check().is_ok());
    assert!(Settings::default().check().is_ok());
}

#[test]
fn an_address_for_everybody_is_told_as_one_that_a_client_can_use() {
    for (listens, told) in
        [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.1:80", "10.0.0.1:80")]
    {
        assert_eq!(reachable(listens.parse().unwrap()).to_string(), told);
    }
}

#[test]
fn clients_get_at_most_half_of_the_file_descriptors_shared_by_the_workers() {
    let settings = Settings::default();
    let (one, four) = (settings.limits(1).connections, settings.limits(4).connections);
    assert!(four >= 1 && four <= one);
    assert_eq!(four, (one / 4).max(1));
}

#[tokio::test]
async fn it_serves_both_listeners_and_ends_and_starts_again_on_what_it_kept() {
    let data = tempfile::tempdir().unwrap();
    for threads in [Threads::PerCore, Threads::WorkStealing] {
        let running = serve(Settings { threads, ..settings(data.path()) }).await.unwrap();
        let (proxy, admin) = (running.proxy_url(), running.admin_url());
        assert!(get(&admin, "/readyz").await.starts_with("HTTP/1.1 200 "));
        assert!(get(&proxy, "/v1/models").await.starts_with("HTTP/1.1 "));
        assert_eq!(running.stop(std::future::pending()).await, 0);
        assert!(connect(&proxy).await.is_err() && connect(&admin).await.is_err(), "nobody listens any more");
    }
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let data = tempfile::tempdir().unwrap();
    let running = serve(settings(data.path())).await.unwrap();
    let _kept = connect(&running.proxy_url()).await.unwrap();
    let begun = std::time::Instant::now();
    running.stop(std::future::ready(())).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "an open connection does not hold it up");
}

#[tokio::test]
async fn a_port_or_a_directory_in_use_is_named_with_its_flag() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let running = serve(settings(data.path())).await.unwrap();
    let taken: SocketAddr = running.proxy_url().strip_prefix("http://").unwrap().parse().unwrap();

    let same_port = Settings { proxy: Listen::plain(taken), ..settings(other.path()) };
    let error = serve(same_port).await.err().expect("the port is taken").to_string();
    assert!(error.contains("--proxy-listen") && error.contains(&taken.to_string()), "{error}");

    let error = serve(settings(data.path())).await.err().expect("the directory is taken").to_string();
    assert!(error.contains("--data") && error.contains("in use"), "{error}");
    running.stop(std::future::ready(())).await;
}

// === Helpers ===

fn settings(data: &std::path::Path) -> Settings {
    let free = || Listen::plain(([127, 0, 0, 1], 0).into());
    Settings {
        proxy: free(),
        admin: free(),
        data: data.to_owned(),
        workers: Some(2),
        drain_timeout: Duration::from_secs(10),
        ..Settings::default()
    }
}

async fn connect(url: &str) -> io::Result<TcpStream> {
    TcpStream::connect(url.strip_prefix("http://").expect("these tests are plain")).await
}

async fn get(url: &str, path: &str) -> String {
    let mut stream = connect(url).await.unwrap();
    let host = url.strip_prefix("http://").unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

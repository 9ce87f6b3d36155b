//! A raw HTTP/1.1 client for black-box tests.
//!
//! It shows what was on the wire and forgives nothing: headers in order and as sent, chunks as they came and
//! when, and whether the body was complete. It can also misbehave: send raw bytes, read slowly, leave half-way.
//! Everything has a deadline. It pools nothing, follows nothing, retries nothing.
//!
//! ```no_run
//! # async fn example(addr: std::net::SocketAddr) -> std::io::Result<()> {
//! let response = simulator::client::post_json(addr, "/v1/chat/completions", &[("authorization", "Bearer k")],
//!     r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#).await?;
//! assert_eq!(response.status, 200);
//! # Ok(()) }
//! ```

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

mod connection;
mod head;

pub use connection::{Chunk, Connection, Streaming};

/// How long anything may take unless said otherwise.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A response, as complete as it came.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// In order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Transfer coding removed.
    pub body: Vec<u8>,
    /// After the last chunk.
    pub trailers: Vec<(String, String)>,
    /// The body's end was seen: its length, the last chunk, or (where that is all there is) the connection's end.
    pub complete: bool,
    /// How the connection broke, if it did worse than close.
    pub broken: Option<io::ErrorKind>,
}

/// One request on a connection of its own.
pub async fn request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Response> {
    Connection::connect(addr).await?.request(method, path, headers, body).await
}

/// One GET on a connection of its own.
pub async fn get(addr: SocketAddr, path: &str) -> io::Result<Response> {
    request(addr, "GET", path, &[], b"").await
}

/// One POST of JSON on a connection of its own.
pub async fn post_json(
    addr: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    json: &str,
) -> io::Result<Response> {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/json"));
    request(addr, "POST", path, &headers, json.as_bytes()).await
}

/// A request whose response is read piece by piece.
pub async fn stream(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Streaming> {
    let mut connection = Connection::connect(addr).await?;
    connection.send(method, path, headers, body).await?;
    connection.streaming().await
}

// === impl Response ===

impl Response {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text, with replacement characters where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, `null` if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as server-sent events: each event's lines, without the blank line.
    pub fn events(&self) -> Vec<String> {
        let text = self.text().replace("\r\n", "\n");
        text.split("\n\n").filter(|it| !it.is_empty()).map(str::to_owned).collect()
    }

    /// The data of each event that is JSON.
    pub fn event_data(&self) -> Vec<serde_json::Value> {
        let data = |event: String| {
            let data = event.lines().find_map(|it| it.strip_prefix("data: ").map(str::to_owned));
            data.and_then(|it| serde_json::from_str(&it).ok())
        };
        self.events().into_iter().filter_map(data).collect()
    }
}

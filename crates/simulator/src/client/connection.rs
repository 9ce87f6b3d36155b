//! One connection of the test client: requests out, responses in, whole or piece by piece.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout_at;

use super::head::{Framing, HEADERS_MAX, parse_head};
use super::{DEADLINE, Response};

/// Longest response head that is read: what the simulator's own `huge_header` may reach.
const HEAD_BYTES_MAX: usize = 4 << 20;
/// What one read asks for.
const READ_BYTES: usize = 16 << 10;
/// A keep-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    deadline: Duration,
    no_body_expected: bool,
}

/// A piece of a response body, as one read or one chunk brought it.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Transfer coding removed.
    pub bytes: Vec<u8>,
    /// When it had arrived.
    pub at: Instant,
}

impl Connection {
    /// Connects.
    pub async fn connect(addr: SocketAddr) -> io::Result<Connection> {
        Connection::open(addr, None).await
    }

    /// Connects with a receive buffer of about so many bytes, so that a slow reader is felt at the other end.
    pub async fn connect_narrow(addr: SocketAddr, receive_buffer_bytes: u32) -> io::Result<Connection> {
        Connection::open(addr, Some(receive_buffer_bytes)).await
    }

    async fn open(addr: SocketAddr, receive_buffer_bytes: Option<u32>) -> io::Result<Connection> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(bytes) = receive_buffer_bytes {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = within(DEADLINE, socket.connect(addr)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, input: Vec::new(), deadline: DEADLINE, no_body_expected: false })
    }

    /// The same, with another deadline for each operation.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Connection {
        self.deadline = deadline;
        self
    }

    /// Sends a request and reads its response to the end.
    pub async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Response> {
        self.send(method, path, headers, body).await?;
        self.response().await
    }

    /// Sends a request. `host` and `content-length` are added unless given (or the body is chunked).
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let given = |name: &str| headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        let mut message = format!("{method} {path} HTTP/1.1\r\n");
        if !given("host") {
            message += &format!("host: {}\r\n", self.stream.peer_addr()?);
        }
        for (name, value) in headers {
            message += &format!("{name}: {value}\r\n");
        }
        let has_framing = given("content-length") || given("transfer-encoding");
        let has_body = !body.is_empty() || !matches!(method, "GET" | "HEAD" | "DELETE");
        if has_body && !has_framing {
            message += &format!("content-length: {}\r\n", body.len());
        }
        message += "\r\n";
        let mut message = message.into_bytes();
        message.extend_from_slice(body);
        self.no_body_expected = method == "HEAD";
        self.send_raw(&message).await
    }

    /// Sends these bytes and nothing else.
    pub async fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(self.deadline, self.stream.write_all(bytes)).await
    }

    /// Reads what there is, at most so many bytes; none at the connection's end.
    pub async fn read_raw(&mut self, bytes_max: usize) -> io::Result<Vec<u8>> {
        if self.input.is_empty() {
            self.fill().await?;
        }
        let count = self.input.len().min(bytes_max);
        Ok(self.input.drain(..count).collect())
    }

    /// Reads a response to its end.
    pub async fn response(&mut self) -> io::Result<Response> {
        let mut framing = Framing::Length(0);
        let mut response = self.read_head(&mut framing).await?;
        let deadline = Instant::now() + self.deadline;
        loop {
            match timeout_at(deadline.into(), self.next_piece(&mut framing, &mut response)).await {
                Ok(Some(mut piece)) => response.body.append(&mut piece),
                Ok(None) => return Ok(response),
                Err(_) => return Err(late()),
            }
        }
    }

    /// Reads a response's head, and leaves its body to be read piece by piece.
    pub async fn streaming(mut self) -> io::Result<Streaming> {
        let mut framing = Framing::Length(0);
        let response = self.read_head(&mut framing).await?;
        Ok(Streaming { connection: self, framing, response })
    }

    /// Whether the peer has closed (or reset) the connection, waiting for it up to the deadline.
    pub async fn closed(&mut self) -> bool {
        matches!(self.fill().await, Ok(0)) || self.stream.try_write(b"").is_err()
    }

    /// Leaves in an orderly way.
    pub async fn close(mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Leaves by a reset.
    pub fn reset(self) -> io::Result<()> {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }

    /// Says that no more will be sent, and stays to read.
    pub async fn finish_sending(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    async fn read_head(&mut self, framing: &mut Framing) -> io::Result<Response> {
        let deadline = Instant::now() + self.deadline;
        loop {
            if let Some((response, length)) = parse_head(&self.input)? {
                self.input.drain(..length);
                if (100..200).contains(&response.status) && response.status != 101 {
                    continue; // An interim response; the real one follows.
                }
                *framing = if self.no_body_expected { Framing::Length(0) } else { Framing::of(&response)? };
                return Ok(response);
            }
            if self.input.len() > HEAD_BYTES_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the response head does not end"));
            }
            match timeout_at(deadline.into(), self.fill()).await {
                Ok(Ok(0)) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read?,
                Err(_) => return Err(late()),
            };
        }
    }

    /// The next piece of the body. `None` at its end, with the response telling what kind of an end it was.
    async fn next_piece(&mut self, framing: &mut Framing, response: &mut Response) -> Option<Vec<u8>> {
        match self.piece(framing, response).await {
            Ok(Some(piece)) => Some(piece),
            Ok(None) => {
                response.complete = true;
                None
            }
            Err(error) => {
                response.broken = Some(error.kind()).filter(|it| *it != io::ErrorKind::UnexpectedEof);
                None
            }
        }
    }

    async fn piece(&mut self, framing: &mut Framing, response: &mut Response) -> io::Result<Option<Vec<u8>>> {
        match framing {
            Framing::Length(0) => Ok(None),
            Framing::Length(left) => {
                let piece = self.take(*left).await?;
                *left -= piece.len() as u64;
                Ok(Some(piece))
            }
            Framing::UntilClose => match self.input.is_empty() && self.fill().await? == 0 {
                true => Ok(None),
                false => Ok(Some(std::mem::take(&mut self.input))),
            },
            Framing::Chunked => {
                let line = self.line().await?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| {
                    io::Error::new(io::ErrorKind::InvalidData, format!("no chunk size: {line:?}"))
                })?;
                if size == 0 {
                    *framing = Framing::Length(0);
                    return self.trailers(response).await.map(|()| None);
                }
                let mut piece = Vec::new();
                while (piece.len() as u64) < size {
                    match self.take(size - piece.len() as u64).await {
                        Ok(mut part) => piece.append(&mut part),
                        // Part of a chunk is still something that arrived; the next call finds the end.
                        Err(_) if !piece.is_empty() => {
                            *framing = Framing::Length(1);
                            return Ok(Some(piece));
                        }
                        Err(error) => return Err(error),
                    }
                }
                match self.line().await?.is_empty() {
                    true => Ok(Some(piece)),
                    false => {
                        Err(io::Error::new(io::ErrorKind::InvalidData, "a chunk is longer than it says"))
                    }
                }
            }
        }
    }

    async fn trailers(&mut self, response: &mut Response) -> io::Result<()> {
        for _ in 0..HEADERS_MAX {
            let line = self.line().await?;
            match line.split_once(':') {
                None => return Ok(()),
                Some((name, value)) => {
                    response.trailers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "too many trailers"))
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.input.iter().position(|it| *it == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn take(&mut self, most: u64) -> io::Result<Vec<u8>> {
        if self.input.is_empty() && self.fill().await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let count = self.input.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(self.input.drain(..count).collect())
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.input.reserve(READ_BYTES);
        within(self.deadline, self.stream.read_buf(&mut self.input)).await
    }
}

/// A response that is being read piece by piece. Dropping it leaves half-way.
#[derive(Debug)]
pub struct Streaming {
    connection: Connection,
    framing: Framing,
    response: Response,
}

impl Streaming {
    /// The head; its `complete` and `trailers` are known when [`Streaming::next`] has given `None`.
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The next piece; `None` at the end, good or bad, or when the deadline passes (`broken` is `TimedOut`).
    pub async fn next(&mut self) -> Option<Chunk> {
        let bytes = self.connection.next_piece(&mut self.framing, &mut self.response).await?;
        Some(Chunk { bytes, at: Instant::now() })
    }

    /// All the rest.
    pub async fn rest(mut self) -> Response {
        while let Some(mut chunk) = self.next().await {
            self.response.body.append(&mut chunk.bytes);
        }
        self.response
    }

    /// The connection under it, to read slowly or to leave in a particular way.
    pub fn into_connection(self) -> Connection {
        self.connection
    }
}

async fn within<T>(deadline: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(deadline, work).await.unwrap_or_else(|_| Err(late()))
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "nothing within the deadline")
}

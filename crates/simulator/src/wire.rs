//! One connection's bytes: heads and bodies in, anything at all out.
//!
//! Whatever is being waited for (a pause, room to write, nothing at all), the wire also watches whether the
//! peer has left, by reading on: that is how a vendor knows at once that nobody listens any more. What arrives
//! meanwhile is kept for the next request, up to a bound. It knows no script and no vendor.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest request head: gateways allow 64 KiB, and a test may want to see what passes beyond that.
const HEAD_BYTES_MAX: usize = 256 << 10;
/// Most request headers.
const HEADERS_MAX: usize = 256;
/// Longest body that is kept to be understood; the rest is read, counted and dropped.
const BODY_KEPT_MAX: usize = 64 << 20;
/// How far we read ahead of the current request while watching for the peer to leave.
const READ_AHEAD_MAX: usize = 64 << 10;
/// What one read asks for; most requests fit.
const READ_BYTES: usize = 8 << 10;
/// Longest line of a chunk's size or of a trailer.
const LINE_MAX: usize = 8 << 10;

/// What a connection must be able to do besides carrying bytes.
pub(crate) trait Link: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// From now on, dropping the connection resets it.
    fn reset_on_drop(&mut self);
}

impl Link for TcpStream {
    fn reset_on_drop(&mut self) {
        // Fails only on a socket that is already gone, which is as good as reset.
        let _ = socket2::SockRef::from(&*self).set_linger(Some(Duration::ZERO));
    }
}

/// The peer left, the connection broke, or its framing did: there is nobody to play for.
#[derive(Debug)]
pub(crate) struct Gone;

/// Why there is no next request.
#[derive(Debug)]
pub(crate) enum NoRequest {
    /// The peer closed between two requests, or in the middle of one.
    Gone,
    /// What arrived is no HTTP/1.1 we understand.
    Malformed,
}

/// A request head, values as text.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) keep_alive: bool,
    /// HTTP/1.0, which knows no chunks.
    pub(crate) old: bool,
    pub(crate) headers: Vec<(String, String)>,
}

/// What is still to be read of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLeft {
    /// So many bytes.
    Length(u64),
    /// Chunks; so much is left of the current one.
    Chunked(u64),
    Nothing,
}

pub(crate) struct Wire<L> {
    link: L,
    input: Vec<u8>,
    body_left: BodyLeft,
    expects_continue: bool,
    sent: Arc<AtomicU64>,
}

impl<L: Link> Wire<L> {
    pub(crate) fn new(link: L) -> Wire<L> {
        Wire {
            link,
            input: Vec::new(),
            body_left: BodyLeft::Nothing,
            expects_continue: false,
            sent: Arc::default(),
        }
    }

    /// From here on, bytes written are counted there.
    pub(crate) fn count_into(&mut self, sent: Arc<AtomicU64>) {
        self.sent = sent;
    }

    /// The next request head. Its body must be read (or the connection given up) before the next call.
    pub(crate) async fn read_head(&mut self) -> Result<Head, NoRequest> {
        loop {
            if let Some((head, length)) = parse_head(&self.input)? {
                self.input.drain(..length);
                self.body_left = head.body_framing()?;
                self.expects_continue =
                    head.header("expect").is_some_and(|it| it.eq_ignore_ascii_case("100-continue"));
                return Ok(head);
            }
            if self.input.len() > HEAD_BYTES_MAX {
                return Err(NoRequest::Malformed);
            }
            self.fill().await.map_err(|Gone| NoRequest::Gone)?;
        }
    }

    /// What is left of the body, appended to `body`. With a limit, stops once `body` holds so much.
    pub(crate) async fn read_body(&mut self, body: &mut Body, limit: Option<u64>) -> Result<(), Gone> {
        if self.expects_continue && self.body_left != BodyLeft::Nothing {
            self.expects_continue = false;
            self.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let wanted = |body: &Body| limit.map_or(u64::MAX, |it| it.saturating_sub(body.length));
        while wanted(body) > 0 {
            match self.body_left {
                BodyLeft::Nothing => return Ok(()),
                BodyLeft::Length(left) => {
                    let left = left - self.take_some(body, left.min(wanted(body))).await?;
                    self.body_left = if left == 0 { BodyLeft::Nothing } else { BodyLeft::Length(left) };
                }
                BodyLeft::Chunked(0) => self.next_chunk().await?,
                BodyLeft::Chunked(left) => {
                    let left = left - self.take_some(body, left.min(wanted(body))).await?;
                    if left == 0 && !self.line().await?.is_empty() {
                        return Err(Gone); // Longer than it said; who frames like that is not talked to.
                    }
                    self.body_left = BodyLeft::Chunked(left);
                }
            }
        }
        Ok(())
    }

    /// Whether the request has been read to its end, so that another may follow.
    pub(crate) fn at_message_end(&self) -> bool {
        self.body_left == BodyLeft::Nothing
    }

    /// Writes all of it, however slowly the peer reads.
    pub(crate) async fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), Gone> {
        while !bytes.is_empty() {
            let written = poll_fn(|cx| self.poll_write(cx, bytes)).await?;
            self.sent.fetch_add(written as u64, Ordering::Relaxed);
            bytes = &bytes[written..];
        }
        Ok(())
    }

    /// Waits, unless the peer leaves first.
    pub(crate) async fn pause(&mut self, duration: Duration) -> Result<(), Gone> {
        if duration.is_zero() {
            return Ok(());
        }
        match tokio::time::timeout(duration, self.until_gone()).await {
            Ok(Gone) => Err(Gone),
            Err(_elapsed) => Ok(()),
        }
    }

    /// Waits for the peer to leave.
    pub(crate) async fn until_gone(&mut self) -> Gone {
        poll_fn(|cx| self.poll_gone(cx)).await
    }

    /// Says that nothing more will be written.
    pub(crate) async fn finish(&mut self) {
        // A peer that is gone already has nothing to be told.
        let _ = self.link.shutdown().await;
    }

    /// From now on, dropping the wire resets the connection.
    pub(crate) fn reset_on_drop(&mut self) {
        self.link.reset_on_drop();
    }

    async fn next_chunk(&mut self) -> Result<(), Gone> {
        let line = self.line().await?;
        let size = line.split(|it| *it == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(size).map_err(|_| Gone)?.trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| Gone)?;
        if size > 0 {
            self.body_left = BodyLeft::Chunked(size);
            return Ok(());
        }
        // Trailers, up to the empty line. The whole is bounded by the number of headers we take.
        for _ in 0..HEADERS_MAX {
            if self.line().await?.is_empty() {
                self.body_left = BodyLeft::Nothing;
                return Ok(());
            }
        }
        Err(Gone)
    }

    /// A line without its end.
    async fn line(&mut self) -> Result<Vec<u8>, Gone> {
        loop {
            if let Some(end) = self.input.iter().position(|it| *it == b'\n') {
                let mut line: Vec<u8> = self.input.drain(..=end).collect();
                line.truncate(line.trim_ascii_end().len());
                return Ok(line);
            }
            if self.input.len() > LINE_MAX {
                return Err(Gone);
            }
            self.fill().await?;
        }
    }

    /// Moves at least one byte and up to `most` into the body and returns how many.
    async fn take_some(&mut self, body: &mut Body, most: u64) -> Result<u64, Gone> {
        if self.input.is_empty() {
            self.fill().await?;
        }
        let count = self.input.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        body.append(&self.input[..count]);
        self.input.drain(..count);
        Ok(count as u64)
    }

    /// Reads some more, at least a byte.
    async fn fill(&mut self) -> Result<(), Gone> {
        poll_fn(|cx| self.poll_fill(cx)).await.map_err(|_| Gone)
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input.reserve(READ_BYTES);
        let read = pin!(self.link.read_buf(&mut self.input));
        match ready!(read.poll(cx))? {
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<Gone> {
        while self.input.len() < READ_AHEAD_MAX {
            if ready!(self.poll_fill(cx)).is_err() {
                return Poll::Ready(Gone);
            }
        }
        // The peer talks on without waiting for an answer; that it leaves will show when we write.
        Poll::Pending
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Gone>> {
        match Pin::new(&mut self.link).poll_write(cx, bytes) {
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(Err(Gone)),
            Poll::Ready(Ok(count)) => Poll::Ready(Ok(count)),
            Poll::Pending => self.poll_gone(cx).map(Err),
        }
    }
}

// === impl Head ===

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    fn body_framing(&self) -> Result<BodyLeft, NoRequest> {
        let lengths = self.headers.iter().filter(|(name, _)| name == "content-length").count();
        let chunked = self.header("transfer-encoding").map(|it| it.to_ascii_lowercase().ends_with("chunked"));
        match (chunked, lengths) {
            (None, 0) => Ok(BodyLeft::Nothing),
            (Some(true), 0) => Ok(BodyLeft::Chunked(0)),
            (None, 1) => match self.header("content-length").and_then(|it| it.parse().ok()) {
                Some(0) => Ok(BodyLeft::Nothing),
                Some(length) => Ok(BodyLeft::Length(length)),
                None => Err(NoRequest::Malformed),
            },
            // Two framings, or one we cannot read: a vendor refuses, or requests could be smuggled to it.
            _ => Err(NoRequest::Malformed),
        }
    }
}

fn parse_head(input: &[u8]) -> Result<Option<(Head, usize)>, NoRequest> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(input) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(NoRequest::Malformed),
    };
    let owned = |header: &httparse::Header<'_>| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    let mut head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        keep_alive: request.version == Some(1),
        old: request.version == Some(0),
        headers: request.headers.iter().map(owned).collect(),
    };
    if let Some(connection) = head.header("connection") {
        let connection = connection.to_ascii_lowercase();
        head.keep_alive =
            !connection.contains("close") && (head.keep_alive || connection.contains("keep-alive"));
    }
    Ok(Some((head, length)))
}

/// A request body as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) length: u64,
}

impl Body {
    fn append(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let room = BODY_KEPT_MAX.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests;

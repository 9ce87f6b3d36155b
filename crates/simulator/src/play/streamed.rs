//! Bodies whose length is not known: how they are written, scripted events, and one without end.
//!
//! Each event is a chunk of its own; chunks that nothing delays are written together.

use super::{Exchange, Gone, Link, Progress};
use crate::answer::{Framing, push_chunk};
use crate::endpoint::Dialect;
use crate::frame;
use crate::script::SseAnswer;

/// What is written together at most.
const WRITE_BYTES: usize = 16 << 10;

impl<L: Link> Exchange<'_, L> {
    pub(super) async fn sse(&mut self, sse: &SseAnswer) -> Result<(), Gone> {
        if self.progress == Progress::Nothing {
            self.open(200, self.dialect().stream_type(), &[]);
        }
        for _ in 0..=sse.repeat {
            for event in &sse.events {
                self.pause(sse.every_ms).await?;
                match self.dialect() {
                    Dialect::Bedrock => self.push_event(event),
                    Dialect::OpenAi | Dialect::Anthropic | Dialect::Google => {
                        self.push_event(&format!("{event}\n\n"));
                    }
                }
                self.flush_some(None).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn endless(&mut self) -> Result<(), Gone> {
        self.open(500, "application/json", &[]);
        self.push(br#"{"error":{"message":""#);
        let more = vec![b'x'; WRITE_BYTES];
        loop {
            self.push(&more);
            self.flush().await?;
        }
    }

    /// Begins a body whose length is not known.
    pub(super) fn open(&mut self, status: u16, content_type: &str, headers: &[(&str, &str)]) {
        let framing = if self.chunked() { Framing::Chunked } else { Framing::Close };
        self.begin(status, Some(content_type), framing, headers);
        self.progress = Progress::Open;
    }

    /// Appends to the open body.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return; // An empty chunk would be the last one.
        }
        self.keep(bytes);
        match self.chunked() {
            true => push_chunk(&mut self.out, bytes),
            false => self.out.extend_from_slice(bytes),
        }
    }

    /// Appends an event, framed as the dialect frames them.
    pub(super) fn push_event(&mut self, event: &str) {
        match self.dialect() {
            Dialect::Bedrock => self.push(&frame::of(event)),
            Dialect::OpenAi | Dialect::Anthropic | Dialect::Google => self.push(event.as_bytes()),
        }
    }

    pub(super) fn chunked(&self) -> bool {
        !self.head.old
    }

    pub(super) async fn flush_some(&mut self, split_at: Option<usize>) -> Result<(), Gone> {
        match split_at {
            Some(size) => self.flush_split(size).await,
            None if self.out.len() >= WRITE_BYTES => self.flush().await,
            None => Ok(()),
        }
    }
}

//! What each step does on the wire.
//!
//! An exchange is one request and what is done about it. Steps are played in order; the first that answers
//! decides the status, and what follows it (a pause, more events, a reset) happens to that answer. When the
//! steps are through, an answer that was begun is ended properly, and one that was not is given well.

use std::time::{Duration, SystemTime};

use crate::answer::{Framing, HeadWriter, LAST_CHUNK, Plain};
use crate::attempt::KEPT_BODY_BYTES_MAX;
use crate::connection::Arrival;
use crate::endpoint::{Ask, Dialect, Endpoint, model_in_path};
use crate::rules::{Applied, BodySight, LiveRule, Sight};
use crate::script::{GoodOverrides, Step};
use crate::signature::Signing;
use crate::vendor::Shared;
use crate::wire::{Body, Gone, Head, Link, Wire};

mod streamed;
mod well;
mod wrong;

/// How an exchange ended, and with it perhaps the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    KeepAlive,
    Close,
    Reset,
    /// The client left first.
    Gone,
}

/// How far the answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Nothing,
    /// A body of chunks (or one that the connection's end delimits) is open.
    Open,
    Complete,
    /// Broken off, or nothing that HTTP could go on from.
    Broken,
}

pub(crate) struct Exchange<'a, L> {
    shared: &'a Shared,
    wire: &'a mut Wire<L>,
    head: Head,
    arrival: Arrival,
    body: Body,
    /// The body has been read to its end, and what it asks for is known.
    body_understood: bool,
    ask: Ask,
    /// Headers that steps have added to the answer to come.
    extra: Vec<(String, String)>,
    progress: Progress,
    /// Written, but not sent yet.
    out: Vec<u8>,
    /// The body as it was answered, for the log.
    answered: Vec<u8>,
    /// Close after the answer although it promised to stay.
    close_after: bool,
}

impl<'a, L: Link> Exchange<'a, L> {
    pub(crate) fn new(
        shared: &'a Shared,
        wire: &'a mut Wire<L>,
        head: Head,
        arrival: Arrival,
    ) -> Exchange<'a, L> {
        Exchange {
            shared,
            wire,
            head,
            arrival,
            body: Body::default(),
            body_understood: false,
            ask: Ask::default(),
            extra: Vec::new(),
            progress: Progress::Nothing,
            out: Vec::new(),
            answered: Vec::new(),
            close_after: false,
        }
    }

    /// Plays the rule that applies, and answers what it left unanswered.
    pub(crate) async fn play(mut self) -> Ended {
        let ended = self.play_rule().await.unwrap_or(Ended::Gone);
        if !self.answered.is_empty() {
            let answered = std::mem::take(&mut self.answered);
            self.note(|attempt| attempt.answer = answered);
        }
        ended
    }

    async fn play_rule(&mut self) -> Result<Ended, Gone> {
        let applied = match self.shared.rules.at_head(&self.sight(false)) {
            Some(applied) => Some(applied),
            None => {
                self.read_body().await?;
                self.shared.rules.at_body(&self.sight(true))
            }
        };
        if let Some(Applied { rule, name }) = applied {
            self.note(|attempt| attempt.rule = Some(name));
            for (index, step) in rule.steps().iter().enumerate() {
                if let Some(ended) = self.step(&rule, index, step).await? {
                    return Ok(ended);
                }
            }
        }
        self.end().await
    }

    /// Ends the answer as it should be ended; gives one if there is none.
    async fn end(&mut self) -> Result<Ended, Gone> {
        if self.progress == Progress::Nothing {
            self.good(&GoodOverrides::default()).await?;
        }
        if self.progress == Progress::Open {
            if self.chunked() {
                self.out.extend_from_slice(LAST_CHUNK);
            }
            self.progress = Progress::Complete;
        }
        self.flush().await?;
        let stays = self.progress == Progress::Complete
            && self.head.keep_alive
            && !self.close_after
            && self.wire.at_message_end();
        Ok(if stays { Ended::KeepAlive } else { Ended::Close })
    }

    /// Plays one step. `Some`: that was the end of it.
    async fn step(&mut self, rule: &LiveRule, index: usize, step: &Step) -> Result<Option<Ended>, Gone> {
        match step {
            Step::ReadHead => {}
            Step::ReadBody(0) => self.read_body().await?,
            Step::ReadBody(length) => self.read_some_body(Some(*length as u64)).await?,
            Step::SleepMs(ms) => self.pause(*ms).await?,
            Step::Bytes(bytes) => self.bytes(bytes).await?,
            Step::Sse(sse) => self.sse(sse).await?,
            Step::Rst => {
                self.flush().await?;
                return Ok(Some(Ended::Reset));
            }
            Step::Fin => {
                self.flush().await?;
                return Ok(Some(Ended::Close));
            }
            Step::Hang => return self.hang().await.map(Some),
            Step::NoFinalChunk if self.progress == Progress::Open => self.progress = Progress::Broken,
            Step::Limiter(spec) if self.progress == Progress::Nothing => self.limiter(rule, index, spec),
            // All that are left are answers, and there is one answer to a request.
            answer if self.progress == Progress::Nothing => return self.answer(answer).await,
            _ => {}
        }
        Ok(None)
    }

    /// Plays a step that is an answer of its own.
    async fn answer(&mut self, step: &Step) -> Result<Option<Ended>, Gone> {
        let good = GoodOverrides::default();
        match step {
            Step::Status(answer) => self.status(answer),
            Step::Error(error) => self.error(error),
            Step::ErrorIn200(error) => self.error_in_200(error),
            Step::Html200 => self.html(),
            Step::Empty200 => self.plain(&Plain::json(200, "")),
            Step::Redirect(location) => self.redirect(location),
            Step::Garbage => self.garbage(),
            Step::EndlessErrorBody => self.endless().await?,
            Step::AnswerBeforeBody(status) => return self.answer_before_body(*status).await.map(Some),
            Step::HangHeaders => {
                self.open(200, "text/event-stream", &[]);
                return self.hang().await.map(Some);
            }
            Step::Good(overrides) => self.good(overrides).await?,
            Step::NoFinalChunk => {
                let overrides = GoodOverrides { no_final_chunk: true, ..good };
                self.good(&overrides).await?;
            }
            Step::CloseIdleAfterAnswer => {
                self.close_after = true;
                self.good(&good).await?;
            }
            Step::HugeHeader(length) => {
                let headers = vec![("x-padding".to_owned(), "x".repeat(*length))];
                self.good(&GoodOverrides { headers, ..good }).await?;
            }
            Step::OversizedSseEvent(length) => {
                let text = Some("x".repeat(*length));
                self.good(&GoodOverrides { text, chunks: Some(1), ..good }).await?;
            }
            Step::SleepMs(_)
            | Step::ReadHead
            | Step::ReadBody(_)
            | Step::Sse(_)
            | Step::Bytes(_)
            | Step::Hang
            | Step::Rst
            | Step::Fin
            | Step::Limiter(_) => unreachable!("step() plays what is no answer of its own"),
        }
        Ok(None)
    }

    // --- reading ---

    async fn read_body(&mut self) -> Result<(), Gone> {
        if self.body_understood {
            return Ok(());
        }
        self.body_understood = true;
        self.read_some_body(None).await?;
        let multipart = self.head.header("content-type").is_some_and(|it| it.starts_with("multipart/"));
        self.ask = match multipart {
            true => Ask::of_multipart(&self.body.bytes),
            false if self.endpoint().takes_json() || !self.body.bytes.is_empty() => {
                Ask::of_json(&self.body.bytes)
            }
            false => Ask::default(),
        };
        if let Some(model) = self.endpoint().model() {
            let query = self.head.target.split_once('?').map_or("", |(_, query)| query);
            let is_stream = matches!(self.endpoint(), Endpoint::StreamGenerate(_));
            let listed = is_stream && !query.split('&').any(|it| it == "alt=sse");
            let model = Some(model.to_owned());
            (self.ask.model, self.ask.stream, self.ask.listed) = (model, is_stream, listed);
        }
        self.ask = std::mem::take(&mut self.ask).with_path(self.endpoint());
        if let Some((name, _)) = self.local_path().and_then(model_in_path).filter(|it| !it.0.is_empty()) {
            self.ask.model = Some(name.to_owned());
        }
        let ask = &self.ask;
        self.note(|attempt| {
            attempt.model.clone_from(&ask.model);
            attempt.stream = ask.stream;
        });
        Ok(())
    }

    /// Reads on, up to a limit, and logs what there is even if the client leaves in the middle of it.
    async fn read_some_body(&mut self, limit: Option<u64>) -> Result<(), Gone> {
        let read = self.wire.read_body(&mut self.body, limit).await;
        let body = &self.body;
        self.note(|attempt| {
            attempt.body_len = body.length;
            attempt.body = body.bytes[..body.bytes.len().min(KEPT_BODY_BYTES_MAX)].to_vec();
        });
        read
    }

    fn sight(&self, body_read: bool) -> Sight<'_> {
        Sight {
            method: &self.head.method,
            path: &self.arrival.path,
            credential: self.arrival.credential.as_ref(),
            reused: self.arrival.reused,
            body: body_read
                .then_some(BodySight { model: self.ask.model.as_deref(), stream: self.ask.stream }),
        }
    }

    /// The path as the endpoints know it. `None`: outside of what this vendor serves.
    fn local_path(&self) -> Option<&str> {
        self.arrival.path.strip_prefix(self.shared.config.base_path.as_str())
    }

    fn endpoint(&self) -> Endpoint<'_> {
        self.local_path().map_or(Endpoint::Unknown, Endpoint::of)
    }

    fn dialect(&self) -> Dialect {
        let has = |name: &str| self.head.header(name).is_some();
        self.endpoint().dialect(has("anthropic-version"), has("x-goog-api-key"))
    }

    // --- answering ---

    /// Nothing more until the client leaves.
    async fn hang(&mut self) -> Result<Ended, Gone> {
        self.flush().await?;
        Err(self.wire.until_gone().await)
    }

    // --- writing ---

    /// A whole answer with a known length.
    fn plain(&mut self, plain: &Plain) {
        let framing = match plain.status {
            204 | 304 => Framing::None,
            _ => Framing::Length(plain.body.len()),
        };
        let content_type = if plain.body.is_empty() { None } else { Some(plain.content_type) };
        if let Some(name) = plain.error_type {
            let name = format!("{name}:http://internal.amazon.com/coral/com.amazon.bedrock/");
            self.extra.push(("x-amzn-errortype".to_owned(), name));
            let now = self.shared.config.signing.as_ref().map_or_else(SystemTime::now, Signing::now);
            self.extra.push(("date".to_owned(), httpdate::fmt_http_date(now)));
        }
        self.begin(plain.status, content_type, framing, &[]);
        if self.head.method != "HEAD" {
            self.out.extend_from_slice(&plain.body);
            self.keep(&plain.body);
        }
        self.progress = Progress::Complete;
    }

    fn begin(&mut self, status: u16, content_type: Option<&str>, framing: Framing, headers: &[(&str, &str)]) {
        let config = &self.shared.config;
        let mut head = HeadWriter::new(status);
        if let Some(content_type) = content_type {
            head.header("content-type", content_type);
        }
        head.framing(framing);
        if !self.head.keep_alive && framing != Framing::Close {
            head.framing(Framing::Close);
        }
        if config.request_ids {
            let name = match self.dialect() {
                Dialect::OpenAi | Dialect::Google => "x-request-id",
                Dialect::Anthropic => "request-id",
                Dialect::Bedrock => "x-amzn-requestid",
            };
            head.header(name, &format!("req_{:08}", self.arrival.seq));
        }
        head.raw(&self.shared.header_lines);
        for (name, value) in headers {
            head.header(name, value);
        }
        for (name, value) in &self.extra {
            head.header(name, value);
        }
        self.out.append(&mut head.end());
        self.note(|attempt| attempt.status = Some(status));
    }

    /// Keeps a part of the body for the log, if that is wanted.
    fn keep(&mut self, bytes: &[u8]) {
        if self.shared.config.keep_answers {
            let room = KEPT_BODY_BYTES_MAX - self.answered.len();
            self.answered.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        if !self.out.is_empty() {
            self.wire.write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }

    /// What has been written so far, in pieces of so many bytes, each a write of its own.
    async fn flush_split(&mut self, size: usize) -> Result<(), Gone> {
        for piece in self.out.chunks(size.max(1)) {
            self.wire.write_all(piece).await?;
            tokio::task::yield_now().await;
        }
        self.out.clear();
        Ok(())
    }

    /// Sends what has been written and waits.
    async fn pause(&mut self, ms: u64) -> Result<(), Gone> {
        if ms == 0 {
            return Ok(());
        }
        self.flush().await?;
        self.wire.pause(Duration::from_millis(ms)).await
    }

    fn note(&self, change: impl FnOnce(&mut crate::attempt::Attempt)) {
        if !self.shared.log.is_off() {
            self.shared.log.update(self.arrival.seq, change);
        }
    }
}

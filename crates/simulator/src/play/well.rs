//! The good answer on the wire, with whatever a script has made wrong about it.

use super::{Exchange, Gone, Link, Progress};
use crate::answer::{Answer, Plain, Stream, error_event};
use crate::endpoint::{Dialect, Endpoint};
use crate::error_body::ErrorClass;
use crate::frame;
use crate::good::{self, Occasion};
use crate::script::GoodOverrides;
use crate::signature::{Wrong, access_key_id};

impl<L: Link> Exchange<'_, L> {
    pub(super) async fn good(&mut self, overrides: &GoodOverrides) -> Result<(), Gone> {
        self.read_body().await?;
        let config = &self.shared.config;
        self.pause(config.response_delay_ms).await?;
        self.extra.extend(overrides.headers.iter().cloned());
        match self.good_answer(overrides) {
            Answer::Plain(plain) => self.good_plain(&plain, overrides).await,
            Answer::Stream(stream) => self.good_stream(&stream, overrides).await,
        }
    }

    pub(super) fn good_answer(&self, overrides: &GoodOverrides) -> Answer {
        let config = &self.shared.config;
        let endpoint = self.endpoint();
        let occasion = Occasion {
            vendor: &config.name,
            seq: self.arrival.seq,
            path: &self.arrival.path,
            dialect: self.dialect(),
            models: &config.models,
            ask: &self.ask,
            body_len: self.body.length,
            chunks: overrides.chunks.unwrap_or(config.chunks),
            text: overrides.text.as_deref(),
        };
        let open_to_all = matches!(endpoint, Endpoint::Health | Endpoint::Root);
        let known = |keys: &std::collections::HashSet<_>| {
            self.arrival.credential.as_ref().is_some_and(|it| keys.contains(it))
        };
        if !open_to_all && !config.keys.is_empty() && !known(&config.keys) {
            return Answer::Plain(self.error_plain(ErrorClass::Auth, None));
        }
        if let Err((name, words)) = self.check_signature() {
            let plain = self.error_plain(ErrorClass::Auth, Some(&words));
            return Answer::Plain(Plain { error_type: Some(name), ..plain });
        }
        let reads = matches!(self.head.method.as_str(), "GET" | "HEAD");
        if endpoint != Endpoint::Unknown && reads != endpoint.is_read() {
            let mut plain = self.error_plain(ErrorClass::NotFound, Some("Method not allowed for this URL."));
            plain.status = 405;
            return Answer::Plain(plain);
        }
        good::answer(endpoint, &occasion)
    }

    /// A signature of Amazon's has to be right, where it is known what is.
    fn check_signature(&self) -> Result<(), Wrong> {
        let is_signed = self.head.header("authorization").and_then(access_key_id).is_some();
        match &self.shared.config.signing {
            Some(signing) if is_signed => signing.check(&self.head, &self.body.bytes),
            _ => Ok(()),
        }
    }

    /// A plain answer; half of it, if it is to be cut or to stall.
    async fn good_plain(&mut self, plain: &Plain, overrides: &GoodOverrides) -> Result<(), Gone> {
        self.pause(overrides.first_token_delay_ms.unwrap_or(0)).await?;
        if overrides.no_final_chunk {
            self.open(plain.status, plain.content_type, &[]);
            self.push(&plain.body);
            self.progress = Progress::Broken;
        } else {
            self.plain(plain);
        }
        let stalls = overrides.stall_after_chunks.is_some();
        if stalls || overrides.cut_after_chunks.is_some() {
            let half = plain.body.len() / 2;
            self.out.truncate(self.out.len() - (plain.body.len() - half));
            self.answered.truncate(half);
            self.progress = Progress::Broken;
        }
        if stalls {
            self.hang().await?;
        }
        match overrides.split_at {
            Some(split_at) => self.flush_split(split_at).await,
            None => Ok(()),
        }
    }

    async fn good_stream(&mut self, stream: &Stream, overrides: &GoodOverrides) -> Result<(), Gone> {
        let config = &self.shared.config;
        let first_token_delay = overrides.first_token_delay_ms.unwrap_or(config.first_token_delay_ms);
        let chunk_delay = overrides.chunk_delay_ms.unwrap_or(config.chunk_delay_ms);
        let content_type = match self.dialect() {
            Dialect::OpenAi | Dialect::Anthropic | Dialect::Google => "text/event-stream; charset=utf-8",
            Dialect::Bedrock => Dialect::Bedrock.stream_type(),
        };
        self.open(200, content_type, &[("cache-control", "no-cache")]);
        self.pause(first_token_delay).await?;
        for event in &stream.opening {
            self.push_event(event);
        }
        for number in 0..=stream.content.len() {
            if self.goes_wrong(number, overrides).await? {
                return Ok(());
            }
            let Some(event) = stream.content.get(number) else {
                break;
            };
            if number > 0 {
                self.pause(chunk_delay).await?;
            }
            self.push_event(event);
            self.flush_some(overrides.split_at).await?;
        }
        let done = stream.done.iter().filter(|_| !overrides.no_done);
        for event in stream.closing.iter().chain(done) {
            self.push_event(event);
        }
        if overrides.no_final_chunk {
            self.progress = Progress::Broken;
        }
        match overrides.split_at {
            Some(size) => self.flush_split(size).await,
            None => Ok(()),
        }
    }

    /// Whether the stream has to break off after so many content events.
    async fn goes_wrong(&mut self, number: usize, overrides: &GoodOverrides) -> Result<bool, Gone> {
        if overrides.cut_after_chunks == Some(number) {
            self.flush().await?;
            self.progress = Progress::Broken;
            return Ok(true);
        }
        if overrides.stall_after_chunks == Some(number) {
            self.hang().await?;
        }
        if overrides.error_after_chunks == Some(number) {
            let dialect = self.dialect();
            let error = ErrorClass::Overloaded.body(dialect, "", None, self.arrival.seq);
            self.push_event(&error_event(dialect, &error));
            return Ok(true);
        }
        if overrides.bad_checksum_after_chunks == Some(number) {
            let mut frame = frame::of("contentBlockDelta {}");
            if let Some(last) = frame.last_mut() {
                *last ^= 1;
            }
            self.push(&frame);
            return Ok(true);
        }
        Ok(false)
    }
}

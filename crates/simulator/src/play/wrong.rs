//! Answers other than good ones: scripted statuses, errors, refusals, raw bytes.

use std::time::{Duration, SystemTime};

use super::{Ended, Exchange, Gone, Link, Progress};
use crate::answer::{Answer, Plain, error_event};
use crate::error_body::ErrorClass;
use crate::good::estimated_tokens;
use crate::hints;
use crate::limiter::{Cost, LimiterSpec, Verdict};
use crate::rules::LiveRule;
use crate::script::{BytesAnswer, ErrorAnswer, ErrorIn200, GoodOverrides, StatusAnswer};

impl<L: Link> Exchange<'_, L> {
    pub(super) fn status(&mut self, answer: &StatusAnswer) {
        self.extra.extend(answer.headers.iter().cloned());
        let plain = match (&answer.json, &answer.text) {
            (Some(json), _) => Plain::json(answer.code, json.to_string()),
            (None, text) => Plain {
                status: answer.code,
                content_type: "text/plain; charset=utf-8",
                error_type: None,
                body: text.clone().unwrap_or_default().into_bytes(),
            },
        };
        self.plain(&plain);
    }

    pub(super) fn error(&mut self, error: &ErrorAnswer) {
        if let Some(retry_after) = &error.retry_after {
            self.extra.push(("retry-after".to_owned(), retry_after.clone()));
        }
        if let Some(seconds) = error.retry_after_date_s {
            let there = shifted(SystemTime::now(), error.clock_skew_s);
            self.extra.push(("date".to_owned(), httpdate::fmt_http_date(there)));
            let back = httpdate::fmt_http_date(shifted(there, seconds));
            self.extra.push(("retry-after".to_owned(), back));
        }
        self.extra.extend(error.headers.iter().cloned());
        let plain = self.error_plain(error.class, error.message.as_deref());
        self.plain(&plain);
    }

    pub(super) fn error_plain(&self, class: ErrorClass, message: Option<&str>) -> Plain {
        let subject = self.ask.model.as_deref().unwrap_or(&self.arrival.path);
        let error = class.body(self.dialect(), subject, message, self.arrival.seq);
        Plain::error(&error)
    }

    pub(super) fn error_in_200(&mut self, error: &ErrorIn200) {
        let dialect = self.dialect();
        let subject = self.ask.model.as_deref().unwrap_or_default();
        let body = error.class.body(dialect, subject, None, self.arrival.seq);
        match self.good_answer(&GoodOverrides::default()) {
            Answer::Stream(stream) => {
                self.open(200, dialect.stream_type(), &[]);
                if error.after_opening {
                    stream.opening.iter().for_each(|it| self.push_event(it));
                }
                self.push_event(&error_event(dialect, &body));
            }
            Answer::Plain(_) => self.plain(&Plain::json(200, body.json.to_string())),
        }
    }

    pub(super) fn html(&mut self) {
        let body = b"<!doctype html><title>Welcome</title><p>Please sign in to continue.".to_vec();
        self.plain(&Plain { status: 200, content_type: "text/html; charset=utf-8", error_type: None, body });
    }

    pub(super) fn redirect(&mut self, location: &str) {
        self.extra.push(("location".to_owned(), location.to_owned()));
        self.status(&StatusAnswer::bare(307));
    }

    pub(super) fn garbage(&mut self) {
        self.out.extend_from_slice(b"\x00\xff\x16\x03 this is no HTTP\r\n\r\n\x80\x81\r\n");
        self.progress = Progress::Broken;
    }

    pub(super) fn limiter(&mut self, rule: &LiveRule, index: usize, spec: &LimiterSpec) {
        let cost = Cost {
            input_tokens: estimated_tokens(self.body.length) as f64,
            output_tokens: self.ask.max_tokens.unwrap_or(self.shared.config.chunks as u64) as f64,
        };
        let key = (self.arrival.credential.clone(), self.ask.model.clone());
        let (verdict, reading) = rule.ask_limiter(index, spec, key, cost, self.shared.now());
        self.extra.extend(hints::headers(spec, verdict, &reading, SystemTime::now()));
        let message = match verdict {
            Verdict::Granted => return,
            Verdict::Refused(Some(_)) => None,
            Verdict::Refused(None) => Some("Request too large: it asks for more than the whole limit."),
        };
        let plain = self.error_plain(ErrorClass::RateLimit, message);
        self.plain(&plain);
    }

    /// Says so without having read the body, and reads none of it afterwards.
    pub(super) async fn answer_before_body(&mut self, status: u16) -> Result<Ended, Gone> {
        /// How long the answer stands before the connection goes: the client's writing into it makes the
        /// kernel reset it, and the client shall have had the chance to read.
        const STANDS: Duration = Duration::from_millis(500);
        let class = match status {
            401 => ErrorClass::Auth,
            403 => ErrorClass::Permission,
            429 => ErrorClass::RateLimit,
            500.. => ErrorClass::Server,
            _ => ErrorClass::InvalidRequest,
        };
        let mut plain = self.error_plain(class, (status == 413).then_some("Request body too large."));
        plain.status = status;
        self.head.keep_alive = false;
        self.plain(&plain);
        self.flush().await?;
        self.wire.finish().await;
        tokio::time::sleep(STANDS).await;
        Ok(Ended::Close)
    }

    pub(super) async fn bytes(&mut self, bytes: &BytesAnswer) -> Result<(), Gone> {
        self.flush().await?;
        self.progress = Progress::Broken;
        let text = bytes.text.as_bytes();
        let size = if bytes.split_at == 0 { text.len().max(1) } else { bytes.split_at };
        for piece in text.chunks(size) {
            self.wire.write_all(piece).await?;
            self.wire.pause(Duration::from_millis(bytes.every_ms)).await?;
        }
        Ok(())
    }
}

fn shifted(time: SystemTime, seconds: i32) -> SystemTime {
    let by = Duration::from_secs(u64::from(seconds.unsigned_abs()));
    if seconds < 0 { time - by } else { time + by }
}

//! What is counted of requests and of tries.

use serde::{Deserialize, Serialize};

use super::sketch::Sketch;
use crate::proxy::{Record, record::Attempt};

/// Sums over some time. Of everything and of routes they are about requests; of providers, models and credentials,
/// about tries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Requests, or tries.
    pub(crate) requests: u64,
    /// Requests that the client was answered a 429 or a 5xx, or that broke off; tries that were somebody's fault.
    pub(crate) errors: u64,
    /// Tries after a request's first.
    pub(crate) retries: u64,
    /// Tries that met a rate limit or a quota.
    pub(crate) rate_limited: u64,
    /// Requests (tries) that went well after an earlier try had failed.
    pub(crate) rescued: u64,
    /// Requests that met a rate limit or a quota of which their client has seen nothing.
    pub(crate) limits_avoided: u64,
    /// Tokens, as vendors counted them.
    pub(crate) tokens: Tokens,
    /// First byte in to last byte out; of a try: sent to last byte out.
    pub(crate) duration: Sketch,
    /// First byte in to first delta or byte of the answer out; of a try: sent to first delta or byte.
    pub(crate) first_token: Sketch,
}

/// Tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tokens {
    /// Of prompts.
    pub(crate) input: u64,
    /// Of answers.
    pub(crate) output: u64,
    /// Of prompts, from the vendor's cache.
    pub(crate) cached: u64,
}

impl Counts {
    /// A request is over.
    pub(super) fn request(&mut self, record: &Record) {
        let limited = record.attempts.iter().filter(|it| it.is_limited()).count() as u64;
        let good = !record.has_failed();
        self.requests += 1;
        self.errors += u64::from(!good);
        self.retries += record.attempts.len().saturating_sub(1) as u64;
        self.rate_limited += limited;
        self.rescued += u64::from(good && record.attempts.len() > 1);
        self.limits_avoided += u64::from(good && limited > 0);
        self.count_tokens(record);
        self.duration.add(record.duration);
        if let Some(first_token) = record.first_token {
            self.first_token.add(first_token);
        }
    }

    /// The `index`th try of a request is over.
    pub(super) fn attempt(&mut self, record: &Record, index: usize) {
        let attempt = &record.attempts[index];
        let is_last = index + 1 == record.attempts.len();
        let is_good = attempt.outcome == "success";
        self.requests += 1;
        self.errors += u64::from(attempt.has_failed());
        self.retries += u64::from(index > 0);
        self.rate_limited += u64::from(attempt.is_limited());
        self.rescued += u64::from(index > 0 && is_good);
        if is_last {
            self.count_tokens(record);
        }
        if is_good {
            self.duration.add(record.duration.saturating_sub(attempt.started));
            self.first_token.add(attempt.duration);
        }
    }

    /// Adds up.
    pub(crate) fn merge(&mut self, other: &Counts) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.retries += other.retries;
        self.rate_limited += other.rate_limited;
        self.rescued += other.rescued;
        self.limits_avoided += other.limits_avoided;
        self.tokens.add(&other.tokens);
        self.duration.merge(&other.duration);
        self.first_token.merge(&other.first_token);
    }

    fn count_tokens(&mut self, record: &Record) {
        if let Some(dialect::Usage { input, output, cached, .. }) = record.usage {
            self.tokens.add(&Tokens { input, output, cached });
        }
    }
}

impl Tokens {
    /// A vendor may claim what it likes; sums stay sums.
    fn add(&mut self, more: &Tokens) {
        self.input = self.input.saturating_add(more.input);
        self.output = self.output.saturating_add(more.output);
        self.cached = self.cached.saturating_add(more.cached);
    }
}

impl Record {
    /// Whether the client got a failure that is not its own.
    pub(crate) fn has_failed(&self) -> bool {
        self.status == 429 || self.status >= 500 || self.end == crate::proxy::End::Broken
    }
}

impl Attempt {
    /// Whether it is held against anybody.
    pub(crate) fn has_failed(&self) -> bool {
        self.blame != "nobody"
    }

    fn is_limited(&self) -> bool {
        matches!(self.outcome, "rate_limit" | "quota")
    }
}

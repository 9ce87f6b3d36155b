//! A simulated vendor's rate limiter.
//!
//! A pure state machine: time is an argument, counted from an arbitrary start. It decides and reports; what
//! the report looks like as headers is in `hints`. One limiter holds the limits of one credential (and model).
//!
//! The three kinds differ in when used allowance comes back: a token bucket gives it back steadily, a fixed
//! window all at once at the window's end, a sliding window each piece one window after it was used.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How allowance comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimiterKind {
    /// Steadily.
    #[default]
    TokenBucket,
    /// All at once, at the end of the window.
    FixedWindow,
    /// Each piece one window after it was used.
    SlidingWindow,
}

/// What the rate-limit headers say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headers {
    /// The truth.
    #[default]
    Honest,
    /// Headroom, whatever is the case.
    Lying,
    /// Nothing; only `Retry-After` on a refusal.
    Absent,
}

/// Whose headers they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `x-ratelimit-*`, resets as `6m0s`.
    #[default]
    Openai,
    /// `anthropic-ratelimit-*`, resets as RFC 3339.
    Anthropic,
    /// OpenAI's without resets, and `retry-after-ms`.
    Azure,
    /// None at all, not even `Retry-After`.
    Bare,
}

/// A limiter as scripts write it. Limits are per minute whatever the window, so that a test may shorten
/// the window (and with it the absolute numbers) without changing the rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimiterSpec {
    /// How allowance comes back.
    pub kind: LimiterKind,
    /// Requests per minute.
    pub rpm: Option<f64>,
    /// Tokens per minute, input and output together.
    pub tpm: Option<f64>,
    /// Input tokens per minute, as Anthropic counts them.
    pub input_tpm: Option<f64>,
    /// Output tokens per minute, as Anthropic counts them.
    pub output_tpm: Option<f64>,
    /// The window over which limits are enforced; Azure enforces over 1 to 10 s.
    pub window_ms: u64,
    /// A token bucket's capacity as a fraction of what one window grants.
    pub burst: f64,
    /// What the headers say.
    pub headers: Headers,
    /// Whose headers they are.
    pub format: Format,
    /// Refused requests use allowance too.
    pub count_failed: bool,
    /// One limit for all models of a credential.
    pub per_credential: bool,
}

impl Default for LimiterSpec {
    fn default() -> LimiterSpec {
        LimiterSpec {
            kind: LimiterKind::default(),
            rpm: None,
            tpm: None,
            input_tpm: None,
            output_tpm: None,
            window_ms: 60_000,
            burst: 1.0,
            headers: Headers::default(),
            format: Format::default(),
            count_failed: false,
            per_credential: false,
        }
    }
}

/// What one request uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Tokens in the prompt.
    pub input_tokens: f64,
    /// Tokens the answer may have.
    pub output_tokens: f64,
}

/// Whether a request may pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It may, and its cost is taken.
    Granted,
    /// It may not; the same request would pass after so long if nobody else asked. `None`: never, it is
    /// greater than the limit.
    Refused(Option<Duration>),
}

/// The state of all limits after a decision.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Reading {
    /// Requests.
    pub requests: Option<Gauge>,
    /// Tokens together.
    pub tokens: Option<Gauge>,
    /// Input tokens.
    pub input_tokens: Option<Gauge>,
    /// Output tokens.
    pub output_tokens: Option<Gauge>,
}

/// The state of one limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gauge {
    /// The most a window grants.
    pub limit: f64,
    /// What may still be used at once.
    pub remaining: f64,
    /// Until all of it is back.
    pub reset: Duration,
}

/// The limits of one credential.
#[derive(Debug)]
pub struct Limiter {
    meters: [Option<Meter>; 4],
    count_failed: bool,
}

#[derive(Debug)]
struct Meter {
    limit: f64,
    window: Duration,
    state: MeterState,
}

#[derive(Debug)]
enum MeterState {
    Bucket { level: f64, per_second: f64, at: Duration },
    Fixed { used: f64, window_start: Duration },
    Sliding { uses: VecDeque<(Duration, f64)>, used: f64 },
}

impl Limiter {
    /// Full at `now`.
    pub fn new(spec: &LimiterSpec, now: Duration) -> Limiter {
        let meter = |per_minute: Option<f64>| per_minute.map(|it| Meter::new(spec, it, now));
        Limiter {
            meters: [meter(spec.rpm), meter(spec.tpm), meter(spec.input_tpm), meter(spec.output_tpm)],
            count_failed: spec.count_failed,
        }
    }

    /// Decides about a request, takes its cost if it passes, and reports what is left.
    pub fn take(&mut self, cost: Cost, now: Duration) -> (Verdict, Reading) {
        let amounts = [1.0, cost.input_tokens + cost.output_tokens, cost.input_tokens, cost.output_tokens];
        let mut verdict = Verdict::Granted;
        for (meter, amount) in self.meters.iter_mut().zip(amounts) {
            let Some(meter) = meter else { continue };
            meter.advance(now);
            verdict = match (verdict, meter.wait_for(amount, now)) {
                (verdict, Some(Duration::ZERO)) => verdict,
                (Verdict::Refused(None), _) | (_, None) => Verdict::Refused(None),
                (Verdict::Granted, wait) => Verdict::Refused(wait),
                (Verdict::Refused(earlier), wait) => Verdict::Refused(earlier.max(wait)),
            };
        }
        if verdict == Verdict::Granted || self.count_failed {
            for (meter, amount) in self.meters.iter_mut().zip(amounts) {
                if let Some(meter) = meter {
                    meter.spend(amount, now);
                }
            }
        }
        (verdict, self.reading(now))
    }

    fn reading(&self, now: Duration) -> Reading {
        let [requests, tokens, input_tokens, output_tokens] =
            self.meters.each_ref().map(|it| it.as_ref().map(|it| it.gauge(now)));
        Reading { requests, tokens, input_tokens, output_tokens }
    }
}

impl Meter {
    fn new(spec: &LimiterSpec, per_minute: f64, now: Duration) -> Meter {
        let window = Duration::from_millis(spec.window_ms.max(1));
        let granted = per_minute * window.as_secs_f64() / 60.0;
        let (limit, state) = match spec.kind {
            LimiterKind::TokenBucket => {
                // A bucket that holds less than one request would grant nothing for ever.
                let capacity = (granted * spec.burst).max(1.0);
                (capacity, MeterState::Bucket { level: capacity, per_second: per_minute / 60.0, at: now })
            }
            LimiterKind::FixedWindow => (granted, MeterState::Fixed { used: 0.0, window_start: now }),
            LimiterKind::SlidingWindow => (granted, MeterState::Sliding { uses: VecDeque::new(), used: 0.0 }),
        };
        Meter { limit, window, state }
    }

    /// Gives back what has come back by now.
    fn advance(&mut self, now: Duration) {
        match &mut self.state {
            MeterState::Bucket { level, per_second, at } => {
                *level = (*level + *per_second * now.saturating_sub(*at).as_secs_f64()).min(self.limit);
                *at = now.max(*at);
            }
            MeterState::Fixed { used, window_start } => {
                let passed = now.saturating_sub(*window_start).as_nanos() / self.window.as_nanos();
                if passed > 0 {
                    *used = 0.0;
                    let windows = u32::try_from(passed).unwrap_or(u32::MAX);
                    *window_start += self.window.saturating_mul(windows);
                }
            }
            MeterState::Sliding { uses, used } => {
                while let Some((at, amount)) = uses.front().copied()
                    && at + self.window <= now
                {
                    uses.pop_front();
                    *used -= amount;
                }
                if uses.is_empty() {
                    *used = 0.0; // No rest of rounding outlives the entries.
                }
            }
        }
    }

    /// How long until so much may be used: zero now, `None` never.
    fn wait_for(&self, amount: f64, now: Duration) -> Option<Duration> {
        /// Refilling by halves and thirds does not add up exactly; this much of a unit is rounding.
        const ROUNDING: f64 = 1e-6;
        if amount > self.limit + ROUNDING {
            return None;
        }
        let missing = amount - self.remaining();
        if missing <= ROUNDING {
            return Some(Duration::ZERO);
        }
        match &self.state {
            MeterState::Bucket { per_second, .. } => Duration::try_from_secs_f64(missing / per_second).ok(),
            MeterState::Fixed { window_start, .. } => Some((*window_start + self.window).saturating_sub(now)),
            MeterState::Sliding { uses, .. } => {
                let mut returned = 0.0;
                let enough = uses.iter().find(|(_, used)| {
                    returned += used;
                    returned + ROUNDING >= missing
                });
                enough.map(|(at, _)| (*at + self.window).saturating_sub(now))
            }
        }
    }

    fn spend(&mut self, amount: f64, now: Duration) {
        match &mut self.state {
            MeterState::Bucket { level, .. } => *level = (*level - amount).max(0.0),
            MeterState::Fixed { used, .. } => *used += amount,
            MeterState::Sliding { uses, used } => {
                uses.push_back((now, amount));
                *used += amount;
            }
        }
    }

    fn remaining(&self) -> f64 {
        match &self.state {
            MeterState::Bucket { level, .. } => *level,
            MeterState::Fixed { used, .. } | MeterState::Sliding { used, .. } => (self.limit - used).max(0.0),
        }
    }

    fn gauge(&self, now: Duration) -> Gauge {
        let remaining = self.remaining();
        let reset = match &self.state {
            MeterState::Bucket { per_second, .. } => {
                Duration::try_from_secs_f64((self.limit - remaining) / per_second).unwrap_or(Duration::MAX)
            }
            MeterState::Fixed { window_start, .. } => (*window_start + self.window).saturating_sub(now),
            MeterState::Sliding { uses, .. } => {
                uses.back().map_or(Duration::ZERO, |(at, _)| (*at + self.window).saturating_sub(now))
            }
        };
        Gauge { limit: self.limit, remaining, reset }
    }
}

#[cfg(test)]
mod tests;

//! Live traffic for a demonstration: chats at a steady rate, every other one streamed, and what became of them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::client::{self, Response};

/// Requests of the demo's traffic under way at once; what would be more is skipped and counted.
const IN_FLIGHT_MAX: u64 = 256;
/// The greatest rate of the demo's traffic, in requests per second: it is a demonstration, not a benchmark.
const RATE_MAX: f64 = 1000.0;

/// What became of the traffic so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests sent.
    pub requests: u64,
    /// Good answers, plain and streamed: status 200, complete, and no error inside.
    pub good: u64,
    /// Those of the good that were streamed.
    pub good_streamed: u64,
    /// Tries that failed before another was made, as `x-spillway-attempts` tells.
    pub failed_tries: u64,
    /// Those of the good that took more than one try.
    pub rescued: u64,
    /// Answered 429.
    pub rate_limited: u64,
    /// Answered with another error.
    pub failed: u64,
    /// Broken off on the way, or ended by an error event.
    pub cut: u64,
    /// No answer at all.
    pub unreachable: u64,
    /// Not sent, because too many were under way.
    pub skipped: u64,
    /// Under way now.
    pub in_flight: u64,
}

/// Live traffic. Dropping it ends it at once.
pub struct Traffic {
    tally: Arc<Tally>,
    task: AbortHandle,
}

#[derive(Default)]
struct Tally {
    requests: AtomicU64,
    good: AtomicU64,
    good_streamed: AtomicU64,
    failed_tries: AtomicU64,
    rescued: AtomicU64,
    rate_limited: AtomicU64,
    failed: AtomicU64,
    cut: AtomicU64,
    unreachable: AtomicU64,
    skipped: AtomicU64,
    in_flight: AtomicU64,
}

/// Sends chats to a base URL (`http://host:port`, with or without a path), so many a second, every other one
/// streamed, until the returned handle is dropped.
pub fn traffic(base_url: &str, per_second: f64) -> io::Result<Traffic> {
    let target = Target::parse(base_url)?;
    let tally = Arc::new(Tally::default());
    let task = tokio::spawn(drive(target, per_second.clamp(0.01, RATE_MAX), Arc::clone(&tally)));
    Ok(Traffic { tally, task: task.abort_handle() })
}

impl Traffic {
    /// What became of it so far.
    pub fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let it = &*self.tally;
        Counters {
            requests: read(&it.requests),
            good: read(&it.good),
            good_streamed: read(&it.good_streamed),
            failed_tries: read(&it.failed_tries),
            rescued: read(&it.rescued),
            rate_limited: read(&it.rate_limited),
            failed: read(&it.failed),
            cut: read(&it.cut),
            unreachable: read(&it.unreachable),
            skipped: read(&it.skipped),
            in_flight: read(&it.in_flight),
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug, Clone)]
struct Target {
    addr: SocketAddr,
    path: String,
}

impl Target {
    fn parse(base_url: &str) -> io::Result<Target> {
        let wrong = || {
            let message =
                format!("{base_url:?}: the demo's traffic needs http://IP:PORT, with or without a path");
            io::Error::new(io::ErrorKind::InvalidInput, message)
        };
        let rest = base_url.strip_prefix("http://").ok_or_else(wrong)?.trim_end_matches('/');
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let addr = authority.replace("localhost", "127.0.0.1").parse().map_err(|_| wrong())?;
        let path = path.strip_suffix("/v1").unwrap_or(path);
        Ok(Target { addr, path: format!("{path}/v1/chat/completions") })
    }
}

async fn drive(target: Target, per_second: f64, tally: Arc<Tally>) {
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / per_second));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut requests = JoinSet::new();
    for number in 1_u64.. {
        ticks.tick().await;
        while requests.try_join_next().is_some() {}
        if tally.in_flight.load(Ordering::Relaxed) >= IN_FLIGHT_MAX {
            tally.skipped.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        tally.requests.fetch_add(1, Ordering::Relaxed);
        tally.in_flight.fetch_add(1, Ordering::Relaxed);
        let (target, tally) = (target.clone(), Arc::clone(&tally));
        requests.spawn(async move {
            let streamed = number.is_multiple_of(2);
            tally.count(ask(&target, number, streamed).await, streamed);
            tally.in_flight.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn ask(target: &Target, number: u64, streamed: bool) -> io::Result<Response> {
    const QUESTIONS: [&str; 4] =
        ["What is a spillway?", "Name three rivers.", "How high is a dam?", "Where does water go?"];
    let question = QUESTIONS[(number % QUESTIONS.len() as u64) as usize];
    let body = format!(
        r#"{{"model":"demo","stream":{streamed},"messages":[{{"role":"user","content":"{question} ({number})"}}]}}"#
    );
    client::post_json(target.addr, &target.path, &[("authorization", "Bearer demo")], &body).await
}

impl Tally {
    fn count(&self, answer: io::Result<Response>, streamed: bool) {
        let tries = answer.as_ref().ok().and_then(|it| it.header("x-spillway-attempts")?.parse::<u64>().ok());
        let failed_tries = tries.map_or(0, |it| it.saturating_sub(1));
        self.failed_tries.fetch_add(failed_tries, Ordering::Relaxed);
        let counter = match answer {
            Err(_) => &self.unreachable,
            Ok(response) if response.status == 429 => &self.rate_limited,
            Ok(response) if response.status != 200 => &self.failed,
            Ok(response) if !is_whole(&response, streamed) => &self.cut,
            Ok(_) => {
                self.good_streamed.fetch_add(u64::from(streamed), Ordering::Relaxed);
                self.rescued.fetch_add(u64::from(failed_tries > 0), Ordering::Relaxed);
                &self.good
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn is_whole(response: &Response, streamed: bool) -> bool {
    let ended = |it: &Response| it.body.trim_ascii_end().ends_with(b"data: [DONE]");
    response.complete && (!streamed || ended(response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_may_have_a_path() {
        let path = |url: &str| Target::parse(url).map(|it| it.path).ok();
        let chat = Some("/v1/chat/completions".to_owned());
        assert_eq!(path("http://127.0.0.1:8000"), chat);
        assert_eq!(path("http://localhost:8000/v1/"), chat);
        assert_eq!(path("http://127.0.0.1:1/ai"), Some("/ai/v1/chat/completions".to_owned()));
        assert_eq!(path("https://127.0.0.1:1"), None);
        assert_eq!(path("http://example.org"), None);
    }
}

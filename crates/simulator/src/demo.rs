//! The cast of `spillway demo`: three vendors with visible trouble, and traffic for whoever stands before them.
//!
//! `steady` is good. `limited` grants 60 requests a minute, six at a time, and says honestly when to come back.
//! `flaky` is good for twelve seconds and then bad for eight, each time in another way. Nothing here needs the
//! gateway: it is given a base URL to send traffic to, and counts the tries that a gateway tells of.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::error_body::ErrorClass;
use crate::limiter::{LimiterKind, LimiterSpec};
use crate::script::{GoodOverrides, Match, Nth, Rule, Script, Step};
use crate::vendor::{Vendor, VendorConfig};

mod traffic;

pub use traffic::{Counters, Traffic, traffic};

/// How long `flaky` is good, and then bad.
const GOOD_PHASE: Duration = Duration::from_secs(12);
const BAD_PHASE: Duration = Duration::from_secs(8);
/// How often `flaky` looks at the clock.
const MOOD_CHECK: Duration = Duration::from_millis(250);

/// The three vendors. Dropping it ends them.
pub struct Cast {
    /// Good, first token after about 30 ms.
    pub steady: Vendor,
    /// 429 beyond 60 requests a minute.
    pub limited: Vendor,
    /// Good and bad in turn.
    pub flaky: Arc<Vendor>,
    mood: AbortHandle,
}

/// Starts the three vendors on free ports.
pub async fn cast() -> io::Result<Cast> {
    let vendor = async |name: &str, script: Script| {
        let config = VendorConfig {
            script,
            response_delay_ms: 30,
            chunk_delay_ms: 15,
            chunks: 12,
            ..VendorConfig::named(name)
        };
        Vendor::start(config).await
    };
    let limiter = LimiterSpec {
        kind: LimiterKind::FixedWindow,
        rpm: Some(60.0),
        window_ms: 6000,
        per_credential: true,
        ..LimiterSpec::default()
    };
    let flaky = Arc::new(vendor("flaky", Script::good()).await?);
    Ok(Cast {
        steady: vendor("steady", Script::good()).await?,
        limited: vendor("limited", Script::from(vec![limited(limiter)])).await?,
        mood: tokio::spawn(change_moods(Arc::clone(&flaky))).abort_handle(),
        flaky,
    })
}

/// The limiter, for everything but health checks.
fn limited(limiter: LimiterSpec) -> Rule {
    let when = Match { method: Some("POST".to_owned()), ..Match::default() };
    Rule { name: Some("limiter".to_owned()), when, steps: vec![Step::Limiter(limiter)], times: None }
}

impl Cast {
    /// All of them, in the order of their description.
    pub fn vendors(&self) -> [&Vendor; 3] {
        [&self.steady, &self.limited, &self.flaky]
    }
}

impl Drop for Cast {
    fn drop(&mut self) {
        self.mood.abort();
    }
}

/// How `flaky` feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Good,
    /// 500 to everything, health checks included.
    Failing,
    /// The first token takes longer than anybody wants to wait.
    Slow,
    /// Streams break off, and other answers too.
    Cutting,
}

impl Mood {
    fn at(elapsed: Duration) -> Mood {
        const BAD: [Mood; 3] = [Mood::Failing, Mood::Slow, Mood::Cutting];
        let cycle = GOOD_PHASE + BAD_PHASE;
        let round = elapsed.as_millis() / cycle.as_millis();
        match elapsed.as_millis() % cycle.as_millis() < GOOD_PHASE.as_millis() {
            true => Mood::Good,
            false => BAD[(round % BAD.len() as u128) as usize],
        }
    }

    fn script(self) -> Script {
        let rule = |name: &str, step: Step| Rule { name: Some(name.to_owned()), ..Rule::always([step]) };
        let good = |overrides: GoodOverrides| Step::Good(overrides);
        match self {
            Mood::Good => Script::good(),
            Mood::Failing => vec![rule("failing", Step::error(ErrorClass::Server))].into(),
            Mood::Slow => {
                let slow = GoodOverrides { first_token_delay_ms: Some(4000), ..GoodOverrides::default() };
                vec![rule("slow", good(slow)).for_path("/v1/*")].into()
            }
            Mood::Cutting => {
                // Half of them before the first content, where another vendor can still step in unseen.
                let early = GoodOverrides { cut_after_chunks: Some(0), ..GoodOverrides::default() };
                let late = GoodOverrides { cut_after_chunks: Some(5), ..GoodOverrides::default() };
                let early = rule("cut early", good(early)).for_path("/v1/*").for_nth(Nth::Every(2));
                vec![early, rule("cut late", good(late)).for_path("/v1/*")].into()
            }
        }
    }
}

async fn change_moods(flaky: Arc<Vendor>) {
    let started = Instant::now();
    let mut mood = Mood::Good;
    loop {
        tokio::time::sleep(MOOD_CHECK).await;
        let next = Mood::at(started.elapsed());
        if next != mood {
            mood = next;
            flaky.script(mood.script());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaky_is_good_and_then_bad_each_time_in_another_way() {
        let at = |seconds| Mood::at(Duration::from_secs(seconds));
        assert_eq!([at(0), at(11), at(12), at(19)], [Mood::Good, Mood::Good, Mood::Failing, Mood::Failing]);
        assert_eq!([at(20), at(32), at(52), at(72)], [Mood::Good, Mood::Slow, Mood::Cutting, Mood::Failing]);
    }
}

//! The one place that reads clocks: monotonic time for the core, wall time for people.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use balance::Time;

/// Maps the process's monotonic clock to [`Time`] and to the wall. `Time::ZERO` lies a year before the start, so
/// that instants from before a restart (a cooldown's `since`) fit on the line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

/// How far before the start `Time::ZERO` lies.
const LEAD: Duration = Duration::from_secs(365 * 24 * 3600);

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Self {
        Clock { started: Instant::now() }
    }

    /// Now, on the core's line.
    pub(crate) fn now(&self) -> Time {
        self.time(Instant::now())
    }

    /// An instant, on the core's line.
    pub(crate) fn time(&self, instant: Instant) -> Time {
        Time::ZERO + LEAD + instant.saturating_duration_since(self.started)
    }

    /// The wall time of `time`. Goes by the wall clock of now, so that a stepped clock shows right again at once.
    pub(crate) fn wall(&self, time: Time) -> SystemTime {
        let now = self.now();
        let wall = SystemTime::now();
        if time >= now { wall.checked_add(time.since(now)).unwrap_or(wall) } else { wall - now.since(time) }
    }

    /// Where a wall time lies on the core's line.
    pub(crate) fn time_of_wall(&self, wall: SystemTime) -> Time {
        let now = self.now();
        match wall.duration_since(SystemTime::now()) {
            Ok(ahead) => now + ahead,
            Err(behind) => now - behind.duration(),
        }
    }
}

/// Unix seconds of a wall time.
pub(crate) fn unix_seconds(wall: SystemTime) -> i64 {
    let seconds = wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Unix milliseconds of a wall time.
pub(crate) fn unix_ms(wall: SystemTime) -> i64 {
    let millis = wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with milliseconds, as every time in the Admin API but `created_at` and `updated_at`.
pub(crate) fn rfc3339(wall: SystemTime) -> String {
    let millis = wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |it| format!("{it:.3}"))
}

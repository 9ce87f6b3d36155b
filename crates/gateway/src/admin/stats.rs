//! `GET /stats`: how many, how often in vain, how long, over time.
//!
//! Steps of whole hours come from the store and go back 90 days; shorter ones come from memory, go back three hours and
//! begin anew with the process. A span in which nothing was counted is left out.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Json, http::StatusCode};
use serde_json::{Value, json};

use super::{Admin, answer::Fault, ask::Ask, query::Query};
use crate::{
    clock::{rfc3339, unix_seconds},
    control::Failure,
    history::{By, Counts, HOUR, Key, MINUTE, Series, start},
};

/// Spans in an answer at most: 90 days by the hour.
const STEPS_MAX: i64 = 90 * 24;
/// Hourly counts that one answer is made of at most: they are read and added up while the store waits.
const ROWS_MAX: usize = 200_000;
/// Series in an answer at most, the busiest first.
const SERIES_MAX: usize = 1000;

/// What is asked for.
struct Wanted {
    by: By,
    since: i64,
    step: i64,
}

type Sums = HashMap<Key, BTreeMap<i64, Counts>>;

/// The series of what is asked for.
pub(super) async fn read(ask: Ask) -> Result<Json<Value>, Fault> {
    let now = unix_seconds(SystemTime::now());
    let (wanted, admin) = (wanted(&ask, now)?, Arc::clone(&ask.admin));
    let sums = if wanted.step < HOUR { minutes(&admin, &wanted) } else { hours(&admin, &wanted).await? };
    let mut series: Vec<(Key, BTreeMap<i64, Counts>)> = sums.into_iter().collect();
    let total = |points: &BTreeMap<i64, Counts>| points.values().map(|it| it.requests).sum::<u64>();
    series.sort_by_cached_key(|(key, points)| (u64::MAX - total(points), key.clone()));
    let left_out = series.len().saturating_sub(SERIES_MAX);
    series.truncate(SERIES_MAX);
    Ok(Json(json!({
        "by": (wanted.by != By::All).then(|| wanted.by.name()),
        "since": time(wanted.since),
        "until": time(now),
        "step": wanted.step,
        "series": series.iter().map(|(key, points)| shown(key, points)).collect::<Vec<_>>(),
        "left_out": left_out,
    })))
}

fn wanted(ask: &Ask, now: i64) -> Result<Wanted, Fault> {
    let mut query = Query::of(ask, &["since", "step", "by"]);
    let by = query.read("by", "one of provider, model, credential, route", By::from_name).unwrap_or(By::All);
    let step = query.read("step", "a number of seconds that is whole minutes", |it| {
        it.parse().ok().filter(|step: &i64| *step > 0 && step % MINUTE == 0)
    });
    let since = query.instant("since").map(unix_seconds);
    let in_memory = Series::minutes_since(now);
    let step = step.unwrap_or(match since {
        Some(since) if since >= in_memory => MINUTE,
        _ => HOUR,
    });
    let since = since.unwrap_or(if step < HOUR { now - HOUR } else { now - 24 * HOUR });
    if step > HOUR && step % HOUR != 0 {
        query.wrong("step", format!("{step} is more than an hour and not whole hours"));
    } else if step < HOUR && HOUR % step != 0 {
        query.wrong("step", format!("{step} is not a part of an hour; 60, 300 and 900 are"));
    } else if step < HOUR && since < in_memory {
        let message = format!("steps below 3600 go back three hours, to {}", time(in_memory));
        query.wrong("since", message);
    } else if (now - since) / step > STEPS_MAX {
        query.wrong("since", format!("more than {STEPS_MAX} steps ago; begin later, or take a larger step"));
    }
    if since > now {
        query.wrong("since", "that is in the future");
    }
    query.done()?;
    Ok(Wanted { by, since: start(since, step), step })
}

fn minutes(admin: &Admin, wanted: &Wanted) -> Sums {
    let state = &admin.state;
    state.telemetry.history.read(&state.clock, |past| {
        let mut sums = Sums::new();
        for (minute, counts) in past.series.minutes(wanted.since) {
            counts.iter().for_each(|(key, counts)| wanted.add(&mut sums, minute, key, counts));
        }
        sums
    })
}

async fn hours(admin: &Admin, wanted: &Wanted) -> Result<Sums, Fault> {
    let control = &admin.control;
    let stored =
        control.stored_counts(wanted.by, wanted.since, ROWS_MAX + 1).await.map_err(Failure::Store)?;
    if stored.len() > ROWS_MAX {
        let message = format!("that is more than {ROWS_MAX} hourly counts: begin later, or ask by=provider");
        return Err(Fault::new(StatusCode::BAD_REQUEST, message));
    }
    let mut hours: HashMap<(i64, Key), Counts> =
        stored.into_iter().map(|(hour, key, counts)| ((hour, key), counts)).collect();
    let state = &admin.state;
    // What is in memory is newer, and whole.
    state.telemetry.history.read(&state.clock, |past| {
        for (hour, counts) in past.series.hours(wanted.since) {
            hours.extend(counts.iter().map(|(key, counts)| ((hour, key.clone()), counts.clone())));
        }
    });
    let mut sums = Sums::new();
    for ((hour, key), counts) in &hours {
        wanted.add(&mut sums, *hour, key, counts);
    }
    Ok(sums)
}

impl Wanted {
    fn add(&self, sums: &mut Sums, at: i64, key: &Key, counts: &Counts) {
        if key.by == self.by {
            let points = sums.entry(key.clone()).or_default();
            points.entry(start(at, self.step)).or_default().merge(counts);
        }
    }
}

fn shown(key: &Key, points: &BTreeMap<i64, Counts>) -> Value {
    let some = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let mut series = match key.by {
        By::All => json!({}),
        By::Provider => json!({ "provider": some(&key.name) }),
        By::Model => json!({ "provider": some(&key.owner), "model": some(&key.name) }),
        By::Credential => json!({ "provider": some(&key.owner), "credential": some(&key.name) }),
        By::Route => json!({ "route": some(&key.name) }),
    };
    series["points"] = points.iter().map(|(at, counts)| point(*at, counts)).collect();
    series
}

fn point(at: i64, counts: &Counts) -> Value {
    let durations = |it: &crate::history::Sketch| {
        json!({
            "mean": it.mean().map(rounded),
            "p50": it.quantile(0.5).map(rounded),
            "p95": it.quantile(0.95).map(rounded),
            "p99": it.quantile(0.99).map(rounded),
        })
    };
    json!({
        "time": time(at),
        "requests": counts.requests,
        "errors": counts.errors,
        "retries": counts.retries,
        "rate_limited": counts.rate_limited,
        "rescued": counts.rescued,
        "limits_avoided": counts.limits_avoided,
        "tokens": {
            "input": counts.tokens.input,
            "output": counts.tokens.output,
            "cached": counts.tokens.cached,
        },
        "duration_ms": durations(&counts.duration),
        "ttft_ms": durations(&counts.first_token),
    })
}

/// To a tenth of a millisecond: more would be made up.
fn rounded(millis: f64) -> f64 {
    (millis * 10.0).round() / 10.0
}

fn time(unix: i64) -> String {
    let past_epoch = Duration::from_secs(u64::try_from(unix).unwrap_or_default());
    rfc3339(UNIX_EPOCH.checked_add(past_epoch).unwrap_or(UNIX_EPOCH))
}

//! What history remembers of records, and what it forgets.

use std::sync::Arc;

use super::*;
use crate::telemetry::tests::{record, snapshot};

#[test]
fn whoever_reads_sees_every_request_that_is_over_newest_first() {
    let (history, clock) = (history(), Clock::start());
    for number in 0..3 {
        history.record(Record { request_id: number.to_string(), ..record(&["rate_limit", "success"]) });
    }
    let seen: Vec<String> =
        history.read(&clock, |it| it.requests.newest().map(|it| it.record.request_id.clone()).collect());
    assert_eq!(seen, ["2", "1", "0"]);
    history.read(&clock, |it| {
        let newest = it.requests.newest().next().expect("there are three");
        assert_eq!(newest.named.upstream.as_deref(), Some("pool"));
        assert_eq!(newest.named.tried[0].provider.as_deref(), Some("openai"));
        assert_eq!(newest.named.tried[0].credential.as_deref(), Some("main"));
        assert_eq!(&*newest.named.tried[0].model, "other", "a client's words are no name");
    });
}

#[test]
fn what_has_just_gone_from_the_configuration_still_has_its_name() {
    let (history, clock) = (history(), Clock::start());
    history.record(record(&["success"]));
    history.applied(&Arc::default());
    history.read(&clock, |it| {
        let newest = it.requests.newest().next().expect("there is one");
        assert_eq!(newest.named.upstream.as_deref(), Some("pool"));
        assert_eq!(newest.named.tried[0].provider.as_deref(), Some("openai"));
    });
}

#[test]
fn the_request_list_is_bounded_in_number_and_in_size() {
    let (history, clock) = (history(), Clock::start());
    for _ in 0..10_500 {
        history.record(record(&["success"]));
    }
    let numbers: Vec<u64> = history.read(&clock, |it| it.requests.newest().map(|it| it.number).collect());
    assert_eq!((numbers.len(), numbers[0], numbers[9_999]), (10_000, 10_499, 500));

    let long: String = "m".repeat(100_000);
    let outage = vec!["connect"; 300];
    for _ in 0..2_000 {
        history.record(Record { model_requested: Some(long.clone()), ..record(&outage) });
    }
    history.read(&clock, |it| {
        let kept = it.requests.newest().take_while(|it| it.record.attempts.len() == 300).count();
        assert!((100..2_000).contains(&kept), "larger requests, fewer of them: {kept}");
        let model = it.requests.newest().next().and_then(|it| it.record.model_requested.clone());
        assert_eq!(model.map(|it| it.len()), Some(128));
    });
}

#[test]
fn requests_and_tries_are_counted_each_by_what_they_are_about() {
    let (history, clock) = (history(), Clock::start());
    let route: Arc<str> = "chat".into();
    history.record(Record { route: Some(Arc::clone(&route)), ..record(&["rate_limit", "success"]) });
    history.record(Record { status: 503, ..record(&["connect", "connect"]) });
    history.read(&clock, |past| {
        let now = unix_seconds(SystemTime::now());
        let mut sums: HashMap<(By, String, String), Counts> = HashMap::new();
        for (_, counts) in past.series.minutes(0) {
            for (key, counts) in counts {
                let key = (key.by, key.owner.to_string(), key.name.to_string());
                sums.entry(key).or_default().merge(counts);
            }
        }
        let of = |by, owner: &str, name: &str| sums[&(by, owner.to_owned(), name.to_owned())].clone();
        let all = of(By::All, "", "");
        assert_eq!((all.requests, all.errors, all.retries), (2, 1, 2));
        assert_eq!((all.rate_limited, all.rescued, all.limits_avoided), (1, 1, 1));
        assert_eq!((all.tokens.input, all.duration.count()), (14, 2));
        assert_eq!(of(By::Route, "", "chat").requests, 1);
        assert_eq!(of(By::Route, "", "").requests, 1, "without a route");
        let key = of(By::Credential, "openai", "main");
        assert_eq!((key.requests, key.errors, key.rescued), (4, 3, 1));
        assert_eq!(of(By::Provider, "", "openai"), of(By::Model, "openai", "other"));
        let called: Vec<_> = past.series.called(now).collect();
        assert_eq!(called, [(&route, &"openai".into())]);
        assert_eq!(past.series.called(now + 25 * HOUR).count(), 0, "that was yesterday");
    });
}

#[test]
fn hours_go_on_where_the_last_process_stopped_and_are_stored_until_it_worked() {
    let (history, clock) = (history(), Clock::start());
    history.record(record(&["success"]));
    history.read(&clock, |past| {
        let now = unix_seconds(SystemTime::now());
        let (rows, changes) = past.series.unstored(now);
        assert_eq!(rows.len(), 5, "all, route, provider, model, credential");
        assert_eq!(past.series.unstored(now).0.len(), 5, "again, if it went wrong or was cut off");
        past.series.stored(&changes, now);
        assert!(past.series.unstored(now).0.is_empty(), "once it worked, no more");

        let mut next = Series::default();
        next.take_over(rows, [("chat".into(), "openai".into(), now)]);
        let of_next: u64 = next.hours(0).flat_map(|it| it.1.values()).map(|it| it.requests).sum();
        assert_eq!(of_next, 5);
        assert_eq!(next.called(now).count(), 1);
        past.series.stored(&changes, now + 2 * HOUR);
        assert_eq!(past.series.hours(0).count(), 0, "what is over and stored is the store's");
    });
}

#[test]
fn what_is_counted_while_the_store_writes_is_written_next() {
    let mut series = Series::default();
    count(&mut series, 7200);
    let (_, changes) = series.unstored(7200);
    count(&mut series, 7201);
    series.stored(&changes, 7201);
    assert_eq!(requests(&series.unstored(7201).0), 2);
}

#[test]
fn a_request_told_after_its_hour_was_stored_does_not_stand_for_the_whole_hour() {
    let mut series = Series::default();
    for _ in 0..9 {
        count(&mut series, 7199);
    }
    let (_, changes) = series.unstored(7200);
    series.stored(&changes, 7200);
    count(&mut series, 7199);
    assert_eq!(requests(&series.unstored(7200).0), 10, "what the store is given replaces what it has");
}

#[test]
fn whatever_a_vendor_claims_sums_stay_sums() {
    let (history, clock) = (history(), Clock::start());
    let usage = dialect::Usage { input: u64::MAX, output: u64::MAX, cached: u64::MAX, reasoning: 0 };
    for _ in 0..2 {
        history.record(Record { usage: Some(usage), ..record(&["success"]) });
    }
    history.read(&clock, |past| {
        let mut sum = Counts::default();
        for (_, counts) in past.series.minutes(0) {
            counts.values().for_each(|it| sum.merge(it));
        }
        assert_eq!(sum.tokens.input, u64::MAX);
    });
}

#[test]
fn a_rate_is_the_mean_of_the_last_whole_seconds() {
    let mut traffic = Traffic::default();
    let names = names::Names::default();
    let count = |traffic: &mut Traffic, at| {
        let record = record(&["success"]);
        let mut named = names.of(&record);
        named.tried[0].provider = Some("openai".into());
        traffic.count(&record, &named, at);
    };
    for at in [100, 101, 101, 101, 102, 104, 104, 105] {
        count(&mut traffic, at);
    }
    let rate = |now| traffic.providers(now).get("openai").map_or(0.0, |it| it.requests);
    assert_eq!(rate(105), 7.0 / 5.0, "100 to 104");
    assert_eq!(rate(109), 3.0 / 5.0);
    assert_eq!(rate(200), 0.0);
}

#[test]
fn a_clock_that_is_put_back_is_believed_at_once() {
    let mut traffic = Traffic::default();
    for at in (3600..3620).chain(100..110) {
        let mut named = names::Names::default().of(&record(&["success"]));
        named.tried[0].provider = Some("openai".into());
        traffic.count(&record(&["success"]), &named, at);
    }
    assert_eq!(traffic.providers(109)["openai"].requests, 1.0);
}

#[test]
fn what_a_vendor_said_against_a_key_goes_with_the_key() {
    let history = history();
    let mut record = record(&["rate_limit"]);
    history.key_failed(CredentialId(1), &record.attempts[0]);
    assert_eq!(&*history.key_errors()[&CredentialId(1)].message, "rate_limit");
    record.attempts[0].error = Some("slow down".into());
    history.key_failed(CredentialId(1), &record.attempts[0]);
    assert_eq!(&*history.key_errors()[&CredentialId(1)].message, "slow down");
    history.applied(&Arc::default());
    assert!(history.key_errors().is_empty());
}

/// A request without a route that was answered at once, at that time.
fn count(series: &mut Series, ended: i64) {
    let record = record(&[]);
    series.count(&record, &names::Names::default().of(&record), ended);
}

/// How many requests there are in rows for the store.
fn requests(rows: &[(i64, Key, Counts)]) -> u64 {
    rows.iter().filter(|it| it.1.by == By::All).map(|it| it.2.requests).sum()
}

fn history() -> History {
    let history = History::default();
    history.applied(&Arc::new(snapshot()));
    history
}

//! The metrics' names, types and labels are a contract: they are tested as a scraper reads them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use balance::{
    AddressId, Cause, CredentialId, CredentialReport, Exclusion, Reason, Scope, State, TargetId,
    TargetReport, Tier, UpstreamId, UpstreamReport, Why,
};
use config::snapshot::{Address, AffinityKey, Credential, HashOn, Limit, Target, Timeouts, Trust, Upstream};
use hashbrown::HashMap;
use http::HeaderValue;

use super::*;
use crate::proxy::{End, record::Attempt};

#[test]
fn every_metric_of_the_contract_is_exposed_under_its_name_and_type() {
    let telemetry = Telemetry::new();
    let snapshot = Arc::new(snapshot());
    telemetry.applied(&snapshot);
    // Families show themselves with their first series.
    telemetry.record(record(&["rate_limited", "success"]), &snapshot);
    let scope = Scope::Credential(CredentialId(1));
    telemetry.events(
        &[Event::Excluded { scope, until: Time::NEVER, cause: Cause::Quota }],
        &snapshot,
        &Clock::start(),
    );
    let exposed = telemetry.render(&report(), &snapshot);
    for (name, kind) in [
        ("spillway_requests_total", "counter"),
        ("spillway_attempts_total", "counter"),
        ("spillway_request_duration_seconds", "histogram"),
        ("spillway_overhead_seconds", "histogram"),
        ("spillway_time_to_first_token_seconds", "histogram"),
        ("spillway_tokens_total", "counter"),
        ("spillway_in_flight", "gauge"),
        ("spillway_target_health", "gauge"),
        ("spillway_credential_state", "gauge"),
        ("spillway_exclusions_total", "counter"),
        ("spillway_retries_total", "counter"),
        ("spillway_retry_budget_exhausted_total", "counter"),
        ("spillway_queue_depth", "gauge"),
        ("spillway_config_revision", "gauge"),
        ("spillway_build_info", "gauge"),
    ] {
        assert!(exposed.contains(&format!("# TYPE {name} {kind}\n")), "{name}:\n{exposed}");
        assert!(exposed.contains(&format!("# HELP {name} ")), "{name}:\n{exposed}");
    }
    assert!(!exposed.contains("# EOF") && !exposed.contains("_total_total"));
}

#[test]
fn a_request_is_counted_with_names_from_the_configuration_only() {
    let telemetry = Telemetry::new();
    let snapshot = Arc::new(snapshot());
    telemetry.applied(&snapshot);
    for _ in 0..2 {
        telemetry.record(record(&["rate_limited", "success"]), &snapshot);
    }
    let exposed = telemetry.render(&report(), &snapshot);
    for sample in [
        r#"spillway_requests_total{route="",upstream="pool",status="200"} 2"#,
        r#"spillway_attempts_total{upstream="pool",target="a \"b\":443",provider="openai",credential="main",outcome="success"} 2"#,
        r#"spillway_attempts_total{upstream="pool",target="a \"b\":443",provider="openai",credential="main",outcome="rate_limited"} 2"#,
        r#"spillway_retries_total{reason="rate_limited"} 2"#,
        r#"spillway_tokens_total{provider="openai",model="other",type="input"} 14"#,
        r#"spillway_request_duration_seconds_bucket{le="0.25"} 2"#,
        r#"spillway_request_duration_seconds_bucket{le="0.1"} 0"#,
        "spillway_request_duration_seconds_sum 0.4",
        "spillway_request_duration_seconds_count 2",
        "spillway_time_to_first_token_seconds_count 0",
    ] {
        assert!(exposed.lines().any(|it| it == sample), "{sample}\n{exposed}");
    }
    assert!(!exposed.contains("made-up"), "a client's words are never a label");
}

#[test]
fn a_request_of_an_earlier_configuration_is_counted_under_its_own_names() {
    let telemetry = Telemetry::new();
    let old = snapshot();
    let mut new = snapshot();
    new.revision += 1;
    new.upstreams.clear();
    let new = Arc::new(new);
    telemetry.applied(&new);
    telemetry.record(record(&["success"]), &old);
    telemetry.record(record(&["success"]), &new);
    let exposed = telemetry.render(&report(), &new);
    assert!(exposed.contains(r#"spillway_requests_total{route="",upstream="pool",status="200"} 1"#));
    assert!(exposed.contains(r#"spillway_requests_total{route="",upstream="",status="200"} 1"#));
}

#[test]
fn events_are_counted_by_scope_and_cause() {
    let telemetry = Telemetry::new();
    let clock = Clock::start();
    let scope = Scope::Credential(CredentialId(1));
    let events = [
        Event::Excluded { scope, until: Time::NEVER, cause: Cause::Quota },
        Event::Returned { scope },
        Event::BudgetExhausted { upstream: UpstreamId(1) },
        Event::BudgetExhausted { upstream: UpstreamId(1) },
    ];
    telemetry.events(&events, &snapshot(), &clock);
    let exposed = telemetry.render(&report(), &snapshot());
    assert!(exposed.contains(r#"spillway_exclusions_total{scope="credential",cause="quota"} 1"#));
    assert!(exposed.contains("spillway_retry_budget_exhausted_total 2"));
}

#[test]
fn standings_are_one_and_zero_and_targets_of_one_name_are_one_series() {
    let exposed = Telemetry::new().render(&report(), &snapshot());
    let health = |state| {
        format!(
            r#"spillway_target_health{{upstream="pool",target="a \"b\":443",address="a:443",state="{state}"}}"#
        )
    };
    for sample in [
        format!("{} 1", health("available")),
        format!("{} 1", health("cooling")),
        format!("{} 0", health("unhealthy")),
        r#"spillway_in_flight{upstream="pool",target="a \"b\":443"} 5"#.to_owned(),
        r#"spillway_credential_state{provider="openai",credential="main",state="exceeded"} 1"#.to_owned(),
        r#"spillway_credential_state{provider="openai",credential="main",state="normal"} 0"#.to_owned(),
        "spillway_config_revision 7".to_owned(),
        format!(r#"spillway_build_info{{version="{}"}} 1"#, env!("CARGO_PKG_VERSION")),
    ] {
        assert!(exposed.lines().any(|it| it == sample), "{sample}\n{exposed}");
    }
}

#[test]
fn who_asks_for_open_metrics_gets_its_own_names_and_its_end() {
    let telemetry = Telemetry::new();
    telemetry.record(record(&["success"]), &snapshot());
    let exposed = telemetry.render_open_metrics(&report(), &snapshot());
    assert!(exposed.contains("# TYPE spillway_requests counter\n"));
    assert!(exposed.ends_with("# EOF\n"));
}

// === Helpers ===

#[test]
fn an_access_line_written_straight_is_the_line_that_the_general_formatter_would_write() {
    use std::sync::Mutex;
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let snapshot = snapshot();
    let mut odd = record(&["rate_limited", "success"]);
    odd.request_id = "a \"quoted\"\tname é\u{1}".to_owned();
    odd.model_requested = Some("x".repeat(1000));
    for record in [odd, record(&[]), record(&["success"])] {
        let (general, straight) = (Sink::default(), Sink::default());
        let sink = general.clone();
        let lines = tracing_subscriber::fmt::layer().with_writer(move || sink.clone());
        let lines = lines.json().with_current_span(false).with_span_list(false);
        let fields = access::Fields::of(&record, &snapshot);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || fields.tell());
        access::write(&fields, straight.clone());
        let read = |sink: &Sink| {
            let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
            let (start, rest) = text.split_once("\",\"level\"").unwrap();
            let time = start.strip_prefix("{\"timestamp\":\"").unwrap();
            assert_eq!(time.len(), "2026-11-26T12:00:00.123456Z".len(), "{time}");
            rest.to_owned()
        };
        assert_eq!(read(&straight), read(&general));
    }
}

pub(crate) fn snapshot() -> Snapshot {
    let upstream = Upstream {
        id: UpstreamId(1),
        uuid: uuid::Uuid::nil(),
        name: "pool".into(),
        shown: "pool".into(),
        phrase: "pool".into(),
        hash_on: HashOn::None,
        hash_fallback: HashOn::None,
        hash_on_cookie_path: "/".to_owned(),
        affinity: AffinityKey::None,
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            first_token: Limit::Auto,
            response: Limit::Auto,
            idle: Duration::from_secs(60),
            total: None,
        },
        response_buffer_bytes: 0,
        host_header: None,
        lossy: dialect::translate::Lossy::Refuse,
        lacking: 0,
        probe: None,
        targets: vec![TargetId(1), TargetId(2)],
    };
    let target = |id| {
        let target = Target {
            id: TargetId(id),
            uuid: uuid::Uuid::nil(),
            // Not a name one can give, but labels are escaped all the same.
            name: "a \"b\":443".into(),
            address: AddressId(1),
            base_path: String::new(),
            surface: dialect::Surface::Plain,
            api_version: None,
            models_path: String::new(),
            raw: false,
            provider: Some("openai".into()),
            kind: dialect::Kind::OpenAi,
            can: u64::MAX,
            model: None,
            model_location: config::snapshot::ModelLocation::Body,
            default_model: None,
            host: HeaderValue::from_static("a"),
            region: None,
        };
        (TargetId(id), Arc::new(target))
    };
    let address =
        Address { id: AddressId(1), tls: true, host: "a".into(), port: 443, trust: Trust::default() };
    let credential = Credential {
        id: CredentialId(1),
        uuid: uuid::Uuid::nil(),
        name: "main".into(),
        provider: "openai".into(),
        headers: Vec::new(),
        proof: config::snapshot::Proof::Headers,
        problem: None,
    };
    Snapshot {
        revision: 7,
        upstreams: HashMap::from([(UpstreamId(1), Arc::new(upstream))]),
        targets: HashMap::from([target(1), target(2)]),
        addresses: HashMap::from([(AddressId(1), Arc::new(address))]),
        credentials: HashMap::from([(CredentialId(1), Arc::new(credential))]),
        ..Snapshot::default()
    }
}

fn report() -> Report {
    let target = |id, state, in_flight| TargetReport {
        id: TargetId(id),
        state,
        exclusion: None,
        in_flight,
        picked: 0,
        latency_nanos: None,
    };
    let exclusion = Exclusion { since: Time::ZERO, until: Time::NEVER, cause: Cause::Quota };
    Report {
        upstreams: vec![UpstreamReport {
            id: UpstreamId(1),
            healthy: true,
            targets: vec![target(1, State::Available, 2), target(2, State::Cooling, 3)],
            addresses: Vec::new(),
        }],
        credentials: vec![CredentialReport {
            id: CredentialId(1),
            exclusion: Some(exclusion),
            models: Vec::new(),
            in_flight: 0,
        }],
    }
}

pub(crate) fn record(outcomes: &[&'static str]) -> Record {
    let attempt = |outcome: &&'static str| Attempt {
        target: TargetId(1),
        credential: Some(CredentialId(1)),
        model: Some("made-up".into()),
        reason: Reason { why: Why::Affinity, tier: Tier::Regular(0), available: 1, of: 2 },
        outcome,
        blame: if *outcome == "success" { "nobody" } else { "credential" },
        status: Some(200),
        error: None,
        started: Duration::ZERO,
        duration: Duration::from_millis(200),
    };
    Record {
        upstream: Some(UpstreamId(1)),
        model_requested: Some("made-up".to_owned()),
        status: 200,
        duration: Duration::from_millis(200),
        overhead: Duration::from_micros(30),
        usage: Some(dialect::Usage { input: 7, ..dialect::Usage::default() }),
        attempts: outcomes.iter().map(attempt).collect(),
        end: End::Complete,
        ..Record::begin("id".to_owned(), Instant::now())
    }
}

//! Probes over real sockets: what is asked, and what the answer becomes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use balance::{AddressId, Balancer, CredentialId, Probed, TargetId, UpstreamId};
use config::{
    Snapshot,
    snapshot::{
        Address, AffinityKey, Credential, HashOn, Limit, Probe, ProbeKind, Target, Timeouts, Trust, Upstream,
    },
};
use hashbrown::HashMap;
use http::{HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{sleep, timeout},
};

use super::{
    probe::{Call, Senders},
    *,
};
use crate::{clock::Clock, telemetry::Telemetry};

const DEADLINE: Duration = Duration::from_secs(10);
const PLACE: Place = (UpstreamId(1), AddressId(1));

#[tokio::test]
async fn the_status_is_what_counts() {
    for status in [200, 302, 404, 500, 503] {
        let vendor = Vendor::answering(&format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n")).await;
        assert_eq!(probed(&vendor, ProbeKind::Http).await, Probed::Status(status));
    }
}

#[tokio::test]
async fn a_probe_asks_for_the_path_with_the_configured_headers_and_says_who_it_is() {
    let vendor = Vendor::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    probed(&vendor, ProbeKind::Http).await;
    let asked = vendor.asked();
    assert!(asked.starts_with("GET /health HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("host: vendor.example\r\n") && asked.contains("x-probe: yes\r\n"), "{asked}");
    assert!(asked.contains("user-agent: spillway/"), "{asked}");
    assert!(!asked.contains("the-key"), "a path needs no key: {asked}");
}

#[tokio::test]
async fn the_models_probe_asks_for_the_list_with_a_key() {
    let vendor = Vendor::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(probed(&vendor, ProbeKind::Models).await, Probed::Status(200));
    let asked = vendor.asked();
    assert!(asked.starts_with("GET /v1/models HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: Bearer the-key\r\n"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_a_status_and_is_not_followed() {
    let elsewhere = Vendor::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let location =
        format!("HTTP/1.1 302 X\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", elsewhere.addr);
    let vendor = Vendor::answering(&location).await;
    assert_eq!(probed(&vendor, ProbeKind::Http).await, Probed::Status(302));
    assert_eq!(elsewhere.asked(), "");
}

#[tokio::test]
async fn a_connection_is_all_that_tcp_wants() {
    let vendor = Vendor::answering("").await;
    assert_eq!(probed(&vendor, ProbeKind::Tcp).await, Probed::Connected);
}

#[tokio::test]
async fn nobody_there_is_a_failure_and_silence_is_a_timeout() {
    let silent = Vendor::answering("").await;
    assert_eq!(probed(&silent, ProbeKind::Http).await, Probed::TimedOut);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for kind in [ProbeKind::Http, ProbeKind::Tcp] {
        let snapshot = snapshot(closed, kind);
        let (call, _) = Call::of(&snapshot, PLACE).unwrap();
        assert_eq!(call.make(&senders().of(&call), &Arc::default()).await, Probed::Failed);
    }
}

#[tokio::test]
async fn a_body_that_never_ends_does_not_change_the_status() {
    let vendor = Vendor::answering("HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\nx").await;
    assert_eq!(probed(&vendor, ProbeKind::Http).await, Probed::Status(200));
}

#[tokio::test]
async fn what_the_configuration_does_not_know_is_not_probed() {
    let snapshot = snapshot(([127, 0, 0, 1], 1).into(), ProbeKind::Http);
    assert!(Call::of(&snapshot, (UpstreamId(2), AddressId(1))).is_none());
    assert!(Call::of(&snapshot, (UpstreamId(1), AddressId(2))).is_none());
}

/// The whole way: the balancer says when, the vendor fails, the balancer takes the address out.
#[tokio::test]
async fn an_address_that_fails_its_probes_is_taken_out_and_one_that_recovers_comes_back() {
    let vendor = Vendor::answering("HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n").await;
    let state = State::new(1, Clock::start(), Telemetry::new());
    state.snapshot.store(Arc::new(snapshot(vendor.addr, ProbeKind::Http)));
    let events = state.balancer().apply(plan(), state.clock.now());
    state.tell(&events);
    let (applied, plans) = watch::channel(1);
    let task = tokio::spawn(run(Arc::clone(&state), plans, SenderSettings::new(false)));

    until(|| !is_healthy(&state.balancer(), &state)).await;
    vendor.answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    until(|| is_healthy(&state.balancer(), &state)).await;

    drop(applied);
    timeout(DEADLINE, task).await.expect("the task ends with whoever applies plans").unwrap();
}

// === Helpers ===

/// Somebody who answers every request with the same bytes, and remembers what was asked last.
struct Vendor {
    addr: SocketAddr,
    asked: Arc<Mutex<String>>,
    answer: Arc<Mutex<String>>,
}

impl Vendor {
    async fn answering(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (asked, answer) = (Arc::<Mutex<String>>::default(), Arc::new(Mutex::new(answer.to_owned())));
        let (seen, said) = (Arc::clone(&asked), Arc::clone(&answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, said) = (Arc::clone(&seen), Arc::clone(&said));
                tokio::spawn(async move {
                    let mut bytes = [0; 4096];
                    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
                        *seen.lock().unwrap() = String::from_utf8_lossy(&bytes[..length]).into_owned();
                        let answer = said.lock().unwrap().clone();
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Vendor { addr, asked, answer }
    }

    fn answer(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap());
    }

    fn asked(&self) -> String {
        self.asked.lock().unwrap().clone()
    }
}

async fn probed(vendor: &Vendor, kind: ProbeKind) -> Probed {
    let snapshot = snapshot(vendor.addr, kind);
    let (call, concurrency) = Call::of(&snapshot, PLACE).expect("the snapshot has the probe");
    assert_eq!(concurrency, 10);
    timeout(DEADLINE, call.make(&senders().of(&call), &Arc::default())).await.expect("a probe has an end")
}

fn senders() -> Senders {
    Senders::new(&SenderSettings::new(false))
}

async fn until(holds: impl Fn() -> bool) {
    let poll = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(DEADLINE, poll).await.expect("it holds in time");
}

fn is_healthy(balancer: &Balancer, state: &State) -> bool {
    let report = balancer.report_upstream(UpstreamId(1), state.clock.now()).expect("the plan has it");
    report.addresses[0].healthy
}

fn snapshot(addr: SocketAddr, kind: ProbeKind) -> Snapshot {
    let probe = Probe {
        kind,
        timeout: Duration::from_millis(300),
        concurrency: 10,
        path: "/health".to_owned(),
        headers: vec![(HeaderName::from_static("x-probe"), HeaderValue::from_static("yes"))],
        verify: true,
    };
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
        probe: Some(probe),
        targets: vec![TargetId(1)],
    };
    let target = Target {
        id: TargetId(1),
        uuid: uuid::Uuid::nil(),
        name: "vendor".into(),
        address: AddressId(1),
        base_path: "/v1".to_owned(),
        surface: dialect::Surface::Plain,
        api_version: None,
        models_path: "/v1/models".to_owned(),
        raw: false,
        provider: Some("openai".into()),
        kind: dialect::Kind::OpenAi,
        can: u64::MAX,
        model: None,
        model_location: config::snapshot::ModelLocation::Body,
        default_model: None,
        host: HeaderValue::from_static("vendor.example"),
        region: None,
    };
    let address = Address {
        id: AddressId(1),
        tls: false,
        host: addr.ip().to_string().into(),
        port: addr.port(),
        trust: Trust::default(),
    };
    let credential = Credential {
        id: CredentialId(1),
        uuid: uuid::Uuid::nil(),
        name: "main".into(),
        provider: "openai".into(),
        proof: config::snapshot::Proof::Headers,
        headers: vec![(http::header::AUTHORIZATION, HeaderValue::from_static("Bearer the-key"))],
        problem: None,
    };
    Snapshot {
        revision: 1,
        upstreams: HashMap::from([(UpstreamId(1), Arc::new(upstream))]),
        targets: HashMap::from([(TargetId(1), Arc::new(target))]),
        addresses: HashMap::from([(AddressId(1), Arc::new(address))]),
        credentials: HashMap::from([(CredentialId(1), Arc::new(credential))]),
        ..Snapshot::default()
    }
}

fn plan() -> balance::Plan {
    use balance::{
        Algorithm, Budget, Credentials, Health, Only, Plan, Retries, Statuses, Suspension, TargetPlan,
        Thresholds, Tier, UpstreamPlan,
    };
    let thresholds = Thresholds {
        healthy_statuses: Statuses(vec![200, 302]),
        successes: 1,
        unhealthy_statuses: Statuses(vec![500]),
        http_failures: 2,
        tcp_failures: 2,
        timeouts: 3,
    };
    let target = TargetPlan {
        id: TargetId(1),
        address: AddressId(1),
        model: None,
        credentials: Credentials::None,
        weight: 100,
        tier: Tier::Regular(0),
        environment: Only::Any,
        enabled: true,
        can: u64::MAX,
        hash: 1,
    };
    let upstream = UpstreamPlan {
        id: UpstreamId(1),
        enabled: true,
        algorithm: Algorithm::RoundRobin,
        slots: 10,
        retries: Retries {
            attempts: 3,
            credential_attempts: 32,
            deadline: None,
            budget: Budget { ratio: 0.2, min_per_second: 10.0, window: Duration::from_secs(10) },
        },
        suspension: Suspension {
            rate_limit: None,
            auth: None,
            connect: None,
            timeout: None,
            overloaded: None,
            not_found: None,
            server_error: None,
            quota: None,
            honour_retry_after: true,
            cap: Duration::from_secs(900),
        },
        health: Health {
            threshold: 0.0,
            active: thresholds.clone(),
            interval_healthy: Duration::from_millis(20),
            interval_unhealthy: Duration::from_millis(20),
            passive: thresholds,
            ejection_time: Duration::from_secs(10),
        },
        affinity: None,
        targets: vec![target],
    };
    Plan { upstreams: vec![upstream], credentials: Vec::new() }
}

//! One simulated vendor: its settings, its handle, and what its tasks share.
//!
//! The handle directs and reads; the work is done by the task that owns the port (`port`) and its connections.
//! Dropping the handle ends all of it.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use crate::attempt::{Attempt, Credential, Log, LogKeep};
use crate::rules::RuleBook;
use crate::script::{Rule, Script};
use crate::signature::Signing;
use crate::{control, port};

/// A vendor's settings. All have defaults; in JSON, all fields may be left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VendorConfig {
    /// Stands in its answers.
    pub name: String,
    /// Where it listens; port 0 picks one.
    pub addr: SocketAddr,
    /// Where the control port listens, if there is to be one.
    pub control_addr: Option<SocketAddr>,
    /// Served under this path: `/openai` makes `/openai/v1/chat/completions`.
    pub base_path: String,
    /// The models it has; empty: any.
    pub models: Vec<String>,
    /// The keys it knows, plain or as fingerprints; empty: any, none included.
    pub keys: HashSet<Credential>,
    /// The access keys it knows of Amazon's, and what it wants signed; none: any signature will do.
    pub signing: Option<Signing>,
    /// Content events per stream.
    pub chunks: usize,
    /// Between the content events of a stream.
    pub chunk_delay_ms: u64,
    /// Between a stream's head and its first event.
    pub first_token_delay_ms: u64,
    /// Before the head of any answer.
    pub response_delay_ms: u64,
    /// More response headers on each answer.
    pub headers: Vec<(String, String)>,
    /// Add `x-request-id` (for Anthropic's endpoints `request-id`, for Bedrock's `x-amzn-requestid`).
    pub request_ids: bool,
    /// How much of the log is kept.
    pub log: LogKeep,
    /// Keep what was answered, too ([`Attempt::answer`]), to compare it with what the client got.
    pub keep_answers: bool,
    /// What it does first.
    pub script: Script,
}

impl Default for VendorConfig {
    fn default() -> VendorConfig {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        VendorConfig {
            name: "simulated".to_owned(),
            addr: loopback,
            control_addr: None,
            base_path: String::new(),
            models: Vec::new(),
            keys: HashSet::new(),
            signing: None,
            chunks: 8,
            chunk_delay_ms: 0,
            first_token_delay_ms: 0,
            response_delay_ms: 0,
            headers: Vec::new(),
            request_ids: true,
            log: LogKeep::Last(10_000),
            keep_answers: false,
            script: Script::good(),
        }
    }
}

impl VendorConfig {
    /// The defaults under this name.
    pub fn named(name: &str) -> VendorConfig {
        VendorConfig { name: name.to_owned(), ..VendorConfig::default() }
    }

    /// The usual leakage of a vendor's organisation into its answers, for tests of header hygiene.
    #[must_use]
    pub fn with_vendor_headers(mut self) -> VendorConfig {
        let headers = [
            ("openai-organization", "org-of-the-operator"),
            ("openai-project", "proj-of-the-operator"),
            ("anthropic-organization-id", "org-of-the-operator"),
            ("openai-version", "2020-10-01"),
            ("openai-processing-ms", "12"),
            ("set-cookie", "__cf_bm=vendor; path=/; HttpOnly"),
            ("server", "cloudflare"),
        ];
        self.headers.extend(headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self
    }
}

/// A running vendor. Dropping it ends its task and all its connections.
pub struct Vendor {
    shared: Arc<Shared>,
    addr: SocketAddr,
    control_addr: Option<SocketAddr>,
    orders: mpsc::Sender<port::Order>,
    tasks: Vec<AbortHandle>,
}

/// What a vendor is doing right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct State {
    /// It does not accept connections.
    pub refusing: bool,
    /// Connections open now.
    pub connections: usize,
    /// Connections accepted since the start.
    pub connections_accepted: u64,
    /// Attempts being answered now.
    pub in_flight: usize,
    /// The most attempts that were being answered at once.
    pub in_flight_max: usize,
    /// Attempts that arrived since the start, logged or not.
    pub attempts: u64,
}

/// What listener, connections and control port share.
pub(crate) struct Shared {
    pub(crate) config: VendorConfig,
    pub(crate) rules: RuleBook,
    pub(crate) log: Log,
    /// The configured response headers, ready to be written.
    pub(crate) header_lines: Vec<u8>,
    pub(crate) refusing: watch::Sender<bool>,
    started: Instant,
    orders: mpsc::WeakSender<port::Order>,
    connections: AtomicUsize,
    connections_accepted: AtomicU64,
    in_flight: AtomicUsize,
    in_flight_max: AtomicUsize,
}

impl Vendor {
    /// Starts listening, on the current tokio runtime.
    pub async fn start(config: VendorConfig) -> io::Result<Vendor> {
        let listener = port::listen(config.addr)?;
        let vendor_addr = listener.local_addr()?;
        let (orders, order_queue) = mpsc::channel(16);
        let shared = Arc::new(Shared::new(config, &orders));
        let mut control_addr = None;
        let mut tasks = Vec::new();
        if let Some(addr) = shared.config.control_addr {
            let listener = TcpListener::bind(addr).await?;
            control_addr = Some(listener.local_addr()?);
            tasks.push(
                tokio::spawn(control::serve(listener, vendor_addr, Arc::clone(&shared))).abort_handle(),
            );
        }
        tasks.push(
            tokio::spawn(port::accept(listener, vendor_addr, Arc::clone(&shared), order_queue))
                .abort_handle(),
        );
        Ok(Vendor { shared, addr: vendor_addr, control_addr, orders, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the control port listens, if there is one.
    pub fn control_addr(&self) -> Option<SocketAddr> {
        self.control_addr
    }

    /// `http://127.0.0.1:PORT`, with the base path, without `/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.addr, self.shared.config.base_path)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.config.name
    }

    /// Puts another script into force, for attempts that arrive from now on.
    pub fn script(&self, script: impl Into<Script>) {
        self.shared.rules.replace(script.into());
    }

    /// Adds a rule with precedence over the others, which keep their counters.
    pub fn add_rule(&self, rule: Rule) {
        self.shared.rules.add(rule, true);
    }

    /// What arrived, in order.
    pub fn log(&self) -> Vec<Attempt> {
        self.shared.log.snapshot()
    }

    /// What arrived, once there are so many attempts and the vendor is through with all of them: the end of an
    /// answer reaches the client a little before it reaches the log. After 30 s, whatever there is.
    pub async fn settled(&self, attempts: usize) -> Vec<Attempt> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let log = self.log();
            let settled = log.len() >= attempts && log.iter().all(|it| it.finished_at_ms.is_some());
            if settled || Instant::now() >= deadline {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Forgets what arrived.
    pub fn clear_log(&self) {
        self.shared.log.clear();
    }

    /// What it is doing right now.
    pub fn state(&self) -> State {
        self.shared.state()
    }

    /// Refuses connections, or accepts them again. In force when it returns.
    ///
    /// Idle connections are closed; what is being answered is answered to its end.
    pub async fn refuse(&self, refuse: bool) -> io::Result<()> {
        port::order(&self.orders, refuse).await
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

// === impl Shared ===

impl Shared {
    fn new(mut config: VendorConfig, orders: &mpsc::Sender<port::Order>) -> Shared {
        let mut header_lines = Vec::new();
        for (name, value) in &config.headers {
            header_lines.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let script = std::mem::take(&mut config.script);
        Shared {
            rules: RuleBook::new(script),
            log: Log::new(config.log),
            header_lines,
            refusing: watch::Sender::new(false),
            started: Instant::now(),
            orders: orders.downgrade(),
            connections: AtomicUsize::new(0),
            connections_accepted: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            in_flight_max: AtomicUsize::new(0),
            config,
        }
    }

    /// Time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) async fn refuse(&self, refuse: bool) -> io::Result<()> {
        match self.orders.upgrade() {
            Some(orders) => port::order(&orders, refuse).await,
            None => Err(io::Error::other("the vendor has stopped")),
        }
    }

    pub(crate) fn state(&self) -> State {
        State {
            refusing: *self.refusing.borrow(),
            connections: self.connections.load(Ordering::Relaxed),
            connections_accepted: self.connections_accepted.load(Ordering::Relaxed),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            in_flight_max: self.in_flight_max.load(Ordering::Relaxed),
            attempts: self.log.count(),
        }
    }

    /// Numbers a new connection, from 1.
    pub(crate) fn accepted(&self) -> u64 {
        self.connections_accepted.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts a connection for as long as the guard lives.
    pub(crate) fn connected(&self) -> impl Drop + '_ {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Counted(&self.connections)
    }

    /// Counts an attempt as being answered for as long as the guard lives.
    pub(crate) fn answering(&self) -> impl Drop + '_ {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.in_flight_max.fetch_max(now, Ordering::Relaxed);
        Counted(&self.in_flight)
    }
}

struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

//! The real binary as a test sees it: started on free ports with a data directory of its own, talked to over sockets,
//! killed when dropped.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use simulator::{
    Script, Vendor, VendorConfig,
    client::{self, Response},
};
use tempfile::TempDir;

/// Longest that anything in a test may take to come about. Far above what it takes, so that a busy machine fails
/// nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running Spillway.
pub(crate) struct Spillway {
    pub(crate) proxy: SocketAddr,
    pub(crate) admin: SocketAddr,
    data: TempDir,
    launch: Launch,
    child: Child,
}

/// How it is started.
#[derive(Clone, Default)]
pub(crate) struct Launch {
    env: Vec<(String, String)>,
    proxy_listen: Option<String>,
    admin_listen: Option<String>,
}

impl Launch {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the AI API listens, instead of a free port of 127.0.0.1.
    pub(crate) fn listen(mut self, addr: &str) -> Self {
        self.proxy_listen = Some(addr.to_owned());
        self
    }

    /// The same for the Admin API.
    pub(crate) fn listen_admin(mut self, addr: &str) -> Self {
        self.admin_listen = Some(addr.to_owned());
        self
    }

    pub(crate) fn start(self) -> Spillway {
        let data = TempDir::new().expect("a temporary directory");
        let (child, proxy, admin) =
            launch(&self, &data).unwrap_or_else(|log| panic!("no ready line; log:\n{log}"));
        Spillway { proxy, admin, data, launch: self, child }
    }
}

/// A bare `spillway` command, for other subcommands than `serve`.
pub(crate) fn spillway() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spillway"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

fn command(launch: &Launch, data: &TempDir) -> Command {
    let mut command = spillway();
    command
        .args([
            "serve",
            "--proxy-listen",
            launch.proxy_listen.as_deref().unwrap_or("127.0.0.1:0"),
            "--admin-listen",
            launch.admin_listen.as_deref().unwrap_or("127.0.0.1:0"),
            "--log-format",
            "json",
        ])
        .arg("--data")
        .arg(data.path())
        .envs(launch.env.iter().cloned());
    command
}

fn launch(launch: &Launch, data: &TempDir) -> Result<(Child, SocketAddr, SocketAddr), String> {
    let log = log_path(data);
    let stderr = File::options().create(true).append(true).open(&log).expect("a log file");
    let mut child = command(launch, data)
        .stdout(Stdio::piped())
        .stderr(stderr)
        .stdin(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("stdout can be read");
    // Whatever else it prints must not fill the pipe.
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let addr = |name: &str| -> Option<SocketAddr> {
        line.split_whitespace().find_map(|it| {
            let url = it.strip_prefix(name)?.strip_prefix("=http")?;
            url.strip_prefix('s').unwrap_or(url).strip_prefix("://")?.parse().ok()
        })
    };
    match (addr("proxy"), addr("admin")) {
        (Some(proxy), Some(admin)) if line.starts_with("ready ") => Ok((child, proxy, admin)),
        _ => {
            let _ = child.kill();
            let _ = child.wait();
            Err(format!("{line}{}", std::fs::read_to_string(log).unwrap_or_default()))
        }
    }
}

fn log_path(data: &TempDir) -> PathBuf {
    data.path().join("stderr.log")
}

impl Spillway {
    /// With defaults.
    pub(crate) fn start() -> Spillway {
        Launch::default().start()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end; log:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// From the next start on it has that variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.forget(name);
        self.launch.env.push((name.to_owned(), value.to_owned()));
    }

    /// A file in its data directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Starts it again where that is refused, and gives what it says.
    pub(crate) fn refuses_to_start_again(&mut self) -> String {
        launch(&self.launch, &self.data).expect_err("it does not start")
    }

    /// From the next start on it does not have that variable.
    pub(crate) fn forget(&mut self, name: &str) {
        self.launch.env.retain(|(known, _)| known != name);
    }

    /// From the next start on its AI API listens there.
    pub(crate) fn listen_again(&mut self, addr: &str) {
        self.launch.proxy_listen = Some(addr.to_owned());
    }

    /// Starts it again over the same data, on new ports.
    pub(crate) fn start_again(&mut self) {
        self.try_start_again().unwrap_or_else(|log| panic!("no ready line; log:\n{log}"));
    }

    /// The same; or what it says of why it does not start.
    pub(crate) fn try_start_again(&mut self) -> Result<(), String> {
        let (child, proxy, admin) = launch(&self.launch, &self.data)?;
        self.child = child;
        self.proxy = proxy;
        self.admin = admin;
        Ok(())
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(log_path(&self.data)).unwrap_or_default()
    }

    /// Every byte in its data directory, log included.
    pub(crate) fn everything_on_disk(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(self.data.path()).expect("the data directory is there").flatten() {
            if let Ok(mut file) = File::open(entry.path()) {
                let _ = file.read_to_end(&mut bytes);
            }
        }
        bytes
    }

    /// Resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it is running");
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).expect("VmRSS is there");
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
    }

    // === Admin API ===

    /// A call without a body.
    pub(crate) async fn admin(&self, method: &str, path: &str) -> Response {
        client::request(self.admin, method, path, &[], b"").await.expect("the Admin API answers")
    }

    /// `curl --data a=1 --data b=2`.
    pub(crate) async fn form(&self, method: &str, path: &str, fields: &[&str]) -> Response {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = fields.join("&");
        client::request(self.admin, method, path, &headers, body.as_bytes())
            .await
            .expect("the Admin API answers")
    }

    /// A call with JSON.
    pub(crate) async fn json(&self, method: &str, path: &str, body: &Value) -> Response {
        let headers = [("content-type", "application/json")];
        client::request(self.admin, method, path, &headers, body.to_string().as_bytes())
            .await
            .expect("the Admin API answers")
    }

    /// Makes an upstream; `fields` as in a form.
    pub(crate) async fn upstream(&self, name: &str, fields: &[&str]) {
        let mut all = vec![format!("name={name}")];
        all.extend(fields.iter().map(|it| (*it).to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let answer = self.form("POST", "/upstreams", &all).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// Adds a vendor to an upstream as a raw host.
    pub(crate) async fn target(&self, upstream: &str, vendor: &Vendor, fields: &[&str]) {
        let mut all = vec![format!("target={}", vendor.addr())];
        all.extend(fields.iter().map(|it| (*it).to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let answer = self.form("POST", &format!("/upstreams/{upstream}/targets"), &all).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// Makes a provider at that vendor, which lists one model, `{name}-1`.
    pub(crate) async fn provider(&self, name: &str, vendor: &Vendor) -> Value {
        let body = json!({
            "name": name,
            "kind": "openai-compatible",
            "models": [format!("{name}-1")],
            "endpoints": [{"url": format!("{}/v1", vendor.base_url())}],
        });
        let answer = self.json("POST", "/providers", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Gives a provider a key.
    pub(crate) async fn key(&self, provider: &str, name: &str, secret: &str) -> Value {
        let body = json!({"name": name, "secret": secret});
        let answer = self.json("POST", &format!("/providers/{provider}/credentials"), &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Provider `p` at that vendor with these keys, the first of them its default; each one's secret is `sk-{name}`.
    pub(crate) async fn provider_with_keys(&self, vendor: &Vendor, keys: &[&str]) {
        self.provider("p", vendor).await;
        for key in keys {
            self.key("p", key, &format!("sk-{key}")).await;
        }
    }

    /// PUT of the load-balancing view of `p`'s model.
    pub(crate) async fn balance(&self, body: &Value) -> Response {
        self.json("PUT", LOAD_BALANCING, body).await
    }

    /// Default Config and these credentials take turns.
    pub(crate) async fn pool(&self, credentials: &[&str]) {
        let named = credentials.iter().map(|it| json!({"credential": it}));
        let entries: Vec<Value> = std::iter::once(json!({"credential": null})).chain(named).collect();
        let answer = self.balance(&json!({"enabled": true, "entries": entries})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// An entry of the load-balancing view, by its name.
    pub(crate) async fn entry(&self, name: &str) -> Value {
        let view = self.admin("GET", LOAD_BALANCING).await.json();
        let entries = view["entries"].as_array().cloned().unwrap_or_default();
        entries.into_iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("no {name} in {view}"))
    }

    /// A chat with `p`'s model, served by whatever serves it.
    pub(crate) async fn ask(&self, stream: bool) -> Response {
        let mut body = chat(stream);
        body["model"] = "p-1".into();
        self.post("/v1/chat/completions", &body).await
    }

    /// The health item of a vendor in an upstream.
    pub(crate) async fn health(&self, upstream: &str, vendor: &Vendor) -> Value {
        let answer = self.admin("GET", &format!("/upstreams/{upstream}/health")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let wanted = vendor.addr().to_string();
        let items = answer.json()["data"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|it| it["target"] == wanted.as_str()).unwrap_or(Value::Null)
    }

    /// One sample of the metrics, by its whole name with labels' beginning; 0 while it is not there.
    pub(crate) async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.admin("GET", "/metrics").await.text();
        let line = text.lines().find(|line| {
            let after = line.strip_prefix(name);
            after.is_some_and(|it| it.starts_with('{') || it.starts_with(' '))
                && labels.iter().all(|label| line.contains(label))
        });
        line.and_then(|it| it.rsplit(' ').next()?.parse().ok()).unwrap_or(0.0)
    }

    // === Proxy ===

    /// A chat completion through an upstream's own base URL.
    pub(crate) async fn chat(&self, upstream: &str) -> Response {
        self.post(&format!("/{upstream}/v1/chat/completions"), &chat(false)).await
    }

    /// The same, streamed, read to its end.
    pub(crate) async fn chat_streamed(&self, upstream: &str) -> Response {
        self.post(&format!("/{upstream}/v1/chat/completions"), &chat(true)).await
    }

    /// Any POST of JSON to the proxy.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        client::post_json(self.proxy, path, &[], &body.to_string()).await.expect("the proxy answers")
    }
}

impl Drop for Spillway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(6000);
            eprintln!("--- the end of its log ---\n{}", log.get(from..).unwrap_or(&log));
        }
    }
}

/// The load-balancing view of `p`'s model.
pub(crate) const LOAD_BALANCING: &str = "/providers/p/models/p-1/load-balancing";

/// Which of these keys each call bore that reached a vendor, in order.
pub(crate) fn borne(vendor: &Vendor, keys: &[&str]) -> Vec<String> {
    let bore = |attempt: &simulator::Attempt| {
        let named = |key: &&&str| attempt.credential == Some(format!("sk-{key}").as_str().into());
        keys.iter().find(named).map_or_else(|| "another".to_owned(), |key| (*key).to_owned())
    };
    vendor.log().iter().filter(|it| it.method == "POST").map(bore).collect()
}

/// What a vendor says.
pub(crate) fn says(class: simulator::ErrorClass) -> simulator::Step {
    simulator::Step::Error(simulator::script::ErrorAnswer { class, ..Default::default() })
}

/// A chat body.
pub(crate) fn chat(stream: bool) -> Value {
    json!({"model": "gpt-4o-mini", "stream": stream, "messages": [{"role": "user", "content": "Hello, vendor."}]})
}

/// A good vendor.
pub(crate) async fn vendor(name: &str) -> Vendor {
    Vendor::start(VendorConfig::named(name)).await.expect("a vendor starts")
}

/// A vendor that does as told.
pub(crate) async fn scripted(name: &str, script: impl Into<Script>) -> Vendor {
    let vendor = vendor(name).await;
    vendor.script(script);
    vendor
}

/// The calls of the API that reached a vendor (probes and the like left out).
pub(crate) fn calls(vendor: &Vendor) -> usize {
    vendor.log().iter().filter(|it| it.method == "POST").count()
}

/// Polls until `holds`, or fails saying what did not come about.
pub(crate) async fn until<F, Fut>(what: &str, mut holds: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "never came about: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

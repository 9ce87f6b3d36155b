//! Flags that several commands share, and what they come to. Every flag is also an environment variable.

use std::{
    env,
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};
use gateway::{Listen, LogFormat, Secret, Settings, Threads, TlsFiles};

use super::Failure;

/// What `serve` can be told.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// Where the AI API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000", env = "SPILLWAY_PROXY_LISTEN", value_parser = address)]
    pub(crate) proxy_listen: SocketAddr,
    /// Where the Admin API listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8001", env = "SPILLWAY_ADMIN_LISTEN", value_parser = address)]
    pub(crate) admin_listen: SocketAddr,
    /// Where the configuration is kept
    #[arg(long, value_name = "DIR", default_value = "./spillway-data", env = "SPILLWAY_DATA")]
    pub(crate) data: PathBuf,
    /// What seals the credentials' secrets in the store (64 hexadecimal digits; NEW,OLD exchanges a key); without one, a
    /// key file is made in the data directory. Better set in the environment than here
    #[arg(long, value_name = "KEY", env = "SPILLWAY_MASTER_KEY", hide_env_values = true, value_parser = secret)]
    pub(crate) master_key: Option<Secret>,
    /// What every Admin call must bear (Authorization: Bearer TOKEN); better set in the environment than here
    #[arg(long, value_name = "TOKEN", env = "SPILLWAY_ADMIN_TOKEN", hide_env_values = true, value_parser = token)]
    pub(crate) admin_token: Option<Secret>,
    /// `open`: /metrics needs no token
    #[arg(long, value_name = "WHO", env = "SPILLWAY_METRICS_AUTH")]
    pub(crate) metrics_auth: Option<Open>,
    /// Names besides localhost under which browsers may call the Admin API
    #[arg(long, value_name = "NAME", env = "SPILLWAY_ADMIN_HOSTS", value_delimiter = ',')]
    pub(crate) admin_hosts: Vec<String>,
    /// `open`: everybody who can reach the AI API may use it, also when there are client keys
    #[arg(long, value_name = "WHO", env = "SPILLWAY_PROXY_AUTH")]
    pub(crate) proxy_auth: Option<Open>,
    #[command(flatten)]
    pub(crate) tls: TlsOptions,
    /// Seconds that accepted requests may take to finish after SIGTERM
    #[arg(long, value_name = "SECONDS", default_value = "900", env = "SPILLWAY_DRAIN_TIMEOUT", value_parser = seconds)]
    pub(crate) drain_timeout: Duration,
    /// Threads that serve requests; by default one per core
    #[arg(long, value_name = "N", env = "SPILLWAY_WORKERS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// What requests run on
    #[arg(long, value_name = "KIND", default_value = "per-core", env = "SPILLWAY_RUNTIME")]
    pub(crate) runtime: RuntimeKind,
    /// Refuse targets with private and loopback addresses
    #[arg(long, env = "SPILLWAY_DENY_PRIVATE")]
    pub(crate) deny_private: bool,
    /// Largest request body that is held for another try (limits.request_body_bytes); larger JSON is refused
    #[arg(long, value_name = "BYTES", default_value_t = 32 << 20, env = "SPILLWAY_REQUEST_BODY_BYTES")]
    pub(crate) request_body_bytes: usize,
    /// All request bodies that are held at once (limits.buffered_bytes)
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20, env = "SPILLWAY_BUFFERED_BYTES")]
    pub(crate) buffered_bytes: usize,
    #[command(flatten)]
    pub(crate) logs: LogOptions,
}

/// Certificates of the two listeners.
#[derive(Debug, Args)]
pub(crate) struct TlsOptions {
    /// Certificate chain (PEM) for the AI API, which is then served over TLS
    #[arg(long, value_name = "FILE", env = "SPILLWAY_PROXY_TLS_CERT", requires = "proxy_tls_key")]
    proxy_tls_cert: Option<PathBuf>,
    /// Private key (PEM) of that certificate
    #[arg(long, value_name = "FILE", env = "SPILLWAY_PROXY_TLS_KEY", requires = "proxy_tls_cert")]
    proxy_tls_key: Option<PathBuf>,
    /// Certificate chain (PEM) for the Admin API, which is then served over TLS
    #[arg(long, value_name = "FILE", env = "SPILLWAY_ADMIN_TLS_CERT", requires = "admin_tls_key")]
    admin_tls_cert: Option<PathBuf>,
    /// Private key (PEM) of that certificate
    #[arg(long, value_name = "FILE", env = "SPILLWAY_ADMIN_TLS_KEY", requires = "admin_tls_cert")]
    admin_tls_key: Option<PathBuf>,
}

/// What log lines look like, and which.
#[derive(Debug, Args)]
pub(crate) struct LogOptions {
    /// What log lines (on stderr) look like; auto is text on a terminal and JSON otherwise
    #[arg(long, value_name = "FORMAT", default_value = "auto", env = "SPILLWAY_LOG_FORMAT")]
    log_format: LogLook,
    /// Which log lines, such as `warn` or `info,access=off`
    #[arg(long, value_name = "FILTER", env = "SPILLWAY_LOG")]
    log: Option<String>,
}

/// How to reach a running server.
#[derive(Debug, Args)]
pub(crate) struct AdminOptions {
    /// The running server's Admin API
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8001", env = "SPILLWAY_ADMIN_URL")]
    pub(crate) admin_url: String,
    /// Its admin token, if it has one; better set in the environment than here
    #[arg(long, value_name = "TOKEN", env = "SPILLWAY_ADMIN_TOKEN", hide_env_values = true, value_parser = token)]
    pub(crate) admin_token: Option<Secret>,
}

/// The one thing that can be said instead of the default.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Open {
    /// Everybody.
    Open,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RuntimeKind {
    /// A runtime per core; a request never changes threads.
    PerCore,
    /// One runtime for all cores.
    WorkStealing,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogLook {
    Auto,
    Text,
    Json,
}

impl ServeOptions {
    /// What the gateway is started with.
    pub(crate) fn settings(&self) -> Settings {
        let TlsOptions { proxy_tls_cert, proxy_tls_key, admin_tls_cert, admin_tls_key } = &self.tls;
        Settings {
            proxy: Listen {
                addr: self.proxy_listen,
                tls: files(proxy_tls_cert.as_ref(), proxy_tls_key.as_ref()),
            },
            admin: Listen {
                addr: self.admin_listen,
                tls: files(admin_tls_cert.as_ref(), admin_tls_key.as_ref()),
            },
            data: self.data.clone(),
            master_key: self.master_key.clone(),
            admin_token: self.admin_token.clone(),
            metrics_open: self.metrics_auth.is_some(),
            admin_hosts: self.admin_hosts.clone(),
            proxy_open: self.proxy_auth.is_some(),
            drain_timeout: self.drain_timeout,
            workers: self.workers.map(usize::from),
            threads: match self.runtime {
                RuntimeKind::PerCore => Threads::PerCore,
                RuntimeKind::WorkStealing => Threads::WorkStealing,
            },
            deny_private: self.deny_private,
            request_body_bytes: self.request_body_bytes,
            buffered_bytes: self.buffered_bytes,
            // Variables that are not text can be nobody's API key.
            environment: env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        }
    }
}

impl LogOptions {
    /// Starts the log. Its lines are flushed when what this gives is dropped.
    pub(crate) fn start(&self) -> Result<gateway::Logs, Failure> {
        self.start_with(self.log.as_deref())
    }

    /// The same, with another filter unless one is given.
    pub(crate) fn start_at(&self, filter: &str) -> Result<gateway::Logs, Failure> {
        self.start_with(Some(self.log.as_deref().unwrap_or(filter)))
    }

    fn start_with(&self, filter: Option<&str>) -> Result<gateway::Logs, Failure> {
        let format = match self.log_format {
            LogLook::Auto => LogFormat::Auto,
            LogLook::Text => LogFormat::Text,
            LogLook::Json => LogFormat::Json,
        };
        gateway::logs(format, filter).map_err(|it| Failure::Usage(self.wrong(&it)))
    }
}

impl LogOptions {
    /// Names where the filter came from, and what it was.
    fn wrong(&self, what: &str) -> String {
        let Some(filter) = &self.log else { return what.to_owned() };
        let from_variable = env::var("SPILLWAY_LOG").is_ok_and(|it| it == *filter);
        let source = if from_variable { "SPILLWAY_LOG=" } else { "--log " };
        format!("{source}{filter}: {what}")
    }
}

fn files(certificate: Option<&PathBuf>, key: Option<&PathBuf>) -> Option<TlsFiles> {
    Some(TlsFiles { certificate: certificate?.clone(), key: key?.clone() })
}

/// `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`, or a port alone, which is loopback's.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    const EXPECTED: &str = "expected an address and a port, such as 127.0.0.1:8000 or 0.0.0.0:8000";
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let found: Vec<SocketAddr> = text.to_socket_addrs().map_err(|it| format!("{it}; {EXPECTED}"))?.collect();
    // `localhost` is both families; its clients try the older one at least.
    found.iter().find(|it| it.is_ipv4()).or(found.first()).copied().ok_or_else(|| EXPECTED.to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|it| *it >= 0.0);
    seconds
        .and_then(|it| Duration::try_from_secs_f64(it).ok())
        .ok_or_else(|| "expected a number of seconds, such as 900 or 0.5".to_owned())
}

/// Whether it is right is the gateway's to say: a refusal from here would quote it.
#[expect(clippy::unnecessary_wraps, reason = "a parser of values may refuse")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text.to_owned()))
}

fn token(text: &str) -> Result<Secret, String> {
    if text.trim().is_empty() {
        return Err("an empty token protects nothing; give a long random one, or leave it out".to_owned());
    }
    Ok(Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_written_in_the_usual_ways() {
        for (text, means) in [
            ("127.0.0.1:8000", "127.0.0.1:8000"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:8000", "[::1]:8000"),
            ("localhost:8000", "127.0.0.1:8000"),
            (":9000", "127.0.0.1:9000"),
            ("0", "127.0.0.1:0"),
        ] {
            assert_eq!(address(text), Ok(means.parse().unwrap()), "{text}");
        }
        assert!(address("127.0.0.1").unwrap_err().contains("such as"));
    }

    #[test]
    fn an_empty_token_is_refused_instead_of_protecting_nothing() {
        assert!(token(" ").is_err());
        assert!(!format!("{:?}", token("secret-token")).contains("secret-token"));
    }
}

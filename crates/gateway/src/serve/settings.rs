//! What a process is started with, and the rules that keep it from being open by accident.

use std::{collections::HashMap, fs, io, net::SocketAddr, path::PathBuf, thread, time::Duration};

use config::Secret;

use crate::{
    listener::{Limits, TlsFiles},
    proxy::Auth,
};

/// Everything the command line and the environment say. The defaults are those of the command line.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The AI API.
    pub proxy: Listen,
    /// The Admin API.
    pub admin: Listen,
    /// Where the embedded store is.
    pub data: PathBuf,
    /// What seals the secrets in the store; none: the data directory's key file.
    pub master_key: Option<Secret>,
    /// What every Admin call must bear.
    pub admin_token: Option<Secret>,
    /// `/metrics` without the token.
    pub metrics_open: bool,
    /// Names besides loopback's and the listener's own under which browsers may call the Admin API.
    pub admin_hosts: Vec<String>,
    /// Everybody who can reach the proxy may use it (`auth: open`).
    pub proxy_open: bool,
    /// How long accepted requests may take once the process is to end. Longer than a long answer takes.
    pub drain_timeout: Duration,
    /// Accept loops of the proxy; as many as there are cores by default.
    pub workers: Option<usize>,
    /// What the proxy runs on.
    pub threads: Threads,
    /// Refuse private and loopback addresses as targets.
    pub deny_private: bool,
    /// Largest body that is held for another try, and largest JSON body at all (`limits.request_body_bytes`).
    pub request_body_bytes: usize,
    /// All held bodies together (`limits.buffered_bytes`).
    pub buffered_bytes: usize,
    /// What `env:NAME` and the import of providers read.
    pub environment: HashMap<String, String>,
}

/// One listening address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Port 0 takes a free one.
    pub addr: SocketAddr,
    /// None: plain.
    pub tls: Option<TlsFiles>,
}

/// What the proxy's workers run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// A runtime per core: a request never changes threads. A third less CPU and a shorter tail where connections
    /// spread evenly.
    #[default]
    PerCore,
    /// One runtime for all: better where few connections carry very different loads.
    WorkStealing,
}

/// Why the process does not start: the setting, its value, the way out.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Anybody could spend the operator's money.
    #[error(
        "--proxy-listen {0}: other machines can reach this address, and no client key protects the proxy; \
         start it on 127.0.0.1 and make a key first (POST /consumers, then POST /consumers/NAME/keys), \
         or say --proxy-auth open (SPILLWAY_PROXY_AUTH=open) if everybody who can reach it may use it"
    )]
    ProxyOpen(SocketAddr),
    /// Anybody could change the configuration.
    #[error(
        "--admin-listen {0}: other machines can reach this address, and no token protects the Admin API; \
         set SPILLWAY_ADMIN_TOKEN to a long random value (such as `openssl rand -hex 32` prints), \
         or listen on 127.0.0.1"
    )]
    AdminOpen(SocketAddr),
    /// An address or a certificate can not be used.
    #[error("{flag}: {reason}")]
    Listen {
        /// Which flag names it.
        flag: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The store can not be used.
    #[error("{0}")]
    Data(String),
    /// What is stored can not be put in force.
    #[error("the stored configuration cannot be put in force: {0}")]
    Configuration(String),
    /// The operating system refuses threads or randomness.
    #[error("the process could not be set up: {0}")]
    System(#[source] io::Error),
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            proxy: Listen::plain(([127, 0, 0, 1], 8000).into()),
            admin: Listen::plain(([127, 0, 0, 1], 8001).into()),
            data: PathBuf::from("spillway-data"),
            master_key: None,
            admin_token: None,
            metrics_open: false,
            admin_hosts: Vec::new(),
            proxy_open: false,
            drain_timeout: Duration::from_secs(900),
            workers: None,
            threads: Threads::default(),
            deny_private: false,
            request_body_bytes: 32 << 20,
            buffered_bytes: 256 << 20,
            environment: HashMap::new(),
        }
    }
}

impl Listen {
    /// Without TLS.
    pub fn plain(addr: SocketAddr) -> Self {
        Listen { addr, tls: None }
    }
}

impl Settings {
    /// Who may use the proxy. One that other machines can reach and that nobody has opened wants a key, and does not
    /// start while there is none.
    pub(super) fn auth(&self, client_keys: bool) -> Result<Auth, StartError> {
        match (self.proxy_open, self.proxy.addr.ip().is_loopback()) {
            (true, _) => Ok(Auth::Open),
            (false, true) => Ok(Auth::OnceThereAreKeys),
            (false, false) if client_keys => Ok(Auth::Keys),
            (false, false) => Err(StartError::ProxyOpen(self.proxy.addr)),
        }
    }

    /// Refuses an Admin API that would be open to other machines.
    pub(super) fn check(&self) -> Result<(), StartError> {
        if !self.admin.addr.ip().is_loopback() && self.admin_token.is_none() {
            return Err(StartError::AdminOpen(self.admin.addr));
        }
        Ok(())
    }

    /// What is allowed and still asks for trouble.
    pub(super) fn warnings(&self) -> Vec<String> {
        let open = !self.admin.addr.ip().is_loopback();
        let short = self.admin_token.as_ref().is_some_and(|it| it.expose().trim().len() < TOKEN_BYTES);
        if !(open && short) {
            return Vec::new();
        }
        vec![format!(
            "other machines can reach the Admin API at {}, and its token has fewer than {TOKEN_BYTES} characters: \
             set SPILLWAY_ADMIN_TOKEN to a long random value (such as `openssl rand -hex 32` prints)",
            self.admin.addr
        )]
    }

    pub(super) fn workers(&self) -> usize {
        let cores = thread::available_parallelism().map_or(1, Into::into);
        self.workers.unwrap_or(cores).max(1)
    }

    /// The proxy's limits: connections as many as the process's file descriptors allow, half of them for clients, as
    /// each may need one to a vendor.
    pub(super) fn limits(&self, workers: usize) -> Limits {
        let standard = Limits::default();
        let connections =
            files_max().map_or(standard.connections, |files| files.saturating_sub(RESERVED_FILES) / 2);
        Limits { connections: (connections / workers).max(1), ..standard }
    }
}

/// A token that other machines may guess at should have at least so many characters: at 16, even hexadecimal digits are
/// 64 bits.
const TOKEN_BYTES: usize = 16;

/// File descriptors that are neither a client's nor a vendor's: store, listeners, runtimes, Admin API.
const RESERVED_FILES: usize = 128;

/// The soft limit of open files, where the system says so.
fn files_max() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|it| it.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

//! `spillway serve`: the server, from the ready line to the end of the drain.

use std::io::{self, Write};

use gateway::Running;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failure, options::ServeOptions};

const EXAMPLE: &str = "\
Example:
  OPENAI_API_KEY=sk-... spillway serve
  SPILLWAY_ADMIN_TOKEN=$(openssl rand -hex 32) spillway serve --proxy-listen 0.0.0.0:8000
The second wants client keys (POST /consumers/NAME/keys), or --proxy-auth open.";

/// What follows the flags: an example, and the variables from which providers are taken, by the vendors' table.
pub(crate) fn after_help() -> String {
    let mut text = format!("{EXAMPLE}\n\nVendor keys, each of which adds a provider at the start:\n");
    for vendor in gateway::vendors().iter().filter(|it| !it.env.is_empty()) {
        text.push_str(&format!("  {:<18} {}\n", vendor.name, vendor.env.join(" or ")));
    }
    text.push_str(
        "A variable SPILLWAY_OPENAI_BASE_URL (or another provider's name) says where that vendor is;\n\
         azure-openai, vertex and vllm need theirs.",
    );
    text
}

/// Serves until it is told to end.
pub(crate) fn run(options: &ServeOptions) -> Result<(), Failure> {
    let logs = options.logs.start()?;
    super::stray_variables().iter().for_each(|it| tracing::warn!("{it}"));
    let settings = options.settings();
    let result = runtime()?.block_on(async {
        let mut end = End::new()?;
        let running = gateway::serve(settings).await.map_err(|it| Failure::Failed(it.to_string()))?;
        announce(&running)?;
        end.told().await;
        drain(running, end).await;
        Ok(())
    });
    drop(logs);
    result
}

/// For signals and waiting; the gateway's parts have runtimes of their own.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|it| Failure::Failed(format!("the process could not be set up: {it}")))
}

/// The line that scripts wait for.
fn announce(running: &Running) -> Result<(), Failure> {
    let (proxy, admin) = (running.proxy_url(), running.admin_url());
    tracing::info!(proxy, admin, version = env!("CARGO_PKG_VERSION"), "ready");
    super::print(&format!("ready proxy={proxy} admin={admin}\n"))
}

async fn drain(running: Running, mut end: End) {
    tracing::info!(
        "ending: new connections are refused, open requests are finished; a second signal ends at once"
    );
    match running.stop(end.told()).await {
        0 => tracing::info!("ended"),
        cut => tracing::warn!(cut, "ended; the time to drain was over for some connections"),
    }
}

/// SIGTERM or Ctrl-C.
pub(crate) struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    pub(crate) fn new() -> Result<Self, Failure> {
        let listen =
            |kind| signal(kind).map_err(|it| Failure::Failed(format!("cannot listen to signals: {it}")));
        Ok(End { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// The next one.
    pub(crate) async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Says something to whoever watches, beside the log.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

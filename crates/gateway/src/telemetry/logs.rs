//! Where log lines go and what they look like.

use std::{
    io::{self, IsTerminal},
    sync::OnceLock,
};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::writer::Queue;

/// What is told unless asked otherwise: everything from INFO, the database only when something is wrong.
const FILTER: &str = "info,sqlx=warn";

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One object per line.
    Json,
}

/// Where lines go that are JSON already, once the process's log is JSON.
static JSON: OnceLock<Queue> = OnceLock::new();

/// The process's log. Lines that are still queued when it is dropped are written.
#[derive(Debug)]
pub struct Logs(Queue);

/// Sends the process's log lines to stderr. `filter` is in the syntax of `tracing` (`info,access=off`). To be called
/// once.
pub fn logs(format: LogFormat, filter: Option<&str>) -> Result<Logs, String> {
    let filter = EnvFilter::builder()
        .parse(filter.unwrap_or(FILTER))
        .map_err(|it| format!("{it} (expected levels such as `info` or `warn,access=info`)"))?;
    let is_terminal = io::stderr().is_terminal();
    let is_text = match format {
        LogFormat::Auto => is_terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let told = if is_text { lost_text } else { lost_json };
    let queue = Queue::to(io::stderr(), told).map_err(|it| format!("the log cannot be written: {it}"))?;
    let lines = fmt::layer().with_writer(queue.clone());
    let registry = tracing_subscriber::registry().with(filter);
    // As JSON, what an event says stays apart (`fields`) from what the line says of itself: both know a `target`.
    let result = if is_text {
        registry.with(lines.with_ansi(is_terminal)).try_init()
    } else {
        registry.with(lines.json().with_current_span(false).with_span_list(false)).try_init()
    };
    result.map_err(|it| format!("the log is already being written: {it}"))?;
    if !is_text {
        JSON.get_or_init(|| queue.clone());
    }
    Ok(Logs(queue))
}

/// Takes whole lines of JSON, where that is what the process's log is made of.
pub(super) fn json() -> Option<&'static Queue> {
    JSON.get()
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.0.flush();
    }
}

fn lost_text(lines: u64) -> String {
    format!("WARN log: {lines} lines were dropped because the output did not take them in time\n")
}

fn lost_json(lines: u64) -> String {
    let message = "log lines were dropped because the output did not take them in time";
    format!(
        "{{\"level\":\"WARN\",\"fields\":{{\"message\":\"{message}\",\"lines\":{lines}}},\"target\":\"log\"}}\n"
    )
}

//! The text that a scraper reads, in both of its dialects.
//!
//! The library writes OpenMetrics, where a counter's name is without `_total` and its sample with it. The older format,
//! which most scrapers still ask for, wants the full name in both places.

use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    registry::Registry,
};

/// OpenMetrics 1.0.
pub(super) fn open_metrics<'a>(registries: impl IntoIterator<Item = &'a Registry>) -> String {
    let mut text = String::with_capacity(16 * 1024);
    for registry in registries {
        encode_registry(&mut text, registry).expect("a String takes every text");
    }
    encode_eof(&mut text).expect("a String takes every text");
    text
}

/// Prometheus text 0.0.4, from OpenMetrics.
pub(super) fn plain(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len() + 1024);
    let mut help = None;
    for line in open_metrics.lines() {
        if line.starts_with("# HELP ") {
            // Its name depends on the type, which comes next.
            help = line.strip_prefix("# HELP ");
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|it| it.split_once(' ')) {
            let suffix = if kind == "counter" { "_total" } else { "" };
            let about = help.take().and_then(|it| it.strip_prefix(name)).unwrap_or_default();
            text.push_str(&format!("# HELP {name}{suffix}{about}\n# TYPE {name}{suffix} {kind}\n"));
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

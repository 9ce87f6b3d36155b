//! Black-box tests: vendors on loopback, seen from the wire.

use std::time::{Duration, Instant};

use simulator::client::{self, Response};
use simulator::script::GoodOverrides;
use simulator::{Script, Step, Vendor, VendorConfig};

mod answers;
mod connections;
mod control;
mod good;
mod rules;
mod streams;

const CHAT: &str = "/v1/chat/completions";
const PLAIN: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
const STREAM: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;

/// How long a test waits for something that ought to come.
const SOON: Duration = Duration::from_secs(5);

async fn vendor(script: Script) -> Vendor {
    Vendor::start(VendorConfig { script, ..VendorConfig::named("alpha") }).await.expect("a free port")
}

async fn played(steps: impl Into<Vec<Step>>, body: &str) -> std::io::Result<Response> {
    let vendor = vendor(Script::always(steps)).await;
    client::post_json(vendor.addr(), CHAT, &[], body).await
}

async fn good(overrides: GoodOverrides, body: &str) -> Response {
    played([Step::Good(overrides)], body).await.expect("a good answer, however short")
}

/// Polls until it holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {SOON:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

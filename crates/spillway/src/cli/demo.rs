//! `spillway demo`: a real server before three simulated vendors, with trouble to watch and traffic to see it by.

use std::{env, fs, io, net::SocketAddr, path::PathBuf, process, time::Duration};

use clap::Args;
use gateway::{Listen, Running, Settings};
use http::Method;
use serde_json::json;
use simulator::demo::{self, Cast, Counters, Traffic};

use super::{
    Failure,
    client::Client,
    options::{AdminOptions, LogOptions, address},
    serve::{self, End},
};

pub(crate) const EXAMPLE: &str = "\
Example:
  spillway demo
  spillway demo --rate 50 --admin-listen 127.0.0.1:8001      then, elsewhere: spillway status";

/// What the demo's upstream is called.
const UPSTREAM: &str = "demo";
/// How often it says how things are.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// Nobody's answer is lost if the demo ends: its clients are its own.
const DRAIN: Duration = Duration::from_secs(1);

/// What the demo can be told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Requests per second, half of them streamed
    #[arg(long, value_name = "N", default_value = "20", value_parser = rate)]
    rate: f64,
    /// Where the AI API listens; a free port by default
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = loopback)]
    proxy_listen: SocketAddr,
    /// Where the Admin API listens; a free port by default
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = loopback)]
    admin_listen: SocketAddr,
    #[command(flatten)]
    logs: LogOptions,
}

/// Runs until Ctrl-C.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let _logs = options.logs.start_at("warn")?;
    let data = TemporaryDirectory::new().map_err(|it| failed("make a temporary directory", &it))?;
    serve::runtime()?.block_on(async {
        let mut end = End::new()?;
        let cast = demo::cast().await.map_err(|it| failed("start the simulated vendors", &it))?;
        let settings = Settings {
            proxy: Listen::plain(options.proxy_listen),
            admin: Listen::plain(options.admin_listen),
            data: data.0.clone(),
            drain_timeout: DRAIN,
            ..Settings::default()
        };
        let running = gateway::serve(settings).await.map_err(|it| Failure::Failed(it.to_string()))?;
        configure(&running, &cast).await?;
        let traffic = demo::traffic(&format!("{}/{UPSTREAM}", running.proxy_url()), options.rate)
            .map_err(|it| failed("start the traffic", &it))?;
        serve::say(&introduction(&running, &cast, options.rate));
        tell_until(&traffic, &mut end).await;
        serve::say(&format!("ended: {}", told(&traffic.counters())));
        drop(traffic);
        running.stop(end.told()).await;
        Ok(())
    })
}

/// One upstream with the three vendors as its targets, made as an operator would.
async fn configure(running: &Running, cast: &Cast) -> Result<(), Failure> {
    let client = Client::new(&AdminOptions { admin_url: running.admin_url(), admin_token: None })?;
    let upstream = json!({
        "name": UPSTREAM,
        "algorithm": "round-robin",
        "timeouts": { "first_token": 2 },
        "healthchecks": { "active": {
            "http_path": "/health",
            "healthy": { "interval": 2 },
            "unhealthy": { "interval": 1 },
        } },
    });
    client.call(Method::POST, "/upstreams", Some(&upstream)).await?;
    for vendor in cast.vendors() {
        let target = json!({ "target": vendor.addr().to_string(), "weight": 100, "tags": [vendor.name()] });
        client.call(Method::POST, &format!("/upstreams/{UPSTREAM}/targets"), Some(&target)).await?;
    }
    Ok(())
}

fn introduction(running: &Running, cast: &Cast, rate: f64) -> String {
    let (proxy, admin) = (running.proxy_url(), running.admin_url());
    // It need not be on the path of whoever reads this.
    let program = env::current_exe().map_or_else(|_| "spillway".to_owned(), |it| it.display().to_string());
    let vendors: Vec<String> = cast
        .vendors()
        .into_iter()
        .zip(["is good", "answers 429 beyond 60 requests a minute", "is bad for 8 of every 20 seconds"])
        .map(|(vendor, nature)| format!("  {:<8} {}  {nature}", vendor.name(), vendor.addr()))
        .collect();
    format!(
        "ready proxy={proxy} admin={admin}\n\n\
         Three simulated vendors stand behind one upstream, and {rate} requests a second come in:\n{}\n\n\
         Look at it from elsewhere:\n  \
           {admin}/ui/ in a browser\n  \
           {program} status --admin-url {admin}\n  \
           curl {admin}/upstreams/{UPSTREAM}/health\n  \
           curl {admin}/metrics\n  \
           curl {proxy}/{UPSTREAM}/v1/chat/completions -H 'content-type: application/json' \\\n    \
             -d '{{\"model\":\"demo\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}' -i\n\n\
         Ctrl-C ends it and leaves nothing behind.\n",
        vendors.join("\n"),
    )
}

async fn tell_until(traffic: &Traffic, end: &mut End) {
    let mut tell = tokio::time::interval(TELL_EVERY);
    tell.tick().await;
    loop {
        tokio::select! {
            () = end.told() => return,
            _ = tell.tick() => serve::say(&told(&traffic.counters())),
        }
    }
}

fn told(counters: &Counters) -> String {
    let Counters {
        requests,
        good,
        good_streamed,
        failed_tries,
        rescued,
        rate_limited,
        failed,
        cut,
        unreachable,
        skipped,
        in_flight,
    } = counters;
    let mut text =
        format!("{requests} requests: {good} good ({good_streamed} of them streamed), {in_flight} open");
    if *failed_tries > 0 {
        text.push_str(&format!(
            ", {failed_tries} tries failed and {rescued} answers were rescued by another"
        ));
    }
    for (count, what) in [
        (rate_limited, "answered 429"),
        (failed, "failed"),
        (cut, "cut"),
        (unreachable, "not answered"),
        (skipped, "left out"),
    ] {
        if *count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text
}

fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::Failed(format!("cannot {what}: {error}"))
}

/// The demo has no token and no client keys, so it stays on this machine.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let addr = address(text)?;
    if addr.ip().is_loopback() {
        Ok(addr)
    } else {
        Err("the demo listens on this machine only, such as 127.0.0.1:8000".to_owned())
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|it| (0.1..=1000.0).contains(it));
    rate.ok_or_else(|| "expected a number of requests per second from 0.1 to 1000".to_owned())
}

/// Gone when this is dropped.
struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// `create_dir` fails where there is something already, so nobody else's directory is used or removed.
    fn new() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("spillway-demo-{}", process::id()));
        fs::create_dir(&path)?;
        Ok(TemporaryDirectory(path))
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // What is left of a temporary directory is the system's to clear.
        let _ = fs::remove_dir_all(&self.0);
    }
}

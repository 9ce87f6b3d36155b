//! `vendor-simulator`: simulated vendors for tests that are not written in Rust, and for benchmarks.
//!
//! Starts one vendor per port, each with a control port of its own, prints one line when all of them listen,
//! and runs until it is told to end.

use std::net::SocketAddr;
use std::process::ExitCode;

use simulator::{Script, Vendor, VendorConfig};

const USAGE: &str = "\
usage: vendor-simulator [options] [PORT...]

Starts one simulated AI vendor per PORT on 127.0.0.1 (0 picks a free one; without any, one on a free port).
Prints `ready vendor-1=URL control-1=URL vendor-2=URL ...` and runs until SIGINT or SIGTERM.

  --script FILE     what the vendors do instead of answering well, as JSON: {\"rules\": [...]}
  --settings FILE   settings of all vendors, as JSON: {\"chunks\": 20, \"chunk_delay_ms\": 5, \"log\": \"off\", ...}
  --threads N       worker threads (1)
  --help            this text
";

struct Arguments {
    ports: Vec<u16>,
    settings: VendorConfig,
    threads: usize,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("vendor-simulator: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(arguments.threads).enable_all().build();
    match runtime.and_then(|it| it.block_on(run(arguments))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vendor-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut parsed = Arguments { ports: Vec::new(), settings: VendorConfig::named(""), threads: 1 };
    let mut script = None;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--script" => script = Some(read::<Script>(&value()?)?),
            "--settings" => parsed.settings = read(&value()?)?,
            "--threads" => {
                let threads = value()?;
                let number = threads.parse().ok().filter(|it| *it > 0);
                parsed.threads = number.ok_or(format!("--threads {threads}: give a number from 1"))?;
            }
            port => {
                let port = port.parse().map_err(|_| format!("{port}: neither an option nor a port"))?;
                parsed.ports.push(port);
            }
        }
    }
    if parsed.ports.is_empty() {
        parsed.ports.push(0);
    }
    if let Some(script) = script {
        parsed.settings.script = script;
    }
    Ok(Some(parsed))
}

fn read<T: serde::de::DeserializeOwned>(file: &str) -> Result<T, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))
}

async fn run(arguments: Arguments) -> std::io::Result<()> {
    let mut vendors = Vec::new();
    let mut ready = "ready".to_owned();
    for (index, port) in arguments.ports.iter().enumerate() {
        let number = index + 1;
        let name = match arguments.settings.name.as_str() {
            "" | "simulated" => format!("vendor-{number}"),
            name => format!("{name}-{number}"),
        };
        let loopback = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let config = VendorConfig {
            name,
            addr: loopback(*port),
            control_addr: Some(loopback(0)),
            ..arguments.settings.clone()
        };
        let vendor = Vendor::start(config).await?;
        ready += &format!(" vendor-{number}={}", vendor.base_url());
        if let Some(control) = vendor.control_addr() {
            ready += &format!(" control-{number}=http://{control}");
        }
        vendors.push(vendor);
    }
    println!("{ready}");
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt,
        _ = terminate.recv() => Ok(()),
    }
}

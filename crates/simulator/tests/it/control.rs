//! The control port, the program, and the demo's cast: what is used from outside of Rust, or by a person.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use simulator::{Vendor, VendorConfig, client, demo};

use crate::{CHAT, PLAIN};

#[tokio::test]
async fn a_vendor_is_directed_and_read_over_its_control_port() {
    let control_addr = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let vendor = Vendor::start(VendorConfig { control_addr, ..VendorConfig::named("alpha") }).await.unwrap();
    let control = vendor.control_addr().unwrap();
    let call = async |method: &str, path: &str, body: &str| {
        client::request(control, method, path, &[], body.as_bytes()).await.unwrap()
    };
    let status = async || {
        let headers = [("authorization", "Bearer sk-secret")];
        client::post_json(vendor.addr(), CHAT, &headers, PLAIN).await.map(|it| it.status).ok()
    };

    assert_eq!(
        call("PUT", "/script", r#"{"rules":[{"steps":[{"status":{"code":503}}]}]}"#).await.status,
        200
    );
    assert_eq!(status().await, Some(503));
    assert_eq!(call("POST", "/rules", r#"{"times":1,"steps":["rst"]}"#).await.status, 200);
    assert_eq!(status().await, None);
    assert_eq!(call("GET", "/script", "").await.json()["rules"][0]["steps"], json!(["rst"]));

    let log = call("GET", "/log", "").await;
    assert_eq!(log.json()[0]["status"], 503);
    assert_eq!(log.json()[0]["body"], PLAIN);
    assert!(!log.text().contains("sk-secret"));
    assert_eq!(call("GET", "/log?after=1", "").await.json().as_array().map(Vec::len), Some(1));
    call("DELETE", "/log", "").await;
    assert_eq!(call("GET", "/log", "").await.json(), json!([]));

    assert_eq!(call("PUT", "/refuse", r#"{"refuse":true}"#).await.status, 200);
    assert_eq!(status().await, None);
    assert_eq!(call("GET", "/", "").await.json()["state"]["refusing"], true);
    assert_eq!(call("PUT", "/refuse", r#"{"refuse":false}"#).await.status, 200);
    assert_eq!(status().await, Some(503));

    let wrong = call("PUT", "/script", r#"{"rules":[{"steps":["explode"]}]}"#).await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text().contains("explode"));
    assert_eq!(call("GET", "/nothing", "").await.status, 404);
}

#[tokio::test]
async fn the_program_starts_vendors_and_says_where() {
    let mut program = Program::start(&["0", "0"]);
    let ready = program.first_line();
    assert!(ready.starts_with("ready vendor-1=http://127.0.0.1:"), "{ready}");
    let url = |name: &str| {
        let found = ready.split_whitespace().find_map(|it| it.strip_prefix(name)?.strip_prefix("=http://"));
        found.and_then(|it| it.parse::<SocketAddr>().ok()).expect("a URL")
    };
    for number in [1, 2] {
        let vendor = url(&format!("vendor-{number}"));
        let answer = client::post_json(vendor, CHAT, &[], PLAIN).await.unwrap();
        let text = format!("vendor-{number} heard: hello");
        assert_eq!(answer.json()["choices"][0]["message"]["content"], text.as_str());
        let log = client::get(url(&format!("control-{number}")), "/log").await.unwrap();
        assert_eq!(log.json().as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn the_cast_is_three_vendors_and_the_traffic_counts_what_came_back() {
    let cast = demo::cast().await.unwrap();
    let names: Vec<&str> = cast.vendors().iter().map(|it| it.name()).collect();
    assert_eq!(names, ["steady", "limited", "flaky"]);

    let steady = demo::traffic(&cast.steady.base_url(), 100.0).unwrap();
    let limited = demo::traffic(&format!("{}/v1", cast.limited.base_url()), 100.0).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while steady.counters().good_streamed < 5 || limited.counters().rate_limited < 5 {
        assert!(Instant::now() < deadline, "{:?} {:?}", steady.counters(), limited.counters());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let counters = steady.counters();
    assert!(counters.good_streamed > 0 && counters.good_streamed < counters.good, "{counters:?}");
    assert_eq!(counters.failed + counters.cut + counters.unreachable, 0, "{counters:?}");
    let refused = cast.limited.log().into_iter().find(|it| it.status == Some(429));
    assert_eq!(refused.unwrap().rule.as_deref(), Some("limiter"));
}

/// The built program, ended with the test.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vendor-simulator"));
        Program(command.args(arguments).stdout(Stdio::piped()).spawn().expect("the program was built"))
    }

    fn first_line(&mut self) -> String {
        let stdout = self.0.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the program prints a line");
        line.trim_end().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill(); // It may have ended by itself.
        let _ = self.0.wait();
    }
}

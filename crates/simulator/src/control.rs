//! The control port: a vendor's script and log as JSON over HTTP/1.1, for tests that are not written in Rust.
//!
//! | call | does |
//! |---|---|
//! | `GET /` | name, addresses, what it is doing |
//! | `GET /log` | the attempts, in order; `?after=SEQ` those after a number |
//! | `DELETE /log` | forgets them |
//! | `GET /script`, `PUT /script` | reads, replaces the script; fresh counters |
//! | `POST /rules` | adds a rule with precedence over the others; `?last` behind them |
//! | `PUT /refuse` | `{"refuse": true}` closes the listener, `false` opens it again |

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::answer::{Framing, HeadWriter};
use crate::attempt::Attempt;
use crate::vendor::Shared;
use crate::wire::{Body, Gone, Head, Wire};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refuse {
    refuse: bool,
}

/// Serves the control port until dropped.
pub(crate) async fn serve(listener: TcpListener, vendor: SocketAddr, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let _ = stream.set_nodelay(true); // Fails only on a connection that is gone.
                    connections.spawn(converse(Wire::new(stream), vendor, Arc::clone(&shared)));
                } else {
                    // Out of file descriptors, most likely: let some be closed first.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(mut wire: Wire<TcpStream>, vendor: SocketAddr, shared: Arc<Shared>) {
    while let Ok(head) = wire.read_head().await {
        let keep_alive = head.keep_alive;
        if exchange(&mut wire, &head, vendor, &shared).await.is_err() || !keep_alive {
            break;
        }
    }
    wire.finish().await;
}

async fn exchange(
    wire: &mut Wire<TcpStream>,
    head: &Head,
    vendor: SocketAddr,
    shared: &Shared,
) -> Result<(), Gone> {
    let mut body = Body::default();
    wire.read_body(&mut body, None).await?;
    let (status, json) = match act(head, &body.bytes, vendor, shared).await {
        Ok(json) => (200, json),
        Err(Refused { status, why }) => (status, json!({"error": why})),
    };
    let json = json.to_string();
    let mut answer = HeadWriter::new(status);
    answer.header("content-type", "application/json").framing(Framing::Length(json.len()));
    let mut answer = answer.end();
    answer.extend_from_slice(json.as_bytes());
    wire.write_all(&answer).await
}

/// Why an order was not carried out.
struct Refused {
    status: u16,
    why: String,
}

async fn act(head: &Head, body: &[u8], vendor: SocketAddr, shared: &Shared) -> Result<Value, Refused> {
    let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
    match (head.method.as_str(), path) {
        ("GET", "/") => Ok(state(vendor, shared)),
        ("GET", "/log") => log(query, shared),
        ("DELETE", "/log") => {
            shared.log.clear();
            Ok(json!({}))
        }
        ("GET", "/script") => Ok(json!(shared.rules.script())),
        ("PUT", "/script") => {
            shared.rules.replace(parse(body)?);
            Ok(json!({}))
        }
        ("POST", "/rules") => {
            shared.rules.add(parse(body)?, query != "last");
            Ok(json!({}))
        }
        ("PUT", "/refuse") => {
            let Refuse { refuse } = parse(body)?;
            let failed = |error: std::io::Error| Refused { status: 500, why: error.to_string() };
            shared.refuse(refuse).await.map_err(failed)?;
            Ok(json!({}))
        }
        (method, path) => Err(Refused { status: 404, why: format!("there is no {method} {path} here") }),
    }
}

fn state(vendor: SocketAddr, shared: &Shared) -> Value {
    json!({
        "name": shared.config.name,
        "base_url": format!("http://{vendor}{}", shared.config.base_path),
        "uptime_ms": shared.now_ms(),
        "state": shared.state(),
    })
}

fn log(query: &str, shared: &Shared) -> Result<Value, Refused> {
    let after = match query.strip_prefix("after=") {
        None => 0,
        Some(seq) => {
            let why = format!("after={seq}: give the number of an attempt");
            seq.parse::<u64>().map_err(|_| Refused { status: 400, why })?
        }
    };
    let attempts: Vec<Attempt> = shared.log.snapshot().into_iter().filter(|it| it.seq > after).collect();
    Ok(json!(attempts))
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused { status: 400, why: error.to_string() })
}

//! Exchanges against scripted vendors: in memory byte by byte, and over real sockets.

mod codec;
mod differential;
mod secure;
mod streamed;
mod wire;

use std::{sync::Arc, time::Duration};

use balance::AddressId;
use bytes::Bytes;
use config::snapshot::{Address, Trust};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::*;

/// What an exchange came to, body and all.
#[derive(Debug)]
struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Result<Vec<u8>, String>,
}

fn address(host: &str, port: u16) -> Arc<Address> {
    Arc::new(Address { id: AddressId(1), tls: false, host: host.into(), port, trust: Trust::default() })
}

fn secure_address(host: &str, port: u16, trust: Trust) -> Arc<Address> {
    Arc::new(Address { id: AddressId(1), tls: true, host: host.into(), port, trust })
}

static HOST: HeaderValue = HeaderValue::from_static("vendor.test");

fn exchange<'a>(address: &'a Arc<Address>, method: &'a Method, body: Outgoing) -> Exchange<'a> {
    Exchange {
        address,
        method,
        path: "/v1/chat?x=1",
        host: &HOST,
        headers: &[],
        body,
        connect: Duration::from_secs(5),
    }
}

fn pieces(body: &'static str) -> Outgoing {
    let (head, tail) = body.split_at(body.len() / 3);
    let (model, tail) = tail.split_at(tail.len() / 2);
    Outgoing::Pieces([head, model, tail].map(Bytes::from))
}

async fn whole(answer: Answer) -> Whole {
    let Answer { status, headers, mut body } = answer;
    let mut bytes = Vec::new();
    let ended = loop {
        match body.chunk().await {
            Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
            Some(Err(error)) => break Err(error.reason),
            None => break Ok(bytes),
        }
    };
    assert!(body.chunk().await.is_none(), "after its end a body stays ended");
    Whole { status, headers, body: ended }
}

async fn post(sender: &Sender, address: &Arc<Address>, body: Outgoing) -> Result<Whole, SendError> {
    Ok(whole(sender.send(exchange(address, &Method::POST, body)).await?).await)
}

//! The life of a connection: one exchange after the other, until somebody has enough.
//!
//! Reads heads, writes the log's first and last line of each attempt, and hands the rest to `play`.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::answer::{Framing, HeadWriter};
use crate::attempt::{Attempt, Credential, find_credential, masked, masked_query};
use crate::play::{Ended, Exchange};
use crate::vendor::Shared;
use crate::wire::{Head, Link, NoRequest, Wire};

/// Serves a connection to its end.
pub(crate) async fn serve<L: Link>(link: L, shared: Arc<Shared>, connection: u64) {
    let _open = shared.connected();
    let mut refusing = shared.refusing.subscribe();
    let mut wire = Wire::new(link);
    for request_index in 1.. {
        let head = tokio::select! {
            biased;
            head = wire.read_head() => head,
            _ = refusing.wait_for(|refusing| *refusing) => return,
        };
        let head = match head {
            Ok(head) => head,
            Err(NoRequest::Gone) => return,
            Err(NoRequest::Malformed) => return refuse_malformed(&mut wire).await,
        };
        let arrival = Arrival::of(&head, &shared, connection, request_index);
        match exchange(&shared, &mut wire, head, arrival).await {
            Ended::KeepAlive => {}
            Ended::Close => return wire.finish().await,
            Ended::Reset => return wire.reset_on_drop(),
            Ended::Gone => return,
        }
    }
}

/// What is known of an attempt once its head has arrived.
pub(crate) struct Arrival {
    pub(crate) seq: u64,
    pub(crate) path: String,
    pub(crate) credential: Option<Credential>,
    pub(crate) reused: bool,
    sent: Arc<AtomicU64>,
}

impl Arrival {
    fn of(head: &Head, shared: &Shared, connection: u64, request_index: u64) -> Arrival {
        let (path, query) = match head.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (head.target.as_str(), None),
        };
        let headers = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let arrival = Arrival {
            seq: shared.log.next_seq(),
            path: path.to_owned(),
            credential: find_credential(headers, query),
            reused: request_index > 1,
            sent: Arc::default(),
        };
        if !shared.log.is_off() {
            let attempt = arrival.attempt(head, query, shared.now_ms(), connection, request_index);
            shared.log.push(attempt, Arc::clone(&arrival.sent));
        }
        arrival
    }

    fn attempt(
        &self,
        head: &Head,
        query: Option<&str>,
        at_ms: u64,
        connection: u64,
        request_index: u64,
    ) -> Attempt {
        Attempt {
            seq: self.seq,
            at_ms,
            connection,
            request_index,
            method: head.method.clone(),
            path: self.path.clone(),
            query: query.map(masked_query),
            host: head.header("host").map(str::to_owned),
            headers: head.headers.iter().map(|(name, value)| (name.clone(), masked(name, value))).collect(),
            credential: self.credential.clone(),
            model: None,
            stream: false,
            body: Vec::new(),
            body_len: 0,
            answer: Vec::new(),
            status: None,
            bytes_sent: 0,
            client_gone_at_ms: None,
            finished_at_ms: None,
            rule: None,
        }
    }
}

async fn exchange<L: Link>(shared: &Shared, wire: &mut Wire<L>, head: Head, arrival: Arrival) -> Ended {
    let _answering = shared.answering();
    let seq = arrival.seq;
    wire.count_into(Arc::clone(&arrival.sent));
    // Boxed: the steps make a large state machine, and most connections are idle.
    let ended = Box::pin(Exchange::new(shared, wire, head, arrival).play()).await;
    if !shared.log.is_off() {
        let now = shared.now_ms();
        shared.log.update(seq, |attempt| {
            attempt.finished_at_ms = Some(now);
            attempt.client_gone_at_ms = matches!(ended, Ended::Gone).then_some(now);
        });
    }
    ended
}

async fn refuse_malformed<L: Link>(wire: &mut Wire<L>) {
    let mut head = HeadWriter::new(400);
    head.framing(Framing::Length(0)).framing(Framing::Close);
    // Whether the peer still wants to know is its own affair.
    let _ = wire.write_all(&head.end()).await;
    wire.finish().await;
}

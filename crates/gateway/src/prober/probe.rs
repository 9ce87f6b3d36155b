//! One probe: what is asked of whom, and what the answer is for the balancer.

use std::{sync::Arc, time::Duration};

use balance::Probed;
use config::{
    Snapshot,
    snapshot::{Address, Credential, Probe, ProbeKind, Target, Upstream},
};
use dialect::List;
use http::{HeaderName, HeaderValue, Method, header::USER_AGENT};
use tokio::time::timeout;

use super::Place;
use crate::{
    send::{Answer, Exchange, Outgoing, SendError, Sender, SenderSettings},
    tokens::Tokens,
};

/// How probes call themselves.
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("spillway/", env!("CARGO_PKG_VERSION"), " (health check)"));
/// What Anthropic's API wants to be told besides a key.
const ANTHROPIC_VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2023-06-01"));
/// The status is all that counts; of the rest so much is read, for so long.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const ANSWER_PATIENCE: Duration = Duration::from_millis(250);

/// What is to be done, taken from the snapshot when it was due.
pub(super) struct Call {
    address: Arc<Address>,
    timeout: Duration,
    /// None: the connection is all.
    get: Option<Get>,
    /// Whether the address is asked in another way than requests ask it.
    altered: bool,
}

struct Get {
    path: String,
    host: HeaderValue,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whose headers go along.
    credential: Option<Arc<Credential>>,
    /// Of Anthropic's API.
    says_version: bool,
}

/// Connections for probes. An address that is probed in another way than it is used (any certificate will do, TLS where
/// it speaks plain) must not share connections with one that is not.
pub(super) struct Senders {
    as_used: Sender,
    altered: Sender,
}

impl Senders {
    pub(super) fn new(settings: &SenderSettings) -> Self {
        Senders { as_used: Sender::new(settings.clone()), altered: Sender::new(settings.clone()) }
    }

    pub(super) fn of(&self, call: &Call) -> Sender {
        if call.altered { self.altered.clone() } else { self.as_used.clone() }
    }
}

impl Call {
    /// The probe of a place, and how many its upstream may have under way.
    pub(super) fn of(snapshot: &Snapshot, (upstream, address): Place) -> Option<(Self, usize)> {
        let upstream = snapshot.upstreams.get(&upstream)?;
        let probe = upstream.probe.as_ref()?;
        let used = snapshot.addresses.get(&address)?;
        let targets = upstream.targets.iter().filter_map(|it| snapshot.targets.get(it));
        let target = targets.into_iter().find(|it| it.address == address)?;
        let get = match probe.kind {
            ProbeKind::Tcp => None,
            ProbeKind::Http | ProbeKind::Https => Some(Get::path(upstream, target, probe)),
            // Where there is no such list, that somebody is there has to do.
            ProbeKind::Models if target.kind.row().list == List::Elsewhere => None,
            ProbeKind::Models => Some(Get::models(snapshot, upstream, target, probe)),
        };
        let wants_tls = used.tls || probe.kind == ProbeKind::Https;
        let insecure = used.trust.insecure || !probe.verify;
        let altered = wants_tls != used.tls || (wants_tls && insecure != used.trust.insecure);
        let address = if altered { Arc::new(as_probed(used, wants_tls, insecure)) } else { Arc::clone(used) };
        Some((Call { address, timeout: probe.timeout, get, altered }, probe.concurrency))
    }

    /// Asks, within the probe's time.
    pub(super) async fn make(&self, sender: &Sender, tokens: &Arc<Tokens>) -> Probed {
        let result = match &self.get {
            None => timeout(self.timeout, sender.probe(&self.address, self.timeout))
                .await
                .map(|it| it.map(|()| None)),
            Some(get) => {
                let asking = get.send(sender, tokens, &self.address, self.timeout);
                timeout(self.timeout, asking).await.map(|it| it.map(Some))
            }
        };
        match result {
            Ok(Ok(None)) => Probed::Connected,
            Ok(Ok(Some(answer))) => {
                let status = answer.status.as_u16();
                read_to_its_end(answer).await;
                Probed::Status(status)
            }
            Err(_) | Ok(Err(SendError::ConnectTimeout)) => Probed::TimedOut,
            Ok(Err(_)) => Probed::Failed,
        }
    }
}

/// So that the connection can be used again. A body that is long or slow costs the connection and nothing else.
async fn read_to_its_end(mut answer: Answer) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(chunk)) = answer.body.chunk().await {
            read += chunk.len();
            if read > ANSWER_BYTES_MAX {
                return;
            }
        }
    };
    let _ = timeout(ANSWER_PATIENCE, reading).await;
}

fn as_probed(used: &Address, tls: bool, insecure: bool) -> Address {
    let mut trust = used.trust.clone();
    trust.insecure = insecure;
    Address { id: used.id, tls, host: Arc::clone(&used.host), port: used.port, trust }
}

impl Get {
    fn path(upstream: &Upstream, target: &Target, probe: &Probe) -> Self {
        Get {
            path: probe.path.clone(),
            host: upstream.host_header.clone().unwrap_or_else(|| target.host.clone()),
            headers: with_agent(&probe.headers),
            credential: None,
            says_version: false,
        }
    }

    /// The list of models: the one question that nearly every vendor answers for nothing, and only to a valid key.
    fn models(snapshot: &Snapshot, upstream: &Upstream, target: &Target, probe: &Probe) -> Self {
        Get {
            path: target.models_path.clone(),
            credential: credential(snapshot, target).cloned(),
            says_version: target.kind == dialect::Kind::Anthropic,
            ..Get::path(upstream, target, probe)
        }
    }

    async fn send(
        &self,
        sender: &Sender,
        tokens: &Arc<Tokens>,
        address: &Arc<Address>,
        limit: Duration,
    ) -> Result<Answer, SendError> {
        let mut headers = self.headers.clone();
        if let Some(credential) = &self.credential {
            // Without a token the address is asked all the same: whether it is there is all that counts.
            let own = timeout(limit / 2, tokens.headers(credential, sender, false)).await;
            headers.extend(own.ok().and_then(Result::ok).unwrap_or_default());
        }
        if self.says_version && headers.iter().all(|it| it.0 != ANTHROPIC_VERSION.0) {
            headers.push(ANTHROPIC_VERSION);
        }
        let exchange = Exchange {
            address,
            method: &Method::GET,
            path: &self.path,
            host: &self.host,
            headers: &headers,
            body: Outgoing::Empty,
            connect: limit,
        };
        sender.send(exchange).await
    }
}

/// The first key of the target's provider: which of them it is paid with does not matter for whether it is there.
fn credential<'a>(snapshot: &'a Snapshot, target: &Target) -> Option<&'a Arc<Credential>> {
    let provider = target.provider.as_ref()?;
    let of_it = snapshot.credentials.values().filter(|it| it.provider == *provider);
    of_it.min_by_key(|it| it.id)
}

fn with_agent(headers: &[(HeaderName, HeaderValue)]) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = headers.to_vec();
    if headers.iter().all(|it| it.0 != USER_AGENT) {
        headers.push((USER_AGENT, AGENT));
    }
    headers
}

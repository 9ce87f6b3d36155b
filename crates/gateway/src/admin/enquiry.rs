//! Questions to vendors on an operator's behalf.
//!
//! There is one: the list of models, which every vendor answers for nothing, and only to a valid key. It goes out as
//! requests do (the same refused addresses, no redirects), but stands for no request: nothing is balanced or counted.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::BytesMut;
use config::{
    Snapshot,
    entity::TargetEnvironment,
    snapshot::{Credential, Place, Provider},
};
use dialect::{Auth, Endpoint, Fault};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    proxy,
    send::{Answer, Exchange, Outgoing, Sender},
    tokens::{NoToken, Tokens},
};

/// An operator waits for the answer.
const WITHIN: Duration = Duration::from_secs(15);
/// Of it, for the connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The longest list that a vendor is known to give is a tenth of this.
const ANSWER_BYTES_MAX: usize = 8 << 20;
/// Shorter values are no secrets, and would be found everywhere.
const KEY_BYTES_MIN: usize = 8;

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("spillway/", env!("CARGO_PKG_VERSION"), " (enquiry)"));
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// Whom to ask, and with which key.
pub(super) struct Enquiry<'a> {
    pub(super) kind: dialect::Kind,
    pub(super) place: &'a Place,
    /// None: asked without a key.
    pub(super) credential: Option<&'a Credential>,
    /// What its account has been exchanged for.
    pub(super) tokens: &'a Arc<Tokens>,
    /// Whether the credential itself is in question, and not what it is asked for.
    pub(super) is_test: bool,
}

type Headers = Vec<(HeaderName, HeaderValue)>;

/// What came back.
pub(super) struct Found {
    /// None: nothing that is HTTP.
    pub(super) status: Option<u16>,
    /// As metrics call outcomes.
    pub(super) outcome: &'static str,
    /// What was wrong, in the vendor's words or ours, without secrets.
    pub(super) message: Option<String>,
    /// Up to the end of the answer.
    pub(super) took: Duration,
    /// Of a success.
    pub(super) body: Vec<u8>,
}

impl Enquiry<'_> {
    /// Where it asks, for people.
    pub(super) fn url(&self) -> String {
        let scheme = if self.place.address.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.place.host.to_str().unwrap_or_default(), self.path(""))
    }

    /// Asks, within a bound of its own.
    pub(super) async fn ask(&self, sender: &Sender, query: &str) -> Found {
        let begun = Instant::now();
        let proof = self.proof(sender).await;
        let found =
            |status, outcome, message, body| Found { status, outcome, message, took: begun.elapsed(), body };
        let headers = match proof {
            Ok(proof) => self.headers(proof),
            Err(none) => {
                let outcome = if none.is_rejected { "auth" } else { "token" };
                return found(None, outcome, Some(none.message), Vec::new());
            }
        };
        let scrubbed = |text: String| scrubbed(text, &headers);
        let asked = timeout(WITHIN, self.exchange(sender, query, &headers)).await;
        let (status, answered, body) = match asked {
            Err(_) => {
                let message = format!("no answer within {} s", WITHIN.as_secs());
                return found(None, "timeout", Some(message), Vec::new());
            }
            Ok(Err(error)) => return found(None, "connect", Some(scrubbed(error)), Vec::new()),
            Ok(Ok(answered)) => answered,
        };
        if (200..300).contains(&status) {
            return found(Some(status), "success", None, body);
        }
        let fault = dialect::classify(&dialect::Answer {
            kind: self.kind,
            endpoint: Endpoint::ChatCompletions,
            status,
            headers: &answered,
            body: &body,
            now: SystemTime::now(),
        });
        // A list of models that is not there is nobody's failure, and says nothing of the key.
        let no_list = matches!(fault, Fault::Relayed | Fault::ModelNotFound);
        let outcome = if no_list { "inconclusive" } else { proxy::outcome_name(&fault) };
        let words = dialect::message(&body).map(scrubbed);
        let message = words.or_else(|| no_list.then(|| format!("{} is not there", self.path(""))));
        found(Some(status), outcome, message, Vec::new())
    }

    async fn proof(&self, sender: &Sender) -> Result<Headers, NoToken> {
        match self.credential {
            None => Ok(Vec::new()),
            Some(credential) if self.is_test => self.tokens.fresh_headers(credential, sender).await,
            Some(credential) => self.tokens.headers(credential, sender).await,
        }
    }

    async fn exchange(
        &self,
        sender: &Sender,
        query: &str,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<(u16, HeaderMap, Vec<u8>), String> {
        let path = self.path(query);
        let exchange = Exchange {
            address: &self.place.address,
            method: &Method::GET,
            path: &path,
            host: &self.place.host,
            headers,
            body: Outgoing::Empty,
            connect: CONNECT_WITHIN,
        };
        let Answer { status, headers, mut body } =
            sender.send(exchange).await.map_err(|it| it.to_string())?;
        let mut read = BytesMut::new();
        while let Some(chunk) = body.chunk().await {
            read.extend_from_slice(&chunk.map_err(|it| it.to_string())?);
            if read.len() > ANSWER_BYTES_MAX {
                return Err(format!("the answer is longer than {ANSWER_BYTES_MAX} bytes"));
            }
        }
        Ok((status.as_u16(), headers, read.to_vec()))
    }

    fn path(&self, query: &str) -> String {
        format!("{}{query}", self.place.models_path)
    }

    fn headers(&self, own: Headers) -> Headers {
        let mut headers = vec![
            (header::USER_AGENT, AGENT),
            (header::ACCEPT, HeaderValue::from_static("application/json")),
            (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ];
        headers.retain(|(name, _)| own.iter().all(|(it, _)| it != name));
        headers.extend(own);
        if self.kind.row().auth == Auth::XApiKey && headers.iter().all(|it| it.0 != ANTHROPIC_VERSION) {
            headers.push((ANTHROPIC_VERSION, HeaderValue::from_static(dialect::ANTHROPIC_VERSION)));
        }
        headers
    }
}

/// Without the key, in case the vendor quotes it.
fn scrubbed(text: String, headers: &[(HeaderName, HeaderValue)]) -> String {
    let values = headers.iter().filter(|(_, value)| value.is_sensitive());
    let keys = values.filter_map(|(_, value)| value.to_str().ok()?.rsplit(' ').next());
    keys.filter(|it| it.len() >= KEY_BYTES_MIN).fold(text, |text, key| text.replace(key, "***"))
}

/// The endpoint that a credential may be used at.
pub(super) fn place_for(provider: &Provider, environment: TargetEnvironment) -> Option<&Place> {
    let any = TargetEnvironment::Any;
    let fits = |it: &&Place| it.environment == environment || it.environment == any || environment == any;
    provider.places.iter().find(fits)
}

/// The credential of that identity.
pub(super) fn credential(snapshot: &Snapshot, id: Uuid) -> Option<&Arc<Credential>> {
    snapshot.credentials.values().find(|it| it.uuid == id)
}

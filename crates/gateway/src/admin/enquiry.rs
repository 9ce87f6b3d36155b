//! Questions to vendors on an operator's behalf.
//!
//! The list of models, which nearly every vendor answers for nothing, and only to a valid key; or, of one that has none,
//! a single word of a model. It goes out as requests do (the same refused addresses, no redirects), but stands for no
//! request: nothing is balanced or counted.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::{Bytes, BytesMut};
use config::{
    Snapshot,
    entity::TargetEnvironment,
    snapshot::{Credential, Place, Proof, Provider},
};
use dialect::{
    Auth, Endpoint, Fault, Wire,
    translate::{self, Lossy, Order},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    proxy::{self, sign::Signed},
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
    pub(super) question: Question<'a>,
    /// What its account has been exchanged for.
    pub(super) tokens: &'a Arc<Tokens>,
    /// Whether the credential itself is in question, and not what it is asked for.
    pub(super) is_test: bool,
}

/// What to ask.
pub(super) enum Question<'a> {
    /// Which models there are.
    Models,
    /// A word of that model.
    Word(&'a str),
}

/// A question as it goes over the network, in pieces that are signed as they are sent.
struct Written {
    method: Method,
    path: String,
    body: Bytes,
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

/// Status, headers and body.
type Came = (u16, HeaderMap, Vec<u8>);

impl Enquiry<'_> {
    /// Where it asks, for people.
    pub(super) fn url(&self) -> String {
        let scheme = if self.place.address.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.place.host.to_str().unwrap_or_default(), self.written("").path)
    }

    /// Asks, within a bound of its own.
    pub(super) async fn ask(&self, sender: &Sender, query: &str) -> Found {
        let begun = Instant::now();
        let written = self.written(query);
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
        let scrubbed = |text: String| self.scrubbed(text, &headers);
        let asked = timeout(WITHIN, self.in_time(sender, &written, &headers)).await;
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
        // A list of models or a model that is not there is nobody's failure, and says nothing of the key.
        let no_list = matches!(fault, Fault::Relayed | Fault::ModelNotFound);
        let outcome = if no_list { "inconclusive" } else { proxy::outcome_name(&fault) };
        let words = dialect::message(&body).map(scrubbed);
        let message = words.or_else(|| no_list.then(|| format!("{} is not there", written.path)));
        found(Some(status), outcome, message, Vec::new())
    }

    async fn proof(&self, sender: &Sender) -> Result<Headers, NoToken> {
        match self.credential {
            None => Ok(Vec::new()),
            Some(credential) => self.tokens.headers(credential, sender, self.is_test).await,
        }
    }

    /// Once more, where it was signed for a time that is not the vendor's.
    async fn in_time(&self, sender: &Sender, written: &Written, headers: &Headers) -> Result<Came, String> {
        let signed_by = proxy::sign::ahead();
        let came = self.exchange(sender, written, headers.clone()).await?;
        let signs = self.credential.is_some_and(|it| matches!(it.proof, Proof::AwsSignature(_)));
        let date = came.1.get(header::DATE).and_then(|it| it.to_str().ok());
        let there = date.and_then(|it| httpdate::parse_http_date(it).ok());
        let is_refused = signs && matches!(came.0, 400 | 401 | 403);
        if is_refused && there.is_some_and(|it| proxy::sign::learn(it, SystemTime::now(), signed_by)) {
            return self.exchange(sender, written, headers.clone()).await;
        }
        Ok(came)
    }

    async fn exchange(
        &self,
        sender: &Sender,
        written: &Written,
        mut headers: Headers,
    ) -> Result<Came, String> {
        let Written { method, path, body } = written;
        let body = match self.question {
            Question::Models => Outgoing::Empty,
            Question::Word(_) => Outgoing::Pieces([body.clone(), Bytes::new(), Bytes::new()]),
        };
        let (host, region) = (&self.place.host, self.place.region.as_deref());
        let signed = Signed { method, path, host, region, body: &body };
        proxy::sign::sign(&signed, self.credential, &mut headers)?;
        let exchange = Exchange {
            address: &self.place.address,
            method,
            path,
            host,
            headers: &headers,
            body,
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

    /// `query` goes along with a list of models.
    fn written(&self, query: &str) -> Written {
        let model = match self.question {
            Question::Models => {
                let path = [&self.place.models_path, query].concat();
                return Written { method: Method::GET, path, body: Bytes::new() };
            }
            Question::Word(model) => model,
        };
        let wire = self.kind.row().wire_for(Wire::Chat);
        let word =
            json!({ "model": model, "messages": [{ "role": "user", "content": "Hi" }], "max_tokens": 1 });
        let order = Order {
            from: Wire::Chat,
            to: wire,
            kind: self.kind,
            model,
            stream: false,
            lossy: Lossy::Drop,
            max_tokens: None,
            request_id: "",
            created: 0,
        };
        let asked = translate::request(&order, word.to_string().as_bytes());
        let asked = asked.expect("every wire carries a word of a user's");
        Written {
            method: Method::POST,
            path: wire.join(&self.place.base_path, &asked.suffix),
            body: asked.body,
        }
    }

    fn headers(&self, own: Headers) -> Headers {
        let mut headers = vec![
            (header::USER_AGENT, AGENT),
            (header::ACCEPT, HeaderValue::from_static("application/json")),
            (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ];
        if let Question::Word(_) = self.question {
            headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        headers.retain(|(name, _)| own.iter().all(|(it, _)| it != name));
        headers.extend(own);
        if self.kind.row().auth == Auth::XApiKey && headers.iter().all(|it| it.0 != ANTHROPIC_VERSION) {
            headers.push((ANTHROPIC_VERSION, HeaderValue::from_static(dialect::ANTHROPIC_VERSION)));
        }
        headers
    }

    /// Without the key and its token, in case the vendor quotes them.
    fn scrubbed(&self, text: String, headers: &Headers) -> String {
        let sent = headers.iter().filter(|(_, value)| value.is_sensitive());
        let sent = sent.filter_map(|(_, value)| value.to_str().ok()?.rsplit(' ').next());
        let keys = self.credential.iter().flat_map(|it| it.secrets()).chain(sent);
        keys.filter(|it| it.len() >= KEY_BYTES_MIN).fold(text, |text, key| text.replace(key, "***"))
    }
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

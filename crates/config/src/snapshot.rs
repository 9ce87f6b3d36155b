//! The configuration as a request sees it: resolved, indexed, swapped as a whole and never edited.
//!
//! Numbers ([`balance::TargetId`] and its kin) are the balancer's names for the same things. Header values are
//! prepared here once, so that the request path formats nothing that a target could know beforehand.

use std::{sync::Arc, time::Duration};

use balance::{AddressId, CredentialId, ModelId, TargetId, UpstreamId};
use dialect::Endpoint;
use hashbrown::HashMap;
use http::HeaderValue;
use uuid::Uuid;

pub use crate::amazon::AccessKey;
pub use crate::client_key::{ClientKey, ClientKeys};
pub use crate::entity::ModelLocation;
pub use crate::google::{GoogleAccount, Grant};
pub use crate::route::{Found, ModelChoice, NotFound, Query, RouteInfo, Routes};
use crate::{Secret, entity::TargetEnvironment};

/// Everything a request may ask of the configuration.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Counts configuration changes.
    pub revision: u64,
    /// How a request finds its upstream.
    pub routes: Routes,
    /// By number.
    pub upstreams: HashMap<UpstreamId, Arc<Upstream>>,
    /// Upstreams by name, derived ones included.
    pub names: HashMap<Arc<str>, UpstreamId>,
    /// By number.
    pub targets: HashMap<TargetId, Arc<Target>>,
    /// By number.
    pub addresses: HashMap<AddressId, Arc<Address>>,
    /// By number.
    pub credentials: HashMap<CredentialId, Arc<Credential>>,
    /// Who may call, where that is asked.
    pub client_keys: ClientKeys,
    /// By identity.
    pub providers: HashMap<Uuid, Provider>,
    /// The models that the configuration names.
    pub models: HashMap<Arc<str>, ModelId>,
    /// What `/v1/models` lists: id and who owns it (a provider's, an upstream's or a route's name), sorted, each id once.
    pub catalogue: Vec<(Arc<str>, Arc<str>)>,
}

impl Snapshot {
    /// The number of the model that a request asks for, for targets that keep it; `None` where the configuration does
    /// not name it, or where the name only led to the upstream.
    pub fn asked_model(&self, found: &Found, model: Option<&str>) -> Option<ModelId> {
        self.models.get(found.model.of(model?)?).copied()
    }

    /// The part of the catalogue that a caller may use: all of it without a key, and with one what that asks for and
    /// where that leads.
    pub fn catalogue_for<'a>(
        &'a self,
        key: Option<&'a ClientKey>,
    ) -> impl Iterator<Item = &'a (Arc<str>, Arc<str>)> {
        let usable =
            move |id: &str| key.is_none_or(|key| key.may_ask_for(Some(id)) && self.routes.lead_to(id, key));
        self.catalogue.iter().filter(move |(id, _)| usable(id))
    }
}

/// An upstream's part of the request path.
#[derive(Debug)]
pub struct Upstream {
    /// Its number.
    pub id: UpstreamId,
    /// Its identity in the store; derived upstreams have a stable one made from their name.
    pub uuid: Uuid,
    /// What metrics and logs call it.
    pub name: Arc<str>,
    /// What clients' headers call it: the provider alone where it serves any model of one.
    pub shown: Arc<str>,
    /// What it is in a sentence: `upstream 'ai'`, `provider openai`.
    pub phrase: Arc<str>,
    /// Where a request's hash key comes from.
    pub hash_on: HashOn,
    /// Where it comes from when that gives nothing.
    pub hash_fallback: HashOn,
    /// Path of the cookie that `HashOn::Cookie` sets when it is missing.
    pub hash_on_cookie_path: String,
    /// Where the affinity key comes from.
    pub affinity: AffinityKey,
    /// Time limits.
    pub timeouts: Timeouts,
    /// A plain answer up to this many bytes is held until complete, so that a cut one fails over.
    pub response_buffer_bytes: usize,
    /// `Host` for its targets, instead of each target's own.
    pub host_header: Option<HeaderValue>,
    /// What becomes of what cannot be carried into a vendor's dialect.
    pub lossy: dialect::translate::Lossy,
    /// What some target of it lacks, as bits of [`crate::ability`].
    pub lacking: u64,
    /// How its addresses are probed; `None`: active checks are off.
    pub probe: Option<Probe>,
    /// Its targets, in the order they are listed.
    pub targets: Vec<TargetId>,
}

/// A source of a consistent-hashing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashOn {
    /// Nothing: spread.
    None,
    /// The consumer, or else the client's key.
    Consumer,
    /// The client's address.
    Ip,
    /// A request header, by lowercase name.
    Header(String),
    /// A cookie, set when missing.
    Cookie(String),
    /// The request path.
    Path,
    /// A query argument.
    QueryArg(String),
}

/// A source of an affinity key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AffinityKey {
    /// No affinity.
    None,
    /// The session headers of known clients, or else the client's key.
    Session,
    /// The beginning of the body: same prompt prefix, same vendor cache.
    Prefix,
    /// A request header, by lowercase name.
    Header(String),
    /// A top-level field of the body.
    Body(String),
}

/// Time limits of an upstream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeouts {
    /// TCP and TLS, each address tried.
    pub connect: Duration,
    /// Streamed: sent to first delta.
    pub first_token: Limit,
    /// Not streamed: sent to headers.
    pub response: Limit,
    /// Between chunks.
    pub idle: Duration,
    /// The whole request, all tries.
    pub total: Option<Duration>,
}

/// A time limit, fixed or learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Five times the p95 that the pair has shown.
    Auto,
    /// As set.
    Fixed(Duration),
}

/// How addresses are probed.
#[derive(Clone, Debug)]
pub struct Probe {
    /// With what.
    pub kind: ProbeKind,
    /// Given up after this.
    pub timeout: Duration,
    /// Under way at once, per upstream.
    pub concurrency: usize,
    /// For http and https.
    pub path: String,
    /// Added to the request.
    pub headers: Vec<(http::HeaderName, HeaderValue)>,
    /// False: any certificate will do for the probe.
    pub verify: bool,
}

/// What a probe does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// `GET path` as the address speaks (plain or TLS).
    Http,
    /// `GET path` over TLS.
    Https,
    /// A TCP connection.
    Tcp,
    /// `GET /v1/models` with a credential of the target.
    Models,
}

/// A target's part of the request path.
#[derive(Debug)]
pub struct Target {
    /// Its number.
    pub id: TargetId,
    /// Its identity in the store.
    pub uuid: Uuid,
    /// What metrics, headers and logs call it: `host:port`, or `provider/model`.
    pub name: Arc<str>,
    /// Where it is.
    pub address: AddressId,
    /// Path in front of a known endpoint's own, without a trailing slash: `/v1`, `/openai/v1`.
    pub base_path: String,
    /// What shape its paths have.
    pub surface: dialect::Surface,
    /// The version that it is to be told in the query.
    pub api_version: Option<Arc<str>>,
    /// Path and query of its list of models.
    pub models_path: String,
    /// Whether it is a raw host: a path that is no known endpoint goes there as it is.
    pub raw: bool,
    /// Its provider's name.
    pub provider: Option<Arc<str>>,
    /// How it talks.
    pub kind: dialect::Kind,
    /// What it is able to do, as the balancer knows it ([`crate::ability`]).
    pub can: u64,
    /// The model it is asked for; `None` keeps the client's.
    pub model: Option<Arc<str>>,
    /// Where it wants to be told the model.
    pub model_location: ModelLocation,
    /// What it is asked for when it has no model and the client's named only the way here; `None` for raw hosts.
    pub default_model: Option<Arc<str>>,
    /// What is sent as `Host`, prepared.
    pub host: HeaderValue,
    /// What its requests are signed for, where a vendor wants that.
    pub region: Option<Arc<str>>,
}

impl Target {
    /// The wire to ask it on for a caller on `from` who asks for that model, where that is another one. A raw host is
    /// sent what comes.
    pub fn translated(&self, from: dialect::Wire, model: Option<&str>) -> Option<dialect::Wire> {
        let to = self.surface.wire_for(self.kind, from, model);
        (!self.raw && to != from).then_some(to)
    }

    /// Whether it is asked in Google's dialect by a caller that speaks it. A raw host is sent what comes.
    pub fn speaks_google(&self) -> bool {
        self.raw || self.kind.row().speaks(dialect::Dialect::Google)
    }

    /// The path to ask for in Google's dialect: behind the base path less what is not Google's own in it; of a raw host,
    /// of which only the caller knows the version, behind the caller's.
    pub fn google_path(&self, version: Option<&str>, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        match version {
            Some(version) if self.raw => ["/", version, slash, path].concat(),
            None if self.raw => [slash, path].concat(),
            _ if self.surface == dialect::Surface::Vertex => {
                let path = path.strip_prefix("/models/").unwrap_or(path);
                let path =
                    path.strip_prefix("google%2F").or_else(|| path.strip_prefix("google/")).unwrap_or(path);
                [&self.base_path, "/publishers/google/models/", path].concat()
            }
            _ => dialect::Wire::Gemini.join(&self.base_path, path),
        }
    }

    /// The path to ask for: a known endpoint behind the base path; anything else behind it as well, but for a raw host
    /// as it is. `path` is [`Found::vendor_path`] of the request's path.
    pub fn vendor_path(&self, endpoint: Option<Endpoint>, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        let shared = self.surface.shared_path(&self.base_path);
        match endpoint {
            Some(Endpoint::Models | Endpoint::Model) => [shared, slash, path].concat(),
            Some(_) => [&self.base_path, slash, path].concat(),
            None if self.raw => [slash, path].concat(),
            // The base path names the version already.
            None => match path.strip_prefix("/v1") {
                Some(rest) if rest.starts_with('/') => [shared, rest].concat(),
                _ => [shared, slash, path].concat(),
            },
        }
    }
}

/// A `scheme://host:port`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Its number.
    pub id: AddressId,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Name or IP (without brackets).
    pub host: Arc<str>,
    /// TCP port.
    pub port: u16,
    /// TLS settings that differ from the default.
    pub trust: Trust,
}

/// Whom a TLS address must prove itself to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    /// Certificates to trust besides the platform's, in a PEM file.
    pub ca_file: Option<String>,
    /// False: any certificate will do.
    pub insecure: bool,
    /// The name to expect instead of the host.
    pub server_name: Option<String>,
}

/// Where a provider is, for questions that are no requests.
#[derive(Debug)]
pub struct Provider {
    /// How it talks.
    pub kind: dialect::Kind,
    /// Its endpoints that can be asked, in the order they are listed.
    pub places: Vec<Place>,
    /// What `@default` stands for.
    pub default_model: Option<Arc<str>>,
}

/// An endpoint of a provider.
#[derive(Debug)]
pub struct Place {
    /// Which requests it may serve.
    pub environment: TargetEnvironment,
    /// Where it is.
    pub address: Arc<Address>,
    /// As [`Target::base_path`].
    pub base_path: String,
    /// As [`Target::models_path`].
    pub models_path: String,
    /// What is sent as `Host`, prepared.
    pub host: HeaderValue,
    /// As [`Target::region`].
    pub region: Option<Arc<str>>,
}

/// A credential's part of the request path.
#[derive(Debug)]
pub struct Credential {
    /// Its number.
    pub id: CredentialId,
    /// Its identity in the store.
    pub uuid: Uuid,
    /// What metrics, headers and logs call it.
    pub name: Arc<str>,
    /// Its provider's name.
    pub provider: Arc<str>,
    /// The headers that carry it, prepared and marked sensitive.
    pub headers: Vec<(http::HeaderName, HeaderValue)>,
    /// What they do not say of it.
    pub proof: Proof,
    /// Why it can not be used at all, where its secret is not to be had: `the variable OPENAI_API_KEY is not set`.
    pub problem: Option<String>,
}

/// How a request proves whose it is, beyond a credential's headers.
#[derive(Clone, Debug, PartialEq)]
pub enum Proof {
    /// The headers are all there is to it.
    Headers,
    /// Amazon's signature, version 4: made anew for each request.
    AwsSignature(AccessKey),
    /// A token that this account is exchanged for, which ends.
    GoogleAccount(Arc<GoogleAccount>),
}

impl Credential {
    /// Every text that is a secret of it, as it goes over the network or does not.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let sent = self.headers.iter().filter_map(|(_, value)| value.to_str().ok());
        // Without the scheme before it.
        let sent = sent.filter_map(|it| it.rsplit(' ').next());
        let kept = match &self.proof {
            Proof::Headers => [""; 2],
            Proof::AwsSignature(key) => {
                [key.secret.expose(), key.session_token.as_ref().map_or("", Secret::expose)]
            }
            Proof::GoogleAccount(account) => account.secrets(),
        };
        sent.chain(kept).filter(|it| !it.is_empty())
    }
}

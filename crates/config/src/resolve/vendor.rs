//! Providers: where their endpoints are, and which keys they have.

use std::sync::Arc;

use dialect::{Auth, Kind as Vendors, Surface};
use uuid::Uuid;

use super::{Work, credential::Key, trust, upstream::host};
use crate::{
    Entity, Kind, address, amazon,
    derived::{self, default_model},
    entity::{Endpoint, Model, Provider, TargetEnvironment},
    snapshot::{self, Address, Proof},
};

/// A provider that targets may name.
pub(super) struct Vendor<'a> {
    pub(super) name: Arc<str>,
    pub(super) kind: Vendors,
    pub(super) surface: Surface,
    pub(super) provider: &'a Provider,
    /// In the order they are listed.
    pub(super) places: Vec<Place>,
    /// Its credentials, by rank.
    pub(super) keys: Vec<Uuid>,
    /// The credential of targets that name none; models may have their own.
    default_key: Option<Uuid>,
    pub(super) default_model: Option<Arc<str>>,
}

/// An endpoint of a provider.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) environment: TargetEnvironment,
    pub(super) address: Arc<Address>,
    pub(super) base_path: String,
    pub(super) region: Option<Arc<str>>,
}

impl Vendor<'_> {
    /// What it says of a model.
    pub(super) fn listed(&self, model: &str) -> Option<&Model> {
        self.provider.models.iter().flatten().find(|it| it.id == model)
    }

    /// The credential of a target for that model that names none.
    pub(super) fn default_key(&self, model: Option<&str>) -> Option<Uuid> {
        let own = model.and_then(|it| self.listed(it)).and_then(|it| it.default_credential);
        own.map(|it| it.id).or(self.default_key)
    }

    /// Path and query of the list of models at one of its places.
    pub(super) fn models_path(&self, place: &Place) -> String {
        self.surface.models_path(&place.base_path, self.provider.api_version.as_deref())
    }
}

impl<'a> Work<'a> {
    /// Finds every provider's places and keys.
    pub(super) fn vendors(&mut self) {
        let document = self.document;
        for row in document.rows(Kind::Provider) {
            let Entity::Provider(provider) = &*row.entity else {
                continue;
            };
            let Some(kind) = Vendors::from_name(&provider.kind) else {
                continue;
            };
            let surface = Surface::of(kind, provider.api_version.is_some());
            let places = self.places(provider, kind, surface);
            if places.is_empty() {
                self.warnings.push(format!("provider {} serves nothing: it has no endpoint", provider.name));
            }
            let keys = derived::credentials(document, row.id);
            if keys.is_empty() && !needs_no_key(kind) {
                self.warnings
                    .push(format!("provider {} serves nothing: it has no credential", provider.name));
            }
            for model in provider.models.iter().flatten() {
                self.model(&model.id);
            }
            if keys.iter().filter_map(|it| self.keys.get(it)).any(|key| self.signs(key)) {
                for Place { name, .. } in places.iter().filter(|it| it.region.is_none()) {
                    let provider = &provider.name;
                    self.warnings.push(format!(
                        "endpoint {name} of provider {provider} takes no access keys: its URL says no region, set its 'region'"
                    ));
                }
            }
            if self.has_account(&keys) {
                for Place { name, .. } in places.iter().filter(|it| !it.base_path.contains("/projects/")) {
                    let provider = &provider.name;
                    self.warnings.push(format!(
                        "endpoint {name} of provider {provider} takes API keys only: for a key file its URL names a \
                         project and a location"
                    ));
                }
            }
            let vendor = Vendor {
                name: provider.name.as_str().into(),
                kind,
                surface,
                provider,
                places,
                default_key: derived::default_credential(provider, &keys),
                keys,
                default_model: default_model(provider).map(|model| self.model(model).0),
            };
            let places = vendor.places.iter().map(|place| snapshot::Place {
                environment: place.environment,
                address: Arc::clone(&place.address),
                base_path: place.base_path.clone(),
                models_path: vendor.models_path(place),
                host: host(&place.address),
                region: place.region.clone(),
            });
            let known = snapshot::Provider {
                kind,
                places: places.collect(),
                default_model: vendor.default_model.clone(),
            };
            self.snapshot.providers.insert(row.id, known);
            self.vendors.insert(row.id, vendor);
        }
    }

    /// Whether a key signs requests, which takes a region to sign them for.
    pub(super) fn signs(&self, key: &Key<'_>) -> bool {
        let resolved = self.snapshot.credentials.get(&key.id);
        resolved.is_some_and(|it| matches!(it.proof, Proof::AwsSignature(_)))
    }

    /// Whether one of these is an account's, whose requests name a project.
    fn has_account(&self, keys: &[Uuid]) -> bool {
        let resolved = |id: &Uuid| self.snapshot.credentials.get(&self.keys.get(id)?.id);
        keys.iter().filter_map(resolved).any(|it| matches!(it.proof, Proof::GoogleAccount(_)))
    }

    fn places(&mut self, provider: &Provider, kind: Vendors, surface: Surface) -> Vec<Place> {
        let own = kind.row().base_url.map(|url| Endpoint {
            name: derived::DEFAULT.to_owned(),
            url: url.to_owned(),
            region: None,
            environment: TargetEnvironment::Any,
        });
        let built_in = own.clone().map(|it| vec![it]).unwrap_or_default();
        let endpoints = if provider.endpoints.is_empty() { &built_in } else { &provider.endpoints };
        let trust = trust(&provider.tls);
        let mut places = Vec::new();
        for endpoint in endpoints {
            let url = match endpoint.url.strip_prefix("env:") {
                None => Some(endpoint.url.clone()),
                Some(name) => (self.facts.env)(name).or_else(|| {
                    let (provider, url) = (&provider.name, own.as_ref().map(|it| it.url.clone())?);
                    self.warnings.push(format!("provider {provider} is asked at {url}: {name} is not set"));
                    Some(url)
                }),
            };
            let parsed = match url {
                Some(url) => address::base_url(&url),
                None => Err(format!("{} is not set", endpoint.url)),
            };
            match parsed {
                Ok(url) => {
                    let region = match kind.row().auth {
                        Auth::Aws => endpoint.region.as_deref().or_else(|| amazon::region_of(&url.host)),
                        _ => None,
                    };
                    places.push(Place {
                        name: endpoint.name.clone(),
                        environment: endpoint.environment,
                        address: self.address(url.tls, &url.host, url.port, &trust),
                        base_path: surface.base_path(kind, &url.path),
                        region: region.map(Arc::from),
                    });
                }
                Err(cause) => {
                    let (provider, endpoint) = (&provider.name, &endpoint.name);
                    self.warnings.push(format!("endpoint {endpoint} of provider {provider} is out: {cause}"));
                }
            }
        }
        places
    }
}

/// Whether a kind serves without a key: those that want none, and servers of one's own.
pub(super) fn needs_no_key(kind: Vendors) -> bool {
    kind.row().auth == Auth::None || matches!(kind, Vendors::OpenAiCompatible | Vendors::Vllm)
}

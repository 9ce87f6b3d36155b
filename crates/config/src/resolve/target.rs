//! Targets: a place, a model and a way to pay, for each environment.

use std::sync::Arc;

use balance::{Credentials, Environment, Member, Only, PoolOrder};
use uuid::Uuid;

use super::{
    Work,
    credential::Key,
    vendor::{Vendor, needs_no_key},
};
use crate::{
    address::{PORT_DEFAULT, raw_target},
    derived::DEFAULT_MODEL,
    entity::{CredentialAlgorithm, CredentialChoice, Scheme, Target, TargetEnvironment},
    snapshot::{Address, Trust},
};

/// The base path of raw hosts: what speaks like OpenAI or Anthropic has its API there.
const RAW_BASE_PATH: &str = "/v1";

/// Where a target's requests of one environment, or of both, go.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lane {
    pub(super) only: Only,
    pub(super) address: Arc<Address>,
    pub(super) base_path: String,
    pub(super) region: Option<Arc<str>>,
    pub(super) credentials: Credentials,
}

/// What a target is asked for.
pub(super) enum Model {
    /// What the client asks for.
    Keep,
    /// This.
    Fixed(String),
    /// Its provider's default, which there is none of.
    Missing,
}

impl Work<'_> {
    /// The target's lanes: none where nothing fits, one for both environments where they go the same way.
    pub(super) fn lanes(&mut self, target: &Target, raw_trust: &Trust) -> Vec<Lane> {
        match &target.target {
            Some(host) => self.raw_lane(host, target, raw_trust).into_iter().collect(),
            None => self.vendor_lanes(target),
        }
    }

    /// The model that a target is asked for.
    pub(super) fn target_model(&self, target: &Target) -> Model {
        match target.model.as_deref() {
            None => Model::Keep,
            Some(DEFAULT_MODEL) => {
                let vendor = target.provider.and_then(|it| self.vendors.get(&it.id));
                let model = vendor.and_then(|vendor| vendor.default_model.as_deref());
                model.map_or(Model::Missing, |model| Model::Fixed(model.to_owned()))
            }
            Some(model) => Model::Fixed(model.to_owned()),
        }
    }

    fn raw_lane(&mut self, host: &str, target: &Target, trust: &Trust) -> Option<Lane> {
        let parsed = raw_target(host).ok()?;
        let port = parsed.port.unwrap_or(PORT_DEFAULT);
        let tls = target.scheme.map_or(port == PORT_DEFAULT, |scheme| scheme == Scheme::Https);
        let (only, credentials) = match target.credential.and_then(|it| it.id()) {
            None => (only(target.environment), Credentials::PassThrough),
            Some(id) => {
                let key = self.keys.get(&id)?;
                let both = meet(target.environment, key.credential.environment)?;
                (only(both), Credentials::One(key.id))
            }
        };
        let address = self.address(tls, &parsed.host, port, trust);
        Some(Lane { only, address, base_path: RAW_BASE_PATH.to_owned(), region: None, credentials })
    }

    fn vendor_lanes(&self, target: &Target) -> Vec<Lane> {
        let lane = |environment| self.vendor_lane(target, environment);
        let mut lanes: Vec<Lane> = Vec::new();
        for environment in [Environment::Production, Environment::Sandbox] {
            let Some(lane) = lane(environment) else { continue };
            match lanes.first_mut() {
                Some(first) if (Lane { only: first.only, ..lane.clone() }) == *first => {
                    first.only = Only::Any;
                }
                _ => lanes.push(lane),
            }
        }
        lanes
    }

    fn vendor_lane(&self, target: &Target, environment: Environment) -> Option<Lane> {
        let vendor = self.vendors.get(&target.provider?.id)?;
        if !serves(target.environment, environment) {
            return None;
        }
        let named = |name: &str| target.endpoint.as_deref().is_none_or(|wanted| wanted == name);
        let place = vendor
            .places
            .iter()
            .find(|place| named(&place.name) && serves(place.environment, environment))?;
        let signable = place.region.is_some();
        let credentials = self.paid_with(target, vendor, environment, signable)?;
        let only = match environment {
            Environment::Production => Only::Production,
            Environment::Sandbox => Only::Sandbox,
        };
        Some(Lane {
            only,
            address: Arc::clone(&place.address),
            base_path: place.base_path.clone(),
            region: place.region.clone(),
            credentials,
        })
    }

    fn paid_with(
        &self,
        target: &Target,
        vendor: &Vendor<'_>,
        environment: Environment,
        signable: bool,
    ) -> Option<Credentials> {
        let model = match self.target_model(target) {
            Model::Fixed(model) => Some(model),
            Model::Keep | Model::Missing => None,
        };
        if vendor.keys.is_empty() {
            return needs_no_key(vendor.kind).then_some(Credentials::None);
        }
        let usable = |id: &Uuid| {
            let key = self.keys.get(id)?;
            let fits = fits(key, environment, model.as_deref()) && (signable || !self.signs(key));
            fits.then_some(key)
        };
        match target.credential {
            Some(CredentialChoice::One(reference)) => {
                usable(&reference.id).map(|key| Credentials::One(key.id))
            }
            None => usable(&vendor.default_key(model.as_deref())?).map(|key| Credentials::One(key.id)),
            Some(CredentialChoice::Every) => {
                if let Some(pooled) = model.as_deref().and_then(|model| self.pooled(target, model)) {
                    let member = |(id, weight): &(Uuid, _)| {
                        usable(id).map(|key| Member { credential: key.id, weight: *weight })
                    };
                    let members: Vec<Member> = pooled.iter().filter_map(member).collect();
                    let order = PoolOrder::RoundRobin;
                    return (!members.is_empty()).then_some(Credentials::Pool { order, members });
                }
                let members = vendor.keys.iter().filter_map(usable);
                let members = members.map(|key| Member { credential: key.id, weight: key.credential.weight });
                let members: Vec<Member> = members.collect();
                let order = match vendor.provider.credential_algorithm {
                    CredentialAlgorithm::Priority => PoolOrder::Priority,
                    CredentialAlgorithm::RoundRobin => PoolOrder::RoundRobin,
                };
                (!members.is_empty()).then_some(Credentials::Pool { order, members })
            }
        }
    }
}

/// Whether a key may be used for a request of that environment and that model; a key for certain models only never
/// pays for whatever the client asks for.
fn fits(key: &Key<'_>, environment: Environment, model: Option<&str>) -> bool {
    let model_fits = match (&key.credential.models, model) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(models), Some(model)) => models.iter().any(|it| it == model),
    };
    model_fits && serves(key.credential.environment, environment)
}

fn serves(what: TargetEnvironment, environment: Environment) -> bool {
    match what {
        TargetEnvironment::Any => true,
        TargetEnvironment::Production => environment == Environment::Production,
        TargetEnvironment::Sandbox => environment == Environment::Sandbox,
    }
}

fn meet(a: TargetEnvironment, b: TargetEnvironment) -> Option<TargetEnvironment> {
    match (a, b) {
        (TargetEnvironment::Any, other) | (other, TargetEnvironment::Any) => Some(other),
        (a, b) => (a == b).then_some(a),
    }
}

fn only(environment: TargetEnvironment) -> Only {
    match environment {
        TargetEnvironment::Any => Only::Any,
        TargetEnvironment::Production => Only::Production,
        TargetEnvironment::Sandbox => Only::Sandbox,
    }
}

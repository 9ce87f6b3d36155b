//! Upstreams: settings become a plan, and targets become its members.

use std::{collections::HashMap, sync::Arc};

use balance::{Only, TargetPlan, Tier, UpstreamId};
use dialect::Surface;
use http::HeaderValue;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Work,
    settings::{plan, snapshot_of},
    target::{Lane, Model},
    trust,
};
use crate::{
    Kind, ability, address,
    derived::{self, Derived, stable_id},
    entity::{self, ModelLocation, OnEmpty, Target, TargetEnvironment},
    snapshot,
};

/// A member before it has numbers.
struct Draft<'a> {
    /// What its number is for.
    id: Uuid,
    /// The stored target it belongs to.
    row: Uuid,
    target: &'a Target,
    lane: Lane,
    enabled: bool,
    weight: u16,
}

impl Work<'_> {
    /// An upstream that follows from the providers: `default`'s settings, and in force even while `default` is not.
    pub(super) fn derived_upstream(
        &mut self,
        derived: &Derived,
        settings: &entity::Upstream,
        targets: &[(Uuid, &Target)],
    ) {
        let enabled = derived.name != derived::DEFAULT || settings.enabled;
        let settings = entity::Upstream { enabled: true, ..settings.clone() };
        self.upstream(derived.id, &derived.name, &settings, targets);
        if let Some(plan) = self.plan.upstreams.last_mut() {
            plan.enabled = enabled;
        }
    }

    /// An upstream and its targets, oldest first.
    pub(super) fn upstream(
        &mut self,
        uuid: Uuid,
        name: &str,
        settings: &entity::Upstream,
        targets: &[(Uuid, &Target)],
    ) -> UpstreamId {
        let id = self.registry.number_upstream(uuid);
        let mut drafts = Vec::new();
        for (row, target) in targets {
            self.drafts(name, settings, *row, target, &mut drafts);
        }
        // Stand-ins are targets as an operator could have written them; they live as long as this call.
        let alone;
        let enabled = settings.enabled || {
            alone = first_of_provider(targets)
                .map(|(row, target)| (row, Target { credential: None, ..target.clone() }));
            let alone = alone.as_ref().map(|(row, target)| (*row, target));
            self.serve_alone(name, settings, alone, &mut drafts)
        };
        let bypasses = if settings.enabled && settings.on_empty == OnEmpty::Bypass {
            bypasses(uuid, targets, &drafts)
        } else {
            Vec::new()
        };
        for (row, target) in &bypasses {
            self.drafts(name, settings, *row, target, &mut drafts);
        }
        let mut names = HashMap::new();
        let members: Vec<TargetPlan> =
            drafts.into_iter().map(|draft| self.member(draft, &mut names)).collect();
        let resolved = snapshot_of(id, uuid, name, settings, &members);
        self.snapshot.names.insert(Arc::clone(&resolved.name), id);
        self.snapshot.upstreams.insert(id, Arc::new(resolved));
        self.plan.upstreams.push(plan(id, enabled, settings, members));
        id
    }

    /// A target's members: one, or one for each environment where they go different ways.
    fn drafts<'t>(
        &mut self,
        upstream: &str,
        settings: &entity::Upstream,
        row: Uuid,
        target: &'t Target,
        drafts: &mut Vec<Draft<'t>>,
    ) {
        let lanes = self.lanes(target, &trust(&settings.tls));
        let no_model = matches!(self.target_model(target), Model::Missing);
        if lanes.is_empty() || no_model {
            let what = target.target.clone().unwrap_or_else(|| self.vendor_name(target));
            let cause =
                if no_model { "its provider has no default model" } else { "no endpoint and credential fit" };
            // A derived target comes and goes with its provider, which has said so itself.
            if settings.name != derived::DEFAULT {
                self.warnings.push(format!("target {what} of upstream {upstream} is out: {cause}"));
            }
            return;
        }
        let vendor_enabled =
            target.provider.and_then(|it| self.vendors.get(&it.id)).is_none_or(|it| it.provider.enabled);
        for (index, lane) in lanes.into_iter().enumerate() {
            let id = if index == 0 { row } else { stable_id(Kind::Target, &format!("{row}/sandbox")) };
            let enabled = target.enabled && vendor_enabled;
            drafts.push(Draft { id, row, target, lane, enabled, weight: target.weight });
        }
    }

    /// A switched-off upstream is served by the default credential of its first target's provider.
    fn serve_alone<'t>(
        &mut self,
        name: &str,
        settings: &entity::Upstream,
        alone: Option<(Uuid, &'t Target)>,
        drafts: &mut Vec<Draft<'t>>,
    ) -> bool {
        drafts.iter_mut().for_each(|draft| draft.enabled = false);
        let Some((row, target)) = alone else { return false };
        drafts.retain(|draft| draft.row != row);
        let before = drafts.len();
        self.drafts(name, settings, row, target, drafts);
        for draft in &mut drafts[before..] {
            draft.weight = draft.weight.max(1);
        }
        drafts[before..].iter().any(|draft| draft.enabled)
    }

    fn member(&mut self, draft: Draft<'_>, names: &mut HashMap<String, u32>) -> TargetPlan {
        let Draft { id: uuid, row, target, lane, enabled, weight } = draft;
        let id = self.registry.number_target(uuid);
        let model = match self.target_model(target) {
            Model::Fixed(model) => Some(self.model(&model)),
            Model::Keep | Model::Missing => None,
        };
        let vendor = target.provider.and_then(|it| self.vendors.get(&it.id));
        let can = match vendor {
            Some(vendor) => {
                let name = model.as_ref().map(|(name, _)| &**name);
                let model = name.and_then(|name| vendor.listed(name));
                ability::of_vendor(vendor.kind, vendor.surface, name, model)
            }
            None => ability::ALL,
        };
        let name = match (&target.target, vendor, &model) {
            (Some(host), ..) => host.clone(),
            (_, Some(vendor), Some((model, _))) => format!("{}/{model}", vendor.name),
            (_, Some(vendor), None) => vendor.name.to_string(),
            (_, None, _) => row.to_string(),
        };
        // Metrics need a name each; repetition is how weight is given.
        let times = names.entry(name.clone()).and_modify(|times| *times += 1).or_insert(1);
        let name = if *times > 1 { format!("{name}#{times}") } else { name };
        let surface = vendor.map(|vendor| vendor.surface).unwrap_or_default();
        let api_version = vendor.and_then(|vendor| vendor.provider.api_version.as_deref());
        let resolved = snapshot::Target {
            id,
            uuid: row,
            name: name.into(),
            address: lane.address.id,
            models_path: surface.models_path(&lane.base_path, api_version),
            base_path: lane.base_path,
            surface,
            api_version: api_version.map(Arc::from),
            raw: target.target.is_some(),
            provider: vendor.map(|vendor| Arc::clone(&vendor.name)),
            kind: vendor.map_or(dialect::Kind::OpenAiCompatible, |vendor| vendor.kind),
            can,
            model: model.as_ref().map(|(name, _)| Arc::clone(name)),
            model_location: match surface {
                Surface::Plain => target.model_location.clone(),
                Surface::Deployments => ModelLocation::Path,
                // It stands in the path of the surface's own making, or in the body.
                Surface::Vertex => ModelLocation::Body,
            },
            default_model: vendor.and_then(|vendor| vendor.default_model.clone()),
            host: host(&lane.address),
            region: lane.region,
        };
        self.snapshot.targets.insert(id, Arc::new(resolved));
        TargetPlan {
            id,
            address: lane.address.id,
            model: model.map(|(_, id)| id),
            credentials: lane.credentials,
            weight,
            tier: if target.backup { Tier::Backup } else { Tier::Regular(target.tier.unwrap_or(0)) },
            environment: lane.only,
            enabled,
            can,
            // A raw host is the same place whenever and under whatever id it was written.
            hash: match &target.target {
                Some(host) => xxh3_64(host.as_bytes()),
                None => xxh3_64(uuid.as_bytes()),
            },
        }
    }

    fn vendor_name(&self, target: &Target) -> String {
        let vendor = target.provider.and_then(|it| self.vendors.get(&it.id));
        vendor.map_or_else(String::new, |vendor| vendor.name.to_string())
    }
}

/// The first target with a provider: the lowest tier, the oldest of it.
fn first_of_provider<'t>(targets: &[(Uuid, &'t Target)]) -> Option<(Uuid, &'t Target)> {
    let of_provider = targets.iter().filter(|(_, target)| target.provider.is_some());
    of_provider.min_by_key(|(_, target)| (target.backup, target.tier)).copied()
}

/// For each environment that no target serves: the first target's provider with its default credential, for whatever
/// model the client asks for.
fn bypasses(upstream: Uuid, targets: &[(Uuid, &Target)], drafts: &[Draft<'_>]) -> Vec<(Uuid, Target)> {
    let Some((_, first)) = first_of_provider(targets) else {
        return Vec::new();
    };
    let environments = [
        (TargetEnvironment::Production, Only::Production, "production"),
        (TargetEnvironment::Sandbox, Only::Sandbox, "sandbox"),
    ];
    let empty = environments.into_iter().filter(|(_, only, _)| {
        let serves = |draft: &Draft<'_>| {
            draft.enabled && draft.weight > 0 && [Only::Any, *only].contains(&draft.lane.only)
        };
        !drafts.iter().any(serves)
    });
    let stand_in = |(environment, _, name): (TargetEnvironment, Only, &str)| {
        let target = Target {
            model: None,
            credential: None,
            endpoint: None,
            environment,
            enabled: true,
            weight: 100,
            ..(*first).clone()
        };
        (stable_id(Kind::Target, &format!("{upstream}/bypass/{name}")), target)
    };
    empty.map(stand_in).collect()
}

pub(super) fn host(address: &snapshot::Address) -> HeaderValue {
    let usual = if address.tls { 443 } else { 80 };
    let text = if address.port == usual {
        // `[::1]` keeps its brackets, but the port goes.
        let full = address::bracketed(&address.host, address.port);
        full.rsplit_once(':').map_or(full.clone(), |(host, _)| host.to_owned())
    } else {
        address::bracketed(&address.host, address.port)
    };
    HeaderValue::from_str(&text).expect("the address's check let through only hostname characters")
}

//! Which routes lead to which provider, and which have called it lately.
//!
//! A route leads to the provider it names, and to every provider that has a target in an upstream it names; that
//! requests may fail over to others is no part of it. It has called every provider that any of its requests was sent
//! to within a day, failover included. Calls go by names: who is renamed has not been called yet.

use std::{
    collections::{BTreeSet, HashMap},
    time::SystemTime,
};

use config::{Document, Entity, Kind, entity::Route};
use uuid::Uuid;

use crate::{clock::unix_seconds, state::State};

/// Routes and providers.
pub(super) struct Apis {
    of_provider: HashMap<Uuid, Uses>,
}

/// The routes that have to do with a provider.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    /// That lead to it.
    pub(super) configured: BTreeSet<Uuid>,
    /// That have called it within a day.
    pub(super) called: BTreeSet<Uuid>,
}

impl Apis {
    pub(super) fn of(state: &State, document: &Document) -> Self {
        let mut of_provider: HashMap<Uuid, Uses> = HashMap::new();
        let mut of_upstream: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        let mut routes: HashMap<String, Uuid> = HashMap::new();
        for row in document.rows(Kind::Route) {
            routes.insert(row.label(), row.id);
            let Entity::Route(route) = &*row.entity else { continue };
            let mut providers: BTreeSet<Uuid> = route.provider.iter().map(|it| it.id).collect();
            for upstream in upstreams(route) {
                let of_it = of_upstream.entry(upstream).or_insert_with(|| providers_of(document, upstream));
                providers.extend(of_it.iter());
            }
            for provider in providers {
                of_provider.entry(provider).or_default().configured.insert(row.id);
            }
        }
        let providers: HashMap<String, Uuid> =
            document.rows(Kind::Provider).map(|row| (row.label(), row.id)).collect();
        let now = unix_seconds(SystemTime::now());
        state.telemetry.history.read(&state.clock, |past| {
            for (route, provider) in past.series.called(now) {
                if let (Some(route), Some(provider)) = (routes.get(&**route), providers.get(&**provider)) {
                    of_provider.entry(*provider).or_default().called.insert(*route);
                }
            }
        });
        Apis { of_provider }
    }

    /// The routes that have to do with a provider.
    pub(super) fn uses(&self, provider: Uuid) -> Uses {
        self.of_provider.get(&provider).cloned().unwrap_or_default()
    }
}

fn upstreams(route: &Route) -> impl Iterator<Item = Uuid> {
    let each = route.upstreams.iter().flat_map(|it| [it.production, it.sandbox]);
    each.chain([route.upstream]).flatten().map(|it| it.id)
}

fn providers_of(document: &Document, upstream: Uuid) -> BTreeSet<Uuid> {
    let targets = document.children(Kind::Target, upstream);
    let providers = targets.iter().filter_map(|row| match &*row.entity {
        Entity::Target(target) => Some(target.provider?.id),
        _ => None,
    });
    providers.collect()
}

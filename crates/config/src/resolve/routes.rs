//! The ways to the upstreams, and the catalogue of what can be asked for.

use std::sync::Arc;

use balance::UpstreamId;
use dialect::Dialect;
use hashbrown::HashMap;
use uuid::Uuid;

use super::Work;
use crate::{
    Entity, Kind, derived,
    entity::{self, Reference},
    pool,
    route::{ByDialect, Entry, OfProvider, RouteInfo, Way},
};

impl Work<'_> {
    /// Builds every way; the upstreams are there already.
    pub(super) fn routes(&mut self) {
        self.named_upstreams();
        self.providers_and_models();
        self.default();
        self.matchers();
        self.catalogue();
    }

    fn named_upstreams(&mut self) {
        for row in self.document.rows(Kind::Upstream) {
            let Entity::Upstream(upstream) = &*row.entity else {
                continue;
            };
            // A pool is reached as its provider's model.
            let pool = pool::parts(&upstream.name).is_some();
            if pool || (row.id == derived::default_id() && !upstream.enabled) {
                continue;
            }
            if let Some(way) = self.way(row.id) {
                self.snapshot.routes.upstreams.insert(upstream.name.as_str().into(), way);
            }
        }
    }

    fn providers_and_models(&mut self) {
        let providers = derived::providers(self.document);
        for known in &providers {
            let name = &known.provider.name;
            let of = |model: Option<&str>| self.named(&derived::of_provider(name, model));
            let Some(any) = of(None) else { continue };
            let prefix = format!("{name}/");
            // Models that only routes ask for have an upstream as well.
            let own = self.snapshot.names.iter().filter_map(|(name, id)| {
                let model = name.strip_prefix(&prefix).filter(|it| *it != "*")?;
                Some((model.into(), *id))
            });
            let models: HashMap<Box<str>, UpstreamId> = own.collect();
            self.snapshot.routes.providers.insert(name.as_str().into(), OfProvider { any, models });
        }
        for (model, by) in derived::listed(&providers) {
            let name = match by.as_slice() {
                [one] => derived::of_provider(&one.provider.name, Some(model)),
                _ => derived::of_model(model),
            };
            if let Some(id) = self.named(&name) {
                self.snapshot.routes.models.insert(model.into(), id);
            }
        }
        // A model with a pool is known, though nobody may have listed what its provider has.
        for (provider, model, row) in self.document.pools() {
            let known = providers.iter().find(|it| it.provider.name == provider && it.provider.enabled);
            let id = known.and_then(|_| self.registry.upstream_id(row.id));
            if let Some(id) = id {
                self.snapshot.routes.models.entry(model.into()).or_insert(id);
            }
        }
        let unlisted = |dialect| match derived::unlisted(&providers, dialect).as_slice() {
            [] => None,
            [one] => self.named(&derived::of_provider(&one.provider.name, None)),
            _ => self.named(&derived::any_of(dialect)),
        };
        self.snapshot.routes.unlisted = ByDialect {
            openai: unlisted(Dialect::OpenAi),
            anthropic: unlisted(Dialect::Anthropic),
            google: unlisted(Dialect::Google),
        };
    }

    fn default(&mut self) {
        let settings = self.document.default_upstream();
        let id = self
            .named(derived::DEFAULT)
            .filter(|id| self.snapshot.upstreams.get(id).is_some_and(|it| !it.targets.is_empty()));
        self.snapshot.routes.default = id.filter(|_| settings.enabled);
        self.snapshot.routes.match_unknown_models = settings.match_unknown_models;
    }

    fn matchers(&mut self) {
        for row in self.document.rows(Kind::Route) {
            let Entity::Route(route) = &*row.entity else {
                continue;
            };
            if !route.enabled {
                continue;
            }
            let (production, sandbox) = self.ends(route);
            let methods = route.methods.iter().filter_map(|it| http::Method::from_bytes(it.as_bytes()).ok());
            let entry = Entry {
                info: Arc::new(RouteInfo { id: row.id, name: row.label().into() }),
                methods: methods.collect(),
                models: route.models.iter().map(|it| it.as_str().into()).collect(),
                strip_path: route.strip_path,
                production,
                sandbox,
            };
            self.snapshot.routes.matchers.add(route, entry);
        }
        self.snapshot.routes.matchers.finish();
    }

    /// Where a route goes in either environment.
    fn ends(&self, route: &entity::Route) -> (Option<Way>, Option<Way>) {
        let to = |reference: Option<Reference>| reference.and_then(|it| self.way(it.id));
        if let Some(upstreams) = &route.upstreams {
            return (to(upstreams.production), to(upstreams.sandbox));
        }
        let end = match route.provider.and_then(|it| self.vendors.get(&it.id)) {
            Some(vendor) => {
                let name = derived::of_provider(&vendor.name, route.model.as_deref());
                self.named(&name).and_then(|id| self.way(self.snapshot.upstreams.get(&id)?.uuid))
            }
            None => to(route.upstream),
        };
        (end.clone(), end)
    }

    fn way(&self, uuid: Uuid) -> Option<Way> {
        let upstream = self.registry.upstream_id(uuid)?;
        let resolved = self.snapshot.upstreams.get(&upstream)?;
        let needs_model = resolved.targets.iter().any(|id| {
            let target = self.snapshot.targets.get(id);
            target.is_some_and(|target| target.model.is_none() && target.default_model.is_none())
        });
        Some(Way { upstream, name: Arc::clone(&resolved.name), needs_model })
    }

    fn named(&self, name: &str) -> Option<UpstreamId> {
        self.snapshot.names.get(name).copied()
    }

    /// What `/v1/models` lists: models of enabled providers, then the names and aliases that stand for an upstream.
    fn catalogue(&mut self) {
        let mut listed: HashMap<Arc<str>, Arc<str>> = HashMap::new();
        let mut list = |id: &str, owner: &str| {
            listed.entry(id.into()).or_insert_with(|| owner.into());
        };
        let mut providers = derived::providers(self.document);
        providers.retain(|it| it.provider.enabled);
        for known in &providers {
            let models = known.provider.models.iter().flatten().map(|it| it.id.as_str());
            models
                .chain(derived::default_model(known.provider))
                .for_each(|id| list(id, &known.provider.name));
        }
        for (provider, model, _) in self.document.pools() {
            if providers.iter().any(|it| it.provider.name == provider) {
                list(model, provider);
            }
        }
        for (name, way) in &self.snapshot.routes.upstreams {
            let serves = self.snapshot.upstreams.get(&way.upstream).is_some_and(|it| !it.targets.is_empty());
            if serves && !way.needs_model && **name != *derived::DEFAULT {
                list(name, name);
            }
        }
        for row in self.document.rows(Kind::Route) {
            if let Entity::Route(route) = &*row.entity
                && route.enabled
            {
                route.models.iter().for_each(|alias| list(alias, &row.label()));
            }
        }
        let mut catalogue: Vec<(Arc<str>, Arc<str>)> = listed.into_iter().collect();
        catalogue.sort();
        self.snapshot.routes.known = catalogue.iter().map(|(id, _)| Arc::clone(id)).collect();
        self.snapshot.catalogue = catalogue;
    }
}

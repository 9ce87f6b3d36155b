//! How a request finds its upstream: by route, by path, by the model's name, or by default.
//!
//! The first that matches wins, in this order. Finding allocates nothing; only the answer that nothing was found does.

mod matcher;

#[cfg(test)]
mod tests;

use std::{ops::Range, sync::Arc};

use balance::{Environment, UpstreamId};
use dialect::{Dialect, Endpoint, Matched};
use hashbrown::HashMap;
use uuid::Uuid;

pub(crate) use matcher::{Candidate, Entry, Matchers, path_regex};

use crate::{client_key::ClientKey, schema::nearest};

/// What a request says that matters for finding its upstream.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// `Host`, without a port or with one.
    pub host: Option<&'a str>,
    /// The path, without the query.
    pub path: &'a str,
    /// The known endpoint at the end of that path.
    pub matched: Option<Matched<'a>>,
    /// The method.
    pub method: &'a http::Method,
    /// The model that the body names, or Google's path.
    pub model: Option<&'a str>,
    /// The caller's environment.
    pub environment: Environment,
    /// How the caller speaks, where the path does not tell: the model lists.
    pub caller: Dialect,
}

/// Every way to an upstream.
#[derive(Debug, Default)]
pub struct Routes {
    /// Rule 1.
    pub(crate) matchers: Matchers,
    /// Rules 2 and 3: what people named, and `default` while it is enabled.
    pub(crate) upstreams: HashMap<Box<str>, Way>,
    /// Rule 4.
    pub(crate) providers: HashMap<Box<str>, OfProvider>,
    /// Rule 5: models that enabled providers list.
    pub(crate) models: HashMap<Box<str>, UpstreamId>,
    /// Rule 5, where providers' models are not listed: by the caller's dialect.
    pub(crate) unlisted: ByDialect,
    /// Rule 6: the upstream `default`, while it is enabled and has somebody.
    pub(crate) default: Option<UpstreamId>,
    /// Rule 6: whether unknown models go there.
    pub(crate) match_unknown_models: bool,
    /// What can be asked for, for rule 7.
    pub(crate) known: Vec<Arc<str>>,
}

/// An upstream at the end of a way.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) upstream: UpstreamId,
    pub(crate) name: Arc<str>,
    /// Some target of it can only be asked for a model that the client names.
    pub(crate) needs_model: bool,
}

/// The ways to a provider.
#[derive(Debug)]
pub(crate) struct OfProvider {
    /// For models without an upstream of their own.
    pub(crate) any: UpstreamId,
    /// By model.
    pub(crate) models: HashMap<Box<str>, UpstreamId>,
}

/// An upstream for each dialect.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ByDialect {
    pub(crate) openai: Option<UpstreamId>,
    pub(crate) anthropic: Option<UpstreamId>,
    pub(crate) google: Option<UpstreamId>,
}

/// A configured route, as metrics, logs and limits know it.
#[derive(Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// Its identity.
    pub id: Uuid,
    /// Its name, or else its id: never empty.
    pub name: Arc<str>,
}

/// Where a request goes.
#[derive(Clone, Debug)]
pub struct Found {
    /// Whose targets.
    pub upstream: UpstreamId,
    /// The route that matched, if one did.
    pub route: Option<Arc<RouteInfo>>,
    /// The known endpoint at the end of the path, if there is one.
    pub endpoint: Option<Endpoint>,
    /// What is asked of the vendor, within the query's path: a known endpoint without what precedes it, anything else
    /// from where the upstream's name or a stripped prefix ends. See [`crate::snapshot::Target::vendor_path`].
    pub vendor_path: Range<usize>,
    /// Which model a target without one of its own is asked for.
    pub model: ModelChoice,
}

/// Which model a target without one of its own is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelChoice {
    /// The caller's.
    Keep,
    /// The caller's model named the upstream or the route; such a target is asked for its provider's default model
    /// ([`crate::snapshot::Target::default_model`]).
    Consumed,
    /// The caller's without its first bytes: `openai/gpt-4o` → `gpt-4o`.
    Tail(usize),
}

/// Why a request finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// Nobody serves that model (404 `model_not_found`).
    Model {
        /// What was asked for.
        asked: String,
        /// What exists, the nearest first, at most ten.
        known: Vec<Arc<str>>,
    },
    /// No route, no upstream, no endpoint has that path (404).
    Path,
    /// The route has no upstream for the caller's environment (403 `environment_mismatch`).
    EnvironmentMismatch {
        /// Which route.
        route: Arc<str>,
    },
    /// The model named an upstream or a route with a target that has no model to be asked for (400: set `target.model`,
    /// or use `/{upstream}/v1`).
    TargetModelMissing {
        /// Which upstream.
        upstream: Arc<str>,
    },
    /// No model is named, and there is no provider to fall back on (404 for a model, 503 otherwise).
    NoDefault,
}

// === impl ModelChoice ===

impl ModelChoice {
    /// The model to ask a target for that has none of its own; `None`: its provider's default.
    pub fn of<'a>(&self, asked: &'a str) -> Option<&'a str> {
        match self {
            ModelChoice::Keep => Some(asked),
            ModelChoice::Consumed => None,
            ModelChoice::Tail(skip) => asked.get(*skip..),
        }
    }
}

// === impl ByDialect ===

impl ByDialect {
    fn of(self, endpoint: Endpoint, caller: Dialect) -> Option<UpstreamId> {
        // All dialects ask for models by the same path.
        match if endpoint.is_shared() { caller } else { endpoint.dialect() } {
            Dialect::OpenAi => self.openai,
            Dialect::Anthropic => self.anthropic,
            Dialect::Google => self.google,
        }
    }
}

// === impl Routes ===

impl Routes {
    /// Where a request goes. The model is looked at only where path and route leave it open.
    pub fn find(&self, query: &Query<'_>) -> Result<Found, NotFound> {
        let matched = query.matched;
        if let Some(candidate) = self.matchers.find(query) {
            return self.by_route(query, matched, candidate);
        }
        if let Some(found) = self.by_path(query, matched) {
            return Ok(found);
        }
        match matched.filter(is_at_base) {
            Some(matched) => self.by_model(query, &matched),
            None => Err(NotFound::Path),
        }
    }

    /// Whether some way that a key opens takes that name for a model: an alias is taken by its routes, any other name by
    /// every way that asks for no alias.
    pub(crate) fn lead_to(&self, model: &str, key: &ClientKey) -> bool {
        let is_alias = |entry: &Entry| entry.models.iter().any(|it| **it == *model);
        let is_open = |entry: &Entry| key.opens(Some(&entry.info)) && entry.way(key.environment).is_some();
        let entries = self.matchers.entries();
        if entries.iter().any(is_alias) {
            return entries.iter().any(|it| is_alias(it) && is_open(it));
        }
        key.opens(None) || entries.iter().any(|it| it.models.is_empty() && is_open(it))
    }

    fn by_route(
        &self,
        query: &Query<'_>,
        matched: Option<Matched<'_>>,
        found: Candidate<'_>,
    ) -> Result<Found, NotFound> {
        let entry = found.entry;
        let Some(way) = entry.way(query.environment) else {
            return Err(NotFound::EnvironmentMismatch { route: Arc::clone(&entry.info.name) });
        };
        let model = if entry.models.is_empty() { ModelChoice::Keep } else { ModelChoice::Consumed };
        way.check(model)?;
        let start = if entry.strip_path { found.matched } else { 0 };
        Ok(Found {
            upstream: way.upstream,
            route: Some(Arc::clone(&entry.info)),
            endpoint: matched.map(|it| it.endpoint),
            vendor_path: vendor_path(matched, start..query.path.len()),
            model,
        })
    }

    /// `/{upstream}/v1/…`
    fn by_path(&self, query: &Query<'_>, matched: Option<Matched<'_>>) -> Option<Found> {
        let (name, rest) = query.path.strip_prefix('/')?.split_once('/')?;
        let way = self.upstreams.get(name)?;
        let start = query.path.len() - rest.len() - 1;
        // In `/chat/completions` the first segment is the endpoint's own, whatever upstream may be called so.
        if matched.is_some_and(|it| it.prefix.len() < start) {
            return None;
        }
        Some(Found {
            upstream: way.upstream,
            route: None,
            endpoint: matched.map(|it| it.endpoint),
            vendor_path: vendor_path(matched, start..query.path.len()),
            model: ModelChoice::Keep,
        })
    }

    fn by_model(&self, query: &Query<'_>, matched: &Matched<'_>) -> Result<Found, NotFound> {
        let found = |upstream, model| Found {
            upstream,
            route: None,
            endpoint: Some(matched.endpoint),
            vendor_path: vendor_path(Some(*matched), 0..0),
            model,
        };
        let default = self.default;
        let Some(model) = query.model.filter(|it| *it != crate::derived::DEFAULT) else {
            return default.map(|upstream| found(upstream, ModelChoice::Consumed)).ok_or(NotFound::NoDefault);
        };
        if let Some(way) = self.upstreams.get(model) {
            way.check(ModelChoice::Consumed)?;
            return Ok(found(way.upstream, ModelChoice::Consumed));
        }
        if let Some((provider, rest)) = model.split_once('/')
            && let Some(of) = self.providers.get(provider)
            && !rest.is_empty()
        {
            let upstream = of.models.get(rest).copied().unwrap_or(of.any);
            return Ok(found(upstream, ModelChoice::Tail(provider.len() + 1)));
        }
        if let Some(upstream) =
            self.models.get(model).copied().or_else(|| self.unlisted.of(matched.endpoint, query.caller))
        {
            return Ok(found(upstream, ModelChoice::Keep));
        }
        match default.filter(|_| self.match_unknown_models) {
            Some(upstream) => Ok(found(upstream, ModelChoice::Consumed)),
            None => Err(self.unknown(model)),
        }
    }

    fn unknown(&self, asked: &str) -> NotFound {
        /// As many as somebody reads in an error message.
        const NAMED_MAX: usize = 10;
        let near = nearest(self.known.iter().map(|it| &**it), asked);
        let mut known: Vec<Arc<str>> = self.known.iter().filter(|it| Some(&***it) == near).cloned().collect();
        known.extend(
            self.known.iter().filter(|it| Some(&***it) != near).take(NAMED_MAX - known.len()).cloned(),
        );
        NotFound::Model { asked: asked.to_owned(), known }
    }
}

impl Way {
    fn check(&self, model: ModelChoice) -> Result<(), NotFound> {
        if self.needs_model && model == ModelChoice::Consumed {
            return Err(NotFound::TargetModelMissing { upstream: Arc::clone(&self.name) });
        }
        Ok(())
    }
}

/// A known endpoint's own part of the path, or `otherwise`.
fn vendor_path(matched: Option<Matched<'_>>, otherwise: Range<usize>) -> Range<usize> {
    matched.map_or(otherwise, |it| it.prefix.len()..it.prefix.len() + it.suffix.len())
}

/// Whether no more than a base URL stands before an endpoint that no route and no upstream claims, with its version or
/// without one.
fn is_at_base(matched: &Matched<'_>) -> bool {
    match matched.prefix {
        "" | "/v1" | "/openai" | "/openai/v1" | "/anthropic" | "/anthropic/v1" => true,
        "/v1beta" | "/v1alpha" => {
            matched.endpoint.is_shared() || matched.endpoint.dialect() == Dialect::Google
        }
        _ => false,
    }
}

//! Upstreams that follow from the providers: `default`, `{provider}/*`, `{provider}/{model}`, `model:{model}`,
//! `any:{dialect}`.
//!
//! They have `default`'s settings and targets in tiers: first who is meant, then, while `default` is enabled, every other
//! provider by rank with its own default model, whatever dialect it speaks. So failover along `default` is nothing but a
//! lower tier, and a request that declines it only asks for the same model.

use std::{collections::BTreeMap, sync::Arc};

use dialect::Dialect;
use serde_json::{Map, Value};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    Document, Entity, Kind, Row,
    entity::{CredentialChoice, ModelLocation, Provider, Reference, Target, TargetEnvironment},
    rules, schema,
};

/// The name of the built-in upstream.
pub(crate) const DEFAULT: &str = "default";

/// The model that stands for a provider's current default.
pub(crate) const DEFAULT_MODEL: &str = "@default";

/// An identity made from a name: the same in every process, and never one that a random generator makes.
pub(crate) fn stable_id(kind: Kind, name: &str) -> Uuid {
    let hash = xxh3_128(format!("spillway/{}/{name}", kind.name()).as_bytes());
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}

/// The identity of the built-in upstream.
pub(crate) fn default_id() -> Uuid {
    stable_id(Kind::Upstream, DEFAULT)
}

/// An upstream that follows from the providers.
#[derive(Clone, Debug)]
pub(crate) struct Derived {
    /// Made from the name.
    pub(crate) id: Uuid,
    /// What it is called.
    pub(crate) name: String,
    /// By tier.
    pub(crate) targets: Vec<(Uuid, Target)>,
}

/// A provider as derivation sees it.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Its row.
    pub(crate) row: &'a Row,
    /// Its fields.
    pub(crate) provider: &'a Provider,
    /// How it talks.
    pub(crate) vendor: &'static dialect::Row,
}

/// Every provider by rank.
pub(crate) fn providers(document: &Document) -> Vec<Known<'_>> {
    let known = document.rows(Kind::Provider).filter_map(|row| match &*row.entity {
        Entity::Provider(provider) => {
            let vendor = dialect::Kind::from_name(&provider.kind)?.row();
            Some(Known { row, provider, vendor })
        }
        _ => None,
    });
    let mut known: Vec<Known<'_>> = known.collect();
    known.sort_by_key(|it| it.provider.rank);
    known
}

/// A provider's credentials by rank.
pub(crate) fn credentials(document: &Document, provider: Uuid) -> Vec<Uuid> {
    document.ranked(Kind::Credential, Some(provider)).iter().map(|row| row.id).collect()
}

/// The credential of targets that name none: the provider's own choice, or the first of `by_rank`.
pub(crate) fn default_credential(provider: &Provider, by_rank: &[Uuid]) -> Option<Uuid> {
    provider.default_credential.map(|it| it.id).or(by_rank.first().copied())
}

/// What `@default` stands for: the provider's own choice, its kind's, or the first that it lists.
pub(crate) fn default_model(provider: &Provider) -> Option<&str> {
    let own = provider.default_model.as_deref();
    let of_kind = || dialect::Kind::from_name(&provider.kind).and_then(|kind| kind.row().default_model);
    let listed = || provider.models.as_deref().and_then(|all| all.first()).map(|model| model.id.as_str());
    match &provider.models {
        // A list that does not have the kind's own default speaks against it.
        Some(models) => {
            own.or_else(|| of_kind().filter(|it| models.iter().any(|model| model.id == *it))).or_else(listed)
        }
        None => own.or_else(of_kind),
    }
}

/// The models that enabled providers list, each with its providers by rank.
pub(crate) fn listed<'a>(providers: &[Known<'a>]) -> BTreeMap<&'a str, Vec<Known<'a>>> {
    let mut listed: BTreeMap<&str, Vec<Known<'_>>> = BTreeMap::new();
    for known in providers.iter().filter(|it| it.provider.enabled) {
        for model in known.provider.models.iter().flatten() {
            let by = listed.entry(model.id.as_str()).or_default();
            if by.iter().all(|it| it.row.id != known.row.id) {
                by.push(*known);
            }
        }
    }
    listed
}

/// The enabled providers whose models nobody has listed: those of a dialect first, as what a caller calls a model is
/// most likely theirs.
pub(crate) fn unlisted<'a>(providers: &[Known<'a>], dialect: Dialect) -> Vec<Known<'a>> {
    let fits = |it: &&Known<'a>| it.provider.enabled && it.provider.models.is_none();
    let mut unlisted: Vec<Known<'a>> = providers.iter().filter(fits).copied().collect();
    unlisted.sort_by_key(|it| !it.vendor.speaks(dialect));
    unlisted
}

/// The upstream of the providers whose models nobody has listed: those of a dialect first, then the others.
pub(crate) fn any_of(dialect: Dialect) -> String {
    format!("any:{}", dialect_name(dialect))
}

/// The upstream of a model that several providers list.
pub(crate) fn of_model(model: &str) -> String {
    format!("model:{model}")
}

/// The upstream of a provider's model; without one, of whatever model the client asks for.
pub(crate) fn of_provider(provider: &str, model: Option<&str>) -> String {
    format!("{provider}/{}", model.unwrap_or("*"))
}

/// What clients are told instead of an upstream's name that only this file knows.
pub(crate) fn shown(name: &str) -> &str {
    match name.split_once(['/', ':']) {
        Some((provider, "*")) => provider,
        Some((DEFAULT, _)) => DEFAULT,
        _ => name,
    }
}

/// What an upstream is in a sentence: `upstream 'ai'`, `provider openai`.
pub(crate) fn phrase(name: &str) -> String {
    match (name.split_once('/'), name.split_once(':')) {
        (Some((provider, "*")), _) => format!("provider {provider}"),
        (_, Some(("model", model))) => format!("model '{model}'"),
        (_, Some(("any", _))) => "the providers".to_owned(),
        (Some(_), _) => format!("model '{name}'"),
        _ => format!("upstream '{}'", shown(name)),
    }
}

fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "openai",
        Dialect::Anthropic => "anthropic",
        Dialect::Google => "google",
    }
}

/// Every derived upstream; `default` first.
pub(crate) fn upstreams(document: &Document) -> Vec<Derived> {
    let providers = providers(document);
    let failover = document.default_upstream().enabled;
    let mut all = vec![Builder::new(DEFAULT).others(&providers, &[], 0).done()];
    let rest = |builder: Builder, own: &[Known<'_>], above| {
        if failover { builder.others(&providers, own, above) } else { builder }
    };
    for known in &providers {
        let own = [*known];
        let models = models_of(document, known);
        for model in std::iter::once(None).chain(models.iter().map(|it| Some(it.as_str()))) {
            let name = of_provider(&known.provider.name, model);
            all.push(rest(Builder::new(&name).target(known, model, 0), &own, 0).done());
        }
    }
    for (model, by) in listed(&providers).iter().filter(|(_, by)| by.len() > 1) {
        all.push(rest(ranked(&of_model(model), by, Some(model)), by, last_rank(by)).done());
    }
    for dialect in Dialect::ALL {
        let by = unlisted(&providers, dialect);
        if by.len() > 1 {
            let (own, foreign) = by.split_at(by.iter().take_while(|it| it.vendor.speaks(dialect)).count());
            let above = last_rank(own);
            let any = foreign.iter().fold(ranked(&any_of(dialect), own, None), |builder, known| {
                builder.target(known, None, above + known.provider.rank)
            });
            all.push(rest(any, &by, above + last_rank(foreign)).done());
        }
    }
    all.retain(|derived| derived.name == DEFAULT || document.stored_upstream(&derived.name).is_none());
    all
}

/// The models of a provider that have an upstream of their own: those it lists and those that routes ask it for.
fn models_of(document: &Document, known: &Known<'_>) -> Vec<String> {
    let mut models: Vec<String> =
        known.provider.models.iter().flatten().map(|model| model.id.clone()).collect();
    for row in document.rows(Kind::Route) {
        if let Entity::Route(route) = &*row.entity
            && route.provider.is_some_and(|it| it.id == known.row.id)
            && let Some(model) = &route.model
        {
            models.push(model.clone());
        }
    }
    models.sort();
    models.dedup();
    models
}

fn ranked(name: &str, by: &[Known<'_>], model: Option<&str>) -> Builder {
    by.iter().fold(Builder::new(name), |builder, known| builder.target(known, model, known.provider.rank))
}

fn last_rank(by: &[Known<'_>]) -> u32 {
    by.iter().map(|it| it.provider.rank).max().unwrap_or(0)
}

/// Who serves when nobody of a pool can: every other provider, as for any model of its own. They
/// belong to no stored upstream.
pub(crate) fn behind_pool(document: &Document, provider: &str, model: &str) -> Vec<(Uuid, Target)> {
    let providers = providers(document);
    let own: Vec<Known<'_>> = providers.iter().filter(|it| it.provider.name == provider).copied().collect();
    if own.is_empty() || !document.default_upstream().enabled {
        return Vec::new();
    }
    let name = format!("behind:{}", of_provider(provider, Some(model)));
    Builder::new(&name).others(&providers, &own, 0).done().targets
}

/// A derived upstream in the making.
struct Builder(Derived);

impl Builder {
    fn new(name: &str) -> Self {
        Builder(Derived { id: stable_id(Kind::Upstream, name), name: name.to_owned(), targets: Vec::new() })
    }

    fn target(mut self, known: &Known<'_>, model: Option<&str>, tier: u32) -> Self {
        let id = stable_id(Kind::Target, &format!("{}/{}", self.0.name, known.row.id));
        let target = Target {
            upstream: Reference { id: self.0.id },
            target: None,
            provider: Some(Reference { id: known.row.id }),
            scheme: None,
            endpoint: None,
            model: model.map(str::to_owned),
            model_location: ModelLocation::Body,
            credential: Some(CredentialChoice::Every),
            weight: 100,
            tier: Some(tier),
            backup: false,
            environment: TargetEnvironment::Any,
            enabled: true,
            tags: None,
        };
        self.0.targets.push((id, target));
        self
    }

    /// Every enabled provider but `own`, in the tier of its rank below `above`, with its default model.
    fn others(mut self, all: &[Known<'_>], own: &[Known<'_>], above: u32) -> Self {
        for known in all {
            let fits = known.provider.enabled
                && own.iter().all(|it| it.row.id != known.row.id)
                && default_model(known.provider).is_some();
            if fits {
                self = self.target(known, Some(DEFAULT_MODEL), above + known.provider.rank);
            }
        }
        self
    }

    fn done(self) -> Derived {
        self.0
    }
}

// === impl Derived ===

impl Derived {
    /// As a row to read; `default` has one of its own.
    pub(crate) fn row(&self, document: &Document) -> Arc<Row> {
        let default = document.default_row();
        if self.name == DEFAULT {
            return Arc::clone(default);
        }
        let mut value = (*default.value).clone();
        value["id"] = self.id.to_string().into();
        value["name"] = self.name.clone().into();
        let mut upstream = document.default_upstream().clone();
        upstream.name.clone_from(&self.name);
        Arc::new(Row {
            id: self.id,
            value: Arc::new(value),
            entity: Arc::new(Entity::Upstream(Box::new(upstream))),
            derived: true,
            ..(**default).clone()
        })
    }

    /// Its targets as rows to read.
    pub(crate) fn target_rows(&self, document: &Document) -> Vec<Arc<Row>> {
        let default = document.default_row();
        let rows = self.targets.iter().map(|(id, target)| {
            Arc::new(Row {
                kind: Kind::Target,
                id: *id,
                parent: Some(self.id),
                created_at: default.created_at,
                updated_at: default.updated_at,
                value: Arc::new(target_value(*id, target, default)),
                entity: Arc::new(Entity::Target(target.clone())),
                derived: true,
            })
        });
        rows.collect()
    }
}

fn target_value(id: Uuid, target: &Target, default: &Row) -> Value {
    let mut value = Map::new();
    value.insert("id".to_owned(), id.to_string().into());
    value.insert("created_at".to_owned(), default.created_at.into());
    value.insert("updated_at".to_owned(), default.updated_at.into());
    value.insert("upstream".to_owned(), rules::reference(target.upstream.id));
    value.extend(schema::defaults(schema::schema(Kind::Target).fields));
    value.insert("provider".to_owned(), target.provider.map_or(Value::Null, |it| rules::reference(it.id)));
    value.insert("model".to_owned(), target.model.clone().into());
    value.insert("credential".to_owned(), "*".into());
    value.insert("tier".to_owned(), target.tier.into());
    Value::Object(value)
}

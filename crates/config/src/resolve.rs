//! From the document to what requests read and the balancer balances: references become numbers, secrets become
//! headers, durations become durations. Pure: whatever the outside knows comes in as [`Facts`].

mod client_key;
mod credential;
mod pools;
mod routes;
mod settings;
mod target;
#[cfg(test)]
mod tests;
mod upstream;
mod vendor;

use std::{collections::HashMap, sync::Arc};

use balance::{ModelId, Plan};
use uuid::Uuid;

use self::{credential::Key, vendor::Vendor};
use crate::{
    Document, Entity, Kind, Owner, Registry, Secret, Snapshot, derived, pool,
    snapshot::{Address, Trust},
};

/// The only outside knowledge.
pub struct Facts<'a> {
    /// An environment variable, for `env:NAME`.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// A file's content, for `file:PATH`; the error says why not.
    pub file: &'a dyn Fn(&str) -> Result<String, String>,
    /// Opens a sealed secret for its owner; the error says why it does not open, and what to do.
    pub open: &'a dyn Fn(&str, Owner) -> Result<Secret, String>,
    /// The balancer's time at that Unix second.
    pub time_of: &'a dyn Fn(i64) -> balance::Time,
}

/// What a document comes to.
#[derive(Debug)]
pub struct Resolved {
    /// For requests.
    pub snapshot: Snapshot,
    /// For the balancer.
    pub plan: Plan,
    /// What works, but not as the operator may think.
    pub warnings: Vec<String>,
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `upstreams.my-upstream.targets[2].weight`.
    pub path: String,
    /// What.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The line in the file, where there is one.
    pub line: Option<usize>,
}

/// Resolves the whole document, or says every problem.
///
/// What only the outside can mend (a variable that is not set) is no problem but a warning: the rest goes on serving.
pub fn resolve(
    document: &Document,
    registry: &mut Registry,
    facts: &Facts<'_>,
) -> Result<Resolved, Vec<Problem>> {
    let problems = dangling(document);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut work = Work {
        document,
        registry,
        facts,
        snapshot: Snapshot::default(),
        plan: Plan::default(),
        warnings: Vec::new(),
        keys: HashMap::new(),
        vendors: HashMap::new(),
    };
    work.credentials();
    work.vendors();
    let mut targets: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in document.rows(Kind::Target) {
        if let (Entity::Target(target), Some(upstream)) = (&*row.entity, row.parent) {
            targets.entry(upstream).or_default().push((row.id, target));
        }
    }
    for row in document.rows(Kind::Upstream) {
        if let Entity::Upstream(upstream) = &*row.entity
            && row.id != derived::default_id()
        {
            let targets = targets.get(&row.id).map_or(&[][..], Vec::as_slice);
            match pool::parts(&upstream.name) {
                Some((provider, model)) => work.pool(row.id, upstream, provider, model, targets),
                None => drop(work.upstream(row.id, &upstream.name, upstream, targets)),
            }
        }
    }
    for derived in document.derived() {
        let settings = document.default_upstream();
        let targets: Vec<_> = derived.targets.iter().map(|(id, target)| (*id, target)).collect();
        work.derived_upstream(derived, settings, &targets);
    }
    work.routes();
    work.client_keys();
    Ok(Resolved { snapshot: work.snapshot, plan: work.plan, warnings: work.warnings })
}

/// References that point nowhere. Edits never leave one; rows that were stored or written by hand might.
fn dangling(document: &Document) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = |path: String, kind: Kind, id: Option<Uuid>| {
        if let Some(id) = id
            && document.by_id(kind, id).is_none()
        {
            let message = format!("{id} does not reference an existing {}", kind.name());
            let hint = Some("name one that exists, or remove the reference".to_owned());
            problems.push(Problem { path, message, hint, line: None });
        }
    };
    for kind in Kind::ALL {
        for row in document.rows(kind) {
            let at = |field: &str| format!("{}.{}.{field}", kind.plural(), row.label());
            match &*row.entity {
                Entity::Provider(it) => {
                    check(at("default_credential"), Kind::Credential, it.default_credential.map(|it| it.id));
                    for model in it.models.iter().flatten() {
                        let path = at(&format!("models.{}.default_credential", model.id));
                        check(path, Kind::Credential, model.default_credential.map(|it| it.id));
                    }
                }
                Entity::Credential(it) => check(at("provider"), Kind::Provider, Some(it.provider.id)),
                Entity::Target(it) => {
                    check(at("upstream"), Kind::Upstream, Some(it.upstream.id));
                    check(at("provider"), Kind::Provider, it.provider.map(|it| it.id));
                    check(at("credential"), Kind::Credential, it.credential.and_then(|it| it.id()));
                }
                Entity::Route(it) => {
                    check(at("service"), Kind::Service, it.service.map(|it| it.id));
                    check(at("upstream"), Kind::Upstream, it.upstream.map(|it| it.id));
                    check(at("provider"), Kind::Provider, it.provider.map(|it| it.id));
                    let each = it.upstreams.iter().flat_map(|it| [it.production, it.sandbox]);
                    each.for_each(|it| check(at("upstreams"), Kind::Upstream, it.map(|it| it.id)));
                }
                Entity::ClientKey(it) => {
                    check(at("consumer"), Kind::Consumer, Some(it.consumer.id));
                    it.routes.iter().flatten().for_each(|it| check(at("routes"), Kind::Route, Some(it.id)));
                }
                Entity::Upstream(_) | Entity::Service(_) | Entity::Consumer(_) => {}
            }
        }
    }
    problems
}

/// A resolution under way.
struct Work<'a> {
    document: &'a Document,
    registry: &'a mut Registry,
    facts: &'a Facts<'a>,
    snapshot: Snapshot,
    plan: Plan,
    warnings: Vec<String>,
    keys: HashMap<Uuid, Key<'a>>,
    vendors: HashMap<Uuid, Vendor<'a>>,
}

impl Work<'_> {
    /// The number of a model that the configuration names.
    fn model(&mut self, name: &str) -> (Arc<str>, ModelId) {
        let (name, id) = self.registry.number_model(name);
        self.snapshot.models.insert(Arc::clone(&name), id);
        (name, id)
    }

    fn address(&mut self, tls: bool, host: &str, port: u16, trust: &Trust) -> Arc<Address> {
        // In the clear there is nobody to trust.
        let trust = if tls { trust.clone() } else { Trust::default() };
        let address = Arc::new(self.registry.number_address(tls, host, port, trust));
        Arc::clone(self.snapshot.addresses.entry(address.id).or_insert(address))
    }
}

fn trust(tls: &crate::entity::Tls) -> Trust {
    Trust { ca_file: tls.ca_file.clone(), insecure: !tls.verify, server_name: tls.server_name.clone() }
}

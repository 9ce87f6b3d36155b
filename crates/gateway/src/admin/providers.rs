//! How providers stand: what `GET /providers` shows beside each entity.
//!
//! There is no opinion here of its own. Who is available is the balancer's report, and who serves instead is what the
//! built-in upstream `default` has first in that same report.

use std::sync::Arc;

use balance::{Cause, Report, State, TargetReport};
use config::{
    Document, Entity, Kind, Row,
    entity::Provider,
    snapshot::{Snapshot, Target},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Admin;
use crate::control::View;

/// The providers as they stand at one instant.
pub(super) struct Providers {
    document: Document,
    snapshot: Arc<Snapshot>,
    report: Report,
}

/// One provider's standing.
pub(super) struct Standing {
    /// `enabled`: it serves; `disabled`: an operator's wish; `abnormal`: nothing of it is available.
    pub(super) status: &'static str,
    /// Why, where it is abnormal.
    pub(super) reason: Option<String>,
    /// Who serves where it does not: provider and model.
    pub(super) served_by: Option<(Arc<str>, Arc<str>)>,
}

impl Providers {
    pub(super) fn of(admin: &Admin, view: &View) -> Self {
        let now = admin.state.clock.now();
        let (report, snapshot) = {
            let balancer = admin.state.balancer();
            (balancer.report(now), admin.state.snapshot.load_full())
        };
        Providers { document: view.document.clone(), snapshot, report }
    }

    /// A provider as it reads: the entity, its standing, its counts.
    pub(super) fn shown(&self, row: &Row) -> Value {
        let mut shown = self.document.view(row);
        let standing = self.standing(row);
        shown["status"] = standing.status.into();
        shown["reason"] = standing.reason.into();
        shown["served_by"] = standing
            .served_by
            .map(|(provider, model)| json!({ "provider": &*provider, "model": &*model }))
            .into();
        shown["api_count"] = self.api_count(row.id).into();
        shown["apis_called"] = apis_called(row.id).into();
        shown["key_count"] = self.document.children(Kind::Credential, row.id).len().into();
        shown
    }

    /// Whether it serves, and who does if not.
    pub(super) fn standing(&self, row: &Row) -> Standing {
        let Entity::Provider(provider) = &*row.entity else {
            return Standing { status: "disabled", reason: None, served_by: None };
        };
        let standing = |status, reason| Standing { status, reason, served_by: self.served_by(provider) };
        if !provider.enabled {
            return standing("disabled", None);
        }
        let own = self.targets(&provider.name);
        // What has been asked knows best; of what nobody has asked yet nothing bad is known.
        let asked: Vec<&TargetReport> = own.iter().copied().filter(|it| it.picked > 0).collect();
        let telling = if asked.is_empty() { &own } else { &asked };
        if telling.iter().any(|it| it.state == State::Available) {
            return Standing { status: "enabled", reason: None, served_by: None };
        }
        standing("abnormal", Some(self.reason(row, telling)))
    }

    /// Its members in every upstream, those that are drained or switched off by themselves aside.
    fn targets(&self, provider: &str) -> Vec<&TargetReport> {
        let all = self.report.upstreams.iter().flat_map(|upstream| &upstream.targets);
        let own = all.filter(|it| {
            let target = self.snapshot.targets.get(&it.id);
            it.state != State::Drained && target.and_then(|it| it.provider.as_deref()) == Some(provider)
        });
        own.collect()
    }

    /// Why nothing of it is available: a cause of the ledger's, or what its credentials lack.
    fn reason(&self, row: &Row, targets: &[&TargetReport]) -> String {
        // A key that can not be read counts as disabled: what it lacks says more.
        let causes = targets.iter().filter_map(|it| it.exclusion).map(|it| it.cause);
        if let Some(cause) = { causes }.find(|it| *it != Cause::Disabled) {
            return cause.name().to_owned();
        }
        let keys = self.document.children(Kind::Credential, row.id);
        let enabled = |row: &&Arc<Row>| matches!(&*row.entity, Entity::Credential(it) if it.enabled);
        let known = keys.iter().filter(enabled).filter_map(|key| {
            let credential = self.snapshot.credentials.values().find(|it| it.uuid == key.id)?;
            Some(format!("credential {}: {}", key.label(), credential.problem.as_ref()?))
        });
        match known.into_iter().next() {
            Some(problem) => problem,
            None if keys.is_empty() && targets.is_empty() => "it has no credential or no endpoint".to_owned(),
            None if !keys.is_empty() && !keys.iter().any(|it| enabled(&it)) => {
                "its credentials are disabled".to_owned()
            }
            None => "no endpoint and credential of it fit together".to_owned(),
        }
    }

    /// Whom `default` would pick now for a caller of this provider's dialect.
    fn served_by(&self, provider: &Provider) -> Option<(Arc<str>, Arc<str>)> {
        let dialect = dialect::Kind::from_name(&provider.kind)?.row().dialect;
        let upstream = self.snapshot.names.get(self.document.default_for(dialect).as_str())?;
        let upstream = self.report.upstreams.iter().find(|it| it.id == *upstream)?;
        // One target a provider, in the order of their ranks.
        let first = upstream.targets.iter().find(|it| it.state == State::Available)?;
        let target: &Target = self.snapshot.targets.get(&first.id)?;
        let other = target.provider.clone().filter(|it| **it != *provider.name)?;
        Some((other, target.model.clone()?))
    }

    /// Routes that can lead to it.
    fn api_count(&self, provider: Uuid) -> usize {
        let of_upstream = |upstream: Uuid| {
            self.document.children(Kind::Target, upstream).iter().any(
                |row| matches!(&*row.entity, Entity::Target(it) if it.provider.is_some_and(|it| it.id == provider)),
            )
        };
        let leads = |row: &&Arc<Row>| match &*row.entity {
            Entity::Route(route) => {
                let each = route.upstreams.iter().flat_map(|it| [it.production, it.sandbox]);
                let upstreams = each.chain([route.upstream]).flatten();
                route.provider.is_some_and(|it| it.id == provider) || { upstreams }
                    .any(|it| of_upstream(it.id))
            }
            _ => false,
        };
        self.document.rows(Kind::Route).filter(leads).count()
    }
}

/// Routes that have called the provider in the last 24 hours. Nobody keeps the hourly counts yet that would tell.
fn apis_called(_provider: Uuid) -> usize {
    0
}

//! How providers stand: what `GET /providers` and the diagram show beside each entity, and what events tell.
//!
//! There is no opinion here of its own: who is available is the balancer's report. What is held against models and
//! addresses is held in each upstream by itself, so a provider stands as its targets do where they have been asked; of
//! what nobody has asked yet nothing bad is known.

use std::{collections::HashMap, sync::Arc};

use balance::{CredentialReport, Exclusion, State, TargetReport, UpstreamId};
use config::{
    Document, Entity, Kind, Row,
    entity::Provider,
    snapshot::{Snapshot, Target},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Admin, apis::Apis};
use crate::control::View;

/// The providers as they stand.
pub(super) struct Providers {
    document: Document,
    snapshot: Arc<Snapshot>,
    apis: Apis,
    /// By provider.
    targets: HashMap<Arc<str>, Vec<Seen>>,
    upstreams: HashMap<UpstreamId, Vec<TargetReport>>,
}

/// A provider's target in some upstream.
#[derive(Clone, Copy)]
struct Seen {
    upstream: UpstreamId,
    report: TargetReport,
}

/// One provider's standing.
pub(super) struct Standing {
    /// `enabled`: it serves; `disabled`: an operator's wish; `abnormal`: nothing of it is available.
    pub(super) status: &'static str,
    /// Why, where it is abnormal; where it serves, what of it does not.
    pub(super) reason: Option<String>,
    /// Who serves where it does not.
    pub(super) served_by: Option<ServedBy>,
}

/// Who serves instead.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct ServedBy {
    /// A provider, or a host without one.
    provider: Arc<str>,
    /// Null: the client's own.
    model: Option<Arc<str>>,
}

impl Providers {
    pub(super) fn of(admin: &Admin, view: &View) -> Self {
        let state = &admin.state;
        let snapshot = state.snapshot.load_full();
        let mut ids: Vec<UpstreamId> = snapshot.upstreams.keys().copied().collect();
        ids.sort_unstable();
        let unnamed = out_for_unnamed(&state.balancer().report_credentials(state.clock.now()), &snapshot);
        let mut targets: HashMap<Arc<str>, Vec<Seen>> = HashMap::new();
        let mut upstreams = HashMap::with_capacity(ids.len());
        for upstream in ids {
            // One after the other: thousands of targets must not keep requests waiting for the balancer.
            let report = state.balancer().report_upstream(upstream, state.clock.now());
            let mut reports = report.map(|it| it.targets).unwrap_or_default();
            for report in &mut reports {
                let Some(target) = snapshot.targets.get(&report.id) else { continue };
                if let Some(provider) = &target.provider {
                    let out = unnamed.get(provider).filter(|_| target.model.is_none());
                    if let (State::Available, Some(out)) = (report.state, out) {
                        (report.state, report.exclusion) = (State::Cooling, Some(*out));
                    }
                    let seen = Seen { upstream, report: *report };
                    targets.entry(Arc::clone(provider)).or_default().push(seen);
                }
            }
            upstreams.insert(upstream, reports);
        }
        let apis = Apis::of(state, &view.document);
        Providers { document: view.document.clone(), snapshot, apis, targets, upstreams }
    }

    /// A provider as it reads: the entity, its standing, its counts.
    pub(super) fn shown(&self, row: &Row) -> Value {
        let mut shown = self.document.view(row);
        let standing = self.standing(row);
        let uses = self.apis.uses(row.id);
        shown["status"] = standing.status.into();
        shown["reason"] = standing.reason.into();
        shown["served_by"] = json!(standing.served_by);
        shown["api_count"] = uses.configured.len().into();
        shown["apis_called"] = uses.called.len().into();
        shown["key_count"] = self.document.children(Kind::Credential, row.id).len().into();
        shown
    }

    /// The routes that have to do with them.
    pub(super) fn apis(&self) -> &Apis {
        &self.apis
    }

    /// Whether it serves, and who does if not.
    pub(super) fn standing(&self, row: &Row) -> Standing {
        let Entity::Provider(provider) = &*row.entity else {
            return Standing { status: "disabled", reason: None, served_by: None };
        };
        let name = provider.name.as_str();
        let all = self.targets.get(name).map_or(&[][..], Vec::as_slice);
        if !provider.enabled {
            return Standing { status: "disabled", reason: None, served_by: self.served_by(provider, all) };
        }
        // Drained or switched off in one upstream says nothing of the provider.
        let is_meant = |it: &Seen| !matches!(it.report.state, State::Drained | State::Disabled);
        let meant: Vec<Seen> = all.iter().copied().filter(is_meant).collect();
        let asked: Vec<Seen> = meant.iter().copied().filter(|it| it.report.picked > 0).collect();
        let telling = if asked.is_empty() { &meant } else { &asked };
        let out = telling.iter().filter(|it| it.report.state != State::Available);
        let out: Vec<Seen> = out.copied().collect();
        if out.len() < telling.len() {
            let reason = out.first().map(|it| format!("in part: {}", self.what_is_out(it)));
            return Standing { status: "enabled", reason, served_by: None };
        }
        let soonest = out.iter().min_by_key(|it| it.report.exclusion.map(|it| it.until));
        let reason = match soonest {
            Some(seen) => self.what_is_out(seen),
            None => self.what_is_missing(row),
        };
        Standing { status: "abnormal", reason: Some(reason), served_by: self.served_by(provider, all) }
    }

    /// `rate_limit`, `127.0.0.1:7101: tcp_failures`, `127.0.0.1:7101 for gpt-4o: connect`
    fn what_is_out(&self, seen: &Seen) -> String {
        let cause = seen.report.exclusion.map_or(seen.report.state.name(), |it| it.cause.name());
        let target = self.snapshot.targets.get(&seen.report.id);
        let address = target.and_then(|it| self.snapshot.addresses.get(&it.address));
        let (Some(target), Some(address)) = (target, address) else {
            return cause.to_owned();
        };
        let place = format!("{}:{}", address.host, address.port);
        match (seen.report.state, &target.model) {
            (State::Unhealthy | State::HalfOpen, _) | (State::Suspended, None) => format!("{place}: {cause}"),
            (State::Suspended, Some(model)) => format!("{place} for {model}: {cause}"),
            _ => cause.to_owned(),
        }
    }

    /// Why it has no target that could be asked.
    fn what_is_missing(&self, row: &Row) -> String {
        let keys = self.document.children(Kind::Credential, row.id);
        let is_enabled = |row: &Row| matches!(&*row.entity, Entity::Credential(it) if it.enabled);
        let problem_of = |id: Uuid| {
            let known = self.snapshot.credentials.values().find(|it| it.uuid == id)?;
            known.problem.as_ref()
        };
        let problem = keys.iter().filter(|it| is_enabled(it)).find_map(|key| {
            let problem = problem_of(key.id)?;
            Some(format!("credential {}: {problem}", key.label()))
        });
        match problem {
            Some(problem) => problem,
            None if keys.is_empty() => "it has no credential".to_owned(),
            None if !keys.iter().any(|it| is_enabled(it)) => "its credentials are disabled".to_owned(),
            None => "no endpoint and credential of it fit together".to_owned(),
        }
    }

    /// Who is asked where it is not: in the upstream where it was asked most, or else where requests for it go, or else
    /// in `default`.
    fn served_by(&self, provider: &Provider, seen: &[Seen]) -> Option<ServedBy> {
        let mut asked: Vec<&Seen> = seen.iter().filter(|it| it.report.picked > 0).collect();
        asked.sort_by_key(|it| std::cmp::Reverse(it.report.picked));
        let named = |name: &str| self.snapshot.names.get(name).copied();
        let own = named(&format!("{}/*", provider.name));
        let default = named("default");
        let places = asked.iter().map(|it| it.upstream).chain(own).chain(default);
        places.into_iter().find_map(|it| self.first_other(it, &provider.name))
    }

    /// The first available target that is not this provider's.
    fn first_other(&self, upstream: UpstreamId, provider: &str) -> Option<ServedBy> {
        let reports = self.upstreams.get(&upstream)?;
        let uuid = self.snapshot.upstreams.get(&upstream)?.uuid;
        let tiers: HashMap<Uuid, u32> = self
            .document
            .children(Kind::Target, uuid)
            .iter()
            .filter_map(|row| match &*row.entity {
                // A backup has no tier: it comes last.
                Entity::Target(it) => Some((row.id, it.tier.filter(|_| !it.backup).unwrap_or(u32::MAX))),
                _ => None,
            })
            .collect();
        let others = reports.iter().filter(|it| it.state == State::Available).filter_map(|report| {
            let target: &Target = self.snapshot.targets.get(&report.id)?;
            (target.provider.as_deref() != Some(provider)).then_some(target)
        });
        let first = others.min_by_key(|it| tiers.get(&it.uuid).copied().unwrap_or(u32::MAX))?;
        Some(ServedBy {
            provider: first.provider.clone().unwrap_or_else(|| Arc::clone(&first.name)),
            model: first.model.clone().or_else(|| first.default_model.clone()),
        })
    }
}

/// The providers all of whose keys are out for the models that nobody has configured, and until when: whoever asks for
/// such a model is not served by them, though for its targets any key would do.
fn out_for_unnamed(reports: &[CredentialReport], snapshot: &Snapshot) -> HashMap<Arc<str>, Exclusion> {
    let mut soonest: HashMap<Arc<str>, Option<Exclusion>> = HashMap::new();
    for report in reports {
        let Some(credential) = snapshot.credentials.get(&report.id) else { continue };
        let unnamed = report.models.iter().find(|it| it.model.is_none()).map(|it| it.exclusion);
        let out = report.exclusion.or(unnamed);
        let before = soonest.get(&credential.provider).copied();
        let sooner = match (before, out) {
            (None, out) => out,
            (Some(before), out) => before.zip(out).map(|(a, b)| if b.until < a.until { b } else { a }),
        };
        soonest.insert(Arc::clone(&credential.provider), sooner);
    }
    soonest.into_iter().filter_map(|(provider, out)| Some((provider, out?))).collect()
}

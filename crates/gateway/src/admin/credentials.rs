//! How credentials stand: what `GET /providers/{p}/credentials` and the diagram show beside each entity, and what
//! events tell.
//!
//! A key that is out for everything has a `state` of its own; one that is out for a model only stays `normal`, and
//! `model_states` says for which and until when.

use std::{collections::HashMap, sync::Arc};

use balance::{CredentialId, CredentialReport, Exclusion, ModelId, Time};
use config::{
    Document, Entity, Row,
    snapshot::{Credential, Snapshot},
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Admin, health::Instants};
use crate::{control::View, telemetry::credential_state_of};

/// The credentials as they stand at one instant.
pub(super) struct Credentials {
    document: Document,
    instants: Instants,
    models: HashMap<ModelId, Arc<str>>,
    known: HashMap<Uuid, (Arc<Credential>, CredentialReport)>,
}

/// How one stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Standing {
    /// `normal`, `cooling`, `exceeded`, `error`, `expired` or `disabled`, for every model.
    pub(super) state: &'static str,
    /// Why.
    pub(super) cause: Option<String>,
    since: Option<String>,
    until: Option<String>,
    /// Seconds left.
    pub(super) ttl: Option<f64>,
    /// The models that it is out for while it is not out for all.
    pub(super) model_states: Vec<ModelStanding>,
}

/// How one stands for a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ModelStanding {
    /// Null: every model that the configuration does not name.
    model: Option<Arc<str>>,
    state: &'static str,
    cause: &'static str,
    until: Option<String>,
    /// Seconds left.
    pub(super) ttl: Option<f64>,
}

impl Credentials {
    /// All of them.
    pub(super) fn of(admin: &Admin, view: &View) -> Self {
        let now = admin.state.clock.now();
        let (reports, snapshot) = {
            let balancer = admin.state.balancer();
            (balancer.report_credentials(now), admin.state.snapshot.load_full())
        };
        Credentials::with(admin, view, now, reports, &snapshot)
    }

    /// Some of them.
    pub(super) fn only(
        admin: &Admin,
        view: &View,
        ids: impl IntoIterator<Item = CredentialId>,
        now: Time,
    ) -> Self {
        let (reports, snapshot) = {
            let balancer = admin.state.balancer();
            let reports = ids.into_iter().filter_map(|it| balancer.report_credential(it, now)).collect();
            (reports, admin.state.snapshot.load_full())
        };
        Credentials::with(admin, view, now, reports, &snapshot)
    }

    fn with(
        admin: &Admin,
        view: &View,
        now: Time,
        reports: Vec<CredentialReport>,
        snapshot: &Snapshot,
    ) -> Self {
        let known = reports.into_iter().filter_map(|report| {
            let credential = snapshot.credentials.get(&report.id)?;
            Some((credential.uuid, (Arc::clone(credential), report)))
        });
        Credentials {
            document: view.document.clone(),
            instants: Instants { clock: admin.state.clock, now },
            models: snapshot.models.iter().map(|(name, id)| (*id, Arc::clone(name))).collect(),
            known: known.collect(),
        }
    }

    /// A credential as it reads: the entity, whether it is its provider's default, and its standing.
    pub(super) fn shown(&self, row: &Row) -> Value {
        let mut shown = self.document.view(row);
        let default = row.parent.and_then(|it| self.document.default_credential(it));
        shown["default"] = (default == Some(row.id)).into();
        if let (Value::Object(shown), Ok(Value::Object(standing))) =
            (&mut shown, serde_json::to_value(self.standing(row)))
        {
            shown.extend(standing);
        }
        shown
    }

    /// How a credential stands.
    pub(super) fn standing(&self, row: &Row) -> Standing {
        let Some((credential, report)) = self.known.get(&row.id) else {
            return Standing {
                state: "disabled",
                cause: Some("disabled".to_owned()),
                since: None,
                until: None,
                ttl: None,
                model_states: Vec::new(),
            };
        };
        let (state, cause) = state(row, credential, report.exclusion);
        // What never was in has no beginning.
        let since = report.exclusion.filter(|it| it.since != Time::ZERO);
        Standing {
            state,
            cause,
            since: since.map(|it| self.instants.at(it.since)),
            until: report.exclusion.and_then(|it| self.instants.end(it)),
            ttl: report.exclusion.and_then(|it| self.instants.left(it)),
            model_states: report.models.iter().map(|it| self.model(it)).collect(),
        }
    }

    /// When its standing changes by itself next.
    pub(super) fn changes(&self, row: &Row) -> Option<Time> {
        let (_, report) = self.known.get(&row.id)?;
        let untils = report.models.iter().map(|it| it.exclusion.until);
        untils.chain(report.exclusion.map(|it| it.until)).filter(|it| *it != Time::NEVER).min()
    }

    /// Its number.
    pub(super) fn id(&self, row: &Row) -> Option<CredentialId> {
        self.known.get(&row.id).map(|(credential, _)| credential.id)
    }

    fn model(&self, it: &balance::ModelState) -> ModelStanding {
        ModelStanding {
            model: it.model.and_then(|id| self.models.get(&id).cloned()),
            state: credential_state_of(it.exclusion.cause),
            cause: it.exclusion.cause.name(),
            until: self.instants.end(it.exclusion),
            ttl: self.instants.left(it.exclusion),
        }
    }
}

/// State and cause. What an operator has switched off is disabled, whatever else is wrong with it.
fn state(row: &Row, known: &Credential, exclusion: Option<Exclusion>) -> (&'static str, Option<String>) {
    let is_enabled = matches!(&*row.entity, Entity::Credential(it) if it.enabled);
    match (&known.problem, exclusion) {
        (Some(problem), _) if is_enabled => ("error", Some(problem.clone())),
        (_, Some(out)) => (credential_state_of(out.cause), Some(out.cause.name().to_owned())),
        (_, None) => ("normal", None),
    }
}

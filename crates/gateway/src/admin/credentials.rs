//! How credentials stand: what `GET /providers/{p}/credentials` shows beside each entity.
//!
//! A key that is out for everything has a `state` of its own; one that is out for a model only stays `normal`, and
//! `model_states` says for which and until when.

use std::{collections::HashMap, sync::Arc};

use balance::{CredentialReport, Exclusion, Time};
use config::{
    Document, Entity, Row,
    snapshot::{Credential, Snapshot},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Admin, health::Instants};
use crate::{control::View, telemetry::credential_state_of};

/// The credentials as they stand at one instant.
pub(super) struct Credentials {
    document: Document,
    instants: Instants,
    snapshot: Arc<Snapshot>,
    known: HashMap<Uuid, (Arc<Credential>, CredentialReport)>,
}

impl Credentials {
    pub(super) fn of(admin: &Admin, view: &View) -> Self {
        let clock = admin.state.clock;
        let now = clock.now();
        let (report, snapshot) = {
            let balancer = admin.state.balancer();
            (balancer.report(now), admin.state.snapshot.load_full())
        };
        let known = report.credentials.into_iter().filter_map(|report| {
            let credential = snapshot.credentials.get(&report.id)?;
            Some((credential.uuid, (Arc::clone(credential), report)))
        });
        let known = known.collect();
        Credentials { document: view.document.clone(), instants: Instants { clock, now }, snapshot, known }
    }

    /// A credential as it reads: the entity, whether it is its provider's default, and its standing.
    pub(super) fn shown(&self, row: &Row) -> Value {
        let mut shown = self.document.view(row);
        let default = row.parent.and_then(|it| self.document.default_credential(it));
        shown["default"] = (default == Some(row.id)).into();
        let known = self.known.get(&row.id);
        let exclusion = known.and_then(|(_, report)| report.exclusion);
        let (state, cause) = match known {
            Some((credential, _)) => standing(row, credential, exclusion),
            None => ("disabled", Some("disabled".to_owned())),
        };
        // What never was in has no beginning.
        let since = exclusion.filter(|it| it.since != Time::ZERO);
        shown["state"] = state.into();
        shown["cause"] = cause.into();
        shown["since"] = since.map(|it| self.instants.at(it.since)).into();
        shown["until"] = exclusion.and_then(|it| self.instants.end(it)).into();
        shown["ttl"] = exclusion.and_then(|it| self.instants.left(it)).into();
        shown["model_states"] = known.map_or_else(Vec::new, |(_, report)| self.models(report)).into();
        shown
    }

    fn models(&self, report: &CredentialReport) -> Vec<Value> {
        let state = |it: &balance::ModelState| {
            json!({
                // Null: every model that the configuration does not name.
                "model": it.model.and_then(|id| self.model(id)),
                "state": credential_state_of(it.exclusion.cause),
                "cause": it.exclusion.cause.name(),
                "until": self.instants.end(it.exclusion),
                "ttl": self.instants.left(it.exclusion),
            })
        };
        report.models.iter().map(state).collect()
    }

    fn model(&self, id: balance::ModelId) -> Option<&str> {
        self.snapshot.models.iter().find(|(_, known)| **known == id).map(|(name, _)| &**name)
    }
}

/// State and cause. What an operator has switched off is disabled, whatever else is wrong with it.
fn standing(row: &Row, known: &Credential, exclusion: Option<Exclusion>) -> (&'static str, Option<String>) {
    let is_enabled = matches!(&*row.entity, Entity::Credential(it) if it.enabled);
    match (&known.problem, exclusion) {
        (Some(problem), _) if is_enabled => ("error", Some(problem.clone())),
        (_, Some(out)) => (credential_state_of(out.cause), Some(out.cause.name().to_owned())),
        (_, None) => ("normal", None),
    }
}

//! The load-balancing view of a provider's model: entries with their share and their standing, read and written as a
//! whole. What is stored is an upstream and its targets; what an entry is, and how many there must be, is `config`'s.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use config::{DEFAULT_CONFIG, Document, Edit, Entity, Kind, PoolEntry, Row};
use serde_json::{Value, json};

use super::{Admin, answer::Fault, ask::Ask, body, credentials::Credentials, health::Standings, order};
use crate::control::View;

/// `GET /providers/{p}/models/{m}/load-balancing`
pub(super) async fn read(ask: Ask) -> Result<Response, Fault> {
    let view = ask.admin.control.view();
    let provider = ask.parent_row(&view, Kind::Provider)?;
    if !is_known(&view.document, &provider, ask.at()) {
        let (provider, model) = (provider.label(), ask.at());
        return Err(Fault::not_found(format!(
            "{provider} has no model '{model}': GET /providers/{provider}/models lists them"
        )));
    }
    let pools = Pools::of(&ask.admin, &view);
    Ok(order::tagged(Json(pools.shown(&ask.admin, &view, &provider, ask.at())).into_response(), &view))
}

/// `PUT /providers/{p}/models/{m}/load-balancing`
pub(super) async fn write(mut ask: Ask) -> Result<Response, Fault> {
    ask.parent_row(&ask.admin.control.view(), Kind::Provider)?;
    let value = body::read(Kind::Upstream, &ask.headers, std::mem::take(&mut ask.body)).await?;
    let (provider, model) = (ask.parent().unwrap_or_default(), ask.at().to_owned());
    let edit = Edit::Balance { provider, model, value };
    let done = ask.admin.control.edit(edit, ask.asked()).await?;
    let provider = ask.parent_row(&done.view, Kind::Provider)?;
    let pools = Pools::of(&ask.admin, &done.view);
    let mut shown = pools.shown(&ask.admin, &done.view, &provider, ask.at());
    if !done.warnings.is_empty() {
        shown["warnings"] = done.warnings.into();
    }
    Ok(order::tagged((StatusCode::OK, Json(shown)).into_response(), &done.view))
}

/// Whether there is anything to say of that model: it has a pool, or the provider may be asked for it.
fn is_known(document: &Document, provider: &Row, model: &str) -> bool {
    let listed = match &*provider.entity {
        Entity::Provider(it) => it.models.as_ref().is_none_or(|all| all.iter().any(|it| it.id == model)),
        _ => false,
    };
    listed || document.pool(provider.name().unwrap_or_default(), model).is_some()
}

/// The pools as they stand at one instant.
pub(super) struct Pools {
    document: Document,
    credentials: Credentials,
}

impl Pools {
    pub(super) fn of(admin: &Admin, view: &View) -> Self {
        Pools { document: view.document.clone(), credentials: Credentials::of(admin, view) }
    }

    /// The whole view of one model.
    fn shown(&self, admin: &Admin, view: &View, provider: &Row, model: &str) -> Value {
        let name = provider.name().unwrap_or_default();
        let enabled = self.document.is_pooled(name, model);
        let targets = self.document.pool(name, model).filter(|_| enabled);
        let targets = targets.map(|pool| Standings::of(admin, view, pool));
        let entries = self.document.pool_entries(provider, model);
        let whole: u32 = entries.iter().filter(|it| it.enabled).map(|it| it.weight).sum();
        let shown = entries.iter().map(|it| self.entry(it, model, whole, targets.as_ref()));
        let shown: Vec<Value> = shown.collect();
        json!({
            "provider": { "id": provider.id, "name": name },
            "model": model,
            "enabled": enabled,
            "available": count(&shown),
            "entries": shown,
        })
    }

    /// How many of those who take turns may be used now: of the pool, or where there is none, of the provider's keys.
    pub(super) fn available(&self, provider: &Row, model: &str) -> Value {
        let name = provider.name().unwrap_or_default();
        if self.document.is_pooled(name, model) {
            let entries = self.document.pool_entries(provider, model);
            return count(&entries.iter().map(|it| self.entry(it, model, 1, None)).collect::<Vec<_>>());
        }
        let keys = self.document.children(Kind::Credential, provider.id);
        let fits = |row: &&std::sync::Arc<Row>| match &*row.entity {
            Entity::Credential(it) => {
                it.enabled && it.models.as_ref().is_none_or(|all| all.iter().any(|it| it == model))
            }
            _ => false,
        };
        let standing =
            |row: &std::sync::Arc<Row>| json!({ "enabled": true, "state": self.state(row, model)["state"] });
        count(&keys.iter().filter(fits).map(standing).collect::<Vec<_>>())
    }

    fn entry(&self, entry: &PoolEntry, model: &str, whole: u32, targets: Option<&Standings>) -> Value {
        let credential = entry.credential.as_ref();
        let name = credential.map_or_else(|| DEFAULT_CONFIG.to_owned(), |row| row.label());
        let share = if entry.enabled && whole > 0 { f64::from(entry.weight) / f64::from(whole) } else { 0.0 };
        let mut shown = json!({
            "credential": credential.map(|row| json!({ "id": row.id, "name": row.name() })),
            "name": name,
            "enabled": entry.enabled,
            "repeat": entry.targets.len().max(1),
            "share": (share * 1e4).round() / 1e4,
        });
        let standing = self.standing(entry, model, targets);
        for field in ["state", "cause", "until", "ttl"] {
            shown[field] = standing[field].clone();
        }
        shown
    }

    /// The credential's own state, for this model; where nothing speaks against the key, its target's.
    fn standing(&self, entry: &PoolEntry, model: &str, targets: Option<&Standings>) -> Value {
        let nowhere = |state: &str, cause: &str| json!({ "state": state, "cause": cause });
        if !entry.enabled {
            return nowhere("disabled", "disabled");
        }
        let Some(pays) = &entry.pays else {
            return nowhere("error", "the provider has no default credential");
        };
        let own = self.state(pays, model);
        let target = entry.targets.first().zip(targets).map(|(row, all)| all.shown(row)["state"].take());
        match target {
            Some(target) if own["state"] == "normal" && target["state"] != "available" => target,
            _ => own,
        }
    }

    /// How a credential stands for a model.
    fn state(&self, credential: &Row, model: &str) -> Value {
        let mut shown = self.credentials.shown(credential);
        let for_model = shown["model_states"].as_array_mut().and_then(|all| {
            let at = all.iter().position(|it| it["model"] == model)?;
            Some(all.swap_remove(at))
        });
        match for_model {
            Some(for_model) if shown["state"] == "normal" => for_model,
            _ => shown,
        }
    }
}

/// `3/4 available`, for programs and for people. Who sits out is not counted.
fn count(entries: &[Value]) -> Value {
    let taking_turns = || entries.iter().filter(|it| it["enabled"] == true);
    let (now, of) = (taking_turns().filter(|it| it["state"] == "normal").count(), taking_turns().count());
    json!({ "count": now, "of": of, "text": format!("{now}/{of} available") })
}

//! The models of a provider: its catalogue, and what the vendor says it has.

use axum::{Json, http::StatusCode};
use config::{
    Edit, Entity, Kind, Refusal, Row,
    entity::{Provider, TargetEnvironment},
};
use dialect::{Dialect, List};
use serde_json::{Map, Value, json};
use tracing::info;

use super::{
    Admin,
    answer::Fault,
    ask::Ask,
    enquiry::{Enquiry, Question, credential, place_for},
    load_balancing::Pools,
    query::Query,
};
use crate::control::View;

/// Pages of one discovery: at a thousand models a page more than any vendor has.
const PAGES_MAX: usize = 16;
/// As many as the catalogue of a provider holds.
const MODELS_MAX: usize = 4096;
/// The longest name that a model may have here.
const NAME_CHARS_MAX: usize = 256;

/// `GET /providers/{p}/models`: what the provider lists, in its order, each with whether its load is balanced and how
/// many credentials serve it now. Of a provider whose models nobody has listed only the default is known, and what has
/// a pool.
pub(super) async fn list(ask: Ask) -> Result<Json<Value>, Fault> {
    let view = ask.admin.control.view();
    let row = ask.parent_row(&view, Kind::Provider)?;
    let size = config::page_size(ask.paging().size)?;
    let default = default_model(&ask, &row);
    let mut models = catalogue(&view, &row);
    if models.is_empty()
        && let Some(default) = &default
    {
        models.push(json!({
            "id": default, "context_window": null, "capabilities": null, "default_credential": null,
        }));
    }
    let name = row.name().unwrap_or_default();
    for (of, model, _) in view.document.pools() {
        if of == name && models.iter().all(|it| it["id"] != model) {
            models.push(json!({
                "id": model, "context_window": null, "capabilities": null, "default_credential": null,
            }));
        }
    }
    for model in &mut models {
        model["default"] = (model["id"].as_str() == default.as_deref()).into();
    }
    // A page is named by the last model of the one before.
    let from = match ask.paging().offset {
        None => 0,
        Some(last) => {
            let at = models.iter().position(|it| it["id"] == last).ok_or(Refusal::InvalidOffset)?;
            at + 1
        }
    };
    let mut page: Vec<Value> = models.iter().skip(from).take(size).cloned().collect();
    let pools = Pools::of(&ask.admin, &view);
    for model in &mut page {
        let id = model["id"].as_str().unwrap_or_default().to_owned();
        model["load_balancing_enabled"] = view.document.is_pooled(name, &id).into();
        model["available"] = pools.available(&row, &id);
    }
    let last = page.last().and_then(|it| it["id"].as_str()).filter(|_| models.len() > from + size);
    let mut answer = json!({ "data": page, "next": last.map(|it| ask.next(it)) });
    if let Some(last) = last {
        answer["offset"] = last.into();
    }
    Ok(Json(answer))
}

/// `POST /providers/{p}/models/discover`: asks the vendor, and adds what it has to the catalogue. What an operator has
/// written of a model stays, and so does a model that the vendor does not tell of; `?dry_run=true` only asks.
pub(super) async fn discover(ask: Ask) -> Result<Json<Value>, Fault> {
    Query::of(&ask, &["dry_run"]).done()?;
    let dry_run = ask.flag("dry_run")?;
    let view = ask.admin.control.view();
    let row = ask.parent_row(&view, Kind::Provider)?;
    let given = ask.asked().if_match;
    config::check_match(&row, given.as_deref())?;
    let found = found(&ask.admin, &view, &row).await?;
    // It took a while: what is written builds on what is there now.
    let view = ask.admin.control.view();
    let row = ask.parent_row(&view, Kind::Provider)?;
    config::check_match(&row, given.as_deref())?;
    let known = catalogue(&view, &row);
    let names = |all: &[Value]| -> Vec<Value> { all.iter().map(|it| it["id"].clone()).collect() };
    let (known_names, found_names) = (names(&known), names(&found));
    let added: Vec<Value> = found.iter().filter(|it| !known_names.contains(&it["id"])).cloned().collect();
    let missing: Vec<&Value> = known_names.iter().filter(|it| !found_names.contains(it)).collect();
    let mut answer = json!({
        "data": found,
        "added": names(&added),
        "missing": missing,
        "stored": !dry_run,
    });
    if dry_run {
        return Ok(Json(answer));
    }
    let mut warnings = Vec::new();
    let mut patch = Map::new();
    let before = default_model(&ask, &row);
    let merged: Vec<Value> = known.into_iter().chain(added).collect();
    if let Some(default) = before
        && default_would_change(&row, &merged, &default)
    {
        if !found_names.iter().any(|it| *it == default) {
            let message =
                format!("the default model {default} is not among them: set default_model to one that is");
            warnings.push(message);
        }
        patch.insert("default_model".to_owned(), default.into());
    }
    patch.insert("models".to_owned(), merged.into());
    let mut asked = ask.asked();
    asked.if_match = Some(config::etag(&row));
    let edit =
        Edit::Patch { kind: Kind::Provider, parent: None, at: row.id.to_string(), value: patch.into() };
    let done = ask.admin.control.edit(edit, asked).await?;
    warnings.extend(done.warnings);
    answer["warnings"] = warnings.into();
    Ok(Json(answer))
}

/// Every model that the vendor tells of, each once.
async fn found(admin: &Admin, view: &View, row: &Row) -> Result<Vec<Value>, Fault> {
    let snapshot = admin.state.snapshot.load_full();
    let at = snapshot.providers.get(&row.id).ok_or_else(|| Fault::no_such(Kind::Provider, &row.label()))?;
    let title = at.kind.row().title;
    let unlisted = match at.kind.row().list {
        List::Served => None,
        List::Unserved => Some(format!(
            "{title} tells no key which models it can be asked for: write the names (of Azure's deployments) into the \
             provider's models"
        )),
        List::Elsewhere => Some(format!(
            "{title} lists its models at another place than it serves them at, where the gateway does not ask: write \
             those that are to be served into the provider's 'models'"
        )),
    };
    if let Some(message) = unlisted {
        return Err(Fault::new(StatusCode::CONFLICT, message));
    }
    let keys = view.document.ranked(Kind::Credential, Some(row.id));
    let default = view.document.default_credential(row.id);
    // The default first, then the others by rank; a disabled one is only asked with when there is no other.
    let mut usable: Vec<_> = keys
        .iter()
        .filter_map(|key| Some((key, credential(&snapshot, key.id).filter(|it| it.problem.is_none())?)))
        .collect();
    let enabled = |key: &Row| matches!(&*key.entity, Entity::Credential(it) if it.enabled);
    usable.sort_by_key(|(key, _)| (!enabled(key), default != Some(key.id)));
    let key = usable.first().map(|(_, credential)| &***credential);
    if key.is_none() && !keys.is_empty() {
        return Err(Fault::new(StatusCode::CONFLICT, "none of the provider's credentials can be used"));
    }
    let environment = usable.first().and_then(|(key, _)| match &*key.entity {
        Entity::Credential(it) => Some(it.environment),
        _ => None,
    });
    let place = place_for(at, environment.unwrap_or(TargetEnvironment::Any));
    let Some(place) = place else {
        return Err(Fault::new(StatusCode::CONFLICT, "the provider has no endpoint that could be asked"));
    };
    let tokens = &admin.state.tokens;
    let question = Question::Models;
    let enquiry = Enquiry { kind: at.kind, place, credential: key, question, tokens, is_test: false };
    let pages = at.kind.row().dialect == Some(Dialect::Anthropic);
    let mut models: Vec<Value> = Vec::new();
    let mut query = if pages { "?limit=1000".to_owned() } else { String::new() };
    for _ in 0..PAGES_MAX {
        let answer = enquiry.ask(admin.vendors(), &query).await;
        if answer.outcome != "success" {
            let status = answer.status.map_or_else(String::new, |it| format!(" ({it})"));
            let why = answer.message.map_or_else(String::new, |it| format!(": {it}"));
            let message = format!("{} answered {}{status}{why}", enquiry.url(), answer.outcome);
            return Err(Fault::new(StatusCode::BAD_GATEWAY, message));
        }
        let page: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let listed = ["data", "models", "publisherModels"]
            .iter()
            .find_map(|it| page.get(it))
            .unwrap_or(&page)
            .as_array();
        let Some(listed) = listed else {
            let message = format!("{} answered with no list of models", enquiry.url());
            return Err(Fault::new(StatusCode::BAD_GATEWAY, message));
        };
        for model in listed.iter().filter_map(model) {
            if models.len() < MODELS_MAX && models.iter().all(|it| it["id"] != model["id"]) {
                models.push(model);
            }
        }
        if let Some(next) = page["nextPageToken"].as_str().filter(|it| !it.is_empty()) {
            let mut query_of = form_urlencoded::Serializer::new(String::new());
            query_of.append_pair("pageToken", next);
            query = format!("?{}", query_of.finish());
            continue;
        }
        let last = page["last_id"].as_str().filter(|_| pages && page["has_more"] == true);
        let Some(last) = last else { break };
        let mut next = form_urlencoded::Serializer::new(String::new());
        next.append_pair("limit", "1000").append_pair("after_id", last);
        query = format!("?{}", next.finish());
    }
    info!(provider = row.label(), models = models.len(), "models discovered");
    Ok(models)
}

/// A list must not make another model the default than the one that has served so far.
fn default_would_change(row: &Row, merged: &[Value], default: &str) -> bool {
    let Entity::Provider(Provider { default_model: None, kind, .. }) = &*row.entity else {
        return false;
    };
    let of_kind = dialect::Kind::from_name(kind).and_then(|it| it.row().default_model);
    let listed = of_kind.filter(|it| merged.iter().any(|model| model["id"] == **it));
    listed.or_else(|| merged.first()?["id"].as_str()) != Some(default)
}

/// A model as the catalogue has it, from what a vendor says of it; what has no usable name is left out.
fn model(said: &Value) -> Option<Value> {
    let published = || said["name"].as_str()?.strip_prefix("publishers/google/models/");
    let id = said.as_str().or_else(|| said["id"].as_str()).or_else(published)?;
    let fits = !id.is_empty() && id.chars().count() <= NAME_CHARS_MAX && !id.contains(char::is_control);
    let windows = ["context_window", "context_length", "max_context_length", "max_model_len"];
    let window =
        windows.iter().find_map(|it| said.get(*it)?.as_u64()).filter(|it| (1..=1_000_000_000).contains(it));
    fits.then(|| json!({ "id": id, "context_window": window }))
}

fn catalogue(view: &View, row: &Row) -> Vec<Value> {
    view.document.view(row)["models"].as_array().cloned().unwrap_or_default()
}

fn default_model(ask: &Ask, row: &Row) -> Option<String> {
    let snapshot = ask.admin.state.snapshot.load();
    snapshot.providers.get(&row.id)?.default_model.as_deref().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vendors_say_of_a_model_becomes_a_row_of_the_catalogue() {
        let check = |said: Value, expected: Option<Value>| assert_eq!(model(&said), expected, "{said}");
        check(json!("a"), Some(json!({"id": "a", "context_window": null})));
        check(json!({"id": "a", "object": "model"}), Some(json!({"id": "a", "context_window": null})));
        check(json!({"id": "a", "context_length": 8192}), Some(json!({"id": "a", "context_window": 8192})));
        let published = json!({"name": "publishers/google/models/gemini-3-flash", "launchStage": "GA"});
        check(published, Some(json!({"id": "gemini-3-flash", "context_window": null})));
        check(json!({"id": "a", "max_context_length": 0}), Some(json!({"id": "a", "context_window": null})));
        for odd in [
            json!({"id": 1}),
            json!({"name": "a"}),
            json!(""),
            json!("a\nb"),
            json!("x".repeat(257)),
            json!(null),
        ] {
            check(odd, None);
        }
    }
}

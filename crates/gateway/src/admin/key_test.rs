//! `POST /providers/{p}/credentials/{c}/test`: one cheap real call with a key, and what came back.
//!
//! The call is for the list of models, which costs nothing; where a vendor has none, for one word of the default model.
//!
//! A key that the vendor accepts is rejected no more: the ledger is told so. It learns nothing else from a test. Neither
//! limits nor quotas show in a free call, and what a failed call would teach, the next request teaches with its own
//! outcome; an operator who tries out a key must not take it from the traffic.

use axum::{Json, http::StatusCode};
use balance::Order;
use config::{Entity, Kind};
use dialect::List;
use serde_json::{Value, json};
use tracing::info;

use super::{
    answer::Fault,
    ask::Ask,
    enquiry::{Enquiry, Question, credential, place_for},
};

/// The call, and its outcome. The test has succeeded when its answer says so, not by its status.
pub(super) async fn run(ask: Ask) -> Result<Json<Value>, Fault> {
    let view = ask.admin.control.view();
    let provider = ask.parent_row(&view, Kind::Provider)?;
    let no_such = || Fault::no_such(Kind::Credential, ask.at());
    let row = view.document.child(Kind::Credential, provider.id, ask.at()).ok_or_else(no_such)?;
    let snapshot = ask.admin.state.snapshot.load_full();
    let (Some(at), Some(key), Entity::Credential(entity)) =
        (snapshot.providers.get(&provider.id), credential(&snapshot, row.id), &*row.entity)
    else {
        return Err(no_such());
    };
    if let Some(problem) = &key.problem {
        return Ok(Json(told(None, "error", Some(problem), None, None)));
    }
    let Some(place) = place_for(at, entity.environment) else {
        let message = "the provider has no endpoint that this credential may be used at";
        return Err(Fault::new(StatusCode::CONFLICT, message));
    };
    let question = match (at.kind.row().list, &at.default_model) {
        (List::Served | List::Unserved, _) => Question::Models,
        (List::Elsewhere, Some(model)) => Question::Word(model),
        (List::Elsewhere, None) => {
            let message = "a key of this kind is tested with a word of a model, and none is named: set the provider's \
                           'default_model' or 'models'";
            return Err(Fault::new(StatusCode::CONFLICT, message));
        }
    };
    let tokens = &ask.admin.state.tokens;
    let enquiry = Enquiry { kind: at.kind, place, credential: Some(key), question, tokens, is_test: true };
    let found = enquiry.ask(ask.admin.vendors(), "").await;
    let about = format!("{}/{}", provider.label(), row.label());
    info!(by = ask.by(), act = "test", what = about, outcome = found.outcome, "a credential was tested");
    // A key that has been exchanged meanwhile was not the one that was tested.
    let now = ask.admin.state.snapshot.load_full();
    let is_same =
        credential(&now, row.id).is_some_and(|it| (&it.headers, &it.proof) == (&key.headers, &key.proof));
    if found.outcome == "success" && is_same {
        ask.admin.control.steer(vec![Order::KeyAccepted(key.id)], "accepted", &about, &ask.asked()).await?;
    }
    let latency = (found.took.as_secs_f64() * 1e6).round() / 1e3;
    let message = found.message.as_deref();
    Ok(Json(told(found.status, found.outcome, message, Some(latency), Some(&enquiry.url()))))
}

fn told(
    status: Option<u16>,
    outcome: &str,
    message: Option<&str>,
    latency_ms: Option<f64>,
    url: Option<&str>,
) -> Value {
    json!({
        "ok": outcome == "success",
        "status": status,
        "outcome": outcome,
        "message": message,
        "latency_ms": latency_ms,
        "url": url,
    })
}

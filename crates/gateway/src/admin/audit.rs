//! `GET /audit`: who has done what through this API, newest first, without any value that was written.

use std::time::{Duration, UNIX_EPOCH};

use axum::Json;
use serde_json::{Value, json};

use super::{answer::Fault, ask::Ask, query::Query};
use crate::{
    clock::{rfc3339, unix_ms},
    control::Failure,
    store::{AuditOutcome, AuditRow, AuditWanted},
};

/// Fields of an entry that can be asked for.
const FIELDS: [&str; 3] = ["kind", "name", "act"];

/// A page of it.
pub(super) async fn list(ask: Ask) -> Result<Json<Value>, Fault> {
    let (wanted, size) = wanted(&ask)?;
    let mut rows = ask.admin.control.audited(&wanted).await.map_err(Failure::Store)?;
    let more = rows.len() > size;
    rows.truncate(size);
    let offset = rows.last().filter(|_| more).map(|it| it.id.to_string());
    let mut answer = json!({
        "data": rows.iter().map(shown).collect::<Vec<_>>(),
        "next": offset.as_deref().map(|it| ask.next(it)),
    });
    if let Some(offset) = offset {
        answer["offset"] = offset.into();
    }
    Ok(Json(answer))
}

fn wanted(ask: &Ask) -> Result<(AuditWanted, usize), Fault> {
    let mut query = Query::of(ask, &["size", "offset", "kind", "name", "act", "outcome", "since"]);
    let size = query.size();
    let before = query.read("offset", "one that this list handed out", |it| it.parse().ok());
    let outcome = query.read("outcome", "done or refused", AuditOutcome::from_name);
    let since_ms = query.instant("since").map(unix_ms);
    let fields = FIELDS.into_iter().filter_map(|name| Some((name, query.text(name)?.to_owned()))).collect();
    query.done()?;
    Ok((AuditWanted { before, since_ms, outcome, fields, limit: size + 1 }, size))
}

fn shown(row: &AuditRow) -> Value {
    let at = Duration::from_millis(u64::try_from(row.at_ms).unwrap_or_default());
    let mut shown = json!({
        "id": row.id,
        "time": rfc3339(UNIX_EPOCH.checked_add(at).unwrap_or(UNIX_EPOCH)),
        "outcome": row.outcome.name(),
    });
    if let (Value::Object(shown), Ok(Value::Object(entry))) = (&mut shown, serde_json::from_str(&row.entry)) {
        shown.extend(entry);
    }
    shown
}

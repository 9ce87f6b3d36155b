//! A request for a message, written.

use serde_json::{Map, Number, Value, json};

use super::blocks;
use crate::translate::model::{Format, Level, Named, Part, Piece, Request, Role, ToolChoice};
use crate::translate::notes::Notes;
use crate::translate::{To, Wire, writing};

/// What an answer may take where the caller sets no limit: the vendor wants one, and it must not be more than its model
/// can do. Models of the fourth generation write 32 000 at least.
const MAX_TOKENS: u64 = 32_000;

pub(in crate::translate) fn write(request: &Request, to: &To<'_>, notes: &Notes) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), to.model.into());
    let asked = request.max_tokens.as_ref().and_then(|it| it.value.as_u64());
    let max_tokens = asked.or(to.max_tokens).unwrap_or_else(|| default_limit(to.model));
    body.insert("max_tokens".into(), max_tokens.into());
    let mut system: Vec<&Piece> = request.system.iter().collect();
    let turns = writing::alternating(&request.turns, &mut system, notes);
    let text = |it: &Piece| {
        let text = writing::text(it, notes).filter(|it| !it.is_empty())?;
        Some(json!({ "type": "text", "text": text }))
    };
    let system: Vec<Value> = system.into_iter().filter_map(text).collect();
    if !system.is_empty() {
        body.insert("system".into(), system.into());
    }
    let message = |(role, pieces): &(Role, Vec<&Piece>)| {
        let content: Vec<Value> = pieces.iter().filter_map(|it| blocks::write_back(it, notes)).collect();
        let role = if *role == Role::Assistant { "assistant" } else { "user" };
        (!content.is_empty()).then(|| json!({ "role": role, "content": content }))
    };
    body.insert("messages".into(), turns.iter().filter_map(message).collect());
    if to.stream {
        body.insert("stream".into(), true.into());
    }
    tools(request, &mut body);
    sampling(request, to.model, notes, &mut body);
    writing::put(&mut body, "stop_sequences", request.stop.as_ref());
    if let Some(user) = &request.user {
        body.insert("metadata".into(), json!({ "user_id": user.value }));
    }
    let mut config = Map::new();
    thinking(request, to.model, max_tokens, notes, &mut body, &mut config);
    match request.format.as_ref().map(|it| (&it.value, &it.field)) {
        Some((Format::Schema(it), _)) => {
            config.insert("format".into(), json!({ "type": "json_schema", "schema": it.schema }));
        }
        Some((Format::Json, field)) => {
            notes.lost(field, "the vendor's dialect (Messages) knows JSON only with a schema (json_schema)");
        }
        None => {}
    }
    if !config.is_empty() {
        body.insert("output_config".into(), config.into());
    }
    let why = "the vendor's dialect (Messages) has no such field";
    notes.lose(request.seed.as_ref(), why);
    notes.lose(request.presence_penalty.as_ref(), why);
    notes.lose(request.frequency_penalty.as_ref(), why);
    if let Some(verbosity) = &request.verbosity {
        notes.hint(&verbosity.field, why);
    }
    Value::Object(body)
}

/// Older models refuse what newer ones can do.
fn default_limit(model: &str) -> u64 {
    match model {
        it if it.contains("claude-3-5") => 8192,
        it if it.contains("claude-3-7") => MAX_TOKENS,
        it if it.contains("claude-3-") => 4096,
        _ => MAX_TOKENS,
    }
}

fn tools(request: &Request, body: &mut Map<String, Value>) {
    let tool = |it: &crate::translate::model::Tool| {
        let mut tool = Map::new();
        tool.insert("name".into(), it.name.as_str().into());
        if let Some(description) = &it.description {
            tool.insert("description".into(), description.as_str().into());
        }
        tool.insert("input_schema".into(), it.parameters.clone());
        if let Some(strict) = &it.strict {
            tool.insert("strict".into(), strict.value.into());
        }
        Value::Object(tool)
    };
    if request.tools.is_empty() {
        return;
    }
    body.insert("tools".into(), request.tools.iter().map(tool).collect());
    let one_at_a_time = request.parallel.as_ref().is_some_and(|it| !it.value);
    let choice = request.tool_choice.as_ref().map(|it| &it.value);
    let mut choice = match choice {
        None if !one_at_a_time => return,
        None | Some(ToolChoice::Auto) => json!({ "type": "auto" }),
        Some(ToolChoice::None) => json!({ "type": "none" }),
        Some(ToolChoice::Any) => json!({ "type": "any" }),
        Some(ToolChoice::One(name)) => json!({ "type": "tool", "name": name }),
    };
    if one_at_a_time && choice["type"] != "none" {
        choice["disable_parallel_tool_use"] = true.into();
    }
    body.insert("tool_choice".into(), choice);
}

/// How words are chosen. Newer models decide that for themselves and refuse whoever tells them, were it what they do.
fn sampling(request: &Request, model: &str, notes: &Notes, body: &mut Map<String, Value>) {
    if decides_for_itself(model) {
        let why = "the vendor's newer models (Claude 4.7 and later) take none";
        let is_told = |it: &&Named<Number>| it.value.as_f64() != Some(1.0);
        notes.lose(request.temperature.as_ref().filter(is_told), why);
        notes.lose(request.top_p.as_ref().filter(is_told), why);
        notes.lose(request.top_k.as_ref(), why);
        return;
    }
    temperature(request, notes, body);
    writing::put(body, "top_p", request.top_p.as_ref());
    writing::put(body, "top_k", request.top_k.as_ref());
}

/// Others go to two, this vendor to one.
fn temperature(request: &Request, notes: &Notes, body: &mut Map<String, Value>) {
    let Some(temperature) = &request.temperature else { return };
    if temperature.value.as_f64().is_some_and(|it| it > 1.0) {
        notes.lost(&temperature.field, "above 1 the vendor's dialect (Messages) takes none");
        body.insert("temperature".into(), 1.into());
        return;
    }
    body.insert("temperature".into(), temperature.value.clone().into());
}

fn thinking(
    request: &Request,
    model: &str,
    max_tokens: u64,
    notes: &Notes,
    body: &mut Map<String, Value>,
    config: &mut Map<String, Value>,
) {
    let Some(asked) = &request.thinking else { return };
    let thinking = asked.value;
    let level = thinking.level();
    if level == Some(Level::Off) {
        body.insert("thinking".into(), json!({ "type": "disabled" }));
        return;
    }
    if takes_budget(model) && calls_unthought(request, Wire::Messages) {
        notes.hint(&asked.field, "the vendor thinks on only where its own thoughts stand before its calls");
        return;
    }
    if takes_budget(model) {
        let wanted = thinking.budget.or(level.map(Level::budget)).unwrap_or(Level::Medium.budget());
        // The vendor counts thoughts as part of the answer, and wants 1024 at least.
        let budget = wanted.max(1024).min(max_tokens.saturating_sub(1));
        match budget {
            1024.. => {
                body.insert("thinking".into(), json!({ "type": "enabled", "budget_tokens": budget }));
            }
            _ => notes.hint(&asked.field, "so short an answer leaves the vendor's model no room to think"),
        }
        return;
    }
    let mut adaptive = json!({ "type": "adaptive" });
    if thinking.shown == Some(true) {
        adaptive["display"] = "summarized".into();
    }
    body.insert("thinking".into(), adaptive);
    if let Some(level) = level {
        config.insert("effort".into(), level.max(Level::Low).name().into());
    }
}

/// Whether the last answer calls tools without a thought of this vendor's before them: somebody else gave it.
pub(in crate::translate) fn calls_unthought(request: &Request, wire: Wire) -> bool {
    let last = request.turns.iter().rfind(|it| it.role == Role::Assistant);
    last.is_some_and(|it| {
        let calls = it.pieces.iter().any(|it| matches!(it.part, Part::Call(_)));
        calls && !it.pieces.iter().any(|it| writing::is_own(it, wire))
    })
}

/// Claude, since the seventh of the fourth generation. Others that speak this dialect take what they are told.
fn decides_for_itself(model: &str) -> bool {
    model.contains("claude") && !takes_budget(model) && !model.contains("-4-6")
}

/// Models before the sixth of the fourth generation are told tokens, later ones an effort.
pub(in crate::translate) fn takes_budget(model: &str) -> bool {
    const OLDER: [&str; 7] =
        ["claude-3-", "-4-0", "-4-1", "-4-5", "claude-opus-4-2", "claude-sonnet-4-2", "claude-haiku-4"];
    OLDER.iter().any(|it| model.contains(it))
}

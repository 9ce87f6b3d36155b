//! A request for content, written.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::parts;
use crate::translate::model::{
    Format, Level, Outcome, Part, Piece, Request, Role, Thinking, Tool, ToolChoice,
};
use crate::translate::notes::Notes;
use crate::translate::{To, Wire, writing};

/// What Google takes in place of a signature it never gave, for calls from other vendors' answers.
const UNSIGNED: &str = "skip_thought_signature_validator";

pub(in crate::translate) fn write(request: &Request, to: &To<'_>, notes: &Notes) -> Value {
    let mut body = Map::new();
    let mut system: Vec<&Piece> = request.system.iter().collect();
    let turns = writing::alternating(&request.turns, &mut system, notes);
    let text = |it: &Piece| Some(json!({ "text": writing::text(it, notes)? }));
    let system: Vec<Value> = system.into_iter().filter_map(text).collect();
    if !system.is_empty() {
        body.insert("systemInstruction".into(), json!({ "parts": system }));
    }
    let names = names(request);
    let content = |(role, pieces): &(Role, Vec<&Piece>)| {
        let (role, parts) = match role {
            Role::Assistant => ("model", model_parts(pieces, notes)),
            _ => ("user", user_parts(pieces, &names)),
        };
        (!parts.is_empty()).then(|| json!({ "role": role, "parts": parts }))
    };
    body.insert("contents".into(), turns.iter().filter_map(content).collect());
    tools(request, notes, &mut body);
    let config = generation_config(request, to.model);
    if !config.is_empty() {
        body.insert("generationConfig".into(), config.into());
    }
    let why = "the vendor's dialect (Gemini) has no such field";
    if let Some(user) = &request.user {
        notes.hint(&user.field, why);
    }
    if let Some(verbosity) = &request.verbosity {
        notes.hint(&verbosity.field, why);
    }
    Value::Object(body)
}

/// The names of the calls, by id: an outcome needs its function's.
fn names(request: &Request) -> HashMap<&str, &str> {
    let pieces = request.turns.iter().flat_map(|it| &it.pieces);
    let calls = pieces.filter_map(|it| match &it.part {
        Part::Call(call) => Some(call),
        _ => None,
    });
    calls.map(|it| (it.id.as_str(), it.name.as_str())).collect()
}

/// A seal goes to the first call of the answer, or else to its last text.
fn model_parts(pieces: &[&Piece], notes: &Notes) -> Vec<Value> {
    let mut parts: Vec<Map<String, Value>> = Vec::new();
    let mut seals = Vec::new();
    for piece in pieces {
        match &piece.part {
            Part::Thought(it) if writing::is_own(piece, Wire::Gemini) => {
                if !it.text.is_empty() {
                    let text = Value::from(it.text.as_str());
                    parts.push(Map::from_iter([
                        ("text".to_owned(), text),
                        ("thought".to_owned(), true.into()),
                    ]));
                }
                seals.extend(it.seal.as_ref().map(|it| it.data.as_str()));
            }
            Part::Thought(_) => writing::forget_thought(piece, notes),
            part => parts.extend(parts::write(part)),
        }
    }
    let first_call = parts.iter().position(|it| it.contains_key("functionCall"));
    let carrier = first_call.or_else(|| parts.iter().rposition(|it| !it.contains_key("thought")));
    let seal = seals.first().copied().or(first_call.map(|_| UNSIGNED));
    if let (Some(place), Some(seal)) = (carrier, seal) {
        parts[place].insert("thoughtSignature".into(), seal.into());
    }
    parts.into_iter().map(Value::Object).collect()
}

fn user_parts(pieces: &[&Piece], names: &HashMap<&str, &str>) -> Vec<Value> {
    let mut parts = Vec::new();
    for piece in pieces {
        match &piece.part {
            Part::Outcome(it) => outcome(it, names, &mut parts),
            part => parts.extend(parts::write(part).map(Value::Object)),
        }
    }
    parts
}

/// An object is sent as it is, a text as the result; pictures follow it.
fn outcome(it: &Outcome, names: &HashMap<&str, &str>, parts: &mut Vec<Value>) {
    let mut text = String::new();
    let mut beside = Vec::new();
    for piece in &it.pieces {
        match &piece.part {
            Part::Text { text: said, .. } => text.push_str(said),
            part => beside.extend(parts::write(part).map(Value::Object)),
        }
    }
    let response = match serde_json::from_str(&text) {
        _ if it.failed => json!({ "error": text }),
        Ok(Value::Object(object)) => Value::Object(object),
        _ => json!({ "result": text }),
    };
    let name = names.get(it.id.as_str()).copied().unwrap_or(&it.id);
    parts.push(json!({ "functionResponse": { "id": it.id, "name": name, "response": response } }));
    parts.append(&mut beside);
}

fn tools(request: &Request, notes: &Notes, body: &mut Map<String, Value>) {
    if request.tools.is_empty() {
        return;
    }
    let function = |it: &Tool| {
        if let Some(strict) = &it.strict {
            notes.hint(&strict.field, "the vendor's dialect (Gemini) has no such field");
        }
        let description = it.description.as_deref().unwrap_or_default();
        json!({ "name": it.name, "description": description, "parametersJsonSchema": it.parameters })
    };
    let functions: Vec<Value> = request.tools.iter().map(function).collect();
    body.insert("tools".into(), json!([{ "functionDeclarations": functions }]));
    if let Some(parallel) = request.parallel.as_ref().filter(|it| !it.value) {
        notes.lost(&parallel.field, "the vendor's dialect (Gemini) cannot forbid parallel calls");
    }
    let config = match request.tool_choice.as_ref().map(|it| &it.value) {
        None => return,
        Some(ToolChoice::Auto) => json!({ "mode": "AUTO" }),
        Some(ToolChoice::None) => json!({ "mode": "NONE" }),
        Some(ToolChoice::Any) => json!({ "mode": "ANY" }),
        Some(ToolChoice::One(name)) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    body.insert("toolConfig".into(), json!({ "functionCallingConfig": config }));
}

fn generation_config(request: &Request, model: &str) -> Map<String, Value> {
    let mut config = Map::new();
    writing::put(&mut config, "maxOutputTokens", request.max_tokens.as_ref());
    writing::put(&mut config, "temperature", request.temperature.as_ref());
    writing::put(&mut config, "topP", request.top_p.as_ref());
    writing::put(&mut config, "topK", request.top_k.as_ref());
    writing::put(&mut config, "seed", request.seed.as_ref());
    writing::put(&mut config, "presencePenalty", request.presence_penalty.as_ref());
    writing::put(&mut config, "frequencyPenalty", request.frequency_penalty.as_ref());
    writing::put(&mut config, "stopSequences", request.stop.as_ref());
    match request.format.as_ref().map(|it| &it.value) {
        Some(Format::Json) => {
            config.insert("responseMimeType".into(), "application/json".into());
        }
        Some(Format::Schema(it)) => {
            config.insert("responseMimeType".into(), "application/json".into());
            config.insert("responseJsonSchema".into(), it.schema.clone());
        }
        None => {}
    }
    if let Some(thinking) = &request.thinking {
        let thinking = thinking_config(thinking.value, model);
        if !thinking.is_empty() {
            config.insert("thinkingConfig".into(), thinking.into());
        }
    }
    config
}

/// Models of the second generation are told tokens, later ones a level.
fn thinking_config(thinking: Thinking, model: &str) -> Map<String, Value> {
    let mut config = Map::new();
    if let Some(shown) = thinking.shown {
        config.insert("includeThoughts".into(), shown.into());
    }
    let budget = thinking.budget.or(thinking.level.map(Level::budget));
    match (thinking.level(), budget) {
        (_, Some(budget)) if model.contains("gemini-2") => {
            // The most that the smallest of them takes.
            config.insert("thinkingBudget".into(), budget.min(24_576).into());
        }
        (Some(level), _) => {
            let level = level.clamp(Level::Minimal, Level::High);
            config.insert("thinkingLevel".into(), level.name().into());
        }
        _ => {}
    }
    config
}

//! A request for a response, written. Nothing is stored: who asked did not ask for that.

use serde_json::{Map, Value, json};

use crate::translate::model::{
    Call, Data, Format, Level, Media, Outcome, Part, Piece, Request, Role, Thinking, Thought,
};
use crate::translate::notes::Notes;
use crate::translate::{To, Wire, chat, media, writing};

pub(in crate::translate) fn write(request: &Request, to: &To<'_>, notes: &Notes) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), to.model.into());
    if !request.system.is_empty() {
        body.insert("instructions".into(), writing::joined(&request.system, notes).into());
    }
    body.insert("input".into(), input(request, notes).into());
    if to.stream {
        body.insert("stream".into(), true.into());
    }
    body.insert("store".into(), false.into());
    if !request.tools.is_empty() {
        let function = |it| {
            let mut tool = chat::write_function(it);
            tool.insert("type".into(), "function".into());
            // Unlike in a chat, strict is what is meant where nothing is said.
            tool.entry("strict").or_insert(false.into());
            Value::Object(tool)
        };
        body.insert("tools".into(), request.tools.iter().map(function).collect());
    }
    if let Some(choice) = &request.tool_choice {
        let named = |name: &str| json!({ "type": "function", "name": name });
        body.insert("tool_choice".into(), chat::write_choice(&choice.value).map_or_else(named, Value::from));
    }
    let all_at_once = request.parallel.as_ref().filter(|_| !request.tools.is_empty());
    writing::put(&mut body, "parallel_tool_calls", all_at_once);
    let mut text = Map::new();
    if let Some(format) = &request.format {
        let written = match &format.value {
            Format::Json => json!({ "type": "json_object" }),
            Format::Schema(it) => {
                let mut schema = chat::write_schema(it);
                schema.insert("type".into(), "json_schema".into());
                Value::Object(schema)
            }
        };
        text.insert("format".into(), written);
    }
    writing::put(&mut text, "verbosity", request.verbosity.as_ref());
    if !text.is_empty() {
        body.insert("text".into(), text.into());
    }
    writing::put(&mut body, "max_output_tokens", request.max_tokens.as_ref());
    writing::put(&mut body, "temperature", request.temperature.as_ref());
    writing::put(&mut body, "top_p", request.top_p.as_ref());
    writing::put_user(&mut body, request.user.as_ref(), notes);
    if let Some(thinking) = &request.thinking {
        reasoning(thinking.value, &mut body);
    }
    let why = "the vendor's dialect (Responses) has no such field";
    notes.lose(request.stop.as_ref(), why);
    notes.lose(request.seed.as_ref(), why);
    notes.lose(request.top_k.as_ref(), why);
    notes.lose(request.presence_penalty.as_ref(), why);
    notes.lose(request.frequency_penalty.as_ref(), why);
    Value::Object(body)
}

fn reasoning(thinking: Thinking, body: &mut Map<String, Value>) {
    let mut reasoning = Map::new();
    if let Some(level) = thinking.level() {
        reasoning.insert("effort".into(), level.name().into());
    }
    if thinking.shown == Some(true) {
        reasoning.insert("summary".into(), "auto".into());
    }
    if thinking.level() != Some(Level::Off) {
        body.insert("include".into(), json!(["reasoning.encrypted_content"]));
    }
    if !reasoning.is_empty() {
        body.insert("reasoning".into(), reasoning.into());
    }
}

fn input(request: &Request, notes: &Notes) -> Vec<Value> {
    let mut input = Vec::new();
    for turn in &request.turns {
        let role = match turn.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        // The parts of a message, until an item of another kind comes.
        let mut parts = Vec::new();
        for piece in &turn.pieces {
            let item = match &piece.part {
                Part::Call(call) => Some(write_call(call)),
                Part::Outcome(it) => Some(outcome(it, notes)),
                Part::Thought(it) if writing::is_own(piece, Wire::Responses) => Some(write_thought(it)),
                Part::Thought(_) => {
                    writing::forget_thought(piece, notes);
                    None
                }
                _ => {
                    parts.extend(part(piece, turn.role, notes));
                    None
                }
            };
            if let Some(item) = item {
                close(&mut parts, role, &mut input);
                input.push(item);
            }
        }
        close(&mut parts, role, &mut input);
    }
    input
}

fn close(parts: &mut Vec<Value>, role: &str, input: &mut Vec<Value>) {
    let content = match parts.as_slice() {
        [] => return,
        // An answer in parts is an item with the id that its vendor gave it, which nobody has here; a text is just a text.
        [one] if role == "assistant" && one["type"] == "output_text" => one["text"].clone(),
        _ => parts.clone().into(),
    };
    parts.clear();
    input.push(json!({ "type": "message", "role": role, "content": content }));
}

/// A thought that was the vendor's own: what could be read of it, the rest under its seal.
fn write_thought(it: &Thought) -> Value {
    let summary: Vec<Value> = match it.text.as_str() {
        "" => Vec::new(),
        text => vec![json!({ "type": "summary_text", "text": text })],
    };
    let seal = it.seal.as_ref().map(|it| it.written(Wire::Responses));
    json!({ "type": "reasoning", "summary": summary, "encrypted_content": seal })
}

fn write_call(call: &Call) -> Value {
    let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
    json!({ "type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments })
}

fn outcome(it: &Outcome, notes: &Notes) -> Value {
    let parts: Vec<Value> = it.pieces.iter().filter_map(|it| part(it, Role::User, notes)).collect();
    // A single text is written as every version of the API takes it.
    let output = match parts.as_slice() {
        [] => Value::from(""),
        [one] if one.get("text").is_some() => one["text"].clone(),
        _ => parts.into(),
    };
    json!({ "type": "function_call_output", "call_id": it.id, "output": output })
}

fn part(piece: &Piece, role: Role, notes: &Notes) -> Option<Value> {
    match &piece.part {
        Part::Text { text, .. } if role == Role::Assistant => {
            Some(json!({ "type": "output_text", "text": text, "annotations": [] }))
        }
        Part::Text { text, .. } => Some(json!({ "type": "input_text", "text": text })),
        Part::Refusal(text) => Some(json!({ "type": "refusal", "refusal": text })),
        Part::Image(it) => {
            Some(json!({ "type": "input_image", "image_url": media::to_url(it), "detail": "auto" }))
        }
        Part::File { media, name } => Some(file(media, name.as_deref())),
        _ => {
            notes.lost(&piece.field, "the vendor's dialect (Responses) has no place for this");
            None
        }
    }
}

fn file(media: &Media, name: Option<&str>) -> Value {
    match &media.data {
        Data::Text(text) => json!({ "type": "input_text", "text": text }),
        Data::Url(url) => json!({ "type": "input_file", "file_url": url }),
        Data::Base64(_) => {
            let name = name.unwrap_or("file.pdf");
            json!({ "type": "input_file", "filename": name, "file_data": media::to_url(media) })
        }
    }
}

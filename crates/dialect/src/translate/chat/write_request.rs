//! A chat's request, written.

use serde_json::{Map, Value, json};

use super::{message, tools};
use crate::translate::media;
use crate::translate::model::{Data, Format, Media, Outcome, Part, Piece, Request, Role, Turn};
use crate::translate::notes::Notes;
use crate::translate::{To, writing};

pub(in crate::translate) fn write(request: &Request, to: &To<'_>, notes: &Notes) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), to.model.into());
    body.insert("messages".into(), messages(request, to, notes).into());
    if to.stream {
        body.insert("stream".into(), true.into());
        // The caller may not want to see it, but we count.
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    if !request.tools.is_empty() {
        let function = |it| json!({ "type": "function", "function": tools::write_function(it) });
        body.insert("tools".into(), request.tools.iter().map(function).collect());
    }
    if let Some(choice) = &request.tool_choice {
        let named = |name: &str| json!({ "type": "function", "function": { "name": name } });
        body.insert("tool_choice".into(), tools::write_choice(&choice.value).map_or_else(named, Value::from));
    }
    let all_at_once = request.parallel.as_ref().filter(|_| !request.tools.is_empty());
    writing::put(&mut body, "parallel_tool_calls", all_at_once);
    if let Some(format) = &request.format {
        let written = match &format.value {
            Format::Json => json!({ "type": "json_object" }),
            Format::Schema(it) => json!({ "type": "json_schema", "json_schema": tools::write_schema(it) }),
        };
        body.insert("response_format".into(), written);
    }
    writing::put(&mut body, to.limit_field, request.max_tokens.as_ref());
    writing::put(&mut body, "temperature", request.temperature.as_ref());
    writing::put(&mut body, "top_p", request.top_p.as_ref());
    writing::put(&mut body, "seed", request.seed.as_ref());
    writing::put(&mut body, "presence_penalty", request.presence_penalty.as_ref());
    writing::put(&mut body, "frequency_penalty", request.frequency_penalty.as_ref());
    writing::put(&mut body, "stop", request.stop.as_ref());
    writing::put(&mut body, "verbosity", request.verbosity.as_ref());
    writing::put_user(&mut body, request.user.as_ref(), notes);
    if let Some(level) = request.thinking.as_ref().and_then(|it| it.value.level()) {
        body.insert("reasoning_effort".into(), level.name().into());
    }
    notes.lose(request.top_k.as_ref(), "the vendor's dialect (Chat Completions) has no top_k");
    Value::Object(body)
}

fn messages(request: &Request, to: &To<'_>, notes: &Notes) -> Vec<Value> {
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": writing::joined(&request.system, notes) }));
    }
    for turn in &request.turns {
        match turn.role {
            Role::System => {
                messages.push(json!({ "role": "system", "content": writing::joined(&turn.pieces, notes) }));
            }
            Role::User => user(turn, notes, &mut messages),
            Role::Assistant => {
                if !to.keep_thoughts {
                    writing::forget_thoughts(&turn.pieces, notes);
                }
                messages.push(message::write_assistant(turn.pieces.iter(), to.keep_thoughts));
            }
        }
    }
    messages
}

/// Outcomes are messages of their own and come first; pictures in them have no place there and follow as the user's.
fn user(turn: &Turn, notes: &Notes, messages: &mut Vec<Value>) {
    let mut parts = Vec::new();
    let mut beside = Vec::new();
    for piece in &turn.pieces {
        match &piece.part {
            Part::Outcome(it) => messages.push(outcome(it, notes, &mut beside)),
            _ => parts.extend(part(piece, notes)),
        }
    }
    beside.append(&mut parts);
    if beside.is_empty() {
        return;
    }
    // A single text is written as most vendors like it best.
    let only = match beside.as_slice() {
        [one] => one.get("text").cloned(),
        _ => None,
    };
    messages.push(json!({ "role": "user", "content": only.unwrap_or(Value::Array(beside)) }));
}

fn outcome(it: &Outcome, notes: &Notes, beside: &mut Vec<Value>) -> Value {
    let mut text = String::new();
    for piece in &it.pieces {
        match &piece.part {
            Part::Text { text: said, .. } => text.push_str(said),
            _ => beside.extend(part(piece, notes)),
        }
    }
    json!({ "role": "tool", "tool_call_id": it.id, "content": text })
}

fn part(piece: &Piece, notes: &Notes) -> Option<Value> {
    match &piece.part {
        Part::Text { text, .. } => Some(json!({ "type": "text", "text": text })),
        Part::Image(it) => Some(json!({ "type": "image_url", "image_url": { "url": media::to_url(it) } })),
        Part::Audio(Media { kind, data: Data::Base64(data) }) => {
            let format = match media::extension(kind) {
                Some(known) => known,
                None => kind.rsplit('/').next().unwrap_or_default(),
            };
            Some(json!({ "type": "input_audio", "input_audio": { "data": data, "format": format } }))
        }
        Part::File { media: it, name } => file(it, name.as_deref(), &piece.field, notes),
        _ => {
            notes.lost(&piece.field, "a user's message cannot hold this in the vendor's dialect");
            None
        }
    }
}

fn file(media: &Media, name: Option<&str>, field: &str, notes: &Notes) -> Option<Value> {
    match &media.data {
        // A text is a text wherever it stands, and not every vendor takes files.
        Data::Text(text) => Some(json!({ "type": "text", "text": text })),
        Data::Base64(_) => {
            let name = name.unwrap_or("file.pdf");
            let file = json!({ "filename": name, "file_data": media::to_url(media) });
            Some(json!({ "type": "file", "file": file }))
        }
        Data::Url(_) => {
            notes.lost(field, "the vendor's dialect (Chat Completions) takes no file by its URL");
            None
        }
    }
}

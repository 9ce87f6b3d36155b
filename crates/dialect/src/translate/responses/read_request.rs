//! A request for a response, read.

use serde_json::Value;

use super::{items, tools};
use crate::translate::chat;
use crate::translate::model::{Level, Part, Piece, Request, Role, Thinking, Turn};
use crate::translate::object::Object;

pub(in crate::translate) fn read(mut body: Object<'_>) -> Request {
    let mut request = Request::default();
    if let Some(text) = body.text("instructions") {
        request.system.push(Piece { part: Part::text(text), field: body.path("instructions") });
    }
    input(&mut body, &mut request);
    tools::read(&mut body, &mut request);
    request.tool_choice = chat::read_choice(&mut body);
    request.parallel = body.named_truth("parallel_tool_calls");
    if let Some(mut text) = body.object("text") {
        request.format = text.object("format").and_then(chat::read_format);
        request.verbosity = text.named_text("verbosity");
        text.done();
    }
    request.max_tokens = body.named_number("max_output_tokens");
    request.temperature = body.named_number("temperature");
    request.top_p = body.named_number("top_p");
    request.user = body.named_text("user");
    reasoning(&mut body, &mut request);
    if let Some(truncation) = body.text("truncation").filter(|it| it != "disabled") {
        body.notes.lost(body.path("truncation"), format!("`{truncation}` cannot be translated"));
    }
    for name in ["previous_response_id", "conversation"] {
        if body.take(name).is_some_and(|it| !it.is_null()) {
            body.notes.wrong(
                body.path(name),
                "names a conversation that only its own vendor has: send it as `input`",
            );
        }
    }
    let extras = body.texts("include").unwrap_or_default();
    for extra in extras.iter().filter(|it| *it != "reasoning.encrypted_content") {
        let extra = &extra[..extra.floor_char_boundary(64)];
        body.notes
            .hint(body.path("include"), format!("`{extra}` is nothing the vendor that answers can add"));
    }
    body.ignore(&["model", "stream", "stream_options"]);
    body.hints(&[
        "store",
        "metadata",
        "service_tier",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "safety_identifier",
        "client_metadata",
    ]);
    body.done();
    request
}

fn input(body: &mut Object<'_>, request: &mut Request) {
    let field = body.path("input");
    if let Some(Value::String(_)) = body.look("input") {
        let text = body.text("input").unwrap_or_default();
        let pieces = vec![Piece { part: Part::text(text), field }];
        return request.turns.push(Turn { role: Role::User, pieces });
    }
    for (role, pieces) in body.objects("input").into_iter().filter_map(items::read) {
        add(request, role, pieces);
    }
}

/// What the model said in one go stands in several items, and so does what its tools said.
fn add(request: &mut Request, role: Role, mut pieces: Vec<Piece>) {
    if role == Role::System && request.turns.is_empty() {
        return request.system.append(&mut pieces);
    }
    let is_outcome = |it: &Piece| matches!(it.part, Part::Outcome(_));
    let outcomes = pieces.iter().all(is_outcome);
    match request.turns.last_mut() {
        Some(last) if last.role == role && role == Role::Assistant => last.pieces.append(&mut pieces),
        Some(last) if last.role == role && outcomes && last.pieces.iter().all(is_outcome) => {
            last.pieces.append(&mut pieces);
        }
        _ => request.turns.push(Turn { role, pieces }),
    }
}

fn reasoning(body: &mut Object<'_>, request: &mut Request) {
    let Some(mut it) = body.object("reasoning") else { return };
    let shown = it.text("summary").or_else(|| it.text("generate_summary"));
    let mut thinking = Thinking { shown: shown.map(|it| it != "none"), ..Thinking::default() };
    if let Some(effort) = it.text("effort") {
        thinking.level = Level::from_name(&effort);
        if thinking.level.is_none() {
            it.notes.wrong(it.path("effort"), "must be none, minimal, low, medium, high, xhigh or max");
        }
    }
    let named = it.named("effort", thinking);
    it.done();
    if thinking != Thinking::default() {
        request.thinking = Some(named);
    }
}

//! A request for a message, read.

use serde_json::json;

use super::blocks;
use crate::translate::chat;
use crate::translate::model::{
    Format, Level, Named, Request, Role, Schema, Thinking, Tool, ToolChoice, Turn,
};
use crate::translate::object::Object;

pub(in crate::translate) fn read(mut body: Object<'_>) -> Request {
    let mut request = Request { system: blocks::content(&mut body, "system"), ..Request::default() };
    for mut it in body.objects("messages") {
        let role = match it.text("role").as_deref() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system") => Role::System,
            _ => {
                it.notes.wrong(it.path("role"), "must be user or assistant");
                continue;
            }
        };
        let pieces = blocks::content(&mut it, "content");
        it.done();
        request.turns.push(Turn { role, pieces });
    }
    for it in body.objects("tools") {
        request.tools.extend(tool(it));
    }
    tool_choice(&mut body, &mut request);
    request.max_tokens = body.named_number("max_tokens");
    request.temperature = body.named_number("temperature");
    request.top_p = body.named_number("top_p");
    request.top_k = body.named_number("top_k");
    request.stop = body.texts("stop_sequences").map(|it| body.named("stop_sequences", it));
    if let Some(mut metadata) = body.object("metadata") {
        request.user = metadata.named_text("user_id");
        metadata.done();
    }
    thinking(&mut body, &mut request);
    body.ignore(&["model", "stream"]);
    body.hints(&["service_tier", "cache_control", "context_management", "speed"]);
    body.done();
    request
}

fn tool(mut it: Object<'_>) -> Option<Tool> {
    if it.text("type").is_some_and(|it| it != "custom") {
        it.notes.lost(it.path("type"), "is a tool that only its own vendor has");
        return None;
    }
    it.hints(&[
        "cache_control",
        "input_examples",
        "eager_input_streaming",
        "defer_loading",
        "allowed_callers",
    ]);
    let tool = Tool {
        name: it.text("name").unwrap_or_default(),
        description: it.text("description"),
        parameters: it.take("input_schema").unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
        strict: it.named_truth("strict").filter(|it| it.value),
    };
    it.done();
    Some(tool)
}

fn tool_choice(body: &mut Object<'_>, request: &mut Request) {
    let Some(mut it) = body.object("tool_choice") else { return };
    let parallel = it.named_truth("disable_parallel_tool_use");
    request.parallel = parallel.map(|it| Named { value: !it.value, field: it.field });
    let name = it.text("name").unwrap_or_default();
    let choice = match it.text("type").as_deref() {
        Some("auto") => ToolChoice::Auto,
        Some("any") => ToolChoice::Any,
        Some("none") => ToolChoice::None,
        Some("tool") => ToolChoice::One(name),
        _ => return it.notes.wrong(it.path("type"), "must be auto, any, tool or none"),
    };
    it.done();
    request.tool_choice = Some(body.named("tool_choice", choice));
}

fn thinking(body: &mut Object<'_>, request: &mut Request) {
    let mut asked = Thinking::default();
    let mut field = None;
    if let Some(mut it) = body.object("thinking") {
        let budget = it.number("budget_tokens").and_then(|it| it.as_u64());
        match it.text("type").as_deref() {
            Some("enabled") => asked.budget = budget,
            Some("disabled") => asked.level = Some(Level::Off),
            Some("adaptive") => {}
            _ => it.notes.wrong(it.path("type"), "must be enabled, adaptive or disabled"),
        }
        asked.shown = match it.text("display").as_deref() {
            Some(display) => Some(display != "omitted"),
            None => (asked.level != Some(Level::Off)).then_some(true),
        };
        it.done();
        field = Some("thinking".to_owned());
    }
    if let Some(mut it) = body.object("output_config") {
        if let Some(effort) = it.text("effort") {
            match Level::from_name(&effort) {
                // Switched off is off, whatever the effort.
                Some(level) if asked.level.is_none() => asked.level = Some(level),
                Some(_) => {}
                None => it.notes.wrong(it.path("effort"), "must be low, medium, high, xhigh or max"),
            }
            field.get_or_insert_with(|| it.path("effort"));
        }
        request.format = it.object("format").and_then(format);
        it.done();
    }
    // The field's name before it was settled.
    request.format = request.format.take().or_else(|| body.object("output_format").and_then(format));
    if let Some(field) = field.filter(|_| asked != Thinking::default()) {
        request.thinking = Some(Named { value: asked, field });
    }
}

fn format(it: Object<'_>) -> Option<Named<Format>> {
    let read = chat::read_format(it)?;
    // Here a schema always binds.
    let value = match read.value {
        Format::Schema(schema) => Format::Schema(Schema { strict: Some(true), ..schema }),
        other => other,
    };
    Some(Named { value, field: read.field })
}

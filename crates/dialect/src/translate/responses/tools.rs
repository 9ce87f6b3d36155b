//! Tools: functions, freeform tools that take a text instead of arguments, and groups of both.
//!
//! Only OpenAI knows the latter two, and coding agents live by them. Everywhere else a freeform tool is a function with
//! one argument, and a tool of a group stands beside all others with its group's name in front of its own; the calls come
//! back as what the caller has ([`Alias`]).

use serde_json::json;

use crate::translate::chat;
use crate::translate::model::{Alias, FREEFORM, Request, Tool};
use crate::translate::object::Object;

/// The longest name of a function that vendors take.
const NAME_MAX: usize = 64;

/// `tools` of a request.
pub(super) fn read(body: &mut Object<'_>, into: &mut Request) {
    for mut it in body.objects("tools") {
        if it.peek("type") != Some("namespace") {
            tool(it, None, into);
            continue;
        }
        it.ignore(&["type"]);
        it.hints(&["description"]);
        let group = it.text("name").unwrap_or_default();
        for member in it.objects("tools") {
            tool(member, Some(&group), into);
        }
        it.done();
    }
}

fn tool(mut it: Object<'_>, group: Option<&str>, into: &mut Request) {
    let kind = it.text("type").unwrap_or_default();
    let (at, notes) = (it.path("name"), it.notes);
    it.hints(&["defer_loading", "allowed_callers", "output_schema"]);
    let mut tool = match kind.as_str() {
        "function" => chat::read_function(it),
        "custom" => freeform(it),
        _ => {
            let kind = &kind[..kind.floor_char_boundary(NAME_MAX)];
            return notes.lost(it.path("type"), format!("`{kind}` is a tool that only its own vendor has"));
        }
    };
    let freeform = kind == "custom";
    let name = tool.name.clone();
    tool.name = told(group, &name);
    if group.is_some() && tool.name.len() > NAME_MAX {
        return notes.lost(at, format!("with its namespace it is longer than {NAME_MAX} characters"));
    }
    let is_taken = |it: &Tool| it.name == tool.name;
    if (group.is_some() || !into.aliases.is_empty()) && into.tools.iter().any(is_taken) {
        let told = &tool.name[..tool.name.floor_char_boundary(NAME_MAX)];
        return notes.lost(at, format!("another tool is `{told}` for vendors that know no namespaces"));
    }
    if group.is_some() || freeform {
        let (told, group) = (tool.name.clone(), group.map(str::to_owned));
        into.aliases.push(Alias { told, group, name, freeform });
    }
    into.tools.push(tool);
}

/// A tool that takes a text. The grammar that its own vendor would hold the text to is told in words.
fn freeform(mut it: Object<'_>) -> Tool {
    let mut description = it.text("description").unwrap_or_default();
    if let Some(mut format) = it.object("format") {
        let syntax = format.text("syntax").unwrap_or_default();
        if let Some(grammar) = format.text("definition") {
            description.push_str(&format!("\n\nThe text must follow this grammar ({syntax}):\n{grammar}"));
        }
        format.ignore(&["type"]);
        format.done();
    }
    let tool = Tool {
        name: it.text("name").unwrap_or_default(),
        description: Some(description).filter(|it| !it.is_empty()),
        parameters: json!({
            "type": "object",
            "properties": { FREEFORM: { "type": "string", "description": "The text, as it is." } },
            "required": [FREEFORM],
            "additionalProperties": false,
        }),
        strict: None,
    };
    it.done();
    tool
}

/// The name that a vendor is told for a tool.
pub(super) fn told(group: Option<&str>, name: &str) -> String {
    group.map_or_else(|| name.to_owned(), |group| format!("{group}__{name}"))
}

//! Tools and response formats, which Chat and Responses name alike.

use serde_json::{Map, Value, json};

use crate::translate::model::{Format, Named, Request, Schema, Tool, ToolChoice};
use crate::translate::notes::Notes;
use crate::translate::object::Object;

/// `tools` of a chat.
pub(super) fn read(body: &mut Object<'_>, into: &mut Request) {
    for mut it in body.objects("tools") {
        match it.peek("type").unwrap_or("function") {
            "function" => {}
            _ => {
                it.notes.lost(it.path("type"), "is a tool that only its own vendor has");
                continue;
            }
        }
        it.ignore(&["type"]);
        it.hints(&["cache_control"]);
        if let Some(function) = it.object("function") {
            into.tools.push(read_function(function));
        }
        it.done();
    }
}

/// A function: `name`, `description`, `parameters`, `strict`.
pub(in crate::translate) fn read_function(mut it: Object<'_>) -> Tool {
    let tool = Tool {
        name: it.text("name").unwrap_or_default(),
        description: it.text("description"),
        parameters: it.take("parameters").unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
        strict: it.named_truth("strict").filter(|it| it.value),
    };
    it.done();
    tool
}

pub(in crate::translate) fn write_function(tool: &Tool) -> Map<String, Value> {
    let mut function = Map::new();
    function.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        function.insert("description".into(), description.as_str().into());
    }
    function.insert("parameters".into(), tool.parameters.clone());
    if let Some(strict) = &tool.strict {
        function.insert("strict".into(), strict.value.into());
    }
    function
}

/// `auto`, `none`, `required`, or an object that names a function: inside `function` (Chat) or beside it (Responses).
pub(in crate::translate) fn read_choice(body: &mut Object<'_>) -> Option<Named<ToolChoice>> {
    let field = body.path("tool_choice");
    let value = match body.take("tool_choice")? {
        Value::String(word) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Any,
            _ => return unknown(body.notes, field),
        },
        Value::Object(map) => {
            let name = map.get("function").unwrap_or(&Value::Null).get("name").or_else(|| map.get("name"));
            match (map.get("type").and_then(Value::as_str), name.and_then(Value::as_str)) {
                (Some("function" | "custom"), Some(name)) => ToolChoice::One(name.to_owned()),
                _ => return unknown(body.notes, field),
            }
        }
        _ => return unknown(body.notes, field),
    };
    Some(Named { value, field })
}

fn unknown<T>(notes: &Notes, field: String) -> Option<T> {
    notes.lost(field, "must be auto, none, required or a function, to be understood elsewhere");
    None
}

/// The word for it, or the name of the one function.
pub(in crate::translate) fn write_choice(choice: &ToolChoice) -> Result<&'static str, &str> {
    match choice {
        ToolChoice::Auto => Ok("auto"),
        ToolChoice::None => Ok("none"),
        ToolChoice::Any => Ok("required"),
        ToolChoice::One(name) => Err(name),
    }
}

/// A format by its `type`; the schema's own fields stand beside it (Responses) or in `json_schema` (Chat).
pub(in crate::translate) fn read_format(mut it: Object<'_>) -> Option<Named<Format>> {
    let field = it.at().to_owned();
    let kind = it.text("type").unwrap_or_default();
    let format = match kind.as_str() {
        "json_object" => Format::Json,
        "json_schema" => {
            let inner = it.object("json_schema");
            let schema = match inner {
                Some(mut inner) => {
                    let schema = read_schema(&mut inner);
                    inner.done();
                    schema
                }
                None => read_schema(&mut it),
            };
            Format::Schema(schema)
        }
        "text" => return None,
        _ => {
            it.notes.lost(it.path("type"), "is no format that the vendor's dialect knows");
            return None;
        }
    };
    it.done();
    Some(Named { value: format, field })
}

fn read_schema(it: &mut Object<'_>) -> Schema {
    Schema {
        name: it.text("name"),
        description: it.text("description"),
        schema: it.take("schema").unwrap_or_else(|| json!({})),
        strict: it.truth("strict"),
    }
}

pub(in crate::translate) fn write_schema(it: &Schema) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("name".into(), it.name.as_deref().unwrap_or("answer").into());
    if let Some(description) = &it.description {
        schema.insert("description".into(), description.as_str().into());
    }
    schema.insert("schema".into(), it.schema.clone());
    if let Some(strict) = it.strict {
        schema.insert("strict".into(), strict.into());
    }
    schema
}

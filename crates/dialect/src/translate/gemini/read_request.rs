//! A request for content, read.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::parts::{self, BY_NAME};
use super::schema::from_openapi;
use crate::translate::model::{
    Format, Level, Named, Part, Request, Role, Schema, Thinking, Tool, ToolChoice, Turn, says_something,
};
use crate::translate::object::Object;

pub(in crate::translate) fn read(body: Object<'_>) -> Request {
    let mut body = body.camel();
    let mut request = Request::default();
    let mut number = 0;
    if let Some(it) = body.object("systemInstruction") {
        let mut it = it.camel();
        it.ignore(&["role"]);
        let parts = it.objects("parts");
        parts.into_iter().for_each(|it| parts::read(it, &mut number, &mut request.system));
        it.done();
    }
    for it in body.objects("contents") {
        let mut it = it.camel();
        let role = match it.text("role").as_deref() {
            Some("model") => Role::Assistant,
            None | Some("user" | "function") => Role::User,
            Some(_) => {
                it.notes.wrong(it.path("role"), "must be user or model");
                continue;
            }
        };
        let mut pieces = Vec::new();
        it.objects("parts").into_iter().for_each(|it| parts::read(it, &mut number, &mut pieces));
        it.done();
        request.turns.push(Turn { role, pieces });
    }
    find_calls(&mut request.turns);
    tools(&mut body, &mut request);
    tool_config(&mut body, &mut request);
    if let Some(config) = body.object("generationConfig") {
        generation_config(config.camel(), &mut request);
    }
    body.ignore(&["model"]);
    body.hints(&["labels", "store", "serviceTier"]);
    body.done();
    request
}

/// Gives outcomes that know only a name the id of the oldest call of that name which has none yet.
fn find_calls(turns: &mut [Turn]) {
    let mut waiting: HashMap<String, VecDeque<String>> = HashMap::new();
    for piece in turns.iter_mut().flat_map(|it| &mut it.pieces) {
        match &mut piece.part {
            Part::Call(call) => waiting.entry(call.name.clone()).or_default().push_back(call.id.clone()),
            Part::Outcome(outcome) => {
                let Some(name) = outcome.id.strip_prefix(BY_NAME) else { continue };
                let call = waiting.get_mut(name).and_then(VecDeque::pop_front);
                outcome.id = call.unwrap_or_else(|| name.to_owned());
            }
            _ => {}
        }
    }
}

fn tools(body: &mut Object<'_>, request: &mut Request) {
    for it in body.objects("tools") {
        let mut it = it.camel();
        for function in it.objects("functionDeclarations") {
            let mut function = function.camel();
            let plain = function.take("parametersJsonSchema");
            let parameters = plain.or_else(|| function.take("parameters").map(from_openapi));
            function.hints(&["response", "responseJsonSchema", "behavior"]);
            request.tools.push(Tool {
                name: function.text("name").unwrap_or_default(),
                description: function.text("description"),
                parameters: parameters.unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
                strict: None,
            });
            function.done();
        }
        // An empty object is a tool too: `googleSearch: {}`.
        for name in it.names() {
            it.notes.lost(it.path(&name), "is a tool that only its own vendor has");
        }
    }
}

fn tool_config(body: &mut Object<'_>, request: &mut Request) {
    let Some(outer) = body.object("toolConfig") else { return };
    let mut outer = outer.camel();
    if let Some(config) = outer.object("functionCallingConfig") {
        let mut config = config.camel();
        let names = config.texts("allowedFunctionNames").unwrap_or_default();
        let choice = match (config.text("mode").as_deref(), names.as_slice()) {
            (Some("NONE"), _) => Some(ToolChoice::None),
            (Some("ANY"), [one]) => Some(ToolChoice::One(one.clone())),
            (Some("ANY"), []) => Some(ToolChoice::Any),
            (Some("AUTO" | "VALIDATED"), []) => Some(ToolChoice::Auto),
            (None | Some("MODE_UNSPECIFIED"), []) => None,
            (_, [_, ..]) => {
                let field = config.path("allowedFunctionNames");
                config.notes.lost(field, "only one name, with mode ANY, can be translated");
                None
            }
            _ => {
                config.notes.wrong(config.path("mode"), "must be AUTO, ANY, NONE or VALIDATED");
                None
            }
        };
        request.tool_choice = choice.map(|it| config.named("mode", it));
        config.done();
    }
    outer.done();
}

fn generation_config(mut config: Object<'_>, request: &mut Request) {
    request.max_tokens = config.named_number("maxOutputTokens");
    request.temperature = config.named_number("temperature");
    request.top_p = config.named_number("topP");
    request.top_k = config.named_number("topK");
    request.seed = config.named_number("seed");
    request.presence_penalty = config.named_number("presencePenalty").filter(says_something);
    request.frequency_penalty = config.named_number("frequencyPenalty").filter(says_something);
    request.stop = config.texts("stopSequences").map(|it| config.named("stopSequences", it));
    request.format = format(&mut config);
    if let Some(it) = config.object("thinkingConfig") {
        request.thinking = thinking(it.camel());
    }
    if let Some(n) = config.named_number("candidateCount").filter(|it| it.value.as_u64() != Some(1)) {
        config.notes.lost(n.field, "more than one candidate cannot be translated");
    }
    let kinds = config.texts("responseModalities").unwrap_or_default();
    if kinds.iter().any(|it| !it.eq_ignore_ascii_case("text")) {
        config.notes.lost(config.path("responseModalities"), "only text can be translated");
    }
    config.hints(&["mediaResolution"]);
    config.done();
}

fn format(config: &mut Object<'_>) -> Option<Named<Format>> {
    let kind = config.text("responseMimeType");
    let plain = config.take("responseJsonSchema");
    let schema = plain.or_else(|| config.take("responseSchema").map(from_openapi));
    let strict = |schema: Value| Schema { name: None, description: None, schema, strict: Some(true) };
    match (kind.as_deref(), schema) {
        (_, Some(schema)) => Some(config.named("responseSchema", Format::Schema(strict(schema)))),
        (Some("application/json"), None) => Some(config.named("responseMimeType", Format::Json)),
        (None | Some("text/plain"), None) => None,
        (Some(_), None) => {
            config.notes.lost(config.path("responseMimeType"), "only text and JSON can be translated");
            None
        }
    }
}

fn thinking(mut it: Object<'_>) -> Option<Named<Thinking>> {
    let shown = it.truth("includeThoughts");
    let budget = it.number("thinkingBudget");
    let level = it.text("thinkingLevel");
    let mut asked = Thinking { shown, ..Thinking::default() };
    // A budget of -1 leaves it to the model.
    asked.budget = budget.and_then(|it| it.as_u64());
    if let Some(level) = level.filter(|it| it != "THINKING_LEVEL_UNSPECIFIED") {
        asked.level = Level::from_name(&level);
        if asked.level.is_none() {
            it.notes.wrong(it.path("thinkingLevel"), "must be minimal, low, medium, high or xhigh");
        }
    }
    let named = it.named(if asked.level.is_some() { "thinkingLevel" } else { "thinkingBudget" }, asked);
    it.done();
    (asked != Thinking::default()).then_some(named)
}

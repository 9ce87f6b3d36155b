//! A chat's request, read.

use super::{message, tools};
use crate::translate::model::{Level, Outcome, Part, Piece, Request, Role, Thinking, Turn, says_something};
use crate::translate::object::Object;

pub(in crate::translate) fn read(mut body: Object<'_>) -> Request {
    let mut request = Request::default();
    for it in body.objects("messages") {
        read_message(it, &mut request);
    }
    tools::read(&mut body, &mut request);
    request.tool_choice = tools::read_choice(&mut body);
    request.parallel = body.named_truth("parallel_tool_calls");
    request.format = body.object("response_format").and_then(tools::read_format);
    let limits = ["max_completion_tokens", "max_tokens"].map(|it| body.named_number(it));
    request.max_tokens = limits.into_iter().flatten().next();
    request.temperature = body.named_number("temperature");
    request.top_p = body.named_number("top_p");
    request.top_k = body.named_number("top_k");
    request.seed = body.named_number("seed");
    request.presence_penalty = body.named_number("presence_penalty").filter(says_something);
    request.frequency_penalty = body.named_number("frequency_penalty").filter(says_something);
    request.stop = body.texts("stop").map(|it| body.named("stop", it));
    request.verbosity = body.named_text("verbosity");
    request.user = body.named_text("user");
    read_effort(&mut body, &mut request);
    if let Some(mut options) = body.object("stream_options") {
        request.include_usage = options.truth("include_usage").unwrap_or(false);
        options.ignore(&["include_obfuscation"]);
        options.done();
    }
    if let Some(n) = body.named_number("n").filter(|it| it.value.as_u64() != Some(1)) {
        body.notes.lost(n.field, "more than one choice cannot be translated");
    }
    if let Some(list) = body.texts("modalities").filter(|it| it.iter().any(|it| it != "text")) {
        body.notes.lost(body.path("modalities"), format!("{} cannot be translated", list.join(", ")));
    }
    body.ignore(&["model", "stream"]);
    body.hints(&[
        "store",
        "metadata",
        "service_tier",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "safety_identifier",
        "prediction",
    ]);
    body.done();
    request
}

fn read_effort(body: &mut Object<'_>, request: &mut Request) {
    let Some(effort) = body.named_text("reasoning_effort") else { return };
    match Level::from_name(&effort.value) {
        Some(level) => {
            let thinking = Thinking { level: Some(level), ..Thinking::default() };
            request.thinking = Some(body.named("reasoning_effort", thinking));
        }
        None => body.notes.wrong(effort.field, "must be none, minimal, low, medium, high, xhigh or max"),
    }
}

fn read_message(mut it: Object<'_>, request: &mut Request) {
    let role = it.text("role").unwrap_or_default();
    let mut pieces = Vec::new();
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => {
            let id = it.text("tool_call_id").unwrap_or_default();
            message::content(&mut it, &mut pieces);
            let outcome = Outcome { id, pieces: std::mem::take(&mut pieces), failed: false };
            pieces.push(Piece { part: Part::Outcome(outcome), field: it.at().to_owned() });
            Role::User
        }
        _ => {
            it.notes.wrong(it.path("role"), "must be system, developer, user, assistant or tool");
            return;
        }
    };
    match role {
        Role::Assistant => pieces = message::assistant(&mut it),
        Role::System | Role::User => message::content(&mut it, &mut pieces),
    }
    it.hints(&["cache_control"]);
    it.done();
    match role {
        Role::System if request.turns.is_empty() => request.system.append(&mut pieces),
        _ => request.turns.push(Turn { role, pieces }),
    }
}

//! A request to converse, written.

use serde_json::{Map, Value, json};

use crate::translate::messages::{calls_unthought, takes_budget};
use crate::translate::model::{
    Data, Format, Level, Media, Outcome, Part, Piece, Request, Role, Thinking, Thought, Tool, ToolChoice,
};
use crate::translate::notes::Notes;
use crate::translate::{To, Wire, media, writing};

pub(in crate::translate) fn write(request: &Request, to: &To<'_>, notes: &Notes) -> Value {
    let mut body = Map::new();
    let mut system: Vec<&Piece> = request.system.iter().collect();
    let turns = writing::alternating(&request.turns, &mut system, notes);
    let text = |it: &Piece| {
        let text = writing::text(it, notes).filter(|it| !it.is_empty())?;
        Some(json!({ "text": text }))
    };
    let system: Vec<Value> = system.into_iter().filter_map(text).collect();
    if !system.is_empty() {
        body.insert("system".into(), system.into());
    }
    let mut files = 0;
    let mut message = |(role, pieces): &(Role, Vec<&Piece>)| {
        let blocks = pieces.iter().filter_map(|it| block(it, &mut files, notes));
        let content: Vec<Value> = blocks.collect();
        let role = if *role == Role::Assistant { "assistant" } else { "user" };
        (!content.is_empty()).then(|| json!({ "role": role, "content": content }))
    };
    body.insert("messages".into(), turns.iter().filter_map(&mut message).collect());
    let mut inference = Map::new();
    writing::put(&mut inference, "maxTokens", request.max_tokens.as_ref());
    temperature(request, notes, &mut inference);
    writing::put(&mut inference, "topP", request.top_p.as_ref());
    writing::put(&mut inference, "stopSequences", request.stop.as_ref());
    tools(request, notes, &mut body);
    extras(request, to, notes, &mut body, &mut inference);
    if !inference.is_empty() {
        body.insert("inferenceConfig".into(), inference.into());
    }
    let why = "the vendor's dialect (Converse) has no such field";
    notes.lose(request.seed.as_ref(), why);
    notes.lose(request.presence_penalty.as_ref(), why);
    notes.lose(request.frequency_penalty.as_ref(), why);
    for named in [&request.user, &request.verbosity].into_iter().flatten() {
        notes.hint(&named.field, why);
    }
    Value::Object(body)
}

/// Its names for pictures and documents, as far as [`media`] knows them.
const IMAGES: [&str; 4] = ["png", "jpeg", "gif", "webp"];
const DOCUMENTS: [&str; 9] = ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];

/// Others go to two, this vendor to one.
fn temperature(request: &Request, notes: &Notes, inference: &mut Map<String, Value>) {
    let Some(temperature) = &request.temperature else { return };
    if temperature.value.as_f64().is_some_and(|it| it > 1.0) {
        notes.lost(&temperature.field, "above 1 the vendor's dialect (Converse) takes none");
        inference.insert("temperature".into(), 1.into());
        return;
    }
    inference.insert("temperature".into(), temperature.value.clone().into());
}

fn block(piece: &Piece, files: &mut usize, notes: &Notes) -> Option<Value> {
    match &piece.part {
        Part::Text { text, .. } | Part::Refusal(text) => (!text.is_empty()).then(|| json!({ "text": text })),
        Part::Image(it) => image(it, piece, notes),
        Part::File { media, name } => file(media, name.as_deref(), piece, files, notes),
        Part::Audio(it) => audio(it, piece, notes),
        Part::Thought(it) if writing::is_own(piece, Wire::Converse) => Some(thought(it)),
        Part::Thought(_) => {
            writing::forget_thought(piece, notes);
            None
        }
        Part::Call(it) => {
            Some(json!({ "toolUse": { "toolUseId": it.id, "name": it.name, "input": it.input() } }))
        }
        Part::Outcome(it) => Some(outcome(it, files, notes)),
    }
}

fn image(it: &Media, piece: &Piece, notes: &Notes) -> Option<Value> {
    let format = media::extension(&it.kind).filter(|it| IMAGES.contains(it));
    match (&it.data, format) {
        (Data::Base64(data), Some(format)) => {
            Some(json!({ "image": { "format": format, "source": { "bytes": data } } }))
        }
        (Data::Base64(_), None) => {
            notes.lost(&piece.field, "the vendor's dialect (Converse) takes png, jpeg, gif and webp");
            None
        }
        _ => {
            notes.lost(
                &piece.field,
                "the vendor's dialect (Converse) takes no pictures by their URL; send its bytes",
            );
            None
        }
    }
}

fn audio(it: &Media, piece: &Piece, notes: &Notes) -> Option<Value> {
    match (&it.data, media::extension(&it.kind)) {
        (Data::Base64(data), Some(format)) => {
            Some(json!({ "audio": { "format": format, "source": { "bytes": data } } }))
        }
        _ => {
            notes.lost(
                &piece.field,
                "the vendor's dialect (Converse) takes sounds by their bytes, as wav, mp3 or flac",
            );
            None
        }
    }
}

/// Names must be plain and different from each other.
fn file(it: &Media, name: Option<&str>, piece: &Piece, files: &mut usize, notes: &Notes) -> Option<Value> {
    let data = match &it.data {
        Data::Base64(data) => data.clone(),
        Data::Text(text) => media::base64(text.as_bytes()),
        Data::Url(_) => {
            notes.lost(
                &piece.field,
                "the vendor's dialect (Converse) takes no files by their URL; send its bytes",
            );
            return None;
        }
    };
    let Some(format) = media::extension(&it.kind).filter(|it| DOCUMENTS.contains(it)) else {
        notes.lost(
            &piece.field,
            "the vendor's dialect (Converse) takes pdf, csv, doc, docx, xls, xlsx, html, txt and md",
        );
        return None;
    };
    *files += 1;
    let stem = name.unwrap_or("file").rsplit_once('.').map_or(name.unwrap_or("file"), |it| it.0);
    let plain = |it: char| if it.is_ascii_alphanumeric() { it } else { '-' };
    let stem: String = stem.chars().take(100).map(plain).collect();
    let document =
        json!({ "format": format, "name": format!("{stem}-{files}"), "source": { "bytes": data } });
    Some(json!({ "document": document }))
}

fn thought(it: &Thought) -> Value {
    let seal = it.seal.as_ref().map(|it| it.data.as_str()).unwrap_or_default();
    if it.hidden {
        return json!({ "reasoningContent": { "redactedContent": seal } });
    }
    json!({ "reasoningContent": { "reasoningText": { "text": it.text, "signature": seal } } })
}

fn outcome(it: &Outcome, files: &mut usize, notes: &Notes) -> Value {
    let mut content: Vec<Value> =
        it.pieces.iter().filter_map(|it| within_outcome(it, files, notes)).collect();
    // The vendor wants a block.
    if content.is_empty() {
        content.push(json!({ "text": "(nothing)" }));
    }
    let status = if it.failed { "error" } else { "success" };
    json!({ "toolResult": { "toolUseId": it.id, "content": content, "status": status } })
}

/// What a tool says may be less than what people say.
fn within_outcome(piece: &Piece, files: &mut usize, notes: &Notes) -> Option<Value> {
    if let Part::Audio(_) = piece.part {
        notes.lost(&piece.field, "the vendor's dialect (Converse) takes no sounds of tools");
        return None;
    }
    block(piece, files, notes)
}

fn tools(request: &Request, notes: &Notes, body: &mut Map<String, Value>) {
    let is_none = request.tool_choice.as_ref().is_some_and(|it| it.value == ToolChoice::None);
    let has_history = request
        .turns
        .iter()
        .flat_map(|it| &it.pieces)
        .any(|it| matches!(it.part, Part::Call(_) | Part::Outcome(_)));
    // "No tools now" is said by sending none, which a conversation with calls in it does not allow.
    if is_none && has_history {
        notes.lose(request.tool_choice.as_ref(), "the vendor's dialect (Converse) cannot forbid calls");
    }
    if request.tools.is_empty() || (is_none && !has_history) {
        return;
    }
    let tool = |it: &Tool| {
        let mut spec = json!({ "name": it.name, "inputSchema": { "json": it.parameters } });
        if let Some(description) = it.description.as_deref().filter(|it| !it.is_empty()) {
            spec["description"] = description.into();
        }
        if let Some(strict) = &it.strict {
            spec["strict"] = strict.value.into();
        }
        json!({ "toolSpec": spec })
    };
    let mut config = json!({ "tools": request.tools.iter().map(tool).collect::<Vec<_>>() });
    match request.tool_choice.as_ref().map(|it| &it.value) {
        Some(ToolChoice::Auto) => config["toolChoice"] = json!({ "auto": {} }),
        Some(ToolChoice::Any) => config["toolChoice"] = json!({ "any": {} }),
        Some(ToolChoice::One(name)) => config["toolChoice"] = json!({ "tool": { "name": name } }),
        Some(ToolChoice::None) | None => {}
    }
    if let Some(parallel) = request.parallel.as_ref().filter(|it| !it.value) {
        notes.lost(&parallel.field, "the vendor's dialect (Converse) cannot forbid parallel calls");
    }
    body.insert("toolConfig".into(), config);
}

/// The form of the answer, how much to think of it, and what goes past Converse to the model.
fn extras(
    request: &Request,
    to: &To<'_>,
    notes: &Notes,
    body: &mut Map<String, Value>,
    inference: &mut Map<String, Value>,
) {
    let mut output = Map::new();
    match request.format.as_ref().map(|it| (&it.value, &it.field)) {
        Some((Format::Schema(it), _)) => {
            let mut schema = json!({ "schema": it.schema.to_string() });
            for (name, text) in [("name", &it.name), ("description", &it.description)] {
                if let Some(text) = text {
                    schema[name] = text.as_str().into();
                }
            }
            let format = json!({ "type": "json_schema", "structure": { "jsonSchema": schema } });
            output.insert("textFormat".into(), format);
        }
        Some((Format::Json, field)) => {
            notes.lost(field, "the vendor's dialect (Converse) knows JSON only with a schema (json_schema)");
        }
        None => {}
    }
    let is_claude = to.model.contains("anthropic");
    let why = "only Anthropic's models take this through Converse";
    let mut more = Map::new();
    match &request.top_k {
        Some(top_k) if is_claude => {
            more.insert("top_k".into(), top_k.value.clone().into());
        }
        top_k => notes.lose(top_k.as_ref(), why),
    }
    match request.thinking.as_ref().map(|it| (it.value, it.value.level())) {
        None | Some((_, Some(Level::Off))) => {}
        Some(_) if is_claude && takes_budget(to.model) && calls_unthought(request, Wire::Converse) => {
            if let Some(thinking) = &request.thinking {
                notes.hint(
                    &thinking.field,
                    "the vendor's model thinks on only where its own thoughts stand before its calls",
                );
            }
        }
        Some((thinking, _)) if is_claude && takes_budget(to.model) => {
            let asked = request.max_tokens.as_ref().and_then(|it| it.value.as_u64()).or(to.max_tokens);
            let limit = asked.unwrap_or(2 * Level::Highest.budget());
            let wanted = budget(thinking).min(limit.saturating_sub(1));
            if wanted >= 1024 {
                more.insert("thinking".into(), json!({ "type": "enabled", "budget_tokens": wanted }));
                inference.insert("maxTokens".into(), limit.into());
            } else if let Some(thinking) = &request.thinking {
                notes.hint(&thinking.field, "so short an answer leaves the vendor's model no room to think");
            }
        }
        Some((thinking, level)) => {
            if is_claude {
                let mut adaptive = json!({ "type": "adaptive" });
                if thinking.shown == Some(true) {
                    adaptive["display"] = "summarized".into();
                }
                more.insert("thinking".into(), adaptive);
            }
            if let Some(level) = level {
                output.insert("effort".into(), level.max(Level::Low).name().into());
            }
        }
    }
    for (name, fields) in [("outputConfig", output), ("additionalModelRequestFields", more)] {
        if !fields.is_empty() {
            body.insert(name.into(), fields.into());
        }
    }
}

fn budget(thinking: Thinking) -> u64 {
    thinking.budget.or(thinking.level.map(Level::budget)).unwrap_or(Level::Medium.budget()).max(1024)
}

//! Items, read: messages, thoughts, calls and what came of them. The same in a request's history and in an answer.

use serde_json::{Value, json};

use super::tools;

use crate::translate::Wire;
use crate::translate::media;
use crate::translate::model::{
    Call, Citation, Data, FREEFORM, Media, Outcome, Part, Piece, Role, Seal, Thought,
};
use crate::translate::object::Object;

/// Reads one item: who speaks, and what.
pub(super) fn read(mut it: Object<'_>) -> Option<(Role, Vec<Piece>)> {
    let field = it.at().to_owned();
    let kind = it.text("type").unwrap_or_else(|| "message".to_owned());
    it.ignore(&["id", "status"]);
    let one = |part: Part| vec![Piece { part, field: field.clone() }];
    let read = match kind.as_str() {
        "message" => {
            let role = match it.text("role").as_deref() {
                Some("system" | "developer") => Role::System,
                Some("assistant") => Role::Assistant,
                _ => Role::User,
            };
            it.ignore(&["phase"]);
            (role, content(&mut it, "content"))
        }
        "function_call" => {
            let id = it.text("call_id").unwrap_or_default();
            let name = tools::told(it.text("namespace").as_deref(), &it.text("name").unwrap_or_default());
            let arguments = it.text("arguments").unwrap_or_default();
            (Role::Assistant, one(Part::Call(Call { id, name, arguments, ..Call::default() })))
        }
        "custom_tool_call" => {
            let id = it.text("call_id").unwrap_or_default();
            let name = tools::told(it.text("namespace").as_deref(), &it.text("name").unwrap_or_default());
            let arguments = json!({ FREEFORM: it.text("input").unwrap_or_default() }).to_string();
            (Role::Assistant, one(Part::Call(Call { id, name, arguments, ..Call::default() })))
        }
        "function_call_output" | "custom_tool_call_output" => {
            let id = it.text("call_id").unwrap_or_default();
            let pieces = content(&mut it, "output");
            (Role::User, one(Part::Outcome(Outcome { id, pieces, failed: false })))
        }
        "reasoning" => (Role::Assistant, one(Part::Thought(thought(&mut it)))),
        _ => {
            it.notes.lost(
                it.path("type"),
                format!("`{}` is no kind of item that the vendor's dialect knows", short(&kind)),
            );
            return None;
        }
    };
    it.done();
    Some(read)
}

/// A name of the caller's, short enough for an error.
fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(64)]
}

pub(super) fn thought(it: &mut Object<'_>) -> Thought {
    let mut texts = Vec::new();
    for list in ["summary", "content"] {
        texts.extend(it.objects(list).into_iter().filter_map(|mut it| it.text("text")));
    }
    let text = texts.join("\n\n");
    let seal = it.text("encrypted_content").map(|it| Seal::read(&it, Wire::Responses));
    Thought { hidden: text.is_empty() && seal.is_some(), text, seal }
}

/// A text or a list of parts.
fn content(it: &mut Object<'_>, name: &str) -> Vec<Piece> {
    let field = it.path(name);
    match it.take(name) {
        Some(Value::String(text)) => vec![Piece { part: Part::text(text), field }],
        Some(Value::Array(list)) => {
            let objects = list.into_iter().enumerate();
            let objects =
                objects.filter_map(|(n, part)| Object::new(part, format!("{field}[{n}]"), it.notes));
            objects.filter_map(part).collect()
        }
        Some(_) => {
            it.notes.wrong(field, "must be a string or a list of parts");
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn part(mut it: Object<'_>) -> Option<Piece> {
    let field = it.at().to_owned();
    let kind = it.text("type").unwrap_or_default();
    let part = match kind.as_str() {
        "input_text" | "output_text" | "text" => {
            let citations = it.objects("annotations").into_iter().filter_map(annotation).collect();
            it.ignore(&["logprobs"]);
            it.text("text").map(|text| Part::Text { text, citations })
        }
        "refusal" => it.text("refusal").map(Part::Refusal),
        "input_image" => {
            it.hint_unless("detail", "auto");
            it.text("image_url").map(|url| Part::Image(media::from_url(url, None)))
        }
        "input_file" => file(&mut it),
        _ => {
            it.notes.lost(it.path("type"), "is no kind of part that the vendor's dialect knows");
            return None;
        }
    };
    if it.has("file_id") {
        it.notes.lost(it.path("file_id"), "names a file that only its own vendor has");
        it.ignore(&["file_id"]);
    }
    it.done();
    Some(Piece { part: part?, field })
}

fn file(it: &mut Object<'_>) -> Option<Part> {
    let name = it.text("filename");
    it.hint_unless("detail", "auto");
    let kind = name.as_deref().and_then(media::by_extension).map(str::to_owned);
    let data = it.text("file_data");
    let media = match it.text("file_url").or_else(|| data.clone().filter(|it| it.starts_with("data:"))) {
        Some(url) => media::from_url(url, kind),
        None => Media { kind: kind.unwrap_or_default(), data: Data::Base64(data?) },
    };
    Some(Part::File { media, name })
}

/// A citation: `url_citation`, its fields beside it.
pub(super) fn annotation(mut it: Object<'_>) -> Option<Citation> {
    let span = [it.number("start_index"), it.number("end_index")].map(|it| it.and_then(|it| it.as_u64()));
    let title = it.text("title").unwrap_or_default();
    Some(Citation { url: it.text("url")?, title, quote: String::new(), span: span[0].zip(span[1]) })
}

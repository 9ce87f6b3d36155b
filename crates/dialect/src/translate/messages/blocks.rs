//! Blocks of content: the same in a request's history and in an answer.

use serde_json::{Map, Value, json};

use crate::translate::Wire;
use crate::translate::media;
use crate::translate::model::{Call, Citation, Data, Media, Outcome, Part, Piece, Seal, Thought};
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::writing;

/// A text or a list of blocks.
pub(super) fn content(of: &mut Object<'_>, name: &str) -> Vec<Piece> {
    let field = of.path(name);
    match of.take(name) {
        Some(Value::String(text)) => vec![Piece { part: Part::text(text), field }],
        Some(Value::Array(list)) => {
            let objects = list.into_iter().enumerate();
            let objects = objects.filter_map(|(n, it)| Object::new(it, format!("{field}[{n}]"), of.notes));
            objects.filter_map(read).collect()
        }
        Some(_) => {
            of.notes.wrong(field, "must be a string or a list of blocks");
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn read(mut it: Object<'_>) -> Option<Piece> {
    let field = it.at().to_owned();
    let kind = it.text("type").unwrap_or_default();
    it.hints(&["cache_control"]);
    let part = match kind.as_str() {
        "text" => {
            let citations = it.objects("citations").into_iter().filter_map(citation).collect();
            it.text("text").map(|text| Part::Text { text, citations })
        }
        "image" => it.object("source").and_then(source).map(Part::Image),
        "document" => document(&mut it),
        "thinking" => {
            let text = it.text("thinking").unwrap_or_default();
            let seal = it.text("signature").filter(|it| !it.is_empty());
            let seal = seal.map(|it| Seal::read(&it, Wire::Messages));
            Some(Part::Thought(Thought { text, seal, hidden: false }))
        }
        "redacted_thinking" => {
            let seal = it.text("data").map(|it| Seal::read(&it, Wire::Messages));
            Some(Part::Thought(Thought { seal, hidden: true, ..Thought::default() }))
        }
        "tool_use" => {
            let (id, name) = (it.text("id").unwrap_or_default(), it.text("name").unwrap_or_default());
            let input = it.take("input").unwrap_or_else(|| json!({}));
            it.ignore(&["caller"]);
            Some(Part::Call(Call { id, name, arguments: input.to_string(), ..Call::default() }))
        }
        "tool_result" => {
            let id = it.text("tool_use_id").unwrap_or_default();
            let failed = it.truth("is_error").unwrap_or(false);
            let pieces = content(&mut it, "content");
            Some(Part::Outcome(Outcome { id, pieces, failed }))
        }
        _ => {
            it.notes.lost(it.path("type"), "is no kind of block that the other dialect knows");
            return None;
        }
    };
    it.done();
    Some(Piece { part: part?, field })
}

fn source(mut it: Object<'_>) -> Option<Media> {
    let kind = it.text("media_type").unwrap_or_default();
    let media = match it.text("type").as_deref() {
        Some("base64") => Media { kind, data: Data::Base64(it.text("data")?) },
        Some("text") => Media { kind, data: Data::Text(it.text("data")?) },
        Some("url") => media::from_url(it.text("url")?, None),
        _ => {
            it.notes.lost(it.path("type"), "names something that only its own vendor has");
            return None;
        }
    };
    it.done();
    Some(media)
}

fn document(it: &mut Object<'_>) -> Option<Part> {
    let name = it.text("title");
    let wants_citations = it.object("citations").and_then(|mut it| it.truth("enabled"));
    if wants_citations == Some(true) {
        it.notes.lost(it.path("citations.enabled"), "citations of documents cannot be translated");
    }
    let mut media = it.object("source").and_then(source)?;
    if media.kind.is_empty() {
        media.kind = "application/pdf".to_owned();
    }
    Some(Part::File { media, name })
}

/// Only what has an address means something to others.
pub(super) fn citation(mut it: Object<'_>) -> Option<Citation> {
    let title = it.text("title").unwrap_or_default();
    let quote = it.text("cited_text").unwrap_or_default();
    // Of the web, or of what the caller's own search found.
    match it.text("url").or_else(|| it.text("source").filter(|it| it.contains("://"))) {
        Some(url) => Some(Citation { url, title, quote, span: None }),
        None => {
            it.notes.lost(it.path("type"), "a citation of a document cannot be translated");
            None
        }
    }
}

pub(super) fn write_citation(it: &Citation) -> Value {
    json!({
        "type": "web_search_result_location",
        "url": it.url,
        "title": it.title,
        "encrypted_index": "",
        "cited_text": it.quote,
    })
}

/// A block; nothing where the dialect has no place for it, which is noted.
pub(super) fn write(piece: &Piece, notes: &Notes) -> Option<Value> {
    let block = match &piece.part {
        // The vendor refuses empty texts.
        Part::Text { text, .. } | Part::Refusal(text) if text.is_empty() => return None,
        Part::Text { text, citations } => {
            let mut block = json!({ "type": "text", "text": text });
            if !citations.is_empty() {
                block["citations"] = citations.iter().map(write_citation).collect();
            }
            block
        }
        Part::Refusal(text) => json!({ "type": "text", "text": text }),
        Part::Image(it) => json!({ "type": "image", "source": write_source(it) }),
        Part::File { media, name } => {
            let mut block = json!({ "type": "document", "source": write_source(media) });
            if let Some(name) = name {
                block["title"] = name.as_str().into();
            }
            block
        }
        Part::Thought(it) => write_thought(it),
        Part::Call(it) => json!({ "type": "tool_use", "id": it.id, "name": it.name, "input": it.input() }),
        Part::Outcome(it) => outcome(it, notes),
        Part::Audio(_) => {
            notes.lost(&piece.field, "the vendor's dialect (Messages) takes no sounds");
            return None;
        }
    };
    Some(block)
}

fn write_source(media: &Media) -> Value {
    match &media.data {
        Data::Url(url) => json!({ "type": "url", "url": url }),
        Data::Base64(data) => json!({ "type": "base64", "media_type": media.kind, "data": data }),
        Data::Text(text) => json!({ "type": "text", "media_type": "text/plain", "data": text }),
    }
}

fn write_thought(it: &Thought) -> Value {
    let seal = it.seal.as_ref().map(|it| it.written(Wire::Messages)).unwrap_or_default();
    if it.hidden {
        return json!({ "type": "redacted_thinking", "data": seal });
    }
    json!({ "type": "thinking", "thinking": it.text, "signature": seal })
}

fn outcome(it: &Outcome, notes: &Notes) -> Value {
    let mut block = Map::new();
    block.insert("type".into(), "tool_result".into());
    block.insert("tool_use_id".into(), it.id.as_str().into());
    let content: Vec<Value> = it.pieces.iter().filter_map(|it| write(it, notes)).collect();
    if !content.is_empty() {
        block.insert("content".into(), content.into());
    }
    if it.failed {
        block.insert("is_error".into(), true.into());
    }
    block.into()
}

/// What goes back to the vendor: its own thoughts, and nobody else's.
pub(super) fn write_back(piece: &Piece, notes: &Notes) -> Option<Value> {
    if matches!(piece.part, Part::Thought(_)) && !writing::is_own(piece, Wire::Messages) {
        writing::forget_thought(piece, notes);
        return None;
    }
    write(piece, notes)
}

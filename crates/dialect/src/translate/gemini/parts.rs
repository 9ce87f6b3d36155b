//! Parts: the same in a request's history and in an answer.

use serde_json::{Map, Value, json};

use crate::translate::Wire;
use crate::translate::media;
use crate::translate::model::{Call, Citation, Data, Media, Outcome, Part, Piece, Seal, Thought};
use crate::translate::object::Object;

/// Reads one part: often one piece, two where a signature stands beside it.
pub(super) fn read(it: Object<'_>, number: &mut usize, pieces: &mut Vec<Piece>) {
    let mut it = it.camel();
    let field = it.at().to_owned();
    let mut push = |part: Part| pieces.push(Piece { part, field: field.clone() });
    let seal = it.text("thoughtSignature").map(|it| Seal::read(&it, Wire::Gemini));
    let is_thought = it.truth("thought").unwrap_or(false);
    if is_thought {
        let text = it.text("text").unwrap_or_default();
        push(Part::Thought(Thought { text, seal, hidden: false }));
        return it.done();
    }
    if seal.is_some() {
        push(Part::Thought(Thought { seal, ..Thought::default() }));
    }
    if let Some(text) = it.text("text") {
        push(Part::text(text));
    } else if let Some(data) = it.object("inlineData") {
        let mut data = data.camel();
        let kind = data.text("mimeType").unwrap_or_default();
        let name = data.text("displayName");
        if let Some(bytes) = data.text("data") {
            push(placed(Media { kind, data: Data::Base64(bytes) }, name));
        }
        data.done();
    } else if let Some(data) = it.object("fileData") {
        let mut data = data.camel();
        let kind = data.text("mimeType");
        match data.text("fileUri") {
            Some(url) if url.contains("generativelanguage.googleapis.com") || url.starts_with("gs:") => {
                data.notes.lost(data.path("fileUri"), "names a file that only its own vendor has");
            }
            Some(url) => push(placed(media::from_url(url, kind), None)),
            None => {}
        }
        data.done();
    } else if let Some(call) = it.object("functionCall") {
        let mut call = call.camel();
        let name = call.text("name").unwrap_or_default();
        let id = call.text("id").unwrap_or_else(|| numbered(number));
        let arguments = call.take("args").unwrap_or_else(|| json!({})).to_string();
        push(Part::Call(Call { id, name, arguments, ..Call::default() }));
        call.done();
    } else if let Some(outcome) = it.object("functionResponse") {
        let outcome = outcome.camel();
        push(Part::Outcome(read_outcome(outcome, number)));
    }
    it.done();
}

/// Older clients give no ids: calls are counted, and their outcomes find them by name.
fn numbered(number: &mut usize) -> String {
    *number += 1;
    format!("call_{number}")
}

fn placed(media: Media, name: Option<String>) -> Part {
    match media.kind.split('/').next() {
        Some("image") => Part::Image(media),
        Some("audio") => Part::Audio(media),
        _ => Part::File { media, name },
    }
}

fn read_outcome(mut it: Object<'_>, number: &mut usize) -> Outcome {
    let field = it.path("response");
    let name = it.text("name").unwrap_or_default();
    // Without an id it is known by its name until the call is found.
    let id = it.text("id").unwrap_or_else(|| format!("{BY_NAME}{name}"));
    let response = it.take("response").unwrap_or_default();
    let failed = response.get("error").is_some();
    let text = ["result", "output", "error"].iter().find_map(|it| only(&response, it));
    let text = text.map_or_else(|| response.to_string(), str::to_owned);
    let mut pieces = vec![Piece { part: Part::text(text), field }];
    for part in it.objects("parts") {
        read(part, number, &mut pieces);
    }
    it.done();
    Outcome { id, pieces, failed }
}

/// What an outcome without an id is called until its call is found. No vendor's id has a blank in it.
pub(super) const BY_NAME: &str = "by name ";

/// The text of an object that has nothing else.
fn only<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    let fields = value.as_object().filter(|it| it.len() == 1)?;
    fields.get(name)?.as_str()
}

/// A part, as it stands in either direction; thoughts and outcomes are their writers' own.
pub(super) fn write(part: &Part) -> Option<Map<String, Value>> {
    let written = match part {
        Part::Text { text, .. } | Part::Refusal(text) => json!({ "text": text }),
        Part::Image(it) | Part::Audio(it) | Part::File { media: it, .. } => write_media(it),
        Part::Call(it) => json!({ "functionCall": { "id": it.id, "name": it.name, "args": it.input() } }),
        Part::Thought(_) | Part::Outcome(_) => return None,
    };
    match written {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

fn write_media(media: &Media) -> Value {
    match &media.data {
        Data::Text(text) => json!({ "text": text }),
        Data::Base64(data) => json!({ "inlineData": { "mimeType": media.kind, "data": data } }),
        Data::Url(url) if media.kind.is_empty() => json!({ "fileData": { "fileUri": url } }),
        Data::Url(url) => json!({ "fileData": { "mimeType": media.kind, "fileUri": url } }),
    }
}

/// Reads where an answer was found.
pub(super) fn citations(candidate: &Value) -> Vec<Citation> {
    let grounding = &candidate["groundingMetadata"];
    let source = |index: &Value| {
        let chunk = &grounding["groundingChunks"][index.as_u64()? as usize];
        let found = ["web", "retrievedContext", "maps"].iter().find_map(|it| chunk.get(it))?;
        Some((found["uri"].as_str()?.to_owned(), found["title"].as_str().unwrap_or_default().to_owned()))
    };
    let mut citations = Vec::new();
    for support in grounding["groundingSupports"].as_array().into_iter().flatten() {
        let quote = support["segment"]["text"].as_str().unwrap_or_default();
        let sources = support["groundingChunkIndices"].as_array().into_iter().flatten().filter_map(source);
        citations.extend(sources.map(|(url, title)| Citation {
            url,
            title,
            quote: quote.to_owned(),
            span: None,
        }));
    }
    citations
}

/// Tells where an answer was found.
pub(super) fn grounding(citations: &[Citation]) -> Value {
    let chunk = |it: &Citation| json!({ "web": { "uri": it.url, "title": it.title } });
    let support = |(n, it): (usize, &Citation)| json!({ "segment": { "text": it.quote }, "groundingChunkIndices": [n] });
    let chunks: Vec<Value> = citations.iter().map(chunk).collect();
    let supports: Vec<Value> = citations.iter().enumerate().map(support).collect();
    json!({ "groundingChunks": chunks, "groundingSupports": supports })
}

//! Messages of a chat: the same in a request's history and in an answer.

use serde_json::{Value, json};

use crate::translate::Wire;
use crate::translate::media;
use crate::translate::model::{Call, Citation, Data, Media, Part, Piece, Seal, Thought};
use crate::translate::object::Object;

/// The content of a message: a text, or parts.
pub(super) fn content(of: &mut Object<'_>, pieces: &mut Vec<Piece>) {
    let field = of.path("content");
    match of.take("content") {
        None => {}
        Some(Value::String(text)) => pieces.push(Piece { part: Part::text(text), field }),
        Some(Value::Array(list)) => {
            for (n, item) in list.into_iter().enumerate() {
                let object = Object::new(item, format!("{field}[{n}]"), of.notes);
                pieces.extend(object.and_then(part));
            }
        }
        Some(_) => of.notes.wrong(field, "must be a string or a list of parts"),
    }
}

fn part(mut it: Object<'_>) -> Option<Piece> {
    let field = it.at().to_owned();
    let kind = it.text("type").unwrap_or_default();
    let part = match kind.as_str() {
        "text" => it.text("text").map(Part::text),
        "refusal" => it.text("refusal").map(Part::Refusal),
        "image_url" => image(&mut it),
        "input_audio" => audio(&mut it),
        "file" => file(&mut it),
        _ => {
            it.notes.lost(it.path("type"), "is no kind of part that the vendor's dialect knows");
            return None;
        }
    };
    it.hints(&["cache_control"]);
    it.done();
    Some(Piece { part: part?, field })
}

fn image(it: &mut Object<'_>) -> Option<Part> {
    let mut image = it.object("image_url")?;
    let url = image.text("url");
    image.hint_unless("detail", "auto");
    image.done();
    url.map(|url| Part::Image(media::from_url(url, None)))
}

fn audio(it: &mut Object<'_>) -> Option<Part> {
    let mut audio = it.object("input_audio")?;
    let (data, format) = (audio.text("data")?, audio.text("format")?);
    audio.done();
    Some(Part::Audio(Media { kind: media::audio_kind(&format), data: Data::Base64(data) }))
}

fn file(it: &mut Object<'_>) -> Option<Part> {
    let mut file = it.object("file")?;
    let name = file.text("filename");
    let data = file.text("file_data");
    if file.has("file_id") {
        file.notes.lost(file.path("file_id"), "names a file that only its own vendor has");
        file.ignore(&["file_id"]);
    }
    file.done();
    let kind = name.as_deref().and_then(media::by_extension).map(str::to_owned);
    let media = match data? {
        url if url.starts_with("data:") || url.starts_with("http") => media::from_url(url, kind),
        data => Media { kind: kind.unwrap_or_default(), data: Data::Base64(data) },
    };
    Some(Part::File { media, name })
}

/// What an assistant's message says: thoughts, text, calls.
pub(super) fn assistant(message: &mut Object<'_>) -> Vec<Piece> {
    let mut pieces = thoughts(message);
    let begun = pieces.len();
    content(message, &mut pieces);
    let citations: Vec<Citation> =
        message.objects("annotations").into_iter().filter_map(read_annotation).collect();
    if let Some(Piece { part: Part::Text { citations: own, .. }, .. }) = pieces.get_mut(begun) {
        *own = citations;
    }
    if let Some(text) = message.text("refusal") {
        pieces.push(Piece { part: Part::Refusal(text), field: message.path("refusal") });
    }
    for mut call in message.objects("tool_calls") {
        let field = call.at().to_owned();
        let id = call.text("id").unwrap_or_default();
        call.ignore(&["type", "index"]);
        call.hints(&["extra_content"]);
        if let Some(mut function) = call.object("function") {
            let name = function.text("name").unwrap_or_default();
            let arguments = function.text("arguments").unwrap_or_default();
            function.done();
            pieces.push(Piece { part: Part::Call(Call { id, name, arguments, ..Call::default() }), field });
        }
        call.done();
    }
    pieces
}

fn thoughts(message: &mut Object<'_>) -> Vec<Piece> {
    let field = message.path("reasoning_details");
    let details = message.objects("reasoning_details");
    let plain = ["reasoning_content", "reasoning"].map(|it| (message.path(it), message.text(it)));
    if details.is_empty() {
        let said =
            plain.into_iter().find_map(|(field, text)| Some((field, text.filter(|it| !it.is_empty())?)));
        let thought = |text| Part::Thought(Thought { text, ..Thought::default() });
        return said.into_iter().map(|(field, text)| Piece { part: thought(text), field }).collect();
    }
    let mut thoughts: Vec<Thought> = details.into_iter().map(|mut it| detail(&mut it)).collect();
    // A stream tells the words in one field and the signature in the other.
    let said = plain.into_iter().find_map(|(_, text)| text.filter(|it| !it.is_empty()));
    let has_words = thoughts.iter().any(|it| !it.text.is_empty());
    if let (Some(text), false) = (said, has_words) {
        match thoughts.iter_mut().find(|it| !it.hidden) {
            Some(thought) => thought.text = text,
            None => thoughts.insert(0, Thought { text, ..Thought::default() }),
        }
    }
    let piece = |it| Piece { part: Part::Thought(it), field: field.clone() };
    thoughts.into_iter().map(piece).collect()
}

/// One of `reasoning_details`.
pub(super) fn detail(it: &mut Object<'_>) -> Thought {
    let text = it.text("text").or_else(|| it.text("summary")).unwrap_or_default();
    let hidden = it.text("data");
    let seal = hidden.clone().or_else(|| it.text("signature")).map(|it| Seal::read(&it, Wire::Chat));
    Thought { text, seal, hidden: hidden.is_some() }
}

pub(super) fn read_annotation(mut it: Object<'_>) -> Option<Citation> {
    let mut cited = it.object("url_citation")?;
    let span =
        [cited.number("start_index"), cited.number("end_index")].map(|it| it.and_then(|it| it.as_u64()));
    let url = cited.text("url")?;
    let title = cited.text("title").unwrap_or_default();
    Some(Citation { url, title, quote: String::new(), span: span[0].zip(span[1]) })
}

/// A citation under an answer.
pub(super) fn annotation(it: &Citation) -> Value {
    let (start, end) = it.span.unwrap_or_default();
    let cited = json!({ "url": it.url, "title": it.title, "start_index": start, "end_index": end });
    json!({ "type": "url_citation", "url_citation": cited })
}

/// An assistant's message, thoughts and all.
pub(super) fn write_assistant<'a>(pieces: impl Iterator<Item = &'a Piece>, with_thoughts: bool) -> Value {
    let mut message = json!({ "role": "assistant", "content": null });
    let (mut text, mut thought, mut refusal) = (String::new(), String::new(), String::new());
    let (mut calls, mut details, mut annotations) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        match &piece.part {
            Part::Text { text: said, citations } => {
                let begun = text.chars().count() as u64;
                text.push_str(said);
                let whole = (begun, text.chars().count() as u64);
                let placed = |it: &Citation| Citation { span: it.span.or(Some(whole)), ..it.clone() };
                annotations.extend(citations.iter().map(|it| annotation(&placed(it))));
            }
            Part::Refusal(said) => refusal.push_str(said),
            Part::Thought(it) => {
                thought.push_str(&it.text);
                details.extend(it.seal.is_some().then(|| write_detail(it)));
            }
            Part::Call(call) => calls.push(write_call(call)),
            Part::Image(_) | Part::File { .. } | Part::Audio(_) | Part::Outcome(_) => {}
        }
    }
    let mut put = |name: &str, value: Value| message[name] = value;
    if !text.is_empty() || (calls.is_empty() && refusal.is_empty()) {
        put("content", text.into());
    }
    if !refusal.is_empty() {
        put("refusal", refusal.into());
    }
    if with_thoughts && !thought.is_empty() {
        put("reasoning_content", thought.into());
    }
    if with_thoughts && !details.is_empty() {
        put("reasoning_details", details.into());
    }
    if !annotations.is_empty() {
        put("annotations", annotations.into());
    }
    if !calls.is_empty() {
        put("tool_calls", calls.into());
    }
    message
}

fn write_call(call: &Call) -> Value {
    let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": arguments } })
}

fn write_detail(it: &Thought) -> Value {
    let seal = it.seal.as_ref().map(|it| it.written(Wire::Chat)).unwrap_or_default();
    if it.hidden {
        return json!({ "type": "reasoning.encrypted", "data": seal });
    }
    json!({ "type": "reasoning.text", "text": it.text, "signature": seal })
}

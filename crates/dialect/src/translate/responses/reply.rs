//! A complete response.

use serde_json::Value;

use super::items;
use super::shapes::{Content, Item, Response, Status, item_id};
use crate::translate::model::{Part, Piece, Reply, Stop, Tokens};
use crate::translate::notes::Notes;
use crate::translate::object::Object;
use crate::translate::{Frame, writing};

pub(in crate::translate) fn read(mut body: Object<'_>) -> Option<Reply> {
    let mut reply = Reply { id: body.text("id"), model: body.text("model"), ..Reply::default() };
    reply.tokens = body.take("usage").as_ref().and_then(read_tokens);
    if !body.has("output") {
        return None;
    }
    let items = body.objects("output");
    reply.pieces = items.into_iter().filter_map(items::read).flat_map(|(_, pieces)| pieces).collect();
    let details = body.take("incomplete_details").unwrap_or_default();
    let has_calls = reply.pieces.iter().any(|it| matches!(it.part, Part::Call(_)));
    reply.stop = read_stop(details["reason"].as_str(), has_calls);
    Some(reply)
}

pub(super) fn read_stop(incomplete: Option<&str>, has_calls: bool) -> Stop {
    match incomplete {
        Some("content_filter") => Stop::Filtered,
        Some(_) => Stop::Length,
        None if has_calls => Stop::Tools,
        None => Stop::End,
    }
}

pub(super) fn read_tokens(usage: &Value) -> Option<Tokens> {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64);
    let tokens = Tokens {
        input: count("/input_tokens")?,
        output: count("/output_tokens").unwrap_or(0),
        cached: count("/input_tokens_details/cached_tokens").unwrap_or(0),
        stored: count("/input_tokens_details/cache_write_tokens").unwrap_or(0),
        reasoning: count("/output_tokens_details/reasoning_tokens").unwrap_or(0),
    };
    Some(tokens)
}

pub(in crate::translate) fn write(reply: &Reply, frame: &Frame, notes: &Notes) -> Value {
    let id = writing::id("resp_", reply.id.as_deref(), frame);
    let model = reply.model.as_deref().unwrap_or(&frame.model);
    let output = output(&id, &reply.pieces, notes);
    let response = Response::new(&id, model, frame, output, Some(&reply.stop), reply.tokens);
    // A struct always serializes.
    serde_json::to_value(response).unwrap_or_default()
}

/// Texts and refusals that stand together are one message; everything else is an item.
fn output<'a>(id: &str, pieces: &'a [Piece], notes: &Notes) -> Vec<Item<'a>> {
    let mut output: Vec<Item<'_>> = Vec::new();
    for piece in pieces {
        let is_said = matches!(piece.part, Part::Text { .. } | Part::Refusal(_));
        if let (Some(Item::Message { content, .. }), true) = (output.last_mut(), is_said) {
            content.extend(Content::of(&piece.part));
            continue;
        }
        match Item::of(&piece.part, item_id(id, output.len(), &piece.part), Status::Completed) {
            Some(item) => output.push(item),
            None => notes.lost("", "the vendor answered with more than text, which Responses cannot carry"),
        }
    }
    output
}

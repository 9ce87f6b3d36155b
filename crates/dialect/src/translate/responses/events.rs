//! The events of a stream: what each says beside its type and its number.

use serde::Serialize;

use super::shapes::{Annotation, Content, Item, Response, item_id};
use crate::translate::model::Part;
use crate::translate::writing::{self, digits};

pub(super) fn event(sequence: &mut u64, kind: &str, fields: &impl Serialize, out: &mut Vec<u8>) {
    head(kind, out);
    digits(*sequence, out);
    *sequence += 1;
    writing::fields(fields, out);
    out.extend_from_slice(b"\n\n");
}

/// An event up to its number.
pub(super) fn head(kind: &str, out: &mut Vec<u8>) {
    for part in ["event: ", kind, "\ndata: {\"type\":\"", kind, "\",\"sequence_number\":"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Of the answer as it stands.
#[derive(Serialize)]
pub(super) struct Whole<'a> {
    pub(super) response: Response<'a>,
}

/// Of a new or a complete item.
#[derive(Serialize)]
pub(super) struct OfOutput<'a> {
    pub(super) output_index: usize,
    pub(super) item: Option<Item<'a>>,
}

/// Of something in an item.
#[derive(Serialize)]
pub(super) struct OfItem<T> {
    item_id: String,
    output_index: usize,
    #[serde(flatten)]
    index: Option<Index>,
    #[serde(flatten)]
    rest: T,
}

/// A message and a thought have parts, one each.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Index {
    ContentIndex(u8),
    SummaryIndex(u8),
}

#[derive(Serialize)]
pub(super) struct OfPart<'a> {
    pub(super) part: Option<Content<'a>>,
}

/// A delta's fields but for the delta.
#[derive(Serialize)]
pub(super) struct OfDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<[(); 0]>,
}

/// A text or a refusal as a whole.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<[(); 0]>,
}

#[derive(Serialize)]
pub(super) struct Cited<'a> {
    pub(super) annotation_index: usize,
    pub(super) annotation: Annotation<'a>,
}

#[derive(Serialize)]
pub(super) struct Called<'a> {
    pub(super) arguments: &'a str,
    pub(super) name: &'a str,
}

/// The text for a freeform tool: as the one piece that it comes in, and as a whole.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Written<'a> {
    Delta(&'a str),
    Input(&'a str),
}

impl<T> OfItem<T> {
    pub(super) fn new(response: &str, place: usize, part: &Part, rest: T) -> Self {
        let index = match part {
            Part::Thought(_) => Some(Index::SummaryIndex(0)),
            Part::Text { .. } | Part::Refusal(_) => Some(Index::ContentIndex(0)),
            _ => None,
        };
        OfItem { item_id: item_id(response, place, part), output_index: place, index, rest }
    }
}

/// Nobody is told how likely the words were, but clients expect the list with every text.
pub(super) fn logprobs(part: &Part) -> Option<[(); 0]> {
    matches!(part, Part::Text { .. }).then_some([])
}

//! What a request needs of the model that is to answer it.

use super::count::unwrapped;
use super::model::{Data, Format, Level, Media, Part, Piece, Request};
use super::notes::Notes;
use super::{Wire, read_request};

/// Facts about a request, to be compared with what a target says it can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// It brings tools, or talks about calls of some.
    pub tools: bool,
    /// It brings pictures.
    pub images: bool,
    /// It brings documents that are no plain text.
    pub files: bool,
    /// It brings sounds.
    pub audio: bool,
    /// The answer must be JSON, of whatever form.
    pub json: bool,
    /// The answer must follow a schema.
    pub json_schema: bool,
    /// The model is to think.
    pub thinking: bool,
    /// Roughly how many tokens it has to read: a token is taken for four bytes of text, or for less where they are not
    /// ASCII; a picture or a page for what vendors charge at most. For orders of magnitude, never for a bill.
    pub input_tokens: u64,
    /// How many tokens it may write, if the request says so.
    pub output_tokens: Option<u64>,
}

/// What vendors charge for a picture of the largest size they keep.
const IMAGE_TOKENS: u64 = 1600;
/// A page of a document is about this many bytes, and costs as much as a picture and its words.
const PAGE_BYTES: u64 = 75_000;
const PAGE_TOKENS: u64 = 2500;

/// How many tokens a request has that is to be counted, roughly; nothing if it cannot be read.
pub fn estimate(wire: Wire, body: &[u8]) -> Option<u64> {
    needs(wire, &unwrapped(wire, body)).map(|it| it.input_tokens)
}

/// Reads what a request on `wire` needs; nothing if it cannot be read. What translation could not carry does not matter
/// here: the request may not have to be translated.
pub fn needs(wire: Wire, body: &[u8]) -> Option<Needs> {
    let request = read_request(wire, body, &Notes::default()).ok()?;
    let mut needs = Needs {
        tools: !request.tools.is_empty(),
        json: request.format.is_some(),
        json_schema: request.format.as_ref().is_some_and(|it| matches!(it.value, Format::Schema(_))),
        thinking: request.thinking.as_ref().is_some_and(|it| it.value.level() != Some(Level::Off)),
        output_tokens: request.max_tokens.as_ref().and_then(|it| it.value.as_u64()),
        ..Needs::default()
    };
    needs.add_all(&request.system);
    request.turns.iter().for_each(|it| needs.add_all(&it.pieces));
    needs.input_tokens += of_definitions(&request);
    Some(needs)
}

fn of_definitions(request: &Request) -> u64 {
    let tool = |it: &super::model::Tool| {
        let words = it.name.len() + it.description.as_deref().unwrap_or_default().len();
        of_text(&it.parameters.to_string()) + words as u64 / 4
    };
    let schema = match request.format.as_ref().map(|it| &it.value) {
        Some(Format::Schema(it)) => of_text(&it.schema.to_string()),
        _ => 0,
    };
    request.tools.iter().map(tool).sum::<u64>() + schema
}

fn of_text(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text.chars().filter(|it| !it.is_ascii()).count() as u64;
    ascii.div_ceil(4) + others
}

impl Needs {
    fn add_all(&mut self, pieces: &[Piece]) {
        pieces.iter().for_each(|it| self.add(&it.part));
    }

    fn add(&mut self, part: &Part) {
        match part {
            Part::Text { text, .. } | Part::Refusal(text) => self.input_tokens += of_text(text),
            Part::Thought(it) => self.input_tokens += of_text(&it.text),
            Part::Call(it) => {
                self.tools = true;
                self.input_tokens += of_text(&it.name) + of_text(&it.arguments);
            }
            Part::Outcome(it) => {
                self.tools = true;
                self.add_all(&it.pieces);
            }
            Part::Image(_) => {
                self.images = true;
                self.input_tokens += IMAGE_TOKENS;
            }
            Part::File { media, .. } => self.file(media),
            Part::Audio(it) => {
                self.audio = true;
                self.input_tokens += bytes(it) / 500;
            }
        }
    }

    fn file(&mut self, media: &Media) {
        if let Data::Text(text) = &media.data {
            self.input_tokens += of_text(text);
            return;
        }
        self.files = true;
        self.input_tokens += PAGE_TOKENS * bytes(media).div_ceil(PAGE_BYTES).max(1);
    }
}

/// How many bytes there are behind base64.
fn bytes(media: &Media) -> u64 {
    match &media.data {
        Data::Base64(data) => data.len() as u64 / 4 * 3,
        Data::Text(_) | Data::Url(_) => 0,
    }
}

//! What the writers of several dialects share.

use serde::Serialize;
use serde_json::{Map, Value};

use super::model::{Named, Part, Piece, Role, Turn};
use super::notes::Notes;
use super::{Frame, Wire};

/// Writes a field, if it is asked for.
pub(crate) fn put<T: Clone + Into<Value>>(
    body: &mut Map<String, Value>,
    name: &str,
    value: Option<&Named<T>>,
) {
    if let Some(named) = value {
        body.insert(name.to_owned(), named.value.clone().into());
    }
}

/// The longest name of a user that OpenAI takes; coding agents of other vendors send longer ones.
const USER_MAX: usize = 64;

/// `user`, where it is short enough.
pub(crate) fn put_user(body: &mut Map<String, Value>, user: Option<&Named<String>>, notes: &Notes) {
    match user {
        Some(it) if it.value.chars().count() > USER_MAX => {
            notes
                .hint(&it.field, format!("is longer than the {USER_MAX} characters of the vendor's dialect"));
        }
        _ => put(body, "user", user),
    }
}

/// The texts of instructions, a paragraph each.
pub(crate) fn joined(pieces: &[Piece], notes: &Notes) -> String {
    let texts: Vec<&str> = pieces.iter().filter_map(|it| text(it, notes)).collect();
    texts.join("\n\n")
}

/// The text of a part that must be one.
pub(crate) fn text<'p>(piece: &'p Piece, notes: &Notes) -> Option<&'p str> {
    match &piece.part {
        Part::Text { text, .. } => Some(text),
        _ => {
            notes.lost(&piece.field, "instructions can hold only text in the vendor's dialect");
            None
        }
    }
}

/// Thoughts of earlier answers mean nothing to a vendor that did not think them.
pub(crate) fn forget_thoughts(pieces: &[Piece], notes: &Notes) {
    for piece in pieces {
        if matches!(piece.part, Part::Thought(_)) {
            forget_thought(piece, notes);
        }
    }
}

pub(crate) fn forget_thought(piece: &Piece, notes: &Notes) {
    notes.hint(&piece.field, "another vendor's thoughts are not sent");
}

/// The turns with each speaker's joined, where a dialect wants speakers to take turns. Instructions in the middle have
/// no place there and go to those at the beginning.
pub(crate) fn alternating<'t>(
    turns: &'t [Turn],
    system: &mut Vec<&'t Piece>,
    notes: &Notes,
) -> Vec<(Role, Vec<&'t Piece>)> {
    let mut joined: Vec<(Role, Vec<&Piece>)> = Vec::new();
    for turn in turns {
        if turn.role == Role::System {
            for piece in &turn.pieces {
                notes
                    .lost(&piece.field, "the vendor's dialect has instructions only before the conversation");
                system.push(piece);
            }
            continue;
        }
        match joined.last_mut() {
            Some((role, pieces)) if *role == turn.role => pieces.extend(&turn.pieces),
            _ => joined.push((turn.role, turn.pieces.iter().collect())),
        }
    }
    for (_, pieces) in &mut joined {
        // What tools said comes before what the user says of it.
        pieces.sort_by_key(|it| !matches!(it.part, Part::Outcome(_)));
    }
    joined.retain(|it| !it.1.is_empty());
    joined
}

/// Whether a thought was this wire's own, so that it can go back there.
pub(crate) fn is_own(piece: &Piece, wire: Wire) -> bool {
    match &piece.part {
        Part::Thought(it) => it.seal.as_ref().is_some_and(|it| it.origin == wire),
        _ => false,
    }
}

/// An answer's id in the caller's form: the vendor's own behind the caller's prefix, or the request's.
pub(crate) fn id(prefix: &str, own: Option<&str>, frame: &Frame) -> String {
    let own = own.filter(|it| !it.is_empty()).unwrap_or(&frame.request_id);
    if own.starts_with(prefix) { own.to_owned() } else { [prefix, own].concat() }
}

/// A text as JSON.
pub(crate) fn quote(text: &str, out: &mut Vec<u8>) {
    // Looks at every byte, which compilers do many at a time; most texts have nothing to escape.
    let escapes = text.bytes().fold(false, |seen, it| seen | (it < 0x20) | (it == b'"') | (it == b'\\'));
    if escapes {
        // Writing to memory does not fail, and a string always serializes.
        let _ = serde_json::to_writer(out, text);
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// A struct's fields, behind others of the same object. Its closing brace is the object's.
pub(crate) fn fields(fields: &impl Serialize, out: &mut Vec<u8>) {
    let begun = out.len();
    // As above.
    let _ = serde_json::to_writer(&mut *out, fields);
    if let Some(brace) = out.get_mut(begun) {
        *brace = b',';
    }
}

/// A number as it is written, without a detour.
pub(crate) fn digits(mut number: u64, out: &mut Vec<u8>) {
    let mut text = [0u8; 20];
    let mut at = text.len();
    loop {
        at -= 1;
        // A remainder of ten is a digit.
        text[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return out.extend_from_slice(&text[at..]);
        }
    }
}

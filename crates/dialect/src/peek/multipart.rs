//! Multipart forms (audio, images): where the `model` part stands.
//!
//! Not a form parser: parts are found by their boundary and only the one named `model` is read. RFC 7578 and 2046.

use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;

use super::Malformed;

/// The longest model name believed; also bounds how far an unfinished part is waited for.
const NAME_LIMIT: usize = 1024;
/// RFC 2046 allows 70 bytes.
const BOUNDARY_LIMIT: usize = 200;

/// The `model` part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultipartModel {
    /// The name.
    pub name: String,
    /// Where it stands in the bytes that were looked at.
    pub span: Range<usize>,
}

/// Finds the model in the first bytes of a form; `None` while these bytes do not hold it whole.
pub fn peek_multipart(content_type: &str, head: &[u8]) -> Result<Option<MultipartModel>, Malformed> {
    let boundary = boundary(content_type)
        .ok_or_else(|| Malformed::new("the content type must be multipart/form-data with a boundary", 0))?;
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let finder = memmem::Finder::new(&delimiter);
    // Every delimiter stands at the start of a line, the first perhaps at the start of the body.
    let at_line_start = |at: &usize| *at == 0 || head[..*at].ends_with(b"\r\n");
    let starts: Vec<usize> = finder.find_iter(head).filter(at_line_start).collect();
    // What may precede it is bounded, and the same however much has arrived.
    let begins_late = match starts.first() {
        Some(first) => *first > NAME_LIMIT,
        None => head.len() > NAME_LIMIT + delimiter.len(),
    };
    if begins_late {
        return Err(Malformed::new("the form does not begin with its boundary", 0));
    }
    let mut found = None;
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map(|next| next - b"\r\n".len());
        let Some(part) = part(head, start + delimiter.len(), end) else {
            continue;
        };
        if found.replace(part?).is_some() {
            return Err(Malformed::new("the form has two parts named `model`", start));
        }
    }
    Ok(found)
}

/// The form with another model: before, the name, after.
pub fn splice_form_model(body: &Bytes, span: &Range<usize>, model: &str) -> [Bytes; 3] {
    [body.slice(..span.start), Bytes::copy_from_slice(model.as_bytes()), body.slice(span.end..)]
}

/// The part that begins behind its delimiter at `from`, if it is the model's and complete.
fn part(head: &[u8], from: usize, end: Option<usize>) -> Option<Result<MultipartModel, Malformed>> {
    let headers = head.get(from..)?;
    let blank = memmem::find(headers, b"\r\n\r\n")?;
    let value = from + blank + b"\r\n\r\n".len();
    if end.is_some_and(|end| end < value) || !names_model(&headers[..blank]) {
        return None;
    }
    let span = value..end?;
    let name = std::str::from_utf8(&head[span.clone()]).ok().map(str::trim);
    match name {
        Some(name) if !name.is_empty() && span.len() <= NAME_LIMIT => {
            Some(Ok(MultipartModel { name: name.to_owned(), span }))
        }
        _ => Some(Err(Malformed::new("`model` must be a short text", span.start))),
    }
}

/// Whether a part's headers say `content-disposition: form-data; name="model"`.
fn names_model(headers: &[u8]) -> bool {
    let Ok(headers) = std::str::from_utf8(headers) else {
        return false;
    };
    headers
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
        .any(|(_, value)| parameter(value, "name").is_some_and(|it| it == "model"))
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, _) = content_type.split_once(';')?;
    let is_form = kind.trim().eq_ignore_ascii_case("multipart/form-data");
    parameter(content_type, "boundary").filter(|it| is_form && !it.is_empty() && it.len() <= BOUNDARY_LIMIT)
}

/// A parameter of a header value, without its quotes.
fn parameter<'a>(value: &'a str, wanted: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|it| {
        let (name, value) = it.split_once('=')?;
        let value = value.trim();
        let bare = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
        name.trim().eq_ignore_ascii_case(wanted).then_some(bare)
    })
}

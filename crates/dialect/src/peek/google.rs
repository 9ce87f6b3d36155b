//! Google's bodies that say the model once more than the path: embeddings, one or many, and counts of a whole request.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use serde_json::value::RawValue;

use super::{json::quoted, walk::members};

/// The body with that model wherever it names one; untouched where it names none. Google refuses a body that names
/// another model than the path.
pub fn rename_google_model(body: &Bytes, model: &str) -> Bytes {
    let mut spans = Vec::new();
    find(body, 0, true, &mut spans);
    if spans.is_empty() {
        return body.clone();
    }
    let collection =
        if model.starts_with("models/") || model.starts_with("tunedModels/") { "" } else { "models/" };
    let name = quoted(&[collection, model].concat());
    let mut renamed = BytesMut::with_capacity(body.len() + spans.len() * name.len());
    let mut at = 0;
    for span in spans {
        renamed.extend_from_slice(&body[at..span.start]);
        renamed.extend_from_slice(name.as_bytes());
        at = span.end;
    }
    renamed.extend_from_slice(&body[at..]);
    renamed.freeze()
}

/// Where an object that begins at `offset` names its model, and, in the outermost, the requests within it.
fn find(object: &[u8], offset: usize, is_outermost: bool, spans: &mut Vec<Range<usize>>) {
    let _ = members(object, |member| {
        let start = offset + member.start;
        match &*member.key {
            "model" if member.value.starts_with(b"\"") => spans.push(start..start + member.value.len()),
            "generateContentRequest" | "generate_content_request" if is_outermost => {
                find(member.value, start, false, spans);
            }
            "requests" if is_outermost => {
                let each: Vec<&RawValue> = serde_json::from_slice(member.value).unwrap_or_default();
                for it in each {
                    let within = it.get().as_ptr().addr() - member.value.as_ptr().addr();
                    find(it.get().as_bytes(), start + within, false, spans);
                }
            }
            _ => {}
        }
        Ok(())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_renamed_wherever_the_body_names_it_and_nowhere_else() {
        let check = |body: &'static str, expected: &str| {
            let renamed = rename_google_model(&Bytes::from_static(body.as_bytes()), "new");
            assert_eq!(renamed, expected.as_bytes());
        };
        check(r#"{"contents":[{"model":"x"}]}"#, r#"{"contents":[{"model":"x"}]}"#);
        check(r#"{ "model" : "models/old", "a":1}"#, r#"{ "model" : "models/new", "a":1}"#);
        check(r#"{"model":7}"#, r#"{"model":7}"#);
        check(
            r#"{"requests":[ {"model":"models/a","content":{"model":"kept"}}, {"content":{}}, {"model":"b"} ]}"#,
            r#"{"requests":[ {"model":"models/new","content":{"model":"kept"}}, {"content":{}}, {"model":"models/new"} ]}"#,
        );
        check(
            r#"{"generateContentRequest":{"contents":[],"model":"models/old"}}"#,
            r#"{"generateContentRequest":{"contents":[],"model":"models/new"}}"#,
        );
        check("[]", "[]");
        check("{\"model\":\"", "{\"model\":\"");
    }
}

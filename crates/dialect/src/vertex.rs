//! Vertex AI: whose model is asked there, and how each publisher's are.
//!
//! A model is written as its publisher's and its own name, `anthropic/claude-sonnet-5`; without a publisher it is
//! Anthropic's if it is called so (`claude-…`) and Google's otherwise. Google's models are asked in Google's own dialect
//! and Anthropic's in Anthropic's, less the model, which stands in the path; everybody else's are asked as OpenAI would
//! ask for them, by both names.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    Wire,
    peek::{Model, body_field, insert_field, peek, remove_model, rename_model, splice_model},
    translate::encoded,
};

/// What stands in the body of what is asked of Anthropic's models.
const VERSION_FIELD: &str = "anthropic_version";
const VERSION: &str = "vertex-2023-10-16";

/// Whose a model is, and what it is called there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publisher<'m> {
    Google(&'m str),
    Anthropic(&'m str),
    /// By both names.
    Other(&'m str),
}

fn publisher(model: &str) -> Publisher<'_> {
    match model.split_once('/') {
        Some(("google", name)) => Publisher::Google(name),
        Some(("anthropic", name)) => Publisher::Anthropic(name),
        Some(_) => Publisher::Other(model),
        None if model.starts_with("claude") => Publisher::Anthropic(model),
        None => Publisher::Google(model),
    }
}

/// The wire that a model is asked on.
pub(crate) fn wire(model: &str) -> Wire {
    match publisher(model) {
        Publisher::Google(_) => Wire::Gemini,
        Publisher::Anthropic(_) => Wire::Messages,
        Publisher::Other(_) => Wire::Chat,
    }
}

/// The path behind the location, with its query.
pub fn vertex_suffix(model: &str, stream: bool) -> String {
    let at = |publisher: &str, name: &str| format!("/publishers/{publisher}/models/{}", segment(name));
    match publisher(model) {
        Publisher::Google(name) if stream => at("google", name) + ":streamGenerateContent?alt=sse",
        Publisher::Google(name) => at("google", name) + ":generateContent",
        Publisher::Anthropic(name) if stream => at("anthropic", name) + ":streamRawPredict",
        Publisher::Anthropic(name) => at("anthropic", name) + ":rawPredict",
        Publisher::Other(_) => "/endpoints/openapi/chat/completions".to_owned(),
    }
}

/// Where Anthropic's tokens are counted.
pub const VERTEX_COUNT_TOKENS: &str = "/publishers/anthropic/models/count-tokens:rawPredict";

/// A version of a model stands behind an `@`, which may stand in a path.
fn segment(name: &str) -> String {
    encoded(name).replace("%40", "@")
}

/// A request that has been translated, as Vertex takes it.
pub(crate) fn dress(wire: Wire, model: &str, body: &mut Value) {
    match (wire, body) {
        (Wire::Messages, Value::Object(fields)) => {
            fields.shift_remove("model");
            let rest: Map<String, Value> = std::mem::take(fields);
            fields.insert(VERSION_FIELD.to_owned(), VERSION.into());
            fields.extend(rest);
        }
        // Models before the third generation refuse a request that says which call it means; there, the order does.
        (Wire::Gemini, body) if ["gemini-1", "gemini-2"].iter().any(|it| model.contains(it)) => {
            let contents = body.get_mut("contents").and_then(Value::as_array_mut).into_iter().flatten();
            let parts = contents.filter_map(|it| it.get_mut("parts")?.as_array_mut()).flatten();
            for part in parts {
                for call in ["functionCall", "functionResponse"] {
                    if let Some(Value::Object(call)) = part.get_mut(call) {
                        call.shift_remove("id");
                    }
                }
            }
        }
        _ => {}
    }
}

/// A client's own messages as Vertex takes them: the version in the place of the model.
pub fn vertex_messages(body: &Bytes) -> [Bytes; 3] {
    let has_version = body_field(body, VERSION_FIELD).is_some();
    match peek(body).ok().and_then(|it| it.model) {
        Some(Model { span, .. }) if has_version => remove_model(body, &span),
        Some(Model { span, .. }) => rename_model(body, &span, VERSION_FIELD, VERSION),
        None if has_version => [body.clone(), Bytes::new(), Bytes::new()],
        None => insert_field(body, VERSION_FIELD, VERSION),
    }
}

/// A client's own messages to be counted: here the model stays, by its own name.
pub fn vertex_count(body: &Bytes, model: &str) -> [Bytes; 3] {
    let (Publisher::Google(name) | Publisher::Anthropic(name) | Publisher::Other(name)) = publisher(model);
    let named = match peek(body).ok().and_then(|it| it.model) {
        Some(Model { span, .. }) => splice_model(body, &span, name),
        None => insert_field(body, "model", name),
    };
    let named = Bytes::from(named.concat());
    match body_field(&named, VERSION_FIELD) {
        Some(_) => [named, Bytes::new(), Bytes::new()],
        None => insert_field(&named, VERSION_FIELD, VERSION),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_asked_as_its_publisher_wants_it() {
        for (model, wire_of, plain, streamed) in [
            (
                "gemini-3-flash",
                Wire::Gemini,
                "/publishers/google/models/gemini-3-flash:generateContent",
                "/publishers/google/models/gemini-3-flash:streamGenerateContent?alt=sse",
            ),
            (
                "google/gemini-3-flash",
                Wire::Gemini,
                "/publishers/google/models/gemini-3-flash:generateContent",
                "/publishers/google/models/gemini-3-flash:streamGenerateContent?alt=sse",
            ),
            (
                "claude-sonnet-4-5@20250929",
                Wire::Messages,
                "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict",
                "/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
            ),
            (
                "anthropic/../x",
                Wire::Messages,
                "/publishers/anthropic/models/..%2Fx:rawPredict",
                "/publishers/anthropic/models/..%2Fx:streamRawPredict",
            ),
            (
                "meta/llama-4-maverick",
                Wire::Chat,
                "/endpoints/openapi/chat/completions",
                "/endpoints/openapi/chat/completions",
            ),
        ] {
            assert_eq!(wire(model), wire_of, "{model}");
            assert_eq!((&*vertex_suffix(model, false), &*vertex_suffix(model, true)), (plain, streamed));
        }
    }

    #[test]
    fn the_version_stands_in_the_models_place_and_the_rest_is_untouched() {
        let check = |body: &'static str, expected: &str| {
            let dressed = vertex_messages(&Bytes::from_static(body.as_bytes())).concat();
            assert_eq!(String::from_utf8(dressed).unwrap(), expected);
        };
        check(
            r#"{ "model" : "claude-x", "max_tokens":5 }"#,
            r#"{ "anthropic_version":"vertex-2023-10-16", "max_tokens":5 }"#,
        );
        check(
            r#"{"max_tokens":5,"model":"claude-x"}"#,
            r#"{"max_tokens":5,"anthropic_version":"vertex-2023-10-16"}"#,
        );
        check(r#"{"max_tokens":5}"#, r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":5}"#);
        check(r#"{"anthropic_version":"mine","model":"x"}"#, r#"{"anthropic_version":"mine"}"#);
        let counted =
            vertex_count(&Bytes::from_static(br#"{"model":"one","messages":[]}"#), "anthropic/claude-x");
        assert_eq!(
            String::from_utf8(counted.concat()).unwrap(),
            r#"{"anthropic_version":"vertex-2023-10-16","model":"claude-x","messages":[]}"#
        );
    }

    #[test]
    fn a_translated_request_has_the_version_and_no_model() {
        let mut body = serde_json::json!({"model": "x", "max_tokens": 5});
        dress(Wire::Messages, "x", &mut body);
        assert_eq!(body.to_string(), r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":5}"#);
    }

    #[test]
    fn older_models_are_not_told_which_call_is_meant() {
        for (model, is_told) in
            [("gemini-2.5-flash", false), ("google/gemini-2.5-pro", false), ("gemini-3-flash", true)]
        {
            let mut body = serde_json::json!({"contents": [
                {"role": "model", "parts": [{"text": "x"}, {"functionCall": {"id": "c1", "name": "f", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "f", "response": {}}}]},
            ]});
            dress(Wire::Gemini, model, &mut body);
            assert_eq!(body.to_string().matches("c1").count(), if is_told { 2 } else { 0 }, "{model}");
        }
    }
}

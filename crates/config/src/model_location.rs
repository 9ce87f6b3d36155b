//! Where a vendor wants to be told the model: in the body, as nearly all do, or in the path, in a header, in the query.
//!
//! Here is what may be written and which names fit; how a request is changed is the gateway's.

use http::{HeaderName, HeaderValue};
use serde::Deserialize;

/// Where a target is told the model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ModelLocation {
    /// The body's `model`.
    #[default]
    Body,
    /// A segment of the path.
    Path,
    /// This header.
    Header(HeaderName),
    /// This argument of the query.
    Query(String),
}

/// Headers that the gateway writes itself, or that speak of the connection.
const OURS: [&str; 20] = [
    "accept-encoding",
    "anthropic-version",
    "api-key",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-api-key",
    "x-goog-api-key",
    "x-real-ip",
    "x-request-id",
];
const OUR_PREFIXES: [&str; 4] = ["proxy-", "sec-", "x-forwarded-", "x-spillway-"];

impl ModelLocation {
    /// Reads `body`, `path`, `header:NAME` or `query:NAME`; says what is wrong with anything else.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "body" => Ok(ModelLocation::Body),
            None if text == "path" => Ok(ModelLocation::Path),
            Some(("header", name)) => header(name).map(ModelLocation::Header),
            Some(("query", name)) => {
                let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
                match !name.is_empty() && name.bytes().all(fits) {
                    true => Ok(ModelLocation::Query(name.to_owned())),
                    false => Err("query:NAME takes letters, digits, '-', '.', '_' and '~'".to_owned()),
                }
            }
            _ => Err("expected one of: body, path, header:NAME, query:NAME".to_owned()),
        }
    }

    /// Why a model of that name can not be told there; `None` if it can.
    pub fn refuses(&self, model: &str) -> Option<&'static str> {
        match self {
            ModelLocation::Body | ModelLocation::Query(_) => None,
            // However it is encoded, somebody on the way would resolve it.
            ModelLocation::Path => {
                matches!(model, "" | "." | "..").then_some("that name cannot be a segment of a path")
            }
            ModelLocation::Header(_) => {
                let fits = HeaderValue::from_str(model).is_ok() && model.trim() == model && model.is_ascii();
                (!fits).then_some("that name cannot be the value of a header: visible ASCII")
            }
        }
    }
}

impl TryFrom<String> for ModelLocation {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        ModelLocation::parse(&text)
    }
}

fn header(name: &str) -> Result<HeaderName, String> {
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err("header:NAME takes the name of a header".to_owned());
    };
    let is_ours =
        OURS.contains(&parsed.as_str()) || OUR_PREFIXES.iter().any(|it| parsed.as_str().starts_with(it));
    match is_ours {
        true => Err(format!("the header {parsed} is written by the gateway itself: name another")),
        false => Ok(parsed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_places_can_be_written() {
        let header = HeaderName::from_static("x-model-id");
        for (text, expected) in [
            ("body", ModelLocation::Body),
            ("path", ModelLocation::Path),
            ("header:X-Model-Id", ModelLocation::Header(header)),
            ("query:model", ModelLocation::Query("model".to_owned())),
        ] {
            assert_eq!(ModelLocation::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused_with_the_way_out() {
        for (text, said) in [
            ("", "expected one of: body, path"),
            ("Body", "expected one of"),
            ("body:model", "expected one of"),
            ("header:", "the name of a header"),
            ("header:a b", "the name of a header"),
            ("header:Authorization", "written by the gateway itself"),
            ("header:x-spillway-model", "written by the gateway itself"),
            ("header:Content-Length", "written by the gateway itself"),
            ("query:", "letters, digits"),
            ("query:a&b=c", "letters, digits"),
        ] {
            let refused = ModelLocation::parse(text).expect_err(text);
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }

    #[test]
    fn a_name_that_does_not_fit_its_place_is_refused() {
        let (path, header) = (ModelLocation::Path, ModelLocation::parse("header:x-model").expect("a place"));
        for name in ["gpt-4o", "org/name", "v1:0", "a b", "..."] {
            assert_eq!((path.refuses(name), header.refuses(name)), (None, None), "{name}");
        }
        assert!(path.refuses("..").is_some() && path.refuses(".").is_some());
        for name in ["a\r\nx: y", "modèle", " a"] {
            assert!(header.refuses(name).is_some(), "{name:?}");
            assert_eq!(ModelLocation::Body.refuses(name), None);
        }
    }
}

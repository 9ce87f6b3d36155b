//! Where a vendor is told the model, if not in the body: a segment of the path, a header, an argument of the query.
//!
//! Whatever a model is called, it stays one segment, one value, one argument: what could be read as more is
//! percent-encoded.

use config::snapshot::{ModelLocation, Target};
use dialect::Endpoint;
use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986's unreserved characters stand for themselves everywhere.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A segment that stays one.
pub(super) fn encoded(segment: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(segment, ENCODED)
}

/// A model's name on its way to a vendor that does not read it in the body.
#[derive(Clone, Copy)]
pub(super) struct Placed<'m> {
    location: &'m ModelLocation,
    model: &'m str,
}

impl<'m> Placed<'m> {
    /// `None`: it goes into the body. The error says why this name fits nowhere.
    pub(super) fn at(location: &'m ModelLocation, model: Option<&'m str>) -> Result<Option<Self>, String> {
        let Some(model) = model.filter(|_| *location != ModelLocation::Body) else {
            return Ok(None);
        };
        match location.refuses(model) {
            Some(why) => Err(format!("the model's name cannot be told to this target: {why}")),
            None => Ok(Some(Placed { location, model })),
        }
    }

    /// The header that tells it, if one does.
    pub(super) fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self.location {
            ModelLocation::Header(name) => Some((name.clone(), HeaderValue::from_str(self.model).ok()?)),
            ModelLocation::Body | ModelLocation::Path | ModelLocation::Query(_) => None,
        }
    }

    /// The path that is asked for, before the target's base path is put in front of it.
    pub(super) fn path(self, path: &str, endpoint: Option<Endpoint>) -> Option<String> {
        if *self.location != ModelLocation::Path {
            return None;
        }
        let model = utf8_percent_encode(self.model, ENCODED);
        match (segment(path), endpoint) {
            (Some((before, after)), _) => Some(format!("{before}{model}{after}")),
            (None, Some(_)) => Some(format!("/{model}{path}")),
            // A path that nobody knows and that has no place for a model goes as it is.
            (None, None) => None,
        }
    }

    /// The query, with the model in place of every argument of that name.
    pub(super) fn query(self, query: Option<&str>) -> Option<String> {
        let ModelLocation::Query(name) = self.location else { return None };
        Some(with_argument(query, name, self.model))
    }
}

/// A query with this argument in place of every other of that name.
fn with_argument(query: Option<&str>, name: &str, value: &str) -> String {
    let is_other = |pair: &&str| {
        let decoded = form_urlencoded::parse(pair.as_bytes()).next();
        !pair.is_empty() && decoded.is_none_or(|(key, _)| key != name)
    };
    let mut query: String =
        query.unwrap_or_default().split('&').filter(is_other).flat_map(|it| [it, "&"]).collect();
    query.push_str(name);
    query.push('=');
    query.extend(utf8_percent_encode(value, ENCODED));
    query
}

/// A path and query with the version that the target is to be told, in place of the client's.
pub(super) fn versioned(path: String, target: &Target) -> String {
    let Some(version) = &target.api_version else { return path };
    let (path, query) = path.split_once('?').map_or((&*path, None), |it| (it.0, Some(it.1)));
    format!("{path}?{}", with_argument(query, dialect::API_VERSION, version))
}

/// What stands before and behind the model's segment of a path; a method behind it (`:generateContent`) stays.
fn segment(path: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    let mut awaited = false;
    for segment in path.split('/') {
        if awaited && !segment.is_empty() {
            let method = segment.rfind(':').filter(|it| is_method(&segment[it + 1..]));
            let end = at + method.unwrap_or(segment.len());
            return Some((&path[..at], &path[end..]));
        }
        awaited = dialect::MODEL_SEGMENTS.contains(&segment);
        at += segment.len() + 1;
    }
    None
}

fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed<'m>(location: &'m ModelLocation, model: &'m str) -> Placed<'m> {
        Placed::at(location, Some(model)).unwrap().expect("not in the body")
    }

    #[test]
    fn in_a_path_the_model_is_one_segment_in_its_place() {
        let chat = Some(Endpoint::ChatCompletions);
        for (path, endpoint, model, expected) in [
            ("/chat/completions", chat, "gpt-4o", Some("/gpt-4o/chat/completions")),
            ("/chat/completions", chat, "org/m?x#y z", Some("/org%2Fm%3Fx%23y%20z/chat/completions")),
            ("/v1beta/models/old:generateContent", None, "new", Some("/v1beta/models/new:generateContent")),
            ("/model/old-v1:0/invoke", None, "new-v2:1", Some("/model/new-v2%3A1/invoke")),
            ("/deployments/old/chat/completions", chat, "new", Some("/deployments/new/chat/completions")),
            ("/files", None, "new", None),
            ("/models", None, "new", None),
        ] {
            let told = placed(&ModelLocation::Path, model).path(path, endpoint);
            assert_eq!(told.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn in_a_query_the_model_is_said_once() {
        let location = ModelLocation::Query("model".to_owned());
        for (query, expected) in [
            (None, "model=a%26b%3Dc"),
            (Some(""), "model=a%26b%3Dc"),
            (Some("x=1&model=old&y=%20&mod%65l=older"), "x=1&y=%20&model=a%26b%3Dc"),
        ] {
            assert_eq!(placed(&location, "a&b=c").query(query).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_name_that_fits_no_header_is_sent_in_none() {
        let location = ModelLocation::parse("header:x-model").unwrap();
        assert!(placed(&location, "gpt-4o").header().is_some());
        assert!(Placed::at(&location, Some("a\r\nx-evil: 1")).is_err());
        assert!(Placed::at(&ModelLocation::Path, Some("..")).is_err());
        assert!(Placed::at(&location, None).unwrap().is_none(), "no model, nothing to tell");
    }
}

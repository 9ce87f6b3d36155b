//! What an answer means and whose fault it is: DOMAIN 4, as a function.
//!
//! Status first, the vendor's identifiers second, its words last. Only facts come out; who is excluded for how long is
//! the balancer's business. A client must not be able to suspend anybody: a 400 blames nobody unless the vendor itself
//! speaks of money or of our key.

mod error;
mod identifiers;

use std::fmt;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use memchr::memmem;

use self::error::VendorError;
use self::identifiers::Meaning;
use crate::limits::{retry_after, retry_delay};
use crate::{Endpoint, INSPECT_LIMIT, Kind, mask, wire};

/// An answer, as far as it has to be seen to be judged.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// Whose.
    pub kind: Kind,
    /// To what.
    pub endpoint: Endpoint,
    /// The vendor's status; for a failure inside a stream, the one that it stands for.
    pub status: u16,
    /// The vendor's headers.
    pub headers: &'a HeaderMap,
    /// The body, or its first [`INSPECT_LIMIT`] bytes.
    pub body: &'a [u8],
    /// The time, for limits that are told as dates.
    pub now: SystemTime,
}

/// Headers and body stay out of logs: they may quote keys and prompts.
impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Answer");
        shown.field("kind", &self.kind).field("endpoint", &self.endpoint).field("status", &self.status);
        shown.finish_non_exhaustive()
    }
}

/// What became of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it was answered.
    Good,
    /// The request's own: relayed as it is, nobody is blamed, nobody else is asked.
    Refused,
    /// The vendor has no such model.
    ModelNotFound,
    /// The vendor rejects the key.
    KeyRejected,
    /// Out of quota or credit.
    Quota {
        /// When the vendor says it comes back.
        reset: Option<Duration>,
    },
    /// Too many requests or tokens.
    RateLimited {
        /// The vendor's hint.
        retry_after: Option<Duration>,
    },
    /// The model is overloaded.
    Overloaded {
        /// The vendor's hint.
        retry_after: Option<Duration>,
    },
    /// The vendor, or somebody before it, ran out of time.
    Timeout,
    /// The vendor failed.
    Server,
    /// Neither an answer nor anybody's fault (3xx, 409, 501, a 404 about something else): relayed.
    Relayed,
}

/// A body that asks for this long is a quota of a day, whatever it calls itself.
const DAILY: Duration = Duration::from_secs(3600);

/// Judges an answer.
pub fn classify(answer: &Answer<'_>) -> Fault {
    if !(200..300).contains(&answer.status) {
        return Judge::of(answer).by_status(answer.status);
    }
    let page = |it: &http::HeaderValue| it.as_bytes().to_ascii_lowercase().starts_with(b"text/html");
    let is_page = answer.endpoint != Endpoint::Audio && answer.headers.get("content-type").is_some_and(page);
    let is_bodiless = matches!(answer.status, 204 | 205);
    match hidden_failure(answer.endpoint, answer.body) {
        Some(status) if !is_bodiless => Judge::of(answer).by_status(status),
        _ if is_page => Fault::Server,
        _ => Fault::Good,
    }
}

/// The vendor's own words, at most 2 KiB, with whatever looks like a key masked.
pub fn message(body: &[u8]) -> Option<String> {
    const LIMIT: usize = 2048;
    let body = &body[..body.len().min(INSPECT_LIMIT)];
    let error = VendorError::read(body);
    let plain = || {
        let is_page =
            wire::begins_with(body, b'<') || wire::begins_with(body, b'{') || wire::begins_with(body, b'[');
        std::str::from_utf8(body).ok().filter(|_| !is_page)
    };
    let words = error.message.as_deref().or_else(plain)?.trim();
    // Masked before it is cut, so that no cut leaves half a key that looks like none.
    let mut masked = mask::mask(&words[..words.floor_char_boundary(4 * LIMIT)]);
    masked.truncate(masked.floor_char_boundary(LIMIT));
    (!masked.is_empty()).then_some(masked)
}

/// The vendor's own name for an error, and the parameter it is about.
pub(crate) fn name_and_param(headers: &HeaderMap, body: &[u8]) -> (Option<String>, Option<String>) {
    let error = VendorError::read(&body[..body.len().min(INSPECT_LIMIT)]).named_by(headers);
    (error.name().map(str::to_owned), error.param().map(str::to_owned))
}

/// The status that a failure inside a 200 (an error object, a web page, null, nothing, no choices) stands for; `None`
/// for a good answer. What is cut off or odd counts as good:
/// it passes through, and the client sees what the vendor said.
pub fn hidden_failure(endpoint: Endpoint, body: &[u8]) -> Option<u16> {
    const BAD_GATEWAY: u16 = 502;
    let trimmed = body.trim_ascii();
    let is_json = endpoint != Endpoint::Audio;
    match trimmed.first() {
        None | Some(b'<') => is_json.then_some(BAD_GATEWAY),
        Some(b'n') if trimmed == b"null" => is_json.then_some(BAD_GATEWAY),
        Some(b'{' | b'[') if may_be_error(trimmed) && VendorError::read(trimmed).is_error => {
            Some(stands_for(trimmed))
        }
        Some(b'{') if has_no_choices(endpoint, trimmed) => Some(BAD_GATEWAY),
        _ => None,
    }
}

/// The status that an error body stands for.
pub(crate) fn stands_for(body: &[u8]) -> u16 {
    let error = VendorError::read(body);
    if let Some(number) = error.number() {
        return number;
    }
    match error.meaning() {
        Some(Meaning::Quota | Meaning::RateLimited) => 429,
        Some(Meaning::Overloaded) => 529,
        Some(Meaning::KeyRejected) => 401,
        Some(Meaning::ModelNotFound | Meaning::Missing) => 404,
        Some(Meaning::TooLarge) => 413,
        Some(Meaning::Forbidden) => 403,
        Some(Meaning::Timeout) => 504,
        Some(Meaning::Refused) => 400,
        Some(Meaning::Invalid | Meaning::Server) | None if error.begins_with(&WAIT_OPENINGS) => 429,
        Some(Meaning::Invalid) => 400,
        Some(Meaning::Server) | None if error.mentions(&["overloaded"]) => 529,
        Some(Meaning::Server) | None if error.mentions(&["rate limit", "too many requests"]) => 429,
        Some(Meaning::Server) | None => 500,
    }
}

/// Every form of an error has the word in quotes, and hardly any good answer has.
fn may_be_error(body: &[u8]) -> bool {
    memmem::find(body, b"\"error\"").is_some()
}

/// "Too many tokens, please wait" has the words of a context that is too long and means a rate limit.
const WAIT_OPENINGS: [&str; 3] = ["too many tokens, please wait", "too many requests", "rate limit"];

/// How Amazon begins to speak of a model that is not to be had: with this key, under this name, in this way.
const AMAZONS_MODEL_OPENINGS: [&str; 6] = [
    "your account is not authorized to access this model",
    "your account is not authorized to invoke this api operation with a",
    "you don't have access to the model",
    "model access is denied",
    "the provided model identifier is invalid",
    "invocation of model id",
];

fn has_no_choices(endpoint: Endpoint, body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Choices<'a> {
        #[serde(borrow, default, deserialize_with = "even_null")]
        choices: Option<&'a serde_json::value::RawValue>,
    }
    fn even_null<'de: 'a, 'a, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<&'a serde_json::value::RawValue>, D::Error> {
        serde::Deserialize::deserialize(deserializer).map(Some)
    }
    // The word and an empty value first: parsing every good answer for this would cost more than all the rest.
    let is_empty = |it: &[u8]| {
        let value = it.trim_ascii_start().strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        let inside = value.strip_prefix(b"[").unwrap_or_default();
        value.starts_with(b"null") || wire::begins_with(inside, b']')
    };
    const NAME: &[u8] = b"\"choices\"";
    matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions)
        && memmem::find_iter(body, NAME).any(|at| is_empty(&body[at + NAME.len()..]))
        && serde_json::from_slice::<Choices<'_>>(body)
            .is_ok_and(|it| it.choices.is_some() && !wire::says_something(it.choices))
}

struct Judge<'a> {
    answer: &'a Answer<'a>,
    error: VendorError<'a>,
}

impl<'a> Judge<'a> {
    fn of(answer: &'a Answer<'a>) -> Self {
        Judge { answer, error: VendorError::read(answer.body).named_by(answer.headers) }
    }

    fn by_status(&self, status: u16) -> Fault {
        let row = self.answer.kind.row();
        let meaning = self.error.meaning();
        match status {
            300..400 | 409 | 501 => Fault::Relayed,
            401 if meaning == Some(Meaning::Quota) => self.quota(),
            401 => Fault::KeyRejected,
            402 => self.quota(),
            400 | 403 if self.is_about_amazons_model() => Fault::ModelNotFound,
            403 if meaning == Some(Meaning::Refused) => Fault::Refused,
            403 if meaning == Some(Meaning::Quota) || self.error.mentions_money() => self.quota(),
            403 if meaning == Some(Meaning::KeyRejected) || row.key_status_403 => Fault::KeyRejected,
            403 if meaning == Some(Meaning::ModelNotFound) => Fault::ModelNotFound,
            403 => Fault::Relayed,
            404 if self.error.is_about_model() => Fault::ModelNotFound,
            404 => Fault::Relayed,
            408 | 504 => Fault::Timeout,
            424 if meaning == Some(Meaning::Overloaded) => self.overloaded(),
            424 if meaning == Some(Meaning::Server) => Fault::Server,
            425 => Fault::Server,
            429 => self.too_many(meaning),
            498 if self.answer.kind == Kind::Groq => self.overloaded(),
            400 => self.bad_request(meaning),
            _ if (400..500).contains(&status) => Fault::Refused,
            503 | 529 => self.unavailable(status, meaning),
            _ => self.server(meaning),
        }
    }

    /// Amazon has one code for a key that opens nothing and a model that this key does not open, and one for a name that
    /// no model has and whatever else is wrong with a request. The first words tell; the client has none of them.
    fn is_about_amazons_model(&self) -> bool {
        let opens = |openings: &[&str]| self.error.begins_with(openings);
        self.answer.kind == Kind::Bedrock
            && (opens(&AMAZONS_MODEL_OPENINGS)
                // The principal is named first, its key is good, and its rights are by model.
                || opens(&["user: arn:"]) && self.error.mentions(&["is not authorized to perform: bedrock:"]))
    }

    /// 400: the client's fault, unless the vendor speaks of money, of our key, or of throttling by its code.
    fn bad_request(&self, meaning: Option<Meaning>) -> Fault {
        let is_our_key = self.answer.kind.row().key_status_400
            && (meaning == Some(Meaning::KeyRejected)
                || self.error.begins_with(&[
                    "incorrect api key provided",
                    "api key not valid",
                    "api key expired",
                ]));
        match meaning {
            Some(Meaning::Refused | Meaning::TooLarge) => Fault::Refused,
            Some(Meaning::Quota) => self.quota(),
            Some(Meaning::RateLimited) => self.rate_limited(),
            Some(Meaning::Overloaded) => self.overloaded(),
            _ if is_our_key => Fault::KeyRejected,
            _ if self.error.is_about_money() => self.quota(),
            _ if self.error.begins_with(&WAIT_OPENINGS[..1]) => self.rate_limited(),
            _ => Fault::Refused,
        }
    }

    fn too_many(&self, meaning: Option<Meaning>) -> Fault {
        let is_daily =
            self.error.is_daily_quota() || retry_delay(self.answer.body).is_some_and(|it| it >= DAILY);
        // Google says "you exceeded your current quota" of a minute's quota too, at any host that leads to it; what is
        // over in less than an hour is no matter of money.
        let passes_soon =
            retry_after(&HeaderMap::new(), self.answer.body, self.answer.now).is_some_and(|it| it < DAILY);
        let says_quota = !matches!(self.answer.kind, Kind::Gemini | Kind::Vertex)
            && meaning != Some(Meaning::RateLimited)
            && self.error.is_about_money()
            && !passes_soon;
        match meaning {
            _ if is_daily => self.quota(),
            Some(Meaning::Quota) => self.quota(),
            Some(Meaning::Overloaded) => self.overloaded(),
            Some(Meaning::Refused | Meaning::TooLarge) => Fault::Refused,
            // Mistral names no code for it.
            _ if self.error.begins_with(&["service tier capacity exceeded"]) => self.overloaded(),
            // One request that is larger than the whole limit: no wait helps, and no key is to blame (FAULTS 23).
            _ if self.error.begins_with(&["request too large for"]) => Fault::Refused,
            _ if says_quota => self.quota(),
            _ => self.rate_limited(),
        }
    }

    fn unavailable(&self, status: u16, meaning: Option<Meaning>) -> Fault {
        let is_overloaded = status == 529
            || meaning == Some(Meaning::Overloaded)
            || self.answer.headers.contains_key("retry-after")
            || self.error.mentions(&["overloaded", "high demand", "at capacity", "over capacity"]);
        if is_overloaded { self.overloaded() } else { self.server(meaning) }
    }

    /// 5xx: the address's fault, unless the vendor's code says otherwise.
    fn server(&self, meaning: Option<Meaning>) -> Fault {
        match meaning {
            Some(Meaning::Quota) => self.quota(),
            Some(Meaning::RateLimited) => self.rate_limited(),
            Some(Meaning::Overloaded) => self.overloaded(),
            Some(Meaning::Refused) => Fault::Refused,
            _ => Fault::Server,
        }
    }

    /// The short delays that Google's daily quotas come with are not when they end: only a header or a long one counts.
    fn quota(&self) -> Fault {
        let long = retry_delay(self.answer.body).filter(|it| *it >= DAILY);
        Fault::Quota { reset: retry_after(self.answer.headers, &[], self.answer.now).or(long) }
    }

    fn rate_limited(&self) -> Fault {
        Fault::RateLimited { retry_after: self.hint() }
    }

    fn overloaded(&self) -> Fault {
        Fault::Overloaded { retry_after: self.hint() }
    }

    fn hint(&self) -> Option<Duration> {
        retry_after(self.answer.headers, self.answer.body, self.answer.now)
    }
}

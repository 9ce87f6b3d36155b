//! A vendor's error, whatever its shape, as facts: identifiers first, words last.
//!
//! Identifiers (`code`, `type`, `status`, `reason`) are the vendor's own and cannot be put there by a client. Messages
//! can quote the client, so they are a fallback, and where a client could profit only their first words count.

use std::borrow::Cow;

use http::HeaderMap;
use serde_json::value::RawValue;

use super::identifiers::{Meaning, bare, meaning_of};
use crate::wire::{says_something, string, text};

/// Identifiers that vendors put into an error's details only.
const DETAILED: [&str; 4] = [
    "API_KEY_INVALID",
    "enforced_spend_limit_reached",
    "contract_spend_limit_reached",
    "ramp_limit_exceeded",
];

/// An error as a vendor tells it.
#[derive(Default)]
pub(crate) struct VendorError<'a> {
    /// `code`, `type`, `reason`, `status`, and known reasons from the details; the most specific first.
    identifiers: Vec<Cow<'a, str>>,
    /// Which parameter it is about.
    param: Option<Cow<'a, str>>,
    details: Option<&'a RawValue>,
    pub(crate) message: Option<Cow<'a, str>>,
    /// The body is an error by its form, not merely something that has a message.
    pub(crate) is_error: bool,
}

/// The fields of an error, and of what surrounds one.
#[derive(serde::Deserialize, Default)]
struct Fields<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "__type")]
    aws_kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "statusCode")]
    status_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "Message")]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    detail: Option<&'a RawValue>,
    #[serde(borrow, default)]
    details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    param: Option<&'a RawValue>,
}

impl<'a> VendorError<'a> {
    /// Reads a body; what cannot be read is an error without facts.
    pub(crate) fn read(body: &'a [u8]) -> Self {
        Self::parse(body).unwrap_or_default()
    }

    /// Amazon names its errors in a header, and in their bodies not always.
    pub(crate) fn named_by(mut self, headers: &'a HeaderMap) -> Self {
        let name = headers.get("x-amzn-errortype").and_then(|it| it.to_str().ok()).map(bare);
        self.identifiers.splice(0..0, name.map(Cow::Borrowed));
        self
    }

    fn parse(body: &'a [u8]) -> Option<Self> {
        let outer = object(body)?;
        if says_something(outer.error) {
            let error = outer.error?;
            let mut read = match serde_json::from_str::<Fields<'a>>(error.get()) {
                Ok(inner) => Self::of(&inner),
                // `"error": "text"`, with the code beside it.
                Err(_) => VendorError { message: string(error), ..Self::of(&outer) },
            };
            read.is_error = true;
            return Some(read);
        }
        let inside = outer.response.and_then(|it| serde_json::from_str::<Fields<'a>>(it.get()).ok());
        if let Some(error) = inside.and_then(|it| it.error).filter(|it| says_something(Some(it))) {
            let inner = serde_json::from_str::<Fields<'a>>(error.get()).ok()?;
            return Some(VendorError { is_error: true, ..Self::of(&inner) });
        }
        let is = |raw: Option<&'a RawValue>| raw.and_then(string).as_deref() == Some("error");
        let is_error = is(outer.kind) || is(outer.object);
        Some(VendorError { is_error, ..Self::of(&outer) })
    }

    fn of(fields: &Fields<'a>) -> Self {
        let own =
            [fields.code, fields.kind, fields.aws_kind, fields.reason, fields.status, fields.status_code];
        let mut identifiers: Vec<Cow<'a, str>> = own.into_iter().flatten().filter_map(text).collect();
        if let Some(details) = fields.details {
            let named = |it: &&&str| details.get().contains(&format!("\"{it}\""));
            identifiers.extend(DETAILED.iter().filter(named).map(|it| Cow::Borrowed(*it)));
        }
        let message = fields.message.and_then(|it| string(it).or_else(|| Some(Cow::Borrowed(it.get()))));
        let detail = fields.detail.and_then(|it| string(it).or_else(|| Some(Cow::Borrowed(it.get()))));
        VendorError {
            identifiers,
            param: fields.param.and_then(string),
            details: fields.details,
            message: message.or(detail),
            is_error: false,
        }
    }

    /// What the identifiers say: quota before all else, then whatever says more than a status does.
    pub(crate) fn meaning(&self) -> Option<Meaning> {
        let known = || self.identifiers.iter().filter_map(|it| meaning_of(it));
        let is_specific = |it: &Meaning| {
            !matches!(
                it,
                Meaning::Invalid | Meaning::Forbidden | Meaning::Missing | Meaning::Timeout | Meaning::Server
            )
        };
        known()
            .find(|it| *it == Meaning::Quota)
            .or_else(|| known().find(is_specific))
            .or_else(|| known().next())
    }

    /// The most specific identifier that is a name and not a number. A name is short and has no blanks; anything else may
    /// quote somebody.
    pub(crate) fn name(&self) -> Option<&str> {
        let is_name = |it: &&str| {
            let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.');
            it.len() <= 64 && it.starts_with(|it: char| it.is_ascii_alphabetic()) && it.bytes().all(is_plain)
        };
        self.identifiers.iter().map(|it| bare(it)).find(is_name)
    }

    /// The parameter it is about, by the vendor's name for it.
    pub(crate) fn param(&self) -> Option<&str> {
        self.param.as_deref().filter(|it| it.len() <= 256)
    }

    /// A status that stands among the identifiers.
    pub(crate) fn number(&self) -> Option<u16> {
        self.identifiers.iter().filter_map(|it| it.parse().ok()).find(|it| (400..600).contains(it))
    }

    /// An identifier speaks of billing, credit or quota, or the message opens with a vendor's sentence about them.
    ///
    /// Vendors put a client's words at the head of a message too ("X is not a valid model ID"): a sentence about
    /// validity or models is not about money, whatever it opens with.
    pub(crate) fn is_about_money(&self) -> bool {
        self.has_money_identifier()
            || self.begins_with(&MONEY_OPENINGS) && !self.mentions(&["valid", "model", "tool", "schema"])
    }

    /// As [`Self::is_about_money`], anywhere in the message: for a 403, which no client can word.
    pub(crate) fn mentions_money(&self) -> bool {
        self.has_money_identifier() || self.mentions(&["billing", "credit", "quota", "spending limit"])
    }

    fn has_money_identifier(&self) -> bool {
        const WORDS: [&str; 6] = ["billing", "credit", "credits", "quota", "balance", "payment"];
        let words = self.identifiers.iter().flat_map(|it| it.split(|it: char| !it.is_ascii_alphanumeric()));
        words.into_iter().any(|it| WORDS.iter().any(|word| it.eq_ignore_ascii_case(word)))
    }

    /// Whether the message begins with one of these, in lower case.
    pub(crate) fn begins_with(&self, openings: &[&str]) -> bool {
        let Some(message) = self.message.as_deref().map(str::trim_start) else {
            return false;
        };
        openings.iter().any(|it| message.get(..it.len()).is_some_and(|start| start.eq_ignore_ascii_case(it)))
    }

    /// Whether the message contains one of these, in lower case. Only where no client can profit from it.
    pub(crate) fn mentions(&self, phrases: &[&str]) -> bool {
        let Some(message) = self.message.as_deref() else {
            return false;
        };
        let message = message.to_ascii_lowercase();
        phrases.iter().any(|it| message.contains(it))
    }

    /// Whether a 404 means the model: by its identifier, its parameter, or the words vendors without either use.
    pub(crate) fn is_about_model(&self) -> bool {
        let is_missing =
            self.mentions(&["not found", "not exist", "no such model", "unknown model", "not supported"]);
        self.meaning() == Some(Meaning::ModelNotFound)
            || self.param.as_deref() == Some("model")
            || self.begins_with(&["model:", "models/", "no endpoints found"])
            || is_missing && self.mentions(&["model"])
    }

    /// Google's quotas of a day look like any other rate limit but for their name.
    pub(crate) fn is_daily_quota(&self) -> bool {
        self.details.is_some_and(|it| it.get().contains("PerDay"))
    }
}

/// How vendors without a code begin to speak of money (Anthropic, OpenAI, DeepSeek, xAI, Google).
const MONEY_OPENINGS: [&str; 12] = [
    "your credit balance",
    "credit balance",
    "billing hard limit",
    "quota exceeded",
    "insufficient balance",
    "insufficient credit",
    "insufficient quota",
    "insufficient funds",
    "you exceeded your current quota",
    "you have reached your specified api usage limits",
    "your account is not active, please check your billing",
    "this api method requires billing",
];

/// The object of a body; Google's OpenAI-compatible endpoint wraps it into a list of one.
fn object<'a>(body: &'a [u8]) -> Option<Fields<'a>> {
    let body = body.trim_ascii();
    if body.first() == Some(&b'[') {
        let list: Vec<&'a RawValue> = serde_json::from_slice(body).ok()?;
        return object(list.first()?.get().as_bytes());
    }
    if body.first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(body).ok()
}

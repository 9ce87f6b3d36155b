//! What an answer cost, in tokens.
//!
//! All dialects' `usage` objects are read into one shape, and every field is optional: vendors leave out what they
//! do not count. Nothing is estimated here.

use std::fmt;

use memchr::memmem;
use serde::de::{Deserialize, Deserializer, Visitor};

use crate::{Endpoint, peek, wire};

/// The tokens of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Everything read, whether cached or not.
    pub input: u64,
    /// Everything written, reasoning included where the vendor includes it.
    pub output: u64,
    /// The part of `input` that came out of the vendor's prompt cache.
    pub cached: u64,
    /// The part of the output that was thought, not said.
    pub reasoning: u64,
}

impl Usage {
    /// Vendors repeat running totals, or tell the input first and the output last: the larger of each is the truth.
    pub(crate) fn merge(&mut self, later: Usage) {
        self.input = self.input.max(later.input);
        self.output = self.output.max(later.output);
        self.cached = self.cached.max(later.cached);
        self.reasoning = self.reasoning.max(later.reasoning);
    }
}

/// The usage of a complete plain answer.
pub fn usage(endpoint: Endpoint, body: &[u8]) -> Option<Usage> {
    match endpoint {
        Endpoint::Models | Endpoint::Model | Endpoint::CountTokens | Endpoint::CountContentTokens => None,
        // Google's stream as a list of answers, each of which repeats the total.
        Endpoint::StreamGenerateContent if wire::begins_with(body, b'[') => from_tail(body),
        _ => from_object(body),
    }
}

/// The usage that a JSON object carries: itself, in its `response`, its `message`, or its `x_groq`.
pub(crate) fn from_object(object: &[u8]) -> Option<Usage> {
    let carrier = Carrier::of(object)?;
    let own = carrier.usage.and_then(read).or_else(|| carrier.usage_metadata.and_then(read_googles));
    own.or_else(|| {
        let nested = [carrier.response, carrier.message, carrier.x_groq];
        nested.into_iter().flatten().find_map(|it| read(Carrier::of(it)?.usage?))
    })
}

/// The last usage object in a text whose middle is missing.
pub(crate) fn from_tail(text: &[u8]) -> Option<Usage> {
    last(text, b"\"usage\"")
        .find_map(Wire::into_usage)
        .or_else(|| last(text, b"\"usageMetadata\"").find_map(Googles::into_usage))
}

/// The objects of that (quoted) name that can be read, the last first.
fn last<'t, T: serde::Deserialize<'t>>(text: &'t [u8], name: &'t [u8]) -> impl Iterator<Item = T> {
    memmem::rfind_iter(text, name).filter_map(move |at| {
        let rest = text[at + name.len()..].trim_ascii_start().strip_prefix(b":")?;
        serde_json::Deserializer::from_slice(rest).into_iter::<T>().next()?.ok()
    })
}

/// The members of an object that may tell of usage, as they are written. Most of an answer is what was said, which is
/// stepped over.
#[derive(Default)]
struct Carrier<'a> {
    usage: Option<&'a [u8]>,
    usage_metadata: Option<&'a [u8]>,
    response: Option<&'a [u8]>,
    message: Option<&'a [u8]>,
    x_groq: Option<&'a [u8]>,
}

impl<'a> Carrier<'a> {
    fn of(object: &'a [u8]) -> Option<Self> {
        let mut found = Carrier::default();
        let walked = peek::members(object, |it| {
            let place = match &*it.key {
                "usage" => &mut found.usage,
                "usageMetadata" => &mut found.usage_metadata,
                "response" => &mut found.response,
                "message" => &mut found.message,
                "x_groq" => &mut found.x_groq,
                _ => return Ok(()),
            };
            *place = Some(it.value);
            Ok(())
        });
        walked.ok().map(|()| found)
    }
}

fn read(raw: &[u8]) -> Option<Usage> {
    serde_json::from_slice::<Wire>(raw).ok()?.into_usage()
}

fn read_googles(raw: &[u8]) -> Option<Usage> {
    serde_json::from_slice::<Googles>(raw).ok()?.into_usage()
}

/// What Google calls them.
#[derive(serde::Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Googles {
    prompt_token_count: Option<Count>,
    tool_use_prompt_token_count: Option<Count>,
    cached_content_token_count: Option<Count>,
    candidates_token_count: Option<Count>,
    thoughts_token_count: Option<Count>,
}

impl Googles {
    /// Google counts thoughts apart from the answer, and what its own tools read apart from the prompt.
    fn into_usage(self) -> Option<Usage> {
        let count = |it: Option<Count>| it.map_or(0, |it| it.0);
        let reasoning = count(self.thoughts_token_count);
        Some(Usage {
            input: self.prompt_token_count?.0.saturating_add(count(self.tool_use_prompt_token_count)),
            output: count(self.candidates_token_count).saturating_add(reasoning),
            cached: count(self.cached_content_token_count),
            reasoning,
        })
    }
}

/// The union of what the other vendors call these things.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Wire {
    prompt_tokens: Option<Count>,
    completion_tokens: Option<Count>,
    prompt_tokens_details: Option<Details>,
    completion_tokens_details: Option<Details>,
    input_tokens: Option<Count>,
    output_tokens: Option<Count>,
    input_tokens_details: Option<Details>,
    output_tokens_details: Option<Details>,
    cache_creation_input_tokens: Option<Count>,
    cache_read_input_tokens: Option<Count>,
    prompt_cache_hit_tokens: Option<Count>,
    total_tokens: Option<Count>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Details {
    cached_tokens: Option<Count>,
    reasoning_tokens: Option<Count>,
}

impl Wire {
    fn into_usage(self) -> Option<Usage> {
        let count = |it: Option<Count>| it.map(|it| it.0);
        let detail =
            |it: &Option<Details>, of: fn(&Details) -> Option<Count>| it.as_ref().and_then(of).map(|it| it.0);
        let input = count(self.prompt_tokens).or(count(self.input_tokens));
        let output = count(self.completion_tokens).or(count(self.output_tokens));
        let total = count(self.total_tokens);
        if input.is_none() && output.is_none() && total.is_none() {
            return None;
        }
        // Anthropic counts what it wrote to and read from its cache apart from `input_tokens`.
        let cache_read = count(self.cache_read_input_tokens).unwrap_or(0);
        let beside = cache_read.saturating_add(count(self.cache_creation_input_tokens).unwrap_or(0));
        let cached = detail(&self.prompt_tokens_details, |it| it.cached_tokens)
            .or(detail(&self.input_tokens_details, |it| it.cached_tokens))
            .or(count(self.prompt_cache_hit_tokens))
            .unwrap_or(cache_read);
        let reasoning = detail(&self.completion_tokens_details, |it| it.reasoning_tokens)
            .or(detail(&self.output_tokens_details, |it| it.reasoning_tokens))
            .unwrap_or(0);
        let output = output.unwrap_or(0);
        let input = input.unwrap_or_else(|| total.unwrap_or(0).saturating_sub(output)).saturating_add(beside);
        Some(Usage { input, output, cached, reasoning })
    }
}

/// A count that may be written as a float; what is not a count is nought.
#[derive(Clone, Copy, Default)]
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tolerant;

        impl Visitor<'_> for Tolerant {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count")
            }

            fn visit_u64<E>(self, value: u64) -> Result<Count, E> {
                Ok(Count(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Count, E> {
                Ok(Count(u64::try_from(value).unwrap_or(0)))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Count, E> {
                // Saturates: NaN and negative numbers become nought.
                Ok(Count(value as u64))
            }

            fn visit_str<E>(self, value: &str) -> Result<Count, E> {
                Ok(Count(value.parse().unwrap_or(0)))
            }
        }

        deserializer.deserialize_any(Tolerant)
    }
}

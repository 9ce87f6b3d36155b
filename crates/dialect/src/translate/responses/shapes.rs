//! The shapes of an answer. They are printed as they are, without a tree in between: a stream prints some of them often.

use serde::Serialize;

use crate::translate::model::{Citation, Part, Stop, Tokens};
use crate::translate::{Frame, Wire};

/// A response as a whole.
#[derive(Serialize)]
pub(super) struct Response<'a> {
    id: &'a str,
    object: &'static str,
    created_at: u64,
    pub(super) status: &'static str,
    background: bool,
    error: (),
    incomplete_details: Option<Incomplete>,
    instructions: (),
    max_output_tokens: (),
    metadata: Nothing,
    model: &'a str,
    output: Vec<Item<'a>>,
    parallel_tool_calls: bool,
    previous_response_id: (),
    reasoning: Reasoning,
    store: bool,
    temperature: (),
    text: Text,
    tool_choice: &'static str,
    tools: [(); 0],
    top_p: (),
    truncation: &'static str,
    usage: Option<Usage>,
    user: (),
}

#[derive(Serialize)]
struct Incomplete {
    reason: &'static str,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Reasoning {
    effort: (),
    summary: (),
}

#[derive(Serialize)]
struct Text {
    format: Format,
}

#[derive(Serialize)]
struct Format {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Usage {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
}

#[derive(Serialize)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

/// What an answer consists of.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item<'a> {
    Message {
        id: String,
        status: Status,
        role: &'static str,
        content: Vec<Content<'a>>,
    },
    /// A thought: what can be read of it as its summary, the rest under its seal.
    Reasoning {
        id: String,
        status: Status,
        summary: Vec<Content<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<String>,
    },
    FunctionCall {
        id: String,
        status: Status,
        call_id: &'a str,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<&'a str>,
        arguments: &'a str,
    },
    CustomToolCall {
        id: String,
        call_id: &'a str,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<&'a str>,
        input: String,
    },
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
}

/// What a message or a thought consists of.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content<'a> {
    OutputText { text: &'a str, annotations: Vec<Annotation<'a>>, logprobs: [(); 0] },
    Refusal { refusal: &'a str },
    SummaryText { text: &'a str },
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "url_citation")]
pub(super) struct Annotation<'a> {
    url: &'a str,
    title: &'a str,
    start_index: u64,
    end_index: u64,
}

impl<'a> Response<'a> {
    /// Without a stop it is still under way.
    pub(super) fn new(
        id: &'a str,
        model: &'a str,
        frame: &Frame,
        output: Vec<Item<'a>>,
        stop: Option<&Stop>,
        tokens: Option<Tokens>,
    ) -> Self {
        let reason = match stop {
            Some(Stop::Length) => Some("max_output_tokens"),
            Some(Stop::Filtered) => Some("content_filter"),
            _ => None,
        };
        let status = match stop {
            None => "in_progress",
            Some(_) if reason.is_some() => "incomplete",
            Some(_) => "completed",
        };
        Response {
            id,
            object: "response",
            created_at: frame.created,
            status,
            background: false,
            error: (),
            incomplete_details: reason.map(|reason| Incomplete { reason }),
            instructions: (),
            max_output_tokens: (),
            metadata: Nothing {},
            model,
            output,
            parallel_tool_calls: true,
            previous_response_id: (),
            reasoning: Reasoning { effort: (), summary: () },
            store: false,
            temperature: (),
            text: Text { format: Format { kind: "text" } },
            tool_choice: "auto",
            tools: [],
            top_p: (),
            truncation: "disabled",
            usage: tokens.map(Usage::of),
            user: (),
        }
    }
}

impl Usage {
    fn of(it: Tokens) -> Self {
        Usage {
            input_tokens: it.input,
            input_tokens_details: InputDetails { cached_tokens: it.cached, cache_write_tokens: it.stored },
            output_tokens: it.output,
            output_tokens_details: OutputDetails { reasoning_tokens: it.reasoning },
            total_tokens: it.total(),
        }
    }
}

impl<'a> Item<'a> {
    /// A part as an item of its own; nothing if it is of a kind that answers have no place for. One that has only begun
    /// is still empty.
    pub(super) fn of(part: &'a Part, id: String, status: Status) -> Option<Self> {
        let is_whole = status == Status::Completed;
        let item = match part {
            Part::Text { .. } | Part::Refusal(_) => {
                let content = Content::of(part).filter(|_| is_whole).into_iter().collect();
                Item::Message { id, status, role: "assistant", content }
            }
            Part::Thought(it) => {
                let has_words = is_whole && !it.text.is_empty();
                let summary = Content::of(part).filter(|_| has_words).into_iter().collect();
                let encrypted_content = it.seal.as_ref().map(|it| it.written(Wire::Responses));
                Item::Reasoning { id, status, summary, encrypted_content }
            }
            Part::Call(it) if it.freeform => {
                let input = if is_whole { it.text() } else { String::new() };
                let namespace = it.group.as_deref();
                Item::CustomToolCall { id, call_id: &it.id, name: &it.name, namespace, input }
            }
            Part::Call(it) => {
                let arguments = match it.arguments.as_str() {
                    _ if !is_whole => "",
                    "" => "{}",
                    arguments => arguments,
                };
                let namespace = it.group.as_deref();
                Item::FunctionCall { id, status, call_id: &it.id, name: &it.name, namespace, arguments }
            }
            Part::Image(_) | Part::File { .. } | Part::Audio(_) | Part::Outcome(_) => return None,
        };
        Some(item)
    }
}

/// `msg_0_abc`: by its kind and place in the response `resp_abc`.
pub(super) fn item_id(response: &str, place: usize, part: &Part) -> String {
    let prefix = match part {
        Part::Thought(_) => "rs",
        Part::Call(it) if it.freeform => "ctc",
        Part::Call(_) => "fc",
        _ => "msg",
    };
    format!("{prefix}_{place}_{}", response.trim_start_matches("resp_"))
}

impl<'a> Content<'a> {
    pub(super) fn of(part: &'a Part) -> Option<Self> {
        match part {
            Part::Text { text, citations } => {
                let whole = (0, text.chars().count() as u64);
                let annotations = citations.iter().map(|it| Annotation::of(it, whole)).collect();
                Some(Content::OutputText { text, annotations, logprobs: [] })
            }
            Part::Refusal(refusal) => Some(Content::Refusal { refusal }),
            Part::Thought(it) => Some(Content::SummaryText { text: &it.text }),
            _ => None,
        }
    }
}

impl<'a> Annotation<'a> {
    /// One whose place is not known stands under the whole text.
    pub(super) fn of(it: &'a Citation, whole: (u64, u64)) -> Self {
        let (start_index, end_index) = it.span.unwrap_or(whole);
        Annotation { url: &it.url, title: &it.title, start_index, end_index }
    }
}

//! The neutral model: what a request asks for and what an answer says, whoever words it.
//!
//! Every wire is read into this and written from it, so that a new wire costs a reader and a writer, not a pair with
//! each of the others. What the caller named is kept beside the value: whoever cannot carry it refuses it by that name.

use serde_json::{Number, Value};

use super::{Wire, media};
use crate::Usage;

/// A value and the field of the caller's body that it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named<T> {
    pub(crate) value: T,
    pub(crate) field: String,
}

/// Whether a penalty is one: nought is what is meant where nothing is said.
pub(crate) fn says_something(penalty: &Named<Number>) -> bool {
    penalty.value.as_f64() != Some(0.0)
}

/// A request for an answer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Request {
    /// What stands before the conversation.
    pub(crate) system: Vec<Piece>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) tool_choice: Option<Named<ToolChoice>>,
    /// Whether several tools may be called at once; every vendor does unless told otherwise.
    pub(crate) parallel: Option<Named<bool>>,
    pub(crate) format: Option<Named<Format>>,
    pub(crate) max_tokens: Option<Named<Number>>,
    pub(crate) temperature: Option<Named<Number>>,
    pub(crate) top_p: Option<Named<Number>>,
    pub(crate) top_k: Option<Named<Number>>,
    pub(crate) seed: Option<Named<Number>>,
    pub(crate) presence_penalty: Option<Named<Number>>,
    pub(crate) frequency_penalty: Option<Named<Number>>,
    pub(crate) stop: Option<Named<Vec<String>>>,
    pub(crate) thinking: Option<Named<Thinking>>,
    pub(crate) verbosity: Option<Named<String>>,
    pub(crate) user: Option<Named<String>>,
    /// Whether a chat stream is to end with its usage.
    pub(crate) include_usage: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Instructions that come in the middle of a conversation.
    System,
    User,
    Assistant,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn {
    pub(crate) role: Role,
    pub(crate) pieces: Vec<Piece>,
}

/// A part, and where it stood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    pub(crate) part: Part,
    pub(crate) field: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Text {
        text: String,
        citations: Vec<Citation>,
    },
    /// What the model said instead of an answer.
    Refusal(String),
    Image(Media),
    File {
        media: Media,
        name: Option<String>,
    },
    Audio(Media),
    Thought(Thought),
    Call(Call),
    Outcome(Outcome),
}

impl Part {
    pub(crate) fn text(text: impl Into<String>) -> Part {
        Part::Text { text: text.into(), citations: Vec::new() }
    }
}

/// Pictures, documents and sounds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Media {
    /// `image/png`; empty where nobody said.
    pub(crate) kind: String,
    pub(crate) data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Base64(String),
    Text(String),
    Url(String),
}

/// What the model thought before it spoke.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Thought {
    pub(crate) text: String,
    pub(crate) seal: Option<Seal>,
    /// Only the vendor can read it: the seal is all there is.
    pub(crate) hidden: bool,
}

/// A vendor's signature under a thought, or a thought in the vendor's own cipher. It means something to that vendor only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) origin: Wire,
    pub(crate) data: String,
}

impl Seal {
    /// A seal as it stands in a body of `wire`. One that came from elsewhere says so in front.
    pub(crate) fn read(text: &str, wire: Wire) -> Seal {
        // Gemini's are bytes in base64, and its clients decode them.
        let decoded = match wire {
            Wire::Gemini => media::unbase64(text).and_then(|it| String::from_utf8(it).ok()),
            _ => None,
        };
        let whole = decoded.as_deref().unwrap_or(text);
        let foreign = whole.split_once('#').and_then(|(name, data)| Some((Wire::from_name(name)?, data)));
        let (origin, data) = foreign.unwrap_or((wire, text));
        Seal { origin, data: data.to_owned() }
    }

    /// As it is to stand in a body of `wire`.
    pub(crate) fn written(&self, wire: Wire) -> String {
        let named = || format!("{}#{}", self.origin.name(), self.data);
        match wire {
            _ if wire == self.origin => self.data.clone(),
            Wire::Gemini => media::base64(named().as_bytes()),
            _ => named(),
        }
    }
}

/// The model wants a tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The arguments as JSON text, as the model wrote them.
    pub(crate) arguments: String,
    /// The group that the caller has the tool in, if its dialect knows groups.
    pub(crate) group: Option<String>,
    /// The caller wants a text instead of arguments.
    pub(crate) freeform: bool,
}

impl Call {
    /// The arguments as an object; a model that wrote none means an empty one.
    pub(crate) fn input(&self) -> Value {
        match serde_json::from_str(&self.arguments) {
            Ok(Value::Object(map)) => Value::Object(map),
            _ => Value::Object(serde_json::Map::new()),
        }
    }

    /// The text that a freeform tool is to get: what its one argument says, or all there is.
    pub(crate) fn text(&self) -> String {
        match self.input().get(FREEFORM) {
            Some(Value::String(text)) => text.clone(),
            _ => self.arguments.clone(),
        }
    }
}

/// What came of a tool's call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) failed: bool,
}

/// Where something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Citation {
    pub(crate) url: String,
    pub(crate) title: String,
    /// The words of the source.
    pub(crate) quote: String,
    /// The part of the answer that it stands under, in characters.
    pub(crate) span: Option<(u64, u64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// A JSON schema.
    pub(crate) parameters: Value,
    pub(crate) strict: Option<Named<bool>>,
}

/// The argument that a vendor's function has in the place of a freeform tool's text.
pub(crate) const FREEFORM: &str = "input";

/// What the caller has for a tool that the vendor is told of as a function like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    /// The name that the vendor is told.
    pub(crate) told: String,
    /// The caller's group of tools that it stands in.
    pub(crate) group: Option<String>,
    /// The name that the caller has for it.
    pub(crate) name: String,
    /// It takes a text instead of arguments.
    pub(crate) freeform: bool,
}

impl Alias {
    /// Words a vendor's call as the caller does.
    pub(crate) fn restore(aliases: &[Alias], call: &mut Call) {
        if let Some(alias) = aliases.iter().find(|it| it.told == call.name) {
            call.name.clone_from(&alias.name);
            call.group.clone_from(&alias.group);
            call.freeform = alias.freeform;
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ToolChoice {
    Auto,
    None,
    Any,
    One(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    /// Any JSON object.
    Json,
    Schema(Schema),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schema {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) schema: Value,
    pub(crate) strict: Option<bool>,
}

/// How much to think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Thinking {
    pub(crate) level: Option<Level>,
    /// In tokens.
    pub(crate) budget: Option<u64>,
    /// Whether the thoughts are to be told.
    pub(crate) shown: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Off,
    Minimal,
    Low,
    Medium,
    High,
    Higher,
    Highest,
}

impl Level {
    const NAMES: [(&str, Level); 7] = [
        ("none", Level::Off),
        ("minimal", Level::Minimal),
        ("low", Level::Low),
        ("medium", Level::Medium),
        ("high", Level::High),
        ("xhigh", Level::Higher),
        ("max", Level::Highest),
    ];

    /// All vendors use these words, none of them all.
    pub(crate) fn from_name(name: &str) -> Option<Level> {
        Self::NAMES.iter().find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The tokens that vendors without levels are given for it.
    pub(crate) fn budget(self) -> u64 {
        [0, 1024, 2048, 8192, 16_384, 24_576, 32_768][self as usize]
    }
}

impl Thinking {
    /// The level that was asked for, or that a number of tokens amounts to.
    pub(crate) fn level(self) -> Option<Level> {
        let amounts_to = |tokens: u64| match tokens {
            0 => Level::Off,
            1..=1024 => Level::Minimal,
            1025..=4096 => Level::Low,
            4097..=12_288 => Level::Medium,
            _ => Level::High,
        };
        self.level.or(self.budget.map(amounts_to))
    }
}

/// A complete answer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reply {
    pub(crate) id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) stop: Stop,
    pub(crate) tokens: Option<Tokens>,
}

/// Why an answer ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stop {
    #[default]
    End,
    Length,
    Tools,
    /// A stop sequence; which one, if the vendor says so.
    Sequence(Option<String>),
    /// The vendor's filter cut it.
    Filtered,
    /// The model declined.
    Refused,
    /// The vendor wants to be asked to go on.
    Paused,
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// Everything read, whether cached or not.
    pub(crate) input: u64,
    /// Everything written, thoughts included.
    pub(crate) output: u64,
    /// The part of `input` that came out of the vendor's cache.
    pub(crate) cached: u64,
    /// The part of `input` that went into the vendor's cache.
    pub(crate) stored: u64,
    /// The part of `output` that was thought.
    pub(crate) reasoning: u64,
}

impl Tokens {
    /// Vendors repeat running totals, or tell the input first and the output last.
    pub(crate) fn merge(&mut self, later: Tokens) {
        self.input = self.input.max(later.input);
        self.output = self.output.max(later.output);
        self.cached = self.cached.max(later.cached);
        self.stored = self.stored.max(later.stored);
        self.reasoning = self.reasoning.max(later.reasoning);
    }

    pub(crate) fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl From<Tokens> for Usage {
    fn from(it: Tokens) -> Usage {
        Usage { input: it.input, output: it.output, cached: it.cached, reasoning: it.reasoning }
    }
}

/// The next thing a stream says. Blocks are not opened: the first delta of a kind does that.
#[derive(Debug)]
pub(crate) enum Said<'a> {
    /// Once, at the beginning.
    Begin {
        id: Option<&'a str>,
        model: Option<&'a str>,
    },
    Text(&'a str),
    Refusal(&'a str),
    Thought(&'a str),
    /// Ends the thought it stands under.
    Seal(Seal),
    /// A thought that only its vendor can read.
    Hidden(Seal),
    Citation(Citation),
    /// A tool's call begins; calls count from nought.
    Call {
        call: usize,
        id: &'a str,
        name: &'a str,
    },
    /// More of the arguments of a call, as JSON text.
    Arguments {
        call: usize,
        json: &'a str,
    },
    /// The block is complete.
    Break,
    Tokens(Tokens),
    Stop(Stop),
    /// Nothing follows.
    Done,
    /// The vendor broke off: the status it stands for and the vendor's error as it was told.
    Failed {
        status: u16,
        error: &'a [u8],
    },
}

//! The vocabulary of misbehaviour: scripts, rules and steps.
//!
//! Plain data, the same in Rust and as JSON over the control port. What a step does on the wire is in `play`;
//! which rule applies to an attempt is decided in `rules`.
//!
//! ```json
//! {"rules": [
//!   {"when": {"credential": "sk-a"}, "times": 2, "steps": [{"error": {"class": "rate_limit", "retry_after": "2"}}]},
//!   {"when": {"stream": true},       "steps": [{"sleep_ms": 200}, {"good": {"cut_after_chunks": 3}}, "rst"]}
//! ]}
//! ```

use serde::{Deserialize, Serialize};

use crate::attempt::Credential;
use crate::error_body::ErrorClass;
use crate::limiter::LimiterSpec;

mod details;

pub use details::{BytesAnswer, ErrorAnswer, ErrorIn200, GoodOverrides, SseAnswer, StatusAnswer};

/// What a vendor does instead of answering well: the first rule that matches an attempt is played.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// In order of precedence.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// One rule: when it applies, how often, and what then happens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// A name for the log; without one, the rule's index from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the attempt must look like; nothing given matches everything.
    pub when: Match,
    /// Played in order. If they end without an answer, the good answer follows.
    pub steps: Vec<Step>,
    /// The rule is used up after this many applications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// What an attempt must look like for a rule to apply. Everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The vendor key, plain or as the fingerprint that the log shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// The model in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The path without its query: exact, or a prefix when it ends in `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The method, in capitals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Whether the body asks for a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Whether the connection has carried a request before: with `fin`, the keep-alive race made certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reused: Option<bool>,
    /// Which of the attempts that fit all the rest, counted from 1 for this rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<Nth>,
}

/// A selection of attempts by their number, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Nth {
    /// This one only.
    Only(u64),
    /// This one and those after it.
    From(u64),
    /// The first so many.
    UpTo(u64),
    /// From the first number to the second, both included.
    Between(u64, u64),
    /// Each so-many-th: `Every(5)` is a fifth of the traffic.
    Every(u64),
}

/// One act on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Wait; a client that leaves meanwhile is noticed.
    SleepMs(u64),
    /// As the first step: act on the head, before the body is read (the model is not known then).
    ReadHead,
    /// Read the whole body (0), or only its first bytes.
    ReadBody(usize),
    /// Answer with this status.
    Status(StatusAnswer),
    /// Answer with the error body that a vendor of this dialect would send.
    Error(ErrorAnswer),
    /// Answer 200 with these events, each written as given plus a blank line.
    Sse(SseAnswer),
    /// Write raw bytes, heads included, cut into pieces.
    Bytes(BytesAnswer),
    /// The good answer, with something wrong about it.
    Good(GoodOverrides),
    /// A 200 whose body (or one of whose first events) is an error.
    ErrorIn200(ErrorIn200),
    /// A 200 with a page of HTML, as from a captive portal or a broken front end.
    #[serde(rename = "html_200")]
    Html200,
    /// A 200 without a byte of body.
    #[serde(rename = "empty_200")]
    Empty200,
    /// Read everything, answer nothing until the client leaves.
    Hang,
    /// Answer the head of a 200 at once, and nothing after it until the client leaves.
    HangHeaders,
    /// Reset the connection.
    Rst,
    /// Close the connection in an orderly way.
    Fin,
    /// Close a stream that looks complete without its last chunk: the good answer without the terminator.
    NoFinalChunk,
    /// Answer 500 with a body that never ends.
    EndlessErrorBody,
    /// Answer this status (401, 413) without having read the body, then close.
    AnswerBeforeBody(u16),
    /// Answer 307 with this location.
    Redirect(String),
    /// Answer well, promise keep-alive, and close at once: the keep-alive race.
    CloseIdleAfterAnswer,
    /// Bytes that are no HTTP, then close.
    Garbage,
    /// A good answer with one header of so many bytes.
    HugeHeader(usize),
    /// A good stream with one content event of so many bytes.
    OversizedSseEvent(usize),
    /// Pass through a rate limiter: on to the next step, or a 429.
    Limiter(LimiterSpec),
}

impl Rule {
    /// A rule for every attempt.
    pub fn always(steps: impl Into<Vec<Step>>) -> Rule {
        Rule { steps: steps.into(), ..Rule::default() }
    }

    /// The same, used up after so many attempts.
    #[must_use]
    pub fn times(mut self, times: u64) -> Rule {
        self.times = Some(times);
        self
    }

    /// The same, for one credential only.
    #[must_use]
    pub fn for_credential(mut self, key: &str) -> Rule {
        self.when.credential = Some(Credential::from(key));
        self
    }

    /// The same, for one model only.
    #[must_use]
    pub fn for_model(mut self, model: &str) -> Rule {
        self.when.model = Some(model.to_owned());
        self
    }

    /// The same, for one path only (a prefix when it ends in `*`).
    #[must_use]
    pub fn for_path(mut self, path: &str) -> Rule {
        self.when.path = Some(path.to_owned());
        self
    }

    /// The same, for some attempts only.
    #[must_use]
    pub fn for_nth(mut self, nth: Nth) -> Rule {
        self.when.nth = Some(nth);
        self
    }
}

impl Script {
    /// No rule: a good vendor.
    pub fn good() -> Script {
        Script::default()
    }

    /// The same steps for every attempt.
    pub fn always(steps: impl Into<Vec<Step>>) -> Script {
        Script { rules: vec![Rule::always(steps)] }
    }
}

impl From<Vec<Rule>> for Script {
    fn from(rules: Vec<Rule>) -> Script {
        Script { rules }
    }
}

impl Step {
    /// Answer with a bare status.
    pub fn status(code: u16) -> Step {
        Step::Status(StatusAnswer::bare(code))
    }

    /// Answer with an error of this class.
    pub fn error(class: ErrorClass) -> Step {
        Step::Error(class.into())
    }

    /// Answer 429 with this `Retry-After`.
    pub fn rate_limited(retry_after: &str) -> Step {
        Step::Error(ErrorAnswer {
            class: ErrorClass::RateLimit,
            retry_after: Some(retry_after.to_owned()),
            ..ErrorAnswer::default()
        })
    }
}

impl Nth {
    /// Whether the attempt with this number is meant.
    pub(crate) fn holds(self, number: u64) -> bool {
        match self {
            Nth::Only(n) => number == n,
            Nth::From(n) => number >= n,
            Nth::UpTo(n) => number <= n,
            Nth::Between(from, to) => (from..=to).contains(&number),
            Nth::Every(n) => number.is_multiple_of(n.max(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Script {
        serde_json::from_str(json).expect("a valid script")
    }

    #[test]
    fn a_script_reads_as_it_is_documented() {
        let script = read(
            r#"{"rules": [
                {"when": {"credential": "sk-a"}, "times": 2,
                 "steps": [{"error": {"class": "rate_limit", "retry_after": "2"}}]},
                {"when": {"stream": true}, "steps": [{"sleep_ms": 200}, {"good": {"cut_after_chunks": 3}}, "rst"]},
                {"when": {"nth": {"between": [3, 5]}}, "steps": ["html_200"]}
            ]}"#,
        );
        assert_eq!(script.rules[0].steps, [Step::rate_limited("2")]);
        assert_eq!(script.rules[0].when.credential, Some(Credential::from("sk-a")));
        assert_eq!(script.rules[1].steps[2], Step::Rst);
        assert_eq!(script.rules[2].when.nth, Some(Nth::Between(3, 5)));
        assert_eq!(script.rules[2].steps, [Step::Html200]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let script = Script::from(vec![
            Rule::always([Step::Hang]).for_model("m").times(1),
            Rule::always([Step::status(503), Step::AnswerBeforeBody(413), Step::Empty200])
                .for_credential("k"),
        ]);
        let json = serde_json::to_string(&script).expect("scripts are plain data");
        assert_eq!(read(&json), script);
        assert!(!json.contains("\"k\""), "a key is written as its fingerprint: {json}");
    }

    #[test]
    fn an_unknown_step_is_an_error_that_names_it() {
        let error = serde_json::from_str::<Script>(r#"{"rules":[{"steps":["explode"]}]}"#).unwrap_err();
        assert!(error.to_string().contains("explode"), "{error}");
    }

    #[test]
    fn numbers_select_attempts_from_one() {
        let chosen = |nth: Nth| (1..=6).filter(|n| nth.holds(*n)).collect::<Vec<_>>();
        assert_eq!(chosen(Nth::Only(2)), [2]);
        assert_eq!(chosen(Nth::From(5)), [5, 6]);
        assert_eq!(chosen(Nth::UpTo(2)), [1, 2]);
        assert_eq!(chosen(Nth::Between(2, 3)), [2, 3]);
        assert_eq!(chosen(Nth::Every(3)), [3, 6]);
    }
}

//! Why a change did not happen, or a start.

use std::fmt;

use config::{Problem, Refusal, Violations};
use serde_json::{Value, json};

use crate::store::StoreError;

/// Why a change is not in force.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The caller's doing; nothing has changed.
    Refused(Refusal),
    /// Each part is fine, but the whole does not work; nothing has changed.
    Unresolvable(Vec<Problem>),
    /// The disk's doing; nothing has changed.
    Store(StoreError),
    /// The disk's doing: an order is in force that a restart may forget.
    Unkept(StoreError),
    /// Ours: the task that carried it out broke down.
    Broken,
}

/// A stored configuration that can not be put in force.
#[derive(Debug)]
pub(crate) struct ConfigurationRefused(pub(crate) Vec<Problem>);

impl Failure {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Failure::Refused(refusal) => refusal.status(),
            Failure::Unresolvable(_) => 400,
            Failure::Store(_) | Failure::Unkept(_) | Failure::Broken => 500,
        }
    }

    /// The error body.
    pub(crate) fn body(&self) -> Value {
        match self {
            Failure::Refused(refusal) => refusal.body(),
            Failure::Unresolvable(problems) => Refusal::Violations(violations(problems)).body(),
            Failure::Store(error) => json!({ "message": format!("nothing has changed: {error}") }),
            Failure::Unkept(error) => {
                let message = format!("the order is in force, and a restart may forget it: {error}");
                json!({ "message": message })
            }
            Failure::Broken => {
                json!({ "message": "an internal error; read the entity again before you repeat the change" })
            }
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl fmt::Display for ConfigurationRefused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the stored configuration can not be put in force")?;
        self.0.iter().try_for_each(|it| write!(out, "\n  {}", line(it)))
    }
}

impl std::error::Error for ConfigurationRefused {}

/// The paths are the whole configuration's, not the body's, so none of them is a field of the body.
fn violations(problems: &[Problem]) -> Violations {
    let mut violations = Violations::new();
    for problem in problems {
        violations.entity(line(problem));
    }
    violations
}

fn line(problem: &Problem) -> String {
    let Problem { path, message, hint, .. } = problem;
    match hint {
        Some(hint) => format!("{path}: {message} ({hint})"),
        None => format!("{path}: {message}"),
    }
}

//! What a query says, parameter by parameter: what is wrong comes all at once, and what nobody knows is an error.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use config::{Refusal, Violations};

use super::{answer::Fault, ask::Ask};

/// As many items as a page has when nobody says, and as many as it can have.
const SIZE_DEFAULT: usize = 100;
const SIZE_MAX: usize = 1000;

/// A query under examination.
pub(super) struct Query<'a> {
    given: &'a HashMap<String, String>,
    violations: Violations,
}

impl<'a> Query<'a> {
    /// The query of a call that knows these parameters.
    pub(super) fn of(ask: &'a Ask, known: &[&str]) -> Self {
        let mut violations = Violations::new();
        let mut unknown: Vec<&String> = ask.query.keys().filter(|it| !known.contains(&it.as_str())).collect();
        unknown.sort();
        for name in unknown {
            let message = match known {
                [] => "unknown parameter; there are none here".to_owned(),
                known => format!("unknown parameter; there are {}", known.join(", ")),
            };
            violations.field(name, message);
        }
        Query { given: &ask.query, violations }
    }

    /// Free text.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.given.get(name).map(String::as_str)
    }

    /// Whatever `read` makes of the text; `expected` is what should be there.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = read(text);
        if value.is_none() {
            self.wrong(name, format!("'{text}' is not {expected}"));
        }
        value
    }

    /// Something is wrong with a parameter.
    pub(super) fn wrong(&mut self, name: &str, message: impl Into<String>) {
        self.violations.field(name, message);
    }

    /// Items of a page.
    pub(super) fn size(&mut self) -> usize {
        let read = |text: &str| text.parse().ok().filter(|it| (1..=SIZE_MAX).contains(it));
        self.read("size", "an integer between 1 and 1000", read).unwrap_or(SIZE_DEFAULT)
    }

    /// An instant.
    pub(super) fn instant(&mut self, name: &str) -> Option<SystemTime> {
        let read = |text: &str| {
            let since_epoch = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
            UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(since_epoch).ok()?))
        };
        self.read(name, "a time such as 2030-01-31T12:00:00Z", read)
    }

    /// Ends the examination.
    pub(super) fn done(self) -> Result<(), Fault> {
        if self.violations.is_empty() {
            return Ok(());
        }
        Err(Refusal::Violations(self.violations).into())
    }
}

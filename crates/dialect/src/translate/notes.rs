//! What did not survive a translation, and what could not be read at all.
//!
//! Three sorts: what is *wrong* (no dialect would take it), what is *lost* (the other dialect has no words for it: refused,
//! or dropped if the operator chose so), and *hints*, which ask for speed, price or bookkeeping and never change an answer:
//! they are dropped and told. Everything is collected first, so that one refusal names all of it.

use std::cell::RefCell;
use std::fmt;

use super::model::Named;

/// What becomes of a request that the vendor's dialect has no words for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lossy {
    /// It is refused, and the refusal names the fields.
    #[default]
    Refuse,
    /// It goes out without, and the fields are listed.
    Drop,
}

/// One field that cannot be carried, by its name in the caller's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `messages[2].content[0].image_url`
    pub field: String,
    /// What is the matter with it, without a full stop.
    pub why: String,
}

/// Why a request was not translated: every reason at once. For a 400 in the caller's dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// In the order of the body, at least one.
    pub problems: Vec<Problem>,
}

impl Refused {
    /// The first field, for an error's `param`.
    pub fn field(&self) -> Option<&str> {
        self.problems.first().map(|it| it.field.as_str()).filter(|it| !it.is_empty())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            let comma = if place == 0 { "" } else { "; " };
            match problem.field.as_str() {
                "" => write!(f, "{comma}{}", problem.why)?,
                field => write!(f, "{comma}`{field}`: {}", problem.why)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// The most fields that are told of one request; a list of thousands helps nobody.
const PROBLEMS_MAX: usize = 32;

#[derive(Default)]
pub(crate) struct Notes {
    list: RefCell<Vec<(Sort, Problem)>>,
    /// Vendors add fields to their answers all the time: unknown ones are none of our business there.
    is_answer: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Wrong,
    Lost,
    Hint,
}

impl Notes {
    pub(crate) fn of_answer() -> Notes {
        Notes { is_answer: true, ..Notes::default() }
    }

    pub(crate) fn is_answer(&self) -> bool {
        self.is_answer
    }

    pub(crate) fn wrong(&self, field: impl Into<String>, why: impl Into<String>) {
        self.add(Sort::Wrong, field.into(), why.into());
    }

    pub(crate) fn lost(&self, field: impl Into<String>, why: impl Into<String>) {
        self.add(Sort::Lost, field.into(), why.into());
    }

    pub(crate) fn hint(&self, field: impl Into<String>, why: impl Into<String>) {
        self.add(Sort::Hint, field.into(), why.into());
    }

    /// Loses a field, if it is there.
    pub(crate) fn lose<T>(&self, field: Option<&Named<T>>, why: &str) {
        if let Some(named) = field {
            self.lost(&named.field, why);
        }
    }

    fn add(&self, sort: Sort, field: String, why: String) {
        let mut list = self.list.borrow_mut();
        let is_new = !list.iter().any(|it| it.1.field == field && it.1.why == why);
        // What is wrong or lost decides; hints must not crowd it out.
        if is_new && (list.len() < PROBLEMS_MAX || sort != Sort::Hint && list.len() < 2 * PROBLEMS_MAX) {
            list.push((sort, Problem { field, why }));
        }
    }

    /// What was dropped; or why the request cannot go out.
    pub(crate) fn settle(self, lossy: Lossy) -> Result<Vec<Problem>, Refused> {
        let list = self.list.into_inner();
        let is_fatal = |it: &(Sort, Problem)| match it.0 {
            Sort::Wrong => true,
            Sort::Lost => lossy == Lossy::Refuse,
            Sort::Hint => false,
        };
        if list.iter().any(is_fatal) {
            let problems = list.into_iter().filter(is_fatal).map(|it| it.1).collect();
            return Err(Refused { problems });
        }
        Ok(list.into_iter().map(|it| it.1).collect())
    }
}

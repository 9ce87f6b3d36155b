//! Which rule an attempt falls under, and what a rule remembers from one attempt to the next.
//!
//! A script is swapped as a whole, with fresh counters and limiters; adding a rule keeps the others' memory.
//! An attempt looks at the script that was there when it asked, from start to end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::attempt::Credential;
use crate::limiter::{Cost, Limiter, LimiterSpec, Reading, Verdict};
use crate::script::{Match, Rule, Script, Step};

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) credential: Option<&'a Credential>,
    /// The connection has carried a request before.
    pub(crate) reused: bool,
    /// Unknown until the body has been read.
    pub(crate) body: Option<BodySight<'a>>,
}

/// What the rules look at in the body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodySight<'a> {
    pub(crate) model: Option<&'a str>,
    pub(crate) stream: bool,
}

/// A script in force.
pub(crate) struct RuleBook {
    rules: Mutex<Arc<[Arc<LiveRule>]>>,
}

/// A rule and its memory.
pub(crate) struct LiveRule {
    rule: Rule,
    seen: AtomicU64,
    used: AtomicU64,
    /// One per step that is a limiter, by the step's index; each by credential and model.
    limiters: Mutex<HashMap<(usize, LimiterKey), Limiter>>,
}

/// Most limiters of one rule: keys and models come from clients. Beyond it all of them start afresh.
const LIMITERS_MAX: usize = 10_000;

type LimiterKey = (Option<Credential>, Option<String>);

/// A rule that applies, and what the log calls it.
#[derive(Clone)]
pub(crate) struct Applied {
    pub(crate) rule: Arc<LiveRule>,
    pub(crate) name: String,
}

impl RuleBook {
    pub(crate) fn new(script: Script) -> RuleBook {
        RuleBook { rules: Mutex::new(live(script)) }
    }

    /// Puts another script into force.
    pub(crate) fn replace(&self, script: Script) {
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = live(script);
    }

    /// Adds a rule, with precedence over the others or behind them.
    pub(crate) fn add(&self, rule: Rule, first: bool) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let added = std::iter::once(Arc::new(LiveRule::new(rule)));
        *rules = match first {
            true => added.chain(rules.iter().cloned()).collect(),
            false => rules.iter().cloned().chain(added).collect(),
        };
    }

    pub(crate) fn script(&self) -> Script {
        Script { rules: self.current().iter().map(|it| it.rule.clone()).collect() }
    }

    /// The rule for an attempt of which only the head is known: one that wants to act that early.
    ///
    /// A rule in front of it that must see the body to know whether it applies does not hold it back.
    pub(crate) fn at_head(&self, sight: &Sight<'_>) -> Option<Applied> {
        self.first(|it| it.rule.acts_on_head() && it.applies(sight))
    }

    /// The rule for an attempt that has been read.
    pub(crate) fn at_body(&self, sight: &Sight<'_>) -> Option<Applied> {
        self.first(|it| !it.rule.acts_on_head() && it.applies(sight))
    }

    fn first(&self, applies: impl Fn(&LiveRule) -> bool) -> Option<Applied> {
        let rules = self.current();
        let index = rules.iter().position(|it| applies(it))?;
        let rule = Arc::clone(&rules[index]);
        let name = rule.rule.name.clone().unwrap_or_else(|| index.to_string());
        Some(Applied { rule, name })
    }

    fn current(&self) -> Arc<[Arc<LiveRule>]> {
        Arc::clone(&self.rules.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn live(script: Script) -> Arc<[Arc<LiveRule>]> {
    script.rules.into_iter().map(|it| Arc::new(LiveRule::new(it))).collect()
}

impl LiveRule {
    fn new(rule: Rule) -> LiveRule {
        LiveRule { rule, seen: AtomicU64::new(0), used: AtomicU64::new(0), limiters: Mutex::default() }
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.rule.steps
    }

    /// Counts the attempt if all but the numbers fit, and tells whether the numbers fit too.
    fn applies(&self, sight: &Sight<'_>) -> bool {
        if !self.rule.when.fits(sight) {
            return false;
        }
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.rule.when.nth.is_none_or(|it| it.holds(number)) {
            return false;
        }
        match self.rule.times {
            None => true,
            Some(times) => {
                let spend = |used: u64| (used < times).then_some(used + 1);
                self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
            }
        }
    }

    /// Asks the limiter that is this rule's step number `index`.
    pub(crate) fn ask_limiter(
        &self,
        index: usize,
        spec: &LimiterSpec,
        key: LimiterKey,
        cost: Cost,
        now: Duration,
    ) -> (Verdict, Reading) {
        let key = if spec.per_credential { (key.0, None) } else { key };
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        if limiters.len() >= LIMITERS_MAX {
            limiters.clear();
        }
        limiters.entry((index, key)).or_insert_with(|| Limiter::new(spec, now)).take(cost, now)
    }
}

impl Rule {
    /// Whether the rule does something that comes before reading the body.
    fn acts_on_head(&self) -> bool {
        matches!(self.steps.first(), Some(Step::ReadHead | Step::ReadBody(1..) | Step::AnswerBeforeBody(_)))
    }
}

impl Match {
    fn fits(&self, sight: &Sight<'_>) -> bool {
        let Match { credential, model, path, method, stream, reused, nth: _ } = self;
        let wants_body = model.is_some() || stream.is_some();
        let body_fits = match sight.body {
            None => !wants_body,
            Some(body) => {
                model.as_deref().is_none_or(|it| Some(it) == body.model)
                    && stream.is_none_or(|it| it == body.stream)
            }
        };
        body_fits
            && reused.is_none_or(|it| it == sight.reused)
            && credential.as_ref().is_none_or(|it| Some(it) == sight.credential)
            && method.as_deref().is_none_or(|it| it == sight.method)
            && path.as_deref().is_none_or(|it| match it.strip_suffix('*') {
                Some(prefix) => sight.path.starts_with(prefix),
                None => sight.path == it,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Nth;

    fn sight<'a>(path: &'a str, model: Option<&'a str>) -> Sight<'a> {
        Sight {
            method: "POST",
            path,
            credential: None,
            reused: false,
            body: Some(BodySight { model, stream: false }),
        }
    }

    fn played(book: &RuleBook, attempts: usize) -> Vec<Option<String>> {
        (0..attempts).map(|_| book.at_body(&sight("/v1/x", None)).map(|it| it.name)).collect()
    }

    #[test]
    fn a_rule_is_used_up_and_the_next_one_takes_over() {
        let book = RuleBook::new(
            vec![Rule::always([Step::Rst]).times(2), Rule::always([Step::Fin]).times(1)].into(),
        );
        let (first, second) = (Some("0".to_owned()), Some("1".to_owned()));
        assert_eq!(played(&book, 4), [first.clone(), first, second, None]);
    }

    #[test]
    fn attempts_are_counted_per_rule_and_only_when_the_rest_fits() {
        let book =
            RuleBook::new(vec![Rule::always([Step::Rst]).for_path("/v1/*").for_nth(Nth::Only(2))].into());
        assert!(book.at_body(&sight("/other", None)).is_none());
        assert!(book.at_body(&sight("/v1/x", None)).is_none());
        assert!(book.at_body(&sight("/v1/x", None)).is_some());
        assert!(book.at_body(&sight("/v1/x", None)).is_none());
    }

    #[test]
    fn models_and_credentials_select() {
        let key = Credential::from("k");
        let book = RuleBook::new(vec![Rule::always([Step::Rst]).for_model("m").for_credential("k")].into());
        let with_key = |model| Sight { credential: Some(&key), ..sight("/", model) };
        assert!(book.at_body(&sight("/", Some("m"))).is_none());
        assert!(book.at_body(&with_key(Some("n"))).is_none());
        assert!(book.at_body(&with_key(Some("m"))).is_some());
    }

    #[test]
    fn only_a_rule_that_acts_on_the_head_is_played_before_the_body() {
        let head = Sight { body: None, ..sight("/", None) };
        let book = RuleBook::new(
            vec![Rule::always([Step::Rst]), Rule::always([Step::AnswerBeforeBody(413)])].into(),
        );
        assert_eq!(book.at_head(&head).map(|it| it.name).as_deref(), Some("1"));
    }

    #[test]
    fn an_added_rule_leaves_the_others_their_memory() {
        let book = RuleBook::new(vec![Rule::always([Step::Rst]).times(1)].into());
        assert_eq!(played(&book, 1), [Some("0".to_owned())]);
        book.add(Rule::always([Step::Fin]), false);
        assert_eq!(played(&book, 1), [Some("1".to_owned())]);
        assert_eq!(book.script().rules.len(), 2);
    }
}

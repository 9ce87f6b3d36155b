//! Why nobody of an upstream can be asked, in words, and whether waiting helps.
//!
//! Made only when a request has failed for it: it reads the whole upstream's standing.

use balance::{Cause, Exclusion, State as Standing, TargetReport, Time, UpstreamReport};
use config::{
    Snapshot,
    snapshot::{Target, Upstream},
};

use crate::state::State;

/// How many targets an error names.
const TARGETS_SHOWN: usize = 5;

/// Where a request has come to nothing.
pub(super) struct Place<'a> {
    pub(super) state: &'a State,
    pub(super) snapshot: &'a Snapshot,
    pub(super) upstream: &'a Upstream,
}

/// Why nobody is there.
pub(super) struct Absence {
    /// The whole sentence.
    pub(super) message: String,
    /// Somebody may come back without anybody doing anything.
    pub(super) waiting_helps: bool,
}

impl Place<'_> {
    /// Nobody can be asked just now.
    pub(super) fn nobody_available(&self) -> Absence {
        let phrase = &self.upstream.phrase;
        let Some((report, now)) = self.report() else {
            return Absence { message: format!("no target of {phrase} is available"), waiting_helps: true };
        };
        if let Some(message) = self.without_key(&report) {
            return Absence { message, waiting_helps: false };
        }
        let waiting_helps = report.targets.iter().any(comes_back);
        let mut message = format!("no target of {phrase} is available");
        let why = self.listed(&report, now);
        if !why.is_empty() {
            message.push_str(": ");
            message.push_str(&why);
        }
        if !report.healthy && report.targets.iter().any(|it| it.state == Standing::Available) {
            message.push_str("; too few of its addresses are healthy (healthchecks.threshold)");
        }
        Absence { message, waiting_helps }
    }

    /// Nobody is there who could ever be asked.
    pub(super) fn nobody_at_all(&self) -> Absence {
        let (name, phrase) = (&self.upstream.name, &self.upstream.phrase);
        let report = self.report().map(|(report, now)| (self.listed(&report, now), report));
        let message = match report {
            Some((_, report)) if report.targets.is_empty() && is_written(name) => {
                format!("upstream '{name}' has no target: add one with POST /upstreams/{name}/targets")
            }
            Some((why, report)) => self.without_key(&report).unwrap_or_else(|| {
                let why = if why.is_empty() { why } else { format!(": {why}") };
                format!("{phrase} has no target for this request{why}")
            }),
            None => format!("{phrase} has no target for this request"),
        };
        Absence { message, waiting_helps: false }
    }

    /// Every target with its cause, as far as there is room: for a message that goes on after a colon.
    pub(super) fn why(&self) -> String {
        self.report().map(|(report, now)| self.listed(&report, now)).unwrap_or_default()
    }

    fn report(&self) -> Option<(UpstreamReport, Time)> {
        let now = self.state.clock.now();
        Some((self.state.balancer().report_upstream(self.upstream.id, now)?, now))
    }

    /// `127.0.0.1:7101: connect, back in 10 s; 127.0.0.1:7102: taken out by an operator`
    fn listed(&self, report: &UpstreamReport, now: Time) -> String {
        let mut told: Vec<String> = Vec::new();
        let mut more = 0;
        for (report, target) in self.targets(report) {
            let Some(why) = self.cause(report, target, now) else { continue };
            let words = format!("{}: {why}", target.name);
            match told.len() {
                _ if told.contains(&words) => {}
                TARGETS_SHOWN => more += 1,
                _ => told.push(words),
            }
        }
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        told.join("; ")
    }

    /// What keeps a target out; `None` if nothing does.
    fn cause(&self, report: &TargetReport, target: &Target, now: Time) -> Option<String> {
        match (report.state, report.exclusion) {
            (Standing::Available, _) => None,
            (Standing::Drained, _) => Some("drained (weight 0)".to_owned()),
            (Standing::Disabled, _) => {
                Some(self.key_problem(target).map_or_else(|| "switched off".to_owned(), str::to_owned))
            }
            (Standing::HalfOpen, Some(out)) => Some(format!("{}, being tried again", out.cause.name())),
            (_, Some(out)) => Some(out_because(out, now)),
            (state, None) => Some(state.name().to_owned()),
        }
    }

    /// If all that is missing is the key of a provider: whose, and what to do.
    fn without_key(&self, report: &UpstreamReport) -> Option<String> {
        if report.targets.iter().any(|it| it.state != Standing::Disabled) {
            return None;
        }
        let (_, target) = self.targets(report).next()?;
        let (provider, problem) = (target.provider.as_ref()?, self.key_problem(target)?);
        let what = problem.strip_prefix("the variable ").unwrap_or(problem);
        let mend = if what.ends_with("is not set") { "set it" } else { "put that right" };
        Some(format!("provider {provider} has no usable key: {what}; {mend} and restart"))
    }

    /// Why none of the keys of a target's provider is to be had; `None` if one is.
    fn key_problem(&self, target: &Target) -> Option<&str> {
        let provider = target.provider.as_ref()?;
        let keys = || self.snapshot.credentials.values().filter(|it| it.provider == *provider);
        let none_is = keys().all(|it| it.problem.is_some());
        keys().min_by_key(|it| it.id)?.problem.as_deref().filter(|_| none_is)
    }

    fn targets<'r>(
        &self,
        report: &'r UpstreamReport,
    ) -> impl Iterator<Item = (&'r TargetReport, &Target)> + use<'_, 'r> {
        report.targets.iter().filter_map(|it| Some((it, &**self.snapshot.targets.get(&it.id)?)))
    }
}

fn out_because(out: Exclusion, now: Time) -> String {
    match out.cause {
        Cause::Operator => "taken out by an operator".to_owned(),
        Cause::Expired => "its key has expired".to_owned(),
        Cause::Disabled => "switched off".to_owned(),
        Cause::OwnLimit if out.until == Time::NEVER => {
            format!("{}, until one of its requests ends", out.cause.name())
        }
        cause if out.until == Time::NEVER => format!("{}, until it proves well", cause.name()),
        cause => {
            format!("{}, back in {} s", cause.name(), out.until.since(now).as_secs_f64().ceil().max(1.0))
        }
    }
}

/// Whether a target comes back by itself, or need not.
fn comes_back(report: &TargetReport) -> bool {
    let by_hand = |it: Exclusion| matches!(it.cause, Cause::Operator | Cause::Disabled | Cause::Expired);
    match report.state {
        Standing::Drained | Standing::Disabled => false,
        _ => !report.exclusion.is_some_and(by_hand),
    }
}

/// Whether an operator has made it: what follows from the providers is called `default`, or has one of these in its name.
fn is_written(upstream: &str) -> bool {
    upstream != "default" && !upstream.contains(['/', ':'])
}

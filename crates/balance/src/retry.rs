//! Whether a request may try again.

use alloc::vec::Vec;

use crate::{
    Ask, Attempts, Balancer, Blame, Event, GaveUp, Kind, Next, Outcome, Pick, Time, Why, ask::Tried,
};

impl Balancer {
    /// Whether to try again after `outcome` of `pick` (already settled); notes the try in `attempts` and spends the
    /// retry budget.
    pub fn again(
        &mut self,
        ask: &Ask,
        attempts: &mut Attempts,
        pick: &Pick,
        outcome: &Outcome,
        now: Time,
    ) -> (Next, Vec<Event>) {
        let give_up = |why| (Next::GiveUp(why), Vec::new());
        let blame = outcome.kind.blame();
        if blame == Blame::Nobody || outcome.kind == Kind::Broken {
            return give_up(GaveUp::NotRetryable);
        }
        let Some(slot) = self.upstream_slots.get(&ask.upstream).copied() else {
            return give_up(GaveUp::NotRetryable);
        };
        attempts.note(ask, pick, outcome, blame);
        let upstream = &mut self.upstreams[slot as usize];
        let retries = upstream.plan.retries;
        if attempts.counted >= retries.attempts.max(1) && attempts.counted > 0 {
            return give_up(GaveUp::Attempts);
        }
        if attempts.uncounted > 0 && attempts.uncounted >= retries.credential_attempts {
            return give_up(GaveUp::Attempts);
        }
        if retries.deadline.is_some_and(|it| now.since(attempts.started) >= it) {
            return give_up(GaveUp::Deadline);
        }
        // A key's fault takes its key out of the rotation: trying on can not become a storm.
        if blame != Blame::Credential && !upstream.spending.retry(&retries.budget, now) {
            let events = alloc::vec![Event::BudgetExhausted { upstream: ask.upstream }];
            return (Next::GiveUp(GaveUp::Budget), events);
        }
        (Next::Again, Vec::new())
    }
}

impl Attempts {
    /// Notes that a try has ended so.
    fn note(&mut self, ask: &Ask, pick: &Pick, outcome: &Outcome, blame: Blame) {
        let pair_at_fault = matches!(blame, Blame::Pair | Blame::Address);
        self.tried.push(Tried {
            address: pick.address,
            credential: pick.credential,
            model: pick.model.or(ask.model),
            pair_at_fault,
            limited: matches!(outcome.kind, Kind::RateLimited { .. } | Kind::QuotaExceeded { .. }),
        });
        if pair_at_fault {
            self.counted += 1;
        } else {
            self.uncounted += 1;
        }
        self.repeated |= pick.reason.why == Why::Repeat;
        if self.repeated {
            self.repeat = None;
        } else if matches!(outcome.kind, Kind::Connect | Kind::ServerError) {
            self.repeat = Some((pick.target, pick.credential));
        }
    }
}

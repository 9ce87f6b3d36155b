//! Which target and which credential next, and what we learned from last time.
//!
//! The whole of Spillway's judgement lives here as one state machine without a socket, a clock, a thread or
//! global randomness: a [`Plan`] and instants come in as arguments, picks and events go out. It deliberately
//! knows nothing of HTTP, vendors or secrets; the gateway translates.
//!
//! The one idea to read on: an algorithm puts candidates in order of preference, the availability ledger says
//! which of them may be used *now*, and [`Balancer`] takes the first that may. Everything that keeps a candidate
//! out (cooldown, suspension, ejection, a rejected key, an operator) is one mechanism, an [`Exclusion`].

#![no_std]

extern crate alloc;

mod algorithm;
mod apply;
mod ask;
mod balancer;
mod blame;
mod bounded;
mod budget;
mod choose;
mod credential;
mod event;
mod ewma;
mod exclusion;
mod health;
mod heap;
mod histogram;
mod ids;
mod lease;
mod lineup;
mod nobody;
mod operate;
mod outcome;
mod own_limit;
mod plan;
mod report;
mod retry;
mod rng;
mod settle;
mod standing;
mod time;
mod tournament;
mod upstream;
mod wakes;

pub use ask::{Ask, Attempts, Exhausted, GaveUp, Next, Observed, Pick, Reason, Why};
pub use balancer::Balancer;
pub use event::{Event, Scope};
pub use exclusion::{Cause, Exclusion};
pub use ids::{AddressId, CredentialId, LeaseId, ModelId, TargetId, UpstreamId};
pub use outcome::{Blame, Kind, Opened, Outcome, Probed};
pub use plan::{
    Affinity, Algorithm, Budget, CredentialPlan, Credentials, Environment, Health, Limits, Member, Only,
    Plan, PoolOrder, Retries, Statuses, Suspension, TargetPlan, Thresholds, Tier, UpstreamPlan, Weight,
};
pub use report::{
    AddressReport, CredentialReport, Ledger, ModelState, Order, Report, State, TargetReport, UpstreamReport,
};
pub use time::Time;

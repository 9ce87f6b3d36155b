//! `x-spillway-decision`: one short line that says why this target.

use balance::{Algorithm, Reason, Tier, Why};

/// `round-robin, tier 0, 2 of 3 available`
pub(crate) fn line(reason: &Reason) -> String {
    let why = match reason.why {
        Why::Algorithm(algorithm) => name(algorithm),
        Why::Affinity => "affinity",
        Why::HalfOpen => "half-open trial",
        Why::Repeat => "nobody else left, once more",
    };
    let Reason { available, of, .. } = reason;
    match reason.tier {
        Tier::Regular(tier) => format!("{why}, tier {tier}, {available} of {of} available"),
        Tier::Backup => format!("{why}, backup, {available} of {of} available"),
    }
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RoundRobin => "round-robin",
        Algorithm::WeightedRandom => "weighted-random",
        Algorithm::LeastConnections => "least-connections",
        Algorithm::ConsistentHashing => "consistent-hashing",
        Algorithm::Latency => "latency",
        Algorithm::Priority => "priority",
    }
}

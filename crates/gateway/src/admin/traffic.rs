//! How much goes on just now, as the diagram and the events tell it: requests and errors from the records of what is
//! over, open attempts from the ledger.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use serde::Serialize;

use crate::{clock::unix_seconds, history::Rate, state::State};

/// Of one provider, or of one upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Flow {
    requests_per_second: f64,
    errors_per_second: f64,
    in_flight: u32,
}

/// Of all where there is any, by name.
#[derive(Default)]
pub(super) struct Flows {
    pub(super) providers: BTreeMap<Arc<str>, Flow>,
    pub(super) upstreams: BTreeMap<Arc<str>, Flow>,
}

impl Flows {
    pub(super) fn of(state: &State) -> Self {
        let now = unix_seconds(SystemTime::now());
        let (providers, upstreams) = state
            .telemetry
            .history
            .read(&state.clock, |past| (past.traffic.providers(now), past.traffic.upstreams(now)));
        let mut flows = Flows {
            providers: providers.into_iter().map(|(name, rate)| (name, Flow::of(rate))).collect(),
            upstreams: upstreams.into_iter().map(|(name, rate)| (name, Flow::of(rate))).collect(),
        };
        let (load, snapshot) = {
            let balancer = state.balancer();
            (balancer.load(), state.snapshot.load_full())
        };
        for (upstream, target, in_flight) in load {
            if let Some(upstream) = snapshot.upstreams.get(&upstream) {
                flows.upstreams.entry(Arc::clone(&upstream.name)).or_default().in_flight += in_flight;
            }
            if let Some(provider) = snapshot.targets.get(&target).and_then(|it| it.provider.as_ref()) {
                flows.providers.entry(Arc::clone(provider)).or_default().in_flight += in_flight;
            }
        }
        flows
    }
}

impl Flow {
    fn of(rate: Rate) -> Self {
        let rounded = |it: f64| (it * 1e3).round() / 1e3;
        Flow {
            requests_per_second: rounded(rate.requests),
            errors_per_second: rounded(rate.errors),
            in_flight: 0,
        }
    }
}

//! A histogram without a lock: what a worker observes never waits for another one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

/// Durations, counted by size. Clones share the counts.
#[derive(Clone, Debug)]
pub(super) struct Durations(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// Upper bounds in seconds, ascending.
    bounds: &'static [f64],
    /// One per bound, and one for what is longer.
    counts: Vec<AtomicU64>,
    nanos: AtomicU64,
}

impl Durations {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Durations(Arc::new(Counts { bounds, counts, nanos: AtomicU64::new(0) }))
    }

    pub(super) fn observe(&self, duration: Duration) {
        let Counts { bounds, counts, nanos } = &*self.0;
        let seconds = duration.as_secs_f64();
        let slot = bounds.partition_point(|it| *it < seconds);
        counts[slot].fetch_add(1, Relaxed);
        nanos.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl TypedMetric for Durations {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Durations {
    /// A scrape in the middle of an observation may see its count and not yet its sum; the next one sees both.
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Counts { bounds, counts, nanos } = &*self.0;
        let upper = bounds.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = upper.zip(counts.iter().map(|it| it.load(Relaxed))).collect();
        let count = buckets.iter().map(|it| it.1).sum();
        let sum = Duration::from_nanos(nanos.load(Relaxed)).as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

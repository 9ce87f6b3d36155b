//! Request ids: UUIDs of version 7 (RFC 9562), sortable by time.
//!
//! They name requests and guard nothing, so their random part comes from a generator seeded once per thread: asking the
//! kernel for every request costs a system call each.

use std::{
    cell::Cell,
    time::{SystemTime, UNIX_EPOCH},
};

use uuid::{Builder, Uuid};

thread_local! {
    /// SplitMix64's state; see `balance::rng` for the source of its constants.
    static STATE: Cell<u64> = Cell::new(Uuid::new_v4().as_u64_pair().0);
}

/// A new id.
pub(super) fn fresh() -> String {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut random = [0; 10];
    random[..8].copy_from_slice(&next().to_le_bytes());
    random[8..].copy_from_slice(&next().to_le_bytes()[..2]);
    let millis = u64::try_from(millis).unwrap_or(u64::MAX);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

fn next() -> u64 {
    STATE.with(|state| {
        let mut mixed = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(mixed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_of_version_7() {
        let ids: std::collections::BTreeSet<String> = (0..10_000).map(|_| fresh()).collect();
        assert_eq!(ids.len(), 10_000);
        let id: Uuid = ids.first().unwrap().parse().unwrap();
        assert_eq!(id.get_version_num(), 7);
    }
}

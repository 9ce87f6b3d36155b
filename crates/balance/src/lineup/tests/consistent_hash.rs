//! Consistent hashing: a key moves only if it must.

use alloc::string::ToString;

use super::*;

const KEYS: u64 = 2_000;

#[test]
fn keys_are_shared_by_weight() {
    let weights = [100, 200, 300, 400];
    let had = shares(&mut ring(10_000, &weights), 4);
    for (had, weight) in had.iter().zip(weights) {
        let expected = f64::from(weight) / 1000.0 * KEYS as f64;
        assert!((*had as f64 - expected).abs() < 0.2 * expected, "{had} for {expected}");
    }
}

#[test]
fn without_a_key_requests_spread_by_turns() {
    let mut lineup = ring(1000, &[200, 100]);
    owners(&mut lineup);
    assert_eq!(picks(&mut lineup, 6), "ABAABA");
}

#[test]
fn entries_that_look_the_same_add_up() {
    let mut places = places(&[100, 100, 100, 100]);
    for place in &mut places[1..] {
        place.hash = 42;
    }
    let had = shares(&mut lineup_of(Algorithm::ConsistentHashing, &places, None), 4);
    assert!(had.iter().all(|&had| (350..=650).contains(&had)), "{had:?}");
}

#[test]
fn more_targets_than_slots_are_all_reachable() {
    let mut lineup = ring(10, &[1; 100]);
    let mut offered = vec![0; 100];
    let nobody = lineup.choose(Some(1), &mut Rng::new(1), &mut |it| {
        offered[it] += 1;
        false
    });
    assert_eq!(nobody, None);
    assert_eq!(offered, [1; 100]);
}

#[test]
fn a_key_has_the_same_home_in_every_process() {
    let mut lineup = ring(1000, &[100, 100, 200]);
    let homes: String = owners(&mut lineup)[..24].iter().map(|it| it.to_string()).collect();
    assert_eq!(homes, "022122222211222211122020");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn adding_one_takes_keys_to_it_alone(mut weights in ring_weights(), new in 1_u16..500) {
        let before = owners(&mut ring(1000, &weights));
        weights.push(new);
        let after = owners(&mut ring(1000, &weights));
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(after == before || *after == weights.len() - 1);
        }
    }

    #[test]
    fn removing_one_moves_its_keys_alone(weights in ring_weights(), gone in any::<prop::sample::Index>()) {
        let mut places = places(&weights);
        let before = owners_of(&places);
        let gone = places.remove(gone.index(weights.len())).member;
        if places.is_empty() {
            return Ok(());
        }
        for (before, after) in before.iter().zip(&owners_of(&places)) {
            prop_assert!(after == before || *before == gone);
        }
    }

    #[test]
    fn a_greater_weight_only_takes_keys(
        weights in ring_weights(),
        changed in any::<prop::sample::Index>(),
        by in 1_u16..1000,
    ) {
        let changed = changed.index(weights.len());
        let mut greater = weights.clone();
        greater[changed] += by;
        let before = owners(&mut ring(1000, &weights));
        let after = owners(&mut ring(1000, &greater));
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(after == before || *after == changed);
        }
    }

    #[test]
    fn another_order_in_the_plan_moves_nothing(weights in ring_weights()) {
        let mut places = places(&weights);
        let before = owners_of(&places);
        places.reverse();
        prop_assert_eq!(owners_of(&places), before);
    }

    #[test]
    fn while_some_are_out_only_their_keys_are_elsewhere(
        weights in ring_weights(),
        out in proptest::collection::vec(any::<bool>(), 12),
        also in any::<prop::sample::Index>(),
    ) {
        let mut lineup = ring(1000, &weights);
        let all_in = owners(&mut lineup);
        for (index, &out) in out.iter().enumerate().take(weights.len()) {
            lineup.set_ready(index, !out);
        }
        if lineup.ready() < 2 {
            return Ok(());
        }
        let some_out = owners(&mut lineup);
        for (before, after) in all_in.iter().zip(&some_out) {
            prop_assert_eq!(before == after, !out[*before]);
        }
        // One more leaves: the keys of the others stay, those included that are not at home.
        let also = also.index(weights.len());
        lineup.set_ready(also, false);
        for (before, after) in some_out.iter().zip(&owners(&mut lineup)) {
            prop_assert_eq!(before == after, *before != also);
        }
        for index in 0..weights.len() {
            lineup.set_ready(index, true);
        }
        prop_assert_eq!(owners(&mut lineup), all_in);
    }

    #[test]
    fn a_new_plan_moves_nothing_that_did_not_change(weights in ring_weights(), slots in 10_u32..2000) {
        let mut old = Lineup::new(Algorithm::ConsistentHashing, 1000, &places(&weights), None);
        old.set_ready(0, true);
        let mut new = lineup_of(Algorithm::ConsistentHashing, &places(&weights), Some(&old));
        prop_assert_eq!(owners(&mut new), owners(&mut ring(1000, &weights)));
        let resized = Lineup::new(Algorithm::ConsistentHashing, slots, &places(&weights), Some(&old));
        prop_assert_eq!(resized.len(), weights.len());
    }
}

fn ring_weights() -> impl Strategy<Value = Vec<Weight>> {
    proptest::collection::vec(1_u16..500, 1..12)
}

fn ring(slots: u32, weights: &[Weight]) -> Lineup {
    let mut lineup = Lineup::new(Algorithm::ConsistentHashing, slots, &places(weights), None);
    for index in 0..weights.len() {
        lineup.set_ready(index, true);
    }
    lineup
}

/// Whom each key goes to.
fn owners(lineup: &mut Lineup) -> Vec<usize> {
    (0..KEYS).map(|key| lineup.choose(Some(key), &mut Rng::new(1), &mut |_| true).unwrap()).collect()
}

/// Whom each key goes to, by member.
fn owners_of(places: &[Place]) -> Vec<u32> {
    let mut lineup = lineup_of(Algorithm::ConsistentHashing, places, None);
    owners(&mut lineup).into_iter().map(|it| places[it].member).collect()
}

fn shares(lineup: &mut Lineup, places: usize) -> Vec<usize> {
    let owners = owners(lineup);
    (0..places).map(|place| owners.iter().filter(|&&it| it == place).count()).collect()
}

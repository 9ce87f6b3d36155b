//! Least connections: open attempts per weight decide, turns among equals.

use super::*;

#[test]
fn an_idle_pool_shares_by_smooth_turns() {
    let mut lineup = lineup(Algorithm::LeastConnections, &[200, 100]);
    assert_eq!(picks(&mut lineup, 6), "ABAABA");
}

#[test]
fn a_finished_attempt_does_not_disturb_the_turns() {
    let mut lineup = lineup(Algorithm::LeastConnections, &[200, 100]);
    let mut order = Vec::new();
    for _ in 0..6 {
        let index = open(&mut lineup, &mut [0, 0]);
        lineup.set_in_flight(index, 0);
        order.push(index);
    }
    assert_eq!(order, [0, 1, 0, 0, 1, 0]);
}

#[test]
fn the_busy_one_is_spared() {
    let mut lineup = lineup(Algorithm::LeastConnections, &[1, 1, 1]);
    lineup.set_in_flight(0, 3);
    lineup.set_in_flight(1, 2);
    assert_eq!(picks(&mut lineup, 3), "CCC");
    lineup.set_in_flight(2, 4);
    assert_eq!(picks(&mut lineup, 3), "BBB");
    lineup.set_ready(1, false);
    assert_eq!(picks(&mut lineup, 3), "AAA");
}

#[test]
fn equally_busy_ones_take_turns() {
    let mut lineup = lineup(Algorithm::LeastConnections, &[100, 100, 100]);
    for index in 0..3 {
        lineup.set_in_flight(index, 2);
    }
    assert_eq!(picks(&mut lineup, 6), "ABCABC");
}

#[test]
fn a_new_plan_still_knows_who_is_busy() {
    let mut old = lineup(Algorithm::LeastConnections, &[1, 1]);
    old.set_in_flight(0, 3);
    let mut new = lineup_of(Algorithm::LeastConnections, &places(&[1, 1]), Some(&old));
    assert_eq!(picks(&mut new, 2), "BB");
}

#[test]
fn a_turn_given_back_is_given_back_while_it_counts_as_busy() {
    let mut lineup = lineup(Algorithm::LeastConnections, &[1, 1]);
    assert_eq!(picks(&mut lineup, 1), "A");
    lineup.set_in_flight(0, 1);
    lineup.give_back(0);
    lineup.set_in_flight(0, 0);
    assert_eq!(picks(&mut lineup, 4), "ABAB");
}

proptest! {
    #[test]
    fn whoever_is_picked_has_fewest_open_attempts_per_weight(
        weights in proptest::collection::vec(1_u16..400, 1..10),
        steps in proptest::collection::vec((any::<bool>(), 0_usize..10), 1..200),
    ) {
        let mut lineup = lineup(Algorithm::LeastConnections, &weights);
        let mut in_flight = vec![0; weights.len()];
        for (opens, place) in steps {
            if opens {
                let before = in_flight.clone();
                let chosen = open(&mut lineup, &mut in_flight);
                let load = |it: usize| f64::from(before[it]) / f64::from(weights[it]);
                prop_assert!((0..weights.len()).all(|it| load(chosen) <= load(it)));
            } else if place < weights.len() && in_flight[place] > 0 {
                in_flight[place] -= 1;
                lineup.set_in_flight(place, in_flight[place]);
            }
        }
    }

    #[test]
    fn a_pool_that_only_fills_up_fills_by_weight(weights in proptest::collection::vec(1_u16..50, 1..8)) {
        let mut lineup = lineup(Algorithm::LeastConnections, &weights);
        let mut in_flight = vec![0; weights.len()];
        let total: u32 = weights.iter().map(|&it| u32::from(it)).sum();
        for _ in 0..total {
            open(&mut lineup, &mut in_flight);
        }
        let expected: Vec<u32> = weights.iter().map(|&it| u32::from(it)).collect();
        prop_assert_eq!(in_flight, expected);
    }
}

/// Picks one, which then has one more open attempt.
fn open(lineup: &mut Lineup, in_flight: &mut [u32]) -> usize {
    let index = lineup.choose(None, &mut Rng::new(1), &mut |_| true).unwrap();
    in_flight[index] += 1;
    lineup.set_in_flight(index, in_flight[index]);
    index
}

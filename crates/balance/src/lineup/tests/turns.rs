//! Round robin: one turn of slack, never more, and rotation that survives everything.

use super::*;

#[test]
fn two_hundred_to_one_hundred_is_a_b_a() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[200, 100]);
    assert_eq!(picks(&mut lineup, 12), "ABAABAABAABA");
}

#[test]
fn equal_ones_take_turns_in_plan_order() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[7, 7, 7]);
    assert_eq!(picks(&mut lineup, 9), "ABCABCABC");
}

#[test]
fn a_big_one_among_ten_small_ones_has_every_other_turn() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(picks(&mut lineup, 40), "ABACADAEAFAGAHAIAJAK".repeat(2));
}

#[test]
fn who_returns_within_a_turn_goes_first_and_gets_no_credit() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[1, 1]);
    assert_eq!(picks(&mut lineup, 1), "A");
    lineup.set_ready(0, false);
    assert_eq!(picks(&mut lineup, 3), "BBB");
    lineup.set_ready(0, true);
    assert_eq!(picks(&mut lineup, 6), "ABABAB");
}

#[test]
fn a_turn_given_back_is_taken_next() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[1, 1, 1]);
    assert_eq!(picks(&mut lineup, 2), "AB");
    lineup.give_back(1);
    lineup.give_back(1);
    assert_eq!(picks(&mut lineup, 5), "BCABC");
}

#[test]
fn a_turn_given_back_while_away_is_not_lost() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[1, 1]);
    assert_eq!(picks(&mut lineup, 1), "A");
    lineup.set_ready(0, false);
    lineup.give_back(0);
    lineup.set_ready(0, true);
    assert_eq!(picks(&mut lineup, 4), "ABAB");
}

#[test]
fn a_new_plan_goes_on_where_the_old_one_was() {
    let old = &mut lineup(Algorithm::RoundRobin, &[1, 1, 1]);
    assert_eq!(picks(old, 4), "ABCA");
    let mut same = lineup_of(Algorithm::RoundRobin, &places(&[1, 1, 1]), Some(old));
    assert_eq!(picks(&mut same, 5), "BCABC");
    let mut scaled = lineup_of(Algorithm::RoundRobin, &places(&[300, 300, 300]), Some(old));
    assert_eq!(picks(&mut scaled, 5), "BCABC");
    let mut another_algorithm = lineup_of(Algorithm::LeastConnections, &places(&[1, 1, 1]), Some(old));
    assert_eq!(picks(&mut another_algorithm, 5), "BCABC");
    let mut reordered = places(&[1, 1, 1]);
    reordered.reverse();
    let mut reordered = lineup_of(Algorithm::RoundRobin, &reordered, Some(old));
    assert_eq!(picks(&mut reordered, 5), "BACBA", "B, C, A by their new indices");
}

#[test]
fn a_newcomer_begins_level_and_has_nothing_to_catch_up_on() {
    let old = &mut lineup(Algorithm::RoundRobin, &[1, 1]);
    picks(old, 1000);
    let mut new = lineup_of(Algorithm::RoundRobin, &places(&[1, 1, 1]), Some(old));
    assert_eq!(counts(&picks(&mut new, 30), 3), [10, 10, 10]);
}

#[test]
fn being_passed_over_for_long_earns_no_credit() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[1, 1, 1]);
    for _ in 0..1000 {
        lineup.choose(None, &mut Rng::new(1), &mut |it| it != 0);
    }
    let picks = picks(&mut lineup, 30);
    assert!(!picks.contains("AA"), "{picks}");
    assert_eq!(counts(&picks, 3), [10, 10, 10]);
}

#[test]
fn who_can_serve_half_of_the_requests_has_its_share_of_all_at_most() {
    let mut lineup = lineup(Algorithm::RoundRobin, &[1, 1, 1]);
    let mut had = [0; 3];
    for request in 0..600 {
        let picky = request % 2 == 0;
        had[lineup.choose(None, &mut Rng::new(1), &mut |it| !picky || it != 0).unwrap()] += 1;
    }
    assert!((100..=200).contains(&had[0]), "{had:?}");
    assert_eq!(had[1], had[2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nobody_is_a_turn_ahead_of_its_share_or_behind_it(weights in weights()) {
        let mut lineup = lineup(Algorithm::RoundRobin, &weights);
        check_share(&mut lineup, &weights, 300)?;
    }

    #[test]
    fn short_rounds_repeat_exactly(weights in proptest::collection::vec(1_u16..6, 1..6), scale in 1_u16..300) {
        let scaled: Vec<Weight> = weights.iter().map(|it| it * scale).collect();
        let mut lineup = lineup(Algorithm::RoundRobin, &scaled);
        let common = weights.iter().copied().reduce(common_divisor).unwrap();
        let round = usize::from(weights.iter().sum::<u16>() / common);
        let first = picks(&mut lineup, round);
        prop_assert_eq!(picks(&mut lineup, 3 * round), first.repeat(3));
    }

    #[test]
    fn leaving_and_returning_at_once_changes_nothing(
        weights in weights(),
        flaps in proptest::collection::vec((0_usize..12, 0_usize..12, any::<bool>()), 1..60),
    ) {
        let mut steady = lineup(Algorithm::RoundRobin, &weights);
        let mut flapping = lineup(Algorithm::RoundRobin, &weights);
        for (one, other, crosswise) in flaps {
            prop_assert_eq!(picks(&mut steady, 1), picks(&mut flapping, 1));
            if one.max(other) < weights.len() {
                let back = if crosswise { [one, other] } else { [other, one] };
                [one, other].into_iter().for_each(|it| flapping.set_ready(it, false));
                back.into_iter().for_each(|it| flapping.set_ready(it, true));
            }
        }
    }

    #[test]
    fn a_walk_that_finds_nobody_changes_nothing(weights in weights(), walks in 1_usize..5) {
        let mut steady = lineup(Algorithm::RoundRobin, &weights);
        let mut walked = lineup(Algorithm::RoundRobin, &weights);
        for _ in 0..40 {
            prop_assert_eq!(picks(&mut steady, 1), picks(&mut walked, 1));
            for _ in 0..walks {
                prop_assert_eq!(walked.choose(None, &mut Rng::new(1), &mut |_| false), None);
            }
        }
    }

    #[test]
    fn whatever_some_refuse_the_others_share(
        weights in weights(),
        refusing in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let mut lineup = lineup(Algorithm::RoundRobin, &weights);
        let weights: Vec<Weight> =
            weights.iter().zip(&refusing).map(|(&weight, &refuses)| if refuses { 0 } else { weight }).collect();
        check_recovered(&mut lineup, &weights)?;
    }

    #[test]
    fn after_any_absence_everybody_has_its_share_again(
        weights in weights(),
        moves in proptest::collection::vec((0_usize..12, any::<bool>(), 0_usize..30), 0..30),
    ) {
        let mut lineup = lineup(Algorithm::RoundRobin, &weights);
        for (place, ready, then) in moves {
            if place < weights.len() {
                lineup.set_ready(place, ready);
            }
            picks(&mut lineup, then);
        }
        for index in 0..weights.len() {
            lineup.set_ready(index, true);
        }
        check_recovered(&mut lineup, &weights)?;
    }

    #[test]
    fn after_any_change_of_weights_everybody_has_its_share_again(
        plans in proptest::collection::vec((weights(), 0_usize..40), 1..10),
        last in weights(),
    ) {
        let mut lineup = lineup(Algorithm::RoundRobin, &[]);
        for (weights, then) in plans {
            lineup = lineup_of(Algorithm::RoundRobin, &places(&weights), Some(&lineup));
            picks(&mut lineup, then);
        }
        let mut lineup = lineup_of(Algorithm::RoundRobin, &places(&last), Some(&lineup));
        check_recovered(&mut lineup, &last)?;
    }
}

/// At every prefix of the next picks, nobody is a whole turn ahead of its share, or more than one behind it.
fn check_share(lineup: &mut Lineup, weights: &[Weight], count: u64) -> Result<(), TestCaseError> {
    let total: u64 = weights.iter().map(|&it| u64::from(it)).sum();
    let mut had = vec![0_u64; weights.len()];
    for turn in 1..=count {
        let Some(index) = lineup.choose(None, &mut Rng::new(1), &mut |_| true) else {
            return Ok(());
        };
        had[index] += 1;
        for (had, &weight) in had.iter().zip(weights) {
            let share = turn * u64::from(weight);
            prop_assert!(had * total < share + total, "ahead at {}: {} of {:?}", turn, had, weights);
            prop_assert!(had * total + total >= share, "behind at {}: {} of {:?}", turn, had, weights);
        }
    }
    Ok(())
}

/// At every prefix of the next picks, everybody is as near its share as a turn for each of the others allows: those
/// who return may be owed one, or have had one too early.
fn check_recovered(lineup: &mut Lineup, weights: &[Weight]) -> Result<(), TestCaseError> {
    let turns = weights.len().max(2) as f64;
    check_near_share(lineup, weights, turns, turns)
}

fn check_near_share(
    lineup: &mut Lineup,
    weights: &[Weight],
    ahead: f64,
    behind: f64,
) -> Result<(), TestCaseError> {
    let total: f64 = weights.iter().map(|&it| f64::from(it)).sum();
    let mut had = vec![0.0; weights.len()];
    for turn in 1..=200 {
        let Some(index) = lineup.choose(None, &mut Rng::new(1), &mut |it| weights[it] > 0) else {
            return Ok(());
        };
        had[index] += 1.0;
        for (had, &weight) in had.iter().zip(weights) {
            let share = f64::from(turn) * f64::from(weight) / total;
            prop_assert!(had - share <= ahead, "at {}: {} for {} of {:?}", turn, had, share, weights);
            prop_assert!(share - had <= behind, "at {}: {} for {} of {:?}", turn, had, share, weights);
        }
    }
    Ok(())
}

fn counts(picks: &str, places: u8) -> Vec<usize> {
    (b'A'..b'A' + places).map(|it| picks.bytes().filter(|&pick| pick == it).count()).collect()
}

fn common_divisor(a: u16, b: u16) -> u16 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

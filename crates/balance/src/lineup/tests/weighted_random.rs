//! Weighted random: the shares come out by chance, and every draw is independent.

use super::*;

#[test]
fn the_shares_are_those_of_the_ready_ones() {
    let weights = [100, 300, 50, 600, 1];
    let mut lineup = lineup(Algorithm::WeightedRandom, &weights);
    check(&mut lineup, &weights, &weights);
    lineup.set_ready(1, false);
    check(&mut lineup, &weights, &[100, 0, 50, 600, 1]);
    lineup.set_ready(1, true);
    check(&mut lineup, &weights, &weights);
}

#[test]
fn who_refuses_leaves_its_share_to_the_others() {
    let weights = [100, 300, 50, 600, 1];
    let mut lineup = lineup(Algorithm::WeightedRandom, &weights);
    check(&mut lineup, &[100, 0, 50, 0, 1], &[100, 0, 50, 0, 1]);
    check(&mut lineup, &weights, &weights);
}

/// 100 000 draws among those that `accepted` gives a weight share like `expected`, within five standard deviations.
fn check(lineup: &mut Lineup, accepted: &[Weight], expected: &[Weight]) {
    let mut rng = Rng::new(42);
    let mut had = vec![0_u32; expected.len()];
    for _ in 0..100_000 {
        had[lineup.choose(None, &mut rng, &mut |it| accepted[it] > 0).unwrap()] += 1;
    }
    let total: f64 = expected.iter().map(|&it| f64::from(it)).sum();
    for (had, &weight) in had.iter().zip(expected) {
        let chance = f64::from(weight) / total;
        let deviation = (100_000.0 * chance * (1.0 - chance)).sqrt();
        let off = (f64::from(*had) - 100_000.0 * chance).abs();
        assert!(off <= 5.0 * deviation, "{had} draws for {weight} of {total}");
    }
}

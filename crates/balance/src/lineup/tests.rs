//! The laws of the lineup: here those of every algorithm, each algorithm's own in a file beside.

use alloc::{string::String, vec, vec::Vec};

use proptest::prelude::*;

use super::*;
use crate::rng::Rng;

mod consistent_hash;
mod latency;
mod least_connections;
mod turns;
mod weighted_random;

const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RoundRobin,
    Algorithm::WeightedRandom,
    Algorithm::LeastConnections,
    Algorithm::ConsistentHashing,
    Algorithm::Latency,
    Algorithm::Priority,
];

#[test]
fn priority_takes_the_first_until_it_is_out() {
    let mut lineup = lineup(Algorithm::Priority, &[1, 9, 9]);
    assert_eq!(picks(&mut lineup, 3), "AAA");
    lineup.set_ready(0, false);
    assert_eq!(picks(&mut lineup, 3), "BBB");
    lineup.set_ready(0, true);
    assert_eq!(picks(&mut lineup, 3), "AAA");
    let mut rng = Rng::new(1);
    assert_eq!(lineup.choose(None, &mut rng, &mut |it| it != 0), Some(1));
}

#[test]
fn nobody_is_chosen_from_an_empty_lineup() {
    for algorithm in ALGORITHMS {
        let mut lineup = lineup(algorithm, &[]);
        assert_eq!((lineup.len(), lineup.ready()), (0, 0));
        assert_eq!(lineup.choose(Some(1), &mut Rng::new(1), &mut |_| true), None);
        assert_eq!(lineup.choose(None, &mut Rng::new(1), &mut |_| true), None);
    }
}

/// Something that can happen to a lineup.
#[derive(Clone, Debug)]
enum Step {
    Ready(usize, bool),
    InFlight(usize, u32),
    Latency(usize, u64),
    /// With a key or without, and who is accepted.
    Choose(Option<u64>, Vec<bool>),
    GiveBack,
    /// All over with other weights, and those in another order.
    Anew(Vec<Weight>),
}

fn step() -> impl Strategy<Value = Step> {
    let place = 0_usize..12;
    prop_oneof![
        3 => (place.clone(), any::<bool>()).prop_map(|(place, ready)| Step::Ready(place, ready)),
        1 => (place.clone(), 0_u32..5).prop_map(|(place, in_flight)| Step::InFlight(place, in_flight)),
        1 => (place, 0_u64..1_000_000_000).prop_map(|(place, nanos)| Step::Latency(place, nanos)),
        6 => (proptest::option::of(any::<u64>()), accepted(0.7)).prop_map(|(hash, it)| Step::Choose(hash, it)),
        1 => (proptest::option::of(any::<u64>()), accepted(0.1)).prop_map(|(hash, it)| Step::Choose(hash, it)),
        1 => Just(Step::GiveBack),
        1 => weights().prop_map(Step::Anew),
    ]
}

fn accepted(probability: f64) -> impl Strategy<Value = Vec<bool>> {
    proptest::collection::vec(proptest::bool::weighted(probability), 12)
}

fn weights() -> impl Strategy<Value = Vec<Weight>> {
    let weight = prop_oneof![4 => 1_u16..12, 2 => (1_u16..5).prop_map(|it| it * 100), 1 => 1_u16..];
    proptest::collection::vec(weight, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn each_ready_place_is_offered_once_and_all_of_them_before_nobody(
        algorithm in proptest::sample::select(&ALGORITHMS[..]),
        slots in 10_u32..100,
        weights in weights(),
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let places = places(&weights);
        let mut ready = vec![false; places.len()];
        let mut lineup = Lineup::new(algorithm, slots, &places, None);
        let mut rng = Rng::new(7);
        let mut last = None;
        for step in steps {
            match step {
                Step::Ready(place, it) if place < ready.len() => {
                    ready[place] = it;
                    lineup.set_ready(place, it);
                }
                Step::InFlight(place, it) if place < ready.len() => lineup.set_in_flight(place, it),
                Step::Latency(place, it) if place < ready.len() => lineup.set_latency(place, it),
                Step::GiveBack => if let Some(place) = last.take() {
                    lineup.give_back(place);
                },
                Step::Anew(weights) => {
                    let mut places = super::tests::places(&weights);
                    places.reverse();
                    ready = vec![false; places.len()];
                    last = None;
                    lineup = Lineup::new(algorithm, slots, &places, Some(&lineup));
                }
                Step::Choose(hash, accepted) => {
                    let mut offered = Vec::new();
                    last = lineup.choose(hash, &mut rng, &mut |place| {
                        offered.push(place);
                        accepted[place]
                    });
                    prop_assert!(offered.iter().all(|&it| ready[it]), "{:?} of {:?}", offered, ready);
                    let mut distinct = offered.clone();
                    distinct.sort_unstable();
                    distinct.dedup();
                    prop_assert_eq!(distinct.len(), offered.len(), "offered twice: {:?}", offered);
                    match last {
                        Some(place) => prop_assert_eq!(offered.last(), Some(&place)),
                        None => prop_assert_eq!(offered.len(), lineup.ready()),
                    }
                    prop_assert_eq!(last.is_some(), (0..ready.len()).any(|it| ready[it] && accepted[it]));
                }
                _ => {}
            }
            prop_assert_eq!(lineup.ready(), ready.iter().filter(|&&it| it).count());
            prop_assert_eq!(lineup.len(), ready.len());
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_choices(
        algorithm in proptest::sample::select(&ALGORITHMS[..]),
        weights in weights(),
        seed in any::<u64>(),
        hashes in proptest::collection::vec(proptest::option::of(any::<u64>()), 1..40),
    ) {
        let run = || {
            let mut lineup = lineup(algorithm, &weights);
            let mut rng = Rng::new(seed);
            let choices = hashes.iter().map(|&hash| lineup.choose(hash, &mut rng, &mut |_| true));
            choices.collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}

/// A lineup with everybody ready.
fn lineup(algorithm: Algorithm, weights: &[Weight]) -> Lineup {
    lineup_of(algorithm, &places(weights), None)
}

fn lineup_of(algorithm: Algorithm, places: &[Place], previous: Option<&Lineup>) -> Lineup {
    let mut lineup = Lineup::new(algorithm, 1000, places, previous);
    for index in 0..places.len() {
        lineup.set_ready(index, true);
    }
    lineup
}

fn places(weights: &[Weight]) -> Vec<Place> {
    let place = |(index, &weight): (usize, &Weight)| Place {
        member: index as u32,
        weight,
        hash: index as u64 * 7919 + 1,
    };
    weights.iter().enumerate().map(place).collect()
}

/// The next picks, the first place as `A`.
fn picks(lineup: &mut Lineup, count: usize) -> String {
    let mut rng = Rng::new(1);
    let mut pick = || lineup.choose(None, &mut rng, &mut |_| true);
    (0..count).map(|_| pick().map_or('-', |it| char::from(b'A' + it as u8))).collect()
}

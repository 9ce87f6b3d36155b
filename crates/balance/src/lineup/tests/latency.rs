//! Latency: the better of two, with load and weight, and a first try for the unknown.

use core::time::Duration;

use super::*;
use crate::Time;

const MILLI: u64 = 1_000_000;

#[test]
fn the_unknown_are_tried_first_but_only_once() {
    let mut lineup = lineup(Algorithm::Latency, &[1, 1, 1, 1]);
    lineup.set_latency(0, MILLI);
    assert_eq!(picks(&mut lineup, 3), "BCD");
    for index in 1..4 {
        lineup.set_in_flight(index, 9);
    }
    let had = picks(&mut lineup, 10_000).matches('A').count();
    assert!((4_750..=5_250).contains(&had), "{had}: whenever it is one of the two");
}

#[test]
fn a_first_try_that_was_given_back_is_still_to_come() {
    let mut lineup = lineup(Algorithm::Latency, &[1, 1]);
    lineup.set_latency(0, MILLI);
    assert_eq!(picks(&mut lineup, 1), "B");
    lineup.give_back(1);
    assert_eq!(picks(&mut lineup, 1), "B");
}

#[test]
fn the_faster_of_two_is_taken() {
    let mut lineup = known(&[1, 1], &[300, 200]);
    assert_eq!(picks(&mut lineup, 20), "B".repeat(20));
}

#[test]
fn open_attempts_multiply_the_latency() {
    let mut lineup = known(&[1, 1], &[300, 200]);
    lineup.set_in_flight(1, 1);
    assert_eq!(picks(&mut lineup, 5), "AAAAA");
}

#[test]
fn a_greater_weight_bears_more() {
    let mut lineup = known(&[1, 4], &[100, 300]);
    assert_eq!(picks(&mut lineup, 5), "BBBBB");
}

#[test]
fn only_the_slowest_of_many_is_never_taken() {
    let mut lineup = known(&[1; 5], &[100, 200, 300, 400, 500]);
    let picks = picks(&mut lineup, 1000);
    let had: Vec<usize> = "ABCDE".chars().map(|it| picks.matches(it).count()).collect();
    assert!(had.is_sorted_by(|faster, slower| faster > slower), "{had:?}");
    assert_eq!(had[4], 0);
}

#[test]
fn what_was_slow_long_ago_is_tried_again() {
    let mut lineup = lineup(Algorithm::Latency, &[1, 1]);
    let at = |seconds| Time::ZERO + Duration::from_secs(seconds);
    lineup.set_latency(0, PeakEwma::new(Duration::from_secs(30), at(0)));
    lineup.set_latency(1, PeakEwma::new(Duration::from_secs(1), at(100)));
    assert_eq!(picks(&mut lineup, 1), "B");
    lineup.set_latency(1, PeakEwma::new(Duration::from_secs(1), at(300)));
    assert_eq!(picks(&mut lineup, 1), "A");
}

/// Everybody ready, with these latencies in milliseconds.
fn known(weights: &[Weight], millis: &[u64]) -> Lineup {
    let mut lineup = lineup(Algorithm::Latency, weights);
    for (index, millis) in millis.iter().enumerate() {
        lineup.set_latency(index, millis * MILLI);
    }
    lineup
}

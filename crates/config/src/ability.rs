//! What a target can and a request needs, as the bits that the balancer compares ([`balance::TargetPlan::can`],
//! [`balance::Ask::needs`]).
//!
//! A bit says *nothing is known against it*: whoever knows nothing of a model takes it to be able to do everything. So a
//! target that lacks a bit is no candidate for a request that needs it, and any other may be tried.

use dialect::{Dialect, Surface, Wire};

use crate::entity::Model;

/// Everything: a raw host, of which only the operator knows what it can.
pub const ALL: u64 = u64::MAX;

/// Has the model call tools.
pub const TOOLS: u64 = 1 << 2;
/// Looks at pictures.
pub const VISION: u64 = 1 << 3;
/// Answers by a schema.
pub const JSON_SCHEMA: u64 = 1 << 4;

const FIRST_STEP: u32 = 5;
const FIRST_PAIR: u32 = 32;

/// The bits by the names that `models[].capabilities` has for them.
pub const CAPABILITIES: [(&str, u64); 3] =
    [("tools", TOOLS), ("vision", VISION), ("json_schema", JSON_SCHEMA)];

/// The windows that models have, in tokens. Between two of them a request is given the benefit of the doubt.
const STEPS: [u64; 16] = [
    4_096, 8_192, 16_384, 32_000, 32_768, 64_000, 65_536, 128_000, 131_072, 200_000, 262_144, 400_000,
    500_000, 1_000_000, 1_048_576, 2_000_000,
];

/// Has the endpoints of a dialect: for requests that pass untouched or not at all.
pub const fn speaks(dialect: Dialect) -> u64 {
    match dialect {
        Dialect::OpenAi => 1,
        Dialect::Anthropic => 2,
        Dialect::Google => 1 << (FIRST_PAIR - 1),
    }
}

/// Has paths besides those of models' answers: lists, files, and what nobody here knows. A vendor that is only asked for
/// answers is never sent them: what else its key opens is the operator's alone.
pub const BESIDES: u64 = 1 << (FIRST_PAIR - 2);

/// Takes what a caller on `from` asks when it has been translated to `to`. A target lacks this for the pair that it
/// would take; a request needs it when translation has shown that this pair cannot carry it.
pub const fn without(from: Wire, to: Wire) -> u64 {
    1 << (FIRST_PAIR + from as u32 * Wire::ALL.len() as u32 + to as u32)
}

/// What a request of so many tokens needs room for.
pub fn room_for(tokens: u64) -> u64 {
    steps(tokens)
}

/// The room there is in a window of so many tokens, or in an unknown one.
fn room_in(window: Option<u64>) -> u64 {
    steps(window.unwrap_or(u64::MAX))
}

/// The steps that a number is beyond.
fn steps(tokens: u64) -> u64 {
    STEPS.iter().zip(FIRST_STEP..).filter(|(step, _)| tokens > **step).map(|(_, bit)| 1 << bit).sum()
}

/// All bits that speak of context windows.
pub fn any_room() -> u64 {
    steps(u64::MAX)
}

/// Everything that a model may be known to lack.
pub fn of_models() -> u64 {
    CAPABILITIES.iter().map(|(_, bit)| bit).sum::<u64>() | any_room()
}

/// What a provider of that kind can on that surface when it is asked for the model of that name, of which that is known.
pub(crate) fn of_vendor(
    kind: dialect::Kind,
    surface: Surface,
    name: Option<&str>,
    model: Option<&Model>,
) -> u64 {
    let dialects = Dialect::ALL.into_iter();
    let foreign = dialects.filter(|it| !surface.speaks(kind, *it, name)).map(speaks).sum::<u64>();
    let pairs = Wire::CALLERS
        .into_iter()
        .flat_map(|from| surface.wires_for(kind, from, name).into_iter().map(move |to| (from, to)));
    let translated = pairs.filter(|(from, to)| from != to).map(|(from, to)| without(from, to)).sum::<u64>();
    let lacking = model.map_or(0, lacking);
    let besides = if kind.row().dialect.is_none() { BESIDES } else { 0 };
    ALL & !foreign & !translated & !lacking & !besides
}

/// What a model is known to lack. A list of capabilities is taken at its word.
fn lacking(model: &Model) -> u64 {
    let listed = model.capabilities.as_ref();
    let unlisted = CAPABILITIES
        .iter()
        .filter(|(name, _)| listed.is_some_and(|listed| listed.iter().all(|it| it != name)))
        .map(|(_, bit)| bit)
        .sum::<u64>();
    unlisted | any_room() & !room_in(model.context_window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(context_window: Option<u64>, capabilities: Option<&[&str]>) -> Model {
        let capabilities = capabilities.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
        Model { id: "m".to_owned(), context_window, capabilities, default_credential: None }
    }

    fn can(model: &Model, needs: u64) -> bool {
        of_vendor(dialect::Kind::OpenAi, Surface::Plain, None, Some(model)) & needs == needs
    }

    #[test]
    fn google_speaks_two_dialects_and_others_one() {
        for (kind, expected) in [
            (dialect::Kind::Gemini, &[Dialect::OpenAi, Dialect::Google][..]),
            (dialect::Kind::Anthropic, &[Dialect::Anthropic]),
            (dialect::Kind::Mistral, &[Dialect::OpenAi]),
        ] {
            let spoken = Dialect::ALL
                .into_iter()
                .filter(|it| of_vendor(kind, Surface::Plain, None, None) & speaks(*it) != 0);
            assert_eq!(spoken.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_nobody_has_said_of_a_model_it_can() {
        assert!(can(&model(None, None), TOOLS | VISION | JSON_SCHEMA | room_for(u64::MAX)));
        assert!(can(&model(None, Some(&["tools", "chat"])), TOOLS));
        assert!(!can(&model(None, Some(&["tools", "chat"])), VISION));
        assert!(!can(&model(None, Some(&[])), JSON_SCHEMA));
    }

    #[test]
    fn a_window_that_is_known_is_never_said_to_be_smaller_than_it_is() {
        for window in STEPS.into_iter().chain([1, 100_000, 300_000, 10_000_000]) {
            let it = model(Some(window), None);
            for tokens in [0, 1, window / 2, window] {
                assert!(can(&it, room_for(tokens)), "{tokens} in {window}");
            }
            let excess = u64::MAX;
            assert_eq!(can(&it, room_for(excess)), window > 2_000_000, "{excess} in {window}");
        }
        for window in STEPS {
            assert!(!can(&model(Some(window), None), room_for(window + 1)), "{window}");
        }
    }

    #[test]
    fn every_bit_is_its_own() {
        let pairs = Wire::CALLERS.iter().flat_map(|from| Wire::ALL.iter().map(|to| without(*from, *to)));
        let capabilities = CAPABILITIES.iter().map(|it| it.1);
        let steps = STEPS.iter().map(|it| room_for(it + 1) & !room_for(*it));
        let dialects = Dialect::ALL.map(speaks);
        let all: Vec<u64> = pairs.chain(capabilities).chain(steps).chain(dialects).collect();
        let together = all.iter().fold(0, |sum, it| sum | it);
        assert_eq!(together.count_ones() as usize, all.len());
        assert!(all.iter().all(|it| it.count_ones() == 1));
    }
}

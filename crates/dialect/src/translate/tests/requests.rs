//! Requests.

use proptest::prelude::*;
use serde_json::{Number, Value, json};

use super::super::model::*;
use super::super::notes::Notes;
use super::super::*;
use super::{arguments, callers, order, piece, words};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_request_written_and_read_again_asks_for_the_same(asked in requests(), wire in callers()) {
        let asked = fit(asked, wire);
        let order = order(wire);
        let notes = Notes::default();
        let written = write_request(&asked, &order, &notes).to_string();
        let dropped = notes.settle(Lossy::Refuse);
        prop_assert!(dropped.as_ref().is_ok_and(Vec::is_empty), "{:?}", dropped);
        let notes = Notes::default();
        let read = read_request(wire, written.as_bytes(), &notes).unwrap();
        let dropped = notes.settle(Lossy::Refuse);
        let told: Vec<_> = dropped.unwrap().into_iter().filter(|it| it.field != "store").collect();
        prop_assert!(told.is_empty(), "{:?} of {}", told, written);
        prop_assert_eq!(bare(read), bare(asked), "{}", written);
    }
}

// What can be asked.

fn named<T>(value: T) -> Named<T> {
    Named { value, field: String::new() }
}

fn media() -> impl Strategy<Value = Media> {
    let data = prop_oneof![
        Just(Data::Base64("aGk=".to_owned())),
        Just(Data::Url("https://example.org/a.png".to_owned())),
    ];
    data.prop_map(|data| Media { kind: "image/png".into(), data })
}

/// A turn of the user's and one of the model's, whose calls the next user's turn answers.
fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let says = (words(), prop::option::of(media()));
    let answers =
        (prop::option::of(words()), prop::collection::vec((arguments(), words(), any::<bool>()), 0..3));
    let thought = prop::option::of(words());
    prop::collection::vec((says, thought, answers), 1..4).prop_map(|rounds| {
        let mut turns = Vec::new();
        let mut waiting: Vec<Piece> = Vec::new();
        for (round, ((text, picture), thought, (answer, calls))) in rounds.into_iter().enumerate() {
            let mut user = std::mem::take(&mut waiting);
            user.push(piece(Part::text(text)));
            user.extend(picture.map(|it| piece(Part::Image(it))));
            turns.push(Turn { role: Role::User, pieces: user });
            let mut model = Vec::new();
            model.extend(thought.map(|text| {
                let seal = Some(Seal { origin: Wire::Chat, data: "c2ln".into() });
                piece(Part::Thought(Thought { text, seal, hidden: false }))
            }));
            let is_silent = answer.is_none() && calls.is_empty();
            model.extend(answer.or(is_silent.then(|| "ok".into())).map(|it| piece(Part::text(it))));
            for (n, (arguments, outcome, failed)) in calls.into_iter().enumerate() {
                let id = format!("call_{round}_{n}");
                model.push(piece(Part::Call(Call {
                    id: id.clone(),
                    name: format!("tool_{n}"),
                    arguments,
                    ..Call::default()
                })));
                let pieces = vec![piece(Part::text(outcome))];
                waiting.push(piece(Part::Outcome(Outcome { id, pieces, failed })));
            }
            turns.push(Turn { role: Role::Assistant, pieces: model });
        }
        waiting.push(piece(Part::text("go on")));
        turns.push(Turn { role: Role::User, pieces: waiting });
        turns
    })
}

fn requests() -> impl Strategy<Value = Request> {
    let tool = (words(), any::<bool>()).prop_map(|(description, strict)| Tool {
        name: "tool_0".into(),
        description: Some(description),
        parameters: json!({ "type": "object", "properties": { "town": { "type": "string" } } }),
        strict: strict.then(|| named(true)),
    });
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Any),
        Just(ToolChoice::One("tool_0".into())),
    ];
    let format = prop::option::of(Just(named(Format::Schema(Schema {
        name: None,
        description: None,
        schema: json!({ "type": "object" }),
        strict: Some(true),
    }))));
    let number = || prop::option::of((1u64..1000).prop_map(|it| named(Number::from(it))));
    let half = || prop::option::of(Just(named(Number::from_f64(0.5).unwrap())));
    let level = prop::option::of(prop::sample::select(vec![Level::Low, Level::Medium, Level::High]));
    let tools =
        (prop::collection::vec(tool, 0..2), prop::option::of(choice), prop::option::of(any::<bool>()));
    let sampling = (number(), half(), half(), number(), number(), half(), half());
    let rest = (format, level, prop::option::of(words()), prop::option::of(words()));
    (prop::option::of(words()), turns(), tools, sampling, rest).prop_map(
        |(system, turns, (tools, choice, parallel), sampling, (format, level, stop, user))| {
            let (max_tokens, temperature, top_p, top_k, seed, presence, frequency) = sampling;
            let has_tools = !tools.is_empty();
            Request {
                system: system.map(|it| piece(Part::text(it))).into_iter().collect(),
                turns,
                tools,
                tool_choice: choice.filter(|_| has_tools).map(named),
                parallel: parallel.filter(|_| has_tools).map(named),
                format,
                max_tokens: max_tokens.or_else(|| Some(named(Number::from(7)))),
                temperature,
                top_p,
                top_k,
                seed,
                presence_penalty: presence,
                frequency_penalty: frequency,
                stop: stop.map(|it| named(vec![it])),
                thinking: level.map(|it| named(Thinking { level: Some(it), ..Thinking::default() })),
                verbosity: None,
                user: user.map(named),
                include_usage: false,
                aliases: Vec::new(),
            }
        },
    )
}

/// Without what a dialect has no words for.
fn fit(mut asked: Request, wire: Wire) -> Request {
    let knows = |wires: &[Wire]| wires.contains(&wire);
    if !knows(&[Wire::Messages, Wire::Gemini]) {
        asked.top_k = None;
    }
    if !knows(&[Wire::Chat, Wire::Gemini]) {
        (asked.seed, asked.presence_penalty, asked.frequency_penalty) = (None, None, None);
    }
    if knows(&[Wire::Responses]) {
        asked.stop = None;
    }
    if knows(&[Wire::Gemini]) {
        asked.user = None;
        asked.tools.iter_mut().for_each(|it| it.strict = None);
        asked.parallel = None;
    }
    if knows(&[Wire::Messages]) {
        // It says this with the choice, and of "none" nothing needs saying.
        let is_none = asked.tool_choice.as_ref().is_some_and(|it| it.value == ToolChoice::None);
        asked.parallel = asked.parallel.filter(|it| !it.value && !is_none);
        if asked.parallel.is_some() && asked.tool_choice.is_none() {
            asked.tool_choice = Some(named(ToolChoice::Auto));
        }
    }
    let keeps = |it: &mut Piece| match &mut it.part {
        Part::Thought(thought) => {
            thought.seal = Some(Seal { origin: wire, data: "c2ln".into() });
            matches!(wire, Wire::Messages | Wire::Responses)
        }
        Part::Outcome(outcome) => {
            outcome.failed &= matches!(wire, Wire::Messages | Wire::Gemini);
            true
        }
        _ => true,
    };
    asked.turns.iter_mut().for_each(|it| it.pieces.retain_mut(keeps));
    asked
}

/// Without the names of fields and of schemas, speakers joined.
fn bare(mut asked: Request) -> Value {
    let mut turns: Vec<(Role, Vec<String>)> = Vec::new();
    for turn in asked.turns.drain(..) {
        let said = turn
            .pieces
            .into_iter()
            .map(|it| without_field(it.part))
            .filter(|it| !it.starts_with("Thought(Thought { text: \"\", seal: Some"));
        match turns.last_mut() {
            Some(last) if last.0 == turn.role => last.1.extend(said),
            _ => turns.push((turn.role, said.collect())),
        }
    }
    let number = |it: Option<Named<Number>>| it.map(|it| it.value);
    let format = asked.format.map(|it| match it.value {
        Format::Json => Value::Null,
        Format::Schema(it) => json!([it.schema, it.strict]),
    });
    json!({
        "system": asked.system.into_iter().map(|it| without_field(it.part)).collect::<Vec<_>>(),
        "turns": turns.into_iter().map(|(role, said)| json!([format!("{role:?}"), said])).collect::<Vec<_>>(),
        "tools": asked.tools.into_iter().map(|it| json!([it.name, it.description, it.parameters, it.strict.is_some()])).collect::<Vec<_>>(),
        "choice": asked.tool_choice.map(|it| format!("{:?}", it.value)),
        "parallel": asked.parallel.map(|it| it.value),
        "format": format,
        "numbers": [
            number(asked.max_tokens), number(asked.temperature), number(asked.top_p), number(asked.top_k),
            number(asked.seed), number(asked.presence_penalty), number(asked.frequency_penalty),
        ],
        "stop": asked.stop.map(|it| it.value),
        "thinking": asked.thinking.and_then(|it| it.value.level()).map(Level::name),
        "user": asked.user.map(|it| it.value),
    })
}

fn without_field(part: Part) -> String {
    match part {
        Part::Outcome(it) => {
            let pieces: Vec<String> = it.pieces.into_iter().map(|it| without_field(it.part)).collect();
            format!("outcome {} {} {pieces:?}", it.id, it.failed)
        }
        Part::Call(it) => format!("call {} {} {}", it.id, it.name, it.input()),
        part => format!("{part:?}"),
    }
}

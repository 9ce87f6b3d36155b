//! Answers, whole and streamed.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::model::*;
use super::super::notes::Notes;
use super::super::*;
use super::{arguments, callers, order, piece, words};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_answer_written_and_read_again_says_the_same(reply in replies(), wire in callers()) {
        let reply = Reply { tokens: counted_by(wire, reply.tokens), ..reply };
        let back = Back::new(&order(wire), true);
        let notes = Notes::of_answer();
        let written = match wire {
            Wire::Chat | Wire::Converse => chat::write_reply(&reply, &back.frame, &notes),
            Wire::Responses => responses::write_reply(&reply, &back.frame, &notes),
            Wire::Messages => messages::write_reply(&reply, &back.frame, &notes),
            Wire::Gemini => gemini::write_reply(&reply, &back.frame, &notes),
        };
        let read = back::read_reply(wire, written.to_string().as_bytes(), &notes).unwrap();
        prop_assert_eq!(plain(read), plain(reply), "{}", written);
    }

    #[test]
    fn a_stream_written_and_read_again_says_the_same(reply in replies(), wire in callers(), vendor in callers()) {
        // The answer as a document makes a stream of `wire`, and that one again of `vendor`.
        let reply = Reply { tokens: counted_by(wire, counted_by(vendor, reply.tokens)), ..reply };
        let first = Back { from: wire, ..Back::new(&order(wire), true) };
        let mut stream = Vec::new();
        let mut writer = first.stream();
        replay::replay(&reply, &mut |it| writer.say(it, &mut stream));
        let second = Back { from: vendor, to: wire, ..first };
        let mut translated = Vec::new();
        let mut reader = second.stream();
        reader.push(&stream, &mut translated);
        reader.finish(&mut translated);
        prop_assert!(reader.said_all(), "{}", String::from_utf8_lossy(&stream));
        prop_assert_eq!(reader.usage(), reply.tokens.map(crate::Usage::from));
        let third = Back { from: Wire::Chat, to: vendor, ..second };
        let mut collected = Collected::default();
        third.stream().read_all(&translated, true, &mut |it| collected.add(it));
        prop_assert_eq!(plain(collected.reply), plain(reply), "{}", String::from_utf8_lossy(&translated));
    }
}

// What can be said.

fn replies() -> impl Strategy<Value = Reply> {
    let thought = prop::option::of((words(), prop::option::of(prop::sample::select(Wire::ALL.to_vec()))));
    let calls = prop::collection::vec(arguments(), 0..3);
    let tokens = (0u64..1000, 0u64..1000, 0u64..1000, 0u64..1000).prop_map(|(a, b, c, d)| Tokens {
        input: a + b,
        cached: b,
        stored: 0,
        output: c + d,
        reasoning: d,
    });
    (thought, prop::option::of(words()), calls, tokens, any::<bool>()).prop_map(
        |(thought, text, calls, tokens, cut)| {
            let mut pieces = Vec::new();
            pieces.extend(thought.map(|(text, origin)| {
                let seal = origin.map(|origin| Seal { origin, data: "c2ln".into() });
                piece(Part::Thought(Thought { text, seal, hidden: false }))
            }));
            let text = text.or_else(|| calls.is_empty().then(|| "ok".into()));
            pieces.extend(text.map(|it| piece(Part::text(it))));
            let stop = match calls.is_empty() {
                false => Stop::Tools,
                true if cut => Stop::Length,
                true => Stop::End,
            };
            for (n, arguments) in calls.into_iter().enumerate() {
                pieces.push(piece(Part::Call(Call {
                    id: format!("call_{n}"),
                    name: format!("tool_{n}"),
                    arguments,
                    ..Call::default()
                })));
            }
            Reply { id: None, model: Some("a-model".into()), pieces, stop, tokens: Some(tokens) }
        },
    )
}

/// Anthropic does not count thoughts.
fn counted_by(wire: Wire, tokens: Option<Tokens>) -> Option<Tokens> {
    tokens.map(|it| if wire == Wire::Messages { Tokens { reasoning: 0, ..it } } else { it })
}

/// What a reply says, whatever it was cut into.
fn plain(reply: Reply) -> Value {
    let (mut text, mut thought, mut seals, mut calls) =
        (String::new(), String::new(), Vec::new(), Vec::new());
    for it in reply.pieces {
        match it.part {
            Part::Text { text: said, .. } => text.push_str(&said),
            Part::Thought(it) => {
                thought.push_str(&it.text);
                seals.extend(it.seal.map(|it| format!("{} {}", it.origin, it.data)));
            }
            Part::Call(it) => calls.push(json!([it.id, it.name, it.input()])),
            other => panic!("{other:?}"),
        }
    }
    let tokens = reply.tokens.map(|it| [it.input, it.cached, it.output, it.reasoning]);
    json!({
        "text": text, "thought": thought, "seals": seals, "calls": calls,
        "stop": format!("{:?}", reply.stop), "tokens": tokens, "model": reply.model,
    })
}

#[derive(Default)]
struct Collected {
    reply: Reply,
}

impl Collected {
    fn add(&mut self, said: Said<'_>) {
        let mut push = |part: Part| self.reply.pieces.push(piece(part));
        match said {
            Said::Begin { model, .. } => self.reply.model = model.map(str::to_owned),
            Said::Text(text) => push(Part::text(text)),
            Said::Thought(text) => {
                push(Part::Thought(Thought { text: text.to_owned(), ..Thought::default() }));
            }
            Said::Seal(seal) | Said::Hidden(seal) => {
                push(Part::Thought(Thought { seal: Some(seal), ..Thought::default() }));
            }
            Said::Call { id, name, .. } => {
                push(Part::Call(Call { id: id.to_owned(), name: name.to_owned(), ..Call::default() }));
            }
            Said::Arguments { call, json } => {
                let mut calls = self.reply.pieces.iter_mut().filter_map(|it| match &mut it.part {
                    Part::Call(it) => Some(it),
                    _ => None,
                });
                calls.nth(call).unwrap().arguments.push_str(json);
            }
            Said::Tokens(tokens) => self.reply.tokens.get_or_insert_default().merge(tokens),
            Said::Stop(stop) => self.reply.stop = stop,
            Said::Break | Said::Done | Said::Refusal(_) | Said::Citation(_) => {}
            Said::Failed { .. } => panic!("it failed"),
        }
    }
}

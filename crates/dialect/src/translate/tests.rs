//! Laws of the neutral model: what a dialect can say, it says so that reading it gives back what was said.

mod answers;
mod noise;
mod requests;
mod templates;

use proptest::prelude::*;
use serde_json::json;

use super::model::*;
use super::*;

fn order(wire: Wire) -> Order<'static> {
    let kind = if wire == Wire::Messages { Kind::Anthropic } else { Kind::OpenAi };
    Order {
        from: wire,
        to: wire,
        kind,
        model: "a-model",
        stream: false,
        lossy: Lossy::Refuse,
        max_tokens: None,
        request_id: "r",
        created: 1,
    }
}

fn callers() -> impl Strategy<Value = Wire> {
    prop::sample::select(Wire::CALLERS.to_vec())
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![Just("plain words".to_owned()), "[a-z é\"\\\\\n\u{1F600}<>]{0,12}x"]
}

fn piece(part: Part) -> Piece {
    Piece { part, field: String::new() }
}

fn arguments() -> impl Strategy<Value = String> {
    words().prop_map(|it| json!({ "town": it, "n": 1 }).to_string())
}

#[test]
fn a_foreign_seal_keeps_its_origin_in_every_dialect() {
    for origin in Wire::ALL {
        for wire in Wire::ALL {
            let seal = Seal { origin, data: "c2ln+/=#é".into() };
            assert_eq!(Seal::read(&seal.written(wire), wire), seal, "{origin} in {wire}");
        }
    }
}

#[test]
fn an_object_that_was_not_looked_at_is_told() {
    let notes = Notes::default();
    let mut it =
        Object::new(json!({ "a": 1, "b": { "c": [] }, "d": null, "e": false, "f": {} }), "x", &notes)
            .unwrap();
    assert_eq!(it.number("a").and_then(|it| it.as_u64()), Some(1));
    it.done();
    let problems = notes.settle(Lossy::Drop).unwrap();
    assert_eq!(problems.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["x.b"]);
}

//! What is read from a body is what a full parser reads; after a splice the new model is there and nothing else is
//! different.
#![no_main]

use bytes::Bytes;
use dialect::{Peek, body_field, insert_model, peek, splice_model};
use fuzz::Input;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let Some(name) = input.text() else { return };
    let body = Bytes::copy_from_slice(input.rest());
    match peek(&body) {
        Ok(found) => {
            reads_like_a_parser(&body, &found);
            splices(&body, &found, name);
        }
        Err(error) => assert!(error.at <= body.len(), "{error}"),
    }
});

fn reads_like_a_parser(body: &[u8], found: &Peek<'_>) {
    // Nesting and texts that only a full parser looks into are the vendor's to refuse.
    let Ok(whole) = serde_json::from_slice::<Value>(body) else { return };
    let model = found.model.as_ref().map(|it| &*it.name);
    assert_eq!(model, whole["model"].as_str());
    assert_eq!(model, body_field(body, "model").as_deref());
    assert_eq!(found.stream, whole["stream"] == true);
    assert_eq!(found.prompt_cache_key.as_deref(), whole["prompt_cache_key"].as_str());
    if whole["stream_options"]["include_usage"] == true {
        // The reverse does not hold: `stream_options` with a field twice is the vendor's to judge.
        assert!(found.include_usage);
    }
}

fn splices(body: &Bytes, found: &Peek<'_>, name: &str) {
    let changed = Bytes::from(match &found.model {
        Some(model) => {
            let parts = splice_model(body, &model.span, name);
            assert_eq!(
                (&parts[0], &parts[2]),
                (&body.slice(..model.span.start), &body.slice(model.span.end..))
            );
            parts.concat()
        }
        None => insert_model(body, name).concat(),
    });
    let again = peek(&changed).expect("a splice leaves a good body");
    assert_eq!(again.model.as_ref().expect("it was put there").name, name);
    let others = |it: &Peek<'_>| (it.stream, it.include_usage, it.prompt_cache_key.clone().map(String::from));
    assert_eq!(others(&again), others(found));
}

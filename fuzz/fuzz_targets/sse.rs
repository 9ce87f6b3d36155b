//! However a stream is cut on its way, gate and watch see the same; and what a gate refuses is told in valid JSON.
#![no_main]

use dialect::{Endpoint, Gate, Verdict, Watch};
use fuzz::Input;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let endpoint = input.one_of(&Endpoint::ALL);
    let is_streamed = input.byte() % 2 == 0;
    let cuts: Vec<usize> = (0..input.byte() % 8).map(|_| input.number().into()).collect();
    let stream = input.rest();
    gates_agree(endpoint, stream, &cuts);
    watches_agree(endpoint, is_streamed, stream, &cuts);
});

fn gates_agree(endpoint: Endpoint, stream: &[u8], cuts: &[usize]) {
    let (mut whole, mut cut) = (Gate::new(endpoint), Gate::new(endpoint));
    whole.feed(stream);
    pieces(stream, cuts).for_each(|it| {
        let verdict = cut.feed(it);
        assert!(verdict == Verdict::Hold || cut.feed(b"data: more\n\n") == verdict, "a verdict stays");
    });
    assert_eq!(whole.feed(b""), cut.feed(b""));
    let verdict = whole.end();
    assert_eq!(verdict, cut.end());
    match verdict {
        Verdict::Hold => panic!("an end is a verdict"),
        Verdict::Commit => {}
        Verdict::Failed(failure) => {
            assert!(failure.status >= 400, "{}", failure.status);
            let is_document = matches!(stream.trim_ascii_start().first(), Some(b'{' | b'['));
            let body = std::str::from_utf8(&failure.body).ok();
            let is_json = body.is_some_and(|it| serde_json::from_str::<&RawValue>(it).is_ok());
            assert!(is_document || is_json, "{:?}", failure.body);
        }
    }
}

fn watches_agree(endpoint: Endpoint, is_streamed: bool, stream: &[u8], cuts: &[usize]) {
    let (mut whole, mut cut) = (Watch::new(endpoint, is_streamed), Watch::new(endpoint, is_streamed));
    whole.feed(stream);
    pieces(stream, cuts).for_each(|it| cut.feed(it));
    let told = |it: &Watch| (it.usage(), it.finished(), it.failed(), it.between_events());
    assert_eq!(told(&whole), told(&cut));
    whole.end();
    cut.end();
    assert_eq!(told(&whole), told(&cut));
}

fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|it| it % (bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    (1..at.len()).map(move |it| &bytes[at[it - 1]..at[it]])
}

//! Whatever is to be translated, nothing panics, what comes out is JSON, and a stream comes out the same however it was
//! cut.
#![no_main]

use dialect::translate::{Back, Lossy, Order, count, needs, request};
use dialect::{Kind, Verdict, Wire};
use fuzz::Input;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (from, to) = (input.one_of(&Wire::CALLERS), input.one_of(&Wire::ALL));
    let order = Order {
        from,
        to,
        kind: input.one_of(&Kind::ALL),
        model: "claude-sonnet-5",
        stream: input.byte() % 2 == 0,
        lossy: input.one_of(&[Lossy::Refuse, Lossy::Drop]),
        max_tokens: None,
        request_id: "request",
        created: 1,
    };
    let cuts: Vec<usize> = (0..input.byte() % 8).map(|_| input.number().into()).collect();
    let body = input.rest();
    requests(&order, body);
    let bare = request(&order, b"{}").expect("an empty request says nothing that could be lost").back;
    answers(&bare, body);
    streams(&bare, body, &cuts);
});

fn requests(order: &Order<'_>, body: &[u8]) {
    let _ = needs(order.from, body);
    match request(order, body) {
        Ok(translated) => {
            assert!(is_json(&translated.body) && translated.suffix.starts_with('/'));
            let again = request(order, body).expect("what was translated once is translated again");
            assert_eq!(again.body, translated.body);
        }
        Err(refused) => assert!(!refused.problems.is_empty()),
    }
    if let Some(Ok(counted)) = count(order, body) {
        assert!(is_json(&counted.body));
    }
}

fn answers(back: &Back, body: &[u8]) {
    assert!(is_json(&back.error(503, &http::HeaderMap::new(), body)));
    if let Ok(answered) = back.answer(body) {
        assert!(is_json(&answered.body));
    }
    if let Some(counted) = back.counted(body) {
        assert!(is_json(&counted));
    }
}

fn streams(back: &Back, stream: &[u8], cuts: &[usize]) {
    let (mut whole, mut out) = (back.stream(), Vec::new());
    whole.push(stream, &mut out);
    whole.finish(&mut out);
    let (mut cut, mut pieces) = (back.stream(), Vec::new());
    let mut at: Vec<usize> = cuts.iter().map(|it| it % (stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    at.windows(2).for_each(|it| cut.push(&stream[it[0]..it[1]], &mut pieces));
    cut.finish(&mut pieces);
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&pieces));
    assert_eq!((whole.usage(), whole.said_all(), whole.failed()), (cut.usage(), cut.said_all(), cut.failed()));
    assert!(*whole.verdict() != Verdict::Hold, "an end is a verdict");
    let text = std::str::from_utf8(&out).expect("events are text");
    assert!(text.is_empty() || text.ends_with("\n\n"), "what was translated ends between two events");
    let data = text.lines().filter_map(|it| it.strip_prefix("data: ")).filter(|it| *it != "[DONE]");
    data.for_each(|it| assert!(is_json(it.as_bytes()), "{it}"));
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(bytes).is_ok()
}

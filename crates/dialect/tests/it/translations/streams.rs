//! Streams, however they are cut, begun and broken off.

use dialect::{Verdict, Wire, classify};
use proptest::prelude::*;

use super::client::of_stream;
use super::{back, fixture, order, pairs, stream, streamed, translated};

const CASES: [&str; 4] = ["stream", "parallel", "thinking", "error"];

#[test]
fn a_stream_cut_at_any_byte_comes_out_as_if_it_were_whole() {
    // Where it is cut concerns the reader alone: one caller for each vendor will do.
    for vendor in Wire::ALL {
        let caller = if vendor == Wire::Messages { Wire::Chat } else { Wire::Messages };
        for case in ["stream", "parallel"] {
            let back = back(caller, vendor);
            let bytes = stream(vendor, case);
            let whole = streamed(&back, &bytes);
            for at in 0..=bytes.len() {
                let (mut cut, mut out) = (back.stream(), Vec::new());
                cut.push(&bytes[..at], &mut out);
                cut.push(&bytes[at..], &mut out);
                cut.finish(&mut out);
                assert!(out == whole, "{caller} {vendor} {case}, cut at {at}");
            }
        }
    }
}

#[test]
fn a_stream_that_comes_byte_by_byte_comes_out_as_if_it_were_whole() {
    for (caller, vendor) in pairs() {
        for case in CASES {
            let back = back(caller, vendor);
            let bytes = stream(vendor, case);
            let (mut cut, mut out) = (back.stream(), Vec::new());
            bytes.chunks(1).for_each(|it| cut.push(it, &mut out));
            cut.finish(&mut out);
            assert!(out == streamed(&back, &bytes), "{caller} {vendor} {case}");
        }
    }
}

#[test]
fn nothing_is_committed_before_something_is_said() {
    for (caller, vendor) in pairs() {
        let back = back(caller, vendor);
        let bytes = stream(vendor, "stream");
        let (mut watched, mut out) = (back.stream(), Vec::new());
        for byte in bytes.chunks(1) {
            watched.push(byte, &mut out);
            let says = String::from_utf8_lossy(&out).contains("Paris");
            assert_eq!(*watched.verdict() == Verdict::Commit, says, "{caller} {vendor}");
        }
        watched.finish(&mut out);
        assert!(watched.finished() && watched.said_all() && !watched.failed());
    }
}

#[test]
fn an_error_before_the_first_word_is_a_failure_in_the_vendors_own_words() {
    let rows: [(Wire, &[u8], u16); 4] = [
        (
            Wire::Chat,
            br#"{"error":{"message":"no","type":"server_error","code":"rate_limit_exceeded"}}"#,
            429,
        ),
        (Wire::Messages, br#"{"type":"error","error":{"type":"overloaded_error","message":"no"}}"#, 529),
        (Wire::Gemini, br#"{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}"#, 429),
        (Wire::Responses, br#"{"type":"error","code":"server_error","message":"no"}"#, 500),
    ];
    for (vendor, error, status) in rows {
        for caller in Wire::CALLERS.into_iter().filter(|it| *it != vendor) {
            let event = [b"event: error\ndata: ", error, b"\n\n"].concat();
            let (mut broken, mut out) = (back(caller, vendor).stream(), Vec::new());
            broken.push(&event, &mut out);
            let Verdict::Failed(failure) = broken.verdict() else { panic!("{caller} {vendor}") };
            assert_eq!((failure.status, &failure.body[..]), (status, error), "{caller} {vendor}");
            // One document where a stream was asked for is the same failure.
            let (mut plain, mut out) = (back(caller, vendor).stream(), Vec::new());
            plain.push(error, &mut out);
            plain.finish(&mut out);
            assert!(
                matches!(plain.verdict(), Verdict::Failed(it) if it.status == status),
                "{caller} {vendor}"
            );
            assert_eq!(of_stream(caller, &out).error.as_deref(), Some("no"));
        }
    }
}

#[test]
fn an_exception_of_bedrocks_is_judged_by_its_name() {
    let throttled = dialect::translate::event_frame(
        "exception",
        "throttlingException",
        br#"{"message":"Too many requests, please wait before trying again."}"#,
    );
    let (mut broken, mut out) = (back(Wire::Messages, Wire::Converse).stream(), Vec::new());
    broken.push(&throttled, &mut out);
    let Verdict::Failed(failure) = broken.verdict() else { panic!() };
    let answer = dialect::Answer {
        kind: dialect::Kind::Bedrock,
        endpoint: Wire::Converse.endpoint(),
        status: failure.status,
        headers: &http::HeaderMap::new(),
        body: &failure.body,
        now: std::time::SystemTime::UNIX_EPOCH,
    };
    assert_eq!(classify(&answer), dialect::Fault::RateLimited { retry_after: None });
}

#[test]
fn a_complete_answer_where_a_stream_was_asked_for_becomes_one() {
    for (caller, vendor) in pairs() {
        let back = back(caller, vendor);
        let whole = of_stream(caller, &streamed(&back, &fixture(vendor, "answer/tools.json")));
        let events = of_stream(caller, &streamed(&back, &stream(vendor, "parallel")));
        assert_eq!(whole, events, "{caller} {vendor}");
    }
}

#[test]
fn a_stream_that_is_cut_has_no_last_word() {
    for (caller, vendor) in pairs() {
        let bytes = stream(vendor, "stream");
        let text = String::from_utf8_lossy(&bytes);
        let at = text.find("naturally").unwrap();
        // In lossy text every character that is no UTF-8 takes three bytes; the frames of Converse are full of them.
        let at = if vendor == Wire::Converse { bytes.len() / 2 } else { at };
        let (mut cut, mut out) = (back(caller, vendor).stream(), Vec::new());
        cut.push(&bytes[..at], &mut out);
        cut.finish(&mut out);
        assert!(!cut.said_all() && !cut.failed(), "{caller} {vendor}");
        let end = caller.stream_error(dialect::Code::StreamInterrupted, "the vendor's stream broke");
        let seen = of_stream(caller, &[&out[..], &end].concat());
        assert_eq!((seen.ended, seen.error.as_deref()), (false, Some("the vendor's stream broke")));
    }
}

#[test]
fn an_empty_stream_is_a_failure() {
    for (caller, vendor) in pairs() {
        for bytes in [&b""[..], b"\n\n", b": ping\n\n", b"data: [DONE]\n\n"] {
            let (mut empty, mut out) = (back(caller, vendor).stream(), Vec::new());
            empty.push(bytes, &mut out);
            empty.finish(&mut out);
            let Verdict::Failed(failure) = empty.verdict() else { panic!("{caller} {vendor} {bytes:?}") };
            assert_eq!(failure.status, 502);
        }
    }
}

#[test]
fn a_chats_usage_is_told_to_those_who_asked() {
    let ask = br#"{"messages":[{"role":"user","content":"Hi"}],"stream":true}"#;
    let translated = translated(&order(Wire::Chat, Wire::Messages, true), ask);
    let silent = String::from_utf8(streamed(&translated.back, &stream(Wire::Messages, "stream"))).unwrap();
    assert!(!silent.contains("usage") && silent.ends_with("data: [DONE]\n\n"), "{silent}");
    let told =
        String::from_utf8(streamed(&back(Wire::Chat, Wire::Messages), &stream(Wire::Messages, "stream")));
    let told = told.unwrap();
    assert_eq!(told.matches("\"usage\":null").count(), told.matches("\"delta\"").count());
    assert_eq!(told.matches("\"choices\":[],\"usage\":{").count(), 1);
}

#[test]
fn calls_whose_arguments_come_mixed_are_kept_apart() {
    let chunk = |delta: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
    let call = |index: u8, id: &str, arguments: &str| {
        let id = if id.is_empty() { String::new() } else { format!("\"id\":\"{id}\",") };
        let function = format!("{{\"name\":\"f\",\"arguments\":{arguments:?}}}");
        chunk(&format!("{{\"tool_calls\":[{{\"index\":{index},{id}\"function\":{function}}}]}}"))
    };
    let mixed = [
        call(0, "a", "{\"x\":"),
        call(1, "b", "{\"y\":"),
        call(0, "", "1}"),
        call(1, "", "2}"),
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n".into(),
    ]
    .concat();
    for caller in [Wire::Responses, Wire::Messages, Wire::Gemini] {
        let seen = of_stream(caller, &streamed(&back(caller, Wire::Chat), mixed.as_bytes()));
        let arguments: Vec<_> = seen.calls.iter().map(|it| it.2.to_string()).collect();
        assert_eq!(arguments, ["{\"x\":1}", "{\"y\":2}"], "{caller}");
    }
}

#[test]
fn a_text_with_and_without_escapes_is_read_alike() {
    // After the first event the others are read by their text alone, unless it has escapes.
    let event = |text: &str| {
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
    };
    let texts = ["a", "b", "\\n", "c\\\"", "d", "content", "", "\\u00e9", "é", "\\\\"];
    let stream: String = texts.iter().map(|it| event(it)).collect();
    let end =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let seen =
        of_stream(Wire::Messages, &streamed(&back(Wire::Messages, Wire::Chat), (stream + end).as_bytes()));
    assert_eq!(seen.text, "ab\nc\"dcontentéé\\");
}

#[test]
fn a_vendor_that_counts_every_call_by_nought_is_understood() {
    let call = |id: &str, arguments: &str| {
        let id = if id.is_empty() { String::new() } else { format!("\"id\":\"{id}\",") };
        let function = format!("{{\"name\":\"f\",\"arguments\":\"{arguments}\"}}");
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{{\"index\":0,{id}\"function\":{function}}}]}}}}]}}\n\n"
        )
    };
    let calls =
        [call("a", ""), call("", "1"), call("", "2"), call("b", ""), call("", "3"), call("", "4")].concat();
    let end =
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let seen =
        of_stream(Wire::Messages, &streamed(&back(Wire::Messages, Wire::Chat), (calls + end).as_bytes()));
    let arguments: Vec<_> = seen.calls.iter().map(|it| it.2.to_string()).collect();
    assert_eq!((arguments, seen.stop.as_str()), (vec!["12".to_owned(), "34".to_owned()], "tool_use"));
}

fn pieces(bytes: &[u8], mut cuts: Vec<usize>) -> Vec<Vec<u8>> {
    cuts.iter_mut().for_each(|it| *it %= bytes.len() + 1);
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|it| bytes[it[0]..it[1]].to_vec()).collect()
}

proptest! {
    #[test]
    fn any_bytes_come_out_the_same_however_they_are_cut(
        pair in prop::sample::select(pairs().collect::<Vec<_>>()),
        case in prop::sample::select(&CASES[..]),
        damage in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let back = back(pair.0, pair.1);
        let mut bytes = stream(pair.1, case);
        for (at, byte) in damage {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let whole = streamed(&back, &bytes);
        let (mut cut, mut out) = (back.stream(), Vec::new());
        for piece in pieces(&bytes, cuts) {
            cut.push(&piece, &mut out);
        }
        cut.finish(&mut out);
        prop_assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&whole));
        prop_assert!(std::str::from_utf8(&out).is_ok());
    }
}

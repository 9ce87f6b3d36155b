//! What a stream of a hundred chunks costs, passed through and translated, in nanoseconds of CPU for each chunk:
//! `cargo run --release --example translate_cost -p dialect`. Passing through is what the gateway does then: a gate until
//! the answer has begun, a watch to the end, and the bytes copied once.
//!
//! With a vendor, a caller and a number (`messages chat 50`) it does that so many times and measures nothing, and where
//! both are the same it passes the stream through: for `valgrind --tool=callgrind`, whose counts repeat where times do not.

use std::{env, hint::black_box, time::Instant};

use dialect::translate::{Back, Lossy, Order, event_frame, request};
use dialect::{Endpoint, Gate, Kind, Verdict, Watch, Wire};

const CHUNKS: usize = 100;
const ROUNDS: usize = 2000;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    if let [vendor, caller, rounds] = &words[..] {
        let wire = |name: &str| Wire::from_name(name).expect("a wire is named");
        let (vendor, rounds) = (wire(vendor), rounds.parse().expect("a number of rounds"));
        let (caller, chunks) = (wire(caller), chunks(vendor));
        let back = back(caller, vendor);
        for _ in 0..rounds {
            black_box(if caller == vendor { pass(vendor, &chunks) } else { translate(&back, &chunks) });
        }
        return;
    }
    for vendor in Wire::ALL {
        let chunks = chunks(vendor);
        let passed =
            (vendor != Wire::Converse && vendor != Wire::Gemini).then(|| pass_through(vendor, &chunks));
        let told =
            passed.map_or("never passed through".to_owned(), |it| format!("passed through {it:.0} ns"));
        println!("{vendor}: {told}");
        for caller in Wire::CALLERS.into_iter().filter(|it| *it != vendor) {
            let nanos = translated(caller, vendor, &chunks);
            let times = passed.map_or(String::new(), |it| format!(", {:.1} times that", nanos / it));
            println!("  translated to {caller}: {nanos:.0} ns{times}");
        }
    }
}

fn pass_through(vendor: Wire, chunks: &[Vec<u8>]) -> f64 {
    measured(|| pass(vendor, chunks))
}

fn pass(vendor: Wire, chunks: &[Vec<u8>]) -> Vec<u8> {
    let endpoint: Endpoint = vendor.endpoint();
    let (mut gate, mut watch, mut out) = (Gate::new(endpoint), Watch::new(endpoint, true), Vec::new());
    let mut is_held = true;
    for chunk in chunks {
        if is_held {
            is_held = gate.feed(chunk) == Verdict::Hold;
        }
        watch.feed(chunk);
        out.extend_from_slice(chunk);
    }
    watch.end();
    assert!(watch.finished());
    out
}

fn translated(caller: Wire, vendor: Wire, chunks: &[Vec<u8>]) -> f64 {
    let back = back(caller, vendor);
    measured(|| translate(&back, chunks))
}

fn translate(back: &Back, chunks: &[Vec<u8>]) -> Vec<u8> {
    let (mut stream, mut out) = (back.stream(), Vec::new());
    chunks.iter().for_each(|it| stream.push(it, &mut out));
    stream.finish(&mut out);
    assert!(stream.said_all());
    out
}

fn back(caller: Wire, vendor: Wire) -> Back {
    let order = Order {
        from: caller,
        to: vendor,
        kind: Kind::OpenAiCompatible,
        model: "model",
        stream: true,
        lossy: Lossy::Refuse,
        max_tokens: None,
        request_id: "request",
        created: 1,
    };
    request(&order, b"{}").expect("an empty request can be translated").back
}

/// For each chunk.
fn measured(mut run: impl FnMut() -> Vec<u8>) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            black_box(run());
        }
        best = best.min(begun.elapsed().as_nanos() as f64 / (ROUNDS * CHUNKS) as f64);
    }
    best
}

/// A stream as the vendor sends it: one delta in each chunk.
fn chunks(vendor: Wire) -> Vec<Vec<u8>> {
    let delta = |n: usize| match vendor {
        Wire::Chat => chat(&format!("{{\"content\":\" token{n}\"}}"), "null"),
        Wire::Responses => event(&format!(
            "{{\"type\":\"response.output_text.delta\",\"sequence_number\":{n},\"item_id\":\"msg_68a1c0ffee5819\",\"output_index\":0,\"content_index\":0,\"delta\":\" token{n}\",\"logprobs\":[],\"obfuscation\":\"x7Kq2\"}}"
        )),
        Wire::Messages => event(&format!(
            "{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\" token{n}\"}}}}"
        )),
        Wire::Gemini => event(&format!(
            "{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\" token{n}\"}}],\"role\":\"model\"}},\"index\":0}}],\"usageMetadata\":{{\"promptTokenCount\":9,\"candidatesTokenCount\":{n},\"totalTokenCount\":{},\"promptTokensDetails\":[{{\"modality\":\"TEXT\",\"tokenCount\":9}}]}},\"modelVersion\":\"gemini-3-flash\",\"responseId\":\"Hx1maN\"}}",
            n + 9
        )),
        Wire::Converse => {
            let data = format!(
                "{{\"contentBlockIndex\":0,\"delta\":{{\"text\":\" token{n}\"}},\"p\":\"abcdefgh\"}}"
            );
            event_frame("event", "contentBlockDelta", data.as_bytes())
        }
    };
    let mut chunks: Vec<Vec<u8>> = (0..CHUNKS - 1).map(delta).collect();
    chunks.push(match vendor {
        Wire::Chat => [chat("{}", "\"stop\""), b"data: [DONE]\n\n".to_vec()].concat(),
        Wire::Responses => event(
            "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"output\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":99}}}",
        ),
        Wire::Messages => [
            event("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":99}}"),
            event("{\"type\":\"message_stop\"}"),
        ]
        .concat(),
        Wire::Gemini => event(
            "{\"candidates\":[{\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":99}}",
        ),
        Wire::Converse => event_frame("event", "messageStop", b"{\"stopReason\":\"end_turn\"}"),
    });
    chunks
}

fn chat(delta: &str, reason: &str) -> Vec<u8> {
    format!(
        "data: {{\"id\":\"chatcmpl-BqW3x9\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,\"model\":\"gpt-6-luna\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_34a54ae93c\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{reason}}}],\"usage\":null}}\n\n"
    )
    .into_bytes()
}

/// With its name in front, as vendors with named events send it.
fn event(data: &str) -> Vec<u8> {
    let name = data.strip_prefix("{\"type\":\"").and_then(|it| it.split('"').next());
    let name = name.map(|it| format!("event: {it}\n")).unwrap_or_default();
    format!("{name}data: {data}\n\n").into_bytes()
}

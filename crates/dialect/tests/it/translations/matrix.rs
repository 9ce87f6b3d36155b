//! Every caller with every vendor, in every case: what the vendor is asked and what the caller sees.
//!
//! What the caller sees is read by a reader of the tests' own and must be the same whoever answered; the exact bytes stand
//! in a snapshot for each pair. The table of what held is printed, as `make unit` does:
//! `cargo test -p dialect --test it matrix -- --nocapture`.

use dialect::Wire;
use serde_json::{Value, json};

use super::client::{Seen, of_body, of_stream};
use super::{back, fixture, order, pairs, stream, streamed, translated};

/// A case for one caller and one vendor: what to check, and the bytes for the snapshot.
type Case = fn(Wire, Wire) -> String;

/// The cases, in the order of the table.
const CASES: [(&str, Case); 10] = [
    ("plain", |caller, vendor| plain(caller, vendor)),
    ("stream", |caller, vendor| answered(caller, vendor, "plain", "stream", true, check_stream)),
    ("tools", |caller, vendor| answered(caller, vendor, "tools", "tools", false, check_calls)),
    ("parallel tools streamed", |caller, vendor| {
        answered(caller, vendor, "tools", "parallel", true, check_calls)
    }),
    ("image", |caller, vendor| image(caller, vendor)),
    ("JSON schema", |caller, vendor| answered(caller, vendor, "schema", "schema", false, check_schema)),
    ("thinking", |caller, vendor| answered(caller, vendor, "thinking", "thinking", false, check_thought)),
    ("thinking streamed", |caller, vendor| {
        answered(caller, vendor, "thinking", "thinking", true, check_thought)
    }),
    ("error", |caller, vendor| error(caller, vendor)),
    ("usage", |caller, vendor| usage(caller, vendor)),
];

#[test]
fn every_caller_is_served_by_every_vendor() {
    let mut held = Vec::new();
    for (caller, vendor) in pairs() {
        let mut told = String::new();
        let mut run_here = Vec::new();
        for (case, run) in CASES {
            told.push_str(&format!("=== {case}\n{}\n", run(caller, vendor)));
            run_here.push((caller, vendor, case));
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{caller}_{vendor}"), told);
        });
        held.append(&mut run_here);
    }
    println!("\n{}", table(&held));
    for (caller, vendor) in pairs() {
        for case in DEMANDED {
            assert!(held.contains(&(caller, vendor, case)), "{caller} -> {vendor} lacks {case}");
        }
    }
}

/// What every pair has to hold, whatever stands in [`CASES`].
const DEMANDED: [&str; 9] = [
    "plain",
    "stream",
    "tools",
    "parallel tools streamed",
    "image",
    "JSON schema",
    "thinking",
    "error",
    "usage",
];

/// A row for each caller and vendor, a column for each case, and what held.
fn table(held: &[(Wire, Wire, &str)]) -> String {
    let mut table = format!("{:<9}    {:<9}", "caller", "vendor");
    CASES.iter().for_each(|it| table.push_str(&format!("  {}", it.0)));
    for caller in Wire::CALLERS {
        for vendor in Wire::ALL {
            table.push_str(&format!("\n{:<9} -> {:<9}", caller.name(), vendor.name()));
            if caller == vendor {
                table.push_str("  one dialect: bytes pass untouched");
                continue;
            }
            for (case, _) in CASES {
                let word = if held.contains(&(caller, vendor, case)) { "ok" } else { "--" };
                table.push_str(&format!("  {word:<width$}", width = case.len()));
            }
        }
    }
    table
}

/// The request in the vendor's words, and that nothing of it was lost.
fn asked(caller: Wire, vendor: Wire, case: &str, stream: bool) -> (Value, String) {
    let ask = fixture(caller, &format!("ask/{case}.json"));
    let translated = translated(&order(caller, vendor, stream), &ask);
    assert_ne!(translated.body, ask, "{caller} {vendor} {case}: sent as it came");
    let body: Value = serde_json::from_slice(&translated.body).unwrap();
    let mut told = format!("POST {}\n{body:#}\n", translated.suffix);
    for it in &translated.dropped {
        told.push_str(&format!("dropped {}: {}\n", it.field, it.why));
    }
    (body, told)
}

fn answered(
    caller: Wire,
    vendor: Wire,
    ask: &str,
    answer: &str,
    is_stream: bool,
    check: fn(Wire, Wire, &Value, &Seen),
) -> String {
    let (body, told) = asked(caller, vendor, ask, is_stream);
    let back = back(caller, vendor);
    let (answer, seen) = if is_stream {
        let told = stream(vendor, answer);
        let answer = String::from_utf8(streamed(&back, &told)).unwrap();
        assert_ne!(answer.as_bytes(), told, "{caller} {vendor} {ask}: passed on as it came");
        let seen = of_stream(caller, answer.as_bytes());
        (answer, seen)
    } else {
        let told = fixture(vendor, &format!("answer/{answer}.json"));
        let answer = back.answer(&told).unwrap();
        assert_ne!(answer.body, told, "{caller} {vendor} {ask}: passed on as it came");
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        (format!("{value:#}\n"), of_body(caller, &answer.body))
    };
    assert!(seen.ended, "{caller} {vendor} {ask}");
    check(caller, vendor, &body, &seen);
    let input = 120;
    assert_eq!(seen.usage, [input, 40, 30], "{caller} {vendor} {ask}");
    format!("{told}---\n{answer}")
}

const TEXT: &str = "Paris, naturally – été.";

fn plain(caller: Wire, vendor: Wire) -> String {
    answered(caller, vendor, "plain", "plain", false, |caller, vendor, body, seen| {
        check_stream(caller, vendor, body, seen);
        // Converse cites documents only.
        let cited = if vendor == Wire::Converse { &[][..] } else { &["https://example.org/paris"][..] };
        assert_eq!(seen.citations, cited);
    })
}

fn check_stream(caller: Wire, vendor: Wire, body: &Value, seen: &Seen) {
    assert_eq!(seen.text, TEXT);
    let expected = match caller {
        Wire::Chat => "stop",
        Wire::Responses => "completed",
        Wire::Gemini => "STOP",
        _ => "end_turn",
    };
    assert_eq!(seen.stop, expected);
    // What was asked, wherever the vendor wants to read it.
    let (temperature, limit) = match vendor {
        Wire::Chat => ("/temperature", "/max_completion_tokens"),
        Wire::Responses => ("/temperature", "/max_output_tokens"),
        Wire::Messages => ("/temperature", "/max_tokens"),
        Wire::Gemini => ("/generationConfig/temperature", "/generationConfig/maxOutputTokens"),
        Wire::Converse => ("/inferenceConfig/temperature", "/inferenceConfig/maxTokens"),
    };
    assert_eq!(body.pointer(temperature), Some(&json!(0.5)));
    assert_eq!(body.pointer(limit), Some(&json!(2000)));
    let whole = body.to_string();
    for words in ["You are terse.", "Hi", "Hello.", "Capital of France?"] {
        assert!(whole.contains(words), "{words}: {whole}");
    }
}

fn check_calls(caller: Wire, vendor: Wire, body: &Value, seen: &Seen) {
    let rome = ("call_a".to_owned(), "get_weather".to_owned(), json!({ "city": "Rome" }));
    let time = ("call_b".to_owned(), "get_time".to_owned(), json!({ "zone": "Europe/Rome" }));
    assert_eq!(seen.calls, [rome, time]);
    let expected = match caller {
        Wire::Chat => "tool_calls",
        Wire::Responses => "completed",
        Wire::Gemini => "STOP",
        _ => "tool_use",
    };
    assert_eq!(seen.stop, expected);
    let (schema, must) = match vendor {
        Wire::Chat => ("/tools/1/function/parameters", ("/tool_choice", json!("required"))),
        Wire::Responses => ("/tools/1/parameters", ("/tool_choice", json!("required"))),
        Wire::Messages => ("/tools/1/input_schema", ("/tool_choice/type", json!("any"))),
        Wire::Gemini => (
            "/tools/0/functionDeclarations/1/parametersJsonSchema",
            ("/toolConfig/functionCallingConfig/mode", json!("ANY")),
        ),
        Wire::Converse => (
            "/toolConfig/tools/1/toolSpec/inputSchema/json",
            ("/toolConfig/toolChoice", json!({ "any": {} })),
        ),
    };
    assert_eq!(body.pointer(schema).unwrap()["properties"]["zone"]["type"], "string");
    assert_eq!(body.pointer(must.0), Some(&must.1));
    assert!(body.to_string().contains("18 C, sunny"));
}

fn image(caller: Wire, vendor: Wire) -> String {
    answered(caller, vendor, "image", "plain", false, |_, _, body, seen| {
        assert_eq!(seen.text, TEXT);
        let whole = body.to_string();
        assert!(whole.contains("iVBORw0KGgo") && whole.contains("JVBERi0xLjQKJSVFT0YK"), "{whole}");
        assert!(whole.contains("png") && whole.contains("pdf"), "{whole}");
    })
}

fn check_schema(_: Wire, vendor: Wire, body: &Value, seen: &Seen) {
    assert_eq!(seen.text, r#"{"city":"Paris"}"#);
    let schema = match vendor {
        Wire::Chat => "/response_format/json_schema/schema",
        Wire::Responses => "/text/format/schema",
        Wire::Messages => "/output_config/format/schema",
        Wire::Gemini => "/generationConfig/responseJsonSchema",
        Wire::Converse => "/outputConfig/textFormat/structure/jsonSchema/schema",
    };
    let schema = body.pointer(schema).unwrap();
    let read = schema.as_str().map(|it| serde_json::from_str(it).unwrap());
    assert_eq!(read.as_ref().unwrap_or(schema)["properties"]["city"]["type"], "string");
}

fn check_thought(caller: Wire, vendor: Wire, body: &Value, seen: &Seen) {
    assert_eq!((&*seen.text, &*seen.thought), ("152881", "391 squared."));
    let effort = match vendor {
        Wire::Chat => "/reasoning_effort",
        Wire::Responses => "/reasoning/effort",
        Wire::Messages => "/output_config/effort",
        Wire::Gemini => "/generationConfig/thinkingConfig/thinkingLevel",
        Wire::Converse => "/outputConfig/effort",
    };
    assert_eq!(body.pointer(effort), Some(&json!("high")), "{caller} {vendor}: {body}");
    // The earlier thought was signed by somebody else and is not sent; a chat does not sign at all.
    assert!(!body.to_string().contains("c2lnbmVk"));
    let signed: Vec<_> = seen.seals.iter().filter(|it| !it.is_empty()).collect();
    assert_eq!(signed.len(), usize::from(vendor != Wire::Chat), "{caller} {vendor}: {signed:?}");
}

const WORDS: &str = "The engine is currently overloaded, please try again later";

fn error(caller: Wire, vendor: Wire) -> String {
    let back = back(caller, vendor);
    let body = back.error(503, &http::HeaderMap::new(), &fixture(vendor, "answer/error.json"));
    let plain: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(plain["error"]["message"], WORDS);
    let told = String::from_utf8(streamed(&back, &stream(vendor, "error"))).unwrap();
    let seen = of_stream(caller, told.as_bytes());
    assert_eq!((seen.text.as_str(), seen.error.as_deref(), seen.ended), ("Par", Some(WORDS), false));
    format!("{plain:#}\n---\n{told}")
}

fn usage(caller: Wire, vendor: Wire) -> String {
    let back = back(caller, vendor);
    let plain = back.answer(&fixture(vendor, "answer/plain.json")).unwrap().usage.unwrap();
    let (mut watched, mut out) = (back.stream(), Vec::new());
    watched.push(&stream(vendor, "stream"), &mut out);
    let counted = watched.usage().unwrap();
    assert_eq!(counted, plain);
    assert_eq!((plain.input, plain.cached, plain.output), (120, 40, 30));
    let told = of_stream(caller, &out);
    assert_eq!(told.usage, [120, 40, 30]);
    format!("{plain:?}")
}

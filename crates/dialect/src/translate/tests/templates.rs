//! Events that are read by what differs in them say what they say when they are read in full.

use std::fmt::Write;

use proptest::prelude::*;

use super::super::model::Said;
use super::super::*;
use super::order;

/// Vendors' deltas, as they come one after the other: `T` a text, `N` a number, `P` padding.
const DELTAS: [(Wire, &str); 8] = [
    (
        Wire::Chat,
        r#"{"id":"c","created":N,"choices":[{"index":0,"delta":{"content":"T"}}],"obfuscation":"P"}"#,
    ),
    (
        Wire::Chat,
        r#"{"choices":[{"delta":{"reasoning_content":"T"}}],"usage":{"prompt_tokens":N,"completion_tokens":N}}"#,
    ),
    (Wire::Chat, r#"{"p": "P", "created": N, "choices": [{"delta": {"content": "T"}}]}"#),
    (
        Wire::Responses,
        r#"{"type":"response.output_text.delta","sequence_number":N,"output_index":0,"delta":"T","obfuscation":"P"}"#,
    ),
    (Wire::Responses, r#"{"type":"response.reasoning_summary_text.delta","delta":"T","sequence_number":N}"#),
    (Wire::Messages, r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"T"}}"#),
    (
        Wire::Gemini,
        r#"{"candidates":[{"content":{"parts":[{"text":"T"}]}}],"usageMetadata":{"promptTokenCount":N,"candidatesTokenCount":N,"totalTokenCount":N}}"#,
    ),
    (
        Wire::Gemini,
        r#"{"candidates":[{"content":{"parts":[{"text":"T","thought":true}]}}],"usageMetadata":{"promptTokenCount":N,"candidatesTokenCount":N,"thoughtsTokenCount":N}}"#,
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_read_by_a_template_is_what_is_read_in_full(
        (wire, delta) in prop::sample::select(DELTAS.to_vec()),
        texts in prop::collection::vec(texts(), 1..12),
        numbers in prop::collection::vec(numbers(), 1..9),
        padding in prop::collection::vec("[a-z]{0,3}", 1..5),
    ) {
        let (mut stream, mut numbers, mut padding) =
            (String::new(), numbers.iter().cycle(), padding.iter().cycle());
        for text in &texts {
            let mut event = String::new();
            for letter in delta.chars() {
                match letter {
                    'T' => event.push_str(text),
                    'N' => event.push_str(numbers.next().unwrap()),
                    'P' => event.push_str(padding.next().unwrap()),
                    other => event.push(other),
                }
            }
            writeln!(stream, "data: {event}\n").unwrap();
        }
        let back = Back { to: wire, ..Back::new(&order(Wire::Chat), true) };
        let mut told = Vec::new();
        back.stream().read_all(stream.as_bytes(), true, &mut |it| told.extend(words_of(it)));
        let mut in_full = Vec::new();
        back.stream().read_all(stream.as_bytes(), false, &mut |it| in_full.extend(words_of(it)));
        prop_assert_eq!(told, in_full, "{}", stream);
    }
}

/// As they stand in JSON: with and without escapes, empty, like what stands around them.
fn texts() -> impl Strategy<Value = String> {
    let odd = ["", "\\n", "\\\"", "\\u00e9", "é", "}", "\\\\", ",\\\"p\\\":\\\"x"].map(str::to_owned);
    prop_oneof!["[a-z é]{1,6}", prop::sample::select(odd.to_vec())]
}

fn numbers() -> impl Strategy<Value = String> {
    let odd = ["0", "007", "-1", "1.5", "null", "18446744073709551616", "1e3"].map(str::to_owned);
    prop_oneof![4 => (0u64..3000).prop_map(|it| it.to_string()), 1 => prop::sample::select(odd.to_vec())]
}

fn words_of(said: Said<'_>) -> Option<String> {
    match said {
        // Who answers is told with the first event, whatever that one says.
        Said::Begin { .. } => None,
        said => Some(format!("{said:?}")),
    }
}

//! What holds for any bytes and any cut.

use std::time::SystemTime;

use bytes::Bytes;
use dialect::*;
use http::HeaderMap;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_split_gives_the_same_verdict(stream in stream(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12), endpoint in streaming()) {
        let (mut whole, mut cut) = (Gate::new(endpoint), Gate::new(endpoint));
        whole.feed(&stream);
        pieces(&stream, &cuts).for_each(|it| { cut.feed(it); });
        prop_assert_eq!(whole.feed(b""), cut.feed(b""));
        prop_assert_eq!(whole.end(), cut.end());
    }

    #[test]
    fn any_split_tells_the_same(stream in stream(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12), endpoint in streaming(), streamed: bool) {
        let (mut whole, mut cut) = (Watch::new(endpoint, streamed), Watch::new(endpoint, streamed));
        whole.feed(&stream);
        pieces(&stream, &cuts).for_each(|it| cut.feed(it));
        let told = |it: &Watch| (it.usage(), it.finished(), it.failed(), it.between_events());
        prop_assert_eq!(told(&whole), told(&cut));
        whole.end();
        cut.end();
        prop_assert_eq!(told(&whole), told(&cut));
    }

    #[test]
    fn byte_by_byte_is_a_split_too(stream in stream(), endpoint in streaming()) {
        let (mut whole, mut cut) = (Watch::new(endpoint, true), Watch::new(endpoint, true));
        whole.feed(&stream);
        stream.chunks(1).for_each(|it| cut.feed(it));
        prop_assert_eq!((whole.usage(), whole.finished(), whole.failed()), (cut.usage(), cut.finished(), cut.failed()));
    }

    #[test]
    fn a_splice_keeps_every_other_byte(before in ".{0,40}", old in ".{0,20}", new in ".{0,20}", after in ".{0,40}") {
        let text = |it: &str| serde_json::to_string(it).unwrap();
        let (head, tail) = (format!("{{\"a\":{},\"model\":", text(&before)), format!(",\"b\":[{}]}}", text(&after)));
        let body = Bytes::from([head.as_str(), &text(&old), &tail].concat());
        let found = peek(&body).unwrap().model.unwrap();
        prop_assert_eq!(found.name.as_ref(), old.as_str());
        let spliced = Bytes::from(splice_model(&body, &found.span, &new).concat());
        prop_assert!(spliced.starts_with(head.as_bytes()) && spliced.ends_with(tail.as_bytes()));
        prop_assert_eq!(peek(&spliced).unwrap().model.unwrap().name, new.as_str());
    }

    #[test]
    fn a_body_without_its_model_is_the_same_body_otherwise(fields in prop::collection::vec((prop_oneof![Just("a"), Just("b \"model\": ,"), Just("stream")], ".{0,20}"), 0..4), at in any::<prop::sample::Index>(), name in ".{0,20}", pretty in any::<bool>()) {
        let mut map = serde_json::Map::new();
        let place = at.index(fields.len() + 1);
        for (index, (key, value)) in fields.iter().enumerate() {
            if index == place { map.insert("model".to_owned(), name.clone().into()); }
            map.insert((*key).to_owned(), value.clone().into());
        }
        map.entry("model").or_insert(name.into());
        let body = if pretty { serde_json::to_vec_pretty(&map) } else { serde_json::to_vec(&map) };
        let body = Bytes::from(body.unwrap());
        let found = peek(&body).unwrap().model.unwrap();
        let left: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&remove_model(&body, &found.span).concat()).unwrap();
        map.remove("model");
        prop_assert_eq!(left, map);
    }

    #[test]
    fn an_inserted_model_is_found_again(value in ".{0,20}", model in ".{0,20}") {
        let body = Bytes::from(serde_json::json!({ "a": value }).to_string());
        let inserted = insert_model(&body, &model).concat();
        prop_assert_eq!(peek(&inserted).unwrap().model.unwrap().name, model.as_str());
        prop_assert_eq!(body_field(&inserted, "a").unwrap(), value.as_str());
    }

    #[test]
    fn no_bytes_panic(bytes in prop_oneof![proptest::collection::vec(any::<u8>(), 0..300), jsonish(), stream()], status in 0u16..1000, endpoint in any::<prop::sample::Index>(), kind in any::<prop::sample::Index>()) {
        let endpoint = *endpoint.get(&Endpoint::ALL);
        let kind = *kind.get(&Kind::ALL);
        let _ = peek(&bytes);
        let _ = body_field(&bytes, "model");
        let _ = peek_multipart("multipart/form-data; boundary=x", &bytes);
        let _ = insert_model(&Bytes::from(bytes.clone()), "m");
        let _ = rename_google_model(&Bytes::from(bytes.clone()), "m");
        let _ = usage(endpoint, &bytes);
        let _ = message(&bytes);
        let _ = hidden_failure(endpoint, &bytes);
        let headers = HeaderMap::new();
        let answer = Answer { kind, endpoint, status, headers: &headers, body: &bytes, now: SystemTime::UNIX_EPOCH };
        let _ = classify(&answer);
        let mut gate = Gate::new(endpoint);
        gate.feed(&bytes);
        prop_assert_ne!(gate.end(), Verdict::Hold);
    }

    #[test]
    fn no_text_panics(text in ".{0,80}") {
        if let Some(found) = endpoint(&text) {
            prop_assert!(text.starts_with(found.prefix) && found.suffix.starts_with('/'));
        }
        if let Some(found) = endpoint(&text) {
            let _ = (found.model(), found.method(), found.version());
        }
        let _ = Dialect::of_caller(endpoint(&text), &text, &HeaderMap::new());
        let _ = join(&text, "/models", Dialect::OpenAi);
        let _ = peek_multipart(&text, b"");
        let _ = duration(&text);
        let _ = envelope(Dialect::Anthropic, Code::Internal, &text, Some(&text), &text);
    }

    #[test]
    fn a_form_is_found_at_any_place(before in "[a-z\r\n-]{0,60}", model in "[a-z0-9-]{1,20}") {
        let body = format!("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n{before}\r\n--b\r\nContent-Disposition: form-data; name=model\r\n\r\n{model}\r\n--b--");
        prop_assume!(!before.contains("--b") && !model.contains("--b"));
        let found = peek_multipart("multipart/form-data; boundary=b", body.as_bytes()).unwrap().unwrap();
        prop_assert_eq!(&found.name, &model);
        prop_assert_eq!(&body[found.span], model);
    }
}

/// Streams that are mostly right: events of all dialects with every kind of line end, some broken.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let event = prop::sample::select(vec![
        ": ping",
        "",
        "\u{feff}",
        "event: ping",
        "event: error",
        "event: message_start",
        "event: response.completed",
        "data",
        "data:",
        "data: [DONE]",
        "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3}}}",
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":4}}",
        "data: {\"type\":\"response.created\"}",
        "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}",
        "data: {\"choices\":[{\"delta\":{\"content\":\"日本🙂\"}}]}",
        "data: {\"choices\":[],",
        "data:\"usage\":{\"prompt_tokens\":7}}",
        "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}",
        "data: {\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}",
        "{\"error\":{\"message\":\"plain\"}}",
        "<html>",
        "id: 7",
        "retry: 10",
        "averylongfieldname: x",
    ]);
    let large = (30_000usize..90_000).prop_map(|it| {
        format!(
            "data: {{\"type\":\"response.completed\",\"pad\":\"{}\",\"usage\":{{\"input_tokens\":9}}}}",
            "y".repeat(it)
        )
    });
    let line = prop_oneof![40 => event.prop_map(str::to_owned), 1 => large];
    let end = prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r"]);
    proptest::collection::vec((line, end), 0..14).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, end)| [line, end.to_owned()]).collect::<String>().into_bytes()
    })
}

/// Errors of every shape, put together at random.
fn jsonish() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"error\"",
        "\"message\"",
        "\"type\"",
        "\"model\"",
        "\"retryDelay\"",
        "\"38s\"",
        "\"code\"",
        "\"choices\"",
        "null",
        "429",
        "-1",
        "1e999",
        "\"\\ud800\"",
        "\"again in \"",
        "again in 5",
        " ",
        "\"é",
    ]);
    proptest::collection::vec(part, 0..20).prop_map(|parts| parts.concat().into_bytes())
}

fn streaming() -> impl Strategy<Value = Endpoint> {
    prop::sample::select(Endpoint::ALL.into_iter().filter(|it| it.streams()).collect::<Vec<_>>())
}

fn pieces<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> impl Iterator<Item = &'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|it| it.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|it| &bytes[it[0]..it[1]]).collect::<Vec<_>>().into_iter()
}

//! Request bodies: what is read, what is refused, what a splice leaves alone.

use std::borrow::Cow;

use bytes::Bytes;
use dialect::{
    Malformed, MultipartModel, body_field, insert_model, peek, peek_multipart, remove_model,
    splice_form_model, splice_model,
};

#[test]
fn a_body_says_what_it_wants() {
    let body =
        br#" {"messages":[{"role":"user","content":"\"model\":\"trap\""}], "model" : "gpt-4o","stream":true,
        "stream_options":{"include_usage":true},"prompt_cache_key":"k1","unknown":[{}]} "#;
    let it = peek(body).unwrap();
    let model = it.model.unwrap();
    assert_eq!(model.name, "gpt-4o");
    assert!(matches!(model.name, Cow::Borrowed(_)));
    assert_eq!(&body[model.span], b"\"gpt-4o\"");
    assert!(it.stream && it.include_usage);
    assert_eq!(it.prompt_cache_key.as_deref(), Some("k1"));
}

#[test]
fn what_is_not_said_is_not_assumed() {
    for body in [
        "{}",
        r#"{"stream":false}"#,
        r#"{"stream":null}"#,
        r#"{"stream":"true"}"#,
        r#"{"stream_options":null}"#,
    ] {
        let it = peek(body.as_bytes()).unwrap();
        assert_eq!((it.model, it.stream, it.include_usage), (None, false, false), "{body}");
    }
}

#[test]
fn an_escaped_name_is_unescaped() {
    let it = peek(br#"{"mod\u0065l":"gpt\u002d4"}"#).unwrap();
    assert_eq!(it.model.unwrap().name, "gpt-4");
}

#[test]
fn a_body_that_can_be_read_in_two_ways_is_refused() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(128), "]".repeat(128));
    let rows = [
        (r#"{"model":"a","model":"b"}"#, "duplicate field `model`"),
        (r#"{"model":"a","mod\u0065l":"b"}"#, "duplicate field `model`"),
        (r#"{"stream":true,"stream":false}"#, "duplicate field `stream`"),
        (r#"{"model":"a"} x"#, "trailing characters"),
        (r#"{"model":"a"}{}"#, "trailing characters"),
        (r#"["a",true]"#, "must be a JSON object"),
        ("null", "must be a JSON object"),
        ("", "must be a JSON object"),
        (r#"{"model":1}"#, "`model` must be a string"),
        (r#"{"model":null}"#, "`model` must be a string"),
        (r#"{"model":["secret"]}"#, "`model` must be a string"),
        (r#"{"model":"a""#, "EOF"),
        (&deep, "deeper than 128"),
    ];
    for (body, expected) in rows {
        let error = peek(body.as_bytes()).unwrap_err();
        assert!(error.what.contains(expected), "{body}: {error}");
        assert!(!error.what.contains("secret"));
    }
}

#[test]
fn brackets_in_a_text_are_not_depth() {
    let body = format!(r#"{{"a":"{}\"{}"}}"#, "[".repeat(500), "{".repeat(500));
    assert!(peek(body.as_bytes()).is_ok());
    let fits = format!("{{\"a\":{}{}}}", "[".repeat(127), "]".repeat(127));
    assert!(peek(fits.as_bytes()).is_ok());
}

#[test]
fn an_error_tells_the_place() {
    assert_eq!(peek(b"{\n \"a\": ?}").unwrap_err().at, 8);
    assert_eq!(peek(b"  7").unwrap_err().at, 2);
    assert_eq!(peek(br#"{"model":7}"#), Err(Malformed { what: "`model` must be a string".into(), at: 9 }));
}

#[test]
fn a_field_for_affinity_is_a_text_or_a_number() {
    let body = br#"{"metadata":{"user":"no"},"user":"u\u0031","n":42,"flag":true,"none":null}"#;
    let rows = [
        ("user", Some("u1")),
        ("n", Some("42")),
        ("flag", None),
        ("none", None),
        ("metadata", None),
        ("x", None),
    ];
    for (field, expected) in rows {
        assert_eq!(body_field(body, field).as_deref(), expected, "{field}");
    }
    assert_eq!(body_field(b"[1]", "user"), None);
}

#[test]
fn a_splice_changes_the_model_alone() {
    let body = Bytes::from_static(br#"{"a" : 1,  "model":"old" ,"b":"old"}"#);
    let span = peek(&body).unwrap().model.unwrap().span;
    assert_eq!(splice_model(&body, &span, "n\"ew").concat(), br#"{"a" : 1,  "model":"n\"ew" ,"b":"old"}"#);
}

#[test]
fn a_model_is_taken_out_with_its_field_and_its_comma() {
    let rows = [
        (r#"{"model":"m","a":1}"#, r#"{"a":1}"#),
        (r#"{"a":1,"model":"m"}"#, r#"{"a":1}"#),
        (r#"{"a":1, "model" : "m" , "b":"model"}"#, r#"{"a":1,  "b":"model"}"#),
        (r#" { "model" :"m" } "#, r#" {  } "#),
        (r#"{"mod\u0065l":"m","b":[1]}"#, r#"{"b":[1]}"#),
        (r#"{"b":",\"model\":" , "model":"x,\"y"}"#, r#"{"b":",\"model\":" }"#),
    ];
    for (body, expected) in rows {
        let body = Bytes::from_static(body.as_bytes());
        let span = peek(&body).unwrap().model.unwrap().span;
        assert_eq!(String::from_utf8(remove_model(&body, &span).concat()).unwrap(), expected);
    }
}

#[test]
fn a_model_is_put_where_there_was_none() {
    let rows = [
        (r#"{"a":1}"#, r#"{"model":"m","a":1}"#),
        ("{}", r#"{"model":"m"}"#),
        (" { } ", r#" {"model":"m" } "#),
    ];
    for (body, expected) in rows {
        let spliced = insert_model(&Bytes::from_static(body.as_bytes()), "m").concat();
        assert_eq!(String::from_utf8(spliced).unwrap(), expected);
    }
}

const FORM: &str = "multipart/form-data; boundary=\"x-1\"";

#[test]
fn a_form_says_its_model() {
    let body = form(&[
        ("file\"; filename=\"a.mp3", "--x-1 inside\r\n--y"),
        ("model", "whisper-1"),
        ("language", "de"),
    ]);
    let found = peek_multipart(FORM, body.as_bytes()).unwrap().unwrap();
    assert_eq!(found.name, "whisper-1");
    let bytes = Bytes::from(body.clone());
    let spliced = splice_form_model(&bytes, &found.span, "other").concat();
    assert_eq!(String::from_utf8(spliced).unwrap(), body.replace("whisper-1", "other"));
}

#[test]
fn a_model_that_is_not_there_yet_is_waited_for() {
    let body = form(&[("model", "whisper-1"), ("file", "…")]);
    let complete =
        body.find("\r\n--x-1\r\ncontent-disposition: form-data; name=\"file\"").unwrap() + "\r\n--x-1".len();
    for end in 0..body.len() {
        if !body.is_char_boundary(end) {
            continue;
        }
        let found = peek_multipart(FORM, &body.as_bytes()[..end]).unwrap();
        assert_eq!(found.is_some(), end >= complete, "{end}");
        assert!(found.is_none_or(|it| it.name == "whisper-1"));
    }
}

#[test]
fn a_form_that_is_none_or_says_two_models_is_refused() {
    let twice = form(&[("model", "a"), ("model", "b")]);
    assert!(peek_multipart(FORM, twice.as_bytes()).is_err());
    assert!(peek_multipart("application/json", b"").is_err());
    assert!(peek_multipart("multipart/form-data", b"").is_err());
    assert!(peek_multipart(FORM, form(&[("model", "")]).as_bytes()).is_err());
    assert!(peek_multipart(FORM, &[b'x'; 5000]).is_err());
    let other = form(&[("remodel", "a")]);
    assert_eq!(peek_multipart(FORM, other.as_bytes()), Ok(None::<MultipartModel>));
}

#[test]
fn what_precedes_a_form_is_bounded_however_much_of_it_has_come() {
    for (before, is_form) in [(0, true), (900, true), (1500, false)] {
        let preamble = if before > 0 { "-".repeat(before) + "\r\n" } else { String::new() };
        let body = preamble + &form(&[("model", "a")]);
        let whole = peek_multipart(FORM, body.as_bytes());
        assert_eq!(whole.is_ok(), is_form, "{before}");
        for end in 0..body.len() {
            let early = peek_multipart(FORM, &body.as_bytes()[..end]);
            assert!(early.is_ok() || whole.is_err(), "{before}: refused at {end}, and taken later");
        }
    }
}

fn form(parts: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--x-1\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    parts.iter().map(part).chain(["--x-1--\r\n".to_owned()]).collect()
}

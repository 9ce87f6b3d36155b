//! A form's model is where it is said to be, stays what it was as more of the form arrives, and can be replaced.
#![no_main]

use bytes::Bytes;
use dialect::{MultipartModel, peek_multipart, splice_form_model};
use fuzz::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let cut = usize::from(input.number());
    let Some(content_type) = input.text() else { return };
    let body = Bytes::copy_from_slice(input.rest());
    let early = peek_multipart(content_type, &body[..cut % (body.len() + 1)]);
    let whole = peek_multipart(content_type, &body);
    match (&early, &whole) {
        (Ok(Some(early)), Ok(whole)) => assert_eq!(Some(early), whole.as_ref()),
        (Err(early), whole) => assert!(whole.is_err(), "refused early ({early}), accepted late"),
        _ => {}
    }
    if let Ok(Some(found)) = whole {
        replaced(content_type, &body, &found);
    }
});

fn replaced(content_type: &str, body: &Bytes, found: &MultipartModel) {
    assert_eq!(std::str::from_utf8(&body[found.span.clone()]).map(str::trim), Ok(&*found.name));
    let changed = Bytes::from(splice_form_model(body, &found.span, "another").concat());
    let again = peek_multipart(content_type, &changed).expect("still a form").expect("still with a model");
    assert_eq!((&*again.name, again.span.start), ("another", found.span.start));
}

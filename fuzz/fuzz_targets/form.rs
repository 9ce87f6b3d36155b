//! No form breaks the configuration, and the same form twice says nothing new.
#![no_main]

use config::{Edit, Kind, urlencoded};
use fuzz::{Input, document::Desk};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let kind = input.one_of(&Kind::ALL);
    let parent = match kind {
        Kind::Target => Some("a".to_owned()),
        Kind::Credential => Some("openai".to_owned()),
        _ => None,
    };
    let Ok(value) = urlencoded(kind, input.rest()) else { return };
    let mut desk = Desk::furnished();
    let edit = Edit::Create { kind, parent, value: value.clone() };
    let Ok(edited) = desk.apply(edit) else { return };
    let at = edited.row.expect("a new row is answered with").id.to_string();
    let again = desk.apply(Edit::Patch { kind, parent: None, at, value });
    if let Ok(again) = again {
        assert!(again.change.is_empty(), "{:?}", again.change);
    }
    desk.check();
});

//! No sequence of edits breaks the configuration. A line is an edit: what to do, of which kind, within what, at what,
//! and the body.
#![no_main]

use config::{Edit, Kind};
use fuzz::{Input, document::Desk};
use libfuzzer_sys::fuzz_target;

/// What exists, what does not, and what follows from the rest.
const NAMES: [&str; 9] = [
    "a",
    "b",
    "openai",
    "default",
    "a.example:443",
    "nobody",
    "c",
    "openai/a",
    "00000000-0000-0000-0000-000000000003",
];
/// More edits than it takes to bring two of them into conflict.
const EDITS_MAX: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let mut desk = Desk::furnished();
    for _ in 0..EDITS_MAX {
        if input.is_empty() {
            break;
        }
        let _ = desk.apply(edit(Input::new(input.line())));
    }
    desk.check();
});

fn edit(mut line: Input<'_>) -> Edit {
    let what = line.byte() % 4;
    let kind = line.one_of(&Kind::ALL);
    let within = line.byte();
    let parent = (within % 2 == 0).then(|| NAMES[usize::from(within / 2) % NAMES.len()].to_owned());
    let at = line.one_of(&NAMES).to_owned();
    let value = serde_json::from_slice(line.rest()).unwrap_or_default();
    match what {
        0 => Edit::Create { kind, parent, value },
        1 => Edit::Patch { kind, parent, at, value },
        2 => Edit::Put { kind, parent, at, value },
        _ => Edit::Delete { kind, parent, at },
    }
}

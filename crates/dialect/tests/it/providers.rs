//! The table of vendors, and base URLs as operators write them.

use std::collections::HashSet;

use dialect::{Dialect, Kind, join, table};

#[test]
fn a_kind_finds_its_row_and_a_name_its_kind() {
    assert_eq!(table().len(), Kind::ALL.len());
    for (kind, row) in Kind::ALL.into_iter().zip(table()) {
        assert_eq!((kind.row().kind, row.kind), (kind, kind));
        assert_eq!(Kind::from_name(row.name), Some(kind));
    }
    assert_eq!(Kind::from_name("nobody"), None);
}

#[test]
fn names_and_variables_are_unique() {
    let names: HashSet<_> = table().iter().map(|it| it.name).collect();
    let variables: Vec<_> = table().iter().flat_map(|it| it.env).collect();
    assert_eq!(names.len(), table().len());
    assert_eq!(variables.iter().collect::<HashSet<_>>().len(), variables.len());
}

#[test]
fn a_superfluous_or_missing_version_is_understood() {
    let chat = "/chat/completions";
    let rows = [
        ("/v1", Dialect::OpenAi, chat, "/v1/chat/completions"),
        ("/v1/", Dialect::OpenAi, chat, "/v1/chat/completions"),
        ("", Dialect::OpenAi, chat, "/v1/chat/completions"),
        ("/", Dialect::OpenAi, chat, "/v1/chat/completions"),
        ("/openai", Dialect::OpenAi, chat, "/openai/v1/chat/completions"),
        ("/v1beta/openai", Dialect::OpenAi, chat, "/v1beta/openai/chat/completions"),
        ("/api/paas/v4", Dialect::OpenAi, chat, "/api/paas/v4/chat/completions"),
        ("/api/v1", Dialect::OpenAi, chat, "/api/v1/chat/completions"),
        ("api/v1", Dialect::OpenAi, chat, "/api/v1/chat/completions"),
        ("/vendor", Dialect::OpenAi, chat, "/vendor/v1/chat/completions"),
        ("", Dialect::Anthropic, "/messages", "/v1/messages"),
        ("/v1", Dialect::Anthropic, "/messages", "/v1/messages"),
        ("/anthropic", Dialect::Anthropic, "/messages", "/anthropic/v1/messages"),
    ];
    for (base, dialect, suffix, expected) in rows {
        assert_eq!(join(base, suffix, dialect), expected, "{base}");
    }
}

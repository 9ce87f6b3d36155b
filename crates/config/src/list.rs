//! Lists: paging, filtering by tags, entity tags.

use std::{fmt::Write, sync::Arc};

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::{Document, Kind, Refusal, Row, Violations};

/// What a list request asks for, as its query says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paging<'a> {
    /// `size`, 1–1000; 100 if absent.
    pub size: Option<&'a str>,
    /// `offset`, from the page before.
    pub offset: Option<&'a str>,
    /// `tags`: `a,b` has both, `a/b` has either.
    pub tags: Option<&'a str>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Oldest first, targets newest first.
    pub rows: Vec<Arc<Row>>,
    /// The token of the next page, if there is one.
    pub offset: Option<String>,
}

/// As many rows as a page has when nobody says.
const SIZE_DEFAULT: usize = 100;
/// As many as it can have: Kong's bound.
const SIZE_MAX: usize = 1000;

impl Document {
    /// A page of all rows of a kind; with a parent, of its children. Rows that are added or go while somebody pages do
    /// not shift the others: a page begins behind the last row of the one before.
    pub fn list(&self, kind: Kind, parent: Option<Uuid>, paging: &Paging<'_>) -> Result<Page, Refusal> {
        let size = size(paging.size)?;
        let after = paging.offset.map(|it| position(it).ok_or(Refusal::InvalidOffset)).transpose()?;
        let mixed = paging.tags.is_some_and(|it| it.contains(',') && it.contains('/'));
        if mixed {
            let mut violations = Violations::new();
            violations.field("tags", "write a,b for both or a/b for either: the two do not mix");
            return Err(Refusal::Violations(violations));
        }
        let all = match parent {
            Some(parent) => self.children(kind, parent),
            None => self.rows(kind).map(Arc::clone).collect(),
        };
        // Targets are listed as Kong lists them, derived ones by tier.
        let newest_first = kind == Kind::Target && !all.iter().any(|row| row.derived);
        let ordered: Box<dyn Iterator<Item = Arc<Row>>> =
            if newest_first { Box::new(all.into_iter().rev()) } else { Box::new(all.into_iter()) };
        let tagged = ordered.filter(|row| paging.tags.is_none_or(|tags| has_tags(row, tags)));
        let mut rows: Vec<Arc<Row>> = match after {
            None => tagged.take(size + 1).collect(),
            Some(after) => {
                let behind = |row: &Arc<Row>| match (row.derived, newest_first) {
                    (true, _) => row.id != after.1,
                    (_, true) => (row.created_at, row.id) >= after,
                    (_, false) => (row.created_at, row.id) <= after,
                };
                let rest = tagged.skip_while(behind);
                rest.skip_while(|row| row.id == after.1).take(size + 1).collect()
            }
        };
        let more = rows.len() > size;
        rows.truncate(size);
        let offset = rows.last().filter(|_| more).map(|row| token(row));
        Ok(Page { rows, offset })
    }
}

/// The entity tag of a row as it is now, quoted. Names of what it refers to are no part of it.
pub fn etag(row: &Row) -> String {
    format!("\"{:016x}\"", xxh3_64(row.value.to_string().as_bytes()))
}

/// The entity tag of what goes by the whole configuration: the list of providers, their order.
pub fn revision_tag(revision: u64) -> String {
    format!("\"{revision}\"")
}

/// How many rows a page has, as a query says it.
pub fn size(text: Option<&str>) -> Result<usize, Refusal> {
    let Some(text) = text else { return Ok(SIZE_DEFAULT) };
    text.parse().ok().filter(|size| (1..=SIZE_MAX).contains(size)).ok_or(Refusal::InvalidSize)
}

/// Where a row stands in its list, as a text that goes into a URL as it is.
fn token(row: &Row) -> String {
    let mut token = String::with_capacity(48);
    write!(token, "{:x}.{}", row.created_at, row.id.simple()).expect("a String takes everything");
    token
}

fn position(token: &str) -> Option<(i64, Uuid)> {
    let (date, id) = token.split_once('.')?;
    Some((i64::from_str_radix(date, 16).ok()?, Uuid::try_parse(id).ok()?))
}

/// `a,b`: has both; `a/b`: has either.
fn has_tags(row: &Row, wanted: &str) -> bool {
    let tags = row.value.get("tags").and_then(serde_json::Value::as_array);
    let has = |tag: &str| tags.is_some_and(|tags| tags.iter().any(|it| it.as_str() == Some(tag)));
    if wanted.contains('/') { wanted.split('/').any(has) } else { wanted.split(',').all(has) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Desk, row};

    fn names(page: &Page) -> Vec<&str> {
        page.rows.iter().filter_map(|row| row.name()).collect()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repetition() {
        let mut desk = Desk::new();
        for number in 0..5 {
            desk.now += number / 2;
            row(desk.create(Kind::Upstream, json!({ "name": format!("u{number}") })));
        }
        let mut seen = Vec::new();
        let mut offset: Option<String> = None;
        loop {
            let paging = Paging { size: Some("2"), offset: offset.as_deref(), tags: None };
            let page = desk.document.list(Kind::Upstream, None, &paging).expect("a valid page");
            seen.extend(names(&page).into_iter().map(str::to_owned));
            offset = page.offset;
            if offset.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["default", "u0", "u1", "u2", "u3", "u4"]);
    }

    #[test]
    fn targets_are_listed_newest_first_and_paged_so() {
        let mut desk = Desk::new();
        let upstream = row(desk.create(Kind::Upstream, json!({"name": "u"}))).id;
        for name in ["a:1", "b:1", "c:1"] {
            row(desk.target("u", json!({ "target": name })));
        }
        let list =
            |paging: Paging<'_>| desk.document.list(Kind::Target, Some(upstream), &paging).expect("a page");
        let first = list(Paging { size: Some("2"), ..Paging::default() });
        assert_eq!(names(&first), ["c:1", "b:1"]);
        let second = list(Paging { offset: first.offset.as_deref(), ..Paging::default() });
        assert_eq!((names(&second), &second.offset), (vec!["a:1"], &None));
    }

    #[test]
    fn tags_filter_by_all_or_by_any() {
        let mut desk = Desk::new();
        row(desk.create(Kind::Upstream, json!({"name": "x", "tags": ["a", "b"]})));
        row(desk.create(Kind::Upstream, json!({"name": "y", "tags": ["b"]})));
        row(desk.create(Kind::Upstream, json!({"name": "z"})));
        for (tags, expected) in [("a,b", &["x"][..]), ("a/b", &["x", "y"]), ("b", &["x", "y"]), ("c", &[])] {
            let paging = Paging { tags: Some(tags), ..Paging::default() };
            let page = desk.document.list(Kind::Upstream, None, &paging).expect("a page");
            assert_eq!(names(&page), expected, "{tags}");
        }
        let mixed = Paging { tags: Some("a,b/c"), ..Paging::default() };
        let refused = desk.document.list(Kind::Upstream, None, &mixed).expect_err("it means nothing");
        assert_eq!(refused.code(), Some(2));
    }

    #[test]
    fn sizes_and_offsets_that_make_no_sense_have_their_codes() {
        let document = Document::default();
        let code = |paging: Paging<'_>| {
            document.list(Kind::Upstream, None, &paging).expect_err("it makes no sense").code()
        };
        for size in ["0", "1001", "-1", "x", ""] {
            assert_eq!(code(Paging { size: Some(size), ..Paging::default() }), Some(9), "{size}");
        }
        for offset in ["", "x", "1.x", ".00000000000000000000000000000001"] {
            assert_eq!(code(Paging { offset: Some(offset), ..Paging::default() }), Some(7), "{offset}");
        }
    }

    #[test]
    fn derived_targets_are_listed_by_tier_and_paged() {
        let desk = Desk::with_environment(&[("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "k")]);
        let default = desk.document.get(Kind::Upstream, "default").expect("built in").id;
        let list =
            |paging: Paging<'_>| desk.document.list(Kind::Target, Some(default), &paging).expect("a page");
        let first = list(Paging { size: Some("1"), ..Paging::default() });
        let second = list(Paging { offset: first.offset.as_deref(), ..Paging::default() });
        assert_eq!((first.rows.len(), second.rows.len(), second.offset), (1, 1, None));
        assert_ne!(first.rows[0].id, second.rows[0].id);
    }
}

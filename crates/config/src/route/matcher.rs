//! Which configured route a request matches: host, then path, then method, then model alias.
//!
//! The more specific wins at each step: an exact host before a wildcard before none, the longer match of a path before
//! the shorter, a named method or model before any; of two alike the older.

use std::sync::Arc;

use balance::Environment;
use hashbrown::HashMap;
use http::Method;
use regex::{Regex, RegexBuilder};

use super::{Query, RouteInfo, Way};
use crate::entity;

/// Every route, by what it matches.
#[derive(Debug, Default)]
pub(crate) struct Matchers {
    entries: Vec<Entry>,
    exact: HashMap<Box<str>, Paths>,
    /// The longest first.
    wildcards: Vec<(Wildcard, Paths)>,
    any: Paths,
}

/// A route.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) info: Arc<RouteInfo>,
    pub(crate) methods: Vec<Method>,
    pub(crate) models: Vec<Box<str>>,
    pub(crate) strip_path: bool,
    pub(crate) production: Option<Way>,
    pub(crate) sandbox: Option<Way>,
}

/// A route that matches, and how much of the path it has matched.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) matched: usize,
}

/// A host with one wildcard.
#[derive(Debug, PartialEq, Eq)]
enum Wildcard {
    /// `*.example.com`, kept as `.example.com`.
    Leftmost(Box<str>),
    /// `example.*`, kept as `example.`.
    Rightmost(Box<str>),
}

/// The routes of a host by path; numbers are places in [`Matchers::entries`], the better first.
#[derive(Debug, Default)]
struct Paths {
    prefixes: HashMap<Box<str>, Vec<usize>>,
    /// No prefix is longer: what lies behind this in a path is never looked up.
    longest: usize,
    expressions: Vec<(Regex, Vec<usize>)>,
    anywhere: Vec<usize>,
}

/// Longest host that is looked up; DNS has none longer.
const HOST_MAX: usize = 255;

/// An expression for the beginning of paths. Its compiled size is bounded, so that one route does not eat the memory
/// of all; its time is linear in the path by construction.
pub(crate) fn path_regex(pattern: &str) -> Result<Regex, String> {
    const SIZE_MAX: usize = 1 << 20;
    let built = RegexBuilder::new(&format!("^(?:{pattern})")).size_limit(SIZE_MAX).build();
    built.map_err(|error| format!("invalid regex: {}", error.to_string().lines().last().unwrap_or_default()))
}

impl Matchers {
    /// Adds a route; the oldest first.
    pub(crate) fn add(&mut self, route: &entity::Route, entry: Entry) {
        let number = self.entries.len();
        self.entries.push(entry);
        if route.hosts.is_empty() {
            self.any.add(&route.paths, number);
        }
        for host in &route.hosts {
            self.of_host(host).add(&route.paths, number);
        }
    }

    /// Puts everything in the order it is looked at.
    pub(crate) fn finish(&mut self) {
        let entries = &self.entries;
        let rank = |number: &usize| {
            let entry = &entries[*number];
            (entry.methods.is_empty(), entry.models.is_empty(), *number)
        };
        let all = self.exact.values_mut().chain(self.wildcards.iter_mut().map(|(_, paths)| paths));
        for paths in all.chain([&mut self.any]) {
            let lists = paths.prefixes.values_mut().chain(paths.expressions.iter_mut().map(|(_, list)| list));
            for list in lists.chain([&mut paths.anywhere]) {
                list.sort_by_key(rank);
            }
        }
        self.wildcards.sort_by_key(|(wildcard, _)| std::cmp::Reverse(wildcard.len()));
    }

    /// Every route.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The best route for a request.
    pub(crate) fn find(&self, query: &Query<'_>) -> Option<Candidate<'_>> {
        if self.entries.is_empty() {
            return None;
        }
        let mut lowercase = [0; HOST_MAX];
        let host = query.host.and_then(|host| normal(host, &mut lowercase));
        if let Some(host) = host {
            let exact = self.exact.get(host).into_iter();
            let wildcards =
                self.wildcards.iter().filter(|(wildcard, _)| wildcard.fits(host)).map(|(_, paths)| paths);
            if let Some(found) = exact.chain(wildcards).find_map(|paths| paths.find(&self.entries, query)) {
                return Some(found);
            }
        }
        self.any.find(&self.entries, query)
    }

    fn of_host(&mut self, host: &str) -> &mut Paths {
        let wildcard = if let Some(rest) = host.strip_prefix('*') {
            Wildcard::Leftmost(rest.into())
        } else if let Some(rest) = host.strip_suffix('*') {
            Wildcard::Rightmost(rest.into())
        } else {
            return self.exact.entry(name_of(host).into()).or_default();
        };
        let index = self.wildcards.iter().position(|(known, _)| *known == wildcard).unwrap_or_else(|| {
            self.wildcards.push((wildcard, Paths::default()));
            self.wildcards.len() - 1
        });
        &mut self.wildcards[index].1
    }
}

impl Paths {
    fn add(&mut self, paths: &[String], number: usize) {
        if paths.is_empty() {
            self.anywhere.push(number);
        }
        for path in paths {
            match path.strip_prefix('~') {
                Some(pattern) => {
                    let regex = path_regex(pattern).expect("the field's check compiled the same expression");
                    self.expressions.push((regex, vec![number]));
                }
                None => {
                    let prefix = path.trim_end_matches('/');
                    self.longest = self.longest.max(prefix.len());
                    let list = self.prefixes.entry(prefix.into()).or_default();
                    // `/a` and `/a/` are one prefix.
                    if !list.contains(&number) {
                        list.push(number);
                    }
                }
            }
        }
    }

    fn find<'a>(&'a self, entries: &'a [Entry], query: &Query<'_>) -> Option<Candidate<'a>> {
        let first = |list: &'a [usize], matched| {
            let fitting = list.iter().map(|number| &entries[*number]).find(|entry| entry.fits(query));
            fitting.map(|entry| Candidate { entry, matched })
        };
        let mut best: Option<Candidate<'a>> = None;
        for (regex, list) in &self.expressions {
            let Some(end) = regex.find(query.path).map(|it| it.end()) else {
                continue;
            };
            if best.is_none_or(|best| end > best.matched) {
                best = first(list, end).or(best);
            }
        }
        for prefix in prefixes(query.path, self.longest) {
            // They get shorter from here.
            if best.is_some_and(|best| best.matched >= prefix.len()) {
                break;
            }
            if let Some(found) = self.prefixes.get(prefix).and_then(|list| first(list, prefix.len())) {
                return Some(found);
            }
        }
        best.or_else(|| first(&self.anywhere, 0))
    }
}

impl Entry {
    /// Where it goes in that environment.
    pub(crate) fn way(&self, environment: Environment) -> Option<&Way> {
        match environment {
            Environment::Production => self.production.as_ref(),
            Environment::Sandbox => self.sandbox.as_ref(),
        }
    }

    fn fits(&self, query: &Query<'_>) -> bool {
        let method_fits = self.methods.is_empty() || self.methods.contains(query.method);
        let model_fits = || {
            self.models.is_empty()
                || query.model.is_some_and(|model| self.models.iter().any(|it| **it == *model))
        };
        method_fits && model_fits()
    }
}

impl Wildcard {
    fn len(&self) -> usize {
        match self {
            Wildcard::Leftmost(rest) | Wildcard::Rightmost(rest) => rest.len(),
        }
    }

    fn fits(&self, host: &str) -> bool {
        match self {
            Wildcard::Leftmost(rest) => host.len() > rest.len() && host.ends_with(&**rest),
            Wildcard::Rightmost(rest) => host.len() > rest.len() && host.starts_with(&**rest),
        }
    }
}

/// The beginnings of a path that end at a segment's border, the longest first, none longer than `longest`.
fn prefixes(path: &str, longest: usize) -> impl Iterator<Item = &str> {
    let path = path.trim_end_matches('/');
    let within = move |end: &usize| *end <= longest;
    let whole = Some(path.len()).filter(within);
    // A border that may end a prefix of at most `longest` bytes is found within the first `longest + 1`.
    let searched = &path.as_bytes()[..path.len().min(longest.saturating_add(1))];
    let borders = memchr::memrchr_iter(b'/', searched).filter(within);
    whole.into_iter().chain(borders.filter(move |end| *end < path.len())).map(|end| &path[..end])
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    let after_brackets = host.rfind(']').map_or(0, |at| at + 1);
    match host[after_brackets..].find(':') {
        Some(colon) => &host[..after_brackets + colon],
        None => host,
    }
}

/// A host as it is looked up: no port, lowercase.
fn normal<'a>(host: &str, lowercase: &'a mut [u8; HOST_MAX]) -> Option<&'a str> {
    let name = name_of(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    let kept = lowercase.get_mut(..name.len())?;
    kept.copy_from_slice(name.as_bytes());
    kept.make_ascii_lowercase();
    std::str::from_utf8(kept).ok()
}

//! What this crate's tests share: a store of one document, edited as the Admin API edits it.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::{
    Context, Document, Edit, Edited, Facts, Kind, Refusal, Registry, Resolved, Row, Secret, entity::KeyHash,
    import_environment, resolve, urlencoded,
};

/// A document in the making, its clock and its ids.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) document: Document,
    pub(crate) now: i64,
    pub(crate) revision: u64,
    /// Deletions take along what uses what goes.
    pub(crate) force: bool,
    made: u128,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Desk { document: Document::default(), now: 1_700_000_000, revision: 0, force: false, made: 0 }
    }

    /// With the providers that these variables stand for.
    pub(crate) fn with_environment(variables: &[(&str, &str)]) -> Self {
        let mut desk = Desk::new();
        let changes = import_environment(&desk.document, &env(variables), desk.now);
        desk.document = desk.document.with(&changes);
        desk
    }

    pub(crate) fn edit(&mut self, edit: Edit) -> Result<Edited, Refusal> {
        self.edit_if(edit, None, false)
    }

    pub(crate) fn edit_if(
        &mut self,
        edit: Edit,
        if_match: Option<&str>,
        if_none: bool,
    ) -> Result<Edited, Refusal> {
        let made = &mut self.made;
        let mut ids = || {
            *made += 1;
            Uuid::from_u128(*made)
        };
        let if_match = if_match.map(str::to_owned);
        let mut context = Context {
            now: self.now,
            ids: &mut ids,
            if_none_match_any: if_none,
            if_match,
            force: self.force,
            revision: self.revision,
            seal: &|secret, _| secret.expose().bytes().map(|it| format!("{it:02x}")).collect(),
            // Another secret each second.
            key_hash: Some(KeyHash::new(std::array::from_fn(|at| self.now.to_be_bytes()[at % 8]))),
        };
        let edited = self.document.edit(edit, &mut context)?;
        self.document = edited.document.clone();
        self.revision += u64::from(!edited.change.is_empty());
        Ok(edited)
    }

    pub(crate) fn create(&mut self, kind: Kind, value: Value) -> Result<Edited, Refusal> {
        self.edit(Edit::Create { kind, parent: None, value })
    }

    pub(crate) fn target(&mut self, upstream: &str, value: Value) -> Result<Edited, Refusal> {
        self.edit(Edit::Create { kind: Kind::Target, parent: Some(upstream.to_owned()), value })
    }

    pub(crate) fn patch(&mut self, kind: Kind, at: &str, value: Value) -> Result<Edited, Refusal> {
        self.edit(Edit::Patch { kind, parent: None, at: at.to_owned(), value })
    }

    /// What a `curl -X METHOD path --data …` of the manual comes to.
    pub(crate) fn curl(&mut self, method: &str, path: &str, form: &str) -> Result<Edited, Refusal> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (kind, parent, at) = match parts[..] {
            ["upstreams"] => (Kind::Upstream, None, None),
            ["upstreams", at] => (Kind::Upstream, None, Some(at)),
            ["upstreams", parent, "targets"] => (Kind::Target, Some(parent), None),
            ["upstreams", parent, "targets", at] => (Kind::Target, Some(parent), Some(at)),
            ["routes"] => (Kind::Route, None, None),
            ["consumers"] => (Kind::Consumer, None, None),
            ["consumers", at] => (Kind::Consumer, None, Some(at)),
            ["consumers", parent, "keys"] => (Kind::ClientKey, Some(parent), None),
            ["consumers", parent, "keys", at] => (Kind::ClientKey, Some(parent), Some(at)),
            ref other => panic!("no such path in the tests: {other:?}"),
        };
        let value = urlencoded(kind, form.as_bytes()).expect("the manual's forms are UTF-8");
        let parent = parent.map(str::to_owned);
        self.edit(match (method, at) {
            ("POST", _) => Edit::Create { kind, parent, value },
            ("PATCH", Some(at)) => Edit::Patch { kind, parent, at: at.to_owned(), value },
            ("PUT", Some(at)) => Edit::Put { kind, parent, at: at.to_owned(), value },
            ("DELETE", Some(at)) => Edit::Delete { kind, parent, at: at.to_owned() },
            other => panic!("no such method in the tests: {other:?}"),
        })
    }

    pub(crate) fn resolved(&self, variables: &[(&str, &str)]) -> Resolved {
        self.resolved_with(&mut Registry::default(), variables)
    }

    pub(crate) fn resolved_with(&self, registry: &mut Registry, variables: &[(&str, &str)]) -> Resolved {
        let env = env(variables);
        let facts = Facts {
            env: &env,
            file: &|_| Err("no such file".to_owned()),
            open: &|text, _| Ok(Secret::new(text.to_owned())),
            time_of: &|unix| balance::Time::from_nanos(u64::try_from(unix).unwrap_or(0) * 1_000_000_000),
        };
        resolve(&self.document, registry, &facts).expect("edits leave nothing dangling")
    }

    pub(crate) fn view(&self, row: &Row) -> Value {
        self.document.view(row)
    }
}

/// The row of an edit that wrote one.
pub(crate) fn row(edited: Result<Edited, Refusal>) -> Arc<Row> {
    edited.expect("the edit is valid").row.expect("the edit writes a row")
}

/// An environment of these variables.
pub(crate) fn env(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    move |name| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

//! The laws of the configuration, for whatever edits made it.

use std::sync::LazyLock;

use balance::Time;
use config::{
    Context, Document, Edit, Edited, Facts, Kind, Refusal, Registry, Resolved, Stored, entity::KeyHash, resolve,
};
use serde_json::json;
use uuid::Uuid;

/// What every variable of the environment says.
const KEY: &str = "sk-secret-of-the-operator";

/// A configuration that edits are tried on.
#[derive(Clone)]
pub struct Desk {
    pub document: Document,
    made: u128,
    now: i64,
}

impl Default for Desk {
    fn default() -> Self {
        Desk { document: Document::default(), made: 0, now: 1 }
    }
}

impl Desk {
    /// A desk with a provider, a credential, two upstreams, a target and a service, so that edits have something to
    /// refer to.
    pub fn furnished() -> Self {
        static FURNISHED: LazyLock<Desk> = LazyLock::new(Desk::furnish);
        FURNISHED.clone()
    }

    fn furnish() -> Self {
        let mut desk = Desk::default();
        let mut create = |kind, parent: Option<&str>, value| {
            let edit = Edit::Create { kind, parent: parent.map(str::to_owned), value };
            desk.apply(edit).expect("the furniture is valid");
        };
        create(Kind::Provider, None, json!({ "name": "openai", "kind": "openai" }));
        create(Kind::Credential, Some("openai"), json!({ "name": "a", "secret": "env:KEY" }));
        create(Kind::Upstream, None, json!({ "name": "a" }));
        create(Kind::Upstream, None, json!({ "name": "b" }));
        create(Kind::Target, Some("a"), json!({ "target": "a.example:443" }));
        create(Kind::Service, None, json!({ "name": "a" }));
        desk
    }

    /// Tries an edit. What is refused changes nothing.
    pub fn apply(&mut self, edit: Edit) -> Result<Edited, Refusal> {
        let (made, now) = (&mut self.made, self.now);
        let mut ids = || {
            *made += 1;
            Uuid::from_u128(*made)
        };
        let key_hash = Some(KeyHash::new([7; 32]));
        let mut context = Context {
            now,
            ids: &mut ids,
            if_none_match_any: false,
            if_match: None,
            force: now % 2 == 0,
            revision: 0,
            seal: &|secret, _| secret.expose().bytes().map(|it| format!("{it:02x}")).collect(),
            key_hash,
        };
        let edited = self.document.edit(edit, &mut context)?;
        self.document = edited.document.clone();
        self.now += 1;
        Ok(edited)
    }

    /// What holds for every configuration that edits have led to.
    pub fn check(&mut self) {
        self.what_was_read_can_be_written();
        self.what_is_stored_comes_back();
        self.resolve();
    }

    /// What requests and the balancer would see.
    pub fn resolve(&self) -> Resolved {
        let facts = Facts {
            env: &|_| Some(KEY.to_owned()),
            file: &|_| Err("no files here".to_owned()),
            open: &|_, _| Err("nothing was sealed here".to_owned()),
            time_of: &|_| Time::ZERO,
        };
        resolve(&self.document, &mut Registry::default(), &facts).expect("edits leave nothing dangling")
    }

    fn what_was_read_can_be_written(&mut self) {
        for kind in Kind::ALL {
            let rows: Vec<_> = self.document.rows(kind).cloned().collect();
            for row in rows {
                let value = self.document.view(&row);
                let shown = value.to_string();
                assert!(!shown.contains(KEY), "a key is shown: {shown}");
                let patch = Edit::Patch { kind, parent: None, at: row.id.to_string(), value };
                let patched = self.apply(patch).unwrap_or_else(|it| panic!("{it:?}: {shown}"));
                assert!(patched.change.is_empty(), "{shown} becomes {:?}", patched.change);
            }
        }
    }

    fn what_is_stored_comes_back(&self) {
        let all = |document: &Document| -> Vec<_> {
            Kind::ALL.into_iter().flat_map(|kind| document.rows(kind).cloned().collect::<Vec<_>>()).collect()
        };
        let before = all(&self.document);
        let stored = before.iter().map(|row| Stored {
            kind: row.kind,
            id: row.id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            // Through text, as the store keeps it.
            value: serde_json::from_str(&row.value.to_string()).expect("a value is valid JSON"),
        });
        let after = Document::from_rows(stored).expect("what was accepted is accepted again");
        assert_eq!(all(&after), before);
    }
}

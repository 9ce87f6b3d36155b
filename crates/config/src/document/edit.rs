//! Edits: pure, whole or not at all.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Document, Row,
    draft::{Draft, parent_field},
    load, secrets,
};
use crate::{Entity, Kind, Owner, Refusal, Secret, derived, entity::KeyHash, etag, rules};

/// What to do. `parent` and `at` are an id or a name (a target: id or `host:port`).
#[derive(Clone, Debug)]
pub enum Edit {
    /// POST. A raw-host target that exists is updated.
    Create {
        /// Of what.
        kind: Kind,
        /// Within what: targets, credentials and client keys need it, routes may have a service.
        parent: Option<String>,
        /// The body.
        value: Value,
    },
    /// PATCH.
    Patch {
        /// Of what.
        kind: Kind,
        /// Within what.
        parent: Option<String>,
        /// Which.
        at: String,
        /// The body.
        value: Value,
    },
    /// PUT: replaces, or creates.
    Put {
        /// Of what.
        kind: Kind,
        /// Within what.
        parent: Option<String>,
        /// Which.
        at: String,
        /// The body.
        value: Value,
    },
    /// DELETE. What is not there is deleted already.
    Delete {
        /// Of what.
        kind: Kind,
        /// Within what.
        parent: Option<String>,
        /// Which.
        at: String,
    },
    /// PUT of the load-balancing view of a provider's model.
    Balance {
        /// Whose.
        provider: String,
        /// Which, as the vendor spells it.
        model: String,
        /// The body: `{"enabled", "entries"}`.
        value: Value,
    },
    /// PUT of the order of all providers, at once.
    Order {
        /// The body: `{"providers": ["anthropic", "openai"]}`.
        value: Value,
    },
}

/// What an edit needs from outside.
pub struct Context<'a> {
    /// Unix seconds.
    pub now: i64,
    /// Makes identities; they grow with time.
    pub ids: &'a mut dyn FnMut() -> Uuid,
    /// `If-None-Match: *`: only if nothing is there.
    pub if_none_match_any: bool,
    /// `If-Match`: only if what is there has one of these tags (`*`: any).
    pub if_match: Option<String>,
    /// `?force=true`: a deletion takes what uses it along.
    pub force: bool,
    /// The configuration's revision, which the order of providers goes by.
    pub revision: u64,
    /// Seals a secret, so that it opens for its owner only.
    pub seal: &'a dyn Fn(&Secret, Owner) -> String,
    /// Of the secret of a client key that the edit may make.
    pub key_hash: Option<KeyHash>,
}

/// What an edit came to.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The configuration after it.
    pub document: Document,
    /// What the store has to do, in this order, in one transaction. Empty if nothing is different.
    pub change: Vec<Change>,
    /// The row as it is now; none after a delete.
    pub row: Option<Arc<Row>>,
    /// 201 rather than 200.
    pub created: bool,
    /// For the operator.
    pub warnings: Vec<String>,
    /// Credentials that somebody has just vouched for: what the ledger holds against them is over.
    pub restored: Vec<Uuid>,
}

/// One row's change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Insert or replace.
    Put(Arc<Row>),
    /// Remove.
    Delete(Kind, Uuid),
}

impl Document {
    /// Carries out one edit, whole or not at all.
    pub fn edit(&self, edit: Edit, context: &mut Context<'_>) -> Result<Edited, Refusal> {
        let kind = edit.kind();
        let edited = self.carry_out(edit, context)?;
        match kind {
            Some(kind) => self.settled(kind, edited, context.now),
            None => Ok(edited),
        }
    }

    /// The edit itself, without what follows from it.
    pub(super) fn carry_out(&self, edit: Edit, context: &mut Context<'_>) -> Result<Edited, Refusal> {
        match edit {
            Edit::Create { kind, parent, value } => self.create(kind, parent.as_deref(), value, context),
            Edit::Patch { kind, parent, at, value } => {
                let parent = self.parent(kind, parent.as_deref())?;
                let existing = self.locate(kind, parent.as_deref(), &at).ok_or(Refusal::NotFound)?;
                expect_match(Some(&existing), context)?;
                let (parent, existing) = (parent.as_deref(), Some(&existing));
                self.write(
                    &Draft { kind, parent, existing, keep: true, id: None, name: None, value },
                    context,
                )
            }
            Edit::Put { kind, parent, at, value } => {
                self.replace(kind, parent.as_deref(), &at, value, context)
            }
            Edit::Delete { kind, parent, at } => self.delete(kind, parent.as_deref(), &at, context),
            Edit::Balance { provider, model, value } => self.balance(&provider, &model, &value, context),
            Edit::Order { value } => self.order(&value, context),
        }
    }

    fn create(
        &self,
        kind: Kind,
        parent: Option<&str>,
        value: Value,
        context: &mut Context<'_>,
    ) -> Result<Edited, Refusal> {
        let parent = self.parent(kind, parent)?;
        let parent = parent.as_deref();
        let named = value.get("target").and_then(Value::as_str);
        let same_host = match (kind, parent, named) {
            (Kind::Target, Some(parent), Some(named)) => self.child(kind, parent.id, named),
            _ => None,
        };
        if context.if_none_match_any && same_host.is_some() {
            return Err(Refusal::PreconditionFailed);
        }
        if let Some(existing) = &same_host {
            return self.write(
                &Draft { kind, parent, existing: Some(existing), keep: true, id: None, name: None, value },
                context,
            );
        }
        self.write(&Draft { kind, parent, existing: None, keep: false, id: None, name: None, value }, context)
    }

    fn replace(
        &self,
        kind: Kind,
        parent: Option<&str>,
        at: &str,
        value: Value,
        context: &mut Context<'_>,
    ) -> Result<Edited, Refusal> {
        let parent = self.parent(kind, parent)?;
        let existing = self.locate(kind, parent.as_deref(), at);
        if context.if_none_match_any && existing.is_some() {
            return Err(Refusal::PreconditionFailed);
        }
        expect_match(existing.as_ref(), context)?;
        let id = Uuid::try_parse(at).ok();
        let name = id.is_none().then_some(at);
        let (parent, existing) = (parent.as_deref(), existing.as_ref());
        self.write(&Draft { kind, parent, existing, keep: false, id, name, value }, context)
    }

    /// Writes a body as a row.
    fn write(&self, draft: &Draft<'_>, context: &mut Context<'_>) -> Result<Edited, Refusal> {
        let kind = draft.kind;
        if let Some(existing) = draft.existing {
            writable(existing)?;
        }
        if let Some(parent) = draft.parent
            && kind == Kind::Target
            && (parent.derived || parent.id == derived::default_id())
        {
            let message = "the targets of this upstream follow from the providers".to_owned();
            return Err(Refusal::ReadOnly { message });
        }
        let kept = context.key_hash.map(|it| it.text().into());
        let (mut whole, asked_id) = self.whole(draft, kept)?;
        if let (None, Some(id)) = (draft.existing, asked_id)
            && self.by_id(kind, id).is_some()
        {
            return Err(Refusal::PrimaryKey { fields: json!({ "id": id.to_string() }) });
        }
        self.unique(kind, draft.existing.map(|row| row.id), &whole)?;
        let id = draft.existing.map(|row| row.id).or(asked_id).unwrap_or_else(|| (context.ids)());
        let sealed = secrets::seal(draft, id, &mut whole, context.seal)?;
        let mut change = self.rank(draft, id, &mut whole, context.now)?;
        let mut edited = Edited::of(self.clone());
        if kind == Kind::Credential && (sealed || says_enabled(&draft.value)) {
            edited.restored.push(id);
        }
        let same = draft.existing.filter(|row| is_same(&row.value, &whole));
        if let (Some(existing), true) = (same, change.is_empty()) {
            edited.row = Some(Arc::clone(existing));
            return Ok(edited);
        }
        let created_at = draft.existing.map_or(context.now, |row| row.created_at);
        let row = Arc::new(load::row(kind, id, created_at, context.now, whole)?);
        change.extend(self.first_credential(&row, context.now)?);
        change.push(Change::Put(Arc::clone(&row)));
        edited.document = self.with(&change);
        edited.change = change;
        edited.warnings = warnings(&edited.document, &row);
        edited.row = Some(row);
        edited.created = draft.existing.is_none();
        if edited.created && kind == Kind::ClientKey && self.rows(kind).next().is_none() {
            edited.warnings.extend(pass_through_ends(&edited.document));
        }
        Ok(edited)
    }

    /// The first credential of a provider becomes its default.
    fn first_credential(&self, row: &Row, now: i64) -> Result<Option<Change>, Refusal> {
        let provider = row.parent.filter(|_| row.kind == Kind::Credential);
        let provider = provider.and_then(|id| self.by_id(Kind::Provider, id));
        let Some(provider) = provider else { return Ok(None) };
        let has_one = matches!(&*provider.entity, Entity::Provider(it) if it.default_credential.is_some());
        if has_one || !self.children(Kind::Credential, provider.id).is_empty() {
            return Ok(None);
        }
        let named = load::changed(&provider, now, |fields| {
            fields.insert("default_credential".to_owned(), rules::reference(row.id));
        })?;
        Ok(Some(Change::Put(named)))
    }

    pub(super) fn parent(&self, kind: Kind, parent: Option<&str>) -> Result<Option<Arc<Row>>, Refusal> {
        let (Some(said), Some((_, kind))) = (parent, parent_field(kind)) else {
            return Ok(None);
        };
        self.get(kind, said).map(Some).ok_or(Refusal::NotFound)
    }

    pub(super) fn locate(&self, kind: Kind, parent: Option<&Row>, at: &str) -> Option<Arc<Row>> {
        match parent {
            Some(parent) => self.child(kind, parent.id, at),
            None => self.find(kind, at),
        }
    }
}

impl Edit {
    /// The kind of row that its body or path is about; the views look after themselves.
    fn kind(&self) -> Option<Kind> {
        match self {
            Edit::Create { kind, .. }
            | Edit::Patch { kind, .. }
            | Edit::Put { kind, .. }
            | Edit::Delete { kind, .. } => Some(*kind),
            Edit::Balance { .. } | Edit::Order { .. } => None,
        }
    }
}

impl Edited {
    /// Nothing is different.
    pub(super) fn of(document: Document) -> Self {
        let (change, warnings, restored) = (Vec::new(), Vec::new(), Vec::new());
        Edited { document, change, row: None, created: false, warnings, restored }
    }
}

pub(super) fn writable(row: &Row) -> Result<(), Refusal> {
    if row.derived {
        return Err(Refusal::ReadOnly {
            message: "this follows from the providers and can not be written".to_owned(),
        });
    }
    Ok(())
}

pub(super) fn expect_match(existing: Option<&Arc<Row>>, context: &Context<'_>) -> Result<(), Refusal> {
    match (existing, &context.if_match) {
        (_, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::PreconditionFailed),
        (Some(existing), Some(_)) => expect_tag(&etag(existing), context),
    }
}

/// `If-Match` fits this tag, if there is one.
pub(super) fn expect_tag(own: &str, context: &Context<'_>) -> Result<(), Refusal> {
    fits(own, context.if_match.as_deref())
}

/// Whether `If-Match`, if there is one, fits a row as it is.
pub fn check_match(row: &Row, if_match: Option<&str>) -> Result<(), Refusal> {
    fits(&etag(row), if_match)
}

fn fits(own: &str, if_match: Option<&str>) -> Result<(), Refusal> {
    let Some(wanted) = if_match else { return Ok(()) };
    let fits = wanted.split(',').map(str::trim).any(|tag| tag == "*" || tag == own);
    if fits { Ok(()) } else { Err(Refusal::PreconditionFailed) }
}

/// Whether a body enables what it is about, in so many words.
fn says_enabled(value: &Value) -> bool {
    matches!(value.get("enabled"), Some(Value::Bool(true)))
}

/// Whether a row's value says the same, dates aside.
fn is_same(value: &Value, whole: &Map<String, Value>) -> bool {
    whole.iter().all(|(name, new)| value.get(name) == Some(new))
}

/// What works, but perhaps not as meant.
fn warnings(document: &Document, row: &Row) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Entity::Target(target) = &*row.entity
        && let Some(id) = target.provider.map(|it| it.id)
        && target.credential.is_none()
        && document.children(Kind::Credential, id).is_empty()
        && let Some(provider) = document.by_id(Kind::Provider, id)
    {
        warnings
            .push(format!("provider {} has no credential yet: this target serves nothing", provider.label()));
    }
    warnings
}

/// What the first client key changes: whoever sends one has no key of a vendor's left to pass through.
fn pass_through_ends(document: &Document) -> Option<String> {
    const SHOWN: usize = 5;
    let relies = |row: &&Arc<Row>| matches!(&*row.entity, Entity::Target(it) if it.target.is_some() && it.credential.is_none());
    let of = |row: &Arc<Row>| {
        let upstream = row.parent.and_then(|it| document.by_id(Kind::Upstream, it));
        format!("{}/{}", upstream.map(|it| it.label()).unwrap_or_default(), row.label())
    };
    let targets: Vec<&Arc<Row>> = document.rows(Kind::Target).filter(relies).collect();
    let mut named: Vec<String> = targets.iter().take(SHOWN).map(|it| of(it)).collect();
    if let Some(more) = targets.len().checked_sub(SHOWN).filter(|it| *it > 0) {
        named.push(format!("{more} more"));
    }
    (!named.is_empty()).then(|| {
        format!(
            "clients send this gateway's keys from now on, and those are never passed on: {} pass the client's own \
             Authorization through and get none of such clients; name a credential where the host wants one",
            named.join(", ")
        )
    })
}

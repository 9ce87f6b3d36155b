//! PUT of the load-balancing view: entries become an upstream and its targets, and what is wrong is told all at once.

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Change, Context, Document, Edit, Edited, Row, edit::expect_tag, load};
use crate::{
    Entity, Kind, Refusal, Violations, derived,
    entity::CredentialChoice,
    list::revision_tag,
    pool::{DEFAULT_CONFIG, MIN_ENABLED, may_serve, target, upstream},
    rules,
    schema::{defaults, nearest, schema},
};

/// Repetitions are weight; who wants more of it has the target's own.
const REPEAT_MAX: u64 = 100;
/// Entries in one body: more keys than any account has, and a bound for whoever did not count.
const ENTRIES_MAX: usize = 10_000;

const BODY: [&str; 2] = ["enabled", "entries"];
const ENTRY: [&str; 3] = ["credential", "enabled", "repeat"];
/// What reads show besides; it may be written back, and says nothing.
const ENTRY_SHOWN: [&str; 6] = ["name", "share", "state", "cause", "until", "ttl"];

/// An entry as it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    /// None: whichever is the default.
    credential: Option<Uuid>,
    enabled: bool,
}

/// Under way: the document with what was added so far, and all that is wrong.
struct Work {
    document: Document,
    change: Vec<Change>,
    violations: Violations,
    restored: Vec<Uuid>,
}

impl Document {
    /// Writes the view. Everything in one change: new credentials, the upstream, its targets.
    pub(super) fn balance(
        &self,
        provider: &str,
        model: &str,
        value: &Value,
        context: &mut Context<'_>,
    ) -> Result<Edited, Refusal> {
        let provider = self.find(Kind::Provider, provider).ok_or(Refusal::NotFound)?;
        let name = derived::of_provider(provider.name().unwrap_or_default(), Some(model));
        let existing = self.stored_upstream(&name).cloned();
        expect_tag(&revision_tag(context.revision), context)?;
        let mut work =
            Work { document: self.clone(), change: vec![], violations: Violations::new(), restored: vec![] };
        let given = work.body(value);
        work.model(&provider, model);
        let was_on = existing.as_deref().and_then(upstream).is_some_and(|it| it.enabled);
        let on = work.switch(&given, "", "enabled").unwrap_or(was_on);
        let before = existing.as_ref().map(|row| self.pool_targets(row.id)).unwrap_or_default();
        let mut entries = match given.get("entries") {
            None | Some(Value::Null) => before.iter().filter_map(wanted).collect(),
            Some(Value::Array(all)) => work.entries(&provider, all, context)?,
            Some(_) => {
                work.violations.field("entries", "expected an array");
                vec![]
            }
        };
        if !work.violations.is_empty() {
            return Err(work.violations.into());
        }
        keep_default(&mut entries, &before);
        if on {
            work.expect_enough(&provider, model, &entries)?;
        }
        let pool = work.upstream(existing.as_ref(), &name, on, context)?;
        work.targets(&pool, &provider, model, &entries, before, context)?;
        let mut edited = Edited::of(self.clone());
        edited.document = self.with(&work.change);
        edited.change = work.change;
        edited.row = Some(pool);
        edited.created = existing.is_none();
        edited.restored = work.restored;
        Ok(edited)
    }
}

impl Work {
    fn body(&mut self, value: &Value) -> Map<String, Value> {
        let Value::Object(given) = value else {
            self.violations.entity("expected a record");
            return Map::new();
        };
        self.known(given, "", &BODY, &["available", "model", "provider", "warnings"]);
        given.clone()
    }

    /// Says which fields nobody knows.
    fn known(&mut self, given: &Map<String, Value>, path: &str, names: &[&str], shown: &[&str]) {
        for name in given.keys().filter(|it| !names.contains(&it.as_str()) && !shown.contains(&it.as_str())) {
            let near = nearest(names.iter().copied(), name);
            let near = near.map_or_else(String::new, |it| format!("; did you mean '{it}'?"));
            self.violations.field(format!("{path}{name}"), format!("unknown field{near}"));
        }
    }

    fn switch(&mut self, given: &Map<String, Value>, path: &str, name: &str) -> Option<bool> {
        match given.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(on)) => Some(*on),
            Some(_) => {
                self.violations.field(format!("{path}{name}"), "expected a boolean");
                None
            }
        }
    }

    fn model(&mut self, provider: &Row, model: &str) {
        const MODEL_MAX: usize = 256;
        let Entity::Provider(it) = &*provider.entity else { return };
        if model.is_empty() || model.chars().count() > MODEL_MAX || model.chars().any(char::is_control) {
            self.violations.field("model", "is no model's name");
        } else if !may_serve(it, model) {
            let listed = it.models.iter().flatten().map(|it| it.id.as_str());
            let near = nearest(listed, model).map_or_else(String::new, |it| format!("did you mean '{it}'? "));
            self.violations.field(
                "model",
                format!("the provider does not list '{model}': {near}add it to the provider's models first"),
            );
        }
    }

    fn entries(
        &mut self,
        provider: &Row,
        all: &[Value],
        context: &mut Context<'_>,
    ) -> Result<Vec<Wanted>, Refusal> {
        let mut entries = Vec::new();
        if all.len() > ENTRIES_MAX {
            self.violations.field("entries", format!("at most {ENTRIES_MAX} elements"));
            return Ok(entries);
        }
        for (index, value) in all.iter().enumerate() {
            // Elements count from 1, as everywhere.
            let path = format!("entries.{}", index + 1);
            let Value::Object(given) = value else {
                self.violations.field(path, "expected a record");
                continue;
            };
            let path = format!("{path}.");
            self.known(given, &path, &ENTRY, &ENTRY_SHOWN);
            let enabled = self.switch(given, &path, "enabled").unwrap_or(true);
            let repeat = self.repeat(given, &path);
            let credential = self.credential(provider, given, &path, context)?;
            if let Some(credential) = credential {
                entries.extend((0..repeat).map(|_| Wanted { credential, enabled }));
            }
        }
        if entries.len() > ENTRIES_MAX {
            self.violations.field("entries", format!("at most {ENTRIES_MAX} elements, repetitions counted"));
        }
        Ok(entries)
    }

    fn repeat(&mut self, given: &Map<String, Value>, path: &str) -> u64 {
        match given.get("repeat") {
            None | Some(Value::Null) => 1,
            Some(value) => match value.as_u64().filter(|it| (1..=REPEAT_MAX).contains(it)) {
                Some(repeat) => repeat,
                None => {
                    let message = format!("value should be an integer between 1 and {REPEAT_MAX}");
                    self.violations.field(format!("{path}repeat"), message);
                    1
                }
            },
        }
    }

    /// Whose entry it is: an existing credential, a new one, or (null) the default. None: that was wrong, and is said.
    fn credential(
        &mut self,
        provider: &Row,
        given: &Map<String, Value>,
        path: &str,
        context: &mut Context<'_>,
    ) -> Result<Option<Option<Uuid>>, Refusal> {
        let path = format!("{path}credential");
        let said = match given.get("credential") {
            Some(Value::Null) => return Ok(Some(None)),
            Some(Value::String(said)) => said.as_str(),
            Some(Value::Object(record)) if record.contains_key("secret") => {
                return self.add(provider, record, &path, context);
            }
            Some(Value::Object(record)) => {
                let of = |name: &str| record.get(name).and_then(Value::as_str);
                match of("id").or_else(|| of("name")) {
                    Some(said) => said,
                    None => {
                        self.violations.field(
                            path,
                            "name an existing one by id or name, or add a new one with name and secret",
                        );
                        return Ok(None);
                    }
                }
            }
            None => {
                self.violations
                    .field(path, "required field missing: a credential's name, or null for the default one");
                return Ok(None);
            }
            Some(_) => {
                self.violations
                    .field(path, "expected a name, {\"id\"}, {\"name\"}, {\"name\", \"secret\"}, or null");
                return Ok(None);
            }
        };
        let found = self.document.child(Kind::Credential, provider.id, said);
        if found.is_none() {
            let all = self.document.children(Kind::Credential, provider.id);
            let near = nearest(all.iter().filter_map(|row| row.name()), said);
            let known: Vec<&str> = all.iter().filter_map(|row| row.name()).collect();
            let hint = match near {
                Some(near) => format!("; did you mean '{near}'?"),
                None if known.is_empty() => "; it has none yet".to_owned(),
                None => format!(", but: {}", known.join(", ")),
            };
            let label = provider.label();
            self.violations.field(path, format!("provider {label} has no credential '{said}'{hint}"));
        }
        Ok(found.map(|row| Some(row.id)))
    }

    /// A credential that is made along with its entry.
    fn add(
        &mut self,
        provider: &Row,
        record: &Map<String, Value>,
        path: &str,
        context: &mut Context<'_>,
    ) -> Result<Option<Option<Uuid>>, Refusal> {
        let value = Value::Object(record.clone());
        let parent = Some(provider.id.to_string());
        let create = Edit::Create { kind: Kind::Credential, parent, value };
        match self.document.carry_out(create, context) {
            Ok(edited) => {
                self.document = edited.document;
                self.change.extend(edited.change);
                self.restored.extend(edited.restored);
                Ok(edited.row.map(|row| Some(row.id)))
            }
            Err(Refusal::Violations(wrong) | Refusal::ForeignKey { violations: wrong }) => {
                for (field, message) in wrong.iter() {
                    self.violations.field(format!("{path}.{field}"), message);
                }
                if wrong.iter().next().is_none() {
                    self.violations.field(path, wrong.message());
                }
                Ok(None)
            }
            Err(Refusal::Unique { .. }) => {
                self.violations.field(
                    format!("{path}.name"),
                    "is taken: leave the secret out to use the credential that has it",
                );
                Ok(None)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Turns need two distinct credentials that may be used.
    fn expect_enough(&self, provider: &Row, model: &str, entries: &[Wanted]) -> Result<(), Refusal> {
        let default = self.document.default_for_model(provider, model).map(|row| row.id);
        let usable = |id: &Uuid| {
            let row = self.document.by_id(Kind::Credential, *id);
            row.is_some_and(|row| matches!(&*row.entity, Entity::Credential(it) if it.enabled))
        };
        let enabled = entries.iter().filter(|it| it.enabled);
        let mut distinct: Vec<Uuid> =
            enabled.filter_map(|it| it.credential.or(default)).filter(usable).collect();
        distinct.sort();
        distinct.dedup();
        if distinct.len() >= MIN_ENABLED as usize {
            return Ok(());
        }
        let same = entries.iter().any(|it| it.enabled && it.credential.is_some() && it.credential == default)
            && entries.iter().any(|it| it.enabled && it.credential.is_none());
        let why = if same {
            format!(": {DEFAULT_CONFIG} follows the default, which is one of the others")
        } else {
            String::new()
        };
        Err(Refusal::TooFew {
            field: "entries".to_owned(),
            message: format!(
                "load balancing needs at least {MIN_ENABLED} distinct enabled credentials, and this leaves {}{why}",
                distinct.len()
            ),
        })
    }

    fn upstream(
        &mut self,
        existing: Option<&Arc<Row>>,
        name: &str,
        on: bool,
        context: &mut Context<'_>,
    ) -> Result<Arc<Row>, Refusal> {
        let pool = match existing {
            Some(row) if upstream(row).is_some_and(|it| it.enabled == on) => return Ok(Arc::clone(row)),
            Some(row) => load::changed(row, context.now, |fields| {
                fields.insert("enabled".to_owned(), on.into());
            })?,
            None => {
                let mut whole = defaults(schema(Kind::Upstream).fields);
                whole.insert("name".to_owned(), name.into());
                whole.insert("enabled".to_owned(), on.into());
                whole.insert("min_enabled".to_owned(), MIN_ENABLED.into());
                Arc::new(load::row(Kind::Upstream, (context.ids)(), context.now, context.now, whole)?)
            }
        };
        self.change.push(Change::Put(Arc::clone(&pool)));
        Ok(pool)
    }

    /// Keeps the targets that fit an entry, with all that was learned of them; makes and deletes the rest.
    fn targets(
        &mut self,
        pool: &Row,
        provider: &Row,
        model: &str,
        entries: &[Wanted],
        mut left: Vec<Arc<Row>>,
        context: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let mut missing: Vec<Wanted> = entries.to_vec();
        missing.retain(|entry| {
            let same = left.iter().position(|row| wanted(row) == Some(*entry));
            same.map(|at| left.remove(at)).is_none()
        });
        for entry in missing {
            let switched =
                left.iter().position(|row| wanted(row).is_some_and(|it| it.credential == entry.credential));
            let row = match switched.map(|at| left.remove(at)) {
                Some(row) => load::changed(&row, context.now, |fields| {
                    fields.insert("enabled".to_owned(), entry.enabled.into());
                })?,
                None => {
                    let mut whole = defaults(schema(Kind::Target).fields);
                    whole.insert("upstream".to_owned(), rules::reference(pool.id));
                    whole.insert("provider".to_owned(), rules::reference(provider.id));
                    whole.insert("model".to_owned(), model.into());
                    whole.insert("enabled".to_owned(), entry.enabled.into());
                    let credential = entry.credential.map_or(Value::Null, rules::reference);
                    whole.insert("credential".to_owned(), credential);
                    let id = (context.ids)();
                    Arc::new(load::row(Kind::Target, id, context.now, context.now, whole)?)
                }
            };
            self.change.push(Change::Put(row));
        }
        self.change.extend(left.iter().map(|row| Change::Delete(Kind::Target, row.id)));
        Ok(())
    }
}

/// The entry that a target is.
fn wanted(row: &Arc<Row>) -> Option<Wanted> {
    let target = target(row)?;
    let credential = target.credential.and_then(CredentialChoice::id);
    Some(Wanted { credential, enabled: target.enabled })
}

/// The default comes first, and stays when nobody names it: then it sits out.
fn keep_default(entries: &mut Vec<Wanted>, before: &[Arc<Row>]) {
    if entries.iter().all(|it| it.credential.is_some()) {
        let had = before.iter().filter_map(wanted).filter(|it| it.credential.is_none()).count();
        let kept = std::iter::repeat_n(Wanted { credential: None, enabled: false }, had.max(1));
        entries.splice(0..0, kept);
    }
    // The sort is stable.
    entries.sort_by_key(|it| it.credential.is_some());
}

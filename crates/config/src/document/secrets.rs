//! Secrets on their way into a row: sealed before the row exists.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::draft::Draft;
use crate::{
    Entity, Kind, Owner, Refusal, Secret, Violations,
    secret::{self, Written},
};

/// Seals the secret that a credential's body says. True if the body says where the secret is at all: the key may be
/// another one then, or the same, put right at the vendor's. A mask that was read stands for what is there.
pub(super) fn seal(
    draft: &Draft<'_>,
    id: Uuid,
    whole: &mut Map<String, Value>,
    seal: &dyn Fn(&Secret, Owner) -> String,
) -> Result<bool, Refusal> {
    if draft.kind != Kind::Credential {
        return Ok(false);
    }
    let given = draft.value.get("secret").is_some_and(|it| !it.is_null());
    let Some(text) = whole.get("secret").and_then(Value::as_str) else {
        return Ok(false);
    };
    let kept = draft.existing.and_then(|row| match &*row.entity {
        Entity::Credential(credential) => Some(credential.secret.as_str()),
        _ => None,
    });
    let written = match Written::of(text) {
        Written::Literal(key) => {
            let key = Secret::new(key.to_owned());
            secret::sealed(&seal(&key, owner(whole, id)), &key)
        }
        Written::Mask => match kept.filter(|kept| Written::shown(kept) == text) {
            Some(kept) => {
                let kept = kept.to_owned();
                whole.insert("secret".to_owned(), kept.into());
                return Ok(false);
            }
            None => {
                let mut violations = Violations::new();
                violations.field("secret", "is a mask, but not this credential's: write the secret itself");
                return Err(violations.into());
            }
        },
        Written::Variable(_) | Written::File(_) | Written::Sealed(_) => {
            return Ok(given && kept != Some(text));
        }
    };
    whole.insert("secret".to_owned(), written.into());
    Ok(true)
}

fn owner(whole: &Map<String, Value>, credential: Uuid) -> Owner {
    let provider = whole.get("provider").and_then(|it| it.get("id")?.as_str()?.parse().ok());
    Owner { provider: provider.unwrap_or_default(), credential }
}

//! Why an edit is refused, as the Admin API says it.

use serde_json::{Value, json};

use crate::Violations;

/// Why an edit or a list is refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// What the path names does not exist.
    NotFound,
    /// The body is not what the schema asks for.
    Violations(Violations),
    /// Another entity has that identity.
    PrimaryKey {
        /// The identity, by field.
        fields: Value,
    },
    /// The body refers to something that does not exist.
    ForeignKey {
        /// Messages by field.
        violations: Violations,
    },
    /// Something still refers to what is to be deleted.
    InUse {
        /// Who, as `route my-route`.
        users: Vec<String>,
    },
    /// Another entity has that name, or matches the same requests.
    Unique {
        /// The values that clash, by field.
        fields: Value,
    },
    /// Fewer would be left enabled than there must be.
    TooFew {
        /// What was about to change.
        field: String,
        /// How many are needed, how many are left, and what to do.
        message: String,
    },
    /// `If-Match` does not fit what is there, or `If-None-Match: *` found something.
    PreconditionFailed,
    /// A derived entity: it follows from others and can not be written.
    ReadOnly {
        /// What it follows from.
        message: String,
    },
    /// A page token that this list did not hand out.
    InvalidOffset,
    /// A page size outside 1–1000.
    InvalidSize,
}

impl Refusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::NotFound => 404,
            Refusal::PrimaryKey { .. } | Refusal::Unique { .. } | Refusal::InUse { .. } => 409,
            Refusal::PreconditionFailed => 412,
            Refusal::ReadOnly { .. } => 405,
            Refusal::TooFew { .. } => 422,
            Refusal::Violations(_)
            | Refusal::ForeignKey { .. }
            | Refusal::InvalidOffset
            | Refusal::InvalidSize => 400,
        }
    }

    /// Kong's code, where there is one.
    pub fn code(&self) -> Option<u8> {
        match self {
            Refusal::Violations(_) | Refusal::TooFew { .. } => Some(2),
            Refusal::PrimaryKey { .. } => Some(3),
            Refusal::ForeignKey { .. } | Refusal::InUse { .. } => Some(4),
            Refusal::Unique { .. } => Some(5),
            Refusal::InvalidOffset => Some(7),
            Refusal::InvalidSize => Some(9),
            Refusal::NotFound | Refusal::PreconditionFailed | Refusal::ReadOnly { .. } => None,
        }
    }

    /// What goes with the code.
    pub fn name(&self) -> Option<&'static str> {
        self.code().map(|code| match code {
            2 => "schema violation",
            3 => "primary key violation",
            4 => "foreign key violation",
            5 => "unique constraint violation",
            7 => "invalid offset",
            _ => "invalid size",
        })
    }

    /// For people.
    pub fn message(&self) -> String {
        match self {
            Refusal::NotFound => "Not found".to_owned(),
            Refusal::Violations(violations) => violations.message(),
            Refusal::PrimaryKey { fields } => format!("primary key violation on key '{}'", pairs(fields)),
            Refusal::ForeignKey { violations } => {
                let all: Vec<String> =
                    violations.iter().map(|(path, message)| format!("{path}: {message}")).collect();
                format!("foreign key violation ({})", all.join("; "))
            }
            Refusal::InUse { users } => {
                format!("still used by {}; ?force=true lets go of it there", users.join(", "))
            }
            Refusal::Unique { fields } => format!("UNIQUE violation detected on '{}'", pairs(fields)),
            Refusal::TooFew { message, .. } => format!("schema violation ({message})"),
            Refusal::PreconditionFailed => "Precondition failed".to_owned(),
            Refusal::ReadOnly { message } => message.clone(),
            Refusal::InvalidOffset => "offset is not one that this list handed out".to_owned(),
            Refusal::InvalidSize => "size must be an integer between 1 and 1000".to_owned(),
        }
    }

    /// What is wrong, by field.
    pub fn fields(&self) -> Value {
        match self {
            Refusal::Violations(violations) | Refusal::ForeignKey { violations } => violations.fields(),
            Refusal::PrimaryKey { fields } | Refusal::Unique { fields } => fields.clone(),
            Refusal::TooFew { field, message } => json!({ field.as_str(): message }),
            Refusal::InUse { users } => json!({ "@referenced_by": users }),
            Refusal::InvalidOffset => json!({ "offset": self.message() }),
            Refusal::InvalidSize => json!({ "size": self.message() }),
            Refusal::NotFound | Refusal::PreconditionFailed | Refusal::ReadOnly { .. } => json!({}),
        }
    }

    /// The whole error body.
    pub fn body(&self) -> Value {
        match (self.code(), self.name()) {
            (Some(code), Some(name)) => {
                json!({ "code": code, "name": name, "message": self.message(), "fields": self.fields() })
            }
            _ => json!({ "message": self.message() }),
        }
    }
}

impl From<Violations> for Refusal {
    fn from(violations: Violations) -> Self {
        Refusal::Violations(violations)
    }
}

/// `{name="a",…}`, as Kong writes keys in messages.
fn pairs(fields: &Value) -> String {
    let Value::Object(fields) = fields else {
        return fields.to_string();
    };
    let all: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{{{}}}", all.join(","))
}

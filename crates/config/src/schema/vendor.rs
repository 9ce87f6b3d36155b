//! The fields of providers and credentials.

use super::{Field, Literal, Schema, Type, fields::*, shape};
use crate::Kind;

pub(super) static PROVIDER: Schema = Schema {
    kind: Kind::Provider,
    doc: "A vendor, or whatever speaks like one.",
    fields: &[
        Field::required("name", Type::Text(shape::NAME), "Unique. Clients may say it as `{name}/{model}`."),
        Field::required(
            "kind",
            Type::Text(shape::KIND),
            "How it talks: openai, anthropic, …, or openai-compatible with an endpoint of its own.",
        ),
        Field::new(
            "endpoints",
            Type::List(&Type::Record(ENDPOINT), 16),
            Literal::EmptyList,
            "Where it is; none: the kind's own place.",
        ),
        Field::optional(
            "models",
            Type::List(&Type::Shorthand(MODEL_FIELDS), 4096),
            "What it serves. Null: nobody has listed them, and any name is passed on.",
        ),
        Field::optional("default_model", MODEL, "What `@default` stands for; null: the kind's own."),
        Field::new("rank", Type::Integer(1, 1_000_000), Literal::Integer(1), "Load priority, lower first."),
        Field::flag("enabled", true, "False: serves nothing."),
        Field::optional(
            "default_credential",
            Type::Reference(Kind::Credential),
            "The credential of targets that name none; null: the first by rank.",
        ),
        Field::new(
            "credential_algorithm",
            Type::Choice(&["priority", "round-robin"]),
            Literal::Text("priority"),
            "How one of several credentials is chosen.",
        ),
        Field::record("tls", TLS, "Whom its endpoints must prove themselves to."),
        TAGS,
    ],
};

const ENDPOINT: &[Field] = &[
    Field::new("name", Type::Text(shape::NAME), Literal::Text("default"), "Unique within the provider."),
    Field::required("url", Type::Text(shape::URL), "What the vendor's SDK takes as base URL, or `env:NAME`."),
    Field::new("environment", ENVIRONMENT, Literal::Text("any"), "Which requests it may serve."),
];

const MODEL_FIELDS: &[Field] = &[
    Field::required("id", MODEL, "As the vendor spells it."),
    Field::optional("context_window", Type::Integer(1, 1_000_000_000), "Tokens it can take."),
];

pub(super) static CREDENTIAL: Schema = Schema {
    kind: Kind::Credential,
    doc: "An API key of a provider.",
    fields: &[
        Field::required("provider", Type::Reference(Kind::Provider), "Whose; the path says it."),
        Field::required("name", Type::Text(shape::SHORT_NAME), "Unique within the provider."),
        Field::required("secret", Type::Text(shape::SECRET), "Where the key is: `env:NAME` or `file:PATH`."),
        Field::flag("enabled", true, "False: out, everywhere."),
        Field::new("rank", Type::Integer(1, 1_000_000), Literal::Integer(1), "Lower first."),
        Field::new("weight", WEIGHT, Literal::Integer(100), "Its share where several take turns."),
        Field::optional("models", Type::List(&MODEL, 1024), "The models it may be used for; null: all."),
        Field::new("environment", ENVIRONMENT, Literal::Text("any"), "Which requests it may serve."),
        Field::optional("expires_at", Type::Text(shape::INSTANT), "Out from then on."),
        TAGS,
    ],
};

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
            Type::Choice(&dialect::KIND_NAMES),
            "How it talks: openai, anthropic, …, or openai-compatible with an endpoint of its own.",
        ),
        Field::new(
            "endpoints",
            Type::List(&Type::Record(ENDPOINT), 16),
            Literal::EmptyList,
            "Where it is; none: the kind's own place.",
        ),
        Field::optional(
            "api_version",
            Type::Text(shape::API_VERSION),
            "Azure only: the version by its date (`2024-10-21`), which asks `/openai/deployments/{model}/…`, each model by \
             its deployment's name. Null: `/openai/v1`, which needs no version.",
        ),
        Field::optional(
            "models",
            Type::List(&Type::Shorthand(MODEL_FIELDS), 4096),
            "What it serves. Null: nobody has listed them, and any name is passed on.",
        ),
        Field::optional("default_model", MODEL, "What `@default` stands for; null: the kind's own."),
        Field::optional(
            "rank",
            PLACE,
            "Load priority, 1 first. Setting it inserts there and shifts the others; nobody says: the last place.",
        ),
        Field::flag("enabled", true, "False: serves nothing."),
        Field::optional(
            "default_credential",
            Type::Reference(Kind::Credential),
            "The credential of targets that name none: the first that was made, until another is named; null: the \
             first by rank.",
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
    Field::optional(
        "region",
        Type::Text(shape::REGION),
        "bedrock: Amazon's region to sign requests for; null: the URL says it, as \
         `bedrock-runtime.REGION.amazonaws.com` does.",
    ),
    Field::new("environment", ENVIRONMENT, Literal::Text("any"), "Which requests it may serve."),
];

const MODEL_FIELDS: &[Field] = &[
    Field::required("id", MODEL, "As the vendor spells it."),
    Field::optional(
        "context_window",
        Type::Integer(1, 1_000_000_000),
        "Tokens it can take; null: nothing is known. A longer request goes elsewhere.",
    ),
    Field::optional(
        "capabilities",
        Type::List(&Type::Text(shape::TAG), 64),
        "What it can. A list is taken at its word: what it does not name of `tools`, `vision` and `json_schema` the model cannot, and it is no candidate for requests that need it. Null: nothing is known, and it is tried.",
    ),
    Field::optional(
        "default_credential",
        Type::Reference(Kind::Credential),
        "The credential of this model's targets that name none; null: the provider's.",
    ),
];

pub(super) static CREDENTIAL: Schema = Schema {
    kind: Kind::Credential,
    doc: "An API key of a provider.",
    fields: &[
        Field::required("provider", Type::Reference(Kind::Provider), "Whose; the path says it."),
        Field::required("name", Type::Text(shape::SHORT_NAME), "Unique within the provider."),
        Field::required(
            "secret",
            Type::Text(shape::SECRET),
            "The key itself, encrypted at rest and read back as a mask; or where it is: `env:NAME`, `file:PATH`. Of \
             vertex also a Google account's key file, its text; of bedrock a Bedrock API key, or \
             `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` behind it for a temporary key; `env:` takes the \
             parts from variables of their own, `env:AWS_ACCESS_KEY_ID:AWS_SECRET_ACCESS_KEY`.",
        ),
        Field::flag(
            "enabled",
            true,
            "False: out, everywhere. Saying true also ends what keeps it out for a rejection or a quota.",
        ),
        Field::optional(
            "rank",
            PLACE,
            "Its place among its provider's, 1 first. Setting it inserts there and shifts the others; nobody says: the \
             last place.",
        ),
        Field::new("weight", WEIGHT, Literal::Integer(100), "Its share where several take turns."),
        Field::optional("models", Type::List(&MODEL, 1024), "The models it may be used for; null: all."),
        Field::new("environment", ENVIRONMENT, Literal::Text("any"), "Which requests it may serve."),
        Field::optional("expires_at", Type::Text(shape::INSTANT), "Out from then on."),
        Field::record(
            "limits",
            LIMITS,
            "How much of it may be used, everywhere together. At a limit it cools (`own_limit`), and others serve.",
        ),
        Field::record("overrides", OVERRIDES, "What is sent with this key and no other."),
        TAGS,
    ],
};

/// A place in an order. Beyond the last one means the last one, so the bound is only what JSON counts exactly.
const PLACE: Type = Type::Integer(1, 9_007_199_254_740_991);

const LIMITS: &[Field] = &[
    Field::optional(
        "rpm",
        Type::Integer(1, 1_000_000_000),
        "Requests: never more within any 60 seconds, and all of them at once if they come at once. Every try counts, \
         whatever comes of it. Null: no limit of ours.",
    ),
    Field::optional(
        "tpm",
        Type::Integer(1, 1_000_000_000_000),
        "Tokens within 60 seconds, input and output, as the vendor's answers tell them; what they do not tell is not \
         counted. Known only afterwards, so requests under way may exceed it; then the key is out until it fits again. \
         Null: no limit of ours.",
    ),
    Field::optional(
        "max_concurrent",
        Type::Integer(1, 1_000_000),
        "Requests at once, streams until they end. Null: no limit of ours.",
    ),
];

const OVERRIDES: &[Field] = &[
    Field::new(
        "headers",
        Type::Headers,
        Literal::EmptyMap,
        "Added to every request, in the place of the client's. Kept and shown as they are: no secrets.",
    ),
    Field::optional(
        "organization",
        Type::Text(shape::ORGANIZATION),
        "`openai-organization`: which account of several the key speaks for.",
    ),
];

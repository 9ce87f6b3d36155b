//! The fields of targets, services and routes.

use super::{Field, Literal, Schema, Type, fields::*, shape};
use crate::Kind;

pub(super) static TARGET: Schema = Schema {
    kind: Kind::Target,
    doc: "A member of an upstream: a raw host, or a provider.",
    fields: &[
        Field::required("upstream", Type::Reference(Kind::Upstream), "Whose member; the path says it."),
        Field::optional(
            "target",
            Type::Text(shape::TARGET),
            "`host:port`; without a port 443. Exactly one of `target` and `provider`.",
        ),
        Field::optional("provider", Type::Reference(Kind::Provider), "Whose endpoint and keys."),
        Field::optional(
            "scheme",
            Type::Choice(&["http", "https"]),
            "Of a raw host; null follows the port: 443 is https.",
        ),
        Field::optional(
            "endpoint",
            Type::Text(shape::FREE),
            "The provider's endpoint by name; null: the first that fits the environment.",
        ),
        Field::optional(
            "model",
            MODEL,
            "The model it is asked for; null keeps the client's, `@default` is the provider's current default.",
        ),
        Field::new(
            "model_location",
            Type::Text(shape::MODEL_LOCATION),
            Literal::Text("body"),
            "Where it wants to be told the model: body; path (in place of the segment behind `models`, `model` or `deployments`, or else right before the endpoint: `/MODEL/chat/completions`); header:NAME; query:NAME. Anywhere but in the body, a JSON body loses its `model`: some vendors refuse it there.",
        ),
        Field::optional(
            "credential",
            Type::Credential,
            "What it is paid with: a credential, `*` for every usable one of the provider, null for the provider's default or, with a raw host, the client's own Authorization.",
        ),
        Field::new("weight", WEIGHT, Literal::Integer(100), "Its share; 0 drains it."),
        Field::new(
            "tier",
            RANK,
            Literal::Integer(0),
            "Lower first; a tier is left only when nobody in it is available. Null for a backup.",
        )
        .or_null(),
        Field::flag("backup", false, "One tier below every regular one."),
        Field::new("environment", ENVIRONMENT, Literal::Text("any"), "Which requests it may serve."),
        Field::flag("enabled", true, "False: kept, but never picked."),
        TAGS,
    ],
};

pub(super) static SERVICE: Schema = Schema {
    kind: Kind::Service,
    doc: "A named group of routes.",
    fields: &[Field::required("name", Type::Text(shape::NAME), "Unique."), TAGS],
};

pub(super) static ROUTE: Schema = Schema {
    kind: Kind::Route,
    doc: "What matches, and which upstream serves it in which environment.",
    fields: &[
        Field::optional("name", Type::Text(shape::NAME), "Unique where set."),
        Field::optional("service", Type::Reference(Kind::Service), "The group it belongs to."),
        Field::new(
            "paths",
            Type::List(&Type::Text(shape::PATH_PATTERN), 128),
            Literal::EmptyList,
            "Prefixes at segment borders, the longest wins; `~` starts a regular expression.",
        ),
        Field::new(
            "methods",
            Type::List(&Type::Text(shape::METHOD), 16),
            Literal::EmptyList,
            "HTTP methods; none: any.",
        ),
        Field::new(
            "hosts",
            Type::List(&Type::Text(shape::HOST_PATTERN), 128),
            Literal::EmptyList,
            "Hosts, `*.example.com` and `example.*` included; none: any.",
        ),
        Field::new(
            "models",
            Type::List(&MODEL, 1024),
            Literal::EmptyList,
            "Model names that clients ask for (aliases); none: any.",
        ),
        Field::optional(
            "upstream",
            Type::Reference(Kind::Upstream),
            "Serves every environment. Exactly one of `upstream`, `upstreams` and `provider`.",
        ),
        Field::optional("upstreams", Type::Record(PER_ENVIRONMENT), "Serves one environment each."),
        Field::optional(
            "provider",
            Type::Reference(Kind::Provider),
            "Serves every environment, the others after it while the upstream `default` is enabled.",
        ),
        Field::optional("model", MODEL, "The provider's model; null keeps the client's."),
        Field::flag(
            "strip_path",
            false,
            "Whether the matched prefix is taken off a path that is no known endpoint.",
        ),
        Field::flag("enabled", true, "False: as if it were not there."),
        TAGS,
    ],
};

const PER_ENVIRONMENT: &[Field] = &[
    Field::optional("production", Type::Reference(Kind::Upstream), "For production requests."),
    Field::optional("sandbox", Type::Reference(Kind::Upstream), "For sandbox requests."),
];

//! The fields of consumers and client keys. A key's secret is no field: it is made by the gateway, shown once and
//! forgotten.

use super::{Field, Literal, Schema, Type, fields::*, shape};
use crate::Kind;

pub(super) static CONSUMER: Schema = Schema {
    kind: Kind::Consumer,
    doc: "Somebody whom client keys are given out to: an application, a team, a person.",
    fields: &[Field::required("name", Type::Text(shape::NAME), "Unique."), TAGS],
};

pub(super) static CLIENT_KEY: Schema = Schema {
    kind: Kind::ClientKey,
    doc: "A key of a consumer, which clients send instead of a vendor's. As soon as one exists the proxy wants one.",
    fields: &[
        Field::required("consumer", Type::Reference(Kind::Consumer), "Whose; the path says it."),
        Field::required(
            "name",
            Type::Text(shape::SHORT_NAME),
            "Unique within the consumer; what logs call it.",
        ),
        Field::new(
            "environment",
            Type::Choice(&["production", "sandbox"]),
            Literal::Text("production"),
            "The environment of every request that bears it.",
        ),
        Field::optional(
            "routes",
            Type::List(&Type::Reference(Kind::Route), 128),
            "The routes that it opens, and nothing but them; null: every route, upstream and model.",
        ),
        Field::optional(
            "models",
            Type::List(&MODEL, 1024),
            "The models that it may ask for, as clients write them (aliases and upstreams' names are models here; \
             `default` stands for naming none); null: all.",
        ),
        Field::optional("expires_at", Type::Text(shape::INSTANT), "It opens nothing from then on."),
        Field::flag("enabled", true, "False: it opens nothing, from the next request on."),
        TAGS,
    ],
};

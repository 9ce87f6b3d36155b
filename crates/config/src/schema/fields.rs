//! Types that several tables use.

use super::{Field, Type, shape};

/// A year: longer than anything here should last, short enough for every clock.
const SECONDS_MAX: f64 = 31_536_000.0;

/// A duration, fractions allowed.
pub(super) const SECONDS: Type = Type::Number(0.0, SECONDS_MAX);

/// A duration that must take some time.
pub(super) const SOME_SECONDS: Type = Type::Number(0.001, SECONDS_MAX);

/// A duration, or learned from what the pair has shown.
pub(super) const SECONDS_OR_AUTO: Type = Type::NumberOr("auto", 0.001, SECONDS_MAX);

/// How long an exhausted quota lasts.
pub(super) const SECONDS_OR_UNTIL_ENABLED: Type = Type::NumberOr("until_enabled", 0.0, SECONDS_MAX);

/// HTTP statuses, as Kong bounds them.
pub(super) const STATUSES: Type = Type::List(&Type::Integer(100, 999), 32);

/// A counter's threshold, as Kong bounds them; 0 disables.
pub(super) const THRESHOLD: Type = Type::Integer(0, 255);

/// A share.
pub(super) const WEIGHT: Type = Type::Integer(0, 65_535);

/// Lower first; the bound leaves room for a computed tier above and below every written one.
pub(super) const RANK: Type = Type::Integer(0, 1_000_000);

/// A model's name.
pub(super) const MODEL: Type = Type::Text(shape::MODEL);

/// Which requests something may serve.
pub(super) const ENVIRONMENT: Type = Type::Choice(&["any", "production", "sandbox"]);

/// Labels.
pub(super) const TAGS: Field = Field::optional(
    "tags",
    Type::List(&Type::Text(shape::TAG), 64),
    "Free labels to filter lists by: `?tags=a,b` has both, `?tags=a/b` has either.",
);

/// Whom a TLS address must prove itself to.
pub(super) const TLS: &[Field] = &[
    Field::optional(
        "ca_file",
        Type::Text(shape::FREE),
        "Certificates to trust besides the platform's, in a PEM file.",
    ),
    Field::flag("verify", true, "False: any certificate will do. Only for tests."),
    Field::optional("server_name", Type::Text(shape::HOST), "The name to expect instead of the host."),
];

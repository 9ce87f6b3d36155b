//! The fields of upstreams, Kong's first.

use super::{Field, Literal, Schema, Type, fields::*, health::HEALTHCHECKS, shape};
use crate::Kind;

pub(super) static UPSTREAM: Schema = Schema {
    kind: Kind::Upstream,
    doc: "A load-balancing pool: named targets, one algorithm, and the rules of who is available.",
    fields: UPSTREAM_FIELDS,
};

const UPSTREAM_FIELDS: &[Field] = &[
    Field::required(
        "name",
        Type::Text(shape::UPSTREAM_NAME),
        "Unique. Clients may say it as `/{name}/v1/…` or as the model. `{provider}/{model}` is a pool of the load-balancing view, which alone makes such names.",
    ),
    Field::flag(
        "enabled",
        true,
        "False keeps the targets for later: the first one's provider serves with its default credential alone.",
    ),
    Field::new(
        "algorithm",
        Type::Choice(ALGORITHMS),
        Literal::Text("round-robin"),
        "How available targets are put in order. Smooth weighted turns serve most pools best, so they are the default. `weighted-round-robin` is another name for it.",
    ),
    Field::new(
        "hash_on",
        Type::Choice(HASH_ON),
        Literal::Text("none"),
        "Where the key of consistent hashing comes from. Anything but none means consistent hashing, unless the same body names another algorithm.",
    ),
    Field::optional("hash_on_header", Type::Text(shape::HEADER), "The header, for `hash_on` header."),
    Field::optional(
        "hash_on_cookie",
        Type::Text(shape::HEADER),
        "The cookie, for `hash_on` or `hash_fallback` cookie; it is set when it is missing.",
    ),
    Field::new(
        "hash_on_cookie_path",
        Type::Text(shape::PATH),
        Literal::Text("/"),
        "The path of the cookie that is set.",
    ),
    Field::optional("hash_on_query_arg", Type::Text(shape::FREE), "The argument, for `hash_on` query_arg."),
    Field::new(
        "hash_fallback",
        Type::Choice(HASH_ON),
        Literal::Text("none"),
        "Where the key comes from when `hash_on` gives nothing. None: such requests are spread.",
    ),
    Field::optional(
        "hash_fallback_header",
        Type::Text(shape::HEADER),
        "The header, for `hash_fallback` header.",
    ),
    Field::optional(
        "hash_fallback_query_arg",
        Type::Text(shape::FREE),
        "The argument, for `hash_fallback` query_arg.",
    ),
    Field::new(
        "slots",
        Type::Integer(10, 65_536),
        Literal::Integer(10_000),
        "Points on the consistent-hashing ring. Ten thousand share hundreds of targets out evenly.",
    ),
    Field::record("healthchecks", HEALTHCHECKS, "Counters, probes and ejection of addresses."),
    Field::record("retries", RETRIES, "How often and how long one request tries."),
    Field::record("timeouts", TIMEOUTS, "Time limits."),
    Field::record(
        "suspension",
        SUSPENSION,
        "How long each class of failure keeps its scope out, in seconds; null remembers nothing for that class.",
    ),
    Field::optional(
        "suspend_duration",
        SECONDS,
        "Writes every class of `suspension` but quota; part of the answer while all are equal.",
    )
    .only_in_bodies(),
    Field::record("affinity", AFFINITY, "Whether callers stick to the target that served them last."),
    Field::new(
        "on_empty",
        Type::Choice(&["reject", "bypass"]),
        Literal::Text("reject"),
        "What a request of an environment without targets gets: 503, or the provider's default credential and the client's own model.",
    ),
    Field::new(
        "min_enabled",
        Type::Integer(0, 65_535),
        Literal::Integer(0),
        "So many distinct credentials must stay enabled once they are there: what would leave fewer is refused (422). 0: nobody counts. Pools of the load-balancing view have 2, since turns of one are none.",
    ),
    Field::new(
        "response_buffer_bytes",
        Type::Integer(0, 67_108_864),
        Literal::Integer(262_144),
        "A plain answer up to this size is held until complete, so that one cut half-way fails over. Most answers are far smaller.",
    ),
    Field::new(
        "lossy",
        Type::Choice(&["refuse", "drop"]),
        Literal::Text("refuse"),
        "What becomes of fields that cannot be carried into a vendor's dialect: the target is no candidate, or they are left out and listed in `x-spillway-dropped`.",
    ),
    Field::optional(
        "host_header",
        Type::Text(shape::HOST),
        "`Host` for the targets, instead of each target's own.",
    ),
    Field::record("tls", TLS, "Whom raw-host targets must prove themselves to."),
    Field::flag(
        "match_unknown_models",
        false,
        "Only for the built-in upstream `default`: model names that nobody knows go there, too, instead of 404.",
    ),
    TAGS,
];

const ALGORITHMS: &[&str] = &[
    "round-robin",
    "weighted-round-robin",
    "weighted-random",
    "least-connections",
    "consistent-hashing",
    "latency",
    "priority",
];

const HASH_ON: &[&str] = &["none", "consumer", "ip", "header", "cookie", "path", "query_arg"];

const RETRIES: &[Field] = &[
    Field::new(
        "attempts",
        Type::Integer(1, 100),
        Literal::Integer(3),
        "Tries that end with an address's or a pair's failure, the first included; 1 answers with the first.",
    ),
    Field::new(
        "credential_attempts",
        Type::Integer(1, 10_000),
        Literal::Integer(32),
        "Tries that end with a credential's failure. Each takes its own key out, so a big pool of spent keys still answers.",
    ),
    Field::optional("deadline", SOME_SECONDS, "No further try is started this long after the request began."),
    Field::record("budget", BUDGET, "What retries may add to the traffic, so that they can not storm."),
];

const BUDGET: &[Field] = &[
    Field::new("ratio", Type::Number(0.0, 100.0), Literal::Number(0.2), "Retries per request."),
    Field::new(
        "min_per_second",
        Type::Number(0.0, 1_000_000.0),
        Literal::Integer(10),
        "Retries per second that are always allowed.",
    ),
    Field::new("window", Type::Number(1.0, 3600.0), Literal::Integer(10), "How far back it looks."),
];

const TIMEOUTS: &[Field] = &[
    Field::new("connect", SOME_SECONDS, Literal::Integer(5), "TCP and TLS."),
    Field::new(
        "first_token",
        SECONDS_OR_AUTO,
        Literal::Text("auto"),
        "Streamed: sent to first content. Auto is five times the p95 that the pair has shown, within 10–600: a fixed number either kills slow reasoning models or never fires.",
    ),
    Field::new(
        "response",
        SECONDS_OR_AUTO,
        Literal::Text("auto"),
        "Not streamed: sent to headers. Auto as above, within 60–600.",
    ),
    Field::new("idle", SOME_SECONDS, Literal::Integer(60), "Between chunks."),
    Field::optional("total", SOME_SECONDS, "The whole request."),
];

const SUSPENSION: &[Field] = &[
    Field::new("rate_limit", SECONDS, Literal::Integer(60), "429 without a hint: credential and model.")
        .or_null(),
    Field::new("auth", SECONDS, Literal::Integer(10), "A rejected key, doubling to 600.").or_null(),
    Field::new(
        "connect",
        SECONDS,
        Literal::Integer(10),
        "Connect, TLS, DNS, reset before bytes; a key whose token is not to be had.",
    )
    .or_null(),
    Field::new("timeout", SECONDS, Literal::Integer(10), "No first byte in time.").or_null(),
    Field::new("overloaded", SECONDS, Literal::Integer(10), "529, 503 overloaded.").or_null(),
    Field::new("not_found", SECONDS, Literal::Integer(60), "The vendor has no such model.").or_null(),
    Field::optional("server_error", SECONDS, "Other 5xx; the address's counters count them anyway."),
    Field::new(
        "quota",
        SECONDS_OR_UNTIL_ENABLED,
        Literal::Text("until_enabled"),
        "Out of quota or credit: until somebody enables the key again, or that long.",
    ),
    Field::flag("honour_retry_after", true, "Whether a vendor's hint replaces the class's own duration."),
    Field::new(
        "cap",
        SOME_SECONDS,
        Literal::Integer(900),
        "Longest hint believed: a vendor that asks for a day must not park the pool.",
    ),
];

/// The classes that `suspend_duration` writes.
pub(crate) const SUSPENSION_CLASSES: [&str; 7] =
    ["rate_limit", "auth", "connect", "timeout", "overloaded", "not_found", "server_error"];

const AFFINITY: &[Field] = &[
    Field::new(
        "key",
        Type::Text(shape::AFFINITY),
        Literal::Text("none"),
        "none, session (the session headers of known clients, or else the client's key), prefix (same beginning of the prompt), header:NAME or body:FIELD.",
    ),
    Field::new(
        "ttl",
        SOME_SECONDS,
        Literal::Integer(300),
        "After its last use a bond is forgotten; vendors keep a prompt cache about that long.",
    ),
];

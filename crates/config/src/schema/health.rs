//! The fields of health checks, Kong's names and defaults, with thresholds that are in force.

use super::{Field, Literal, Type, fields::*, shape};

/// Counters, probes and ejection.
pub(super) const HEALTHCHECKS: &[Field] = &[
    Field::new(
        "threshold",
        Type::Number(0.0, 100.0),
        Literal::Integer(0),
        "While a smaller percentage of the targets' weight is at healthy addresses, the upstream as a whole is unhealthy and serves nobody (503); 0: never.",
    ),
    Field::record("active", ACTIVE, "Probes."),
    Field::record("passive", PASSIVE, "What traffic shows."),
];

const ACTIVE: &[Field] = &[
    Field::new(
        "type",
        Type::Choice(&["http", "https", "tcp", "models"]),
        Literal::Text("http"),
        "What a probe does. `models` asks for /v1/models with a credential of the target.",
    ),
    Field::new("timeout", SOME_SECONDS, Literal::Integer(1), "A probe is given up after this."),
    Field::new("concurrency", Type::Integer(1, 1024), Literal::Integer(10), "Probes under way at once."),
    Field::new("http_path", Type::Text(shape::PATH), Literal::Text("/"), "What is asked for."),
    Field::new("headers", Type::Headers, Literal::EmptyMap, "Added to the request."),
    Field::flag("https_verify_certificate", true, "False: any certificate will do for the probe."),
    Field::record("healthy", ACTIVE_HEALTHY, "What counts as good."),
    Field::record("unhealthy", ACTIVE_UNHEALTHY, "What counts as bad."),
];

const ACTIVE_HEALTHY: &[Field] = &[
    Field::new("interval", SECONDS, Literal::Integer(0), "Between probes of a healthy address; 0: none."),
    Field::new("http_statuses", STATUSES, Literal::Integers(&[200, 302]), "Good statuses."),
    Field::new("successes", THRESHOLD, Literal::Integer(2), "In a row, to be healthy again; 0 disables."),
];

const ACTIVE_UNHEALTHY: &[Field] = &[
    Field::new("interval", SECONDS, Literal::Integer(0), "Between probes of an unhealthy address; 0: none."),
    Field::new(
        "http_statuses",
        STATUSES,
        Literal::Integers(&[500, 501, 502, 503, 504, 505]),
        "Bad statuses. Public AI APIs answer 404 on most paths: reachable is good enough.",
    ),
    Field::new("http_failures", THRESHOLD, Literal::Integer(3), "In a row, to be ejected; 0 disables."),
    Field::new("tcp_failures", THRESHOLD, Literal::Integer(3), "In a row, to be ejected; 0 disables."),
    Field::new("timeouts", THRESHOLD, Literal::Integer(3), "In a row, to be ejected; 0 disables."),
];

const PASSIVE: &[Field] = &[
    Field::record("healthy", PASSIVE_HEALTHY, "What counts as good."),
    Field::record("unhealthy", PASSIVE_UNHEALTHY, "What counts as bad."),
];

const PASSIVE_HEALTHY: &[Field] = &[
    Field::new(
        "http_statuses",
        STATUSES,
        Literal::Integers(&[
            200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308,
        ]),
        "Good statuses.",
    ),
    Field::new("successes", THRESHOLD, Literal::Integer(2), "In a row, to be healthy again; 0 disables."),
];

const PASSIVE_UNHEALTHY: &[Field] = &[
    Field::new(
        "http_statuses",
        STATUSES,
        Literal::Integers(&[500, 502, 503]),
        "Bad statuses. 429 is a credential's affair unless it is listed here.",
    ),
    Field::new("http_failures", THRESHOLD, Literal::Integer(3), "In a row, to be ejected; 0 disables."),
    Field::new("tcp_failures", THRESHOLD, Literal::Integer(3), "In a row, to be ejected; 0 disables."),
    Field::new("timeouts", THRESHOLD, Literal::Integer(3), "In a row, to be ejected; 0 disables."),
    Field::new(
        "ejection_time",
        SOME_SECONDS,
        Literal::Integer(10),
        "Until the first half-open trial, doubling to 300.",
    ),
];

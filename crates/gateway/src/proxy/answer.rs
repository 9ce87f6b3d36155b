//! The gateway's own failures, in the dialect the caller speaks, with what to do about them.

use std::{borrow::Cow, sync::Arc, time::Duration};

use balance::{Environment, Exhausted, Kind};
use bytes::Bytes;
use dialect::{Code, Dialect};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::{
    absence::{Absence, Place},
    attempt::Failed,
    body::Body,
    classify::Opening,
    course::Course,
    headers,
    journey::Journey,
    outcome::LastFailure,
    record::{End, environment},
    translate,
};

/// Longest `Retry-After` given to a client (CONTRACT "Answers"): some SDKs sleep whatever they are told.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// To somebody who has only just started it.
const NO_PROVIDER: &str = "no provider is configured: set OPENAI_API_KEY or ANTHROPIC_API_KEY and restart, or create an \
                           upstream with targets through the Admin API";
/// As much of a name that a client has made up as an error repeats.
const NAME_CHARS_SHOWN: usize = 128;
/// How many known models an error names.
const KNOWN_MODELS_SHOWN: usize = 10;

/// Why a client gets no vendor's good answer.
pub(super) struct Failure {
    what: What,
    /// Seconds to come back after, where waiting helps.
    retry_after: Option<Duration>,
    /// False: the same request will fail again.
    should_retry: bool,
    /// Nobody reads what is left of the request's body.
    leaves_unread: bool,
}

enum What {
    /// In our words.
    Own { code: Code, message: String, param: Option<Cow<'static, str>> },
    /// In the vendor's.
    Vendor(Box<Opening>),
}

impl Failure {
    fn own(code: Code, message: String, param: Option<&'static str>) -> Box<Self> {
        Box::new(Failure {
            what: What::Own { code, message, param: param.map(Cow::Borrowed) },
            retry_after: None,
            should_retry: false,
            leaves_unread: false,
        })
    }

    fn later(code: Code, message: String, retry_after: Option<Duration>) -> Box<Self> {
        let retry_after = retry_after.unwrap_or(Duration::from_secs(1));
        Box::new(Failure {
            what: What::Own { code, message, param: None },
            retry_after: Some(retry_after),
            should_retry: true,
            leaves_unread: false,
        })
    }

    /// The same, and the connection ends with it: what is left of the request's body is read by nobody.
    pub(super) fn leaving_unread(mut self: Box<Self>) -> Box<Self> {
        self.leaves_unread = true;
        self
    }

    /// No client key, or none that opens anything.
    pub(super) fn invalid_api_key(message: &str) -> Box<Self> {
        Failure::own(Code::InvalidApiKey, message.to_owned(), None)
    }

    /// The client key is for one environment, and the request wishes for another.
    pub(super) fn key_of_another_environment(own: Environment, wished: Environment) -> Box<Self> {
        let message = format!(
            "the client key is for {}, and x-spillway-environment asks for {}: leave the header out, the key decides",
            environment(own),
            environment(wished)
        );
        Failure::own(Code::EnvironmentMismatch, message, None)
    }

    /// The client key does not open that way.
    pub(super) fn route_not_allowed(route: Option<&str>) -> Box<Self> {
        let message = match route {
            Some(route) => format!("this client key may not use the route '{route}'"),
            None => {
                "this client key may use certain routes only, and this path and model lead to none".to_owned()
            }
        };
        Failure::own(Code::PermissionDenied, message, None)
    }

    /// The client key may not ask for that model. What it may ask for is told: it is its own.
    pub(super) fn model_not_allowed(asked: Option<&str>, allowed: &[&str]) -> Box<Self> {
        let mut message = match asked {
            Some(asked) => format!("this client key may not ask for the model '{}'", beginning(asked)),
            None => "this client key is for certain models only, and this request names none where that is looked for"
                .to_owned(),
        };
        if !allowed.is_empty() {
            let shown: Vec<&str> = allowed.iter().take(KNOWN_MODELS_SHOWN).copied().collect();
            message.push_str("; it may ask for: ");
            message.push_str(&shown.join(", "));
        }
        Failure::own(Code::PermissionDenied, message, Some("model"))
    }

    /// The request is not what the endpoint takes.
    pub(super) fn invalid(message: &str, param: Option<&'static str>) -> Box<Self> {
        Failure::own(Code::InvalidRequest, message.to_owned(), param)
    }

    /// Nobody of the upstream could be told it, or do it.
    pub(super) fn unfit(message: String, param: Option<&str>) -> Box<Self> {
        let mut failure = Failure::own(Code::InvalidRequest, message, None);
        if let What::Own { param: it, .. } = &mut failure.what {
            *it = param.map(|it| Cow::Owned(it.to_owned()));
        }
        failure
    }

    /// A compressed body: not read, and not passed on unread.
    pub(super) fn unsupported_encoding() -> Box<Self> {
        Failure::own(Code::UnsupportedMediaType, "send the body without content-encoding".to_owned(), None)
            .leaving_unread()
    }

    /// A body over the limit.
    pub(super) fn too_large(limit: usize) -> Box<Self> {
        let message = format!("the body is larger than {limit} bytes (limits.request_body_bytes)");
        Failure::own(Code::RequestTooLarge, message, None).leaving_unread()
    }

    /// Too much is held already.
    pub(super) fn buffers_full() -> Box<Self> {
        let message = "too many large requests at once (limits.buffered_bytes)".to_owned();
        Failure::later(Code::NoTargetAvailable, message, None)
    }

    /// The client fell silent in the middle of its body.
    pub(super) fn body_timeout() -> Box<Self> {
        Failure::own(Code::RequestTimeout, "the body did not arrive in time".to_owned(), None)
            .leaving_unread()
    }

    /// Nobody serves that model.
    pub(super) fn model_not_found(asked: &str, known: &[Arc<str>]) -> Box<Self> {
        let mut message = format!("the model '{}' does not exist here", beginning(asked));
        match known {
            [] => {
                message.push_str("; ");
                message.push_str(NO_PROVIDER);
            }
            known => {
                let names: Vec<&str> = known.iter().take(KNOWN_MODELS_SHOWN).map(|it| &**it).collect();
                message.push_str("; known: ");
                message.push_str(&names.join(", "));
            }
        }
        Failure::own(Code::ModelNotFound, message, Some("model"))
    }

    /// There is nothing at that path.
    pub(super) fn path_not_found(method: &Method, path: &str) -> Box<Self> {
        let message = format!(
            "no route, upstream or endpoint matches {method} {path}; OpenAI clients use the base URL /v1, Anthropic \
             and Google clients the root, an upstream's own base URL is /NAME/v1"
        );
        Failure::own(Code::NotFound, message, None)
    }

    /// A method that no path takes.
    pub(super) fn method_not_allowed(method: &Method) -> Box<Self> {
        Failure::own(Code::MethodNotAllowed, format!("{method} is not passed on to any vendor"), None)
    }

    /// The route serves another environment.
    pub(super) fn environment_mismatch(route: &str) -> Box<Self> {
        let message = format!("the route '{route}' has no upstream for this request's environment");
        Failure::own(Code::EnvironmentMismatch, message, None)
    }

    /// No model was named, and there is nobody to fall back on.
    pub(super) fn no_provider(listing: bool) -> Box<Self> {
        let code = if listing { Code::NotFound } else { Code::NoTargetAvailable };
        Failure::own(code, NO_PROVIDER.to_owned(), None)
    }

    /// Nobody of an upstream is available.
    pub(super) fn nobody_available(place: &Place<'_>, returns_in: Option<Duration>) -> Box<Self> {
        Failure::absent(place.nobody_available(), returns_in)
    }

    fn absent(absence: Absence, returns_in: Option<Duration>) -> Box<Self> {
        let Absence { message, waiting_helps } = absence;
        if !waiting_helps {
            return Failure::own(Code::NoTargetAvailable, message, None);
        }
        Failure::later(Code::NoTargetAvailable, message, returns_in.or(Some(RETRY_AFTER_MAX)))
    }

    /// What a vendor said, and it may say something else later.
    fn vendor(opening: Opening, retry_after: Duration) -> Box<Self> {
        Failure::vendors(opening, Some(retry_after))
    }

    /// What a vendor said, and will say again.
    fn vendors_last_word(opening: Opening) -> Box<Self> {
        Failure::vendors(opening, None)
    }

    fn vendors(opening: Opening, retry_after: Option<Duration>) -> Box<Self> {
        let should_retry = retry_after.is_some();
        let what = What::Vendor(Box::new(opening));
        Box::new(Failure { what, retry_after, should_retry, leaves_unread: false })
    }
}

/// Nobody of the upstream is a candidate for this request, whatever its health.
pub(super) fn unfit(course: &Course) -> Box<Failure> {
    let (suitability, upstream) = (&course.suitability, &course.upstream);
    if let Some(refused) = suitability.refusal() {
        return Failure::unfit(translate::refusal(refused, upstream), refused.field());
    }
    let name = &upstream.name;
    let why = suitability.note.as_deref().unwrap_or("nobody of it has such an endpoint");
    Failure::unfit(format!("upstream '{name}' has nobody who can do this: {why}"), None)
}

/// Nobody is left to pick: the last meaningful failure, or why nobody was there to begin with.
pub(super) fn exhausted(
    place: &Place<'_>,
    exhausted: Exhausted,
    returns_in: Option<Duration>,
    last: LastFailure,
) -> Box<Failure> {
    if exhausted.only_limits {
        let vendors = last.credential.and_then(|it| it.message);
        let message = vendors.unwrap_or_else(|| {
            let (phrase, why) = (&place.upstream.phrase, place.why());
            let why = if why.is_empty() { why } else { format!(": {why}") };
            format!("every target of {phrase} is out for a rate limit or quota{why}")
        });
        return Failure::later(Code::RateLimitExceeded, message, returns_in);
    }
    if !exhausted.any && last.vendor.is_none() && last.credential.is_none() {
        return Failure::absent(place.nobody_at_all(), None);
    }
    match last.vendor {
        Some(failed) => vendor_failed(failed, &last.told, returns_in),
        None => keys_failed(place, last.credential, false, returns_in),
    }
}

/// Somebody may be left, but no further try is made.
pub(super) fn gave_up(place: &Place<'_>, last: LastFailure) -> Box<Failure> {
    match last.vendor {
        Some(failed) => vendor_failed(failed, &last.told, None),
        None => keys_failed(place, last.credential, !last.other_than_limits, None),
    }
}

/// Nothing went wrong but with keys. `only_limits`: and nothing but rate limits and quotas.
fn keys_failed(
    place: &Place<'_>,
    last: Option<Failed>,
    only_limits: bool,
    returns_in: Option<Duration>,
) -> Box<Failure> {
    let Some(failed) = last else {
        return Failure::nobody_available(place, returns_in);
    };
    match (failed.outcome.kind, failed.answer) {
        // With the client's own key, what the vendor says of it is for the client.
        (Kind::KeyRejected, Some(opening)) if failed.callers_key => Failure::vendors_last_word(opening),
        (Kind::RateLimited { .. } | Kind::QuotaExceeded { .. }, _) if only_limits => {
            let message = failed.message.unwrap_or_else(|| "rate limited".to_owned());
            Failure::later(Code::RateLimitExceeded, message, returns_in)
        }
        _ => Failure::nobody_available(place, returns_in),
    }
}

/// `told`: what each who failed has said last, or what was said of it; `failed` among them.
fn vendor_failed(failed: Failed, told: &[(Arc<str>, String)], returns_in: Option<Duration>) -> Box<Failure> {
    let message = failed.message.unwrap_or_default();
    let target = &failed.target;
    let before: Vec<String> =
        told.iter().filter(|it| it.0 != *target).map(|(target, said)| format!("{target}: {said}")).collect();
    let why = match before.as_slice() {
        [] => format!("{target}: {message}"),
        before => format!("{target}: {message}; before it {}", before.join("; ")),
    };
    match (failed.outcome.kind, failed.answer) {
        // It never left here: nothing that a vendor could answer.
        (Kind::Refused | Kind::ClientGone, None) => Failure::invalid(&message, None),
        (Kind::ModelNotFound, Some(opening)) if opening.is_whole() => Failure::vendors_last_word(opening),
        (Kind::Timeout | Kind::OutOfTime, None) => {
            Failure::later(Code::UpstreamTimeout, format!("no target answered in time: {why}"), returns_in)
        }
        (_, Some(opening)) if opening.is_whole() && opening.status.is_server_error() => {
            Failure::vendor(opening, returns_in.unwrap_or(Duration::from_secs(1)))
        }
        (Kind::Timeout, Some(_)) => {
            Failure::later(Code::UpstreamTimeout, format!("no target answered in time: {why}"), returns_in)
        }
        (_, Some(_)) | (Kind::ServerError | Kind::Overloaded { .. } | Kind::ModelNotFound, None) => {
            Failure::later(Code::BadGateway, format!("no target answered well: {why}"), returns_in)
        }
        (_, None) => Failure::later(
            Code::UpstreamUnreachable,
            format!("no target could be reached: {why}"),
            returns_in,
        ),
    }
}

/// Answers with a failure.
pub(super) fn fail(
    failure: Failure,
    dialect: Dialect,
    mut journey: Journey,
    explain: bool,
) -> Response<Body> {
    let mut out = HeaderMap::new();
    let seconds = failure.retry_after.map(|it| {
        let seconds = it.clamp(Duration::from_secs(1), RETRY_AFTER_MAX).as_secs_f64().ceil();
        seconds as u64
    });
    if let Some(seconds) = seconds {
        out.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if !failure.should_retry {
        out.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
    if failure.leaves_unread {
        out.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let request_id = journey.record.request_id.clone();
    let (status, body) = match failure.what {
        What::Own { code, message, param } => {
            out.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if code == Code::InvalidApiKey {
                out.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            let body = match seconds.map(Duration::from_secs) {
                Some(wait) => dialect::envelope_for_later(dialect, code, &message, wait, &request_id),
                None => dialect::envelope(dialect, code, &message, param.as_deref(), &request_id),
            };
            (code.status(), body)
        }
        What::Vendor(opening) => {
            headers::from_vendor(&opening.headers, &mut out);
            out.remove(header::CONTENT_LENGTH);
            (opening.status.as_u16(), opening.held.into_iter().next().unwrap_or_default())
        }
    };
    headers::request_id(&mut out, &request_id, dialect);
    if explain {
        headers::explain_failure(&mut out, &journey.record, &journey.state.snapshot.load());
    }
    journey.answering(status);
    journey.finish(End::Complete);
    respond(status, out, body)
}

/// A panic ended the request.
pub(super) fn panicked(request_id: &str, dialect: Dialect) -> Response<Body> {
    let message = "an internal error; it has been logged";
    let body = dialect::envelope(dialect, Code::Internal, message, None, request_id);
    let mut out = HeaderMap::new();
    headers::request_id(&mut out, request_id, dialect);
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    respond(Code::Internal.status(), out, body)
}

/// As much of a client's own word as an error repeats.
fn beginning(name: &str) -> &str {
    name.char_indices().nth(NAME_CHARS_SHOWN).map_or(name, |(end, _)| &name[..end])
}

fn respond(status: u16, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *response.headers_mut() = headers;
    response
}

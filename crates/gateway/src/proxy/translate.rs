//! Translate: what a target of another dialect is asked, and what its answer is to the caller.
//!
//! Only where the two differ; everybody else's bytes pass this by. A request is written anew from the client's own for
//! every try. The way back begins in `classify`, which judges the vendor's own words, and ends in `relay`: streams are
//! turned event by event, and what waits is bounded by what one event may be.

mod turning;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use balance::Kind;
use bytes::Bytes;
use config::snapshot::{Target, Upstream};
use dialect::{
    Code, Usage, Wire,
    translate::{self, Back, Lossy, Order, Problem, Refused},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

pub(super) use self::turning::Turning;
use super::{
    buffers::Buffers,
    classify::{Examined, Opening},
    decode::Decoded,
    placement::Placed,
};
use crate::send::Outgoing;

/// The largest plain answer that is translated: it has to be here as a whole.
pub(super) const ANSWER_BYTES_MAX: usize = 16 << 20;
/// How many dropped fields a header names.
const DROPPED_SHOWN: usize = 16;

/// What the client says to one dialect only, besides what it says to everybody.
const OF_ONE_DIALECT: [&str; 5] = ["anthropic-", "openai-", "x-goog-", "x-amz-", "x-stainless-"];
/// What of a vendor's headers means the same in every dialect.
const OF_EVERY_DIALECT: [HeaderName; 7] = [
    header::RETRY_AFTER,
    header::DATE,
    HeaderName::from_static("x-should-retry"),
    HeaderName::from_static("retry-after-ms"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-amzn-requestid"),
];

/// Why a request was not written in a target's words.
pub(super) enum Unwritten {
    /// Nobody who is asked on the second wire could be told what was said on the first.
    Refused((Wire, Wire), Refused),
    /// So much is held already that the second body has no room.
    NoRoom,
}

/// A request in a target's words, and the way back.
pub(super) struct Translation {
    suffix: String,
    body: Bytes,
    dropped: Vec<Problem>,
    back: Back,
    stream: bool,
    listed: bool,
    request_id: String,
}

impl Translation {
    /// The request as `target` is asked it, held within the bound of all bodies; or why not.
    pub(super) fn of(
        (from, to): (Wire, Wire),
        (upstream, target): (&Upstream, &Target),
        model: Option<&str>,
        decoded: &Decoded,
        request_id: &str,
        buffers: &Buffers,
    ) -> Result<Self, Unwritten> {
        let Some(model) = model else {
            let problem = Problem { field: "model".to_owned(), why: "it is missing".to_owned() };
            return Err(Unwritten::Refused((from, to), Refused { problems: vec![problem] }));
        };
        // There it is a segment of the path, and these are none: what is signed and what is sent would differ.
        if to == Wire::Converse && matches!(model, "" | "." | "..") {
            let why = format!("`{model}` names no model");
            let problem = Problem { field: "model".to_owned(), why };
            return Err(Unwritten::Refused((from, to), Refused { problems: vec![problem] }));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let order = Order {
            from,
            to,
            kind: target.kind,
            model,
            stream: decoded.stream,
            lossy: upstream.lossy,
            max_tokens: None,
            request_id,
            created: now.as_secs(),
        };
        let translate::Translated { suffix, body, dropped, back } =
            translate::request(&order, decoded.bytes()).map_err(|it| Unwritten::Refused((from, to), it))?;
        let mut held = buffers.share();
        if !held.grow(body.len()) {
            return Err(Unwritten::NoRoom);
        }
        let body = held.keep(body);
        let request_id = request_id.to_owned();
        let (stream, listed) = (decoded.stream, decoded.listed);
        Ok(Translation { suffix, body, dropped, back, stream, listed, request_id })
    }

    /// How the vendor talks, and what its answer is to become.
    pub(super) fn back(&self) -> &Back {
        &self.back
    }

    /// Whether the answer is to be a stream.
    pub(super) fn stream(&self) -> bool {
        self.stream
    }

    /// The vendor's path and query.
    pub(super) fn path(&self, target: &Target, placed: Option<Placed<'_>>) -> String {
        let (path, query) = match self.suffix.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*self.suffix, None),
        };
        let endpoint = Some(self.back.vendor().endpoint());
        let with_model = placed.and_then(|it| it.path(path, endpoint));
        let mut suffix = with_model.unwrap_or_else(|| path.to_owned());
        let with_model = placed.and_then(|it| it.query(query));
        if let Some(query) = with_model.as_deref().or(query) {
            suffix.push('?');
            suffix.push_str(query);
        }
        self.back.vendor().join(&target.base_path, &suffix)
    }

    /// The client's headers, less what it says to its own dialect.
    pub(super) fn headers(&self, from: &HeaderMap) -> HeaderMap {
        let mut headers = from.clone();
        let of_one = |name: &HeaderName| OF_ONE_DIALECT.iter().any(|it| name.as_str().starts_with(it));
        from.keys().filter(|it| of_one(it)).for_each(|it| {
            headers.remove(it);
        });
        let accept = self.back.vendor().content_type(self.stream);
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers
    }

    /// The body; without the model where that is `told` elsewhere.
    pub(super) fn body(&self, told: bool) -> Outgoing {
        let model = if told { dialect::peek(&self.body).ok().and_then(|it| it.model) } else { None };
        Outgoing::Pieces(match model {
            Some(model) => dialect::remove_model(&self.body, &model.span),
            None => [self.body.clone(), Bytes::new(), Bytes::new()],
        })
    }

    /// The fields that the vendor did not get, for a header; `None` if it got all.
    pub(super) fn dropped(&self, opening: &Opening) -> Option<HeaderValue> {
        let of_answer = match &opening.translated {
            Some(Translated::Whole { dropped, .. }) => dropped.as_slice(),
            _ => &[],
        };
        let mut fields: Vec<&str> = Vec::new();
        for problem in self.dropped.iter().chain(of_answer) {
            if !fields.contains(&&*problem.field) {
                fields.push(&problem.field);
            }
        }
        if fields.is_empty() {
            return None;
        }
        let more = fields.len().saturating_sub(DROPPED_SHOWN);
        fields.truncate(DROPPED_SHOWN);
        let mut told = fields.join(", ");
        if more > 0 {
            told.push_str(&format!(", and {more} more"));
        }
        // A caller's own names for fields may be anything; what no header carries is shown as such.
        let told: String =
            told.chars().map(|it| if it.is_ascii_graphic() || it == ' ' { it } else { '?' }).collect();
        HeaderValue::from_str(&told).ok()
    }
}

/// What has been done to an answer.
pub(super) enum Translated {
    /// It was turned as a whole.
    Whole { usage: Option<Usage>, dropped: Vec<Problem> },
    /// It is being turned, event by event.
    Stream(Box<Turning>),
}

/// An answer that has been judged, in the caller's words.
pub(super) fn into_callers(examined: Examined, translation: &Translation) -> Examined {
    let back = &translation.back;
    match examined {
        Examined::Good { mut opening, spent } => {
            if opening.translated.is_some() {
                headers(&mut opening, back.caller().content_type(!translation.listed));
                return Examined::Good { opening, spent };
            }
            let whole = opening.is_whole().then(|| opening.held.pop()).flatten();
            let Some(answered) = whole.and_then(|it| back.answer(&it).ok()) else {
                let message = Some(translate::Unreadable.to_string());
                return Examined::Bad {
                    kind: Kind::ServerError,
                    status: Some(StatusCode::BAD_GATEWAY.as_u16()),
                    opening: None,
                    message,
                };
            };
            opening.held = vec![answered.body];
            opening.translated = Some(Translated::Whole { usage: answered.usage, dropped: answered.dropped });
            headers(&mut opening, back.caller().content_type(false));
            Examined::Good { opening, spent }
        }
        Examined::Relayed { mut opening } => {
            failure(&mut opening, back);
            Examined::Relayed { opening }
        }
        Examined::Bad { kind, status, mut opening, message } => {
            if let Some(opening) = &mut opening {
                failure(opening, back);
                if kind == Kind::ModelNotFound {
                    // Callers look for the word that their own vendor has for it.
                    let said = message.as_deref().unwrap_or("the vendor has no such model");
                    let (code, param) = (Code::ModelNotFound, Some("model"));
                    opening.held = vec![back.caller().envelope(code, said, param, &translation.request_id)];
                }
            }
            Examined::Bad { kind, status, opening, message }
        }
    }
}

/// A failure of a vendor that tells some in its own envelope where its bytes are otherwise Anthropic's.
pub(super) fn in_anthropics_envelope(examined: &mut Examined) {
    let (Examined::Relayed { opening } | Examined::Bad { opening: Some(opening), .. }) = examined else {
        return;
    };
    let said = opening.held.concat();
    let is_anthropics =
        serde_json::from_slice::<serde_json::Value>(&said).is_ok_and(|it| it["type"] == "error");
    if !is_anthropics {
        let request_id =
            opening.headers.get("request-id").and_then(|it| it.to_str().ok()).unwrap_or_default();
        let status = opening.status.as_u16();
        opening.held = vec![translate::error(Wire::Messages, status, &opening.headers, &said, request_id)];
        (opening.rest, opening.cut) = (None, None);
        opening.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        opening.headers.remove(header::CONTENT_LENGTH);
    }
}

/// A vendor's failure: its status and its message, in the caller's envelope.
fn failure(opening: &mut Opening, back: &Back) {
    let said = opening.held.concat();
    opening.held = vec![back.error(opening.status.as_u16(), &opening.headers, &said)];
    (opening.rest, opening.cut) = (None, None);
    headers(opening, back.caller().content_type(false));
}

fn headers(opening: &mut Opening, content_type: &'static str) {
    let vendors = std::mem::take(&mut opening.headers);
    for name in OF_EVERY_DIALECT {
        if let Some(value) = vendors.get(&name) {
            opening.headers.insert(name, value.clone());
        }
    }
    opening.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
}

/// Why nobody could be asked, for the caller.
pub(super) fn refusal(refused: &Refused, upstream: &Upstream) -> String {
    let mut message = refused.to_string();
    if upstream.lossy == Lossy::Refuse {
        // What follows from the providers has the settings of `default`.
        let of_its_own = upstream.phrase.starts_with("upstream ");
        let at = if of_its_own { &*upstream.name } else { "default" };
        message.push_str(&format!(
            " (no target of {} takes it in another dialect; what a vendor has no words for is left out where \
             `PATCH /upstreams/{at}` has set `lossy=drop`)",
            upstream.phrase
        ));
    }
    message
}

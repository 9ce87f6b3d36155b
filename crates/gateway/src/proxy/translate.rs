//! Translate: what a target of another dialect is asked, and what its answer is to the caller.
//!
//! Only where the two differ; everybody else's bytes pass this by. A request is written anew from the client's own for
//! every try. The way back begins in `classify`, which judges the vendor's own words, and ends in `relay`: streams are
//! turned event by event, and what waits is bounded by what one event may be.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use balance::Kind;
use bytes::Bytes;
use config::snapshot::{Target, Upstream};
use dialect::{
    Code, Usage, Verdict, Wire,
    translate::{self, Back, Lossy, Order, Problem, Refused},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

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
/// A vendor that is at work and says nothing (pings, events that are nothing to the caller) is heard of this often at
/// least: whoever stands between may take a longer silence for the end.
const SILENCE_MAX: Duration = Duration::from_secs(10);

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

/// A stream that is being turned into the caller's events.
pub(super) struct Turning {
    stream: translate::Stream,
    caller: Wire,
    ended: bool,
    list: Option<List>,
    /// When the caller was told something last.
    told: Instant,
}

impl Turning {
    pub(super) fn new(translation: &Translation) -> Self {
        Turning::back(&translation.back, translation.listed)
    }

    fn back(back: &Back, listed: bool) -> Self {
        Turning {
            stream: back.stream(),
            caller: back.caller(),
            ended: false,
            list: listed.then(List::default),
            told: Instant::now(),
        }
    }

    /// What the vendor's next bytes come to.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(list) = &mut self.list else {
            return self.stream.push(bytes, out);
        };
        let mut events = Vec::new();
        self.stream.push(bytes, &mut events);
        list.add(&events, out);
        // Nothing is read after the vendor's error.
        if self.stream.failed() {
            list.end(out);
        }
    }

    /// The same for a caller who is listening, `now`: with a sign of life where it has come to nothing for long.
    pub(super) fn pass(&mut self, bytes: &[u8], now: Instant, out: &mut Vec<u8>) {
        self.push(bytes, out);
        let is_over = self.said_all() || self.failed();
        if out.is_empty() && !is_over && now.saturating_duration_since(self.told) >= SILENCE_MAX {
            out.extend_from_slice(sign_of_life(self.caller));
        }
        if !out.is_empty() {
            self.told = now;
        }
    }

    /// What the end of the vendor's bytes comes to.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let Some(list) = &mut self.list else {
            return self.stream.finish(out);
        };
        let mut events = Vec::new();
        self.stream.finish(&mut events);
        list.add(&events, out);
        // One that was cut is still to get an error.
        if self.stream.finished() || self.stream.failed() {
            list.end(out);
        }
    }

    /// The error event after which nothing comes, as it has its place in what has gone out.
    pub(super) fn last_word(&mut self, event: Bytes) -> Bytes {
        let Some(list) = &mut self.list else { return event };
        let mut out = Vec::new();
        list.add(&event, &mut out);
        list.end(&mut out);
        out.into()
    }

    pub(super) fn verdict(&self) -> &Verdict {
        self.stream.verdict()
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        self.stream.usage()
    }

    pub(super) fn said_all(&self) -> bool {
        self.stream.said_all()
    }

    pub(super) fn finished(&self) -> bool {
        self.stream.finished()
    }

    pub(super) fn failed(&self) -> bool {
        self.stream.failed()
    }
}

/// The stream of a caller of Google's that did not ask for events: a JSON list, of which each event's data is a member.
#[derive(Default)]
struct List {
    has_begun: bool,
    has_ended: bool,
}

impl List {
    /// Whole events, as they are written for such a caller: one line of data each.
    fn add(&mut self, events: &[u8], out: &mut Vec<u8>) {
        for data in events.split(|it| *it == b'\n').filter_map(|it| it.strip_prefix(b"data: ")) {
            out.extend_from_slice(if std::mem::replace(&mut self.has_begun, true) { b",\r\n" } else { b"[" });
            out.extend_from_slice(data);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.has_ended, true) {
            out.extend_from_slice(if self.has_begun { b"\r\n]\r\n" } else { b"[]" });
        }
    }
}

/// What says nothing in a stream, and is passed over by the clients of that wire. Google's know no such thing.
fn sign_of_life(wire: Wire) -> &'static [u8] {
    match wire {
        Wire::Messages => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
        Wire::Chat | Wire::Responses => b": keep-alive\n\n",
        Wire::Gemini | Wire::Converse => b"",
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_the_members_of_a_list() {
        let (mut list, mut out) = (List::default(), Vec::new());
        for events in ["data: {\"a\":1}\n\n", "", "data: {\"b\":\"\\n\\n\"}\n\ndata: {}\n\n"] {
            list.add(events.as_bytes(), &mut out);
        }
        list.end(&mut out);
        let members: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        assert_eq!(members.len(), 3, "{}", String::from_utf8_lossy(&out));
        list.end(&mut out);
        assert!(out.ends_with(b"}\r\n]\r\n") && !out.ends_with(b"]\r\n]\r\n"), "it ends once");
        let mut empty = Vec::new();
        List::default().end(&mut empty);
        assert_eq!(empty, b"[]");
    }

    #[test]
    fn a_list_that_the_vendors_error_ends_is_still_a_list() {
        let mut turning = Turning::back(&back(Wire::Gemini, Wire::Messages), true);
        let mut out = Vec::new();
        let start = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n";
        let content = "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n";
        let error =
            "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"full\"}}\n\n";
        for event in [start, content, error] {
            turning.push(event.as_bytes(), &mut out);
        }
        turning.end(&mut out);
        let members: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
        assert!(
            members.last().unwrap()["error"]["message"].as_str().unwrap().contains("full"),
            "{members:?}"
        );
    }

    #[test]
    fn a_vendor_that_only_pings_is_heard_of_every_ten_seconds() {
        let ping = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";
        let content = b"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"text\":\"a\"}}\n\n";
        let mut turning = Turning::back(&back(Wire::Chat, Wire::Messages), false);
        let start = Instant::now();
        let mut pass = |bytes: &[u8], seconds| {
            let mut out = Vec::new();
            turning.pass(bytes, start + Duration::from_secs(seconds), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert!(pass(content, 0).contains("chat.completion.chunk"));
        assert_eq!(pass(ping, 9), "");
        assert_eq!(pass(ping, 11), ": keep-alive\n\n");
        assert_eq!(pass(ping, 20), "", "counted from the last one");
        assert!(pass(content, 21).contains("chat.completion.chunk"));
        assert_eq!(pass(ping, 30), "");
        assert_eq!(pass(ping, 31), ": keep-alive\n\n");
        let end = pass(b"data: {\"type\":\"message_stop\"}\n\n", 32);
        assert!(end.contains("[DONE]"), "{end}");
        assert_eq!(pass(ping, 90), "", "nothing follows the last word");
    }

    fn back(from: Wire, to: Wire) -> Back {
        let order = Order {
            from,
            to,
            kind: dialect::Kind::Anthropic,
            model: "m",
            stream: true,
            lossy: Lossy::Refuse,
            max_tokens: None,
            request_id: "r",
            created: 0,
        };
        let body: &[u8] = match from {
            Wire::Gemini => br#"{"contents": [{"parts": [{"text": "hi"}]}]}"#,
            _ => br#"{"model": "m", "messages": [{"role": "user", "content": "hi"}]}"#,
        };
        translate::request(&order, body).expect("it can be carried").back
    }
}

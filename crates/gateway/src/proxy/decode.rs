//! Decode: the request's body, kept so that it can be sent again, and the little that routing needs to know of it.
//!
//! The body is never parsed into a tree and never printed again: the peek finds where the model's name stands, and
//! only those bytes are ever exchanged.

use std::{ops::Range, time::Instant};

use bytes::{Bytes, BytesMut};
use dialect::{Dialect, Endpoint};
use http::{HeaderMap, header, request::Parts};
use http_body::Body as _;
use hyper::body::Incoming;

use super::{ProxySettings, answer::Failure, asked::Asked, buffers::Held, journey::Journey};
use crate::client_body::{BodyEnded, ClientBody, Slow};

/// How far into a streamed multipart body its `model` part may begin: clients that mean it to be routed put it first.
const MULTIPART_HEAD_BYTES: usize = 64 << 10;
/// No model has a longer name here: what is longer is a client's own, and its beginning tells enough.
const MODEL_CHARS_MAX: usize = 256;

/// A request, understood as far as routing and sending need.
pub(super) struct Decoded {
    /// What is to be sent.
    pub(super) payload: Payload,
    /// The model asked for, and where its name stands in the body.
    pub(super) model: Option<Model>,
    /// The body is a JSON object that has been peeked into.
    pub(super) object: bool,
    /// Whether a stream was asked for.
    pub(super) stream: bool,
    /// Whether that stream is to be a JSON list, as Google's are without `alt=sse`.
    pub(super) listed: bool,
    /// OpenAI's own affinity hint.
    pub(super) prompt_cache_key: Option<String>,
    /// False while so much is held in total that this body is let go of once it has been sent.
    keep: bool,
}

/// The model's name as the client wrote it.
pub(super) struct Model {
    pub(super) name: String,
    pub(super) place: Place,
}

/// Where the model's name stands.
pub(super) enum Place {
    /// A JSON string, quotes included.
    Json(Range<usize>),
    /// A multipart part's value.
    Multipart(Range<usize>),
    /// Not in the body: Google's callers say it in the path.
    Path,
}

/// What is to be sent.
pub(super) enum Payload {
    /// Nothing.
    Empty,
    /// The body as it came, all of it, held within the bound.
    Whole(Bytes),
    /// The beginning, and the rest as it comes. Can be sent once.
    Streamed {
        /// What has been read to find the model.
        head: Bytes,
        /// What has not.
        rest: ClientBody,
        /// Bytes of both together, if the client said so.
        length: Option<u64>,
    },
    /// Sent, and not kept.
    Gone,
}

impl Decoded {
    /// Whether another try could send the same body.
    pub(super) fn can_be_sent_again(&self) -> bool {
        matches!(self.payload, Payload::Empty | Payload::Whole(_))
    }

    /// Whether all is known that the body could say of its model: it is empty, or has been peeked into.
    pub(super) fn is_read(&self) -> bool {
        self.object || self.model.is_some() || matches!(self.payload, Payload::Empty)
    }

    /// Its content goes out in other words: it is not needed any more, unless it is kept for another try.
    pub(super) fn let_go(&mut self) {
        if !self.keep && matches!(self.payload, Payload::Whole(_)) {
            self.payload = Payload::Gone;
        }
    }

    /// Whether this body is kept after it has been sent.
    pub(super) fn keep(&self) -> bool {
        self.keep
    }

    /// Whether what is streamed waits for the client.
    pub(super) fn slow(&mut self) -> Slow {
        match &mut self.payload {
            Payload::Streamed { rest, .. } => rest.slow(),
            Payload::Empty | Payload::Whole { .. } | Payload::Gone => Slow::default(),
        }
    }

    /// Whether more may come from the client than has been read.
    pub(super) fn is_streamed(&self) -> bool {
        matches!(self.payload, Payload::Streamed { .. })
    }

    /// What can be read of the body: all of it when it is held.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.payload {
            Payload::Whole(bytes) => bytes,
            Payload::Streamed { head, .. } => head,
            Payload::Empty | Payload::Gone => &[],
        }
    }
}

/// Reads the body and peeks into it.
pub(super) async fn decode(
    head: &Parts,
    asked: Asked<'_>,
    body: Incoming,
    settings: &ProxySettings,
    journey: &mut Journey,
) -> Result<Decoded, Box<Failure>> {
    let encoded = head.headers.get(header::CONTENT_ENCODING).is_some_and(|it| it != "identity");
    if encoded {
        return Err(Failure::unsupported_encoding());
    }
    let endpoint = asked.endpoint();
    let in_path = in_path(asked)?;
    let media = Media::of(&head.headers);
    let begun = Instant::now();
    let payload = read(&head.headers, body, &media, settings).await;
    journey.waited(begun.elapsed());
    let mut decoded = Decoded {
        payload: payload?,
        model: None,
        object: false,
        stream: false,
        listed: false,
        prompt_cache_key: None,
        keep: !settings.buffers.scarce(),
    };
    match media {
        Media::Json => peek_json(&mut decoded, endpoint)?,
        Media::Multipart(content_type) => peek_multipart(&mut decoded, &content_type)?,
        Media::Other => {}
    }
    if in_path.is_some() {
        decoded.model = in_path;
        decoded.stream = endpoint == Some(Endpoint::StreamGenerateContent);
        decoded.listed = decoded.stream && !asks_for_events(head.uri.query());
    }
    journey.record.stream = decoded.stream;
    // The record lives as long as the answer takes, and a name may be as long as a body.
    let recorded = |it: &Model| it.name.chars().take(MODEL_CHARS_MAX).collect::<String>();
    journey.record.model_requested = decoded.model.as_ref().map(recorded);
    Ok(decoded)
}

/// The model that Google's path names; whatever the body says of one, the path counts.
fn in_path(asked: Asked<'_>) -> Result<Option<Model>, Box<Failure>> {
    let googles = asked.endpoint().is_some_and(|it| it.dialect() == Dialect::Google);
    match asked.model().filter(|_| googles) {
        None => Ok(None),
        Some(name) if name.is_empty() => {
            let method = asked.matched.and_then(|it| it.method()).unwrap_or_default();
            let message = format!("the path names no model: /v1beta/models/MODEL{method} is asked for");
            Err(Failure::invalid(&message, Some("model")).leaving_unread())
        }
        Some(name) => Ok(Some(Model { name: name.into_owned(), place: Place::Path })),
    }
}

/// `alt=sse`, which Google also takes as `$alt=sse`.
fn asks_for_events(query: Option<&str>) -> bool {
    let mut pairs = query.into_iter().flat_map(|it| form_urlencoded::parse(it.as_bytes()));
    pairs.any(|(name, value)| matches!(&*name, "alt" | "$alt") && value == "sse")
}

/// How a body is written.
enum Media {
    /// JSON, or nothing said: SDKs always say, people with curl forget.
    Json,
    /// Parts, with the whole content type for its boundary.
    Multipart(String),
    /// Anything else goes through unread.
    Other,
}

impl Media {
    fn of(headers: &HeaderMap) -> Self {
        let Some(content_type) = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok()) else {
            return Media::Json;
        };
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "multipart/form-data" => Media::Multipart(content_type.to_owned()),
            // What `curl -d` says when nobody tells it otherwise.
            "application/json" | "application/x-www-form-urlencoded" | "text/json" => Media::Json,
            other if other.ends_with("+json") => Media::Json,
            _ => Media::Other,
        }
    }
}

/// Takes the body in, up to the bounds.
async fn read(
    headers: &HeaderMap,
    body: Incoming,
    media: &Media,
    settings: &ProxySettings,
) -> Result<Payload, Box<Failure>> {
    if body.is_end_stream() {
        return Ok(Payload::Empty);
    }
    let announced = body.size_hint().exact().or_else(|| content_length(headers));
    let limit = settings.request_body_bytes;
    let streamable = matches!(media, Media::Multipart(_));
    let most = if streamable { settings.multipart_body_bytes } else { limit };
    if announced.is_some_and(|it| it > most as u64) {
        return Err(Failure::too_large(most));
    }
    let too_large_to_hold = announced.is_some_and(|it| it > limit as u64);
    // What cannot be held is refused before it is sent. An announcement alone takes no room from others.
    let wanted = if too_large_to_hold { MULTIPART_HEAD_BYTES } else { announced.unwrap_or(0) as usize };
    if !settings.buffers.have_room_for(wanted) {
        return Err(Failure::buffers_full().leaving_unread());
    }
    let mut body = ClientBody::new(body, most as u64);
    let mut taken = Taken::new(wanted.min(limit), settings.buffers.share());
    while let Some(chunk) = body.chunk().await {
        let chunk = chunk.map_err(|ended| refuse(ended, most))?;
        if !taken.push(chunk) {
            return Err(Failure::buffers_full().leaving_unread());
        }
        let enough_to_route = too_large_to_hold && taken.len() >= MULTIPART_HEAD_BYTES;
        let outgrown = taken.len() > limit;
        if streamable && (enough_to_route || outgrown) {
            return Ok(Payload::Streamed { head: taken.whole(), rest: body, length: announced });
        }
        if outgrown {
            return Err(Failure::too_large(limit));
        }
    }
    Ok(Payload::Whole(taken.whole()))
}

fn refuse(ended: BodyEnded, most: usize) -> Box<Failure> {
    match ended {
        BodyEnded::Broke => Failure::invalid("the request's body broke off", None),
        BodyEnded::TooLarge => Failure::too_large(most),
        BodyEnded::TooSlow => Failure::body_timeout(),
    }
}

/// The body so far, and its share of the bound: the memory set aside for it, not only the bytes in it.
///
/// A body that comes in one piece, as most do, is never copied. One that comes in several has room made for it in
/// steps: large ones up to the length it announced, so that an announcement alone costs nobody memory, few bytes are
/// copied twice, and a body that keeps its word ends up in exactly as much.
struct Taken {
    first: Option<Bytes>,
    more: BytesMut,
    announced: usize,
    held: Held,
}

/// The first room made for a body in several pieces: prompts are mostly smaller and then copied once.
const ROOM_MIN: usize = 64 << 10;

impl Taken {
    fn new(announced: usize, held: Held) -> Self {
        Taken { first: None, more: BytesMut::new(), announced, held }
    }

    /// Takes a chunk in; false, and the chunk is lost, if the bound leaves no room for it.
    fn push(&mut self, chunk: Bytes) -> bool {
        if self.len() == 0 {
            let fits = self.held.grow(chunk.len());
            self.first = Some(chunk);
            return fits;
        }
        let length = self.len() + chunk.len();
        if length > self.more.capacity() && !self.make_room(length) {
            return false;
        }
        self.more.extend_from_slice(&chunk);
        true
    }

    /// Moves what is here to where `length` bytes fit.
    fn make_room(&mut self, length: usize) -> bool {
        let room = self.more.capacity();
        let room = match length <= self.announced {
            true => (room * 4).max(ROOM_MIN).min(self.announced),
            false => (room * 2).max(ROOM_MIN),
        };
        let room = room.max(length);
        if !self.held.grow(room - self.held.bytes()) {
            return false;
        }
        let mut larger = BytesMut::with_capacity(room);
        larger.extend_from_slice(self.first.take().as_deref().unwrap_or(&self.more));
        self.more = larger;
        true
    }

    fn len(&self) -> usize {
        self.first.as_ref().map_or(self.more.len(), Bytes::len)
    }

    fn whole(self) -> Bytes {
        self.held.keep(self.first.unwrap_or_else(|| self.more.freeze()))
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Where the endpoint is known, its body must be sound; on other paths it goes through as it is.
fn peek_json(decoded: &mut Decoded, endpoint: Option<Endpoint>) -> Result<(), Box<Failure>> {
    let Payload::Whole(bytes) = &decoded.payload else {
        return Ok(());
    };
    let peek = match (dialect::peek(bytes), endpoint) {
        (Ok(peek), _) => peek,
        (Err(malformed), Some(endpoint)) if endpoint.asks_a_model() => {
            return Err(Failure::invalid(&malformed.to_string(), None));
        }
        (Err(_), _) => return Ok(()),
    };
    let model = peek.model.map(|it| Model { name: it.name.into_owned(), place: Place::Json(it.span) });
    let (stream, prompt_cache_key) = (peek.stream, peek.prompt_cache_key.map(|it| it.into_owned()));
    decoded.object = true;
    decoded.model = model;
    decoded.stream = stream;
    decoded.prompt_cache_key = prompt_cache_key;
    Ok(())
}

fn peek_multipart(decoded: &mut Decoded, content_type: &str) -> Result<(), Box<Failure>> {
    let found = dialect::peek_multipart(content_type, decoded.bytes())
        .map_err(|malformed| Failure::invalid(&malformed.to_string(), None))?;
    if found.is_none() && matches!(decoded.payload, Payload::Streamed { .. }) {
        return Err(Failure::invalid(
            "a multipart body of this size is streamed, so its `model` part has to come first",
            Some("model"),
        )
        .leaving_unread());
    }
    decoded.model = found.map(|it| Model { name: it.name, place: Place::Multipart(it.span) });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::buffers::Buffers, *};

    /// What of a body of `announced` bytes that comes in such chunks is held, and in how much memory.
    fn held(limit: usize, announced: usize, chunk: usize, chunks: usize) -> Option<(usize, usize)> {
        let mut taken = Taken::new(announced, Buffers::new(limit).share());
        let all_fit = (0..chunks).all(|at| taken.push(vec![at as u8; chunk].into()));
        let expected: Vec<u8> = (0..chunks).flat_map(|at| vec![at as u8; chunk]).collect();
        let room = taken.held.bytes();
        all_fit.then(|| {
            let length = taken.len();
            assert!(taken.whole() == expected);
            (length, room)
        })
    }

    #[test]
    fn a_body_that_keeps_its_word_is_held_in_exactly_its_length() {
        assert_eq!(held(1 << 20, 300_000, 300_000, 1), Some((300_000, 300_000)));
        assert_eq!(held(1 << 20, 300_000, 1000, 300), Some((300_000, 300_000)));
        assert_eq!(held(300_000, 300_000, 1000, 300), Some((300_000, 300_000)));
        assert_eq!(held(299_999, 300_000, 1000, 300), None);
    }

    #[test]
    fn a_body_of_unknown_length_grows_in_steps_that_double_and_count_as_memory() {
        assert_eq!(held(1 << 20, 0, 1000, 2), Some((2000, ROOM_MIN)));
        assert_eq!(held(1 << 20, 0, 1000, 300), Some((300_000, 8 * ROOM_MIN)));
        assert_eq!(held(400_000, 0, 1000, 300), None, "the memory is what counts, not the bytes in it");
    }

    #[test]
    fn an_announcement_alone_takes_nothing() {
        assert_eq!(held(1 << 20, 32 << 20, 10, 2), Some((20, ROOM_MIN)));
    }
}

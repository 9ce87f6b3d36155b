//! Turning: a vendor's stream as it becomes the caller's, event by event, or member by member of Google's list.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dialect::{
    Usage, Verdict, Wire,
    translate::{self, Back},
};

use super::Translation;

/// A vendor that is at work and says nothing (pings, events that are nothing to the caller) is heard of this often at
/// least: whoever stands between may take a longer silence for the end.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// A stream that is being turned into the caller's events.
pub(in crate::proxy) struct Turning {
    stream: translate::Stream,
    caller: Wire,
    ended: bool,
    list: Option<List>,
    /// When the caller was told something last.
    told: Instant,
}

impl Turning {
    pub(in crate::proxy) fn new(translation: &Translation) -> Self {
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
    pub(in crate::proxy) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
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
    pub(in crate::proxy) fn pass(&mut self, bytes: &[u8], now: Instant, out: &mut Vec<u8>) {
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
    pub(in crate::proxy) fn end(&mut self, out: &mut Vec<u8>) {
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
    pub(in crate::proxy) fn last_word(&mut self, event: Bytes) -> Bytes {
        let Some(list) = &mut self.list else { return event };
        let mut out = Vec::new();
        list.add(&event, &mut out);
        list.end(&mut out);
        out.into()
    }

    pub(in crate::proxy) fn verdict(&self) -> &Verdict {
        self.stream.verdict()
    }

    pub(in crate::proxy) fn usage(&self) -> Option<Usage> {
        self.stream.usage()
    }

    pub(in crate::proxy) fn said_all(&self) -> bool {
        self.stream.said_all()
    }

    pub(in crate::proxy) fn finished(&self) -> bool {
        self.stream.finished()
    }

    pub(in crate::proxy) fn failed(&self) -> bool {
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

#[cfg(test)]
mod tests {
    use dialect::translate::{Lossy, Order};

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

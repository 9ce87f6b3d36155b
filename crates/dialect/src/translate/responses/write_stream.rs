//! A response's stream, written.
//!
//! The last event repeats the whole answer, so all of it is kept: no more than [`ANSWER_LIMIT`].

use serde_json::{Value, json};

use super::items;
use super::reply::{envelope, item_id, output};
use crate::translate::model::{Call, Citation, Part, Piece, Said, Seal, Stop, Thought, Tokens};
use crate::translate::notes::Notes;
use crate::translate::writing::{self, digits, quote};
use crate::translate::{ANSWER_LIMIT, Frame};

pub(in crate::translate) struct WriteStream {
    frame: Frame,
    id: String,
    model: String,
    begun: bool,
    sequence: u64,
    /// The items so far, one piece each.
    pieces: Vec<Piece>,
    /// The place of the message or thought that is open; calls stay open to the end.
    open: Option<usize>,
    /// The places of calls.
    calls: Vec<usize>,
    /// The last item that got a delta, and its id.
    last_id: Option<(usize, String)>,
    kept: usize,
    stop: Stop,
    tokens: Option<Tokens>,
}

impl WriteStream {
    pub(in crate::translate) fn new(frame: Frame) -> Self {
        WriteStream {
            id: writing::id("resp_", None, &frame),
            model: frame.model.clone(),
            frame,
            begun: false,
            sequence: 0,
            pieces: Vec::new(),
            open: None,
            calls: Vec::new(),
            last_id: None,
            kept: 0,
            stop: Stop::End,
            tokens: None,
        }
    }

    /// Whether more has been said than is kept.
    pub(in crate::translate) fn is_full(&self) -> bool {
        // What an item takes beside its text.
        self.kept + 256 * self.pieces.len() > ANSWER_LIMIT
    }

    pub(in crate::translate) fn write(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        match said {
            Said::Begin { id, model } => {
                self.id = writing::id("resp_", id, &self.frame);
                self.model = model.filter(|it| !it.is_empty()).unwrap_or(&self.frame.model).to_owned();
                self.begin(out);
            }
            Said::Text(text) => self.text(text, out),
            Said::Refusal(text) => self.refusal(text, out),
            Said::Thought(text) => self.thought(text, out),
            Said::Seal(seal) => self.seal(seal, false, out),
            Said::Hidden(seal) => self.seal(seal, true, out),
            Said::Citation(citation) => self.citation(citation, out),
            Said::Call { id, name, .. } => self.call(id, name, out),
            Said::Arguments { call, json } => self.arguments(call, json, out),
            Said::Break => self.close(out),
            Said::Tokens(tokens) => self.tokens.get_or_insert_default().merge(tokens),
            Said::Stop(stop) => self.stop = stop,
            Said::Done => self.done(out),
            Said::Failed { .. } => {}
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let response = envelope(&self.id, &self.model, &self.frame, &[], None, None);
        let fields = json!({ "response": response });
        for kind in ["response.created", "response.in_progress"] {
            self.event(kind, &fields, out);
        }
    }

    fn text(&mut self, text: &str, out: &mut Vec<u8>) {
        let is_text = |it: &Part| matches!(it, Part::Text { .. });
        let place = self.opened(is_text, || Part::text(""), out);
        if let Part::Text { text: whole, .. } = &mut self.pieces[place].part {
            whole.push_str(text);
        }
        self.kept += text.len();
        self.delta("response.output_text.delta", place, "content_index", text, out);
    }

    fn refusal(&mut self, text: &str, out: &mut Vec<u8>) {
        let place = self.opened(|it| matches!(it, Part::Refusal(_)), || Part::Refusal(String::new()), out);
        if let Part::Refusal(whole) = &mut self.pieces[place].part {
            whole.push_str(text);
        }
        self.kept += text.len();
        self.delta("response.refusal.delta", place, "content_index", text, out);
    }

    fn thought(&mut self, text: &str, out: &mut Vec<u8>) {
        let place = self.open_thought(out);
        if let Part::Thought(whole) = &mut self.pieces[place].part {
            whole.text.push_str(text);
        }
        self.kept += text.len();
        self.delta("response.reasoning_summary_text.delta", place, "summary_index", text, out);
    }

    fn open_thought(&mut self, out: &mut Vec<u8>) -> usize {
        let is_open = |it: &Part| matches!(it, Part::Thought(it) if it.seal.is_none());
        self.opened(is_open, || Part::Thought(Thought::default()), out)
    }

    fn seal(&mut self, seal: Seal, hidden: bool, out: &mut Vec<u8>) {
        if hidden {
            self.close(out);
        }
        let has_thought = self.open.is_some_and(|it| matches!(&self.pieces[it].part, Part::Thought(_)));
        self.kept += seal.data.len();
        if has_thought {
            let place = self.open_thought(out);
            if let Part::Thought(it) = &mut self.pieces[place].part {
                it.seal = Some(seal);
            }
            return self.close(out);
        }
        // A seal without words is an item without a summary.
        self.close(out);
        let place = self.pieces.len();
        let thought = Thought { seal: Some(seal), hidden, ..Thought::default() };
        self.pieces.push(Piece { part: Part::Thought(thought), field: String::new() });
        self.item("response.output_item.added", place, out);
        self.item("response.output_item.done", place, out);
    }

    fn citation(&mut self, citation: Citation, out: &mut Vec<u8>) {
        let place = self.opened(|it| matches!(it, Part::Text { .. }), || Part::text(""), out);
        let Part::Text { text, citations } = &mut self.pieces[place].part else { return };
        let whole = (0, text.chars().count() as u64);
        let placed = Citation { span: citation.span.or(Some(whole)), ..citation };
        let annotation = items::write_annotation(&placed);
        let nth = citations.len();
        self.kept += placed.url.len() + placed.title.len();
        citations.push(placed);
        let fields = json!({
            "item_id": self.item_id(place), "output_index": place, "content_index": 0,
            "annotation_index": nth, "annotation": annotation,
        });
        self.event("response.output_text.annotation.added", &fields, out);
    }

    fn call(&mut self, id: &str, name: &str, out: &mut Vec<u8>) {
        self.begin(out);
        self.close(out);
        let place = self.pieces.len();
        let call = Call { id: id.to_owned(), name: name.to_owned(), arguments: String::new() };
        self.pieces.push(Piece { part: Part::Call(call), field: String::new() });
        self.calls.push(place);
        self.item("response.output_item.added", place, out);
    }

    fn arguments(&mut self, call: usize, json: &str, out: &mut Vec<u8>) {
        let Some(&place) = self.calls.get(call) else { return };
        if let Part::Call(call) = &mut self.pieces[place].part {
            call.arguments.push_str(json);
        }
        self.kept += json.len();
        self.delta("response.function_call_arguments.delta", place, "", json, out);
    }

    /// The place of the open item, if it is of that kind; else of a new one.
    fn opened(
        &mut self,
        is_it: impl Fn(&Part) -> bool,
        new: impl FnOnce() -> Part,
        out: &mut Vec<u8>,
    ) -> usize {
        self.begin(out);
        if let Some(place) = self.open.filter(|it| is_it(&self.pieces[*it].part)) {
            return place;
        }
        self.close(out);
        let place = self.pieces.len();
        self.pieces.push(Piece { part: new(), field: String::new() });
        self.open = Some(place);
        self.item("response.output_item.added", place, out);
        let (kind, index) = match &self.pieces[place].part {
            Part::Thought(_) => ("response.reasoning_summary_part.added", "summary_index"),
            _ => ("response.content_part.added", "content_index"),
        };
        self.part(kind, index, place, out);
        place
    }

    /// Ends the open message or thought: its text, its part and its item are told again as a whole.
    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(place) = self.open.take() else { return };
        let (kind, field, text, index) = match &self.pieces[place].part {
            Part::Refusal(text) => ("response.refusal.done", "refusal", text.clone(), "content_index"),
            Part::Thought(it) => {
                ("response.reasoning_summary_text.done", "text", it.text.clone(), "summary_index")
            }
            Part::Text { text, .. } => ("response.output_text.done", "text", text.clone(), "content_index"),
            _ => return,
        };
        let fields = json!({ "item_id": self.item_id(place), "output_index": place, index: 0, field: text });
        self.event(kind, &fields, out);
        let kind = match index {
            "summary_index" => "response.reasoning_summary_part.done",
            _ => "response.content_part.done",
        };
        self.part(kind, index, place, out);
        self.item("response.output_item.done", place, out);
    }

    fn done(&mut self, out: &mut Vec<u8>) {
        self.begin(out);
        self.close(out);
        for place in std::mem::take(&mut self.calls) {
            let Part::Call(call) = &self.pieces[place].part else { continue };
            let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
            let fields = json!({
                "item_id": self.item_id(place), "output_index": place, "arguments": arguments, "name": call.name,
            });
            self.event("response.function_call_arguments.done", &fields, out);
            self.item("response.output_item.done", place, out);
        }
        let places = 0..self.pieces.len();
        let output: Vec<Value> = places.map(|it| self.whole(it)).collect();
        let response = envelope(&self.id, &self.model, &self.frame, &output, Some(&self.stop), self.tokens);
        let kind = match response["status"].as_str() {
            Some("incomplete") => "response.incomplete",
            _ => "response.completed",
        };
        self.event(kind, &json!({ "response": response }), out);
    }

    fn item_id(&self, place: usize) -> String {
        let kind = match &self.pieces[place].part {
            Part::Thought(_) => "reasoning",
            Part::Call(_) => "function_call",
            _ => "message",
        };
        item_id(&self.id, place, kind)
    }

    /// The item at a place, complete.
    fn whole(&self, place: usize) -> Value {
        let mut item =
            output(&self.id, &self.pieces[place..=place], &Notes::of_answer()).pop().unwrap_or_default();
        item["id"] = self.item_id(place).into();
        item
    }

    fn item(&mut self, kind: &str, place: usize, out: &mut Vec<u8>) {
        let mut item = self.whole(place);
        if kind.ends_with("added") {
            item["status"] = "in_progress".into();
            match &self.pieces[place].part {
                Part::Call(_) => item["arguments"] = "".into(),
                Part::Thought(_) => item["summary"] = json!([]),
                _ => item["content"] = json!([]),
            }
        }
        self.event(kind, &json!({ "output_index": place, "item": item }), out);
    }

    fn part(&mut self, kind: &str, index: &str, place: usize, out: &mut Vec<u8>) {
        let part = match &self.pieces[place].part {
            Part::Text { text, citations } => items::write_output_text(text, citations),
            Part::Refusal(text) => json!({ "type": "refusal", "refusal": text }),
            Part::Thought(it) => json!({ "type": "summary_text", "text": it.text }),
            _ => return,
        };
        let fields = json!({ "item_id": self.item_id(place), "output_index": place, index: 0, "part": part });
        self.event(kind, &fields, out);
    }

    /// The most frequent event, put together by hand.
    fn delta(&mut self, kind: &str, place: usize, index: &str, text: &str, out: &mut Vec<u8>) {
        self.head(kind, out);
        out.extend_from_slice(b",\"item_id\":");
        let id = match self.last_id.take() {
            Some((last, id)) if last == place => id,
            _ => self.item_id(place),
        };
        quote(&id, out);
        self.last_id = Some((place, id));
        out.extend_from_slice(b",\"output_index\":");
        digits(place as u64, out);
        if !index.is_empty() {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(index.as_bytes());
            out.extend_from_slice(b"\":0");
        }
        out.extend_from_slice(b",\"delta\":");
        quote(text, out);
        out.extend_from_slice(b"}\n\n");
    }

    fn event(&mut self, kind: &str, fields: &Value, out: &mut Vec<u8>) {
        self.head(kind, out);
        for (name, value) in fields.as_object().into_iter().flatten() {
            out.push(b',');
            quote(name, out);
            out.push(b':');
            out.extend_from_slice(value.to_string().as_bytes());
        }
        out.extend_from_slice(b"}\n\n");
    }

    fn head(&mut self, kind: &str, out: &mut Vec<u8>) {
        for part in ["event: ", kind, "\ndata: {\"type\":\"", kind, "\",\"sequence_number\":"] {
            out.extend_from_slice(part.as_bytes());
        }
        digits(self.sequence, out);
        self.sequence += 1;
    }
}

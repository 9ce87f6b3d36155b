//! A response's stream, written.
//!
//! The last event repeats the whole answer, so all of it is kept: no more than [`ANSWER_LIMIT`].

use super::events::{
    Called, Cited, OfDelta, OfItem, OfOutput, OfPart, Told, Whole, Written, event, head, logprobs,
};
use super::shapes::{Annotation, Content, Item, Response, Status, item_id};
use crate::translate::model::{Alias, Call, Citation, Part, Piece, Said, Seal, Stop, Thought, Tokens};
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
    last: Option<Delta>,
    kept: usize,
    stop: Stop,
    tokens: Option<Tokens>,
}

/// The last delta, without what differs in the next one.
struct Delta {
    place: usize,
    before_number: Vec<u8>,
    before_text: Vec<u8>,
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
            last: None,
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
        let response = Response::new(&self.id, &self.model, &self.frame, Vec::new(), None, None);
        let whole = Whole { response };
        for kind in ["response.created", "response.in_progress"] {
            event(&mut self.sequence, kind, &whole, out);
        }
    }

    fn text(&mut self, text: &str, out: &mut Vec<u8>) {
        let is_text = |it: &Part| matches!(it, Part::Text { .. });
        let place = self.opened(is_text, || Part::text(""), out);
        if let Part::Text { text: whole, .. } = &mut self.pieces[place].part {
            whole.push_str(text);
        }
        self.kept += text.len();
        self.delta("response.output_text.delta", place, text, out);
    }

    fn refusal(&mut self, text: &str, out: &mut Vec<u8>) {
        let place = self.opened(|it| matches!(it, Part::Refusal(_)), || Part::Refusal(String::new()), out);
        if let Part::Refusal(whole) = &mut self.pieces[place].part {
            whole.push_str(text);
        }
        self.kept += text.len();
        self.delta("response.refusal.delta", place, text, out);
    }

    fn thought(&mut self, text: &str, out: &mut Vec<u8>) {
        let place = self.open_thought(out);
        if let Part::Thought(whole) = &mut self.pieces[place].part {
            whole.text.push_str(text);
        }
        self.kept += text.len();
        self.delta("response.reasoning_summary_text.delta", place, text, out);
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
        self.item(Status::InProgress, place, out);
        self.item(Status::Completed, place, out);
    }

    fn citation(&mut self, citation: Citation, out: &mut Vec<u8>) {
        let place = self.opened(|it| matches!(it, Part::Text { .. }), || Part::text(""), out);
        let Part::Text { text, citations } = &self.pieces[place].part else { return };
        let whole = (0, text.chars().count() as u64);
        let placed = Citation { span: citation.span.or(Some(whole)), ..citation };
        let annotation = Annotation::of(&placed, whole);
        let cited = Cited { annotation_index: citations.len(), annotation };
        let fields = OfItem::new(&self.id, place, &self.pieces[place].part, cited);
        event(&mut self.sequence, "response.output_text.annotation.added", &fields, out);
        self.kept += placed.url.len() + placed.title.len();
        if let Part::Text { citations, .. } = &mut self.pieces[place].part {
            citations.push(placed);
        }
    }

    fn call(&mut self, id: &str, name: &str, out: &mut Vec<u8>) {
        self.begin(out);
        self.close(out);
        let place = self.pieces.len();
        let mut call = Call { id: id.to_owned(), name: name.to_owned(), ..Call::default() };
        Alias::restore(&self.frame.aliases, &mut call);
        self.pieces.push(Piece { part: Part::Call(call), field: String::new() });
        self.calls.push(place);
        self.item(Status::InProgress, place, out);
    }

    fn arguments(&mut self, call: usize, json: &str, out: &mut Vec<u8>) {
        let Some(&place) = self.calls.get(call) else { return };
        let Part::Call(call) = &mut self.pieces[place].part else { return };
        call.arguments.push_str(json);
        self.kept += json.len();
        // The text of a freeform tool is known when its argument is complete.
        if !call.freeform {
            self.delta("response.function_call_arguments.delta", place, json, out);
        }
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
        self.item(Status::InProgress, place, out);
        self.part(Status::InProgress, place, out);
        place
    }

    /// Ends the open message or thought: its text, its part and its item are told again as a whole.
    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(place) = self.open.take() else { return };
        let part = &self.pieces[place].part;
        let (kind, text, refusal) = match part {
            Part::Text { text, .. } => ("response.output_text.done", Some(text), None),
            Part::Refusal(text) => ("response.refusal.done", None, Some(text)),
            Part::Thought(it) => ("response.reasoning_summary_text.done", Some(&it.text), None),
            _ => return,
        };
        let fields = OfItem::new(&self.id, place, part, Told { text, refusal, logprobs: logprobs(part) });
        event(&mut self.sequence, kind, &fields, out);
        self.part(Status::Completed, place, out);
        self.item(Status::Completed, place, out);
    }

    fn done(&mut self, out: &mut Vec<u8>) {
        self.begin(out);
        self.close(out);
        for place in std::mem::take(&mut self.calls) {
            let part = &self.pieces[place].part;
            let Part::Call(call) = part else { continue };
            if call.freeform {
                let text = call.text();
                let fields = OfItem::new(&self.id, place, part, Written::Delta(&text));
                event(&mut self.sequence, "response.custom_tool_call_input.delta", &fields, out);
                let fields = OfItem::new(&self.id, place, part, Written::Input(&text));
                event(&mut self.sequence, "response.custom_tool_call_input.done", &fields, out);
            } else {
                let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
                let fields = OfItem::new(&self.id, place, part, Called { arguments, name: &call.name });
                event(&mut self.sequence, "response.function_call_arguments.done", &fields, out);
            }
            self.item(Status::Completed, place, out);
        }
        let items = self.pieces.iter().enumerate();
        let output = items
            .filter_map(|(n, it)| Item::of(&it.part, item_id(&self.id, n, &it.part), Status::Completed))
            .collect();
        let response =
            Response::new(&self.id, &self.model, &self.frame, output, Some(&self.stop), self.tokens);
        let kind = match response.status {
            "incomplete" => "response.incomplete",
            _ => "response.completed",
        };
        event(&mut self.sequence, kind, &Whole { response }, out);
    }

    fn item(&mut self, status: Status, place: usize, out: &mut Vec<u8>) {
        let kind = match status {
            Status::InProgress => "response.output_item.added",
            Status::Completed => "response.output_item.done",
        };
        let part = &self.pieces[place].part;
        let item = Item::of(part, item_id(&self.id, place, part), status);
        event(&mut self.sequence, kind, &OfOutput { output_index: place, item }, out);
    }

    fn part(&mut self, status: Status, place: usize, out: &mut Vec<u8>) {
        let part = &self.pieces[place].part;
        let kind = match (part, status) {
            (Part::Thought(_), Status::InProgress) => "response.reasoning_summary_part.added",
            (Part::Thought(_), Status::Completed) => "response.reasoning_summary_part.done",
            (_, Status::InProgress) => "response.content_part.added",
            (_, Status::Completed) => "response.content_part.done",
        };
        let fields = OfItem::new(&self.id, place, part, OfPart { part: Content::of(part) });
        event(&mut self.sequence, kind, &fields, out);
    }

    /// The most frequent event, put together by hand: all but its number and its text is as it was in the one before.
    fn delta(&mut self, kind: &str, place: usize, text: &str, out: &mut Vec<u8>) {
        let delta = match self.last.take() {
            Some(delta) if delta.place == place => delta,
            _ => Delta::new(&self.id, kind, place, &self.pieces[place].part),
        };
        out.extend_from_slice(&delta.before_number);
        digits(self.sequence, out);
        self.sequence += 1;
        out.extend_from_slice(&delta.before_text);
        quote(text, out);
        out.extend_from_slice(b"}\n\n");
        self.last = Some(delta);
    }
}

impl Delta {
    fn new(response: &str, kind: &str, place: usize, part: &Part) -> Self {
        let (mut before_number, mut before_text) = (Vec::new(), Vec::new());
        head(kind, &mut before_number);
        writing::fields(
            &OfItem::new(response, place, part, OfDelta { logprobs: logprobs(part) }),
            &mut before_text,
        );
        // The delta stands in front of the closing brace.
        before_text.pop();
        before_text.extend_from_slice(b",\"delta\":");
        Delta { place, before_number, before_text }
    }
}

//! A stream of `generateContent`, written. Calls go out whole, at the end; until then their arguments are kept, no more
//! than [`ANSWER_LIMIT`].

use serde_json::{Map, Value, json};

use super::parts;
use super::reply::{seal_part, write_stop, write_tokens};
use crate::translate::model::{Call, Citation, Part, Said, Stop, Tokens};
use crate::translate::writing::quote;
use crate::translate::{ANSWER_LIMIT, Frame, Wire};

pub(in crate::translate) struct WriteStream {
    frame: Frame,
    /// What every event ends with.
    tail: Vec<u8>,
    calls: Vec<(Call, Option<String>)>,
    citations: Vec<Citation>,
    seal: Option<String>,
    kept: usize,
    stop: Stop,
    tokens: Tokens,
}

impl WriteStream {
    pub(in crate::translate) fn new(frame: Frame) -> Self {
        let mut writer = WriteStream {
            frame,
            tail: Vec::new(),
            calls: Vec::new(),
            citations: Vec::new(),
            seal: None,
            kept: 0,
            stop: Stop::End,
            tokens: Tokens::default(),
        };
        writer.begin(None, None);
        writer
    }

    /// Whether more has been said than is kept.
    pub(in crate::translate) fn is_full(&self) -> bool {
        self.kept + 256 * (self.calls.len() + self.citations.len()) > ANSWER_LIMIT
    }

    pub(in crate::translate) fn write(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        match said {
            Said::Begin { id, model } => self.begin(id, model),
            Said::Text(text) | Said::Refusal(text) => {
                let seal = self.seal.take();
                self.text(text, seal.as_deref(), false, out);
            }
            Said::Thought(text) => self.text(text, None, true, out),
            Said::Seal(seal) | Said::Hidden(seal) => self.seal = Some(seal.written(Wire::Gemini)),
            Said::Citation(citation) => {
                self.kept += citation.url.len() + citation.title.len() + citation.quote.len();
                self.citations.push(citation);
            }
            Said::Call { id, name, .. } => {
                let call = Call { id: id.to_owned(), name: name.to_owned(), ..Call::default() };
                self.calls.push((call, self.seal.take()));
            }
            Said::Arguments { call, json } => {
                if let Some((call, _)) = self.calls.get_mut(call) {
                    self.kept += json.len();
                    call.arguments.push_str(json);
                }
            }
            Said::Break => {}
            Said::Tokens(tokens) => self.tokens.merge(tokens),
            Said::Stop(stop) => self.stop = stop,
            Said::Done => self.done(out),
            Said::Failed { .. } => {}
        }
    }

    fn begin(&mut self, id: Option<&str>, model: Option<&str>) {
        self.tail.clear();
        self.tail.extend_from_slice(b",\"modelVersion\":");
        quote(model.filter(|it| !it.is_empty()).unwrap_or(&self.frame.model), &mut self.tail);
        self.tail.extend_from_slice(b",\"responseId\":");
        quote(id.filter(|it| !it.is_empty()).unwrap_or(&self.frame.request_id), &mut self.tail);
        self.tail.extend_from_slice(b"}\n\n");
    }

    /// The most frequent event, put together by hand.
    fn text(&self, text: &str, seal: Option<&str>, is_thought: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":",
        );
        quote(text, out);
        if is_thought {
            out.extend_from_slice(b",\"thought\":true");
        }
        if let Some(seal) = seal {
            out.extend_from_slice(b",\"thoughtSignature\":");
            quote(seal, out);
        }
        out.extend_from_slice(b"}]},\"index\":0}]");
        out.extend_from_slice(&self.tail);
    }

    fn done(&mut self, out: &mut Vec<u8>) {
        let mut parts = Vec::new();
        for (call, seal) in std::mem::take(&mut self.calls) {
            let Some(mut part) = parts::write(&Part::Call(call)) else { continue };
            seal_part(&mut part, seal);
            parts.push(Value::Object(part));
        }
        // The client wants a part, and a seal that nothing followed must not be lost.
        if parts.is_empty() {
            let mut part = Map::from_iter([("text".to_owned(), Value::from(""))]);
            seal_part(&mut part, self.seal.take());
            parts.push(Value::Object(part));
        }
        let mut candidate = json!({
            "content": { "role": "model", "parts": parts },
            "finishReason": write_stop(&self.stop),
            "index": 0,
        });
        if !self.citations.is_empty() {
            candidate["groundingMetadata"] = parts::grounding(&self.citations);
        }
        out.extend_from_slice(b"data: {\"candidates\":[");
        out.extend_from_slice(candidate.to_string().as_bytes());
        out.extend_from_slice(b"],\"usageMetadata\":");
        out.extend_from_slice(write_tokens(self.tokens).to_string().as_bytes());
        out.extend_from_slice(&self.tail);
    }
}

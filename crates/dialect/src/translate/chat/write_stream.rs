//! A chat's stream, written.

use serde_json::json;

use super::message::annotation;
use super::reply::{write_stop, write_tokens};
use crate::translate::model::{Citation, Said, Seal, Stop, Tokens};
use crate::translate::writing::{self, digits, quote};
use crate::translate::{Frame, Wire};

pub(in crate::translate) struct WriteStream {
    frame: Frame,
    /// What every chunk begins with, up to the delta.
    head: Vec<u8>,
    has_role: bool,
    stop: Stop,
    tokens: Option<Tokens>,
    /// Characters of text so far: where a citation stands.
    said: u64,
}

impl WriteStream {
    pub(in crate::translate) fn new(frame: Frame) -> Self {
        let mut writer =
            WriteStream { frame, head: Vec::new(), has_role: false, stop: Stop::End, tokens: None, said: 0 };
        writer.begin(None, None);
        writer
    }

    pub(in crate::translate) fn write(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        match said {
            Said::Begin { id, model } => {
                self.begin(id, model);
                self.role(out);
            }
            Said::Text(text) => {
                self.said += text.chars().count() as u64;
                self.text("content", text, out);
            }
            Said::Refusal(text) => self.text("refusal", text, out),
            Said::Thought(text) => self.text("reasoning_content", text, out),
            Said::Seal(seal) => self.seal("reasoning.text", "signature", &seal, out),
            Said::Hidden(seal) => self.seal("reasoning.encrypted", "data", &seal, out),
            Said::Citation(it) => {
                let placed = Citation { span: it.span.or(Some((0, self.said))), ..it };
                self.delta(out, |out| {
                    out.extend_from_slice(
                        json!({ "annotations": [annotation(&placed)] }).to_string().as_bytes(),
                    );
                });
            }
            Said::Call { call, id, name } => self.call(call, id, name, out),
            Said::Arguments { call, json } => self.delta(out, |out| {
                out.extend_from_slice(b"{\"tool_calls\":[{\"index\":");
                digits(call as u64, out);
                out.extend_from_slice(b",\"function\":{\"arguments\":");
                quote(json, out);
                out.extend_from_slice(b"}}]}");
            }),
            Said::Break => {}
            Said::Tokens(tokens) => self.tokens.get_or_insert_default().merge(tokens),
            Said::Stop(stop) => self.stop = stop,
            Said::Done => self.done(out),
            Said::Failed { .. } => {}
        }
    }

    fn begin(&mut self, id: Option<&str>, model: Option<&str>) {
        let id = writing::id("chatcmpl-", id, &self.frame);
        let model = model.filter(|it| !it.is_empty()).unwrap_or(&self.frame.model);
        self.head.clear();
        self.head.extend_from_slice(b"data: {\"id\":");
        quote(&id, &mut self.head);
        self.head.extend_from_slice(b",\"object\":\"chat.completion.chunk\",\"created\":");
        self.head.extend_from_slice(self.frame.created.to_string().as_bytes());
        self.head.extend_from_slice(b",\"model\":");
        quote(model, &mut self.head);
    }

    /// The greeting that clients expect first.
    fn role(&mut self, out: &mut Vec<u8>) {
        if !self.has_role {
            self.has_role = true;
            self.delta(out, |out| out.extend_from_slice(b"{\"role\":\"assistant\",\"content\":\"\"}"));
        }
    }

    fn delta(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        self.role(out);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b",\"choices\":[{\"index\":0,\"delta\":");
        write(out);
        out.extend_from_slice(b",\"finish_reason\":null}]");
        self.close(out);
    }

    /// With usage to come, every other chunk says that it has none.
    fn close(&self, out: &mut Vec<u8>) {
        let end: &[u8] = if self.frame.include_usage { b",\"usage\":null}\n\n" } else { b"}\n\n" };
        out.extend_from_slice(end);
    }

    fn text(&mut self, field: &str, text: &str, out: &mut Vec<u8>) {
        self.delta(out, |out| {
            out.extend_from_slice(b"{\"");
            out.extend_from_slice(field.as_bytes());
            out.extend_from_slice(b"\":");
            quote(text, out);
            out.push(b'}');
        });
    }

    fn seal(&mut self, kind: &str, field: &str, seal: &Seal, out: &mut Vec<u8>) {
        let detail = json!({ "type": kind, field: seal.written(Wire::Chat) });
        self.delta(out, |out| {
            out.extend_from_slice(json!({ "reasoning_details": [detail] }).to_string().as_bytes());
        });
    }

    fn call(&mut self, call: usize, id: &str, name: &str, out: &mut Vec<u8>) {
        let function = json!({ "name": name, "arguments": "" });
        let call = json!({ "index": call, "id": id, "type": "function", "function": function });
        self.delta(out, |out| {
            out.extend_from_slice(json!({ "tool_calls": [call] }).to_string().as_bytes());
        });
    }

    fn done(&mut self, out: &mut Vec<u8>) {
        self.role(out);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":");
        quote(write_stop(&self.stop), out);
        out.extend_from_slice(b"}]");
        self.close(out);
        if let Some(tokens) = self.tokens.filter(|_| self.frame.include_usage) {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b",\"choices\":[],\"usage\":");
            out.extend_from_slice(write_tokens(tokens).to_string().as_bytes());
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

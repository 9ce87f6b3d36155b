//! A message's stream, written. Blocks are numbered as they open; one is open at a time.

use serde::Serialize;
use serde_json::{Value, json};

use super::blocks::write_citation;
use super::reply::{Usage, write_stop, write_tokens};
use crate::translate::model::{Said, Seal, Stop, Tokens};
use crate::translate::writing::{self, digits, quote};
use crate::translate::{Frame, Wire};

/// Blocks that are still empty.
const TEXT: &str = r#"{"type":"text","text":""}"#;
const THOUGHT: &str = r#"{"type":"thinking","thinking":"","signature":""}"#;

pub(in crate::translate) struct WriteStream {
    frame: Frame,
    begun: bool,
    blocks: usize,
    open: Option<Open>,
    /// The blocks that are calls.
    calls: Vec<usize>,
    stop: Stop,
    tokens: Tokens,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Text,
    Thought,
    Call,
}

impl WriteStream {
    pub(in crate::translate) fn new(frame: Frame) -> Self {
        WriteStream {
            frame,
            begun: false,
            blocks: 0,
            open: None,
            calls: Vec::new(),
            stop: Stop::End,
            tokens: Tokens::default(),
        }
    }

    pub(in crate::translate) fn write(&mut self, said: Said<'_>, out: &mut Vec<u8>) {
        match said {
            Said::Begin { id, model } => self.begin(id, model, out),
            Said::Text(text) | Said::Refusal(text) => {
                self.opened(Open::Text, TEXT, out);
                self.delta(self.blocks, "text_delta", "text", text, out);
            }
            Said::Thought(text) => {
                self.thought(out);
                self.delta(self.blocks, "thinking_delta", "thinking", text, out);
            }
            Said::Seal(seal) => self.seal(&seal, out),
            Said::Hidden(seal) => {
                self.close(out);
                let block = json!({ "type": "redacted_thinking", "data": seal.written(Wire::Messages) });
                self.opened(Open::Thought, &block.to_string(), out);
                self.close(out);
            }
            Said::Citation(it) => {
                self.opened(Open::Text, TEXT, out);
                let delta = json!({ "type": "citations_delta", "citation": write_citation(&it) });
                let delta = Delta { index: self.blocks, delta };
                event("content_block_delta", &delta, out);
            }
            Said::Call { id, name, .. } => {
                self.close(out);
                let block = json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
                self.opened(Open::Call, &block.to_string(), out);
                self.calls.push(self.blocks);
            }
            Said::Arguments { call, json } => {
                if let Some(&block) = self.calls.get(call) {
                    self.delta(block, "input_json_delta", "partial_json", json, out);
                }
            }
            Said::Break => self.close(out),
            Said::Tokens(tokens) => self.tokens.merge(tokens),
            Said::Stop(stop) => self.stop = stop,
            Said::Done => self.done(out),
            Said::Failed { .. } => {}
        }
    }

    fn begin(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let message = Message {
            id: &writing::id("msg_", id, &self.frame),
            kind: "message",
            role: "assistant",
            model: model.filter(|it| !it.is_empty()).unwrap_or(&self.frame.model),
            content: [],
            stop_reason: (),
            stop_sequence: (),
            usage: write_tokens(self.tokens),
        };
        event("message_start", &Start { message }, out);
    }

    /// Opens a block, which is JSON, unless one of its kind is open.
    fn opened(&mut self, kind: Open, block: &str, out: &mut Vec<u8>) {
        if self.open == Some(kind) && kind != Open::Call {
            return;
        }
        self.begin(None, None, out);
        self.close(out);
        self.open = Some(kind);
        head("content_block_start", out);
        out.extend_from_slice(b",\"index\":");
        digits(self.blocks as u64, out);
        out.extend_from_slice(b",\"content_block\":");
        out.extend_from_slice(block.as_bytes());
        out.extend_from_slice(b"}\n\n");
    }

    fn thought(&mut self, out: &mut Vec<u8>) {
        self.opened(Open::Thought, THOUGHT, out);
    }

    fn seal(&mut self, seal: &Seal, out: &mut Vec<u8>) {
        self.thought(out);
        self.delta(self.blocks, "signature_delta", "signature", &seal.written(Wire::Messages), out);
        self.close(out);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            head("content_block_stop", out);
            out.extend_from_slice(b",\"index\":");
            digits(self.blocks as u64, out);
            out.extend_from_slice(b"}\n\n");
            self.blocks += 1;
        }
    }

    /// The most frequent event, put together by hand.
    fn delta(&self, block: usize, kind: &str, field: &str, text: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
        );
        digits(block as u64, out);
        for part in [",\"delta\":{\"type\":\"", kind, "\",\"", field, "\":"] {
            out.extend_from_slice(part.as_bytes());
        }
        quote(text, out);
        out.extend_from_slice(b"}}\n\n");
    }

    fn done(&mut self, out: &mut Vec<u8>) {
        self.begin(None, None, out);
        self.close(out);
        let (reason, sequence) = write_stop(&self.stop);
        let delta = Stopped { stop_reason: reason, stop_sequence: sequence };
        event("message_delta", &End { delta, usage: write_tokens(self.tokens) }, out);
        out.extend_from_slice(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }
}

/// An event up to its other fields.
fn head(kind: &str, out: &mut Vec<u8>) {
    for part in ["event: ", kind, "\ndata: {\"type\":\"", kind, "\""] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn event(kind: &str, fields: &impl Serialize, out: &mut Vec<u8>) {
    head(kind, out);
    writing::fields(fields, out);
    out.extend_from_slice(b"\n\n");
}

// What events say beside their type.

#[derive(Serialize)]
struct Start<'a> {
    message: Message<'a>,
}

/// A message that has only begun.
#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: [(); 0],
    stop_reason: (),
    stop_sequence: (),
    usage: Usage,
}

#[derive(Serialize)]
struct Delta {
    index: usize,
    delta: Value,
}

#[derive(Serialize)]
struct End<'a> {
    delta: Stopped<'a>,
    usage: Usage,
}

#[derive(Serialize)]
struct Stopped<'a> {
    stop_reason: &'a str,
    stop_sequence: Option<&'a str>,
}

//! A complete answer told as a stream, for callers that asked for one and vendors that did not care.

use super::model::{Part, Reply, Said};

pub(super) fn replay(reply: &Reply, say: &mut dyn FnMut(Said<'_>)) {
    say(Said::Begin { id: reply.id.as_deref(), model: reply.model.as_deref() });
    let mut calls = 0;
    for piece in &reply.pieces {
        match &piece.part {
            Part::Text { text, citations } => {
                say(Said::Text(text));
                citations.iter().for_each(|it| say(Said::Citation(it.clone())));
            }
            Part::Refusal(text) => say(Said::Refusal(text)),
            Part::Thought(it) => {
                if !it.text.is_empty() {
                    say(Said::Thought(&it.text));
                }
                match it.seal.clone() {
                    Some(seal) if it.hidden => say(Said::Hidden(seal)),
                    Some(seal) => say(Said::Seal(seal)),
                    None => {}
                }
            }
            Part::Call(it) => {
                say(Said::Call { call: calls, id: &it.id, name: &it.name });
                say(Said::Arguments { call: calls, json: &it.arguments });
                calls += 1;
            }
            Part::Image(_) | Part::File { .. } | Part::Audio(_) | Part::Outcome(_) => {}
        }
        say(Said::Break);
    }
    if let Some(tokens) = reply.tokens {
        say(Said::Tokens(tokens));
    }
    say(Said::Stop(reply.stop.clone()));
    say(Said::Done);
}

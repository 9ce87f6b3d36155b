//! The good vendor: complete, correct answers for every endpoint.
//!
//! An answer is a function of the attempt: its number, what it asks, and the vendor's name and settings. So the
//! same attempt always gets the same bytes, and a test can tell who answered and what was asked. The shapes
//! carry every field that the official SDKs of OpenAI, Anthropic and Google require.

use crate::answer::{Answer, Plain, quoted};
use crate::endpoint::{Ask, Dialect, Endpoint};
use crate::error_body::ErrorClass;

mod anthropic;
mod bedrock;
mod google;
mod listing;
mod openai;
mod responses;
mod various;

/// When everything was made, so that answers are the same on each run: 2025-11-21.
const CREATED: u64 = 1_763_700_000;
/// How much of the user's message is echoed.
const ECHO_CHARS_MAX: usize = 2000;

/// What a good answer depends on.
pub(crate) struct Occasion<'a> {
    pub(crate) vendor: &'a str,
    pub(crate) seq: u64,
    pub(crate) path: &'a str,
    pub(crate) dialect: Dialect,
    pub(crate) models: &'a [String],
    pub(crate) ask: &'a Ask,
    pub(crate) body_len: u64,
    /// How many pieces a stream's text comes in.
    pub(crate) chunks: usize,
    /// The text, instead of the echo.
    pub(crate) text: Option<&'a str>,
}

/// The good answer of this endpoint.
pub(crate) fn answer(endpoint: Endpoint<'_>, occasion: &Occasion<'_>) -> Answer {
    let ask = occasion.ask;
    if ask.malformed && endpoint.takes_json() {
        return occasion.error(ErrorClass::InvalidRequest, "");
    }
    if let Some(model) = ask.model.as_deref().filter(|it| !occasion.serves(it)) {
        return occasion.error(ErrorClass::ModelNotFound, model);
    }
    match endpoint {
        Endpoint::Chat if ask.stream => Answer::Stream(openai::chat_stream(occasion)),
        Endpoint::Chat => openai::chat(occasion),
        Endpoint::Completions if ask.stream => Answer::Stream(openai::completion_stream(occasion)),
        Endpoint::Completions => openai::completion(occasion),
        Endpoint::Responses if ask.stream => Answer::Stream(responses::stream(occasion)),
        Endpoint::Responses => responses::plain(occasion),
        Endpoint::Messages if ask.stream => Answer::Stream(anthropic::stream(occasion)),
        Endpoint::Messages => anthropic::plain(occasion),
        Endpoint::CountTokens => anthropic::count_tokens(occasion),
        Endpoint::Converse { stream: true, .. } => Answer::Stream(bedrock::stream(occasion)),
        Endpoint::Converse { .. } => bedrock::plain(occasion),
        Endpoint::Embeddings => various::embeddings(occasion),
        Endpoint::Moderations => various::moderations(occasion),
        Endpoint::Rerank => various::rerank(occasion),
        Endpoint::Images => various::images(),
        Endpoint::Transcriptions => various::transcription(occasion),
        Endpoint::Speech => various::speech(),
        Endpoint::Generate(_) => google::plain(occasion),
        Endpoint::StreamGenerate(_) => google::stream(occasion),
        Endpoint::CountContent(_) => google::count(occasion),
        Endpoint::Embed(_) => google::embedding(occasion),
        Endpoint::BatchEmbed(_) => google::embeddings(occasion),
        Endpoint::Models => listing::models(occasion),
        Endpoint::Model(id) => listing::model(occasion, id),
        Endpoint::Health => Answer::Plain(Plain::json(200, r#"{"status":"ok"}"#)),
        Endpoint::Root => {
            Answer::Plain(Plain::json(200, format!(r#"{{"vendor":{}}}"#, quoted(occasion.vendor))))
        }
        Endpoint::Unknown => occasion.error(ErrorClass::NotFound, occasion.path),
    }
}

impl Occasion<'_> {
    fn serves(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|it| it == model)
    }

    fn model(&self) -> &str {
        self.ask.model.as_deref().or(self.models.first().map(String::as_str)).unwrap_or("simulated-model")
    }

    /// What is answered.
    fn text(&self) -> String {
        match self.text {
            Some(text) => text.to_owned(),
            None => {
                let said = self.ask.last_input().chars().take(ECHO_CHARS_MAX).collect::<String>();
                format!("{} heard: {said}", self.vendor)
            }
        }
    }

    /// The text in as many pieces as a stream has; a short text is followed by dots, so that there are so many.
    fn pieces(&self) -> Vec<String> {
        let mut text: Vec<char> = self.text().chars().collect();
        let count = self.chunks.max(1);
        while text.len() < count {
            text.push('.');
        }
        let cut = |piece: usize| piece * text.len() / count;
        (0..count).map(|it| text[cut(it)..cut(it + 1)].iter().collect()).collect()
    }

    fn input_tokens(&self) -> u64 {
        estimated_tokens(self.body_len)
    }

    fn error(&self, class: ErrorClass, subject: &str) -> Answer {
        let error = class.body(self.dialect, subject, None, self.seq);
        Answer::Plain(Plain::error(&error))
    }
}

/// Four bytes to a token, the usual rule of thumb.
pub(crate) fn estimated_tokens(bytes: u64) -> u64 {
    bytes / 4 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: Endpoint<'_>, body: &str) -> Answer {
        let ask = Ask::of_json(body.as_bytes());
        let occasion = Occasion {
            vendor: "vendor",
            seq: 3,
            path: "/",
            dialect: endpoint.dialect(false, false),
            models: &[],
            ask: &ask,
            body_len: body.len() as u64,
            chunks: 4,
            text: None,
        };
        answer(endpoint, &occasion)
    }

    fn streamed_text(endpoint: Endpoint<'_>, at: &str) -> String {
        let body = r#"{"messages":[{"role":"user","content":"grüß \"Gott\" 🎉"}],"stream":true}"#;
        let Answer::Stream(stream) = check(endpoint, body) else { panic!("a stream was asked for") };
        assert_eq!(stream.content.len(), 4);
        let texts = stream.content.iter().map(|event| {
            let data = event.split("data: ").nth(1).expect("an event has data");
            let data: serde_json::Value = serde_json::from_str(data).expect("data is JSON");
            data.pointer(at).and_then(|it| it.as_str()).expect("content has text").to_owned()
        });
        texts.collect()
    }

    #[test]
    fn plain_and_streamed_answers_say_the_same() {
        let body = r#"{"messages":[{"role":"user","content":"grüß \"Gott\" 🎉"}]}"#;
        for (endpoint, plain, streamed) in [
            (Endpoint::Chat, "/choices/0/message/content", "/choices/0/delta/content"),
            (Endpoint::Completions, "/choices/0/text", "/choices/0/text"),
            (Endpoint::Responses, "/output/0/content/0/text", "/delta"),
            (Endpoint::Messages, "/content/0/text", "/delta/text"),
            (
                Endpoint::StreamGenerate("g"),
                "/candidates/0/content/parts/0/text",
                "/candidates/0/content/parts/0/text",
            ),
        ] {
            // Google has another path for what is no stream.
            let asked = endpoint.model().map_or(endpoint, Endpoint::Generate);
            let Answer::Plain(answer) = check(asked, body) else { panic!("no stream was asked for") };
            let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
            let text = json.pointer(plain).and_then(|it| it.as_str());
            assert_eq!(text, Some("vendor heard: grüß \"Gott\" 🎉"), "{endpoint:?}");
            assert_eq!(streamed_text(endpoint, streamed), "vendor heard: grüß \"Gott\" 🎉", "{endpoint:?}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_refused() {
        let Answer::Plain(answer) = check(Endpoint::Chat, "nonsense") else { panic!("an error is plain") };
        assert_eq!(answer.status, 400);
    }

    #[test]
    fn short_texts_still_come_in_as_many_pieces_as_asked() {
        let ask = Ask::default();
        let occasion = Occasion {
            vendor: "v",
            seq: 1,
            path: "/",
            dialect: Dialect::OpenAi,
            models: &[],
            ask: &ask,
            body_len: 0,
            chunks: 5,
            text: Some("ab"),
        };
        assert_eq!(occasion.pieces(), ["a", "b", ".", ".", "."]);
    }
}

//! The endpoints that make no conversation: embeddings, moderation, rerank, images, audio.

use serde_json::{Value, json};

use super::{CREATED, Occasion};
use crate::answer::{Answer, Plain};

/// Numbers in an embedding unless the request says otherwise: enough to be a vector, few enough to be read.
const DIMENSIONS: usize = 8;
/// Most numbers in an embedding, whatever the request says.
const DIMENSIONS_MAX: usize = 4096;

pub(super) fn embeddings(occasion: &Occasion<'_>) -> Answer {
    let dimensions = occasion.ask.dimensions.unwrap_or(DIMENSIONS).clamp(1, DIMENSIONS_MAX);
    let entry = |(index, text): (usize, &String)| {
        let vector = embedding(text, dimensions);
        let embedding: Value = match occasion.ask.base64 {
            true => base64(&vector.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<u8>>()).into(),
            false => vector.into(),
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    };
    let data: Vec<Value> = occasion.ask.inputs.iter().enumerate().map(entry).collect();
    let tokens = occasion.input_tokens();
    json_answer(&json!({
        "object": "list", "data": data, "model": occasion.model(),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens}
    }))
}

pub(super) fn moderations(occasion: &Occasion<'_>) -> Answer {
    const CATEGORIES: [&str; 13] = [
        "harassment",
        "harassment/threatening",
        "hate",
        "hate/threatening",
        "illicit",
        "illicit/violent",
        "self-harm",
        "self-harm/intent",
        "self-harm/instructions",
        "sexual",
        "sexual/minors",
        "violence",
        "violence/graphic",
    ];
    let each = |value: Value| -> Value {
        CATEGORIES
            .iter()
            .map(|it| ((*it).to_owned(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let result = json!({
        "flagged": false, "categories": each(false.into()), "category_scores": each(0.001.into()),
        "category_applied_input_types": each(json!(["text"]))
    });
    let results = vec![result; occasion.ask.inputs.len()];
    let id = format!("modr-{}-{}", occasion.vendor, occasion.seq);
    json_answer(&json!({"id": id, "model": occasion.model(), "results": results}))
}

pub(super) fn rerank(occasion: &Occasion<'_>) -> Answer {
    let count = occasion.ask.inputs.len();
    let result = |index: usize| json!({"index": index, "relevance_score": 1.0 - index as f64 / count as f64});
    let results: Vec<Value> = (0..count).map(result).collect();
    let id = format!("rerank-{}-{}", occasion.vendor, occasion.seq);
    json_answer(&json!({"id": id, "model": occasion.model(), "results": results}))
}

pub(super) fn images() -> Answer {
    /// A transparent picture of one pixel.
    const PNG: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
    json_answer(&json!({"created": CREATED, "data": [{"b64_json": PNG}]}))
}

pub(super) fn transcription(occasion: &Occasion<'_>) -> Answer {
    let text = format!("{} heard {} bytes", occasion.vendor, occasion.body_len);
    json_answer(&json!({"text": text, "usage": {"type": "duration", "seconds": 1}}))
}

/// Bytes that are no text, every value among them.
pub(super) fn speech() -> Answer {
    let body = (0..4096_u32).map(|it| (it % 256) as u8).collect();
    Answer::Plain(Plain { status: 200, content_type: "audio/mpeg", error_type: None, body })
}

fn json_answer(json: &Value) -> Answer {
    Answer::Plain(Plain::json(200, json.to_string()))
}

/// Different texts point in different directions; the same text always in the same.
pub(super) fn embedding(text: &str, dimensions: usize) -> Vec<f32> {
    let seed = text.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let number = |index: usize| {
        let mixed = seed.wrapping_add(index as u32).wrapping_mul(2_654_435_761) >> 16;
        mixed as f32 / 65_536.0 - 0.5
    };
    (0..dimensions).map(number).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let padded = [group[0], *group.get(1).unwrap_or(&0), *group.get(2).unwrap_or(&0)];
        let bits = u32::from_be_bytes([0, padded[0], padded[1], padded[2]]);
        for digit in 0..4 {
            let shown = digit <= group.len();
            let index = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if shown { char::from(DIGITS[index]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_usual_one() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn equal_texts_have_equal_embeddings() {
        assert_eq!(embedding("a", 4), embedding("a", 4));
        assert_ne!(embedding("a", 4), embedding("b", 4));
    }
}

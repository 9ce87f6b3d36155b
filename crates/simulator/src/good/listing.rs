//! The list of models, in the shape of the one who asks.

use serde_json::{Value, json};

use super::{CREATED, Occasion};
use crate::answer::{Answer, Plain};
use crate::endpoint::Dialect;
use crate::error_body::ErrorClass;

/// What a vendor without a list of its own claims to have.
const USUAL_MODELS: [&str; 3] = ["gpt-4o-mini", "text-embedding-3-small", "claude-sonnet-4-5"];

pub(super) fn models(occasion: &Occasion<'_>) -> Answer {
    let ids = ids(occasion);
    let data: Vec<Value> = ids.iter().map(|id| entry(occasion, id)).collect();
    let list = match occasion.dialect {
        Dialect::OpenAi | Dialect::Bedrock => json!({"object": "list", "data": data}),
        Dialect::Anthropic => {
            json!({"data": data, "has_more": false, "first_id": ids.first(), "last_id": ids.last()})
        }
        Dialect::Google => json!({"models": data}),
    };
    Answer::Plain(Plain::json(200, list.to_string()))
}

pub(super) fn model(occasion: &Occasion<'_>, id: &str) -> Answer {
    match occasion.serves(id) {
        true => Answer::Plain(Plain::json(200, entry(occasion, id).to_string())),
        false => occasion.error(ErrorClass::ModelNotFound, id),
    }
}

fn ids<'a>(occasion: &'a Occasion<'_>) -> Vec<&'a str> {
    match occasion.models.is_empty() {
        true => USUAL_MODELS.to_vec(),
        false => occasion.models.iter().map(String::as_str).collect(),
    }
}

fn entry(occasion: &Occasion<'_>, id: &str) -> Value {
    match occasion.dialect {
        Dialect::OpenAi | Dialect::Bedrock => {
            json!({"id": id, "object": "model", "created": CREATED, "owned_by": occasion.vendor})
        }
        Dialect::Anthropic => {
            json!({"type": "model", "id": id, "display_name": id, "created_at": "2025-11-21T04:40:00Z"})
        }
        Dialect::Google => json!({
            "name": format!("models/{id}"), "version": "001", "displayName": id,
            "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }),
    }
}

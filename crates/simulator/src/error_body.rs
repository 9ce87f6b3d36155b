//! How vendors say that something is wrong: status and body by class and dialect.
//!
//! A table, after the vendors' own documentation of their errors. It decides nothing about when to say so.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::endpoint::Dialect;

/// What is wrong, in terms that all vendors share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// 429: too fast.
    RateLimit,
    /// 429 `insufficient_quota`; Anthropic's spend limit.
    Quota,
    /// 402, or Anthropic's 400 "credit balance is too low".
    Billing,
    /// 401: the key is not valid.
    Auth,
    /// 403: the key may not do this.
    Permission,
    /// 503, or Anthropic's 529.
    Overloaded,
    /// 500.
    #[default]
    Server,
    /// 504.
    Timeout,
    /// 404 with the code that says it is the model.
    ModelNotFound,
    /// 404 for a path.
    NotFound,
    /// 400: more tokens than the model takes.
    ContextLength,
    /// 400: refused for its content.
    ContentPolicy,
    /// 400: anything else about the request.
    InvalidRequest,
}

/// Status and body of an error.
pub(crate) struct ErrorBody {
    pub(crate) status: u16,
    pub(crate) json: serde_json::Value,
    /// What Amazon calls it, in a header or in front of the event.
    pub(crate) amazon_type: Option<&'static str>,
}

/// Status, `type`, `code` and message of an OpenAI-style error.
type OpenAiRow = (u16, &'static str, Option<&'static str>, &'static str);
/// Status, `type` and message of an Anthropic error, and of an Amazon one.
type AnthropicRow = (u16, &'static str, &'static str);
/// Status, its name, the reason in the details, and message of an error of Google's.
type GoogleRow = (u16, &'static str, Option<&'static str>, &'static str);

impl ErrorClass {
    /// As a vendor of this dialect says it; `subject` is the model or path in question.
    pub(crate) fn body(self, dialect: Dialect, subject: &str, message: Option<&str>, seq: u64) -> ErrorBody {
        match dialect {
            Dialect::OpenAi => {
                let (status, kind, code, usual) = self.openai();
                let message = message.map_or_else(|| usual.replace("{}", subject), str::to_owned);
                let param = (self == ErrorClass::ContextLength).then_some("messages");
                let error = json!({"message": message, "type": kind, "param": param, "code": code});
                ErrorBody { status, json: json!({"error": error}), amazon_type: None }
            }
            Dialect::Anthropic => {
                let (status, kind, usual) = self.anthropic();
                let message = message.map_or_else(|| usual.replace("{}", subject), str::to_owned);
                let error = json!({"type": kind, "message": message});
                let request_id = format!("req_{seq:08}");
                let json = json!({"type": "error", "error": error, "request_id": request_id});
                ErrorBody { status, json, amazon_type: None }
            }
            Dialect::Bedrock => {
                let (status, kind, usual) = self.bedrock();
                let message = message.unwrap_or(usual);
                ErrorBody { status, json: json!({"message": message}), amazon_type: Some(kind) }
            }
            Dialect::Google => {
                let (code, status, detail, usual) = self.google();
                let message = message.map_or_else(|| usual.replace("{}", subject), str::to_owned);
                let mut error = json!({"code": code, "message": message, "status": status});
                if let Some(reason) = detail {
                    let info = "type.googleapis.com/google.rpc.ErrorInfo";
                    error["details"] = json!([{"@type": info, "reason": reason, "domain": "googleapis.com"}]);
                }
                ErrorBody { status: code, json: json!({"error": error}), amazon_type: None }
            }
        }
    }

    fn openai(self) -> OpenAiRow {
        use ErrorClass::*;
        let invalid = "invalid_request_error";
        match self {
            RateLimit => (
                429,
                "requests",
                Some("rate_limit_exceeded"),
                "Rate limit reached for {}. Please try again later.",
            ),
            Quota => (
                429,
                "insufficient_quota",
                Some("insufficient_quota"),
                "You exceeded your current quota, please check your plan and billing details.",
            ),
            Billing => (402, "billing_error", Some("insufficient_balance"), "Insufficient balance."),
            Auth => (401, invalid, Some("invalid_api_key"), "Incorrect API key provided."),
            Permission => (403, invalid, Some("permission_denied"), "You do not have access to {}."),
            Overloaded => (
                503,
                "server_error",
                Some("overloaded"),
                "The engine is currently overloaded, please try again later.",
            ),
            Server => (
                500,
                "server_error",
                None,
                "The server had an error while processing your request. Sorry about that!",
            ),
            Timeout => (504, "server_error", Some("timeout"), "The request timed out."),
            ModelNotFound => (
                404,
                invalid,
                Some("model_not_found"),
                "The model `{}` does not exist or you do not have access to it.",
            ),
            NotFound => (404, invalid, Some("unknown_url"), "Unknown request URL: {}."),
            ContextLength => (
                400,
                invalid,
                Some("context_length_exceeded"),
                "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
            ),
            ContentPolicy => (
                400,
                invalid,
                Some("content_policy_violation"),
                "Your request was rejected as a result of our safety system.",
            ),
            InvalidRequest => (400, invalid, None, "We could not parse the JSON body of your request."),
        }
    }

    fn google(self) -> GoogleRow {
        use ErrorClass::*;
        let invalid = "INVALID_ARGUMENT";
        match self {
            RateLimit | Quota => {
                (429, "RESOURCE_EXHAUSTED", None, "Resource has been exhausted (e.g. check quota).")
            }
            Billing => (
                400,
                "FAILED_PRECONDITION",
                None,
                "This API method requires billing to be enabled. Please enable billing on your project.",
            ),
            Auth => {
                (400, invalid, Some("API_KEY_INVALID"), "API key not valid. Please pass a valid API key.")
            }
            Permission => (403, "PERMISSION_DENIED", None, "The caller does not have permission."),
            Overloaded => (503, "UNAVAILABLE", None, "The model is overloaded. Please try again later."),
            Server => (500, "INTERNAL", None, "An internal error has occurred. Please retry."),
            Timeout => (504, "DEADLINE_EXCEEDED", None, "Deadline expired before operation could complete."),
            ModelNotFound => (
                404,
                "NOT_FOUND",
                None,
                "models/{} is not found for API version v1beta, or is not supported for generateContent.",
            ),
            NotFound => (404, "NOT_FOUND", None, "Requested entity was not found: {}"),
            ContextLength => (
                400,
                invalid,
                None,
                "The input token count (300000) exceeds the maximum number of tokens allowed (200000).",
            ),
            ContentPolicy => (400, invalid, None, "The request was blocked for its content."),
            InvalidRequest => (400, invalid, None, "Invalid JSON payload received."),
        }
    }

    fn bedrock(self) -> AnthropicRow {
        use ErrorClass::*;
        match self {
            RateLimit => (429, "ThrottlingException", "Too many requests, please wait before trying again."),
            Quota | Billing => (
                400,
                "ServiceQuotaExceededException",
                "Your request exceeds the service quota for your account.",
            ),
            Auth => {
                (403, "UnrecognizedClientException", "The security token included in the request is invalid.")
            }
            Permission => (
                403,
                "AccessDeniedException",
                "You don't have access to the model with the specified model ID.",
            ),
            Overloaded => (503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
            Server => (
                500,
                "InternalServerException",
                "The system encountered an unexpected error during processing. Try your request again.",
            ),
            Timeout => (408, "ModelTimeoutException", "The model took too long to answer."),
            ModelNotFound => (
                404,
                "ResourceNotFoundException",
                "Could not resolve the foundation model from the provided model identifier.",
            ),
            NotFound => (404, "UnknownOperationException", "There is no such operation."),
            ContextLength => (400, "ValidationException", "Input is too long for requested model."),
            ContentPolicy => (400, "ValidationException", "Output blocked by content filtering policy"),
            InvalidRequest => (400, "ValidationException", "The request body is not valid JSON."),
        }
    }

    fn anthropic(self) -> AnthropicRow {
        use ErrorClass::*;
        match self {
            RateLimit => {
                (429, "rate_limit_error", "This request would exceed your organization's rate limit.")
            }
            Quota => (
                429,
                "rate_limit_error",
                "enforced_spend_limit_reached: your organization has reached its spend limit.",
            ),
            Billing => {
                (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API.")
            }
            Auth => (401, "authentication_error", "invalid x-api-key"),
            Permission => (403, "permission_error", "Your API key does not have permission to use {}."),
            Overloaded => (529, "overloaded_error", "Overloaded"),
            Server => (500, "api_error", "Internal server error"),
            Timeout => (504, "timeout_error", "The request timed out."),
            ModelNotFound => (404, "not_found_error", "model: {}"),
            NotFound => (404, "not_found_error", "Not found: {}"),
            ContextLength => {
                (400, "invalid_request_error", "prompt is too long: 300000 tokens > 200000 maximum")
            }
            ContentPolicy => (400, "invalid_request_error", "Output blocked by content filtering policy"),
            InvalidRequest => (400, "invalid_request_error", "The request body is not valid JSON."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_own_shape() {
        let openai = ErrorClass::ModelNotFound.body(Dialect::OpenAi, "gpt-x", None, 1);
        assert_eq!(openai.status, 404);
        assert_eq!(openai.json["error"]["code"], "model_not_found");
        assert!(openai.json["error"]["message"].as_str().is_some_and(|it| it.contains("gpt-x")));
        assert!(openai.json["error"].get("param").is_some(), "all four keys are there");

        let google = ErrorClass::Auth.body(Dialect::Google, "", None, 1);
        assert_eq!((google.status, &google.json["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
        assert_eq!(google.json["error"]["details"][0]["reason"], "API_KEY_INVALID");

        let anthropic = ErrorClass::Overloaded.body(Dialect::Anthropic, "claude-x", None, 7);
        assert_eq!(anthropic.status, 529);
        assert_eq!(anthropic.json["type"], "error");
        assert_eq!(anthropic.json["error"]["type"], "overloaded_error");
        assert_eq!(anthropic.json["request_id"], "req_00000007");
    }
}

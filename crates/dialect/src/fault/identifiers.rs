//! What vendors' identifiers of errors mean, whoever uses them: one table.
//!
//! From the vendors' error references and their users' reports. A word that two vendors use for two things has no place here.

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Quota,
    RateLimited,
    Overloaded,
    KeyRejected,
    ModelNotFound,
    /// The context is too long or the content is not allowed.
    Refused,
    TooLarge,
    // From here on only as good as the status.
    Invalid,
    Forbidden,
    Missing,
    Timeout,
    Server,
}

/// What an identifier (`code`, `type`, `status`, `reason`) means, if it is known.
pub(crate) fn meaning_of(identifier: &str) -> Option<Meaning> {
    let bare = bare(identifier);
    IDENTIFIERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(bare)).map(|(_, meaning)| *meaning)
}

/// Amazon writes `namespace#ThrottlingException`, and `ThrottlingException:http://…` in a header.
pub(crate) fn bare(identifier: &str) -> &str {
    let name = identifier.rsplit('#').next().unwrap_or(identifier);
    name.split(':').next().unwrap_or(name)
}

/// In lower case.
const IDENTIFIERS: &[(&str, Meaning)] = &[
    ("insufficient_quota", Meaning::Quota),
    ("billing_error", Meaning::Quota),
    ("billing_hard_limit_reached", Meaning::Quota),
    ("billing_not_active", Meaning::Quota),
    ("insufficient_balance", Meaning::Quota),
    ("insufficient_credits", Meaning::Quota),
    ("insufficient_user_quota", Meaning::Quota),
    ("credit_balance_too_low", Meaning::Quota),
    ("exceeded_current_quota_error", Meaning::Quota),
    ("payment_required", Meaning::Quota),
    ("enforced_spend_limit_reached", Meaning::Quota),
    ("contract_spend_limit_reached", Meaning::Quota),
    ("ramp_limit_exceeded", Meaning::Quota),
    ("rate_limit_exceeded", Meaning::RateLimited),
    ("rate_limit_error", Meaning::RateLimited),
    ("rate_limit_reached_error", Meaning::RateLimited),
    ("rate_limited", Meaning::RateLimited),
    ("too_many_requests", Meaning::RateLimited),
    ("toomanyrequests", Meaning::RateLimited),
    ("too_many_requests_error", Meaning::RateLimited),
    ("too_many_tokens_error", Meaning::RateLimited),
    // Cerebras' quotas are those of a minute.
    ("request_quota_exceeded", Meaning::RateLimited),
    ("token_quota_exceeded", Meaning::RateLimited),
    ("resource_exhausted", Meaning::RateLimited),
    ("throttlingexception", Meaning::RateLimited),
    // No matter of money: a limit of so much in a time, like the others.
    ("servicequotaexceededexception", Meaning::RateLimited),
    ("overloaded_error", Meaning::Overloaded),
    ("overloaded", Meaning::Overloaded),
    ("engine_overloaded", Meaning::Overloaded),
    ("engine_overloaded_error", Meaning::Overloaded),
    ("server_is_overloaded", Meaning::Overloaded),
    ("slow_down", Meaning::Overloaded),
    ("queue_exceeded", Meaning::Overloaded),
    ("capacity_exceeded", Meaning::Overloaded),
    ("nocapacity", Meaning::Overloaded),
    ("unavailable", Meaning::Overloaded),
    ("modelnotreadyexception", Meaning::Overloaded),
    ("serviceunavailableexception", Meaning::Overloaded),
    ("invalid_api_key", Meaning::KeyRejected),
    ("api_key_invalid", Meaning::KeyRejected),
    ("wrong_api_key", Meaning::KeyRejected),
    ("incorrect_api_key_error", Meaning::KeyRejected),
    ("authentication_error", Meaning::KeyRejected),
    ("invalid_authentication_error", Meaning::KeyRejected),
    ("unauthenticated", Meaning::KeyRejected),
    ("account_deactivated", Meaning::KeyRejected),
    ("unrecognizedclientexception", Meaning::KeyRejected),
    ("invalidclienttokenid", Meaning::KeyRejected),
    ("invalidsignatureexception", Meaning::KeyRejected),
    ("signaturedoesnotmatch", Meaning::KeyRejected),
    ("incompletesignature", Meaning::KeyRejected),
    ("incompletesignatureexception", Meaning::KeyRejected),
    ("missingauthenticationtoken", Meaning::KeyRejected),
    ("missingauthenticationtokenexception", Meaning::KeyRejected),
    ("expiredtoken", Meaning::KeyRejected),
    ("expiredtokenexception", Meaning::KeyRejected),
    ("requestexpired", Meaning::KeyRejected),
    ("requesttimetooskewed", Meaning::KeyRejected),
    ("model_not_found", Meaning::ModelNotFound),
    ("model_not_available", Meaning::ModelNotFound),
    ("invalid_model", Meaning::ModelNotFound),
    ("deploymentnotfound", Meaning::ModelNotFound),
    ("resourcenotfoundexception", Meaning::ModelNotFound),
    ("context_length_exceeded", Meaning::Refused),
    ("string_above_max_length", Meaning::Refused),
    ("content_filter", Meaning::Refused),
    ("content_policy_violation", Meaning::Refused),
    ("responsibleaipolicyviolation", Meaning::Refused),
    ("moderation_blocked", Meaning::Refused),
    ("invalid_prompt", Meaning::Refused),
    ("request_too_large", Meaning::TooLarge),
    ("invalid_request_error", Meaning::Invalid),
    ("invalid_argument", Meaning::Invalid),
    ("badrequesterror", Meaning::Invalid),
    ("validationexception", Meaning::Invalid),
    ("accessdeniedexception", Meaning::Forbidden),
    ("permission_error", Meaning::Forbidden),
    ("permission_denied", Meaning::Forbidden),
    ("not_found_error", Meaning::Missing),
    ("not_found", Meaning::Missing),
    ("notfounderror", Meaning::Missing),
    ("timeout_error", Meaning::Timeout),
    ("modeltimeoutexception", Meaning::Timeout),
    ("deadline_exceeded", Meaning::Timeout),
    ("api_error", Meaning::Server),
    ("server_error", Meaning::Server),
    ("internal_server_error", Meaning::Server),
    ("internal", Meaning::Server),
    ("internalserverexception", Meaning::Server),
    ("modelerrorexception", Meaning::Server),
    ("modelstreamerrorexception", Meaning::Server),
];

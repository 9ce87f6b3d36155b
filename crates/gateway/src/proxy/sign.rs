//! Sign: Amazon's signature, version 4, over exactly what is sent, made anew for every try.
//!
//! An access key's secret never leaves: what goes along is its id and a signature of method, path, host, time and body,
//! which is good for a few minutes of Amazon's clock. Where ours is another, Amazon's refusal says what time it is there;
//! that is believed from then on, and the same try is made once more, as Amazon's own clients do. So a clock that is wrong
//! is told of, and costs no key its place.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_lc_rs::digest::{Context, SHA256};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings},
    sign::v4,
};
use balance::Kind;
use config::snapshot::{AccessKey, Credential, Proof};
use http::{HeaderName, HeaderValue, Method, header};
use tracing::warn;

use super::classify::Examined;
use crate::send::Outgoing;

/// The name of Bedrock in what is signed, whatever its hosts are called.
const SERVICE: &str = "bedrock";
/// Amazon takes five minutes. Within one, clocks are the same.
const SAME_TIME: i64 = 60;
/// Further away than any clock is set wrong by itself: who says so is not to be believed.
const BELIEVED_MAX: i64 = 100 * 365 * 86_400;

/// Seconds that Amazon's clock is ahead of ours, as far as it has been told. One for all: there is one clock here, and
/// Amazon's agree.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// What a signature is over, besides headers.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) host: &'a HeaderValue,
    pub(crate) region: Option<&'a str>,
    pub(crate) body: &'a Outgoing,
}

/// Adds a signature to `headers`, where the credential makes one.
pub(crate) fn sign(
    request: &Signed<'_>,
    credential: Option<&Credential>,
    headers: &mut Vec<(HeaderName, HeaderValue)>,
) -> Result<(), String> {
    let Some(Proof::AwsSignature(key)) = credential.map(|it| &it.proof) else { return Ok(()) };
    let ahead = AHEAD.load(Ordering::Relaxed);
    let (now, by) = (SystemTime::now(), Duration::from_secs(ahead.unsigned_abs()));
    let there = if ahead < 0 { now.checked_sub(by) } else { now.checked_add(by) };
    headers.retain(|(name, _)| !is_signatures(name));
    let signature = signature(request, key, headers, there.unwrap_or(now))?;
    headers.extend(signature);
    Ok(())
}

/// How far ahead of ours Amazon's clock is taken to be, in seconds.
pub(crate) fn ahead() -> i64 {
    AHEAD.load(Ordering::Relaxed)
}

/// Whether a refusal has told that Amazon's clock is another than what was signed by: it is to be signed anew.
pub(super) fn corrects_clock(examined: &Examined, signed_by: i64) -> bool {
    let Examined::Bad { kind: Kind::KeyRejected, opening: Some(opening), .. } = examined else {
        return false;
    };
    let date = opening.headers.get(header::DATE).and_then(|it| it.to_str().ok());
    date.and_then(|it| httpdate::parse_http_date(it).ok())
        .is_some_and(|it| learn(it, SystemTime::now(), signed_by))
}

/// What time it is at Amazon's. True if a request that was signed by another time has told it: whether others have told
/// it before is all the same to that request.
pub(crate) fn learn(there: SystemTime, here: SystemTime, signed_by: i64) -> bool {
    let seconds = |it: Duration| i64::try_from(it.as_secs()).unwrap_or(i64::MAX);
    let ahead = match there.duration_since(here) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    };
    if ahead.abs() > BELIEVED_MAX || (ahead - signed_by).abs() <= SAME_TIME {
        return false;
    }
    if (ahead - AHEAD.swap(ahead, Ordering::Relaxed)).abs() > SAME_TIME {
        warn!(
            seconds = ahead,
            "Amazon's clock is ahead of this machine's by so much: requests are signed by Amazon's"
        );
    }
    true
}

/// Only this file says these.
fn is_signatures(name: &HeaderName) -> bool {
    *name == header::AUTHORIZATION
        || matches!(name.as_str(), "x-amz-date" | "x-amz-security-token" | "x-amz-content-sha256")
}

/// The headers that carry it.
fn signature(
    request: &Signed<'_>,
    key: &AccessKey,
    headers: &[(HeaderName, HeaderValue)],
    time: SystemTime,
) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let region = request.region.ok_or("nobody has said which region it is to be signed for")?;
    let token = key.session_token.as_ref().map(|it| it.expose().to_owned());
    let secret = key.secret.expose();
    let identity = Credentials::new(&key.id, secret, token, None, "spillway").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|it| it.to_string())?
        .into();
    // What proxies on the way may change is left out; what Amazon reads is not.
    let is_covered = |name: &HeaderName| *name == header::CONTENT_TYPE || name.as_str().starts_with("x-amz-");
    let covered = headers.iter().filter(|(name, _)| is_covered(name));
    let covered = covered.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let host = request.host.to_str().map_err(|it| it.to_string())?;
    let covered = covered.chain([("host", host)]);
    let body = SignableBody::Precomputed(hash(request.body)?);
    let signable = SignableRequest::new(request.method.as_str(), request.path, covered, body);
    let signable = signable.map_err(|it| it.to_string())?;
    let signed = aws_sigv4::http_request::sign(signable, &params).map_err(|it| it.to_string())?;
    let (instructions, _) = signed.into_parts();
    let header = |(name, value): (&str, &str)| {
        let mut value = HeaderValue::from_str(value).map_err(|it| it.to_string())?;
        value.set_sensitive(true);
        Ok((HeaderName::from_bytes(name.as_bytes()).map_err(|it| it.to_string())?, value))
    };
    instructions.headers().map(header).collect()
}

/// The SHA-256 of a body in hexadecimal digits.
fn hash(body: &Outgoing) -> Result<String, String> {
    let mut hash = Context::new(&SHA256);
    match body {
        Outgoing::Empty => {}
        Outgoing::Pieces(pieces) => pieces.iter().for_each(|it| hash.update(it)),
        Outgoing::Stream(..) => {
            return Err("a body that is too large to be held cannot be signed".to_owned());
        }
    }
    Ok(hash.finish().as_ref().iter().map(|it| format!("{it:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use config::Secret;

    use super::*;

    const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE//////////token==";

    /// What Amazon's own client for Python (botocore) signs at 2026-11-26T10:00:00Z.
    #[test]
    fn signatures_are_those_of_amazons_own_client() {
        const CHAT: &str = r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#;
        let check = |path: &str, token: Option<&str>, body: &str, expected: &str| {
            let hidden = |it: &str| Secret::new(it.to_owned());
            let key = AccessKey {
                id: "AKIDEXAMPLE".to_owned(),
                secret: hidden("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                session_token: token.map(hidden),
            };
            let (head, tail) = body.split_at(body.len() / 2);
            let piece = |it: &str| Bytes::copy_from_slice(it.as_bytes());
            let request = Signed {
                method: &Method::POST,
                path,
                host: &HeaderValue::from_static("bedrock-runtime.eu-central-1.amazonaws.com"),
                region: Some("eu-central-1"),
                body: &Outgoing::Pieces([piece(head), Bytes::new(), piece(tail)]),
            };
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (header::USER_AGENT, HeaderValue::from_static("a proxy may change it")),
            ];
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_687_200);
            let signed = signature(&request, &key, &headers, time).expect("all of it can be signed");
            let of = |name: &str| {
                let found = signed.iter().find(|it| it.0 == name);
                found.map(|(_, value)| {
                    assert!(value.is_sensitive(), "{name}");
                    value.to_str().expect("ASCII").to_owned()
                })
            };
            assert_eq!(of("x-amz-date").as_deref(), Some("20261126T100000Z"));
            assert_eq!(of("x-amz-security-token").as_deref(), token);
            let end = of("authorization").expect("a signature");
            assert_eq!(end.rsplit('=').next(), Some(expected), "{path}: {end}");
        };
        check(
            "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
            None,
            CHAT,
            "cf1ec46c149123a8e0f856f957be1eb77fdbf4e1408fb9cf9768d3fd25ca1e91",
        );
        check(
            "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3/converse-stream",
            Some(TOKEN),
            CHAT,
            "519ab88360103890dce4565569d24cd463d84f8b7b50d3bedecc18c514dad2fa",
        );
        check(
            "/model/a/converse?b=2&a=1",
            None,
            "",
            "b85a907f3682c79aa9ba67bab19a281bd27eea8b8960fb399d9d690b5a5608d0",
        );
    }
}

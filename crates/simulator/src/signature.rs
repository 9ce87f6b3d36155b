//! Amazon's signature, version 4, checked: made again from what arrived, after Amazon's description of it.
//!
//! Written without a look at what the gateway signs with, so that the two check each other. Only what Bedrock wants:
//! one service, signatures in a header, the path encoded twice.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{digest, hmac};
use serde::{Deserialize, Serialize};

use crate::wire::Head;

/// How old a signature may be, and how young.
const MINUTES: Duration = Duration::from_secs(300);

/// What a vendor knows of who signs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// The region that is to be signed for.
    pub region: String,
    /// The secrets of access keys by their ids.
    pub secrets: BTreeMap<String, String>,
    /// How far the vendor's clock is ahead of ours.
    pub clock_skew_s: i64,
}

/// What is wrong with a signature: Amazon's name for it, and its words.
pub(crate) type Wrong = (&'static str, String);

/// The id of the access key in an `authorization` of Amazon's.
pub(crate) fn access_key_id(authorization: &str) -> Option<&str> {
    let (_, scope) = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?.split_once("Credential=")?;
    scope.split('/').next()
}

impl Signing {
    /// The vendor's time.
    pub(crate) fn now(&self) -> SystemTime {
        let by = Duration::from_secs(self.clock_skew_s.unsigned_abs());
        let now = SystemTime::now();
        if self.clock_skew_s < 0 { now - by } else { now + by }
    }

    /// Whether the request was signed with a secret that is known, for this region, and just now.
    pub(crate) fn check(&self, head: &Head, body: &[u8]) -> Result<(), Wrong> {
        let incomplete =
            |what: &str| ("IncompleteSignatureException", format!("{what} is missing or malformed"));
        let of = |name: &str| head.header(name).unwrap_or_default();
        let authorization = of("authorization");
        let part = |name: &str| {
            let (_, rest) = authorization.split_once(name)?;
            rest.split([',', ' ']).next()
        };
        let scope = part("Credential=").ok_or_else(|| incomplete("Credential"))?;
        let names = part("SignedHeaders=").ok_or_else(|| incomplete("SignedHeaders"))?;
        let signature = part("Signature=").ok_or_else(|| incomplete("Signature"))?;
        let [id, day, region, "bedrock", "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
            return Err(incomplete("Credential"));
        };
        let unknown = || {
            let words = "The security token included in the request is invalid.";
            ("UnrecognizedClientException", words.to_owned())
        };
        let secret = self.secrets.get(id).ok_or_else(unknown)?;
        let invalid = |words: &str| ("InvalidSignatureException", words.to_owned());
        if region != self.region {
            return Err(invalid(&format!("Credential should be scoped to a valid region: {}", self.region)));
        }
        for wanted in ["host", "x-amz-date"] {
            if !names.split(';').any(|it| it == wanted) {
                return Err(invalid(&format!("'{wanted}' must be a signed header")));
            }
        }
        let has_token = head.header("x-amz-security-token").is_some();
        if id.starts_with("ASIA") && !has_token || has_token && !names.contains("x-amz-security-token") {
            return Err(unknown());
        }
        let date = of("x-amz-date");
        let time = time(date).filter(|_| date.starts_with(day)).ok_or_else(|| incomplete("X-Amz-Date"))?;
        if time + MINUTES < self.now() {
            return Err(invalid(&format!("Signature expired: {date} is now earlier than what is taken")));
        }
        if time > self.now() + MINUTES {
            return Err(invalid(&format!(
                "Signature not yet current: {date} is still later than what is taken"
            )));
        }
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        let mut arguments: Vec<&str> = query.split('&').filter(|it| !it.is_empty()).collect();
        arguments.sort_unstable();
        let mut canonical = [&head.method, &twice(path), &arguments.join("&")].map(String::as_str).join("\n");
        for name in names.split(';') {
            canonical.push_str(&format!("\n{name}:{}", of(name).trim()));
        }
        canonical.push_str(&format!("\n\n{names}\n{}", hex(digest::digest(&digest::SHA256, body).as_ref())));
        let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{day}/{region}/bedrock/aws4_request\n{hashed}");
        let first = format!("AWS4{secret}").into_bytes();
        let key = [day, region, "bedrock", "aws4_request"].into_iter().fold(first, |key, it| mac(&key, it));
        match hex(&mac(&key, &to_sign)) == signature {
            true => Ok(()),
            false => Err(invalid(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method.",
            )),
        }
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// The path encoded once more than it was sent.
fn twice(path: &str) -> String {
    let byte = |it: u8| match it {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(it).to_string()
        }
        other => format!("%{other:02X}"),
    };
    path.bytes().map(byte).collect()
}

/// `20261126T100000Z`
fn time(text: &str) -> Option<SystemTime> {
    let stamp = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    let seconds = stamp.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

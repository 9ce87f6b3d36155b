//! Amazon's two things that no other vendor has: keys that sign instead of being sent, and regions to sign for.

use crate::Secret;

/// What a secret of an Amazon provider is.
#[derive(Debug, PartialEq)]
pub(crate) enum AmazonKey {
    /// A Bedrock API key: sent as it is.
    ApiKey(Secret),
    /// An access key: never sent, it signs.
    Access(AccessKey),
}

/// An access key of Amazon's.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessKey {
    /// Tells whose key it is; goes along with every signature.
    pub id: String,
    /// Signs.
    pub secret: Secret,
    /// Goes along, where the key is a temporary one.
    pub session_token: Option<Secret>,
}

/// The way out, for whoever wrote something else.
const EXPECTED: &str = "expected a Bedrock API key, or ACCESS_KEY_ID:SECRET_ACCESS_KEY with :SESSION_TOKEN behind it if \
                        the key is a temporary one";
/// The longest id that Amazon gives.
const ID_MAX: usize = 128;

impl AmazonKey {
    /// Takes a secret apart. What is wrong with it is said without showing it.
    pub(crate) fn parse(secret: &str) -> Result<AmazonKey, String> {
        let hidden = |it: &str| Secret::new(it.to_owned());
        let parts: Vec<&str> = secret.split(':').collect();
        let (id, secret, session_token) = match parts[..] {
            [id] if is_access_key_id(id) => return Err(format!("is an access key's id alone: {EXPECTED}")),
            [key] => return Ok(AmazonKey::ApiKey(hidden(key))),
            [id, secret] => (id, secret, None),
            [id, secret, token] => (id, secret, Some(token)),
            _ => return Err(EXPECTED.to_owned()),
        };
        let is_id = (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric());
        let is_filled = !secret.is_empty() && session_token != Some("");
        if !(is_id && is_filled) {
            return Err(EXPECTED.to_owned());
        }
        let session_token = session_token.map(hidden);
        Ok(AmazonKey::Access(AccessKey { id: id.to_owned(), secret: hidden(secret), session_token }))
    }
}

/// `AKIA…` of a user, `ASIA…` of a session: twenty letters in all.
fn is_access_key_id(text: &str) -> bool {
    let begins = text.starts_with("AKIA") || text.starts_with("ASIA");
    begins && text.len() == 20 && text.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// The region that a host of Amazon's says: `bedrock-runtime.REGION.amazonaws.com`, with `-fips`, of China's or
/// Europe's own partition, dual-stack, or a VPC endpoint's.
pub(crate) fn region_of(host: &str) -> Option<&str> {
    const SERVICES: [&str; 2] = ["bedrock-runtime", "bedrock-runtime-fips"];
    const DOMAINS: [&str; 5] =
        ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "api.amazonwebservices.com.cn"];
    let before = DOMAINS.iter().find_map(|it| host.strip_suffix(it)?.strip_suffix('.'))?;
    let mut labels = before.strip_suffix(".vpce").unwrap_or(before).rsplit('.');
    let region = labels.next()?;
    (labels.next().is_some_and(|it| SERVICES.contains(&it)) && is_region(region)).then_some(region)
}

/// `eu-central-1`, `us-gov-west-1`.
pub(crate) fn is_region(text: &str) -> bool {
    const MAX: usize = 32;
    let is_part =
        |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    text.len() <= MAX && text.split('-').all(is_part)
}

/// Where Bedrock is in a region.
pub(crate) fn base_url(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://bedrock-runtime.{region}.{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_amazons_says_its_region() {
        let check = |host: &str, expected: Option<&str>| assert_eq!(region_of(host), expected, "{host}");
        check("bedrock-runtime.eu-central-1.amazonaws.com", Some("eu-central-1"));
        check("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1"));
        check("bedrock-runtime.cn-north-1.amazonaws.com.cn", Some("cn-north-1"));
        check("bedrock-runtime.us-west-2.api.aws", Some("us-west-2"));
        check("vpce-0a1-b2.bedrock-runtime.us-east-1.vpce.amazonaws.com", Some("us-east-1"));
        check("vpce-0a1-b2-us-east-1a.bedrock-runtime.us-east-1.vpce.amazonaws.com", Some("us-east-1"));
        check("bedrock-runtime.us-east-1.amazonaws.com.evil.example", None);
        check("bedrock-runtime.proxy.example", None);
        check("bedrock.us-east-1.amazonaws.com", None);
        check("amazonaws.com", None);
        check("127.0.0.1", None);
        for region in ["eu-central-1", "cn-north-1"] {
            let url = base_url(region);
            check(url.strip_prefix("https://").expect("it is one"), Some(region));
        }
    }

    #[test]
    fn a_secret_is_a_key_or_an_access_key_and_what_else_is_refused_unquoted() {
        let access = |id: &str, secret: &str, token: Option<&str>| {
            let hidden = |it: &str| Secret::new(it.to_owned());
            let session_token = token.map(hidden);
            AmazonKey::Access(AccessKey { id: id.to_owned(), secret: hidden(secret), session_token })
        };
        let api_key = AmazonKey::ApiKey(Secret::new("ABSKQmVkcm9ja0FQSUtleQ==".to_owned()));
        assert_eq!(AmazonKey::parse("ABSKQmVkcm9ja0FQSUtleQ=="), Ok(api_key));
        assert_eq!(
            AmazonKey::parse("AKIDEXAMPLE:wJal/rXU+tn"),
            Ok(access("AKIDEXAMPLE", "wJal/rXU+tn", None))
        );
        assert_eq!(
            AmazonKey::parse("ASIA1:s3cr3t:IQo/J+b=="),
            Ok(access("ASIA1", "s3cr3t", Some("IQo/J+b==")))
        );
        for wrong in [
            "AKIAIOSFODNN7EXAMPLE",
            "AKIA1:",
            ":hidden-part",
            "AKIA1:hidden-part:",
            "a:hidden-part:c:d",
            "a b:hidden-part",
        ] {
            let why = AmazonKey::parse(wrong).expect_err(wrong);
            assert!(why.contains("ACCESS_KEY_ID:SECRET_ACCESS_KEY"), "{why}");
            assert!(!why.contains("hidden") && !why.contains("IOSFODNN"), "{why}");
        }
        let shown = format!("{:?}", AmazonKey::parse("AKIA1:hidden-part:hidden-token"));
        assert!(!shown.contains("hidden"), "{shown}");
    }
}

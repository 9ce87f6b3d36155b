//! One exchange of an account for a token: RFC 7523 for a service account, RFC 6749's refresh for a person.
//!
//! The address comes from a key file: it is asked under the same rules as vendors are, no redirect is followed, and of
//! its answer little is read. What it says of a failure is told on without what was sent.

use std::{
    str,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use config::snapshot::{GoogleAccount, Grant};
use http::{HeaderName, HeaderValue, Method, header};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{NoToken, Token};
use crate::send::{Answer, Exchange, Outgoing, Sender};

/// All of it, connecting included.
const WITHIN: Duration = Duration::from_secs(10);
/// Of it, for the connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A token and its circumstances are a tenth of this.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// What Google's tokens are for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The longest that Google lets a request be good for.
const ASSERTION_SECONDS: u64 = 3600;
/// No longer is a token believed to last, whatever is said.
const LIFE_MAX: Duration = Duration::from_secs(12 * 3600);
/// What is believed where nothing is said.
const LIFE_USUAL: u64 = 3600;
/// How much of the endpoint's words is told on.
const WORDS_MAX: usize = 300;
/// Shorter values are no secrets, and would be found everywhere.
const SECRET_BYTES_MIN: usize = 8;

const AGENT: HeaderValue = HeaderValue::from_static(concat!("spillway/", env!("CARGO_PKG_VERSION")));

/// Asks for a token, within a bound of its own.
pub(super) async fn exchange(account: &GoogleAccount, sender: &Sender) -> Result<Token, NoToken> {
    let body = body(account)?;
    let made = Instant::now();
    let answered = match timeout(WITHIN, ask(account, sender, &body)).await {
        Ok(answered) => answered.map_err(|it| NoToken::passing(&format!("{}: {it}", account.token_uri)))?,
        Err(_) => {
            let message = format!("{}: no answer within {} s", account.token_uri, WITHIN.as_secs());
            return Err(NoToken::passing(&message));
        }
    };
    match answered {
        (200, answer) => token(&answer, made),
        (status, answer) => Err(refusal(account, status, &answer)),
    }
}

async fn ask(account: &GoogleAccount, sender: &Sender, body: &str) -> Result<(u16, Vec<u8>), String> {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::USER_AGENT, AGENT),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
        (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        (header::CONTENT_TYPE, form),
    ];
    let exchange = Exchange {
        address: &account.address,
        method: &Method::POST,
        path: &account.path,
        host: &account.host,
        headers: &headers,
        body: Outgoing::Pieces([Bytes::copy_from_slice(body.as_bytes()), Bytes::new(), Bytes::new()]),
        connect: CONNECT_WITHIN,
    };
    let Answer { status, mut body, .. } = sender.send(exchange).await.map_err(|it| it.to_string())?;
    let mut read = BytesMut::new();
    while let Some(chunk) = body.chunk().await {
        read.extend_from_slice(&chunk.map_err(|it| it.to_string())?);
        if read.len() > ANSWER_BYTES_MAX {
            return Err(format!("the answer is longer than {ANSWER_BYTES_MAX} bytes"));
        }
    }
    Ok((status.as_u16(), read.to_vec()))
}

/// What is asked, as a form.
fn body(account: &GoogleAccount) -> Result<Zeroizing<String>, NoToken> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    match &account.grant {
        Grant::ServiceAccount { email, key_id, private_key } => {
            let assertion = assertion(email, key_id.as_deref(), private_key.expose(), &account.token_uri)?;
            form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                .append_pair("assertion", &assertion);
        }
        Grant::User { client_id, client_secret, refresh_token } => {
            form.append_pair("grant_type", "refresh_token")
                .append_pair("client_id", client_id)
                .append_pair("client_secret", client_secret.expose())
                .append_pair("refresh_token", refresh_token.expose());
        }
    }
    Ok(Zeroizing::new(form.finish()))
}

/// The account's own request: who it is, what it wants, of whom, until when; signed with RS256.
fn assertion(
    email: &str,
    key_id: Option<&str>,
    pem: &str,
    audience: &str,
) -> Result<Zeroizing<String>, NoToken> {
    let unreadable = || NoToken::rejected("the key file's private_key cannot be read as an RSA key");
    let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unreadable())? {
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        _ => return Err(unreadable()),
    };
    let key = key.map_err(|_| unreadable())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let mut head = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(key_id) = key_id {
        head["kid"] = key_id.into();
    }
    let claims =
        json!({ "iss": email, "scope": SCOPE, "aud": audience, "iat": now, "exp": now + ASSERTION_SECONDS });
    let encoded = |it: &serde_json::Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let mut assertion = Zeroizing::new(format!("{}.{}", encoded(&head), encoded(&claims)));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), assertion.as_bytes(), &mut signature)
        .map_err(|_| unreadable())?;
    assertion.push('.');
    assertion.push_str(&URL_SAFE_NO_PAD.encode(signature));
    Ok(assertion)
}

fn token(answer: &[u8], made: Instant) -> Result<Token, NoToken> {
    #[derive(Deserialize)]
    struct Answered {
        access_token: String,
        expires_in: Option<u64>,
    }
    let unreadable = || NoToken::passing("the token endpoint's answer holds none");
    let Answered { access_token, expires_in } = serde_json::from_slice(answer).map_err(|_| unreadable())?;
    let access_token = Zeroizing::new(access_token);
    let text = Zeroizing::new(format!("Bearer {}", access_token.as_str()));
    let mut bearer = HeaderValue::from_str(&text).map_err(|_| unreadable())?;
    bearer.set_sensitive(true);
    let life = Duration::from_secs(expires_in.unwrap_or(LIFE_USUAL)).min(LIFE_MAX);
    if access_token.is_empty() || life.is_zero() {
        return Err(unreadable());
    }
    Ok(Token { bearer, made, life })
}

/// 400, 401 and 403 speak of the account (`invalid_grant`, `invalid_client`), anything else of the endpoint.
fn refusal(account: &GoogleAccount, status: u16, answer: &[u8]) -> NoToken {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Refused {
        error: String,
        error_description: String,
    }
    let said: Refused = serde_json::from_slice(answer).unwrap_or_default();
    let mut words = [said.error, said.error_description].join(": ");
    for secret in account.secrets().into_iter().filter(|it| it.len() >= SECRET_BYTES_MIN) {
        // As it is, and as it was sent.
        let sent: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        words = words.replace(secret, "***").replace(&sent, "***");
    }
    // What looks like a key is masked in any vendor's words, the request that was sent among it.
    let told = json!({ "error": { "message": words.trim_matches([':', ' ']) } });
    let words = dialect::message(told.to_string().as_bytes()).unwrap_or_default();
    let words: String = words.chars().filter(|it| !it.is_control()).take(WORDS_MAX).collect();
    let words = if words.is_empty() { String::new() } else { format!(": {words}") };
    let uri = &account.token_uri;
    if matches!(status, 400 | 401 | 403) {
        return NoToken::rejected(format!("the Google account is rejected by {uri} ({status}){words}"));
    }
    let redirect = if (300..400).contains(&status) { ", and redirects are not followed" } else { "" };
    NoToken::passing(&format!("{uri} answered {status}{redirect}{words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_header_with_an_end() {
        let now = Instant::now();
        let good =
            token(br#"{"access_token":"ya29.x","expires_in":1800,"token_type":"Bearer"}"#, now).unwrap();
        assert_eq!((good.bearer.to_str().unwrap(), good.life), ("Bearer ya29.x", Duration::from_secs(1800)));
        assert!(good.bearer.is_sensitive());
        assert_eq!(token(br#"{"access_token":"t"}"#, now).unwrap().life, Duration::from_secs(3600));
        let forever = br#"{"access_token":"t","expires_in":18446744073709551615}"#;
        assert_eq!(token(forever, now).unwrap().life, LIFE_MAX);
        for odd in ["", "{}", r#"{"access_token":"a\nb"}"#, r#"{"access_token":"t","expires_in":0}"#, "[]"] {
            assert!(token(odd.as_bytes(), now).is_err_and(|it| !it.is_rejected), "{odd}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_and_not_shown() {
        for pem in ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----\n"] {
            let refused = assertion("a@b", None, pem, "https://t").expect_err("no key");
            assert!(refused.is_rejected && !refused.message.contains("MII"), "{refused}");
        }
    }
}

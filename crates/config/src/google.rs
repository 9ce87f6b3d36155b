//! Google's accounts: what a key file says, and where it is exchanged for tokens.
//!
//! Two kinds of files are read: a service account's, with a private key of its own, and what `gcloud` leaves behind for a
//! person (`authorized_user`). What refers to somebody else's tokens (`external_account`) is refused. The key itself is
//! read where it is used; nothing here knows cryptography.

use std::{net::IpAddr, sync::Arc};

use http::HeaderValue;
use serde::{Deserialize, Deserializer};

use crate::{
    Secret,
    address::{self, BaseUrl},
    snapshot::Address,
};

/// Who exchanges what, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct GoogleAccount {
    /// What is given for a token.
    pub grant: Grant,
    /// Where, as the file says it: also who a service account's request is meant for.
    pub token_uri: String,
    /// The same as an address.
    pub address: Arc<Address>,
    /// And the path there.
    pub path: String,
    /// What is sent as `Host`, prepared.
    pub host: HeaderValue,
}

/// What is given for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A request that the account signs.
    ServiceAccount {
        /// `…@….iam.gserviceaccount.com`
        email: String,
        /// Which of its keys, if the file says so.
        key_id: Option<String>,
        /// PEM.
        private_key: Secret,
    },
    /// What a person once allowed.
    User {
        /// The application's name.
        client_id: String,
        /// And what it proves itself with.
        client_secret: Secret,
        /// What it was given then.
        refresh_token: Secret,
    },
}

/// Google's own, where a file names none.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// A key file, checked.
pub(crate) struct KeyFile {
    pub(crate) grant: Grant,
    pub(crate) token_uri: String,
    pub(crate) place: BaseUrl,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default, rename = "type")]
    kind: String,
    client_email: Option<String>,
    private_key_id: Option<String>,
    #[serde(default, deserialize_with = "hidden")]
    private_key: Option<Secret>,
    client_id: Option<String>,
    #[serde(default, deserialize_with = "hidden")]
    client_secret: Option<Secret>,
    #[serde(default, deserialize_with = "hidden")]
    refresh_token: Option<Secret>,
    token_uri: Option<String>,
}

/// Wiped when it is dropped, whatever becomes of the rest.
fn hidden<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

/// Whether a secret is a key file's text and not a key.
pub(crate) fn is_key_file(secret: &str) -> bool {
    secret.trim_start().starts_with('{')
}

/// Reads a key file; says what is wrong with it without showing it.
pub(crate) fn key_file(text: &str) -> Result<KeyFile, String> {
    let fields: Fields = serde_json::from_str(text).map_err(|it| {
        format!("the key file is not the JSON of one (line {}, column {})", it.line(), it.column())
    })?;
    let missing = |name: &str| format!("the key file of type '{}' has no '{name}'", shown(&fields.kind));
    let given = |value: &Option<String>, name: &str| {
        value.clone().filter(|it| !it.is_empty()).ok_or_else(|| missing(name))
    };
    let secret = |value: &Option<Secret>, name: &str| {
        value.clone().filter(|it| !it.expose().is_empty()).ok_or_else(|| missing(name))
    };
    let grant = match fields.kind.as_str() {
        "service_account" => {
            let private_key = secret(&fields.private_key, "private_key")?;
            if !private_key.expose().trim_start().starts_with("-----BEGIN") {
                return Err("the key file's private_key is no PEM (-----BEGIN PRIVATE KEY-----)".to_owned());
            }
            let email = given(&fields.client_email, "client_email")?;
            Grant::ServiceAccount { email, key_id: fields.private_key_id.clone(), private_key }
        }
        "authorized_user" => Grant::User {
            client_id: given(&fields.client_id, "client_id")?,
            client_secret: secret(&fields.client_secret, "client_secret")?,
            refresh_token: secret(&fields.refresh_token, "refresh_token")?,
        },
        other => {
            return Err(format!(
                "a key file of type '{}' is not read here: use a service account's (service_account), or a person's \
                 (authorized_user)",
                shown(other)
            ));
        }
    };
    let token_uri = fields.token_uri.unwrap_or_else(|| TOKEN_URI.to_owned());
    let place = address::base_url(&token_uri).map_err(|why| format!("the key file's token_uri: {why}"))?;
    if !place.tls && !is_loopback(&place.host) {
        return Err("the key file's token_uri is not https: what is sent there is a secret".to_owned());
    }
    Ok(KeyFile { grant, token_uri, place })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

fn shown(text: &str) -> String {
    const SHOWN: usize = 32;
    text.chars().filter(|it| it.is_ascii_graphic()).take(SHOWN).collect()
}

impl GoogleAccount {
    /// Everything of it that is a secret.
    pub fn secrets(&self) -> [&str; 2] {
        match &self.grant {
            Grant::ServiceAccount { private_key, .. } => [private_key.expose(), ""],
            Grant::User { client_secret, refresh_token, .. } => {
                [client_secret.expose(), refresh_token.expose()]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn service_account(change: &Value) -> String {
        let mut file = json!({
            "type": "service_account", "project_id": "p", "private_key_id": "k1",
            "private_key": "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n",
            "client_email": "a@p.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token",
        });
        let change = change.as_object().expect("an object").clone();
        file.as_object_mut().expect("an object").extend(change);
        file.to_string()
    }

    #[test]
    fn two_kinds_of_key_files_are_read() {
        let file = key_file(&service_account(&json!({}))).expect("a good file");
        assert!(matches!(&file.grant, Grant::ServiceAccount { email, .. } if email.starts_with("a@p")));
        assert_eq!((file.place.host.as_str(), file.place.path.as_str()), ("oauth2.googleapis.com", "/token"));
        let user =
            json!({"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"});
        let file = key_file(&user.to_string()).expect("a good file");
        assert_eq!(file.token_uri, TOKEN_URI);
        for loopback in ["http://127.0.0.1:9/token", "http://localhost:9/token", "http://[::1]:9/token"] {
            assert!(key_file(&service_account(&json!({"token_uri": loopback}))).is_ok(), "{loopback}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_key_file_is_said_without_showing_it() {
        for (file, said) in [
            ("{".to_owned(), "not the JSON of one (line 1"),
            ("{}".to_owned(), "type '' is not read here"),
            (
                service_account(&json!({"type": "external_account"})),
                "type 'external_account' is not read here",
            ),
            (service_account(&json!({"client_email": null})), "has no 'client_email'"),
            (service_account(&json!({"private_key": "MIItop-secret"})), "is no PEM"),
            (service_account(&json!({"token_uri": "http://tokens.example/t"})), "is not https"),
            (service_account(&json!({"token_uri": "https://169.254.169.254/t"})), "link-local"),
            (service_account(&json!({"token_uri": "nonsense"})), "token_uri: expected a URL"),
            (json!({"type": "authorized_user", "client_id": "i"}).to_string(), "has no 'client_secret'"),
        ] {
            let refused = key_file(&file).err().unwrap_or_else(|| panic!("{file} is read"));
            assert!(refused.contains(said) && !refused.contains("MII"), "{refused}");
        }
    }
}

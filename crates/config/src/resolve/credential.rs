//! Credentials: where the secret is becomes the headers that carry it.

use std::sync::Arc;

use balance::{CredentialId, CredentialPlan, Limits};
use dialect::Auth;
use http::{HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::{Work, upstream::host};
use crate::{
    Entity, Kind, Owner, Secret,
    amazon::AmazonKey,
    entity, google,
    secret::Written,
    snapshot::{self, GoogleAccount, Proof, Trust},
};

/// A credential that targets may name.
pub(super) struct Key<'a> {
    pub(super) id: CredentialId,
    pub(super) credential: &'a entity::Credential,
}

impl<'a> Work<'a> {
    /// Numbers every credential and prepares what it sends.
    pub(super) fn credentials(&mut self) {
        let document = self.document;
        for row in document.rows(Kind::Credential) {
            let Entity::Credential(credential) = &*row.entity else {
                continue;
            };
            let Some(provider) = document.by_id(Kind::Provider, credential.provider.id) else {
                continue;
            };
            let Entity::Provider(of) = &*provider.entity else {
                continue;
            };
            let auth = dialect::Kind::from_name(&of.kind).map_or(Auth::Bearer, |kind| kind.row().auth);
            let id = self.registry.number_credential(row.id);
            let owner = Owner { provider: provider.id, credential: row.id };
            let carried =
                self.secret(&credential.secret, owner).and_then(|secret| self.carried(auth, &secret));
            if let Err(cause) = &carried {
                let name = &credential.name;
                self.warnings.push(format!("credential {}/{name} is out: {cause}", of.name));
            }
            let ((mut headers, proof), problem) = match carried {
                Ok(carried) => (carried, None),
                Err(cause) => ((Vec::new(), Proof::Headers), Some(cause)),
            };
            let plan = CredentialPlan {
                id,
                enabled: credential.enabled && problem.is_none(),
                expires: credential.expires_at.as_deref().and_then(unix).map(self.facts.time_of),
                limits: limits(credential.limits),
                version: self.registry.version(id, &headers, &proof),
            };
            self.plan.credentials.push(plan);
            headers.extend(overrides(&credential.overrides));
            let resolved = snapshot::Credential {
                id,
                uuid: row.id,
                name: credential.name.as_str().into(),
                provider: of.name.as_str().into(),
                headers,
                proof,
                problem,
            };
            self.snapshot.credentials.insert(id, Arc::new(resolved));
            self.keys.insert(row.id, Key { id, credential });
        }
    }

    /// How a key goes along with a request; what is wrong with it is said without showing it.
    fn carried(&mut self, auth: Auth, secret: &Secret) -> Result<(Headers, Proof), String> {
        if auth == Auth::Aws {
            return match AmazonKey::parse(secret.expose())? {
                AmazonKey::ApiKey(key) => Ok((headers(auth, &key)?, Proof::Headers)),
                AmazonKey::Access(key) => Ok((Vec::new(), Proof::AwsSignature(key))),
            };
        }
        if auth != Auth::GoogleCloud || !google::is_key_file(secret.expose()) {
            return Ok((headers(auth, secret)?, Proof::Headers));
        }
        let file = google::key_file(secret.expose())?;
        let address = self.address(file.place.tls, &file.place.host, file.place.port, &Trust::default());
        let account = GoogleAccount {
            grant: file.grant,
            token_uri: file.token_uri,
            path: if file.place.path.is_empty() { "/".to_owned() } else { file.place.path },
            host: host(&address),
            address,
        };
        Ok((Vec::new(), Proof::GoogleAccount(Arc::new(account))))
    }

    fn secret(&self, kept: &str, owner: Owner) -> Result<Secret, String> {
        let found = match Written::of(kept) {
            Written::Variable(names) => self.variables(names)?,
            Written::File(path) => (self.facts.file)(path).map_err(|cause| format!("{path}: {cause}"))?,
            Written::Sealed(sealed) => return (self.facts.open)(sealed.text, owner),
            Written::Mask | Written::Literal(_) => {
                return Err("its secret is not sealed: write it again".to_owned());
            }
        };
        let found = Zeroizing::new(found);
        let trimmed = found.trim();
        if trimmed.is_empty() {
            return Err(format!("{kept} is empty"));
        }
        Ok(Secret::new(trimmed.to_owned()))
    }

    /// What a variable holds; of several, what each holds, with the colons that stand between their names.
    fn variables(&self, names: &str) -> Result<String, String> {
        let held = names.split(':').map(|name| {
            let held = (self.facts.env)(name).ok_or_else(|| format!("the variable {name} is not set"))?;
            Ok(Zeroizing::new(held))
        });
        let held: Vec<Zeroizing<String>> = held.collect::<Result<_, String>>()?;
        let trimmed: Vec<&str> = held.iter().map(|it| it.trim()).collect();
        Ok(trimmed.join(":"))
    }
}

type Headers = Vec<(HeaderName, HeaderValue)>;

/// The headers that carry a key that is sent.
fn headers(auth: Auth, secret: &Secret) -> Result<Headers, String> {
    let key = secret.expose();
    let (name, text) = match auth {
        Auth::Bearer | Auth::Google | Auth::Aws | Auth::None => {
            (http::header::AUTHORIZATION, Zeroizing::new(format!("Bearer {key}")))
        }
        Auth::XApiKey => (HeaderName::from_static("x-api-key"), Zeroizing::new(key.to_owned())),
        Auth::GoogleCloud => (HeaderName::from_static("x-goog-api-key"), Zeroizing::new(key.to_owned())),
        Auth::ApiKey => (HeaderName::from_static("api-key"), Zeroizing::new(key.to_owned())),
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| "the key holds characters that no header can carry".to_owned())?;
    value.set_sensitive(true);
    Ok(vec![(name, value)])
}

fn limits(limits: entity::Limits) -> Limits {
    let entity::Limits { rpm, tpm, max_concurrent } = limits;
    Limits { requests_per_minute: rpm, tokens_per_minute: tpm, max_concurrent }
}

/// What goes with a key besides. It may tell of an account, so it is no more shown than the key is.
fn overrides(overrides: &entity::Overrides) -> Vec<(HeaderName, HeaderValue)> {
    let organization = overrides.organization.iter().map(|it| ("openai-organization", it));
    let own = overrides.headers.iter().flat_map(|(name, all)| all.iter().map(move |it| (name.as_str(), it)));
    let headers = organization.chain(own).filter_map(|(name, value)| {
        // Both were checked before they came into a row.
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    });
    headers.collect()
}

/// Unix seconds of a checked RFC 3339 instant.
pub(super) fn unix(instant: &str) -> Option<i64> {
    instant.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

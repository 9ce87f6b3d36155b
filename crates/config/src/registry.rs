//! Hands out the balancer's numbers, for as long as the process lives, and knows what they stand for.
//!
//! A thing that survives a change of configuration keeps its number and with it its history. Numbers are never reused;
//! what grows is bounded by what operators write, not by what clients ask.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use balance::{AddressId, CredentialId, ModelId, Scope, TargetId, UpstreamId};
use http::{HeaderName, HeaderValue};
use uuid::Uuid;
use xxhash_rust::xxh3::Xxh3;

use crate::{
    Secret, address,
    snapshot::{Address, Proof, Trust},
};

/// Who has which number.
#[derive(Debug, Default)]
pub struct Registry {
    upstreams: Numbers<Uuid>,
    targets: Numbers<Uuid>,
    credentials: Numbers<Uuid>,
    addresses: Numbers<Arc<str>>,
    models: Numbers<Arc<str>>,
    /// A hash of what each credential sends, and how often that has become something else. The keys themselves go with
    /// the configuration that they were in.
    keys: HashMap<CredentialId, (u128, u32)>,
}

/// Numbers of one kind, dense and in the order they were asked for.
#[derive(Debug)]
struct Numbers<K> {
    ids: HashMap<K, u32>,
    keys: Vec<K>,
}

/// Between the parts of a scope's text; names and paths hold no control characters.
const BETWEEN: char = '\t';

impl Registry {
    /// Which upstream that number is.
    pub fn upstream(&self, id: UpstreamId) -> Option<Uuid> {
        self.upstreams.key(id.0).copied()
    }

    /// Which target that number is. A target that is in two places, one for each environment, has a second number with
    /// an identity of its own; [`crate::snapshot::Target::uuid`] is the stored target's for both.
    pub fn target(&self, id: TargetId) -> Option<Uuid> {
        self.targets.key(id.0).copied()
    }

    /// Which credential that number is.
    pub fn credential(&self, id: CredentialId) -> Option<Uuid> {
        self.credentials.key(id.0).copied()
    }

    /// `https://host:port`, with the TLS settings where they are not the usual ones.
    pub fn address(&self, id: AddressId) -> Option<&str> {
        self.addresses.key(id.0).map(|key| &**key)
    }

    /// Which model that number is.
    pub fn model(&self, id: ModelId) -> Option<&str> {
        self.models.key(id.0).map(|key| &**key)
    }

    /// The number of an upstream.
    pub fn upstream_id(&self, uuid: Uuid) -> Option<UpstreamId> {
        self.upstreams.known(&uuid).map(UpstreamId)
    }

    /// The number of a target.
    pub fn target_id(&self, uuid: Uuid) -> Option<TargetId> {
        self.targets.known(&uuid).map(TargetId)
    }

    /// The number of a credential.
    pub fn credential_id(&self, uuid: Uuid) -> Option<CredentialId> {
        self.credentials.known(&uuid).map(CredentialId)
    }

    /// A scope as a text that means the same in the next process.
    pub fn scope_key(&self, scope: &Scope) -> Option<String> {
        let text = |parts: &[&str]| Some(parts.join(&BETWEEN.to_string()));
        match *scope {
            Scope::Credential(id) => text(&["credential", &self.credential(id)?.to_string()]),
            Scope::CredentialModel(id, None) => {
                text(&["credential_model", &self.credential(id)?.to_string()])
            }
            Scope::CredentialModel(id, Some(model)) => {
                text(&["credential_model", &self.credential(id)?.to_string(), self.model(model)?])
            }
            Scope::Pair(upstream, at, None) => {
                text(&["pair", &self.upstream(upstream)?.to_string(), self.address(at)?])
            }
            Scope::Pair(upstream, at, Some(model)) => {
                text(&["pair", &self.upstream(upstream)?.to_string(), self.address(at)?, self.model(model)?])
            }
            Scope::Address(upstream, at) => {
                text(&["address", &self.upstream(upstream)?.to_string(), self.address(at)?])
            }
            Scope::Caller(at, caller) => text(&["caller", self.address(at)?, &format!("{caller:016x}")]),
        }
    }

    /// The scope that such a text stands for, if the configuration still knows it.
    pub fn scope(&self, key: &str) -> Option<Scope> {
        let upstream = |text: &str| self.upstream_id(text.parse().ok()?);
        let credential = |text: &str| self.credential_id(text.parse().ok()?);
        let place = |text: &str| self.addresses.known(text).map(AddressId);
        let model = |text: &str| self.models.known(text).map(ModelId);
        let parts: Vec<&str> = key.split(BETWEEN).collect();
        Some(match parts[..] {
            ["credential", id] => Scope::Credential(credential(id)?),
            ["credential_model", id] => Scope::CredentialModel(credential(id)?, None),
            ["credential_model", id, name] => Scope::CredentialModel(credential(id)?, Some(model(name)?)),
            ["pair", id, at] => Scope::Pair(upstream(id)?, place(at)?, None),
            ["pair", id, at, name] => Scope::Pair(upstream(id)?, place(at)?, Some(model(name)?)),
            ["address", id, at] => Scope::Address(upstream(id)?, place(at)?),
            ["caller", at, caller] => Scope::Caller(place(at)?, u64::from_str_radix(caller, 16).ok()?),
            _ => return None,
        })
    }

    pub(crate) fn number_upstream(&mut self, uuid: Uuid) -> UpstreamId {
        UpstreamId(self.upstreams.number(uuid))
    }

    pub(crate) fn number_target(&mut self, uuid: Uuid) -> TargetId {
        TargetId(self.targets.number(uuid))
    }

    pub(crate) fn number_credential(&mut self, uuid: Uuid) -> CredentialId {
        CredentialId(self.credentials.number(uuid))
    }

    /// Which of the keys that this credential had one after the other it has now.
    pub(crate) fn version(
        &mut self,
        id: CredentialId,
        headers: &[(HeaderName, HeaderValue)],
        proof: &Proof,
    ) -> u32 {
        let mut sent = Xxh3::new();
        for (name, value) in headers {
            sent.update(name.as_str().as_bytes());
            sent.update(b": ");
            sent.update(value.as_bytes());
            sent.update(b"\n");
        }
        match proof {
            Proof::Headers => {}
            Proof::AwsSignature(key) => {
                let token = key.session_token.as_ref().map_or("", Secret::expose);
                for part in [&key.id, key.secret.expose(), token] {
                    sent.update(part.as_bytes());
                    sent.update(b"\n");
                }
            }
            Proof::GoogleAccount(account) => {
                sent.update(account.token_uri.as_bytes());
                account.secrets().iter().for_each(|it| sent.update(it.as_bytes()));
            }
        }
        let sent = sent.digest128();
        let (known, version) = self.keys.entry(id).or_insert((sent, 0));
        if *known != sent {
            *known = sent;
            *version += 1;
        }
        *version
    }

    /// The address, numbered.
    pub(crate) fn number_address(&mut self, tls: bool, host: &str, port: u16, trust: Trust) -> Address {
        let key = address_key(tls, host, port, &trust);
        let id = AddressId(self.addresses.number(key.into()));
        Address { id, tls, host: host.into(), port, trust }
    }

    /// The model's own copy of its name, and its number.
    pub(crate) fn number_model(&mut self, name: &str) -> (Arc<str>, ModelId) {
        let number = match self.models.known(name) {
            Some(number) => number,
            None => self.models.number(name.into()),
        };
        (Arc::clone(&self.models.keys[number as usize]), ModelId(number))
    }
}

fn address_key(tls: bool, host: &str, port: u16, trust: &Trust) -> String {
    let mut key = format!("{}://{}", if tls { "https" } else { "http" }, address::bracketed(host, port));
    if trust.insecure {
        key.push_str(" insecure");
    }
    for (what, value) in [("ca_file", &trust.ca_file), ("server_name", &trust.server_name)] {
        if let Some(value) = value {
            key.push_str(&format!(" {what}={value}"));
        }
    }
    key
}

// === impl Numbers ===

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Numbers { ids: HashMap::new(), keys: Vec::new() }
    }
}

impl<K: Clone + Eq + Hash> Numbers<K> {
    fn number(&mut self, key: K) -> u32 {
        let next = u32::try_from(self.keys.len()).expect("nobody configures four billion things");
        *self.ids.entry(key).or_insert_with_key(|key| {
            self.keys.push(key.clone());
            next
        })
    }

    fn known<Q>(&self, key: &Q) -> Option<u32>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.ids.get(key).copied()
    }

    fn key(&self, number: u32) -> Option<&K> {
        self.keys.get(number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_keeps_its_number_and_its_scope_survives_as_text() {
        let mut registry = Registry::default();
        let (upstream, key) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (upstream_id, credential) = (registry.number_upstream(upstream), registry.number_credential(key));
        let at = registry.number_address(true, "api.example.com", 443, Trust::default()).id;
        let (_, model) = registry.number_model("gpt");
        assert_eq!(registry.number_upstream(upstream), upstream_id);
        for scope in [
            Scope::Credential(credential),
            Scope::CredentialModel(credential, None),
            Scope::CredentialModel(credential, Some(model)),
            Scope::Pair(upstream_id, at, None),
            Scope::Pair(upstream_id, at, Some(model)),
            Scope::Address(upstream_id, at),
            Scope::Caller(at, 0xfeed),
        ] {
            let key = registry.scope_key(&scope).expect("all parts are numbered");
            assert_eq!(registry.scope(&key), Some(scope), "{key}");
            assert_eq!(Registry::default().scope(&key), None, "an unknown thing has no scope");
        }
    }

    #[test]
    fn another_key_of_a_credential_is_another_version() {
        let mut registry = Registry::default();
        let id = registry.number_credential(Uuid::from_u128(1));
        let mut version = |key: &'static str| {
            registry.version(
                id,
                &[(http::header::AUTHORIZATION, HeaderValue::from_static(key))],
                &Proof::Headers,
            )
        };
        assert_eq!(["a", "a", "b", "b", "a"].map(&mut version), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn addresses_that_are_trusted_differently_are_different() {
        let mut registry = Registry::default();
        let usual = registry.number_address(true, "h", 443, Trust::default()).id;
        let insecure =
            registry.number_address(true, "h", 443, Trust { insecure: true, ..Trust::default() }).id;
        let plain = registry.number_address(false, "h", 443, Trust::default()).id;
        assert!(usual != insecure && usual != plain);
        assert_eq!(registry.number_address(true, "h", 443, Trust::default()).id, usual);
    }
}

//! The door: who must bring a client key, and whose key it is that was brought.

use std::{borrow::Cow, sync::Arc};

use balance::Time;
use config::snapshot::{ClientKey, ClientKeys};
use http::{HeaderMap, HeaderName, header};

use crate::{
    client_keys::{self, Pepper},
    proxy::answer::Failure,
};

/// The headers in which clients of the various SDKs send their key, in the order in which they are looked at.
pub(in crate::proxy) static KEY_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// Where in a query Google's callers put a key of theirs, and may put a token.
const QUERY_KEY: &str = "key";
const QUERY_TOKENS: [&str; 3] = [QUERY_KEY, "access_token", "oauth_token"];

/// The keys in a query: nothing for nearly everybody, as they have no query.
pub(super) fn query_keys(query: Option<&str>) -> Vec<Cow<'_, str>> {
    let pairs = query.into_iter().flat_map(|it| form_urlencoded::parse(it.as_bytes()));
    pairs.filter(|(name, _)| name == QUERY_KEY).map(|(_, value)| value).collect()
}

/// A query without what Google takes for keys; everything else as it was written.
pub(in crate::proxy) fn without_keys(query: &str) -> String {
    let is_key = |pair: &str| {
        form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(name, _)| QUERY_TOKENS.contains(&&*name))
    };
    query.split('&').filter(|it| !is_key(it)).collect::<Vec<_>>().join("&")
}

/// Who may use the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// Everybody who can reach it. A client key that comes along is held to what it says all the same.
    Open,
    /// Everybody until a client key exists, and whoever has one from then on.
    OnceThereAreKeys,
    /// Whoever has a client key. Without any key, nobody: what other machines can reach does not open by itself because
    /// its last key is deleted.
    Keys,
}

/// What stands between clients and the rest.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) auth: Auth,
    pub(crate) pepper: Pepper,
}

impl Door {
    /// The client key that a request bears: none where none is wanted; or why it does not get in.
    pub(super) fn key(
        &self,
        headers: &HeaderMap,
        in_query: &[Cow<'_, str>],
        keys: &ClientKeys,
        now: Time,
    ) -> Result<Option<Arc<ClientKey>>, Box<Failure>> {
        let all = || presented(headers).chain(in_query.iter().map(|it| it.as_bytes()));
        let Some(key) = all().find_map(|it| self.pepper.find(keys, it)) else {
            let wanted = match self.auth {
                Auth::Open => false,
                Auth::OnceThereAreKeys => !keys.is_empty(),
                Auth::Keys => true,
            };
            // What was a key of ours, or is one misspelt, must not pass through to a vendor either.
            let meant_for_us = || all().any(client_keys::looks_like_one);
            return if wanted || meant_for_us() { Err(refuse(headers, in_query)) } else { Ok(None) };
        };
        if !key.enabled {
            return Err(Failure::invalid_api_key("this client key is switched off"));
        }
        if key.expires.is_some_and(|it| it <= now) {
            return Err(Failure::invalid_api_key("this client key has expired"));
        }
        Ok(Some(Arc::clone(key)))
    }
}

/// What may be a key, without the scheme before it.
fn presented(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let all = KEY_HEADERS.iter().flat_map(|name| headers.get_all(name).iter().map(move |it| (name, it)));
    all.map(|(name, value)| match *name == header::AUTHORIZATION {
        true => bearer(value.as_bytes()),
        false => value.as_bytes(),
    })
}

/// Some clients leave the scheme out.
fn bearer(value: &[u8]) -> &[u8] {
    const SCHEME: &[u8] = b"Bearer ";
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case(SCHEME) => key.trim_ascii(),
        _ => value,
    }
}

/// What was sent is not repeated, however wrong it is.
fn refuse(headers: &HeaderMap, in_query: &[Cow<'_, str>]) -> Box<Failure> {
    let sent_one = !in_query.is_empty() || KEY_HEADERS.iter().any(|name| headers.contains_key(name));
    Failure::invalid_api_key(if sent_one {
        "this is none of the gateway's client keys: it is mistyped, was deleted, or is another system's"
    } else {
        "a client key is wanted here: send it as 'Authorization: Bearer sw-...', or in x-api-key, api-key or \
         x-goog-api-key"
    })
}

#[cfg(test)]
mod tests {
    use config::{
        Context, Document, Edit, Facts, Kind, Registry, Secret, Snapshot, entity::KeyHash, resolve,
    };
    use http::HeaderValue;
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::vault::Vault;

    const MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn door(auth: Auth) -> Door {
        let vault = Vault::open(std::path::Path::new("/nowhere"), Some(&Secret::new(MASTER_KEY.to_owned())));
        Door { auth, pepper: Pepper::new(&vault.unwrap()) }
    }

    /// A configuration with one client key of that hash.
    fn snapshot(hash: KeyHash) -> Snapshot {
        let mut document = Document::default();
        for (kind, parent) in [(Kind::Consumer, None), (Kind::ClientKey, Some("a".to_owned()))] {
            let edit = Edit::Create { kind, parent, value: json!({"name": "a"}) };
            let mut context = Context {
                now: 1,
                ids: &mut Uuid::now_v7,
                if_none_match_any: false,
                if_match: None,
                force: false,
                revision: 0,
                seal: &|_, _| unreachable!("there is no credential"),
                key_hash: Some(hash),
            };
            document = document.edit(edit, &mut context).unwrap().document;
        }
        let facts = Facts {
            env: &|_| None,
            file: &|_| Err("no files".to_owned()),
            open: &|_, _| Err("nothing is sealed".to_owned()),
            time_of: &|_| Time::ZERO,
        };
        resolve(&document, &mut Registry::default(), &facts).unwrap().snapshot
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_headers_only_the_key_itself_opens(
            junk in vec((0..4_usize, prop_oneof![
                vec(any::<u8>(), 0..100),
                "(Bearer |bearer |Basic |)(sw-|sk-|)[0-9a-f]{0,70}".prop_map(String::into_bytes),
            ]), 0..6),
            place in 0..4_usize,
        ) {
            let (shut, open) = (door(Auth::Keys), door(Auth::Open));
            let fresh = shut.pepper.fresh().unwrap();
            let snapshot = snapshot(fresh.hash);
            let mut headers = HeaderMap::new();
            for (at, value) in &junk {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    headers.append(&KEY_HEADERS[*at], value);
                }
            }
            let keys = &snapshot.client_keys;
            prop_assert!(shut.key(&headers, &[], keys, Time::ZERO).is_err());
            let passes = matches!(open.key(&headers, &[], keys, Time::ZERO), Ok(None));
            prop_assert_eq!(passes, !presented(&headers).any(|it| it.starts_with(b"sw-")));
            let scheme = if place == 0 { "Bearer " } else { "" };
            let value = format!("{scheme}{}", fresh.key.expose());
            headers.append(&KEY_HEADERS[place], HeaderValue::from_str(&value).unwrap());
            let found = shut.key(&headers, &[], keys, Time::ZERO).ok().flatten();
            prop_assert_eq!(found.map(|it| it.hash), Some(fresh.hash));
        }
    }

    #[test]
    fn a_key_in_the_query_is_found_and_taken_out() {
        let check = |query: &str, keys: &[&str], rest: &str| {
            assert_eq!(query_keys(Some(query)), keys, "{query}");
            assert_eq!(without_keys(query), rest, "{query}");
        };
        check("alt=sse&key=sw-1", &["sw-1"], "alt=sse");
        check("k%65y=a%2Bb&alt=sse&key=c", &["a+b", "c"], "alt=sse");
        check("access_token=t&monkey=1&&x=%20", &[], "monkey=1&&x=%20");
        check("key", &[""], "");
        check("", &[], "");
        assert!(query_keys(None).is_empty());
    }

    #[test]
    fn a_header_that_comes_twice_is_looked_at_twice() {
        let mut headers = HeaderMap::new();
        for value in ["Bearer sk-1", "Bearer sw-2"] {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        headers.insert("x-api-key", "sw-3".parse().unwrap());
        assert_eq!(presented(&headers).collect::<Vec<_>>(), [&b"sk-1"[..], b"sw-2", b"sw-3"]);
    }

    #[test]
    fn a_key_is_taken_from_either_header_and_the_scheme_is_no_part_of_it() {
        let check = |name: &str, value: &str, expected: &[&str]| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
            let found: Vec<&[u8]> = presented(&headers).collect();
            assert_eq!(found, expected.iter().map(|it| it.as_bytes()).collect::<Vec<_>>(), "{name}: {value}");
        };
        check("authorization", "Bearer sw-1", &["sw-1"]);
        check("authorization", "bearer   sw-1 ", &["sw-1"]);
        check("authorization", "Basic sw-1", &["Basic sw-1"]);
        check("authorization", "sw-1", &["sw-1"]);
        check("authorization", "Bearer", &["Bearer"]);
        check("x-api-key", "sw-1", &["sw-1"]);
        check("api-key", "sw-1", &["sw-1"]);
        check("x-goog-api-key", "sw-1", &["sw-1"]);
        check("cookie", "sw-1", &[]);
    }
}

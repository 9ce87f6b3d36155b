//! Route: which upstream serves this request, and everything about it that is the same for every try.

use std::{borrow::Cow, ops::Range, sync::Arc};

use balance::Ask;
use config::{
    Snapshot, ability,
    snapshot::{ClientKey, ModelChoice, NotFound, Query, Target, Upstream},
};
use dialect::{
    Dialect, Endpoint, Wire,
    translate::{self, Refused},
};
use http::{HeaderValue, Method, header, request::Parts};
use percent_encoding::percent_decode_str;

use super::{
    admit::{Admitted, without_keys},
    answer::Failure,
    asked::Asked,
    decode::Decoded,
    journey::Journey,
    keys,
    placement::{self, Placed},
    suitability::Suitability,
};

/// Clients without a key of their own, as one: what a vendor holds against them, it holds against all of them.
const ANONYMOUS: u64 = 0;

/// A request's way, plotted against one snapshot.
pub(super) struct Course {
    pub(super) upstream: Arc<Upstream>,
    pub(super) ask: Ask,
    pub(super) endpoint: Option<Endpoint>,
    /// The caller's wire, where the request may be translated into another one.
    pub(super) wire: Option<Wire>,
    /// Which targets are no candidates.
    pub(super) suitability: Suitability,
    /// The client's credential was a key of ours: it goes to no vendor, and nothing that came with it does.
    pub(super) by_client_key: bool,
    /// Cookie to set because consistent hashing goes by one that the client did not send.
    pub(super) set_cookie: Option<HeaderValue>,
    /// What is asked of the vendor, within the client's path.
    vendor_path: Range<usize>,
    choice: ModelChoice,
    /// How the caller speaks, and for which version of an API.
    caller: Dialect,
    version: Option<String>,
}

impl Course {
    /// Finds the upstream, or says what exists.
    pub(super) fn plot(
        snapshot: &Snapshot,
        head: &Parts,
        Asked { matched, dialect: caller }: Asked<'_>,
        admitted: &Admitted,
        decoded: &Decoded,
        journey: &mut Journey,
    ) -> Result<Course, Box<Failure>> {
        let endpoint = matched.map(|it| it.endpoint);
        let of_model =
            Asked { matched: matched.filter(|it| it.endpoint == Endpoint::Model), dialect: caller };
        let in_path = of_model.model();
        let asked = in_path.as_deref().or(decoded.model.as_ref().map(|it| it.name.as_str()));
        let key = admitted.key.as_deref();
        if let Some(key) = key {
            may_ask(key, asked, decoded, endpoint)?;
        }
        let query = Query {
            host: host(head),
            path: head.uri.path(),
            matched,
            method: &head.method,
            model: asked,
            environment: admitted.environment,
            caller,
        };
        let found =
            snapshot.routes.find(&query).map_err(|not_found| refuse(not_found, head, snapshot, key))?;
        if !key.is_none_or(|it| it.opens(found.route.as_deref())) {
            return Err(Failure::route_not_allowed(found.route.as_ref().map(|it| &*it.name)));
        }
        let upstream =
            snapshot.upstreams.get(&found.upstream).expect("routes name upstreams of their own snapshot");
        journey.record.route = found.route.as_ref().map(|it| Arc::clone(&it.name));
        journey.record.upstream = Some(upstream.id);

        let hash = keys::hash(
            &upstream.hash_on,
            &upstream.hash_fallback,
            &upstream.hash_on_cookie_path,
            head,
            admitted,
        );
        let model = snapshot.asked_model(&found, asked);
        let may_change_model = found.endpoint.is_some_and(Endpoint::may_change_model) && admitted.fallback;
        let wire = found.endpoint.and_then(|it| chat(it, head, decoded));
        let (suitability, needs) = match (wire, found.endpoint) {
            (Some(wire), _) => {
                let suitability = Suitability::of(decoded.bytes(), wire, upstream, snapshot);
                let needs = suitability.needs;
                (suitability, needs)
            }
            (None, Some(endpoint)) => (Suitability::default(), needs(endpoint)),
            (None, None) => (Suitability::default(), ability::BESIDES),
        };
        let ask = Ask {
            upstream: upstream.id,
            environment: admitted.environment,
            model,
            same_model: !may_change_model,
            needs,
            hash: hash.hash,
            affinity: keys::affinity(&upstream.affinity, head, admitted, decoded),
            caller: Some(admitted.caller.unwrap_or(ANONYMOUS)),
        };
        Ok(Course {
            upstream: Arc::clone(upstream),
            ask,
            endpoint: found.endpoint,
            wire,
            suitability,
            by_client_key: key.is_some(),
            set_cookie: hash.set_cookie,
            vendor_path: found.vendor_path,
            choice: found.model,
            caller,
            version: matched
                .filter(|_| caller == Dialect::Google)
                .and_then(|it| it.version())
                .map(str::to_owned),
        })
    }

    /// Whether it asks how many tokens a request has.
    pub(super) fn counts(&self) -> bool {
        self.endpoint.is_some_and(Endpoint::counts)
    }

    /// Whether it is known why nobody of the upstream can serve it: for what it needs, or as nobody there has such
    /// endpoints.
    pub(super) fn knows_why_nobody_fits(&self) -> bool {
        let is_besides = self.ask.needs & ability::BESIDES != 0;
        self.suitability.note.is_some() || self.names_model_in_path() || is_besides
    }

    /// Whether `target` is asked in Google's own dialect, on paths that only that has.
    pub(super) fn is_googles(&self, target: &Target) -> bool {
        self.caller == Dialect::Google && self.endpoint.is_some() && target.speaks_google()
    }

    /// The model to ask `target` for, where it is not the one that the body already names.
    pub(super) fn model<'a>(&self, target: &'a Target, decoded: &'a Decoded) -> Option<Cow<'a, str>> {
        let asked = decoded.model.as_ref().map(|it| it.name.as_str());
        match (&target.model, asked) {
            (Some(model), Some(asked)) if **model == *asked => None,
            (Some(model), _) => Some(Cow::Borrowed(model)),
            (None, Some(asked)) => match self.choice.of(asked) {
                Some(kept) if kept == asked => None,
                Some(kept) => Some(Cow::Borrowed(kept)),
                None => target.default_model.as_deref().map(Cow::Borrowed),
            },
            // Nothing asked, nothing set: `default_model`, where the endpoint has a model at all.
            (None, None) => {
                let wants_one = self.endpoint.is_some_and(Endpoint::asks_a_model);
                target.default_model.as_deref().filter(|_| wants_one).map(Cow::Borrowed)
            }
        }
    }

    /// Translation into `to` cannot carry the request: whoever would need it is no candidate. False if that was known.
    pub(super) fn rule_out(&mut self, pair: (Wire, Wire), refused: Refused, snapshot: &Snapshot) -> bool {
        let is_new = self.suitability.rule_out(pair, refused, &self.upstream, snapshot);
        self.ask.needs |= self.suitability.needs;
        is_new
    }

    /// Path and query for `target`, which may want the model there. `exchanged` is the model in place of the one that
    /// Google's path names; `passes_through`: the caller's own key goes to it.
    pub(super) fn path(
        &self,
        target: &Target,
        head: &Parts,
        placed: Option<Placed<'_>>,
        exchanged: Option<&str>,
        passes_through: bool,
    ) -> String {
        let own = &head.uri.path()[self.vendor_path.clone()];
        let own = self.without_provider(own);
        let method = own.rfind(':').filter(|_| self.names_model_in_path()).map(|at| &own[at..]);
        let own = match (method, exchanged) {
            (Some(method), Some(model)) => Cow::Owned(translate::gemini_path(model, method)),
            _ => own.clone(),
        };
        let in_path = placed.filter(|_| method.is_none());
        let own = in_path.and_then(|it| it.path(&own, self.endpoint)).map_or(own, Cow::Owned);
        let mut path = match self.is_googles(target) {
            true => target.google_path(self.version.as_deref(), &own),
            false => target.vendor_path(self.endpoint, &own),
        };
        // A key that opens our door is no vendor's; and a vendor's own goes where a header with it would.
        let asked = head.uri.query().map(|it| match passes_through {
            true => Cow::Borrowed(it),
            false => Cow::Owned(without_keys(it)),
        });
        let asked = asked.as_deref().filter(|it| passes_through || !it.is_empty());
        let with_model = placed.and_then(|it| it.query(asked));
        if let Some(query) = with_model.as_deref().or(asked) {
            path.push('?');
            path.push_str(query);
        }
        path
    }

    /// Whether the path says which model is asked: Google's.
    pub(super) fn names_model_in_path(&self) -> bool {
        self.endpoint.is_some_and(|it| it.dialect() == Dialect::Google)
    }

    /// `/models/openai/gpt-4o` asks the vendor for `/models/gpt-4o`.
    fn without_provider<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let id = path.strip_prefix("/models/").filter(|_| self.endpoint == Some(Endpoint::Model));
        match (id, self.choice) {
            (Some(id), ModelChoice::Tail(_)) => {
                let id = percent_decode_str(id).decode_utf8_lossy();
                let segments = self.choice.of(&id).unwrap_or_default().split('/').map(placement::encoded);
                Cow::Owned(segments.fold("/models".to_owned(), |path, it| format!("{path}/{it}")))
            }
            _ => Cow::Borrowed(path),
        }
    }

    /// Whether the request is for a model at all, and not about models.
    pub(super) fn is_for_a_model(&self) -> bool {
        self.endpoint.is_none_or(Endpoint::asks_a_model)
    }
}

/// The wire of a chat that has been read, and so could be translated.
fn chat(endpoint: Endpoint, head: &Parts, decoded: &Decoded) -> Option<Wire> {
    let is_chat = !endpoint.counts() && decoded.object && head.method == Method::POST;
    Wire::of(endpoint).filter(|_| is_chat)
}

/// What a target must be able to speak. All dialects ask for models alike, and whoever was found answers.
fn needs(endpoint: Endpoint) -> u64 {
    if endpoint.is_shared() { ability::BESIDES } else { ability::speaks(endpoint.dialect()) }
}

fn host(head: &Parts) -> Option<&str> {
    head.uri.host().or_else(|| head.headers.get(header::HOST)?.to_str().ok())
}

/// A key that is for certain models opens only requests of which it is certain which model they are for: at endpoints
/// that are told it in the body, and with a body that was read, or in the path. What names none is for `default`.
fn may_ask(
    key: &ClientKey,
    asked: Option<&str>,
    decoded: &Decoded,
    endpoint: Option<Endpoint>,
) -> Result<(), Box<Failure>> {
    let Some(models) = &key.models else { return Ok(()) };
    let says_model = |it: Endpoint| it.asks_a_model() || it == Endpoint::Model;
    let is_certain = decoded.is_read() && endpoint.is_some_and(says_model);
    if is_certain && key.may_ask_for(asked) {
        return Ok(());
    }
    let mut allowed: Vec<&str> = models.iter().map(|it| &**it).collect();
    allowed.sort_unstable();
    Err(Failure::model_not_allowed(asked.filter(|_| is_certain), &allowed))
}

fn refuse(not_found: NotFound, head: &Parts, snapshot: &Snapshot, key: Option<&ClientKey>) -> Box<Failure> {
    match not_found {
        NotFound::Model { asked, known } if key.is_none() => Failure::model_not_found(&asked, &known),
        // A key is told of what it may use, and of nothing else.
        NotFound::Model { asked, .. } => {
            let known: Vec<Arc<str>> = snapshot.catalogue_for(key).map(|(id, _)| Arc::clone(id)).collect();
            Failure::model_not_found(&asked, &known)
        }
        NotFound::Path => Failure::path_not_found(&head.method, head.uri.path()),
        NotFound::EnvironmentMismatch { route } => Failure::environment_mismatch(&route),
        NotFound::TargetModelMissing { upstream } => Failure::invalid(
            &format!(
                "'{upstream}' is an upstream with a raw-host target that names no model: set the target's 'model', or \
                 use the base URL /{upstream}/v1 and the vendor's own model name"
            ),
            Some("model"),
        ),
        NotFound::NoDefault => Failure::no_provider(head.method == Method::GET),
    }
}

//! One try: encode, send, and look at what comes back until it is committed or has failed.

mod proof;
mod vertex;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use balance::{Kind, Observed, Opened, Outcome, Pick, Reason};
use config::{
    Snapshot,
    snapshot::{Address, Credential, Proof, Target, Upstream},
};
use dialect::{Surface, Wire};
use http::{Method, request::Parts};
use tokio::time::{sleep, timeout_at};

use super::{
    buffers::Buffers,
    classify::{self, Examined, Opening, Shape},
    course::Course,
    decode::Decoded,
    encode,
    journey::Journey,
    lease::Lease,
    limits,
    placement::{self, Placed},
    scrub,
    sign::{self, Signed},
    translate::{self, ANSWER_BYTES_MAX, Translation, Unwritten},
};
use crate::{
    send::{Exchange, SendError, Sender},
    tokens::Token,
};

/// A pick, looked up in the request's snapshot.
pub(super) struct Candidate<'c> {
    pub(super) target: Arc<Target>,
    pub(super) credential: Option<Arc<Credential>>,
    address: Arc<Address>,
    course: &'c Course,
    after: Duration,
    observed: Observed,
    reason: Reason,
    decision: String,
    /// Where the target speaks another dialect than the caller.
    pub(super) translation: Option<Translation>,
}

/// How a try ended, as far as the request is concerned.
pub(super) enum Tried {
    /// An answer to relay: from here on there is no other try.
    Committed(Opening),
    /// Perhaps another try.
    Failed(Failed),
}

/// A try that failed.
pub(super) struct Failed {
    /// Who failed.
    pub(super) target: Arc<str>,
    /// What the balancer is told.
    pub(super) outcome: Outcome,
    /// What the vendor said, as far as it was read.
    pub(super) answer: Option<Opening>,
    /// The vendor's own message, or what went wrong on the way there.
    pub(super) message: Option<String>,
    /// The client's own key went through, so that what the vendor says of it is for the client.
    pub(super) callers_key: bool,
}

impl<'c> Candidate<'c> {
    /// Looks the pick up; `None` if it is of a newer configuration than the snapshot.
    pub(super) fn prepare(snapshot: &Snapshot, course: &'c Course, pick: &Pick) -> Option<Self> {
        let target = Arc::clone(snapshot.targets.get(&pick.target)?);
        let credential = match pick.credential {
            Some(id) => Some(Arc::clone(snapshot.credentials.get(&id)?)),
            None => None,
        };
        let address = Arc::clone(snapshot.addresses.get(&pick.address)?);
        let mut decision = super::decision::line(&pick.reason);
        if let Some(note) = &course.suitability.note {
            decision.push_str("; ");
            decision.push_str(note);
        }
        Some(Candidate {
            target,
            credential,
            address,
            course,
            after: pick.after,
            observed: pick.observed,
            reason: pick.reason,
            decision,
            translation: None,
        })
    }

    /// Writes the request in the target's words, where those are not the caller's own; or says why not.
    pub(super) fn translate(
        &mut self,
        decoded: &Decoded,
        request_id: &str,
        buffers: &Buffers,
    ) -> Result<(), Unwritten> {
        // Elsewhere the vendor alone says it.
        let by_model = self.target.surface == Surface::Vertex;
        let named = if by_model { self.asks_for(decoded) } else { None };
        let to = |from| self.target.translated(from, named.as_deref());
        if let Some(pair) = self.course.wire.and_then(|from| Some((from, to(from)?))) {
            let model = self.asks_for(decoded);
            let place = (&*self.course.upstream, &*self.target);
            let translation = Translation::of(pair, place, model.as_deref(), decoded, request_id, buffers);
            self.translation = Some(translation?);
        }
        Ok(())
    }

    /// The model that this try asks for.
    pub(super) fn asks_for(&self, decoded: &Decoded) -> Option<Arc<str>> {
        if let Some(model) = &self.target.model {
            return Some(Arc::clone(model));
        }
        let asked = decoded.model.as_ref().map(|it| it.name.as_str());
        self.course.model(&self.target, decoded).as_deref().or(asked).map(Arc::from)
    }

    /// Sends, and looks at what comes back.
    pub(super) async fn run(
        &self,
        sender: &Sender,
        head: &Parts,
        decoded: &mut Decoded,
        lease: &mut Lease,
        model: Option<Arc<str>>,
        journey: &mut Journey,
    ) -> Tried {
        if !self.after.is_zero() {
            journey.waited(self.after);
            sleep(self.after).await;
        }
        journey.record.decision.clone_from(&self.decision);
        journey.trying(self.target.id, self.credential.as_ref().map(|it| it.id), model, self.reason);
        let begun = Instant::now();
        let stream = decoded.stream;
        // What is translated is still here to be sent again.
        let mut once_more = self.translation.is_some();
        let examined = loop {
            let signed_by = sign::ahead();
            let examined = match self.account() {
                None => self.exchange(sender, head, decoded, (begun, journey.started), None).await,
                // Large, and for few: kept out of the future that every try carries around.
                Some(account) => Box::pin(self.proven(account, sender, head, decoded, begun, journey)).await,
            };
            let untimely = examined.as_ref().is_ok_and(|it| self.signed_too_early_or_late(it, signed_by));
            if !(std::mem::take(&mut once_more) && untimely) {
                break examined;
            }
        };
        let took = begun.elapsed();
        journey.waited(took);

        let (tried, outcome) = match examined {
            Ok(Examined::Good { opening, spent }) => {
                let status = opening.status.as_u16();
                let streamed = stream && opening.shape != Shape::Plain;
                lease.opened(Opened { status, first_token: took, streamed, spent });
                (Tried::Committed(opening), Outcome { kind: Kind::Success { spent }, status: Some(status) })
            }
            Ok(Examined::Relayed { opening }) => {
                let outcome = Outcome { kind: Kind::Refused, status: Some(opening.status.as_u16()) };
                lease.settle(outcome);
                (Tried::Committed(opening), outcome)
            }
            Ok(Examined::Bad { kind, status, opening, message }) => {
                let kind = if self.was_short_of_time(kind, journey) { Kind::OutOfTime } else { kind };
                let outcome = Outcome { kind, status };
                (Tried::Failed(self.failed(outcome, opening, message)), outcome)
            }
            Err(error) => {
                let outcome = Outcome { kind: transport_fault(&error), status: None };
                (Tried::Failed(self.failed(outcome, None, Some(error.to_string()))), outcome)
            }
        };
        let error = match &tried {
            Tried::Committed(_) => None,
            Tried::Failed(failed) => failed.message.as_deref(),
        };
        journey.tried(outcome, matches!(tried, Tried::Committed(_)), error);
        tried
    }

    async fn exchange(
        &self,
        sender: &Sender,
        head: &Parts,
        decoded: &mut Decoded,
        (begun, request_started): (Instant, Instant),
        token: Option<&Token>,
    ) -> Result<Examined, SendError> {
        let upstream: &Upstream = &self.course.upstream;
        let stream = decoded.stream;
        let exchanged = self.course.model(&self.target, decoded).map(std::borrow::Cow::into_owned);
        let model = self.asks_for(decoded).filter(|_| self.course.is_for_a_model());
        let lacks_model = model.is_none() && self.course.endpoint.is_some() && self.course.is_for_a_model();
        if lacks_model && self.target.surface != Surface::Plain {
            return Err(SendError::Request(format!(
                "{} is told the model in the path: name one",
                self.target.name
            )));
        }
        let placed = Placed::at(&self.target.model_location, model.as_deref()).map_err(SendError::Request)?;
        let in_body = match (placed, &model, &exchanged) {
            (Some(_), Some(model), _) if !self.course.names_model_in_path() => {
                encode::Model::Elsewhere(model)
            }
            (_, _, Some(model)) => encode::Model::Instead(model),
            _ => encode::Model::AsItIs,
        };
        let translation = self.translation.as_ref();
        let path = match translation {
            None if self.is_vertex_chat() => self.vertex_path(model.as_deref(), stream),
            None => {
                let exchanged = exchanged.as_deref();
                self.course.path(&self.target, head, placed, exchanged, self.passes_through())
            }
            Some(translation) => translation.path(&self.target, placed),
        };
        let path = placement::versioned(path, &self.target);
        let translated = translation.map(|it| it.headers(&head.headers));
        let mut headers = encode::headers(
            translated.as_ref().unwrap_or(&head.headers),
            self.target.kind,
            self.credential.as_deref(),
            self.passes_through(),
            placed.and_then(Placed::header),
        );
        let is_googles = match translation {
            None => self.course.is_googles(&self.target),
            Some(translation) => translation.back().vendor() == Wire::Gemini,
        };
        if is_googles {
            encode::googles_own(&mut headers, self.target.kind);
        }
        headers.extend(token.map(Token::header));
        // A large upload takes its time; the vendor's begins when it has all of it.
        let upload = decoded.slow();
        let body = match translation {
            None if self.is_vertex_messages() => self.vertex_body(decoded, model.as_deref()),
            None => encode::body(decoded, in_body),
            Some(translation) => {
                decoded.let_go();
                translation.body(placed.is_some())
            }
        };
        let (method, host) = (&head.method, upstream.host_header.as_ref().unwrap_or(&self.target.host));
        let region = self.target.region.as_deref();
        let signed = Signed { method, path: &path, host, region, body: &body };
        sign::sign(&signed, self.credential.as_deref(), &mut headers).map_err(SendError::Request)?;
        let exchange = Exchange {
            address: &self.address,
            method,
            path: &path,
            host,
            headers: &headers,
            body,
            connect: upstream.timeouts.connect,
        };
        let limit = limits::until_first(&upstream.timeouts, &self.observed, stream);
        let total = upstream.timeouts.total.map(|total| request_started + total);
        let within_total = |limit: Instant| total.map_or(limit, |total| total.min(limit));
        let mut deadline = within_total(begun + limit);
        let mut sending = std::pin::pin!(sender.send(exchange));
        let answer = loop {
            match timeout_at(deadline.into(), sending.as_mut()).await {
                Ok(sent) => break sent?,
                Err(_) if upload.now() => {
                    let later = within_total(Instant::now() + limit);
                    if later <= Instant::now() {
                        return Err(SendError::RequestBody);
                    }
                    deadline = later;
                }
                Err(_) => return Ok(classify::silent()),
            }
        };
        let examine = classify::Examine {
            kind: self.target.kind,
            endpoint: match translation {
                None => self.course.endpoint,
                Some(translation) => Some(translation.back().vendor().endpoint()),
            },
            listed: decoded.listed,
            translation,
            is_head: head.method == Method::HEAD,
            deadline,
            idle: upstream.timeouts.idle,
            total,
            buffer_bytes: match translation {
                None => upstream.response_buffer_bytes,
                Some(_) => ANSWER_BYTES_MAX,
            },
        };
        let mut examined = examine.examine(answer).await;
        if let Some(credential) = &self.credential {
            scrub::scrub(&mut examined, credential, token);
        }
        if self.is_vertex_messages() {
            translate::in_anthropics_envelope(&mut examined);
        }
        Ok(examined)
    }

    /// Whether what went out was signed by a clock that has turned out to be wrong.
    fn signed_too_early_or_late(&self, examined: &Examined, signed_by: i64) -> bool {
        let signs = self.credential.as_ref().is_some_and(|it| matches!(it.proof, Proof::AwsSignature(_)));
        signs && sign::corrects_clock(examined, signed_by)
    }

    /// Whether a try ended because the request's total time did, of which others had had their share before.
    fn was_short_of_time(&self, kind: Kind, journey: &Journey) -> bool {
        let total = self.course.upstream.timeouts.total;
        let is_over = total.is_some_and(|it| journey.started.elapsed() >= it);
        kind == Kind::Timeout && is_over && journey.record.attempts.len() > 1
    }

    /// Whether the client's own key goes to the vendor: a raw host without a credential of its own.
    fn passes_through(&self) -> bool {
        self.credential.is_none() && self.target.provider.is_none() && !self.course.by_client_key
    }

    fn failed(&self, outcome: Outcome, answer: Option<Opening>, message: Option<String>) -> Failed {
        let target = Arc::clone(&self.target.name);
        Failed { target, outcome, answer, message, callers_key: self.passes_through() }
    }
}

fn transport_fault(error: &SendError) -> Kind {
    match error {
        SendError::ConnectTimeout => Kind::Timeout,
        SendError::Connect(_) | SendError::Closed(_) | SendError::Invalid(_) => Kind::Connect,
        SendError::Request(_) => Kind::Refused,
        // The client's own body broke off: it is gone, or as good as.
        SendError::RequestBody => Kind::ClientGone,
    }
}

//! A try that is paid with a token: had first, and had anew where the vendor does not take it any more.

use std::{sync::Arc, time::Instant};

use balance::Kind;
use config::snapshot::{GoogleAccount, Proof};
use http::request::Parts;
use tokio::time::timeout_at;
use uuid::Uuid;

use super::{Candidate, Decoded, Examined, Journey};
use crate::{
    send::{SendError, Sender},
    tokens::{NoToken, Token},
};

impl Candidate<'_> {
    /// The exchange with a token of an account's. A token that is refused was perhaps only over before its time: what is
    /// held against the account is that a fresh one is refused, too.
    pub(super) async fn proven(
        &self,
        (id, account): (Uuid, &Arc<GoogleAccount>),
        sender: &Sender,
        head: &Parts,
        decoded: &mut Decoded,
        begun: Instant,
        journey: &Journey,
    ) -> Result<Examined, SendError> {
        let (tokens, started) = (&journey.state.tokens, journey.started);
        let token = match self.within_total(started, tokens.of(id, account, sender, None)).await {
            Ok(token) => token,
            Err(none) => return Ok(no_token(&none)),
        };
        let examined = self.exchange(sender, head, decoded, (begun, started), Some(&token)).await?;
        let is_refused = matches!(examined, Examined::Bad { kind: Kind::KeyRejected, status: Some(401), .. });
        if !is_refused || token.is_newer_than(begun) {
            return Ok(examined);
        }
        let fresh = match self.within_total(started, tokens.of(id, account, sender, Some(&token))).await {
            Ok(fresh) => fresh,
            Err(none) => return Ok(no_token(&none)),
        };
        if self.translation.is_none() && !decoded.can_be_sent_again() {
            return Ok(no_token(&NoToken::over()));
        }
        self.exchange(sender, head, decoded, (Instant::now(), started), Some(&fresh)).await
    }

    /// Whose token pays, if one does.
    pub(super) fn account(&self) -> Option<(Uuid, &Arc<GoogleAccount>)> {
        let credential = self.credential.as_ref()?;
        match &credential.proof {
            Proof::Headers | Proof::AwsSignature(_) => None,
            Proof::GoogleAccount(account) => Some((credential.uuid, account)),
        }
    }

    /// No request waits for a token beyond its own time.
    async fn within_total(
        &self,
        started: Instant,
        token: impl Future<Output = Result<Token, NoToken>>,
    ) -> Result<Token, NoToken> {
        match self.course.upstream.timeouts.total {
            None => token.await,
            Some(total) => {
                timeout_at((started + total).into(), token).await.unwrap_or_else(|_| Err(NoToken::late()))
            }
        }
    }
}

/// Why nothing was sent: the account is refused, or its token was not to be had.
fn no_token(why: &NoToken) -> Examined {
    let kind = if why.is_rejected { Kind::KeyRejected } else { Kind::NoToken };
    Examined::Bad { kind, status: None, opening: None, message: Some(why.message.clone()) }
}

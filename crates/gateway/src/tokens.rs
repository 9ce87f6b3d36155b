//! Tokens: what Google's accounts are exchanged for, kept for as long as they are good.
//!
//! One exchange serves everybody who waits for it, whoever of them leaves; and well before a token ends the next one is
//! fetched behind its back, so that nobody waits while there is traffic. There are no timers: whoever asks looks at the
//! clock. Tokens live here and in the requests under way, and go into no row, log or answer.

mod exchange;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use config::{
    Snapshot,
    snapshot::{Credential, GoogleAccount, Proof},
};
use http::{HeaderName, HeaderValue, header};
use tokio::{sync::watch, time::timeout};
use uuid::Uuid;

use crate::send::Sender;

/// How long anybody waits for an exchange. It is bounded itself; this is for one whose task has been lost.
const WAIT_MAX: Duration = Duration::from_secs(12);
/// Of a token's life, after so much the next one is fetched: with an hour, a quarter of one before its end.
const AGES_AFTER: f64 = 0.75;
/// Of a token's life, so much before its end it is not used any more: clocks differ, requests take their way. Of long ones
/// no more than half a minute.
const SPARED: f64 = 0.1;
const SPARED_MAX: Duration = Duration::from_secs(30);
/// A fetch ahead that has failed is tried again after this.
const PAUSE: Duration = Duration::from_secs(5);

/// Tokens by credential. Locks are held for a look, never across an await.
#[derive(Default)]
pub(crate) struct Tokens {
    kept: Mutex<HashMap<Uuid, Kept>>,
}

/// A token, ready to be sent.
#[derive(Clone)]
pub(crate) struct Token {
    bearer: HeaderValue,
    made: Instant,
    life: Duration,
}

/// Why there is none. Holds no secret.
#[derive(Clone, Debug)]
pub(crate) struct NoToken {
    /// The account itself is refused: waiting does not help.
    pub(crate) is_rejected: bool,
    pub(crate) message: String,
}

type Told = Option<Result<Token, NoToken>>;

/// What is known of one account.
struct Kept {
    account: Arc<GoogleAccount>,
    token: Option<Token>,
    under_way: Option<watch::Receiver<Told>>,
    /// No fetch ahead before this.
    quiet_until: Option<Instant>,
}

impl Tokens {
    /// The headers that a credential is sent by: its own, and a token's where it is an account's. `anew`: a token that is
    /// exchanged for now, since whether the account still gets one is the question.
    pub(crate) async fn headers(
        self: &Arc<Self>,
        credential: &Credential,
        sender: &Sender,
        anew: bool,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, NoToken> {
        let mut headers = credential.headers.clone();
        match &credential.proof {
            Proof::Headers | Proof::AwsSignature(_) => {}
            Proof::GoogleAccount(account) => {
                let token = match anew {
                    true => exchange::exchange(account, sender).await?,
                    false => self.of(credential.uuid, account, sender, None).await?,
                };
                headers.push(token.header());
            }
        }
        Ok(headers)
    }

    /// A token of an account. `refused`: one that the vendor does not take any more.
    pub(crate) async fn of(
        self: &Arc<Self>,
        credential: Uuid,
        account: &Arc<GoogleAccount>,
        sender: &Sender,
        refused: Option<&Token>,
    ) -> Result<Token, NoToken> {
        let mut told = match self.look(credential, account, sender, refused) {
            Ok(token) => return Ok(token),
            Err(told) => told,
        };
        let waiting = timeout(WAIT_MAX, told.wait_for(Option::is_some));
        match waiting.await {
            Ok(Ok(told)) => {
                told.clone().unwrap_or_else(|| Err(NoToken::passing("the exchange was given up")))
            }
            Ok(Err(_)) => Err(NoToken::passing("the exchange was given up")),
            Err(_) => Err(NoToken::passing("no answer in time")),
        }
    }

    /// What is kept, and a fetch ahead where that is due; or what there is to wait for.
    fn look(
        self: &Arc<Self>,
        credential: Uuid,
        account: &Arc<GoogleAccount>,
        sender: &Sender,
        refused: Option<&Token>,
    ) -> Result<Token, watch::Receiver<Told>> {
        let mut all = self.lock();
        let kept = all.entry(credential).or_insert_with(|| Kept::new(account));
        if !Arc::ptr_eq(&kept.account, account) {
            if kept.account != *account {
                *kept = Kept::new(account);
            }
            kept.account = Arc::clone(account);
        }
        kept.token.take_if(|it| refused.is_some_and(|refused| refused.bearer == it.bearer));
        let under_way = kept.under_way.clone().filter(|it| it.has_changed().is_ok());
        let now = Instant::now();
        match kept.token.clone().filter(|it| it.is_good(now)) {
            Some(token) => {
                let is_quiet = kept.quiet_until.is_some_and(|it| now < it);
                if token.is_aging(now) && under_way.is_none() && !is_quiet {
                    self.start(credential, kept, sender);
                }
                Ok(token)
            }
            None => Err(under_way.unwrap_or_else(|| self.start(credential, kept, sender))),
        }
    }

    /// Begins an exchange, on the runtime of whoever asks: the sender's connections belong to it.
    fn start(self: &Arc<Self>, credential: Uuid, kept: &mut Kept, sender: &Sender) -> watch::Receiver<Told> {
        let (tell, told) = watch::channel(None);
        kept.under_way = Some(told.clone());
        let (tokens, account, sender) = (Arc::clone(self), Arc::clone(&kept.account), sender.clone());
        tokio::spawn(async move {
            let result = exchange::exchange(&account, &sender).await;
            tokens.keep(credential, &account, &result);
            tell.send_replace(Some(result));
        });
        told
    }

    fn keep(&self, credential: Uuid, account: &Arc<GoogleAccount>, result: &Result<Token, NoToken>) {
        let mut all = self.lock();
        // The account may have been exchanged for another one meanwhile, or be gone.
        let Some(kept) = all.get_mut(&credential).filter(|it| it.account == *account) else { return };
        kept.under_way = None;
        match result {
            Ok(token) => (kept.token, kept.quiet_until) = (Some(token.clone()), None),
            Err(error) => {
                kept.quiet_until = Some(Instant::now() + PAUSE);
                if kept.token.is_some() {
                    tracing::warn!(target: "availability", "a token could not be fetched ahead: {}", error.message);
                }
            }
        }
    }

    /// Forgets what the configuration does not know any more.
    pub(crate) fn forget_others(&self, snapshot: &Snapshot) {
        let mut all = self.lock();
        if !all.is_empty() {
            let known: HashSet<Uuid> = snapshot.credentials.values().map(|it| it.uuid).collect();
            all.retain(|id, _| known.contains(id));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn new(account: &Arc<GoogleAccount>) -> Self {
        Kept { account: Arc::clone(account), token: None, under_way: None, quiet_until: None }
    }
}

impl Token {
    /// The header that carries it.
    pub(crate) fn header(&self) -> (HeaderName, HeaderValue) {
        (header::AUTHORIZATION, self.bearer.clone())
    }

    /// Whether it was exchanged after that instant.
    pub(crate) fn is_newer_than(&self, instant: Instant) -> bool {
        self.made >= instant
    }

    fn is_good(&self, now: Instant) -> bool {
        let spared = self.life.mul_f64(SPARED).min(SPARED_MAX);
        now.duration_since(self.made) < self.life - spared
    }

    fn is_aging(&self, now: Instant) -> bool {
        now.duration_since(self.made) >= self.life.mul_f64(AGES_AFTER)
    }
}

impl NoToken {
    fn rejected(message: impl Into<String>) -> Self {
        NoToken { is_rejected: true, message: message.into() }
    }

    /// What cannot be sent again was sent with one that was over.
    pub(crate) fn over() -> Self {
        NoToken::passing("the one that was sent was over before its time, and the body cannot be sent again")
    }

    /// The request's own time is over.
    pub(crate) fn late() -> Self {
        NoToken::passing("the request's time was over before there was one")
    }

    fn passing(message: &str) -> Self {
        NoToken { is_rejected: false, message: format!("no token for the Google account: {message}") }
    }
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ages_before_it_ends_and_is_spared_at_its_end() {
        let made = Instant::now();
        let check = |life: u64, after_ms: u64, expected: (bool, bool)| {
            let life = Duration::from_secs(life);
            let token = Token { bearer: HeaderValue::from_static("Bearer t"), made, life };
            let now = made + Duration::from_millis(after_ms);
            assert_eq!((token.is_good(now), token.is_aging(now)), expected, "{life:?} after {after_ms}");
        };
        check(3600, 0, (true, false));
        check(3600, 2_699_000, (true, false));
        check(3600, 2_701_000, (true, true));
        check(3600, 3_569_000, (true, true));
        check(3600, 3_571_000, (false, true));
        check(4, 3_100, (true, true));
        check(4, 3_700, (false, true));
    }
}

//! Who tells readers what changes.
//!
//! It wakes when the balancer has said something, when an exclusion's time is over (nobody else notices that: the
//! balancer has no timers), when another configuration is in force, and each second. Whatever woke it, it looks up how
//! the things concerned stand and tells what differs from what it told before.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use axum::body::Bytes;
use balance::{Cause, CredentialId, Scope, Time};
use config::{Entity, Kind};
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};
use uuid::Uuid;

use super::{config_event, event, subject::Subject};
use crate::admin::{
    Admin,
    credentials::Credentials,
    health::Instants,
    providers::Providers,
    traffic::{Flow, Flows},
};

/// What has happened gathers for a moment: an outage is told in few strokes.
const GATHER: Duration = Duration::from_millis(20);
/// Longest sleep until the next thing to notice.
const WAKE_MAX: Duration = Duration::from_secs(60);
/// Providers stand as everything of theirs does, which takes time to look up: at most this part of the time is spent
/// with it.
const LOOKING_SHARE: u32 = 20;
/// Comments that keep proxies from closing a stream, every so many seconds.
const HEARTBEAT_SECONDS: u64 = 15;

pub(super) struct Teller {
    admin: Arc<Admin>,
    /// Of the configuration, from before anything was looked at.
    revisions: watch::Receiver<u64>,
    /// When what changes by itself; the sooner first.
    wakes: BTreeSet<(Time, Subject)>,
    wake_of: HashMap<Subject, Time>,
    /// Keys that expire, and when.
    expiries: HashMap<CredentialId, Time>,
    /// To be looked up.
    concerned: BTreeSet<Subject>,
    /// What was told last, without the time left.
    told: HashMap<Subject, Value>,
    providers: HashMap<Uuid, Value>,
    providers_due: bool,
    /// Not before that are providers looked at again.
    providers_from: Instant,
    /// Who had traffic when it was last told.
    flowing: (BTreeSet<Arc<str>>, BTreeSet<Arc<str>>),
    seconds: u64,
    frames: Vec<Bytes>,
}

impl Teller {
    /// Listens from now on. What was out before is not told, but its return will be.
    pub(super) fn begin(admin: Arc<Admin>) -> Self {
        admin.state.telemetry.happened.listen(true);
        let mut teller = Teller {
            revisions: admin.control.revisions(),
            admin,
            wakes: BTreeSet::new(),
            wake_of: HashMap::new(),
            expiries: HashMap::new(),
            concerned: BTreeSet::new(),
            told: HashMap::new(),
            providers: HashMap::new(),
            providers_due: false,
            providers_from: Instant::now(),
            flowing: Default::default(),
            seconds: 0,
            frames: Vec::new(),
        };
        teller.take_stock();
        teller.look_at_providers();
        teller.frames.clear();
        teller
    }

    /// Tells until nobody listens or the process ends.
    pub(super) async fn run(mut self) {
        let admin = Arc::clone(&self.admin);
        let happened = &admin.state.telemetry.happened;
        let (mut ended, mut revisions) = (happened.ended(), self.revisions.clone());
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                () = has_ended(&mut ended) => {
                    admin.readers.dismiss();
                    break;
                }
                Ok(()) = revisions.changed() => self.configured(),
                _ = seconds.tick() => self.second(),
                () = happened.news() => {}
                () = sleep(self.until_wake()) => {}
            }
            self.listen();
            self.look();
            let frames = std::mem::take(&mut self.frames);
            if !admin.readers.tell(&frames) {
                break;
            }
            sleep(GATHER).await;
        }
        let reading = admin.readers.lock();
        // Unless somebody has joined in between, who has begun anew.
        if !reading.has_teller {
            happened.listen(false);
        }
    }

    /// Everything that is out now, and when it ends.
    fn take_stock(&mut self) {
        let admin = Arc::clone(&self.admin);
        let state = &admin.state;
        let now = state.clock.now();
        let (ledger, keys) = {
            let balancer = state.balancer();
            (balancer.export(now), balancer.report_credentials(now))
        };
        (self.wakes, self.wake_of) = Default::default();
        let own_limits = keys.iter().filter_map(|it| {
            let out = it.exclusion.filter(|it| it.cause == Cause::OwnLimit)?;
            Some((Scope::Credential(it.id), out, 0))
        });
        for (scope, out, _) in ledger.exclusions.into_iter().chain(own_limits) {
            if let Some(subject) = Subject::of(scope)
                && self.wake_of.get(&subject).is_none_or(|it| out.until < *it)
            {
                self.wake(subject, Some(out.until));
            }
        }
        let (view, snapshot) = (admin.control.view(), state.snapshot.load_full());
        let numbers: HashMap<Uuid, CredentialId> =
            snapshot.credentials.iter().map(|(id, it)| (it.uuid, *id)).collect();
        self.expiries.clear();
        for row in view.document.rows(Kind::Credential) {
            let Entity::Credential(credential) = &*row.entity else { continue };
            let expires = credential.expires_at.as_deref().and_then(|it| it.parse::<jiff::Timestamp>().ok());
            let (Some(expires), Some(id)) = (expires, numbers.get(&row.id)) else { continue };
            let at = state.clock.time_of_wall(SystemTime::from(expires));
            if at > now {
                self.expiries.insert(*id, at);
                let subject = Subject::Credential(*id);
                let sooner = self.wake_of.get(&subject).is_none_or(|it| at < *it);
                self.wake(subject, Some(at).filter(|_| sooner).or(self.wake_of.get(&subject).copied()));
            }
        }
    }

    /// Another configuration: whatever is told next is told under its names.
    fn configured(&mut self) {
        self.frames.push(config_event(self.admin.control.view().revision));
        self.told.clear();
        self.take_stock();
        self.providers_due = true;
    }

    /// What the balancer has said since.
    fn listen(&mut self) {
        let tray = self.admin.state.telemetry.happened.take();
        if tray.is_incomplete {
            // More than anybody could follow: everything is to be read again.
            self.frames.push(event("reset", &json!({ "missed": null })));
            self.told.clear();
            self.take_stock();
            self.providers_due = true;
        }
        self.concerned.extend(tray.events.iter().filter_map(Subject::of_event));
        let now = self.admin.state.clock.now();
        while let Some((_, subject)) = self.wakes.first().copied().filter(|(at, _)| *at <= now) {
            self.wake(subject, None);
            self.concerned.insert(subject);
        }
    }

    /// How those concerned stand now.
    fn look(&mut self) {
        if !self.concerned.is_empty() {
            self.providers_due = true;
            self.look_at_concerned();
        }
        if self.providers_due && Instant::now() >= self.providers_from {
            self.look_at_providers();
        }
    }

    fn look_at_concerned(&mut self) {
        let admin = Arc::clone(&self.admin);
        let (view, clock) = (admin.control.view(), admin.state.clock);
        let instants = Instants { clock, now: clock.now() };
        let concerned = std::mem::take(&mut self.concerned);
        let keys = concerned.iter().filter_map(|it| match it {
            Subject::Credential(id) => Some(*id),
            Subject::Pair(..) | Subject::Address(..) => None,
        });
        let credentials = Credentials::only(&admin, &view, keys, instants.now);
        let snapshot = admin.state.snapshot.load_full();
        for subject in concerned {
            let (told, changes) = match subject {
                Subject::Credential(id) => {
                    let known = snapshot.credentials.get(&id);
                    let row = known.and_then(|it| view.document.by_id(Kind::Credential, it.uuid));
                    let (Some(known), Some(row)) = (known, row) else { continue };
                    let mut told = json!({
                        "scope": "credential",
                        "id": row.id,
                        "name": known.name,
                        "provider": known.provider,
                    });
                    merge(&mut told, serde_json::to_value(credentials.standing(&row)).unwrap_or_default());
                    let expires = self.expiries.get(&id).copied().filter(|it| *it > instants.now);
                    (told, credentials.changes(&row).into_iter().chain(expires).min())
                }
                place => {
                    let out = place.place().and_then(|it| admin.state.balancer().exclusion(it));
                    match place.standing(out, &snapshot, &instants) {
                        Some(standing) => standing,
                        None => continue,
                    }
                }
            };
            self.wake(subject, changes);
            self.say(subject, told);
        }
    }

    /// Says it, unless it has been said.
    fn say(&mut self, subject: Subject, mut now: Value) {
        let frame = event("state", &now);
        forget_time_left(&mut now);
        if self.told.get(&subject) != Some(&now) {
            self.frames.push(frame);
            self.told.insert(subject, now);
        }
    }

    fn look_at_providers(&mut self) {
        let begun = Instant::now();
        let view = self.admin.control.view();
        let providers = Providers::of(&self.admin, &view);
        let mut standings = HashMap::new();
        for row in view.document.rows(Kind::Provider) {
            let standing = providers.standing(row);
            let told = json!({
                "scope": "provider",
                "id": row.id,
                "name": row.label(),
                "state": standing.status,
                "cause": standing.reason,
                "until": null,
                "served_by": standing.served_by,
            });
            if self.providers.get(&row.id) != Some(&told) {
                self.frames.push(event("state", &told));
            }
            standings.insert(row.id, told);
        }
        self.providers = standings;
        self.providers_due = false;
        self.providers_from = Instant::now() + begun.elapsed() * LOOKING_SHARE;
    }

    /// What goes on; who has stopped is told once more.
    fn second(&mut self) {
        let Flows { providers, upstreams } = Flows::of(&self.admin.state);
        let (before_providers, before_upstreams) = std::mem::take(&mut self.flowing);
        let shown = |flows: &std::collections::BTreeMap<Arc<str>, Flow>, before: &BTreeSet<Arc<str>>| {
            let stopped = before.iter().filter(|it| !flows.contains_key(*it)).map(|it| (it, Flow::default()));
            let flowing = flows.iter().map(|(name, flow)| (name, *flow));
            let flow = |(name, flow): (&Arc<str>, Flow)| {
                let mut shown = json!({ "name": name });
                merge(&mut shown, serde_json::to_value(flow).unwrap_or_default());
                shown
            };
            flowing.chain(stopped).map(flow).collect::<Vec<Value>>()
        };
        let data = json!({
            "providers": shown(&providers, &before_providers),
            "upstreams": shown(&upstreams, &before_upstreams),
        });
        self.frames.push(event("traffic", &data));
        self.flowing = (providers.into_keys().collect(), upstreams.into_keys().collect());
        self.seconds += 1;
        if self.seconds.is_multiple_of(HEARTBEAT_SECONDS) {
            self.frames.push(Bytes::from_static(b": still here\n\n"));
        }
        // A first try can move a provider without any event.
        self.providers_due = true;
    }

    /// Puts a thing's next change down, in place of an earlier one.
    fn wake(&mut self, subject: Subject, at: Option<Time>) {
        if let Some(before) = self.wake_of.remove(&subject) {
            self.wakes.remove(&(before, subject));
        }
        if let Some(at) = at.filter(|it| *it != Time::NEVER) {
            self.wakes.insert((at, subject));
            self.wake_of.insert(subject, at);
        }
    }

    fn until_wake(&self) -> Duration {
        let now = self.admin.state.clock.now();
        let soonest = self.wakes.first().map(|(at, _)| at.since(now));
        // Timers ring to the millisecond: rather a moment late than once too early.
        soonest.map_or(WAKE_MAX, |it| (it + Duration::from_millis(1)).min(WAKE_MAX))
    }
}

/// Also when the process is being dropped.
async fn has_ended(ended: &mut watch::Receiver<bool>) {
    let _ = ended.wait_for(|it| *it).await;
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// Seconds left differ from look to look, and say nothing that `until` does not.
fn forget_time_left(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.shift_remove("ttl");
        if let Some(Value::Array(models)) = fields.get_mut("model_states") {
            models.iter_mut().for_each(forget_time_left);
        }
    }
}

//! Names to IP addresses, remembered for the whole process.
//!
//! An answer counts for thirty seconds, and then the name is looked up again by whoever needs it first. While DNS
//! fails or dawdles, the last good answer serves on. What an address did when it was connected to is remembered as
//! long as the answer: a dead one of many is tried last.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};

/// How long an answer counts (CONTRACT, DNS).
const FRESH: Duration = Duration::from_secs(30);
/// How long the last good answer serves while DNS fails (FAULTS row 64).
const STALE_MAX: Duration = Duration::from_secs(3600);
/// How soon a failed look-up is repeated: soon enough to recover, seldom enough not to drown a sick resolver.
const RETRY: Duration = Duration::from_secs(1);
/// How long we wait for DNS when there is a last good answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Addresses kept per name: more than any vendor announces, few enough to try within one connect limit.
const ADDRESSES_MAX: usize = 32;
/// Names kept; beyond this, those not asked for within [`STALE_MAX`] go. Names come from the configuration alone.
const NAMES_MAX: usize = 4096;

/// The names that were looked up.
#[derive(Default)]
pub(super) struct Resolver {
    names: Mutex<HashMap<Arc<str>, Arc<Name>>>,
}

struct Name {
    host: Arc<str>,
    known: Mutex<Known>,
    /// Held while the name is being looked up, so that it is looked up once.
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Known {
    addresses: Arc<[IpAddr]>,
    /// Addresses that did not let themselves be connected to since the last look-up.
    dead: Vec<IpAddr>,
    resolved: Option<Instant>,
    failed: Option<(Instant, String)>,
    asked: Instant,
    /// Turns the order, so that connections spread over equal addresses.
    rotation: usize,
}

impl Resolver {
    /// The addresses of `host` in the order to try them; never none.
    pub(super) async fn resolve(&self, host: &Arc<str>) -> Result<Vec<IpAddr>, String> {
        if let Ok(ip) = host.parse() {
            return Ok(vec![ip]);
        }
        let name = self.name(host);
        if let Some(settled) = name.settled() {
            return settled;
        }
        let looking = look_up(&name);
        if name.lock().last_good().is_some() {
            // Too late is no error: the look-up goes on by itself and serves whoever comes next.
            let _ = timeout(PATIENCE, looking).await;
        } else {
            looking.await;
        }
        name.best()
    }

    /// What was last learned of `host`, without asking; `None` if nobody has asked yet.
    pub(super) fn known(&self, host: &str) -> Option<Result<Vec<IpAddr>, String>> {
        if let Ok(ip) = host.parse() {
            return Some(Ok(vec![ip]));
        }
        let name = self.names.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned()?;
        let known = name.lock();
        match &known.failed {
            Some((_, error)) => Some(Err(error.clone())),
            None => known.resolved.map(|_| Ok(known.addresses.to_vec())),
        }
    }

    /// `ip` did not answer: it is tried last until the name is looked up again.
    pub(super) fn note_dead(&self, host: &str, ip: IpAddr) {
        let name = self.names.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned();
        if let Some(name) = name {
            let mut known = name.lock();
            if known.addresses.contains(&ip) && !known.dead.contains(&ip) {
                known.dead.push(ip);
            }
        }
    }

    fn name(&self, host: &Arc<str>) -> Arc<Name> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = names.get(host) {
            return Arc::clone(name);
        }
        if names.len() >= NAMES_MAX {
            names.retain(|_, name| name.lock().asked.elapsed() < STALE_MAX);
        }
        let name = Arc::new(Name::new(host));
        names.insert(Arc::clone(host), Arc::clone(&name));
        name
    }
}

/// Looks the name up, or waits for whoever is already doing so. The look-up itself is a task of its own that ends with
/// the system's answer, so that what one impatient request began is not lost for the others.
async fn look_up(name: &Arc<Name>) {
    let turn = Arc::clone(&name.turn).lock_owned().await;
    if name.settled().is_some() {
        return;
    }
    let name = Arc::clone(name);
    let task = tokio::spawn(async move {
        let found = tokio::net::lookup_host((&*name.host, 0)).await;
        name.learn(found.map(|them| them.map(|it| it.ip()).collect()).map_err(|error| error.to_string()));
        drop(turn);
    });
    // Cannot fail but by the end of the runtime, and then nobody asks.
    let _ = task.await;
}

impl Name {
    fn new(host: &Arc<str>) -> Self {
        let known = Known {
            addresses: Arc::new([]),
            dead: Vec::new(),
            resolved: None,
            failed: None,
            asked: Instant::now(),
            rotation: 0,
        };
        Name { host: Arc::clone(host), known: Mutex::new(known), turn: Arc::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What can be said without asking DNS: it answered, or failed, just now.
    fn settled(&self) -> Option<Result<Vec<IpAddr>, String>> {
        let mut known = self.lock();
        known.asked = Instant::now();
        let is_fresh = known.resolved.is_some_and(|at| at.elapsed() < FRESH);
        let has_failed = known.failed.as_ref().is_some_and(|(at, _)| at.elapsed() < RETRY);
        let is_settled = is_fresh || has_failed;
        drop(known);
        is_settled.then(|| self.best())
    }

    /// The newest answer there is.
    fn best(&self) -> Result<Vec<IpAddr>, String> {
        let mut known = self.lock();
        if known.last_good().is_some() {
            return Ok(known.in_order());
        }
        let reason = known.failed.as_ref().map_or("no answer", |(_, reason)| reason);
        Err(format!("{}: {reason}", self.host))
    }

    fn learn(&self, found: Result<Vec<IpAddr>, String>) {
        let mut known = self.lock();
        match found {
            Ok(mut addresses) if !addresses.is_empty() => {
                let mut seen = Vec::new();
                addresses.retain(|ip| {
                    !seen.contains(ip) && {
                        seen.push(*ip);
                        true
                    }
                });
                addresses.truncate(ADDRESSES_MAX);
                known.addresses = addresses.into();
                known.dead.clear();
                known.resolved = Some(Instant::now());
                known.failed = None;
            }
            Ok(_) => known.failed = Some((Instant::now(), "the name has no addresses".into())),
            Err(reason) => known.failed = Some((Instant::now(), reason)),
        }
    }
}

impl Known {
    fn last_good(&self) -> Option<&[IpAddr]> {
        self.resolved.filter(|at| at.elapsed() < STALE_MAX).map(|_| &*self.addresses)
    }

    /// The system's order of families, turned within the first; dead ones last.
    fn in_order(&mut self) -> Vec<IpAddr> {
        self.rotation = self.rotation.wrapping_add(1);
        let (mut order, dead): (Vec<IpAddr>, Vec<IpAddr>) =
            self.addresses.iter().partition(|ip| !self.dead.contains(ip));
        let equals = order.iter().take_while(|ip| ip.is_ipv4() == order[0].is_ipv4()).count();
        if equals > 0 {
            order[..equals].rotate_left(self.rotation % equals);
        }
        order.extend(dead);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|ip| ip.parse().unwrap()).collect()
    }

    fn named(answer: Result<Vec<IpAddr>, String>) -> (Resolver, Arc<str>, Arc<Name>) {
        let (resolver, host) = (Resolver::default(), Arc::from("vendor.test"));
        let name = resolver.name(&host);
        name.learn(answer);
        (resolver, host, name)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_for_thirty_seconds() {
        let (resolver, host, name) = named(Ok(ips(&["192.0.2.1"])));
        assert_eq!(resolver.resolve(&host).await, Ok(ips(&["192.0.2.1"])));
        tokio::time::advance(FRESH).await;
        assert!(name.settled().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_good_answer_serves_for_an_hour_while_dns_fails() {
        let (_, _, name) = named(Ok(ips(&["192.0.2.1"])));
        tokio::time::advance(STALE_MAX - Duration::from_secs(1)).await;
        name.learn(Err("no such host".into()));
        assert_eq!(name.settled(), Some(Ok(ips(&["192.0.2.1"]))));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(name.settled().is_none());
        assert!(name.best().unwrap_err().contains("no such host"));
    }

    #[tokio::test(start_paused = true)]
    async fn connections_spread_over_equal_addresses_and_a_dead_one_comes_last() {
        let (resolver, host, name) = named(Ok(ips(&["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"])));
        let mut firsts: Vec<IpAddr> = (0..3).map(|_| name.best().unwrap()[0]).collect();
        firsts.sort();
        assert_eq!(firsts, ips(&["192.0.2.1", "192.0.2.2", "192.0.2.3"]));
        resolver.note_dead(&host, "192.0.2.2".parse().unwrap());
        for _ in 0..5 {
            assert_eq!(name.best().unwrap()[3], ips(&["192.0.2.2"])[0]);
        }
    }

    #[tokio::test]
    async fn an_ip_needs_no_dns() {
        let resolver = Resolver::default();
        assert_eq!(resolver.resolve(&"::1".into()).await, Ok(ips(&["::1"])));
        assert!(resolver.names.lock().unwrap().is_empty());
    }
}

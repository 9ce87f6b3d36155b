//! From an address to a connected stream: name, IP policy, TCP, TLS.
//!
//! Every IP of a name is tried before the address is blamed. The next one starts when the one before has failed or
//! has taken a moment, and the first to connect wins (RFC 8305, without its sorting). The caller bounds the whole.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use config::snapshot::Address;
use socket2::{SockRef, TcpKeepalive};
use tokio::{net::TcpStream, task::JoinSet, time::sleep};

use super::{SendError, io::Io, policy, resolve::Resolver, tls::Trusts};

/// Head start of one IP before the next is tried beside it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);
/// A silent peer is asked whether it lives after this, and then this often: quicker than the five minutes after
/// which common NAT gateways forget a connection.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// What all workers share about connecting.
#[derive(Default)]
pub(super) struct Ways {
    resolver: Resolver,
    trusts: Trusts,
}

impl Ways {
    /// What was last learned of `host`, without asking.
    pub(super) fn known(&self, host: &str) -> Option<Result<Vec<IpAddr>, String>> {
        self.resolver.known(host)
    }

    /// A connected stream, and whether both sides agreed on HTTP/2.
    pub(super) async fn connect(
        &self,
        address: &Address,
        deny_private: bool,
        limit: Duration,
    ) -> Result<(Io, bool), SendError> {
        let stream = self.tcp(address, deny_private, limit).await?;
        if address.tls {
            self.trusts.handshake(address, stream).await
        } else {
            Ok((Io::Plain(stream), false))
        }
    }

    async fn tcp(
        &self,
        address: &Address,
        deny_private: bool,
        limit: Duration,
    ) -> Result<TcpStream, SendError> {
        let ips = self.resolver.resolve(&address.host).await.map_err(SendError::Connect)?;
        let allowed = allowed(&ips, deny_private)?;
        let sockets: Vec<SocketAddr> = allowed.iter().map(|ip| SocketAddr::new(*ip, address.port)).collect();
        // Each IP gets its turn even if the time for all is short.
        let stagger = STAGGER.min(limit / u32::try_from(sockets.len() + 1).unwrap_or(u32::MAX));
        let result = race(&sockets, stagger).await;
        let winner = result.as_ref().map_or(0, |(at, _)| *at);
        allowed[..winner].iter().for_each(|ip| self.resolver.note_dead(&address.host, *ip));
        result.map(|(_, stream)| stream).map_err(|error| {
            SendError::Connect(format!("{error} ({} of {} addresses tried)", sockets.len(), ips.len()))
        })
    }
}

/// Those that may be connected to; an error if there is none.
fn allowed(ips: &[IpAddr], deny_private: bool) -> Result<Vec<IpAddr>, SendError> {
    let mut refused = "no addresses";
    let mut allowed = ips.to_vec();
    allowed.retain(|ip| policy::refusal(*ip, deny_private).inspect(|reason| refused = reason).is_none());
    if allowed.is_empty() {
        return Err(SendError::Connect(format!("the address is not allowed: {refused}")));
    }
    Ok(allowed)
}

/// The first to connect, with its place in the list; or the last error.
async fn race(sockets: &[SocketAddr], stagger: Duration) -> io::Result<(usize, TcpStream)> {
    if let [only] = *sockets {
        return Ok((0, dial(only).await?));
    }
    let mut attempts = JoinSet::new();
    let mut rest = sockets.iter().copied().enumerate();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some((at, socket)) = rest.next() {
            attempts.spawn(async move { (at, dial(socket).await) });
        } else if attempts.is_empty() {
            return Err(last);
        }
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended {
                Ok((at, Ok(stream))) => return Ok((at, stream)),
                Ok((_, Err(error))) => last = error,
                Err(error) => last = io::Error::other(error),
            },
            () = sleep(stagger), if rest.len() > 0 => {}
        }
    }
}

async fn dial(socket: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(socket).await?;
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_ip_is_tried_before_the_address_is_blamed() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let alive = listener.local_addr().unwrap();
        // Nobody listens there: the port is taken and given back.
        let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (winner, _stream) = race(&[dead, dead, alive], STAGGER).await.unwrap();
        assert_eq!(winner, 2);
        let error = race(&[dead, dead], STAGGER).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn an_allowed_ip_among_refused_ones_is_used_alone() {
        let ips: Vec<IpAddr> = vec!["169.254.169.254".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        assert_eq!(allowed(&ips, false).unwrap(), ips[1..]);
        assert!(
            matches!(allowed(&ips, true), Err(SendError::Connect(reason)) if reason.contains("not allowed"))
        );
    }
}

//! Listening sockets: one per worker, all on one port.
//!
//! SO_REUSEPORT lets the kernel spread connections over the workers. It would also let a second process of the same
//! user share the port silently, half of the traffic each, so a port is first bound without it: an occupied one is an
//! error.

use std::{io, net::SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel holds for us between two accepts. Its own cap (`net.core.somaxconn`, usually 4096)
/// applies anyway.
const BACKLOG: i32 = 4096;

/// Why an address can not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {addr}: {source}{}", hint(.source))]
pub(crate) struct BindError {
    addr: SocketAddr,
    source: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            " (another process has this port; end it, or choose another port, or 0 for a free one)"
        }
        io::ErrorKind::AddrNotAvailable => " (this machine has no such address)",
        io::ErrorKind::PermissionDenied => " (ports below 1024 need the privilege to bind them)",
        _ => "",
    }
}

/// `count` sockets that share `addr`, and the address with the port that was chosen.
pub(super) fn listen(
    addr: SocketAddr,
    count: usize,
) -> Result<(SocketAddr, Vec<std::net::TcpListener>), BindError> {
    let failed = |source| BindError { addr, source };
    // The kernel never chooses a port that is shared for port 0, so only a given one is in need of the test.
    if addr.port() != 0 {
        bound(addr, false).map_err(failed)?;
    }
    let first = bound(addr, true).map_err(failed)?;
    let addr = first
        .local_addr()
        .and_then(|it| it.as_socket().ok_or(io::ErrorKind::Unsupported.into()))
        .map_err(failed)?;
    let mut sockets = vec![first];
    while sockets.len() < count {
        sockets.push(bound(addr, true).map_err(failed)?);
    }
    let listening = sockets.into_iter().map(|socket| {
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    });
    let listening = listening.collect::<io::Result<_>>().map_err(failed)?;
    Ok((addr, listening))
}

fn bound(addr: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of an earlier process that linger in TIME_WAIT do not keep us from starting.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_workers_share_the_one_free_port_that_was_chosen() {
        let (addr, sockets) = listen("127.0.0.1:0".parse().unwrap(), 3).unwrap();
        assert_ne!(addr.port(), 0);
        assert!(sockets.iter().all(|it| it.local_addr().unwrap() == addr));
        assert_eq!(sockets.len(), 3);
    }

    #[test]
    fn a_port_that_somebody_else_listens_on_is_not_shared_but_refused() {
        let (addr, _theirs) = listen("127.0.0.1:0".parse().unwrap(), 1).unwrap();
        let error = listen(addr, 2).unwrap_err().to_string();
        assert!(error.contains(&addr.to_string()) && error.contains("another process"), "{error}");
    }
}

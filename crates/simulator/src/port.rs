//! The port a vendor listens on, and the task that owns it.
//!
//! To refuse connections the listener is closed, but the port stays ours (bound, not listening), so that the
//! vendor comes back under the same address. The task also owns the connections: when it ends, they end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::connection;
use crate::vendor::Shared;

/// Connections that wait to be accepted: more than any test opens at once.
const BACKLOG: u32 = 4096;

/// To the task that owns the listener.
pub(crate) struct Order {
    refuse: bool,
    done: oneshot::Sender<io::Result<()>>,
}

/// Starts listening there.
pub(crate) fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    bind(addr)?.listen(BACKLOG)
}

fn bind(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

/// Has the port closed or opened, and waits until it is.
pub(crate) async fn order(orders: &mpsc::Sender<Order>, refuse: bool) -> io::Result<()> {
    let stopped = || io::Error::other("the vendor has stopped");
    let (done, answer) = oneshot::channel();
    orders.send(Order { refuse, done }).await.map_err(|_| stopped())?;
    answer.await.map_err(|_| stopped())?
}

/// Where the port is while the vendor runs.
enum Port {
    Open(TcpListener),
    /// Bound, not listening: the kernel refuses connections, and nobody else gets the port.
    Held(TcpSocket),
    /// Neither could be had; the next order tries again.
    Lost,
}

/// Accepts connections and carries out orders until the vendor is gone.
pub(crate) async fn accept(
    listener: TcpListener,
    addr: SocketAddr,
    shared: Arc<Shared>,
    mut orders: mpsc::Receiver<Order>,
) {
    let mut port = Port::Open(listener);
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            match &port {
                Port::Open(listener) => listener.accept().await,
                Port::Held(_) | Port::Lost => std::future::pending().await,
            }
        };
        tokio::select! {
            order = orders.recv() => {
                let Some(order) = order else { return };
                let outcome = turn(port, addr, order.refuse);
                port = outcome.0;
                shared.refusing.send_replace(!matches!(port, Port::Open(_)));
                // Whoever asked may have gone; the order holds all the same.
                let _ = order.done.send(outcome.1);
            }
            accepted = accepted => {
                match accepted {
                    Ok((stream, _)) => {
                        let number = shared.accepted();
                        let _ = stream.set_nodelay(true); // Fails only on a connection that is gone.
                        connections.spawn(connection::serve(stream, Arc::clone(&shared), number));
                    }
                    // Out of file descriptors, most likely: let some be closed first.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn turn(port: Port, addr: SocketAddr, refuse: bool) -> (Port, io::Result<()>) {
    let next = match (port, refuse) {
        (port @ Port::Open(_), false) | (port @ Port::Held(_), true) => Ok(port),
        (Port::Held(socket), false) => socket.listen(BACKLOG).map(Port::Open),
        (Port::Lost, false) => listen(addr).map(Port::Open),
        (port @ (Port::Open(_) | Port::Lost), true) => {
            drop(port);
            bind(addr).map(Port::Held)
        }
    };
    match next {
        Ok(port) => (port, Ok(())),
        Err(error) => (Port::Lost, Err(error)),
    }
}

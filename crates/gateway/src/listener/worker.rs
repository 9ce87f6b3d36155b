//! One accept loop: takes connections off its own socket, each into a task of its own, until the drain.

use std::{io, net::SocketAddr, sync::Arc, thread, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{self, Handle},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    time::{Instant, timeout},
};

use super::{
    Phase, Serve, Shared,
    connection::{Connection, Protocols},
};

/// How long to wait when the process is out of file descriptors: accepting again at once would only spin.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// How long a handshake that has begun before the drain may take to come to its end: a round trip.
const HANDSHAKE: Duration = Duration::from_millis(100);

/// One accept loop, not yet running.
pub(super) struct Worker {
    pub(super) socket: std::net::TcpListener,
    pub(super) shared: Arc<Shared>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// A running one.
pub(super) struct Running {
    /// Closed when the worker is gone, and with it everything it accepted.
    pub(super) ended: oneshot::Receiver<()>,
}

impl Worker {
    /// Runs on a thread with a runtime of its own.
    pub(super) fn on_thread<S: Serve>(
        self,
        name: String,
        make: impl FnOnce() -> S + Send + 'static,
    ) -> io::Result<Running> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (ending, ended) = oneshot::channel();
        thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async { self.run(make()).await });
            // Ends the tasks that are left, and only then says so.
            drop(runtime);
            drop(ending);
        })?;
        Ok(Running { ended })
    }

    /// Runs as a task among others.
    pub(super) fn on_runtime<S: Serve>(
        self,
        runtime: &Handle,
        make: impl FnOnce() -> S + Send + 'static,
    ) -> Running {
        let (ending, ended) = oneshot::channel();
        runtime.spawn(async {
            self.run(make()).await;
            drop(ending);
        });
        Running { ended }
    }

    async fn run<S: Serve>(mut self, serve: S) {
        let room = u32::try_from(self.shared.limits.connections).unwrap_or(u32::MAX >> 3).max(1);
        let slots = Arc::new(Semaphore::new(room as usize));
        let protocols = Arc::new(Protocols::new());
        let spawn = |stream: TcpStream, addr: SocketAddr, slot: OwnedSemaphorePermit| {
            let connection = Connection {
                stream,
                addr,
                serve: serve.clone(),
                shared: Arc::clone(&self.shared),
                protocols: Arc::clone(&protocols),
                phase: self.phase.clone(),
            };
            tokio::spawn(async move {
                connection.run().await;
                drop(slot);
            });
        };

        let socket = match TcpListener::from_std(self.socket) {
            Ok(socket) => socket,
            Err(error) => return tracing::error!(%error, "cannot accept connections"),
        };
        let mut draining = self.phase.clone();
        let mut draining = std::pin::pin!(reached(&mut draining, Phase::Draining));
        loop {
            tokio::select! {
                biased;
                () = draining.as_mut() => break,
                (stream, addr, slot) = accept(&socket, &slots) => spawn(stream, addr, slot),
            }
        }

        // Whoever is in the kernel's queue has been told that the connection stands: it is served, too.
        let are_away = turn_newcomers_away(&socket).unwrap_or_else(|error| {
            tracing::debug!(%error, "newcomers are not turned away before the socket is closed");
            false
        });
        // Where they are not, they could come one after the other for ever.
        let last = Instant::now() + HANDSHAKE;
        let mut closing = self.phase.clone();
        let mut closing = std::pin::pin!(reached(&mut closing, Phase::Closing));
        while are_away || Instant::now() < last {
            tokio::select! {
                biased;
                () = closing.as_mut() => break,
                next = timeout(HANDSHAKE, accept(&socket, &slots)) => match next {
                    Ok((stream, addr, slot)) => spawn(stream, addr, slot),
                    Err(_) => break,
                },
            }
        }
        drop(socket);

        tokio::select! {
            // All places are free: everybody has been served.
            _ = slots.acquire_many(room) => {}
            () = reached(&mut self.phase, Phase::Ended) => {}
        }
    }
}

/// The next connection and its place.
async fn accept(
    socket: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match socket.accept().await {
            Ok((stream, addr)) => return (stream, addr, slot),
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection; trying again");
                tokio::time::sleep(OUT_OF_FILES).await;
            }
        }
    }
}

/// Between the last look into the queue and the closing of the socket somebody could still get a connection, which the
/// kernel would reset. So newcomers are not answered any more: a filter drops their first packet (SYN, the second bit of
/// the TCP header's byte 13) and lets handshakes that have begun come to their end. False: not on this system.
fn turn_newcomers_away(socket: &TcpListener) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    {
        use socket2::SockFilter;
        const FLAGS: u32 = 13;
        const SYN: u32 = 0x02;
        // Classic BPF: load a byte; if a bit of it is set go on, else skip one; return how much gets through.
        let filter = [
            SockFilter::new(0x30, 0, 0, FLAGS),
            SockFilter::new(0x45, 0, 1, SYN),
            SockFilter::new(0x06, 0, 0, 0),
            SockFilter::new(0x06, 0, 0, u32::MAX),
        ];
        socket2::SockRef::from(socket).attach_filter(&filter)?;
        Ok(true)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = socket;
        Ok(false)
    }
}

/// A connection that was gone before it was taken.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn reached(phase: &mut watch::Receiver<Phase>, at_least: Phase) {
    // An error means that the listener itself is gone; that is every phase at once.
    let _ = phase.wait_for(|it| *it >= at_least).await;
}

//! Accepts connections until it is told to stop, and then finishes what it has begun.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nod_protocol::evidence::{EvidenceReply, Received, Refusal};
use tokio::net::UnixStream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};

use crate::{error::EvidenceError, examiner::Examiner, exchange, socket::Socket};

/// Connections at once; more wait in the socket's queue. Each holds a request of a megabyte at most.
const MOST_CONNECTIONS: usize = 64;

/// For the connections that are open when the process is told to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Serves at `path` until SIGTERM or SIGINT; `ready` is called once connections are taken.
pub async fn serve(
    path: &Path,
    examiner: Examiner,
    jobs: usize,
    ready: impl FnOnce(),
) -> Result<(), EvidenceError> {
    let mut stop = Stop::listen()?;
    let socket = Socket::bind(path)?;
    let server = Arc::new(Server {
        examiner,
        jobs: Semaphore::new(jobs),
    });
    ready();
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.wanted() => break,
            accepted = socket.accept(), if open.len() < MOST_CONNECTIONS => match accepted {
                Ok(stream) => { open.spawn(Arc::clone(&server).answer(stream)); }
                // Out of file descriptors: some will be free in a moment.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(_) = open.join_next() => {}
        }
    }
    // From here on nobody finds the way in.
    drop(socket);
    let drained = async { while open.join_next().await.is_some() {} };
    // Who does not come to an end by then is cut off.
    let _ = timeout(DRAIN, drained).await;
    Ok(())
}

struct Server {
    examiner: Examiner,
    /// Examining takes a core; more at once would only make all of them late.
    jobs: Semaphore,
}

impl Server {
    async fn answer(self: Arc<Self>, mut stream: UnixStream) {
        let reply = match exchange::request(&mut stream).await {
            Ok(request) => self.examine(request).await,
            Err(refusal) => Err(refusal),
        };
        // Whoever went away before the reply will ask again.
        let _ = exchange::reply(&mut stream, &reply).await;
    }

    async fn examine(self: Arc<Self>, request: Received) -> EvidenceReply {
        let server = Arc::clone(&self);
        let _permit = self.jobs.acquire().await.map_err(|_| Refusal::Internal)?;
        let examined = spawn_blocking(move || server.examiner.examine(&request));
        examined.await.unwrap_or(Err(Refusal::Internal))
    }
}

/// What ends the process in good order.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> Result<Self, EvidenceError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(EvidenceError::Start)?,
            interrupt: signal(SignalKind::interrupt()).map_err(EvidenceError::Start)?,
        })
    }

    async fn wanted(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

//! The authority's side of nod-evidence: the process that looks at the crops of a capture, behind a Unix socket.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{net::UnixStream, time::timeout};

/// How long nod-evidence may take, from connecting to the last byte of its reply.
const TIMEOUT: Duration = Duration::from_secs(5);

/// nod-evidence at its socket. Each question has a connection of its own, so a process that was started again is found
/// again.
pub struct Client {
    socket: PathBuf,
}

/// Nobody looks at crops now; the same capture could be looked at later.
#[derive(Debug, thiserror::Error)]
enum Away {
    /// Nobody is at the socket.
    #[error("nod-evidence is away: {0}")]
    Unreachable(#[from] io::Error),
    /// No answer in time.
    #[error("nod-evidence took more than {} s", TIMEOUT.as_secs())]
    TooSlow,
}

impl Client {
    /// Of the socket in the settings.
    pub fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
        }
    }

    /// Whether somebody listens.
    pub async fn listens(&self) -> bool {
        self.connect().await.is_ok()
    }

    async fn connect(&self) -> Result<UnixStream, Away> {
        let connected = timeout(TIMEOUT, UnixStream::connect(&self.socket)).await;
        Ok(connected.map_err(|_| Away::TooSlow)??)
    }
}

//! The authority's side of nod-evidence: the process that looks at the crops of a capture, behind a Unix socket.
//!
//! The authority itself can do nothing with a picture: it depends on no inference engine. It hands crops on, wipes
//! them and gets measures back; what those must be is the judge's business ([`crate::judge::crops`]).

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use nod_protocol::{
    evidence::{EvidenceReply, EvidenceRequest, Refusal, body_length, decode_reply},
    payload::Payload,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

use crate::{
    judge::crops::{Crops, question},
    open::Opened,
    state::Authority,
    store::Site,
};

/// How long nod-evidence may take, from connecting to the last byte of its reply: a fraction of a second is usual. Who gives
/// up sends the resident back to the camera, so as long as the widget waits itself (20 s), less the rest of the way.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Nobody looks at crops now; the same capture could be looked at later.
#[derive(Debug, thiserror::Error)]
pub enum Away {
    /// The settings name no socket.
    #[error("a site asks for crops, and the settings name no nod-evidence")]
    Nowhere,
    /// Nobody is at the socket, or breaks off.
    #[error("nod-evidence is away: {0}")]
    Unreachable(#[from] io::Error),
    /// No answer in time.
    #[error("nod-evidence took more than {} s", TIMEOUT.as_secs())]
    TooSlow,
    /// Something else than nod-evidence is at the socket, or one of another version.
    #[error("nod-evidence answers in another form")]
    Garbled,
    /// It cannot look, whatever it is shown.
    #[error("nod-evidence cannot measure: {0}")]
    Unable(Refusal),
}

/// Has the crops of an opened capture looked at and wipes them, whatever comes of it.
///
/// Nothing that is asked here depends on who is claimed, and it is asked before anything about them is looked up: how long
/// it takes says nothing about a resident, and where it fails nothing was counted against one.
pub async fn examine(authority: &Authority, opened: &mut Opened) -> Result<Crops, Away> {
    if !opened.site.evidence {
        // Crops that nobody asked for stay for the judge to find.
        return Ok(Crops::Unasked);
    }
    let client = authority.evidence.as_ref().ok_or(Away::Nowhere)?;
    let sets = authority.sets.live(authority.now());
    let reply = match question(&opened.payload, &opened.challenge, sets) {
        Some(question) => Some(client.ask(&question).await),
        None => None,
    };
    forget_crops(&mut opened.payload);
    let Some(reply) = reply else {
        return Ok(Crops::NotAsAsked);
    };
    match reply? {
        Ok(measures) => Ok(Crops::Measured(measures)),
        Err(refusal @ (Refusal::UnknownModelSet | Refusal::Internal)) => Err(Away::Unable(refusal)),
        // What was sealed is to blame.
        Err(refusal) => {
            tracing::info!(reason = %refusal, "crops could not be measured");
            Ok(Crops::Unmeasurable)
        }
    }
}

/// Nobody is asked for pictures that cannot be looked at: fails if the site wants crops and nod-evidence is away.
pub async fn must_be_there_for(authority: &Authority, site: &Site) -> Result<(), Away> {
    if !site.evidence {
        return Ok(());
    }
    let client = authority.evidence.as_ref().ok_or(Away::Nowhere)?;
    client.connect().await.map(drop)
}

fn forget_crops(payload: &mut Payload) {
    // Each is wiped as it goes.
    payload.captures.iter_mut().for_each(|c| c.crops.clear());
}

/// nod-evidence at its socket. Each question has a connection of its own, so a process that was started again is found
/// again.
pub struct Client {
    socket: PathBuf,
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

    async fn ask(&self, question: &EvidenceRequest<'_>) -> Result<EvidenceReply, Away> {
        // Longer than a message may be: no body that was taken holds so many crops.
        let Ok(message) = question.encode() else {
            return Ok(Err(Refusal::Malformed));
        };
        let exchange = async {
            let mut stream = UnixStream::connect(&self.socket).await?;
            stream.write_all(&message).await?;
            let mut first = [0; 4];
            stream.read_exact(&mut first).await?;
            let length = body_length(first).map_err(|_| Away::Garbled)?;
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            decode_reply(&body).map_err(|_| Away::Garbled)
        };
        timeout(TIMEOUT, exchange)
            .await
            .map_err(|_| Away::TooSlow)?
    }
}

//! One connection: a request in, a reply out.

use std::io;
use std::time::Duration;

use nod_protocol::evidence::{EvidenceReply, Received, Refusal, body_length, encode_reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// The authority is on this machine and has the whole request: whoever takes longer than this to send it, or to take the
/// reply, has something else in mind.
const PATIENCE: Duration = Duration::from_secs(15);

/// Reads the connection's request. The error is the reply to what is none: cut off, too long or of another form, or too slow,
/// which says nothing about what was sealed.
pub async fn request(stream: &mut UnixStream) -> Result<Received, Refusal> {
    match timeout(PATIENCE, body(stream)).await {
        Ok(Ok(body)) => Received::decode(&body).map_err(|_| Refusal::Malformed),
        Ok(Err(_)) => Err(Refusal::Malformed),
        Err(_) => Err(Refusal::Internal),
    }
}

/// Sends the reply. An error means that nobody is there to take it.
pub async fn reply(stream: &mut UnixStream, reply: &EvidenceReply) -> io::Result<()> {
    let message = encode_reply(reply).map_err(io::Error::other)?;
    let sent = async {
        stream.write_all(&message).await?;
        stream.shutdown().await
    };
    timeout(PATIENCE, sent).await?
}

/// Everything after the length.
async fn body(stream: &mut UnixStream) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut first = [0; 4];
    stream.read_exact(&mut first).await?;
    let length = body_length(first).map_err(io::Error::other)?;
    let mut body = Zeroizing::new(vec![0; length]);
    stream.read_exact(&mut body).await?;
    Ok(body)
}

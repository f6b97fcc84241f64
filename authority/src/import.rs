//! Portrait tickets: bulk import of reference photographs that the authority already holds.
//!
//! Whoever has an import key may ask for tickets of one kind only: one portrait, level light, a quarter of an
//! hour, once. Everything else an import does goes the way of every enrolment (session, challenge, seal, judge).

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    context::TicketContext,
    http::{PortraitTicketReply, PortraitTicketRequest},
    ids::{Level, TicketKind},
    random,
};
use zeroize::Zeroizing;

use crate::{
    error::Error,
    state::Authority,
    store::{ImportKey, Ticket},
    vault::TokenKind,
};

/// Seconds that a portrait ticket is good for: the contract's limit for any ticket.
pub const LIFETIME: u64 = 15 * 60;

/// Makes a ticket for the holder of an import key.
pub async fn portrait_ticket(
    authority: &Authority,
    key: &ImportKey,
    request: PortraitTicketRequest,
) -> Result<PortraitTicketReply, Error> {
    let now = authority.now();
    let bytes = Zeroizing::new(random::bytes::<16>()?);
    let code = Base64UrlUnpadded::encode_string(bytes.as_slice());
    let ticket = Ticket {
        context: TicketContext {
            id: request.id,
            claimed_id_hash: *request.claimed_id_hash.as_bytes(),
            level: Level::Light,
            consent_version: authority.config.consent_version.clone(),
            issuer: key.issuer.clone(),
            kind: TicketKind::Portrait,
        },
        expires_at: now + LIFETIME,
        spent: false,
        at_terminal: false,
    };
    let store = &authority.store;
    let hash = store.vault().token_hash(TokenKind::TicketCode, &code);
    if !store.add_ticket(&ticket, &hash, Some(&key.id), now).await? {
        return Err(Error::TicketSpent);
    }
    Ok(PortraitTicketReply {
        code,
        expires_in: LIFETIME,
    })
}

/// The import key of a request, if it is one in use.
pub async fn key_of(authority: &Authority, bearer: Option<&str>) -> Result<ImportKey, Error> {
    let key = bearer.ok_or(Error::UnknownImportKey)?;
    let store = &authority.store;
    let hash = store.vault().token_hash(TokenKind::ImportKey, key);
    store
        .import_key(&hash)
        .await?
        .ok_or(Error::UnknownImportKey)
}

//! From the answer of a verification to an opened card.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::random;
use zeroize::Zeroizing;

use super::{CardReply, OpenCard, OpenRequest, PREFIX};
use crate::{error::Error, state::Authority, store::CARD_LIFETIME, vault::TokenKind};

/// Opens the card of whoever got this answer, once.
///
/// The answer is looked for among those that were given for a card (`verify.rs` put its hash there, in the same transaction as
/// its receipt), so there is no signature to check: an answer that another site got is not there, whoever signed it.
pub(super) async fn open(authority: &Authority, request: OpenRequest) -> Result<CardReply, Error> {
    let response = Zeroizing::new(request.response);
    let bytes = Zeroizing::new(random::bytes::<32>()?);
    let card = format!(
        "{PREFIX}{}",
        Base64UrlUnpadded::encode_string(bytes.as_slice())
    );
    let store = &authority.store;
    let hash = |kind, text: &str| store.vault().token_hash(kind, text);
    let answer = hash(TokenKind::CardAnswer, &response);
    let secret = hash(TokenKind::CardSecret, &card);
    let opened = store.open_card(&answer, &secret, authority.now()).await?;
    opened.ok_or(Error::CardClosed)?;
    Ok(CardReply {
        card,
        expires_in: CARD_LIFETIME,
    })
}

/// Closes it before its time.
pub(super) async fn close(authority: &Authority, card: &OpenCard) -> Result<(), Error> {
    Ok(authority.store.close_card(&card.secret).await?)
}

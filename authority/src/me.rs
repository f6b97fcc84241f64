//! "My card": what a resident sees and decides about their own record (docs/card.md).
//!
//! ```text
//! verify (pk_self) ── signed yes ─► open ── secret ─┬─ overview · receipts
//!                                                   ├─ handle · devices · keys · freeze · revoke
//!                                                   └─ export · erase
//! ```
//!
//! The way in is a verification like any other, at the authority's own pages and at the resident's own level; its answer opens
//! the card, once. The secret that it is opened for lives in the page's memory for ten minutes at most and travels as a bearer
//! token. It is no cookie: nothing that a browser sends by itself opens anything here, so there is nothing to forge from another
//! site, and the origin whose frame is embedded everywhere sets none.

mod devices;
mod erase;
mod export;
mod freeze;
mod handle;
mod keys;
mod messages;
mod open;
mod overview;
mod receipts;
mod revoke;
mod routes;

pub use self::{
    messages::{
        CardReply, DeviceEntry, DoneReply, EraseReply, EraseRequest, Export, ForgetKeysRequest,
        ForgetRequest, HandleReply, HandleStateReply, KeyEntry, OpenRequest, Overview,
        ReceiptsReply, TemplateEntry,
    },
    routes::routes,
};
use crate::{
    error::Error,
    state::Authority,
    store::{Card, ResidentId},
    vault::TokenKind,
};

/// In front of the secret, so that a request says what it is.
const PREFIX: &str = "mc_";

/// A card that is open now: the only way to a resident's record from here on.
struct OpenCard {
    resident: ResidentId,
    /// Keyed hash of the secret.
    secret: [u8; 32],
    /// Seconds until it closes.
    expires_in: u64,
}

impl OpenCard {
    /// The card that a bearer token opens: one that this authority gave for it, and not a site's secret or answer.
    async fn of(authority: &Authority, bearer: Option<&str>) -> Result<Self, Error> {
        let given = bearer.filter(|token| token.starts_with(PREFIX));
        let given = given.ok_or(Error::CardClosed)?;
        let store = &authority.store;
        let secret = store.vault().token_hash(TokenKind::CardSecret, given);
        let now = authority.now();
        let (resident, until) = store
            .opened_card(&secret, now)
            .await?
            .ok_or(Error::CardClosed)?;
        Ok(Self {
            resident,
            secret,
            expires_in: until.saturating_sub(now),
        })
    }

    /// The record. An erasure meanwhile has closed the card.
    async fn record(&self, authority: &Authority) -> Result<Card, Error> {
        let card = authority.store.card(self.resident).await?;
        card.ok_or(Error::CardClosed)
    }
}

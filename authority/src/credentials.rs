//! Binding a device key (WebAuthn; docs/device-keys.md): at the authority's own pages only, by a resident who has just enrolled or
//! whose card is open.
//!
//! ```text
//! enrolment, or an opened card ── secret kr_… ─► options ─► (browser, authenticator) ─► register ─► bound
//! ```
//!
//! The secret is random, good for ten minutes and one key. What the authenticator signs is its hash: nothing else has to be kept
//! of a registration that is under way.

mod messages;
mod routes;

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::random;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use self::{
    messages::{
        KeyOptions, RegisterReply, RegisterRequest, RegistrationReply, RegistrationRequest,
    },
    routes::routes,
};
use crate::{
    error::Error,
    questions::Date,
    state::Authority,
    store::{Adding, REGISTRATION_LIFETIME, ResidentId},
    vault::TokenKind,
    webauthn::check_registration,
};

/// In front of the secret, so that a request says what it is.
const PREFIX: &str = "kr_";

/// A secret that nobody has yet.
pub fn fresh_secret() -> Result<Zeroizing<String>, Error> {
    let bytes = Zeroizing::new(random::bytes::<32>()?);
    let text = Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_slice()));
    Ok(Zeroizing::new(format!("{PREFIX}{}", text.as_str())))
}

/// Lets a resident register a key; returns what the browser needs for it.
pub async fn allow(
    authority: &Authority,
    resident: ResidentId,
) -> Result<RegistrationReply, Error> {
    let secret = fresh_secret()?;
    let store = &authority.store;
    let hash = hash_of(authority, &secret);
    let bound = store.credentials_of(resident).await?;
    if bound.len() >= crate::store::CREDENTIALS_KEPT {
        return Err(Error::KeyRefused("as many as a resident may have"));
    }
    store
        .allow_registration(&hash, resident, authority.now())
        .await?;
    reply(authority, &secret, resident).await
}

/// The same for whoever has a secret already.
pub async fn options(authority: &Authority, secret: &str) -> Result<RegistrationReply, Error> {
    let resident = owner(authority, secret).await?;
    reply(authority, secret, resident).await
}

/// Whose key a secret lets one register.
async fn owner(authority: &Authority, secret: &str) -> Result<ResidentId, Error> {
    if !secret.starts_with(PREFIX) {
        return Err(Error::RegistrationOver);
    }
    let hash = hash_of(authority, secret);
    let owner = authority.store.registration(&hash, authority.now()).await?;
    owner.ok_or(Error::RegistrationOver)
}

/// Binds what the authenticator made, and spends the secret. `card`: to nobody but its resident.
pub async fn register(
    authority: &Authority,
    request: RegisterRequest,
    card: Option<ResidentId>,
) -> Result<RegisterReply, Error> {
    let secret = Zeroizing::new(request.registration);
    let owner = owner(authority, &secret).await?;
    if card.is_some_and(|resident| resident != owner) {
        return Err(Error::RegistrationOver);
    }
    let client_data = decoded(&request.client_data)?;
    let attestation = decoded(&request.attestation)?;
    let new = check_registration(
        &client_data,
        &attestation,
        &challenge(&secret),
        &authority.party,
    );
    let new = new.map_err(|refused| {
        tracing::info!(%refused, "device key not accepted");
        Error::KeyRefused("the registration does not hold")
    })?;
    let hash = hash_of(authority, &secret);
    let added = authority.store.add_credential(&hash, new, authority.now());
    match added.await? {
        Adding::Added => Ok(RegisterReply { added: true }),
        Adding::NotValid => Err(Error::RegistrationOver),
        Adding::TooMany => Err(Error::KeyRefused("as many as a resident may have")),
        Adding::Known => Err(Error::KeyRefused("bound already")),
    }
}

/// At most 8 KB: no browser sends more, with whatever statement of an authenticator.
fn decoded(text: &str) -> Result<Vec<u8>, Error> {
    const LONGEST: usize = 8 * 1024;
    let bytes = Base64UrlUnpadded::decode_vec(text).ok();
    let bytes = bytes.filter(|bytes| bytes.len() <= LONGEST);
    bytes.ok_or(Error::MalformedRequest("not base64url, or too long"))
}

async fn reply(
    authority: &Authority,
    secret: &str,
    resident: ResidentId,
) -> Result<RegistrationReply, Error> {
    let store = &authority.store;
    let bound = store.credential_ids(resident).await?;
    let handle = store.vault().user_handle(&resident.0);
    let today = Date::of(authority.now(), authority.config.utc_offset).written();
    Ok(RegistrationReply {
        registration: secret.to_owned(),
        expires_in: REGISTRATION_LIFETIME,
        options: KeyOptions::new(
            &authority.party.id,
            &authority.config.name,
            &challenge(secret),
            &handle,
            &today,
            bound.iter().map(|credential| credential.id.as_slice()),
        ),
    })
}

/// What the authenticator is asked to sign: SHA-256 of a label and the secret, which is random and of 32 bytes.
fn challenge(secret: &str) -> [u8; 32] {
    let hash = Sha256::new_with_prefix(b"nod/1 device key registration\0");
    hash.chain_update(secret.as_bytes()).finalize().into()
}

fn hash_of(authority: &Authority, secret: &str) -> [u8; 32] {
    let vault = authority.store.vault();
    vault.token_hash(TokenKind::KeyRegistration, secret)
}

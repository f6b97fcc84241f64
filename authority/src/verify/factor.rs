//! The second factor: the passcode, or a signature of a device key, of whoever is claimed.
//!
//! What is done depends on the level, the mode and what was sent, which whoever opened the session and sealed the body know. It
//! does not depend on who is enrolled, who has a passcode, or who has a device key.

use nod_protocol::{challenge::Mode, ids::Level, ids::Origin, payload};

use crate::{
    answer::Factors,
    clock::UnixSeconds,
    error::Error,
    metrics::Counter,
    open::Opened,
    passcode,
    state::Authority,
    store::Resident,
    webauthn::{ExpectedAssertion, Refused, check_assertion},
};

/// What was proved besides the face. Takes passcode and assertion out of the payload.
pub(super) async fn proved(
    authority: &Authority,
    opened: &mut Opened,
    resident: &Resident,
    now: UnixSeconds,
) -> Result<Factors, Error> {
    Ok(Factors {
        passcode: right_passcode(authority, opened, resident).await?,
        key: right_key(authority, opened, resident, now).await?,
    })
}

/// Whether the passcode in the payload is the resident's.
///
/// One Argon2id, whoever it is and whatever comes of it, where a passcode was sent, or where one is part of what is asked for and
/// no device key signed in its place; else none.
async fn right_passcode(
    authority: &Authority,
    opened: &mut Opened,
    resident: &Resident,
) -> Result<bool, Error> {
    let typed = opened.payload.passcode.take();
    let is_asked_for = opened.session.level >= Level::Full || opened.challenge.mode == Mode::Still;
    let is_replaced = opened.payload.assertion.is_some();
    if typed.is_none() && (is_replaced || !is_asked_for) {
        return Ok(false);
    }
    let level = opened.session.level.as_str();
    authority.metrics.count(Counter::PasscodeChecks, level);
    let has_passcode = resident.passcode.is_some();
    let stored = resident
        .passcode
        .clone()
        .unwrap_or_else(|| authority.decoy_passcode.clone().into());
    let matches = authority
        .hashing(move || passcode::verify(typed.as_ref(), &stored))
        .await??;
    Ok(matches && has_passcode && resident.enrolled)
}

/// Whether the assertion in the payload was made for this session by a device key of the resident.
///
/// Where one was sent: one credential is looked up and opened, one ES256 signature verified and one row changed, the resident's or
/// the decoy's. Where none was sent, nothing.
async fn right_key(
    authority: &Authority,
    opened: &mut Opened,
    resident: &Resident,
    now: UnixSeconds,
) -> Result<bool, Error> {
    let Some(assertion) = opened.payload.assertion.take() else {
        return Ok(false);
    };
    let level = opened.session.level.as_str();
    authority.metrics.count(Counter::KeyChecks, level);
    let store = &authority.store;
    let found = store.credential(resident.id, &assertion.credential).await?;
    let session = &opened.session;
    // Every page around the frame is one of the site's, or the browser would not show it (`frame-ancestors`).
    let top_origins: Vec<&str> = opened.site.origins.iter().map(Origin::as_str).collect();
    let is_own = opened.site.site_key == authority.own_site.site_key;
    let checked = check_assertion(
        &assertion,
        &ExpectedAssertion {
            party: &authority.party,
            challenge: payload::key_challenge(&session.id, &session.session_nonce),
            top_origins: if is_own { &[] } else { &top_origins },
            key: found.credential.key,
            backup_eligible: found.credential.backup_eligible,
        },
    );
    if let Err(refused) = checked
        && refused != Refused::Signature
    {
        // Whose it is stays unsaid; a wrong signature is also what everybody else's credential gives.
        tracing::info!(%refused, "assertion not accepted");
    }
    let has_counted = store.count_assertion(&found, checked.ok(), now).await?;
    if checked.is_ok() && found.is_owners && !has_counted {
        store.alert_copied_credential(resident.id, now).await?;
    }
    Ok(checked.is_ok() && has_counted && found.is_owners && resident.enrolled)
}

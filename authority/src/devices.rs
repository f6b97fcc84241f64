//! Remembered devices: who is claimed, where a device stands for an ID number that was typed once (docs/devices.md).
//!
//! A handle is made up by the device, travels inside the seal, and counts from a yes on. It takes the place of typing and
//! of nothing else: face, movement and passcode are asked for as ever.

use nod_protocol::{
    http::{ForgetDeviceReply, ForgetDeviceRequest},
    ids::{ClaimedId, DeviceHandle, SiteKey},
    payload::Claim,
};

use crate::{clock::UnixSeconds, error::Error, open::Opened, state::Authority, store::ResidentId};

/// The number that a device stands for on a site; one that nobody is enrolled under, where it is not remembered: all that
/// follows is the same work.
pub async fn owner(
    authority: &Authority,
    handle: &DeviceHandle,
    site: &SiteKey,
    now: UnixSeconds,
) -> Result<ClaimedId, Error> {
    let store = &authority.store;
    let device = store.vault().device_lookup(handle, site);
    match store.owner_of_device(&device, now).await? {
        Some(id) => Ok(id),
        None => ClaimedId::parse(&store.vault().nobody(&device))
            .map_err(|_| Error::Internal("nobody's ID is none")),
    }
}

/// Remembers the device of a resident who got a yes and wished it. One that could not be remembered is no reason to
/// withhold an answer: the resident types the number again.
pub async fn remember(
    authority: &Authority,
    opened: &Opened,
    resident: ResidentId,
    now: UnixSeconds,
) {
    let site = &opened.site;
    let (Claim::Id { remember, .. }, false) = (&opened.payload.claim, site.kiosk) else {
        return;
    };
    let Some(handle) = remember else {
        return;
    };
    let store = &authority.store;
    let device = store.vault().device_lookup(handle, &site.site_key);
    let kept = store.remember_device(device, resident, &site.site_key, now);
    if let Err(error) = kept.await {
        tracing::warn!(%error, "a device was not remembered");
    }
}

/// Forgets a device for whoever holds its handle, whether it was remembered or not.
pub async fn forget(
    authority: &Authority,
    request: ForgetDeviceRequest,
) -> Result<ForgetDeviceReply, Error> {
    let handle = DeviceHandle::parse(&request.device)
        .map_err(|_| Error::MalformedRequest("not a device's handle"))?;
    let store = &authority.store;
    let device = store.vault().device_lookup(&handle, &request.sitekey);
    store.forget_device(device).await?;
    Ok(ForgetDeviceReply { forgotten: true })
}

//! Who is claimed, however it was said, and what failures are counted under.

use nod_protocol::{
    ids::{ClaimedId, SiteKey},
    payload::Claim,
};

use crate::{
    clock::UnixSeconds, devices, error::Error, handles, open::Opened, state::Authority, traffic,
};

/// The number that a device or a handle stands for; `None` where the number itself was typed. Whose device it is, or is to be, has
/// a capture less.
pub(super) async fn owner(
    authority: &Authority,
    opened: &Opened,
    now: UnixSeconds,
) -> Result<Option<ClaimedId>, Error> {
    let site = &opened.site;
    match &opened.payload.claim {
        Claim::Id { remember, .. } => {
            if let Some(device) = remember {
                traffic::capture_from(authority, device, site).await?;
            }
            Ok(None)
        }
        Claim::Device(device) => {
            traffic::capture_from(authority, device, site).await?;
            let owner = devices::owner(authority, device, &site.site_key, now);
            Ok(Some(owner.await?))
        }
        Claim::Handle(handle) => Ok(Some(handles::owner(authority, handle, opened, now).await?)),
    }
}

/// What failures of a claim on a site are counted under; `claimed_id` is the number that it comes to. Devices and handles count by
/// themselves: no stranger who knows the resident's number can use up the attempts of who holds what stands for it.
pub(super) fn attempts_lookup(
    authority: &Authority,
    claim: &Claim,
    claimed_id: &ClaimedId,
    site: &SiteKey,
) -> [u8; 32] {
    let vault = authority.store.vault();
    match claim {
        Claim::Id { .. } => vault.attempts_lookup(claimed_id, site),
        Claim::Device(device) => vault.device_attempts_lookup(&vault.device_lookup(device, site)),
        Claim::Handle(_) => vault.handle_attempts_lookup(claimed_id, site),
    }
}
